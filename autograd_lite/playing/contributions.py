"""The tape done again for the page: what every call passes back to each of its arguments.

The one idea: the derivation's replay with a name for every value and every gradient, and one
expression more for each use of a value: its contribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..derivation.replay import Replay
from ..engine.modes import watching
from ..engine.multiple_outputs import part
from ..engine.tape import Node, Pending, backward_pass
from ..graph import local_derivative
from ..symbolic.traced import Traced


@dataclass(eq=False)
class Contribution:
    """What one use of a value passes back.

    Attributes
    ----------
    node, parent : Node
        The call, and the argument that the gradient goes to.
    k : int
        Which of the node's contributions it is.
    position : int or None
        Of the argument; None inside a sequence.
    cotangent, local : array, Traced or None
        What is added to the gradient of ``parent``, and the local derivative; None where it is
        no single array.
    """

    node: Node
    parent: Node
    k: int
    position: int | None
    cotangent: Any
    local: Any = None


class Contributions(Replay):
    """A replay that keeps the ``contributions`` of each step back, in the order of the flow."""

    def __init__(self, root, names, labels, targets, careful=False):
        self.contributions: list[Contribution] = []
        super().__init__(root, names, labels, set(labels), targets, careful=careful)

    def _step(self, node, g, careful):
        pairs = [(parent, _total(g)) for parent, g in super()._step(node, g, careful)]
        traced = [(p, g if isinstance(g, tuple) else self._traced(g)) for p, g in pairs]
        self.contributions += _contributions(node, traced, self._local)
        return pairs

    def _local(self, node, position):
        """The local derivative: of what works element by element, and of products."""
        if node.op.f is np.matmul:
            return self._calls[node][0][1 - position]
        found = self.slope(node, position)
        return None if found is None else self._traced(found)

    def traced(self, f):
        """What a function makes of traced values, with each operation of ours as one call."""
        with np.errstate(all="ignore"), watching(self.one_call):
            return self._traced(f())

    def has_rebound(self):
        """Whether two inputs are one tensor at two times."""
        nodes = [key[0] for key in self._inputs if type(key) is tuple]
        return len(nodes) > len(set(nodes))

    def arguments(self, node):
        """The traced arguments and the keywords of a call."""
        return self._calls[node]

    def sources(self, node):
        """Pairs (position, expression) of the inputs and named values that a call is made of."""
        known = {v.expression for v in self.values.values() if type(v) is Traced}
        args, _ = self._calls[node]
        for position, arg in enumerate(args):
            for one in arg if isinstance(arg, list) else [arg]:
                yield from ((position, x) for x in _nearest(one, known))


def _nearest(arg, known):
    """The inputs and the values with a name nearest to an argument, each once."""
    stack, found = [arg.expression] if type(arg) is Traced else [], {}
    while stack:
        x = stack.pop()
        if x in known or x.kind == "input":
            found[x] = None
        else:
            stack.extend(x.operands())
    return list(found)


def recorded(root, targets):
    """The contributions by the rules on arrays, and {node: gradient}."""
    contributions: list[Contribution] = []
    gradients = {}

    def arrive(node, g):
        gradients[node] = g
        return g

    def step(node, g, careful):
        pairs = node.op.cotangents(g, node.out, node.args, node.kwargs, node.parents, careful)
        pairs = [(parent, _total(g)) for parent, g in pairs]
        contributions.extend(_contributions(node, pairs, local_derivative))
        return pairs

    with np.errstate(all="ignore"):
        table = backward_pass({root.node: np.ones_like(root.node.out)}, targets, arrive, step)
    return contributions, {**table, **gradients}


def _contributions(node, pairs, local):
    """The pairs (parent, cotangent) of a step back, with the arguments that they are of."""
    at = positions(node)
    for k, (parent, g) in enumerate(pairs):
        position = at[k] if len(at) == len(pairs) else None
        is_one = not isinstance(g, tuple)
        slope = local(node, position) if is_one and position is not None else None
        yield Contribution(node, parent, k, position, g if is_one else None, slope)


def _total(g):
    return g.total() if isinstance(g, Pending) else g


def positions(node):
    """Which argument each contribution is of; of a call with a sequence there are none."""
    if node.op is part or any(type(parent) is tuple for parent in node.parents):
        return []
    rules = getattr(node.op, "rules", ())
    return [
        i
        for i, (rule, parent) in enumerate(zip(rules, node.parents, strict=False))
        if rule is not None and parent is not None and parent.requires_grad
    ]


# --- the rules in words ------------------------------------------------------------------------

_SAME = "The derivative of a sum with respect to a term is 1: the gradient goes on as it is."
_OTHER = "The derivative of a product with respect to one factor is the other factor."
_MATMUL = (
    "Each element of the product is a sum of products, so the gradient is a product of matrices "
    "too: with the other operand, transposed."
)
_MOVED = "The elements only moved: each gradient goes back to where its element came from."
_LARGEST = "Only the elements that were chosen passed on: the others get 0."

RULES = {
    "add": _SAME,
    "subtract": "The derivative is 1 for what stands before the minus, and -1 for what is after.",
    "negative": "The derivative of -x is -1.",
    "multiply": _OTHER,
    "divide": "d(x / y) = dx / y - x / y² dy.",
    "power": "The derivative of x ** n is n * x ** (n - 1).",
    "square": "The derivative of x² is 2 * x.",
    "matmul": _MATMUL,
    "sum": "Each summand receives the gradient of the sum.",
    "mean": "Each element receives its share of the gradient: divided by how many there are.",
    "sigmoid": "The derivative of the logistic function is h * (1 - h), with h its output.",
    "tanh": "The derivative of tanh is 1 - h², with h its output.",
    "relu": "The gradient passes where the input is positive; elsewhere it is 0.",
    "exp": "The derivative of exp is exp itself.",
    "log": "The derivative of log(x) is 1 / x.",
    "sqrt": "The derivative of the square root is 1 / (2 * sqrt(x)).",
    "softplus": "The derivative of softplus is the logistic function.",
    "softmax": "Each output depends on each input: s * (g - sum(g * s)), with s the output.",
    "log_softmax": "g - softmax(x) * sum(g): each output depends on each input.",
    "logsumexp": "The derivative of logsumexp is softmax.",
    "cross_entropy": "The gradient of the logits is softmax(logits) minus the labels.",
    "getitem": "What was read receives the gradient; what was not read gets 0.",
    **dict.fromkeys(("reshape", "transpose", "swapaxes", "moveaxis", "squeeze"), _MOVED),
    **dict.fromkeys(("expand_dims", "ravel", "matrix_transpose", "flip", "roll"), _MOVED),
    **dict.fromkeys(("concatenate", "stack"), "Each part receives its part of the gradient."),
    **dict.fromkeys(("max", "min", "maximum", "minimum", "where", "clip"), _LARGEST),
    **dict.fromkeys(("broadcast_to",), "What was repeated receives the sum over its copies."),
}


def rule_of(op, repeated):
    """The rule of an operation, and that an argument was repeated."""
    words = RULES.get(op, f"By the rule of {op}.")
    if repeated:
        words += " It was repeated to fit, so the gradients of all its copies are added up."
    return words
