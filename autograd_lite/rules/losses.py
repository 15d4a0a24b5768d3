"""The loss of classification, stable for any logits."""

from typing import Any

import numpy as np

from ..engine.arrays import asarray
from ..engine.primitives import primitive
from ..engine.tensor import plain
from ..messages import errors
from .softmax import NEAR, below_the_largest, log_softmax, softmax


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
    if are_classes:
        below, normaliser = below_the_largest(logits, axis)
        return np.squeeze(normaliser, axis) - _chosen(below, labels, axis)
    logs = log_softmax(logits, axis=axis)
    return -np.sum(labels * np.where(labels == 0, 0, logs), axis=axis)  # no 0 * -inf


def _chosen(x, labels, axis):
    """The element of each label."""
    last = x if axis in (-1, x.ndim - 1) else np.moveaxis(x, axis, -1)
    rows = last.reshape(labels.size, last.shape[-1])
    return rows[np.arange(labels.size), np.ravel(labels)].reshape(labels.shape)


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
    if type(labels) is np.ndarray:
        without_sign = labels.astype(np.uint64)  # what is negative is too large there
        if np.maximum.reduce(without_sign, axis=None, initial=0) < classes:
            return labels
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        raise ValueError(
            f"the label {labels[wrong].flat[0]} is none of the {classes} classes 0 to {classes - 1}"
        )
    return labels


def _logits_vjp(g, out, logits, labels, axis=-1):
    """softmax times the sum of the weights, minus the weights; a class has the weight 1."""
    labels = _with_shape(labels)
    is_matrix = type(g) is type(logits) is np.ndarray and logits.ndim == 2 and axis in (-1, 1)
    if is_matrix and labels.ndim == 1 and logits.dtype in NEAR:
        logs = out + _chosen(logits, labels, axis)  # of the sums of exp(logits)
        if np.maximum.reduce(np.abs(logs) + out, initial=0) < 32:  # so that it loses 5 bits at most
            p = np.exp(logits - logs[:, None])
            p[np.arange(labels.size), labels] = np.expm1(-out)
            p *= g[:, None]
            return p
    p = softmax(logits, axis=axis)
    if labels.shape != logits.shape:
        classes = np.arange(logits.shape[axis])
        weights = np.moveaxis(np.equal(labels[..., None], classes), -1, axis)
        return np.expand_dims(g, axis) * (p - weights)
    total = np.sum(labels, axis=axis, keepdims=True)
    return np.expand_dims(g, axis) * (p * total - labels)


def _labels_vjp(g, out, logits, labels, axis=-1):
    return -np.expand_dims(g, axis) * log_softmax(logits, axis=axis)


cross_entropy = primitive(cross_entropy, _logits_vjp, _labels_vjp)
