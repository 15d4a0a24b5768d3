"""Activations as modules. The functions themselves, such as ``ag.relu``, are layers too."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import keywords

from .module import Module


class _Function(Module):
    """A function of one array, with what it is set to by keywords."""

    @keywords
    def __init__(self) -> None:
        """Nothing is set."""

    def _describe(self):
        settings = {k: v for k, v in vars(self).items() if k != "training" and k[0] != "_"}
        return ", ".join(f"{name}={value!r}" for name, value in settings.items())


class Sigmoid(_Function):
    """1 / (1 + exp(-x)), element by element."""

    def forward(self, x):
        return ag.sigmoid(x)


class LogSigmoid(_Function):
    """log(1 / (1 + exp(-x))), element by element."""

    def forward(self, x):
        return ag.log_sigmoid(x)


class Tanh(_Function):
    """tanh(x), element by element."""

    def forward(self, x):
        return np.tanh(x)


class ReLU(_Function):
    """max(x, 0), element by element."""

    def forward(self, x):
        return ag.relu(x)


class LeakyReLU(_Function):
    """x where it is positive, else slope * x."""

    @keywords
    def __init__(self, slope: float = 0.01):
        self.slope = slope

    def forward(self, x):
        return ag.leaky_relu(x, self.slope)


class ELU(_Function):
    """x where it is positive, else alpha * (exp(x) - 1)."""

    @keywords
    def __init__(self, alpha: float = 1.0):
        self.alpha = alpha

    def forward(self, x):
        return ag.elu(x, self.alpha)


class SELU(_Function):
    """The ELU that keeps mean 0 and variance 1. Source: Klambauer et al. 2017."""

    def forward(self, x):
        return ag.selu(x)


class GELU(_Function):
    """x times the normal distribution function of x, or its approximation by tanh."""

    @keywords
    def __init__(self, approximate: bool = False):
        self.approximate = approximate

    def forward(self, x):
        return ag.gelu(x, self.approximate)


class SiLU(_Function):
    """x * sigmoid(x), also called swish."""

    def forward(self, x):
        return ag.silu(x)


class Mish(_Function):
    """x * tanh(softplus(x)). Source: Misra 2019."""

    def forward(self, x):
        return ag.mish(x)


class Softplus(_Function):
    """log(1 + exp(x)), element by element."""

    def forward(self, x):
        return ag.softplus(x)


class Softsign(_Function):
    """x / (1 + abs(x)), element by element."""

    def forward(self, x):
        return ag.softsign(x)


class Softmax(_Function):
    """exp(x) divided by its sum along an axis."""

    @keywords
    def __init__(self, axis: int = -1):
        self.axis = axis

    def forward(self, x):
        return ag.softmax(x, axis=self.axis)


class LogSoftmax(_Function):
    """x minus the logarithm of the sum of exp(x) along an axis."""

    @keywords
    def __init__(self, axis: int = -1):
        self.axis = axis

    def forward(self, x):
        return ag.log_softmax(x, axis=self.axis)
