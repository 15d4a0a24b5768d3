"""Element-wise calls, sums and small products as one function of loops over numbers.

The one idea: calls of the same shape share a loop, in which a value that only they need is a
number and never an array. What is read in another order, or after a sum, takes another loop.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..tracing import calls
from ..tracing.expressions import Expression
from .formulas import DTYPES, cast, dtype_of, formula_of, literal
from .layouts import contiguous, is_basic, merged, size_of, viewed
from .storing import increment

STORES = {calls.setitem, increment}
_PRODUCTS = {np.matmul, np.dot}
_MOST_PRODUCTS = 40_000  # more of them in a matrix product, and BLAS is faster
_MOST_STORED = 1 << 14  # elements of an array of which NumPy writes a part as fast
_WIDE = 8  # numbers in a loop that is worth making of vectors
_BLOCK = 512  # float32 numbers that are added up in float32, before they are in float64
_ON_THE_STACK = 1 << 12  # elements of all arrays that a kernel makes for itself: 32 KB
_LETTERS = "ijklmnopqrstuwyz"
OK, LEFT, MISFIT = range(3)

# The start, and one more: in the dtype of the sum.
_FOLDS = {
    np.sum: (0, "plus({0}, {1})"),
    np.mean: (0, "plus({0}, {1})"),
    np.prod: (1, "times({0}, {1})"),
    np.max: (-np.inf, "maximum({0}, {1})"),
    np.min: (np.inf, "minimum({0}, {1})"),
    np.any: (False, "{0} | {1}"),
    np.all: (True, "{0} & {1}"),
    np.vdot: (0, "plus_product({0}, {1}, {2})"),
}
_FOLDS[np.amax], _FOLDS[np.amin] = _FOLDS[np.max], _FOLDS[np.min]


def can_be_in_kernel(step):
    """Whether a call can be a part of a kernel, and should."""
    if step.kind != "call" or step.dtype not in DTYPES or step.shape is None:
        return False
    operands = step.operands()
    if not operands or not all(_is_numeric(x) and size_of(x.shape) for x in (step, *operands)):
        return False
    if step.func in _FOLDS:
        return _fold_of(step) is not None
    if step.func in _PRODUCTS:
        return _is_small_product(step)
    if step.func in STORES:
        return _is_plain_store(step)
    return formula_of(step) is not None


def _is_numeric(x):
    return x.shape is not None and dtype_of(x) in DTYPES and len(x.shape) < len(_LETTERS)


def _fold_of(step):
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


def _is_small_product(step):
    if step.kwargs or len(step.args) != 2 or step.dtype.kind != "f":
        return False
    x, y = step.args
    both = type(x) is Expression and type(y) is Expression
    if not both or not x.dtype == y.dtype == step.dtype or not {x.ndim, y.ndim} <= {1, 2}:
        return False
    return size_of(x.shape) * (y.shape[1] if y.ndim == 2 else 1) <= _MOST_PRODUCTS


def _is_plain_store(step):
    x, index, value = step.args
    if not is_basic(index) or type(x) is not Expression or size_of(x.shape) > _MOST_STORED:
        return False
    return isinstance(value, (Expression, bool, int, float, np.number))


class Loop:
    """A nest of loops: the shape that it runs over, and the calls in it."""

    def __init__(self, shape, alone=False):
        self.shape = shape
        self.alone = alone  # shares its loop with nothing
        self.steps = []


class Kernel:
    """Calls that are computed in one function.

    Parameters
    ----------
    steps : list of Expression and Guard
        In order.
    places : function
        From an expression to (its root, the layout in it): where its elements are.
    outside : set
        The calls whose values are needed after the function.
    last : dict
        The last step that needs a call: it may write into its array.

    Attributes
    ----------
    text : str
        The function, whose name is ``kernel``.
    parameters : list
        What it is called with: expressions, and (call, dtype) for an array of its own.
    constants : dict
        Numbers in the text that have a name.
    """

    def __init__(self, steps, places, outside, last):
        self.places = places
        self.members = {step for step in steps if step.kind != "guard"}
        self.outside = outside & self.members
        self._heirs = {
            step.args[0]: step
            for step in self.members
            if step.func in STORES and step.args[0] in self.members - self.outside
            if last[step.args[0]] is step and not self._reads(step.args[2], step.args[0])
        }
        self.parameters = []
        self.constants = {}
        self._arrays = {}  # root -> name of its flat array
        self.kept = {}  # calls of one element -> name of the number
        self._made = []  # lines that make arrays
        self._on_stack = 0  # elements of them
        self._count = 0
        self.loops = self._fused(steps)
        self.stored = self._to_be_stored()
        body = [line for loop in self.loops for line in self._loop(loop)]
        self.text = self._function(body)

    def signature(self):
        """The types of the parameters, as Numba writes them."""
        kinds = []
        for key, _ in self.parameters:
            dtype = _name(key[1] if type(key) is tuple else dtype_of(key)).replace("bool_", "b1")
            ndim = np.ndim(_value(key))
            axes = f"[{', '.join([':'] * (ndim - 1) + ['::1'])}]" if ndim else "[()]"
            kinds.append(dtype + (axes if is_array(key) else ""))
        return f"int64({', '.join(kinds)})"

    def can_leave(self):
        """Whether it returns anything but OK."""
        return f"return {LEFT}" in self.text or f"return {MISFIT}" in self.text

    # --- which calls share a loop ---------------------------------------------------------------

    def _fused(self, steps):
        loops, where = [], {}
        for step in steps:
            shape, alone = self._runs_over(step)
            first = 0
            for x in step.operands():
                root, is_same = self._needs(step, x, shape)
                if root in where:
                    first = max(first, where[root] + (not is_same))
            if step.kind != "guard" and step.func in STORES:
                first = max(first, where.get(self._target(step), -1) + 1)
            found = None
            if not alone:
                alike = (k for k in range(first, len(loops)) if self._fits(loops[k], shape))
                found = next(alike, None)
            if found is None:
                found = len(loops)
                loops.append(Loop(shape, alone))
            loops[found].steps.append(step)
            where[step] = found
        return loops

    def _fits(self, loop, shape):
        return loop.shape == shape and not loop.alone

    def _runs_over(self, step):
        """The shape of the loop of a call, without axes of length 1, and whether it is alone."""
        if step.kind == "guard":
            return (), False
        if step.func in _PRODUCTS:
            return None, True
        if step.func in _FOLDS:
            return _long(step.args[0].shape), False
        if step.func in STORES:
            return None, True
        return _long(step.shape), False

    def _needs(self, step, x, shape):
        """The root of an operand, and whether it is needed at the same place of the same loop."""
        root, layout = self.places(x)
        if root not in self.members:
            return root, True
        if step.kind == "guard" or shape == ():
            is_same = not self._is_summed(root)
            return root, is_same and size_of(root.shape) == 1
        return root, self.is_here(root, layout, shape)

    def is_here(self, root, layout, shape):
        """Whether a value is read in a loop of a shape just where it is computed in it."""
        if self._is_summed(root):
            return False
        same = contiguous(root.shape)
        return _long(root.shape) == shape and _steps_of(layout) == _steps_of(same)

    def _is_summed(self, root):
        return root.func in _FOLDS or root.func in _PRODUCTS or root.func in STORES

    def _reads(self, x, root):
        """Whether an expression, or a plain value, is of elements of an array."""
        return type(x) is Expression and self.places(x)[0] is root

    def _target(self, step):
        return self.places(step.args[0])[0]

    def _to_be_stored(self):
        """The calls whose values are put into an array."""
        stored = set(self.outside)
        where = {step: n for n, loop in enumerate(self.loops) for step in loop.steps}
        for step in where:
            if step.kind == "guard":
                continue
            if self._is_summed(step) and size_of(step.shape) > 1:
                stored.add(step)
            shape, alone = self._runs_over(step)
            for x in step.operands():
                root, layout = self.places(x)
                if root not in self.members or (size_of(root.shape) == 1 and not alone):
                    continue
                is_here = not alone and self.is_here(root, layout, shape)
                if not is_here or where[root] != where[step]:
                    stored.add(root)
        return stored

    # --- names ----------------------------------------------------------------------------------

    def new(self, letter):
        self._count += 1
        return f"{letter}{self._count}"

    def array(self, root, dtype=None):
        """The name of the flat array of a call, an input or a constant."""
        while root in self._heirs:
            root = self._heirs[root]
        key = root if dtype is None else (root, dtype)
        if key in self._arrays:
            return self._arrays[key]
        is_own = root in self.members and (root not in self.outside or dtype is not None)
        name = self.new("w" if is_own else "a")
        self._arrays[key] = name
        if not (is_own and self._makes(name, size_of(root.shape), dtype or root.dtype)):
            self.parameters.append((key, name))
        return name

    def _makes(self, name, size, dtype):
        """Make an array on the stack, if there is room for it."""
        has_room = self._on_stack + size <= _ON_THE_STACK
        if has_room:
            self._on_stack += size
            self._made.append(f"{name} = on_stack({size}, np.{_name(dtype)})")
        return has_room

    def number(self, value, dtype):
        text = literal(value, dtype)
        if text is None:
            value = np.asarray(value).astype(dtype)[()]
            known = [n for n, v in self.constants.items() if _are_same(v, value)]
            text = known[0] if known else f"c{len(self.constants)}"
            self.constants[text] = value
        return text

    # --- a loop ---------------------------------------------------------------------------------

    def _loop(self, loop):
        if loop.alone:
            [step] = loop.steps
            return self._product(step) if step.func in _PRODUCTS else self._store(step)
        return _Nest(self, loop.shape).of_steps(loop.steps)

    def _function(self, body):
        head = []
        for key, name in self.parameters:
            if type(key) is Expression and key.kind == "input" and np.ndim(key.value):
                head.append(f"if {name}.shape != {key.shape}:")
                head.append(f"    return {MISFIT}")
        for key, name in self.parameters:
            if is_array(key) and np.ndim(_value(key)) != 1:
                head.append(f"{name} = flat({name})")
        names = ", ".join(name for _, name in self.parameters)
        lines = [*head, *self._made, *body, f"return {OK}"]
        return f"def kernel({names}):\n" + "".join(f"    {line}\n" for line in lines)

    # --- what takes loops of its own ------------------------------------------------------------

    def _product(self, step):
        """x @ y, in the order of loops whose innermost one walks through memory."""
        x, y = step.args
        (left, a), (right, b) = self.places(x), self.places(y)
        m, k = a.shape if x.ndim == 2 else (1, *a.shape)
        n = b.shape[1] if y.ndim == 2 else 1
        over_i = a.strides[0] if m > 1 else 0
        over_j = b.strides[1] if n > 1 else 0
        a = self._element(left, step, _index(a.offset, (over_i, a.strides[-1]), "ik"))
        b = self._element(right, step, _index(b.offset, (b.strides[0], over_j), "kj"))
        zero = self.number(0, step.dtype)
        rows, columns, inner = (f"for {v} in range({c}):" for v, c in zip("ijk", (m, n, k)))
        total = self.new("s")
        if size_of(step.shape) == 1:
            self.kept[step] = total
            lines = [f"{total} = {zero}", inner, f"    {total} = plus_product({total}, {a}, {b})"]
            return lines + self._stored_number(step, total)
        out = f"{self.array(step)}[{_index(0, (n, 1), 'ij')}]"
        if over_j == 1 and n >= _WIDE:  # a row of the result at a time
            return [
                rows, f"    {columns}", f"        {out} = {zero}", f"    {inner}",
                f"        {total} = {a}", f"        {columns}",
                f"            {out} = plus_product({out}, {total}, {b})",
            ]  # fmt: skip
        if over_i == 1 and m >= _WIDE:  # a column
            column = self.new("w")
            if not self._makes(column, m, step.dtype):
                self._made.append(f"{column} = np.empty({m}, np.{step.dtype.name})")
            return [
                columns, f"    {rows}", f"        {column}[i] = {zero}", f"    {inner}",
                f"        {total} = {b}", f"        {rows}",
                f"            {column}[i] = plus_product({column}[i], {total}, {a})",
                f"    {rows}", f"        {out} = {column}[i]",
            ]  # fmt: skip
        return [  # a number
            rows, f"    {columns}", f"        {total} = {zero}", f"        {inner}",
            f"            {total} = plus_product({total}, {a}, {b})", f"        {out} = {total}",
        ]  # fmt: skip

    def _element(self, root, step, index):
        if root.is_number:
            return self.number(root.value, step.dtype)
        return f"{self.array(root)}[{index}]" if is_array(root) else self.array(root)

    def _stored_number(self, step, name):
        return [f"{self.array(step)}[0] = {name}"] if step in self.stored else []

    def _store(self, step):
        """x with a value at an index: in x's own array where nobody else needs it."""
        x, index, value = step.args
        lines = []
        if x not in self._heirs:
            nest = _Nest(self, step.shape)
            nest.write(self.array(step), contiguous(step.shape), nest.read(x, step.dtype))
            lines += nest.closed()
        region = Expression("call", None, calls.getitem, (x, index))
        part = viewed(region, contiguous(step.shape), size_of(step.shape))
        if part is not None:  # of no elements, nothing is a view
            nest = _Nest(self, part.shape)
            nest.write(self.array(step), part, nest.read(value, step.dtype), step.func is increment)
            lines += nest.closed()
        if size_of(step.shape) == 1:
            self.kept[step] = self.new("v")
            lines.append(f"{self.kept[step]} = {self.array(step)}[0]")
        return lines


class _Nest:
    """The text of one nest of loops, whose axes are merged when all accesses are known."""

    def __init__(self, kernel, shape):
        self.kernel = kernel
        self.shape = _long(shape)
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
            elif step.func in _FOLDS:
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
        operands, axes = _fold_of(step)
        self.full = full = operands[0].shape
        kernel = self.kernel
        within, narrow = _summed_in(step), dtype_of(operands[0])
        if within != np.float64 or narrow != np.float32:
            narrow = within
        kept = contiguous(tuple(1 if a in axes else n for a, n in enumerate(full)))
        fold = _Fold(
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
        letters = _LETTERS[:depth]
        texts = [_index(offset, along, letters) for offset, along in zip(self.offsets, strides)]
        lines = []
        for level in range(depth + 1):
            lines += ["    " * level + line for line in self.heads[level]]
            if level < depth:
                lines.append("    " * level + f"for {letters[level]} in range({lengths[level]}):")
        for line in self.body:
            text = line.more(line in wide) if type(line) is _Fold else line
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


@dataclass(frozen=True, eq=False)
class _Fold:
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
        return _FOLDS[self.step.func][0]

    def more(self, is_wide):
        """The line that takes one more element in."""
        name = self.block if is_wide else self.name
        texts = self.texts if is_wide else [cast(t, self.narrow, self.within) for t in self.texts]
        return f"{name} = {_FOLDS[self.step.func][1].format(name, *texts)}"

    def joined(self, one, other):
        """Two parts of the reduction in one."""
        text = _FOLDS[self.step.func][1]
        return (text if self.step.func is not np.vdot else "plus({0}, {1})").format(one, other)

    def final(self, name):
        """The result."""
        count = size_of(self.step.args[0].shape) // size_of(self.step.shape)
        text = f"{name} / {float(count)}" if self.step.func is np.mean else name
        return cast(text, self.within, self.step.dtype)


def _in_blocks(lengths, strides):
    """A nest whose last loop is cut into two, the inner one short, if its length has a divisor."""
    last = lengths[-1]
    short = max((d for d in range(_BLOCK // 8, _BLOCK + 1) if last % d == 0), default=last)
    lengths = (*lengths[:-1], last // short, short)
    return lengths, [(*s[:-1], s[-1] * short, s[-1]) for s in strides]


def _summed_in(step):
    """The dtype of a sum on the way: float32 numbers are added up in float64."""
    adds = step.func in (np.sum, np.mean, np.vdot, np.prod)
    return np.dtype(np.float64) if adds and step.dtype == np.float32 else step.dtype


def _filled(line, texts):
    return re.sub(r"\{(\d+)\}", lambda found: texts[int(found[1])], line)


def _index(offset, strides, letters):
    """The text of an index: 3 + 10 * i + j."""
    terms = [str(offset)] if offset else []
    for stride, letter in zip(strides, letters):
        if stride:
            terms.append(letter if stride == 1 else f"{stride} * {letter}")
    return " + ".join(terms) or "0"


def _long(shape):
    return tuple(n for n in shape if n != 1)


def _steps_of(layout):
    """A layout without its axes of length 1."""
    pairs = tuple((n, s) for n, s in zip(layout.shape, layout.strides) if n != 1)
    return pairs, layout.offset


def _are_same(x, y):
    return x.dtype == y.dtype and x.tobytes() == y.tobytes()


def _name(dtype):
    return "bool_" if dtype == np.bool else np.dtype(dtype).name


def _value(key):
    return key[0].value if type(key) is tuple else key.value


def is_array(key):
    """Whether a parameter is an array: all but the numbers among the inputs and constants."""
    return type(key) is tuple or key.kind == "call" or isinstance(key.value, np.ndarray)


# --- compiled -----------------------------------------------------------------------------------


def compiled(kernel):
    """The function of a kernel; one of the same text is compiled once."""
    constants = tuple(kernel.constants.items())
    return _compiled(kernel.text, tuple(map(_written, constants)), kernel.signature())


@lru_cache(maxsize=4096)
def _compiled(text, constants, signature):
    scope = _scope()
    exec("\n".join(constants), scope)
    exec(text, scope)
    return scope["native"].kernel(signature)(scope["kernel"])


@lru_cache(maxsize=1)
def _names():
    import numba

    from . import native

    dtypes = {name: getattr(numba, name) for name in ("int32", "int64", "float32", "float64")}
    return {**vars(native), "np": np, "math": math, "native": native, **dtypes}


def _scope():
    return dict(_names())


def _written(constant):
    """The line that gives a constant its name."""
    name, value = constant
    text = repr(value.item()).replace("nan", "math.nan").replace("inf", "math.inf")
    if value.dtype == np.float32 and math.isfinite(value):
        text = str(value)
    return f"{name} = np.{_name(value.dtype)}({text})"


def decorated(kernel, name):
    """A kernel as a person can run it, under a name."""
    lines = [f"{name}_{_written(constant)}" for constant in kernel.constants.items()]
    text = kernel.text.replace("def kernel(", f"def {name}(")
    for constant in kernel.constants:
        text = re.sub(rf"\b{constant}\b", f"{name}_{constant}", text)
    return "\n".join([*lines, f'@native.kernel("{kernel.signature()}")', text])


def left(status, inputs):
    """What a program returns that a kernel left: None where a guard does not hold."""
    if status == MISFIT:
        raise ValueError(
            f"a compiled program was called with an array of another shape than it is for: "
            f"{inputs}; compile the function again for other shapes"
        )
    return None


def as_argument(x):
    """What NumPy returned, as an array of the kind that kernels take."""
    x = np.asarray(x, order="C")
    return x if x.flags.writeable else x.copy()
