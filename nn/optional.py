"""Packages that only some functions need: imported when these are called, or done without."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

_EXTRAS = {
    "tqdm": "tqdm",
    "safetensors": "safetensors",
    "matplotlib": "matplotlib",
    "sklearn": "scikit-learn",
    "onnx": "onnx",
}


def needed(module, caller):
    """A module of an optional package; without it an error that names the line to install it."""
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        name = _EXTRAS[package]
        raise ModuleNotFoundError(
            f"{caller} needs {name}, which is not installed: pip install {name}", name=error.name
        ) from None


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
