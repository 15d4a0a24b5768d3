"""How a diagnosis says what it found: names of rows and steps, and the parts of sentences."""

from __future__ import annotations

import numpy as np

from ..drawing.formulas import HOLE, operand
from .mutants import is_quadratic, kept_words


def subject(entries, case):
    """The rows as a person calls them: dW1, dW1 and db1."""
    names = [short(entry, case) for entry in entries]
    if len(names) > 4:
        if len(names) == len(case.entries):
            return f"all {len(names)} gradients"
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def short(entry, case):
    """dW1 for the gradient dLoss/dW1; other labels as they are."""
    if entry.bottom is None or entry.bottom not in case.gradients:
        return entry.label
    name = case.names.of(entry.bottom)
    return f"d{name}" if name.isidentifier() else f"d({name})"


def is_or_are(entries):
    return "is" if len(entries) == 1 else "are"


def told(words, edge, graph):
    """The words of a wrong step with the names of what it is about."""
    if edge is None:
        return words
    others = [i for i in range(len(edge.node.args)) if i != edge.position]
    y = operand(edge.node, others[0], graph.names) if others else ""
    y = "the other operand" if y == HOLE else y
    if others and (parent := edge.node.parents[others[0]]) is not None and type(parent) is not tuple:
        y = graph.label(parent)
    x, h = graph.label(edge.parent), graph.label(edge.node)
    return words.replace("{x}", x).replace("{y}", y).replace("{h}", h)


def scaled(edge, c, uses, names, graph):
    """[(key, words, rank), ...] of a share that is c times the true one."""
    x, h = graph.label(edge.parent), graph.label(edge.node)
    if c == 0:
        return _nothing_comes(edge, uses, graph)
    if c == -1:
        if edge.node.op.f is np.divide and edge.position == 1:
            words = f"the minus sign of the quotient rule is missing: d(a / {x}) = -a / {x}^2 d{x}"
            return [("product rule", words, 1)]
        words = f"the sign is wrong in the step from {h} back to {x}"
        if edge.node.op.f is np.subtract and edge.position == 1:
            words = f"the minus sign of {h} is lost in the step back to {x}"
        return [("sign", words, 1)]
    found = []
    for named in names:
        words = f"what goes back from {h} to {x} is {named.text} times what it must be: {named.reason}"
        found.append((named.key, words, 1 if named.key != "factor" else 2))
    if not found:
        words = f"what goes back from {h} to {x} is {c:.6g} times what it must be"
        found.append(("factor", words, 6))
    return found


def _nothing_comes(edge, uses, graph):
    """What it is called when a use of a value passes nothing back."""
    x, h = graph.label(edge.parent), graph.label(edge.node)
    missing = f"a path is missing: what {x} does through {h} is left out, as if {h} were a constant"
    if len(uses) < 2:
        return [("path missing", missing, 2)]
    which = {0: "first", len(uses) - 1: "last"}
    kept = [which.get(len(uses) - 1 - i, "other") for i, one in enumerate(uses) if one is not edge]
    overwritten = kept_words(x, uses, kept[0] if len(kept) == 1 else "other", graph)
    overwritten = (*overwritten, 2)
    if is_quadratic(uses, graph):
        words = (
            f"{x} is used twice in a quadratic form, and only one of the two contributions is "
            "taken: the gradient of x^T A x is (A + A^T) x, not A x"
        )
        return [("quadratic form", words, 1), overwritten]
    nodes = [one.node for one in uses]
    joined = [a for a in nodes for b in nodes if a is not b and graph.leads(b, a)]
    if joined and joined[0].op.f in (np.multiply, np.divide):
        words = (
            f"one term of the product rule is missing: {x} is in both factors of "
            f"{graph.label(joined[0])}, and what it does through {h} is left out"
        )
        return [("product rule", words, 1), ("path missing", missing, 1), overwritten]
    if joined:
        return [("path missing", missing, 1), overwritten]
    return [overwritten, ("path missing", missing, 3)]
