"""Functions that rearrange elements: each rule puts the cotangent back where it came from."""

import numpy as np

from ..engine.aliasing import is_view
from ..engine.arrays import unbroadcast
from ..engine.dispatch import registry
from ..engine.primitives import composed, primitive
from ..engine.tensor import Tensor, plain
from ..messages import errors


def reshape(x, shape, order="C"):
    return np.reshape(x, shape, order=order)


def _transpose_vjp(g, out, x, axes=None):
    """The inverse permutation."""
    if axes is None:
        return np.transpose(g)
    return np.transpose(g, np.argsort(np.remainder(np.atleast_1d(axes), x.ndim)))


def _back(g, out, x, axis=None):
    """For what only adds or drops axes of size 1."""
    return np.reshape(g, x.shape)


# fmt: off
to_shape = primitive(reshape,
    lambda g, out, x, shape, order="C": np.reshape(g, x.shape, order=order), way_out=errors.RESHAPE)
primitive(np.transpose,    _transpose_vjp)
primitive(np.expand_dims,  _back)
primitive(np.squeeze,      _back)
primitive(np.swapaxes,     lambda g, out, x, axis1, axis2: np.swapaxes(g, axis1, axis2))
primitive(np.moveaxis,
    lambda g, out, x, source, destination: np.moveaxis(g, destination, source))
primitive(np.broadcast_to,
    lambda g, out, x, shape, subok=False: unbroadcast(g, x.shape), way_out=errors.BROADCAST)
primitive(np.flip,         lambda g, out, x, axis=None: np.flip(g, axis))
primitive(np.fliplr,       lambda g, out, x: np.fliplr(g))
primitive(np.flipud,       lambda g, out, x: np.flipud(g))
primitive(np.rot90,        lambda g, out, x, k=1, axes=(0, 1): np.rot90(g, -k, axes))
primitive(np.roll,
    lambda g, out, x, shift, axis=None: np.roll(g, np.negative(shift), axis))
primitive(np.tril,         lambda g, out, x, k=0: unbroadcast(np.tril(g, k), x.shape))
primitive(np.triu,         lambda g, out, x, k=0: unbroadcast(np.triu(g, k), x.shape))
# fmt: on


@composed(np.reshape)
def _np_reshape(a, shape, order="C", copy=None):
    if copy is False:
        np.reshape(plain(a), shape, order=order, copy=False)  # raises where it would have to copy
    if order in ("A", "a"):  # which depends on the memory
        order = "F" if np.isfortran(plain(a)) else "C"
    result = to_shape(a, shape=shape, order=order)
    return result.copy() if copy and is_view(result) else result


@composed(np.ravel)
def _np_ravel(a, order="C"):
    if order in ("K", "k"):  # as in memory: the axis of the longest strides first
        strides = plain(a).strides
        a = np.transpose(a, sorted(range(a.ndim), key=lambda i: -abs(strides[i])))
        order = "C"
    flat = np.reshape(a, -1, order=order)
    return flat if plain(flat).flags.c_contiguous else flat.copy()  # what steps through memory


composed(np.matrix_transpose)(lambda x: np.swapaxes(x, -1, -2))


@composed(np.broadcast_arrays)
def _np_broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(x if np.shape(x) == shape else np.broadcast_to(x, shape) for x in args)


@composed(np.astype)
def _np_astype(x, dtype, /, *, copy=True, device=None):
    return x if not copy and np.dtype(dtype) == x.dtype else registry["astype"](x, dtype)


@composed(np.copy)
def _np_copy(a, order="K", subok=False):
    return a.copy(order) if isinstance(a, Tensor) else registry["alias"](a)


@composed(np.apply_along_axis)
def _np_apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """One call a line along the axis; the axes of a call's result stand where the axis was."""
    lines = np.moveaxis(arr, axis, -1)
    others = lines.shape[:-1]
    results = [func1d(line, *args, **kwargs) for line in np.reshape(lines, (-1, lines.shape[-1]))]
    results = np.stack(results)
    results = np.reshape(results, others + results.shape[1:])
    made = range(results.ndim - len(others))
    axis %= arr.ndim
    return np.moveaxis(results, [len(others) + i for i in made], [axis + i for i in made])
