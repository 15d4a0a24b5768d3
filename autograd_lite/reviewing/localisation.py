"""The line that is wrong, found by values: given the true gradient there, all else is right."""

import ast

import numpy as np

from . import runs, texts
from .candidates import groups
from .instrumented import RETURNED
from .pairs import last_word
from .watchers import NEXT, Substitute

TIMES = 400  # a statement that is carried out more often is not tried


class Localisation:
    """Statements that alone would make more of the gradients right, if they gave the right value.

    What a line should give is the gradient of something that the forward pass assigned, in the
    order of the loop or against it, perhaps times the N of a mean that is divided by later.
    """

    def __init__(self, step):
        self.step = step
        self.examination = step.examination
        true, named = self.examination.true, self.examination.pairs
        ends = [(last_word(named[path]), g) for path, g in true.items()]
        self.groups = groups(self.examination, ends)

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
        assignment = assignment_of(statement)
        plain = [v for v in values if isinstance(v, (np.ndarray, np.floating, float))]
        if assignment is None or not values or len(plain) < len(values) or len(values) > TIMES:
            return None
        plain = [np.asarray(v) for v in plain]
        if self._is_right(self.examination.word_of(statement), plain):
            return None
        best = None
        for candidates in self._candidates(name, plain):
            wrong = self._wrong_with(name, assignment, candidates)
            if wrong is not None and not wrong:
                return name, wrong, candidates
            if wrong is not None and set(wrong) < set(self.step.wrong) and best is None:
                best = name, wrong, candidates
        return best

    def _is_right(self, word, values):
        """Whether the values are the gradients of what a line is called after, in some order."""
        if not any(np.any(v) for v in values):
            return False
        return any(
            len(some) == len(values) and all(map(self.examination.agree, some[::step], values))
            for group in self.groups
            if word and group.word == word and group.whole
            for some in group.of_times(len(values))
            for step in (1, -1)
        )

    def _candidates(self, key, values):
        """Other values for each time, of the right shapes; what differs from them."""
        seen = set()
        sizes = sorted({n for v in values for n in v.shape} | self._sizes())
        for group in self._groups(self.examination.word_of(self.step.statements.get(key))):
            for some in group.of_times(len(values)):
                for ordered in (some[::-1], some) if len(some) > 1 else (some,):
                    if [g.shape for g in ordered] != [v.shape for v in values[: len(ordered)]]:
                        continue
                    mark = b"".join(g.tobytes()[:256] for g in ordered)
                    if mark in seen:
                        continue
                    seen.add(mark)
                    for scale in (1, *(n for n in sizes if n > 1 and group.whole)):
                        scaled = [scale * g for g in ordered]
                        pairs = zip(scaled, values, strict=False)
                        if not all(self.examination.agree(a, b) for a, b in pairs):
                            yield scaled

    def _groups(self, word):
        """The groups that a line may have to give: those of what it is called after alone."""
        known = word in {group.word for group in self.groups}
        return [g for g in self.groups if not known or g.word in ("", word)]

    def _sizes(self):
        """The sizes of the axes of what was handed in: an N of a mean is one of them."""
        places = self.examination.inputs.places
        given = {
            name: v for name, v in places.items() if name not in self.examination.pairs.values()
        }
        return {n for v in given.values() for n in np.shape(v)[:2]}

    def _wrong_with(self, name, assignment, values):
        examination = self.examination
        statement = self.step.statements[name]
        watcher = Substitute(assignment, values, texts.executable(statement, statement.text))
        with examination.program.watched(watcher, self.step.changed, (name,)), runs.quietly():
            result = examination.result()
        if result is None or not np.allclose(
            runs.number(result.loss), runs.number(examination.run.loss)
        ):
            return None
        return examination.wrong(result.gradients)


def assignment_of(statement):
    """The text that assigns `NEXT` in place of a statement; None where that cannot be.

    Of an array that is stored into all entries are given, of a list or a dict the one entry.
    """
    if statement is None or statement.part:
        return None
    if isinstance(statement.node, ast.Return):
        return f"{RETURNED} = {NEXT}"
    target = statement.target
    if isinstance(target, (ast.Name, ast.Attribute)):
        return f"{statement.source.segment(target)} = {NEXT}"
    if not isinstance(target, ast.Subscript):
        return None
    entry, whole = map(statement.source.segment, (target, target.value))
    return f"if hasattr({whole}, 'dtype'): {whole}[...] = {NEXT}\nelse: {entry} = {NEXT}"
