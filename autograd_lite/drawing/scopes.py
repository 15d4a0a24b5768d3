"""The functions and modules that each call of a tape belongs to.

Of an observed call they are known. Of a tensor alone the paths of parameters tell: a call with
``layers.0.weight`` belongs to ``layers.0``, and what stands between two calls of ``layers`` to
``layers``. Where ``cell.hidden.weight`` comes again, ``cell.hidden`` is called again, and what
stands between belongs to ``cell``.
"""

from itertools import accumulate

from ..observed_call import Scope


def scopes_of(names, observed=()):
    """{call: the scopes around it, outermost first}."""
    calls = [node for node in names.nodes if node.op is not None]
    if observed:
        return _by_serial(calls, observed)
    return _by_path(calls, names.paths) if names.paths else {}


def _by_serial(calls, scopes):
    """By the range of serials of each scope; scopes are in the order of their beginnings."""
    found, stack, waiting = {}, [], list(reversed(scopes))
    for node in calls:
        while waiting and waiting[-1].first < node.serial:
            stack.append(waiting.pop())
        stack = [scope for scope in stack if scope.last > node.serial]
        found[node] = tuple(stack)
    return found


def _by_path(calls, paths):
    """By the paths of parameters, each in a row of calls that follow one another."""
    own = [_module(node, paths) for node in calls]
    again = _called_again(calls, own, paths)
    before = list(accumulate(own, lambda last, path: last if path is None else path))
    after = list(accumulate(own[::-1], lambda last, path: last if path is None else path))[::-1]
    found, stack = {}, []
    for node, path, left, right in zip(calls, own, before, after, strict=True):
        if path is None:
            path = _common(left or (), right or ())
            path = path[:-1] if node in again and path == left == right else path
        stack = stack[: len(_common(tuple(scope.label for scope in stack), path))]
        for label in path[len(stack) :]:
            parent = stack[-1] if stack else None
            stack.append(Scope(label, parent, node.serial))
        found[node] = tuple(stack)
    return found


def _called_again(calls, own, paths):
    """The calls between two of one module, the later with a parameter of the earlier."""
    found: set = set()
    waiting, used, last = [], set(), None
    for node, path in zip(calls, own, strict=True):
        if path is None:
            waiting.append(node)
            continue
        mine = {parent for _, parent in node.inputs() if parent in paths}
        if path != last:
            used = set()
        elif mine & used:
            found.update(waiting)
            used = set()
        waiting, last = [], path
        used |= mine
    return found


def _module(node, paths):
    """The dotted paths of the modules around the parameters of a call, outermost first."""
    known = [paths[parent] for _, parent in node.inputs() if parent in paths]
    if not known:
        return None
    found = _levels(known[0])
    for path in known[1:]:
        found = _common(found, _levels(path))
    return found


def _levels(path):
    """layers.0.attention.weight: ("layers.0", "layers.0.attention")."""
    levels, parts = [], path.split(".")[:-1]
    for i, part in enumerate(parts):
        level = ".".join(parts[: i + 1])
        if part.isdigit() and levels:
            levels[-1] = level
        else:
            levels.append(level)
    return tuple(levels)


def _common(one, other):
    """The longest common beginning."""
    size = 0
    while size < min(len(one), len(other)) and one[size] == other[size]:
        size += 1
    return one[:size]
