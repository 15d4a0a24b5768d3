"""Losses that are coded otherwise than they were derived: kind 36.

The derivation is right, but of another function. Each case holds the kinds that fit, the loss as
it is coded, the gradient as it was derived, and the point.
"""

import numpy as np

import autograd_lite as ag

from .by_hand import sigmoid

rng = np.random.default_rng(36)
X = rng.normal(size=(7, 5))
Y = (np.arange(7) % 3 == 0).astype(float)
COUNTS = np.array([0.0, 2.0, 1.0, 4.0, 0.0, 3.0, 1.0])
W = rng.normal(size=5)


def squares_of_a_sigmoid(w):
    return np.mean((1 / (1 + np.exp(-(X @ w))) - Y) ** 2)


def of_the_crossentropy(w):
    return X.T @ (sigmoid(X @ w) - Y) / len(X)


def logistic_of_signs(w):
    """Labels of -1 and 1 are meant, and those given are 0 and 1."""
    return np.mean(np.log(1 + np.exp(-Y * (X @ w))))


def squares_of_counts(w):
    return np.sum((np.exp(X @ w) - COUNTS) ** 2) / 2


def of_the_poisson_likelihood(w):
    return X.T @ (np.exp(X @ w) - COUNTS)


def absolute_errors(w):
    return np.mean(np.abs(X @ w - COUNTS))


def of_the_squares(w):
    return 2 * X.T @ (X @ w - COUNTS) / len(X)


def hidden_on_the_way(w):
    """What goes through .detach() is hidden from autodiff, and finite differences see it."""
    z = X @ w
    scale = np.sqrt(np.sum(z.detach() ** 2 if isinstance(z, ag.Tensor) else z**2))
    return np.sum(z * COUNTS) / scale


def of_a_constant_scale(w):
    return X.T @ COUNTS / np.sqrt(np.sum((X @ w) ** 2))


def decibels(w):
    return -np.mean(np.log10(1 / (1 + np.exp(-(2 * Y - 1) * (X @ w)))))


CODED = [
    ((36, 14, 22), squares_of_a_sigmoid, of_the_crossentropy, W),
    ((36,), logistic_of_signs, of_the_crossentropy, W),
    ((36, 14, 22), squares_of_counts, of_the_poisson_likelihood, 0.3 * W),
    ((36,), absolute_errors, of_the_squares, W),
    ((36,), hidden_on_the_way, of_a_constant_scale, W),
    ((36, 1), decibels, of_the_crossentropy, W),
]
