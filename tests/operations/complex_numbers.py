"""Complex numbers: what is only for them, and every operation that takes them."""

import numpy as np

import autograd_lite as ag
from autograd_lite.rules import complex_numbers

from .table import at, complex_, kind, real, row, unary

near_one = kind(0.2, 0.8, complex=True)
right = kind(0.4, 1.0)  # the right half plane, away from the cuts of log and power


def of_complex(f, *kinds, **options):
    """The row of a holomorphic function."""
    name = f"complex {getattr(f, '__name__', f)}"
    return unary(f, *(kinds or (complex_,)), name=name, covers=(), **options)


def pairs(f):
    """The row of a function of two arrays, of which one or both are complex."""
    return row(
        f,
        at(complex_(), complex_()),
        at(complex_(3), complex_(2, 1)),
        at(complex_(3), real(3)),
        at(real(2, 1), complex_(3)),
        at(complex_(2), 0.7),
        at(0.7 + 0.2j, real(2)),
        at(real(2), 0.7 + 0.2j),
        name=f"complex {f.__name__}",
        covers=(),
    )


def mix(f, *cases, **options):
    return row(f, *cases, name=f"complex {f.__name__}", covers=(), **options)


def analytic(x, y):
    """Real variables as the parts of a complex one."""
    return np.exp((x + 1j * y) ** 2)


def parts(z):
    return z.real * z.imag + z.conj().imag


def choice(x, y):
    return np.where(np.array([[True], [False]]), x, y)


def indexed(z):
    return z[[0, 0, 1]]


def norms(z):
    return np.sum(np.abs(z) ** 2, axis=0)


# fmt: off
ROWS = [
    # --- only for them ------------------------------------------------------------------------
    unary(np.real,        complex_),
    unary(np.imag,        complex_),
    unary(np.conjugate,   complex_),
    unary(np.angle,       complex_),
    unary(np.sign,        complex_, covers=(np.sign, complex_numbers.sign)),
    row(np.real_if_close, at(real(3)), at(complex_(2, 2)), at(real(2), tol=10)),
    mix(np.real,          at(real(3)), at(real())),
    mix(np.imag,          at(real(3)), at(real())),
    mix(np.conjugate,     at(real(3)), at(real())),
    mix(np.angle,         at(complex_(3), deg=True), at(real(3))),
    mix(np.nan_to_num,    at(complex_(3)), at(complex_(), nan=1.0)),
    mix(parts,            at(complex_(2, 2)), at(real(3))),

    # --- arithmetic ---------------------------------------------------------------------------
    *map(pairs, (np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power)),
    *map(of_complex, (
        np.negative, np.positive, np.absolute, np.square, np.sqrt, np.reciprocal,
        np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sin, np.cos, np.tan,
        np.sinh, np.cosh, np.tanh, np.sinc)),
    *(of_complex(f, near_one) for f in (
        np.arcsin, np.arccos, np.arctan, np.arcsinh, np.arccosh, np.arctanh)),
    mix(analytic,         at(real(), real()), at(real(3), real(2, 1))),
    mix(choice,           at(complex_(2, 3), complex_(3)), at(real(3), complex_(2, 1))),

    # --- the other families -------------------------------------------------------------------
    mix(np.sum,           at(complex_(2, 3)), at(complex_(2, 3), axis=1, keepdims=True)),
    mix(np.mean,          at(complex_(2, 3)), at(complex_(2, 3), axis=0)),
    mix(np.matmul,        at(complex_(2, 3), complex_(3, 2)), at(complex_(3), real(3)),
                          at(real(2, 2, 3), complex_(3))),
    mix(np.dot,           at(complex_(3), complex_(3))),
    mix(np.outer,         at(complex_(2), real(3))),
    mix(np.reshape,       at(complex_(2, 3), (3, 2))),
    mix(np.transpose,     at(complex_(2, 3))),
    mix(np.concatenate,   at([complex_(2), real(3)])),
    mix(np.stack,         at([complex_(2), complex_(2)])),
    mix(indexed,          at(complex_(3)), at(complex_(2, 2))),
    mix(norms,            at(complex_(2, 3)), at(complex_(0, 2))),
    mix(ag.sigmoid,       at(complex_(3)), at(complex_())),
]
# fmt: on
