"""The table of operators and methods: what of NumPy answers for each."""

import math
import operator

import numpy as np

from .dispatch import dispatch, registry
from .tensor import Tensor, plain

OPERATORS = (
    # method     NumPy's function
    ("add",      np.add),
    ("sub",      np.subtract),
    ("mul",      np.multiply),
    ("truediv",  np.divide),
    ("floordiv", np.floor_divide),
    ("mod",      np.remainder),
    ("divmod",   np.divmod),
    ("pow",      np.power),
    ("matmul",   np.matmul),
    ("and",      np.bitwise_and),
    ("or",       np.bitwise_or),
    ("xor",      np.bitwise_xor),
    ("lshift",   np.left_shift),
    ("rshift",   np.right_shift),
)  # fmt: skip
UNARY_OPERATORS = (
    ("neg",      np.negative),
    ("pos",      np.positive),
    ("abs",      np.absolute),
    ("invert",   np.invert),
    ("round",    np.round),
)  # fmt: skip
TO_INTEGERS = (("floor", math.floor), ("ceil", math.ceil), ("trunc", math.trunc))
IN_PLACE = ("sort", "partition")
COMPARISONS = ("lt", "le", "eq", "ne", "gt", "ge")
METHODS = (
    "sum prod mean var std max min argmax argmin all any cumsum cumprod clip round "
    "ravel squeeze swapaxes diagonal trace repeat take dot searchsorted nonzero argsort "
    "argpartition "
    "conj conjugate"
).split()


def _install(name, method):
    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    setattr(Tensor, name, method)


def _binary(f):
    def forward(self, other):
        return registry[f](self, other) if _is_operand(other) else NotImplemented

    def reflected(self, other):
        return registry[f](other, self) if _is_operand(other) else NotImplemented

    return forward, reflected


def _is_operand(other):
    """Not an array type that insists on its own operators (``__array_ufunc__ = None``)."""
    return getattr(other, "__array_ufunc__", other) is not None or other is None


def _function(f):
    return lambda self, *args, **kwargs: registry[f](self, *args, **kwargs)


def _method(name):
    f = getattr(np, name)
    return lambda self, *args, **kwargs: dispatch(f, (self, *args), kwargs)


def _to_integer(f):
    """Python's function of a single number: an int, off the tape, as it has no derivative."""
    return lambda self: f(self._data.item())


def _in_place(name):
    """The method of arrays that changes them: the tensor is rebound to the result."""
    f = getattr(np, name)
    return lambda self, *args, **kwargs: self._rebind(
        dispatch(f, (self, *args), kwargs), f"x.{name}()"
    )


def _comparison(name):
    compare = getattr(operator, name)
    return lambda self, other: compare(self._data, plain(other))


for _name, _f in OPERATORS:
    _forward, _reflected = _binary(_f)
    _install(f"__{_name}__", _forward)
    _install(f"__r{_name}__", _reflected)
for _name, _f in UNARY_OPERATORS:
    _install(f"__{_name}__", _function(_f))
for _name, _f in TO_INTEGERS:
    _install(f"__{_name}__", _to_integer(_f))
for _name in IN_PLACE:
    _install(_name, _in_place(_name))
for _name in COMPARISONS:
    _install(f"__{_name}__", _comparison(_name))
for _name in METHODS:
    _install(_name, _method(_name))
