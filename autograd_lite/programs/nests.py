"""The text of one nest of loops, in which a reduction takes in one element after the other."""

import re
from dataclasses import dataclass

import numpy as np

from ..symbolic.expressions import Expression
from .formulas import cast, dtype_of, formula_of
from .layouts import contiguous, is_array, merged, size_of
from .running import LEFT

# The start, and one more: in the dtype of the sum.
FOLDS = {
    np.sum: (0, "plus({0}, {1})"),
    np.mean: (0, "plus({0}, {1})"),
    np.prod: (1, "times({0}, {1})"),
    np.max: (-np.inf, "maximum({0}, {1})"),
    np.min: (np.inf, "minimum({0}, {1})"),
    np.any: (False, "{0} | {1}"),
    np.all: (True, "{0} & {1}"),
    np.vdot: (0, "plus_product({0}, {1}, {2})"),
}
FOLDS[np.amax], FOLDS[np.amin] = FOLDS[np.max], FOLDS[np.min]


def fold_of(step):
    """(operands, axes) of a sum, or None where its arguments are unusual."""
    x = step.args[0]
    if step.func is np.vdot:
        y = step.args[1]
        alike = type(y) is Expression and x.shape == y.shape and x.dtype == y.dtype
        return (step.args, tuple(range(x.ndim))) if alike and x.dtype.kind == "f" else None
    given = dict(zip(("axis",), step.args[1:2]), **step.kwargs)
    if len(step.args) > 2 or given.keys() - {"axis", "keepdims"} or type(x) is not Expression:
        return None
    if dtype_of(x).kind != "f" and step.func not in (np.any, np.all, np.sum):
        return None
    if step.func in (np.any, np.all) and dtype_of(x).kind != "b":
        return None
    axis = given.get("axis")
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if not all(isinstance(a, (int, np.integer)) for a in axes) or (axes and not x.ndim):
        return None  # of a number, NumPy takes the sum along axis -1 too
    return (x,), tuple(int(a) % x.ndim for a in axes)


def summed_in(step):
    """The dtype of a sum on the way: float32 numbers are added up in float64."""
    adds = step.func in (np.sum, np.mean, np.vdot, np.prod)
    return np.dtype(np.float64) if adds and step.dtype == np.float32 else step.dtype


@dataclass(frozen=True, eq=False)
class Fold:
    """A sum, or another reduction, in a nest of loops.

    Numbers of the dtype ``narrow`` are added up in ``within``; ``block`` is the sum of a few of
    them in their own dtype, so that a vector holds as many of them as it can.
    """

    step: Expression
    texts: list
    access: int  # to the result, along the loops
    within: np.dtype
    narrow: np.dtype
    name: str
    block: str

    @property
    def start(self):
        """The reduction of nothing."""
        return FOLDS[self.step.func][0]

    def more(self, is_wide):
        """The line that takes one more element in."""
        name = self.block if is_wide else self.name
        texts = self.texts if is_wide else [cast(t, self.narrow, self.within) for t in self.texts]
        return f"{name} = {FOLDS[self.step.func][1].format(name, *texts)}"

    def joined(self, one, other):
        """Two parts of the reduction in one."""
        text = FOLDS[self.step.func][1]
        return (text if self.step.func is not np.vdot else "plus({0}, {1})").format(one, other)

    def final(self, name):
        """The result."""
        count = size_of(self.step.args[0].shape) // size_of(self.step.shape)
        text = f"{name} / {float(count)}" if self.step.func is np.mean else name
        return cast(text, self.within, self.step.dtype)


_BLOCK = 512  # float32 numbers that are added up in float32, before they are in float64
LETTERS = "ijklmnopqrstuwyz"


class Nest:
    """The text of one nest of loops, whose axes are merged when all accesses are known."""

    def __init__(self, kernel, shape):
        self.kernel = kernel
        self.shape = long_axes(shape)
        self.full = shape  # of the call at hand, with its axes of length 1
        self.numbers = {}  # calls -> the number's name
        self.accesses = []  # strides along the shape
        self.offsets = []
        self.body = []  # lines with {n} for the index of access n
        self.folds = []

    def of_steps(self, steps):
        """The lines of calls that share the nest."""
        for step in steps:
            if step.kind == "guard":
                self._guard(step)
            elif step.func in FOLDS:
                self._fold(step)
            else:
                self._element(step)
        return self.closed()

    # --- reading and writing --------------------------------------------------------------------

    def _access(self, layout):
        """The number of an access, whose index is known when all accesses are."""
        strides = layout.along(self.full)
        self.accesses.append(tuple(s for s, n in zip(strides, self.full) if n != 1))
        self.offsets.append(layout.offset)
        return f"{{{len(self.accesses) - 1}}}"

    def read(self, x, dtype):
        """The text of an operand, in a dtype."""
        if type(x) is not Expression:
            return self.kernel.number(x, dtype)
        root, layout = self.kernel.places(x)
        if root.is_number:
            return self.kernel.number(root.value, dtype)
        return cast(self._read(root, layout), dtype_of(root), dtype)

    def _read(self, root, layout):
        kernel = self.kernel
        if root in kernel.kept:
            return kernel.kept[root]
        if root in self.numbers and kernel.is_here(root, layout, self.shape):
            return self.numbers[root]
        name = kernel.array(root)
        return f"{name}[{self._access(layout)}]" if is_array(root) else name

    def write(self, name, layout, text, is_added=False):
        """Put a number into an array, or add it to what is there."""
        at = f"{name}[{self._access(layout)}]"
        self.body.append(f"{at} = {at} + {text}" if is_added else f"{at} = {text}")

    # --- calls ----------------------------------------------------------------------------------

    def _element(self, step):
        self.full = step.shape
        formula = formula_of(step)
        texts = [self.read(x, dtype) for x, dtype in zip(formula.operands, formula.dtypes)]
        name = self.kernel.new("v")
        self.body.append(f"{name} = {formula.written(texts, step.dtype)}")
        self.numbers[step] = name
        if size_of(step.shape) == 1:
            self.kernel.kept[step] = name
        if step in self.kernel.stored:
            self.write(self.kernel.array(step), contiguous(step.shape), name)

    def _guard(self, guard):
        self.full = ()
        x = guard.expression
        text = self.read(x, dtype_of(x))
        if guard.expected is True or guard.expected is False:
            test = f"not {text}" if guard.expected else text
        else:
            test = f"{text} != {self.kernel.number(guard.expected, dtype_of(x))}"
        self.body += [f"if {test}:", f"    return {LEFT}"]

    def _fold(self, step):
        operands, axes = fold_of(step)
        self.full = full = operands[0].shape
        kernel = self.kernel
        within, narrow = summed_in(step), dtype_of(operands[0])
        if within != np.float64 or narrow != np.float32:
            narrow = within
        kept = contiguous(tuple(1 if a in axes else n for a, n in enumerate(full)))
        fold = Fold(
            step, [self.read(x, narrow) for x in operands], int(self._access(kept)[1:-1]),
            within, narrow, kernel.new("s"), kernel.new("r"),
        )  # fmt: skip
        self.body.append(fold)
        self.folds.append(fold)

    # --- the text -------------------------------------------------------------------------------

    def closed(self):
        """All lines of the nest."""
        lengths, strides = merged(self.shape, self.accesses)
        wide = [f for f in self.folds if f.within != f.narrow and not any(strides[f.access][-1:])]
        if wide and lengths and lengths[-1] > _BLOCK:
            lengths, strides = _in_blocks(lengths, strides)
        if not lengths or lengths[-1] > _BLOCK:
            wide = []
        depth = len(lengths)
        self.heads = [[] for _ in range(depth + 1)]
        self.tails = [[] for _ in range(depth + 1)]
        self.before, self.after = [], []
        for fold in self.folds:
            self._placed(fold, strides[fold.access], fold in wide)
        letters = LETTERS[:depth]
        texts = [index_text(offset, along, letters) for offset, along in zip(self.offsets, strides)]
        lines = []
        for level in range(depth + 1):
            lines += ["    " * level + line for line in self.heads[level]]
            if level < depth:
                lines.append("    " * level + f"for {letters[level]} in range({lengths[level]}):")
        for line in self.body:
            text = line.more(line in wide) if type(line) is Fold else line
            lines.append("    " * depth + _filled(text, texts))
        for level in range(depth, -1, -1):
            lines += ["    " * level + _filled(line, texts) for line in self.tails[level]]
        return self.before + lines + self.after

    def _placed(self, fold, along, is_wide):
        """Where a sum starts, and where it ends: after the loops over its last axes."""
        kernel, step, name = self.kernel, fold.step, fold.name
        depth = level = len(along)
        while level and along[level - 1] == 0:
            level -= 1
        start = kernel.number(fold.start, fold.within)
        self.heads[level].append(f"{name} = {start}")
        if is_wide:
            self.heads[depth - 1].append(f"{fold.block} = {kernel.number(fold.start, fold.narrow)}")
            self.tails[depth - 1].append(f"{name} = {fold.joined(name, f'float64({fold.block})')}")
        if not any(along):
            final = kernel.new("v")
            self.tails[level].append(f"{final} = {fold.final(name)}")
            kernel.kept[step] = final
            if step in kernel.stored:
                self.tails[level].append(f"{kernel.array(step)}[0] = {final}")
            return
        out, at = kernel.array(step), f"[{{{fold.access}}}]"
        if all(along[:level]):
            self.tails[level].append(f"{out}{at} = {fold.final(name)}")
            return
        partial = out if fold.within == step.dtype else kernel.array(step, fold.within)
        each = f"for i in range({size_of(step.shape)}):"
        self.before += [each, f"    {partial}[i] = {start}"]
        self.tails[level].append(f"{partial}{at} = {fold.joined(partial + at, name)}")
        last = fold.final(f"{partial}[i]")
        if last != f"{out}[i]":
            self.after += [each, f"    {out}[i] = {last}"]


def _in_blocks(lengths, strides):
    """A nest whose last loop is cut into two, the inner one short, if its length has a divisor."""
    last = lengths[-1]
    short = max((d for d in range(_BLOCK // 8, _BLOCK + 1) if last % d == 0), default=last)
    lengths = (*lengths[:-1], last // short, short)
    return lengths, [(*s[:-1], s[-1] * short, s[-1]) for s in strides]


def _filled(line, texts):
    return re.sub(r"\{(\d+)\}", lambda found: texts[int(found[1])], line)


def index_text(offset, strides, letters):
    """The text of an index: 3 + 10 * i + j."""
    terms = [str(offset)] if offset else []
    for stride, letter in zip(strides, letters):
        if stride:
            terms.append(letter if stride == 1 else f"{stride} * {letter}")
    return " + ".join(terms) or "0"


def long_axes(shape):
    return tuple(n for n in shape if n != 1)
