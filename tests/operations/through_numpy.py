"""Functions that NumPy composes of others; the parts of a split are joined again, weighted."""

import numpy as np

from .table import at, real, row


def split(f, *cases):
    """The row of a function that returns several arrays: all of their numbers are checked."""

    def all_of(*args, **kwargs):
        parts = f(*args, **kwargs)
        return np.concatenate([i * np.ravel(part) for i, part in enumerate(parts, start=1)])

    return row(all_of, *cases, covers=(f,), name=f.__name__)


# fmt: off
ROWS = [
    row(np.append,
        at(real(2, 3), real(2)), at(real(2), [real(), 1.0]), at(real(2, 3), real(1, 3), axis=0)),
    row(np.atleast_1d, at(real()), at(real(2))),
    row(np.atleast_2d, at(real()), at(real(2))),
    row(np.atleast_3d, at(real()), at(real(2)), at(real(2, 3))),
    row(np.rollaxis,   at(real(2, 1, 3), 2), at(real(2, 1, 3), 0, start=2)),
    row(np.tensordot,
        at(real(2, 3), real(3, 2), axes=1), at(real(2, 3), real(2, 3)),
        at(real(2, 3), real(3, 4, 2), axes=([0, 1], [2, 0])), at(real(2), real(3), axes=0)),
    split(np.array_split, at(real(5), 3), at(real(2, 3), 2, axis=1)),
    split(np.split,       at(real(4), 2), at(real(2, 3), [1, 1], axis=-1)),
    split(np.hsplit,      at(real(4), 2), at(real(2, 3), [1])),
    split(np.vsplit,      at(real(4, 2), 2), at(real(3, 2), [1])),
    split(np.dsplit,      at(real(2, 1, 4), 2)),
]
# fmt: on
