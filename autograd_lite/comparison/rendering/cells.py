"""What the cells of a comparison's table say, for any form of it."""

from dataclasses import dataclass

import numpy as np

from ..rows import SHAPE, UNSURE


@dataclass(frozen=True)
class Table:
    """Texts by column and row; ``numbers`` are the columns whose decimal points are aligned."""

    heads: tuple
    rows: list
    numbers: frozenset


def table(report):
    """The cells of a report, what is wrong first; ``numeric`` where differences were taken."""
    third = ("numeric",) if any(row.numeric is not None for row in report) else ()
    heads = ("", "verdict", "shape", "worst", report.given_is, report.true_is, *third, "max rel")
    numbers = frozenset(range(4, len(heads) - 1))
    rows = sorted(report, key=lambda row: _rank(row, report.because))
    return Table(heads, [_cells(row, bool(third)) for row in rows], numbers)


def _rank(row, because):
    """What is wrong by itself, wrong because of another, unsure, right."""
    return 3 if row else 2 if row.verdict == UNSURE else int(row.name in because)


def _cells(row, third):
    shape = _shape(row.given_shape)
    if row.verdict == SHAPE:
        shape += f" for {_shape(row.true_shape)}"
    worst = "" if row.worst is None else str(list(row.worst)).replace(" ", "")
    return (
        row.name, row.verdict, shape, worst,
        _number(row.given), _number(row.true), *[_number(row.numeric)] * third, _size(row.max_rel),
    )  # fmt: skip


def _number(x):
    """A value to six digits."""
    if x is None:
        return ""
    return f"{x:.6g}" if isinstance(x, (float, complex)) else str(x)


def _shape(shape):
    return str(tuple(shape)).replace(" ", "")


def _size(x):
    return "" if np.isnan(x) else f"{x:.1e}"
