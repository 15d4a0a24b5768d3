"""A backward pass that gives back the values of calls as it passes them.

The one idea: that a nan arrives, which asks for a careful pass, is known when the values are gone.
It is rare, and what was computed can be computed again: from leaves and constants, which stay.
"""

import numpy as np

from . import tape
from .dead_branches import needs_care
from .tape import CALLS, CallOfOne, CallOfTwo


def backward_pass(seeds, targets, carefully):
    """`tape.backward_pass` that frees the calls; ``carefully()`` again where a nan arrives."""
    passed, ends, array = [], {}, np.ndarray

    def leave(node):
        passed.append(node)
        for x in node.values()[1]:
            if type(x) is array and x.nbytes > 1024:  # a smaller one may stay until the end
                _give_back(node)
                break

    try:
        found = tape.backward_pass(seeds, targets, leave=leave, ends=ends)
        if needs_care(found, ends):
            _restore(passed)
            found = carefully()
        return found
    finally:
        for node in passed:
            node.free()


def _give_back(node):
    """Keep of a call's values those that cannot be computed again: of leaves, and constants."""
    if type(node) is CallOfTwo:
        if type(node.p) in CALLS:
            node.x = None
        if type(node.q) in CALLS:
            node.y = None
    elif type(node) is CallOfOne:
        if type(node.p) in CALLS:
            node.x = None
    else:
        values = zip(node.args, node.parents)
        node.args = tuple([None if type(parent) in CALLS else x for x, parent in values])
    if node.op.repeats:
        node.out = None


def _restore(passed):
    """Compute all values again, the oldest first."""
    for node in reversed(passed):
        out, args = node.values()
        values = zip(args, node.parents)
        node.args = args = [p.out if type(p) in CALLS else x for x, p in values]
        if out is None:
            node.out = node.op.f(*args, **node.kwargs)
