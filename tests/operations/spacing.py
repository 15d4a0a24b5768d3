"""Numbers in a row between tensors, rows of powers, and arrays like others."""

import numpy as np

from .table import above_one, at, complex_, positive, real, row


def buffers(x):
    """Arrays like x, written into."""
    zeros, ones, empty = np.zeros_like(x), np.ones_like(x), np.empty_like(x)
    zeros += x
    ones *= x
    empty[...] = x
    return zeros * ones * empty


# fmt: off
ROWS = [
    row(np.linspace,
        at(real(), real()), at(0.0, real(), 3), at(real(), 1, num=4, endpoint=False),
        at(real(2), real(3, 1), 3), at(real(2), real(2), 3, axis=-1), at(real(), real(), 1),
        at(real(), real(2), 0), at(real(2), 1.0, 3, axis=1, dtype=float),
        at(complex_(), real(), 3)),
    row(np.logspace,
        at(real(), real(), 3), at(real(2), 1.0, 3, True, above_one(), axis=-1),
        at(0.0, real(), 3, endpoint=False, base=2.0), at(real(), 1.0, 2, dtype=float)),
    row(np.geomspace,
        at(positive(), positive(), 3), at(positive(2), above_one(3, 1), 3, axis=1),
        at(1.0, positive(), num=4, endpoint=False), at(positive(), 2.0, 1, dtype=float),
        at(np.array(-1.0), np.array(-4.0), 3), at(positive(2), above_one(), 3, axis=-1),
        at(complex_(), complex_(), 3)),
    row(np.vander,
        at(real(3)), at(real(3), 2), at(real(2), N=4, increasing=True), at(real(2), 1),
        at(np.array([0.0, 1.0]), 4), at(complex_(2), 3)),
    row(np.full_like,
        at(real(2), real()), at(real(2, 3), real(3)), at(real(2), real(), shape=(3, 1)),
        at(real(2), real(), dtype=float)),
    row(buffers,
        at(real(2, 3)), covers=(np.zeros_like, np.ones_like, np.empty_like)),
]
# fmt: on
