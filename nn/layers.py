"""Layers: modules that compute one step of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from numbers import Integral
from typing import overload

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import keywords

from .init import glorot_uniform
from .module import Module, _shown


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
        for name, size in (("inputs", inputs), ("outputs", outputs)):
            if not isinstance(size, Integral) or size < 0:
                raise TypeError(f"Linear: {name} is how many numbers, an int, not {size!r}")
        rng = rng if hasattr(rng, "random") else np.random.default_rng(rng)
        weight = init((inputs, outputs), rng)
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
        return ValueError(
            f"{self!r} takes arrays whose last axis has {self.weight.shape[0]} elements, and was "
            f"given one of shape {tuple(x.shape)}, {x.dtype}"
        )

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
            if isinstance(layer, type):
                raise TypeError(
                    f"Sequential takes layers, not classes: write {layer.__name__}(), with ()"
                )
            if not callable(layer):
                raise TypeError(
                    f"Sequential takes layers and functions, not {layer!r}: write "
                    "Sequential(a, b, c), with * before a list of them"
                )
        self.layers = list(layers)

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            try:
                x = layer(x)
            except Exception as error:
                error.add_note(f"in layers.{i} of {type(self).__name__}, {_shown(layer)}")
                raise
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
