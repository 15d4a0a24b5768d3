"""Lines that do nothing but give a value another name: in a right program hardly one is needed."""

import ast

_CHANGING = ("append", "extend", "fill", "insert", "pop", "sort", "update")


def is_renaming(statement):
    """Whether a line assigns a name to another one, and the other name would do.

    It would where neither stands for anything else later, or where it is read here alone.
    """
    node = statement.node
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return False
    new, old = _entries(node.targets[0]), _entries(node.value)
    return len(new) == len(old) and all(
        isinstance(one, ast.Name)
        and isinstance(other, ast.Name)
        and _would_do(statement, other, one)
        for one, other in zip(new, old, strict=True)
    )


def reads(expression):
    """The names that an expression reads."""
    nodes = ast.walk(expression)
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def binds(statement):
    """The names that a line assigns to."""
    nodes = ast.walk(statement.node)
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _entries(node):
    return node.elts if isinstance(node, ast.Tuple) else [node]


def _would_do(statement, old, new):
    """Whether an old name could stand where a new one does."""
    function = statement.function
    bound = [n for n in _named(function, old.id) if isinstance(n.ctx, ast.Store)]
    if bound and len(_named(function, old.id)) == len(bound) + 1:
        return not _is_changed(function, old.id)
    later = any(n.lineno > statement.line for n in bound)
    once = sum(isinstance(n.ctx, ast.Store) for n in _named(function, new.id)) == 1
    return once and not later and not _is_changed(function, new.id)


def _named(function, name):
    return [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]


def _is_changed(function, name):
    """Whether a function writes into what a name stands for, or the name is not its own."""
    return any(_changes(node, name) for node in ast.walk(function))


def _changes(node, name):
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return name in node.names
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in _CHANGING and _is_of(node.func.value, name)
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return any(_is_of(t, name) for t in targets if not isinstance(t, ast.Name))


def _is_of(target, name):
    """Whether a target is a name, or an entry of what it stands for."""
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return isinstance(target, ast.Name) and target.id == name
