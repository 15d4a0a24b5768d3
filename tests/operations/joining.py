"""Functions of sequences of arrays."""

import numpy as np

from autograd_lite.rules import joining

from .table import at, real, row

# fmt: off
ROWS = [
    row(np.concatenate,
        at([real(2), real(3)]),
        at((real(2, 3), real(1, 3), real(0, 3))),
        at([real(2, 1), real(2, 3)], axis=1),
        at([real(2, 1, 2), real(2, 2, 2)], axis=-2),
        at([real(2), real(2, 2), real()], axis=None),
        at([real(3)]),
        at([real(2), [1.0, 2.0]]),
        at(real(2, 3), axis=0),
        covers=(np.concatenate, joining.concatenate)),
    row(np.stack,
        at([real(2), real(2)]),
        at((real(2, 3), real(2, 3)), axis=1),
        at([real(2, 3), real(2, 3)], axis=-1),
        at([real(), real(), real()])),
]
# fmt: on
