"""Calls of a tape as a person writes them: ``y - h2``, ``□ ** 2``."""

import numpy as np

from ..symbolic import calls
from ..symbolic.expressions import Expression, mapped
from ..symbolic.text import TextWriter

HOLE = "□"  # an operand without a name: the value that comes along the arrow; of several □1, □2
_MANY = 4


class _CallWriter(TextWriter):
    """Writes a call of the tape under the name of its operation."""

    def __init__(self, op):
        super().__init__({})
        self.op = op

    def called(self, func):
        return self.op.name

    def other(self, value):
        return getattr(value, "__name__", None) or super().other(value)

    def symbol(self, text, value):
        """A value that is written as this text."""
        x = Expression("input", value)
        self.names[x] = text
        return x

    def setting(self, value, names, instead=""):
        """A plain value: an array by its name, or as what stands instead; others as they are."""
        if is_array(value):
            return self.symbol(names.of_array(value) or instead or f"array{value.shape}", value)
        return value.item() if isinstance(value, (np.generic, np.ndarray)) else value


def formula(node, names, holes=None):
    """The call of a node: operands by their names, small numbers as themselves.

    ``holes`` tells those without a name apart; see `holes_of`.
    """
    op, writer = node.op, _CallWriter(node.op)
    func = op if op.name in ("transpose", "positive") else getattr(op, "f", op)
    args = tuple(
        writer.setting(value, names)
        if parent is None and not isinstance(value, list) and not is_array(value)
        else writer.symbol(operand(node, i, names, holes), value)
        for i, (value, parent) in enumerate(zip(node.args, node.parents, strict=True))
    )
    kwargs = {k: mapped(lambda v: writer.setting(v, names), v) for k, v in node.kwargs.items()}
    if op.name == "getitem":
        index = mapped(lambda v: writer.setting(v, names, "indices"), node.kwargs["index"])
        func, args, kwargs = calls.getitem, (*args, index), {}
    elif op.name == "part":
        position, fields = node.kwargs["position"], getattr(node.args[0], "_fields", None)
        if fields:
            return f"{writer.write(args[0])}.{fields[position]}"
        func, args, kwargs = calls.part, (*args, position), {}
    return writer.definition(Expression("call", node.out, func, args, kwargs))


def operand(node, position, names, holes=None):
    """One argument of a call: a name, a hole, or a number."""
    value, parent = node.args[position], node.parents[position]
    if not isinstance(value, list):
        return _one(value, parent, names, holes or {})
    parents = parent or (None,) * len(value)
    texts = [_one(v, p, names, holes or {}) for v, p in zip(value, parents, strict=True)]
    if len(texts) > _MANY:
        texts[1:-1] = [f"... {len(texts)} arrays ..."]
    return f"[{', '.join(texts)}]"


def holes_of(node, names):
    """{operand: its hole} where several operands of a call have no name: □1, □2 in order.

    An operand is the node that it came from, or the id of a plain array.
    """
    found: dict = {}
    for value, parent in node.inputs():
        key = parent or id(value)
        if _one(value, parent, names, {}) == HOLE:
            found.setdefault(key, f"{HOLE}{len(found) + 1}")
    return found if len(found) > 1 else {}


def is_array(value):
    """Whether a plain argument gets a box of its own: numbers are part of the formula."""
    shape = getattr(value, "shape", ())
    return isinstance(shape, tuple) and shape != ()  # np.float64, the class, has a shape too


def _one(value, parent, names, holes):
    if parent is not None:
        return names.given(parent) or holes.get(parent, HOLE)
    if is_array(value):
        return names.of_array(value) or holes.get(id(value), HOLE)
    writer = _CallWriter(None)
    return writer.write(writer.setting(value, names))
