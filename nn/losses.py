"""Losses: what training makes small."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce

import numpy as np

import autograd_lite as ag


def squared_error(prediction, target) -> ag.Tensor:
    """The article's loss: 1/(2N) times the sum of squared differences, N the length of axis 0.

    Of two numbers it is half the squared difference.

    Raises
    ------
    ValueError
        When the shapes differ: nothing is broadcast.
    """
    for name, value in (("prediction", prediction), ("target", target)):
        if value is None:
            raise TypeError(f"squared_error: the {name} is None: does a function lack its return?")
    if np.shape(prediction) != np.shape(target):
        raise ValueError(
            f"squared_error: a prediction of shape {np.shape(prediction)} and a target of shape "
            f"{np.shape(target)} would be broadcast: give both the same shape"
        )
    n = np.shape(prediction)[0] if np.ndim(prediction) else 1
    return np.sum((target - prediction) ** 2) / (2 * n)


def ridge(weights: Iterable[ag.Tensor], strength: float, n: int) -> ag.Tensor:
    """The article's penalty: strength / (2n) times the sum of all squared weights.

    Parameters
    ----------
    weights : iterable of Tensors
        The weights to keep small; biases are usually left out.
    strength : float
        Often called lambda.
    n : int
        The number of observations in the batch.
    """
    squares = [np.sum(w**2) for w in weights]
    if not squares:
        raise ValueError("ridge was given no weights")
    return reduce(operator.add, squares) * (strength / (2 * n))
