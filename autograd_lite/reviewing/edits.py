"""The lines that a line could have been: one part of it in another form."""

import ast
from dataclasses import dataclass

from .texts import Text, is_simple
from .vocabulary import is_atomic

# How far an edit is from the line as it stands: what is tried first.
(
    ALIKE, ASSIGNED, SLIP, OTHER, SOLVED, DERIVATIVE, FACTOR, TERM, COMPLETED, PENALTY, FORMULA,
    INGREDIENT, PATH, TWO,
) = range(14)  # fmt: skip
REDUCTIONS = {"sum", "mean", "max", "min", "std", "var", "prod"}


@dataclass(frozen=True)
class Edit:
    """Another text of a statement.

    ``kind`` says what is different, ``old`` and ``new`` are the parts in question. Of an edit in
    two places ``single`` is the text with the one alone.
    """

    rank: int
    text: str
    kind: str
    old: str = ""
    new: str = ""
    single: str = ""


class Draft:
    """A statement of which other forms are made, of what is in its reach.

    ``shapes`` are those that it gives; ``goal`` is what is known of its value, or None.
    """

    def __init__(self, statement, reach, shapes=(), goal=None):
        self.statement = statement
        self.reach = reach
        self.shapes = set(shapes)
        self.goal = goal
        self.text = Text(statement)
        node = statement.expression
        self.root = node if statement.value is None else statement.value
        self.stored = set(_stored_into(statement.target))
        self.nodes = [n for n in ast.walk(node) if isinstance(n, ast.expr) and self._is_read(n)]
        self.inner = sorted(
            {
                name.id
                for loop in ast.walk(node)
                if isinstance(loop, ast.comprehension)
                for name in ast.walk(loop.target)
                if isinstance(name, ast.Name)
            }
        )

    def _is_read(self, node):
        """Whether a node is part of a value, or of an index."""
        stored = isinstance(getattr(node, "ctx", None), ast.Store) or node in self.stored
        return not stored and hasattr(node, "lineno")

    def edit(self, rank, node, new, kind, old=None):
        old = self.text.of(node) if old is None else old
        return Edit(rank, self.text.replaced((node, new)), kind, old, new)

    def is_place(self, node):
        parent = self.statement.parents.get(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            return False
        if isinstance(node, ast.Constant):
            return type(node.value) in (int, float, str)
        return is_atomic(node)

    def is_replaceable(self, node):
        parent = self.statement.parents.get(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            return False
        if in_index(node, self.statement.parents):
            return False
        return isinstance(node, (ast.BinOp, ast.Call, ast.UnaryOp, ast.Compare)) or is_atomic(node)

    def spots(self):
        """Where a factor or a term may have been left out, the whole value first."""
        if self.statement.part == "iter":
            return []
        if self.statement.part or isinstance(self.root, ast.Compare):  # no factor of a mask
            sides = (n for root in ast.walk(self.root) if isinstance(root, ast.Compare)
                     for n in (root.left, *root.comparators))  # fmt: skip
            return [node for node in sides if not isinstance(node, ast.Constant)]
        spots = [self.root]
        for node in self.nodes:
            parent = self.statement.parents.get(node)
            if node is self.root or isinstance(node, ast.Slice) or _is_text(node):
                continue
            within = isinstance(parent, (ast.BinOp, ast.UnaryOp, ast.ListComp, ast.Tuple, ast.Dict))
            within = within or (isinstance(parent, ast.Attribute) and parent.attr in REDUCTIONS)
            within = within or (isinstance(parent, ast.Call) and node in parent.args)
            if within and not in_index(node, self.statement.parents):
                spots.append(node)
        return spots


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _stored_into(target):
    """The nodes of what a statement stores into, without those of the index."""
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
        yield target


def in_index(node, parents):
    """Whether a node stands inside the index of a subscript."""
    while (parent := parents.get(node)) is not None:
        if isinstance(parent, ast.Subscript) and parent.slice is node:
            return True
        node = parent
    return False


def bracketed(text):
    """A text as an operand."""
    return text if is_simple(text) else f"({text})"
