"""Functions that store into their first argument: as functions that return what becomes of it."""

import numpy as np

from .table import at, real, row


def storing(f, *cases):
    """The row of a function that stores into a copy of its first argument."""

    def stored(x, *args, **kwargs):
        x = np.copy(x)
        f(x, *args, **kwargs)
        return x

    return row(stored, *cases, covers=(f,), name=f.__name__)


MASK = np.array([[True, False, True], [False, False, True]])
PLACES = np.array([[0, 2], [1, 1]])

# fmt: off
ROWS = [
    storing(np.put,
        at(real(2, 3), [0, 4], real(2)), at(real(4), 1, real()), at(real(4), [0, 1, 2], real(2)),
        at(real(4), [5, -1], real(2), mode="wrap"), at(real(4), [1, 1], real(2)),
        at(real(4), [9, 0], 1.5, mode="clip")),
    storing(np.putmask,
        at(real(2, 3), MASK, real(2, 3)), at(real(2, 3), MASK, real(2)), at(real(3), MASK[0], 2.0)),
    storing(np.place,
        at(real(2, 3), MASK, real(3)), at(real(2, 3), MASK, real(2)),
        at(real(2, 3), MASK, [1.0, 2.0])),
    storing(np.put_along_axis,
        at(real(2, 3), PLACES, real(2, 2), axis=1),
        at(real(2, 3), PLACES[:1, [0, 0, 1]] // 2, real(), axis=0),
        at(real(2, 3), np.array([1, 5]), real(2), axis=None)),
    storing(np.fill_diagonal,
        at(real(3, 3), real()), at(real(2, 3), real(2)), at(real(5, 2), real(), wrap=True),
        at(real(2, 2, 2), 1.0)),
    storing(np.copyto,
        at(real(2, 3), real(3)), at(real(2, 3), real(2, 1), where=MASK), at(real(3), 1.5),
        at(real(2), real(2), casting="no")),
]
# fmt: on
