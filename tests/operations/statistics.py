"""Averages, covariances, differences, integrals and lines between points."""

import numpy as np

from autograd_lite.rules import interpolation

from .table import at, complex_, positive, real, row
from .through_numpy import split

KNOTS = np.array([0.0, 0.5, 1.2, 2.0])
TWICE = np.array([1, 2, 1, 1])


def on_a_grid(*args, **kwargs):
    """np.gradient with steps in place of the coordinates, which must grow."""
    f, *steps = args
    return np.gradient(f, *(np.cumsum(s) if np.ndim(s) else s for s in steps), **kwargs)


def interp_between(x, steps, fp, **kwargs):
    """np.interp with steps in place of the points, which must grow."""
    return np.interp(x, np.cumsum(steps), fp, **kwargs)


# fmt: off
ROWS = [
    row(np.average,
        at(real(2, 3)), at(real(2, 3), axis=1), at(real(2, 3), axis=0, keepdims=True),
        at(real(2, 3), weights=[1, 2, 3], axis=1), at(real(3, 2), 0, positive(3)),
        at(real(3, 2), None, positive(3, 2)), at(real(3, 2), 1, positive(3, 2), keepdims=True),
        at(real(2, 3, 4), (2, 0), positive(4, 2)), at([1, 2, 4], 0, positive(3)),
        at(complex_(3), 0, positive(3))),
    split(np.average,
        at(real(2, 3), 1, positive(2, 3), returned=True),
        at(real(2, 3), 0, positive(2), returned=True)),
    row(np.diff,
        at(real(4)), at(real(2, 4), n=2), at(real(3, 2), axis=0), at(real(3), n=0),
        at(real(2), n=2),
        at(real(2, 3), prepend=0.5, append=0.25), at(real(4, 2), 1, 0, real(1, 2), real(2, 2)),
        at(real(2, 4), 2, -1, real()), at([1, 2, 4], 1, -1, real(2))),
    row(np.ediff1d,
        at(real(4)), at(real(2, 3)), at(real(1)), at(real()), at(real(3), real(), real(2, 2)),
        at(real(3), to_begin=[1.0, 2.0]), at(real(3), to_end=5)),
    row(np.gradient,
        at(real(4)), at(real(4), 0.5), at(real(3, 4), axis=1), at(real(4), edge_order=2),
        at(real(4), positive()), at(real(4), [0.0, 1.0, 3.0, 4.5]), at([1, 2, 4, 8], positive())),
    split(np.gradient,
        at(real(3, 4)), at(real(3, 4), positive(), positive(), edge_order=2),
        at(real(3, 2, 4), axis=(2, 0))),
    row(on_a_grid,
        at(real(5), positive(5)), at(real(2, 5), positive(5), axis=1, edge_order=2),
        at([1.0, 2.0, 4.0], positive(3)), covers=(np.gradient,)),
    row(np.trapezoid,
        at(real(4)), at(real(4), dx=0.5), at(real(4), positive(4)), at(real(3, 2), axis=0),
        at(real(4), None, positive()), at(real(4), None, positive(3)), at(real(1)),
        at(real(4, 2), positive(4), axis=0), at(real(4, 2), positive(4, 2), axis=0),
        at([1.0, 2.0, 4.0], real(3))),
    row(np.polyval,
        at(real(4), real(3)), at(real(2), real()), at(real(3), real(2, 2)), at(real(3), 2.0),
        at([1, 2, 3], real(3)), at(real(1), real(2))),
    row(np.cov,
        at(real(4)), at(real(2, 4)), at(real(3), real(3)), at(real(4, 2), real(4, 1), rowvar=False),
        at(real(2, 4), bias=True), at(real(2, 4), ddof=2), at(real(2, 4), fweights=TWICE),
        at(real(2, 4), None, True, False, None, None, positive(4)),
        at(real(2, 4), None, True, True, None, TWICE, positive(4)),
        at([1.0, 2.0, 4.0, 8.0], real(4)),
        at([1.0, 2.0, 4.0], None, True, False, None, None, positive(3)),
        at(real(2, 3), dtype=np.float64), at(complex_(2, 4))),
    row(np.corrcoef,
        at(real(3, 4)), at(real(4), real(4)), at(real(4, 2), real(4), rowvar=False),
        at(real(2, 4), dtype=np.float64), at(complex_(2, 4))),
    row(np.interp,
        at(real(3), KNOTS.tolist(), real(4)), at(positive(2, 2), KNOTS.tolist(), real(4)),
        at(positive(), KNOTS.tolist(), real(4)), at(1.3, KNOTS.tolist(), complex_(4)),
        at(real(9), KNOTS.tolist(), real(4), left=1.0, right=2.0),
        at(real(9), KNOTS.tolist(), real(4), period=1.7),
        at(real(3), [0.1], real(1)),
        covers=(np.interp, interpolation.interp)),
    row(interp_between,
        at(real(9), positive(4), real(4)), at(0.9, positive(4), real(4)),
        at(real(9), positive(4), real(4), left=1.0, right=2.0),
        at(real(9), positive(4), real(4), period=10.0),
        covers=(np.interp, interpolation.interp)),
    row(np.bincount,
        at([0, 2, 2, 1], real(4)), at(np.array([1, 1]), real(2), minlength=4)),
]
# fmt: on
