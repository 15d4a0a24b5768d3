"""Functions that reduce axes: sum, mean, var, std, max, min."""

import math

import numpy as np

from ..primitives import primitive
from ..tensor import plain


def _spread(g, axis, keepdims):
    """What was reduced, with its axes back as axes of size 1, so that it broadcasts."""
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def _count(x, axis, where):
    """How many elements each result was made of."""
    if where is True:
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        return math.prod(x.shape[a] for a in axes)
    return np.sum(np.broadcast_to(where, x.shape), axis=axis, keepdims=True)


def _sum_vjp(g, out, x, axis=None, dtype=None, keepdims=False, initial=None, where=True):
    """Every summand receives the cotangent of its sum."""
    g = np.broadcast_to(_spread(g, axis, keepdims), x.shape)
    return g if where is True else np.where(where, g, 0)


def _mean_vjp(g, out, x, axis=None, dtype=None, keepdims=False, where=True):
    g = _spread(g, axis, keepdims) / _count(x, axis, where)
    return _sum_vjp(g, out, x, axis, keepdims=True, where=where)


def _var_vjp(g, out, x, axis=None, dtype=None, ddof=0, keepdims=False, where=True):
    """d/dx sum (x - mean)^2 / n = 2 (x - mean) / n: the path through the mean cancels."""
    mean = np.mean(x, axis=axis, keepdims=True, where=where)
    g = _spread(g, axis, keepdims) * 2 / (_count(x, axis, where) - ddof)
    share = g * (x - mean)
    return share if where is True else np.where(where, share, 0)


def _std_vjp(g, out, x, axis=None, dtype=None, ddof=0, keepdims=False, where=True):
    """std = sqrt(var); the gradient of a constant's std is taken as 0."""
    g = g / np.where(out == 0, 1, 2 * out)
    return _var_vjp(g, out, x, axis, ddof=ddof, keepdims=keepdims, where=where)


def _extremum_vjp(g, out, x, axis=None, keepdims=False, initial=None, where=True):
    """The elements that attain the extremum share its cotangent equally."""
    g, out = _spread(g, axis, keepdims), _spread(out, axis, keepdims)
    hit = (x == out) & where
    hits = np.sum(hit, axis=axis, keepdims=True, dtype=g.dtype)
    if initial is not None:
        hits = hits + (plain(out) == initial)
    return np.where(hit, g / hits, 0)


primitive(np.sum, _sum_vjp)
primitive(np.mean, _mean_vjp)
primitive(np.var, _var_vjp)
primitive(np.std, _std_vjp)
primitive(np.max, _extremum_vjp)
primitive(np.min, _extremum_vjp)
