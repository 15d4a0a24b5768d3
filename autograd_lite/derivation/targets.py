"""The tensors of a derivation: those that are asked for, and the names of all."""

from collections import Counter
from collections.abc import Iterable

from ..engine.tensor import Tensor
from ..messages import errors, quoting


def targets_of(names, wrt):
    """The nodes that gradients are wanted of: as they were asked for, or as they are used."""
    if wrt is None:
        used = (parent for node in names.nodes for _, parent in node.inputs())
        leaves = (node for node in (*used, names.root) if node is not None and node.op is None)
        return [node for node in dict.fromkeys(leaves) if node.requires_grad]
    wrt = list(wrt) if isinstance(wrt, Iterable) and not isinstance(wrt, (Tensor, str)) else [wrt]
    if not wrt:
        raise ValueError("wrt is empty: name a tensor, or leave it out for all variables")
    return list(dict.fromkeys(_target(names, one) for one in wrt))


def _target(names, one):
    [node] = names.asked(one, is_unique=True)
    if not node.requires_grad:
        what = repr(one) if isinstance(one, str) else errors.describe(one)
        raise ValueError(
            f"wrt has {what}, a constant, so no gradient reaches it: create it with "
            "requires_grad=True before it is used"
        )
    return node


def labels_of(names, more):
    """What nodes are called that have lines of their own: those with names, and some more."""
    labels, taken = {}, set()
    held = Counter(names.given(node) for node in names.nodes if node.op is not None)
    for node in names.nodes:
        name = names.loss if node is names.root else names.given(node)
        if name is None and node in more:
            name = names.of(node)
        if name is not None:
            is_step = held[name] > 1 and node.op is not None  # of a loop: h_1, h_2, h_3
            labels[node] = quoting.distinct(name, taken, f"{name}_1" if is_step else None)
            taken.add(labels[node])
    return labels
