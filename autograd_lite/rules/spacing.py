"""Numbers in a row: linspace, logspace, geomspace between tensors, the powers of vander."""

import numpy as np

from ..engine.arrays import unbroadcast
from ..engine.primitives import composed, primitive
from . import creation


def _weights(out, num, endpoint, axis):
    """How far each number is on its way from start (0) to stop (1), to broadcast with out."""
    steps = np.arange(num) / max(num - 1 if endpoint else num, 1)
    return np.expand_dims(steps, tuple(i for i in range(out.ndim) if i != axis % out.ndim))


def _sum_of(contribution, x, axis):
    """The contribution of what was spread along a new axis, and broadcast before."""
    return unbroadcast(np.sum(contribution, axis=axis), np.shape(x))


def _linspace_start(g, out, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    return _sum_of(g * (1 - _weights(out, num, endpoint, axis)), start, axis)


def _linspace_stop(g, out, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    return _sum_of(g * _weights(out, num, endpoint, axis), stop, axis)


def _geomspace_start(g, out, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """start ** (1 - w) * stop ** w"""
    g = g * out / _spread(start, out, axis)
    return _linspace_start(g, out, start, stop, num, endpoint, axis=axis)


def _geomspace_stop(g, out, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    g = g * out / _spread(stop, out, axis)
    return _linspace_stop(g, out, start, stop, num, endpoint, axis=axis)


def _spread(x, out, axis):
    """A start or stop, to broadcast with the numbers between."""
    shape = np.delete(out.shape, axis)
    return np.expand_dims(np.broadcast_to(x, shape), axis)


def _vander_vjp(g, out, x, N=None, increasing=False):
    """d/dx x^p = p x^(p-1)"""
    powers = np.arange(out.shape[1]) if increasing else np.arange(out.shape[1])[::-1]
    return np.sum(g * powers * np.expand_dims(x, 1) ** np.maximum(powers - 1, 0), axis=1)


primitive(np.linspace, _linspace_start, _linspace_stop)
primitive(np.geomspace, _geomspace_start, _geomspace_stop)
primitive(np.vander, _vander_vjp)


@composed(np.logspace)
def _np_logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    exponents = np.linspace(start, stop, num, endpoint, axis=axis)
    base = np.expand_dims(base, axis) if np.ndim(base) else base
    result = np.power(base, exponents)
    return result if dtype is None else result.astype(dtype)


@composed(np.full_like)
def _np_full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None):
    return creation.full_like(a, fill_value, dtype, shape)
