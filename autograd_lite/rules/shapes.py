"""Functions that rearrange elements: each rule puts the cotangent back where it came from."""

import numpy as np

from .. import errors
from ..primitives import composed, primitive, unbroadcast


def reshape(x, shape, order="C"):
    return np.reshape(x, shape, order=order)


def _transpose_vjp(g, out, x, axes=None):
    """The inverse permutation."""
    if axes is None:
        return np.transpose(g)
    return np.transpose(g, np.argsort([axis % x.ndim for axis in axes]))


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
    lambda g, out, x, shape: unbroadcast(g, x.shape), way_out=errors.BROADCAST)
# fmt: on


@composed(np.reshape)
def _np_reshape(a, shape, order="C"):
    if order not in "CF":
        raise ValueError(f"reshape of a Tensor takes order='C' or order='F', not {order!r}")
    return to_shape(a, shape=shape, order=order)


@composed(np.ravel)
def _np_ravel(a, order="C"):
    return np.reshape(a, -1, order=order)


@composed(np.matrix_transpose)
def _np_matrix_transpose(x):
    return np.swapaxes(x, -1, -2)
