"""Layers that bring values to mean 0 and variance 1."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import keywords

from .layers import check_sizes
from .module import Module


def _standardised(x, axis, epsilon):
    """(x - mean) / sqrt(variance + epsilon), the mean and the variance."""
    mean = np.mean(x, axis=axis, keepdims=True)
    centred = x - mean
    variance = np.mean(centred * centred, axis=axis, keepdims=True)
    return centred / np.sqrt(variance + epsilon), mean, variance


class LayerNorm(Module):
    """The last axes of each example at mean 0 and variance 1, scaled and shifted.

    (x - mean) / sqrt(variance + epsilon) * weight + bias. Source: Ba, Kiros and Hinton 2016,
    Layer normalization.

    Parameters
    ----------
    shape : int or tuple of int
        Of the last axes.
    epsilon : float
        Keeps a constant input from a division by 0.
    dtype : dtype
        Of the parameters.

    Attributes
    ----------
    weight, bias : Tensors of the shape, ones and zeros at first
    """

    @keywords
    def __init__(self, shape: int | tuple[int, ...], epsilon: float = 1e-5, *, dtype=np.float64):
        shape = shape if isinstance(shape, tuple) else (shape,)
        check_sizes(self, **{f"axis {i}": n for i, n in enumerate(shape)})
        self.epsilon = epsilon
        self.weight = ag.Tensor(np.ones(shape, dtype), requires_grad=True)
        self.bias = ag.Tensor(np.zeros(shape, dtype), requires_grad=True)

    def forward(self, x):
        shape = self.weight.shape
        if np.shape(x)[-len(shape) :] != shape:
            raise ValueError(
                f"{self!r} takes arrays whose last axes are {shape}, and was given one of shape "
                f"{np.shape(x)}"
            )
        standard, _, _ = _standardised(x, tuple(range(-len(shape), 0)), self.epsilon)
        return standard * self.weight + self.bias

    def _describe(self):
        shape = self.weight.shape
        return f"{shape[0] if len(shape) == 1 else shape}"


class BatchNorm(Module):
    """Each channel at mean 0 and variance 1 over the batch, scaled and shifted.

    (x - mean) / sqrt(variance + epsilon) * weight + bias, of arrays (batch, channels) or (batch,
    channels, *spatial). In training, mean and variance are the batch's, and the running ones move
    to them by ``momentum``; else they are the running ones. Source: Ioffe and Szegedy 2015,
    Batch normalization, algorithms 1 and 2.

    Parameters
    ----------
    channels : int
    momentum : float
        In [0, 1]: running <- (1 - momentum) * running + momentum * the batch's, as in PyTorch.
    epsilon : float
        Keeps a constant channel from a division by 0.
    dtype : dtype
        Of the parameters and buffers.

    Attributes
    ----------
    weight, bias : Tensors of shape (channels,), ones and zeros at first
    running_mean, running_variance : constant Tensors of shape (channels,)
        Buffers. The variance is the unbiased one.
    """

    @keywords
    def __init__(
        self, channels: int, momentum: float = 0.1, epsilon: float = 1e-5, *, dtype=np.float64
    ):
        check_sizes(self, channels=channels)
        self.momentum, self.epsilon = momentum, epsilon
        self.weight = ag.Tensor(np.ones(channels, dtype), requires_grad=True)
        self.bias = ag.Tensor(np.zeros(channels, dtype), requires_grad=True)
        self.running_mean = ag.Tensor(np.zeros(channels, dtype))
        self.running_variance = ag.Tensor(np.ones(channels, dtype))

    def forward(self, x):
        if np.ndim(x) < 2 or np.shape(x)[1] != len(self.weight):
            raise ValueError(
                f"{self!r} takes an array (batch, {len(self.weight)}, *spatial), and was given "
                f"one of shape {np.shape(x)}"
            )
        across = (-1,) + (1,) * (np.ndim(x) - 2)  # the channels beside the spatial axes
        if self.training:
            axes = (0, *range(2, np.ndim(x)))
            standard, mean, variance = _standardised(x, axes, self.epsilon)
            self._move(mean, variance, np.size(x) // len(self.weight))
        else:
            deviation = np.sqrt(self.running_variance + self.epsilon).reshape(across)
            standard = (x - self.running_mean.reshape(across)) / deviation
        return standard * self.weight.reshape(across) + self.bias.reshape(across)

    def _move(self, mean, variance, n):
        """The running mean and the unbiased variance, moved to those of n elements a channel."""
        if n < 2:
            raise ValueError(
                f"{self!r} in training takes at least two elements a channel, whose variance is "
                "not 0: call eval() on the model, or give a larger batch"
            )
        with ag.no_grad():
            new = (mean, variance * (n / (n - 1)))
            for running, value in zip((self.running_mean, self.running_variance), new):
                moved = running + self.momentum * (np.reshape(value, -1) - running)
                running.data = moved.data

    def _describe(self):
        return f"{len(self.weight)}"


class GroupNorm(Module):
    """Groups of channels of each example at mean 0 and variance 1, scaled and shifted.

    (x - mean) / sqrt(variance + epsilon) * weight + bias, of arrays (batch, channels, *spatial);
    mean and variance are those of a group of channels next to each other, over all their elements.
    With a group for each channel it is instance normalization. Source: Wu and He 2018, Group
    normalization.

    Parameters
    ----------
    groups, channels : int
        The groups share the channels evenly.
    epsilon, dtype
        As of `LayerNorm`.

    Attributes
    ----------
    weight, bias : Tensors of shape (channels,), ones and zeros at first
    """

    @keywords
    def __init__(self, groups: int, channels: int, epsilon: float = 1e-5, *, dtype=np.float64):
        check_sizes(self, groups=groups, channels=channels)
        if groups < 1 or channels % groups:
            raise ValueError(f"GroupNorm: {groups} groups cannot share {channels} channels evenly")
        self.groups, self.epsilon = groups, epsilon
        self.weight = ag.Tensor(np.ones(channels, dtype), requires_grad=True)
        self.bias = ag.Tensor(np.zeros(channels, dtype), requires_grad=True)

    def forward(self, x):
        shape = np.shape(x)
        if len(shape) < 2 or shape[1] != len(self.weight):
            raise ValueError(
                f"{self!r} takes an array (batch, {len(self.weight)}, *spatial), and was given "
                f"one of shape {shape}"
            )
        across = (-1,) + (1,) * (len(shape) - 2)
        grouped = np.reshape(x, (shape[0], self.groups, -1))
        standard, _, _ = _standardised(grouped, -1, self.epsilon)
        standard = np.reshape(standard, shape)
        return standard * self.weight.reshape(across) + self.bias.reshape(across)

    def _describe(self):
        return f"{self.groups}, {len(self.weight)}"
