"""Kinks, singular points and keywords that peers refuse or get wrong.

At a kink there is no numeric derivative: the first gradient is this project's convention, and
those after ``also`` are as right by another one.
"""

import numpy

from .table import at, positive, real

inf = numpy.inf


def _safe_root(np, x):
    return np.where(x > 0, np.sqrt(x), 0.0)


# fmt: off
SAMPLES = [
    # --- kinks ------------------------------------------------------------------------------------
    at("abs at 0",             lambda np, x: np.abs(x),           [-2, 0, 2],
        expected=[[-1, 0, 1]],        also=([[-1, 1, 1]], [[-1, -1, 1]])),
    at("relu at 0",            lambda np, x: np.relu(x),          [-2, 0, 2],
        expected=[[0, 0, 1]],         also=([[0, 1, 1]], [[0, 0.5, 1]])),
    at("maximum(x, 0) at 0",   lambda np, x: np.maximum(x, 0.0),  [-2, 0, 2],
        expected=[[0, 0.5, 1]],       also=([[0, 0, 1]], [[0, 1, 1]])),
    at("max of [1, 1, 0]",     lambda np, x: np.max(x),           [1, 1, 0],
        expected=[[0.5, 0.5, 0]],     also=([[1, 0, 0]], [[0, 1, 0]])),
    at("clip at a bound",      lambda np, x: np.clip(x, 0.0, 1.0), [0.5, 1, 2],
        expected=[[1, 1, 0]],         also=([[1, 0, 0]], [[1, 0.5, 0]])),
    at("norm(ord=inf), ties",  lambda np, x: np.linalg.norm(x, ord=inf), [2, -2, 1],
        expected=[[0.5, -0.5, 0]],    also=([[1, 0, 0]], [[0, -1, 0]])),

    # --- singular points --------------------------------------------------------------------------
    at("sqrt at 0",             lambda np, x: np.sqrt(x),          [0, 4], expected=[[inf, 0.25]]),
    at("where(x > 0, sqrt(x), 0) at 0", _safe_root, [0, 4], expected=[[0, 0.25]]),
    at("norm of a zero vector", lambda np, x: np.linalg.norm(x),   [0, 0], expected=[[0, 0]]),
    at("std of a constant",     lambda np, x: np.std(x),           [3, 3], expected=[[0, 0]]),
    at("hypot(0, 0)",           lambda np, x, y: np.hypot(x, y),   0, 0, expected=[0, 0]),
    at("arctan2(0, 0)",         lambda np, x, y: np.arctan2(x, y), 0, 0, expected=[0, 0]),
    at("sinc at 0",             lambda np, x: np.sinc(x),          [0, 1], expected=[[0, -1]]),
    at("x ** 2 at 0",           lambda np, x: x ** 2,              [0, 3], expected=[[0, 6]]),
    at("x ** y at x = 0",      lambda np, x, y: x ** y,           [0, 3], [2, 1],
        expected=[[0, 1], [0, 3 * numpy.log(3)]]),
    at("cumprod with zeros",    lambda np, x: np.cumprod(x),       [0.5, 0, -1.5, 0]),
    at("logaddexp(-inf, -inf)", lambda np, x, y: np.logaddexp(x, y), -inf, -inf,
        expected=[0.5, 0.5]),

    # --- cases that are refused -------------------------------------------------------------------
    at("roll (tuple of shifts)", lambda np, x: np.roll(x, (1, 2), axis=(0, 1)),    real(2, 3)),
    at("gradient (two axes)",    lambda np, x: np.gradient(x),                     real(3, 4)),
    at("cross (broadcast)",      lambda np, x, y: np.cross(x, y), real(2, 3), real(3)),
    at("norm(ord=inf), axis",    lambda np, x: np.linalg.norm(x, ord=inf, axis=1), real(2, 3)),
    at("sort (axis=None)",       lambda np, x: np.sort(x, axis=None),              real(2, 3)),
    at("pad (linear_ramp)",      lambda np, x: np.pad(x, 2, mode="linear_ramp"),   real(2, 3)),
    at("max (two axes)",         lambda np, x: np.max(x, axis=(0, 2)),             real(2, 3, 2)),
    at("chi2.logpdf (a fraction of a degree)",
        lambda np, x: np.scipy.stats.chi2.logpdf(x, 2.5),                 positive(3)),
    at("sum (initial, where)",
        lambda np, x: np.sum(x, axis=0, initial=2.0, where=[True, False, True]), real(2, 3)),
    at("std (ddof, where)",
        lambda np, x: np.std(x, axis=1, ddof=1, where=[True, True, False, True]), real(2, 4)),
]
# fmt: on
