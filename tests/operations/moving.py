"""Functions that only move, repeat or drop elements."""

import numpy as np

from autograd_lite.rules import moving, strides

from .table import at, complex_, real, row

# fmt: off
ROWS = [
    row(np.diag,
        at(real(3)), at(real(2, 3)), at(real(3, 2)), at(real(2), k=1), at(real(2, 3), k=-1),
        at(real(0)), at(real(2, 3), k=5)),
    row(np.diagflat,
        at(real(2, 2)), at(real(2), k=-1), at(real())),
    row(np.diagonal,
        at(real(2, 3)), at(real(2, 3, 2), offset=1, axis1=-1, axis2=0),
        at(real(3, 2, 2), offset=-1, axis1=2), at(real(2, 0))),
    row(np.repeat,
        at(real(3), 2), at(real(2, 3), np.array([1, 0, 2]), axis=1), at(real(), 3),
        at(real(2, 3), 2), at(real(2, 1), [2, 1], axis=0), at(real(2, 1), 3, axis=-1),
        at(real(2), 0)),
    row(np.tile,
        at(real(3), 2), at(real(2, 1), (2, 1, 3)), at(real(), 2), at(real(2, 3), ()),
        at(real(2), 0), at(complex_(2), 2)),
    row(np.resize,
        at(real(2, 3), (2, 2)), at(real(2), (2, 3)), at(real(0), (2,)), at(real(3), 5)),
    row(np.delete,
        at(real(4), 1), at(real(2, 3), [0, 1], axis=1), at(real(2, 3), slice(1, 4)),
        at(real(4), np.array([True, False, True, False])), at(real(2, 3), -1, axis=-1)),
    row(np.lib.stride_tricks.sliding_window_view,
        at(real(5), 3), at(real(3, 4), (2, 3)), at(real(3, 4), 2, axis=1),
        at(real(4), (2, 2), axis=(0, 0)), at(real(4), 2, writeable=True),
        covers=(np.lib.stride_tricks.sliding_window_view, moving.sliding_window_view)),
    row(strides.read_places,
        at(real(3, 4), places=np.array([[0, 1], [1, 2]])), at(real(2, 2), places=np.array(3)),
        reference=strides.strided, covers=(strides.strided,)),
    row(np.insert,
        at(real(3), 1, real()), at(real(3), [0, 3], real(2)), at(real(2, 3), 1, real(2), axis=1),
        at(real(2, 3), [0, 0], real(2, 3), axis=0), at(real(2, 3), 1, real(2, 3), axis=0),
        at(real(2, 3), -1, 2.0, axis=-1),
        at(real(3), slice(0, 2), real(2)), at(real(3), 0, [1.0, 2.0]),
        at(np.array([1.0, 2.0]), 1, real())),
    row(np.block,
        at([[real(2, 2), real(2, 1)], [real(1, 2), real(1, 1)]]), at([real(2), real(3), 1.5]),
        at([[real(2)], [real(2)]]), at([real(), real()]), at(real(2, 3))),
    row(np.choose,
        at(np.array([[0, 1], [1, 0]]), [real(2, 2), real(2, 2)]),
        at(np.array([0, 2, 1]), [real(3), real(), 5.0]),
        at(np.array([-1, 3]), (real(2), real(2)), mode="wrap"),
        at(np.array([-1, 3]), [real(3, 2), real(2)], mode="clip"),
        at(np.array([0, 1]), real(2, 2))),
]
# fmt: on
