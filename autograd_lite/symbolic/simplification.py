"""Simplification: what a person would not write down, a rule each.

A rule gets the graph, the arguments of a call and its value, and returns a simpler expression of
the same value, shape and dtype, or None. Rules are tried as the graph grows, so the arguments
are simple already.
"""

import operator

import numpy as np

from . import calls
from .expressions import Expression, collect, key_of

_NUMBERS = (int, float, complex, np.floating, np.complexfloating)


def simplified(graph, func, args, kwargs, value):
    """A simpler expression for a call, or None."""
    found = _folded(graph, func, args, kwargs, value)
    if found is not None:
        return found
    if isinstance(func, np.ufunc) and func.signature is None and not kwargs:
        filled = _filled(graph, func, args, value)
        if filled is not None:
            return filled
        behind = _before_new_axes(graph, func, args)
        if behind is not None:
            return behind
        stripped = list(args)
        for i, arg in enumerate(args):  # one after the other: each leaves the shape to the others
            stripped[i] = _unspread(arg, stripped, value)
        if any(a is not b for a, b in zip(stripped, args)):
            return graph.call(func, tuple(stripped), kwargs, value)
    return _RULES.simpler(graph, func, args, kwargs, value)


def _filled(graph, func, args, value):
    """A call on what was broadcast, and on numbers, is broadcast itself: the call comes first."""
    sources, shape = [], np.shape(value)
    for arg in args:
        if type(arg) is Expression and arg.func is np.broadcast_to:
            sources.append(arg.args[0])
        elif number(arg) is not None:
            sources.append(arg)
        else:
            return None
    if shape == () or func.nout > 1:
        return None
    computed = graph.apply(func, *sources)
    if computed.shape == shape or computed.dtype != value.dtype:
        return None
    return graph.apply(np.broadcast_to, computed, shape)


def fits(expression, value):
    """Whether an expression stands for a value: of its shape and dtype."""
    return expression.shape == np.shape(value) and expression.dtype == getattr(value, "dtype", None)


def _folded(graph, func, args, kwargs, value):
    """A number computed from numbers alone is a number."""
    if not isinstance(value, (np.generic, int, float, complex)) or isinstance(value, np.void):
        return None
    if kwargs or not (isinstance(func, np.ufunc) or func in (calls.astype, np.reshape)):
        return None
    found = []
    collect(args, found)
    if found and all(operand.is_number for operand in found):
        return graph.constant(value)
    return None


def number(arg):
    """The number that an argument is, or None."""
    if isinstance(arg, _NUMBERS) and not isinstance(arg, bool):
        return arg
    if type(arg) is Expression and arg.is_number and not isinstance(arg.value, (bool, np.bool)):
        return arg.value
    return None


def _unspread(arg, args, value):
    """What an argument was broadcast from, where broadcasting gives the result's shape again."""
    if type(arg) is not Expression or not (arg.func is np.broadcast_to or _adds_in_front(arg)):
        return arg
    shapes = [np.shape(a.value if type(a) is Expression else a) for a in args if a is not arg]
    source = arg.args[0]
    fits = type(source) is Expression and (source.ndim or arg.func is np.broadcast_to)
    if fits and np.broadcast_shapes(source.shape, *shapes) == value.shape:
        return source
    return arg


def _adds_in_front(x):
    """Whether axes of size 1 were put in front of a value, where broadcasting puts them too."""
    if x.func not in (np.expand_dims, np.reshape) or type(x.args[0]) is not Expression:
        return False
    shape = x.args[0].shape
    return (1,) * (x.ndim - len(shape)) + shape == x.shape


def _before_new_axes(graph, func, args):
    """A call on a value with a new axis, and on numbers, gets the new axis itself."""
    longer = [arg for arg in args if number(arg) is None]
    if len(longer) != 1 or type(longer[0]) is not Expression or not _adds_in_front(longer[0]):
        return None
    if func.nout > 1 or not longer[0].args[0].ndim:
        return None
    computed = graph.apply(func, *(a.args[0] if a is longer[0] else a for a in args))
    return graph.apply(longer[0].func, computed, *longer[0].args[1:], **longer[0].kwargs)


class Rules(dict):
    """Rules by the functions that they are about, in the order in which they are tried."""

    def of(self, *functions):
        """Declare a rule for calls of these functions."""

        def declare(rule):
            for func in functions:
                self.setdefault(func, []).append(rule)
            return rule

        return declare

    def simpler(self, graph, func, args, kwargs, value):
        """What the first rule that is about a call makes of it, or None."""
        if any(type(arg) is Expression and arg.dtype is None for arg in args):
            return None  # a Python number, or several results: no rule is about these
        for rule in self.get(func, ()):
            found = rule(graph, args, kwargs, value)
            if found is not None and fits(found, value):
                return found
        return None

    def __call__(self, graph, func, args, kwargs, value):
        """A simpler expression for a call by these rules, or by those that hold everywhere."""
        found = self.simpler(graph, func, args, kwargs, value)
        return simplified(graph, func, args, kwargs, value) if found is None else found


_RULES = Rules()
rule_of = _RULES.of


# --- arithmetic --------------------------------------------------------------------------------


@rule_of(np.negative)
def _double_negation(graph, args, kwargs, value):
    """--x = x;  -(-x / y) = x / y;  -(c x) = (-c) x"""
    (x,) = args
    if _is_negative(x):
        return _opposite(graph, x)
    c, inner = _number_times(x) if x.dtype.kind in "fc" else (None, None)
    return None if c is None else _scaled(graph, inner, -c, value)


@rule_of(np.add)
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


@rule_of(np.subtract)
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


@rule_of(np.multiply)
def _products(graph, args, kwargs, value):
    """1 x = x;  -1 x = -x;  x c = c x;  c (d x) = (c d) x;  c (x / d) = (c / d) x;  c -x = -c x

    (c x) (d y) = (c d) x y
    """
    x, y = args
    if type(x) is type(y) is Expression and value.dtype.kind in "fc":
        (c, one), (d, other) = map(_number_times, args)
        factor = None if c is None or d is None else _product(c, d, args, value)
        if factor is not None:
            return graph.call(np.multiply, (_scaled_by(graph, one, factor), other), {}, value)
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


def _scaled_by(graph, x, factor):
    return _scaled(graph, x, factor, factor * x.value)


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


@rule_of(np.divide)
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


@rule_of(np.power, np.float_power)
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
                return _everywhere(graph, np.bool(truth), value)
        return None

    return rule


for _funcs, _neutral in (
    ((np.bitwise_and, np.logical_and), True),
    ((np.bitwise_or, np.logical_or), False),
):
    rule_of(*_funcs)(_with_truth(_neutral))


@rule_of(np.where)
def _chosen(graph, args, kwargs, value):
    """where(True, x, y) = x"""
    truth = _truth(args[0])
    if truth is None or len(args) != 3 or value.shape == ():  # which is no number here
        return None
    x = args[1 if truth else 2]
    if number(x) is not None:
        return _everywhere(graph, value.dtype.type(number(x)), value)
    return x if type(x) is Expression else None


def _everywhere(graph, x, value):
    """A number in the shape of a value."""
    x = graph.constant(x)
    return x if value.shape == () else graph.apply(np.broadcast_to, x, value.shape)


# --- the same values ---------------------------------------------------------------------------


@rule_of(
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


@rule_of(np.sum, np.squeeze)
def _over_no_axis(graph, args, kwargs, value):
    """A sum over no axis."""
    x = args[0]
    axis = kwargs.get("axis", args[1] if len(args) > 1 else None)
    return x if isinstance(axis, tuple) and axis == () else None


@rule_of(np.sum)
def _sum_of_one_number(graph, args, kwargs, value):
    """sum(full((8,), c)) = 8 c"""
    x = args[0]
    is_filled = type(x) is Expression and x.func is np.broadcast_to and x.args[0].is_number
    return graph.constant(value) if is_filled and len(args) == 1 and not kwargs else None


@rule_of(np.sum)
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
    rule_of(_func)(_with_axis_as_written(_func))


# --- shapes ------------------------------------------------------------------------------------


def _axes(x):
    """The permutation of a transposing call, or None."""
    axes = x.kwargs.get("axes", x.args[1] if len(x.args) > 1 else None)
    n = x.ndim
    if type(axes) is Expression:
        return None
    if x.func is np.transpose:
        return tuple(range(n))[::-1] if axes is None else tuple(int(a) % n for a in axes)
    order = list(range(n))
    if x.func is np.matrix_transpose:
        one, two = n - 1, n - 2
    elif x.func is np.swapaxes:
        one, two = (int(a) % n for a in x.args[1:3])
    else:
        return None
    order[one], order[two] = order[two], order[one]
    return tuple(order)


@rule_of(np.reshape, np.ravel)
def _in_usual_order(graph, args, kwargs, value):
    """The order "C" is the usual one."""
    if kwargs.get("order") != "C":
        return None
    func = np.reshape if len(args) + len(kwargs) > 2 else np.ravel
    return graph.call(func, args, {k: v for k, v in kwargs.items() if k != "order"}, value)


@rule_of(np.swapaxes)
def _swapped_twice(graph, args, kwargs, value):
    """Swapping two axes twice; the axes by position, counted from the front."""
    x = args[0]
    axes = (*args[1:], *(kwargs[key] for key in ("axis1", "axis2") if key in kwargs))
    if type(x) is not Expression or len(axes) != 2 or not all(isinstance(a, int) for a in axes):
        return None
    axes = sorted(a % x.ndim for a in axes)
    if x.func is np.swapaxes and [*x.args[1:]] == axes:
        return x.args[0]
    if (*args[1:],) == (*axes,):
        return None
    return graph.call(np.swapaxes, (x, *axes), {}, value)


@rule_of(np.swapaxes, np.matrix_transpose)
def _as_transpose(graph, args, kwargs, value):
    """Of a matrix, swapping its axes is its transpose."""
    x = args[0]
    if type(x) is not Expression or x.ndim != 2 or kwargs:
        return None
    if len(args) == 3 and args[1] % 2 == args[2] % 2:
        return x
    return graph.call(np.transpose, (x,), {}, value)


@rule_of(np.moveaxis)
def _moved_nowhere(graph, args, kwargs, value):
    """An axis moved to where it is."""
    if len(args) != 3 or not all(isinstance(a, int) for a in args[1:]):
        return None
    n = len(value.shape)
    return args[0] if args[1] % n == args[2] % n and type(args[0]) is Expression else None


@rule_of(np.transpose)
def _transposes(graph, args, kwargs, value):
    """The transpose of a transpose."""
    x = args[0]
    if type(x) is not Expression:
        return None
    if x.ndim < 2:
        return x
    outer = _axes(Expression("call", value, np.transpose, args, kwargs))
    if outer == tuple(range(x.ndim)):
        return x
    inner = _axes(x) if x.func is np.transpose else None
    if inner is not None and outer is not None:
        both = tuple(inner[a] for a in outer)
        source = x.args[0]
        if both == tuple(range(x.ndim)):
            return source
        return graph.call(np.transpose, (source, both), {}, value)
    return None


@rule_of(np.reshape, np.expand_dims, np.squeeze, np.ravel)
def _reshapes(graph, args, kwargs, value):
    """Reshaped as it is; a reshape of a reshape."""
    x = args[0]
    if type(x) is not Expression or "order" in kwargs:
        return None
    if x.shape == value.shape and x.dtype == value.dtype:
        return x
    if x.func is np.broadcast_to and np.shape(x.args[0]) == ():
        return graph.call(np.broadcast_to, (x.args[0], value.shape), {}, value)
    if x.func in (np.reshape, np.expand_dims, np.squeeze) and "order" not in x.kwargs:
        return graph.call(np.reshape, (x.args[0], value.shape), {}, value)
    return _with_axes_kept(graph, x, value)


def _with_axes_kept(graph, x, value):
    """sum(x, axis) reshaped to have the axes of x is a sum that keeps them."""
    if x.func is not np.sum or x.kwargs.keys() - {"axis"} or len(x.args) > 1:
        return None
    axis = x.kwargs.get("axis")
    summed = x.args[0]
    n = summed.ndim
    axes = range(n) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = {int(a) % n for a in axes}
    kept = tuple(1 if a in axes else size for a, size in enumerate(summed.shape))
    if kept != value.shape:
        return None
    return graph.call(np.sum, (summed,), {**x.kwargs, "keepdims": True}, value)


@rule_of(np.broadcast_to)
def _broadcasts(graph, args, kwargs, value):
    """Broadcast to the shape that it has."""
    x = args[0]
    if type(x) is not Expression:
        return None
    if x.shape == value.shape:
        return x
    if x.func is np.broadcast_to:
        return graph.call(np.broadcast_to, (x.args[0], value.shape), {}, value)
    return None


# --- constants -----------------------------------------------------------------------------------


@rule_of(np.zeros_like, np.ones_like, np.full_like)
def _like(graph, args, kwargs, value):
    """Filled arrays do not depend on what they are like."""
    fill = args[1] if len(args) > 1 else kwargs.get("fill_value")
    if fill is not None and number(fill) is None:
        return None
    filled = value.flat[0] if value.size else value.dtype.type(0)
    return _everywhere(graph, filled, value)


@rule_of(calls.getitem)
def _read(graph, args, kwargs, value):
    """A number read from itself; what is constant everywhere read anywhere."""
    x, index = args
    if type(x) is not Expression:
        return None
    if x.shape == () and index == ():
        return x
    is_filled = x.func is np.broadcast_to and np.shape(x.args[0]) == ()
    chosen = []  # places that values say may be more or fewer in another run
    collect(index, chosen)
    if is_filled and not chosen:
        return graph.call(np.broadcast_to, (x.args[0], np.shape(value)), {}, value)
    return None


@rule_of(calls.setitem)
def _stored_where_it_was(graph, args, kwargs, value):
    """x with x[i] stored at i is x: what Python makes of x[i] += y after it was added."""
    x, index, stored = args
    if type(stored) is Expression and stored.func is calls.getitem:
        return x if key_of(stored.args) == key_of((x, index)) else None
    return None


@rule_of(calls.setitem)
def _stored_twice(graph, args, kwargs, value):
    """x[i] = v, and once more: what x[i] += v does."""
    x, index, new = args
    if type(x) is not Expression or x.func is not calls.setitem or x.args[2] is not new:
        return None
    return x if key_of(x.args[1]) == key_of(index) else None


@rule_of(np.clip)
def _clipped_twice(graph, args, kwargs, value):
    """clip(clip(x, a, b), a, b) = clip(x, a, b)"""
    x, *bounds = args
    if kwargs or type(x) is not Expression or x.func is not np.clip or x.kwargs:
        return None
    return x if key_of(bounds) == key_of(list(x.args[1:])) else None
