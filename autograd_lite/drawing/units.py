"""What becomes one box: a call, or all calls of a scope that is collapsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ..observed_call import Scope


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
