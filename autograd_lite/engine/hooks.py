"""Hooks: functions of the user that see, or replace, the gradient of a tensor in the backward pass.

A node holds its hooks and they do not know it, so a hook keeps nothing alive but what its
function refers to. A pass pays for hooks only while there is one, anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakSet

import numpy as np

from ..messages import refusals
from .arrays import asarray

alive: WeakSet[Hook] = WeakSet()  # those that are not removed; to ask its data is no call


class Hook:
    """A function called with the gradient of a tensor; made by ``Tensor.register_hook``."""

    __slots__ = ("__weakref__", "f")

    def __init__(self, node, f: Callable):
        if not callable(f):
            raise TypeError(f"a hook is a function of the gradient, not {f!r}")
        self.f = f
        node.hooks = (*of(node), self)
        alive.add(self)

    def remove(self) -> None:
        """Call the function no more."""
        alive.discard(self)

    def __enter__(self) -> Hook:
        return self

    def __exit__(self, *error):
        self.remove()

    def __repr__(self):
        return f"<hook {_name(self.f)}{'' if self in alive else ', removed'}>"


class Retained:
    """A hook that keeps the gradient of a result."""

    def __init__(self):
        self.grad = None

    def __call__(self, g):
        """Add the gradient of one more backward pass."""
        g = np.array(getattr(g, "_array", g))
        self.grad = g if self.grad is None else self.grad + g


def retained(node):
    """What keeps the gradient of a result, or None."""
    return next((hook.f for hook in of(node) if isinstance(hook.f, Retained)), None)


def of(node):
    """The hooks of a node, in the order in which they are called."""
    return tuple(hook for hook in getattr(node, "hooks", ()) if hook in alive)


def backward_pass(run, targets, convert):
    """A backward pass in which every hook is called once: when its node's cotangent is known.

    ``run(arrive)`` makes the pass; ``convert`` makes a cotangent of what a hook returned.
    """
    reached = set()
    keeps = not targets  # backward() accumulates; gradients() and the like only look

    def arrive(node, g):
        reached.add(node)
        return _answered(node, g, convert, keeps)

    table = run(arrive)
    wanted = set(targets) or {node for node in table if node.op is None}
    for node in table.keys() & wanted - reached:  # the leaves, and the oldest target
        table[node] = _answered(node, table[node], convert, keeps)
    return table


def _answered(node, g, convert, keeps):
    """The cotangent of a node after its hooks."""
    for hook in of(node):
        if isinstance(hook.f, Retained) and not keeps:
            continue
        answer = hook.f(g if hasattr(g, "node") else asarray(g).copy())
        if answer is None:
            continue
        answer = convert(answer)
        if answer.shape != g.shape or not np.can_cast(answer.dtype, g.dtype, "same_kind"):
            raise refusals.answer_of_a_hook(_name(hook.f), answer, node, g)
        g = answer.astype(g.dtype)
    return g


def _name(f):
    return getattr(f, "__qualname__", repr(f))
