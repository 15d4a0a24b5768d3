"""The table of operators and methods: what of NumPy answers for each."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import is_scalar
from .dispatch import dispatch, into, registry

Method = Callable[..., Any]
_NUMBERS = frozenset({int, float})


def _binary(f) -> tuple[Method, Method]:
    """An operator, and the same with the operands the other way round."""

    def forward(self, other):
        if type(other) in _NUMBERS or type(other) is type(self) or _is_operand(other):
            return registry[f](self, other)
        return NotImplemented

    def reflected(self, other):
        return registry[f](other, self) if _is_operand(other) else NotImplemented

    return forward, reflected


def _is_operand(other):
    """Not an array type that insists on its own operators (``__array_ufunc__ = None``)."""
    return getattr(other, "__array_ufunc__", other) is not None or other is None


def _unary(f) -> Method:
    return lambda self, *args: registry[f](self, *args)


def _comparison(f) -> Method:
    """Comparisons have no derivative: plain NumPy booleans."""
    return lambda self, other: f(
        self._array, other._array if isinstance(other, Operators) else other
    )


def _to_integer(f) -> Method:
    """Python's function of a single number: an int, off the tape, as it has no derivative."""
    return lambda self: f(self._array.item())


def _method(f) -> Method:
    def method(self, *args, **kwargs):
        return dispatch(f, (self, *args), kwargs)

    method.__name__ = f.__name__
    method.__doc__ = f"What np.{f.__name__} does."
    return method


def _augmented(f, symbol) -> Method:
    """``x += v``: an array is written into, a number is replaced, as ``x = x + v`` does."""

    def method(self, other):
        if is_scalar(self._array) or not (isinstance(other, Operators) or _is_operand(other)):
            return NotImplemented
        return into(f, (self,), registry[f](self, other), what=f"x {symbol}= v")

    return method


def _in_place(f) -> Method:
    """The method of arrays that changes them: the tensor is rebound to the result."""

    def method(self, *args, **kwargs):
        self._rebind(dispatch(f, (self, *args), kwargs), f"x.{f.__name__}()")

    method.__name__ = f.__name__
    method.__doc__ = f"Become what np.{f.__name__} returns."
    return method


class Operators:
    """What a Tensor does like an array, because NumPy's functions know their derivatives."""

    __slots__ = ()
    _array: Any
    __hash__ = object.__hash__  # by identity, as == compares elements: a Tensor can be a key

    # fmt: off
    __add__,      __radd__      = _binary(np.add)
    __sub__,      __rsub__      = _binary(np.subtract)
    __mul__,      __rmul__      = _binary(np.multiply)
    __truediv__,  __rtruediv__  = _binary(np.divide)
    __floordiv__, __rfloordiv__ = _binary(np.floor_divide)
    __mod__,      __rmod__      = _binary(np.remainder)
    __divmod__,   __rdivmod__   = _binary(np.divmod)
    __pow__,      __rpow__      = _binary(np.power)
    __matmul__,   __rmatmul__   = _binary(np.matmul)
    __and__,      __rand__      = _binary(np.bitwise_and)
    __or__,       __ror__       = _binary(np.bitwise_or)
    __xor__,      __rxor__      = _binary(np.bitwise_xor)
    __lshift__,   __rlshift__   = _binary(np.left_shift)
    __rshift__,   __rrshift__   = _binary(np.right_shift)

    __iadd__,      __isub__     = _augmented(np.add, "+"), _augmented(np.subtract, "-")
    __imul__,      __itruediv__ = _augmented(np.multiply, "*"), _augmented(np.divide, "/")
    __ifloordiv__, __imod__     = _augmented(np.floor_divide, "//"), _augmented(np.remainder, "%")
    __ipow__,      __imatmul__  = _augmented(np.power, "**"), _augmented(np.matmul, "@")
    __iand__,      __ior__      = _augmented(np.bitwise_and, "&"), _augmented(np.bitwise_or, "|")
    __ixor__       = _augmented(np.bitwise_xor, "^")
    __ilshift__,   __irshift__  = _augmented(np.left_shift, "<<"), _augmented(np.right_shift, ">>")

    __neg__    = _unary(np.negative)
    __pos__    = _unary(np.positive)
    __abs__    = _unary(np.absolute)
    __invert__ = _unary(np.invert)
    __round__  = _unary(np.round)
    __floor__  = _to_integer(math.floor)
    __ceil__   = _to_integer(math.ceil)
    __trunc__  = _to_integer(math.trunc)

    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    all, any           = _method(np.all), _method(np.any)
    argmax, argmin     = _method(np.argmax), _method(np.argmin)
    argpartition       = _method(np.argpartition)
    argsort            = _method(np.argsort)
    clip               = _method(np.clip)
    cumprod, cumsum    = _method(np.cumprod), _method(np.cumsum)
    diagonal           = _method(np.diagonal)
    dot                = _method(np.dot)
    max, min           = _method(np.max), _method(np.min)
    mean               = _method(np.mean)
    moveaxis           = _method(np.moveaxis)
    nonzero            = _method(np.nonzero)
    partition, sort    = _in_place(np.partition), _in_place(np.sort)
    prod, sum          = _method(np.prod), _method(np.sum)
    ravel, repeat      = _method(np.ravel), _method(np.repeat)
    round              = _method(np.round)
    searchsorted       = _method(np.searchsorted)
    squeeze, swapaxes  = _method(np.squeeze), _method(np.swapaxes)
    std, var           = _method(np.std), _method(np.var)
    take, trace        = _method(np.take), _method(np.trace)
    # fmt: on
