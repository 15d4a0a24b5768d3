"""The line that is wrong, found by values: given the true gradient there, all else is right."""

import ast

import numpy as np

from ..engine.tape import history
from . import runs, texts
from .candidates import groups, made_when
from .flow import nodes_in
from .instrumented import RETURNED
from .pairs import last_word
from .segments import root_of, taken_from, whole
from .watchers import NEXT, Substitute

FEW = 12  # times of a statement, each of which is looked at
TIMES = 400  # a statement that is carried out more often is not tried


class Localisation:
    """Statements that alone would make more of the gradients right, if they gave the right value.

    What a line should give is the gradient of something that the forward pass assigned, in the
    order of the loop or against it, perhaps times the N of a mean that is divided by later.

    Attributes
    ----------
    given : dict of lists by key of a statement
        Pairs (when, what it gave), one for each time that it was carried out.
    """

    def __init__(self, step):
        self.step = step
        self.examination = step.examination
        self.groups = groups(self.examination)
        self.where = made_when(self.examination.truth)
        program = self.examination.program
        run = runs.recorded(program, self.examination.inputs, step.changed)
        events: dict = {}
        for at, (name, value) in enumerate(run.events):
            events.setdefault(name, []).append((at, value))
        self.given = {name: self._last(name, some) for name, some in events.items()}
        self.signs = self.examination.known.signs
        self.scale = 1  # what the line before is times the gradient of what it is called after
        self.named: set = set()  # lines that should give what they are called after
        self.depends = self._forward_paths()
        self.fed = self._backward_paths()

    def first(self, names):
        """(key, what stays wrong, the values) of the first statement that helps, or None.

        The first is the one that is wrong earliest: in a loop what a later line of a round gets
        wrong reaches the lines before it only in the next round. Once one is known that makes all
        right, only what is wrong before it is looked at.
        """
        given = self.given
        todo = {n for n in (*names, *self.step.in_order) if n in given}
        found, latest = [], float("inf")
        for name in sorted(todo, key=lambda name: given[name][0][0]):
            if given[name][0][0] >= latest:
                break
            if name not in names:
                self._is_right(name, [value for _, value in given[name]])
                continue
            helps = self._helps(name, given[name], latest)
            if helps is not None and not (helps[1] and name in self.step.known):
                at = self._wrong_at(given[name], helps[2])
                found.append((len(helps[1]) > 0, at, helps))
                latest = latest if helps[1] else at
        return min(found, key=lambda entry: entry[:2])[2] if found else None

    def of_quotient(self, keys):
        """The same of a line that says which derivative it is, dS_dA, and gives another."""
        found = []
        for key in keys:
            quotient = self.examination.quotients.get(self.step.named_after(key))
            times = self.given.get(key, ())
            if (
                quotient is None
                or quotient.of in (None, "loss")
                or len(quotient.nodes) != len(times)
            ):
                continue
            values = [v for _, v in times]
            some = (quotient.derivatives, quotient.direct)
            if any(self._gives(v, values) for one in some for v in (one, one[::-1])):
                continue
            right = quotient.derivatives
            if all(np.shape(g) == np.shape(v) for g, v in zip(right, values, strict=True)):
                substitution = _Substitution(self, key, assignment_of(self.step.statements[key]))
                gradients = substitution.gradients(right)
                wrong = self.step.wrong if gradients is None else self.examination.wrong(gradients)
                found += [(key, wrong, right)] if set(wrong) < set(self.step.wrong) else []
        return min(found, key=lambda entry: len(entry[1]), default=None)

    def _gives(self, gradients, values):
        pairs = list(zip(gradients, values, strict=True))
        alike = all(np.shape(g) == np.shape(v) for g, v in pairs)
        return alike and all(self.examination.agree(g, v) for g, v in pairs)

    def comes_before(self, one, other):
        """Whether a statement is carried out before another one, for the first time."""
        first = [self.given[key][0][0] if key in self.given else 0 for key in (one, other)]
        return first[0] < first[1]

    def depends_on_the_last_alone(self, name, wrong, values):
        """Whether the last of the values does it alone: an array that is added up in a loop."""
        if len(values) == 1:
            return False
        assignment = assignment_of(self.step.statements[name])
        last = [*[None] * (len(self.given[name]) - 1), values[-1]]
        gradients = _Substitution(self, name, assignment).gradients(last)
        return gradients is not None and set(self.examination.wrong(gradients)) <= set(wrong)

    def needed(self, name, wrong, values):
        """The values with None for those that make no difference: of sums that are not done."""
        found = list(values)
        if not 1 < len(values) <= FEW:
            return found
        substitution = _Substitution(self, name, assignment_of(self.step.statements[name]))
        for i in range(len(values)):
            less = [*found[:i], None, *found[i + 1 :]]
            gradients = substitution.gradients(less)
            if gradients is not None and set(self.examination.wrong(gradients)) <= set(wrong):
                found = less
        return found

    def _last(self, name, events):
        """One event of a statement a time: of an entry that is assigned, what it went into.

        Of a tuple that is returned it is the entry that is computed there.
        """
        statement = self.step.statements.get(name)
        node = getattr(statement, "node", None)
        if getattr(statement, "entry", None) is not None:
            return [(at, value[statement.entry]) for at, value in events]
        inside = [t for t in getattr(node, "targets", ()) if isinstance(t, ast.Subscript)]
        return events[1 :: 1 + len(inside)] if inside else events

    def _wrong_at(self, times, values):
        """When a statement first gave something else than the values."""
        for (at, given), value in zip(times, values, strict=False):
            if value is not None and not self.examination.agree(given, value):
                return at
        return times[-1][0]

    def _helps(self, name, times, latest):
        values = [value for _, value in times]
        statement = self.step.statements.get(name)
        assignment = assignment_of(statement)
        plain = _arrays(values)
        if assignment is None or plain is None or self._is_right(name, values):
            return None
        best = None
        substitution = _Substitution(self, name, assignment)
        for named, candidate, scales in self._candidates(name, times, plain):
            for values, wrong in substitution.tried(candidate, scales):
                if self._wrong_at(times, values) >= latest:
                    continue
                if not wrong:
                    self.named |= {name} if named else set()
                    return name, wrong, values
                if best is None and set(wrong) < set(self.step.wrong):
                    best = name, wrong, values
        return best

    def _is_right(self, name, values):
        """Whether the values are the gradients of what a line is called after, in some order.

        They may be N times the gradients where those of the line before are: a mean is divided
        later.
        """
        values, word = _arrays(values), self.examination.word_of(self.step.statements.get(name))
        if not word or values is None or not any(np.any(v) for v in values):
            return False
        scales = self._scales(word, values)
        if word in map(last_word, self.examination.pairs.values()):  # what is returned is whole
            return not scales.isdisjoint(self.signs)
        before = self.scale
        if scales and before not in scales:
            self.scale = min(scales)
        return before in scales

    def gives_its_gradients(self, name):
        """Whether a line gives the gradients of what it is called after; None if of nothing.

        They may be N times as large, where lines before are.
        """
        word = self.examination.word_of(self.step.statements.get(name))
        values = _arrays([value for _, value in self.given.get(name, ())])
        if not values or word not in {group.word for group in self.groups if group.whole}:
            return None
        return bool(self._scales(word, values) & {1, self.scale})

    def begins_wrong(self, name, exactly=False):
        """Whether what a line gives first is no gradient of what it is called after.

        N times the gradient is one too, but for ``exactly``.
        """
        word = self.examination.word_of(self.step.statements.get(name))
        values = _arrays([value for _, value in self.given.get(name, ())])
        named = [group for group in self.groups if group.word == word and group.whole]
        known = [g for group in named for g in group.gradients]
        if not word or not values or not known or not np.any(values[0]):
            return False
        scales = self._all_scales(() if exactly else self._sizes())
        scaled = (scale * g for g in known for scale in scales)
        return not any(self.examination.agree(g, values[0]) for g in scaled)

    def _scales(self, word, values):
        """What the values are the gradients of a name times, in some order."""
        found = {
            self._scale(ordered, values)
            for group in self.groups
            if group.word == word and group.whole
            for _, some in group.of_times(len(values))
            for ordered in (some, some[::-1])
            if len(ordered) == len(values)
        }
        return found - {None}

    def _scale(self, gradients, values):
        """The size of an axis that the values are the gradients times; 1 for the same, or None."""
        for scale in self._all_scales(self._sizes()):
            if all(
                self.examination.agree(scale * g, v) for g, v in zip(gradients, values, strict=True)
            ):
                return scale
        return None

    def _candidates(self, key, times, values):
        """Triples (whether they are what the line is called after, other values, their scales).

        The values are of the right shapes, for each time; of a mean they may be scaled. None is
        where nothing is known.
        """
        seen, found = set(), []
        sizes = sorted({n for v in values for n in v.shape if n > 1} | self._sizes())
        fed = self._fed(key)
        word = self.examination.word_of(self.step.statements.get(key))
        for group in self._groups(word):
            named = group.whole and bool(word) and group.word == word
            for nodes, some in self._ordered(group, times):
                pairs = zip(some, values, strict=False)
                if not all(g is None or g.shape == v.shape for g, v in pairs):
                    continue
                mark = b"".join(b"" if g is None else g.tobytes()[:256] for g in some)
                if mark not in seen:
                    seen.add(mark)
                    # Of the last time alone: a carry that is left out cuts off the others.
                    last = min(len(some), len(fed)) - 1
                    fits = last < 0 or self.depends.get(nodes[last], set()) <= fed[last]
                    scales = self._all_scales(sizes if group.whole else ())
                    found.append((fits, named, some, scales))
        likely = [candidate for fits, *candidate in found if fits]
        return likely or [candidate for _, *candidate in found]

    def _ordered(self, group, times):
        """Pairs (nodes, gradients) of a group, one for each time: backwards, in order, by calls."""
        for nodes, some in group.of_times(len(times)):
            for step in (-1, 1) if len(some) > 1 else (1,):
                yield nodes[::step], some[::step]
        yield from group.in_rounds([at for at, _ in times], self.where)

    def _forward_paths(self):
        """{node of the forward pass: the paths of the gradients of what it depends on}."""
        truth = self.examination.truth
        found: dict = {}
        for path in self.examination.true:
            leaf = truth.leaf_of(self.examination.pairs[whole(path)])
            for node in (
                [leaf] if whole(path) == path else taken_from(leaf, path[-1], truth.forward)
            ):
                found.setdefault(node, set()).add(path)
        for node in sorted(truth.forward, key=lambda node: node.serial):
            above = [found[parent] for _, parent in node.inputs() if parent in found]
            found[node] = found.get(node, set()).union(*above)
        return found

    def _backward_paths(self):
        """{node of the backward pass: the paths of the gradients that it goes into}."""
        found: dict = {}
        for path in self.examination.true if self.step.truth is not None else ():
            root = root_of(path, self.step.truth.run.gradients)
            for node in history(root) if root is not None else ():
                found.setdefault(node, set()).add(path)
        return found

    def _fed(self, name):
        """The paths of the gradients that a statement's value goes into, each time."""
        if self.step.truth is None:
            return []
        events = [(0, value) for key, value in self.step.truth.run.events if key == name]
        nodes = [next(nodes_in(value), None) for _, value in self._last(name, events)]
        return [self.fed.get(node, set()) for node in nodes]

    def _groups(self, word):
        """The groups that a line may have to give: of what it is called after, of no name."""
        known = word and word in {group.word for group in self.groups}
        found = [g for g in self.groups if not known or g.word in ("", word)]
        return sorted(found, key=lambda group: bool(known) and group.word != word)

    def _all_scales(self, sizes):
        return [sign * scale for scale in (1, *sizes) for sign in self.signs]

    def _sizes(self):
        """The sizes of the axes of what was handed in: an N of a mean is one of them."""
        places = self.examination.inputs.places
        given = {
            name: v for name, v in places.items() if name not in self.examination.pairs.values()
        }
        axes = {n for v in given.values() for n in np.shape(v)[:2]}
        return axes | self.examination.scales


class _Substitution:
    """What becomes of the gradients when a statement is given other values.

    A backward pass is linear in what goes through it, so that what ``n * g`` in the place of a
    statement makes of the gradients is known from g and from zeros: it is run where that may help.
    """

    def __init__(self, localisation, name, assignment):
        self.step = localisation.step
        self.examination = localisation.examination
        self.name = name
        statement = self.step.statements[name]
        self.assignment = assignment
        self.otherwise = texts.executable(statement, statement.text)
        self.constant: dict = {}  # the gradients with zeros, by which values are known

    def tried(self, values, scales):
        """Pairs (values times a scale, what is wrong with them), where they may help."""
        gradients = self.gradients(values)
        if gradients is None:
            return
        yield values, self.examination.wrong(gradients)
        if len(scales) == 1:
            return
        known = tuple(g is not None for g in values)
        if known not in self.constant:
            self.constant[known] = self.gradients(_times(0.0, values))
        constant = self.constant[known]
        for scale in scales[1:] if constant is not None else ():
            if not set(self.step.wrong) <= set(self._left(scale, gradients, constant)):
                scaled = _times(scale, values)
                gradients_of_it = self.gradients(scaled)
                if gradients_of_it is not None:
                    yield scaled, self.examination.wrong(gradients_of_it)

    def _left(self, scale, gradients, constant):
        """What stays wrong with the values times a scale, if the program is linear in them."""
        with np.errstate(all="ignore"):
            scaled = {
                path: constant[path] + scale * (np.asarray(g) - constant[path])
                for path, g in gradients.items()
                if path in constant and np.shape(constant[path]) == np.shape(g)
            }
        return self.examination.wrong(scaled)

    def gradients(self, values):
        """The gradients with these values; None where the program fails or its loss changes."""
        examination, program = self.examination, self.examination.program
        watcher = Substitute(self.assignment, values, self.otherwise)
        with program.watched(watcher, self.step.changed, (self.name,)), runs.quietly():
            result = examination.result()
        loss = runs.number(examination.run.loss)
        if result is None or not np.allclose(runs.number(result.loss), loss):
            return None
        return result.gradients


def _times(number, values):
    return [None if g is None else number * g for g in values]


def _arrays(values):
    """The values as arrays; None where some are none, or where there are too many."""
    plain = [np.asarray(v) for v in values if isinstance(v, (np.ndarray, np.floating, float))]
    return plain if len(plain) == len(values) <= TIMES else None


def assignment_of(statement):
    """The text that assigns `NEXT` in place of a statement; None where that cannot be.

    Of an array that is stored into all entries are given, of a list or a dict the one entry.
    """
    if statement is None or statement.part:
        return None
    if isinstance(statement.node, ast.Return) and statement.entry is not None:
        parts = list(map(statement.source.segment, statement.node.value.elts))
        parts[statement.entry] = NEXT
        return f"{RETURNED} = ({', '.join(parts)},)"
    if isinstance(statement.node, ast.Return):
        return f"{RETURNED} = {NEXT}"
    target = statement.target
    if isinstance(target, (ast.Name, ast.Attribute)):
        return f"{statement.source.segment(target)} = {NEXT}"
    if not isinstance(target, ast.Subscript):
        return None
    entry, whole = map(statement.source.segment, (target, target.value))
    return f"if hasattr({whole}, 'dtype'): {whole}[...] = {NEXT}\nelse: {entry} = {NEXT}"
