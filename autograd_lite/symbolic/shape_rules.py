"""What a person would not write down of shapes and of places, a rule each: x.T.T, x[()]."""

import numpy as np

from . import calls
from .expressions import Expression, key_of, operands_of
from .rule_table import Rules, everywhere, number

RULES = Rules()


def _axes(args, kwargs, n):
    """The permutation of n axes by a call of np.transpose, or None."""
    axes = kwargs.get("axes", args[1] if len(args) > 1 else None)
    if axes is None:
        return tuple(range(n))[::-1]
    return None if type(axes) is Expression else tuple(int(a) % n for a in axes)


@RULES.of(np.swapaxes)
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


@RULES.of(np.swapaxes, np.matrix_transpose)
def _as_transpose(graph, args, kwargs, value):
    """Of a matrix, swapping its axes is its transpose."""
    x = args[0]
    if type(x) is not Expression or x.ndim != 2 or kwargs:
        return None
    if len(args) == 3 and args[1] % 2 == args[2] % 2:
        return x
    return graph.call(np.transpose, (x,), {}, value)


@RULES.of(np.moveaxis)
def _moved_nowhere(graph, args, kwargs, value):
    """An axis moved to where it is."""
    if len(args) != 3 or not all(isinstance(a, int) for a in args[1:]):
        return None
    n = len(value.shape)
    return args[0] if args[1] % n == args[2] % n and type(args[0]) is Expression else None


@RULES.of(np.transpose)
def _transposes(graph, args, kwargs, value):
    """The transpose of a transpose."""
    x = args[0]
    if type(x) is not Expression:
        return None
    if x.ndim < 2:
        return x
    outer = _axes(args, kwargs, x.ndim)
    if outer == tuple(range(x.ndim)):
        return x
    inner = _axes(x.args, x.kwargs, x.ndim) if x.func is np.transpose else None
    if inner is None or outer is None:
        return None
    both = tuple(inner[a] for a in outer)
    return graph.call(np.transpose, (x.args[0], both), {}, value)


@RULES.of(np.reshape, np.expand_dims, np.squeeze, np.ravel)
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


@RULES.of(np.broadcast_to)
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


@RULES.of(np.zeros_like, np.ones_like, np.full_like)
def _like(graph, args, kwargs, value):
    """Filled arrays do not depend on what they are like."""
    fill = args[1] if len(args) > 1 else kwargs.get("fill_value")
    if fill is not None and number(fill) is None:
        return None
    filled = value.flat[0] if value.size else value.dtype.type(0)
    return everywhere(graph, filled, value)


@RULES.of(calls.getitem)
def _read(graph, args, kwargs, value):
    """A number read from itself; what is constant everywhere read anywhere."""
    x, index = args
    if type(x) is not Expression:
        return None
    if x.shape == () and index == ():
        return x
    is_filled = x.func is np.broadcast_to and np.shape(x.args[0]) == ()
    if is_filled and not operands_of(index):  # which may choose more or fewer in another run
        return graph.call(np.broadcast_to, (x.args[0], np.shape(value)), {}, value)
    return None


@RULES.of(calls.setitem)
def _stored_where_it_was(graph, args, kwargs, value):
    """x with x[i] stored at i is x: what Python makes of x[i] += y after it was added."""
    x, index, stored = args
    if type(stored) is Expression and stored.func is calls.getitem:
        return x if key_of(stored.args) == key_of((x, index)) else None
    return None


@RULES.of(calls.setitem)
def _stored_twice(graph, args, kwargs, value):
    """x[i] = v, and once more: what x[i] += v does."""
    x, index, new = args
    if type(x) is not Expression or x.func is not calls.setitem or x.args[2] is not new:
        return None
    return x if key_of(x.args[1]) == key_of(index) else None


@RULES.of(np.clip)
def _clipped_twice(graph, args, kwargs, value):
    """clip(clip(x, a, b), a, b) = clip(x, a, b)"""
    x, *bounds = args
    if kwargs or type(x) is not Expression or x.func is not np.clip or x.kwargs:
        return None
    return x if key_of(bounds) == key_of(list(x.args[1:])) else None
