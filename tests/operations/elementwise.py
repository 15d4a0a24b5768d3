"""Functions that work element by element."""

import numpy as np

from autograd_lite.engine.dispatch import registry
from autograd_lite.rules import complex_numbers, elementwise, quadratures

from .table import above_one, at, binary, kind, positive, real, row, since, unary, unit

MASK = np.array([[True], [False]])
many_turns = kind(0.2, 9.0, signed=True)


def astype(x, dtype):
    return x.astype(dtype)


def first_of_two(f):
    """A function of which only the first result has a derivative."""

    def first(*args):
        return f(*args)[0]

    first.__name__ = f.__name__
    return first


def rest_of_division(x, y):
    return np.divmod(x, y)[1]


# fmt: off
ROWS = [
    # --- arithmetic ---------------------------------------------------------------------------
    binary(np.add,        real, real),
    binary(np.subtract,   real, real),
    binary(np.multiply,   real, real),
    binary(np.divide,     real, real),
    binary(np.remainder,  real, above_one),
    binary(np.fmod,       real, above_one),
    binary(np.power,      positive, real),
    binary(np.float_power, positive, real),
    binary(rest_of_division, real, above_one, covers=(np.divmod,)),
    binary(np.hypot,      real, real),
    unary(np.negative,    real),
    unary(np.positive,    real),
    unary(np.absolute,    real),
    unary(np.fabs,        real),
    unary(np.square,      real),
    unary(np.sqrt,        positive),
    unary(np.cbrt,        real),
    unary(np.reciprocal,  real),

    # --- exponentials and logarithms ----------------------------------------------------------
    unary(np.exp,         real),
    unary(np.exp2,        real),
    unary(np.expm1,       real),
    unary(np.log,         positive),
    unary(np.log2,        positive),
    unary(np.log10,       positive),
    unary(np.log1p,       positive),

    # --- trigonometry -------------------------------------------------------------------------
    unary(np.sin,         real),
    unary(np.cos,         real),
    unary(np.tan,         unit),
    unary(np.arcsin,      unit),
    unary(np.arccos,      unit),
    unary(np.arctan,      real),
    unary(np.sinh,        real),
    unary(np.cosh,        real),
    unary(np.tanh,        real),
    unary(np.arcsinh,     real),
    unary(np.arccosh,     above_one),
    unary(np.arctanh,     unit),
    unary(np.deg2rad,     real),
    unary(np.radians,     real),
    unary(np.rad2deg,     real),
    unary(np.degrees,     real),
    binary(np.arctan2,    real, real),
    row(np.unwrap,
        at(many_turns(5)),
        at(many_turns(2, 4)),
        at(many_turns(4, 2), axis=0),
        at(many_turns(5), discont=4.5),
        at(many_turns(5), period=3.0),
        at(many_turns(0, 2)),
        at(real(1))),
    unary(np.sinc,        real),
    row(quadratures.slope,
        at(real(3), order=1),
        at(many_turns(5), order=2),
        covers=(quadratures.sinc_derivative,)),
    unary(np.i0,          real),
    row(quadratures.bessel,
        at(real(3), order=0),
        at(real(3), order=1),
        at(many_turns(2), order=2),
        covers=(quadratures.modified_bessel,)),

    # --- choices ------------------------------------------------------------------------------
    binary(np.maximum,    real, real),
    binary(np.minimum,    real, real),
    binary(np.fmax,       real, real),
    binary(np.fmin,       real, real),
    binary(np.copysign,   real, real),
    row(np.heaviside,
        at(np.array([-1, 0, 2, 0]), real(4)),
        at(np.array([[0], [2]]), real(3))),
    binary(np.logaddexp,  real, real),
    binary(np.logaddexp2, real, real),
    row(np.nan_to_num,
        at(real(2, 3)),
        at(real()),
        at(real(0)),
        at(real(3), nan=1.0, posinf=2.0, neginf=-2.0),
        at(real(3), copy=True),
        covers=(np.nan_to_num, complex_numbers.nan_to_num)),
    row(np.where,
        at(True, real(), real()),
        at(MASK, real(2, 3), real(3)),
        at(MASK, real(), real(2, 1)),
        at([True, False], real(2), 0.0),
        at(MASK[:0], real(3), real()),
        covers=(np.where, elementwise.where)),
    row(np.clip,
        at(real(), -0.5, 0.5),
        at(real(6), -0.5, 0.5),
        at(real(6), None, 0.5),
        at(real(6), a_min=-0.5, a_max=None),
        *since("2.1.0", at(real(6), min=-0.5, max=0.5)),
        at(real(3, 4), unit(4), above_one(3, 1)),
        at(real(6), above_one(), unit()),
        at(real(6), unit(6), None),
        covers=(np.clip, elementwise.clip)),

    # --- parts of a number --------------------------------------------------------------------
    unary(first_of_two(np.modf), real, covers=(np.modf, elementwise.fractional_part)),
    unary(first_of_two(np.frexp), real, covers=(np.frexp,)),
    row(np.ldexp,
        at(real(3), np.array([1, -2, 0])),
        at(real(2, 1), np.array([0, 3])),
        at(real(), 2),
        at(real(2, 3), 1)),
    binary(np.nextafter,  real, real),

    # --- the same value -----------------------------------------------------------------------
    row(astype, at(real(2, 3), np.float64), at(real(), "float64"),
        covers=("astype", elementwise.astype)),
    row(elementwise.along,
        at(real(2, 3), real(2, 3), positive(2, 3)), at(real(), real(3), positive(3)),
        covers=(elementwise.along.__wrapped__,)),
    row(elementwise.choice,
        at(real(2, 3), real(2, 3), where=False), at(real(), real(3), where=np.zeros(3, bool)),
        covers=(elementwise.choice.__wrapped__,)),
    row(registry["alias"], at(real(2, 3)), at(real()), at(real(2, 3), order="F"),
        covers=("alias", elementwise.alias)),
]
# fmt: on
