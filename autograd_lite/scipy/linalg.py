"""scipy.linalg: matrix functions and equations. Their derivatives are equations again."""

import numpy as np
import scipy.linalg

from ..engine.arrays import called
from ..engine.primitives import primitive
from ..engine.tensor import plain


def expm(A):
    """The exponential of a matrix, or of each in a stack (..., n, n), as `scipy.linalg.expm`."""
    return called(scipy.linalg.expm, A)


def root(A):
    return called(scipy.linalg.sqrtm, A)


def sqrtm(A, disp=True, blocksize=64):
    """The principal square root of a matrix, as `scipy.linalg.sqrtm`.

    Its derivative exists where no two eigenvalues of the root add up to 0. Without ``disp`` an
    estimate of the error comes with it; ``blocksize`` changes the time that it takes.
    """
    X = _root(A)
    if disp:
        return X
    error, given = plain(X) @ plain(X) - plain(A), np.linalg.norm(plain(A))
    return X, np.linalg.norm(error) ** 2 / given


def solve_sylvester(a, b, q):
    """x with a @ x + x @ b = q, as `scipy.linalg.solve_sylvester`."""
    return called(scipy.linalg.solve_sylvester, a, b, q)


def solve_triangular(
    a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True
):
    """x with a @ x = b, or a.T @ x = b, for a triangular a, as `scipy.linalg.solve_triangular`.

    Only the triangle is read, and only there is a gradient.

    Parameters
    ----------
    a : array of shape (n, n)
    b : array of shape (n,) or (n, k)
    trans : 0, 1, 2, "N", "T" or "C"
        Solve with a, its transpose, or its conjugate transpose.
    lower : bool
        Whether a is lower triangular.
    unit_diagonal : bool
        Take the diagonal as ones.
    overwrite_b, check_finite
        SciPy's. Nothing is overwritten: the tape keeps it. With ``check_finite=False`` infinities
        and nan are not looked for.
    """
    trans = {"N": 0, "T": 1, "C": 2}.get(trans, trans)
    if trans == 2 and np.iscomplexobj(a):
        a, trans = np.conjugate(a), 1
    settings = {"lower": lower, "unit_diagonal": unit_diagonal, "check_finite": check_finite}
    return _triangular(a, b, trans=min(trans, 1), **settings)


def solve_banded(l_and_u, ab, b, overwrite_ab=False, overwrite_b=False, check_finite=True):
    """x with a @ x = b for a band matrix a, as `scipy.linalg.solve_banded`.

    Parameters
    ----------
    l_and_u : (int, int)
        How many diagonals are below and above the main one.
    ab : array of shape (l + u + 1, n)
        The diagonals: ``ab[u + i - j, j] == a[i, j]``.
    b : array of shape (n,) or (n, k)
    overwrite_ab, overwrite_b, check_finite
        As of `solve_triangular`.
    """
    return _banded(ab, b, l_and_u=tuple(l_and_u), check_finite=check_finite)


def triangular(a, b, trans=0, lower=False, unit_diagonal=False, check_finite=True):
    settings = {"unit_diagonal": unit_diagonal, "check_finite": check_finite}
    return called(scipy.linalg.solve_triangular, a, b, trans, lower, **settings)


def banded(ab, b, l_and_u, check_finite=True):
    return called(scipy.linalg.solve_banded, l_and_u, ab, b, check_finite=check_finite)


def _expm_vjp(g, out, A):
    """The upper right block of expm([[A.T, g], [0, A.T]]): Higham, Functions of Matrices, 3.6."""
    n = A.shape[-1]
    top = np.concatenate([A.mT, g], axis=-1)
    bottom = np.concatenate([np.zeros_like(g), A.mT], axis=-1)
    return expm(np.concatenate([top, bottom], axis=-2))[..., :n, n:]


def _triangular_b_vjp(g, out, a, b, trans=0, **settings):
    return _triangular(a, g, trans=1 - trans, **settings)


def _triangular_a_vjp(g, out, a, b, trans=0, **settings):
    """-s x^T in the triangle, where s is the contribution of b."""
    s = _triangular_b_vjp(g, out, a, b, trans, **settings)
    s, x = (out, s) if trans else (s, out)
    contribution = -_outer(s, x)
    k = int(settings.get("unit_diagonal", False))
    return np.tril(contribution, -k) if settings.get("lower") else np.triu(contribution, k)


def _outer(s, x):
    """s x^T, of vectors or of matrices of columns."""
    return s[:, None] * x if s.ndim == 1 else s @ x.T


def _banded_b_vjp(g, out, ab, b, l_and_u, check_finite=True):
    lower, upper = l_and_u
    rows, columns, inside = _diagonals(ab.shape[1], upper, lower)
    flipped = np.where(inside, ab[lower + upper - rows, columns], 0)
    return _banded(flipped, g, l_and_u=(upper, lower), check_finite=check_finite)


def _banded_ab_vjp(g, out, ab, b, l_and_u, check_finite=True):
    """-s[i] x[j] where a[i, j] is stored; s is the cotangent of b. The corners are never read."""
    s = _banded_b_vjp(g, out, ab, b, l_and_u, check_finite)
    lower, upper = l_and_u
    _, i, inside = _diagonals(ab.shape[1], lower, upper)
    terms = -s[i] * out
    return np.where(inside, terms if terms.ndim == 2 else np.sum(terms, axis=-1), 0)


def _diagonals(n, lower, upper):
    """For each place [r, j] of a band matrix: r, its row i = r + j - upper, whether it exists."""
    r, j = np.indices((lower + upper + 1, n))
    i = r + j - upper
    return r, np.clip(i, 0, n - 1), (i >= 0) & (i < n)


# fmt: off
expm  = primitive(expm,  _expm_vjp)
_root = primitive(root,  lambda g, out, A: solve_sylvester(out.T, out.T, g))
solve_sylvester = primitive(solve_sylvester,
    lambda g, out, a, b, q: -solve_sylvester(a.T, b.T, g) @ out.T,
    lambda g, out, a, b, q: -out.T @ solve_sylvester(a.T, b.T, g),
    lambda g, out, a, b, q: solve_sylvester(a.T, b.T, g))
_triangular = primitive(triangular, _triangular_a_vjp, _triangular_b_vjp)
_banded     = primitive(banded, _banded_ab_vjp, _banded_b_vjp)
# fmt: on
