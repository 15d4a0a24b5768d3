"""Gradients that a function assigns and does not return: what a training step changes by them.

``W -= lr * dW`` says that dW is a gradient. Such a function is reviewed as if it returned them too:
its last line is another one in every run, and the old one in the report.
"""

import ast
import inspect

import numpy as np

from .pairs import bare, last_word, says_gradient
from .sources import Source

_COLLECTIONS = {"grads", "gradients", "grad", "gradient"}
_RATES = ("lr", "rate", "alpha", "eta", "step")


def returning(program, places, is_known):
    """(the source in which the function returns its gradients, the key of that line), or None.

    Parameters that are returned after they were changed are no gradients, and are left out; where
    the gradients are known and no such parameter is returned, nothing is changed.
    """
    f = inspect.unwrap(program.f)
    code = getattr(getattr(f, "__func__", f), "__code__", None)
    for source in program.sources.values() if code is not None else ():
        mine = [s for s in source.statements if _is_of(s.function, source, code)]
        steps = [found for s in mine if (found := _step(s.node)) is not None]
        changed = {ast.unparse(x) for x, _ in steps}
        loss = _loss_of(mine[-1].node, changed, is_known) if mine else None
        found = _gradients(mine, steps, {last_word(place) for place in places})
        if loss is not None and found:
            given = ", ".join(f"{name}={name}" for name in found)
            text = f"{source.segment(loss)}, dict({given})"
            lines = list(source.lines)
            for number, line in source.replaced(mine[-1].node.value, text).items():
                lines[number - 1] = line
            return Source(source.path, lines), mine[-1].key
    return None


def refuse_several_steps(program, run, places):
    """Raise where parameters are changed and the loss is then computed again, in a loop."""
    statements = {s.key: s for source in program.sources.values() for s in source.statements}
    returns = {k for k, s in statements.items() if isinstance(s.node, ast.Return)}
    keys = [key for key, _ in run.events]
    losses = [i for i, (_, value) in enumerate(run.events) if _is_loss(value, run.loss)]
    last = max((i for i in losses if keys[i] not in returns), default=0)
    words = {last_word(place) for place in places} | {"data"}
    changing = {k for k, s in statements.items() if _target_of_change(s.node) in words}
    again = {*keys[:last]} & {*keys[last:]}
    for key in sorted(again & changing):
        raise ValueError(
            f"review() judges one step, and this program takes several: {key[0]}:{key[1]}, "
            f"{statements[key].text!r}, changes what the next loss is computed from. Hand in one "
            "step: the function without its loop, or with one epoch"
        )


def _is_loss(value, loss):
    is_number = isinstance(value, (float, np.floating, np.ndarray)) and np.size(value) == 1
    return is_number and float(np.reshape(value, -1)[0]) == float(np.reshape(loss, -1)[0])


def _target_of_change(node):
    """The last word of x in ``x -= v`` and ``x = x - v``; None of other statements."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub):
        return last_word(ast.unparse(node.target))
    if isinstance(node, ast.Assign) and _takes_away(node.value, node.targets[0]):
        return last_word(ast.unparse(node.targets[0]))
    return None


def _is_of(function, source, code):
    """Whether a definition is the one of a code object, which begins with its decorators."""
    first = min([function.lineno, *(d.lineno for d in getattr(function, "decorator_list", ()))])
    return (source.path, first) == (code.co_filename, code.co_firstlineno)


def _loss_of(node, changed, is_known):
    """What a last line returns beside parameters that were changed; None of several values."""
    if not isinstance(node, ast.Return) or node.value is None:
        return None
    several = isinstance(node.value, (ast.Tuple, ast.List))
    values = node.value.elts if several else [node.value]
    left = [x for x in values if ast.unparse(x) not in changed]
    if is_known and len(left) == len(values):
        return None
    return left[0] if len(left) == 1 and not isinstance(left[0], ast.Dict) else None


def _gradients(statements, steps, places):
    """The names of gradients: of what was handed in, of all, of what something is changed by."""
    found, assigned = {}, set()
    for statement in statements:
        if isinstance(statement.target, ast.Name) and not isinstance(statement.node, ast.Expr):
            name = statement.target.id
            assigned.add(name)
            is_of_one = says_gradient(name, places) and bare(name).lower() in places
            if is_of_one or name in _COLLECTIONS:
                found[name] = None
    for _, change in steps:
        while isinstance(change, ast.Subscript):
            change = change.value
        if isinstance(change, ast.Name) and change.id in assigned:
            found.setdefault(change.id)
    return list(found)


def _step(node):
    """(x, g) of ``x -= rate * g`` and of ``x = x - rate * g``; None of other statements."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub):
        target, change = node.target, node.value
    elif isinstance(node, ast.Assign) and _takes_away(node.value, node.targets[0]):
        target, change = node.targets[0], node.value.right
    else:
        return None
    if not isinstance(change, ast.BinOp) or not isinstance(change.op, ast.Mult):
        return None
    first = last_word(ast.unparse(change.left))
    is_rate = isinstance(change.left, ast.Constant) or any(word in first for word in _RATES)
    return target, change.right if is_rate else change.left


def _takes_away(value, target):
    is_difference = isinstance(value, ast.BinOp) and isinstance(value.op, ast.Sub)
    return is_difference and ast.unparse(value.left) == ast.unparse(target)
