"""The uses of values by the units of a picture, with the boxes that they come from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ..engine.primitives import Primitive
from .formulas import is_array
from .model import FIRST, NEXT
from .units import Unit, by_call


@dataclass(eq=False)
class Use:
    """One use of a value by a call.

    Attributes
    ----------
    key : Unit, Node, str or int
        What the box is known by that it comes from: its unit, the node of a leaf or of a call
        that is left out, the name or the id of a plain array.
    call : Node
    position : int
        Of the argument.
    value, parent
        As the tape has them.
    step : str or None
        "next" where it comes from the repetition before, "first" where the first of these has
        it in that place.
    """

    key: Any
    call: Any
    position: int
    value: Any
    parent: Any
    step: str | None = None

    @property
    def flows(self):
        """Whether a gradient comes back along it."""
        return _flows(self.call, self.position, self.parent)


class Uses:
    """All uses between the units of a tape, by unit: those of its calls, then where steps start."""

    def __init__(self, units, names):
        self.names = names
        self.of_call = by_call(units)
        self.of_unit = {unit: [*self._own(unit), *self._starts(unit)] for unit in units}

    def _own(self, unit):
        """What its calls use; of a collapsed scope, or of a folded unit, each once."""
        inside, known = set(unit.calls), set()
        for call in unit.calls:
            for position, value, parent in arguments(call):
                if parent in inside or (unit.scope and self._is_hidden(value, parent)):
                    continue
                key = self._key(value, parent)
                is_folded = isinstance(key, Unit) and parent not in key.calls
                step = NEXT if is_folded and key.repetition is unit.repetition else None
                if (unit.scope or is_folded) and (key, step) in known:
                    continue
                known.add((key, step))
                yield Use(key, call, position, value, parent, step)

    def _starts(self, unit):
        """What the first of equal steps uses where the last uses the result of one before."""
        known, repetition = set(), unit.repetition
        carried = [  # the places of what the last step uses of the one before
            (i, j, self.of_call[parent])
            for i, call in enumerate(unit.calls)
            for j, (_, _, parent) in enumerate(arguments(call))
            if parent in self.of_call and parent not in self.of_call[parent].calls
        ]
        for calls in unit.copies if carried else ():
            for i, j, carrier in carried:
                found = list(arguments(calls[i]))
                if j >= len(found):
                    continue
                position, value, parent = found[j]
                key = self._key(value, parent)
                if key is carrier or key in known:
                    continue
                if not (isinstance(key, Unit) and key.repetition is repetition):
                    known.add(key)
                    yield Use(key, calls[i], position, value, parent, FIRST)

    def shared(self):
        """What boxes of leaves are known by that earlier ones of equal steps use too."""
        return {
            self._key(value, parent)
            for unit in self.of_unit
            for calls in unit.copies
            for call in calls
            for _, value, parent in arguments(call)
            if parent not in self.of_call
        }

    def _key(self, value, parent):
        """What the box of a value is known by; each call has a copy of a plain array."""
        if parent is None:
            return self.names.array_key(value)
        while parent not in self.of_call and is_alias(parent):
            parent = parent.parents[0]
        return self.of_call.get(parent, parent)

    def _is_hidden(self, value, parent):
        """Whether a collapsed scope hides a leaf: its parameter, or an array without a name."""
        if parent is None:
            return self.names.of_array(value) is None
        return parent.op is None and parent in self.names.paths


def is_alias(node):
    """Whether a node is another handle of the value of its one parent."""
    return node.op is not None and node.op.name == "alias"


def arguments(call):
    """Triples (position, value, parent) of what gets an arrow: tensors and plain arrays."""
    for position, (value, parent) in enumerate(zip(call.args, call.parents, strict=True)):
        if isinstance(value, list):
            parents = parent or (None,) * len(value)
            yield from ((position, v, p) for v, p in zip(value, parents, strict=True))
        elif parent is not None or is_array(value):
            yield position, value, parent


def contributions(nodes):
    """How many contributions the gradient of each node is the sum of."""
    count: dict = Counter()
    for call in nodes:
        if isinstance(call.op, Primitive) and None in call.op.rules:
            count.update(p for i, _, p in arguments(call) if _flows(call, i, p))
        else:
            count.update([p for _, p in call.inputs() if p is not None and p.requires_grad])
    return count


def _flows(call, position, parent):
    if parent is None or not parent.requires_grad:
        return False
    return not isinstance(call.op, Primitive) or call.op.rules[position] is not None
