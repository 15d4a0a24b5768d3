"""Gradients that a function assigns and does not return: what a training step changes by them.

``W -= lr * dW`` says that dW is a gradient. Such a function is reviewed as if it returned them too:
its last line is another one in every run, and the old one in the report.
"""

import ast

from .pairs import bare, last_word, says_gradient
from .sources import Source


def returning(program, places):
    """(the source in which the function returns its gradients, the key of that line), or None."""
    code = getattr(getattr(program.f, "__func__", program.f), "__code__", None)
    for source in program.sources.values() if code is not None else ():
        mine = [
            s
            for s in source.statements
            if (source.path, s.function.name) == (code.co_filename, code.co_name)
            and s.function.lineno <= code.co_firstlineno + len(s.function.decorator_list)
            and s.function.end_lineno > code.co_firstlineno
        ]
        last = mine[-1] if mine else None
        if last is None or not _returns_one_value(last.node):
            continue
        found = _gradients(mine, {last_word(place) for place in places})
        if found:
            given = ", ".join(f"{name}={name}" for name in found)
            text = f"{source.segment(last.node.value)}, dict({given})"
            lines = list(source.lines)
            for number, line in source.replaced(last.node.value, text).items():
                lines[number - 1] = line
            return Source(source.path, lines), last.key
    return None


def _returns_one_value(node):
    several = (ast.Tuple, ast.List, ast.Dict)
    return isinstance(node, ast.Return) and node.value and not isinstance(node.value, several)


def _gradients(statements, places):
    """The names of what parameters are changed by, and of gradients of what was handed in."""
    found = {}
    for statement in statements:
        node = statement.node
        target = statement.target if isinstance(node, (ast.Assign, ast.AugAssign)) else None
        if isinstance(target, ast.Name):
            name = target.id
            if says_gradient(name, places) and bare(name).lower() in places:
                found[name] = None
    assigned = {s.target.id for s in statements if isinstance(s.target, ast.Name)}
    for statement in statements:
        step = _step(statement.node)
        if isinstance(step, ast.Name) and step.id in assigned:
            found.setdefault(step.id)
    return list(found)


def _step(node):
    """G of ``x -= rate * G`` or of ``x = x - rate * G``; None of other statements."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub):
        change = node.value
    elif (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.BinOp)
        and isinstance(node.value.op, ast.Sub)
        and ast.unparse(node.value.left) == ast.unparse(node.targets[0])
    ):
        change = node.value.right
    else:
        return None
    if not isinstance(change, ast.BinOp) or not isinstance(change.op, ast.Mult):
        return None
    rate = ("lr", "rate", "alpha", "eta", "step")
    is_rate = isinstance(change.left, ast.Constant) or any(
        word in last_word(ast.unparse(change.left)) for word in rate
    )
    return change.right if is_rate else change.left
