"""The loss of a logistic unit in the form that does not overflow, seen as what it is on paper.

``max(z, 0) - z * y + log1p(exp(-|z|))`` has the derivative ``sigmoid(z) - y``: the two that
depend on z alone are log(1 + exp(z)), though neither is smooth.
"""

import numpy as np


def smooth_pairs(nodes, asked):
    """{log1p(exp(-|z|)): z, max(z, 0): None} of pairs whose sum is taken, so that both get one g.

    The sum may have other terms between them, each added or subtracted once. The gradients of
    ``asked`` nodes are wanted, so none of these may stand between log1p and z.
    """
    users: dict = {}
    for node in nodes:
        for _, parent in node.inputs():
            users.setdefault(parent, []).append(node)
    maxima = {
        node.parents[i]: node
        for node in nodes
        if node.op is not None and node.op.f is np.maximum
        for i in (0, 1)
        if node.parents[i] is not None and _is_zero(node.args[1 - i])
    }
    found = {}
    for node in nodes:
        z = _under(node, asked, np.log1p, np.exp, np.negative, np.absolute)
        other = maxima.get(z)
        if other is not None and _sums(node, users) & _sums(other, users):
            found |= {node: z, other: None}
    return found


def _is_zero(value):
    return np.ndim(value) == 0 and not isinstance(value, list) and value == 0


def _under(node, asked, *functions):
    """The argument of a call of one function of another and so on, or None."""
    for depth, f in enumerate(functions):
        if node is None or node.op is None or node.op.f is not f or (depth and node in asked):
            return None
        node = node.parents[0]
    return node


def _sums(node, users):
    """The sums that a value is a term of, with nothing but a plus before it."""
    found = set()
    while len(above := users.get(node, ())) == 1:
        call = above[0]
        is_first = call.op.f is np.subtract and call.parents[0] is node
        if not (call.op.f is np.add or is_first) or np.shape(call.out) != np.shape(node.out):
            break
        found.add(call)
        node = call
    return found
