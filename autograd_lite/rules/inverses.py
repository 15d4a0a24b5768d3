"""Determinants, inverses and the solution of linear equations.

Sources: Giles, An extended collection of matrix derivative results (2008), and for the
pseudo-inverse Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973).
"""

import math

import numpy as np

from ..engine.arrays import unbroadcast
from ..engine.primitives import composed, primitive
from ..engine.tensor import plain
from .decompositions import singular_values_vjp
from .matrices import adjoint, as_array, conj, scaled_columns, symmetrized, transposed

FEW = 8  # up to this size the cofactors of a singular matrix are computed one by one


def _det_vjp(g, out, a):
    """Jacobi's formula: the cofactors, det(A) A^-T where A is regular."""
    g, out = (np.expand_dims(z, (-2, -1)) for z in (g, out))
    if (plain(out) == 0).any():
        return g * (_minors(a) if a.shape[-1] <= FEW else _cofactors(a))
    return g * out * transposed(np.linalg.inv(a))


def _minors(a):
    """The cofactors by their definition, which can be differentiated at any matrix."""
    n = a.shape[-1]
    rest = np.array([[j for j in range(n) if j != i] for i in range(n)], int).reshape(n, n - 1)
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return np.linalg.det(a[..., rest[:, None, :, None], rest[None, :, None, :]]) * signs


def _cofactors(a):
    """The cofactors from A = U S V^H: det(U) det(V^H) conj(U) (the products of the others) V^T."""
    u, s, vh = np.linalg.svd(a)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, np.expand_dims(s, -2))
    volume = np.linalg.det(u) * np.linalg.det(vh)
    inner = scaled_columns(conj(u), np.prod(others, axis=-1)) @ conj(vh)
    return np.expand_dims(volume, (-2, -1)) * inner


def _slogdet_vjp(g, out, a):
    """d log det(A) = tr(A^-1 dA): its real part moves log |det|, its imaginary part the sign."""
    g_sign, g_log = g
    if a.dtype.kind == "c":
        g_log = g_log + 1j * np.imag(g_sign * out[0])
    return np.expand_dims(g_log, (-2, -1)) * transposed(np.linalg.inv(a))


def _inv_vjp(g, out, a):
    """-A^-T g A^-T"""
    inverse = transposed(out)
    return -(inverse @ g @ inverse)


def _pinv_vjp(g, out, a, rcond=None, hermitian=False, rtol=None):
    """-P^T g P^T, and what moves the column space and the row space of A, where these are not all.

    Where the rank is the number of rows or of columns, what would move them is rounding noise.
    """
    x, g = transposed(out), transposed(g)
    contribution = -x @ transposed(g) @ x
    rank = np.round(np.sum(plain(a) * plain(x), axis=(-2, -1)).real)
    left, right = (np.expand_dims(rank < n, (-2, -1)) for n in a.shape[-2:])
    if left.any():
        contribution = contribution + left * conj((g - a @ (out @ g)) @ out @ adjoint(out))
    if right.any():
        contribution = contribution + right * conj(adjoint(out) @ out @ (g - (g @ out) @ a))
    return conj(symmetrized(conj(contribution))) if hermitian else contribution


# fmt: off
primitive(np.linalg.det,     _det_vjp)
primitive(np.linalg.slogdet, _slogdet_vjp)
primitive(np.linalg.inv,     _inv_vjp)
primitive(np.linalg.pinv,    _pinv_vjp)
# fmt: on


# --- linear equations -------------------------------------------------------------------------


def _columns(x, b):
    """A right-hand side of one axis is a column."""
    return np.expand_dims(x, -1) if b.ndim == 1 else x


def _solve_a_vjp(g, out, a, b):
    """-(A^-T g) x^T"""
    w = np.linalg.solve(transposed(a), _columns(g, b))
    return unbroadcast(-w @ transposed(_columns(out, b)), a.shape)


def _solve_b_vjp(g, out, a, b):
    """A^-T g"""
    w = np.linalg.solve(transposed(a), _columns(g, b))
    return np.reshape(unbroadcast(w, _columns(b, b).shape), b.shape)


def _lstsq_a_vjp(g, out, a, b, rcond=None):
    """Of x = A^+ b, of the squares that remain, and of the singular values."""
    x, g_x = _columns(out[0], b), _columns(g[0], b)
    inverse = np.linalg.pinv(a, rcond=_cutoff(a, rcond))
    contribution = _pinv_vjp(g_x @ transposed(_columns(b, b)), inverse, a)
    if out[1].size:
        contribution = contribution - _residual_vjp(g[1], x, a, b) @ transposed(x)
    return contribution + singular_values_vjp(g[3], out[3], a)


def _lstsq_b_vjp(g, out, a, b, rcond=None):
    """(A^+)^T g, and twice what remains."""
    x, g_x = _columns(out[0], b), _columns(g[0], b)
    contribution = transposed(np.linalg.pinv(a, rcond=_cutoff(a, rcond))) @ g_x
    if out[1].size:
        contribution = contribution + _residual_vjp(g[1], x, a, b)
    return np.reshape(contribution, b.shape)


def _residual_vjp(g, x, a, b):
    """Of sum |b - A x|^2 with respect to b: the best x does not move it to first order."""
    return scaled_columns(2 * conj(_columns(b, b) - a @ x), g)


def _cutoff(a, rcond):
    """Below which part of the largest one np.linalg.lstsq takes a singular value for 0."""
    eps = float(np.finfo(np.float64).eps)
    return eps * max(a.shape) if rcond is None else rcond if rcond >= 0 else eps


primitive(np.linalg.solve, _solve_a_vjp, _solve_b_vjp)
primitive(np.linalg.lstsq, _lstsq_a_vjp, _lstsq_b_vjp)


@composed(np.linalg.tensorsolve)
def _np_tensorsolve(a, b, axes=None):
    a, b = as_array(a), as_array(b)
    axes = [axis % a.ndim for axis in axes or ()]
    a = np.transpose(a, [axis for axis in range(a.ndim) if axis not in axes] + axes)
    shape = a.shape[b.ndim :]
    x = np.linalg.solve(np.reshape(a, (b.size, math.prod(shape))), np.ravel(b))
    return np.reshape(x, shape)
