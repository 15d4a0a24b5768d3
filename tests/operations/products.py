"""Products of vectors, matrices and tensors."""

import numpy as np

from autograd_lite.engine.dispatch import available

from .table import at, complex_, real, row


def mixed(f, *cases):
    """The row of a product of complex arrays, or of a real and a complex one."""
    return row(f, *cases, name=f"complex {f.__name__}", covers=())


# fmt: off
MATMUL = (
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
    at(real(0, 2),    real(2)),
)
VECTORS = (
    at(real(3),       real(3)),
    at(real(2, 3),    real(3)),
    at(real(2, 1, 3), real(2, 3)),
    at(real(2, 0),    real(0)),
    at(real(1),       real(2, 1)),
)
COMPLEX = (at(complex_(2, 2), complex_(2, 2)), at(real(2, 2), complex_(2, 2)))
ROWS = [
    row(np.matmul, *MATMUL),
    row(np.dot,
        at(real(3),       real(3)),
        at(real(2, 3),    real(3, 2)),
        at(real(2, 3),    real(3)),
        at(real(3),       real(3, 2)),
        at(real(),        real(2)),
        at(real(2, 2),    real()),
        at(real(2, 3),    real(2, 3, 2)),
        at(real(3),       real(1, 3, 2)),
        at(real(2, 1, 3), real(2, 3, 1)),
        at(real(2, 1, 3), real(3)),
        at(real(0, 3),    real(3, 2))),
    row(np.vdot,
        at(real(3), real(3)), at(real(2, 3), real(2, 3)), at(real(), real()),
        at(complex_(3), complex_(3)), at(real(3), complex_(3)), at(complex_(2, 1), real(2, 1))),
    row(np.inner,
        at(real(3), real(3)), at(real(2, 3), real(3)), at(real(2, 3), real(2, 1, 3)),
        at(real(), real(2)), at(real(2, 2), real())),
    row(np.outer,
        at(real(2), real(3)), at(real(2, 2), real(1)), at(real(), real(2)), at(real(0), real(2))),
    row(np.kron,
        at(real(2), real(3)), at(real(2, 1), real(2, 3)), at(real(2), real(2, 1)),
        at(real(2, 1, 2), real(3)), at(real(), real(2)), at(real(2, 2), real()),
        at(real(0), real(2))),
    row(np.tensordot,
        at(real(2, 3), real(3, 2), axes=1),
        at(real(2, 3, 1), real(3, 1, 2)),
        at(real(2, 3), real(3, 1, 2), axes=([0, 1], [2, 0])),
        at(real(2, 3), real(3, 2), axes=(-1, 0)),
        at(real(2, 3), real(2, 1), axes=(0, -2)),
        at(real(2, 3), real(3, 2), axes=((1, -2), (0, 1))),
        at(real(2), real(3), axes=0),
        at(real(0, 2), real(0, 3), axes=(0, 0)),
        name="tensordot with all forms of axes", covers=()),
    row(np.trace,
        at(real(3, 3)), at(real(2, 3), offset=1), at(real(3, 2), offset=-1), at(real(2, 2), 5),
        at(real(2, 3, 2), axis1=0, axis2=-1), at(real(2, 3, 2), 1, 2, 1),
        at(real(3, 3), dtype=np.float64)),
    row(np.cross,
        at(real(3), real(3)),
        at(real(2, 3), real(3)),
        at(real(2, 1, 3), real(2, 3)),
        at(real(3, 2), real(2, 3), axisa=0),
        at(real(2, 3), real(3, 2), axisb=0),
        at(real(2, 3), real(2, 3), axisc=0),
        at(real(2, 3, 1), real(2, 3, 4), axis=1),
        at(real(0, 3), real(3))),
    row(np.vecdot,
        *VECTORS, at(real(3, 2), real(3, 2), axis=0), at(real(2, 3, 2), real(3, 2), axis=-2),
        at(complex_(2, 3), complex_(3)), at(real(3), complex_(2, 3)), at(complex_(3), real(3))),

    # --- NumPy 2's second names ---------------------------------------------------------------
    row(np.linalg.matmul,    *MATMUL[3:6],                    name="linalg.matmul"),
    row(np.linalg.tensordot, at(real(2, 3), real(3, 2), axes=1), name="linalg.tensordot"),
    row(np.linalg.vecdot,    *VECTORS[:2], at(real(3, 2), real(3, 2), axis=0),
        name="linalg.vecdot"),
    row(np.linalg.outer,     at(real(2), real(3)),            name="linalg.outer"),
    row(np.linalg.cross,     at(real(3), real(2, 3)), at(real(3, 2), real(3, 2), axis=0),
        name="linalg.cross"),
    row(np.linalg.diagonal,  at(real(2, 3, 3)), at(real(2, 3), offset=1), name="linalg.diagonal"),
    row(np.linalg.trace,     at(real(2, 3, 3)), at(real(2, 3), offset=1),
        at(real(2, 2), dtype=float), name="linalg.trace"),
    row(np.linalg.matrix_transpose, at(real(2, 3)), at(real(2, 1, 3)),
        name="linalg.matrix_transpose"),

    # --- those of newer NumPys ----------------------------------------------------------------
    *(row(f,
        at(real(2, 3), real(3)), at(real(2, 2, 3), real(3)), at(real(2, 3), real(4, 3)),
        at(real(2, 1, 1, 3), real(2, 3)), at(real(2, 0), real(0)),
        at(complex_(2, 3), complex_(3)), at(real(2, 3), complex_(3)))
      for f in available("matvec")),
    *(row(f,
        at(real(3), real(3, 2)), at(real(3), real(2, 3, 2)), at(real(4, 3), real(3, 2)),
        at(real(2, 3), real(2, 1, 3, 1)), at(real(0), real(0, 2)),
        at(complex_(3), complex_(3, 2)), at(complex_(3), real(2, 3, 2)))
      for f in available("vecmat")),

    # --- complex ------------------------------------------------------------------------------
    *(mixed(f, *COMPLEX) for f in (np.matmul, np.dot, np.inner, np.outer, np.kron, np.tensordot)),
    mixed(np.trace, at(complex_(2, 2))),
    mixed(np.cross, at(complex_(3), complex_(2, 3)), at(real(3), complex_(3))),
]
# fmt: on
