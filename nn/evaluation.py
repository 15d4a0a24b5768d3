"""What a model gives for data: predictions, its loss and metrics on them, as after training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd_lite as ag

from .batches import Batches, batches
from .module import Module


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """A block in which a model computes as after training, without a tape."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with ag.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def predict(model: Module, *inputs, batch_size: int = 1024) -> Any:
    """What a model gives for inputs, as a plain array: batch after batch, nothing random.

    Parameters
    ----------
    model : Module
        It computes as after ``model.eval()``, and is in the mode it was in afterwards.
    *inputs : arrays
        Of the same length: ``predict(model, X)``.
    batch_size : int
        How many examples are computed at a time, for the sake of memory.

    Returns
    -------
    ndarray
        Of as many examples.
    """
    if not isinstance(model, Module):
        raise TypeError(f"predict takes a model and its inputs, not {type(model).__name__}")
    parts = batches(*inputs, size=batch_size, shuffle=False)
    with evaluating(model):
        return np.concatenate([as_array(model(*part)) for part in parts])


def as_array(value) -> np.ndarray:
    """The plain array of a Tensor, or of an array."""
    return value.numpy() if isinstance(value, ag.Tensor) else np.asarray(value)


def evaluate(
    model: Module,
    data,
    loss: Callable,
    metrics: Mapping[str, Callable] | None = None,
    batch_size: int = 1024,
) -> dict[str, float]:
    """The loss of a model on data, and metrics: ``{"loss": 0.3, "accuracy": 0.9}``.

    Parameters
    ----------
    model : Module
    data : tuple of arrays, or Batches
        Inputs, and the target last.
    loss : callable
        ``loss(prediction, target)``, a mean over examples: the mean over batches is weighted by
        their length.
    metrics : dict of callables
        ``{"accuracy": nn.accuracy}``, of the predictions and targets of all batches as arrays.
    batch_size : int
        How many examples are computed at a time.
    """
    parts = data if isinstance(data, Batches) else batches(*data, size=batch_size, shuffle=False)
    total, examples, seen = 0.0, 0, []
    with evaluating(model):
        for *inputs, target in parts:
            prediction = model(*inputs)
            total += float(as_array(loss(prediction, target))) * len(target)
            examples += len(target)
            if metrics:
                seen.append((as_array(prediction), target))
    found = {"loss": total / examples}
    if metrics:
        prediction, target = (np.concatenate(column) for column in zip(*seen, strict=True))
        found |= {name: float(metric(prediction, target)) for name, metric in metrics.items()}
    return found


def accuracy(prediction, target) -> float:
    """The share of examples whose class is the predicted one.

    Parameters
    ----------
    prediction : array
        Logits or probabilities of shape (examples, classes): the largest counts. Or, of the
        shape of ``target``, one logit an example: above 0 it is class 1.
    target : array
        The numbers of the classes; or one-hot rows of the shape of ``prediction``.

    Raises
    ------
    ValueError
        Where the shapes fit none of these.
    """
    prediction, target = as_array(prediction), as_array(target)
    if prediction.ndim == target.ndim + 1:
        return float(np.mean(prediction.argmax(axis=-1) == target))
    if prediction.shape != target.shape:
        raise ValueError(
            f"accuracy: predictions of shape {prediction.shape} do not fit a target of shape "
            f"{target.shape}: give the number of the class of each example"
        )
    if prediction.ndim > 1 and prediction.shape[-1] > 1:
        return float(np.mean(prediction.argmax(axis=-1) == target.argmax(axis=-1)))
    return float(np.mean((prediction > 0) == (target > 0)))


def split(*arrays, share: float = 0.25, rng=None) -> tuple[tuple, tuple]:
    """Set a random share of the examples aside: ``train, test = split(X, y, rng=0)``.

    Parameters
    ----------
    *arrays : arrays
        Of the same length.
    share : float
        In (0, 1): the part that is set aside.
    rng : int, numpy.random.Generator, optional
        Where the choice comes from. Without it it differs from run to run.

    Returns
    -------
    tuple of two tuples of arrays
        What remains, and what is set aside.
    """
    if not 0 < share < 1:
        raise ValueError(f"split: share is the part that is set aside, in (0, 1), not {share!r}")
    parts = batches(*arrays, rng=rng)
    order = parts.rng.permutation(parts.examples)
    count = round(share * parts.examples)
    if not 0 < count < parts.examples:
        raise ValueError(
            f"split: a share of {share} of {parts.examples} examples leaves a part empty"
        )
    pairs = [(array[order[count:]], array[order[:count]]) for array in parts.arrays]
    remaining, aside = zip(*pairs, strict=True)
    return remaining, aside
