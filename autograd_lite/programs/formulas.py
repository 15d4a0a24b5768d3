"""NumPy's element-wise functions as formulas of numbers, in a text that Numba compiles."""

import math
from dataclasses import dataclass

import numpy as np

from ..symbolic import calls
from ..symbolic.expressions import Expression, known_value

DTYPES = {np.dtype(name) for name in ("bool", "int32", "int64", "float32", "float64")}

# {0} and {1} are the operands, in the dtype that the function computes in.
_OF_REALS = {
    np.add: "{0} + {1}", np.subtract: "{0} - {1}", np.multiply: "{0} * {1}",
    np.divide: "{0} / {1}", np.negative: "-{0}", np.positive: "{0}",
    np.absolute: "abs({0})", np.fabs: "abs({0})", np.square: "{0} * {0}",
    np.maximum: "maximum({0}, {1})", np.minimum: "minimum({0}, {1})", np.sign: "sign({0})",
    np.sqrt: "math.sqrt({0})", np.floor: "np.floor({0})", np.ceil: "np.ceil({0})",
    np.trunc: "np.trunc({0})", np.rint: "np.rint({0})",
    np.copysign: "copysign({0}, {1})", np.reciprocal: "1.0 / {0}",
    np.isnan: "{0} != {0}", np.isfinite: "{0} - {0} == 0", np.isinf: "abs({0}) == math.inf",
}  # fmt: skip
# Ours, in vectors, with a name for each dtype.
_OURS = {
    np.exp: "exp", np.expm1: "expm1", np.log: "log", np.log1p: "log1p", np.tanh: "tanh",
    np.logaddexp: "logaddexp",
}  # fmt: skip
# One call for each element: where there are many elements, NumPy is faster.
_SLOW = {
    np.sin: "math.sin({0})", np.cos: "math.cos({0})", np.tan: "math.tan({0})",
    np.arcsin: "math.asin({0})", np.arccos: "math.acos({0})", np.arctan: "math.atan({0})",
    np.sinh: "math.sinh({0})", np.cosh: "math.cosh({0})", np.arcsinh: "math.asinh({0})",
    np.arccosh: "math.acosh({0})", np.arctanh: "math.atanh({0})",
    np.arctan2: "math.atan2({0}, {1})", np.hypot: "math.hypot({0}, {1})",
    np.power: "{0} ** {1}", np.float_power: "{0} ** {1}", np.exp2: "np.exp2({0})",
    np.log2: "np.log2({0})", np.log10: "math.log10({0})", np.cbrt: "np.cbrt({0})",
}  # fmt: skip
_OF_INTEGERS = {
    np.add: "{0} + {1}", np.subtract: "{0} - {1}", np.multiply: "{0} * {1}", np.negative: "-{0}",
    np.maximum: "max({0}, {1})", np.minimum: "min({0}, {1})", np.absolute: "abs({0})",
}  # fmt: skip
_OF_TRUTHS = {
    np.logical_and: "{0} & {1}", np.logical_or: "{0} | {1}", np.logical_xor: "{0} ^ {1}",
    np.logical_not: "not {0}", np.bitwise_and: "{0} & {1}", np.bitwise_or: "{0} | {1}",
    np.bitwise_xor: "{0} ^ {1}", np.invert: "not {0}", np.equal: "{0} == {1}",
    np.not_equal: "{0} != {1}", np.add: "{0} | {1}", np.multiply: "{0} & {1}",
}  # fmt: skip
_COMPARISONS = {
    np.less: "{0} < {1}", np.less_equal: "{0} <= {1}", np.greater: "{0} > {1}",
    np.greater_equal: "{0} >= {1}", np.equal: "{0} == {1}", np.not_equal: "{0} != {1}",
}  # fmt: skip
# With a number, of which it is known that it is not nan: one instruction, not six.
_OF_BOUNDS = {np.maximum: "at_least", np.minimum: "at_most"}
# What x ** c is for some c: NumPy computes it so too, and a power takes 50 times as long.
_POWERS = {2: "{0} * {0}", 3: "{0} * {0} * {0}", 0.5: "math.sqrt({0})", -1: "1.0 / {0}"}
_MANY = 512


@dataclass(frozen=True)
class Formula:
    """A call as a formula: its text, its operands, and the dtype that each is taken in."""

    text: str
    operands: tuple
    dtypes: tuple

    def written(self, operands, dtype):
        """The formula of the texts of its operands, as a number of a dtype."""
        text = self.text.format(*operands)
        is_wide = dtype == np.float32 and any(word in text for word in _WIDENING)
        return f"{dtype.name}({text})" if is_wide or dtype == np.int32 else text


# What makes a float64 of float32 numbers.
_WIDENING = ("1.0", "sign", "math.", "np.", "**")


def _alike(text, operands, dtype):
    return Formula(text, tuple(operands), (dtype,) * len(operands))


def formula_of(step):
    """The formula of a call whose elements are computed one by one, or None.

    Functions that Numba would compute more slowly than NumPy have none where they are called
    for many elements.
    """
    if step.dtype not in DTYPES or any(dtype_of(x) not in DTYPES for x in step.operands()):
        return None
    special = _SPECIAL.get(step.func)
    if special is not None:
        return None if step.kwargs else special(step)
    if not isinstance(step.func, np.ufunc) or step.kwargs or step.func.nout > 1:
        return None
    if not all(map(_is_operand, step.args)):
        return None
    return _of_ufunc(step)


def dtype_of(x):
    """The dtype of an expression or a number; NumPy's default for Python's numbers."""
    value = known_value(x)
    return getattr(value, "dtype", None) or np.result_type(type(value))


def _is_operand(x):
    return type(x) is Expression or isinstance(x, (bool, int, float, np.generic))


def _is_weak(x):
    return type(known_value(x)) in (int, float)


def _computed_in(step):
    """The dtype of the operands and of the result of the ufunc's loop that NumPy takes."""
    kinds = [type(known_value(x)) if _is_weak(x) else dtype_of(x) for x in step.args]
    dtypes = step.func.resolve_dtypes((*kinds, None))
    return dtypes if len(set(dtypes[:-1])) == 1 else (None, None)


def _of_ufunc(step):
    func, args = step.func, step.args
    try:
        dtype, result = _computed_in(step)[-2:]
    except TypeError:
        return None
    if dtype not in DTYPES:
        return None
    if func in (np.power, np.float_power) and dtype.kind == "f":
        text = _POWERS.get(_number(args[1]))
        if text is not None:
            return _alike(text, args[:1], dtype)
    if dtype.kind == "b":
        text = _OF_TRUTHS.get(func)
    elif result.kind == "b":
        text = _COMPARISONS.get(func) or (_OF_REALS.get(func) if dtype.kind == "f" else None)
    elif dtype.kind == "i":
        text = _OF_INTEGERS.get(func)
    else:
        text = _of_reals(step, dtype)
    return None if text is None else _alike(text, args, dtype)


def _of_reals(step, dtype):
    func = step.func
    if func in _OURS:
        name = _OURS[func] + ("" if dtype == np.float64 else "_32")
        return f"{name}({', '.join(['{0}', '{1}'][: func.nin])})"
    if func in _OF_BOUNDS and _is_bound(step.args[1]):
        return f"{_OF_BOUNDS[func]}({{0}}, {{1}})"
    if func in _SLOW:
        return _SLOW[func] if math.prod(step.shape) <= _MANY else None
    return _OF_REALS.get(func)


def _number(x):
    value = known_value(x) if type(x) is not Expression or x.is_number else None
    return value if isinstance(value, (int, float, np.number)) else None


def _is_bound(x):
    """Whether an argument is a number, and not nan."""
    value = _number(x)
    return value is not None and value == value


# --- what is not a ufunc -----------------------------------------------------------------------


def _where(step):
    if len(step.args) != 3 or dtype_of(step.args[0]) != np.bool:
        return None
    return Formula("where({0}, {1}, {2})", step.args, (np.dtype(bool), step.dtype, step.dtype))


def _clip(step):
    if len(step.args) != 3 or step.dtype.kind != "f":
        return None
    low, high = step.args[1:]
    text, operands = "{0}", [step.args[0]]
    for func, bound in ((np.maximum, low), (np.minimum, high)):
        if bound is not None:
            operands.append(bound)
            name = _OF_BOUNDS[func] if _is_bound(bound) else func.__name__
            text = f"{name}({text}, {{{len(operands) - 1}}})"
    return _alike(text, operands, step.dtype)


def _same(step):
    return _alike("{0}", step.args[:1], step.dtype) if len(step.args) < 3 else None


_SPECIAL = {
    np.where: _where,
    np.clip: _clip,
    calls.astype: _same,
    np.copy: _same,
    np.asarray: _same,
    np.ascontiguousarray: _same,
}


# --- numbers and dtypes in the text -----------------------------------------------------------


def cast(text, dtype, wanted):
    """A number of one dtype in another."""
    if dtype == wanted:
        return text
    if wanted == np.bool:
        return f"{text} != 0"
    return f"{wanted.name}({text})"


def literal(value, dtype):
    """A number in a dtype, as it stands in the text; None where it needs a name there."""
    value = np.asarray(value).astype(dtype)[()]
    if dtype.kind == "b":
        return str(bool(value))
    if dtype == np.int64 or (dtype == np.float64 and math.isfinite(value)):
        text = repr(value.item())
        return f"({text})" if text[0] == "-" else text
    return None
