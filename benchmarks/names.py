"""The names of NumPy in each library, and what NumPy lacks and the workloads need.

``sigmoid``, ``relu``, ``softmax``, ``gelu`` are the library's own or, where it has none, the
formulas of its examples; ``mean_cross_entropy(z, labels)``, ``conv(x, kernel)`` and
``max_pool(x, size)`` too.
"""

import functools
import math
import types

import numpy


def of_ours():
    import autograd_lite as ag

    np = types.ModuleType("np")  # a module, as the one that people import
    vars(np).update(vars(numpy))
    for name in ("sigmoid", "relu", "softmax", "conv", "max_pool"):
        setattr(np, name, getattr(ag, name))
    np.gelu = functools.partial(ag.gelu, approximate=True)
    np.mean_cross_entropy = lambda z, labels: numpy.mean(ag.cross_entropy(z, labels))
    return np


def of_torch():
    import torch

    cross_entropy = torch.nn.functional.cross_entropy
    return types.SimpleNamespace(**vars(torch), mean_cross_entropy=cross_entropy)


def of_jax():
    import jax

    np = types.SimpleNamespace(**vars(jax.numpy))
    for name in ("sigmoid", "relu", "softmax", "gelu"):
        setattr(np, name, getattr(jax.nn, name))
    np.mean_cross_entropy = _chosen(jax.numpy, jax.nn.log_softmax)
    np.conv = lambda x, kernel: jax.lax.conv(x, kernel, (1, 1), "VALID")
    np.max_pool = lambda x, size: jax.lax.reduce_window(
        x, -jax.numpy.inf, jax.lax.max, (1, 1, size, size), (1, 1, size, size), "VALID"
    )
    return np


def of_autograd():
    import autograd.numpy
    from autograd.scipy import special

    np = types.SimpleNamespace(**vars(autograd.numpy))
    np.sigmoid = special.expit
    np.relu = lambda x: np.maximum(x, 0)
    np.gelu = _gelu(np)
    np.softmax = lambda x: np.exp(x - special.logsumexp(x, axis=-1, keepdims=True))
    np.mean_cross_entropy = _chosen(np, lambda z: z - special.logsumexp(z, axis=1, keepdims=True))
    np.conv = _turned_convolution
    np.max_pool = lambda x, size: np.max(
        x.reshape(*x.shape[:2], x.shape[2] // size, size, x.shape[3] // size, size), axis=(3, 5)
    )
    return np


def of_mygrad():
    import mygrad
    from mygrad.nnet import activations, layers, losses

    np = types.SimpleNamespace(**vars(mygrad))
    for name in ("sigmoid", "relu", "softmax"):
        setattr(np, name, getattr(activations, name))
    np.gelu = _gelu(mygrad)
    np.mean_cross_entropy = losses.softmax_crossentropy
    np.conv = functools.partial(layers.conv_nd, stride=1)
    np.max_pool = lambda x, size: layers.max_pool(x, (size, size), size)
    return np


def _turned_convolution(x, kernel):
    """HIPS autograd turns the kernel round, as signal processing does."""
    from autograd.scipy.signal import convolve

    kernel, axes = kernel[:, :, ::-1, ::-1], ([2, 3], [2, 3])
    return convolve(x, kernel, axes=axes, dot_axes=([1], [1]), mode="valid")


def _gelu(np):
    """GELU by its formula, where it is no function of the library."""
    scale = math.sqrt(2 / math.pi)
    return lambda x: 0.5 * x * (1 + np.tanh(scale * (x + 0.044715 * x * x * x)))


def _chosen(np, log_softmax):
    """The mean cross-entropy, where it is no function of the library: the labels' logarithms."""

    def mean_cross_entropy(z, labels):
        return -np.mean(log_softmax(z)[np.arange(len(labels)), labels])

    return mean_cross_entropy
