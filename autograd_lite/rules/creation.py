"""Tensors made of values and of tensors: what NumPy's plain functions cannot keep on the tape.

``np.zeros(3)`` is an array, and a Tensor cannot be stored into it; ``ag.zeros(3)`` is a
tensor to fill: ``x[i] = v`` puts v on its tape.
"""

from __future__ import annotations

import functools

import numpy as np

from ..engine import arrays
from ..engine.calls import holds_tensor, stacked
from ..engine.dispatch import registry
from ..engine.tensor import Tensor, plain
from .flat import Flat


def array(data, dtype=None) -> Tensor:
    """Nested lists and tuples of numbers, arrays and tensors as one tensor, on the tape.

    >>> t = Tensor(2.0, requires_grad=True)
    >>> array([1.0, t, t * t])
    Tensor([1., 2., 4.], op=stack)
    """
    if isinstance(data, np.ndarray) and data.dtype.hasobject:
        data = data.tolist()
    if isinstance(data, Flat):
        return array(data.copy(), dtype)
    if not holds_tensor(data):
        return Tensor(data, dtype=dtype)
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        return Tensor(plain(stacked(data)).astype(dtype))
    tensor = data.copy() if isinstance(data, Tensor) else stacked(data)
    return tensor if _has(tensor, dtype) else tensor.astype(dtype)


def asarray(data, dtype=None) -> Tensor:
    """Like `array`; a Tensor of the dtype comes back as it is."""
    if isinstance(data, Tensor) and _has(data, dtype):
        return data
    return array(data, dtype)


def full(shape, fill_value, dtype=None) -> Tensor:
    """A tensor of one shape filled with a number or a tensor, which is broadcast."""
    return asarray(np.broadcast_to(asarray(fill_value, dtype), shape)).copy()


def full_like(x, fill_value, dtype=None, shape=None) -> Tensor:
    """A tensor of x's shape and dtype filled with a number or a tensor."""
    x = plain(x)
    return full(
        np.shape(x) if shape is None else shape, fill_value, dtype or arrays.asarray(x).dtype
    )


def _has(tensor, dtype):
    """Whether no other dtype is asked for. (None == np.dtype(float), says NumPy.)"""
    return dtype is None or dtype == tensor.dtype


def _made_by(f):
    """NumPy's function of that name, with a tensor as its result."""

    @functools.wraps(f, assigned=("__name__",), updated=())
    def create(*args, **kwargs) -> Tensor:
        return asarray(f(*args, **kwargs))

    create.__doc__ = f"What np.{f.__name__} makes, as a tensor: ``x[i] = v`` stays on its tape."
    return create


def _like(f):
    """The same for a function that makes an array like another one, of Tensors too.

    So ``new = np.zeros_like(x); new[i] = v`` and ``new += v`` stay on the tape.
    """

    @functools.wraps(f, assigned=("__name__",), updated=())
    def create(x, *args, **kwargs) -> Tensor:
        return asarray(f(plain(x), *args, **kwargs))

    create.__doc__ = f"What np.{f.__name__} makes, as a tensor: ``x[i] = v`` stays on its tape."
    registry[f] = create
    return create


zeros = _made_by(np.zeros)
ones = _made_by(np.ones)
empty = _made_by(np.empty)
zeros_like = _like(np.zeros_like)
ones_like = _like(np.ones_like)
empty_like = _like(np.empty_like)
arange = _made_by(np.arange)
linspace = _made_by(np.linspace)
eye = _made_by(np.eye)
identity = _made_by(np.identity)
