"""What is compared: each given array beside the true one, and the graph they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..rounding import Floor, gradient_of
from ..tape import Node
from .diagnosis.agreement import BlindSpots, blind_spots
from .diagnosis.graph import Graph
from .diagnosis.wrong_steps.backward import Backward
from .rows import RIGHT, UNSURE, WRONG, Row, Tolerance, compared, distance
from .subgradients import Subgradients, is_kinked

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
        if loss is not None and np.isnan(loss.node.out):
            self._doubt()
        elif loss is not None and not all(self.rows):
            self._accept(self._subgradients(), KINK)
            self._accept(later_means(self), LATER)

    def _doubt(self):
        """Nothing can be told of the derivatives of a loss that is nan."""
        for i, entry in enumerate(self.entries):
            self.entries[i] = replace(entry, row=replace(entry.row, verdict=UNSURE))

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
        """The graph of the loss; careful about nan where the true gradients needed that."""
        graph = Graph(self.loss.node, self.names)
        table = Backward(graph).table
        if any(np.isnan(g).any() for g in table.values() if isinstance(g, np.ndarray)):
            graph.careful = True
        return graph

    @cached_property
    def backward(self):
        """The true backward pass."""
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
    floor = Floor(loss.node, eps)
    return {label: floor.of(gradient_of(loss.node, node)) for label, node in nodes.items()}


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
