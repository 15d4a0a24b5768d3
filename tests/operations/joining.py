"""Functions of sequences of arrays."""

import numpy as np

from autograd_lite.engine.dispatch import available
from autograd_lite.rules import joining

from .table import at, complex_, real, row
from .through_numpy import split

# fmt: off
ROWS = [
    row(np.concatenate,
        at([real(2), real(3)]),
        at((real(2, 3), real(1, 3), real(0, 3))),
        at([real(2, 1), real(2, 3)], axis=1),
        at([real(2, 1, 2), real(2, 2, 2)], axis=-2),
        at([real(2), real(2, 2), real()], axis=None),
        at([real(3)]),
        at([real(2), complex_(1)]),
        at([real(2), [1.0, 2.0]]),
        at(real(2, 3), axis=0),
        at([real(2), real(2)], dtype=float, casting="no"),
        covers=(np.concatenate, joining.concatenate)),
    row(np.stack,
        at([real(2), real(2)]),
        at((real(2, 3), real(2, 3)), axis=1),
        at([real(2, 3), real(2, 3)], axis=-1),
        at([real(), real(), 1.5]),
        at([real(2), [0.5, 1.0]]),
        at(real(2, 3)),
        at([real(0), real(0)]),
        at([real(2), real(2)], axis=1, dtype=float, casting="no"),
        covers=(np.stack, joining.stack)),
    row(np.vstack,
        at([real(2), real(2)]), at((real(1, 3), real(2, 3))), at([real(2, 3)]),
        at([real(2), real(1, 2)], dtype=float, casting="no")),
    row(np.hstack,
        at([real(2), real(3)]), at([real(), real(2)]), at((real(2, 1), real(2, 3)))),
    row(np.dstack,
        at([real(2), real(2)]), at([real(2, 3), real(2, 3, 2)])),
    row(np.column_stack,
        at([real(2), real(2, 3)]), at([real(2), np.array([1.0, 2.0])])),
    *(split(f, at(real(3)), at(real(2, 3), axis=1), at(real(2, 1, 3), axis=-1))
      for f in available("unstack")),
    split(np.meshgrid,
        at(real(2), real(3)), at(real(2), real(3), indexing="ij"),
        at(real(2), real(3), sparse=True),
        at(real(2), np.array([1.0, 2.0]), real()), at(real(3)), at(real(2), real(3), copy=False)),
]
# fmt: on
