"""What is reduced together, as the columns of a matrix."""

import math

import numpy as np

from ..engine.tensor import plain


def _front(ndim, axis):
    """The axes that are moved to the front."""
    if axis is None:
        return tuple(range(ndim))
    return np.atleast_1d(axis).tolist() if ndim else ()


def as_columns(x, axis):
    """The elements along an axis, or several, as the columns of a matrix."""
    front = _front(x.ndim, axis)
    x = np.moveaxis(x, front, range(len(front)))
    height, width = map(math.prod, (x.shape[: len(front)], x.shape[len(front) :]))
    return np.reshape(x, (height, width))


def from_columns(x, shape, axis):
    """The inverse of `as_columns`: an array of this shape."""
    front = _front(len(shape), axis)
    moved = np.moveaxis(np.broadcast_to(False, shape), front, range(len(front))).shape
    return np.moveaxis(np.reshape(x, moved), range(len(front)), front)


def products_before(x, dtype=None):
    """For each element of a column the product of those above it."""
    products = np.cumprod(x, axis=0, dtype=dtype)
    return np.concatenate([np.ones_like(plain(products)[:1]), products[:-1]])


def sums_below(g, x):
    """r_i = g_i + x_(i+1) r_(i+1) down to the last row: a linear recurrence, by doubling.

    Before each step r_i has the terms of the next n rows, and x_i is the product of n factors.
    """
    x = x[1:]
    while len(x):
        n = len(g) - len(x)
        g = np.concatenate([g[:-n] + x * g[n:], g[-n:]])
        x = x[:-n] * x[n:]
    return g
