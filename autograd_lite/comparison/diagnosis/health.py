"""What a person should know when the gradients are right: why it may not learn all the same."""

from __future__ import annotations

import numpy as np

from ...engine.primitives import registered
from ...rules.activations import relu, sigmoid
from ...rules.losses import cross_entropy
from ...rules.softmax import log_softmax, softmax
from .findings import Finding
from .wrong_steps.composites import written_out

_SOFTMAX = registered(softmax).f
_OF_LOGITS = {registered(cross_entropy).f, registered(log_softmax).f, _SOFTMAX}
_SIGMOID, _RELU = registered(sigmoid).f, registered(relu).f


def warnings(case):
    """Findings about the graph itself: a softmax of a softmax."""
    graph = case.graph
    written = [(p, z) for p, z, op in written_out(graph) if op.f in _OF_LOGITS]
    made = {p for p, z, op in written_out(graph) if op.f is _SOFTMAX}
    inputs = {z: p for p, z in written}
    for node in graph.nodes:
        if node.op is not None and node.op.f is _SOFTMAX:
            made.add(node)
        if node.op is not None and node.op.f in _OF_LOGITS:
            inputs.setdefault(node.parents[0], node)
    found = []
    for z, user in inputs.items():
        source = z
        if source is None:
            continue
        while (
            source.op is not None
            and source not in made
            and source.op.name in ("reshape", "getitem")
        ):
            source = source.parents[0]
        if source in made and source is not user:
            p, h = graph.label(source), graph.label(user)
            right = "right" if all(case.rows) else "the graph"
            text = (
                f"{right}, but softmax is applied twice in the forward pass: {p} is a softmax "
                f"already, and {h} applies softmax to it again"
            )
            found.append(Finding("softmax twice", text, (), (source, user)))
    return found


def agreement_hints(case):
    """Facts that explain why training may be stuck although the gradients agree."""
    gradients = [(e, np.linalg.norm(e.true)) for n, e in case.gradients.items() if e.true.size]
    if not gradients:
        return
    names = case.names
    norms = ", ".join(f"d{names.of(e.bottom)} {norm:.2g}" for e, norm in gradients)
    yield f"gradient norms: {norms}"
    for entry, norm in gradients:
        if norm == 0:
            yield f"the gradient of {names.of(entry.bottom)} is zero: nothing is learned there"
    yield from _saturated(case.graph)
    yield from _equal_columns(case)


def _saturated(graph):
    """Activations whose derivative is next to nothing."""
    for node in graph.nodes:
        if node.op is None or isinstance(node.out, tuple) or not np.size(node.out):
            continue
        slope = None
        if node.op.f is np.tanh:
            slope = 1 - np.abs(node.out) ** 2
        elif node.op.f is _SIGMOID:
            slope = 4 * node.out * (1 - node.out)
        elif node.op.f in (_RELU, np.maximum) and np.ndim(node.out):
            slope = (np.asarray(node.out) > 0).astype(float)
        if slope is None:
            continue
        share = float(np.mean(slope < 0.02))
        if share > 0.5:
            kind = "dead (0)" if node.op.f in (_RELU, np.maximum) else "saturated"
            yield (
                f"{share:.0%} of {graph.label(node)} is {kind}: hardly any gradient comes through; "
                "make the initial weights or the learning rate smaller"
            )


def _equal_columns(case):
    """Units of a layer that are equal and will stay equal."""
    for node, entry in case.gradients.items():
        if node.op is not None or np.ndim(node.out) != 2:
            continue
        if not np.size(node.out) or np.shape(node.out)[1] < 2:
            continue
        value, g = case.graph.value(node), entry.true
        name = case.names.of(node)
        if np.ptp(value, axis=1).max() == 0 and np.allclose(g, g[:, :1], rtol=1e-9, atol=0):
            yield (
                f"all columns of {name} are equal, and so are those of its gradient: these units "
                "stay copies of each other (symmetry); draw the initial weights at random"
            )
