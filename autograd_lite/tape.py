"""The tape: every call to be differentiated, and the walk that pulls a cotangent back through it.

The one idea: a call is newer than its inputs, so "newest first" is a topological order.
No graph search, no recursion, and 2^60 paths through 60 nodes cost 60 visits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from heapq import heapify, heappop, heappush
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import _GeneratorContextManager

_next_serial = count(1).__next__
_recording = ContextVar("recording", default=True)

is_recording = _recording.get


class _Body:
    """Where nothing is recorded because an operation of the user's is being computed."""

    def __init__(self, op):
        self.op = op

    def __bool__(self):
        return False


def inside(op):
    """Compute the body of an operation: what requires a gradient there is out of place."""
    return _switched(_Body(op))


def body():
    """The operation whose body is being computed here, or None."""
    state = _recording.get()
    return state.op if isinstance(state, _Body) else None


_rule: ContextVar[str | None] = ContextVar("rule", default=None)
running_rule = _rule.get  # the name of the user's rule that is being recorded here, or None


@contextmanager
def in_rule(name):
    """Run a rule of the user's on tensors: what leaves the tape there would be no derivative."""
    token = _rule.set(name)
    try:
        yield
    finally:
        _rule.reset(token)


@contextmanager
def _switched(on: bool) -> Iterator[None]:
    token = _recording.set(on)
    try:
        yield
    finally:
        _recording.reset(token)


def no_grad() -> _GeneratorContextManager[None]:
    """Compute without recording: a context manager, and a decorator.

    Results inside are constants. The switch is per thread and per asyncio task, and it
    is restored when the block is left, by an exception too.
    """
    return _switched(False)


def enable_grad() -> _GeneratorContextManager[None]:
    """Record again inside ``no_grad()``: what the gradient of a function needs."""
    return _switched(True)


class Node:
    """One recorded call on plain arrays: ``out = op(*args, **kwargs)``.

    ``parents`` is aligned with ``args``: the node that an argument came from, None for
    a plain constant, and a tuple of these for an argument that is a sequence of arrays.
    A node never points at a Tensor: there is no cycle, and a graph is freed at the
    moment its last tensor is. ``hooks`` and ``trace`` are set only on nodes that have
    hooks, and on those recorded while anomalies are looked for.
    """

    __slots__ = ("op", "args", "kwargs", "out", "parents", "serial", "name", "hooks", "trace")
    requires_grad = True  # a call is recorded only if one of its inputs requires a gradient

    def __init__(self, op, args, kwargs, out, parents):
        self.op = op
        self.args = args
        self.kwargs = kwargs
        self.out = out
        self.parents = parents
        self.serial = _next_serial()
        self.name = None

    def free(self):
        """Give back the values; no gradient can pass this call again."""
        self.op = _FREED
        self.args = self.parents = ()
        self.kwargs = {}
        self.out = None

    def inputs(self):
        """Pairs (value, parent) of the arguments, those inside a sequence one by one."""
        for value, parent in zip(self.args, self.parents, strict=True):
            if type(parent) is tuple:
                yield from zip(value, parent, strict=True)
            else:
                yield value, parent


class _Freed:
    """What stands for the operation of a call that has been freed."""

    name = "freed"

    def refuse(self, *args):
        """Raise: the values are needed once more."""
        raise ValueError(
            "this part of the tape is gone: backward(keep_tape=False) frees the calls that it has "
            "passed. Compute the tensor again, or leave keep_tape=False out of the first backward()"
        )

    shares = refuse


_FREED = _Freed()


class Leaf(Node):
    """Where a graph begins: a variable or a constant. Only leaves accumulate ``grad``.

    A leaf stays the same variable while its value is rebound; the calls that used an
    earlier value keep it in their ``args``.
    """

    __slots__ = ("requires_grad", "grad")

    def __init__(self, out, requires_grad=False):
        super().__init__(None, (), {}, out, ())
        self.requires_grad = requires_grad
        self.grad = None

    def __reduce__(self):
        return Leaf, (self.out, self.requires_grad), (None, {"grad": self.grad, "name": self.name})


class Argument(Leaf):
    """A differentiated argument of a function: a value of its own, which it may assign to.

    ``uses`` counts the calls and the walks under way that differentiate with respect to it.
    After the last one nobody asks for its gradient any more.
    """

    __slots__ = ("uses",)

    def __init__(self, out):
        super().__init__(out, True)
        self.uses = 0


class Pending:
    """A cotangent that is not added up yet: ``+`` takes others in, ``total()`` is the array."""

    __slots__ = ()


def history(*roots):
    """Every node that the roots were computed from, the roots too, oldest first."""
    seen = dict.fromkeys(roots)
    stack = list(seen)
    while stack:
        node = stack.pop()
        if node.op is _FREED:
            _FREED.refuse()
        for _, parent in node.inputs():
            if parent is not None and parent not in seen:
                seen[parent] = None
                stack.append(parent)
    return sorted(seen, key=attrgetter("serial"))


def pullback(starts, targets=(), visit=None, careful=False, keep=True):
    """The table of cotangents {node: g} after a walk from the nodes in starts, newest first.

    ``starts`` holds the cotangents to start from, {node: g}. When a node is reached, all
    uses of its value have contributed. What stays in the table: ``targets``, the leaves,
    and the frontier - nodes older than every target, which the walk did not need to enter.
    Nothing is stored on any node.

    An operation has ``rules``, one an argument, which return the argument's share of the
    cotangent, and ``fitted`` for what is not yet of the argument's shape and dtype; or
    ``shares``, which returns pairs (parent, share) itself; a share may be `Pending`.

    Without ``visit`` the rules run on plain arrays. ``visit(node, g)`` returns what they
    run on instead, (op, g, out, args): tensors, so that the walk itself is recorded.
    Unless told to ``keep`` them, every node gives back its values when it has been visited.
    """
    targets = frozenset(targets)
    oldest = min(node.serial for node in targets) if targets else 0
    table = dict(starts)
    queue = [(-node.serial, node) for node in table if node.op is not None]
    heapify(queue)

    def receive(parent, share):
        if parent in table:
            table[parent] = table[parent] + share
            return
        table[parent] = share
        if parent.op is not None:
            heappush(queue, (-parent.serial, parent))

    while queue and -queue[0][0] > oldest:
        node = heappop(queue)[1]
        op, g, out, args, kwargs = node.op, table.pop(node), node.out, node.args, node.kwargs
        if isinstance(g, Pending):
            g = g.total()
        if visit is not None:
            op, g, out, args = visit(node, g)
        if node in targets:
            table[node] = g
        if op.shares is not None:
            for parent, share in op.shares(g, out, args, kwargs, node.parents, careful):
                receive(parent, share)
        else:
            if isinstance(out, tuple):
                g = g.filled(out)
            for rule, x, parent in zip(op.rules, args, node.parents):
                if parent is None or rule is None or not parent.requires_grad:
                    continue
                share = rule(g, out, *args, **kwargs)
                if (
                    careful
                    or getattr(share, "shape", None) != x.shape
                    or share.dtype is not x.dtype
                ):
                    share = op.fitted(share, x, g, careful)
                receive(parent, share)
        if not keep:
            node.free()
    for node, g in table.items():
        table[node] = _total(g)
    return table


def _total(g):
    """A contribution as an array of the whole size."""
    return g.total() if isinstance(g, Pending) else g


def shares(op, g, out, args, kwargs, parents, careful=False):
    """Pairs (parent, its share of the cotangent g of one call): a step of `pullback` by itself.

    (The loop stands in `pullback` once more: a generator there would take a third of its time.)
    """
    if op.shares is not None:
        for parent, share in op.shares(g, out, args, kwargs, parents, careful):
            yield parent, _total(share)
        return
    if isinstance(out, tuple):
        g = g.filled(out)
    for rule, x, parent in zip(op.rules, args, parents):
        if parent is not None and rule is not None and parent.requires_grad:
            yield parent, op.fitted(rule(g, out, *args, **kwargs), x, g, careful)
