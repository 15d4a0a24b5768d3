"""Modules made of layers: one after the other, and around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import overload

import numpy as np

from .module import Module, _shown


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
                them = "*layers.values(), of a dict" if isinstance(layer, dict) else "a, b, c"
                raise TypeError(
                    f"Sequential takes layers and functions, not {layer!r:.60}: write "
                    f"Sequential({them}), with * before a list of them"
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


class Residual(Sequential):
    """x plus what the layers, one after the other, make of it.

    Source: He et al. 2016, Deep residual learning for image recognition, equation 1.

    Parameters
    ----------
    *layers
        As of `Sequential`.
    shortcut : callable, optional
        What x goes through before it is added, where the layers change its shape.
    """

    def __init__(self, *layers: Callable, shortcut: Callable | None = None):
        super().__init__(*layers)
        self.shortcut = shortcut

    def forward(self, x):
        change = super().forward(x)
        kept = x if self.shortcut is None else self.shortcut(x)
        if np.shape(change) != np.shape(kept):
            raise ValueError(
                f"Residual: its layers make an array of shape {np.shape(change)} of one of shape "
                f"{np.shape(x)}, to which one of shape {np.shape(kept)} would be added: give "
                "shortcut=, a layer that changes x in the same way"
            )
        return kept + change

    def _children(self):
        shortcut = [] if self.shortcut is None else [("shortcut", self.shortcut)]
        return [*super()._children(), *shortcut]
