"""The report of a comparison: a table that prints, and that is true if every row is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from . import text
from .rows import Row, Tolerance, compared


@dataclass(frozen=True)
class Comparison:
    """A table of rows; true if every row is right, and printed as text.

    >>> print(Comparison.of({"dLoss/db": [1.0, 2.5]}, {"dLoss/db": [1.0, 2.0]}))
             | shape | max abs | max rel | worst |       manual |     autodiff | verdict
    dLoss/db | (2,)  | 5.0e-01 | 2.0e-01 | [1]   |   2.50000000 |   2.00000000 | WRONG
    <BLANKLINE>
    dLoss/db: 1 of 2 entries differ: [1]
    """

    rows: list[Row]
    given_is: str = "manual"
    true_is: str = "autodiff"

    @classmethod
    def of(
        cls,
        given: Mapping,
        true: Mapping,
        *,
        rtol: float | None = None,
        atol: float | None = None,
        given_is: str = "manual",
        true_is: str = "autodiff",
    ) -> Comparison:
        """Compare arrays by name, without a graph: ``given[name]`` with ``true[name]``.

        Raises
        ------
        ValueError
            When a given name has no true value.
        """
        unknown = [name for name in given if name not in true]
        if unknown:
            raise ValueError(f"no true value for {unknown}: there are {list(true)}")
        true = {name: np.asarray(value) for name, value in true.items()}
        tolerance = Tolerance(rtol, atol)
        rows = [compared(name, given[name], true[name], tolerance, true) for name in given]
        return cls(rows, given_is, true_is)

    def __bool__(self) -> bool:
        return all(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"{name!r} is not among {[row.name for row in self.rows]}")

    def __str__(self) -> str:
        notes = [f"{row.name}: {note}" for row in self.rows for note in row.notes]
        return "\n".join([text.table(self), *([""] if notes else []), *notes])

    def raise_if_bad(self) -> None:
        """Raise an AssertionError that shows the table unless every row is right."""
        if not self:
            bad = [row.name for row in self.rows if not row]
            raise AssertionError(f"{', '.join(bad)} of {len(self)} compared:\n{self}")
