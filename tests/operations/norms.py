"""Norms of vectors and matrices, by order and axis."""

import numpy as np

from autograd_lite.rules import norms

from .matrices import regular
from .table import at, complex_, real, row

VECTOR = (None, 0, 1, -1, 2, -2, 3, -3, 0.5, 1.5, np.inf, -np.inf)
MATRIX = (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
MIXED = (None, 0, 1, 2, 3, np.inf)


# fmt: off
ROWS = [
    row(np.linalg.norm,
        at(real(2, 3)), at(real(2, 3, 2)), at(real()), at(real(2, 2), keepdims=True), at(real(0)),
        *(at(real(4), ord=p) for p in VECTOR),
        *(at(real(2, 3), ord=p, axis=0) for p in VECTOR),
        *(at(real(2, 3), ord=p, axis=-1, keepdims=True) for p in (None, 1, 3, np.inf)),
        at(real(2, 0), axis=1), at(real(0, 2), ord=1, axis=1), at(real(2, 1), ord=3, axis=(1,)),
        *(at(regular(2, 3), ord=p) for p in MATRIX),
        *(at(regular(3, 2), ord=p, keepdims=True) for p in MATRIX),
        *(at(regular(2, 2, 3), ord=p, axis=(1, 2)) for p in MATRIX),
        *(at(regular(2, 3, 2), ord=p, axis=(-1, 0), keepdims=True) for p in MATRIX),
        at(regular(0, 2, 3), ord=2, axis=(1, 2)), at(regular(0, 2, 3), ord=1, axis=(1, 2)),
        *(at(complex_(3), ord=p) for p in MIXED),
        *(at(complex_(2, 3), ord=p) for p in MATRIX),
        covers=(np.linalg.norm, norms.norm.__wrapped__)),
    row(np.linalg.vector_norm,
        at(real(2, 3)), at(real(2, 3, 2), axis=(0, -1)), at(real(2, 3), axis=1, keepdims=True),
        at(real(2, 3), ord=1, keepdims=True), at(real(2, 3, 1), axis=(1, 2), ord=3),
        at(real(2, 3), ord=np.inf, axis=0)),
    row(np.linalg.matrix_norm,
        *(at(regular(2, 2, 3), ord=p) for p in MATRIX[1:]), at(regular(2, 3), keepdims=True)),
    row(np.linalg.cond,
        at(regular(3, 2)), at(regular(2, 2, 3), -2), at(regular(3, 3), p=2),
        *(at(regular(2, 2, 2), p=p) for p in ("fro", 1, -1, np.inf, -np.inf, "nuc"))),
]
# fmt: on
