"""The backward pass of a tape as a tape of its own: what is drawn as the backward graph."""

from ..engine.modes import enable_grad
from ..engine.tensor import backward_pass, seed_of
from ..messages import errors
from ..symbolic.text import differential

GRAPHS = "forward", "backward", "both"


def recorded_backward(root, names):
    """The gradients of the leaves as recorded tensors, every cotangent under its name.

    Raises
    ------
    ValueError
        For a root with several elements, or without a history.
    """
    if root.size != 1 or not root.requires_grad:
        raise ValueError(
            f"there is no backward pass of {errors.describe(root)} to draw: it begins at one "
            "number that was computed from a tensor with requires_grad=True"
        )
    loss = names.loss
    with enable_grad():
        table = backward_pass({root.node: seed_of(root, None)}, names.nodes, True, hooked=False)
    for node in names.nodes:
        name = loss if node is root.node else names.given(node)
        if node in table and name is not None:
            label = f"{differential(loss)}/{differential(name)}"
            known = table[node].name
            table[node].name = label if known is None else f"{known} = {label}"
    return [table[node] for node in names.nodes if node.op is None and node in table]
