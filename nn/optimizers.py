"""Optimizers, each the formula of its step: they rebind data, and never write into an array."""

from __future__ import annotations

import numpy as np

from .optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent: p <- p - learning_rate * v, with v <- momentum * v + gradient.

    Parameters
    ----------
    parameters : iterable of Tensor, or of groups
        ``model.parameters()``; or dicts of ``parameters`` and the settings in which they differ.
    learning_rate : float
        Not negative.
    momentum : float
        In [0, 1): the part of the last step that is made again. Polyak (1964).
    nesterov : bool
        p <- p - learning_rate * (gradient + momentum * v). Sutskever et al. (2013), as in PyTorch.
    weight_decay : float
        Adds weight_decay * p to the gradient.

    Raises
    ------
    TypeError, ValueError
        For what is no list of parameters, and for settings out of their range.
    """

    learning_rate: float
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    _moments = ("_velocities",)

    def _moved(self, i, p, g, learning_rate, momentum, nesterov):
        if momentum:
            v = self._velocities[i] = momentum * self._velocities[i] + g
            g = g + momentum * v if nesterov else v
        return p - learning_rate * g


class Adam(Optimizer):
    """Adam: steps scaled by running means of the gradient and of its square.

    Source: Kingma and Ba 2015, Adam: a method for stochastic optimization, algorithm 1.

    Parameters
    ----------
    parameters, learning_rate, weight_decay
        As of `SGD`.
    beta1, beta2 : float
        In [0, 1): what of the means is kept.
    epsilon : float
        Added to the root, which it keeps from 0.
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    _moments = ("_means", "_squares")

    def _moved(self, i, p, g, learning_rate, beta1, beta2, epsilon):
        mean = self._means[i] = beta1 * self._means[i] + (1 - beta1) * g
        square = self._squares[i] = beta2 * self._squares[i] + (1 - beta2) * g * g
        mean = mean / (1 - beta1**self.steps)
        square = square / (1 - beta2**self.steps)
        return p - learning_rate * mean / (np.sqrt(square) + epsilon)


class AdamW(Adam):
    """`Adam` with p <- p - learning_rate * weight_decay * p, apart from the gradient.

    Source: Loshchilov and Hutter 2019, Decoupled weight decay regularization, algorithm 2, with
    the learning rate as the multiplier, as in PyTorch. The parameters are those of `Adam`.
    """

    weight_decay: float = 0.01

    def _decayed(self, p, g, decay, settings):
        return p * (1 - settings["learning_rate"] * decay), g


class RMSProp(Optimizer):
    """Steps divided by the root of a running mean of the squared gradient.

    Source: Tieleman and Hinton 2012, Lecture 6.5 of Neural networks for machine learning.

    Parameters
    ----------
    parameters, learning_rate, momentum, weight_decay
        As of `SGD`; the velocity is one of the steps, without the learning rate.
    decay : float
        In [0, 1): what of the mean is kept.
    epsilon : float
        Added to the root, which it keeps from 0.
    """

    learning_rate: float = 1e-2
    decay: float = 0.99
    epsilon: float = 1e-8
    momentum: float = 0.0
    weight_decay: float = 0.0
    _moments = ("_squares", "_velocities")

    def _moved(self, i, p, g, learning_rate, decay, epsilon, momentum):
        square = self._squares[i] = decay * self._squares[i] + (1 - decay) * g * g
        change = g / (np.sqrt(square) + epsilon)
        if momentum:
            change = self._velocities[i] = momentum * self._velocities[i] + change
        return p - learning_rate * change


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients.

    Source: Duchi, Hazan and Singer 2011, Adaptive subgradient methods for online learning and
    stochastic optimization. The parameters are those of `RMSProp`, without decay and momentum.
    """

    learning_rate: float = 1e-2
    epsilon: float = 1e-10
    weight_decay: float = 0.0
    _moments = ("_squares",)

    def _moved(self, i, p, g, learning_rate, epsilon):
        square = self._squares[i] = self._squares[i] + g * g
        return p - learning_rate * g / (np.sqrt(square) + epsilon)


class Adadelta(Optimizer):
    """Steps as large as earlier steps were: they are in the units of the parameters.

    Source: Zeiler 2012, ADADELTA: an adaptive learning rate method. The learning rate is a factor
    of the step, which the paper has not; the other parameters are those of `RMSProp`, without
    momentum.
    """

    learning_rate: float = 1.0
    decay: float = 0.9
    epsilon: float = 1e-6
    weight_decay: float = 0.0
    _moments = ("_squares", "_steps")

    def _moved(self, i, p, g, learning_rate, decay, epsilon):
        square = self._squares[i] = decay * self._squares[i] + (1 - decay) * g * g
        change = np.sqrt(self._steps[i] + epsilon) / np.sqrt(square + epsilon) * g
        self._steps[i] = decay * self._steps[i] + (1 - decay) * change * change
        return p - learning_rate * change
