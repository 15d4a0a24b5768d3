"""What a machine computes in less time than what a person writes down, a rule each.

The rules are of the same form as those of simplification.py. Times are of small arrays, where
NumPy's functions written in Python take longer than their work: np.sum 3 us, np.add.reduce 1 us;
x @ y 1.3 us, x.dot(y) 0.6 us; x + 1 0.9 us, x + one 0.45 us.
"""

import numpy as np

from ..symbolic import calls
from ..symbolic.arithmetic_rules import inverse
from ..symbolic.expressions import Expression
from ..symbolic.graph import rewritten, sum_of
from ..symbolic.rule_table import Rules, number
from ..symbolic.simplification import simplified


class ArrayMethod:
    """A method of arrays: ``x.reshape(2, 3)``."""

    def __init__(self, name):
        self.__name__ = name

    def __call__(self, x, *args):
        return getattr(x, self.__name__)(*args)


copied = ArrayMethod("copy")
dot = ArrayMethod("dot")
every = ArrayMethod("all")
some = ArrayMethod("any")
reshape = ArrayMethod("reshape")
transpose = ArrayMethod("transpose")
_REDUCING = {
    np.sum: calls.Method(np.add, "reduce"),
    np.prod: calls.Method(np.multiply, "reduce"),
    np.max: calls.Method(np.maximum, "reduce"),
    np.min: calls.Method(np.minimum, "reduce"),
    np.amax: calls.Method(np.maximum, "reduce"),
    np.amin: calls.Method(np.minimum, "reduce"),
}
_FEW = 64  # elements up to which one call that is slow takes less time than six
_SHORT_ROW = 32  # up to this length a row is reduced in less time by its columns


def lowered(steps, inputs, results):
    """A graph that computes the same in less time, and its results."""
    finite = {}  # sums of squares: their sum is nan if one of them is

    def noted(graph, step, new):
        if step.kind == "guard" and _is_nan_guard(step):
            return finite.setdefault(new(step.expression.args[0]), step)
        return None

    graph, results = rewritten(steps, inputs, results, _RULES, noted)
    if finite:
        total = sum_of(graph, finite)
        graph.guard(graph.apply(np.not_equal, total, total), False)
    return graph, results


def _is_nan_guard(guard):
    """Whether a program goes on only if the square of an array's norm is not nan."""
    x = guard.expression
    if x.func is not np.not_equal or x.args[0] is not x.args[1] or guard.expected is not False:
        return False
    norm = x.args[0]
    return norm.func is np.vdot and norm.args[0] is norm.args[1] and norm.dtype.kind == "f"


_RULES = Rules(simplified)
_rule_of = _RULES.of


def _is_real_array(x, ndim=None):
    """Whether an argument is an array of floats, with so many axes."""
    if type(x) is not Expression or x.dtype is None or x.dtype.kind != "f" or x.shape == ():
        return False
    return x.dtype.itemsize in (4, 8) and (ndim is None or x.ndim == ndim)


# --- products and sums ----------------------------------------------------------------------------


@_rule_of(np.matmul)
def _as_dot(graph, args, kwargs, value):
    """The product of two matrices, or with a vector."""
    x, y = args
    if kwargs or not (_is_real_array(x) and _is_real_array(y) and x.dtype == y.dtype):
        return None
    if x.ndim > 2 and y.ndim == 2 and x.size:  # the same matrix for all rows of x
        rows = _shaped(graph, x, (x.size // x.shape[-1], x.shape[-1]))
        return _shaped(graph, graph.apply(dot, rows, y), value.shape)
    if x.ndim > 2 or y.ndim > 2:
        return None
    return graph.call(dot, (x, y), {}, value)


@_rule_of(np.sum)
def _sum_of_products(graph, args, kwargs, value):
    """sum(x * y) = x . y"""
    (x, *axis) = args
    if len(axis) > 1 or kwargs.get("axis", *axis or [None]) is not None or set(kwargs) - {"axis"}:
        return None
    if not _is_real_array(x):
        return None
    if x.func is np.multiply:
        one, two = x.args
    elif x.func is np.square or (x.func is np.power and number(x.args[1]) == 2):
        one = two = x.args[0]
    else:
        return None
    if np.shape(getattr(one, "value", one)) != np.shape(getattr(two, "value", two)):
        return None
    if not (_is_real_array(one) and _is_real_array(two) and one.dtype == two.dtype):
        return None
    return graph.call(np.vdot, (one, two), {}, value)


def _reducing(method):
    """The rule of one of NumPy's reductions: the ufunc's, without the way through Python."""

    def rule(graph, args, kwargs, value):
        x, *axis = args
        if len(axis) > 1 or set(kwargs) - {"axis", "keepdims"} or not _is_real_array(x):
            return None
        axis = kwargs.get("axis", *axis or [None])
        found = _by_columns(graph, x, axis, method)
        if found is None:
            found = graph.apply(method, x, axis)
        return found if found.shape == np.shape(value) else _shaped(graph, found, np.shape(value))

    return rule


def _shaped(graph, x, shape):
    if x.func is reshape:
        x = x.args[0]
    if x.shape == shape:
        return x
    return graph.apply(np.reshape if x.shape == () else reshape, x, shape)


for _func, _method in _REDUCING.items():
    _rule_of(_func)(_reducing(_method))


def _by_columns(graph, x, axis, method):
    """The rows of a matrix, if they are short: sums by a product, others by the columns."""
    if x.ndim != 2 or axis not in (1, -1, (1,), (-1,)):
        return None
    if x.shape[1] > _SHORT_ROW or x.shape[0] < 2 * x.shape[1] or x.shape[1] == 0:
        return None
    if method.ufunc is np.add:
        return graph.apply(dot, x, np.ones(x.shape[1], x.dtype))
    columns = graph.apply(copied, graph.apply(np.transpose, x))
    return graph.apply(method, columns, 0)


def _deciding(method):
    """The rule of np.all and np.any: the method, without the way through Python."""

    def rule(graph, args, kwargs, value):
        (x, *others) = args
        if others or kwargs or type(x) is not Expression or not x.shape or x.dtype != bool:
            return None
        return graph.call(method, (x,), {}, value)

    return rule


_rule_of(np.all)(_deciding(every))
_rule_of(np.any)(_deciding(some))


@_rule_of(np.mean)
def _mean(graph, args, kwargs, value):
    """A mean is a sum times a number."""
    x, *axis = args
    if len(axis) > 1 or set(kwargs) - {"axis", "keepdims"} or not _is_real_array(x):
        return None
    if x.size == 0:
        return None
    count = x.size // np.size(value)
    total = graph.apply(np.sum, *args, **kwargs)
    return graph.apply(np.multiply, total, 1 / count)


# --- arithmetic -----------------------------------------------------------------------------------


@_rule_of(np.divide)
def _quotients(graph, args, kwargs, value):
    """1 / x;  x / 4 = x * 0.25"""
    x, y = args
    if kwargs or value.dtype.kind != "f":
        return None
    if number(x) == 1 and _is_real_array(y):
        return graph.call(np.reciprocal, (y,), {}, value)
    d = number(y)
    factor = inverse(d, value.dtype) if d is not None and _is_real_array(x) else None
    return None if factor is None else graph.call(np.multiply, (factor, x), {}, value)


@_rule_of(np.power)
def _powers(graph, args, kwargs, value):
    """x ** 2 = x * x;  x ** 3 = x * x * x;  x ** 0.5 = sqrt(x);  x ** -1 = 1 / x"""
    x, y = args
    n = number(y)
    if kwargs or n is None or not _is_real_array(x):
        return None
    if n == 2:
        return graph.apply(np.multiply, x, x)
    if n == 3:
        return graph.apply(np.multiply, graph.apply(np.multiply, x, x), x)
    simple = {0.5: np.sqrt, -1: np.reciprocal}.get(n)
    return graph.call(simple, (x,), {}, value) if simple else None


@_rule_of(np.square)
def _square(graph, args, kwargs, value):
    """x * x"""
    return graph.call(np.multiply, (args[0], args[0]), {}, value)


@_rule_of(np.negative)
def _negative(graph, args, kwargs, value):
    """-(x - y) = y - x;  -(c x) = (-c) x"""
    (x,) = args
    if type(x) is not Expression or x.dtype.kind != "f":
        return None
    if x.func is np.subtract:
        return graph.call(np.subtract, x.args[::-1], {}, value)
    if x.func is np.multiply and number(x.args[0]) is not None:
        return graph.call(np.multiply, (-number(x.args[0]), x.args[1]), {}, value)
    return None


@_rule_of(np.logaddexp)
def _softplus(graph, args, kwargs, value):
    """log(exp c + exp x) = max(x, c) + log1p(exp(-|x - c|)), for which NumPy has vectors."""
    c, x = args if number(args[0]) is not None else args[::-1]
    c = number(c)
    if kwargs or c is None or not np.isfinite(c) or not _is_real_array(x) or x.size <= _FEW:
        return None
    distance = graph.apply(np.absolute, graph.apply(np.subtract, x, c) if c else x)
    rest = graph.apply(np.log1p, graph.apply(np.exp, graph.apply(np.negative, distance)))
    return graph.apply(np.add, graph.apply(np.maximum, x, c), rest)


# --- shapes ---------------------------------------------------------------------------------------


@_rule_of(calls.getitem)
def _everything(graph, args, kwargs, value):
    """x[:, 0:n] of everything is x."""
    x, index = args
    parts = index if type(index) is tuple else (index,)
    if type(x) is not Expression or x.shape is None or x.shape != np.shape(value):
        return None
    if not all(part is ... or type(part) is slice for part in parts):
        return None
    return x if all(type(p) is not slice or p.step in (None, 1) for p in parts) else None


@_rule_of(np.reshape, np.expand_dims, np.squeeze, np.ravel)
def _as_reshape(graph, args, kwargs, value):
    """The method, without the way through Python."""
    x = args[0]
    if type(x) is not Expression or x.shape in ((), np.shape(value)):
        return None
    if kwargs.get("order", "C") != "C":
        return None
    return _shaped(graph, x, np.shape(value))


def _permuting(func):
    """The rule of a function that permutes axes: the permutation itself."""

    def rule(graph, args, kwargs, value):
        x = args[0]
        if type(x) is not Expression or x.ndim < 2 or any(type(a) is Expression for a in args[1:]):
            return None
        marked = np.broadcast_to(0, tuple(range(x.ndim)))  # an axis is known by its length
        return _turned(graph, x, func(marked, *args[1:], **kwargs).shape)

    return rule


def _turned(graph, x, axes):
    """An array with its axes in another order, also one that was turned before."""
    if x.func in (transpose, np.transpose):
        before = x.args[1] if len(x.args) > 1 else range(x.ndim)[::-1]
        x, axes = x.args[0], tuple(before[a] for a in axes)
    if axes == tuple(range(x.ndim)):
        return x
    if axes == tuple(range(x.ndim))[::-1]:
        return graph.call(np.transpose, (x,), {}, x.value.T)
    return graph.apply(transpose, x, axes)


for _func in (np.moveaxis, np.swapaxes, np.matrix_transpose, np.rollaxis):
    _rule_of(_func)(_permuting(_func))


@_rule_of(np.transpose)
def _transpose(graph, args, kwargs, value):
    """The method, without the way through Python."""
    axes = kwargs.get("axes", args[1] if len(args) > 1 else None)
    if type(axes) not in (tuple, list) or not all(isinstance(a, (int, np.integer)) for a in axes):
        return None
    return _turned(graph, args[0], tuple(int(a) % args[0].ndim for a in axes))


@_rule_of(np.clip)
def _clip(graph, args, kwargs, value):
    """Two ufuncs, where the bounds are numbers in the right order."""
    if len(args) != 3 or kwargs or not _is_real_array(args[0]):
        return None
    x, low, high = args
    low, high = number(low), number(high)
    if low is None or high is None or low > high:
        return None
    if x.func is np.minimum and x.args[0].func is np.maximum:  # clipped already
        inner_low, inner_high = number(x.args[0].args[1]), number(x.args[1])
        if None not in (inner_low, inner_high) and low <= inner_low and inner_high <= high:
            return x
    return graph.apply(np.minimum, graph.apply(np.maximum, x, low), high)
