"""What becomes one box: a call, a collapsed scope, or equal steps of a tape folded into one.

The one idea of folding: a unit is what it computes and how far back its operands lie, so a
repetition is a stretch that equals itself, shifted by its period. What all steps take of one unit
before them, such as the mapped inputs of a recurrent network, lies ever further back, and counts as
equal because it is the same. The first step takes its start from elsewhere, and is recognised by
what it computes alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np

from ..observed_call import Scope

LONGEST = 400  # units of one step
ROUNDS = 4  # steps inside steps
OPERANDS = 8  # of a unit, of which each may be the same in all steps
FEW, SMALL = 3, 8  # fewer steps, or parts of one value, are folded where so many boxes go


@dataclass(eq=False)
class Unit:
    """The calls that one box stands for.

    Attributes
    ----------
    calls : list of Node
        Oldest first; the result of the box is that of the last.
    scope : Scope or None
        The collapsed one, if it is one.
    around : tuple of Scope and Repetition
        What it stands in, outermost first.
    copies : list of list of Node
        The calls of equal units that it stands for too, in earlier repetitions.
    """

    calls: list
    scope: Scope | None = None
    around: tuple = ()
    copies: list = field(default_factory=list)

    @property
    def last(self):
        return self.calls[-1]

    @property
    def repetition(self):
        """The innermost frame of equal steps around it, or None."""
        frames = (frame for frame in reversed(self.around) if not isinstance(frame, Scope))
        return next(frames, None)


def units_of(calls, scopes, collapse=None):
    """The units of some calls, in order.

    ``collapse`` is a depth (scopes that stand in so many others are collapsed), or a list of
    labels or patterns of them; None collapses nothing.
    """
    if not scopes:
        return [Unit([call]) for call in calls]
    units: dict = {}
    for call in calls:
        around = scopes.get(call, ())
        depth = _collapsed(around, collapse)
        if depth is None:
            units[call] = Unit([call], None, around)
        elif around[depth] in units:
            units[around[depth]].calls.append(call)
        else:
            units[around[depth]] = Unit([call], around[depth], around[:depth])
    return sorted(units.values(), key=lambda unit: unit.last.serial)


def _collapsed(around, collapse):
    """The place among the scopes around a call of the one that is collapsed, or None."""
    if isinstance(collapse, int):
        return collapse if len(around) > collapse else None
    for depth, scope in enumerate(around):
        words = {scope.label, *scope.label.split()}
        if any(fnmatchcase(word, pattern) for word in words for pattern in collapse or ()):
            return depth
    return None


def by_call(units):
    """{call: its unit}, of the calls that were folded away too."""
    return {call: unit for unit in units for calls in (unit.calls, *unit.copies) for call in calls}


# --- equal steps ------------------------------------------------------------------------------


@dataclass(eq=False)
class Repetition:
    """A frame around one of ``times`` equal steps."""

    label: str
    times: int


def folded(units):
    """The units without those of repeated steps, of which the last stands for all.

    Of many units only stretches count that leave out a good part of them.
    """
    for _ in range(ROUNDS):
        runs = _repeated(units) or _repeated(units, by_identity=True)
        if not runs:
            break
        kept, end = [], 0
        for start, period, times in sorted(runs):
            kept += units[end:start]
            end = start + period * times
            kept += _fold(units[start:end], period, times)
        units = kept + units[end:]
    return units


def _fold(run, period, times):
    """The units of the last step, with those of the others as copies, in a frame."""
    steps = [run[i * period : (i + 1) * period] for i in range(times)]
    shared = _shared(steps)
    around = steps[-1][0].around
    inner = around[shared] if len(around) > shared else None
    is_scope = inner is not None and all(inner in u.around[shared : shared + 1] for u in steps[-1])
    named = inner if is_scope else steps[-1][0].scope if period == 1 else None
    frame = Repetition(named.label if named else "one step", times)
    kept = []
    for units in zip(*steps, strict=True):
        last = units[-1]
        copies = [calls for u in units[:-1] for calls in (u.calls, *u.copies)]
        rest = last.around[shared + is_scope :]
        new = (*last.around[:shared], frame, *rest)
        kept.append(Unit(last.calls, last.scope, new, [*copies, *last.copies]))
    return kept


def _shared(steps):
    """How many frames stand around all steps."""
    one, other = steps[0][0].around, steps[-1][-1].around
    size = 0
    while size < min(len(one), len(other)) and one[size] is other[size]:
        size += 1
    return size


def _repeated(units, by_identity=False):
    """Triples (start, period, times) of stretches that do not overlap.

    A loop over the results of another one, folded already, has equal steps ``by_identity``.
    """
    loose, *signatures = _signatures(units, by_identity)
    candidates, least = [], len(units) // 50
    for period in range(1, min(len(units) // 2, LONGEST) + 1):
        same, moved = _same(signatures, period)
        others = np.flatnonzero(np.concatenate([[True], ~same, [True]]))
        lengths = np.diff(others) - 1  # of the stretches of equal units
        for i in np.flatnonzero(lengths >= max(period, least)):
            start, length = int(others[i]), int(lengths[i])
            times = (length + period) // period
            few = FEW if moved[start : start + length].all() else np.inf
            if times >= 2 and (times - 1) * period >= least:
                candidates.append((-(times - 1) * period, period, start, length, few))
    found: list = []
    taken = np.zeros(len(units), dtype=bool)
    for _, period, start, length, few in sorted(candidates):
        while start and loose[start - 1] == loose[start - 1 + period] and not taken[start - 1]:
            start, length = start - 1, length + 1
        times = (length + period) // period
        end = start + times * period
        is_worth_it = times >= few or (times - 1) * period >= SMALL
        if is_worth_it and not taken[start:end].any():
            taken[start:end] = True
            found.append((start, period, times))
    return found


def _same(signatures, period):
    """Whether each unit equals the one a period before it, and whether by distances alone."""
    exact, alike, back = signatures
    moved = exact[period:] == exact[:-period]
    others = np.flatnonzero((alike[period:] == alike[:-period]) > moved)
    same = moved.copy()
    if len(others):
        later, earlier = back[others + period], back[others]
        is_moved = np.minimum(later, LONGEST + 1) == np.minimum(earlier, LONGEST + 1)
        same[others] = np.all(is_moved | (later - earlier == period), axis=1)
    return same, moved


def _signatures(units, by_identity):
    """Three arrays of numbers, equal for units that compute the same, and one of distances.

    Equal without the operands, with them by how far back they lie, and with those alone that
    are no units. The distances of the others are the last, a row for each unit.
    """
    of_call, place = by_call(units), {unit: i for i, unit in enumerate(units)}
    exact, loose, alike = [], [], []
    back = np.zeros((len(units), OPERANDS), dtype=np.int64)
    for i, unit in enumerate(units):
        inside = set(unit.calls)
        frames = tuple(x for x in unit.around if isinstance(x, Repetition))
        what = unit.scope and re.sub(r"\d+", "#", unit.scope.label), frames
        calls = [(call.op.name, np.shape(call.out)) for call in unit.calls]
        loose.append((what, *calls))
        operands = [
            _operand(value, parent, i, of_call, place, by_identity)
            for call in unit.calls
            for value, parent in call.inputs()
            if parent not in inside
        ]
        exact.append((what, *calls, *map(_capped, operands)))
        if len(operands) <= OPERANDS:
            for j, operand in enumerate(operands):
                if isinstance(operand, int) and operand > 0:
                    back[i, j], operands[j] = operand, None
        alike.append((what, *calls, *map(_capped, operands)))
    return _numbered(loose), _numbered(exact), _numbered(alike), back


def _operand(value, parent, i, of_call, place, by_identity):
    """How far back an operand lies, or which folded unit it is; of what is no call its shape."""
    unit = of_call.get(parent)
    if unit is None:
        return np.shape(value), parent is not None and parent.requires_grad
    if by_identity and unit.copies:
        return -1 - place[unit]
    return i - place[unit]


def _capped(operand):
    """Distances too long for one step are equal."""
    return min(operand, LONGEST + 1) if isinstance(operand, int) else operand


def _numbered(keys):
    numbers: dict = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
