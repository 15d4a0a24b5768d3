"""A parameter that is changed before the error has gone through it."""

import ast
import re

from .edits import SLIP, Edit
from .sources import Source


def early_update(examination):
    """(statement, edit, the source without it, the source with it moved) that makes all right.

    None where there is none. A statement that changes a parameter is moved behind the last line
    of its function that reads it.
    """
    ran = {name for name, _ in examination.run.events}
    for statement in examination.statements.values():
        if statement.key not in ran or not _changes_a_parameter(examination, statement):
            continue
        reader = _last_reader(statement)
        if reader is None:
            continue
        edit = Edit(SLIP, "pass", "early update", statement.name, str(reader.line))
        without, moved = _without(statement), _moved(statement, reader.node.end_lineno)
        if moved is not None and all(
            examination.is_right_with({s.path: s}) for s in (without, moved)
        ):
            return statement, edit, without, moved
    return None


def _changes_a_parameter(examination, statement):
    """Whether a statement assigns to something that bears the name of what is compared."""
    if not isinstance(statement.node, (ast.AugAssign, ast.Assign)) or statement.target is None:
        return False
    places = {tuple(re.findall(r"\w+", place))[-1:] for place in examination.pairs.values()}
    return tuple(re.findall(r"\w+", statement.name))[-1:] in places


def _last_reader(statement):
    """The last statement after it in the same block that reads what a statement changes."""
    target = ast.unparse(_base(statement.target))
    found = None
    for other in statement.source.statements:
        later = other.line > statement.line and other.function is statement.function
        if not later or other.node.col_offset != statement.node.col_offset:
            continue
        if isinstance(other.node, ast.Return):
            continue
        read = (ast.unparse(n) for n in ast.walk(other.node) if isinstance(n, ast.expr))
        if target in read:
            found = other
    return found


def _base(target):
    """What is changed by an assignment to some entries: all of it."""
    return target.value if isinstance(getattr(target, "slice", None), ast.Slice) else target


def _without(statement):
    lines = list(statement.source.lines)
    for number, text in statement.source.replaced(statement.node, "pass").items():
        lines[number - 1] = text
    return Source(statement.source.path, lines)


def _moved(statement, behind):
    """The source with the lines of a statement behind another line; None where they share one."""
    lines, node = list(statement.source.lines), statement.node
    head = lines[node.lineno - 1].encode()[: node.col_offset].strip()
    tail = lines[node.end_lineno - 1].encode()[node.end_col_offset :].strip()
    if head or (tail and not tail.startswith(b"#")):
        return None
    mine = lines[node.lineno - 1 : node.end_lineno]
    rest = lines[node.end_lineno : behind]
    return Source(statement.source.path, lines[: node.lineno - 1] + rest + mine + lines[behind:])
