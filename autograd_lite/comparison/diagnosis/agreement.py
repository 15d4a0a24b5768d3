"""What is said of gradients that agree: the mutation score of the check, and their sizes.

The typical mistakes are made, one after the other, in the backward pass at this point. One that
changes no given row beyond its tolerance could not have been seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...engine.primitives import registered
from ...rules.losses import cross_entropy
from ...rules.softmax import log_softmax, softmax
from ..rows import distance
from .mistakes import Finding
from .regularisers import Penalties
from .wrong_steps.mutants import mutants
from .wrong_steps.recognised_functions import recognised_functions
from .wrong_steps.stale_weights import stale

MUTANTS, STALE = 8_000, 40_000  # visits of nodes that two kinds of mistakes may take
RATE = 0.1  # of the step that a stale weight has made


@dataclass(frozen=True)
class BlindSpots:
    """How many typical mistakes this point would have shown, and which not.

    Attributes
    ----------
    shown, total : int
    blind : tuple of str
        What it is blind to, with the cause: "1/N missing or twice (the batch has one row)".
    advice : tuple of str
        What to change so that it shows them.
    """

    shown: int
    total: int
    blind: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def __str__(self):
        text = f"this point would have shown {self.shown} of {self.total} typical mistakes"
        if self.blind:
            listed = ", ".join(self.blind[:6]) + ", ..." * (len(self.blind) > 6)
            text += f"; it is blind to: {listed}"
        if self.advice:
            text += f"; {'; '.join(self.advice)}"
        return text


@np.errstate(all="ignore")
def blind_spots(case) -> BlindSpots:
    """The blind spots of a case that agrees."""
    causes = _Causes(case)
    shown = total = 0
    blind: dict = {}
    for what, where, visible in _mistakes(case):
        total += 1
        shown += visible
        if not visible:
            cause = causes.of(what, where)
            places = blind.setdefault((what, cause), [])
            if where is not None and case.graph.label(where) not in places:
                places.append(case.graph.label(where))
    texts = []
    for (what, cause), places in blind.items():
        at = f" at {', '.join(places[:3])}{', ...' * (len(places) > 3)}" if places else ""
        texts.append(f"{what}{at}{f' ({cause})' if cause else ''}")
    return BlindSpots(shown, total, tuple(texts), tuple(causes.advice()))


def _mistakes(case) -> Iterator[tuple]:
    """Triples (what, node, whether it would have shown)."""
    backward, graph = case.backward, case.graph
    rows = {n: e for n, e in case.gradients.items() if e.true.size}
    watched = _Watched(case, backward, rows)
    n = _batch(graph)
    if n:
        yield "1/N missing or twice", None, n > 1 and any(e.true.any() for e in rows.values())
    yield "a factor 2", None, any(e.true.any() for e in rows.values())
    yield from _of_biases(case, rows)
    yield from _of_regularisers(case, rows)
    relevant = watched.is_below
    for mutant in graph.affordable(mutants(backward, relevant, typical=True), MUTANTS):
        what, size = mutant.key, 1.0
        if mutant.size == "contribution":
            what, size = "sign", -2.0
        yield what, mutant.where[0] if mutant.where else None, watched.sees(mutant.seeds, size)
    edges = [edge for edge in backward.edges if relevant(edge.parent)]
    updates = {node: g for node, g in backward.table.items() if node.op is None}
    for mutant in graph.affordable(stale(backward, edges, updates, both_kinds=False), STALE):
        yield mutant.key, mutant.where[0], watched.sees(mutant.seeds, RATE)


class _Watched:
    """The rows, and whether a change of some cotangents would make one of them wrong."""

    def __init__(self, case, backward, rows):
        self.case, self.backward, self.rows = case, backward, rows

    def is_below(self, node):
        return any(self.case.graph.leads(row, node) for row in self.rows)

    def sees(self, seeds, size=1.0):
        first = next(iter(seeds))
        rows = [row for row in self.rows if self.case.graph.leads(row, first)]
        if not any(np.any(seed) for seed in seeds.values()):
            return False
        found = self.backward.change(seeds, rows)
        return any(self._is_wrong(row, size * found[row]) for row in rows if row in found)

    def _is_wrong(self, row, change):
        entry = self.rows[row]
        wrong = entry.true + change
        allowed = self.case.tolerance.allowed(wrong, entry.true)
        return bool((distance(wrong, entry.true) > allowed).any())


def _batch(graph):
    """The number of rows of the data; 0 without data."""
    for _, array in graph.constants():
        if array.ndim > 1:
            return array.shape[0]
    return 0


def _of_biases(case, rows):
    """A mean over the rows where the sum belongs."""
    for node in _biases(case, rows):
        counts = {np.size(e.g) // max(np.size(e.contribution), 1)
                  for e in case.backward.edges if e.parent is node}  # fmt: skip
        yield (
            "the mean for the sum in the gradient of a bias",
            node,
            max(counts) > 1 and rows[node].true.any(),
        )


def _biases(case, rows):
    """Variables that are broadcast where they are added."""
    for node in rows:
        uses = [e for e in case.backward.edges if e.parent is node]
        if node.op is None and uses and all(e.op.name in ("add", "subtract") for e in uses):
            yield node


def _of_regularisers(case, rows):
    penalties = Penalties(case.graph)
    if not penalties.terms or penalties.alone:
        return
    gradients = penalties.gradients(case.backward, [n for n in rows if n.op is None])
    watched = _Watched(case, case.backward, rows)
    for node, penalty in gradients.items():
        yield "the regulariser forgotten", node, watched._is_wrong(node, -penalty)
    for node in _biases(case, rows):
        if node not in gradients:
            value = case.graph.value(node)
            yield "a regulariser on the bias", node, watched._is_wrong(node, value)


class _Causes:
    """Why a mistake does not show at a point, and what to change."""

    def __init__(self, case):
        graph = case.graph
        leaves = [n for n in graph.nodes if n.op is None and np.size(n.out)]
        values = {n: np.asarray(graph.value(n)) for n in leaves}
        self.one = _batch(graph) == 1
        self.zeros = {n: graph.label(n) for n, v in values.items() if not v.any()}
        self.equal = [
            graph.label(n) for n, v in values.items() if v.size > 1 and v.any() and np.ptp(v) == 0
        ]
        self._said: dict = {}
        self._to_draw: dict = {}

    def of(self, what, where):
        """The cause in a few words."""
        if self.one and ("1/N" in what or "mean" in what):
            self._said["use a batch of several rows, best of a size that no other axis has"] = None
            return "the batch has one row"
        own = self.zeros.get(where)
        zeros = [own] if own else [] if "bias" in what else list(self.zeros.values())
        if zeros:
            self._to_draw |= dict.fromkeys(zeros)
            return f"{', '.join(zeros[:3])} = 0"
        if self.equal:
            self._to_draw |= dict.fromkeys(self.equal)
            return f"{', '.join(self.equal[:3])} has equal entries"
        return ""

    def advice(self):
        names = list(self._to_draw)
        drawn = f"draw {', '.join(names[:5])}{', ...' * (len(names) > 5)} at random"
        return [*self._said, *([drawn] if names else [])]


_SOFTMAX = registered(softmax).f
_OF_LOGITS = {registered(cross_entropy).f, registered(log_softmax).f, _SOFTMAX}


def warnings(case):
    """Findings about the graph itself: a softmax of a softmax."""
    graph = case.graph
    written = [(p, z) for p, z, op in recognised_functions(graph) if op.f in _OF_LOGITS]
    made = {p for p, z, op in recognised_functions(graph) if op.f is _SOFTMAX}
    inputs = {z: p for p, z in written}
    for node in graph.nodes:
        if node.op is not None and node.op.f is _SOFTMAX:
            made.add(node)
        if node.op is not None and node.op.f in _OF_LOGITS:
            inputs.setdefault(node.parents[0], node)
    found = []
    for z, user in inputs.items():
        source = z
        if source is None:
            continue
        while (
            source.op is not None
            and source not in made
            and source.op.name in ("reshape", "getitem")
        ):
            source = source.parents[0]
        if source in made and source is not user:
            p, h = graph.label(source), graph.label(user)
            right = "right" if all(case.rows) else "the graph"
            text = (
                f"{right}, but softmax is applied twice in the forward pass: {p} is a softmax "
                f"already, and {h} applies softmax to it again"
            )
            found.append(Finding("softmax twice", text, (), (source, user)))
    return found


def agreement_hints(case):
    """The sizes of the gradients; why a training fails all the same, `nn.health` says."""
    gradients = [(e, np.linalg.norm(e.true)) for e in case.gradients.values() if e.true.size]
    if gradients:
        norms = ", ".join(f"d{case.names.of(e.bottom)} {norm:.2g}" for e, norm in gradients)
        yield f"gradient norms: {norms}"
