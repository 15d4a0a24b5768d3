"""The loss of classification, stable for any logits."""

from typing import Any

import numpy as np

from ..engine.arrays import asarray
from ..engine.primitives import primitive
from ..engine.tensor import plain
from ..messages import errors
from .softmax import log_softmax, softmax


def one_hot(labels, classes, axis=-1, dtype=np.float64) -> Any:
    """An array of zeros with a 1 at each label along a new axis of length ``classes``.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    labels = _checked(asarray(plain(labels)), classes)
    return np.moveaxis(np.equal(labels[..., None], np.arange(classes)).astype(dtype), -1, axis)


def cross_entropy(logits, labels, axis=-1) -> Any:
    """-log(softmax(logits)) of the true class, or its mean under a distribution: a loss each.

    Parameters
    ----------
    logits : array
        Unnormalised log-probabilities of the classes along ``axis``.
    labels : array
        Either the integer labels 0, 1 ... of the classes, of the shape of ``logits`` without
        ``axis``; or weights of the classes, such as probabilities, of the shape of ``logits``:
        then the loss is ``-sum(labels * log_softmax(logits), axis)``.

    Returns
    -------
    array
        One loss an example, of the shape of ``logits`` without ``axis``: take np.mean of it.

    Raises
    ------
    ValueError
        When the labels fit neither shape, or there is no such class.
    """
    labels, are_classes = _read(labels, logits, axis)
    logs = log_softmax(logits, axis=axis)
    if are_classes:
        last = logs if axis in (-1, logs.ndim - 1) else np.moveaxis(logs, axis, -1)
        rows = last.reshape(labels.size, last.shape[-1])
        return -rows[np.arange(labels.size), np.ravel(labels)].reshape(labels.shape)
    return -np.sum(labels * np.where(labels == 0, 0, logs), axis=axis)  # no 0 * -inf


def _read(labels, logits, axis):
    """The labels as an array, and whether they are the numbers of classes, not weights."""
    labels = _with_shape(labels)
    if labels.shape == logits.shape:
        return labels, False
    shape = list(logits.shape)
    classes = shape.pop(axis)
    if labels.shape == tuple(shape) and labels.dtype.kind in "iu":
        return _checked(labels, classes), True
    raise ValueError(
        f"labels are integers of shape {tuple(shape)} or weights of shape {logits.shape}, "
        f"not {errors.describe(labels)}"
    )


def _with_shape(labels):
    """A label, or a list of them, as an array."""
    return labels if hasattr(labels, "shape") else np.asarray(labels)


def _checked(labels, classes):
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels are integers, not {errors.describe(labels)}")
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        raise ValueError(
            f"the label {labels[wrong].flat[0]} is none of the {classes} classes 0 to {classes - 1}"
        )
    return labels


def _logits_vjp(g, out, logits, labels, axis=-1):
    """softmax times the sum of the weights, minus the weights; a class has the weight 1."""
    p, labels = softmax(logits, axis=axis), _with_shape(labels)
    if type(g) is type(p) is np.ndarray and labels.ndim == 1 == p.ndim - 1 == axis % 2:
        p[np.arange(labels.size), labels] -= 1
        p *= g[:, None]
        return p
    if labels.shape != logits.shape:
        classes = np.arange(logits.shape[axis])
        weights = np.moveaxis(np.equal(labels[..., None], classes), -1, axis)
        return np.expand_dims(g, axis) * (p - weights)
    total = np.sum(labels, axis=axis, keepdims=True)
    return np.expand_dims(g, axis) * (p * total - labels)


def _labels_vjp(g, out, logits, labels, axis=-1):
    return -np.expand_dims(g, axis) * log_softmax(logits, axis=axis)


cross_entropy = primitive(cross_entropy, _logits_vjp, _labels_vjp)
