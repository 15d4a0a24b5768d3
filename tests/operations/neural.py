"""The functions of neural networks."""

import numpy as np

import autograd_lite as ag
from autograd_lite.rules import neural

from .table import at, real, row, unary


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def softmax(x, axis=-1):
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    return np.log(softmax(x, axis))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.where(x > 0, x, 0)


def normalised(f, reference):
    """A row of a function along an axis that keeps the shape."""
    return row(
        f,
        at(real(3)),
        at(real(2, 3)),
        at(real(2, 3), axis=0),
        at(real(2, 1, 3), axis=(0, -1)),
        at(real(2, 3), axis=None),
        at(real(2, 1)),
        at(real(0, 3)),
        covers=(f.__wrapped__,),
        reference=reference,
    )


# fmt: off
ROWS = [
    unary(ag.sigmoid, real, covers=(neural.sigmoid.__wrapped__,), reference=sigmoid),
    unary(ag.relu,    real, covers=(neural.relu.__wrapped__,), reference=relu),
    normalised(ag.softmax, softmax),
    normalised(ag.log_softmax, log_softmax),
    row(ag.logsumexp,
        at(real()), at(real(3)), at(real(2, 3)), at(real(2, 3), axis=0),
        at(real(2, 3), axis=-1, keepdims=True), at(real(2, 1, 3), axis=(0, -1)),
        at(real(2, 1, 3), axis=(2, 1), keepdims=True), at(real(0, 3), axis=1),
        covers=(neural.logsumexp.__wrapped__,), reference=logsumexp),
]
# fmt: on
