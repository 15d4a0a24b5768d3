"""Running sums and products."""

import numpy as np

from autograd_lite.engine.dispatch import available

from .reductions import ZEROS, with_nan
from .table import at, complex_, real, row

AXES = [
    at(real()),
    at(real(5)),
    at(real(2, 3)),
    at(real(2, 3), axis=0),
    at(real(2, 1, 3), axis=-1),
    at(real(2, 1, 3), 1),
    at(real(2, 3), axis=1, dtype=np.float64),
    at(real(1)),
    at(real(0)),
    at(real(0, 2), axis=1),
    at(complex_(3)),
]
ALONG = [
    at(real()),
    at(real(4)),
    at(real(2, 3), axis=0),
    at(real(2, 3), axis=-1, dtype=np.float64),
    at(real(2, 3), axis=-1, include_initial=True),
    at(real(3), include_initial=True),
    at(real(0), include_initial=True),
]


def cumprod_of_zeros(x, **kwargs):
    """With one zero in the first row, and two in the second."""
    return np.cumprod(x * ZEROS, **kwargs)


ROWS = [
    row(np.cumsum, *AXES),
    row(np.cumprod, *AXES),
    row(
        cumprod_of_zeros,
        at(real(2, 3)),
        at(real(2, 3), axis=0),
        at(real(2, 3), axis=1),
        covers=(np.cumprod,),
        order=3,
    ),
    *(row(with_nan(f), *AXES, covers=(f,), name=f.__name__) for f in (np.nancumsum, np.nancumprod)),
    *(row(f, *ALONG) for f in available("cumulative_sum", "cumulative_prod")),
]
