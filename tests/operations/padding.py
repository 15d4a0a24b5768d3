"""np.pad in all its modes."""

import numpy as np

from autograd_lite.rules import padding

from .table import at, complex_, real, row, since


def with_values(x, values, pad_width):
    return np.pad(x, pad_width, constant_values=values)


def to_values(x, values, pad_width):
    return np.pad(x, pad_width, mode="linear_ramp", end_values=values)


# fmt: off
ROWS = [
    row(np.pad,
        at(real(3), 2), at(complex_(2), 1), at(real(2, 3), (1, 2)),
        at(real(2, 3), ((0, 1), (2, 0))), at(real(), 1),
        *since("2.4.0", at(real(2, 3), {-1: (1, 2)}), at(real(2, 3), {0: 1})), at(real(0), 1),
        at(real(2), ((1,),)),
        at(real(3), 1, constant_values=2.0),
        at(real(2, 3), 1, constant_values=((1.0, 2.0), (3.0, 4.0))),
        at(real(3), 4, mode="edge"), at(real(2, 3), ((1, 0), (2, 3)), mode="edge"),
        at(real(3), 5, mode="reflect"), at(real(2, 3), ((1, 0), (2, 3)), "reflect"),
        at(real(1, 2), 2, mode="reflect"),
        at(real(3), 4, mode="symmetric"), at(real(2, 3), 2, mode="symmetric"),
        at(real(3), 4, mode="wrap"), at(real(2, 3), (3, 1), mode="wrap"),
        at(real(3), (5, 2), mode="reflect", reflect_type="odd"),
        at(real(2, 3), 2, mode="symmetric", reflect_type="odd"),
        at(real(3), (2, 1), mode="linear_ramp"),
        at(real(2, 3), 2, mode="linear_ramp", end_values=((1.0, 2.0), (3.0, 4.0))),
        at(real(3), 2, mode="mean"), at(real(2, 3), 1, mode="mean", stat_length=((1, 2), (2, 3))),
        at(real(2, 3), 1, mode="maximum"), at(real(3), 1, mode="maximum", stat_length=2),
        at(real(2, 3), 1, mode="minimum"), at(real(4), (1, 2), mode="median", stat_length=3),
        covers=(
            np.pad, padding.pad_with_zeros, padding.pad_with_copies, padding.pad_oddly)),
    row(with_values,
        at(real(2, 3), real(), (2, 1)), at(np.ones((2, 2)), real(2, 2), 1),
        at(real(2, 2), [[real(), 1.0], [real(), real()]], 1),
        covers=()),
    row(to_values, at(real(2, 3), real(2), 2), at(real(3), real(), 1), covers=()),
]
# fmt: on
