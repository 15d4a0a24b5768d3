"""Which values of a derivation get a line of their own, and in which order the lines stand."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from .expressions import Expression
from .graph import needed
from .replay import BACKWARD, FACTOR, FORWARD, Definition, named
from .source import is_operator

LONG = 7  # calls in one formula: more are written in two lines


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a derivation.

    Attributes
    ----------
    name : str
        ``"z1"``, ``"dLoss/dW1"``.
    formula : str
        ``"X @ W1"``.
    value : ndarray or NumPy number
        What it was on this tape.
    part : str
        ``"forward"``, ``"backward"``, or ``"factor"`` for a local derivative.
    expression : Expression
        The formula as data.
    """

    name: str
    formula: str
    value: np.ndarray
    part: str
    expression: Expression


def definitions(replay, wanted):
    """All definitions that are needed for the named values and the wanted gradients, in order."""
    given = {d.expression: d for d in replay.definitions}
    results = [d.expression for d in replay.definitions if d.part == FORWARD] + wanted
    steps = _needed(replay, results)
    uses, sizes = _uses(steps, results), _sizes(steps, given)
    taken = {x.name for x in replay.graph.inputs} | {d.symbol for d in replay.definitions}
    count, kept, part = 0, dict(given), FORWARD
    after = set(map(id, replay.graph.steps[replay.start :]))
    for step in steps:
        if step in given or not (_is_shared(step, uses) or sizes[step] > LONG):
            continue
        count += 1
        while f"t{count}" in taken:
            count += 1
        part = BACKWARD if id(step) in after else FORWARD
        kept[step] = Definition(step, part, f"t{count}")
        sizes = _sizes(steps, kept)
    return _ordered(steps, kept, given)


def worth_a_name(replay, wanted):
    """Nodes without a name whose value or gradient is used several times, or long to write."""
    given = {d.expression: d for d in replay.definitions}
    results = [d.expression for d in replay.definitions if d.part == FORWARD] + wanted
    steps = _needed(replay, results)
    uses, sizes = _uses(steps, results), _sizes(steps, given)
    known, found = set(given), set()
    for traced, nodes in (
        (replay.values, replay.names.nodes),
        (replay.cotangents, replay.names.nodes[::-1]),
    ):
        for node in nodes:
            x = getattr(traced.get(node), "expression", None)
            if node.op is None or x is None or x in known or x not in sizes:
                continue
            known.add(x)
            if node not in replay.labels and (_is_shared(x, uses) or sizes[x] > LONG):
                found.add(node)
    return found


def _needed(replay, results):
    steps = [step for step in replay.graph.steps if step.kind != "guard"]
    return needed(steps, results)


def _uses(steps, results):
    uses = Counter(results)
    for step in steps:
        uses.update(step.operands())
    return uses


def _is_shared(step, uses):
    """Whether a value is used more than once, and not shorter to write than a name for it."""
    return uses[step] > 1 and not _is_light(step)


def _is_light(step):
    """Whether it is one operator between names and numbers, such as ``y - h2``."""
    if not is_operator(step.func) and step.func is not np.transpose:
        return False
    operands = step.operands()
    return all(x.func in (None, named) for x in operands) and len(operands) < 3


def _sizes(steps, given):
    """How many calls the formula of each step holds."""
    sizes = {}
    for step in steps:
        size = 0 if step.func is named else 1
        size += sum(sizes.get(x, 0) for x in step.operands() if x not in given)
        sizes[step] = size
    return sizes


def _ordered(steps, kept, given):
    """Each definition before its first use: those nobody asked for just before it."""
    place = {step: i for i, step in enumerate(steps)}
    first = {}
    for step in reversed(steps):
        main = step in given and given[step].part != FACTOR
        if main:
            first[step] = place[step]
        for x in step.operands():
            if x in place:
                first[x] = min(first.get(x, len(steps)), first.get(step, place[step]))
    lines = [step for step in steps if step in kept]
    return [kept[step] for step in sorted(lines, key=lambda s: (first.get(s, 0), place[s]))]
