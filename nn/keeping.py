"""Files of arrays in the safetensors format: parameters of a model, or a whole training.

The one idea: a file is written beside its place and moved there when it is complete, and is
read and checked as a whole before anything is changed. No code is ever run from a file.
"""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .module import Module
from .optional import needed

_PARTIAL = ".partial"


def save(model: Module, path: str | Path) -> Path:
    """Write the parameters and buffers of a model to a file, in the safetensors format.

    Parameters
    ----------
    model : Module
    path : str or Path
        Such as "model.safetensors". A file that is there is replaced, at once: whoever reads it,
        and a crash in the middle, finds the old one or the new one.

    Returns
    -------
    Path
        The file.
    """
    if not isinstance(model, Module):
        raise TypeError(f"save takes a model and a path, not {type(model).__name__}")
    return write(path, model.state_dict(), {"model": type(model).__name__}, "save")


def load(path: str | Path, model: Module) -> Module:
    """Take the parameters and buffers of a model from a file that `save` wrote.

    Names, shapes and dtypes must be those of the model; else, and for a file that is damaged
    or of another format, nothing is changed.

    Returns
    -------
    Module
        The same model.

    Raises
    ------
    ValueError
        For a file that does not fit, or is none.
    FileNotFoundError
        Where there is no file.
    """
    if not isinstance(model, Module):
        raise TypeError("load takes a path and a model: nn.load(path, model)")
    arrays, _ = read(path, "load")
    expected = model.state_dict()
    wrong = [
        f"{name} is {arrays[name].dtype} for {value.dtype}"
        for name, value in expected.items()
        if name in arrays and arrays[name].dtype != value.dtype
    ]
    if wrong:
        raise ValueError(f"{path} does not fit this model: {'; '.join(wrong)}")
    try:
        model.load_state_dict(arrays)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return model


def write(path, arrays: Mapping[str, np.ndarray], metadata: dict[str, str], caller: str) -> Path:
    """Write arrays by name, and texts, to a file; it is complete or as it was before."""
    safetensors = needed("safetensors.numpy", caller)
    path = Path(path)
    for name, array in arrays.items():
        if array.dtype.kind not in "biufc" or array.dtype.itemsize > 8:
            raise ValueError(
                f"{caller}: {name} is {array.dtype}, which the format does not have: "
                "it has integers, booleans, floats of up to 64 bits, and complex64"
            )
    arrays = {name: np.ascontiguousarray(a).reshape(a.shape) for name, a in arrays.items()}
    content = safetensors.save(arrays, metadata)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{caller}: there is no folder {path.parent}: make it first")
    handle, beside = tempfile.mkstemp(_PARTIAL, f".{path.name}.", path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, 0o666 & ~_umask())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        raise
    return path


def remove_partial(path: Path) -> None:
    """Remove what processes left that were killed while they wrote this file."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{_PARTIAL}"):
        left.unlink(missing_ok=True)


def _umask():
    """What new files of this process are not allowed; mkstemp makes them for their owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read(path, caller: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays and the texts of a file."""
    safetensors = needed("safetensors", caller)
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{caller}: there is no file {path}")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return arrays, dict(file.metadata() or {})
    except (safetensors.SafetensorError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{caller}: {path} is damaged, or no file of safetensors: {error}"
        ) from None
