"""Functions that choose between arrays, element by element or line by line."""

import numpy as np

from .table import at, real, row, since

MASK = np.array([[True, False, True], [False, False, True]])


def weighted(line, power=2):
    return np.sum(line**power * np.arange(1, len(line) + 1))


def outer(line):
    return line[:, None] * line[:2]


def cubed(x):
    return x**3


def trimmed(x, **keywords):
    return np.trim_zeros(np.pad(x, 2), **keywords)


# fmt: off
ROWS = [
    row(np.select,
        at([MASK, ~MASK], [real(2, 3), real(2, 3)]),
        at([MASK, MASK[:1]], (real(3), real(2, 1)), real()),
        at([MASK], [real(2, 3)], 1.5),
        at([MASK[0], True], [2.0, real(3)])),
    row(np.piecewise,
        at(real(3), [MASK[0], ~MASK[0]], [cubed, np.sin]),
        at(real(2, 3), [MASK], [np.exp, 1.0]),
        at(real(3), MASK, [weighted, cubed]), at(real(3), [MASK[0]], [weighted, weighted], 3)),
    row(np.take,
        at(real(4), 1), at(real(4), [0, 2, 2]), at(real(2, 3), np.array([[0, 5], [1, 1]])),
        at(real(2, 3), [0, 0], axis=-1), at(real(2, 3), 1, axis=0), at(real(), [0, 0]),
        at(real(3), [-4, 7], mode="wrap"), at(real(2, 3), [-1, 9], axis=1, mode="clip"),
        at(real(3), np.zeros((0, 2), int))),
    row(np.take_along_axis,
        at(real(2, 3), np.array([[0, 2, 2], [1, 0, 1]]), 1),
        at(real(2, 3), np.array([[1]]), axis=0),
        at(real(2, 3), np.array([5, 0, 0]), axis=None),
        *since("2.3.0", at(real(3), np.array([2, 2])))),
    row(np.compress,
        at([True, False, True], real(3)), at([False, True], real(2, 3), axis=0),
        at([0, 1, 1, 1], real(2, 3))),
    row(np.extract,
        at(MASK, real(2, 3)), at([1, 0, 1], real(3))),
    row(np.apply_along_axis,
        at(weighted, 1, real(2, 3)), at(weighted, 0, real(3)), at(np.cumsum, -1, real(2, 3)),
        at(outer, 0, real(3, 2)), at(weighted, 1, real(2, 3), 3),
        at(weighted, 1, real(2, 2, 2), power=3)),
    row(np.apply_over_axes,
        at(np.sum, real(2, 3, 2), [0, -1]), at(np.mean, real(2, 3), 1)),
    row(trimmed,
        at(real(3)), at(real(3), trim="f"), at(real(3), trim="B"),
        *since("2.2.0", at(real(2, 3), axis=1), at(real(2, 3))),
        covers=(np.trim_zeros,), name="trim_zeros"),
]
# fmt: on
