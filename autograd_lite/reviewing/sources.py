"""The statements of the user's files, with the text of each."""

import ast
import linecache
import sysconfig
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

OURS = str(Path(__file__).resolve().parent.parent)
_LAYERS = str(Path(OURS).parent / "nn")
_LIBRARIES = tuple({*sysconfig.get_paths().values(), OURS} - {sysconfig.get_paths()["data"]})
_JUDGED = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return)


def is_judged(path):
    """Whether the lines of a file are judged: those of the layers are watched alone."""
    return not path.startswith(_LAYERS)


def is_users(path):
    """Whether a file is the user's own, or one of our layers, and its text is at hand."""
    if path.startswith(_LAYERS):
        return True
    if path.startswith(("<frozen", "<string>")) or not linecache.getlines(path):
        return False
    return "site-packages" not in path and not path.startswith(_LIBRARIES)


@dataclass(eq=False)
class Statement:
    """A statement inside a function.

    Attributes
    ----------
    source : Source
    node : ast.stmt
        With the attributes lineno, col_offset, end_lineno and end_col_offset of its text: of a
        lambda a return of its body.
    function : ast.FunctionDef or ast.Lambda
        The innermost function around it.
    part : str
        Of a header the expression that counts: "iter" of a loop, "test" of a condition.
    outer : ast.FunctionDef or None
        The function around that one.
    key : tuple
        What it is found by in other texts of its file: path, line, and which of it.
    """

    source: "Source"
    node: ast.AST
    function: ast.AST
    part: str = ""
    outer: ast.AST | None = None
    key: tuple = ()

    @property
    def line(self):
        return self.node.lineno

    @property
    def place(self):
        return self.source.path, self.line

    @cached_property
    def expression(self):
        """Of a header: the node of its expression; of others: the statement."""
        return getattr(self.node, self.part) if self.part else self.node

    @cached_property
    def text(self):
        """The text of `expression`."""
        return self.source.segment(self.expression)

    @cached_property
    def entry(self):
        """Which entry of a tuple that is returned is computed there; None if not exactly one."""
        value = getattr(self.node, "value", None)
        if not isinstance(self.node, ast.Return) or not isinstance(value, ast.Tuple):
            return None
        found = [i for i, n in enumerate(value.elts) if isinstance(n, (ast.BinOp, ast.UnaryOp))]
        found = found or [i for i, n in enumerate(value.elts) if isinstance(n, ast.Call)]
        if not found and len(value.elts) == 2 and isinstance(value.elts[1], ast.Name):
            return 1  # loss, gradient
        return found[0] if len(found) == 1 else None

    @cached_property
    def value(self):
        """The expression of what is assigned or returned; None of headers and of calls."""
        if self.part or isinstance(self.node, ast.Expr):
            return None
        value = getattr(self.node, "value", None)
        return value if self.entry is None else value.elts[self.entry]

    @cached_property
    def target(self):
        """The expression that is assigned to; None of what returns or calls."""
        node = self.node
        if isinstance(node, ast.Assign):
            return node.targets[0]
        if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            return node.target
        if isinstance(node, ast.Expr) and is_append(node.value):
            return node.value.func.value
        added = isinstance(node, ast.Expr) and is_scatter(node.value)
        return node.value.args[0] if added else None

    @cached_property
    def is_call(self):
        """Whether it calls something and does nothing with the result."""
        return isinstance(self.node, ast.Expr) and self.target is None

    @cached_property
    def name(self):
        """What the line is called in a report: the text of its target."""
        if self.part:
            return self.text
        if self.target is None:
            return "return" if isinstance(self.node, ast.Return) else self.text
        return self.source.segment(self.target)

    @cached_property
    def written(self):
        """The name that the line assigns to, or into; None where there is none."""
        target = self.target
        while isinstance(target, (ast.Subscript, ast.Attribute)):
            target = target.value
        return target.id if isinstance(target, ast.Name) else None

    @cached_property
    def scopes(self):
        """The function around it, and of a lambda the one around that, whose names it shares."""
        return (
            (self.function, self.outer)
            if isinstance(self.function, ast.Lambda)
            else (self.function,)
        )

    @cached_property
    def parents(self):
        """{node: the node around it} inside the statement."""
        found = {}
        for node in ast.walk(self.expression):
            for child in ast.iter_child_nodes(node):
                found[child] = node
        return found

    def __repr__(self):
        return f"<{Path(self.source.path).name}:{self.line} {self.text[:40]}>"


def is_scatter(call):
    """Whether a call is ``np.add.at(x, i, v)`` or one like it."""
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "at"
        and len(call.args) > 1
    )


def is_append(call):
    """Whether a call is ``list.append(v)``."""
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "append"
        and len(call.args) == 1
    )


@dataclass(eq=False)
class Source:
    """One file.

    Attributes
    ----------
    path : str
    lines : list of str
    tree : ast.Module
    statements : list of Statement
        Those inside functions that assign, return or call, or head a loop or a condition; what
        lambdas return.
    """

    path: str
    lines: list
    tree: ast.Module = field(init=False)
    statements: list = field(init=False)

    @classmethod
    def of(cls, path):
        linecache.checkcache(path)
        return cls(path, [line.rstrip("\n") for line in linecache.getlines(path)])

    def __post_init__(self):
        self.tree = ast.parse("\n".join(self.lines) + "\n", self.path)
        self.statements = []
        self._collect(self.tree, None, None)
        beside: dict = {}
        for statement in self.statements:
            nth = beside[statement.line] = beside.get(statement.line, -1) + 1
            statement.key = (*statement.place, nth)

    def _collect(self, node, function, outer):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function, outer = node, function
        elif isinstance(node, ast.Lambda):
            function, outer = node, function
            self.statements.append(Statement(self, returned(node), node, "", outer))
        for child in ast.iter_child_nodes(node):
            if function is not None and _counts(child):
                part = {ast.For: "iter", ast.If: "test"}.get(type(child), "")
                self.statements.append(Statement(self, child, function, part, outer))
            self._collect(child, function, outer)

    def parsed(self, lines=()):
        """A new tree; with line numbers that of the definitions alone in which these stand."""
        kept = [
            node
            for node in self.tree.body
            if getattr(node, "module", "") == "__future__"
            or any(_first_line(node) <= line <= node.end_lineno for line in lines)
        ]
        text = list(self.lines)
        if lines:
            text = [""] * len(self.lines)
            for node in kept:
                mine = slice(_first_line(node) - 1, node.end_lineno)
                text[mine] = self.lines[mine]
        return ast.parse("\n".join(text) + "\n", self.path)

    def segment(self, node):
        """The text of a node."""
        return "\n".join(
            self.cut(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        )

    def cut(self, line, column, end_line, end_column):
        """The lines of a part of the text; columns count the bytes of UTF-8, as ast does."""
        lines = [text.encode() for text in self.lines[line - 1 : end_line]]
        lines[-1] = lines[-1][:end_column]
        lines[0] = lines[0][column:]
        return [text.decode() for text in lines]

    def replaced(self, node, text):
        """{line number: text} of the lines that change when a node's text is replaced.

        A replacement that needs fewer lines leaves the rest out: the numbers of other lines stay.
        """
        head = self.lines[node.lineno - 1].encode()[: node.col_offset].decode()
        tail = self.lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
        new = (head + text + tail).split("\n")
        numbers = range(node.lineno, node.end_lineno + 1)
        return dict(zip(numbers, new + [""] * (len(numbers) - len(new)), strict=False))


def returned(function):
    """What a lambda returns, as a statement that stands where its body does."""
    return ast.copy_location(ast.Return(function.body), function.body)


def _first_line(node):
    """The line where a definition begins: that of its first decorator."""
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])


def _counts(node):
    """Whether a node is a statement that could be wrong."""
    if isinstance(node, ast.Return):
        return node.value is not None
    if isinstance(node, ast.AnnAssign):
        return node.value is not None
    return isinstance(node, (*_JUDGED, ast.For, ast.If)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )
