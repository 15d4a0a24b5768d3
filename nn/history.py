"""History: what `fit` measured, an epoch a row, as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


class History:
    """The rows of a training, oldest first: dicts of plain numbers by name.

    ``history["loss"]`` is a column, ``history[-1]`` a row; ``list(history)`` is all of it.

    Attributes
    ----------
    rows : list of dict
        ``{"epoch": 1, "loss": 0.7, "learning_rate": 0.01, "seconds": 0.02}``, and metrics by
        their names, those of the validation data as ``validation_loss``.
    stopped : str or None
        Why the training ended before its last epoch.
    compiled : bool
        Whether the steps ran as a program of `ag.compile`.
    not_compiled : str or None
        Why not, where that was tried.
    """

    def __init__(self, rows: list[dict[str, Any]] | None = None):
        self.rows = list(rows or ())
        self.stopped: str | None = None
        self.compiled = False
        self.not_compiled: str | None = None

    @property
    def columns(self) -> list[str]:
        """The names of what was measured."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __getitem__(self, key):
        if not isinstance(key, str):
            return self.rows[key]
        if self.rows and key not in self.columns:
            raise KeyError(f"{key!r} was not measured: there are {', '.join(self.columns)}")
        return [row.get(key) for row in self.rows]

    def __bool__(self) -> bool:
        return True  # one without rows is one

    def json(self) -> str:
        """The rows as JSON, a list of objects."""
        return json.dumps(self.rows)

    def plot(self):
        """The curves, as a matplotlib figure: `nn.plots.training_curves`."""
        from .plots import training_curves

        return training_curves(self)

    def __repr__(self):
        many = len(self.rows)
        said = f"{many} epoch{'' if many == 1 else 's'}"
        if self.rows:
            said += f": {in_words(self.rows[-1])}"
        return f"<History of {said}{f'; {self.stopped}' if self.stopped else ''}>"


def in_words(row: dict[str, Any]) -> str:
    """The losses and metrics of an epoch."""
    numbers = {k: v for k, v in row.items() if k not in ("epoch", "seconds", "learning_rate")}
    return ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
