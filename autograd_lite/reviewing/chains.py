"""Lines that change one array in turn: what each should give, where the last of them is known.

``g = a``, then ``g[1:] += b``, then ``g[:-1] -= c``: what a later line adds stays the same.
"""

import ast
from itertools import pairwise

import numpy as np

from .segments import root_of


def expected_before(step):
    """{key: what it should give each time} of such lines, and the last of each chain itself."""
    found: dict = {}
    for last, right in [*step.expected.items(), *_ends(step).items()]:
        chain = list(step.chains.get(last, ()))
        if last in chain[1:] and _is_known(step, last, right):
            found[last] = right
            backwards = chain[chain.index(last) :: -1]
            for after, key in pairwise(backwards):
                added = _added(step, key, last) if _adds(step.statements[after]) else None
                if added is None or len(added) != len(right):
                    break
                found[key] = [value - a for value, a in zip(right, added, strict=True)]
    return found


def _ends(step):
    """What the lines give at last that gradients are returned from which are wrong."""
    given, found = step.localisation.given, {}
    for path in step.wrong if step.truth is not None else ():
        owner = step.owner.get(root_of(path, step.truth.run.gradients))
        if len(given.get(owner, ())) == 1:
            found[owner] = [step.examination.true[path]]
    return found


def _is_known(step, key, right):
    """Whether a line gives arrays of these shapes, each time."""
    given = step.localisation.given.get(key, ())
    return len(given) == len(right) and all(
        value is not None and _is_array(mine) and np.shape(value) == np.shape(mine)
        for value, (_, mine) in zip(right, given, strict=True)
    )


def _added(step, key, last):
    """What is added after a line up to the last one, each time; None where that is unknown."""
    given = step.localisation.given
    if len(given.get(key, ())) != len(given[last]):
        return None
    pairs = list(zip(given[last], given[key], strict=True))
    if not all(_is_array(own) and np.shape(own) == np.shape(end) for (_, end), (_, own) in pairs):
        return None
    return [np.asarray(end) - np.asarray(own) for (_, end), (_, own) in pairs]


def _is_array(value):
    return isinstance(value, (np.ndarray, np.floating, float))


def _adds(statement):
    """Whether a line adds to what is there, or takes away."""
    node = statement.node
    return isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub))
