"""Mutants: the backward pass with one wrong step, enumerated over the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..primitives import Elementwise
from ..rules.activations import elu, gelu, leaky_relu, relu, selu, sigmoid, silu, softplus
from ..rules.softmax import log_softmax, softmax
from ..tape import Node
from .backward import Backward, Edge
from .wrong_rules import WRONG_RULES

_ACTIVATIONS = {
    getattr(f, "__wrapped__", f)
    for f in (np.tanh, sigmoid, relu, leaky_relu, elu, selu, silu, gelu, softplus, np.maximum)
}
_SOFTMAX, _LOG_SOFTMAX = softmax.__wrapped__, log_softmax.__wrapped__
_MOVES = {"transpose", "swapaxes", "reshape", "moveaxis", "matrix_transpose"}


@dataclass(eq=False)
class Mutant:
    """One wrong step.

    Attributes
    ----------
    key, words : str
        The mistake, and what was done; the words of a `scale` come from its factor.
    starts : dict
        What the step changes, ``{node: difference of its cotangent}``. Of a scale it is the
        share itself, and any multiple of it may have been added.
    steps : callable
        ``steps(c)`` are the replaced steps, {node: step}, for `Backward.replaced`.
    edge : Edge or None
    scale : str
        "" for an exact change, "share" for one of any size, "rate" for a positive one.
    rank : int
        Which of several that fit is said first.
    """

    key: str
    words: str
    starts: dict
    steps: Callable
    edge: Edge | None = None
    scale: str = ""
    rank: int = 2
    where: tuple[Node, ...] = field(default=())

    def __post_init__(self):
        if not self.where and self.edge is not None:
            self.where = (self.edge.node,)


def mutants(backward: Backward, relevant):
    """Every mutant whose first changed node is relevant: ``relevant(node)``."""
    edges = [edge for edge in backward.edges if relevant(edge.parent)]
    for edge in edges:
        yield _scaled(edge)
        yield from _wrong_steps(edge, backward.graph)
    yield from _fan_outs(backward, edges)
    yield from _softmaxes(backward, relevant)
    yield from _logits(backward, relevant)


# --- one edge -----------------------------------------------------------------------------------


def _scaled(edge):
    """The share times any number: a sign, a factor, a missing path."""

    def steps(c):
        return edge.replaced(lambda e: e.share * c)

    return Mutant("factor", "", {edge.parent: edge.share}, steps, edge, "share")


def _wrong_steps(edge, graph):
    """The wrong rules that an edge may have been given."""
    for key, words, rule, rank in _rules(edge, graph):
        share = _tried(rule, edge)
        if share is None or not np.isfinite(share).all():
            continue
        difference = share - edge.share
        if not difference.any() or np.abs(difference).max() < 1e-9 * np.abs(edge.share).max():
            continue
        steps = _Steps(edge, rule)
        yield Mutant(key, words, {edge.parent: difference}, steps, edge, rank=rank)


class _Steps:
    """The step of a wrong rule, which is exact: there is nothing to scale."""

    def __init__(self, edge, rule):
        self.edge, self.rule = edge, rule

    def __call__(self, c):
        def share(edge):
            found = _tried(self.rule, edge)
            return edge.share if found is None else found

        return self.edge.replaced(share)


def _tried(rule, edge):
    """A rule's share as the argument needs it, None where the shapes do not allow it."""
    node, x = edge.node, edge.node.args[edge.position] if edge.position is not None else None
    if x is None:
        return None
    try:
        with np.errstate(all="ignore"):
            share = np.asarray(rule(edge))
    except (ValueError, TypeError, IndexError):
        return None
    broadcast = isinstance(node.op, Elementwise) and share.shape == np.shape(edge.g)
    if share.shape != np.shape(x) and not broadcast:
        return None
    return node.op.fitted(share, np.asarray(x), edge.g, False)


def _rules(edge, graph):
    """Four-tuples (key, words, rule of an edge, rank)."""
    node, position = edge.node, edge.position
    if position is None:
        return
    for at, key, words, rule in WRONG_RULES.get(node.op.f, ()):
        if at is None or at == position:
            yield key, words, _of_edge(rule), 2
    if node.op.f is np.matmul:
        yield from _products(edge)
    elif node.op.f in _ACTIVATIONS or _is_unary(node.op):
        yield from _activations(edge)
    if node.op.name in _MOVES:
        yield "transpose", "the transpose of {h} is not undone on the way back", _reshaped, 2
    yield from _values(edge, graph)


def _of_edge(rule):
    return lambda e: rule(e.g, e.node.out, *e.node.args, **e.node.kwargs)


def _is_unary(op):
    """Whether an operation is a function of one argument that is no mere sign or copy."""
    trivial = ("negative", "positive", "alias", "astype")
    return isinstance(op, Elementwise) and len(op.rules) == 1 and op.name not in trivial


def _reshaped(edge):
    """The share as if the step back moved nothing."""
    shape = np.shape(edge.node.args[edge.position])
    if np.shape(edge.g) == shape and edge.node.op.name != "reshape":
        return edge.g
    return np.reshape(edge.g, shape, order="F")


def _activations(edge):
    """What is done wrong with the derivative of a function of one argument."""
    op, k = edge.node.op, edge.position
    rule, kwargs = op.rules[k], edge.node.kwargs

    def others(e, x, out):
        args = list(e.node.args)
        args[k] = x
        return rule(e.g, out, *args, **kwargs)

    def again(e):
        return rule(e.share, e.node.out, *e.node.args, **kwargs)

    def at_output(e):
        args = list(e.node.args)
        args[k] = e.node.out
        return others(e, e.node.out, op.f(*args, **kwargs))

    def on_input(e):
        return others(e, e.node.args[k], e.node.args[k])

    def divided(e):
        return e.g / rule(np.ones_like(e.g), e.node.out, *e.node.args, **kwargs)

    def slope(e):
        return rule(np.ones_like(e.g), e.node.out, *e.node.args, **kwargs)

    name = op.name
    if op.f in _ACTIVATIONS:
        yield ("derivative missing", f"the derivative of {name} is left out between {{h}} and {{x}}"
               " (so that the gradient of {h} stands for that of {x})", lambda e: e.g, 1)  # fmt: skip
    else:
        key = "wrong variable" if edge.parent.op is None else "chain factor missing"
        yield (key, f"the derivative of {name} is left out: this is the gradient with respect to "
               "{h}, not to {x}", lambda e: e.g, 1)  # fmt: skip
    yield (
        "derivative twice",
        f"{name}'({{x}}) is multiplied in twice, or where the loss has cancelled it already",
        again,
        1,
    )
    yield (
        "derivative at output",
        f"the derivative of {name} is taken at its output {{h}}, not at {{x}}: {name} is applied "
        "twice",
        at_output,
        1,
    )
    words = f"the derivative of {name} is written as a formula of the output {{h}}, but {{x}}"
    if name == "sigmoid":
        words += " stands in it: {x} * (1 - {x}) for {h} * (1 - {h})"
    elif name == "tanh":
        words += " stands in it: 1 - {x}^2 for 1 - {h}^2"
    else:
        words += " stands in it"
    yield "output formula on input", words, on_input, 1
    words = f"divided by the derivative of {name} in place of multiplied"
    yield "chain factor missing", words, divided, 3
    words = f"the derivative of {name} replaces the gradient: it is not multiplied by it"
    yield "chain factor missing", words, slope, 3
    if np.ndim(edge.g) == 2:
        words = f"a matrix product with the derivative of {name}, in place of an element-wise one"
        for product in (
            lambda e: e.g @ slope(e), lambda e: slope(e) @ e.g,
            lambda e: e.g @ slope(e).T, lambda e: slope(e).T @ e.g, lambda e: e.g.T @ slope(e),
        ):  # fmt: skip
            yield "elementwise for product", words, product, 2


def _products(edge):
    """Other products of the cotangent and the other operand."""
    other = 1 - edge.position
    if np.ndim(edge.g) == 2 and np.ndim(edge.node.args[other]) == 2:
        for key, words, product in _PRODUCTS:
            yield key, words, _product_of(product, other), 2
    yield (
        "chain factor missing",
        "the factor {y} of the product {h} is missing in the chain",
        lambda e: e.g,
        3,
    )


def _product_of(product, other):
    return lambda e: product(e.g, e.node.args[other])


# Of the cotangent g and the other operand o: dx = g @ o.T and dy = o.T @ g are right.
_T = "transpose", "a transpose is missing or too much in the product of {y} with the error of {h}"
_O = "order", "the order of the product of {y} with the error of {h} is swapped"
_E = "elementwise for product", "{y} and the error of {h} are multiplied element by element, where a matrix product belongs"  # noqa: E501
_PRODUCTS = [
    (*_T, lambda g, o: g @ o),
    (*_T, lambda g, o: o @ g),
    (*_T, lambda g, o: g.T @ o),
    (*_T, lambda g, o: o.T @ g.T),
    (*_T, lambda g, o: g.T @ o.T),
    (*_T, lambda g, o: o @ g.T),
    (*_O, lambda g, o: o.T @ g),
    (*_O, lambda g, o: g @ o.T),
    (*_E, lambda g, o: g * o),
    (*_E, lambda g, o: g * o.T),
    (*_E, lambda g, o: g.T * o),
]


def _values(edge, graph):
    """The value of the result, or of what is made of it, where its gradient belongs."""
    node = edge.node
    held = [node, *(u for u in graph.users[node] if isinstance(u.op, Elementwise))]
    for one in held[:3]:
        value = one.out
        if isinstance(value, tuple) or np.shape(value) != np.shape(edge.g) or not np.ndim(value):
            continue
        words = f"the value {graph.label(one)} is used where its gradient belongs"
        yield "value for gradient", words.replace("{", "{{"), _with_cotangent(value), 3


def _with_cotangent(value):
    def rule(e):
        return e.node.op.rules[e.position](value, e.node.out, *e.node.args, **e.node.kwargs)

    return rule


# --- values used several times --------------------------------------------------------------------


def _fan_outs(backward, edges):
    """Only one use of a value kept, or one use counted twice."""
    uses: dict = {}
    for edge in edges:
        uses.setdefault(edge.parent, []).append(edge)
    for node, many in uses.items():
        if len(many) < 2:
            continue
        total = backward.table[node]
        for i, kept in enumerate(many):  # newest first
            if len(many) > 2:
                which = {0: "first", len(many) - 1: "last"}.get(len(many) - 1 - i, f"one ({kept_as(kept, backward.graph)})")  # noqa: E501
                yield _kept(node, many, kept, 1, total, which, backward.graph)
            yield _kept(node, many, kept, 2, total, "", backward.graph)


def kept_as(edge, graph):
    """What a use is called: by the result it is used in."""
    return f"in {graph.label(edge.node)}"


def _kept(node, many, kept, times, total, which, graph):
    def steps(c):
        steps: dict = {}
        for edge in many:
            factor = times if edge is kept else 0
            _add(steps, edge.replaced(lambda e, factor=factor: e.share * factor))
        return steps

    name = graph.label(node)
    if times == 2:
        key, words = twice_words(name, many, kept, graph)
    else:
        key, words = kept_words(name, many, which, graph)
    starts = {node: times * kept.share - total}
    where = (node,)
    return Mutant(key, words, starts, steps, kept, rank=1 if times == 1 else 2, where=where)


def kept_words(name, many, which, graph):
    """How to say that of many uses only one counts."""
    uses = [edge.node for edge in many]
    chained = any(graph.leads(a, b) for a in uses for b in uses if a is not b)
    if not chained and len(many) > 2:
        return "one sample", (
            f"only the {which} of the {len(many)} uses of {name} counts: = in place of += in the "
            "loop, so that one sample's contribution is left"
        )
    return "overwritten", (
        f"{name} is used {len(many)} times, and only the {which} use counts: = overwrites where "
        "+= must add up"
    )


def twice_words(name, many, kept, graph):
    if is_quadratic(many, graph):
        return "quadratic form", (
            f"{name} is used twice, and twice one of the two contributions is taken: 2 A x holds "
            "for a symmetric A only, the gradient of x^T A x is (A + A^T) x"
        )
    return "overwritten", (
        f"{name} is used {len(many)} times, and twice the use {kept_as(kept, graph)} is taken for "
        "all of them"
    )


def is_quadratic(many, graph):
    """Whether two uses meet in a product, as those of x in x^T A x."""
    if len(many) != 2:
        return False
    last, first = (edge.node for edge in many)
    products = (np.matmul, np.multiply, np.vecdot)
    if last.op.f not in products or not graph.leads(first, last):
        return False
    return first.op.f is np.matmul or first.op.name in _MOVES


def _add(steps, more):
    for node, step in more.items():
        steps[node] = _both(steps[node], step) if node in steps else step


def _both(first, second):
    return lambda node, g, pairs: second(node, g, first(node, g, pairs))


# --- softmax, as one step or written out ------------------------------------------------------------


def _softmaxes(backward, relevant):
    """The wrong rules of softmax where it is written out, exp(z) / sum(exp(z))."""
    for p, z in written_out(backward.graph):
        if p not in backward.table or not relevant(z) or p in backward.fixed:
            continue
        g = backward.table[p]
        true = backward.change({p: g}, [z]).get(z)
        if true is None:
            continue
        wrongs = [(key, words, rule) for _, key, words, rule in WRONG_RULES[_SOFTMAX]]
        words = "softmax's derivative is left out: this is the gradient with respect to {h}, not to {x}"  # noqa: E501
        wrongs.append(("wrong variable", words, lambda g, out, x: g))
        for key, words, rule in wrongs:
            yield _virtual(p, z, key, words, rule, rule(g, p.out, z.out) - true)
    for node in backward.graph.nodes:
        if node.op is not None and node.op.f is _SOFTMAX and node in backward.table:
            for edge in backward.edges:
                if edge.node is node and relevant(edge.parent):
                    words = "softmax's derivative is left out: this is the gradient with respect to {h}, not to {x}"  # noqa: E501
                    yield from _exact(edge, "wrong variable", words, lambda e: e.g)


def _exact(edge, key, words, rule):
    difference = rule(edge) - edge.share
    if difference.any():
        yield Mutant(key, words, {edge.parent: difference}, _Steps(edge, rule), edge, rank=1)


def _virtual(p, z, key, words, rule, difference):
    def steps(c):
        return {p: lambda node, g, pairs: [(z, rule(g, p.out, z.out))]}

    edge = Edge(p, 0, z, 0, None, None)
    return Mutant(key, words, {z: difference}, steps, edge, rank=1)


def written_out(graph):
    """Pairs (p, z) where p = exp(z) / sum(exp(z)), perhaps of z less its maximum."""
    for p in graph.nodes:
        if p.op is None or p.op.f is not np.divide or not np.ndim(p.out):
            continue
        e = p.parents[0]
        if e is None or e.op is None or e.op.f is not np.exp or np.shape(p.out)[-1] < 2:
            continue
        if not np.allclose(np.sum(p.out, axis=-1), 1):
            continue
        z = e.parents[0]
        if z.op is not None and z.op.f is np.subtract and _is_maximum(z):
            z = z.parents[0]
        if z is not None and z.requires_grad and np.shape(z.out) == np.shape(p.out):
            yield p, z


def _is_maximum(node):
    x, top = node.args
    return np.ndim(x) and np.allclose(np.max(x, axis=-1, keepdims=True), top)


# --- the logits of a cross-entropy, however it is written ---------------------------------------------


def _logits(backward, relevant):
    """Mistakes in p - y, at the node whose gradient is w * (softmax(z) - y)."""
    for z, s, y in logits(backward):
        if not relevant(z) or z in backward.fixed:
            continue
        name = backward.graph.label(z)
        g = backward.table[z]
        for key, words, rule in _LOGIT_RULES:
            wrong = rule(g, s, y)
            if np.array_equal(wrong, g):
                continue
            yield Mutant(
                key, words.format(z=name), {z: wrong - g}, _at_node(z, rule, s, y), rank=0, where=(z,)
            )


def logits(backward):
    """Triples (z, softmax(z), one-hot labels) where the gradient of z is that of a cross-entropy."""
    for z in backward.graph.nodes:
        g = backward.table.get(z)
        if z.op is None or not isinstance(g, np.ndarray) or g.ndim < 1 or g.shape[-1] < 2:
            continue
        if g.dtype.kind != "f" or not g.any():
            continue
        tolerance = 1e3 * np.finfo(g.dtype).eps * np.abs(g).max()
        if np.abs(g.sum(axis=-1)).max() > tolerance:
            continue
        s = softmax(z.out)
        if not isinstance(s, np.ndarray):
            continue
        y = np.zeros_like(g)
        np.put_along_axis(y, np.expand_dims(np.argmin(g, axis=-1), -1), 1, axis=-1)
        if np.abs(_weights(g, s, y) * (s - y) - g).max() <= tolerance:
            yield z, s, y


def _weights(g, s, y):
    """w in g = w * (s - y), from the entry of the label."""
    with np.errstate(all="ignore"):
        w = np.sum(g * y, axis=-1, keepdims=True) / np.sum((s - 1) * y, axis=-1, keepdims=True)
    return np.where(np.isfinite(w), w, 0)


# fmt: off
_LOGIT_RULES = [
    ("label", "the -1 at the label is forgotten: the gradient of the logits {z} is taken as p, where it is p - y (one-hot y)",
        lambda g, s, y: _weights(g, s, y) * s),
    ("label", "only the label's own entry p - 1 is filled in the gradient of the logits {z}, where it is p - y",
        lambda g, s, y: g * y),
    ("label", "1 is added at the label in the gradient of the logits {z}: p + y, where it is p - y",
        lambda g, s, y: _weights(g, s, y) * (s + y)),
    ("label", "the label is shifted by one: the 1 is subtracted one class too late in the gradient of the logits {z}",
        lambda g, s, y: _weights(g, s, y) * (s - np.roll(y, 1, axis=-1))),
    ("label", "the label is shifted by one: the 1 is subtracted one class too early in the gradient of the logits {z}",
        lambda g, s, y: _weights(g, s, y) * (s - np.roll(y, -1, axis=-1))),
    ("label", "1 is subtracted at all classes: p - 1 for p - y in the gradient of the logits {z}",
        lambda g, s, y: _weights(g, s, y) * (s - 1)),
    ("label", "the labels of the batch are in another order (shifted by one row) in the gradient of the logits {z}",
        lambda g, s, y: _weights(g, s, y) * (s - np.roll(y, 1, axis=0))),
    ("softmax on top", "softmax's Jacobian is applied on top of p - y, the gradient of the logits {z}, which contains it already",
        lambda g, s, y: s * (g - np.sum(g * s, axis=-1, keepdims=True))),
    ("derivative twice", "p - y is multiplied by p * (1 - p), the derivative of the last activation, which cross-entropy has cancelled: the gradient of the logits {z} is p - y",
        lambda g, s, y: g * s * (1 - s)),
    ("wrong variable", "the gradient with respect to the probabilities p = softmax({z}) is used as that of the logits {z}",
        lambda g, s, y: -_weights(g, s, y) * y / s),
    ("softmax diagonal", "of softmax's Jacobian only the diagonal p * (1 - p) is used on the way to the logits {z}: the entries off the label are missing",
        lambda g, s, y: -_weights(g, s, y) * y * (1 - s)),
]
# fmt: on


def _at_node(z, rule, s, y):
    """Steps in which what a node passes on is made of a wrong cotangent."""

    def step(node, g, pairs):
        kept = dict.fromkeys(parent for parent, _ in pairs)
        wrong = rule(g, s, y)
        shares = node.op.shares(wrong, node.out, node.args, node.kwargs, node.parents, False)
        return [(parent, share) for parent, share in shares if parent in kept]

    return lambda c: {z: step}


# --- a weight that was updated too early ----------------------------------------------------------


def stale(backward, edges, steps_of):
    """The error went through a weight that had been updated, at any rate.

    ``steps_of`` are the gradients by which the weights were updated, {leaf: array}.
    """
    for edge in edges:
        weight = _weight(edge)
        if weight is None or weight not in steps_of:
            continue
        share = _tried(_through(steps_of[weight], -1.0), edge)
        if share is None or not np.any(share):
            continue
        name = backward.graph.label(weight)
        words = (
            f"the error went through {name} after {name} had been updated: with {name} - "
            f"{{rate:.6g}} * d{name}, the step of a learning rate of {{rate:.6g}}"
        )

        def steps(rate, edges=edges):
            """Every weight was updated before the error went through it."""
            found: dict = {}
            for one in edges:
                if (leaf := _weight(one)) in steps_of:
                    x = one.node.args[1 - one.position]
                    _add(found, one.replaced(_through(x - rate * steps_of[leaf], 1.0)))
            return found

        def step(rate, edge=edge, weight=weight):
            x = edge.node.args[1 - edge.position]
            return edge.replaced(_through(x - rate * steps_of[weight], 1.0))

        starts = {edge.parent: share}
        for one in (steps, step):
            yield Mutant("stale weight", words, starts, one, edge, "rate", rank=1)


def _weight(edge):
    """The variable that an error goes through in a product."""
    node = edge.node
    if node.op.f not in (np.matmul, np.multiply) or edge.position is None:
        return None
    other = node.parents[1 - edge.position]
    if other is None or other.op is not None or not other.requires_grad:
        return None
    return other if edge.parent is not other else None


def _through(value, sign):
    """The share through another value of the other operand."""

    def rule(e):
        args = list(e.node.args)
        args[1 - e.position] = value
        return sign * e.node.op.rules[e.position](e.g, e.node.out, *args, **e.node.kwargs)

    return rule
