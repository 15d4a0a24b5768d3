"""Statements as text: a part replaced, brackets where they are needed."""

import ast
import re
from functools import lru_cache

from .instrumented import RETURNED
from .sources import is_append

_RETURN = re.compile(r"^return\b\s*")  # the word, not the beginning of a name
_OPERATORS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.BoolOp, ast.Lambda)


class Text:
    """The text of a statement, of which parts are replaced."""

    def __init__(self, statement):
        self.statement = statement
        self.bytes = statement.text.encode()
        node = statement.expression
        self.origin = node.lineno, node.col_offset
        starts, at = [0], 0
        for line in self.bytes.split(b"\n"):
            at += len(line) + 1
            starts.append(at)
        self.starts = starts

    def span(self, node):
        """Where a node begins and ends in the bytes of the text."""
        return self._at(node.lineno, node.col_offset), self._at(
            node.end_lineno, node.end_col_offset
        )

    def _at(self, line, column):
        line -= self.origin[0]
        return self.starts[line] + column - (self.origin[1] if line == 0 else 0)

    def of(self, node):
        """The text of a node."""
        start, end = self.span(node)
        return self.bytes[start:end].decode()

    def around(self, node, left, right):
        """The text of a node up to the end of its left part, and from its right part on."""
        start, end = self.span(node)
        head = self.bytes[start : self.span(left)[1]].decode()
        return head, self.bytes[self.span(right)[0] : end].decode()

    def between(self, one, other):
        """The text from the end of one node to the beginning of another."""
        return self.bytes[self.span(one)[1] : self.span(other)[0]].decode()

    def replaced(self, *pairs):
        """The statement with other texts for some nodes: pairs (node, text)."""
        whole = self.bytes
        for node, text in sorted(pairs, key=lambda pair: -self.span(pair[0])[0]):
            start, end = self.span(node)
            parent = self.statement.parents.get(node)
            if needs_brackets(text, node, parent):
                text = f"({text})"
            whole = whole[:start] + text.encode() + whole[end:]
        return whole.decode()


def needs_brackets(text, node, parent):
    """Whether a text in the place of a node must stand in brackets, or may have to."""
    if parent is None or not isinstance(
        parent, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Attribute, ast.Subscript, ast.Starred)
    ):
        return isinstance(parent, ast.Call) and parent.func is node and not is_simple(text)
    if isinstance(parent, ast.Subscript) and parent.value is not node:
        return False
    return not is_simple(text)


@lru_cache(10_000)
def is_simple(text):
    """Whether an expression has no operator at its top."""
    try:
        body = ast.parse(text, mode="eval").body
    except SyntaxError:
        return True
    return not isinstance(body, _OPERATORS)


def tidied(text):
    """The same statement without brackets that do nothing, if that is the same."""
    whole, done = _meaning(text), 0
    if whole is None:
        return text
    while True:
        opened = text.find("(", done)
        if opened < 0:
            return text
        done = opened + 1
        closed = _closing(text, opened)
        if closed is None or (opened and (text[opened - 1].isalnum() or text[opened - 1] in "_])")):
            continue
        shorter = text[:opened] + text[opened + 1 : closed] + text[closed + 1 :]
        if "\n" not in shorter and _meaning(shorter) == whole:
            text, done = shorter, opened


def changed(old, new):
    """How many characters of the longer text are not in what both begin and end with."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    return max(len(old), len(new)) - start - end


def _common(one, other):
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _closing(text, opened):
    depth = 0
    for i in range(opened, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if not depth:
            return i
    return None


def _meaning(text):
    """What Python carries out of a statement; None where it is no Python."""
    try:
        code = _compiled(_RETURN.sub(f"{RETURNED} = ", text))
    except SyntaxError:
        return None
    return code.co_code, code.co_names, code.co_consts


def executable(statement, text):
    """The code of a statement in another form, for the hands of a watcher."""
    if statement.part or isinstance(statement.function, ast.Lambda):
        text = f"{RETURNED} = ({text})"
    else:
        text = _RETURN.sub(f"{RETURNED} = ", text)
    return _compiled(text)


def _compiled(text):
    return compile(text, "<review>", "exec", dont_inherit=True)


def observed(statement):
    """The code of the expression that shows what a statement did."""
    target = statement.target
    if statement.is_call:
        text = "None"
    elif statement.part or target is None:
        text = RETURNED
    elif is_append(statement.node.value):
        text = f"{statement.source.segment(target)}[-1]"
    elif isinstance(target, ast.Subscript):
        base = statement.source.segment(target.value)
        entry = statement.source.segment(target)
        text = f"{base} if hasattr({base}, 'dtype') else {entry}"
    else:
        text = statement.source.segment(target)
    return compile(f"({text})", "<review>", "eval", dont_inherit=True)
