"""Pooling: the largest element, or the mean, of each window."""

import functools
import itertools
import math
from typing import Any

import numpy as np

from ..engine.primitives import primitive
from .windows import both_sides, each, elements, gather, inner, lay_down, padded, windows


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
    return _over(np.maximum, _with_lowest(x, size, stride, padding, dilation), size)


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


def _with_lowest(x, size, stride, padding, dilation):
    """The windows, with what is never the largest as the padding."""
    lowest = -math.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return windows(x, size, stride, padding, dilation, lowest)


def _count(x, size, stride, padding, count_padding):
    """How many elements the mean of each window is over."""
    if count_padding or not any(map(any, padding)):
        return math.prod(size)
    ones = np.ones(x.shape[2:], dtype=x.dtype)
    return _over(np.add, gather(ones, size, stride, padding, (1,) * len(size)), size)


def _max_pool_vjp(g, out, x, size, stride=None, padding=0):
    """The elements of a window that attain its maximum share its cotangent equally."""
    settings = _settings(x, size, stride, padding)
    if type(x) is type(g) is np.ndarray:
        return _shared_by_largest(g, out, x, *settings)
    n = x.ndim - 2
    spread = (slice(None),) * 2 + (None,) * n
    hit = _with_lowest(x, *settings) == out[spread]
    g = (g / _over(np.add, hit.astype(g.dtype), settings[0]))[spread] * hit
    return lay_down(g, x.shape[2:], *settings)


def _shared_by_largest(g, out, x, size, stride, padding, dilation):
    """The same of arrays, one element of all windows after the other, without windows in memory."""
    n = x.ndim - 2
    spread, positions = _with_lowest(x, size, stride, padding, dilation), (slice(None),) * n
    hits = {k: spread[(..., *k, *positions)] == out for k in np.ndindex(size)}
    g = g / sum(hit.astype(np.min_scalar_type(len(hits))) for hit in hits.values())
    result = np.zeros_like(padded(x, padding, 0))
    for k, places in elements(size, stride, dilation, out.shape[2:]):
        result[(..., *places)] += g * hits[k]
    return result[(..., *inner(x.shape[2:], padding))]


def _average_pool_vjp(g, out, x, size, stride=None, padding=0, count_padding=True):
    size, stride, padding, dilation = _settings(x, size, stride, padding)
    g = g / _count(x, size, stride, padding, count_padding)
    g = g[(slice(None),) * 2 + (None,) * len(size)]
    g = np.broadcast_to(g, (*g.shape[:2], *size, *g.shape[-len(size) :]))
    return lay_down(g, x.shape[2:], size, stride, padding, dilation)


max_pool = primitive(max_pool, _max_pool_vjp)
average_pool = primitive(average_pool, _average_pool_vjp)
