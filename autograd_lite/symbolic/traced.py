"""An array that remembers which calls of NumPy made it: what programs and derivations are made of.

It computes like an array, because NumPy's protocols tell it what is called, and it can stand
inside a Tensor, so that the tape, the rules and the walk back run on it unchanged.
"""

import operator

import numpy as np

from ..engine.dispatch import as_targets, full_name, into, registry
from ..engine.shown_arrays import ArrayMethods
from ..engine.tensor import Tensor
from ..rules.ufuncs import REDUCTIONS
from . import calls, dependence
from .aliasing import Stored, value_of
from .expressions import mapped_call

# What says something of shapes and dtypes alone: a plain answer, the same in every run.
_STATIC = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj,
    np.common_type, np.may_share_memory, np.shares_memory, np.isfortran,
}  # fmt: skip
_NUMBERS = (np.generic, bool, int, float, complex)


class ConcretizationError(TypeError):
    """A value was asked for that is known only when the program runs."""


class UndecidedError(ConcretizationError):
    """No program is right for these values; the function itself is."""


class Traced(Stored, ArrayMethods, np.lib.mixins.NDArrayOperatorsMixin):
    """A value of a program that is being traced.

    ``value`` is what it is in this run, and ``expression`` how it is computed in every run.
    """

    __slots__ = ()

    def __init__(self, graph, expression, value=None, view=None, given=False):
        value = expression.value if value is None else value
        super().__init__(graph, expression, value, view, given)
        graph.born(self)

    # --- what it is -------------------------------------------------------------------

    shape = property(lambda self: np.shape(self.value))
    ndim = property(lambda self: np.ndim(self.value))
    size = property(lambda self: np.size(self.value))
    dtype = property(lambda self: np.asarray(self.value).dtype)
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.size * self.itemsize)
    strides = property(lambda self: np.asarray(self.value).strides)
    flags = property(lambda self: np.asarray(self.value).flags)
    base = property(lambda self: None if self.made is None else self.owner)
    is_scalar = property(lambda self: not isinstance(self.value, np.ndarray))

    def __repr__(self):
        return f"<a traced value of shape {self.shape}, {self.dtype}>"

    def __format__(self, spec):
        return repr(self)

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a number")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __contains__(self, value):
        return bool(np.any(np.equal(self, value)))

    # --- off the program, and only where it can be right -------------------------------

    def __bool__(self):
        answer = bool(self.value)
        self.graph.guard(self.expression, answer)
        return answer

    def __index__(self):
        answer = operator.index(self.value)
        self.graph.guard(self.expression, answer)
        return answer

    def _refuse(self, what, way_out="return the value, or compute on with NumPy's functions"):
        raise ConcretizationError(
            f"{what} of {self!r} would be a constant of the compiled program, which is right for "
            f"this call only: {way_out}"
        )

    def _as_setting(self):
        """The number itself, where it is one that was given, such as a rate; else None."""
        if self.expression.kind != "input" or type(self.value) not in (float, int, bool):
            return None
        self.graph.guard(self.expression, self.value)
        return self.value

    def __float__(self):
        given = self._as_setting()
        return self._refuse("float()", _INSTEAD_OF_PLAIN) if given is None else float(given)

    def __int__(self):
        if self.dtype.kind in "iu":
            return self.__index__()
        given = self._as_setting()
        return self._refuse("int()") if given is None else int(given)

    def __complex__(self):
        self._refuse("complex()", _INSTEAD_OF_PLAIN)

    def item(self, *args):
        """Refused: the number would be a constant."""
        self._refuse("item()")

    def tolist(self):
        """Refused: the numbers would be constants."""
        self._refuse("tolist()")

    def tobytes(self, *args):
        """Refused: the numbers would be constants."""
        self._refuse("tobytes()")

    def __array__(self, dtype=None, copy=None):
        given = self._as_setting()
        if given is None:
            self._refuse("a plain array", _INSTEAD_OF_PLAIN)
        return np.array(given, dtype)

    def __reduce__(self):
        self._refuse("a pickle")

    # --- NumPy's protocols ----------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if any(type(x) is Tensor for x in inputs):
            return NotImplemented
        if method == "at":
            return self.graph.add_at(ufunc, *inputs)
        where = kwargs.pop("where", True) if method == "__call__" else True
        if where is not True:
            return self.graph.masked(ufunc, inputs, where, out, kwargs)
        func, args = ufunc, inputs
        if method == "reduce" and ufunc in REDUCTIONS:
            func = REDUCTIONS[ufunc]
            args, kwargs = _as_reduction(inputs, kwargs)
        elif method != "__call__":
            func = calls.Method(ufunc, method)
        kwargs = {key: v for key, v in kwargs.items() if v is not None or key == "axis"}
        result = self.graph.traced(func, args, kwargs)
        if out is None:
            return result
        check_traced(*out)
        return into(ufunc, out, result, kwargs.get("casting", "same_kind"))

    def __array_function__(self, func, types, args, kwargs):
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        if func in _STATIC:
            args, kwargs = dependence.with_fixed_settings(func, args, kwargs)
            args, kwargs = mapped_call(value_of, args, kwargs)
            return func(*args, **kwargs)
        if func in _STORING:
            check_traced(*args[:1])
            return registry[func](*args, **kwargs)
        for arg in (*args, *kwargs.values()):
            _check_no_callback(func, arg)
        kwargs = {key: value for key, value in kwargs.items() if key not in _OVERWRITING}
        out = kwargs.pop("out", None)
        if func is np.nan_to_num and not kwargs.pop("copy", True):
            out = args[0]
        result = self.graph.traced(func, args, kwargs)
        return result if out is None else _into(func, as_targets(out), result)

    def __getitem__(self, index):
        return self.graph.traced(calls.getitem, (self, _held(index)), {})

    def __setitem__(self, index, value):
        self.check_writable()
        self.write(self.graph.traced(calls.setitem, (self, _held(index), value), {}))

    def __matmul__(self, other):
        return NotImplemented if type(other) is Tensor else np.matmul(self, other)

    # --- methods of arrays ------------------------------------------------------------------

    def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
        """The same values in another dtype."""
        dtype = np.dtype(dtype)
        if dtype == self.dtype and not copy:
            return self
        if not np.can_cast(self.dtype, dtype, casting):
            raise TypeError(f"cannot cast {self!r} to {dtype} with casting={casting!r}")
        return self.graph.traced(calls.astype, (self, dtype), {})

    def copy(self, order="C"):
        """The same values in new memory."""
        return self.graph.traced(np.copy, (self,), {} if order == "K" else {"order": order})

    def reshape(self, *shape, order="C", copy=None):
        """The same elements in another shape."""
        shape = shape[0] if len(shape) == 1 else shape
        given = {"order": order, "copy": copy}
        given = {k: v for k, v in given.items() if v != {"order": "C", "copy": None}[k]}
        return np.reshape(self, shape, **given)

    def flatten(self, order="C"):
        """All elements in one axis, in new memory."""
        return np.ravel(self, **({} if order == "C" else {"order": order})).copy()

    def zero_(self):
        """Make all numbers 0."""
        self[...] = 0
        return self

    def sort(self, axis=-1, kind=None, *, stable=None):
        """Become sorted along an axis."""
        self[...] = np.sort(self, axis, kind, stable=stable)

    def partition(self, kth, axis=-1, kind="introselect"):
        """Become partitioned along an axis."""
        self[...] = np.partition(self, kth, axis, kind)

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __round__(self, ndigits=None):
        if not isinstance(self.value, (np.ndarray, np.generic)):  # Python rounds otherwise
            given = self._as_setting()
            if given is None:
                self._refuse("round()", "write np.round(x, digits)")
            return round(given, ndigits)
        return np.round(self, ndigits or 0)

    def view(self):
        """The same elements."""
        return self[...]

    def __copy__(self):
        return self.copy("K")

    def __deepcopy__(self, memo):
        return self.copy("K")

    def data_of(self, tensor):
        """See `Tensor.data`: what is stored into it, the tensor is bound to."""
        return TracedData(self, tensor)


class TracedData(Traced):
    """The value of a tensor as its ``data``: what is written into it, the tensor is bound to."""

    __slots__ = ("tensor",)

    def __init__(self, whole, tensor):
        self.tensor = None
        super().__init__(whole.graph, whole.expression, whole.value)
        self.tensor = tensor

    def _bind(self, expression, value):
        super()._bind(expression, value)
        if self.tensor is not None:
            self.tensor.data = Traced(self.graph, expression, value)


_INSTEAD_OF_PLAIN = (
    "return the value, or compute on with NumPy's functions. For a traced t and a plain array a, "
    "np.stack([...]) makes an array of traced values, np.asarray(a, like=t)[t] reads a at t, and "
    "np.array(a, like=t) is a copy of a to store traced values into"
)
_OVERWRITING = {"overwrite_input"}  # what is left of the input is nobody's
# They store into their first argument.
_STORING = {np.put, np.putmask, np.place, np.put_along_axis, np.fill_diagonal, np.copyto}


def check_traced(*targets):
    """Refuse a plain array in the place of a traced value that is written into."""
    if not all(target is None or isinstance(target, Stored) for target in targets):
        raise TypeError(
            "a compiled function stored a traced value into a plain array: make the array with a "
            "function of traced values, such as np.zeros_like(x), or x.copy()"
        )


def _into(func, targets, results):
    """Results in the arrays that were given as ``out=``."""
    check_traced(*targets)
    for one, target in zip(results if isinstance(results, tuple) else (results,), targets):
        if target is not None and one.dtype != target.dtype:
            raise TypeError(
                f"out= is {target!r}, and the result is of {one.dtype}: in a compiled function "
                "they must be alike, as NumPy may compute in the dtype of out="
            )
    return into(func, targets, results)


def _method(f):
    def method(self, *args, **kwargs):
        return f(self, *args, **kwargs)

    method.__name__ = f.__name__
    return method


def _in_place(name):
    """x += y: an array is written into, a number is replaced."""
    binary = getattr(np.lib.mixins.NDArrayOperatorsMixin, f"__{name}__")
    storing = getattr(np.lib.mixins.NDArrayOperatorsMixin, f"__i{name}__")

    def method(self, other):
        return (storing if isinstance(self.value, np.ndarray) else binary)(self, other)

    method.__name__ = f"__i{name}__"
    return method


for _name in (
    "all any argmax argmin argsort clip cumprod cumsum diagonal dot max mean min "
    "nonzero prod ravel repeat round searchsorted squeeze std sum swapaxes take trace "
    "var argpartition"
).split():
    setattr(Traced, _name, _method(getattr(np, _name)))
for _name in "add sub mul matmul truediv floordiv mod pow lshift rshift and xor or".split():
    setattr(Traced, f"__i{_name}__", _in_place(_name))

plain = value_of


def _as_reduction(inputs, kwargs):
    """The arguments of np.sum for those of np.add.reduce, whose axis is 0 by default."""
    names = ("axis", "dtype", "out", "keepdims", "initial", "where")  # an out= has gone
    given = {**dict(zip(names, inputs[1:])), **kwargs}
    given = {"axis": 0, **given}
    skipped = {"dtype": None, "keepdims": False, "where": True, "axis": None}
    given = {k: v for k, v in given.items() if not (k in skipped and v is skipped[k])}
    if given.get("initial", 0) is None:
        del given["initial"]
    return inputs[:1], given


def _held(index):
    """An index with traced ends of slices held: they say how long the result is."""
    if type(index) is tuple:
        return tuple(map(_held, index))
    if type(index) is slice:
        ends = (index.start, index.stop, index.step)
        return slice(*(operator.index(e) if isinstance(e, Traced) else e for e in ends))
    return index


def _check_no_callback(func, arg):
    """Refuse functions that a function would call: with numbers, unseen by the program."""
    if isinstance(arg, (type, Stored, np.ufunc, np.ndarray)) or not callable(arg):
        return
    name = getattr(arg, "__name__", type(arg).__name__)
    raise ConcretizationError(
        f"{full_name(func)} calls {name} with numbers, as often as they say, which no program of "
        f"NumPy's functions does: compile what comes before and after it, or write {name} with "
        "NumPy's functions of whole arrays"
    )
