"""What a program adds to gradients, as a tape of the user does: the first share that is wrong.

Each rule of such a tape adds what goes back to one of its inputs: ``a.grad += b.data * out.grad``.
Until the first wrong share is added all that the rules are given is right.
"""

import ast
from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..engine.tape import Node
from .recognition import EXACT, Known

RULES = 3  # lines that add up at least, for a tape


@dataclass(frozen=True)
class Share:
    """The first that backpropagation does not add: ``key`` is the line to blame, by name.

    Attributes
    ----------
    adder : key
        The line that adds it.
    nth : int
        At which of the times that it is carried out.
    known : Known
        The shares that backpropagation adds.
    """

    key: tuple
    adder: tuple
    nth: int
    known: Known


def first_wrong(step):
    """The first share that backpropagation does not add; or None."""
    places: dict = {}
    for key, statement in step.statements.items():
        if _adds(statement):
            places.setdefault(_place(statement), []).append(key)
    rules = {key for keys in places.values() if len(keys) >= RULES for key in keys}
    if not rules:
        return None
    right, run, times = set(), step.truth.run, Counter()
    known = _known(step, step.truth.parts)
    for at, (key, value) in enumerate(run.events):
        times[key] += 1
        if key not in rules or not isinstance(value, Node):
            continue
        held = step.truth.forward.intersection(run.owners.get(at, ()))
        if at in run.owners and not held:  # that of a constant
            continue
        share, maker = _share(value)
        if share is None:
            continue
        of_it = _known(step, held) if held else known
        if of_it.of(share) == EXACT:
            right |= {key} if np.any(share) else set()
        elif value in step.above:
            if len(right) < 2 or not _is_given_what_is_known(step, key, maker, known):
                return None
            return Share(_line_of(step, key, maker), key, times[key] - 1, of_it)
    return None


def _known(step, nodes):
    """What goes back to some nodes: all of it, single uses, sums of them."""
    truth = step.truth
    pieces = [g for node in nodes for g in truth.pieces(node)]
    whole = [truth.gradients[node] for node in nodes if node in truth.gradients]
    return Known([*pieces, *whole], close=step.examination.close)


def _is_given_what_is_known(step, key, maker, known):
    """Whether lines of other functions, or known values, are all that a share is computed from."""
    todo = [maker] if maker is not None else []
    while todo:
        node = todo.pop()
        owner = step.owner.get(node, key)
        if node in step.truth.forward or owner not in step.statements:
            continue
        mine = step.statements[owner].function is step.statements[key].function
        if owner != key and mine and known.of(node.out) != EXACT:
            return _line_of(step, key, maker) == owner
        if owner == key:
            todo += [parent for _, parent in node.inputs() if parent is not None]
    return True


def _adds(statement):
    """Whether a line adds to an attribute or to an entry, or takes away."""
    node = statement.node
    return isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub))


def _place(statement):
    """Where it adds to: an attribute by its name, entries of one container; else it is its own."""
    target = statement.target
    if isinstance(target, ast.Attribute):
        return "attribute", target.attr
    if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Constant):
        return "entry", statement.source.segment(target.value)
    return statement.key


def _share(node):
    """(what was added to give a node, the node of it or None); (None, None) if it is unknown."""
    pairs = list(node.inputs())
    if len(pairs) != 2 or node.op.name not in ("add", "subtract"):
        return None, None
    value, parent = pairs[1]
    share = np.asarray(value if parent is None else parent.out)
    return (share if node.op.name == "add" else -share), parent


def _line_of(step, key, maker):
    """The line that adds a share, or the one of its function that computed it before."""
    statement = step.statements[key]
    made = step.owner.get(maker)
    if isinstance(statement.value, ast.Name) and made in step.statements:
        return made if step.statements[made].function is statement.function else key
    return key
