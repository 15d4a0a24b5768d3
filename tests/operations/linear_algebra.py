"""Products of matrices and vectors."""

import numpy as np

from .table import at, real, row

# fmt: off
ROWS = [
    row(np.matmul,
        at(real(3),       real(3)),
        at(real(2, 3),    real(3)),
        at(real(2),       real(2, 3)),
        at(real(2, 3),    real(3, 2)),
        at(real(1, 2),    real(2, 1)),
        at(real(2, 2, 3), real(2, 3, 1)),
        at(real(2, 3),    real(2, 3, 2)),
        at(real(2, 2, 3), real(3, 1)),
        at(real(2, 1, 1, 2), real(3, 2, 1)),
        at(real(1, 1, 2), real(2, 2, 2)),
        at(real(2),       real(3, 2, 1)),
        at(real(3, 1, 2), real(2)),
        at(real(2, 0),    real(0, 3)),
        at(real(0, 2),    real(2))),
    row(np.dot,
        at(real(3),       real(3)),
        at(real(2, 3),    real(3, 2)),
        at(real(2, 3),    real(3)),
        at(real(),        real(2)),
        at(real(2, 2),    real()),
        at(real(2, 3),    real(2, 3, 2)),
        at(real(3),       real(1, 3, 2)),
        at(real(2, 1, 3), real(2, 3, 1))),
    row(np.outer,
        at(real(2), real(3)), at(real(2, 2), real(1)), at(real(), real(2))),
]
# fmt: on
