"""Functions that reduce axes."""

import numpy as np

from autograd_lite.rules import reductions

from .table import at, complex_, positive, real, row

MASK = np.array([[True, False, True], [True, True, False]])


def axes(kind):
    """The cases that every reduction has: all axes, one, a negative one, several, kept ones."""
    return [
        at(kind()),
        at(kind(4)),
        at(kind(2, 3)),
        at(kind(2, 3), axis=0),
        at(kind(2, 3), axis=-1, keepdims=True),
        at(kind(2, 3), axis=np.int64(1)),
        at(kind(2, 3), keepdims=True),
        at(kind(2, 1, 3), axis=1),
        at(kind(2, 1, 3), axis=(0, -1)),
        at(kind(2, 1, 3), axis=(2, 1), keepdims=True),
    ]


SPREAD = [case for case in axes(real) if case.inputs[0].shape and case.kwargs.get("axis") != 1]

ZEROS = np.array([[1.0, 0, 1], [0, 0, 1]])


def with_nan(f):
    """The function of an array with every fifth element nan, from the third on."""

    def f_of_holes(x, *args, **kwargs):
        holes = np.arange(x.size).reshape(x.shape) % 5 == 2
        return f(np.where(holes, np.nan, x), *args, **kwargs)

    return f_of_holes


def nan_row(f, *cases):
    return row(with_nan(f), *cases, covers=(f,), name=f.__name__)


NAN_AXES = [
    at(real()),
    at(real(4)),
    at(real(3, 4)),
    at(real(3, 4), axis=0),
    at(real(3, 4), axis=-1, keepdims=True),
    at(real(2, 1, 4), axis=(0, -1)),
]
NAN_SPREAD = NAN_AXES[1:]


def prod_of_zeros(x, **kwargs):
    """With one zero in the first row, and two in the second."""
    return np.prod(x * ZEROS, **kwargs)


ROWS = [
    row(
        np.prod,
        *axes(real),
        at(real(2, 3), axis=()),
        at(real(2, 3), axis=1, dtype=np.float64),
        at(real(2, 3), axis=0, initial=2.0),
        at(real(2, 3), axis=1, where=MASK),
        at(real(2, 3), where=[True, False, True], keepdims=True, initial=1.5),
        at(real(0, 3)),
        at(real(0, 3), axis=0),
        at(real(9)),
        at(complex_(2, 3), axis=1),
    ),
    row(
        prod_of_zeros,
        at(real(2, 3)),
        at(real(2, 3), axis=0),
        at(real(2, 3), axis=1),
        covers=(np.prod,),
        order=3,
    ),
    row(
        np.sum,
        *axes(real),
        at(real(2, 3), axis=()),
        at(real(2, 3), axis=1, dtype=np.float64),
        at(real(2, 3), axis=0, initial=2.0),
        at(real(2, 3), axis=1, where=MASK),
        at(real(2, 3), where=[True, False, True], keepdims=True, initial=1.0),
        at(real(0, 3)),
        at(real(0, 3), axis=0),
    ),
    row(
        np.mean,
        *axes(real),
        at(real(2, 3), axis=1, dtype=np.float64),
        at(real(2, 3), where=MASK),
        at(real(2, 3), axis=0, where=MASK, keepdims=True),
        at(real(0, 3), axis=1),
    ),
    row(
        np.var,
        *axes(real),
        at(real(2, 3), ddof=1),
        at(real(2, 3), axis=1, dtype=np.float64),
        at(real(2, 3), axis=1, where=MASK),
        at(real(2, 3), where=MASK, ddof=2, keepdims=True),
        at(real(2, 3), axis=0, correction=1),
        at(real(2, 3), axis=0, mean=0.5),
        at(complex_(2, 3), axis=0, ddof=1),
        covers=(np.var, reductions.var_about.__wrapped__),
    ),
    row(
        np.std,
        *SPREAD,
        at(real(2, 3), ddof=1),
        at(real(2, 3), axis=1, dtype=np.float64),
        at(real(2, 3), axis=1, where=MASK),
        at(real(2, 3), where=MASK, ddof=2, keepdims=True),
        at(real(2, 3), axis=1, correction=1),
        at(real(2, 3), axis=1, mean=0.5),
        at(complex_(2, 3), axis=0, ddof=1),
        covers=(np.std, reductions.std_about.__wrapped__),
    ),
    *(
        row(
            about,
            at(real(2, 3), real(1, 3), axis=0),
            at(real(2, 3), real()),
            at(real(2, 3), real(2, 1), axis=-1, keepdims=True, ddof=1),
            at(real(2, 3), real(2, 1), axis=1, where=MASK, correction=1),
            at(real(2, 3), real(1, 1), axis=(0, 1), dtype=np.float64),
            at(complex_(2, 3), complex_(2, 1), axis=1),
            covers=(about.__wrapped__,),
        )
        for about in (reductions.var_about, reductions.std_about)
    ),
    *(
        row(
            f,
            *axes(real),
            at(real(2, 3), axis=0, initial=0.1),
            at(positive(2, 3), initial=beyond),
            at(real(2, 3), axis=1, where=MASK, initial=-beyond),
            at(real(2, 3), axis=(0, 1), where=MASK, initial=-beyond, keepdims=True),
            at(real(0, 3), axis=1),
        )
        for f, beyond in ((np.max, 9.0), (np.amax, 9.0), (np.min, -9.0), (np.amin, -9.0))
    ),
    row(np.ptp, *SPREAD),
    *(
        nan_row(
            f,
            *NAN_AXES,
            at(real(3, 4), axis=1, dtype=np.float64),
            at(real(2, 3), axis=1, where=MASK, initial=2.0),
            at(real(2, 1, 3), axis=1),
            at(real(0, 3)),
        )
        for f in (np.nansum, np.nanprod)
    ),
    nan_row(
        np.nanmean,
        *NAN_AXES,
        at(real(3, 4), axis=1, dtype=np.float64),
        at(real(2, 3), axis=1, where=MASK),
    ),
    *(
        nan_row(
            f,
            *(NAN_AXES if f is np.nanvar else NAN_SPREAD),
            at(real(2, 3), ddof=1),
            at(real(2, 3), correction=1, axis=1),
            at(real(3, 4), axis=1, dtype=np.float64),
            at(real(2, 4), axis=1, where=[True, True, False, True]),
        )
        for f in (np.nanvar, np.nanstd)
    ),
    *(
        nan_row(
            f,
            *NAN_AXES,
            at(real(3, 4), axis=0, initial=0.1),
            at(real(2, 3), axis=1, where=MASK, initial=-beyond),
        )
        for f, beyond in ((np.nanmax, 9.0), (np.nanmin, -9.0))
    ),
]
