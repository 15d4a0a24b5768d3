"""What the cells of a comparison's table say, for any form of it."""

from dataclasses import dataclass

import numpy as np

from ..rows import SHAPE


@dataclass(frozen=True)
class Table:
    """Texts by column and row; ``numbers`` are the columns whose decimal points are aligned."""

    heads: tuple
    rows: list
    numbers: frozenset


def table(report):
    """The cells of a report; the column of finite differences is there where they were taken."""
    columns = [("", "shape", "max abs", "max rel", "worst"), (report.given_is, report.true_is)]
    third = ("numeric",) if any(row.numeric is not None for row in report) else ()
    heads = (*columns[0], *columns[1], *third, "verdict")
    numbers = frozenset(range(len(columns[0]), len(heads) - 1))
    return Table(heads, [_cells(row, bool(third)) for row in report], numbers)


def _cells(row, third):
    shape = _shape(row.given_shape)
    if row.verdict == SHAPE:
        shape += f" for {_shape(row.true_shape)}"
    worst = "" if row.worst is None else str(list(row.worst))
    return (
        row.name, shape, _size(row.max_abs), _size(row.max_rel), worst,
        _number(row.given), _number(row.true), *[_number(row.numeric)] * third, row.verdict,
    )  # fmt: skip


def _number(x):
    """A value in 12 characters, so that columns of them are aligned."""
    if x is None:
        return ""
    if isinstance(x, (bool, int, complex, str)):
        return str(x)
    return f"{x:12.8f}" if x == 0 or 1e-4 <= abs(x) < 1e4 else f"{x:12.5e}"


def _shape(shape):
    return str(tuple(shape)).replace(" ", "")


def _size(x):
    return "" if np.isnan(x) else f"{x:.1e}"
