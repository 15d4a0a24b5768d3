"""Sorting, medians and quantiles."""

import numpy as np

from .reductions import axes, nan_row, with_nan
from .table import at, complex_, kind, real, row
from .through_numpy import split

# fmt: off
METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher",
    "midpoint", "nearest",
]
# fmt: on
WEIGHTS = np.array([0.5, 1.0, 2.0, 0.3])
fraction = kind(0.02, 0.98)
percent = kind(2.0, 98.0)


def quantiles(q):
    """The cases of a function of an array and of q."""
    return [
        at(real(), q()),
        at(real(5), q()),
        at(real(5), q(3)),
        at(real(2, 3), q(2, 2), axis=0),
        at(real(2, 3), q(2), axis=-1, keepdims=True),
        at(real(2, 1, 3), q(2), axis=(2, 0)),
        at(real(2, 1, 3), q(), axis=1),
        at(real(4), 0.3 * q(1).high, keepdims=True),
        at(real(3, 0), q(), axis=0),
        at(real(4, 2), q(2), axis=0, weights=WEIGHTS, method="inverted_cdf"),
        *(at(real(6), q(4), method=method) for method in METHODS),
    ]


ROWS = [
    row(
        np.sort,
        at(real(4)),
        at(real(3, 2)),
        at(real(3, 2), axis=0),
        at(real(3, 2), axis=None),
        at(real(3), kind="stable"),
        at(real(3), stable=True),
        at(real(0)),
        at(complex_(4)),
    ),
    row(
        np.partition,
        at(real(6), 2),
        at(real(3, 2), 1, axis=0),
        at(real(3, 2), [0, 2], axis=None),
        at(real(5), (1, -1), kind="introselect"),
    ),
    row(np.sort_complex, at(complex_(4)), at(complex_(3, 2))),
    row(
        np.unique, at(real(4)), at(real(3, 2)), at(real(3, 2), axis=0), at(real(), equal_nan=False)
    ),
    *(split(f, at(real(4))) for f in (np.unique_all, np.unique_counts, np.unique_inverse)),
    row(np.unique_values, at(real(4)), at(real(2, 2))),
    row(np.median, *axes(real), at(real(0, 3), axis=1)),
    nan_row(np.nanmedian, *axes(real)[:5], at(real(2, 1, 4), axis=(0, -1))),
    row(np.quantile, *quantiles(fraction)),
    row(np.percentile, *quantiles(percent)),
    *(
        row(
            with_nan(f),
            *(at(real(5), q(4), method=method) for method in METHODS),
            at(real(3, 4), q(), axis=0),
            at(real(3, 4), q(2), axis=-1, keepdims=True),
            at(real(2, 3, 2), q(2), axis=(2, 0)),
            at(real(2, 3), q(2, 2), axis=1),
            at(real(4), q(2), weights=WEIGHTS, method="inverted_cdf"),
            covers=(f,),
            name=f.__name__,
        )
        for f, q in ((np.nanquantile, fraction), (np.nanpercentile, percent))
    ),
]
