"""What a workload is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy


@dataclasses.dataclass(frozen=True, eq=False)
class Workload:
    """One loss of some parameters, in as many words as the libraries need.

    ``loss(np, *parameters, *constants)`` is written with the names of NumPy, and with those of
    runners.py that NumPy lacks; a library that has another idiom has a loss of its own in
    ``idioms``, {library's key: loss}. ``by_hand(*parameters, *constants)`` is the value and the
    list of gradients in NumPy, without any library. ``data(rng, **sizes)`` makes the lists of
    parameters and of constants; ``small`` are sizes that take no time. ``nodes`` is the number of
    recorded operations, where the time of one is what counts. ``unfit`` says which libraries
    cannot run it, {key: why}. Where the loss is one of a model, ``layers(nn, *parameters)`` is that
    model, with the names of runners.py, and ``head(np, out, *constants)`` the loss of its output;
    the first constant is its input.
    """

    name: str
    title: str
    data: Callable
    sizes: dict
    small: dict
    loss: Callable
    by_hand: Callable | None = None
    idioms: dict = dataclasses.field(default_factory=dict)
    nodes: int | None = None
    unfit: dict = dataclasses.field(default_factory=dict)
    layers: Callable | None = None
    head: Callable | None = None

    def inputs(self, small=False):
        """The lists of parameters and of constants, the same in every process."""
        sizes = self.small if small else self.sizes
        return self.data(numpy.random.default_rng(2017), **sizes)


def normal(rng, *shape, dtype="float32", fan=1):
    """Normal numbers with the standard deviation 1 / sqrt(fan)."""
    return (rng.standard_normal(shape) / numpy.sqrt(fan)).astype(dtype)
