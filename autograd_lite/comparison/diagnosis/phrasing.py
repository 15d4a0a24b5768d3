"""How a diagnosis says what it found: names of rows and steps, and the parts of sentences."""

from __future__ import annotations

import re

import numpy as np

from ...drawing.formulas import HOLE, operand
from ...engine.tape import Node
from ...symbolic.text import differential
from .wrong_steps.accumulation import are_alike, is_quadratic, missing_words


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
    if entry.bottom is None or entry.bottom not in case.gradients or is_second(entry):
        return entry.label
    return differential(case.names.of(entry.bottom))


def proof(entries, case, what):
    """That with the mistake ``what``, a pass or a derivation, gives the rows as they are."""
    be = "it is" if len(entries) == 1 else "they are"
    return f"with this one mistake {what} gives {subject(entries, case)} as {be}"


def line(node, explained, case):
    """The gradient whose line a mistake is in: of a node with a name, or the nearest row."""
    if not is_second(explained[0]) and node is not None and (name := case.names.given(node)):
        return differential(name)
    return short(explained[0], case)


def is_second(entry):
    """Whether a row is of a Hessian: d2f/dx2."""
    return entry.label.startswith("d2")


def is_or_are(entries):
    return "is" if len(entries) == 1 else "are"


def told(words, edge, graph):
    """The words of a wrong step with the names of what it is about."""
    if edge is None:
        return words
    others = [i for i in range(len(edge.args)) if i != edge.position]
    y = ""
    if others and edge.position is not None:
        parent = edge.node.parents[others[0]]
        y = operand(edge.node, others[0], graph.names)
        y = graph.label(parent) if isinstance(parent, Node) else y
        if y == HOLE:  # it has no name: it gets one where it is first spoken of
            y = "c"
            shape = np.shape(edge.args[others[0]])
            words = words.replace("{y}", f"c (the constant array of shape {shape})", 1)
    names = {"x": graph.label(edge.parent), "h": graph.label(edge.node), "y": y}
    for key, name in names.items():
        if name.startswith("(") and name.endswith(")"):
            words = words.replace(f"({{{key}}})", f"{{{key}}}")
    return re.sub(r"\{([xyh])\}", lambda blank: names[blank[1]], words)


def scaled(edge, c, uses, names, graph):
    """[(key, words, rank), ...] of a contribution that is c times the true one."""
    x, h = graph.label(edge.parent), graph.label(edge.node)
    twin = any(one.node is edge.node and one.k != edge.k for one in uses)
    if c == 0:
        return _nothing_comes(edge, uses, graph)
    if twin:
        words = f"one of the two uses of {x} in {h} counts {c:g} times"
        return [("factor", words, 4)]
    if c == -1:
        if edge.node.op.f is np.divide and edge.position == 1:
            words = f"the minus sign of the quotient rule is missing\nd(a / {x}) = -a / {x}^2 d{x}"
            return [("product rule", words, 1)]
        words = f"the sign is wrong in the step from {h} back to {x}"
        if edge.node.op.f is np.subtract and edge.position == 1:
            words = f"the minus sign of {h} is lost in the step back to {x}"
        return [("sign", words, 2)]
    found = []
    for i, named in enumerate(names):
        words = (
            f"{named.reason.replace(chr(10), ', ')}, from {h} back to {x}\n"
            f"what goes back there is {named.text} times what it must be"
        )
        found.append((named.key, words, 1 + 2 * (i > 0)))
    if not found:
        words = f"what goes back from {h} to {x} is {c:.6g} times what it must be"
        found.append(("factor", words, 6))
    return found


def _nothing_comes(edge, uses, graph):
    """What it is called when a use of a value passes nothing back."""
    missing = missing_words(edge, graph)
    others = [one for one in uses if one.node is not edge.node]
    if not others:
        return _of_a_sum(edge, missing, graph) or [(*missing, 1.5)]
    x, h = graph.label(edge.parent), graph.label(edge.node)
    overwritten = ("overwritten", _overwritten(edge, others, len(uses), graph))
    if any(is_quadratic(edge, one, graph) for one in others):
        words = (
            f"{x} is used twice in a quadratic form, and only one of the two contributions is "
            "taken\nthe gradient of x^T A x is (A + A^T) x, not A x"
        )
        return [("quadratic form", words, 1), (*overwritten, 2)]
    pairs = [(edge.node, one.node) for one in others]
    joined = [max(a, b, key=lambda n: n.serial) for a, b in pairs
              if graph.leads(a, b) or graph.leads(b, a)]  # fmt: skip
    if any(node.op.f in (np.multiply, np.divide) for node in joined):
        words = (
            f"one term of the product rule is missing: what {x} does through {h} is left out, "
            f"a missing path\n{x} is in both factors of {graph.label(joined[0])}"
        )
        return [("product rule", words, 2), (*missing, 1), (*overwritten, 3)]
    if joined or edge.parent.op is not None:
        words = f"{missing[1]}\nor = overwrites where += must add up"
        return [("path missing", words, 1), (*overwritten, 2)]
    if not are_alike([edge.node, *(one.node for one in others)]):
        return [(*missing, 1.5), (*overwritten, 2)]
    return [(*overwritten, 1), (*missing, 2)]


def _of_a_sum(edge, missing, graph):
    """What it is called when a term of a loss passes nothing back; None where it is no term."""
    tracked = [parent for parent in edge.node.parents if parent is not None]
    if edge.op.f not in (np.add, np.subtract) or not tracked[1:] or np.ndim(edge.out):
        return None
    x, h = graph.label(edge.parent), graph.label(edge.node)
    if len(parts := _parts(edge.node)) > 2 and are_alike(parts):
        words = (
            f"of the sum {h} only the last part counts, one sample's: = in place of += in the "
            f"loop\nwhat was added up before, {x}, is lost"
        )
        return [("one sample", words, 1), (*missing, 2)]
    words = f"a term of the sum {h} is left out: the gradient of {x} is not added"
    return [("path missing", words, 1)]


def _parts(node):
    """The terms of a sum of numbers."""
    parts, stack = [], [node]
    while stack:
        one = stack.pop()
        if one.op is not None and one.op.f is np.add and not np.ndim(one.out):
            stack += [parent for parent in one.parents if parent is not None]
        else:
            parts.append(one)
    return parts


def _overwritten(edge, others, count, graph):
    """That of several uses of a value one is lost."""
    x, h = graph.label(edge.parent), graph.label(edge.node)
    if count == 2:
        which = "first" if others[0].node.serial < edge.node.serial else "last"
        lost = f"is used twice, and only the {which} use counts"
    else:
        lost = f"is used {count} times, and the use in {h} is lost"
    return f"{x} {lost}: = overwrites where += must add up"


def what_array(x):
    """What a constant array is, to follow its name."""
    if getattr(x, "kind", "call") == "call" or not x.shape or x.dtype.kind not in "bif":
        return ""
    numbers = np.unique(x.value)
    if len(numbers) != 2:
        is_named = x.name and not x.name.startswith("array")
        return "" if is_named else f" (a constant of shape {x.shape})"
    what = "mask" if numbers[0] == 0 or numbers[0] < -1e3 else "array"
    return f" (the {what} of {numbers[0]:g} and {numbers[1]:g})"
