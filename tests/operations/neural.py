"""The functions of neural networks."""

import math

import numpy as np

import autograd_lite as ag

from .table import at, kind, positive, real, row


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


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def gelu(x, approximate=False):
    if approximate:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * (1 + erf(x / math.sqrt(2))) / 2


def glu(x, axis=-1):
    a, b = np.split(x, 2, axis)
    return a * sigmoid(b)


def softplus(x):
    return np.log(1 + np.exp(x))


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x).astype(x.dtype)


def erfc(x):
    return np.vectorize(math.erfc, otypes=[float])(x).astype(x.dtype)


def cross_entropy(logits, labels, axis=-1):
    if np.ndim(labels) < np.ndim(logits):
        units = np.eye(logits.shape[axis], dtype=logits.dtype)
        labels = np.moveaxis(units[labels], -1, axis)
    return -np.sum(labels * log_softmax(logits, axis), axis=axis)


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


def activation(f, reference, *cases, kind=real):
    return row(
        f,
        *(at(kind(*shape)) for shape in ((), (3,), (2, 1), (0,))),
        *cases,
        covers=(f.__wrapped__,) if hasattr(f, "__wrapped__") else (),
        reference=reference,
    )


wide = kind(0.2, 6.0, signed=True)

# fmt: off
ROWS = [
    activation(ag.sigmoid, sigmoid),
    activation(ag.relu, relu),
    activation(ag.log_sigmoid, lambda x: np.log(sigmoid(x))),
    activation(ag.softplus, softplus),
    activation(ag.softsign, lambda x: x / (1 + np.abs(x))),
    activation(ag.hard_tanh, lambda x, low=-1, high=1: np.clip(x, low, high),
        at(real(3), low=-0.5, high=1.5)),
    activation(ag.leaky_relu, lambda x, slope=0.01: np.where(x > 0, x, slope * x),
        at(real(3), slope=0.2)),
    activation(ag.elu, elu, at(real(3), alpha=0.7)),
    activation(ag.selu, lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
    activation(ag.silu, lambda x: x * sigmoid(x)),
    activation(ag.gelu, gelu, at(real(2, 3), approximate=True)),
    activation(ag.mish, lambda x: x * np.tanh(softplus(x))),
    activation(ag.hard_swish, lambda x: x * np.clip(x + 3, 0, 6) / 6, at(wide(4)), at(wide(5))),
    row(ag.glu, at(real(4)), at(real(2, 3), axis=0), at(real(2, 4, 1), axis=-2),
        covers=(), reference=glu),
    activation(ag.erf, erf, at(wide(9))),
    activation(ag.erfc, erfc, at(wide(9))),
    normalised(ag.softmax, softmax),
    normalised(ag.log_softmax, log_softmax),
    row(ag.logsumexp,
        at(real()), at(real(3)), at(real(2, 3)), at(real(2, 3), axis=0),
        at(real(2, 3), axis=-1, keepdims=True), at(real(2, 1, 3), axis=(0, -1)),
        at(real(2, 1, 3), axis=(2, 1), keepdims=True), at(real(0, 3), axis=1),
        covers=(ag.logsumexp.__wrapped__,), reference=logsumexp),
    row(ag.cross_entropy,
        at(real(3), np.int64(1)), at(real(2, 3), np.array([2, 0])),
        at(real(3, 2), np.array([2, 0]), axis=0),
        at(real(2, 3, 2), np.array([[2, 0], [1, 1]]), axis=-2),
        at(real(0, 3), np.zeros(0, int)), at(real(2, 3), np.array([[0, 1, 0], [1, 0, 0]])),
        at(real(2, 3), positive(2, 3)), at(real(3, 2), positive(3, 2), axis=0),
        covers=(ag.cross_entropy.__wrapped__,), reference=cross_entropy),
]
# fmt: on
