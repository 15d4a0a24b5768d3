"""Names that say the derivative of one value by another: dS_dA, da_dz, d_ypred_d_w1.

Where values are arrays of one shape it is the derivative entry by entry.
"""

import re
from dataclasses import dataclass

import numpy as np

from ..engine.tape import backward_pass, history
from . import pairs
from .flow import nodes_in
from .runs import LOSSES

TIMES = 300  # values of one name that are looked at


@dataclass(frozen=True, eq=False)
class Quotient:
    """What a name says: ``of`` is None where the value that is differentiated has no such name.

    ``nodes`` are what is differentiated by; ``derivatives`` are arrays, in their order: all of
    it, and ``direct`` without what goes through other named values.
    """

    name: str
    of: str | None
    nodes: list
    derivatives: list
    direct: list


def quotients(examination):
    """{name in lower case: `Quotient`} of the names that lines assign."""
    truth = examination.truth
    named = _nodes_by_name(examination)
    ahead = {name: [n for n in nodes if n in truth.forward] for name, nodes in named.items()}
    again = {name: [n for n in nodes if n not in truth.forward] for name, nodes in named.items()}
    assigned = {
        pairs.assigned(statement, i)
        for statement in examination.statements.values()
        for i in range(len(getattr(statement.target, "elts", [0])))
    }
    found = {}
    for name in assigned:
        split = _split(name.lower(), named)
        for tops in (ahead, again) if split is not None else ():
            quotient = _quotient(examination, name, *split, named, tops)
            before = found.get(name.lower())
            if quotient and len(quotient.nodes) > len(before.nodes if before else ()):
                found[name.lower()] = quotient
    return found


def _nodes_by_name(examination):
    """{name without its underscores: nodes} in their order.

    They are those of the forward pass, and of what computes it once more to go back.
    """
    truth, found = examination.truth, {}
    for (*_, name), node in truth.run.passed:
        found.setdefault(_plain(name), {})[node] = None
    for key, value in truth.run.events:
        statement = examination.statements.get(key)
        for i, node in enumerate(_entries(statement, value, truth)):
            found.setdefault(_plain(pairs.assigned(statement, i)), {})[node] = None
    for place, leaf in truth.leaves.items():
        found.setdefault(_plain(pairs.last_word(place)), {})[leaf.node] = None
    return {
        name: sorted(nodes, key=lambda node: node.serial)[:TIMES]
        for name, nodes in found.items()
        if name
    }


def _entries(statement, value, truth):
    """The nodes of a value; of an array that is unpacked those of its entries."""
    nodes = list(nodes_in(value))
    count = len(getattr(getattr(statement, "target", None), "elts", ()))
    if len(nodes) == 1 and count > 1 and np.shape(nodes[0].out)[:1] == (count,):
        taken = [n for n, _ in truth.parts.get(nodes[0], ()) if np.shape(n.out) == ()]
        taken = sorted(dict.fromkeys(taken), key=lambda node: node.serial)
        return taken if len(taken) == count else nodes
    return nodes


def _plain(name):
    return name.lower().replace("_", "")


def _split(name, named):
    """(what is differentiated, by what) of a name in lower case; None of other names.

    What is differentiated may be unknown where the name has both of its d's apart.
    """
    if not re.match(r"d_?[^\W\d_]", name) or _plain(pairs.bare(name)) in named:
        return None
    body = name[1:]
    unknown = None
    for at in (m.start() for m in re.finditer("d", body)):
        of, by = body[:at], body[at + 1 :]
        if _plain(of) and _plain(by) in named:
            if _plain(of) in named or _plain(of) in LOSSES:
                return _plain(of), _plain(by)
            if of.endswith("_"):
                unknown = None, _plain(by)
    return unknown


def _quotient(examination, name, of, by, named, tops):
    truth = examination.truth
    if of is None or of not in named or truth.loss in named[of]:
        if of is not None and of not in LOSSES:
            return None
        nodes = [node for node in named[by] if node in truth.gradients]
        gradients = [np.asarray(truth.gradients[node]) for node in nodes]
        again = [node for node in named[by] if node not in truth.forward]
        if len(nodes) == 1 and gradients[0].shape[:1] == (len(again),):  # row by row
            nodes, gradients = again, list(gradients[0])
        return Quotient(name, of and "loss", nodes, gradients, gradients)
    every = {node for nodes in named.values() for node in nodes}
    pairs_of = [(top, _nearest(top, named[by])) for top in tops[of]]
    found = [
        (node, _derivative(top, node), _derivative(top, node, every))
        for top, node in pairs_of
        if node is not None and node is not top
    ]
    kept = [entry for entry in found if entry[1] is not None]
    return Quotient(name, of, *map(list, zip(*kept, strict=True))) if kept else None


def _nearest(top, nodes):
    """The last of some nodes that another is computed from; None if it is from none."""
    above = set(history(top))
    return next((node for node in reversed(nodes) if node in above), None)


def _derivative(top, node, ends=()):
    """The derivative of the sum of one node by another; not through the ``ends``."""

    def arrive(other, g):
        return np.zeros_like(g) if other in ends and other not in (top, node) else g

    seed = {top: np.ones_like(np.asarray(top.out))}
    found = backward_pass(seed, [node], arrive=arrive, careful=True).get(node)
    return None if found is None else np.asarray(found)
