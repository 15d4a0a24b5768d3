"""Products, decompositions and the Fourier transform."""

import numpy

from .table import at, phasor, real, spd

C = numpy.array([[2.0, 0.3, -0.5], [0.1, 3.0, 0.4], [0.2, -0.6, 4.0]])
TURN = numpy.array([[1.0, 2.0, 0.1], [-2.0, 1.0, 0.3], [0.2, 0.1, 3.0]])


def square(f):
    """A function of a well-conditioned matrix near C."""
    return lambda np, x: f(np, C + 0.3 * x)


def symmetric(f):
    """A function of a symmetric matrix: whatever triangle it reads, the derivative is the same."""
    return lambda np, x: f(np, C + C.T + 0.3 * (x + x.T))


def fourier(kind, *names):
    return [
        at(f"fft.{name}", lambda np, x, name=name: getattr(np.fft, name)(x), kind(4, 6))
        for name in names
    ]


# fmt: off
SAMPLES = [
    # --- products ---------------------------------------------------------------------------------
    at("matmul",       lambda np, x, y: np.matmul(x, y),              real(2, 2, 3), real(3, 2)),
    at("matmul (1-D)", lambda np, x, y: np.matmul(x, y),              real(3), real(2, 3, 2)),
    at("dot",          lambda np, x, y: np.dot(x, y),                 real(2, 3), real(3, 2)),
    at("dot (N-D)",    lambda np, x, y: np.dot(x, y),                 real(2, 3), real(2, 3, 2)),
    at("vdot",         lambda np, x, y: np.vdot(x, y),                real(2, 3), real(2, 3)),
    at("inner",        lambda np, x, y: np.inner(x, y),               real(2, 3), real(4, 3)),
    at("outer",        lambda np, x, y: np.outer(x, y),               real(3), real(2)),
    at("tensordot",    lambda np, x, y: np.tensordot(x, y, 2),        real(2, 3, 2), real(3, 2, 2)),
    at("einsum",       lambda np, x, y: np.einsum("ij,jk->ik", x, y), real(2, 3), real(3, 2)),
    at("einsum (trace/diagonal, repeated index)",
        lambda np, x: [np.einsum("ii->i", x), np.einsum("ii", x)],   real(3, 3)),
    at("einsum (ellipsis)",
        lambda np, x, y: np.einsum("...ij,jk->...ik", x, y),         real(2, 2, 3), real(3, 2)),
    at("kron",         lambda np, x, y: np.kron(x, y),                real(2, 3), real(2, 2)),
    at("cross",        lambda np, x, y: np.cross(x, y),               real(2, 3), real(2, 3)),
    at("trace",        lambda np, x: np.trace(x),                     real(3, 3)),
    at("vecdot",       lambda np, x, y: np.vecdot(x, y),              real(2, 3), real(3)),
    at("matvec",       lambda np, x, y: np.matvec(x, y),              real(2, 2, 3), real(3)),
    at("vecmat",       lambda np, x, y: np.vecmat(x, y),              real(3), real(2, 3, 2)),
    at("convolve",     lambda np, x, y: np.convolve(x, y),            real(5), real(3)),
    at("correlate",    lambda np, x, y: np.correlate(x, y),           real(5), real(3)),
    at("add_sequence", lambda np, *xs: np.add_sequence(*xs),          real(2, 3), real(3), real(3)),
    at("multiply_sequence",
        lambda np, *xs: np.multiply_sequence(*xs), real(2, 3), real(3), real(3)),
    at("multi_matmul", lambda np, *xs: np.multi_matmul(xs), real(2, 3), real(3, 2), real(2, 2)),

    # --- linear algebra: norms --------------------------------------------------------------------
    at("linalg.norm (fro)",             lambda np, x: np.linalg.norm(x),                real(2, 3)),
    at("linalg.norm (ord=1, vector)",   lambda np, x: np.linalg.norm(x, ord=1),         real(4)),
    at("linalg.norm (ord=3, vector)",   lambda np, x: np.linalg.norm(x, ord=3),         real(4)),
    at("linalg.norm (axis)",            lambda np, x: np.linalg.norm(x, axis=1),        real(2, 3)),
    at("linalg.norm (ord=inf, vector)", lambda np, x: np.linalg.norm(x, ord=np.inf),    real(4)),
    at("linalg.norm (nuc)",             lambda np, x: np.linalg.norm(x, ord="nuc"),     real(2, 3)),
    at("linalg.norm (ord=2, matrix)",   lambda np, x: np.linalg.norm(x, ord=2),         real(2, 3)),
    at("linalg.vector_norm",            lambda np, x: np.linalg.vector_norm(x, axis=1), real(2, 3)),
    at("linalg.matrix_norm",            lambda np, x: np.linalg.matrix_norm(x), real(2, 2, 3)),
    at("linalg.cond",                   square(lambda np, a: np.linalg.cond(a)),        real(3, 3)),

    # --- linear algebra: solutions and decompositions ---------------------------------------------
    at("linalg.det",                square(lambda np, a: np.linalg.det(a)),             real(3, 3)),
    at("linalg.slogdet",            square(lambda np, a: np.linalg.slogdet(a)[1]),      real(3, 3)),
    at("linalg.inv",                square(lambda np, a: np.linalg.inv(a)),             real(3, 3)),
    at("linalg.pinv",               lambda np, x: np.linalg.pinv(x),                    real(4, 2)),
    at("linalg.solve",              lambda np, x, b: np.linalg.solve(C + 0.3 * x, b,    ),
        real(3, 3), real(3, 2)),
    at("linalg.lstsq",         lambda np, a, b: np.linalg.lstsq(a, b, rcond=None)[0],
        real(4, 2), real(4)),
    at("linalg.cholesky",           lambda np, x: np.linalg.cholesky(spd(np, x)),       real(3, 3)),
    at("linalg.eigh (eigenvalues)", symmetric(lambda np, a: np.linalg.eigh(a)[0]),      real(3, 3)),
    at("linalg.eigh (vectors)",     symmetric(lambda np, a: np.linalg.eigh(a)[1] ** 2), real(3, 3)),
    at("linalg.eigvalsh",           symmetric(lambda np, a: np.linalg.eigvalsh(a)),     real(3, 3)),
    at("linalg.eig (eigenvalues)",  square(lambda np, a: np.linalg.eig(a)[0]),          real(3, 3)),
    at("linalg.eigvals",            lambda np, x: np.linalg.eigvals(TURN + 0.2 * x),    real(3, 3)),
    at("linalg.svd (singular values)",
        lambda np, x: np.linalg.svd(x, full_matrices=False)[1],                       real(3, 2)),
    at("linalg.svd (U)",
        lambda np, x: np.linalg.svd(x, full_matrices=False)[0] ** 2,                  real(3, 2)),
    at("linalg.svdvals",            lambda np, x: np.linalg.svdvals(x),                 real(3, 2)),
    at("linalg.qr (R)",             lambda np, x: np.linalg.qr(x)[1],                   real(3, 2)),
    at("linalg.matrix_power",       square(lambda np, a: [np.linalg.matrix_power(a, 3,  ),
                                                     np.linalg.matrix_power(a, -1)]), real(3, 3)),
    at("linalg.multi_dot",          lambda np, *xs: np.linalg.multi_dot(xs,             ),
        real(2, 3), real(3, 2), real(2)),
    at("linalg.tensorsolve",   lambda np, x, b:
        np.linalg.tensorsolve(numpy.eye(6).reshape(2, 3, 6) + 0.1 * x, b),
        real(2, 3, 6), real(2, 3)),
    at("linalg.tensorinv",     lambda np, x:
        np.linalg.tensorinv(numpy.eye(6).reshape(2, 3, 6) + 0.1 * x),                real(2, 3, 6)),

    # --- linear algebra: NumPy 2's second names ---------------------------------------------------
    at("linalg.cross",            lambda np, x, y: np.linalg.cross(x, y),      real(2, 3), real(3)),
    at("linalg.diagonal",         lambda np, x: np.linalg.diagonal(x),         real(2, 3, 3)),
    at("linalg.trace",            lambda np, x: np.linalg.trace(x),            real(2, 3, 3)),
    at("linalg.outer",            lambda np, x, y: np.linalg.outer(x, y),      real(3), real(2)),
    at("linalg.matmul",           lambda np, x, y: np.linalg.matmul(x, y), real(2, 3), real(3, 2)),
    at("linalg.tensordot",        lambda np, x, y: np.linalg.tensordot(x, y, axes=1, ),
        real(2, 3), real(3, 2)),
    at("linalg.vecdot",           lambda np, x, y: np.linalg.vecdot(x, y),     real(2, 3), real(3)),
    at("linalg.matrix_transpose", lambda np, x: np.linalg.matrix_transpose(x), real(2, 2, 3)),

    # --- the Fourier transform --------------------------------------------------------------------
    *fourier(phasor,  "fft", "ifft", "fft2", "ifft2", "fftn", "ifftn", "irfft", "irfft2", "irfftn"),
    *fourier(phasor,  "hfft", "fftshift", "ifftshift"),
    *fourier(real,    "rfft", "rfft2", "rfftn", "ihfft"),
    at("fft.rfft (odd length)", lambda np, x: np.fft.rfft(x),                 real(5)),
]
# fmt: on
