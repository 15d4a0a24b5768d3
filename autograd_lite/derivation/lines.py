"""The lines of a derivation: which values get one of their own, in which order."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..engine.tensor import Tensor
from ..messages import errors, quoting
from ..symbolic.calls import getitem, named
from ..symbolic.expressions import Expression
from ..symbolic.graph import needed
from ..symbolic.python_text import is_operator
from .replay import BACKWARD, FACTOR, FORWARD, Definition

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
    steps, uses = _counted(replay, wanted)
    taken = {x.name for x in replay.graph.inputs} | {d.symbol for d in replay.definitions}
    kept, count = dict(given), 0
    after = set(map(id, replay.graph.steps[replay.start :]))
    for step in _without_a_line(steps, uses, set(given)):
        count += 1
        while f"part_{count}" in taken:
            count += 1
        kept[step] = Definition(step, BACKWARD if id(step) in after else FORWARD, f"part_{count}")
    return _ordered(steps, kept, given)


def worth_a_name(replay, wanted):
    """Nodes without a name whose values, and whose gradients, should have a line of their own."""
    given = {d.expression for d in replay.definitions}
    steps, uses = _counted(replay, wanted)
    lines = set(_without_a_line(steps, uses, given))
    return tuple(
        {
            node
            for node, x in _firsts(traced, nodes)
            if x in lines and node not in replay.labels and node.op is not None
        }
        for traced, nodes in (
            (replay.values, replay.names.nodes),
            (replay.cotangents, replay.names.nodes[::-1]),
        )
    )


def _firsts(traced, nodes):
    """Pairs (node, expression): for each expression the first node that has it."""
    known = {}
    for node in nodes:
        x = getattr(traced.get(node), "expression", None)
        if x is not None:
            known.setdefault(x, node)
    return [(node, x) for x, node in known.items()]


def _without_a_line(steps, uses, given):
    """The steps that need a line and have none: used several times, or parts of long formulas."""
    found, sizes = {}, {}
    inner = {x for step in steps if step.func is named for x in step.operands()}
    for step in steps:
        size = step.func is not named
        size += sum(sizes[x] for x in step.operands() if x in sizes and x not in given)
        is_shared = uses[step] > 1 and not _is_light(step, given, found)
        if step not in given and (is_shared or (size > LONG and step not in inner)):
            found[step] = None
            size = 0
        sizes[step] = size
    return list(found)


def _counted(replay, wanted):
    """The steps that are needed, and how often each is used."""
    results = [d.expression for d in replay.definitions if d.part == FORWARD] + wanted
    steps = needed([step for step in replay.graph.steps if step.kind != "guard"], results)
    uses = Counter(results)
    for step in steps:
        uses.update(step.operands())
    return steps, uses


def _is_short(index):
    """Whether an index is written in a few characters: 3, or ":, 3"."""
    parts = index if isinstance(index, tuple) else (index,)
    whole = slice(None)
    return all(isinstance(p, (int, np.integer)) or (type(p) is slice and p == whole) for p in parts)


_TURNED = np.transpose, np.expand_dims


def _is_light(step, given, found):
    """Whether it is one operator between names and numbers, ``y - h2``, or a part, ``X[:, 3]``.

    Either may be turned, ``X[3].T``.
    """
    if step.func in _TURNED and step.args[0] not in given and _is_light(step.args[0], given, found):
        return True
    is_part = step.func is getitem and _is_short(step.args[1])
    if not (is_part or is_operator(step.func) or step.func in _TURNED):
        return False
    operands = step.operands()
    return all(x.func is None or x in given or x in found for x in operands)


def _ordered(steps, kept, given):
    """Each definition before its first use, the forward ones first.

    Those that nobody asked for stand just before it.
    """
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
    ordered = sorted(lines, key=lambda s: (first.get(s, 0), place[s]))
    return sorted((kept[step] for step in ordered), key=lambda d: d.part != FORWARD)


# --- the tensors of a derivation ----------------------------------------------------------------


def targets_of(names, wrt):
    """The nodes that gradients are wanted of: as they were asked for, or as they are used."""
    if wrt is None:
        used = (parent for node in names.nodes for _, parent in node.inputs())
        leaves = (node for node in (*used, names.root) if node is not None and node.op is None)
        return [node for node in dict.fromkeys(leaves) if node.requires_grad]
    wrt = list(wrt) if isinstance(wrt, Iterable) and not isinstance(wrt, (Tensor, str)) else [wrt]
    if not wrt:
        raise ValueError("wrt is empty: name a tensor, or leave it out for all variables")
    return list(dict.fromkeys(_target(names, one) for one in wrt))


def _target(names, one):
    [node] = names.asked(one, is_unique=True)
    if not node.requires_grad:
        what = repr(one) if isinstance(one, str) else errors.describe(one)
        raise ValueError(
            f"wrt has {what}, a constant, so no gradient reaches it: create it with "
            "requires_grad=True before it is used"
        )
    return node


def labels_of(names, more):
    """What nodes are called that have lines of their own: those with names, and some more."""
    labels, taken = {}, set()
    held = Counter(names.given(node) for node in names.nodes if node.op is not None)
    for node in names.nodes:
        name = names.label(node)
        if name is None and node in more:
            name = names.of(node)
        if name is not None:
            is_step = held[name] > 1 and node.op is not None  # of a loop: h_1, h_2, h_3
            labels[node] = quoting.distinct(name, taken, f"{name}_1" if is_step else None)
            taken.add(labels[node])
    return labels
