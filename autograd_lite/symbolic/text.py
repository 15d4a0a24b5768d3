"""Formulas as text for people: by the names of their operations, without what is understood."""

import numpy as np

from ..engine.dispatch import full_name
from ..messages import quoting
from . import calls
from .expressions import Expression
from .python_text import ATOM, CALL, Writer
from .rule_table import number

MANY = 12  # entries of an array that are all written
_FRACTION = 14  # a name such as dLoss/dz2: an operand of * and -, not of ** and .T
_PRODUCTS = {np.multiply, np.divide}
_SUMS = {np.add, np.subtract}
# Ours that take an index: x[index] of what they make is what they are given.
PLACING = {"scatter": "scatter", "setitem": "store", "add_at": "add_at"}


def text_of(symbol):
    """A name in a line: z1, dLoss/dz1, dLoss/d(layers.0.weight)."""
    return quoting.text(symbol) if isinstance(symbol, str) else "/".join(map(differential, symbol))


def differential(name):
    """dW1, d(layers.0.weight)."""
    name = quoting.text(name)
    return f"d{name}" if name.isidentifier() else f"d({name})"


class TextWriter(Writer):
    """Writes formulas as text.

    With ``drops_zeros`` terms that are 0 times something are left out, as on paper.
    """

    def __init__(self, names, drops_zeros=False):
        super().__init__(names)
        self.drops_zeros = drops_zeros

    def definition(self, x):
        """What stands to the right of the equals sign."""
        return self._written(x.args[0])[0] if x.func is calls.named else self._called(x)[0]

    def named(self, x):
        name = self.names[x]
        return name, _FRACTION if "/" in name else ATOM

    def called(self, func):
        """The name of a function: NumPy's without ``np.``, ours without the module."""
        module = getattr(func, "__module__", None) or "numpy"
        if isinstance(func, (np.ufunc, calls.Method)) or module.startswith("numpy"):
            return super().called(func).removeprefix("np.")
        if module.startswith("scipy"):
            return full_name(func)
        return quoting.text(getattr(func, "__name__", type(func).__name__)).strip("_<>")

    def _called(self, x):
        func = x.func
        name = getattr(func, "__name__", "")
        if self.drops_zeros and (left := self._without_zero(x)) is not None:
            return left
        if x.filling:
            return self.applied("full", [self.write(x.args[1]), self.write(x.filling)]), CALL
        if func is np.positive or func is calls.named:
            return self._written(x.args[0])
        if func is np.expand_dims and type(x.args[0]) is Expression and x.args[0].is_number:
            return self._written(x.args[0])  # its array has these axes too
        is_shaped = self.drops_zeros and self._is_of_other_shape(x)
        if is_shaped and (whole := self._as_shaped(x.args[0], x.shape)):
            return whole
        if name in PLACING and len(x.args) + len(x.kwargs) == 3:
            return self._placed(x, PLACING[name]), CALL
        return super()._called(x)

    def _is_of_other_shape(self, x):
        """Whether it is what is reshaped, or placed at [:, None] of zeros without that axis."""
        if getattr(x.func, "__name__", "") != "scatter":
            return x.func is np.reshape
        index = x.kwargs["index"] if "index" in x.kwargs else x.args[1]
        parts = index if isinstance(index, tuple) else (index,)
        return all(p is None or p is ... or (type(p) is slice and p == slice(None)) for p in parts)

    def _as_shaped(self, x, shape):
        """What has a shape but for one step, or is a sum that keeps its axes or drops them."""
        while self._is(x, {np.reshape, np.expand_dims}):
            x = x.args[0]
        if type(x) is Expression and x.shape == shape:
            return self._written(x)
        inner = x.args[0] if (is_minus := self._is(x, {np.negative})) else x
        if not self._is(inner, {np.sum}) or not {"axis"} <= inner.kwargs.keys() <= {
            "axis",
            "keepdims",
        }:
            return None
        whole, axis = inner.args[0], inner.kwargs["axis"]
        axes = {a % whole.ndim for a in (axis if isinstance(axis, tuple) else [axis])}
        kept = tuple(1 if i in axes else n for i, n in enumerate(whole.shape))
        if shape not in (kept, tuple(n for i, n in enumerate(whole.shape) if i not in axes)):
            return None
        given = {"axis": axis, "keepdims": True} if shape == kept else {"axis": axis}
        value = np.broadcast_to(inner.value.dtype.type(0), shape)
        text, binding = self._called(Expression("call", value, np.sum, (whole,), given))
        return (f"-{text}", min(binding, 14)) if is_minus else (text, binding)

    def _is_product(self, x):
        return self._is(x, {np.matmul}) and x.args[0].ndim == x.args[1].ndim == 2

    def transposed(self, x, method):
        """A matrix, or a stack of them, transposed."""
        return f"{self.write(x, CALL)}.{method}", CALL

    def _placed(self, x, name):
        """scatter(g, [0:2], shape), store(x, value, [0])"""
        given = list(x.args)
        if "index" in x.kwargs:
            given.insert(2, x.kwargs["index"])
            given += [value for key, value in x.kwargs.items() if key != "index"]
            place = 1 if name == "scatter" else 2
            index = given.pop(2 if len(x.args) > 1 else 1)
        else:
            place = 1
            index = given.pop(1)
        texts = list(map(self.write, given))
        texts.insert(place, f"[{self.index(index)}]")
        return self.applied(name, texts)

    def _infix(self, x, sign, binding):
        one, two = x.args
        if sign == "*" and number(one) == 1 and type(two) is Expression:
            is_condition = two.dtype == bool and two.ndim > 0  # it counts as 1 where it holds
            if is_condition or (self.drops_zeros and two.shape == x.shape):
                return self._written(two)
        if sign == "*" and self._is_column(one) and two.ndim == 1:
            return self.outer(one.args[0], two)
        if sign in "+-" and (c := self._common_factor(x)):
            return self._times_difference(x, sign, c)
        for factor, other in ((one, two), (two, one)) if sign == "*" else ():
            if n := whole_reciprocal(factor):
                return self._over(other, n)
        if sign in "*/+":
            left = ATOM if sign != "+" and self._is(one, {np.matmul}) else binding
            right = binding + 0.5
            associative = _PRODUCTS if sign == "*" else _SUMS if sign == "+" else ()
            if self._is(two, associative):
                right = binding
            elif sign != "+" and self._is(two, {np.matmul}):
                right = ATOM
            texts = self._operand(x, one, left), self._operand(x, two, right)
            return self.joined(sign, x, texts), binding
        if sign == "@":
            bindings = [ATOM if self._is(side, _PRODUCTS) else binding for side in x.args]
            texts = self._operand(x, one, bindings[0]), self._operand(x, two, bindings[1] + 1)
            return self.joined(sign, x, texts), binding
        right = binding + 0.5 * (sign != "**")
        texts = self._operand(x, one, binding + (sign == "**")), self._operand(x, two, right)
        return self.joined(sign, x, texts), binding

    def _without_zero(self, x):
        """A product that is 0, or a sum without such a term; None of others."""
        if self._is_zero(x):
            return self._filled_with(0, x)
        if x.func not in _SUMS:
            return None
        one, two = x.args
        rest = two if self._is_zero(one) and x.func is np.add else one
        if not self._is_zero(two if rest is one else one):
            return None
        c = number(rest)
        return self._written(rest) if c is None else self._filled_with(c, x)

    def _is_zero(self, x):
        """Whether an operand is written as 0 times something finite."""
        if not self._is(x, {np.multiply}) or not np.isfinite(x.value).all():
            return False
        return any(number(arg) == 0 for arg in x.args)

    def _filled_with(self, c, x):
        """A number in the shape of an expression."""
        if not x.shape:
            return self.constant(c)
        return self.applied("full", [self.write(x.shape), self.constant(c)[0]]), CALL

    def _common_factor(self, x):
        """The number c of c * a + c * b and c * a - c * b, or None."""
        factors = {
            number(side.args[0]) if self._is(side, {np.multiply}) else None for side in x.args
        }
        return factors.pop() if len(factors) == 1 else None

    def _times_difference(self, x, sign, c):
        """c * (a - b), and (a - b) / n for 1 / n."""
        one, two = (side.args[1] for side in x.args)
        texts = self._operand(x, one, 12), self._operand(x, two, 12.5)
        inside = self.enclosed(self.joined(sign, x, texts))
        if n := whole_reciprocal(x.args[0].args[0]):
            return (self.over(inside, n), 13) if n > 0 else (f"-{self.over(inside, -n)}", 13)
        return self.joined("*", x.args[0], [self._operand(x, x.args[0].args[0]), inside]), 13

    def _is_column(self, x):
        """Whether an operand is a vector as a column: times another vector, an outer product."""
        return self._is(x, {np.expand_dims}) and x.ndim == 2 and x.args[1:] in ((1,), (-1,))

    def outer(self, one, two):
        """The outer product of two vectors."""
        return self.applied("outer", [self.write(one), self.write(two)]), CALL

    def over(self, text, n):
        """A text divided by a number."""
        return f"{text} / {n}"

    def joined(self, sign, x, texts):
        """Operands with what stands between them."""
        if sign == "+" and texts[1].startswith("-"):
            sign, texts = "-", [texts[0], texts[1][1:]]
        return self.between(sign, x).join(texts)

    def between(self, sign, x):
        """What stands between two operands."""
        return f" {sign} "

    def _over(self, x, n):
        """x / n and -x / n for x times the number 1 / n."""
        sign = "-" if n < 0 else ""
        return f"{sign}{self.write(x, 14 if n < 0 else 13)} / {abs(n)}", 13

    def _is(self, x, functions):
        """Whether an operand is written as a call of one of some functions."""
        return type(x) is Expression and x not in self.names and x.func in functions

    def array(self, value):
        """An array of many entries: its dtype and its shape."""
        return f"<{value.dtype.name} {'x'.join(map(str, value.shape))}>"

    def other(self, value):
        """A setting that is no number: as Python shows it."""
        return quoting.text(repr(value))

    def constant(self, value):
        """A number in six digits, an array as nested lists, long ones by their ends."""
        if isinstance(value, np.ndarray) and value.size > MANY:
            return self.array(value), ATOM
        if isinstance(value, np.ndarray) and value.size:
            return _nested(value.tolist(), self), ATOM
        if isinstance(value, (np.floating, np.complexfloating, np.integer, np.bool)):
            value = value.item()
        if type(value) is float and np.isfinite(value):
            text = f"{value + 0.0:.6g}"
            return text, ATOM if value >= 0 else 14
        text, binding = super().constant(value)
        return text.removeprefix("np."), binding


def whole_reciprocal(x):
    """n where an operand is a number 1 / n that is longer to write than n; else None."""
    c = number(x)
    return None if c is None else reciprocal(c)


def reciprocal(c):
    """n where a real number is 1 / n and is longer to write than that; else None."""
    if isinstance(c, (int, complex, np.complexfloating)) or not 1e-9 < abs(c) < 1:
        return None
    n = round(float(1 / c))
    is_short = len(f"{abs(float(c)):.15g}") <= 6
    return n if not is_short and abs(c * n - 1) <= 4 * np.finfo(np.asarray(c).dtype).eps else None


def _nested(value, writer):
    if not isinstance(value, list):
        return str(value) if isinstance(value, bool) else writer.constant(value)[0]
    return f"[{', '.join(_nested(v, writer) for v in value)}]"
