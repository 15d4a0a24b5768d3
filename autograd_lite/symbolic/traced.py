"""An array that remembers which calls of NumPy made it: what programs and derivations are made of.

It computes like an array, because NumPy's protocols tell it what is called, and it can stand
inside a Tensor, so that the tape, the rules and the walk back run on it unchanged.
"""

import operator
import sys
import weakref
from contextlib import contextmanager

import numpy as np

from ..engine.dispatch import as_targets, full_name, into, registry
from ..engine.shown_arrays import Flat
from ..engine.tensor import Tensor
from ..messages import errors
from . import calls, dependence
from .calls import as_written
from .expressions import Expression, mapped
from .graph import evaluated
from .memory import Stored, expression_of, plain_among, stored_among, value_of, view_of

# What says something of shapes and dtypes alone: a plain answer, the same in every run.
_STATIC = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj,
    np.common_type, np.may_share_memory, np.shares_memory, np.isfortran,
}  # fmt: skip
_REDUCTIONS = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}
_NUMBERS = (np.generic, bool, int, float, complex)


class ConcretizationError(TypeError):
    """A value was asked for that is known only when the program runs."""


class UndecidedError(ConcretizationError):
    """No program is right for these values; the function itself is."""


class Traced(Stored, np.lib.mixins.NDArrayOperatorsMixin):
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
    T = property(lambda self: np.transpose(self))
    mT = property(lambda self: np.matrix_transpose(self))
    flat = property(
        lambda self: Flat(self),
        lambda self, values: Flat(self).__setitem__(slice(None), values),
    )
    real = property(
        lambda self: np.real(self), lambda self, values: operator.setitem(self.real, ..., values)
    )
    imag = property(
        lambda self: np.imag(self), lambda self, values: operator.setitem(self.imag, ..., values)
    )
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
        if method == "reduce" and ufunc in _REDUCTIONS:
            func = _REDUCTIONS[ufunc]
            args, kwargs = _as_reduction(inputs, kwargs)
        elif method == "accumulate" and ufunc is np.add:
            func = np.cumsum
            kwargs = {"axis": 0, **kwargs} if len(inputs) < 2 else kwargs
        elif method != "__call__":
            func = calls.Method(ufunc, method)
        kwargs = {key: v for key, v in kwargs.items() if v is not None or key == "axis"}
        result = self.graph.traced(func, args, kwargs)
        if out is None:
            return result
        _check_traced(*out)
        return into(ufunc, out, result, kwargs.get("casting", "same_kind"))

    def __array_function__(self, func, types, args, kwargs):
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        if func in _STATIC:
            args, kwargs = dependence.with_fixed_settings(func, args, kwargs)
            args = [mapped(value_of, arg) for arg in args]
            return func(*args, **{k: mapped(value_of, v) for k, v in kwargs.items()})
        if func in _STORING:
            _check_traced(*args[:1])
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

    def transpose(self, *axes):
        """The axes in another order."""
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def flatten(self, order="C"):
        """All elements in one axis, in new memory."""
        return np.ravel(self, **({} if order == "C" else {"order": order})).copy()

    def fill(self, value):
        """Every element becomes this value."""
        self[...] = value

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

    def compress(self, condition, axis=None):
        """The slices along an axis, or the elements, where a condition holds."""
        return np.compress(condition, self, axis)

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

    def put(self, indices, values, mode="raise"):
        """Store values at positions in the flattened array."""
        np.put(self, indices, values, mode)

    def view(self):
        """The same elements."""
        return self[...]

    def conj(self):
        """The complex conjugate; a real array itself."""
        return np.conj(self) if self.dtype.kind == "c" else self

    conjugate = conj

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


def _check_traced(*targets):
    if not all(target is None or isinstance(target, Stored) for target in targets):
        raise TypeError(
            "a compiled function stored a traced value into a plain array: make the array with a "
            "function of traced values, such as np.zeros_like(x), or x.copy()"
        )


def _into(func, targets, results):
    """Results in the arrays that were given as ``out=``."""
    _check_traced(*targets)
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


class Trace:
    """A graph that traced arrays grow.

    Parameters
    ----------
    graph : Graph
    parent : Trace, optional
        That of the function around, where this is of a step of a loop in it.

    Attributes
    ----------
    captured : dict
        {expression of the parent's graph: the input that stands for it here}
    """

    def __init__(self, graph, parent=None):
        self._graph = graph
        self.apply, self.call = graph.apply, graph.call
        self.closed = False
        self.alive = []  # weak references to the traced values that were made
        self.parent = parent
        self.is_step = parent is not None
        self.captured = {}
        self.numbers = []  # of a step: those that must not be nan
        self.answers = []  # of a step: pairs (expression, what it must be)
        self.is_asked_by_user = False
        self._step = None  # of a loop, which is being traced

    def born(self, value):
        """Keep track of a traced value."""
        self.alive.append(weakref.ref(value))

    def input(self, value, name=None):
        """A traced value that is given."""
        return Traced(self, self._graph.input(value, name), given=True)

    def guard(self, expression, expected):
        """See Graph.guard."""
        self._check()
        if self.is_step and expression.kind != "constant":
            self._guard_in_step(expression, expected)
        else:
            self._graph.guard(expression, expected)

    def _guard_in_step(self, expression, expected):
        """A question that a step asks has one answer: all steps are asked, and answer together."""
        if expression.func is np.not_equal and expression.args[0] is expression.args[1]:
            if expected:
                raise UndecidedError("a gradient in a step of a scan is nan")
            self.numbers.append(expression.args[0])
            return
        if (expression, expected) not in self.answers:
            self.answers.append((expression, expected))
            self.is_asked_by_user |= _is_users_question()

    # --- a loop inside ----------------------------------------------------------------------

    @contextmanager
    def under_way(self):
        """In this block the step that this traces is run."""
        self.parent._step = self
        try:
            yield
        finally:
            self.parent._step = None

    def has_step(self):
        """Whether the step of a loop is being traced in it."""
        return self._step is not None

    def keep(self, arrays):
        """Remember arrays that are constants of the step of a loop."""
        self._graph.keep(arrays)

    def expression(self, value):
        """The expression of what is traced: of what belongs to the parent, an input of its own."""
        if not isinstance(value, Stored) or value.graph is self:
            return expression_of(value)
        return self._captured(value.graph, value.expression, value.value)

    def _captured(self, owner, expression, value):
        if owner is not self.parent:
            expression = self.parent._captured(owner, expression, value)
        if expression not in self.captured:
            number = value if np.ndim(value) else np.asarray(value)[()]
            self.captured[expression] = self._graph.input(number, _name_of(expression))
        return self.captured[expression]

    def _innermost(self, args, kwargs):
        """The trace of the innermost loop that an argument belongs to."""
        owners = [value.graph for value in stored_among(args, kwargs)]
        trace = self
        while trace.parent is not None:
            trace = trace.parent
        found = trace
        while trace is not None:
            found = trace if trace in owners else found
            trace = trace._step
        return found

    def _check(self):
        if self.closed:
            raise ConcretizationError(
                "a traced value is used after its program was traced: a compiled function must "
                "not keep values in a list or an attribute; return them"
            )

    def traced(self, func, args, kwargs):
        """Call a function and remember the call."""
        if self._step is not None or self.is_step:
            trace = self._innermost(args, kwargs)
            if trace is not self:
                return trace.traced(func, args, kwargs)
        self._check()
        if kwargs and not isinstance(func, np.ufunc):
            args, kwargs = as_written(func, args, kwargs)
        args, kwargs = dependence.with_fixed_settings(func, tuple(args), kwargs)
        value = _untouched(func, args, kwargs)
        same = _argument_that_is(value, args, kwargs)
        if same is not None:
            return same
        args_ = tuple(mapped(self.expression, arg) for arg in args)
        kwargs_ = {key: mapped(self.expression, arg) for key, arg in kwargs.items()}
        expression = self._graph.call(func, args_, kwargs_, value)
        dependence.hold(self._graph, func, args_, kwargs_, expression, value)
        return self._wrapped(expression, value, func, args, kwargs)

    def masked(self, ufunc, inputs, where, out, kwargs):
        """A ufunc of the elements where a condition holds; elsewhere what stands in out."""
        if ufunc.nout > 1 or kwargs:
            raise TypeError(
                f"np.{ufunc.__name__} with where= is traced without other keywords only"
            )
        if out is None:
            raise TypeError(
                f"a compiled function called np.{ufunc.__name__} with where= and without out=, "
                "which leaves elements undefined: give it out= too, such as np.zeros_like(x)"
            )
        _check_traced(*out)
        (target,) = out
        target.write(self.traced(calls.Masked(ufunc), (*inputs, where, target), {}))
        return target

    def add_at(self, ufunc, x, index, *values):
        """ufunc.at, which counts an index as often as it is there."""
        if ufunc not in (np.add, np.subtract):
            raise TypeError(f"np.{ufunc.__name__}.at is not traced: write it with other operations")
        _check_traced(x)
        (value,) = values if ufunc is np.add else map(np.negative, values)
        x.write(self.traced(calls.add_at, (x, index, value), {}))

    def _wrapped(self, expression, value, func, args, kwargs, place=None):
        """A result as a traced value; what is none, such as None, as it is."""
        if isinstance(value, _NUMBERS):
            return Traced(self, expression, value)
        if isinstance(value, (tuple, list)):
            return self._parts(expression, value, func, args, kwargs)
        if value is None and place is None:
            raise ConcretizationError(
                f"{full_name(func)} of a traced value gives nothing, and a program would not call "
                "it again: return the value, and call it outside"
            )
        if value is None:
            return None
        if not isinstance(value, np.ndarray):
            raise ConcretizationError(
                f"{full_name(func)} of a traced value gives a {type(value).__name__}, which would "
                "be a constant of the compiled program: call it outside"
            )
        view = view_of(func, args, kwargs, place, value)
        if view is not None and any(whole.graph is not self for whole in view.wholes):
            return Traced(self, expression, value, given=True)  # what it shows is around the loop
        given = view is None and _is_part_of_plain(value, args, kwargs)
        return Traced(self, expression, value, view, given)

    def _parts(self, expression, value, func, args, kwargs):
        """Several results, each traced, in the type of tuple that they came in."""
        parts = []
        for place, one in enumerate(value):
            same = _argument_that_is(one, args, kwargs)
            if same is None:
                part = self._graph.call(calls.part, (expression, place), {}, one)
                same = self._wrapped(part, one, func, args, kwargs, place)
            parts.append(same)
        kind = type(value)
        return kind(*parts) if hasattr(kind, "_fields") else kind(parts)


def _name_of(expression):
    """What a person would call a value around a loop, or None."""
    name = expression.name
    if name is None and expression.func in (np.copy, np.transpose):
        whole = _name_of(expression.args[0]) if type(expression.args[0]) is Expression else None
        name = f"{whole}_T" if whole and expression.func is np.transpose else whole
    return name


def _is_users_question():
    """Whether the code that asks for a value is none of ours and of NumPy's."""
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith(__package__):
        frame = frame.f_back
    return frame.f_globals.get("__name__", "").partition(".")[0] not in errors.OURS


def _argument_that_is(value, args, kwargs):
    """The traced argument that a function handed back as it is, or None."""
    if isinstance(value, np.ndarray):
        for arg in stored_among(args, kwargs):
            if value is arg.value:
                return arg
    return None


def _is_part_of_plain(value, args, kwargs):
    """Whether a result shares memory with a plain array, which came from outside."""
    return any(np.may_share_memory(value, array) for array in plain_among(args, kwargs))


def _untouched(func, args, kwargs):
    """The value of a call that writes into none of its arguments.

    It gets views that are read-only. A view of these is too, so it is made again.
    """
    given = tuple(mapped(value_of, arg) for arg in args)
    keywords = {key: mapped(value_of, arg) for key, arg in kwargs.items()}
    if isinstance(func, np.ufunc) or func in calls.OWN:  # write into nothing but an out=
        return evaluated(func, given, keywords)
    locked = tuple(mapped(_locked, arg) for arg in given)
    try:
        value = evaluated(func, locked, {key: mapped(_locked, v) for key, v in keywords.items()})
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise TypeError(
            f"{full_name(func)} writes into one of its arguments, which is not traced: give it "
            "out= by keyword, or a copy, or write x[i] = v"
        ) from error
    arrays = plain_among(given, keywords)
    for one in plain_among((value,), {}):
        shares = not one.size or any(np.may_share_memory(one, array) for array in arrays)
        if one.base is not None and shares:
            return evaluated(func, given, keywords)
    return value


def _locked(value):
    """An array that cannot be written into."""
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value = value.view()
        value.flags.writeable = False
    return value
