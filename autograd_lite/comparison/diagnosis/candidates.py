"""A mistake that may explain rows, before it is chosen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class Candidate:
    """A mistake that explains some rows.

    ``steps`` are what it changes in the pass; None where it concerns these rows alone.
    """

    key: str
    text: str
    explains: list
    steps: dict | None = None
    where: tuple = ()
    rank: int = 2
    more: list = field(default_factory=list)  # findings that belong to it
    also: tuple = ()
