"""Convolution and pooling of arrays (batch, channels, *spatial)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import keywords

from .init import generator, he_uniform
from .layers import check_sizes
from .module import Module

Sizes = int | tuple[int, ...]


class _Conv(Module):
    """What convolutions share; a subclass says over which axes the kernel slides."""

    _axes: tuple[str, ...]
    _transposed = False

    @keywords
    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng=None,
        init: Callable = he_uniform,
        dtype=np.float64,
    ):
        check_sizes(self, inputs=inputs, outputs=outputs, groups=groups)
        if groups < 1 or inputs % groups or outputs % groups:
            raise ValueError(
                f"{type(self).__name__}: {inputs} inputs and {outputs} outputs are not to be "
                f"split into groups={groups}"
            )
        size = size if isinstance(size, tuple) else (size,) * len(self._axes)
        check_sizes(self, **{f"size {axis}": n for axis, n in zip(self._axes, size, strict=True)})
        self.stride, self.dilation, self.groups = stride, dilation, groups
        self.padding = padding if padding != "same" else _same(size, stride, dilation)
        rows, columns = (inputs, outputs) if self._transposed else (outputs, inputs)
        shape = (rows, columns // groups, *size)
        weight = init((math.prod(shape[1:]), rows), generator(rng)).T.reshape(shape)
        self.weight = ag.Tensor(weight, requires_grad=True, dtype=dtype)
        self.bias = ag.Tensor(np.zeros(outputs, dtype), requires_grad=True) if bias else None

    def forward(self, x):
        n, (inputs, _) = len(self._axes), self._channels()
        if np.ndim(x) != n + 2 or np.shape(x)[1] != inputs:
            raise ValueError(
                f"{self!r} takes an array (batch, {inputs}, {', '.join(self._axes)}), and was "
                f"given one of shape {np.shape(x)}"
            )
        out = self._slid(x)
        return out if self.bias is None else out + self.bias.reshape((-1,) + (1,) * n)

    def _slid(self, x):
        return ag.conv(x, self.weight, self.stride, self.padding, self.dilation, self.groups)

    def _channels(self):
        """How many there are before and after."""
        rows, columns = self.weight.shape[:2]
        ends = (columns * self.groups, rows)
        return ends[::-1] if self._transposed else ends

    def _describe(self):
        (inputs, outputs), size = self._channels(), self.weight.shape[2:]
        said = [f"{inputs}, {outputs}, {size[0] if len({*size}) == 1 else size}"]
        defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
        said += [f"{k}={getattr(self, k)}" for k, v in defaults.items() if getattr(self, k) != v]
        return ", ".join(said) + (", bias=False" if self.bias is None else "")


def _same(size, stride, dilation):
    """The padding with which there are as many positions as elements."""
    if np.any(np.not_equal(stride, 1)):
        raise ValueError(
            f"padding='same' is for stride=1, and stride={stride} was given: write "
            f"padding={size[0] // 2}, which gives a position to every stride elements"
        )
    gaps = dilation if isinstance(dilation, tuple) else (dilation,) * len(size)
    more = [gap * (n - 1) for n, gap in zip(size, gaps, strict=True)]
    return tuple((n // 2, n - n // 2) if n % 2 else n // 2 for n in more)


class Conv1d(_Conv):
    """A kernel that slides over one axis: ``ag.conv(x, weight) + bias``.

    Takes (batch, inputs, length). The parameters are those of `Conv2d`.
    """

    _axes = ("length",)


class Conv2d(_Conv):
    """A kernel that slides over two axes: ``ag.conv(x, weight) + bias``.

    out[b, o, p] = bias[o] + sum over c and k of x[b, c, p * stride + k * dilation] *
    weight[o, c, k], for positions p and elements k in two axes. Takes (batch, inputs, height,
    width).

    Parameters
    ----------
    inputs, outputs : int
        The channels before and after.
    size : int or (int, int)
        Of the kernel.
    stride, dilation : int or (int, int)
        The step from one position to the next, and from one element of the kernel to the next.
    padding : int, (int, int), pairs of ints, or "same"
        Zeros added at each end of an axis; "same" keeps its length.
    groups : int
        Groups of channels that do not mix.
    bias, rng, init, dtype
        As of `Linear`; ``init`` gets the shape (inputs / groups * elements of size, outputs).

    Attributes
    ----------
    weight : Tensor of shape (outputs, inputs / groups, *size)
    bias : Tensor of shape (outputs,), or None
    """

    _axes = ("height", "width")


class _ConvTranspose(_Conv):
    """What transposed convolutions share."""

    _transposed = True

    @keywords
    def __init__(self, *args, output_padding: Sizes = 0, **kwargs):
        super().__init__(*args, **kwargs)
        self.output_padding = output_padding

    def _slid(self, x):
        settings = self.stride, self.padding, self.output_padding, self.dilation, self.groups
        return ag.conv_transpose(x, self.weight, *settings)


class ConvTranspose1d(_ConvTranspose):
    """The transpose of `Conv1d`: each element lays down the kernel times its value.

    The parameters are those of `ConvTranspose2d`.
    """

    _axes = ("length",)


class ConvTranspose2d(_ConvTranspose):
    """The transpose of `Conv2d`: each element lays down the kernel times its value.

    ``ag.conv_transpose(x, weight) + bias``, of sizes (n - 1) * stride - 2 * padding + dilation *
    (size - 1) + 1 + output_padding.

    Parameters
    ----------
    inputs, outputs, size, stride, padding, dilation, groups, bias, rng, init, dtype
        As of `Conv2d`; ``init`` gets the shape (outputs / groups * elements of size, inputs).
    output_padding : int or (int, int)
        By how much the result is larger than the least, 0 to stride - 1.

    Attributes
    ----------
    weight : Tensor of shape (inputs, outputs / groups, *size)
    bias : Tensor of shape (outputs,), or None
    """

    _axes = ("height", "width")


class _Pool(Module):
    @keywords
    def __init__(self, size: Sizes, stride: Sizes | None = None, padding: Sizes = 0):
        self.size, self.stride, self.padding = size, stride, padding

    def _describe(self):
        said = [f"{self.size}"]
        said += [] if self.stride is None else [f"stride={self.stride}"]
        return ", ".join(said + ([f"padding={self.padding}"] if self.padding else []))


class MaxPool(_Pool):
    """The largest element of each window, over all axes after the first two.

    Parameters
    ----------
    size : int or tuple of int
        Of the window.
    stride : int or tuple of int, optional
        From one window to the next; by default they touch.
    padding : int or tuple of int
        Elements added at each end of an axis; none of them is ever the largest.
    """

    def forward(self, x):
        return ag.max_pool(x, self.size, self.stride, self.padding)


class AveragePool(_Pool):
    """The mean of each window, over all axes after the first two; the padding is zeros.

    The parameters are those of `MaxPool`.
    """

    def forward(self, x):
        return ag.average_pool(x, self.size, self.stride, self.padding)
