"""Layers: modules that compute one step of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import overload

import numpy as np

import autograd_lite as ag
from autograd_lite.other_names import keywords

from .init import glorot_uniform
from .module import Module


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
        rng = rng if hasattr(rng, "random") else np.random.default_rng(rng)
        weight = init((inputs, outputs), rng)
        self.weight = ag.Tensor(weight, requires_grad=True, dtype=dtype)
        self.bias = ag.Tensor(np.zeros(outputs, dtype), requires_grad=True) if bias else None

    def forward(self, x):
        product = x @ self.weight
        return product if self.bias is None else product + self.bias

    def _describe(self):
        inputs, outputs = self.weight.shape
        return f"{inputs}, {outputs}{', bias=False' if self.bias is None else ''}"


class Sigmoid(Module):
    """1 / (1 + exp(-x)), element by element."""

    def forward(self, x):
        return ag.sigmoid(x)


class Tanh(Module):
    """tanh(x), element by element."""

    def forward(self, x):
        return np.tanh(x)


class ReLU(Module):
    """max(x, 0), element by element."""

    def forward(self, x):
        return ag.relu(x)


class Sequential(Module):
    """Modules and plain functions one after the other; ``layers`` is the list of them.

    It has their ``len``, and indexing: ``model[0]`` is the first, ``model[:2]`` a model of two.
    """

    def __init__(self, *layers: Callable):
        for layer in layers:
            if not callable(layer):
                raise TypeError(
                    f"Sequential takes layers and functions, not {layer!r}: write "
                    "Sequential(a, b, c), with * before a list of them"
                )
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Callable]:
        return iter(self.layers)

    @overload
    def __getitem__(self, index: int) -> Callable: ...

    @overload
    def __getitem__(self, index: slice) -> Sequential: ...

    def __getitem__(self, index):
        chosen = self.layers[index]
        return Sequential(*chosen) if isinstance(index, slice) else chosen

    def __bool__(self) -> bool:
        return True  # a model without layers is one

    def _children(self):
        return [(f"layers.{i}", layer) for i, layer in enumerate(self.layers)]
