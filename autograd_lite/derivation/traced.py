"""An array that remembers which calls of NumPy made it: what programs and derivations are made of.

It computes like an array, because NumPy's protocols tell it what is called, and it can stand
inside a Tensor, so that the tape, the rules and the walk back run on it unchanged.
"""

import weakref

import numpy as np

from ..tensor import Tensor
from . import calls
from .expressions import mapped
from .graph import evaluated

# What says something of shapes and dtypes alone: a plain answer, the same in every run.
_STATIC = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj,
    np.common_type, np.min_scalar_type, np.may_share_memory, np.shares_memory, np.isfortran,
}  # fmt: skip
_REDUCTIONS = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}
# Their results have as many elements as the values say.
_SHAPED_BY_VALUES = {
    np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.extract, np.compress, np.repeat,
    np.bincount, np.trim_zeros, np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d, np.delete,
    np.unique_values, np.unique_all, np.unique_counts, np.unique_inverse, np.arange,
}  # fmt: skip


class LeftTheProgram(TypeError):
    """A value was asked for that is known only when the program runs."""


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """A value of a program that is being traced.

    ``value`` is what it is in this run, and ``expression`` how it is computed in every run.
    """

    __slots__ = ("__weakref__", "expression", "given", "graph", "parent", "value", "views")

    def __init__(self, graph, expression, value=None):
        self.graph = graph
        self.expression = expression
        self.value = expression.value if value is None else value
        self.given = False  # whether it came from outside, where a caller has it too
        self.parent = None  # of a view made by an index: (the array it is a view of, index)
        self.views = ()  # weak references to what shares memory with it
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
    base = property(lambda self: getattr(self.value, "base", None))
    T = property(lambda self: np.transpose(self))
    mT = property(lambda self: np.matrix_transpose(self))
    real = property(lambda self: np.real(self))
    imag = property(lambda self: np.imag(self))

    def __repr__(self):
        return f"<a traced value of shape {self.shape}, {self.dtype}>"

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a number")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    # --- off the program, and only where it can be right -------------------------------

    def __bool__(self):
        answer = bool(self.value)
        self.graph.guard(self.expression, answer)
        return answer

    def __index__(self):
        answer = self.value.__index__()
        self.graph.guard(self.expression, answer)
        return answer

    def _refuse(self, what):
        raise LeftTheProgram(
            f"{what} of {self!r} would be a constant of the compiled program, which is right for "
            "this call only: return the value instead, or compute on with NumPy's functions"
        )

    def __float__(self):
        self._refuse("float()")

    def __int__(self):
        return self.__index__() if self.dtype.kind in "biu" else self._refuse("int()")

    def __complex__(self):
        self._refuse("complex()")

    def item(self, *args):
        """Refused: the number would be a constant."""
        self._refuse("item()")

    def tolist(self):
        """Refused: the numbers would be constants."""
        self._refuse("tolist()")

    def __array__(self, dtype=None, copy=None):
        self._refuse("a plain array")

    def __reduce__(self):
        self._refuse("a pickle")

    # --- NumPy's protocols ----------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if any(type(x) is Tensor for x in inputs):
            return NotImplemented
        if method == "at":
            return self._at(ufunc, *inputs)
        func, args = ufunc, inputs
        if method == "reduce" and ufunc in _REDUCTIONS:
            func = _REDUCTIONS[ufunc]
            args, kwargs = _as_reduction(inputs, kwargs)
        elif method == "accumulate" and ufunc is np.add:
            func = np.cumsum
            kwargs = {"axis": 0, **kwargs} if len(inputs) < 2 else kwargs
        elif method != "__call__":
            func = calls.Method(ufunc, method)
        result = self.graph.traced(func, args, {k: v for k, v in kwargs.items() if v is not None})
        return result if out is None else _into(out, result)

    def __array_function__(self, func, types, args, kwargs):
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        if func in _STATIC:
            args = [mapped(plain, arg) for arg in args]
            return func(*args, **{k: mapped(plain, v) for k, v in kwargs.items()})
        if func in _WRITERS:
            return _WRITERS[func](*args, **kwargs)
        out = kwargs.pop("out", None) if "out" in kwargs else None
        result = self.graph.traced(func, args, kwargs)
        return result if out is None else _into(out, result)

    def __getitem__(self, index):
        result = self.graph.traced(calls.getitem, (self, index), {})
        if shares_memory(result, self):
            result.parent = self, index
        return result

    def __setitem__(self, index, value):
        self.write(self.graph.traced(calls.setitem, (self, index, value), {}))

    def __matmul__(self, other):
        return NotImplemented if type(other) is Tensor else np.matmul(self, other)

    # --- storing -----------------------------------------------------------------------------

    def write(self, new):
        """Become another value, as an array that is written into does; views see it too."""
        if self.given:
            raise TypeError(
                f"a compiled function wrote into {self.expression.name or 'an array'}, which came "
                "from outside: its caller would not see it. Write into a copy, x = x.copy(), and "
                "return it"
            )
        if new.dtype != self.dtype:
            new = new.astype(self.dtype)
        if new.shape != self.shape:
            new = np.broadcast_to(new, self.shape)
        if self.parent is not None:
            base, index = self.parent
            base[index] = new
        elif self.base is not None and not self.views:
            raise TypeError(
                "a compiled function wrote into a view that is not x[i]: write into x[i], or into "
                "a copy of the view"
            )
        self._become(new.expression, new.value)
        for reference in self.views:
            view = reference()
            if view is not None and view is not new:
                self._refresh(view)

    def _refresh(self, view):
        if view.parent is None or view.parent[0] is not self:
            raise TypeError(
                "a compiled function wrote into an array of which another view is in use: "
                "take a copy of that view before"
            )
        again = self.graph.traced(calls.getitem, (self, view.parent[1]), {})
        view._become(again.expression, again.value)

    def _become(self, expression, value):
        self.expression = expression
        self.value = value

    def _at(self, ufunc, x, index, *values):
        if ufunc is not np.add or type(x) is not Traced:
            raise TypeError(f"np.{ufunc.__name__}.at is not traced: write it with other operations")
        x.write(self.graph.traced(calls.add_at, (x, index, *values), {}))

    # --- methods of arrays ------------------------------------------------------------------

    def astype(self, dtype, **kwargs):
        """The same values in another dtype."""
        return self.graph.traced(calls.astype, (self, np.dtype(dtype)), {})

    def copy(self, order="C"):
        """The same values in new memory."""
        return self.graph.traced(np.copy, (self,), {})

    def reshape(self, *shape, order="C"):
        """The same elements in another shape."""
        shape = shape[0] if len(shape) == 1 else shape
        return np.reshape(self, shape, **({} if order == "C" else {"order": order}))

    def transpose(self, *axes):
        """The axes in another order."""
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def flatten(self, order="C"):
        """All elements in one axis."""
        return np.ravel(self).copy()

    def fill(self, value):
        """Every element becomes this value."""
        self[...] = value

    def view(self):
        """The same array."""
        return self


def _method(f):
    def method(self, *args, **kwargs):
        return f(self, *args, **kwargs)

    method.__name__ = f.__name__
    return method


for _name in (
    "all any argmax argmin argsort clip conj cumprod cumsum diagonal dot max mean min nonzero "
    "prod ravel repeat round searchsorted squeeze std sum swapaxes take trace var argpartition "
    "compress"
).split():
    setattr(Traced, _name, _method(getattr(np, _name)))
Traced.conjugate = Traced.conj
Traced.compress = lambda self, condition, axis=None: np.compress(condition, self, axis)


def plain(value):
    """The value of what is traced, anything else as it is."""
    return value.value if type(value) is Traced else value


def shares_memory(result, source):
    """Whether a result is a view of a traced array."""
    if type(result) is not Traced or getattr(result.value, "base", None) is None:
        return False
    return np.may_share_memory(result.value, source.value)


def expression_of(value):
    """The expression of what is traced, anything else as it is."""
    return value.expression if type(value) is Traced else value


def _as_reduction(inputs, kwargs):
    """The arguments of np.sum for those of np.add.reduce, whose axis is 0 by default."""
    names = ("axis", "dtype", "out", "keepdims", "initial", "where")
    given = {**dict(zip(names, inputs[1:])), **kwargs}
    given = {"axis": 0, **given}
    skipped = {"dtype": None, "out": None, "keepdims": False, "where": True, "axis": None}
    given = {k: v for k, v in given.items() if not (k in skipped and v is skipped[k])}
    if given.get("initial", 0) is None:
        del given["initial"]
    return inputs[:1], given


def _into(out, result):
    """A result stored where ``out=`` says."""
    targets = out if isinstance(out, tuple) else (out,)
    results = result if isinstance(result, tuple) else (result,)
    for target, one in zip(targets, results, strict=True):
        if type(target) is not Traced:
            raise TypeError(
                "a compiled function stored a traced value into a plain array: make the array "
                "with a function of traced values, such as np.zeros_like(x), or x.copy()"
            )
        target.write(one)
    return out[0] if isinstance(out, tuple) and len(out) == 1 else out


def _copyto(dst, src, casting="same_kind", where=True):
    dst.write(np.where(where, src, dst) if where is not True else _spread(src, dst))


def _spread(src, dst):
    return dst.graph.traced(np.broadcast_to, (src, dst.shape), {})


_WRITERS = {np.copyto: _copyto}


class Trace:
    """A graph that traced arrays grow."""

    def __init__(self, graph):
        self._graph = graph
        self.closed = False
        self.alive = []  # weak references to the traced values that were made

    def born(self, value):
        """Keep track of a traced value."""
        self.alive.append(weakref.ref(value))

    def input(self, value, name=None):
        """A traced value that is given."""
        traced = Traced(self, self._graph.input(value, name))
        traced.given = True
        return traced

    def guard(self, expression, expected):
        """See Graph.guard."""
        self._check()
        self._graph.guard(expression, expected)

    def _check(self):
        if self.closed:
            raise LeftTheProgram(
                "a traced value is used after its program was traced: a compiled function must "
                "not keep values in a list or an attribute; return them"
            )

    def traced(self, func, args, kwargs):
        """Call a function and remember the call."""
        self._check()
        given = tuple(mapped(plain, arg) for arg in args)
        keywords = {key: mapped(plain, arg) for key, arg in kwargs.items()}
        value = evaluated(func, given, keywords)
        args_ = tuple(mapped(expression_of, arg) for arg in args)
        kwargs_ = {key: mapped(expression_of, arg) for key, arg in kwargs.items()}
        several = isinstance(value, (tuple, list))
        expression = self._graph.call(func, args_, kwargs_, value)
        if func in _SHAPED_BY_VALUES or (func is calls.getitem and _is_mask(given[1])):
            self._guard_shapes(expression, value)
        if several:
            return self._parts(expression, value)
        if not isinstance(value, (np.ndarray, np.generic, bool, int, float, complex)):
            return value
        result = Traced(self, expression, value)
        if getattr(value, "base", None) is not None:
            for arg in args:
                if type(arg) is Traced and np.may_share_memory(value, arg.value):
                    arg.views = (*arg.views, weakref.ref(result))
        return result

    def _parts(self, expression, value):
        """Several results, each traced, in the type of tuple that they came in."""
        parts = []
        for position, one in enumerate(value):
            if isinstance(one, (np.ndarray, np.generic)):
                parts.append(
                    Traced(self, self._graph.call(calls.part, (expression, position), {}, one))
                )
            else:
                parts.append(one)
        kind = type(value)
        return kind(*parts) if hasattr(kind, "_fields") else kind(parts)

    def _guard_shapes(self, expression, value):
        for position, one in enumerate(value if isinstance(value, tuple) else ()):
            part = self._graph.call(calls.part, (expression, position), {}, one)
            self._graph.guard(self._graph.apply(np.shape, part), np.shape(one))
        if not isinstance(value, tuple):
            self._graph.guard(self._graph.apply(np.shape, expression), np.shape(value))


def _is_mask(index):
    parts = index if isinstance(index, tuple) else (index,)
    return any(getattr(part, "dtype", None) == np.bool for part in parts)
