"""The frames of a picture: around modules, calls of functions, and equal repetitions."""

from collections import Counter

from ..engine.tape import Node
from .model import FIRST, Group
from .units import Repetition


class Frames:
    """The groups that are drawn, numbered as they are first used.

    A frame around one box, or around all of them, says nothing and is left out, unless it
    stands for repetitions.
    """

    def __init__(self, units, uses, paths, shared):
        self.groups: dict = {}
        self._ids: dict = {}
        self._paths = paths
        self._size = Counter(frame for unit in units for frame in unit.around)
        self._all = len(units)
        self._around = _around_leaves(units, uses)
        self._shared = shared

    def of(self, around):
        """The id of the innermost group, or None."""
        parent = None
        for frame in around:
            is_repetition = isinstance(frame, Repetition)
            if is_repetition or 1 < self._size[frame] < self._all:
                parent = self._group(frame, parent, frame.times if is_repetition else 1)
        return parent

    def of_leaf(self, key):
        """Where a leaf stands: a variable with what uses it, data in a step that has its own."""
        around = list(self._around.get(key, ()))
        is_variable = isinstance(key, Node) and key.requires_grad and key.op is None
        if key not in self._paths and not is_variable:
            while around and not (isinstance(around[-1], Repetition) and self._is_own(key)):
                around.pop()
        while around and any(isinstance(f, Repetition) for f in around) and not self._is_own(key):
            around.pop()
        return self.of(around)

    def _is_own(self, key):
        """Whether each of equal steps has another leaf in its place."""
        return key not in self._shared

    def _group(self, frame, parent, times):
        if frame not in self._ids:
            id = self._ids[frame] = f"g{len(self.groups)}"
            self.groups[id] = Group(id, frame.label, parent, times)
        return self._ids[frame]


def _around_leaves(units, uses):
    """The frames that all units stand in which use a leaf."""
    found: dict = {}
    for unit in units:
        for use in uses[unit]:
            known = found.get(use.key)
            around = unit.around
            if use.step == FIRST:
                around = around[: around.index(unit.repetition)]
            if known is not None:
                size = 0
                while size < min(len(known), len(around)) and known[size] is around[size]:
                    size += 1
                around = around[:size]
            found[use.key] = around
    return found
