"""Reading by index, and adding up by index."""

import operator

import numpy as np

from autograd_lite.rules import indexing

from .table import at, complex_, real, row


def add_at(g, index, shape):
    """Zeros of a shape with g added at index, by NumPy."""
    result = np.zeros(shape, g.dtype)
    np.add.at(result, index, g)
    return result


def add_all_at(gs, indices, shape):
    """The sum of an array for each."""
    result = np.zeros(shape, np.result_type(*gs))
    for g, index in zip(gs, indices, strict=True):
        np.add.at(result, index, g)
    return result


MASK = np.array([[True, False, True], [False, False, True]])
X = np.s_

ROWS = [
    row(
        operator.getitem,
        at(real(4), 1),
        at(real(4), -1),
        at(real(4), np.int64(2)),
        at(real(4), X[1:3]),
        at(real(4), X[::-1]),
        at(real(4), X[-1:0:-2]),
        at(real(4), X[2:2]),
        at(real(2, 3), X[1]),
        at(real(2, 3), X[:, 1]),
        at(real(2, 3), X[..., 0]),
        at(real(2, 3), X[None, ..., ::2]),
        at(real(2, 3), X[:, np.newaxis]),
        at(real(2, 3), X[1, 2]),
        at(real(), X[()]),
        at(real(), X[...]),
        at(real(), X[None]),
        at(real(4), [0, 2, 2, 0]),
        at(real(4), np.array([[3, 3], [-1, 0]])),
        at(real(4), ((0, 1, 1),)),
        at(real(2, 3), X[[0, 1, 0], [2, 2, 2]]),
        at(real(2, 3), X[:, [0, 0]]),
        at(real(2, 3), X[[[1], [0]], [[0, 2]]]),
        at(real(2, 3, 2), X[[1, 1], :, [0, 0]]),
        at(real(2, 3, 2), X[1, ..., [1, 1]]),
        at(real(2, 3), MASK),
        at(real(2, 3), MASK.tolist()),
        at(real(2, 3), X[1, [True, False, True]]),
        at(real(2, 3), X[:, np.array([False, False, False])]),
        at(real(2), True),
        at(real(0, 3), X[:, 1]),
        covers=("getitem", indexing.getitem),
    ),
    row(
        lambda x, index: x.flat[index],
        at(real(2, 3), X[1:4]),
        at(real(2, 3), 2),
        at(real(2, 2, 2), [7, 0, 7]),
        covers=("flat",),
        name="flat",
    ),
    row(
        indexing.add_at,
        at(real(3), index=X[1:4], shape=(5,)),
        at(real(3), index=[0, 2, 0], shape=(4,)),
        at(real(2), index=X[1, [0, 0]], shape=(2, 3)),
        at(real(), index=X[0, 1], shape=(2, 3)),
        covers=(indexing.scatter,),
        reference=add_at,
    ),
    row(
        indexing.add_all_at,
        at([real(3), real(4)], indices=(X[1:4], X[:]), shape=(4,)),
        at([real(), real(2), real(2)], indices=(X[0, 1], X[1, [0, 0]], X[:, 2]), shape=(2, 3)),
        at([real(1, 3)], indices=(X[1:],), shape=(2, 3)),
        covers=(indexing.scatter_all,),
        reference=add_all_at,
    ),
    row(
        indexing.store,
        at(real(4), real(), index=1),
        at(real(4), real(2), index=X[::-2]),
        at(real(2, 3), real(3), index=X[1]),
        at(real(2, 3), real(2, 1), index=X[:, 1:]),
        at(real(2, 3), real(1, 1, 3), index=X[...]),
        at(real(2, 3), real(), index=MASK),
        at(real(2, 3), real(3), index=MASK),
        at(real(4), real(3), index=[0, 2, 0]),
        at(real(2, 3), real(2), index=X[[1, 1], [0, 0]]),
        at(real(3), 2.0, index=0),
        at(complex_(3), real(2), index=X[1:]),
        at(complex_(3), complex_(2), index=[0, 0]),
        covers=("setitem", indexing.setitem),
    ),
]
