"""Packages that only some functions need: imported when these are called."""

from importlib import import_module

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
