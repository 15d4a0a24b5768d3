"""Callbacks: what happens during a training besides the training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .training import Run


class Callback:
    """What `fit` calls on its way; subclasses define what they need.

    A plain function of the run does too: it is called after each epoch. The numbers, texts and
    arrays among the attributes of a callback, also in lists and dicts, are part of a checkpoint.

    >>> class Printed(Callback):
    ...     def after_epoch(self, run):
    ...         print(run.history[-1]["loss"])
    """

    def begin(self, run: Run) -> None:
        """Before the first step."""

    def after_step(self, run: Run) -> None:
        """After each step of the optimiser; gradients are those of that step."""

    def after_epoch(self, run: Run) -> None:
        """After each epoch; ``run.history[-1]`` is its row, ``run.stop(why)`` ends the training."""

    def end(self, run: Run) -> None:
        """After the last step, also of a training that was stopped or interrupted."""


class EarlyStopping(Callback):
    """Stop when a measured number gets no better; afterwards the model is the best one.

    Parameters
    ----------
    patience : int
        How many epochs without a new best are waited for.
    watch : str
        A column of the history.
    mode : {"min", "max"}, optional
        Whether smaller or larger is better; a name that ends in "loss" is minimised.
    min_delta : float
        By how much a new best must be better.
    restore : bool
        Whether the parameters of the best epoch are taken back at the end.

    Attributes
    ----------
    best : float
        The best number so far, of ``best_epoch``.

    References
    ----------
    Prechelt 1998, Early stopping - but when?
    """

    def __init__(
        self,
        patience: int = 10,
        watch: str = "validation_loss",
        mode: str | None = None,
        min_delta: float = 0.0,
        restore: bool = True,
    ):
        if mode is None and not watch.endswith("loss"):
            raise TypeError(
                f'EarlyStopping: whether a larger {watch} is better is mode="max" or mode="min"'
            )
        if mode not in (None, "min", "max"):
            raise ValueError(f'EarlyStopping: mode is "min" or "max", not {mode!r}')
        self.patience, self.watch = patience, watch
        self.min_delta, self.restore = min_delta, restore
        self.mode = mode or "min"
        self.best = np.inf if self.mode == "min" else -np.inf
        self.best_epoch = 0
        self._parameters: dict[str, np.ndarray] = {}

    def after_epoch(self, run):
        row = run.history[-1]
        if self.watch not in row:
            raise ValueError(
                f"EarlyStopping watches {self.watch!r}, which is not measured: there are "
                f"{', '.join(row)}; validation= of fit measures validation_loss"
            )
        gain = row[self.watch] - self.best
        gain = gain if self.mode == "max" else -gain
        if gain > self.min_delta:
            self.best, self.best_epoch = row[self.watch], run.epoch
            if self.restore:
                self._parameters = run.model.state_dict()
        elif run.epoch - self.best_epoch >= self.patience:
            run.stop(
                f"{self.watch} was best in epoch {self.best_epoch}: {self.patience} epochs "
                "without a better one"
            )

    def end(self, run):
        if self._parameters:
            run.model.load_state_dict(self._parameters)


class _Function(Callback):
    """A plain function of the run."""

    def __init__(self, f):
        self.after_epoch = f


def as_callback(value) -> Callback:
    """A callback, or a plain function as one."""
    if isinstance(value, type):
        raise TypeError(f"callbacks takes objects, not classes: write {value.__name__}()")
    if isinstance(value, Callback):
        return value
    if not callable(value):
        raise TypeError(f"a callback is an nn.Callback or a function of the run, not {value!r}")
    return _Function(value)
