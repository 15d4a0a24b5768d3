"""What NumPy can do with a ufunc beyond calling it: keywords and methods.

Each is composed of the ufunc itself, of indexing and of joining, so no rule has to know of it.
"""

import functools
import itertools

import numpy as np

from ..engine.arrays import asarray, unbroadcast
from ..engine.dispatch import (
    as_targets,
    check_cast,
    check_targets,
    dispatch,
    into,
    registry,
    ufunc_methods,
    undifferentiated,
)
from ..engine.primitives import primitive
from ..engine.tensor import Tensor, constant, plain
from ..messages import errors
from .indexing import to_fill

REDUCTIONS = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}
ACCUMULATIONS = {np.add: np.cumsum, np.multiply: np.cumprod}


def _method(name):
    """Answer for a method of every ufunc; ``out=`` rebinds the tensors given there."""

    def declare(f):
        def answer(ufunc, inputs, kwargs):
            targets = as_targets(kwargs.get("out"))
            rebinds = name == "at" or any(isinstance(target, Tensor) for target in targets)
            if ufunc in undifferentiated and not rebinds:
                kwargs = {key: plain(value) for key, value in kwargs.items()}
                return getattr(ufunc, name)(*map(plain, inputs), **kwargs)
            check_targets(ufunc, targets)
            if not rebinds:
                kwargs = {key: value for key, value in kwargs.items() if key != "out"}
            return f(ufunc, *inputs, **kwargs)

        ufunc_methods[name] = answer
        return f

    return declare


def _storing(f):
    """For a method with one result: its ``out=``."""

    @functools.wraps(f)
    def method(ufunc, *inputs, out=None, **kwargs):
        result = f(ufunc, *inputs, **kwargs)
        return result if out is None else into(ufunc, out, result)

    return method


@_method("__call__")
def _call(
    ufunc, *inputs, out=None, where=True, dtype=None, casting="same_kind", order="K", subok=True,
    **others,
):  # fmt: skip
    """The memory order and subclasses of ndarray mean nothing here."""
    if dtype is not None or casting != "same_kind":
        inputs = _converted(ufunc, inputs, dtype, casting)
    if where is True:
        results = dispatch(ufunc, inputs, others)
    else:
        results = _masked(ufunc, inputs, where, out or (None,) * ufunc.nout, casting)
    return results if out is None else into(ufunc, out, results, casting)


def _converted(ufunc, inputs, dtype, casting):
    """The inputs in the dtypes that NumPy computes in when it is told the one of the result."""
    given = [type(x) if type(x) in (int, float, complex) else _as(x, None).dtype for x in inputs]
    unknown = [None] * ufunc.nout
    signature = (*[None] * ufunc.nin, *[dtype] * ufunc.nout)
    loop = ufunc.resolve_dtypes((*given, *unknown), signature=signature, casting=casting)
    return list(map(_as, inputs, loop))


def _masked(ufunc, inputs, where, targets, casting):
    """The ufunc of the elements that are chosen; elsewhere what stood in out, or 0."""
    where = _booleans(ufunc, where)
    arrays = [*inputs, *[target for target in targets if target is not None]]
    mask = np.broadcast_to(where, np.broadcast_shapes(where.shape, *map(np.shape, arrays)))
    chosen = [np.broadcast_to(x, mask.shape)[mask] if np.ndim(x) else x for x in inputs]
    results = dispatch(ufunc, chosen, {})
    many = results if isinstance(results, tuple) else (results,)
    stored = []
    for result, target in zip(many, targets, strict=True):
        if target is None:
            target = np.zeros(mask.shape, result.dtype)
        check_cast(ufunc, target, result, casting)
        stored.append(registry["setitem"](target, result, index=mask))
    return tuple(stored) if isinstance(results, tuple) else stored[0]


def _booleans(ufunc, where):
    where = asarray(plain(where))
    if where.dtype != bool:
        raise TypeError(
            f"np.{ufunc.__name__}: where= takes booleans, not {errors.describe(where)}: "
            "write a comparison, such as x > 0"
        )
    return where


@_method("reduce")
@_storing
def _reduce(ufunc, x, axis=0, dtype=None, keepdims=False, **others):
    x = _as(x, dtype)
    if ufunc in REDUCTIONS:
        kwargs = {"axis": axis, "keepdims": keepdims, **others}
        return dispatch(REDUCTIONS[ufunc], (x,), kwargs)
    return _reduce_in_turn(ufunc, x, axis, keepdims, **others)


def _reduce_in_turn(ufunc, x, axis, keepdims, initial=None, where=True):
    """One slice after the other; NumPy says whether this ufunc may be reduced over these axes."""
    ufunc.reduce(np.ones((1,) * x.ndim), axis=axis, keepdims=keepdims)
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % x.ndim for a in axes)
    masks = _slices(np.broadcast_to(_booleans(ufunc, where), x.shape), axes)
    slices = _slices(x, axes)
    if initial is None and (len(slices) == 0 or not masks.all()):
        initial = _identity(ufunc)
    if initial is None:
        out, slices, masks = slices[0], slices[1:], masks[1:]
    else:
        out = constant(np.broadcast_to(np.asarray(initial, x.dtype), slices.shape[1:]))
    for one, mask in zip(slices, masks, strict=True):
        following = dispatch(ufunc, (out, one), {})
        out = following if mask.all() else np.where(mask, following, out)
    return np.expand_dims(out, axes) if keepdims else out


def _slices(x, axes):
    """The axes to be reduced as one, the first."""
    rest = [a for a in range(x.ndim) if a not in axes]
    return np.reshape(np.transpose(x, (*axes, *rest)), (-1, *(x.shape[a] for a in rest)))


def _identity(ufunc):
    if ufunc.identity is None:
        raise ValueError(
            f"np.{ufunc.__name__}.reduce of no elements, or with where=, starts from nothing: "
            "give it initial="
        )
    return ufunc.identity


@_method("accumulate")
@_storing
def _accumulate(ufunc, x, axis=0, dtype=None):
    x = _as(x, dtype)
    if ufunc in ACCUMULATIONS:
        return dispatch(ACCUMULATIONS[ufunc], (x,), {"axis": axis})
    rows = np.moveaxis(x, axis, 0)
    if len(rows) < 2:
        return +x
    return np.moveaxis(np.stack(list(itertools.accumulate(rows, ufunc))), 0, axis)


@_method("reduceat")
@_storing
def _reduceat(ufunc, x, indices, axis=0, dtype=None):
    """x[i] where the next index is not greater, else what lies between, reduced."""
    x = np.moveaxis(_as(x, dtype), axis, 0)
    starts = [int(i) for i in asarray(plain(indices))]
    ends = [*starts[1:], len(x)]
    parts = [_reduce(ufunc, x[i:j]) if i < j else x[i] for i, j in zip(starts, ends, strict=True)]
    return np.moveaxis(np.stack(parts), 0, axis)


@_method("outer")
def _outer(ufunc, x, y, **kwargs):
    """Every element of x with every element of y; Python numbers count as arrays."""
    x, y = (v if isinstance(v, Tensor) else asarray(v) for v in (x, y))
    x = np.reshape(x, np.shape(x) + (1,) * np.ndim(y)) if np.ndim(y) else x
    return ufunc_methods["__call__"](ufunc, (x, y), kwargs)


@_method("at")
def _at(ufunc, x, index, *operand):
    """x[index] = ufunc(x[index], operand), one after the other where an index is repeated."""
    if not isinstance(x, Tensor):
        raise TypeError(
            f"{errors.STORED}Make one of it first: a = ag.Tensor(a); then np.{ufunc.__name__}.at "
            "rebinds it."
        )
    index = plain(index)
    if ufunc in (np.add, np.subtract):
        value = operand[0] if ufunc is np.add else np.negative(operand[0])
        into(ufunc, (x,), added(x, value, index=index))
        return
    positions = np.arange(x.size).reshape(x.shape)[index]
    operand = [np.ravel(np.broadcast_to(y, np.shape(positions))) for y in operand]
    positions = np.ravel(positions)
    made = np.ravel(x)
    for turn in _turns(positions):
        part = dispatch(ufunc, (made[positions[turn]], *(y[turn] for y in operand)), {})
        check_cast(ufunc, made, part)
        made = registry["setitem"](made, part, index=positions[turn])
    into(ufunc, (x,), np.reshape(made, x.shape))


def _turns(positions):
    """The entries in groups, by how often their position has occurred before."""
    order = np.argsort(positions, kind="stable")
    ranked = positions[order]
    turn = np.empty_like(order)
    turn[order] = np.arange(order.size) - np.searchsorted(ranked, ranked)
    return [np.flatnonzero(turn == t) for t in range(turn.max(initial=-1) + 1)]


def _as(x, dtype):
    x = x if isinstance(x, Tensor) else asarray(x)
    return x if dtype is None or x.dtype == dtype else x.astype(dtype)


def add_in_turn(x, value, index):
    """A copy of x with value added at index, as often as an index is repeated."""
    result = to_fill(x, index, value)
    np.add.at(result, index, value)
    return result


# fmt: off
added = primitive(add_in_turn,
    lambda g, out, x, value, index: g,
    lambda g, out, x, value, index: np.reshape(unbroadcast(g[index], np.shape(value)),
                                               np.shape(value)))
# fmt: on
