"""Matrix decompositions.

A symmetric (Hermitian) argument has a symmetric gradient, although NumPy reads one triangle.
Singular values and eigenvalues have their gradients where they coincide, too; vectors there,
and where a result depends on what a decomposition leaves open (the phase of a complex vector,
the basis of a complement), have none: such a gradient is nan, or refused.
"""

import numpy as np

from ..engine.primitives import composed, primitive
from ..engine.tensor import plain
from .elementwise import by_convention
from .matrices import (
    adjoint,
    conj,
    diagonal,
    diagonal_matrix,
    real,
    scaled_columns,
    symmetrized,
    transposed,
)


def _lower(n):
    """The lower triangle with half of the diagonal, as a mask."""
    return np.tri(n) - np.eye(n) / 2


def _quotient(x, y, equal):
    """x / y; where y is 0 but for rounding, 0 for x = 0, and else nan with its derivatives."""
    exists = np.where(equal & (plain(x) != 0), np.nan, ~equal)
    return by_convention(x, exists, ~equal) / np.where(equal, 1, y)


def _off_diagonal(x):
    return x * ~np.eye(x.shape[-1], dtype=bool)


def _rounding(values):
    """Below what differences of these values are rounding errors, for each of their rows."""
    size = np.abs(values).max(axis=-1, initial=0, keepdims=True)
    return np.expand_dims(size * (values.shape[-1] * np.finfo(values.dtype).eps), -1)


def _differences(values):
    """values[j] - values[i] in row i and column j, and where it is 0 but for rounding."""
    gaps = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    return gaps, np.abs(plain(gaps)) <= _rounding(plain(values))


def _of_values(g, values, equal):
    """The cotangents of eigenvalues or singular values, which only simple ones pass on further.

    Of sum(w**2) = trace(A A) with equal w they are equal too, and the quotient of their
    differences, 0 / 0, is in the second derivative.
    """
    repeated = (equal & ~np.eye(values.shape[-1], dtype=bool)).any(axis=-1)
    return by_convention(g, 1, ~repeated)


def _refuse(dependence, scale, what, way_out):
    """Raise if a derivative along what a decomposition leaves open is not 0."""
    dependence, scale = np.abs(plain(dependence)), np.abs(plain(scale))
    tolerance = np.finfo(scale.dtype).eps ** 0.5
    if dependence.max(initial=0) > tolerance * (scale.max(initial=0) + tolerance):
        raise ValueError(
            f"the result depends on {what}, which the decomposition leaves open, so it has no "
            f"gradient: {way_out}"
        )


def _refuse_phases(turning, scale):
    """Complex eigenvectors and singular vectors are given up to a factor of magnitude 1."""
    if turning.dtype.kind == "c":
        _refuse(
            np.imag(plain(diagonal(turning))), scale, "the phases of complex vectors",
            "use what they cancel in, such as abs(v) or products v_i conj(v_j)",
        )  # fmt: skip


def _economic(basis, g, k):
    """The first k vectors of an orthonormal basis with their cotangent.

    The others turn with them, so as to stay orthogonal. Among themselves they are free.
    """
    if basis.shape[-1] == k:
        return basis, g
    rest, g_rest = basis[..., k:], g[..., k:]
    among = adjoint(rest) @ g_rest
    _refuse(
        among - adjoint(among), plain(g_rest), "the basis of the complement",
        "use full_matrices=False, mode='reduced', or the projection rest @ rest^H",
    )  # fmt: skip
    basis, g = basis[..., :k], g[..., :k]
    return basis, g - rest @ (adjoint(g_rest) @ basis)


# --- Cholesky, QR -----------------------------------------------------------------------------


def _cholesky_vjp(g, out, a, upper=False):
    """L^-H P(L^H G) L^-1 made Hermitian, P the lower triangle with half of the diagonal.

    Source: Murray, Differentiation of the Cholesky decomposition (2016).
    """
    g, factor = (adjoint(conj(g)), adjoint(out)) if upper else (conj(g), out)
    inverse = np.linalg.inv(factor)
    inner = (adjoint(factor) @ g) * _lower(a.shape[-1])
    return conj(symmetrized(adjoint(inverse) @ inner @ inverse))


def _qr_vjp(g, out, a, mode="reduced"):
    """(G_Q + Q (X + X^H)) R^-H, X the upper triangle of G_R R^H - Q^H G_Q, half the diagonal.

    The columns of a wide matrix beyond the square are Q times those of R.
    Source: Walter and Lehmann, Automatic differentiation of QR decompositions (2010).
    """
    k = min(a.shape[-2:])
    q, g_q = _economic(out[0], conj(g[0]), k)
    r, g_r = out[1][..., :k, :], conj(g[1])[..., :k, :]
    wide = r[..., k:], g_r[..., k:]
    r, g_r = r[..., :k], g_r[..., :k]
    g_q = g_q + q @ wide[0] @ adjoint(wide[1])
    inner = (g_r @ adjoint(r) - adjoint(q) @ g_q) * transposed(_lower(k))
    square = adjoint(np.linalg.solve(r, adjoint(g_q + q @ (inner + adjoint(inner)))))
    return conj(np.concatenate([square, q @ wide[1]], axis=-1))


# --- eigenvalues and eigenvectors -------------------------------------------------------------


def _eigh_vjp(g, out, a, UPLO="L"):
    """V (diag(G_w) + V^H G_V / (w_j - w_i)) V^H, made Hermitian. Source: Giles (2008)."""
    w, v = out
    inner = adjoint(v) @ conj(g[1])
    _refuse_phases(inner, inner)
    gaps, equal = _differences(w)
    inner = _quotient(_off_diagonal(inner), gaps, equal)
    inner = inner + diagonal_matrix(_of_values(g[0], w, equal))
    return conj(symmetrized(v @ inner @ adjoint(v)))


def _eigvalsh_vjp(g, out, a, UPLO="L"):
    """V diag(g) V^H"""
    v = np.linalg.eigh(a, UPLO=UPLO)[1]
    g = _of_values(g, out, _differences(out)[1])
    return conj(scaled_columns(v, g) @ adjoint(v))


def _eig_vjp(g, out, a):
    """V^-H (diag(G_w) + (V^H G_V - V^H V Re diag(V^H G_V)) / conj(w_j - w_i)) V^H.

    The second term keeps the eigenvectors of length 1. Source: Boeddeker et al., On the
    computation of complex-valued gradients (2017).
    """
    w, v = out
    inner = adjoint(v) @ conj(g[1])
    _refuse_phases(inner, inner)
    inner = inner - scaled_columns(adjoint(v) @ v, real(diagonal(inner)))
    gaps, equal = _differences(w)
    inner = _quotient(_off_diagonal(inner), conj(gaps), equal)
    inner = inner + diagonal_matrix(conj(_of_values(g[0], w, equal)))
    return conj(np.linalg.solve(adjoint(v), inner @ adjoint(v)))


# --- singular values --------------------------------------------------------------------------


def singular_values(a, hermitian=False):
    return np.linalg.svd(a, compute_uv=False, hermitian=hermitian)


def svd(a, full_matrices=True, hermitian=False):
    return np.linalg.svd(a, full_matrices=full_matrices, hermitian=hermitian)


def singular_values_vjp(g, out, a, hermitian=False):
    """U diag(g) V^H; like an absolute value, a singular value of 0 has the gradient 0."""
    u, s, vh = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
    bent = (plain(s) == 0) & (plain(g) != 0)
    g = by_convention(_of_values(g, s, _differences(s)[1]), s > 0, s)
    contribution = conj(scaled_columns(u, g) @ vh)
    return by_convention(contribution, 1, ~bent.any(axis=-1)[..., None, None])


def _svd_vjp(g, out, a, full_matrices=True, hermitian=False):
    """U (X_U s_j + s_i X_V) / (s_j^2 - s_i^2) V^H with X = Y - Y^H, Y_U = U^H G_U, and diag(G_s);
    what leaves the spaces of U and V is divided by s. Source: Townsend, Differentiating the
    singular value decomposition (2016).
    """
    s = out[1]
    u, g_u = _economic(out[0], conj(g[0]), s.shape[-1])
    v, g_v = _economic(adjoint(out[2]), transposed(g[2]), s.shape[-1])
    y_u, y_v = adjoint(u) @ g_u, adjoint(v) @ g_v
    _refuse_phases(y_u + y_v, np.abs(plain(y_u)) + np.abs(plain(y_v)))
    vanishing = plain(s) <= np.squeeze(_rounding(plain(s)), -1)
    inner = _between(y_u - adjoint(y_u), y_v - adjoint(y_v), s, vanishing)
    g_s = _of_values(g[1], s, _differences(s)[1])
    inner = inner + diagonal_matrix(by_convention(g_s, 1, s))
    contribution = u @ inner @ adjoint(v)
    if u.shape[-2] > u.shape[-1]:
        contribution = contribution + _over(g_u - u @ y_u, s, vanishing) @ adjoint(v)
    if v.shape[-2] > v.shape[-1]:
        contribution = contribution + u @ adjoint(_over(g_v - v @ y_v, s, vanishing))
    return conj(symmetrized(contribution) if hermitian else contribution)


def _between(x_u, x_v, s, vanishing):
    """How the vectors turn within the spaces of U and of V: in the same sense, or against.

    (X_U s_j + s_i X_V) / (s_j^2 - s_i^2) in partial fractions: only the first of them is
    singular where two values coincide.
    """
    row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
    gaps, equal = _differences(s)
    sums = row + column
    both = np.abs(plain(sums)) <= _rounding(plain(s))
    inner = _quotient(_off_diagonal(x_u + x_v), 2 * gaps, equal)
    inner = inner + _quotient(_off_diagonal(x_u - x_v), 2 * sums, both)
    if x_u.dtype.kind != "c":
        return inner
    return inner + diagonal_matrix(_quotient(diagonal(x_u) / 2, s, vanishing))


def _over(x, s, vanishing):
    """x diag(1/s)"""
    return _quotient(x, np.expand_dims(s, -2), np.expand_dims(vanishing, -2))


def qr(a, mode="reduced"):
    return np.linalg.qr(a, mode=mode)


# fmt: off
primitive(np.linalg.cholesky, _cholesky_vjp)
primitive(np.linalg.eigh,     _eigh_vjp)
primitive(np.linalg.eigvalsh, _eigvalsh_vjp)
primitive(np.linalg.eig,      _eig_vjp)
qr              = primitive(qr, _qr_vjp)
svd             = primitive(svd, _svd_vjp)
singular_values = primitive(singular_values, singular_values_vjp)
# fmt: on


@composed(np.linalg.qr)
def _np_qr(a, mode="reduced"):
    if mode == "r":
        return qr(a, mode="reduced").R
    if mode not in ("reduced", "complete"):
        raise ValueError(
            f"the QR decomposition of a Tensor has no mode={mode!r}: "
            "take 'reduced', 'complete' or 'r'"
        )
    return qr(a, mode=mode)


composed(np.linalg.eigvals)(lambda a: np.linalg.eig(a)[0])


@composed(np.linalg.svd)
def _np_svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    if not compute_uv:
        return singular_values(a, hermitian=hermitian)
    return svd(a, full_matrices=full_matrices, hermitian=hermitian)


composed(np.linalg.svdvals)(lambda x: singular_values(x))
