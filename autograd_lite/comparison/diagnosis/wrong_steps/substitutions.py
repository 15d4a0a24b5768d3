"""Another value in the place of the other operand of a product: h of the next step, z for h."""

from __future__ import annotations

import numpy as np

from .mutant import tried, unblanked


def substitutions(many, graph):
    """Pairs (words, one rule an edge) for the same step, ``many`` times, newest first."""
    if many[0].op.f not in (np.matmul, np.multiply) or many[0].position is None:
        return
    operands = [edge.node.parents[1 - edge.position] for edge in many]
    for value_of, words in _relations(operands, graph):
        values = [value_of(i) for i in range(len(many))]
        if any(value is None for value in values):
            continue
        name, label = unblanked(_name(operands[0], graph)), unblanked(values[0][0])
        yield (
            words(label).replace("{y}", name),
            [_through(np.asarray(value)) for _, value in values],
        )


def _relations(operands, graph):
    """What may stand for an operand: (function of the step's number, words of a label)."""
    first = operands[0]
    if first is None:
        return
    line = _alike(operands, graph)
    for by, which in ((1, "next"), (-1, "previous")):
        words = (
            f"{{y}} of the {which} step stands where that of the step itself belongs, in what goes "
            "back to {x}"
        )
        yield _shifted(operands, line, by, graph), lambda _, words=words: words
    for k, parent in enumerate(first.parents if first.op else ()):
        if parent is not None and type(parent) is not tuple and _fits(parent, first):
            yield _parent(operands, k, graph), lambda label: f"{label} stands where {{y}} belongs"
    for k, user in enumerate(graph.users.get(first, ())[:4]):
        if _fits(user, first):
            yield _user(operands, k, graph), lambda label: f"{label} stands where {{y}} belongs"


def _fits(node, other):
    return not isinstance(node.out, tuple) and np.shape(node.out) == np.shape(other.out)


def _alike(operands, graph):
    """The nodes of a loop that an operand is one of, oldest first."""
    known = next((o for o in operands if o is not None and o.op is not None), None)
    if known is None:
        return []
    alike = [n for n in graph.nodes if n.op is not None and n.op is known.op and _fits(n, known)]
    own = {o for o in operands if o is not None}
    later = [n for n in alike if n not in own]
    line = sorted(own & set(alike), key=lambda n: n.serial)
    step = line[1].serial - line[0].serial if len(line) > 1 else 0
    return line + [n for n in later if line and n.serial - line[-1].serial == step]


def _shifted(operands, line, by, graph):
    def value(i):
        node = operands[i]
        if node not in line:
            return (graph.label(line[0]), line[0].out) if by == 1 and line else None
        at = line.index(node) + by
        return (graph.label(line[at]), line[at].out) if 0 <= at < len(line) else None

    return value


def _parent(operands, k, graph):
    def value(i):
        node = operands[i]
        if node is None or k >= len(node.parents):
            return None
        parent = node.parents[k]
        known = parent is not None and type(parent) is not tuple
        label = graph.label(parent) if known else ""
        return label, node.args[k]

    return value


def _user(operands, k, graph):
    def value(i):
        users = graph.users.get(operands[i], ())
        if k >= len(users) or not _fits(users[k], operands[i]):
            return None
        return graph.label(users[k]), users[k].out

    return value


def _name(node, graph):
    return "c" if node is None else graph.label(node)


def _through(value):
    """The share of a product through another value of the other operand."""

    def rule(edge):
        def put(e):
            args = list(e.args)
            args[1 - e.position] = np.reshape(value, np.shape(args[1 - e.position]))
            return e.op.rules[e.position](e.g, e.out, *args, **e.kwargs)

        found = tried(put, edge)
        return edge.share if found is None else found

    return rule
