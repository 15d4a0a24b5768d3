"""Two lines that are wrong at once, where neither makes a gradient right alone."""

from dataclasses import dataclass

import numpy as np

from .edits import OTHER, SLIP, TERM
from .step import Step
from .trials import Repair, Trials

KEPT = 1 / 6  # of the effort, for mistakes in a row
LINES = 12  # that are looked at
PAIRS = 24  # of changes that add up to what is wanted, of which each is tried
BEGINNINGS = 6  # changes after which a search for the other line is made


@dataclass(frozen=True)
class _Change:
    """A line in another form, and by how much it changes the gradients."""

    trials: Trials
    edit: object
    difference: object
    begins: bool  # whether it gives first what backpropagation computes, and the line does not

    @property
    def repair(self):
        return Repair(self.trials.name, self.trials.statement, self.edit, None, True)


def couple(step):
    """Two repairs that make all gradients right together, or None.

    What two lines change adds up where both are terms of one gradient. In a loop all goes into
    all, and a line that is right now shows it when it is carried out first.
    """
    step.examination.effort.renew()
    step.examination.effort.keep(KEPT)
    base = _row(step, step.gradients())
    if base is None:
        return None
    wanted = _row(step, step.examination.true) - base
    lines = _lines(step)
    tried = [Trials(step, key, None) for key in lines]
    changes: list = []
    for rank in (SLIP, OTHER, TERM):
        for trials in tried:
            changes += _changes(step, trials, rank, base)
        found = _added_up(step, changes, wanted)
        if found is not None:
            return found
    step.examination.effort.keep(0)
    return _one_after_the_other(step, changes, lines)


def _lines(step):
    """The lines that may be two of several that are wrong."""
    keys = dict.fromkeys([*step.mine, *step.first, *step.roots, *step.in_order])
    keys = [key for key in keys if step.may_be_wrong(key) and key not in step.sound]
    return sorted(keys, key=lambda key: key in step.known)[:LINES]


def _changes(step, trials, rank, base):
    """What the edits of a line up to a rank change."""
    found = []
    for edit, values, gradients in trials.outcomes(rank):
        row = _row(step, gradients)
        if row is not None and not np.allclose(row, base, rtol=1e-9, atol=0):
            found.append(_Change(trials, edit, row - base, trials.begins_right(values)))
    return found


def _row(step, gradients):
    """All gradients as three numbers that add up when they do; None where some are missing."""
    true, sums = step.examination.true, np.zeros(3)
    gradients = step.examination.split(gradients)
    for path in sorted(true, key=str):
        array = np.asarray(gradients.get(path, np.nan), dtype=float)
        if array.shape != np.shape(true[path]) or not np.isfinite(array).all():
            return None
        at = np.arange(array.size) + len(str(path))
        sums += [np.cos((1.3 + k) * at + k) @ array.ravel() for k in range(3)]
    return sums


def _added_up(step, changes, wanted):
    """Two changes that together are what is wanted."""
    if not changes:
        return None
    rows = np.array([change.difference for change in changes])
    order = np.argsort(rows[:, 0])
    close = 10 * step.examination.close * (np.abs(wanted).max() + np.abs(rows).max(axis=1))
    found = []
    for i, row in enumerate(rows):
        rest = wanted - row
        at = np.searchsorted(rows[order, 0], [rest[0] - close[i], rest[0] + close[i]])
        for j in order[at[0] : at[1]]:
            if i < j and np.all(np.abs(rows[j] - rest) <= close[i] + close[j]):
                found.append((changes[i], changes[j]))
    for pair in sorted(found, key=_how_far)[:PAIRS]:
        repairs = [change.repair for change in pair]
        if repairs[0].key != repairs[1].key and _makes_all_right(step, repairs):
            return repairs
    return None


def _how_far(pair):
    far = [change.trials.how_far(change.edit) for change in pair]
    return sum(f[0] for f in far), sum(c.edit.rank for c in pair), sum(f[1] for f in far)


def _makes_all_right(step, repairs):
    changed = step.changed
    for repair in repairs:
        changed = repair.applied(changed)
    return step.examination.is_right_with(changed)


def _one_after_the_other(step, changes, lines):
    """A change that begins right, after which one of another line makes all right."""
    for change in _beginnings(changes):
        after = Step(step.examination, change.repair.applied(step.changed), [])
        for key in lines:
            trials = None if key == change.trials.name else Trials(after, key, None)
            for edit, gradients in [] if trials is None else _seconds(trials):
                other = Repair(key, trials.statement, edit, None, True)
                wrong = step.examination.wrong(gradients)
                if not wrong and _makes_all_right(step, (change.repair, other)):
                    return [change.repair, other]
    return None


def _beginnings(changes):
    """The changes that begin right, the smallest first, two of a line."""
    first = sorted((c for c in changes if c.begins), key=lambda c: c.trials.how_far(c.edit))
    lines = [change.trials.name for change in first]
    return [c for i, c in enumerate(first) if lines[:i].count(lines[i]) < 2][:BEGINNINGS]


def _seconds(trials):
    """Pairs (edit, the gradients with it): small ones, and terms that begin right."""
    for rank, is_chosen in ((OTHER, lambda values: True), (TERM, trials.begins_right)):
        for edit, _, gradients in trials.outcomes(rank, is_chosen):
            yield edit, gradients
