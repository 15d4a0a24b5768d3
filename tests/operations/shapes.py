"""Functions that rearrange elements."""

import numpy as np

from autograd_lite.rules import shapes

from .table import at, complex_, real, row, since
from .through_numpy import split


def flattened(x):
    return np.copy(x).flat[...] if isinstance(x, np.ndarray) else x.flat[...]


# fmt: off
ROWS = [
    row(np.reshape,
        at(real(2, 3), (3, 2)),
        at(real(2, 3), -1),
        at(real(2, 3), (3, -1), order="F"),
        at(real(2, 3), (3, -1), order="A"),
        *since("2.1.0", at(real(2, 3), 6, copy=True), at(real(2, 3), 6, copy=False)),
        at(real(), (1, 1)),
        at(real(1, 1), ()),
        at(real(0, 3), (3, 0)),
        covers=(np.reshape, shapes.reshape)),
    row(np.ravel,
        at(real(2, 3)), at(real(2, 3), order="F"), at(real(2, 3), order="A"),
        at(real(2, 3), order="K"), at(real())),
    row(flattened, at(real(2, 3)), at(real(3)), covers=("flat", shapes.flat)),
    row(np.transpose,
        at(real(2, 3)), at(real(2, 3, 1)), at(real(3)), at(real()), at(real(3), 0),
        at(real(2, 3, 1), (2, 0, 1)), at(real(2, 3), axes=(-1, 0))),
    row(np.matrix_transpose,
        at(real(2, 3)), at(real(2, 1, 3))),
    row(np.swapaxes,
        at(real(2, 3), 0, 1), at(real(2, 1, 3), axis1=-1, axis2=0)),
    row(np.moveaxis,
        at(real(2, 1, 3), 0, -1), at(real(2, 1, 3), source=(0, 1), destination=[-1, 0])),
    row(np.expand_dims,
        at(real(3), 0), at(real(2, 3), -1), at(real(3), axis=(0, -1)), at(real(), 0)),
    row(np.squeeze,
        at(real(1, 3, 1)), at(real(1)),
        at(real(1, 3, 1), axis=0), at(real(1, 3, 1), axis=(0, -1))),
    row(np.broadcast_to,
        at(real(3), (2, 3)), at(real(2, 1), (2, 3)), at(real(), (2, 2)), at(real(2), (2,)),
        at(real(1, 2), shape=(3, 1, 2)), at(real(1), (0,)),
        at(real(3), (2, 3), subok=True)),
    row(np.flip,
        at(real(2, 3)), at(real(2, 3), axis=0), at(real(2, 1, 3), axis=(0, -1)), at(real()),
        at(complex_(2)),
        at(real(0))),
    row(np.fliplr,   at(real(2, 3))),
    row(np.flipud,   at(real(2, 3)), at(real(3))),
    row(np.rot90,
        at(real(2, 3)), at(real(2, 3), k=2), at(real(2, 3), -1), at(real(2, 3), 4),
        at(real(2, 1, 3), k=3, axes=(0, -1))),
    row(np.roll,
        at(real(2, 3), 1), at(real(2, 3), shift=(1, -1), axis=(0, 1)), at(real(2, 3), -2, axis=-1),
        at(real(2, 3), 1, axis=(0, 1)), at(real(3), (1, 1), axis=0), at(real(2, 3), (1, 2)),
        at(real(0), 1)),
    row(np.tril,
        at(real(3, 3)), at(real(2, 3), k=1), at(real(3)), at(real(2, 2, 3), k=-1)),
    row(np.triu,
        at(real(3, 3)), at(real(2, 2, 3), k=-1), at(real(2), k=1)),
    row(np.astype,   at(real(2), float), at(complex_(2), complex, copy=False)),
    row(np.copy,     at(real(2, 3)), at(real(), order="C")),
    split(np.broadcast_arrays,
        at(real(3), real(2, 1)), at(real(), real(2), real(1, 1)), at(real(2))),
]
# fmt: on
