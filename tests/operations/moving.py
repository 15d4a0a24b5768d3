"""Functions that only move, repeat or drop elements."""

import numpy as np

from .table import at, real, row

# fmt: off
ROWS = [
    row(np.diag,     at(real(3)), at(real(2, 3)), at(real(2), k=1), at(real(2, 3), k=-1)),
    row(np.diagflat, at(real(2, 2)), at(real(2), k=-1)),
    row(np.diagonal, at(real(2, 3)), at(real(2, 3, 2), offset=1, axis1=-1, axis2=0)),
    row(np.flip,     at(real(2, 3)), at(real(2, 3), axis=0), at(real(2, 1, 3), axis=(0, -1))),
    row(np.fliplr,   at(real(2, 3))),
    row(np.flipud,   at(real(2, 3)), at(real(3))),
    row(np.repeat,   at(real(3), 2), at(real(2, 3), np.array([1, 0, 2]), axis=1), at(real(), 3)),
    row(np.resize,   at(real(2, 3), (2, 2)), at(real(2), (2, 3))),
    row(np.roll,     at(real(2, 3), 1), at(real(2, 3), shift=(1, -1), axis=(0, 1)),
                     at(real(2, 3), -2, axis=-1)),
    row(np.rot90,    at(real(2, 3)), at(real(2, 1, 3), k=3, axes=(0, -1))),
    row(np.tile,     at(real(3), 2), at(real(2, 1), (2, 1, 3)), at(real(), 2)),
    row(np.tril,     at(real(3, 3)), at(real(2, 3), k=1)),
    row(np.triu,     at(real(3, 3)), at(real(2, 2, 3), k=-1)),
]
# fmt: on
