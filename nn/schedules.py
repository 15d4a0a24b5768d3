"""Schedules: the learning rate as a function of how many steps have been made.

A schedule is called after the optimizer, ``optimizer.step(); schedule.step()``, once a batch or
once an epoch. Groups with a learning rate of their own have it scaled alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, dataclass_transform

import numpy as np

import autograd_lite as ag

from .module import fitting
from .optimizer import Optimizer


@dataclass_transform(eq_default=False)
@dataclass(eq=False, repr=False)
class Schedule:
    """What schedules share; one of your own annotates its settings, and defines ``rate``.

    >>> import autograd_lite as ag, nn
    >>> class Inverse(Schedule):
    ...     def rate(self, first, steps):
    ...         return first / (1 + steps)
    >>> optimizer = nn.SGD([ag.Tensor(1.0, requires_grad=True)], 0.5)
    >>> schedule = Inverse(optimizer)
    >>> schedule.step()
    >>> optimizer.learning_rate
    0.25

    Attributes
    ----------
    steps : int
        How many have been made.
    """

    optimizer: Optimizer
    _numbers: ClassVar[tuple[str, ...]] = ("steps",)  # what the next step depends on

    def __init_subclass__(cls):
        dataclass(cls, eq=False, repr=False)

    def __post_init__(self):
        optimizer = self.optimizer
        if not isinstance(optimizer, Optimizer) or "learning_rate" not in optimizer._settings:
            name, given = type(self).__name__, type(optimizer).__name__
            raise TypeError(f"{name} takes an optimizer with a learning rate, not a {given}")
        self.steps = 0
        holders = [vars(optimizer), *(g for g in optimizer.groups if "learning_rate" in g)]
        self._rates = [(h, h["learning_rate"]) for h in holders]  # and what they are at first

    def rate(self, first: float, steps: int) -> float:
        """The learning rate after so many steps, where it was ``first`` at first."""
        raise TypeError(f"{type(self).__name__} does not define rate()")

    def step(self) -> None:
        """Count a step, and set the learning rates for the next."""
        self.steps += 1
        self._set()

    def _set(self):
        for holder, first in self._rates:
            holder["learning_rate"] = self.rate(first, self.steps)

    def state_dict(self) -> dict[str, np.ndarray]:
        """What the next step depends on, but for the optimizer."""
        state = {name: np.array(getattr(self, name)) for name in self._numbers}
        firsts = enumerate(first for _, first in self._rates)
        return state | {f"rates.{i}": np.array(first) for i, first in firsts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a `state_dict`; the optimizer's rates come with its own.

        Raises
        ------
        ValueError
            When names are missing or unknown; nothing is changed then.
        """
        values = fitting(self.state_dict(), state, type(self).__name__)
        for name in self._numbers:
            setattr(self, name, values[name].item())
        holders = [holder for holder, _ in self._rates]
        self._rates = [(h, values[f"rates.{i}"].item()) for i, h in enumerate(holders)]

    def __repr__(self):
        shown = {k: v for k, v in vars(self).items() if k[0] != "_" and k != "optimizer"}
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in shown.items())})"


class StepDecay(Schedule):
    """The rate times ``factor`` after every so many steps.

    Parameters
    ----------
    optimizer : Optimizer
    every : int
        With 1 it is exponential decay.
    factor : float
    """

    every: int
    factor: float = 0.1

    def rate(self, first, steps):
        return first * self.factor ** (steps // self.every)


class CosineDecay(Schedule):
    """minimum + (first - minimum) * (1 + cos(pi * step / length)) / 2; then the minimum.

    Source: Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts,
    equation 5, without restarts.

    Parameters
    ----------
    optimizer : Optimizer
    length : int
        After how many steps the rate is the minimum.
    minimum : float
    """

    length: int
    minimum: float = 0.0

    def rate(self, first, steps):
        part = (1 + math.cos(math.pi * min(steps / self.length, 1))) / 2
        return self.minimum + (first - self.minimum) * part


class WarmUp(Schedule):
    """A rate that grows evenly from a part of it to all of it, and then follows another schedule.

    Parameters
    ----------
    optimizer : Optimizer
    length : int
        After how many steps it is all of it.
    start : float
        The part at first.
    then : Schedule, optional
        Of the same optimizer, such as ``nn.CosineDecay(optimizer, 1000)``; it begins after the
        warm-up. Call `step` of the warm-up alone.
    """

    length: int
    start: float = 0.0
    then: Schedule | None = None

    def __post_init__(self):
        super().__post_init__()
        self._set()

    def rate(self, first, steps):
        if steps >= self.length:
            return first if self.then is None else self.then.rate(first, steps - self.length)
        return first * (self.start + (1 - self.start) * steps / self.length)


class Plateau(Schedule):
    """The rate times ``factor`` where a loss has not become smaller for more than so many steps.

    Parameters
    ----------
    optimizer : Optimizer
    factor : float
    patience : int
        How many steps without a smaller loss change nothing.
    threshold : float
        By which part of the best loss another has to be smaller.
    minimum : float
        Of the rates.
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    minimum: float = 0.0
    _numbers = ("steps", "best", "waited")

    def __post_init__(self):
        super().__post_init__()
        self.best, self.waited = math.inf, 0

    def step(self, loss: float | None = None) -> None:
        """Count a step with this loss, of validation or of training."""
        if loss is None:
            raise TypeError("Plateau.step takes the loss: schedule.step(loss)")
        self.steps += 1
        loss = float(loss.numpy() if isinstance(loss, ag.Tensor) else loss)
        if loss < self.best * (1 - self.threshold):
            self.best, self.waited = loss, 0
        else:
            self.waited += 1
        if self.waited > self.patience:
            self.waited = 0
            for holder, _ in self._rates:
                rate = max(holder["learning_rate"] * self.factor, self.minimum)
                holder["learning_rate"] = rate
