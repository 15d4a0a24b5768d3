"""Determinants, inverses and the solution of linear equations."""

import numpy as np

from .matrices import regular, symmetric
from .table import at, complex_, real, row


def joined(f):
    """All numbers that a function of several results returns, but for those that are integers."""

    def all_of(*args, **kwargs):
        parts = [np.ravel(part) for part in f(*args, **kwargs) if part.dtype.kind in "fc"]
        return np.concatenate([i * part for i, part in enumerate(parts, start=1)])

    return all_of


def of_several(f, *cases, name=None, **options):
    options.setdefault("covers", (f,))
    return row(joined(f), *cases, name=name or f.__name__, **options)


def of_hermitian(f):
    """A function of a matrix that is symmetric, as a function of any."""

    def made_symmetric(a, **kwargs):
        a = np.matrix_transpose(a) + a if a.dtype.kind == "f" else np.conj(a).mT + a
        return f(a / 2, **kwargs)

    return made_symmetric


def complex_regular(n):
    return at(complex_(n, n))


# fmt: off
ROWS = [
    row(np.linalg.det,
        at(regular(1, 1)), at(regular(3, 3)), at(regular(2, 2, 2)), at(regular(0, 0)),
        at(regular(0, 2, 2)), at(regular(3, 0, 0)), at(complex_(3, 3))),
    row(np.linalg.det,
        at(np.zeros((1, 1))), at(np.zeros((2, 2))), at(np.zeros((3, 3))),
        at(np.array([[1.0, 2.0], [2.0, 4.0]])),
        at(np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [1.0, 5.0, 0.0]])),
        at(np.stack([np.eye(2), np.zeros((2, 2)), [[0.0, 1.0], [0.0, 2.0]]])),
        at(np.diag(np.arange(9.0) / 4)),
        at(np.array([[1.0, 1j], [1j, -1.0]])),
        name="det of a singular matrix", covers=()),
    of_several(np.linalg.slogdet,
        at(regular(3, 3)), at(regular(2, 2, 2)), at(regular(0, 0)), at(complex_(2, 2)),
        at(complex_(2, 3, 3))),
    row(np.linalg.inv,
        at(regular(3, 3)), at(regular(2, 2, 2)), at(regular(1, 1)), at(regular(0, 0)),
        at(regular(0, 2, 2)), at(complex_(2, 2))),
    row(np.linalg.pinv,
        at(regular(3, 3)), at(regular(2, 3)), at(regular(3, 2)), at(regular(2, 3, 2)),
        at(regular(3, 2), rcond=1e-8), at(regular(2, 3), rtol=1e-8), at(regular(0, 2)),
        at(complex_(3, 2)), at(complex_(2, 3)), at(complex_(2, 2))),
    row(of_hermitian(np.linalg.pinv),
        at(symmetric(3, 3), hermitian=True), at(symmetric(2, 2, 2), hermitian=True),
        at(complex_(2, 2), hermitian=True),
        covers=(np.linalg.pinv,), name="pinv of a symmetric matrix"),
    row(np.linalg.solve,
        at(regular(3, 3),    real(3)),
        at(regular(2, 2),    real(2, 3)),
        at(regular(2, 2, 2), real(2)),
        at(regular(2, 2, 2), real(2, 2, 1)),
        at(regular(2, 2, 2), real(2, 1)),
        at(regular(2, 2),    real(3, 2, 1)),
        at(regular(3, 1, 2, 2), real(2, 2, 1)),
        at(regular(2, 2),    real(2, 0)),
        at(regular(0, 2, 2), real(2)),
        at(complex_(2, 2),   complex_(2)),
        at(regular(2, 2),    complex_(2, 1)),
        at(complex_(2, 2),   real(2, 2))),
    of_several(np.linalg.lstsq,
        at(regular(3, 2), real(3)), at(regular(3, 2), real(3, 2)), at(regular(2, 3), real(2)),
        at(regular(2, 2), real(2, 1)), at(regular(4, 1), real(4, 2), rcond=1e-8),
        at(regular(3, 2), real(3), rcond=-1), at(complex_(3, 2), complex_(3, 2)),
        at(complex_(3, 2), real(3)), at(regular(3, 2), complex_(3))),
    row(np.linalg.tensorsolve,
        at(regular(6, 6).reshaped(2, 3, 6), real(2, 3)),
        at(regular(6, 6).reshaped(6, 3, 2), real(6)),
        at(regular(4, 4).reshaped(2, 4, 2), real(2, 2), axes=(1,)),
        at(regular(6, 6).reshaped(3, 6, 2), real(6), axes=(0, 2)),
        at(complex_(4, 2, 2), complex_(4))),
    row(np.linalg.tensorinv,
        at(regular(6, 6).reshaped(2, 3, 3, 2)), at(regular(6, 6).reshaped(6, 2, 3), ind=1)),
    row(np.linalg.matrix_power,
        *(at(regular(2, 2), n) for n in (1, 2, 3, 5, -1, -2)), at(regular(2, 2, 2), n=4),
        at(complex_(2, 2), -3)),
    row(np.linalg.multi_dot,
        at([real(2, 3), real(3, 2)]), at([real(2, 3), real(3, 2), real(2, 2)]),
        at([real(3), real(3, 2), real(2, 2), real(2)]), at([real(3), real(3, 2), real(2)])),
]
# fmt: on
