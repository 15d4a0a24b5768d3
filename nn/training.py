"""`fit`: a training, batch after batch and epoch after epoch."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np

from .callbacks import Callback
from .checkpoints import Checkpoint
from .evaluation import evaluate
from .fit_arguments import callbacks_of, check_parts, metrics_by_name, training_batches
from .history import History, in_words
from .module import Module
from .optional import progress_bar
from .schedules import Plateau
from .steps import Step


class Run:
    """One training: what callbacks are given.

    Attributes
    ----------
    model : Module
    optimizer
    loss : callable
    batches : Batches
        Of the training data.
    schedule
        Of the learning rate, or None.
    batch : tuple of arrays
        That of the last step.
    history : History
    epoch : int
        How many epochs are complete; in `Callback.after_epoch` the one that just ended counts.
    epochs : int
        How many there are to be.
    """

    def __init__(self, model, parts, loss, optimizer, schedule, epochs, callbacks):
        self.model: Module = model
        self.batches = parts
        self.loss: Callable = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.epochs: int = epochs
        self.callbacks: list[Callback] = list(callbacks)
        self.history = History()
        self.epoch = 0
        self.batch: tuple = ()
        self.is_interrupted = False

    def stop(self, why: str) -> None:
        """End the training after this step, or this epoch."""
        self.history.stopped = self.history.stopped or why

    @property
    def is_over(self) -> bool:
        """Whether no further step is to be made."""
        return self.history.stopped is not None or self.epoch >= self.epochs


def fit(
    model: Module,
    data,
    loss: Callable,
    optimizer,
    epochs: int = 10,
    *,
    batch_size: int = 32,
    rng=None,
    validation=None,
    metrics: Mapping[str, Callable] | Iterable[Callable] | None = None,
    schedule=None,
    clip: Callable | None = None,
    callbacks: Iterable = (),
    checkpoint: str | Path | None = None,
    progress: bool | None = None,
    compile: bool | str | None = None,
) -> History:
    """Train a model: for each batch ``loss(model(*inputs), target)``, its gradients, and a step.

    Parameters
    ----------
    model : Module
        Trained where it stands; afterwards it is in the mode of ``model.eval()``.
    data : tuple of arrays, or batches
        The inputs, and the target last: ``(X, y)``. Or what `batches` made, or anything with a
        length whose iteration gives such tuples.
    loss : callable
        ``loss(prediction, target)``, one number, a mean over the examples.
    optimizer : SGD, Adam ...
    epochs : int
        How many times all examples are seen.
    batch_size, rng
        Of `batches`: each epoch has a new order, and an integer ``rng`` makes the same again.
    validation : tuple of arrays, or Batches, optional
        Measured after each epoch, as after training: `split` sets a share of the data aside.
    metrics : dict or list of callables, optional
        ``{"accuracy": nn.accuracy}``: functions of plain arrays, the prediction and the target.
        Of the training data it is the mean over the batches, while they were trained on.
    schedule : Schedule, optional
        Of the learning rate: its ``step()`` is called after each epoch, that of a `Plateau` with
        the loss of the validation data, or of the training.
    clip : callable, optional
        ``clip(parameters)`` before each step of the optimiser: it changes their gradients, as
        ``lambda p: nn.clip_gradient_norm(p, 1.0)``.
    callbacks : iterable of Callback or callable
        Functions of the `Run` are called after each epoch.
    checkpoint : path, optional
        A file that is written after each epoch, and, where it is there already, is gone on
        from: the same call again finishes a training that was killed, bit for bit.
    progress : bool, optional
        Whether tqdm shows a bar. Without it: where tqdm is installed.
    compile : bool or str, optional
        Whether the step is a program of `ag.compile`; "numba" is its backend of this name.
        Without it: where there are steps enough to pay for it, and the step can be compiled.

    Returns
    -------
    History
        Rows of plain numbers, ``history["loss"]``; ``history.stopped`` says why, where it
        ended early: by a callback, a loss that is not finite, or Ctrl-C. That ends it after
        the step under way, with all that was trained so far; a second Ctrl-C at once.

    Raises
    ------
    TypeError, ValueError
        For data of different lengths, a loss that is not one number, and settings out of range.
    """
    check_parts(model, loss, optimizer, schedule, epochs)
    parts = training_batches(data, batch_size, rng)
    run = Run(model, parts, loss, optimizer, schedule, epochs, callbacks_of(callbacks))
    saved = None if checkpoint is None else Checkpoint(checkpoint, run)
    step = Step(run, metrics_by_name(metrics), clip, compile)
    try:
        with _interruptible(run), progress_bar(progress, epochs, len(parts), run.epoch) as bar:
            for callback in run.callbacks:
                callback.begin(run)
            while not run.is_over and _epoch(run, step, validation, bar):
                if saved is not None:
                    saved.write()
    finally:
        model.eval()
    for callback in run.callbacks:
        callback.end(run)
    return run.history


def _epoch(run, step, validation, bar):
    """One pass over the data, and whether it came to its end."""
    start, means = perf_counter(), _Means()
    run.model.train()
    for i, batch in enumerate(run.batches):
        if not isinstance(batch, tuple) or len(batch) < 2:
            raise TypeError("fit: a batch is a tuple of inputs and the target, (X, y)")
        run.batch = batch
        measured = step(batch)
        means.add(measured, len(batch[-1]))
        for callback in run.callbacks:
            callback.after_step(run)
        bar.update()
        if not np.isfinite(measured["loss"]):
            run.stop(f"the loss is {measured['loss']}: nn.health tells where it comes from")
        if run.history.stopped is not None:
            where = f"in epoch {run.epoch + 1}, after {i + 1} of {len(run.batches)} batches"
            run.history.stopped = f"{where}: {run.history.stopped}"
            return False
    run.epoch += 1
    _finish(run, step, validation, bar, means.values(), start)
    return True


def _finish(run, step, validation, bar, means, start):
    """The row of an epoch, and what is done at its end."""
    row = {"epoch": run.epoch, **means}
    if validation is not None:
        after = evaluate(run.model, validation, run.loss, step.metrics)
        row |= {f"validation_{name}": value for name, value in after.items()}
    if hasattr(run.optimizer, "learning_rate"):
        row["learning_rate"] = run.optimizer.learning_rate
    if isinstance(run.schedule, Plateau):  # of the validation data, if there are any
        run.schedule.step(row.get("validation_loss", row["loss"]))
    elif run.schedule is not None:
        run.schedule.step()
    run.history.rows.append(row | {"seconds": perf_counter() - start})
    bar.set_postfix_str(in_words(row), refresh=False)
    for callback in run.callbacks:
        callback.after_epoch(run)


class _Means:
    """Means of what is measured on batches, weighted by their lengths."""

    def __init__(self):
        self.totals, self.weight = {}, 0

    def add(self, measured, weight):
        self.weight += weight
        for name, value in measured.items():
            self.totals[name] = self.totals.get(name, 0.0) + weight * value

    def values(self):
        return {name: total / self.weight for name, total in self.totals.items()}


@contextmanager
def _interruptible(run):
    """A block in which Ctrl-C ends the training after the step under way, the second one at once.

    In another thread than the main one, and where somebody handles Ctrl-C, nothing is changed.
    """
    usual = signal.default_int_handler
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return

    def interrupt(number, frame):
        if run.is_interrupted:
            usual(number, frame)
        run.is_interrupted = True
        run.stop("Ctrl-C")

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
