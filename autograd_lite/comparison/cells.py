"""What the cells of a comparison's table say, for any form of it."""

import numpy as np

from .rows import SHAPE

RIGHT_ALIGNED = (5, 6)  # the two values, so that their decimal points stand below each other


def heads(report):
    """The head of each column; the first, of the names, has none."""
    return "", "shape", "max abs", "max rel", "worst", report.given_is, report.true_is, "verdict"


def cells(row):
    """One row as texts."""
    shape = _shape(row.given_shape)
    if row.verdict == SHAPE:
        shape += f" for {_shape(row.true_shape)}"
    worst = "" if row.worst is None else str(list(row.worst))
    return (
        row.name, shape, _size(row.max_abs), _size(row.max_rel), worst,
        number(row.given), number(row.true), row.verdict,
    )  # fmt: skip


def number(x):
    """A value in 12 characters, so that columns of them are aligned."""
    if x is None:
        return ""
    if isinstance(x, (bool, int, complex)):
        return str(x)
    return f"{x:12.8f}" if x == 0 or 1e-4 <= abs(x) < 1e4 else f"{x:12.5e}"


def _shape(shape):
    return str(tuple(shape)).replace(" ", "")


def _size(x):
    return "" if np.isnan(x) else f"{x:.1e}"
