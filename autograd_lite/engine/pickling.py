"""A tensor's history as one flat list, oldest first: however deep, it pickles and copies."""

from ..messages import refusals
from . import hooks
from .tape import Call, history


def to_rows(root):
    """The history of a node: a leaf as it is, a call as a tuple; parents are positions in the list.

    Leaves that several tensors share stay shared if these are pickled or copied together.
    """
    nodes = history(root)
    for hook in (hook for node in nodes for hook in hooks.of(node)):
        if not isinstance(hook.f, hooks.Retained):  # a function of this process
            raise refusals.pickling_of_a_hook(hook)
    number = {node: i for i, node in enumerate(nodes)}

    def numbered(parent):
        return tuple(map(number.get, parent)) if type(parent) is tuple else number.get(parent)

    rows = []
    for node in nodes:
        parents = tuple(map(numbered, node.parents))
        row = (node.op, node.args, node.kwargs, node.out, parents, node.name)
        rows.append(node if node.op is None else row)
    return rows


def from_rows(rows):
    """The node whose history the rows are."""
    nodes = []

    def parent(number):
        if type(number) is tuple:
            return tuple(map(parent, number))
        return None if number is None else nodes[number]

    for row in rows:
        if type(row) is tuple:
            op, args, kwargs, out, parents, name = row
            row = Call(op, args, kwargs, out, tuple(map(parent, parents)))
            row.name = name
        nodes.append(row)
    return nodes[-1]
