"""What a training makes small: losses of a prediction and its target, penalties of weights.

Nothing is broadcast: shapes that do not fit raise, with the line to write.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce
from typing import Any

import numpy as np

import autograd_lite as ag

from .module import Module

_WEIGHTS = "[p for name, p in model.named_parameters() if name.endswith('weight')]"


def squared_error(prediction, target) -> ag.Tensor:
    """The article's loss: 1/(2N) times the sum of squared differences, N the length of axis 0.

    Of two numbers it is half the squared difference.

    Raises
    ------
    ValueError
        When the shapes differ: nothing is broadcast.
    """
    check_alike("squared_error", prediction, target)
    n = np.shape(prediction)[0] if np.ndim(prediction) else 1
    return np.sum((target - prediction) ** 2) / (2 * n)


def mean_squared_error(prediction, target, reduction: str = "mean") -> Any:
    """The mean of (prediction - target)**2 over all elements.

    Parameters
    ----------
    prediction, target : arrays of one shape
    reduction : "mean", "sum" or "none"
        What is made of the losses of the elements.
    """
    check_alike("mean_squared_error", prediction, target)
    return _reduced((prediction - target) ** 2, reduction)


def mean_absolute_error(prediction, target, reduction: str = "mean") -> Any:
    """The mean of abs(prediction - target), also called L1; the slope at 0 is 0.

    The parameters are those of `mean_squared_error`.
    """
    check_alike("mean_absolute_error", prediction, target)
    return _reduced(np.abs(prediction - target), reduction)


def huber(prediction, target, delta: float = 1.0, reduction: str = "mean") -> Any:
    """The mean of d**2 / 2 where abs(d) < delta, else delta * (abs(d) - delta / 2).

    d is prediction - target. Source: Huber 1964, Robust estimation of a location parameter. The
    other parameters are those of `mean_squared_error`.
    """
    check_alike("huber", prediction, target)
    distance = np.abs(prediction - target)
    near = np.minimum(distance, delta)
    return _reduced(near * (distance - near / 2), reduction)


def cross_entropy(
    logits,
    labels,
    class_weights=None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
    axis: int = -1,
    reduction: str = "mean",
) -> Any:
    """-log(softmax(logits)) of the true classes, or its mean under given probabilities.

    Parameters
    ----------
    logits : array
        Any numbers, one a class along ``axis``.
    labels : array
        Integers of the shape without ``axis``, or probabilities of the shape of ``logits``.
    class_weights : array of shape (classes,), optional
        What an example of each class counts; the mean is then the weighted one.
    label_smoothing : float
        In [0, 1]: the share of each label that is spread evenly over all classes. Source: Szegedy
        et al. 2016, Rethinking the inception architecture for computer vision, section 7.
    ignore_index : int, optional
        A label that counts nothing, such as -1 for padding.
    axis : int
        Of the classes.
    reduction : "mean", "sum" or "none"
    """
    _check_given("cross_entropy", logits, labels)
    if class_weights is None and ignore_index is None and not label_smoothing:
        return _reduced(ag.cross_entropy(logits, labels, axis), reduction)
    classes = np.shape(logits)[axis]
    weights = _across(class_weights, logits, axis)
    if np.shape(labels) == np.shape(logits):
        share = labels * (1 - label_smoothing) + label_smoothing / classes
        return _reduced(ag.cross_entropy(logits, share * weights, axis), reduction)
    share, counts = _one_hot("cross_entropy", labels, logits, axis, ignore_index)
    smooth = (share * (1 - label_smoothing) + counts * label_smoothing / classes) * weights
    losses = ag.cross_entropy(logits, smooth, axis)
    return _weighted(losses, share * weights, reduction)


def negative_log_likelihood(
    log_probabilities,
    labels,
    class_weights=None,
    ignore_index: int | None = None,
    axis: int = -1,
    reduction: str = "mean",
) -> Any:
    """-log_probabilities of the true classes, as of ``ag.log_softmax(logits)``.

    The parameters are those of `cross_entropy`, which takes the logits themselves.
    """
    name, x = "negative_log_likelihood", log_probabilities
    _check_given(name, x, labels)
    share, _ = _one_hot(name, labels, x, axis, ignore_index)
    share = share * _across(class_weights, x, axis)
    losses = -np.sum(np.where(share == 0, 0, x) * share, axis=axis)
    return _weighted(losses, share, reduction)


def binary_cross_entropy(logits, target, positive_weight=1.0, reduction: str = "mean") -> Any:
    """-target * log(p) - (1 - target) * log(1 - p), with p = sigmoid(logits).

    Parameters
    ----------
    logits, target : arrays of one shape
        Any numbers, and numbers in [0, 1].
    positive_weight : float or array
        What the first term counts; an array has one number a column.
    reduction : "mean", "sum" or "none"
    """
    check_alike("binary_cross_entropy", logits, target)
    positive = positive_weight * target * ag.softplus(-logits)
    return _reduced(positive + (1 - target) * ag.softplus(logits), reduction)


def kl_divergence(log_probabilities, target, axis: int = -1, reduction: str = "mean") -> Any:
    """sum(target * (log(target) - log_probabilities)) along ``axis``, and the mean of these sums.

    That is the divergence of the predicted distribution, given by its logarithms, from the target,
    given by its probabilities; PyTorch's with ``reduction="batchmean"``.
    """
    check_alike("kl_divergence", log_probabilities, target)
    logs = np.log(np.where(target == 0, 1, target))  # 0 * log(0) is 0
    return _reduced(np.sum(target * (logs - log_probabilities), axis=axis), reduction)


def hinge(scores, target, margin: float = 1.0, reduction: str = "mean") -> Any:
    """The mean of max(0, margin - target * scores), with targets -1 and 1.

    Source: the loss of support vector machines, Cortes and Vapnik 1995. The other parameters are
    those of `mean_squared_error`.
    """
    check_alike("hinge", scores, target)
    return _reduced(ag.relu(margin - target * scores), reduction)


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
    return _total("ridge", weights, lambda w: w**2) * (strength / (2 * n))


def lasso(weights: Iterable[ag.Tensor], strength: float, n: int) -> ag.Tensor:
    """strength / n times the sum of the absolute weights, which makes many of them small.

    The parameters are those of `ridge`. Source: Tibshirani 1996, Regression shrinkage and
    selection via the lasso.
    """
    return _total("lasso", weights, np.abs) * (strength / n)


def _total(name, weights, f):
    if isinstance(weights, Module):
        raise TypeError(f"{name} takes a list of weights, not a model: {_WEIGHTS}")
    sums = [np.sum(f(w)) for w in weights]
    if not sums:
        raise ValueError(f"{name} was given no weights")
    return reduce(operator.add, sums)


def _check_given(loss, prediction, target):
    """Refuse what is no array."""
    for name, value in (("prediction", prediction), ("target", target)):
        if value is None:
            raise TypeError(f"{loss}: the {name} is None: does a function lack its return?")
        if isinstance(value, (str, Module)):
            what = "model(X)" if isinstance(value, Module) else "an array"
            raise TypeError(f"{loss}: the {name} is a {type(value).__name__}: give {what}")


def check_alike(loss: str, prediction, target) -> None:
    """Refuse shapes that would be broadcast, which is no error of NumPy's and one of people's."""
    _check_given(loss, prediction, target)
    if np.shape(prediction) != np.shape(target):
        raise ValueError(
            f"{loss}: a prediction of shape {np.shape(prediction)} and a target of shape "
            f"{np.shape(target)} would be broadcast: give both the same shape"
            f"{_fitting(np.shape(prediction), np.shape(target))}"
        )


def _fitting(prediction, target):
    """What to write where one shape is the other with an axis of length 1 more."""
    if prediction == (*target, 1):
        return ", target[..., None]"
    return ", prediction[..., 0]" if target == (*prediction, 1) else ""


def _one_hot(loss, labels, logits, axis, ignored):
    """The labels as zeros and ones in the shape of the logits, and what counts: not the ignored."""
    shape = list(np.shape(logits))
    classes = shape.pop(axis)
    labels = labels if hasattr(labels, "shape") else np.asarray(labels)
    if np.shape(labels) != tuple(shape):
        raise ValueError(
            f"{loss}: labels are integers of shape {tuple(shape)}, not of {np.shape(labels)}"
        )
    if ignored is None:
        return ag.one_hot(labels, classes, axis, logits.dtype), 1.0
    counts = np.not_equal(labels, ignored)
    share = ag.one_hot(np.where(counts, labels, 0), classes, axis, logits.dtype)
    counts = np.expand_dims(counts, axis).astype(logits.dtype)
    return share * counts, counts


def _weighted(losses, weights, reduction):
    """The mean of losses by the sum of all weights, or as it is elsewhere."""
    if reduction == "mean":
        return np.sum(losses) / np.sum(weights)
    return _reduced(losses, reduction)


def _across(weights, logits, axis):
    """Weights of classes beside the other axes, in the precision of the logits; 1 without any."""
    if weights is None:
        return 1.0
    weights = weights if hasattr(weights, "shape") else np.asarray(weights)
    classes = np.shape(logits)[axis]
    if np.shape(weights) != (classes,):
        raise ValueError(f"class_weights has shape {np.shape(weights)}, not ({classes},)")
    shape = [1] * np.ndim(logits)
    shape[axis] = classes
    return np.reshape(weights, shape).astype(logits.dtype)


def _reduced(losses, reduction):
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    return losses if reduction == "none" else getattr(np, reduction)(losses)
