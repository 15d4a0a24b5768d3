"""Products of matrices and vectors."""

import numpy as np

from .. import errors
from ..primitives import composed, primitive, unbroadcast


def _matmul_x_vjp(g, out, x, y):
    """g @ y.T, with 1-D operands as the matrices that matmul makes of them."""
    if g.ndim == x.ndim == y.ndim == 2:
        return g @ y.T
    g, row, matrix = _as_matrices(g, x, y)
    return np.reshape(unbroadcast(g @ _transposed(matrix), row.shape), x.shape)


def _matmul_y_vjp(g, out, x, y):
    """x.T @ g"""
    if g.ndim == x.ndim == y.ndim == 2:
        return x.T @ g
    g, matrix, column = _as_matrices(g, x, y)
    return np.reshape(unbroadcast(_transposed(matrix) @ g, column.shape), y.shape)


def _as_matrices(g, x, y):
    """A vector on the left is a row, one on the right a column; g with the axes they drop."""
    if y.ndim == 1:
        g, y = np.expand_dims(g, -1), np.expand_dims(y, -1)
    if x.ndim == 1:
        g, x = np.expand_dims(g, -2), np.expand_dims(x, 0)
    return g, x, y


def _transposed(x):
    return np.swapaxes(x, -1, -2)


primitive(np.matmul, _matmul_x_vjp, _matmul_y_vjp, way_out=errors.MATMUL)


@composed(np.dot)
def _np_dot(a, b):
    a, b = (x if hasattr(x, "ndim") else np.asarray(x) for x in (a, b))
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    if b.ndim <= 2:
        return np.matmul(a, b)
    flat = np.reshape(np.moveaxis(b, -2, 0), (b.shape[-2], -1))
    return np.reshape(np.matmul(a, flat), a.shape[:-1] + b.shape[:-2] + b.shape[-1:])


@composed(np.outer)
def _np_outer(a, b):
    return np.reshape(a, (-1, 1)) * np.reshape(b, -1)
