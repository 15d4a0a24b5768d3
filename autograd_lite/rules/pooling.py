"""Pooling: the largest element, or the mean, of each window."""

import math

import numpy as np

from ..primitives import primitive
from .windows import both_sides, each, gather, lay_down, windows


def max_pool(x, size, stride=None, padding=0):
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
        (batch, channels, *positions).
    """
    size, stride, padding, dilation = _settings(x, size, stride, padding)
    return np.max(_with_lowest(x, size, stride, padding, dilation), axis=_inside(size))


def average_pool(x, size, stride=None, padding=0, count_padding=True):
    """The mean of each window.

    The arguments are those of `max_pool`. The padding is zeros; with ``count_padding=False``
    the mean is over the elements of x only.
    """
    size, stride, padding, dilation = _settings(x, size, stride, padding)
    total = np.sum(gather(x, size, stride, padding, dilation), axis=_inside(size))
    return total / _count(x, size, stride, padding, count_padding)


def _settings(x, size, stride, padding):
    n = np.ndim(x) - 2
    if n < 1:
        raise ValueError(f"pooling takes (batch, channels, *spatial), not the shape {np.shape(x)}")
    size = each(size, n, "size")
    stride = size if stride is None else each(stride, n, "stride")
    return size, stride, both_sides(padding, n), (1,) * n


def _inside(size):
    """The axes of the elements of a window."""
    return tuple(range(-2 * len(size), -len(size)))


def _with_lowest(x, size, stride, padding, dilation):
    """The windows, with what is never the largest as the padding."""
    lowest = -math.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return windows(x, size, stride, padding, dilation, lowest)


def _count(x, size, stride, padding, count_padding):
    """How many elements the mean of each window is over."""
    if count_padding or not any(map(any, padding)):
        return math.prod(size)
    ones = np.ones(x.shape[2:], dtype=x.dtype)
    return np.sum(gather(ones, size, stride, padding, (1,) * len(size)), axis=_inside(size))


def _max_pool_vjp(g, out, x, size, stride=None, padding=0):
    """The elements of a window that attain its maximum share its cotangent equally."""
    settings = _settings(x, size, stride, padding)
    inside = _inside(settings[0])
    n = x.ndim - 2
    spread = (slice(None),) * 2 + (None,) * n
    hit = _with_lowest(x, *settings) == out[spread]
    g = (g / np.sum(hit, axis=inside, dtype=g.dtype))[spread] * hit
    return lay_down(g, x.shape[2:], *settings)


def _average_pool_vjp(g, out, x, size, stride=None, padding=0, count_padding=True):
    size, stride, padding, dilation = _settings(x, size, stride, padding)
    g = g / _count(x, size, stride, padding, count_padding)
    g = g[(slice(None),) * 2 + (None,) * len(size)]
    g = np.broadcast_to(g, (*g.shape[:2], *size, *g.shape[-len(size) :]))
    return lay_down(g, x.shape[2:], size, stride, padding, dilation)


max_pool = primitive(max_pool, _max_pool_vjp)
average_pool = primitive(average_pool, _average_pool_vjp)
