"""Functions that reduce or scan axes: sums, order statistics, differences."""

import numpy

from .table import at, holed, positive, real

SPACING = numpy.array([0.0, 1.0, 2.5, 3.0])
GRID = numpy.array([0.0, 1.0, 2.5])


def along(kind, axis, *names):
    """Functions of one array and an axis."""
    return [
        at(name, lambda np, x, name=name: getattr(np, name)(x, axis=axis), kind(2, 3, 2))
        for name in names
    ]


# fmt: off
SAMPLES = [
    # --- reductions -------------------------------------------------------------------------------
    *along(real, 1,       "sum", "prod", "mean", "var", "std", "max", "min", "amax", "amin", "ptp"),
    *along(real, 1,       "median"),
    *along(holed, 1,      "nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin"),
    *along(holed, 1,      "nanmedian"),
    at("prod (axis tuple)",  lambda np, x: np.prod(x, axis=(0, 2)),            real(2, 3, 2)),
    at("prod (with a zero)", lambda np, x: np.prod(x),                         [0.5, 0, -1.5, 2]),
    at("prod (with two zeros, at the point)", lambda np, x: np.prod(x), [0.5, 0, 0, 2]),
    at("average",            lambda np, x: np.average(x, axis=1),              real(2, 3)),
    at("average (weights)",  lambda np, x, w: np.average(x, axis=1, weights=w, ),
        real(2, 3), positive(3)),
    at("percentile",         lambda np, x: np.percentile(x, 30, axis=1),       real(2, 5)),
    at("quantile",           lambda np, x: np.quantile(x, [0.1, 0.7], axis=1), real(2, 5)),
    at("nanpercentile",      lambda np, x: np.nanpercentile(x, 30, axis=1),    holed(2, 5)),
    at("nanquantile",        lambda np, x: np.nanquantile(x, 0.7, axis=1),     holed(2, 5)),

    # --- scans ------------------------------------------------------------------------------------
    *along(real, 1,       "cumsum", "cumprod", "cumulative_sum", "cumulative_prod"),
    *along(holed, 1,      "nancumsum", "nancumprod"),
    at("cumsum (axis=None)", lambda np, x: np.cumsum(x),                  real(2, 3)),
    at("diff",               lambda np, x: np.diff(x, n=2, axis=1),       real(2, 4)),
    at("ediff1d",            lambda np, x: np.ediff1d(x),                 real(2, 3)),
    at("gradient",           lambda np, x: np.gradient(x),                real(5)),
    at("gradient (spacing)", lambda np, x: np.gradient(x, SPACING),       real(4)),
    at("trapezoid",          lambda np, y: np.trapezoid(y, GRID, axis=1), real(2, 3)),

    # --- statistics -------------------------------------------------------------------------------
    at("cov",      lambda np, x: np.cov(x),      real(3, 5)),
    at("corrcoef", lambda np, x: np.corrcoef(x), real(3, 5)),
]
# fmt: on
