"""The report of a comparison: a table that prints, and that is true if every row is right."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .. import errors
from ..tensor import Tensor
from . import rendering
from .case import Case
from .diagnosis.agreement import BlindSpots
from .diagnosis.findings import Finding
from .diagnosis.order import diagnosed
from .rows import Row, Tolerance

if TYPE_CHECKING:
    from ..drawing import Picture


@dataclass(frozen=True, repr=False)
class Comparison:
    """What is right, what is wrong, and why; true if every row is right.

    Attributes
    ----------
    rows : list of Row
    given_is, true_is : str
        What the two sides are called.
    findings : tuple of Finding
        The mistakes that explain the wrong rows; empty where no known one does.
    hints : tuple of str
        Other facts worth knowing: rows that stay unexplained, what is odd about the graph.
    because : dict
        Rows that are wrong only because another is: {label: label of that row}.
    case : Case or None
        What was compared, with the graph: for pictures and for the blind spots.

    >>> print(Comparison.of({"dLoss/db": [1.0, 4.5]}, {"dLoss/db": [0.3, 2.0]}))
    no known pattern: dLoss/db at [1] is 4.5 by manual and 2 by autodiff
    <BLANKLINE>
             | verdict | shape | worst | manual | autodiff | max rel
    dLoss/db | WRONG   | (2,)  | [1]   |    4.5 |        2 | 7.0e-01
    """

    rows: list[Row]
    given_is: str = "manual"
    true_is: str = "autodiff"
    findings: tuple[Finding, ...] = ()
    hints: tuple[str, ...] = ()
    because: Mapping[str, str] = field(default_factory=dict)
    case: Case | None = field(default=None, repr=False, compare=False)

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
        return cls.from_case(Case(given, true, Tolerance(rtol, atol)), given_is, true_is)

    @classmethod
    def from_case(cls, case: Case, given_is="manual", true_is="autodiff") -> Comparison:
        """The report of a case, with its diagnosis."""
        found = diagnosed(case)
        return cls(case.rows, given_is, true_is, found.findings, found.hints, found.because, case)

    def __bool__(self) -> bool:
        return all(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: str | tuple | Tensor) -> Row:
        """The row of a label, "dLoss/dW1", of the key that was given, "W1", or of a tensor."""
        found = [row for row in self.rows if type(key) is str and row.name == key]
        found = found or self._of_key(key)
        if not found:
            what = errors.describe(key) if isinstance(key, Tensor) else repr(key)
            raise KeyError(f"{what} is not in this report{self._near(key)}")
        return found[0]

    def _near(self, key):
        """The end of a sentence: the label or the key that one may have meant, or all labels."""
        labels = [row.name for row in self.rows]
        keys = [] if self.case is None else [key for key, _ in self.case.keys.values()]
        known = [*labels, *(key for key in keys if type(key) is str)]
        near = difflib.get_close_matches(str(key), known, n=1) if type(key) is str else []
        if near:
            return f": did you mean {near[0]!r}?"
        more = f" and {len(labels) - 8} more" if len(labels) > 8 else ""
        return f", which has {', '.join(labels[:8])}{more}"

    def _of_key(self, key):
        """The rows of what was given, or, of plain arrays, of the last part of a label."""
        keys = {} if self.case is None else self.case.keys
        if isinstance(key, Tensor):
            labels = [label for label, (_, node) in keys.items() if node is key.node]
        else:
            labels = [label for label, (one, _) in keys.items() if type(one) is type(key) is str]
            labels = [label for label in labels if keys[label][0] == key]
        ending = f"/d{key}" if type(key) is str and not labels else None
        return [r for r in self.rows if r.name in labels or (ending and r.name.endswith(ending))]

    @property
    def summary(self) -> str:
        """One sentence: what is wrong and what it is called, or that all is right."""
        if self.findings:
            return self.findings[0].sentence
        if not self.rows:
            return "nothing was given"
        if self:
            many = f"all {len(self)} agree" if len(self) > 1 else f"{self.rows[0].name} agrees"
            noted = [f"; of {row.name}: {row.note}" for row in self.rows if row.note]
            return f"right: {many} with {self.true_is}{''.join(noted[:1])}"
        wrong = [row for row in self.rows if not row]
        row = next((row for row in wrong if row.name not in self.because), wrong[0])
        return f"no known pattern: {worst(row, self.given_is, self.true_is)}"

    @property
    def evidence(self) -> list[str]:
        """What else is to be said: further findings, what fits as well, what is unexplained."""
        lines: list[str] = []
        for i, finding in enumerate(self.findings):
            lines += [f"and: {finding.sentence}"] if i else []
            instead = "or" if i else "or, instead of the first line"
            lines += [f"{instead}: {sentence}" for sentence in finding.also]
            lines.append(f"what helps: {finding.advice}")
        lines += [f"{label} is wrong because {cause} is" for label, cause in self.because.items()]
        lines += [f"{row.name} is right: {row.note}" for row in self.rows if row.note]
        blind = [str(self.blind)] if self.blind else []
        return [*lines, *self.hints, *blind]

    @property
    def blind(self) -> BlindSpots | None:
        """What could not have shown at this point, for gradients of a graph that all agree."""
        if not self or self.case is None or not self.case.gradients:
            return None
        return self.case.blind_spots

    def __str__(self) -> str:
        return rendering.text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return rendering.html(self)

    def markdown(self) -> str:
        """The report in Markdown: the sentence, the table, the evidence as a list."""
        return rendering.markdown(self)

    def json(self) -> str:
        """The report as JSON, every number as exact as it is here.

        nan and infinities, which JSON lacks, are the strings "nan", "inf" and "-inf".
        """
        return rendering.as_json(self)

    def draw(self, **options) -> Picture:
        """The graph in the colours of the verdicts; see `autograd_lite.draw` for the picture.

        Green is a tensor whose gradient by hand is right, red the first that is wrong, pale red
        one that is wrong because of that, and grey one that was not given. An arrow is coloured
        for a factor of the chain, and a box has a red frame where a mistake was made, as far as
        that is known. Verdicts are written in the boxes too.

        Parameters
        ----------
        **options
            ``precision``, ``max_elements``, ``max_nodes``, ``values`` and ``gradients``, as
            those of `autograd_lite.draw`.

        Raises
        ------
        ValueError
            For a comparison of arrays alone, which has no graph, and for a graph that is too
            large.
        """
        from .colours import coloured  # here, because drawing is not needed to compare

        return coloured(self, **options)

    def raise_if_bad(self) -> None:
        """Raise an AssertionError that shows the whole report unless every row is right."""
        __tracebackhide__ = True  # pytest points at the caller's line
        if not self:
            bad = [row.name for row in self.rows if not row]
            rest = f" and {len(bad) - 5} others" if len(bad) > 5 else ""
            raise AssertionError(f"{', '.join(bad[:5])}{rest} of {len(self)} compared: {self}")


def worst(row: Row, given_is: str, true_is: str) -> str:
    """A wrong row in words: both values where they differ most, or both shapes."""
    if row.worst is None:
        return f"{row.name} has shape {row.given_shape}, and it must have {row.true_shape}"
    at = f" at {list(row.worst)}" if row.worst else ""
    return f"{row.name}{at} is {row.given:.8g} by {given_is} and {row.true:.8g} by {true_is}"
