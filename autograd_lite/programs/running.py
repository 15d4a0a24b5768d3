"""What a Numba program calls: its kernels, compiled, and what is done before and after them."""

import math
import re
from functools import lru_cache

import numpy as np

OK, LEFT, MISFIT = range(3)  # what a kernel returns


def name_of(dtype):
    """What NumPy's and Numba's functions call a dtype."""
    return "bool_" if dtype == np.bool else np.dtype(dtype).name


def compiled(kernel):
    """The function of a kernel; one of the same text is compiled once."""
    constants = tuple(kernel.constants.items())
    return _compiled(kernel.text, tuple(map(_written, constants)), kernel.signature())


@lru_cache(maxsize=4096)
def _compiled(text, constants, signature):
    scope = dict(_names())
    exec("\n".join(constants), scope)
    exec(text, scope)
    return scope["native"].kernel(signature)(scope["kernel"])


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
