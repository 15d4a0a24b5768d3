"""The table of operators and methods: what of NumPy answers for each."""
# mypy: disable-error-code="assignment,misc,empty-body"

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..messages.other_names import keywords
from .dispatch import dispatch, registry

if TYPE_CHECKING:
    from .tensor import Tensor

    # NumPy's stubs know of no arrays but ndarray: in X @ W a type checker takes the overload that
    # W fits, and X's type. Of a scalar of dtype object, as which a Tensor is shown here, all of
    # them take what it is: np.sum(t) is a Tensor, and X @ t, np.exp(t), np.mean(t) are Any.
    class Scalar(np.object_):
        def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...
else:
    Scalar = object

Method = Callable[..., "Tensor"]
Plain = Callable[..., Any]  # what has no derivative: NumPy's own arrays and numbers
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


_undifferentiated: Callable[[Any], tuple[Plain, Plain]] = _binary


def _is_operand(other):
    """Not an array type that insists on its own operators (``__array_ufunc__ = None``)."""
    return getattr(other, "__array_ufunc__", other) is not None or other is None


def _augmented(f, sign) -> Method:
    """``x += v``: in x itself, as in NumPy."""

    def method(self, other):
        if not _is_operand(other):
            return NotImplemented
        return self._augmented(f, other, f"x {sign} v")

    return method


def _unary(f) -> Method:
    return lambda self, *args: registry[f](self, *args)


def _comparison(f) -> Plain:
    """Comparisons have no derivative: plain NumPy booleans."""
    return lambda self, other: f(
        self._array, other._array if isinstance(other, Operators) else other
    )


def _to_integer(f) -> Callable[..., int]:
    """Python's function of a single number: an int, off the tape, as it has no derivative."""
    return lambda self: f(self._array.item())


def _method(f) -> Method:
    def method(self, *args, **kwargs):
        return dispatch(f, (self, *args), kwargs)

    method.__name__ = f.__name__
    method.__doc__ = f"What np.{f.__name__} does."
    return method


def _plain(f) -> Plain:
    return keywords(_method(f))


def _in_place(f) -> Callable[..., None]:
    """The method of arrays that changes them: the tensor is rebound to the result."""

    def method(self, *args, **kwargs):
        self._rebind(dispatch(f, (self, *args), kwargs), f"x.{f.__name__}()")

    method.__name__ = f.__name__
    method.__doc__ = f"Become what np.{f.__name__} returns."
    return method


class Operators(Scalar):
    """What a Tensor does like an array, because NumPy's functions know their derivatives."""

    __slots__ = ()
    _array: Any
    __hash__ = object.__hash__  # by identity, as == compares elements: a Tensor can be a key

    # fmt: off
    __add__,      __radd__      = _binary(np.add)
    __sub__,      __rsub__      = _binary(np.subtract)
    __mul__,      __rmul__      = _binary(np.multiply)
    __truediv__,  __rtruediv__  = _binary(np.divide)
    __floordiv__, __rfloordiv__ = _undifferentiated(np.floor_divide)
    __mod__,      __rmod__      = _binary(np.remainder)
    __divmod__,   __rdivmod__   = _undifferentiated(np.divmod)
    __pow__,      __rpow__      = _binary(np.power)
    __matmul__,   __rmatmul__   = _binary(np.matmul)
    __and__,      __rand__      = _undifferentiated(np.bitwise_and)
    __or__,       __ror__       = _undifferentiated(np.bitwise_or)
    __xor__,      __rxor__      = _undifferentiated(np.bitwise_xor)
    __lshift__,   __rlshift__   = _undifferentiated(np.left_shift)
    __rshift__,   __rrshift__   = _undifferentiated(np.right_shift)

    __iadd__, __isub__      = _augmented(np.add, "+="), _augmented(np.subtract, "-=")
    __imul__, __itruediv__  = _augmented(np.multiply, "*="), _augmented(np.divide, "/=")
    __ifloordiv__, __imod__ = _augmented(np.floor_divide, "//="), _augmented(np.remainder, "%=")
    __ipow__, __imatmul__   = _augmented(np.power, "**="), _augmented(np.matmul, "@=")
    __iand__, __ior__       = _augmented(np.bitwise_and, "&="), _augmented(np.bitwise_or, "|=")
    __ixor__                = _augmented(np.bitwise_xor, "^=")
    __ilshift__, __irshift__ = _augmented(np.left_shift, "<<="), _augmented(np.right_shift, ">>=")

    __neg__    = _unary(np.negative)
    __pos__    = _unary(np.positive)
    __abs__    = _unary(np.absolute)
    __invert__: Plain = _unary(np.invert)
    __round__: Plain  = _unary(np.round)
    __floor__  = _to_integer(math.floor)
    __ceil__   = _to_integer(math.ceil)
    __trunc__  = _to_integer(math.trunc)

    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    all, any           = _plain(np.all), _plain(np.any)
    argmax, argmin     = _plain(np.argmax), _plain(np.argmin)
    argpartition       = _plain(np.argpartition)
    argsort            = _plain(np.argsort)
    clip               = _method(np.clip)
    cumprod, cumsum    = _method(np.cumprod), _method(np.cumsum)
    diagonal           = _method(np.diagonal)
    dot                = _method(np.dot)
    max, min           = _method(np.max), _method(np.min)
    mean               = _method(np.mean)
    moveaxis           = _method(np.moveaxis)
    nonzero            = _plain(np.nonzero)
    partition, sort    = _in_place(np.partition), _in_place(np.sort)
    prod, sum          = _method(np.prod), _method(np.sum)
    ravel, repeat      = _method(np.ravel), _method(np.repeat)
    round: Plain       = _method(np.round)
    searchsorted       = _plain(np.searchsorted)
    squeeze, swapaxes  = _method(np.squeeze), _method(np.swapaxes)
    std, var           = _method(np.std), _method(np.var)
    take, trace        = _method(np.take), _method(np.trace)
    # fmt: on
