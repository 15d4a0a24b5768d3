"""Progress: tqdm's bar over the steps of a training, or nothing."""

from __future__ import annotations

from importlib.util import find_spec

from .optional import needed


class _Silent:
    """A bar that is not shown."""

    def update(self):
        """Count one step."""

    def set_postfix_str(self, text, refresh=True):
        """Say how far it is."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


def progress_bar(shown: bool | None, epochs: int, steps: int, done: int = 0):
    """A bar of so many epochs of steps, as a ``with`` block; shown=None: where tqdm is there."""
    if shown is False or (shown is None and find_spec("tqdm") is None):
        return _Silent()
    tqdm = needed("tqdm", "the progress bar of fit").tqdm
    return tqdm(
        total=epochs * steps, initial=done * steps, desc="training", unit="step", mininterval=0.2
    )
