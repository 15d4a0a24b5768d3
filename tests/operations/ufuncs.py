"""Keywords and methods of ufuncs."""

import numpy as np

from autograd_lite.rules import ufuncs

from .table import above_one, at, positive, real, row

ROWS_MASK = np.array([[True], [False]])
MASK = np.array([[True, False, True], [False, True, True]])
REPEATED = [0, 2, 0, 0]


def method(ufunc, name, *cases, covers=()):
    """The row of a method."""

    def call(*args, **kwargs):
        return getattr(ufunc, name)(*args, **kwargs)

    return row(call, *cases, name=f"{ufunc.__name__}.{name}", covers=covers)


def changed(ufunc, *cases, covers=()):
    """The row of ``at``, which writes into what it is given."""

    def call(x, *args):
        x = x.copy()
        ufunc.at(x, *args)
        return x

    return row(call, *cases, name=f"{ufunc.__name__}.at", covers=covers)


def stored(ufunc, *cases):
    """The row of ``out=``: the first argument is what it writes into."""

    def call(out, *args, **kwargs):
        out = out.copy()
        ufunc(*args, out=out, **kwargs)
        return out * 1.0

    return row(call, *cases, name=f"{ufunc.__name__} out=", covers=())


# fmt: off
ROWS = [
    # --- keywords -----------------------------------------------------------------------------
    stored(np.exp,
        at(real(3), real(3)),
        at(real(2, 3), real(3)),
        at(real(2, 3), real(2, 3), where=MASK),
        at(real(2, 3), real(3), where=ROWS_MASK),
        at(real(), real()),
        at(real(), real(), where=False)),
    stored(np.multiply,
        at(real(2, 3), real(2, 1), real(3)),
        at(real(2, 3), real(2, 1), real(3), where=MASK),
        at(real(2, 3), 2.0, real(2, 3), where=[True, True, False]),
        at(real(0, 3), real(3), 2.0, where=True)),
    stored(np.matmul,
        at(real(2, 2), real(2, 3), real(3, 2))),
    stored(np.sum,
        at(real(3), real(2, 3), axis=0)),

    # --- methods ------------------------------------------------------------------------------
    method(np.add, "reduce",
        at(real(3)), at(real(2, 3)), at(real(2, 3), axis=1, keepdims=True), at(real(2, 3), None)),
    method(np.multiply, "reduce",
        at(real(3)), at(real(2, 3), axis=(0, 1)), at(real(2, 3), axis=-1)),
    method(np.maximum, "reduce", at(real(3)), at(real(2, 3), initial=0.1)),
    method(np.minimum, "reduce", at(real(2, 3), axis=1)),
    method(np.logaddexp, "reduce",
        at(real(4)),
        at(real(2, 3)),
        at(real(2, 3), axis=None),
        at(real(2, 3, 2), axis=(0, -1), keepdims=True),
        at(real(2, 3), initial=0.5),
        at(real(2, 3), where=MASK)),
    method(np.subtract, "reduce", at(real(3)), at(real(2, 3), axis=1, keepdims=True)),
    method(np.hypot, "reduce", at(real(3)), at(real(2, 3), initial=1.0, where=MASK)),
    method(np.add, "accumulate", at(real(4)), at(real(2, 3), axis=1)),
    method(np.multiply, "accumulate", at(real(4)), at(real(2, 3), axis=-1)),
    method(np.maximum, "accumulate", at(real(4)), at(real(2, 3)), at(real(1, 2)), at(real(0, 2))),
    method(np.logaddexp, "accumulate", at(real(2, 3), axis=1)),
    method(np.add, "reduceat", at(real(6), [4, 0, 2, 4]), at(real(2, 4), [0, 2], axis=1)),
    method(np.multiply, "reduceat", at(real(5), [1, 3])),
    method(np.multiply, "outer",
        at(real(2), real(3)), at(real(2, 1), real(2, 2)), at(real(), real(2)), at(2.0, real(2)),
        at(real(3), real())),
    method(np.arctan2, "outer", at(real(2), real(3))),
    changed(np.add,
        at(real(3), REPEATED, real(4)),
        at(real(3), REPEATED, 2.0),
        at(real(3), REPEATED, real()),
        at(real(2, 3), (slice(None), [1, 1]), real(2, 1)),
        covers=(ufuncs.add_in_turn,)),
    changed(np.subtract, at(real(3), REPEATED, real(4))),
    changed(np.multiply,
        at(real(3), REPEATED, real(4)),
        at(real(3), REPEATED, real()),
        at(real(2, 3), ([0, 0, 1], [1, 1, 2]), real(3)),
        at(real(3), [], real(0)),
        at(real(3), 1, real())),
    changed(np.power, at(positive(3), [0, 0, 1], above_one(3))),
    changed(np.exp, at(real(3), [0, 0, 1]), at(real(2, 2), slice(1, None))),
]
# fmt: on
