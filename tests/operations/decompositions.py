"""Decompositions: every result of each, and of complex matrices what does not depend on phases."""

import numpy as np

from autograd_lite.rules import decompositions as rules

from .inverses import of_hermitian, of_several
from .matrices import positive, real_spectrum, regular, spinning, symmetric
from .table import at, complex_, row


def without_phase(vectors):
    """|v|^2 and v_i conj(v_0): what is left of vectors that are given up to a phase."""
    turned = vectors * np.conj(vectors[..., :1, :])
    return np.concatenate([np.abs(vectors) ** 2, np.real(turned), np.imag(turned)], axis=-2)


def eigen(f):
    """The eigenvalues, and the eigenvectors without their phases."""

    def parts(a, **kwargs):
        values, vectors = f(a, **kwargs)
        return np.concatenate([np.expand_dims(values, -2), without_phase(vectors)], axis=-2)

    return parts


def real_eigen(a):
    """Of a matrix with real eigenvalues: NumPy 2.5 makes them complex numbers too."""
    return tuple(map(np.real, np.linalg.eig(a)))


def singular(a, **kwargs):
    """Singular values and vectors, those with one phase in common multiplied."""
    u, s, vh = np.linalg.svd(a, **kwargs)
    k = s.shape[-1]
    both = u[..., :, :k] * np.expand_dims(s, -2) ** 2 @ vh[..., :k, :]
    parts = [s, both, without_phase(u[..., :k]), without_phase(np.conj(vh[..., :k, :]).mT)]
    rest = u[..., k:] @ np.conj(u[..., k:]).mT, vh[..., k:, :].mT @ np.conj(vh[..., k:, :])
    parts = [np.ravel(part) for part in (*parts, *rest) if part.size]
    return np.concatenate([np.zeros(0), *parts])


def complemented(a):
    """The complete QR decomposition, of the added columns what does not depend on their choice."""
    q, r = np.linalg.qr(a, mode="complete")
    k = min(a.shape[-2:])
    rest = q[..., k:] @ np.conj(q[..., k:]).mT
    return np.concatenate([np.ravel(part) for part in (q[..., :k], rest, r)])


def svd_of(name, *cases):
    return row(singular, *cases, name=f"svd {name}", covers=(np.linalg.svd, RAW_SVD))


def both_triangles(f):
    return [
        at(symmetric(3, 3)), at(symmetric(2, 2, 2)), at(symmetric(1, 1)), at(symmetric(0, 0)),
        at(symmetric(0, 2, 2)), at(symmetric(3, 3), UPLO="U"), at(complex_(2, 2)),
        at(complex_(3, 3), UPLO="U"),
    ]  # fmt: skip


RAW_SVD, RAW_QR = rules.svd.__wrapped__, rules.qr.__wrapped__
RAW_VALUES = rules.singular_values.__wrapped__

# fmt: off
ROWS = [
    row(of_hermitian(lambda a, **kwargs: np.linalg.cholesky(
            a if a.dtype.kind == "f" else a @ np.conj(a).mT, **kwargs)),
        at(positive(3, 3)), at(positive(2, 2, 2)), at(positive(3, 3), upper=True),
        at(positive(0, 0)), at(positive(1, 1)), at(complex_(2, 2)), at(complex_(2, 2), upper=True),
        covers=(np.linalg.cholesky,), name="cholesky"),
    of_several(np.linalg.qr,
        at(regular(3, 3)), at(regular(3, 2)), at(regular(2, 3)), at(regular(2, 3, 2)),
        at(regular(2, 2, 3)),
        at(regular(2, 2), mode="complete"), at(regular(2, 3), mode="complete"),
        at(complex_(2, 2)), at(complex_(3, 2)), at(complex_(2, 3)),
        covers=(np.linalg.qr, RAW_QR)),
    row(np.linalg.qr, at(regular(3, 2), mode="r"), at(regular(2, 3), mode="r"),
        covers=(), name="qr, R alone"),
    row(complemented,
        at(regular(3, 2)), at(regular(3, 1)), at(regular(2, 3, 2)), at(complex_(3, 1)),
        covers=(), name="qr, complete"),

    row(eigen(of_hermitian(np.linalg.eigh)), *both_triangles(np.linalg.eigh),
        covers=(np.linalg.eigh,), name="eigh"),
    of_several(of_hermitian(np.linalg.eigh), at(symmetric(3, 3)), at(symmetric(2, 2, 2)),
        covers=(), name="eigh, the vectors themselves"),
    row(of_hermitian(np.linalg.eigvalsh), *both_triangles(np.linalg.eigvalsh),
        covers=(np.linalg.eigvalsh,), name="eigvalsh"),
    row(eigen(np.linalg.eig),
        at(spinning(2, 2)), at(spinning(3, 3)), at(real_spectrum(3, 3)), at(regular(1, 1)),
        at(regular(0, 0)), at(spinning(2, 2, 2)), at(complex_(2, 2)), at(complex_(3, 3)),
        covers=(np.linalg.eig,), name="eig"),
    of_several(real_eigen, at(real_spectrum(3, 3)), covers=(),
        name="eig, the vectors themselves"),

    row(np.linalg.eigvals,
        at(spinning(2, 2)), at(spinning(3, 3)), at(real_spectrum(3, 3)), at(regular(0, 0)),
        at(spinning(2, 2, 2)), at(complex_(2, 2)), at(complex_(3, 3))),

    row(np.linalg.svdvals,
        at(regular(3, 2)), at(regular(2, 3)), at(regular(2, 2, 2)), at(regular(0, 2)),
        at(regular(0, 2, 2)), at(complex_(2, 3)),
        covers=(np.linalg.svdvals, RAW_VALUES)),
    row(np.linalg.svd, at(regular(2, 3), compute_uv=False), at(complex_(2, 2), compute_uv=False),
        covers=(), name="svd, values alone"),
    row(of_hermitian(np.linalg.svd),
        at(symmetric(3, 3), compute_uv=False, hermitian=True),
        at(complex_(2, 2), compute_uv=False, hermitian=True),
        covers=(RAW_VALUES,), name="svd, values of a symmetric matrix"),
    svd_of("economic",
        *(at(regular(*shape), full_matrices=False)
          for shape in ((3, 3), (3, 2), (2, 3), (1, 1), (2, 2, 2), (2, 3, 2), (0, 2))),
        at(complex_(3, 2), full_matrices=False), at(complex_(2, 2), full_matrices=False),
        at(complex_(2, 3), full_matrices=False)),
    svd_of("full", at(regular(2, 2)), at(regular(3, 2)), at(regular(1, 3)), at(complex_(3, 2)),
        at(complex_(2, 2))),
    row(of_hermitian(singular), at(symmetric(3, 3), hermitian=True),
        at(complex_(2, 2), hermitian=True), name="svd of a symmetric matrix", covers=(RAW_SVD,)),
    of_several(np.linalg.svd, at(regular(3, 2), full_matrices=False), at(regular(2, 2)),
        covers=(), name="svd, the vectors themselves"),
]
# fmt: on
