"""A mistake: before it is chosen, and as it was found, in a sentence with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from .mistakes import MISTAKES


@dataclass(frozen=True)
class Finding:
    """One mistake that explains why rows are wrong.

    Attributes
    ----------
    mistake : str
        Its key in the table of mistakes, `mistakes.MISTAKES`.
    sentence : str
        Plain English with the evidence: "dLoss/dW1 is N = 50 times the gradient: ...".
    explains : tuple of str
        The labels of the rows that this mistake makes wrong; none for a warning about the graph.
    where : tuple of Node
        The nodes of the graph at which it was made, as far as that is known.
    also : tuple of str
        Other sentences that fit the same numbers equally well.
    """

    mistake: str
    sentence: str
    explains: tuple[str, ...] = ()
    where: tuple = ()
    also: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """What to do about a mistake of this kind, from the table of mistakes."""
        return MISTAKES[self.mistake].advice

    def __str__(self):
        return self.sentence


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
