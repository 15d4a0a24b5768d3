"""What the parts of a wrong line should give: functions that it calls, values made for it."""

import ast
import re

import numpy as np

from . import runs, texts
from .factors import Factor
from .localisation import assignment_of
from .recognition import EXACT, SCALED
from .watchers import Substitute

_SAYS_DERIVATIVE = re.compile(r"(?i)deriv|grad|prime|dash|slope|back|jac|^d|_d$|(?-i:D$)")


def makers(step, name, values):
    """Triples (key, values, blamed): the lines that parts of a line come from.

    The values are what the part should be, each time, for the line to give what it should. A
    function is to blame where the rest of the line is right: in ``dz = dh * slope(z)`` what it
    gives is multiplied by a gradient. A value is to blame where it should be a gradient.
    """
    statement = step.statements[name]
    whole = _whole(statement)
    tree = ast.parse(f"({whole})", mode="eval").body if whole else None
    nodes = list(ast.walk(tree)) if whole else []
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    for node in nodes:
        key = _made_by(step, statement, node) if node is not tree else None
        if key is not None and key != name and step.times.get(key) == len(values):
            part = _with_new_axes(node, parents)
            solved = _solved(step, statement, Factor(whole, nodes.index(part)), values)
            if solved is not None:
                slopes, given, right = solved
                if part is not node:
                    right = [x.reshape([n for n in x.shape if n > 1]) for x in right]
                known = step.examination.known
                if isinstance(node, ast.Call):
                    called = getattr(step.statements[key].function, "name", "")
                    blamed = _SAYS_DERIVATIVE.search(called) is not None
                    yield key, right, blamed and all(known.of(slope) == EXACT for slope in slopes)
                elif not all(map(step.is_of_backpropagation, given)):
                    yield key, right, all(known.of(x) >= SCALED and np.any(x) for x in right)


def _whole(statement):
    """The expression that gives what a statement assigns; None where it has none."""
    node, segment = statement.node, statement.source.segment
    value = getattr(node, "value", None)
    if value is None or statement.part or isinstance(node, ast.Expr):
        return None
    if isinstance(node, ast.AugAssign):
        again = ast.BinOp(ast.parse(segment(node.target), mode="eval").body, node.op, value)
        return ast.unparse(again)
    return segment(value)


def _with_new_axes(node, parents):
    """A name together with an index of new axes behind it: x[:, None]."""
    parent = parents.get(node)
    if isinstance(parent, ast.Subscript) and parent.value is node:
        parts = getattr(parent.slice, "elts", [parent.slice])
        if all(ast.unparse(part) in (":", "None", "np.newaxis") for part in parts):
            return parent
    return node


def _once(array, shape):
    """An array in the shape that was broadcast to its own; a ValueError if it is no such one."""
    array = np.asarray(array)
    many = (slice(None),) * (array.ndim - len(shape))
    index = tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)
    single = array[tuple(0 for _ in many)][index]
    if not np.allclose(single, array, rtol=1e-6, equal_nan=True):
        raise ValueError("the part is not the same along an axis")
    return single


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
        if isinstance(statement.node, ast.AugAssign) and statement.name == node.id:
            found = [key for key in found if step.statements[key].line < statement.line][-1:]
    else:
        return None
    return found[0] if len(found) == 1 else None


def _solved(step, statement, factor, values):
    """(slopes, values, right values) of a part of a line, each time; None if it is no factor."""
    found: list = []
    sizes = iter(values)

    def look(name, scope):
        shape = np.shape(eval(factor.text, dict(scope)))
        slope, given, right = factor.solved(scope, next(sizes))
        found.append((slope, _once(given, shape), _once(right, shape)))

    code = texts.executable(statement, statement.text)
    watcher = Substitute(assignment_of(statement), values, code)
    watcher.seen = look
    examination = step.examination
    with examination.program.watched(watcher, step.changed, (statement.key,)), runs.quietly():
        result = examination.result()
    return None if result is None or not found else tuple(zip(*found, strict=True))
