"""What of a tape becomes a box, so that the picture can be read."""

from ..engine.tensor import Tensor
from ..messages import errors
from .scopes import scopes_of
from .units import folded, units_of
from .uses import arguments, is_alias


def selected(root, names, wrt=None, collapse=None, max_nodes=100, scopes=(), graph="forward"):
    """The units of a tape.

    A tape of more than ``max_nodes`` boxes is collapsed until it fits: equal steps first, then
    calls of functions and modules, the innermost first.

    Raises
    ------
    ValueError
        Where it does not fit then; with the way out.
    """
    nodes = names.nodes
    if wrt is not None:
        asked = [wrt] if isinstance(wrt, (Tensor, str)) else wrt
        nodes = _above(names, [node for one in asked for node in names.asked(one)])
    calls = [node for node in nodes if node.op is not None]
    calls = [c for c in calls if not _is_another_handle(c, names) or c is root.node]
    if graph == "backward":
        calls = [node for node in calls if node.serial > root.node.serial]
    around = scopes_of(names, scopes)
    least = None
    for units in _attempts(calls, around, collapse, max_nodes):
        size = _size(units, names)
        if size <= max_nodes:
            return units
        least = size if least is None else min(least, size)
    collapsed = (
        " even with equal steps and calls of functions collapsed" if collapse is None else ""
    )
    raise ValueError(
        f"the tape of {errors.describe(root)} has {len(names.nodes)} tensors, and its picture "
        f"{least} boxes{collapsed}; more than {max_nodes} can hardly be read: draw an inner "
        f"tensor, a part of it (wrt=) or a smaller case, or pass max_nodes={least}"
    )


def _is_another_handle(call, names):
    """Whether a call is an alias that has no name of its own."""
    return is_alias(call) and names.given(call) == names.given(call.parents[0])


def _attempts(calls, around, collapse, max_nodes):
    """The units of a tape as asked for, or with less and less of them shown."""
    if collapse is False:
        yield units_of(calls, around)
    elif isinstance(collapse, (str, list, tuple, set)):
        patterns = [collapse] if isinstance(collapse, str) else collapse
        yield folded(units_of(calls, around, list(patterns)))
    elif collapse is not None:
        yield folded(units_of(calls, around, None if collapse is True else collapse))
    else:
        if len(calls) <= max_nodes:
            yield units_of(calls, around)
        yield folded(units_of(calls, around))
        for depth in reversed(range(max(map(len, around.values()), default=0))):
            yield folded(units_of(calls, around, depth))


def _size(units, names):
    """How many boxes there are: units and what they use that is no call of theirs."""
    used = set()
    calls = {call for unit in units for call in unit.calls}
    for unit in units:
        for call in unit.calls:
            for _, value, parent in arguments(call):
                if parent is None:
                    used.add(id(value))
                elif parent.op is None and not (unit.scope and parent in names.paths):
                    used.add(parent)
    return len(units) + len(used - calls)


def _above(names, targets):
    """The calls that depend on one of some nodes, oldest first."""
    reached = set(targets)
    for node in names.nodes:
        if any(parent in reached for _, parent in node.inputs()):
            reached.add(node)
    return [node for node in names.nodes if node in reached - set(targets)]
