"""`as_strided`, which NumPy does not hand over by protocol."""

import functools
from typing import Any

import numpy as np

from ..engine.aliasing import View, link
from ..engine.primitives import registered
from ..engine.tensor import Tensor
from .moving import moves


def as_strided(x, shape=None, strides=None) -> Any:
    """Elements at regular distances in memory: what np.lib.stride_tricks.as_strided views.

    Parameters
    ----------
    x : Tensor or ndarray
        Taken as if it were contiguous, in C order.
    shape : tuple of int, optional
        That of the result; x's own by default.
    strides : tuple of int, optional
        Bytes from one element to the next along each axis; x's own by default.

    Raises
    ------
    ValueError
        For strides that are no multiple of the element's size, and for a result that would
        reach outside of x: NumPy would read foreign memory there.
    """
    shape = x.shape if shape is None else shape
    strides = np.empty(x.shape, x.dtype).strides if strides is None else strides
    if len(shape) != len(strides) or any(s % x.itemsize for s in strides):
        raise ValueError(
            f"as_strided: strides {strides} do not fit the shape {shape}: one for each axis, in "
            f"bytes, a multiple of {x.itemsize}"
        )
    steps = (np.arange(n) * (s // x.itemsize) for n, s in zip(shape, strides, strict=True))
    places = functools.reduce(np.add.outer, steps, np.intp(0))
    if places.size and not (places.min() >= 0 and places.max() < x.size):
        raise ValueError(
            f"as_strided: elements {places.min()} to {places.max()} of an array of {x.size} "
            f"would be read for the shape {shape} and the strides {strides}"
        )
    result = read_places(x, places=places)
    if isinstance(x, Tensor):
        op = registered(read_places)
        link(result, View(x, 0, op, (x,), {"places": places}))
    return result


def strided(x, places):
    return np.ravel(x)[places]


read_places = moves(strided)
