"""The other forms of one statement, tried: which make the gradients of the program right."""

import ast
import contextlib
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..engine.tensor import Tensor
from . import pairs, runs, scopes, texts, vocabulary
from .edits import ALIKE, FACTOR, SLIP, Draft
from .flow import arrays_in
from .goals import Goal
from .localisation import assignment_of
from .recognition import EXACT, INNER, SCALED, UNKNOWN
from .sources import Source
from .unread import lacking
from .variants import variants
from .watchers import NEXT, Executor, Substitute, kept

RUNS = 1000  # of the program, for one statement
KNOWN = 0.45  # of what a line gives, for it to count as known
UNKNOWN_RUNS = 250  # of edits of one rank whose value is unknown
MOMENTS = 9  # at which a statement in a loop is looked at
GOLDEN = (5**0.5 - 1) / 2
TRIED = 8000  # edits of one statement that are looked at
_NUMBER = re.compile(r"(?<![\w.])(?![012](?![\w.]))\d+(?:\.\d+)?")  # but 0, 1, 2
_UNLIKELY = re.compile(  # + 0, * 1, 1 *, a size, x * (y / x)
    r"[-+] 0(?![\w.])|[*/] 1(?![\w.])|(?<![\w.])1 \*|\.shape\[|len\(|\* \w+\.size"
    r"|\b(\w+) \* \(.+ / \1\)"
)
_AXIS = re.compile(r"\baxis=[^\W\d]\w*")
_UNSEEN = ("assignment", "repeated", "extra statement")  # may differ only later


@dataclass(frozen=True)
class Repair:
    """A statement and the edit that makes it right; None where none was found.

    ``fixed`` is the whole source, where that is more than the statement in its new form;
    ``share`` is how much of what it gives then backpropagation knows, from 0 to 1.
    """

    key: tuple
    statement: object
    edit: object
    values: object = None
    proved: bool = False
    fixed: object = None
    share: float = 0.0

    def applied(self, changed):
        """The changed sources, by their paths, with the line in its new form."""
        path = self.statement.source.path
        source = changed.get(path, self.statement.source)
        statement = next(s for s in source.statements if s.key == self.key)
        lines = list(source.lines)
        new = source.replaced(statement.expression, texts.tidied(self.edit.text))
        for number, text in new.items():
            lines[number - 1] = text
        return {**changed, path: Source(path, lines)}


class Trials:
    """The edits of one statement, tried: all, or those that read what the function does not."""

    def __init__(self, step, name, expected, unread=()):
        self.step = step
        self.examination = step.examination
        self.name = name
        self.statement = step.statements[name]
        self.left = RUNS
        self.tried = 0
        self.waiting: list = []
        self.at: list = []
        self.expected = expected  # what the statement should give each time, or None
        self.unread = unread
        self.entries = 0
        self.scopes: list = []
        self.edits = iter(())
        self.next = None
        try:
            self.code = texts.executable(self.statement, self.statement.text)
        except SyntaxError:
            return
        self.executor = Executor(self.code)
        if self.expected is not None:  # the names in reach are right then
            assignment = assignment_of(self.statement)
            self.executor = Substitute(assignment, self.expected, self.code)
        with self.watched():
            self.scopes = self.moments()
        self.executor = Executor(self.code)
        if self.scopes:
            self._begin()

    def _begin(self):
        self.observe = texts.observed(self.statement)
        before = self.values(self.code)
        if before is None:
            return
        self.shape, self.mark = _shapes(before), _mark(before)
        self.before = before
        self.entries = _entries(before)
        self.reach = vocabulary.Reach(self.statement, self.scopes, self.examination.program)
        draft = Draft(self.statement, self.reach, self.shape, self._wanted(before))
        self.edits = lacking(draft, self.unread) if self.unread else variants(draft)
        self.next = next(self.edits, None)

    def _wanted(self, before):
        """What is known of the value that the statement assigns: `Goal`; None if nothing is."""
        moments = []
        for at, stored, scope in zip(self.at, before, self.scopes, strict=True):
            right = self.expected[at] if at < len(self.expected or ()) else None
            if right is not None:
                stored = stored if self.statement.entry is None else stored[self.statement.entry]
                moments.append(self._moment(np.asarray(stored), np.asarray(right), scope))
        if not moments or None in moments or self.statement.part:
            return None
        return Goal.of(moments, self.examination.close)

    def _moment(self, stored, right, scope):
        """(what it is, what it should be, whether that is the right-hand side, the names)."""
        node, source = self.statement.node, self.statement.source
        if stored.shape != right.shape or stored.dtype.kind != "f":
            return None
        value = self.statement.value
        given = None if value is None else vocabulary.valued(source.segment(value), scope)
        one, other = stored, right
        if isinstance(self.statement.target, ast.Subscript):
            entry = f"{NEXT}[{source.segment(self.statement.target.slice)}]"
            one, other = (vocabulary.valued(entry, scope | {NEXT: a}) for a in (stored, right))
        if given is None or one is None or np.shape(given) != np.shape(one):
            return stored, right, False, scope
        sign = -1 if isinstance(getattr(node, "op", None), ast.Sub) else 1
        return np.asarray(given), given + sign * (other - one), True, scope

    def up_to(self, rank, must_be_known):
        """(repair, what is wrong after it) of the first edit of these ranks that helps, or None.

        What makes all right comes before what makes some right. Of a line whose value is known an
        edit must give one that is known too.
        """
        partial = None
        if rank > ALIKE and self.next is not None:
            with runs.quietly():
                self.reach.evaluate()
        with self.watched():
            if not must_be_known and self.waiting:
                waiting, self.waiting = self.waiting, []
                partial = self.run_all(waiting, False)
                if partial is not None and not partial[1]:
                    return partial
            while self._has_more(rank):
                found = self.run_all(self._groups(self.next.rank), must_be_known)
                if found is not None and not found[1]:
                    return found
                partial = better(partial, found)
        return partial

    def outcomes(self, rank, is_chosen=lambda values: True):
        """Triples (edit, what it gives, the gradients with it) of the edits up to a rank."""
        found = []
        if self.next is not None:
            with runs.quietly():
                self.reach.evaluate()
        with self.watched():
            while self._has_more(rank):
                for group in self._groups(self.next.rank):
                    if not is_chosen(group[0][2]):
                        continue
                    edit, code, values = min(group, key=lambda entry: self.how_far(entry[0]))
                    spent = not self.examination.effort.run()
                    gradients = None if spent else self._gradients_with(code)
                    if gradients is not None:
                        found.append((edit, values, gradients))
        return found

    def begins_right(self, values):
        """Whether what a form gives first is of backpropagation, and what the line gives is not."""
        known = self._target or self.examination.known
        new, old = (list(arrays_in(some[0])) for some in (values, self.before))
        right = bool(new) and any(map(np.any, new)) and all(known.of(a) == EXACT for a in new)
        return right and not all(known.of(a) == EXACT for a in old)

    @contextlib.contextmanager
    def watched(self):
        program = self.examination.program
        with program.watched(self.executor, self.step.changed, (self.name,)), runs.quietly():
            yield

    def moments(self):
        """The names in reach at some of the times that the statement is carried out."""
        self.times = self.step.times.get(self.name) or self._counted()
        seen, at = {}, [0]
        among = (int(i * GOLDEN % 1 * self.times) for i in range(1, MOMENTS - 1))
        chosen = {0, *among, self.times - 1}  # at no steady distance: of loops in loops all differ
        chosen |= {self._wanted_share.nth} if self._wanted_share else set()

        def take(name, scope):
            if at[0] in chosen:
                seen[at[0]] = scopes.private(scope)
            at[0] += 1

        self.executor.seen = take
        self.executor.at = 0
        if not self.times or self.examination.result() is None:
            return []
        self.limit = 10 * self.times + 100
        self.at = self._telling(seen)
        if (
            self._wanted_share
            and self._wanted_share.nth in seen
            and self._wanted_share.nth not in self.at
        ):
            self.at.append(self._wanted_share.nth)
        return [seen[i] for i in self.at]

    def _counted(self):
        """How often the statement is carried out."""
        times = []
        self.executor.seen = lambda name, scope: times.append(name)
        return len(times) if self.examination.result() is not None else 0

    def _telling(self, scopes):
        """Five of the moments, or all: of those at which something is stored the first and last."""
        if len(scopes) <= 5:
            return list(scopes)
        observe = texts.observed(self.statement)

        def told(scope):
            scope = self._fresh(scope, self.code)
            try:
                before = _mark([kept(eval(observe, scope))]) if self.statement.target else None
                exec(self.code, scope)
                return before != _mark([kept(eval(observe, scope))])
            except Exception:
                return False

        busy = [i for i, scope in scopes.items() if told(scope)] or list(scopes)
        return list(dict.fromkeys(busy[round(i * (len(busy) - 1) / 4)] for i in range(5)))

    def values(self, code):
        """What a form of the statement gives at each moment; None where it fails, or grows."""
        found = []
        for scope in self.scopes:
            scope = self._fresh(scope, code)
            try:
                exec(code, scope)
                value = eval(self.observe, scope)
            except Exception:
                return None
            if any(isinstance(v, Tensor) for v in _flat(value)):  # a parameter itself
                return None
            if self.entries and _entries(value) > 4 * self.entries + 1000:
                return None
            found.append(value)
        return found

    def _fresh(self, scope, code=None):
        """The names for one trial: what it writes into, or may, is a copy."""
        if code is not None and not self.examination.program.called.isdisjoint(code.co_names):
            return scopes.private(scope)
        scope = dict(scope)
        name = self.statement.written
        if name in scope:
            scope[name] = scopes.private_value(scope[name])
        return scope

    def _has_more(self, rank):
        """Whether there are edits up to this rank that may be looked at."""
        spent = self.examination.effort.is_spent or self.tried >= TRIED
        return self.next is not None and self.next.rank <= rank and not spent

    def _groups(self, rank):
        """The edits of one rank that change the value, in groups of the same values."""
        groups: dict = {}
        while self._has_more(rank) and (edit := self.next).rank == rank:
            self.next = next(self.edits, None)
            self.tried += 1
            self.examination.effort.look(self.entries)
            try:
                code = texts.executable(self.statement, edit.text)
            except (SyntaxError, ValueError):
                continue
            values = self.values(code)
            if values is None or (rank > SLIP and _shapes(values) != self.shape):
                continue
            if not self._is_expected(values):
                continue
            mark = edit.text if self.statement.is_call else _mark(values)
            if mark != self.mark or edit.kind in _UNSEEN:
                groups.setdefault(mark, []).append((edit, code, values))
        return list(groups.values())

    def _is_expected(self, values):
        """Whether a form gives what the statement should give, where that is known.

        Where it is 0, what the line gives may be of no use, and so may one of the times. Of an
        array that is stored into, other lines give the rest.
        """
        if self._wanted_share and not self._adds_a_share(values):
            return False
        kept = self.step.whole.get(self.name)
        if isinstance(self.statement.target, ast.Subscript) and kept is None:
            return True
        entry = self.statement.entry
        given = zip(self.at, values if entry is None else [v[entry] for v in values], strict=True)
        times = [(v, i) for i, v in given if i < len(self.expected or ())]
        pairs = [(v, self.expected[i], True if kept is None else kept[i]) for v, i in times]
        pairs = [(np.where(k, v, 0), np.where(k, e, 0)) for v, e, k in pairs if _is_like(v, e)]
        pairs = [(np.where(e, v, 0), e) for v, e in pairs if np.any(e)]
        missed = [not self.examination.agree(v, e) for v, e in pairs]
        return sum(missed) <= (len(missed) > 1)

    @cached_property
    def _wanted_share(self):
        """What the line adds first and backpropagation does not; None where nothing is known."""
        share = self.step.share
        return share if share and share.adder == self.name else None

    def _adds_a_share(self, values):
        """Whether a form adds what backpropagation does, where the line first adds another."""
        if self._wanted_share.nth not in self.at:
            return True
        i = self.at.index(self._wanted_share.nth)
        before = vocabulary.valued(self.observe, self._fresh(self.scopes[i]))
        if np.shape(before) != np.shape(values[i]):
            return False
        share = np.asarray(values[i], dtype=float) - np.asarray(before, dtype=float)
        return bool(np.any(share)) and self._wanted_share.known.of(share) == EXACT

    def run_all(self, groups, must_be_known):
        """Run the edits of one rank, those with a known value first."""
        ordered = []
        for group in groups:
            share = self.known_share(group[0][2])
            group.sort(key=lambda entry: self.how_far(entry[0]))
            if must_be_known and share <= 0.65:
                self.waiting.append(group)
            elif share or not self._is_root:
                ordered.append((share, group))
        ordered.sort(key=lambda entry: (-entry[0], self.how_far(entry[1][0][0])))
        queue = [(share, *entry) for share, group in ordered for entry in group[:2]]
        queue += [(share, *entry) for share, group in ordered for entry in group[2:]]
        partial, left = None, UNKNOWN_RUNS
        for share, edit, code, values in queue:
            left -= share < KNOWN
            if self.left <= 0 or left < 0 or not self.examination.effort.run():
                return partial
            self.left -= 1
            wrong = self.wrong_with(code)
            if wrong is None or not set(wrong) <= set(self.step.wrong):
                continue
            if not wrong and self.fails_beside():
                continue
            fewer = len(wrong) < len(self.step.wrong)
            repair = Repair(self.name, self.statement, edit, None, fewer, share=share)
            if not wrong:
                return repair, []
            if fewer or self._fits(share, edit, values):
                partial = better(partial, (repair, wrong))
        return partial

    def how_far(self, edit):
        """How far an edit is from the line: what no one would write there, changed characters."""
        tidied = texts.tidied(edit.single or edit.text)
        changed = texts.changed(self.statement.text, tidied) + bool(edit.single)
        return self.strangeness(tidied), changed, len(tidied)

    def strangeness(self, text):
        """How many parts of a text no one would write there."""
        old, mine = self.statement.text, "\n".join(self.statement.source.lines)
        strange = [n for n in _NUMBER.findall(text) if re.search(rf"(?<![\w.]){n}", mine) is None]
        strange += _UNLIKELY.findall(text)[len(_UNLIKELY.findall(old)) :]
        strange += _AXIS.findall(old)[len(_AXIS.findall(text)) :]  # a number for a name
        return len(strange)

    def _fits(self, share, edit, values):
        """Whether an edit is right as far as one can tell, though it makes no gradient right."""
        likely = self.name in self.step.first and self.statement.target is not None
        likely = likely and not self._is_scaled
        small = edit.rank <= FACTOR and edit.kind != "extra statement"
        arrays = any(np.size(a) > 1 for value in values for a in arrays_in(value))
        return share == 1 and arrays and likely and small and _shapes(values) == self.shape

    @property
    def _is_root(self):
        """Whether what the statement gives at last is a wrong gradient itself."""
        return self.name in self.step.roots and self.times == 1

    def known_share(self, values):
        """How much of the values backpropagation knows: 1 is all of it, and exactly."""
        known = self.examination.known
        arrays = [
            a for value in (values[-1:] if self._is_root else values) for a in arrays_in(value)
        ]
        arrays = [a for a in arrays if np.any(a)]
        if not arrays:
            return 0.0
        worth = {EXACT: 0.7, SCALED: 0.0 if self._is_root else 0.6, INNER: 0.5, UNKNOWN: 0.0}
        mine = self._target
        if mine is not None and all(mine.of(a) == EXACT for a in arrays):
            return 1.0
        return sum(worth[known.of(a)] for a in arrays) / len(arrays)

    @cached_property
    def _is_scaled(self):
        """Whether it gives N times the gradient of what it is called after: N may come later."""
        arrays = [a for value in self.before for a in arrays_in(value)]
        mine = self._target
        return mine is not None and any(mine.of(a) == SCALED for a in arrays)

    @cached_property
    def _target(self):
        """The gradients of what the line's name is the gradient of; None where that is unknown."""
        statement = self.statement
        if statement.target is None or not self.step.says_gradient(self.name):
            return None
        meant, targets = self.examination.meant, self.examination.targets
        for word in reversed(re.findall(r"[A-Za-z_]\w*", statement.name)):
            found = targets.get(meant(word) or pairs.bare(word).lower())
            if found is not None:
                return found
        return None

    def wrong_with(self, code):
        """What is wrong at the given point with another form; None where it fails."""
        gradients = self._gradients_with(code)
        return None if gradients is None else self.examination.wrong(gradients)

    def _gradients_with(self, code):
        """The gradients with another form; None where it fails, or the loss is another."""
        self.executor.code, self.executor.left = code, self.limit
        result = self.examination.result()
        if result is None:
            return None
        loss = runs.number(self.examination.run.loss)
        if not np.allclose(runs.number(result.loss), loss, rtol=self.examination.close, atol=1e-12):
            return None
        return result.gradients

    def fails_beside(self):
        """Whether the form is wrong at a point beside the given one."""
        for other, true, _ in self.examination.beside:
            self.executor.left = self.limit
            result = self.examination.result(None, other)
            if result is None or self.examination.wrong(result.gradients, true):
                return True
        return False


def better(one, other):
    """The more useful of two partial repairs."""
    if one is None or other is None:
        return one if other is None else other
    return min(one, other, key=lambda found: len(found[1]))


def _flat(value):
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _flat(inner)
    elif isinstance(value, dict):
        for name in value:
            yield from _flat(value[name])
    else:
        yield value


def _entries(values):
    """How many numbers there are in nested values."""
    return sum(v.size if isinstance(v, np.ndarray) else 1 for v in _flat(values))


def _shapes(values):
    return [np.shape(v) for v in _flat(values)]


def _is_like(value, array):
    """Whether a value is an array, or a number, of the shape of another one: no container."""
    return not isinstance(value, (dict, list, tuple)) and np.shape(value) == np.shape(array)


def _mark(values):
    """The values to nine digits, to be compared."""
    marks = []
    for value in _flat(values):
        if isinstance(value, (str, type(None))):
            marks.append(value)
            continue
        array = np.asarray(value)
        if array.dtype.kind == "f":
            with np.errstate(all="ignore"):
                exponent = np.floor(np.log10(np.abs(array).max(initial=1e-300) + 1e-300))
                array = np.round(array / 10.0**exponent, 9) + 0.0
                marks.append((array.shape, float(exponent), array.tobytes()))
        else:
            marks.append((array.shape, str(array.dtype), array.tobytes()))
    return tuple(marks)
