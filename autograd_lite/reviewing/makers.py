"""What the parts of a wrong line should give: functions that it calls, values made for it."""

import ast
import re

import numpy as np

from . import runs, texts
from .localisation import assignment_of
from .recognition import EXACT
from .watchers import Substitute

_PART = "__part__"
_SAYS_DERIVATIVE = re.compile(r"(?i)deriv|grad|prime|dash|slope|back|jac|^d|_d$|(?-i:D$)")


def makers(step, name, values):
    """Triples (key, values, blamed): the lines that parts of a line come from.

    The values are what the part should be, each time, for the line to give what it should. A
    function is to blame where the rest of the line is right: in ``dz = dh * slope(z)`` what it
    gives is multiplied by a gradient.
    """
    statement = step.statements[name]
    value = getattr(statement.node, "value", None)
    nodes = list(ast.walk(value)) if value is not None and not statement.part else []
    for at, node in enumerate(nodes):
        key = _made_by(step, statement, node) if node is not value else None
        if key is not None and key != name and step.times.get(key) == len(values):
            solved = _solved(step, statement, at, values)
            if solved is not None:
                slopes, given, right = solved
                known = step.examination.known
                if isinstance(node, ast.Call):
                    called = step.statements[key].function.name
                    blamed = _SAYS_DERIVATIVE.search(called) is not None
                    yield key, right, blamed and all(known.of(slope) == EXACT for slope in slopes)
                elif not all(map(step.is_of_backpropagation, given)):
                    yield key, right, False


def _made_by(step, statement, node):
    """The key of the one line that a part comes from: what a call returns, what a name holds."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", None))
        found = [
            key
            for key, s in step.statements.items()
            if isinstance(s.node, ast.Return) and getattr(s.function, "name", "") == name
        ]
    elif isinstance(node, ast.Name):
        found = [
            key
            for key, s in step.statements.items()
            if s.function is statement.function and s.target is not None and s.name == node.id
        ]
    else:
        return None
    return found[0] if len(found) == 1 else None


def _solved(step, statement, at, values):
    """(slopes, values, right values) of a part of a line, each time; None if it is no factor."""
    source = statement.source
    whole = source.segment(statement.node.value)
    tree = ast.parse(f"({whole})", mode="eval")
    nodes = list(ast.walk(tree.body))
    part = ast.unparse(nodes[at])
    text = ast.unparse(_Exchange(nodes[at]).visit(tree))
    found: list = []
    sizes = iter(values)

    def look(name, scope):
        found.append(_factor(part, text, whole, scope, next(sizes)))

    code = texts.executable(statement, statement.text)
    watcher = Substitute(assignment_of(statement), values, code)
    watcher.seen = look
    examination = step.examination
    with examination.program.watched(watcher, step.changed, (statement.key,)), runs.quietly():
        result = examination.result()
    return None if result is None or not found else tuple(zip(*found, strict=True))


def _factor(part, text, whole, scope, wanted):
    """(slope, value, right value) of a part, from the whole with 0, 1 and itself in its place."""
    given = np.asarray(eval(part, dict(scope)))
    zero, one, as_it_is = (
        np.asarray(eval(text, {**scope, _PART: x}))
        for x in (np.zeros(given.shape), np.ones(given.shape), given)
    )
    slope = one - zero
    if given.shape != wanted.shape or slope.shape != wanted.shape:
        raise ValueError(f"{part} is no factor of {whole}")
    if not np.allclose(zero + slope * given, as_it_is):
        raise ValueError(f"{whole} is not linear in {part}")
    safe = np.where(slope, slope, 1.0)
    return slope, given, np.where(slope, (wanted - zero) / safe, given)


class _Exchange(ast.NodeTransformer):
    """Puts a name in the place of one node."""

    def __init__(self, node):
        self.node = node

    def visit(self, node):
        return ast.Name(_PART, ast.Load()) if node is self.node else self.generic_visit(node)
