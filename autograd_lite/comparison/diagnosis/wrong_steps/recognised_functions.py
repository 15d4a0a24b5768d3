"""Functions that are written out of others: 1 / (1 + exp(-z)) is a sigmoid.

They are known by their values: h is sigmoid(z) where the inverse function of h is z.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ....engine.primitives import registered
from ....rules.activations import relu, sigmoid, softplus
from ....rules.softmax import log_softmax, softmax
from .backward import Backward, Edge
from .normalisation import normalisations

REACH = 14  # nodes between a function's result and its argument

_ENDS = {
    "divide", "reciprocal", "multiply", "add", "subtract", "negative", "where", "exp", "matmul",
    "sum", "maximum", "log", "log1p", "logaddexp",
}  # fmt: skip


class FusedEdge(Edge):
    """The step of a function that is written out, as if it were one operation."""

    __slots__ = ()

    def like(self, g, contribution):
        return FusedEdge(
            self.node, 0, self.parent, 0, g, contribution, self.op, self.args, {}, self.out
        )

    def replaced(self, rule):
        """The step in which nothing goes into the parts, and this contribution past them."""

        def step(node, g, pairs):
            op = self.op
            contribution = op.fitted(op.rules[0](g, self.out, *self.args), self.args[0], g, False)
            return [(self.parent, rule(self.like(g, contribution)))]

        return {self.node: step}


def recognised_functions(graph):
    """Triples (h, z, op) where h = op(z) is computed in several steps."""
    if not hasattr(graph, "recognised"):
        graph.recognised = list(_recognised(graph))
        graph.recognised += normalisations(graph, partial(_pulled, graph))
    return graph.recognised


def _pulled(graph, h, x, g):
    """What a cotangent of h adds to that of x, by the steps between them."""
    return Backward(graph).change({h: g}, [x]).get(x)


def fused_edges(backward):
    """The steps of the functions that are written out, with what is passed on there."""
    for h, z, op in recognised_functions(backward.graph):
        g = backward.table.get(h)
        if not isinstance(g, np.ndarray) or h in backward.fixed:
            continue
        args = (np.asarray(z.out),)
        with np.errstate(all="ignore"):
            contribution = op.fitted(op.rules[0](g, h.out, *args), args[0], g, False)
        yield FusedEdge(h, 0, z, 0, g, contribution, op, args, {}, h.out)


def inside(graph):
    """The nodes that are parts of a function that is written out."""
    nodes = set()
    for h, z, _ in recognised_functions(graph):
        nodes |= {n for n in graph.nodes if graph.leads(z, n) and graph.leads(n, h)} - {z}
    return nodes


def _recognised(graph):
    ends = [h for h in graph.nodes if h.op is not None and h.op.name in _ENDS]
    return graph.each_kind(ends, lambda h: _written_out(h, graph))


def _written_out(h, graph):
    """(h, z, operation) of what is a function of z, None where it is none."""
    if not _is_real_array(h.out) or np.ptp(h.out) == 0:
        return None
    for f, inverse in _INVERSES:
        value = inverse(np.asarray(h.out))
        if value is None:
            continue
        z = _ancestor(h, f, value, graph)
        if z is not None:
            return h, z, registered(f)
    return None


def _is_real_array(out):
    return isinstance(out, np.ndarray) and out.ndim and out.size > 1 and out.dtype.kind == "f"


def _ancestor(h, f, value, graph):
    """The nearest tensor z, several steps before h, with f(z) = h."""
    seen, level = set(), [h]
    while level and len(seen) < REACH:
        parents = []
        for node in level:
            for _, z in node.inputs():
                if z is None or z in seen or not z.requires_grad:
                    continue
                seen.add(z)
                parents.append(z)
                if isinstance(z.out, tuple) or np.shape(z.out) != np.shape(h.out):
                    continue
                close = value is True or _are_close(z.out, value, 1e-6, 1e-9)
                if not close or np.array_equal(z.out, h.out):
                    continue
                if _are_close(f.__wrapped__(z.out), h.out, 1e-9, 0.0):
                    return z
        level = parents
    return None


def _are_close(one, other, rtol, atol):
    """np.allclose of finite arrays, several times as fast on small ones."""
    return bool((np.abs(one - other) <= atol + rtol * np.abs(other)).all())


def _logit(h):
    if not ((h > 0) & (h < 1)).all():
        return None
    return np.log(h) - np.log1p(-h)


def _arctanh(h):
    return np.arctanh(h) if (np.abs(h) < 1).all() and (h < 0).any() else None


def _of_softmax(h):
    if h.shape[-1] < 2 or not (h > 0).all() or not np.allclose(h.sum(axis=-1), 1, rtol=1e-6):
        return None
    return True


def _of_log_softmax(h):
    if h.shape[-1] < 2 or not (h < 0).all():
        return None
    return True if np.allclose(np.exp(h).sum(axis=-1), 1, rtol=1e-6) else None


def _of_relu(h):
    return True if (h >= 0).all() and (h == 0).any() else None


def _of_softplus(h):
    return np.log(np.expm1(h)) if (h > 0).all() else None


class _Tanh:
    """np.tanh in the form of the functions that the engine made."""

    __wrapped__ = np.tanh


_INVERSES = [
    (softmax, _of_softmax),
    (log_softmax, _of_log_softmax),
    (sigmoid, _logit),
    (_Tanh, _arctanh),
    (relu, _of_relu),
    (softplus, _of_softplus),
]
