"""Functions that take a sequence of arrays: the contribution of a sequence is a sequence."""

import numpy as np

from ..engine.arrays import asarray
from ..engine.dispatch import available
from ..engine.primitives import composed, primitive
from ..engine.tensor import plain
from ..messages import errors


def concatenate(arrays, axis=0, dtype=None, casting="same_kind"):
    return np.concatenate(arrays, axis=axis, dtype=dtype, casting=casting)


def stack(arrays, axis=0, dtype=None, casting="same_kind"):
    return np.stack(arrays, axis=axis, dtype=dtype, casting=casting)


def _concatenate_vjp(g, out, arrays, axis=0, dtype=None, casting=None):
    """Each array receives its stretch of the cotangent."""
    if axis is None:
        g, axis, sizes = np.ravel(g), 0, [np.size(x) for x in arrays]
    else:
        axis, sizes = axis % out.ndim, [x.shape[axis] for x in arrays]
    ends = np.cumsum(sizes)
    before = (slice(None),) * axis
    parts = [g[(*before, slice(end - n, end))] for end, n in zip(ends, sizes, strict=True)]
    return [np.reshape(part, np.shape(x)) for part, x in zip(parts, arrays, strict=True)]


# fmt: off
join = primitive(concatenate, _concatenate_vjp, sequence=True, way_out=errors.JOIN)
pile = primitive(stack,
    lambda g, out, arrays, axis=0, dtype=None, casting=None: list(np.moveaxis(g, axis, 0)),
    sequence=True, way_out="All arrays must have the same shape.")
# fmt: on


@composed(np.concatenate)
def _np_concatenate(arrays, axis=0, *, dtype=None, casting="same_kind"):
    return join(list(arrays), axis=axis, dtype=dtype, casting=casting)


@composed(np.stack)
def _np_stack(arrays, axis=0, *, dtype=None, casting="same_kind"):
    return pile(list(arrays), axis=axis, dtype=dtype, casting=casting)


composed(*available("unstack"))(lambda x, /, *, axis=0: tuple(np.moveaxis(x, axis, 0)))


@composed(np.select)
def _np_select(condlist, choicelist, default=0):
    """The first choice whose condition holds: the last is written first."""
    conditions = [asarray(plain(c)) for c in condlist]
    if not conditions or any(c.dtype != bool for c in conditions):
        raise TypeError("select takes a list of boolean arrays, at least one, as conditions")
    result = default
    for condition, choice in reversed(list(zip(conditions, choicelist, strict=True))):
        result = np.where(condition, choice, result)
    return result
