"""Mutants: the backward pass with one wrong step, enumerated over the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..primitives import Elementwise
from ..rules.activations import elu, gelu, leaky_relu, relu, selu, sigmoid, silu, softplus
from ..rules.softmax import log_softmax, softmax
from ..tape import Node
from .backward import Arrival, Backward, Edge, both
from .composites import inside, virtual_edges
from .errors_of_losses import errors, wrong_errors
from .wrong_rules import WRONG_RULES

_ACTIVATIONS = {
    getattr(f, "__wrapped__", f)
    for f in (np.tanh, sigmoid, relu, leaky_relu, elu, selu, silu, gelu, softplus, np.maximum)
}
_SOFTMAX, _LOG_SOFTMAX = softmax.__wrapped__, log_softmax.__wrapped__
_MOVES = {"transpose", "swapaxes", "reshape", "moveaxis", "matrix_transpose"}
_PASS_ON = {*_MOVES, "add", "subtract", "negative"}  # what goes on is what came
NEAR = 6  # other tensors of the same shape that may stand for a cotangent


@dataclass(eq=False)
class Mutant:
    """One wrong step.

    Attributes
    ----------
    key, words : str
        The mistake, and what was done; the words of a share of any size come from that size.
    starts : dict
        What the step changes, ``{node: difference of its cotangent}``. Where a size is to be
        found it is the share itself, and any multiple of it may have been added.
    steps : callable
        ``steps(c)`` are the replaced steps, {node: step}, for `Backward.replaced`.
    edge : Edge or None
    size : str
        "" for an exact change, "share" for one of any size, "rate" for a positive one.
    rank : int
        Which of several that fit is said first.
    loose : bool
        Whether a named multiple of what is put in the place of the share may stand there.
    """

    key: str
    words: str
    starts: dict
    steps: Callable
    edge: Edge | None = None
    size: str = ""
    rank: int = 2
    where: tuple[Node, ...] = ()
    loose: bool = False

    def __post_init__(self):
        if not self.where and self.edge is not None:
            self.where = (self.edge.node,)


def mutants(backward: Backward, relevant, typical=False):
    """Every mutant whose first changed node is relevant: ``relevant(node)``.

    ``typical`` ones are those that people make most: none with other arrays in the place of a
    cotangent, and those too that change nothing here.
    """
    parts = inside(backward.graph)
    held = None if typical else Held(backward)
    edges = [edge for edge in backward.edges if relevant(edge.parent)]
    for edge in virtual_edges(backward):
        if relevant(edge.parent):
            yield from wrong_steps(edge, held, -1, typical)
    for edge in edges:
        if typical and edge.node in parts:
            continue
        later = 3 if edge.node in parts else 0
        yield _scaled(edge, later)
        yield from wrong_steps(edge, held, later, typical)
    yield from _fan_outs(backward, edges)
    yield from wrong_errors_at(backward, relevant)


# --- one edge -----------------------------------------------------------------------------------


def _scaled(edge, later):
    """The share times any number: a sign, a factor, a missing path."""

    def steps(c):
        return edge.replaced(lambda e: e.share * c)

    return Mutant("factor", "", {edge.parent: edge.share}, steps, edge, "share", later)


def wrong_steps(edge, held, later=0, unchanged=False):
    """The wrong rules that an edge may have been given; ``unchanged``: those too that are right here."""
    size = np.abs(edge.share).max(initial=0.0)
    for key, words, rule, rank in wrong_rules(edge, held, not later > 0):
        share = tried(rule, edge)
        if share is None or not np.isfinite(share).all():
            continue
        difference = share - edge.share
        if np.abs(share).max(initial=0.0) <= 1e-9 * size and not unchanged:
            continue  # nothing goes on: a share of size 0, of the kind `_scaled`
        if not unchanged and not np.abs(difference).max(initial=0.0) > 1e-9 * size:
            continue
        starts, steps = {edge.parent: difference}, Steps(edge, rule)
        loose = key == "value for gradient"
        yield Mutant(key, words, starts, steps, edge, "", rank + later, loose=loose)


class Steps:
    """The step of a wrong rule, c times what it gives."""

    def __init__(self, edge, rule):
        self.edge, self.rule = edge, rule

    def __call__(self, c):
        def share(edge):
            found = tried(self.rule, edge)
            return edge.share if found is None else found if c == 1 else c * found

        return self.edge.replaced(share)


def tried(rule, edge):
    """A rule's share as the argument needs it, None where the shapes do not allow it."""
    if edge.position is None:
        return None
    x = np.asarray(edge.args[edge.position])
    try:
        share = np.asarray(rule(edge))
    except (ValueError, TypeError, IndexError):
        return None
    broadcast = isinstance(edge.op, Elementwise) and share.shape == np.shape(edge.g)
    if share.shape != x.shape and not broadcast:
        return None
    return edge.op.fitted(share, x, edge.g, False)


def wrong_rules(edge, held=None, all_of_them=True):
    """Four-tuples (key, words, rule of an edge, rank)."""
    if edge.position is None:
        return
    for at, key, words, rule in WRONG_RULES.get(edge.op.f, ()):
        if at is None or at == edge.position:
            yield key, words, _of_edge(rule), 2
    if edge.op.f is np.matmul:
        yield from _products(edge)
    elif edge.op.f in _ACTIVATIONS or _is_unary(edge.op):
        yield from _activations(edge)
    elif edge.op.f in (_SOFTMAX, _LOG_SOFTMAX):
        yield from _of_softmax(edge)
    if edge.op.name in _MOVES:
        yield "transpose", "the transpose of {h} is not undone on the way back", _reshaped, 2
    passes_on = edge.op.name in _PASS_ON and edge.parent.op is not None
    if all_of_them and held is not None and not passes_on:
        yield from _instead(edge, held)


def _of_edge(rule):
    return lambda e: rule(e.g, e.out, *e.args, **e.kwargs)


def _is_unary(op):
    """Whether an operation is a function of one argument that is no mere sign or copy."""
    trivial = ("negative", "positive", "alias", "astype")
    return isinstance(op, Elementwise) and len(op.rules) == 1 and op.name not in trivial


def _reshaped(edge):
    """The share as if the step back moved nothing."""
    shape = np.shape(edge.args[edge.position])
    if np.shape(edge.g) == shape and edge.op.name != "reshape":
        return edge.g
    return np.reshape(edge.g, shape, order="F")


def _pulled(e, g=None, x=None, out=None):
    """The true rule of an edge, with something else in the place of g, x or out."""
    args = list(e.args)
    if x is not None:
        args[e.position] = x
    rule = e.op.rules[e.position]
    return rule(e.g if g is None else g, e.out if out is None else out, *args, **e.kwargs)


def _slope(e):
    return _pulled(e, np.ones_like(e.g))


def _at_output(e):
    args = list(e.args)
    args[e.position] = e.out
    return _pulled(e, x=e.out, out=e.op.f(*args, **e.kwargs))


def _on_input(e):
    return _pulled(e, out=e.args[e.position])


def _activations(edge):
    """What is done wrong with the derivative of a function of one argument."""
    name = edge.op.name
    left_out = (
        f"the derivative of {name} is left out between {{h}} and {{x}}, so that the gradient "
    )
    left_out += "of {h} stands for that of {x}"
    key = "derivative missing"
    if edge.op.f not in _ACTIVATIONS:
        key = "wrong variable" if edge.parent.op is None else "chain factor missing"
    yield key, left_out, lambda e: e.g, 1
    words = f"{name}'({{x}}) is multiplied in twice, or where the loss has cancelled it already"
    yield "derivative twice", words, lambda e: _pulled(e, e.share), 1
    words = (
        f"the derivative of {name} is taken at its output {{h}}, not at {{x}}: {name} is applied "
    )
    words += "twice"
    yield "derivative at output", words, _at_output, 1
    words = f"the derivative of {name} is written as a formula of the output {{h}}, but the input "
    if name == "tanh":
        words += "{x} stands in it: 1 - {x}^2 for 1 - {h}^2"
        yield "activation formula", words, _on_input, 1
    else:
        words += "{x} stands in it"
        words += ": {x} * (1 - {x}) for {h} * (1 - {h})" if name == "sigmoid" else ""
        yield "output formula on input", words, _on_input, 1
    words = f"divided by the derivative of {name} in place of multiplied"
    yield "chain factor missing", words, lambda e: e.g / _slope(e), 3
    words = f"a matrix product with the derivative of {name}, in place of an element-wise one"
    if np.ndim(edge.g) == 2 and np.shape(edge.g)[0] == np.shape(edge.g)[1]:
        for product in (
            lambda e: e.g @ _slope(e), lambda e: _slope(e) @ e.g, lambda e: e.g @ _slope(e).T,
            lambda e: _slope(e).T @ e.g, lambda e: e.g.T @ _slope(e), lambda e: e.g.T * _slope(e),
        ):  # fmt: skip
            yield "elementwise for product", words, product, 2


def _of_softmax(edge):
    words = f"the derivative of {edge.op.name} is left out: this is the gradient with respect to "
    yield "derivative missing", words + "{h}, not to {x}", lambda e: e.g, 1
    if np.ndim(edge.out) == 2 and edge.op.f is _SOFTMAX:
        words = "{h} and its cotangent are multiplied as matrices, where softmax's derivative is "
        words += "element by element: s * (g - sum(g * s))"
        yield "elementwise for product", words, _softmax_by_matrices, 2
    words = f"the Jacobian of {edge.op.name} is applied twice on the way from {{h}} to {{x}}"
    yield "softmax on top", words, lambda e: _pulled(e, e.share), 1


def _softmax_by_matrices(e):
    return e.out @ (e.g - np.sum(e.g * e.out, axis=-1, keepdims=True))


def _products(edge):
    """Other products of the cotangent and the other operand."""
    other = 1 - edge.position
    if np.ndim(edge.g) == 2 and np.ndim(edge.args[other]) == 2:
        for key, words, product in _PRODUCTS[edge.position]:
            yield key, words, _product_of(product, other), 2
    words = "the factor {y} of the product {h} is missing in the chain"
    yield "chain factor missing", words, lambda e: e.g, 3


def _product_of(product, other):
    return lambda e: product(e.g, e.args[other])


# Of the cotangent g and the other operand o: dx = g @ o.T and dy = o.T @ g are right.
_T = "transpose", "a transpose is missing or too much in the product of {y} with the error of {h}"
_O = "order", "the order of the product of {y} with the error of {h} is swapped"
_E = (
    "elementwise for product",
    "{y} and the error of {h} are multiplied element by element, where a matrix product belongs",
)
_PRODUCTS = {
    0: [(*_O, lambda g, o: o.T @ g)],
    1: [(*_O, lambda g, o: g @ o.T)],
}
for _products_at in _PRODUCTS.values():
    _products_at += [
        (*_T, lambda g, o: g @ o),
        (*_T, lambda g, o: o @ g),
        (*_T, lambda g, o: g.T @ o),
        (*_T, lambda g, o: o.T @ g.T),
        (*_T, lambda g, o: g.T @ o.T),
        (*_T, lambda g, o: o @ g.T),
        (*_E, lambda g, o: g * o),
        (*_E, lambda g, o: g * o.T),
        (*_E, lambda g, o: g.T * o),
    ]


# --- something else in the place of a cotangent -----------------------------------------------------


class Held:
    """What may stand in the place of a cotangent: other gradients, values, errors of the loss."""

    def __init__(self, backward):
        self.backward, self.graph = backward, backward.graph
        self._by_shape: dict = {}
        for node in self.graph.nodes:
            if not isinstance(node.out, tuple) and np.ndim(node.out):
                self._by_shape.setdefault(np.shape(node.out), []).append(node)
        self._errors = {z: (s, y, kind) for z, s, y, kind in errors(backward)}
        self._memo: dict = {}

    def instead_of(self, node):
        """Four-tuples (key, words, array, rank)."""
        if node not in self._memo:
            self._memo[node] = list(self._instead_of(node))
        return self._memo[node]

    def _instead_of(self, node):
        same = self._by_shape.get(np.shape(node.out), [])
        if not same:
            return
        at = same.index(node) if node in same else 0
        near = sorted(same, key=lambda n: abs(same.index(n) - at))[:NEAR]
        mine, name = self.backward.table.get(node), self.graph.label(node)
        for other in near:
            g = self.backward.table.get(other)
            if other is node or not isinstance(g, np.ndarray) or np.array_equal(g, mine):
                continue
            label = self.graph.label(other)
            words = f"the gradient of {label} is used in the place of that of {name}"
            if self.graph.leads(node, other):
                words += ": the derivative between them is left out"
                yield "derivative missing", words, g, 3
            else:
                yield "wrong variable", words, g, 4
        for other in near:
            words = (
                f"the value {self.graph.label(other)} is used where the gradient of {name} belongs"
            )
            yield "value for gradient", words, np.asarray(other.out), 3
        for other in near:
            if other in self._errors:
                words = (
                    f"the value p, what the last activation makes of {self.graph.label(other)}, is "
                    f"used where the gradient of {name} belongs"
                )
                yield "value for gradient", words, self._errors[other][0], 3
                yield from self._wrong_errors(other)

    def _wrong_errors(self, z):
        p, y, kind = self._errors[z]
        for key, words, rule in wrong_errors(kind):
            array = rule(self.backward.table[z], p, y, z.out)
            if np.isfinite(array).all():
                yield key, words.format(z=self.graph.label(z)), array, 4


def _instead(edge, held):
    """The rule of an edge with something else in the place of the cotangent."""
    for key, words, array, rank in held.instead_of(edge.node):
        yield key, _plain(words), _with(array), rank
    name, parent = held.graph.label(edge.node), edge.parent
    words = f"the gradient of {name} is left out: the derivative of {name} with respect to "
    words += f"{held.graph.label(parent)} stands alone, and is to be multiplied by it"
    yield "chain factor missing", _plain(words), _slope, 3
    for node in (edge.node, parent):
        words = f"the value {held.graph.label(node)} is used where the gradient of "
        words += f"{held.graph.label(parent)} belongs"
        yield "value for gradient", _plain(words), _constant(node.out), 3


def _plain(words):
    """Words without anything to fill in."""
    return words.replace("{", "(").replace("}", ")")


def _with(array):
    return lambda e: _pulled(e, array)


def _constant(array):
    return lambda e: array


# --- values used several times --------------------------------------------------------------------


def _fan_outs(backward, edges):
    """Only one use of a value kept, or one use in the place of another."""
    graph = backward.graph
    uses: dict = {}
    for edge in edges:
        uses.setdefault(edge.parent, []).append(edge)
    for node, many in uses.items():
        by_user: dict = {}
        for edge in many:
            by_user.setdefault(edge.node, []).append(edge)
        total = backward.table[node]
        for user, own in by_user.items():
            share = sum(edge.share for edge in own)
            if len(own) > 1 and len(by_user) > 1:
                factors = {id(edge): 0 for edge in own}
                yield _weighted(
                    node, many, factors, -share, *missing_words(own[0], graph), 1, own[0]
                )
            if len(by_user) > 2:
                factors = {id(edge): int(edge.node is user) for edge in many}
                key, words, rank = kept_words(node, many, own[0], graph)
                yield _weighted(node, many, factors, share - total, key, words, rank, own[0])
        for kept in many if len(many) <= 4 else ():
            for dropped in many:
                if kept is not dropped:
                    factors = {id(kept): 2, id(dropped): 0}
                    key, words = doubled_words(node, kept, dropped, graph)
                    change = kept.share - dropped.share
                    rank = 1 if key == "quadratic form" else 2
                    yield _weighted(node, many, factors, change, key, words, rank, kept)


def _weighted(node, many, factors, change, key, words, rank, edge):
    """The uses of a value, each with a factor of its own."""

    def steps(c):
        found: dict = {}
        for one in many:
            factor = factors.get(id(one), 1)
            if factor != 1:
                found = both(found, one.replaced(lambda e, factor=factor: e.share * factor))
        return found

    return Mutant(key, _plain(words), {node: change}, steps, edge, "", rank, (node,))


def missing_words(edge, graph):
    x, h = graph.label(edge.parent), graph.label(edge.node)
    words = f"a path is missing: what {x} does through {h} is left out, as if {h} were a constant"
    return "path missing", words


def kept_words(node, many, kept, graph):
    """(key, words, rank) of what it is called when of many uses only one counts."""
    name, users = graph.label(node), list(dict.fromkeys(edge.node for edge in many))
    at = len(users) - 1 - users.index(kept.node)  # users are newest first
    which = {0: "first", len(users) - 1: "last"}.get(at, f"number {at + 1}")
    if _apart(users, graph):
        words = (
            f"only the {which} of the {len(users)} uses of {name} counts: = in place of += in the "
            "loop, so that one sample's contribution is left"
        )
        return "one sample", words, 1
    if any(graph.leads(a, b) for a in users for b in users if a is not b) and node.op is not None:
        words = (
            f"a path is missing: of the {len(users)} uses of {name} only that in "
            f"{graph.label(kept.node)} counts, as if all else that is made of {name} were constant"
        )
        return "path missing", words, 1
    words = (
        f"{name} is used {len(users)} times, and only the {which} use, in "
        f"{graph.label(kept.node)}, counts: = overwrites where += must add up"
    )
    return "overwritten", words, 1


def _apart(users, graph):
    """Whether what is made of the uses meets in nothing but numbers: samples of a batch."""
    if len(users) < 3:
        return False
    above = [graph.above[user] for user in users]
    arrays = graph.arrays
    return not any(a & b & arrays for i, a in enumerate(above) for b in above[:i])


def doubled_words(node, kept, dropped, graph):
    name = graph.label(node)
    if is_quadratic(kept, dropped, graph):
        return "quadratic form", (
            f"{name} is used twice in a quadratic form, and twice one of the two contributions is "
            "taken: 2 A x holds for a symmetric A only, the gradient of x^T A x is (A + A^T) x"
        )
    return "overwritten", (
        f"{name} is used several times, and the use in {graph.label(kept.node)} is counted twice, "
        f"in the place of that in {graph.label(dropped.node)}"
    )


def is_quadratic(one, other, graph):
    """Whether two uses meet in a product, as those of x in x^T A x."""
    first, last = sorted((one.node, other.node), key=lambda n: n.serial)
    products = (np.matmul, np.multiply, np.vecdot)
    if first is last or last.op.f not in products or not graph.leads(first, last):
        return False
    return first.op.f is np.matmul or first.op.name in _MOVES


# --- the error of a loss -------------------------------------------------------------------------------


def wrong_errors_at(backward, relevant):
    """Mistakes in p - y, at the node whose gradient is w * (p - y)."""
    for z, s, y, kind in errors(backward):
        if not relevant(z):
            continue
        name, g = backward.graph.label(z), backward.table[z]
        for key, words, rule in wrong_errors(kind):
            wrong = rule(g, s, y, z.out)
            if not np.isfinite(wrong).all() or np.array_equal(wrong, g):
                continue
            steps = _arriving(z, rule, s, y)
            yield Mutant(key, words.format(z=name), {z: wrong - g}, steps, rank=0, where=(z,))


def _arriving(z, rule, s, y):
    """The step in which a wrong error arrives at a node."""

    def step(g):
        return rule(g, s, y, z.out)

    return lambda c: {Arrival(z): step}


# --- a weight that was updated too early ----------------------------------------------------------


def stale(backward, edges, updates, both_kinds=True):
    """The error went through a weight that had been updated, at any rate.

    ``updates`` are the gradients by which the weights were updated, {leaf: array}. Of
    ``both_kinds``, all weights were updated before, or one alone.
    """
    for edge in edges:
        weight = _weight(edge)
        if weight is None or weight not in updates:
            continue
        share = tried(_through(updates[weight], -1.0), edge)
        if share is None or (both_kinds and not np.any(share)):
            continue
        name = backward.graph.label(weight)
        words = (
            f"stale weight: the error went through {name} after {name} had been updated, "
            f"{name} - {{rate}} * d{name} in the place of {name} (a step of rate {{rate}})"
        )
        for many in (backward.edges, [edge]) if both_kinds else ([edge],):
            steps = _updated(many, updates)
            yield Mutant("stale weight", words, {edge.parent: share}, steps, edge, "rate", 1)


def _updated(edges, updates):
    """Steps through the weights of these edges as they are after a step of some rate."""

    def steps(rate):
        found: dict = {}
        for edge in edges:
            if (weight := _weight(edge)) in updates:
                value = edge.args[1 - edge.position] - rate * updates[weight]
                found = both(found, edge.replaced(_through(value, 1.0)))
        return found

    return steps


def _weight(edge):
    """The variable that an error goes through in a product."""
    if edge.op.f not in (np.matmul, np.multiply) or edge.position is None:
        return None
    other = edge.node.parents[1 - edge.position]
    if other is None or other.op is not None or not other.requires_grad:
        return None
    return other if edge.parent is not other else None


def _through(value, sign):
    """The share through another value of the other operand."""

    def rule(e):
        args = list(e.args)
        args[1 - e.position] = value
        return sign * e.op.rules[e.position](e.g, e.out, *args, **e.kwargs)

    return rule


# --- the same wrong step everywhere ------------------------------------------------------------------


def repeated(backward, relevant):
    """One wrong rule at all steps of a kind: in a loop, and in a function used in each layer.

    Pairs (mutant, steps): what they change together is found by a whole pass.
    """
    parts = inside(backward.graph)
    groups: dict = {}
    edges = [*virtual_edges(backward), *(e for e in backward.edges if e.node not in parts)]
    for edge in edges:
        if edge.position is None or not relevant(edge.parent):
            continue
        other = _weight(edge) if edge.op.f is np.matmul else None
        if edge.op.f is np.matmul and other is None:
            continue
        groups.setdefault((edge.op.f, edge.position, other), []).append(edge)
    for many in groups.values():
        if len(many) < 2:
            continue
        for key, words, rule, rank in wrong_rules(many[0]):
            steps: dict = {}
            for edge in many:
                steps = both(steps, Steps(edge, rule)(1.0))
            where = tuple(edge.node for edge in many)
            yield Mutant(key, words, {}, lambda c, steps=steps: steps, many[0], "", rank + 1, where)
        for c, key, words in (
            (0.0, "path missing", "nothing goes back through the steps of the kind {h}"),
            (-1.0, "sign", "the sign is wrong in all steps of the kind {h}"),
        ):
            steps = {}
            for edge in many:
                steps = both(steps, edge.replaced(lambda e, c=c: e.share * c))
            where = tuple(edge.node for edge in many)
            yield Mutant(key, words, {}, lambda c, steps=steps: steps, many[0], "", 3, where)
    yield from _one_sample_everywhere(backward, relevant)


def _one_sample_everywhere(backward, relevant):
    """Of every variable that is used once a sample, only the uses of one sample count."""
    graph, uses = backward.graph, {}
    for edge in backward.edges:
        if edge.parent.op is None and relevant(edge.parent):
            uses.setdefault(edge.parent, []).append(edge)
    loops = {n: many for n, many in uses.items() if _apart([e.node for e in many], graph)}
    counts = {len(many) for many in loops.values()}
    for n in counts:
        for at, which in ((0, "last"), (n - 1, "first")):
            steps: dict = {}
            for many in loops.values():
                for i, edge in enumerate(many):
                    if i != at and len(many) == n:
                        steps = both(steps, edge.replaced(lambda e: 0 * e.share))
            words = (
                f"only the {which} of the {n} samples counts: = in place of += in the loop over the "
                "batch"
            )
            yield Mutant(
                "one sample", words, {}, lambda c, steps=steps: steps, None, "", 0, tuple(loops)
            )
