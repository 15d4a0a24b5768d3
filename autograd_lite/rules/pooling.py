"""Pooling: the largest element, or the mean, of each window."""

import functools
import itertools
import math
from typing import Any

import numpy as np

from ..engine.primitives import primitive
from .windows import both_sides, each, gather, lay_down, padded, windows


def max_pool(x, size, stride=None, padding=0) -> Any:
    """The largest element of each window; equal ones share the gradient.

    Parameters
    ----------
    x : array
        (batch, channels, *spatial), with any number of spatial axes.
    size : int or tuple of int
        Of the window, along each spatial axis.
    stride : int or tuple of int, optional
        From one window to the next; by default they touch: the size.
    padding : int, or tuple of ints or pairs
        Elements added at each end of an axis; none of them is ever the largest.

    Returns
    -------
    array
        (batch, channels, *positions), of x's dtype: real numbers.

    Raises
    ------
    ValueError
        When a window does not fit into x.
    """
    size, stride, padding, dilation = _settings(x, size, stride, padding)
    elements = windows(x, size, stride, padding, dilation, _lowest(x))
    return _over(np.maximum, elements, size)


def average_pool(x, size, stride=None, padding=0, count_padding=True) -> Any:
    """The mean of each window.

    The arguments are those of `max_pool`. The padding is zeros; with ``count_padding=False``
    the mean is over the elements of x only.
    """
    size, stride, padding, dilation = _settings(x, size, stride, padding)
    total = _over(np.add, gather(x, size, stride, padding, dilation), size)
    return total / _count(x, size, stride, padding, count_padding)


def _settings(x, size, stride, padding):
    n = np.ndim(x) - 2
    if n < 1:
        raise ValueError(f"pooling takes (batch, channels, *spatial), not the shape {np.shape(x)}")
    size = each(size, n, "size")
    stride = size if stride is None else each(stride, n, "stride")
    return size, stride, both_sides(padding, n), (1,) * n


def _over(ufunc, x, size):
    """A ufunc reduced over the axes of the windows, one element of all windows after the other.

    That walks along the array's rows, where ``ufunc.reduce`` jumps from row to row.
    """
    positions = (slice(None),) * len(size)
    elements = (x[(..., *k, *positions)] for k in itertools.product(*map(range, size)))
    return functools.reduce(ufunc, elements)


def _lowest(x):
    """What is never the largest."""
    return -math.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min


def _count(x, size, stride, padding, count_padding):
    """How many elements the mean of each window is over."""
    if count_padding or not any(map(any, padding)):
        return math.prod(size)
    ones = np.ones(x.shape[2:], dtype=x.dtype)
    return _over(np.add, gather(ones, size, stride, padding, (1,) * len(size)), size)


def _max_pool_vjp(g, out, x, size, stride=None, padding=0):
    return give(g, x, out, size, stride, padding)


def maxima_share(y, x, pooled, size, stride=None, padding=0):
    """Each element of y, shared equally by the elements of a window of x that attain its maximum.

    It stands batch last in memory, as what `conv` computes.
    """
    settings = _settings(x, size, stride, padding)
    places, hits = _hits(x, pooled, settings, y.dtype)
    y = np.moveaxis(y, 0, -1) / functools.reduce(np.add, hits)
    ends = settings[2]
    shape = [n + sum(end) for n, end in zip(x.shape[2:], ends, strict=True)]
    result = np.zeros_like(y, shape=(x.shape[1], *shape, x.shape[0]))
    for place, hit in zip(places, hits):
        result[place] += hit * y
    inner = (slice(before, before + n) for n, (before, _) in zip(x.shape[2:], ends))
    return np.moveaxis(result[(slice(None), *inner)], -1, 0)


def mean_at_maxima(y, x, pooled, size, stride=None, padding=0):
    """The mean of y, an array like x, over those elements of a window that are its maximum in x."""
    settings = _settings(x, size, stride, padding)
    places, hits = _hits(x, pooled, settings, y.dtype)
    y = padded(np.moveaxis(y, 0, -1), settings[2], 0, after=1)
    total = functools.reduce(np.add, (y[place] * hit for place, hit in zip(places, hits)))
    return np.moveaxis(total / functools.reduce(np.add, hits), -1, 0)


def _hits(x, pooled, settings, dtype):
    """With the batch last: where each element of all windows stands, and 1 where it is maximal."""
    size, stride, padding, _ = settings
    x = padded(np.moveaxis(x, 0, -1), padding, _lowest(x), after=1)
    pooled = np.moveaxis(pooled, 0, -1)
    places = [
        (slice(None), *(slice(i, i + s * (n - 1) + 1, s) for i, s, n in zip(k, stride, counts)))
        for counts in [pooled.shape[1:-1]]
        for k in itertools.product(*map(range, size))
    ]
    return places, [(x[place] == pooled).astype(dtype) for place in places]


def _average_pool_vjp(g, out, x, size, stride=None, padding=0, count_padding=True):
    size, stride, padding, dilation = _settings(x, size, stride, padding)
    g = g / _count(x, size, stride, padding, count_padding)
    g = g[(slice(None),) * 2 + (None,) * len(size)]
    g = np.broadcast_to(g, (*g.shape[:2], *size, *g.shape[-len(size) :]))
    return lay_down(g, x.shape[2:], size, stride, padding, dilation)


def _give_vjp(g, out, y, x, pooled, size, stride=None, padding=0):
    return take(g, x, pooled, size, stride, padding)


def _take_vjp(g, out, y, x, pooled, size, stride=None, padding=0):
    return give(g, x, pooled, size, stride, padding)


give = primitive(maxima_share, _give_vjp, None, None)
take = primitive(mean_at_maxima, _take_vjp, None, None)
max_pool = primitive(max_pool, _max_pool_vjp)
average_pool = primitive(average_pool, _average_pool_vjp)
