"""Layers: an affine map, a table of vectors, dropout, the change to one axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import keywords

from .init import generator, glorot_uniform, normal
from .module import Module


def check_sizes(layer: Module, **sizes: int) -> None:
    """Refuse what is not how many there are of something."""
    for name, size in sizes.items():
        if not isinstance(size, Integral) or size < 0:
            what = f"{type(layer).__name__}: {name} is how many numbers, an int, not {size!r}"
            raise TypeError(what)


class Linear(Module):
    """An affine map of the last axis: ``x @ weight + bias``.

    Parameters
    ----------
    inputs, outputs : int
        The sizes of the last axis before and after.
    bias : bool
        Whether there is a bias; it starts at zero.
    rng : int, numpy.random.Generator, RandomState, optional
        Where the initial weights come from. Without it they differ from run to run.
    init : callable
        An initialiser of `nn.init`.
    dtype : dtype
        Of the parameters.

    Attributes
    ----------
    weight : Tensor of shape (inputs, outputs)
    bias : Tensor of shape (outputs,), or None
    """

    @keywords
    def __init__(
        self,
        inputs: int,
        outputs: int,
        bias: bool = True,
        *,
        rng=None,
        init: Callable = glorot_uniform,
        dtype=np.float64,
    ):
        check_sizes(self, inputs=inputs, outputs=outputs)
        weight = init((inputs, outputs), generator(rng))
        self.weight = ag.Tensor(weight, requires_grad=True, dtype=dtype)
        self.bias = ag.Tensor(np.zeros(outputs, dtype), requires_grad=True) if bias else None

    def forward(self, x):
        try:
            product = x @ self.weight
        except (TypeError, ValueError):
            if np.shape(x)[-1:] != self.weight.shape[:1]:
                raise self._misfit(x) from None
            raise
        return product if self.bias is None else product + self.bias

    def _misfit(self, x):
        if not hasattr(x, "shape"):
            return TypeError(f"{self!r} takes an array or a Tensor, not {x!r:.60}")
        is_turned = np.shape(x)[-1:] == self.weight.shape[1:]
        hint = "; tied to an embedding, write h @ embedding.weight.T" if is_turned else ""
        return ValueError(
            f"{self!r} takes arrays whose last axis has {self.weight.shape[0]} elements, and was "
            f"given one of shape {tuple(x.shape)}, {x.dtype}{hint}"
        )

    def _describe(self):
        inputs, outputs = self.weight.shape
        return f"{inputs}, {outputs}{', bias=False' if self.bias is None else ''}"


class Embedding(Module):
    """A table of vectors, one for each integer: ``weight[indices]``.

    Parameters
    ----------
    count : int
        How many integers there are: 0 to count - 1.
    size : int
        The length of their vectors.
    rng, init, dtype
        As of `Linear`; ``init`` makes an array of shape (count, size).

    Attributes
    ----------
    weight : Tensor of shape (count, size)
        A tied output layer is ``h @ embedding.weight.T``.
    """

    @keywords
    def __init__(
        self, count: int, size: int, *, rng=None, init: Callable = normal, dtype=np.float64
    ):
        check_sizes(self, count=count, size=size)
        table = init((count, size), generator(rng))
        self.weight = ag.Tensor(table, requires_grad=True, dtype=dtype)

    def forward(self, indices):
        """Integers of any shape -> their vectors, of that shape and one axis more."""
        indices = indices if hasattr(indices, "dtype") else np.asarray(indices)
        if indices.dtype.kind not in "iu":
            raise TypeError(f"{self!r} takes integers, not an array of {indices.dtype}")
        if isinstance(indices, np.ndarray) and indices.size:
            low, high = indices.min(), indices.max()
            if low < 0 or high >= len(self.weight):
                wrong = low if low < 0 else high
                raise ValueError(f"{self!r} has no vector for {wrong}: 0 to {len(self.weight) - 1}")
        return self.weight[indices]

    def _describe(self):
        return "{}, {}".format(*self.weight.shape)


class Dropout(Module):
    """In training, elements set to zero at random and the others scaled up; else x itself.

    Source: Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from
    overfitting.

    Parameters
    ----------
    rate : float
        The probability of a zero, in [0, 1).
    rng : int or numpy.random.Generator, optional
        Where the zeros come from. The generator is kept as ``rng``.
    """

    @keywords
    def __init__(self, rate: float = 0.5, *, rng=None):
        if not 0 <= rate < 1:
            raise ValueError(f"Dropout: a rate is in [0, 1), and {rate!r} is not")
        self.rate = rate
        self.rng = generator(rng)

    def forward(self, x):
        return ag.dropout(x, self.rate, self.rng) if self.training and self.rate else x

    def _describe(self):
        return f"{self.rate}"


class Flatten(Module):
    """All axes but the first as one: (batch, ...) -> (batch, elements)."""

    def forward(self, x):
        return np.reshape(x, (np.shape(x)[0], math.prod(np.shape(x)[1:])))
