"""Functions that work element by element."""

import numpy as np

from autograd_lite.dispatch import registry
from autograd_lite.rules import elementwise

from .table import above_one, at, binary, positive, real, row, unary, unit

MASK = np.array([[True], [False]])


def astype(x, dtype):
    return x.astype(dtype)


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

    # --- choices ------------------------------------------------------------------------------
    binary(np.maximum,    real, real),
    binary(np.minimum,    real, real),
    binary(np.logaddexp,  real, real),
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
        at(real(6), min=-0.5, max=0.5),
        at(real(3, 4), unit(4), above_one(3, 1)),
        at(real(6), above_one(), unit()),
        at(real(6), unit(6), None),
        covers=(np.clip, elementwise.clip)),

    # --- the same value -----------------------------------------------------------------------
    row(astype, at(real(2, 3), np.float64), at(real(), "float64"),
        covers=("astype", elementwise.astype)),
    row(registry["alias"], at(real(2, 3)), at(real()),
        covers=("alias", elementwise.alias)),
]
# fmt: on
