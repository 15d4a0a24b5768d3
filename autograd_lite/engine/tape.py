"""The tape: every call to be differentiated, and the backward pass through it.

The one idea: a call is newer than its inputs, so "newest first" is a topological order.
No graph search, no recursion, and 2^60 paths through 60 nodes cost 60 visits.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from operator import attrgetter

_next_serial = count(1).__next__
_serial = attrgetter("serial")
NO_KEYWORDS: dict = {}


class Operation:
    """What a node records a call of.

    Attributes
    ----------
    name : str
    f : callable
        Of plain arrays.
    rules : tuple
        One for each argument that is an array, or a sequence of arrays: the rule
        ``rule(g, out, *args, **kwargs)`` pulls a cotangent back to it, None stands for zero.
    broadcasts : bool
        Whether the arguments are broadcast, so that contributions are summed over those axes.
    sequence : bool
        Whether an argument may be a sequence of arrays.
    by_rules : bool
        Whether the contributions are what the rules give, one for each argument.
    is_users : bool
        Whether f is a function of the user's.
    repeats : bool
        Whether f of the same arguments gives the same values once more.
    reads_out : bool
        Whether a rule reads the result.
    """

    name = ""
    rules: tuple = ()
    broadcasts = sequence = by_rules = is_users = repeats = False
    reads_out = True

    def cotangents(self, g, out, args, kwargs, parents, careful=False):
        """One step back: pairs (parent, contribution) of the cotangent g of one call.

        ``out`` and ``args`` are the values of the call: arrays, or tensors so that the step
        itself is recorded, or whatever stands for them. For a parent that requires no gradient
        there is no pair. With ``careful`` a zero cotangent times an undefined derivative is zero.
        """
        raise NotImplementedError


class Node:
    """A value on the tape: the result of a call, ``out = op(*args, **kwargs)``, or a leaf.

    ``parents`` is aligned with ``args``: the node that an argument came from, None for
    a plain constant, and a tuple of these for an argument that is a sequence of arrays.
    A node never points at a Tensor: there is no cycle, and a graph is freed at the
    moment its last tensor is. ``hooks`` and ``trace`` are set only on nodes that have
    hooks, and on those recorded while anomalies are looked for.
    """

    __slots__ = ("op", "kwargs", "serial", "name", "hooks", "trace")
    requires_grad = True  # a call is recorded only if one of its inputs requires a gradient

    def values(self):
        """The result and the arguments as the rules read them."""
        return self.out, self.args

    def step(self, g, careful=False):
        """One step back through this call; see `Operation.cotangents`."""
        return self.op.cotangents(g, self.out, self.args, self.kwargs, self.parents, careful)

    def free(self):
        """Give back the values; no gradient can pass this call again."""
        self.op, self.out, self.kwargs = _FREED, None, NO_KEYWORDS
        self.args = self.parents = ()

    def inputs(self):
        """Pairs (value, parent) of the arguments, those inside a sequence one by one."""
        for value, parent in zip(self.args, self.parents, strict=True):
            if type(parent) is tuple:
                yield from zip(value, parent, strict=True)
            else:
                yield value, parent


class Call(Node):
    """A call of any number of arguments."""

    __slots__ = ("args", "out", "parents")

    def __init__(self, op, args, kwargs, out, parents):
        self.op, self.args, self.kwargs = op, args, kwargs
        self.out, self.parents = out, parents
        self.serial, self.name = _next_serial(), None


# Most calls are of one or two arrays. Their nodes hold no tuples: a tuple of nodes is one more
# object for the garbage collector to look through, which of a million calls is half of its time.


class CallOfOne(Node):
    """A call of one array, whose node is p."""

    __slots__ = ("out", "p", "x")
    args = property(lambda self: (self.x,), lambda self, values: setattr(self, "x", *values))
    parents = property(lambda self: (self.p,))

    def __init__(self, op, kwargs, out, x, p):
        self.op, self.kwargs, self.out = op, kwargs, out
        self.x, self.p = x, p
        self.serial, self.name = _next_serial(), None

    def free(self):
        self.op, self.out, self.kwargs = _FREED, None, NO_KEYWORDS
        self.x = self.p = None

    def step(self, g, careful=False):
        """One step back by the operation's rule."""
        op, x, p, kwargs = self.op, self.x, self.p, self.kwargs
        if careful or not op.by_rules or not p.requires_grad:
            return op.cotangents(g, self.out, (x,), kwargs, (p,), careful)
        [rule] = op.rules
        gx = rule(g, self.out, x, **kwargs) if kwargs else rule(g, self.out, x)
        if getattr(gx, "shape", None) != x.shape or gx.dtype is not x.dtype:
            gx = op.fitted(gx, x, g, False)
        return [(p, gx)]


class CallOfTwo(Node):
    """A call of two arrays without keywords; p and q are their nodes.

    What no rule reads need not stay: then ``value`` is None, or x and y are `Forgotten`, and
    ``out`` and ``args`` compute it again.
    """

    __slots__ = ("p", "q", "value", "x", "y")
    out = property(lambda self: complete(self).value, lambda self, out: setattr(self, "value", out))
    parents = property(attrgetter("p", "q"))

    def __init__(self, op, out, x, y, p, q):
        self.op, self.kwargs, self.value = op, NO_KEYWORDS, out
        self.x, self.y = x, y
        self.p, self.q = p, q
        self.serial, self.name = _next_serial(), None

    @property
    def args(self):
        return complete(self).x, self.y

    @args.setter
    def args(self, values):
        self.x, self.y = values

    def values(self):
        return self.value, (self.x, self.y)

    def free(self):
        self.op, self.value = _FREED, None
        self.x = self.y = self.p = self.q = None

    def step(self, g, careful=False):
        """One step back by the operation's two rules."""
        op, out, x, y, p, q = self.op, self.value, self.x, self.y, self.p, self.q
        if careful or not op.by_rules:
            return op.cotangents(g, out, (x, y), NO_KEYWORDS, (p, q), careful)
        pairs, (rule_of_x, rule_of_y) = [], op.rules
        if p is not None and p.requires_grad:
            gx = rule_of_x(g, out, x, y)
            if getattr(gx, "shape", None) != x.shape or gx.dtype is not x.dtype:
                gx = op.fitted(gx, x, g, False)
            pairs.append((p, gx))
        if q is not None and q.requires_grad:
            gy = rule_of_y(g, out, x, y)
            if getattr(gy, "shape", None) != y.shape or gy.dtype is not y.dtype:
                gy = op.fitted(gy, y, g, False)
            pairs.append((q, gy))
        return pairs


class Forgotten:
    """What stands on the tape for an array of which the rules read no more than this."""

    __slots__ = ("dtype", "shape")

    def __init__(self, x):
        self.shape, self.dtype = x.shape, x.dtype


def forget_operands(node):
    """Keep no operand of a sum that can be computed again.

    That is the result of a call of two tensors, whose values nobody writes into.
    """
    if type(node) is not CallOfTwo or node.p is None or node.q is None:
        return
    out = Forgotten(node.value)
    for slot, x, p in (("x", node.x, node.p), ("y", node.y, node.q)):
        if p.op is not None and x.shape == out.shape and x.dtype == out.dtype:
            setattr(node, slot, out)
            if type(p) is CallOfTwo and p.p and p.q and not p.op.reads_out:
                p.value = None


def complete(node):
    """A call of two, once what it has forgotten is computed again; that of older calls first."""
    incomplete, stack = set(), [node]
    while stack:
        one = stack.pop()
        if type(one) is not CallOfTwo or one in incomplete:
            continue
        if one.op is _FREED:
            _FREED.refuse()
        if one.value is None or type(one.x) is Forgotten or type(one.y) is Forgotten:
            incomplete.add(one)
            stack += [p for x, p in ((one.x, one.p), (one.y, one.q)) if type(x) is Forgotten]
    for one in sorted(incomplete, key=_serial):
        one.x = one.p.out if type(one.x) is Forgotten else one.x
        one.y = one.q.out if type(one.y) is Forgotten else one.y
        one.value = one.op.again(one.x, one.y) if one.value is None else one.value
    return node


CALLS = frozenset({Call, CallOfOne, CallOfTwo})


class _Freed(Operation):
    """What stands for the operation of a call that has been freed."""

    name = "freed"

    def refuse(self, *args):
        """Raise: the values are needed once more."""
        raise ValueError(
            "this part of the tape is gone: backward(keep_tape=False) frees the calls that it has "
            "passed. Compute the tensor again, or leave keep_tape=False out of the first backward()"
        )

    cotangents = refuse


_FREED = _Freed()


class Leaf(Node):
    """Where a graph begins: a variable or a constant. Only leaves accumulate ``grad``.

    A leaf stays the same variable while its value is rebound; the calls that used an
    earlier value keep it in their ``args``.
    """

    __slots__ = ("requires_grad", "grad", "out")
    args = parents = ()

    def __init__(self, out, requires_grad=False):
        self.op = self.name = self.grad = None
        self.kwargs = NO_KEYWORDS
        self.out = out
        self.serial = _next_serial()
        self.requires_grad = requires_grad

    def __reduce__(self):
        return Leaf, (self.out, self.requires_grad), (None, {"grad": self.grad, "name": self.name})


class Argument(Leaf):
    """A differentiated argument of a function: a value of its own, which it may assign to.

    ``uses`` has an entry for each call and each pass under way that differentiates with respect
    to it. After the last one nobody asks for its gradient any more.
    """

    __slots__ = ("uses",)


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
        for many in node.parents:
            for parent in many if type(many) is tuple else (many,):
                if parent is not None and parent not in seen:
                    seen[parent] = None
                    stack.append(parent)
    return sorted(seen, key=_serial)


def backward_pass(seeds, targets=(), arrive=None, step=None, careful=False, leave=None, ends=None):
    """The cotangents {node: g} after a pass from the seeds {node: g}, newest node first.

    When a node is reached, all uses of its value have contributed. What stays: ``targets``,
    the leaves, and the frontier - nodes older than every target, which the pass did not need
    to enter. Nothing is stored on any node.

    Parameters
    ----------
    arrive : callable, optional
        ``arrive(node, g)`` returns what goes on of a cotangent that has arrived.
    step : callable, optional
        ``step(node, g, careful)`` returns pairs (parent, contribution) in place of the node's
        own `Node.step`; a contribution may be `Pending`.
    careful : bool
        Whether a zero cotangent times an undefined derivative is zero.
    leave : callable, optional
        ``leave(node)`` is called when a node has been passed; `Node.free` gives its values back.
    ends : dict, optional
        Gets {leaf: node}: the call that a leaf's cotangent comes from, where it is from one alone.
    """
    targets = frozenset(targets)
    oldest = min(map(_serial, targets)) if targets else 0
    cotangents, sums, ends = dict(seeds), set(), {} if ends is None else ends
    one, queue = None, []  # those that wait: in a chain there is only one
    for node in cotangents:
        if node.op is None:
            continue
        if one:
            heappush(queue, (-node.serial, node))
        else:
            one = node
    while one or queue:
        if one and not (queue and -queue[0][0] > one.serial):
            node, one = one, None
        else:
            node = heappop(queue)[1]
        if node.serial <= oldest:
            break
        g = cotangents.pop(node)
        if isinstance(g, Pending):
            g = g.total()
        if arrive is not None:
            g = arrive(node, g)
        if node in targets:
            cotangents[node] = g
        pairs = node.step(g, careful) if step is None else step(node, g, careful)
        for parent, contribution in pairs:
            if (g := cotangents.get(parent)) is None:
                cotangents[parent] = contribution
                if parent.op is None:
                    ends[parent] = node
                elif one:
                    heappush(queue, (-parent.serial, parent))
                else:
                    one = parent
            elif parent in sums and type(contribution) is type(g):  # this pass's own
                cotangents[parent] += contribution
            else:
                cotangents[parent] = g + contribution
                if step is None:
                    sums.add(parent)
                ends.pop(parent, None)
        if leave is not None:
            leave(node)
    for node, g in cotangents.items():
        if isinstance(g, Pending):
            cotangents[node] = g.total()
    return cotangents
