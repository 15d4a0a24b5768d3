"""Element-wise calls, sums and small products as one function of loops over numbers.

The one idea: calls of the same shape share a loop, in which a value that only they need is a
number and never an array. What is read in another order, or after a sum, takes another loop.
"""

from importlib.util import find_spec

import numpy as np

from ..symbolic import calls
from ..symbolic.expressions import Expression
from .formulas import DTYPES, dtype_of, formula_of, literal
from .layouts import contiguous, is_array, is_basic, size_of, viewed
from .merging import increment
from .nests import FOLDS, LETTERS, Nest, fold_of, index_text, long_axes
from .running import LEFT, MISFIT, OK, name_of

STORES = {calls.setitem, increment}
_PRODUCTS = {np.matmul, np.dot}
_MOST_PRODUCTS = 40_000  # more of them in a matrix product, and BLAS is faster
MOST_STORED = 1 << 14  # elements of an array of which NumPy writes a part as fast
_WIDE = 8  # numbers in a loop that is worth making of vectors
_ON_THE_STACK = 1 << 12  # elements of all arrays that a kernel makes for itself: 32 KB


def can_be_in_kernel(step):
    """Whether a call can be a part of a kernel, and should."""
    if step.kind != "call" or step.dtype not in DTYPES or step.shape is None:
        return False
    operands = step.operands()
    if not operands or not all(_is_numeric(x) and size_of(x.shape) for x in (step, *operands)):
        return False
    if step.func in FOLDS:
        return fold_of(step) is not None
    if step.func in _PRODUCTS:
        return _is_product(step) and _products_in(*step.args) <= _MOST_PRODUCTS
    if step.func in STORES:
        return _is_plain_store(step)
    return formula_of(step) is not None


def _is_numeric(x):
    return x.shape is not None and dtype_of(x) in DTYPES and len(x.shape) < len(LETTERS)


def _is_product(step):
    if step.kwargs or len(step.args) != 2 or step.dtype.kind != "f":
        return False
    x, y = step.args
    both = type(x) is Expression and type(y) is Expression
    return both and x.dtype == y.dtype == step.dtype and {x.ndim, y.ndim} <= {1, 2}


def _products_in(x, y):
    """The numbers that are multiplied in x @ y."""
    return size_of(x.shape) * (y.shape[1] if y.ndim == 2 else 1)


def is_product_of_blas(step, places):
    """Whether a call is a product of two matrices, large ones, that BLAS takes as they lie."""
    if step.kind != "call" or step.func not in _PRODUCTS or find_spec("scipy") is None:
        return False  # Numba's way to BLAS is SciPy's
    is_large = _is_product(step) and step.ndim == 2 and _products_in(*step.args) > _MOST_PRODUCTS
    return is_large and all(
        _as_matrix("", layout) is not None for x in step.args for _, layout in [places(x)]
    )


def _as_matrix(name, layout):
    """The text of a matrix in a flat array, or None where rows or columns do not follow."""
    (m, n), (down, across) = layout.shape, layout.strides
    if across == 1 and down == n:
        return f"matrix({name}, {layout.offset}, {m}, {n})"
    return f"matrix({name}, {layout.offset}, {n}, {m}).T" if (down, across) == (1, m) else None


def _is_plain_store(step):
    x, index, value = step.args
    if not is_basic(index) or type(x) is not Expression or size_of(x.shape) > MOST_STORED:
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
    made, body : list of str
        Its lines: those that make arrays of its own, and those that compute.
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
        self.made = []  # lines that make arrays
        self._on_stack = 0  # elements of them
        self._count = 0
        self.loops = self._fused(steps)
        self.stored = self._to_be_stored()
        self.body = [line for loop in self.loops for line in self._loop(loop)]
        self.text = self._function(self.body)

    def signature(self):
        """The types of the parameters, as Numba writes them."""
        kinds = []
        for key, _ in self.parameters:
            dtype = name_of(key[1] if type(key) is tuple else dtype_of(key)).replace("bool_", "b1")
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
        if step.func in FOLDS:
            return long_axes(step.args[0].shape), False
        if step.func in STORES:
            return None, True
        return long_axes(step.shape), False

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
        return long_axes(root.shape) == shape and _steps_of(layout) == _steps_of(same)

    def _is_summed(self, root):
        return root.func in FOLDS or root.func in _PRODUCTS or root.func in STORES

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
            self.made.append(f"{name} = on_stack({size}, np.{name_of(dtype)})")
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
        return Nest(self, loop.shape).of_steps(loop.steps)

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
        lines = [*head, *self.made, *body, f"return {OK}"]
        return f"def kernel({names}):\n" + "".join(f"    {line}\n" for line in lines)

    # --- what takes loops of its own ------------------------------------------------------------

    def _product(self, step):
        """x @ y, in the order of loops whose innermost one walks through memory."""
        x, y = step.args
        (left, a), (right, b) = self.places(x), self.places(y)
        if _products_in(x, y) > _MOST_PRODUCTS:
            given = _as_matrix(self.array(left), a), _as_matrix(self.array(right), b)
            out = _as_matrix(self.array(step), contiguous(step.shape))
            return [f"np.dot({', '.join(given)}, {out})"]
        m, k = a.shape if x.ndim == 2 else (1, *a.shape)
        n = b.shape[1] if y.ndim == 2 else 1
        over_i = a.strides[0] if m > 1 else 0
        over_j = b.strides[1] if n > 1 else 0
        a = self._element(left, step, index_text(a.offset, (over_i, a.strides[-1]), "ik"))
        b = self._element(right, step, index_text(b.offset, (b.strides[0], over_j), "kj"))
        zero = self.number(0, step.dtype)
        rows, columns, inner = (f"for {v} in range({c}):" for v, c in zip("ijk", (m, n, k)))
        total = self.new("s")
        if size_of(step.shape) == 1:
            self.kept[step] = total
            lines = [f"{total} = {zero}", inner, f"    {total} = plus_product({total}, {a}, {b})"]
            return [*lines, *[f"{self.array(step)}[0] = {total}"] * (step in self.stored)]
        out = f"{self.array(step)}[{index_text(0, (n, 1), 'ij')}]"
        loops = rows, columns, inner
        if over_j == 1 and n >= _WIDE:
            return _by_rows(loops, out, total, zero, a, b)
        if over_i == 1 and m >= _WIDE:
            column = self.new("w")
            if not self._makes(column, m, step.dtype):
                self.made.append(f"{column} = np.empty({m}, np.{step.dtype.name})")
            return _by_columns(loops, out, total, zero, a, b, f"{column}[i]")
        return _by_numbers(loops, out, total, zero, a, b)

    def _element(self, root, step, index):
        if root.is_number:
            return self.number(root.value, step.dtype)
        return f"{self.array(root)}[{index}]" if is_array(root) else self.array(root)

    def _store(self, step):
        """x with a value at an index: in x's own array where nobody else needs it."""
        x, index, value = step.args
        lines = []
        if self._heirs.get(x) is not step:
            nest = Nest(self, step.shape)
            nest.write(self.array(step), contiguous(step.shape), nest.read(x, step.dtype))
            lines += nest.closed()
        region = Expression("call", None, calls.getitem, (x, index))
        part = viewed(region, contiguous(step.shape), size_of(step.shape))
        if part is not None:  # of no elements, nothing is a view
            nest = Nest(self, part.shape)
            nest.write(self.array(step), part, nest.read(value, step.dtype), step.func is increment)
            lines += nest.closed()
        if size_of(step.shape) == 1:
            self.kept[step] = self.new("v")
            lines.append(f"{self.kept[step]} = {self.array(step)}[0]")
        return lines


def _by_rows(loops, out, total, zero, a, b):
    """A product, a row of the result at a time."""
    rows, columns, inner = loops
    return [
        rows, f"    {columns}", f"        {out} = {zero}", f"    {inner}",
        f"        {total} = {a}", f"        {columns}",
        f"            {out} = plus_product({out}, {total}, {b})",
    ]  # fmt: skip


def _by_columns(loops, out, total, zero, a, b, entry):
    """A product, a column of the result at a time."""
    rows, columns, inner = loops
    return [
        columns, f"    {rows}", f"        {entry} = {zero}", f"    {inner}",
        f"        {total} = {b}", f"        {rows}",
        f"            {entry} = plus_product({entry}, {total}, {a})",
        f"    {rows}", f"        {out} = {entry}",
    ]  # fmt: skip


def _by_numbers(loops, out, total, zero, a, b):
    """A product, a number of the result at a time."""
    rows, columns, inner = loops
    return [
        rows, f"    {columns}", f"        {total} = {zero}", f"        {inner}",
        f"            {total} = plus_product({total}, {a}, {b})", f"        {out} = {total}",
    ]  # fmt: skip


def _steps_of(layout):
    """A layout without its axes of length 1."""
    pairs = tuple((n, s) for n, s in zip(layout.shape, layout.strides) if n != 1)
    return pairs, layout.offset


def _are_same(x, y):
    return x.dtype == y.dtype and x.tobytes() == y.tobytes()


def _value(key):
    return key[0].value if type(key) is tuple else key.value
