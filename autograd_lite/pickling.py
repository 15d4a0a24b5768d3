"""A tensor's history as one flat list, oldest first: however deep, it pickles and copies."""

from .tape import Leaf, Node, history


def to_rows(root):
    """The history of a node as a list of plain tuples; parents are positions in it."""
    nodes = history(root)
    number = {node: i for i, node in enumerate(nodes)}

    def numbered(parent):
        return tuple(map(number.get, parent)) if type(parent) is tuple else number.get(parent)

    rows = []
    for node in nodes:
        state = (node.requires_grad, node.grad) if node.op is None else None
        parents = tuple(map(numbered, node.parents))
        rows.append((node.op, node.args, node.kwargs, node.out, parents, node.name, state))
    return rows


def from_rows(rows):
    """The node whose history the rows are."""
    nodes = []

    def parent(number):
        if type(number) is tuple:
            return tuple(map(parent, number))
        return None if number is None else nodes[number]

    for op, args, kwargs, out, parents, name, state in rows:
        if op is None:
            node = Leaf(out, state[0])
            node.grad = state[1]
        else:
            node = Node(op, args, kwargs, out, tuple(map(parent, parents)))
        node.name = name
        nodes.append(node)
    return nodes[-1]
