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
    rules = {key for key, s in step.statements.items() if _adds(s)}
    if len(rules) < RULES:
        return None
    examination = step.examination
    pieces = [g for node in examination.truth.parts for g in examination.truth.pieces(node)]
    known = Known([*pieces, *examination.truth.gradients.values()], close=examination.close)
    right, run, times = False, step.truth.run, Counter()
    for at, (key, value) in enumerate(run.events):
        times[key] += 1
        held = run.owners.get(at)
        if key not in rules or not isinstance(value, Node):
            continue
        if held is not None and step.truth.forward.isdisjoint(held):  # that of a constant
            continue
        share, maker = _share(value)
        if share is None or known.of(share) == EXACT:
            right = right or share is not None
        elif value in step.above:
            if not right or not _is_given_what_is_known(step, key, maker, known):
                return None
            return Share(_line_of(step, key, maker), key, times[key] - 1, known)
    return None


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
    inside = isinstance(getattr(node, "target", None), (ast.Attribute, ast.Subscript))
    return isinstance(node, ast.AugAssign) and inside and isinstance(node.op, (ast.Add, ast.Sub))


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
