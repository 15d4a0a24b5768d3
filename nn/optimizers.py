"""Optimizers: they rebind the data of parameters, and never write into an array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import SupportsFloat

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import keywords, leave_out

from .module import Module
from .other_names import OPTIMIZER


class _Optimizer:
    """What optimizers share: their parameters, and the gradients these have."""

    @keywords
    def __init__(self, parameters: Iterable[ag.Tensor], learning_rate: float):
        name = type(self).__name__
        if isinstance(parameters, (Module, ag.Tensor)) or not isinstance(parameters, Iterable):
            given = f"a {type(parameters).__name__}"
            given += " that is not called" if given in ("a method", "a function") else ""
            what = "[tensor]" if isinstance(parameters, ag.Tensor) else "model.parameters()"
            raise TypeError(f"{name} takes a list of parameters, not {given}: pass {what}")
        _check(name, "learning_rate", learning_rate, np.inf)
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        if not self.parameters:
            raise ValueError(f"{name} was given no parameters")
        for parameter in self.parameters:
            if not (isinstance(parameter, ag.Tensor) and parameter.requires_grad):
                raise TypeError(
                    f"{name} takes Tensors with requires_grad=True, not a {_kind(parameter)}: "
                    "pass model.parameters()"
                )
        if len(set(self.parameters)) < len(self.parameters):
            raise ValueError(f"{name} was given a parameter twice")

    def __repr__(self):
        settings = {k: v for k, v in vars(self).items() if k[0] != "_" and k != "parameters"}
        many = len(self.parameters)
        said = [f"{many} parameter{'s' if many > 1 else ''}"]
        said += [f"{name}={value}" for name, value in settings.items()]
        return f"{type(self).__name__}({', '.join(said)})"

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters:
            parameter.grad = None

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        moved = [(i, p) for i, p in enumerate(self.parameters) if p.grad is not None]
        if not moved:
            raise ValueError("step() found no gradients: call loss.backward() before it")
        self._begin_step()
        for i, parameter in moved:
            parameter.data = parameter.data - self._change(i, parameter.grad)

    def _begin_step(self):
        """What happens once a step."""

    def _change(self, i: int, g: np.ndarray) -> np.ndarray:
        """What parameter i is lessened by, given its gradient."""
        raise TypeError(f"{type(self).__name__} does not define _change()")


leave_out(_Optimizer, {name: f"here it is {line}" for name, line in OPTIMIZER.items()})


def _kind(value):
    return "constant" if isinstance(value, ag.Tensor) else type(value).__name__


def _check(optimizer, name, value, bound):
    """Refuse a setting that is no number in [0, bound)."""
    if isinstance(value, str) or np.ndim(value) or not isinstance(value, SupportsFloat):
        raise TypeError(f"{optimizer}: {name} is a number, not {value!r}")
    if not 0 <= value < bound:
        hint = ": a step goes down the gradient by itself" if value < 0 else ""
        limits = "is not negative and finite" if bound == np.inf else f"lies in [0, {bound})"
        raise ValueError(f"{optimizer}: {name} {limits}, and {value} was given{hint}")


class SGD(_Optimizer):
    """Gradient descent: p <- p - learning_rate * v, with v <- momentum * v + gradient.

    Parameters
    ----------
    parameters : iterable of Tensor
        ``model.parameters()``.
    learning_rate : float
        Not negative.
    momentum : float
        In [0, 1): the part of the last step that is made again. Polyak (1964).

    Raises
    ------
    TypeError, ValueError
        For what is no list of parameters, and for settings out of their range.
    """

    @keywords
    def __init__(
        self, parameters: Iterable[ag.Tensor], learning_rate: float, momentum: float = 0.0
    ):
        super().__init__(parameters, learning_rate)
        _check("SGD", "momentum", momentum, 1)
        self.momentum = momentum
        self._velocities = [0.0] * len(self.parameters)

    def _change(self, i, g):
        if self.momentum:
            g = self._velocities[i] = self.momentum * self._velocities[i] + g
        return self.learning_rate * g


class Adam(_Optimizer):
    """Adam: steps scaled by running means of the gradient and of its square.

    Source: Kingma and Ba 2015, Adam: a method for stochastic optimization, algorithm 1.
    """

    @keywords
    def __init__(
        self,
        parameters: Iterable[ag.Tensor],
        learning_rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
    ):
        super().__init__(parameters, learning_rate)
        _check("Adam", "beta1", beta1, 1)
        _check("Adam", "beta2", beta2, 1)
        _check("Adam", "epsilon", epsilon, np.inf)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.steps = 0
        self._means = [0.0] * len(self.parameters)
        self._squares = [0.0] * len(self.parameters)

    def _begin_step(self):
        self.steps += 1

    def _change(self, i, g):
        mean = self._means[i] = self.beta1 * self._means[i] + (1 - self.beta1) * g
        square = self._squares[i] = self.beta2 * self._squares[i] + (1 - self.beta2) * g * g
        mean = mean / (1 - self.beta1**self.steps)
        square = square / (1 - self.beta2**self.steps)
        return self.learning_rate * mean / (np.sqrt(square) + self.epsilon)
