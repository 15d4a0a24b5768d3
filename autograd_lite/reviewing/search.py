"""The smallest change of the program that makes its gradients right."""

from functools import cached_property

from ..engine.tape import history
from . import runs
from .activations import lines_of_slopes
from .couples import couple
from .edits import COMPLETED, FORMULA, SOLVED
from .flow import nodes_in
from .parts import parts
from .segments import root_of
from .step import Step
from .trials import Repair
from .updates import early_update

DEPTH = 3  # mistakes


def repaired(examination):
    """(repairs, changed sources, what is wrong after them), as far as found."""
    wrong = examination.wrong(examination.run.gradients)
    early = early_update(examination) if wrong else None
    if early is not None:
        statement, edit, without, moved = early
        repair = Repair(statement.key, statement, edit, None, True, moved)
        return [repair], {statement.source.path: without}, []
    of_parts = _OfParts(examination)
    if wrong:
        of_parts.search()
    examination.sound |= of_parts.right
    examination.returned |= of_parts.returned
    best = _one_by_one(examination, of_parts.repairs, of_parts.changed)
    if of_parts.repairs and (best[2] or len(best[0]) > 1):
        examination.sound = of_parts.right
        other = _one_by_one(examination, [], {})
        best = min(best, other, key=lambda found: (len(found[2]) > 0, len(found[0])))
    elif of_parts.right and best[2] and not any(repair.edit for repair in best[0]):
        examination.sound = set()
        other = _one_by_one(examination, [], {})
        best = best if other[2] else other
    inside = {_function_of(repair) for repair in best[0]}
    if any(repair.edit for repair in best[0]) or inside & set(map(_function_of, of_parts.blamed)):
        return best
    return of_parts.blamed[:1] or best[0], *best[1:]


def _function_of(repair):
    return repair.statement.source.path, repair.statement.function.lineno


class _OfParts:
    """Functions that are wrong on their own.

    Attributes
    ----------
    repairs : list
        What makes some of them right.
    changed : dict
        The sources with them.
    right : set
        The lines that are right without them.
    returned : set
        Lines that return several values which are right, in whatever order.
    blamed : list
        `Repair`s of lines that are wrong, of which the right form was not found.
    """

    def __init__(self, examination):
        self.examination = examination
        self.repairs: list = []
        self.changed: dict = {}
        self.right: set = set()
        self.returned: set = set()
        self.blamed: list = []

    def search(self):
        """Look at them, the smallest first."""
        self.right |= lines_of_slopes(self.examination)
        for made in parts(self.examination):
            for part in made:
                part.sound = self.examination.sound | self.right
                part.returned = self.returned
            given = {part: _gradients(part, self.changed) for part in made}
            wrong = [part for part in made if part.wrong(given[part])]
            lines = {key for part in made for key in part.lines()}
            if not wrong:
                self.right |= lines
                self.returned |= {key for part in made for key in part.returns()}
            elif not self._may_be(wrong[0], given, lines) or not self._is_repaired(wrong[0], made):
                continue
            self.examination.sound |= lines

    def _may_be(self, part, given, lines):
        """Whether a function is wrong: none whose lines give what is right, or is scaled later."""
        return not lines <= self._of_right_ones and not part.is_scaled(given[part])

    @cached_property
    def _of_right_ones(self):
        """The lines that gradients of the whole come from that are right."""
        truth, wrong = (
            self.examination.truth,
            self.examination.wrong(self.examination.run.gradients),
        )
        right = [path for path in self.examination.true if path not in wrong]
        roots = [root_of(path, truth.run.gradients) for path in right]
        nodes = {node for root in roots if root is not None for node in history(root)}
        return {key for key, value in truth.run.events if not nodes.isdisjoint(nodes_in(value))}

    def _is_repaired(self, wrong, made):
        """Whether a repair was found that makes a function right at some of its calls."""
        repairs, changed, left = _one_by_one(wrong, [], self.changed)
        if left or any(repair.edit is None for repair in repairs):
            self.blamed += repairs
            return False
        if any(part.wrong(_gradients(part, changed)) for part in made):
            return False
        before = self.examination.wrong(_gradients(self.examination, self.changed))
        gradients = _gradients(self.examination, changed)
        if not gradients or not set(self.examination.wrong(gradients)) <= set(before):
            return False
        self.repairs += repairs
        self.changed = changed
        return True


def _gradients(examination, changed):
    """The gradients with other sources; none where the program fails with them."""
    try:
        return runs.recorded(examination.program, examination.inputs, changed).gradients
    except Exception:
        return {}


def _one_by_one(examination, before, changed):
    """The same after some repairs: one line after the other, or two at once that are likelier."""
    steps: list = []
    found = _row(examination, before, changed, steps)
    if len(found[0]) > len(before) + 1:
        both = couple(steps[0])
        if both is not None and _cost(both) < _cost(found[0][len(before) :]):
            return _with_both(before, changed, both)
    return found


def _cost(repairs):
    """How far repairs are from the lines, by the ranks of their edits; few come first."""
    ranks = [FORMULA if repair.edit is None else repair.edit.rank for repair in repairs]
    return len(repairs), sum(ranks)


def _with_both(found, changed, both):
    others = [r for r in found if r.key not in {b.key for b in both}]
    return [*others, *both], both[-1].applied(both[0].applied(changed)), []


def _row(examination, found, changed, steps):
    """One line after the other, by ``steps`` that are noted."""
    wrong = left = examination.wrong(_gradients(examination, changed))
    feeds: dict = {}
    while wrong and len(steps) < DEPTH:
        examination.effort.renew()
        step = Step(examination, changed, wrong)
        steps.append(step)
        before, (repair, left) = wrong, step.best()
        both = couple(step) if repair is None or repair.edit is None else None
        if both is not None:
            return _with_both(found, changed, both)
        wrong = left
        for key, fed in step.feeds.items():
            feeds[key] = feeds.get(key, set()) | fed
        if repair is None:
            found = found + [r for r in step.likeliest() if r.key not in {f.key for f in found}]
            break
        found = [r for r in found if r.key != repair.key] + [repair]
        if repair.edit is None:
            left = before
            break
        changed = repair.applied(changed)
    if len(found) > 1:  # what one lacks another may have too much
        found = [_less_sure(repair) for repair in found]
    if left:
        found, changed = _offered(found, changed, feeds, left)
    return found, changed, wrong


def _offered(found, changed, feeds, left):
    """Without the edits that made nothing right, or not all that the line goes into."""
    sound = {key for key, fed in feeds.items() if not fed & set(left)}
    found = [r if r.proved and r.key in sound else Repair(r.key, r.statement, None) for r in found]
    proved = {r.statement.source.path for r in found if r.edit is not None}
    return found, {path: source for path, source in changed.items() if path in proved}


def _less_sure(repair):
    """Without the edit, where that is a product of values found by solving for it."""
    solved = repair.edit is not None and repair.edit.rank in (SOLVED, COMPLETED)
    return Repair(repair.key, repair.statement, None) if solved else repair
