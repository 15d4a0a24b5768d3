"""Functions that NumPy composes of others: differentiated through NumPy's own source.

They would work on a Tensor as they stand, were it not for np.asarray and the like at their
start, which make a plain array of it. So their code is run with these names bound to the
functions of `creation`, which keep a Tensor. Which functions this is safe for is a list, and
every one of them has its row in the tests.
"""

import functools
import itertools
import sys
import types

import numpy as np

from ..engine.arrays import asarray, foreign
from ..engine.calls import holds_tensor
from ..engine.dispatch import registry
from . import creation
from .flat import Flat

# fmt: off
FUNCTIONS = (
    np.append, np.apply_over_axes, np.atleast_1d, np.atleast_2d, np.atleast_3d,
    np.average, np.column_stack, np.diff, np.dsplit, np.dstack, np.hsplit,
    np.hstack, np.meshgrid, np.piecewise, np.polyval, np.rollaxis, np.split, np.take_along_axis,
    np.tensordot, np.trapezoid, np.trim_zeros, np.unique_all,
    np.unique_counts, np.unique_inverse, np.unique_values, np.vsplit, np.vstack,
    np.linalg.matrix_power, np.linalg.multi_dot, np.linalg.tensorinv, np.linalg.vector_norm,
)
# fmt: on


def _kept(make, plain_make):
    """Creation that keeps a Tensor and otherwise does what NumPy does."""

    def create(x, *args, **kwargs):
        return (make if holds_tensor(x) else plain_make)(x, *args, **kwargs)

    return create


def _asarray(x, dtype=None, order=None, **kwargs):
    return creation.asarray(x, dtype)


def _plain_asarray(x, dtype=None, order=None, **kwargs):
    """np.asarray that keeps an array of another library."""
    if foreign(x) is None:
        return np.asarray(x, dtype, order, **kwargs)
    x = asarray(x)
    return x if dtype is None else x.astype(dtype)


def _array(x, dtype=None, *, copy=True, ndmin=0, subok=False, order=None):
    x = x.copy() if isinstance(x, Flat) else x
    if not holds_tensor(x):
        return np.array(x, dtype, copy=copy, ndmin=ndmin, subok=subok, order=order)
    given, x = x, creation.asarray(x, dtype)
    x = x.copy() if copy and x is given else x  # the source may write into it
    return np.reshape(x, (1,) * (ndmin - x.ndim) + x.shape) if ndmin > x.ndim else x


KEEPING = {
    "asarray": _kept(_asarray, _plain_asarray),
    "asanyarray": _kept(_asarray, _plain_asarray),
    "array": _array,
    "ravel": _kept(lambda x: np.ravel(creation.asarray(x)), np.ravel),
    "empty_like": _kept(creation.empty_like, np.empty_like),
    "zeros_like": _kept(creation.zeros_like, np.zeros_like),
}


class _Keeping:
    """A module of NumPy, but for the functions above."""

    def __init__(self, module):
        self._module = module

    def __getattr__(self, name):
        return KEEPING.get(name) or getattr(self._module, name)


@functools.cache
def _namespace(module):
    """The names that a module's functions see, with ours in place of those that drop a Tensor."""
    own = vars(sys.modules[module])
    names = {**own, **{name: keep for name, keep in KEEPING.items() if name in own}}
    for name, value in own.items():
        if isinstance(value, types.ModuleType) and value.__name__.startswith("numpy"):
            names[name] = _Keeping(value)
        elif isinstance(value, types.FunctionType) and value.__module__ == module:
            names[name] = _bound(value, names)
    return names


def _bound(f, names):
    """A function with other globals."""
    made = types.FunctionType(f.__code__, names, f.__name__, f.__defaults__, f.__closure__)
    made.__kwdefaults__ = f.__kwdefaults__
    return made


def through_implementation(func):
    """NumPy's function, run from its source with the names above bound to ours."""
    source = func._implementation
    return _bound(source, _namespace(source.__module__))


for _f in FUNCTIONS:
    registry[_f] = through_implementation(_f)


# --- np.split and its like --------------------------------------------------------------------


def array_split(ary, indices_or_sections, axis=0):
    """Parts of an array as views; NumPy's own source turns the array, and then each part back."""
    n = ary.shape[axis]
    if np.ndim(indices_or_sections):
        ends = [0, *indices_or_sections, n]
    else:
        count = int(indices_or_sections)
        if count <= 0:
            raise ValueError("number sections must be larger than 0.")
        each, longer = divmod(n, count)
        ends = [i * each + min(i, longer) for i in range(count + 1)]
    before = (slice(None),) * (axis % ary.ndim)
    return [ary[(*before, slice(*pair))] for pair in itertools.pairwise(ends)]


registry[np.array_split] = array_split


# --- np.r_ and np.c_ --------------------------------------------------------------------------


def _joining(index_object):
    """np.r_ or np.c_ that keeps tensors: NumPy's own cannot, it makes arrays of what it joins."""
    kind = type(index_object)
    source = kind.__getitem__
    kept = _bound(source, _namespace(source.__globals__["__name__"]))
    doc = (
        "What np.r_ and np.c_ do, in brackets, with tensors too: arrays, numbers, slices joined\n"
        "into one, of the dtype that they have together. A tensor if one of them is one.\n\n"
        ">>> r_[1.0, np.zeros(2)]\narray([1., 0., 0.])"
    )
    return type(kind.__name__, (kind,), {"__slots__": (), "__getitem__": kept, "__doc__": doc})()


r_, c_ = _joining(np.r_), _joining(np.c_)
