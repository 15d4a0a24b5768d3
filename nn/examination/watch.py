"""`HealthWatch`: the health of a training, epoch after epoch."""

from __future__ import annotations

from collections.abc import Callable

from ..callbacks import Callback
from .examination import health
from .report import Health


class HealthWatch(Callback):
    """Examine the model after epochs of `fit`, and say what is found when it is found first.

    Parameters
    ----------
    every : int
        How many epochs there are from one examination to the next; the first one counts too.
    validation : tuple of arrays, optional
        Data that is not trained on, as for `health`: used after the last epoch.
    say : callable or None
        What is called with the text of each new kind of finding.

    Attributes
    ----------
    reports : list of (int, Health)
        Epochs, and what was found after them. The last batch of the epoch is examined.
    """

    def __init__(
        self, every: int = 1, validation=None, say: Callable[[str], object] | None = print
    ):
        self.every, self.validation, self.say = every, validation, say
        self.reports: list[tuple[int, Health]] = []

    def after_epoch(self, run):
        if (run.epoch - 1) % self.every == 0 or run.epoch == run.epochs:
            self._examine(run)

    def end(self, run):
        """A training that ended on a loss that is not finite is examined too."""
        if run.batch and not (self.reports and self.reports[-1][0] == run.epoch):
            self._examine(run)

    def _examine(self, run):
        is_last = run.is_over  # before, that nothing is learned yet is no finding
        before = {kind for _, report in self.reports for kind in report.kinds}
        validation = self.validation if is_last else None
        given = run.model, run.loss, run.batch, run.optimizer
        report = health(*given, validation=validation, history=run.history)
        self.reports.append((run.epoch, report))
        if self.say is not None:
            for finding in report.findings:
                if finding.kind not in before:
                    self.say(f"epoch {run.epoch}: {finding}")
                    before.add(finding.kind)
