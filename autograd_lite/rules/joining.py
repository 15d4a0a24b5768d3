"""Functions that take a sequence of arrays: the share of a sequence is a sequence."""

import numpy as np

from .. import errors
from ..primitives import composed, primitive


def concatenate(arrays, axis=0):
    return np.concatenate(arrays, axis=axis)


def _concatenate_vjp(g, out, arrays, axis=0):
    """Each array receives its stretch of the cotangent."""
    if axis is None:
        g, axis, sizes = np.ravel(g), 0, [np.size(x) for x in arrays]
    else:
        axis, sizes = axis % out.ndim, [x.shape[axis] for x in arrays]
    ends = np.cumsum(sizes)
    before = (slice(None),) * axis
    parts = [g[(*before, slice(end - n, end))] for end, n in zip(ends, sizes, strict=True)]
    return [np.reshape(part, np.shape(x)) for part, x in zip(parts, arrays, strict=True)]


join = primitive(concatenate, _concatenate_vjp, sequence=True, way_out=errors.JOIN)


@composed(np.concatenate)
def _np_concatenate(arrays, axis=0):
    return join(list(arrays), axis=axis)


@composed(np.stack)
def _np_stack(arrays, axis=0):
    return np.concatenate([np.expand_dims(x, axis) for x in arrays], axis=axis)
