"""The search for mistakes that explain wrong gradients of one graph.

The one idea: a mistake is accepted when the backward pass with it gives the given numbers. Then
that pass is the base, and the search goes on for the rows that it does not explain.
"""

from __future__ import annotations

import numpy as np

from . import wrong_formulas, wrong_passes
from .array_patterns import Fit
from .constants import Constants
from .graph import LARGE
from .mistakes import Candidate, Finding
from .regularisers import Penalties, wrong_regulariser
from .row_patterns import (
    array_patterns,
    common_factor,
    other_tensor,
    value_patterns,
)
from .wrong_steps.tangents import Probe

MOST = 6  # findings
PART, LONG = 6, 50  # of a loop: the part that a pass begins with, and the calls that are worth it
FADED = 1e-4  # of a cotangent: what less would bring to the leaves is no hundredth of a row
KNOWN = 2  # the rank of a wrong step that needs no other reading of the numbers


def one_known_step(search):
    """One step of the backward pass that explains all by a known rule; not in a loop."""
    found = [] if search.graph.has_loops else search.single_steps()
    return (
        found if any(len(c.explains) == len(search.left) and c.rank <= KNOWN for c in found) else []
    )


def one_wrong_step(search):
    """One step of the backward pass; where none of a known rule explains all, one formula."""
    found = search.single_steps()
    if any(len(c.explains) == len(search.left) and c.rank <= KNOWN for c in found):
        return found
    return [*found, *wrong_formulas.one_formula(search)]


# From what is cheap and says most to what is dear: the first that explains all rows ends it.
_ORDER = (
    value_patterns,
    common_factor,
    wrong_regulariser,
    array_patterns,
    one_known_step,
    wrong_passes.one_step_everywhere,
    one_wrong_step,
    other_tensor,
)


# Mistakes that give the same numbers at any step of a chain.
_ANYWHERE = ("factor", "constant", "sign", "mean missing", "mean twice")


def _size(g):
    """The largest entry of a cotangent; infinite of what is no array."""
    return np.abs(g).max(initial=0.0) if isinstance(g, (np.ndarray, np.generic)) else np.inf


def _is_off(entry, found):
    """Whether what has arrived is surely not what is given."""
    found = np.broadcast_to(found, entry.true.shape)
    if entry.given.shape != found.shape:
        return True
    size = np.linalg.norm(entry.given) + np.linalg.norm(entry.true)
    return bool(np.linalg.norm(entry.given - found) > 1e-2 * size)


class Search:
    """The state of a search: the pass that is the base, and the rows that are left."""

    def __init__(self, case, graph, backward, wrong, right):
        self.case, self.graph, self.backward = case, graph, backward
        self.left, self.right = list(wrong), list(right)
        self.fit = Fit(case.tolerance)
        self.constants = Constants(graph)
        self.penalties = Penalties(graph)
        self.findings: list[Finding] = []
        self.contributions: dict = {}
        self._probes: dict = {}
        self._sizes: dict = {}
        self._single = None

    def run(self):
        """Find mistakes until all rows are explained, or nothing explains one more."""
        while self.left and len(self.findings) < MOST:
            candidates = self._candidates()
            chosen = next(filter(self._holds, self._ranked(candidates)), None)
            if chosen is None:
                break
            self._accept(chosen, candidates)
        return self

    def expected(self, entry):
        """What the base gives for a row."""
        found = self.backward.table.get(entry.bottom)
        return entry.true if found is None else np.asarray(found)

    def precision(self, entry):
        """How exactly a factor of a row is known."""
        return max(1e-6, self.fit.precision(entry.given, self.expected(entry)))

    def below(self, node):
        """How many of the rows that are left are below a node."""
        return self.graph.count_below(node, [e.bottom for e in self.left])

    def is_probed(self, entry):
        """Whether a row tells without a walk what gives it; a loop has no time for many probes."""
        return entry.label in self._probes

    def may_give(self, mutant, entry):
        """Whether a wrong step can make a row, told without a walk; of a true pass alone."""
        if self.backward.steps:
            return True
        if entry.label not in self._probes:
            known = entry, self.expected(entry), self.case.tolerance, self.backward.fixed
            self._probes[entry.label] = Probe(self.graph, *known)
        self.graph.visits += 1 + sum(map(np.size, mutant.seeds.values())) // LARGE
        return self._probes[entry.label].may_give(mutant)

    def has_faded(self, steps):
        """Whether the beginning of a pass with wrong steps tells that it gives none of the rows.

        In many long loops little of a cotangent is left after some steps. Where next to nothing
        would go on, what has come to the leaves is all but what the whole pass brings there.
        """
        count = len(self.graph.nodes) // PART
        if count < LONG or any(e.bottom.op is not None for e in self.left):
            return False
        found, frontier = self.backward.replaced(steps).begun(count)
        if not all(_size(g) <= FADED * self._largest(count) for g in frontier):
            return False
        return all(_is_off(e, found.get(e.bottom, 0.0)) for e in self.left)

    def _largest(self, count):
        """The largest entry of a cotangent on the way through the newest nodes."""
        if count not in self._sizes:
            table = self.backward.table
            newest = [table[n] for n in self.graph.nodes[-count:] if n in table and np.ndim(n.out)]
            self._sizes[count] = max(map(_size, newest), default=0.0)
        return self._sizes[count]

    def explained(self, rows, table):
        """The rows that a pass explains; none if it makes a right row wrong."""

        def found(entry):
            g = table.get(entry.bottom)
            return np.zeros_like(entry.true) if g is None else np.asarray(g)

        if not all(self.fit.agree(e.given, found(e), e.floor) for e in self.right):
            return []
        return [e for e in rows if self.fit.explains(e.given, found(e), self.expected(e))]

    # --- choosing ---------------------------------------------------------------------------

    def single_steps(self):
        """What `wrong_passes.one_step` finds for the rows that are left, found once."""
        key = self.backward, tuple(e.label for e in self.left)
        if self._single is None or self._single[0] != key:
            self._single = key, wrong_passes.one_step(self)
        return self._single[1]

    def _candidates(self):
        found: list[Candidate] = []
        for look in _ORDER:
            found += look(self)
            if any(len(c.explains) == len(self.left) for c in found):
                break
        return found

    @staticmethod
    def _ranked(candidates):
        return sorted(candidates, key=lambda c: (-len(c.explains), c.rank))

    def _holds(self, candidate):
        """Whether the pass with the mistake gives the numbers, and leaves right rows right."""
        if candidate.steps is None:
            return True
        table = self.backward.replaced(candidate.steps).table
        return len(self.explained(candidate.explains, table)) == len(candidate.explains)

    def _accept(self, chosen, candidates):
        same = [
            c
            for c in candidates
            if c is not chosen
            and set(c.explains) == set(chosen.explains)
            and c.text != chosen.text
            and c.rank <= chosen.rank + 2
        ]
        alike = same if chosen.key in _ANYWHERE else ()  # of the others the place is known
        nodes = dict.fromkeys(
            node for c in (chosen, *alike) if c.key == chosen.key for node in c.where
        )
        text = chosen.text
        if chosen.key in _ANYWHERE:
            if len(nodes) > 1 and chosen.where:
                text += "\n" + self._between(nodes)
            same = [c for c in same if c.key != chosen.key]
        texts = [*chosen.also, *(c.text for c in self._ranked(same))]
        texts = dict.fromkeys(text.partition("\n")[0] for text in texts)
        labels = tuple(e.label for e in chosen.explains)
        finding = Finding(chosen.key, text, labels, tuple(nodes), tuple(texts)[:3], chosen.gives)
        self.findings += [finding, *chosen.more]
        self.left = [e for e in self.left if e not in chosen.explains]
        if chosen.steps is not None:
            self.contributions = {}
            self.right += chosen.explains
            self.backward = self.backward.replaced(chosen.steps)

    def _between(self, nodes):
        """That a mistake may be in any of several steps."""
        newest, oldest = (pick(nodes, key=lambda n: n.serial) for pick in (max, min))
        return (
            f"or it is in another step between {self.graph.label(newest)} and "
            f"{self.graph.label(oldest)}: these cannot be told apart"
        )
