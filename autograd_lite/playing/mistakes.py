"""Wrong contributions: what people write in place of a step back, as formulas of the tape.

The one idea: the wrong rules that `compare` tries on arrays run on traced values as they are;
what they make is a formula and a line of the page's program.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from ..comparison.diagnosis import phrasing
from ..comparison.diagnosis.constants import Constants
from ..comparison.diagnosis.mistakes import MISTAKES
from ..comparison.diagnosis.wrong_steps.backward import Backward, Edge
from ..comparison.diagnosis.wrong_steps.edge_rules import slope
from ..comparison.diagnosis.wrong_steps.errors_of_losses import errors, wrong_errors
from ..comparison.diagnosis.wrong_steps.mutants import wrong_steps
from ..comparison.diagnosis.wrong_steps.wrong_rules import PRODUCTS
from ..engine.arrays import broadcast_axes
from ..engine.primitives import Elementwise
from ..rules.activations import sigmoid
from ..rules.softmax import softmax
from ..symbolic.traced import Traced
from .from_tape import pieces
from .model import Answer

MOST, ALL = 24, 1200  # wrong answers of one contribution, and of a page
_PROBABILITIES = {"softmax": softmax, "sigmoid": sigmoid, "same": np.positive}


def add_wrong_answers(reading):
    """Give every flow of a reading that has a program its wrong answers."""
    finder = _Finder(reading)
    results: list = []
    for flow, contribution in zip(reading.flows, reading.contributions, strict=True):
        edge = finder.edges.get((contribution.node, contribution.k))
        if edge is None or contribution.cotangent is None:
            continue
        flow.factors = finder.factors(edge)
        for answer, expression in finder.answers(contribution, edge):
            answer.value = len(results)
            results.append(expression)
            flow.wrong.append(answer)
        flow.wrong += finder.misfits(edge)
    reading.program.steps = finder.steps()
    reading.program.add("wrong", results)


def _in_one_line(text):
    """The sentence of a mistake with what follows it."""
    return text.replace("\n", "; ")


class _Written:
    """The text of a product of matrices, made by the same function as its numbers."""

    def __init__(self, text):
        self.text = text

    T = property(lambda self: _Written(f"{self.text}.T"))

    def __matmul__(self, other):
        return _Written(f"{self.text} @ {other.text}")

    def __mul__(self, other):
        return _Written(f"{self.text} * {other.text}")


class _Finder:
    def __init__(self, reading):
        self.reading = reading
        self.replay = reading.replay
        self.graph = reading.graph
        self.most = min(MOST, max(4, ALL // max(1, len(reading.flows))))
        self.end = len(self.replay.graph.steps)  # of the tape: what follows is wrong answers
        with np.errstate(all="ignore"):
            self.backward = Backward(self.graph)
            self.edges = {(edge.node, edge.k): edge for edge in self.backward.edges}
            self.errors = {z: (s, y, kind) for z, s, y, kind in errors(self.backward)}
            self.constants = Constants(self.graph)

    def steps(self):
        """Those of the tape and of wrong answers; these have no guards, for nothing is lost."""
        steps = self.replay.graph.steps
        return steps[: self.end] + [s for s in steps[self.end :] if s.kind == "call"]

    def factors(self, edge):
        """[number, key, words] for each number that may be a factor too much by mistake."""
        uses = [one for one in self.backward.edges if one.parent is edge.parent]
        found = {}
        for number, named in self.constants.simple():
            if number != 1 and number not in found:
                (key, text, _), *_ = phrasing.scaled(edge, number, uses, [named], self.graph)
                found[number] = [float(number), key, _in_one_line(text)]
        return list(found.values())[: self.most]

    def answers(self, contribution, edge):
        """Pairs (answer, expression), those that people make most first, each formula once."""
        seen = {self._text(contribution.cotangent)}
        found = []
        for key, said, rank, make in self._candidates(contribution, edge):
            try:
                traced = self._fitted(self.replay.traced(make), edge)
                text = None if traced is None else self._text(traced)
            except (TypeError, ValueError, IndexError, AttributeError):  # a rule for arrays alone
                continue
            if text is None or text in seen:
                continue
            if not self.reading.program.can_hold(traced.expression):
                continue
            seen.add(text)
            advice = MISTAKES[key].advice
            answer = Answer(key, _in_one_line(said), advice, pieces(text), 0, rank)
            found.append((answer, traced.expression))
        found.sort(key=lambda pair: pair[0].rank)
        return found[: self.most]

    def _candidates(self, contribution, edge):
        """Four-tuples (key, words, rank, function without arguments that makes a contribution)."""
        traced = self._traced_edge(contribution, edge)
        with np.errstate(all="ignore"):
            mutants = list(wrong_steps(edge, None))
        for mutant in mutants:
            rule = mutant.steps.rule
            text = phrasing.told(mutant.words, edge, self.graph)
            yield mutant.key, text, mutant.rank, lambda rule=rule: rule(traced)
        yield from self._of_errors(contribution, edge)
        (key, text, rank), *_ = phrasing.scaled(edge, -1, [edge], [], self.graph)
        yield key, text, rank, lambda: -traced.contribution
        h, x = self.graph.label(edge.node), self.graph.label(edge.parent)
        text = (
            f"the gradient of {h} is left out: the derivative of {h} with respect to {x} stands "
            "alone, and is to be multiplied by it"
        )
        yield "chain factor missing", text, 3, lambda: slope(traced)
        for node, what in ((edge.node, h), (edge.parent, x)):
            text = f"the value {what} is used where the gradient of {x} belongs"
            value = self.replay.values[node]
            yield "value for gradient", text, 4, lambda value=value: value

    def _of_errors(self, contribution, edge):
        """What is done wrong with p - y, where this is the whole gradient of logits."""
        z = edge.parent
        if z not in self.errors or sum(e.parent is z for e in self.backward.edges) > 1:
            return
        _, y, kind = self.errors[z]
        if kind not in _PROBABILITIES:
            return
        labels = self._known(y)
        for key, text, rule in wrong_errors(kind):

            def make(rule=rule):
                value = self.replay.values[z]
                p = _PROBABILITIES[kind](value)
                return rule(contribution.cotangent, p, labels, value)

            yield key, text.format(z=self.graph.label(z)), 0, make

    def _known(self, array):
        """The traced value of the constant that holds these numbers, else the array itself."""
        for node, traced in self.replay.values.items():
            if node.op is None and np.array_equal(node.out, array):
                return traced
        return self.replay.lifted(array) if self.reading.names.of_array(array) else array

    def misfits(self, edge):
        """Answers of products whose shapes do not fit: formulas to choose from, without numbers."""
        if edge.op.f is not np.matmul or np.ndim(edge.g) != 2 or edge.position is None:
            return
        other = 1 - edge.position
        if np.ndim(edge.args[other]) != 2:
            return
        text = self._text(self.replay.arguments(edge.node)[0][other])
        g = _Written(self._text(self.replay.cotangents[edge.node]))
        for key, said, product in PRODUCTS[edge.position]:
            try:
                product(edge.g, edge.args[other])
            except ValueError:
                told = phrasing.told(said, edge, self.graph)
                formula = pieces(product(g, _Written(text)).text)
                yield Answer(key, _in_one_line(told), MISTAKES[key].advice, formula, None, 2)

    def _traced_edge(self, contribution, edge):
        args, kwargs = self.replay.arguments(edge.node)
        node, out = edge.node, self.replay.values[edge.node]
        g = self.replay.cotangents[node]
        op = SimpleNamespace(
            name=edge.op.name,
            rules=edge.op.rules,
            f=lambda *given, **settings: self.replay.one_call.apply(edge.op, given, settings),
        )
        known = op, tuple(args), kwargs, out
        return Edge(node, edge.k, edge.parent, edge.position, g, contribution.cotangent, *known)

    def _fitted(self, contribution, edge):
        """A contribution as its argument needs it, None where the shapes do not allow it."""
        shape, found = np.shape(edge.contribution), np.shape(contribution)
        if type(contribution) is not Traced:
            return None
        if found == shape:
            return contribution
        if isinstance(edge.op, Elementwise) and found == np.shape(edge.g):
            axes = broadcast_axes(shape, found)
            return np.reshape(np.sum(contribution, axis=axes), shape)
        return None

    def _text(self, traced):
        return self.reading.writer.write(traced.expression)
