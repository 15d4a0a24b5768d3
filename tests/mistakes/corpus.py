"""Backward passes written by hand, and each of them again with one line wrong.

A network is a module: `values` draws its arrays, `forward` computes the loss on the tape, and
`backward` derives the gradients in plain NumPy, as people write it. Its table MISTAKES holds
lines of `backward` and, for each, the wrong ones that people write there, with the number of
the kind. Where two kinds are the same mistake there, both numbers are given.
"""

import inspect
import textwrap
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

import autograd_lite as ag

SEED = 11


@dataclass(frozen=True)
class Slip:
    """One line of a backward pass, what was written in its place, and what that is called."""

    line: str
    wrong: str
    kinds: tuple[int, ...]


@dataclass(frozen=True)
class Network:
    """A module of the corpus."""

    name: str
    module: ModuleType

    @cached_property
    def parameters(self):
        return self.module.PARAMETERS.split()

    @cached_property
    def slips(self):
        return [
            Slip(line, wrong, kinds if isinstance(kinds, tuple) else (kinds,))
            for line, wrongs in self.module.MISTAKES.items()
            for kinds, wrong in wrongs
        ]

    def draw(self, dtype=np.float64, seed=SEED, **sizes):
        """Arrays by name; those of floats in a dtype."""
        values = self.module.values(np.random.default_rng(seed), **sizes)
        return {n: v.astype(dtype) if v.dtype.kind == "f" else v for n, v in values.items()}

    def backward(self, *slips):
        """The backward pass, with these lines replaced."""
        source = textwrap.dedent(inspect.getsource(self.module.backward))
        lines = source.splitlines()
        for slip in slips:
            (at,) = (i for i, line in enumerate(lines) if line.strip() == slip.line)
            lines[at] = lines[at].replace(slip.line, slip.wrong)
        scope = dict(vars(self.module))
        exec("\n".join(lines), scope)
        return scope["backward"]

    def by_hand(self, values, *slips):
        """Everything that the backward pass computes, by name."""
        copies = {name: np.copy(value) for name, value in values.items()}
        with np.errstate(all="ignore"):
            return self.backward(*slips)(**copies)

    def gradients(self, values, *slips):
        """The gradients of the parameters, as the backward pass computes them."""
        found = self.by_hand(values, *slips)
        return {name: found[f"d{name}"] for name in self.parameters}

    def graph(self, values, forward=0):
        """The loss on the tape, and all names that the forward pass gives."""
        tensors = {
            name: ag.Tensor(value, requires_grad=True, name=name)
            if name in self.parameters
            else value
            for name, value in values.items()
        }
        found = self.module.FORWARDS[forward](**tensors)
        loss = found.pop("loss")
        named = {n: v for n, v in found.items() if isinstance(v, ag.Tensor) and v is not loss}
        return loss, tensors | named


def compared(network, values, manual, forward=0):
    """The report on gradients by name."""
    loss, names = network.graph(values, forward)
    names = {n: v for n, v in names.items() if isinstance(v, (ag.Tensor, np.ndarray))}
    return ag.compare(loss, manual, names=names)


def _networks():
    folder = Path(__file__).with_name("networks")
    for path in sorted(folder.glob("[a-z]*.py")):
        yield Network(path.stem, import_module(f"{__package__}.networks.{path.stem}"))


NETWORKS = {network.name: network for network in _networks()}
