"""The loss of classification, stable for any logits, and the one-hot code of labels."""

import numpy as np

from .. import errors
from ..primitives import primitive
from .softmax import log_softmax, softmax


def one_hot(labels, classes, axis=-1, dtype=np.float64):
    """An array of zeros with a 1 at each label along a new axis of length ``classes``.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    labels = _checked(np.asarray(labels), classes)
    return np.moveaxis(np.equal(labels[..., None], np.arange(classes)).astype(dtype), -1, axis)


def cross_entropy(logits, labels, axis=-1):
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
    logs = log_softmax(logits, axis=axis)
    weights = _weights(labels, logits, axis)
    return -np.sum(weights * np.where(weights == 0, 0, logs), axis=axis)  # no 0 * -inf


def _weights(labels, logits, axis):
    """The labels as an array of the shape of the logits: one-hot if they are integers."""
    labels = labels if hasattr(labels, "shape") else np.asarray(labels)
    shape = list(logits.shape)
    if labels.shape == logits.shape:
        return labels
    classes = shape.pop(axis)
    if labels.shape == tuple(shape) and labels.dtype.kind in "iu":
        return one_hot(labels, classes, axis, logits.dtype)
    raise ValueError(
        f"labels are integers of shape {tuple(shape)} or weights of shape {logits.shape}, "
        f"not {errors.describe(labels)}"
    )


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
    """softmax times the sum of the weights, minus the weights."""
    weights = _weights(labels, logits, axis)
    total = np.sum(weights, axis=axis, keepdims=True)
    return np.expand_dims(g, axis) * (softmax(logits, axis=axis) * total - weights)


def _labels_vjp(g, out, logits, labels, axis=-1):
    return -np.expand_dims(g, axis) * log_softmax(logits, axis=axis)


cross_entropy = primitive(cross_entropy, _logits_vjp, _labels_vjp)
