"""What a Numba program calls: its kernels, compiled, and what is done before and after them."""

import hashlib
import math
import os
import re
import sys
import threading
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

OK, LEFT, MISFIT = range(3)  # what a kernel returns
HEAD = """\
import math
import numpy as np
from numba import float32, float64, int32, int64
from autograd_lite.programs import native
from autograd_lite.programs.running import as_argument, left
from autograd_lite.programs.native import *
"""


def name_of(dtype):
    """What NumPy's and Numba's functions call a dtype."""
    return "bool_" if dtype == np.bool else np.dtype(dtype).name


def compiled(kernel, cache_dir=None):
    """The function of a kernel; one of the same text is compiled once.

    With a folder it is compiled once for all processes.
    """
    constants = tuple(map(_written, kernel.constants.items()))
    if cache_dir is not None:
        return _from_disk(kernel.text, constants, kernel.signature(), str(cache_dir))
    return _compiled(kernel.text, constants, kernel.signature())


@lru_cache(maxsize=4096)
def _compiled(text, constants, signature):
    scope = dict(_names())
    exec("\n".join(constants), scope)
    exec(text, scope)
    return scope["native"].kernel(signature)(scope["kernel"])


@lru_cache(maxsize=4096)
def _from_disk(text, constants, signature, cache_dir):
    """A kernel of a file, beside which Numba keeps what it has compiled.

    The file's name is made of its text, of the versions of Numba and NumPy, and of our functions;
    Numba itself knows the processor.
    """
    head = [HEAD, *constants, f"\n\n@native.kernel({signature!r}, cache=True)"]
    text = "\n".join([*head, text])
    digest = hashlib.sha256("\n".join([text, *_versions()]).encode()).hexdigest()[:24]
    path = Path(cache_dir) / f"kernel_{digest}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():  # written at once, for others may look
        with NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
            file.write(text)
        os.replace(file.name, path)
    spec = spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = module_from_spec(spec)  # where Numba looks for it
    spec.loader.exec_module(module)
    return module.kernel


@lru_cache(maxsize=1)
def _versions():
    """What a compiled kernel depends on beside its text."""
    import numba

    from . import native

    return numba.__version__, np.__version__, Path(native.__file__).read_text()


_is_told = threading.local()
_LONG = 2.0  # seconds


@contextmanager
def told_when_long(name, count, is_cached):
    """In this block, where it takes long, say so on stderr: a first call is silent else."""
    if getattr(_is_told, "on", False) or not count:  # of loops inside
        yield
        return
    kept = "" if is_cached else ". With cache_dir=folder other processes need not"
    kernels = "1 kernel" if count == 1 else f"{count} kernels"
    words = f"autograd_lite: Numba is compiling {name}, of {kernels}{kept}\n"
    timer = threading.Timer(_LONG, sys.stderr.write, [words])
    timer.daemon = _is_told.on = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _is_told.on = False


@lru_cache(maxsize=1)
def _names():
    """What the text of a kernel can name."""
    import numba

    from . import native

    dtypes = {name: getattr(numba, name) for name in ("int32", "int64", "float32", "float64")}
    return {**vars(native), "np": np, "math": math, "native": native, **dtypes}


def _written(constant):
    """The line that gives a constant its name."""
    name, value = constant
    text = repr(value.item()).replace("nan", "math.nan").replace("inf", "math.inf")
    if value.dtype == np.float32 and math.isfinite(value):
        text = str(value)
    return f"{name} = np.{name_of(value.dtype)}({text})"


def decorated(kernel, name):
    """A kernel as a person can run it, under a name."""
    lines = [f"{name}_{_written(constant)}" for constant in kernel.constants.items()]
    text = kernel.text.replace("def kernel(", f"def {name}(")
    for constant in kernel.constants:
        text = re.sub(rf"\b{constant}\b", f"{name}_{constant}", text)
    return "\n".join([*lines, f'@native.kernel("{kernel.signature()}")', text])


def left(status, inputs):
    """What a program returns that a kernel left: None where a guard does not hold."""
    if status == MISFIT:
        raise ValueError(
            f"a compiled program was called with an array of another shape than it is for: "
            f"{inputs}; compile the function again for other shapes"
        )
    return None


def as_argument(x):
    """What NumPy returned, as an array of the kind that kernels take."""
    x = np.asarray(x, order="C")
    return x if x.flags.writeable else x.copy()


def conforming(run, inputs):
    """A function of arrays of any layout, of one that takes those that kernels take."""
    are_checked = False  # once there was another: Numba's refusal takes longer than many a call

    def program(*args):
        nonlocal are_checked
        if not are_checked:
            try:
                return run(*args)
            except TypeError as error:  # an array is not contiguous, or read-only
                if "No matching definition" not in str(error):
                    raise
                are_checked = True
        return run(*map(_conformed, inputs, args))

    program.__name__ = run.__name__
    return program


def _conformed(x, given):
    is_array = isinstance(x.value, np.ndarray)
    if is_array and type(given) is np.ndarray and (given.dtype, given.shape) == (x.dtype, x.shape):
        flags = given.flags
        if flags.c_contiguous and flags.writeable and flags.aligned:
            return given
    if np.shape(given) != x.shape:
        raise ValueError(
            f"{x.name or 'an argument'} has the shape {np.shape(given)}, and the program is "
            f"compiled for {x.shape}: compile the function again"
        )
    if not is_array:
        return type(x.value)(given)
    return np.array(given, x.dtype, order="C")
