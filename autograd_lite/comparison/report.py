"""The report of a comparison: all that is compared, and a table, true if every row is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.tape import Node
from ..engine.tensor import Tensor
from ..messages import errors
from ..numerics.rounding import Floor, gradients_of
from . import rendering
from .diagnosis.agreement import BlindSpots, blind_spots
from .diagnosis.diagnose import diagnosed
from .diagnosis.graph import Graph
from .diagnosis.mistakes import Finding
from .diagnosis.wrong_steps.backward import Backward
from .rows import RIGHT, UNSURE, WRONG, Row, Tolerance, compared, distance
from .subgradients import Subgradients, is_kinked

if TYPE_CHECKING:
    from ..drawing import Picture

KINK = "it is a subgradient: a derivative of {} at its kink, chosen otherwise"
UNUSED = "the loss does not depend on it: its gradient is 0"
LATER = "it is {} times the gradient, and the 1/{} is applied later, in {}: a convention"


@dataclass(frozen=True, eq=False)
class Entry:
    """One given array; with a graph, the derivative of ``top`` with respect to ``bottom``."""

    label: str
    given: np.ndarray
    true: np.ndarray
    row: Row
    floor: np.ndarray | None = None  # what rounding may move each entry by
    top: Node | None = None
    bottom: Node | None = None


class Case:
    """All that a diagnosis may look at.

    Parameters
    ----------
    given, true : dict of arrays by label
    tolerance : Tolerance
    loss : Tensor, optional
        The root of the graph; without it there are only arrays.
    names : Names, optional
    ends : dict, optional
        The pair of nodes (top, bottom) that a label is the derivative of.
    keys : dict, optional
        The key that a label was given by, and the node of the tensor that its gradient is of.
    """

    def __init__(
        self, given, true, tolerance: Tolerance, loss=None, names=None, ends=None, keys=None
    ):
        self.keys = keys or {}
        self.tolerance = tolerance
        self.loss: Any = loss
        self.names: Any = names
        pairs = {key: (np.asarray(value), np.asarray(true[key])) for key, value in given.items()}
        ends = ends or {}
        floors = _floors(pairs, tolerance, loss, ends)
        self.entries = []
        for label, (value, expected) in pairs.items():
            floor = floors.get(label)
            row = compared(label, value, expected, tolerance, floor)
            if floor is not None:  # what differs by rounding alone is no trace of a mistake
                value = np.where(distance(value, expected) <= floor, expected, value)
            top, bottom = ends.get(label, (None, None))
            if row and loss is not None and bottom is None:
                row = replace(row, note=UNUSED)
            self.entries.append(Entry(label, value, expected, row, floor, top, bottom))
        self.others = {label: np.asarray(value) for label, value in true.items()}
        if loss is not None and np.isnan(loss.node.out):  # nothing can be told of its derivatives
            for i, entry in enumerate(self.entries):
                self.entries[i] = replace(entry, row=replace(entry.row, verdict=UNSURE))
        elif loss is not None and not all(self.rows):
            self._accept(self._subgradients(), KINK)
            self._accept(later_means(self), LATER)

    def _subgradients(self):
        """{label: name of the kinked call} of the wrong rows that are right at a kink."""
        wrong = [e for e in self.gradients.values() if e.row.verdict == WRONG]
        if not wrong or not any(map(is_kinked, self.graph.nodes)):
            return {}
        others = Subgradients(self.graph, self.backward)
        found = {
            e.label: others.of(e, self.tolerance.allowed(e.given, e.true, e.floor)) for e in wrong
        }
        return {label: name for label, name in found.items() if name is not None}

    def _accept(self, notes, words):
        """Call rows right that a convention explains: {label: what it is about}."""
        for i, entry in enumerate(self.entries):
            if entry.label in notes:
                note = words.format(*np.atleast_1d(notes[entry.label]))
                row = replace(entry.row, verdict=RIGHT, note=note)
                self.entries[i] = replace(entry, given=entry.true, row=row)
        self.__dict__.pop("gradients", None)

    @property
    def rows(self):
        return [entry.row for entry in self.entries]

    @cached_property
    def gradients(self):
        """The entries that are gradients of the loss, by node."""
        root = None if self.loss is None else self.loss.node
        return {e.bottom: e for e in self.entries if e.top is not None and e.top is root}

    @cached_property
    def graph(self):
        """The graph of the loss; careful about nan once a pass has shown that it must be."""
        return Graph(self.loss.node, self.names)

    @cached_property
    def backward(self):
        """The true backward pass."""
        backward = Backward(self.graph)
        arrays = (g for g in backward.table.values() if isinstance(g, np.ndarray))
        if not any(np.isnan(g).any() for g in arrays):
            return backward
        self.graph.careful = True
        return Backward(self.graph)

    @cached_property
    def blind_spots(self) -> BlindSpots:
        """What this point could not have shown."""
        return blind_spots(self)


def _floors(pairs, tolerance, loss, ends):
    """{label: what rounding may move each entry by}, of the gradients of a loss."""
    if loss is None or tolerance.atol is not None:
        return {}
    nodes = {
        label: ends[label][1]
        for label, (value, true) in pairs.items()
        if value.shape == true.shape and value.size and ends.get(label, (None,))[0] is loss.node
    }
    if all(tolerance.agree(*pairs[label], 0.0) for label in nodes):
        return {}
    kinds = {array.dtype for label in nodes for array in pairs[label] if array.dtype.kind in "fc"}
    eps = max((float(np.finfo(kind).eps) for kind in kinds), default=0.0)
    derive = gradients_of(loss.node, list(nodes.values()))
    found = Floor(loss.node, eps).of_all(derive, [distance(*pairs[label]) for label in nodes])
    return dict(zip(nodes, found, strict=True))


def later_means(case):
    """{label: (N, N, the rows that divide)} of inner rows that are N times too large, on purpose.

    So it is where all given parameters below such a row are right.
    """
    found = {}
    leaves = [e for e in case.gradients.values() if e.bottom.op is None]
    for entry in case.gradients.values():
        if entry.row or entry.bottom.op is None or entry.given.shape != entry.true.shape:
            continue
        below = [e for e in leaves if case.graph.leads(e.bottom, entry.bottom)]
        n = _common_factor(entry)
        if n is None or n not in np.shape(entry.true) or not below or not all(e.row for e in below):
            continue
        names = [case.names.of(e.bottom) for e in below[:2]]
        found[entry.label] = n, n, " and ".join(f"d{name}" for name in names)
    return found


def _common_factor(entry):
    """N where a row is N times what it must be, in every entry."""
    norm = np.vdot(entry.true, entry.true).real
    c = np.vdot(entry.true, entry.given).real / norm if norm else 0.0
    n = round(c)
    close = n > 1 and np.allclose(entry.given, n * entry.true, rtol=1e-6, atol=0)
    return n if close else None


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
        if type(key) is str and (near := errors.nearest(key, known)):
            return f": did you mean {near!r}?"
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
            lines += finding.details
            lines += [finding.gives] if finding.gives else []
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
            ``precision``, ``max_elements``, ``max_nodes``, ``values``, ``gradients``,
            ``numbers``, ``theme``, ``direction`` and ``collapse``, as those of
            `autograd_lite.draw`.

        Raises
        ------
        ValueError
            For a comparison of arrays alone, which has no graph, and for a graph that is too
            large.
        """
        from .colours import coloured

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
