"""The line that is wrong, found by values: given the true gradient there, all else is right."""

import ast
import re

import numpy as np

from . import runs, texts
from .flow import nodes_in
from .instrumented import RETURNED
from .pairs import bare
from .recognition import EXACT
from .watchers import Substitute

LAYERS = 12
WAYS = 9
TIMES = 400  # a statement that is carried out more often is not tried


class Localisation:
    """Statements that alone would make more of the gradients right, if they gave the right value.

    What a line should give is the gradient of something that the forward pass assigned, in the
    order of the loop or against it, perhaps times the N of a mean that is divided by later.
    """

    def __init__(self, step):
        self.step = step
        self.examination = step.examination
        self.groups = self._groups()

    def _groups(self):
        """Pairs (name, the gradients of what a statement of the forward pass gave)."""
        truth = self.examination.truth
        found: dict = {}
        for key, value in truth.run.events:
            nodes = [node for node in nodes_in(value) if node in truth.gradients]
            for i, node in enumerate(nodes[:4]):
                if node in truth.forward:
                    found.setdefault((key, i), []).append(np.asarray(truth.gradients[node]))
        groups = [(self._word(key), group) for (key, _), group in found.items()]
        groups += [(self._word(key), group) for key, group in self._parts_of(truth)]
        for path, g in self.examination.true.items():
            words = re.findall(r"[A-Za-z_]\w*", self.examination.pairs[path])
            groups.append((words[-1].lower() if words else "", [g]))
        return groups

    def _parts_of(self, truth):
        """Pairs (key, what arrived on one way at all that a statement of the forward pass gave)."""
        found: dict = {}
        for key, value in truth.run.events:
            nodes = [node for node in nodes_in(value) if node in truth.parts]
            if len(nodes) == 1 and nodes[0] in truth.forward and len(truth.parts[nodes[0]]) > 1:
                found.setdefault(key, []).append(truth.parts[nodes[0]])
        for key, parts in found.items():
            most = max(map(len, parts))
            if most <= WAYS:
                for i in range(most):
                    yield key, [np.asarray(p[i]) for p in parts if len(p) == most]

    def _word(self, key):
        """The name that a statement assigns to, in lower case; "" where it has none."""
        statement = self.step.statements.get(key)
        if statement is None or statement.target is None:
            return ""
        words = re.findall(r"[A-Za-z_]\w*", statement.name)
        return bare(words[-1]).lower() if words else ""

    def first(self, names):
        """(key, what stays wrong, the values) of the first statement that helps, or None.

        The first is the one that is wrong earliest: in a loop what a later line of a round gets
        wrong reaches the lines before it only in the next round.
        """
        run = runs.recorded(self.examination.program, self.examination.inputs, self.step.changed)
        given: dict = {}
        for at, (name, value) in enumerate(run.events):
            given.setdefault(name, []).append((at, value))
        found = []
        for name in names:
            times = given.get(name, ())
            helps = self._helps(name, [value for _, value in times])
            if helps is not None:
                found.append((len(helps[1]) > 0, self._wrong_at(times, helps[2]), helps))
        return min(found, key=lambda entry: entry[:2])[2] if found else None

    def _wrong_at(self, times, values):
        """When a statement first gave something else than the values."""
        for (at, given), value in zip(times, values, strict=False):
            if not self.examination.agree(given, value):
                return at
        return times[-1][0]

    def _helps(self, name, values):
        statement = self.step.statements.get(name)
        target = _target(statement)
        plain = [v for v in values if isinstance(v, (np.ndarray, np.floating, float))]
        if target is None or not values or len(plain) < len(values) or len(values) > TIMES:
            return None
        known = self.examination.targets.get(self._word(name))
        if known is not None and all(known.of(np.asarray(v)) == EXACT for v in plain):
            return None
        best = None
        for candidates in self._candidates(name, [np.asarray(v) for v in plain]):
            wrong = self._wrong_with(name, target, candidates)
            if wrong is not None and not wrong:
                return name, wrong, candidates
            if wrong is not None and set(wrong) < set(self.step.wrong) and best is None:
                best = name, wrong, candidates
        return best

    def _candidates(self, key, values):
        """Other values for each time, of the right shapes; what differs from them."""
        seen = set()
        sizes = sorted({n for v in values for n in v.shape} | self._sizes())
        for group in self._parts(self._word(key), len(values)):
            for ordered in (group, group[::-1]) if len(group) > 1 else (group,):
                if [g.shape for g in ordered] != [v.shape for v in values[: len(ordered)]]:
                    continue
                mark = b"".join(g.tobytes()[:256] for g in ordered)
                if mark in seen:
                    continue
                seen.add(mark)
                for scale in (1, *(n for n in sizes if n > 1)):
                    scaled = [scale * g for g in ordered]
                    agree = self.examination.agree
                    if not all(agree(a, b) for a, b in zip(scaled, values, strict=False)):
                        yield scaled

    def _parts(self, word, n):
        """The groups of n, every k-th of those of k times n: one layer of several; and of n - 1.

        A line that is called after something is given the gradients of that alone. With one
        less the last time is left as it is: the gradient of the input is no one's.
        """
        contradicted = word in {name for name, _ in self.groups}
        for name, group in self.groups:
            if contradicted and name and name != word:
                continue
            if len(group) == n - 1 > 0:
                yield group
            k, rest = divmod(len(group), n)
            if not rest and 0 < k <= LAYERS:
                yield from (group[first::k] for first in range(k))

    def _sizes(self):
        """The sizes of the axes of what was handed in: an N of a mean is one of them."""
        places = self.examination.inputs.places
        given = {
            name: v for name, v in places.items() if name not in self.examination.pairs.values()
        }
        return {n for v in given.values() for n in np.shape(v)[:2]}

    def _wrong_with(self, name, target, values):
        examination = self.examination
        statement = self.step.statements[name]
        watcher = Substitute(target, values, texts.executable(statement, statement.text))
        with examination.program.watched(watcher, self.step.changed, (name,)), runs.quietly():
            result = examination.result()
        if result is None or not np.allclose(
            runs.number(result.loss), runs.number(examination.run.loss)
        ):
            return None
        return examination.wrong(result.gradients)


def _target(statement):
    """The text that a value is assigned to in place of a statement; None where that cannot be."""
    if statement is None or statement.part:
        return None
    if isinstance(statement.node, ast.Return):
        return RETURNED
    target = statement.target
    while isinstance(target, ast.Subscript) and isinstance(statement.node, ast.AugAssign):
        target = target.value
    if isinstance(target, (ast.Name, ast.Attribute)):
        return statement.source.segment(target)
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        return statement.source.segment(target)
    return None
