"""Products of vectors, matrices and tensors."""

import math

import numpy as np

from ..engine.arrays import unbroadcast
from ..engine.dispatch import available
from ..engine.primitives import composed, primitive, registered
from ..engine.tensor import plain
from ..messages import errors
from .matrices import as_array, conj, transposed


def _matmul_x_vjp(g, out, x, y):
    """g @ y.T, with 1-D operands as the matrices that matmul makes of them."""
    if x.ndim <= 2 and y.ndim <= 2:
        return g @ y.T if y.ndim == 2 else (np.expand_dims(g, 1) if x.ndim == 2 else g) * y
    g, row, matrix = _as_matrices(g, x, y)
    return np.reshape(unbroadcast(g @ transposed(matrix), row.shape), x.shape)


def _matmul_y_vjp(g, out, x, y):
    """x.T @ g"""
    if x.ndim <= 2 and y.ndim <= 2:
        return x.T @ g if x.ndim == 2 else (np.expand_dims(x, 1) if y.ndim == 2 else x) * g
    if y.ndim == 2:  # all matrices of x have met the same one: theirs are rows of one matrix
        rows = math.prod(x.shape[:-1])
        return np.reshape(x, (rows, x.shape[-1])).T @ np.reshape(g, (rows, g.shape[-1]))
    g, matrix, column = _as_matrices(g, x, y)
    return np.reshape(unbroadcast(transposed(matrix) @ g, column.shape), y.shape)


def _as_matrices(g, x, y):
    """A vector on the left is a row, one on the right a column; g with the axes they drop."""
    if y.ndim == 1:
        g, y = np.expand_dims(g, -1), np.expand_dims(y, -1)
    if x.ndim == 1:
        g, x = np.expand_dims(g, -2), np.expand_dims(x, 0)
    return g, x, y


primitive(np.matmul, _matmul_x_vjp, _matmul_y_vjp, way_out=errors.MATMUL)
registered(np.matmul).reads_out = False


# --- stacks of vectors ------------------------------------------------------------------------


def _outer(x, y):
    """The matrices x y^T of two stacks of vectors."""
    return np.expand_dims(x, -1) * np.expand_dims(y, -2)


def _scaled(g, x, y, axis):
    """The vectors of x, each times its number in g, as the contribution of y."""
    contribution = np.expand_dims(g, -1) * np.moveaxis(x, axis, -1)
    return np.moveaxis(unbroadcast(contribution, np.moveaxis(y, axis, -1).shape), -1, axis)


# fmt: off
# A vector on the left enters conjugated.
primitive(np.vecdot,
    lambda g, out, x1, x2, axis=-1: conj(_scaled(g, x2, x1, axis)),
    lambda g, out, x1, x2, axis=-1: _scaled(g, conj(x1), x2, axis))
for _f in available("matvec"):
    primitive(_f,
        lambda g, out, x1, x2: unbroadcast(_outer(g, x2), x1.shape),
        lambda g, out, x1, x2: unbroadcast(np.matvec(transposed(x1), g), x2.shape))
for _f in available("vecmat"):
    primitive(_f,
        lambda g, out, x1, x2: unbroadcast(conj(np.matvec(x2, g)), x1.shape),
        lambda g, out, x1, x2: unbroadcast(_outer(conj(x1), g), x2.shape))
# fmt: on


# --- the cross product ------------------------------------------------------------------------


def _cross_a_vjp(g, out, a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """g . (a x b) = a . (b x g)"""
    g, a, b = _vectors(g, a, b, axisa, axisb, axisc, axis)
    contribution = unbroadcast(np.cross(_in_space(b), g)[..., : a.shape[-1]], a.shape)
    return np.moveaxis(contribution, -1, axisa if axis is None else axis)


def _cross_b_vjp(g, out, a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """g . (a x b) = b . (g x a)"""
    g, a, b = _vectors(g, a, b, axisa, axisb, axisc, axis)
    contribution = unbroadcast(np.cross(g, _in_space(a))[..., : b.shape[-1]], b.shape)
    return np.moveaxis(contribution, -1, axisb if axis is None else axis)


def _vectors(g, a, b, axisa, axisb, axisc, axis):
    """Each with its vectors on the last axis; of two vectors in the plane g is along z."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if a.shape[-1] == b.shape[-1] == 2:
        g = np.expand_dims(g, -1)
        return np.concatenate([0 * g, 0 * g, g], axis=-1), a, b
    return np.moveaxis(g, axisc, -1), a, b


def _in_space(x):
    """A vector in the plane has a third component, 0."""
    if x.shape[-1] == 3:
        return x
    return np.concatenate([x, np.zeros((*x.shape[:-1], 1), x.dtype)], axis=-1)


primitive(np.cross, _cross_a_vjp, _cross_b_vjp)


# --- made of others ---------------------------------------------------------------------------


@composed(np.dot)
def _np_dot(a, b):
    a, b = as_array(a), as_array(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    return np.matmul(a, b) if b.ndim <= 2 else np.tensordot(a, b, axes=(-1, -2))


@composed(np.vdot)
def _np_vdot(a, b):
    a, b = as_array(a), as_array(b)
    return np.matmul(np.ravel(conj(a)), np.ravel(b))


@composed(np.inner)
def _np_inner(a, b):
    a, b = as_array(a), as_array(b)
    return np.multiply(a, b) if 0 in (a.ndim, b.ndim) else np.tensordot(a, b, axes=(-1, -1))


composed(np.outer)(lambda a, b: np.reshape(a, (-1, 1)) * np.reshape(b, -1))


@composed(np.kron)
def _np_kron(a, b):
    """The axes of a and of b side by side, and each pair joined."""
    a, b = as_array(a), as_array(b)
    ndim = max(a.ndim, b.ndim)
    a, b = (np.reshape(x, (1,) * (ndim - x.ndim) + x.shape) for x in (a, b))
    spread = np.expand_dims(a, tuple(range(1, 2 * ndim, 2)))
    spread = spread * np.expand_dims(b, tuple(range(0, 2 * ndim, 2)))
    return np.reshape(spread, [m * n for m, n in zip(a.shape, b.shape, strict=True)])


@composed(np.trace)
def _np_trace(a, offset=0, axis1=0, axis2=1, dtype=None):
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


# --- NumPy 2's second names in np.linalg --------------------------------------------------------


composed(np.linalg.matmul)(lambda x1, x2: np.matmul(x1, x2))
composed(np.linalg.tensordot)(lambda x1, x2, *, axes=2: np.tensordot(x1, x2, axes=axes))
composed(np.linalg.vecdot)(lambda x1, x2, *, axis=-1: np.vecdot(x1, x2, axis=axis))


@composed(np.linalg.outer)
def _linalg_outer(x1, x2):
    if np.ndim(plain(x1)) != 1 or np.ndim(plain(x2)) != 1:
        raise ValueError("np.linalg.outer takes two vectors: np.outer takes any arrays")
    return np.outer(x1, x2)


@composed(np.linalg.cross)
def _linalg_cross(x1, x2, *, axis=-1):
    if np.shape(plain(x1))[axis] != 3 or np.shape(plain(x2))[axis] != 3:
        raise ValueError("np.linalg.cross takes vectors of 3 elements: append a 0 to those of 2")
    return np.cross(x1, x2, axis=axis)


composed(np.linalg.matrix_transpose)(lambda x: np.matrix_transpose(x))
composed(np.linalg.diagonal)(lambda x, *, offset=0: np.diagonal(x, offset, axis1=-2, axis2=-1))


@composed(np.linalg.trace)
def _linalg_trace(x, *, offset=0, dtype=None):
    return np.trace(x, offset, axis1=-2, axis2=-1, dtype=dtype)
