"""Functions that reduce axes."""

import numpy as np

from .table import at, positive, real, row

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

ROWS = [
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
    ),
    row(
        np.std,
        *SPREAD,
        at(real(2, 3), ddof=1),
        at(real(2, 3), axis=1, dtype=np.float64),
        at(real(2, 3), axis=1, where=MASK),
        at(real(2, 3), where=MASK, ddof=2, keepdims=True),
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
        for f, beyond in ((np.max, 9.0), (np.min, -9.0))
    ),
]
