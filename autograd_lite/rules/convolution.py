"""Convolution, of networks and of signals.

The one idea: a convolution is linear in the array and in the kernel, so that
sum(g * conv(x, kernel)) is linear in three arrays. Its derivatives with respect to each are
three functions, and the derivatives of any of the three are the other two.
"""

import math
from typing import Any

import numpy as np

from ..engine.primitives import composed, primitive
from .indexing import add_at
from .windows import both_sides, each, gather, lay, positions


def conv(x, kernel, stride=1, padding=0, dilation=1, groups=1) -> Any:
    """Slide a kernel over the last axes of x: the convolution of networks, in any dimensions.

    out[b, o, p] = sum over c and k of x[b, c, p * stride + k * dilation] * kernel[o, c, k],
    a cross-correlation, as in every framework.

    Parameters
    ----------
    x : array
        (batch, channels, *spatial).
    kernel : array
        (out channels, channels / groups, *size).
    stride, dilation : int or tuple of int
        The step from one position of the kernel to the next, and between its elements.
    padding : int, or tuple of ints or pairs
        Zeros added at each end of an axis.
    groups : int
        The channels and the out channels are split into so many groups that do not mix.

    Returns
    -------
    array
        (batch, out channels, *positions), with
        (spatial + 2 * padding - dilation * (size - 1) - 1) // stride + 1 positions, of the dtype
        that x and the kernel have as a product.

    Raises
    ------
    ValueError
        When channels, groups, axes or sizes do not fit.
    """
    settings = _settings(x, kernel, stride, padding, dilation, groups)
    columns = _columns(x, kernel, settings, groups)
    places = positions(x.shape[2:], kernel.shape[2:], *settings)
    return _batch_first(np.matmul(_rows(kernel, groups), columns), x.shape[0], places)


def conv_transpose(x, kernel, stride=1, padding=0, output_padding=0, dilation=1, groups=1) -> Any:
    """The transpose of `conv`: each element of x lays down a kernel times its value.

    Parameters
    ----------
    x : array
        (batch, channels, *spatial).
    kernel : array
        (channels, out channels / groups, *size): the kernel of the `conv` it transposes.
    stride, padding, dilation, groups
        Those of that `conv`.
    output_padding : int or tuple of int
        Of the sizes that `conv` maps to x's, how much larger than the least: 0 to stride - 1.

    Returns
    -------
    array
        (batch, out channels, *size), with sizes of
        (spatial - 1) * stride - 2 * padding + dilation * (size - 1) + 1 + output_padding.
    """
    n = max(np.ndim(x) - 2, 0)
    if np.ndim(kernel) != n + 2 or n < 1 or x.shape[1] != kernel.shape[0]:
        raise ValueError(
            "conv_transpose takes x (batch, channels, *spatial) and a kernel (channels, "
            f"out channels / groups, *size), not the shapes {np.shape(x)} and {np.shape(kernel)}"
        )
    steps, gaps = each(stride, n, "stride"), each(dilation, n, "dilation")
    extra = each(output_padding, n, "output_padding", least=0)
    ends = both_sides(padding, n)
    shape = tuple(
        (size - 1) * s - sum(p) + d * (k - 1) + 1 + more
        for size, s, p, d, k, more in zip(x.shape[2:], steps, ends, gaps, kernel.shape[2:], extra)
    )
    return spread(x, kernel, shape, stride, padding, dilation, groups)


def conv_x_contribution(g, kernel, shape, stride=1, padding=0, dilation=1, groups=1):
    """The derivative of sum(g * conv(x, kernel)) with respect to x of these spatial sizes."""
    x = _shaped((g.shape[0], kernel.shape[1] * groups, *shape))
    settings = _settings(x, kernel, stride, padding, dilation, groups)
    columns = np.matmul(_rows(kernel, groups).mT, _batch_last(g, groups))
    size = kernel.shape[2:]
    columns = columns.reshape(x.shape[1], *size, *g.shape[2:], len(g))
    return np.moveaxis(lay(columns, shape, size, *settings, after=1), -1, 0)


def conv_kernel_contribution(x, g, size, stride=1, padding=0, dilation=1, groups=1):
    """The derivative of sum(g * conv(x, kernel)) with respect to a kernel of these sizes."""
    kernel = _shaped((g.shape[1], x.shape[1] // groups, *size))
    settings = _settings(x, kernel, stride, padding, dilation, groups)
    columns = _columns(x, kernel, settings, groups)
    return np.matmul(_batch_last(g, groups), columns.mT).reshape(kernel.shape)


def _rows(kernel, groups):
    """(groups, out channels / groups, channels / groups * size)"""
    return kernel.reshape(groups, len(kernel) // groups, math.prod(kernel.shape[1:]))


def _columns(x, kernel, settings, groups):
    """(groups, channels / groups * size, positions * batch): a column a position."""
    columns = gather(np.moveaxis(x, 0, -1), kernel.shape[2:], *settings, after=1)
    places = math.prod(columns.shape[x.ndim - 1 :])
    return columns.reshape(groups, math.prod(kernel.shape[1:]), places)


def _batch_last(g, groups):
    """(batch, channels, *spatial) -> (groups, channels / groups, spatial * batch)"""
    places = len(g) * math.prod(g.shape[2:])
    return np.moveaxis(g, 0, -1).reshape(groups, g.shape[1] // groups, places)


def _batch_first(out, batch, places):
    """(groups, channels / groups, spatial * batch) -> (batch, channels, *spatial)"""
    return np.moveaxis(out.reshape(math.prod(out.shape[:2]), *places, batch), -1, 0)


def _shaped(shape):
    """An array of a shape for the checks alone; it takes no memory."""
    return np.broadcast_to(0.0, shape)


def _settings(x, kernel, stride, padding, dilation, groups):
    """Stride, padding and dilation for each axis, after a check that all shapes fit."""
    n = np.ndim(x) - 2
    if n < 1 or np.ndim(kernel) != n + 2:
        raise ValueError(
            "conv takes x (batch, channels, *spatial) and a kernel (out channels, channels / "
            f"groups, *size), not the shapes {np.shape(x)} and {np.shape(kernel)}"
        )
    if x.shape[1] != kernel.shape[1] * groups or kernel.shape[0] % groups:
        raise ValueError(
            f"{x.shape[1]} channels of x and {kernel.shape[0]} out channels in groups={groups} "
            f"need a kernel of shape (out channels, {x.shape[1]} / groups, *size), not "
            f"{kernel.shape}"
        )
    return each(stride, n, "stride"), both_sides(padding, n), each(dilation, n, "dilation")


# fmt: off
def _conv_x_vjp(g, out, x, kernel, stride=1, padding=0, dilation=1, groups=1):
    return spread(g, kernel, x.shape[2:], stride, padding, dilation, groups)

def _conv_kernel_vjp(g, out, x, kernel, stride=1, padding=0, dilation=1, groups=1):
    return weigh(x, g, kernel.shape[2:], stride, padding, dilation, groups)

def _spread_y_vjp(g, out, y, kernel, shape, stride=1, padding=0, dilation=1, groups=1):
    return conv(g, kernel, stride, padding, dilation, groups)

def _spread_kernel_vjp(g, out, y, kernel, shape, stride=1, padding=0, dilation=1, groups=1):
    return weigh(g, y, kernel.shape[2:], stride, padding, dilation, groups)

def _weigh_x_vjp(g, out, x, y, size, stride=1, padding=0, dilation=1, groups=1):
    return spread(y, g, x.shape[2:], stride, padding, dilation, groups)

def _weigh_y_vjp(g, out, x, y, size, stride=1, padding=0, dilation=1, groups=1):
    return conv(x, g, stride, padding, dilation, groups)


conv   = primitive(conv, _conv_x_vjp, _conv_kernel_vjp)
spread = primitive(conv_x_contribution, _spread_y_vjp, _spread_kernel_vjp)
weigh  = primitive(conv_kernel_contribution, _weigh_x_vjp, _weigh_y_vjp)
# fmt: on


# --- signals ----------------------------------------------------------------------------------


def uncut(g, sizes, start):
    """The cotangent of a whole convolution, of arrays of these sizes, from that of a part."""
    shape = tuple(n + m - 1 for n, m in sizes)
    part = tuple(slice(s, s + n) for s, n in zip(start, g.shape, strict=True))
    return add_at(g, index=part, shape=shape)


def _convolve_vjp(g, x, y, mode):
    """The contribution of x: the whole cotangent, correlated with y."""
    n, m = np.size(x), np.size(y)
    start = {"f": 0, "s": (min(n, m) - 1) // 2, "v": min(n, m) - 1}[mode[0]]
    whole = uncut(g, [(n, m)], [start])
    return np.reshape(np.convolve(whole, np.reshape(y, -1)[::-1], "valid"), np.shape(x))


primitive(
    np.convolve,
    lambda g, out, a, v, mode="full": _convolve_vjp(g, a, v, mode),
    lambda g, out, a, v, mode="full": _convolve_vjp(g, v, a, mode),
)


@composed(np.correlate)
def _np_correlate(a, v, mode="valid"):
    """sum over n of a[n + k] * conj(v[n]); NumPy swaps a shorter a with v, and turns it round."""
    if np.iscomplexobj(v):
        v = np.conjugate(v)
    if np.size(a) >= np.size(v):
        return np.convolve(a, v[::-1], mode)
    return np.convolve(v, a[::-1], mode)[::-1]
