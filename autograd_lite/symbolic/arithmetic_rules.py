"""What a person would not write down in a sum or a product, a rule each: x + 0, 1 x, --x."""

import operator

import numpy as np

from . import calls
from .expressions import Expression
from .rule_table import Rules, everywhere, fits, number

RULES = Rules()


@RULES.of(np.negative)
def _double_negation(graph, args, kwargs, value):
    """--x = x;  -(-x / y) = x / y;  -(c x) = (-c) x"""
    (x,) = args
    if _is_negative(x):
        return _opposite(graph, x)
    c, inner = _number_times(x) if x.dtype.kind in "fc" else (None, None)
    return None if c is None else _scaled(graph, inner, -c, value)


@RULES.of(np.add)
def _sums(graph, args, kwargs, value):
    """x + 0 = x;  x + x = 2 x;  c x + d x = (c + d) x;  x + -y = x - y;  -x + y = y - x

    -c is negative too, of a number c.
    """
    x, y = args
    if number(y) == 0:
        return x if type(x) is Expression else None
    if number(x) == 0:
        return y if type(y) is Expression else None
    if type(x) is type(y) is Expression and x.dtype == y.dtype == value.dtype:
        (c, one), (d, other) = map(_in_units, args)
        if one is other and one.shape == value.shape and value.dtype.kind in "fc":
            total = _within(value.dtype, operator.add, c, d)
            return None if total is None else _scaled(graph, one, total, value)
    for one, other in ((x, y), (y, x)):
        if _is_negative(other):
            return graph.call(np.subtract, (one, _opposite(graph, other)), {}, value)
        if _is_below_zero(other, value):
            return graph.call(np.subtract, (one, -number(other)), {}, value)
    return None


@RULES.of(np.subtract)
def _differences(graph, args, kwargs, value):
    """x - 0 = x;  x - -y = x + y"""
    x, y = args
    if number(y) == 0:
        return x if type(x) is Expression else None
    if _is_negative(y):
        return graph.call(np.add, (x, _opposite(graph, y)), {}, value)
    if _is_below_zero(y, value):
        return graph.call(np.add, (x, -number(y)), {}, value)
    return None


def _is_below_zero(x, value):
    """Whether an argument of a sum is a number that is written with a minus in front."""
    c = number(x)
    is_real = c is not None and not isinstance(c, (complex, np.complexfloating))
    return is_real and c < 0 and value.dtype.kind in "fc"


def _is_negative(x):
    """Whether an expression is written with a minus in front."""
    while type(x) is Expression and x.func in (np.multiply, np.divide) and not x.kwargs:
        if number(x.args[0]) is not None:
            break
        x = x.args[0]
    if type(x) is not Expression or x.kwargs or x.dtype is None or x.dtype.kind not in "fc":
        return False
    if x.func in (np.multiply, np.divide):
        c = number(x.args[0])
        return not isinstance(c, (complex, np.complexfloating)) and c < 0
    return x.func is np.negative


def _opposite(graph, x):
    """-x of what is written with a minus in front, without it."""
    if x.func is np.negative:
        return x.args[0]
    if number(x.args[0]) is not None and x.func is np.divide:
        return graph.call(np.divide, (-number(x.args[0]), x.args[1]), {}, -x.value)
    if number(x.args[0]) is not None:
        return _scaled(graph, x.args[1], -number(x.args[0]), -x.value)
    args = _opposite(graph, x.args[0]), x.args[1]
    return graph.apply(x.func, *args)


def _scaled(graph, x, factor, value):
    """x times a number."""
    if factor in (1, -1) and type(x) is Expression and fits(x, value):
        return x if factor == 1 else graph.call(np.negative, (x,), {}, value)
    return graph.call(np.multiply, (factor, x), {}, value)


@RULES.of(np.multiply)
def _products(graph, args, kwargs, value):
    """1 x = x;  -1 x = -x;  x c = c x;  c (d x) = (c d) x;  c (x / d) = (c / d) x;  c -x = -c x

    (c x) (d y) = (c d) x y
    """
    x, y = args
    if type(x) is type(y) is Expression and value.dtype.kind in "fc":
        (c, one), (d, other) = map(_number_times, args)
        factor = None if c is None or d is None else _product(c, d, args, value)
        if factor is not None:
            scaled = _scaled(graph, one, factor, factor * one.value)
            return graph.call(np.multiply, (scaled, other), {}, value)
    c, other = (number(x), y) if number(x) is not None else (number(y), x)
    if c is None or type(other) is not Expression or other.dtype.kind not in "fc":
        return None
    if c in (1, -1):  # of another dtype it is a conversion too
        return _scaled(graph, other, c, value) if fits(other, value) else None
    if _is_negated(other):
        return _scaled(graph, _opposite(graph, other), -c, value)
    d, inner = _number_times(other)
    factor = None if d is None else _product(c, d, [other], value)
    if factor is not None:
        return _scaled(graph, inner, factor, value)
    if other is x and type(x) is Expression:  # the number first, as it is written
        return graph.call(np.multiply, (y, x), kwargs, value)
    return None


def _in_units(x):
    """(c, y) with x = c y, and y without a number in front."""
    c, y = _number_times(x)
    return (1, x) if c is None else (c, y)


def _product(c, d, terms, value):
    """c d, a number times what is left of terms; None where it cannot stand for both."""
    if any(x.dtype != value.dtype for x in terms):
        return None
    return _within(value.dtype, operator.mul, c, d)


def _within(dtype, operation, c, d):
    """A number computed from two; None where a dtype has it not in full.

    One that overflows or underflows need not do so one after the other: c (d x).
    """
    try:
        with np.errstate(all="ignore"):
            found = operation(_in_full(c, dtype), _in_full(d, dtype))
            size = float(abs(found))
    except (OverflowError, ZeroDivisionError):
        return None
    limits = np.finfo(dtype)
    is_zero = size == 0 and (operation is operator.add or 0 in (c, d))
    return found if is_zero or limits.tiny <= size <= limits.max else None


def _in_full(c, dtype):
    """A number to compute with: one of NumPy's with all the digits of a dtype."""
    if isinstance(c, np.complexfloating):
        return np.result_type(c, dtype).type(c)
    return np.result_type(c, np.finfo(dtype).dtype).type(c) if isinstance(c, np.floating) else c


def inverse(d, dtype):
    """1 / d of a number, to multiply by; None where a dtype has it not in full."""
    is_wide = dtype.itemsize > (8 if dtype.kind == "f" else 16)  # than Python's numbers are
    return None if is_wide else _within(dtype, operator.truediv, 1, d)


def _number_times(x):
    """(c, y) where an expression is a number c times y; (None, None) where it is not."""
    if x.kwargs:
        return None, None
    if x.func is np.negative:
        return -1, x.args[0]
    if x.func is np.multiply and number(x.args[0]) is not None:
        return number(x.args[0]), x.args[1]
    if x.func is np.divide and number(x.args[1]) is not None and x.dtype.kind in "fc":
        c = inverse(number(x.args[1]), x.dtype)
        return (None, None) if c is None else (c, x.args[0])
    return None, None


@RULES.of(np.divide)
def _quotients(graph, args, kwargs, value):
    """x / 1 = x;  (c x) / d = (c / d) x"""
    x, y = args
    d = number(y)
    if d is None or d == 0 or type(x) is not Expression or x.dtype.kind not in "fc":
        return None
    if d == 1:
        return x
    c, inner = _number_times(x)
    over = inverse(d, value.dtype)
    factor = None if c is None or over is None else _product(c, over, [x], value)
    return None if factor is None else _scaled(graph, inner, factor, value)


@RULES.of(np.power, np.float_power)
def _first_power(graph, args, kwargs, value):
    """x ** 1 = x;  x ** 0 = 1"""
    x, y = args
    if number(y) == 0 and number(x) is None and np.shape(value):
        return graph.apply(np.broadcast_to, graph.constant(value.dtype.type(1)), value.shape)
    return x if number(y) == 1 and type(x) is Expression else None


# --- truths ------------------------------------------------------------------------------------


def _truth(x):
    """Whether an argument is true everywhere, or false everywhere; None where it depends."""
    while type(x) is Expression and x.func is np.broadcast_to:
        x = x.args[0]
    if type(x) is Expression and x.kind == "constant":
        x = x.value
    if type(x) is np.ndarray and x.dtype == bool and x.size and (x.all() or not x.any()):
        return bool(x.flat[0])
    return bool(x) if isinstance(x, (bool, np.bool)) else None


def _with_truth(neutral):
    def rule(graph, args, kwargs, value):
        """Of truths, x & True = x;  x & False = False;  x | False = x;  x | True = True"""
        if value.dtype != bool:  # of integers, True is 1
            return None
        for x, other in (args, args[::-1]):
            truth = _truth(other)
            if truth is neutral:
                return x if type(x) is Expression else None
            if truth is not None:
                return everywhere(graph, np.bool(truth), value)
        return None

    return rule


for _funcs, _neutral in (
    ((np.bitwise_and, np.logical_and), True),
    ((np.bitwise_or, np.logical_or), False),
):
    RULES.of(*_funcs)(_with_truth(_neutral))


@RULES.of(np.where)
def _chosen(graph, args, kwargs, value):
    """where(True, x, y) = x"""
    truth = _truth(args[0])
    if truth is None or len(args) != 3 or value.shape == ():  # which is no number here
        return None
    x = args[1 if truth else 2]
    if number(x) is not None:
        return everywhere(graph, value.dtype.type(number(x)), value)
    return x if type(x) is Expression else None


# --- the same values ---------------------------------------------------------------------------


@RULES.of(
    np.copy,
    calls.astype,
    np.positive,
    np.real,
    np.conjugate,
    np.asarray,
    np.ascontiguousarray,
    np.array,
)
def _itself(graph, args, kwargs, value):
    """A copy, or a conversion to the dtype that it has, is the value itself."""
    x = args[0]
    if type(x) is not Expression or x.dtype is None:
        return None
    return x if x.dtype == value.dtype and x.dtype.kind != "c" else None


@RULES.of(np.sum, np.squeeze)
def _over_no_axis(graph, args, kwargs, value):
    """A sum over no axis."""
    x = args[0]
    axis = kwargs.get("axis", args[1] if len(args) > 1 else None)
    return x if isinstance(axis, tuple) and axis == () else None


@RULES.of(np.sum)
def _sum_of_one_number(graph, args, kwargs, value):
    """sum(full((8,), c)) = 8 c"""
    x = args[0]
    is_filled = type(x) is Expression and x.filling
    return graph.constant(value) if is_filled and len(args) == 1 and not kwargs else None


@RULES.of(np.sum)
def _sum_of_negative(graph, args, kwargs, value):
    """sum(-x) = -sum(x)"""
    x = args[0]
    if len(args) > 1 or kwargs.keys() - {"axis", "keepdims"} or not _is_negated(x):
        return None
    return graph.apply(np.negative, graph.apply(np.sum, _opposite(graph, x), **kwargs))


def _is_negated(x):
    """Whether an expression is -y, or has such a factor in front."""
    while type(x) is Expression and x.func in (np.multiply, np.divide) and not x.kwargs:
        x = x.args[0]
    return type(x) is Expression and x.func is np.negative


def _with_axis_as_written(func):
    def rule(graph, args, kwargs, value):
        """A tuple of one axis is that axis, and all axes are none."""
        axis, x = kwargs.get("axis"), args[0]
        if axis is None or len(args) > 1 or type(x) is not Expression:
            return None
        others = {key: v for key, v in kwargs.items() if key != "axis"}
        if np.shape(value) == () and not others:
            return graph.call(func, args, others, value)
        if isinstance(axis, tuple) and len(axis) == 1:
            return graph.call(func, args, {"axis": axis[0], **others}, value)
        return None

    return rule


for _func in (np.sum, np.prod, np.mean, np.max, np.min):
    RULES.of(_func)(_with_axis_as_written(_func))
