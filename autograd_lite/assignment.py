"""Assignment: a tensor is bound to a new value, and so is every view that shows what changed.

The one idea: a view is the call that made it. Called again with the new value it shows that,
and called with the numbers of the elements it says which of them it shows.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from . import errors
from .dispatch import registry
from .operators import Operators
from .tape import Argument, is_recording


class View(NamedTuple):
    """The call that made a view: ``op`` of ``args``, with the tensor it shows in one place."""

    whole: Any
    place: int
    op: Any
    args: tuple
    kwargs: dict

    def of(self, f, whole):
        """What f, the operation or its function, makes of another whole."""
        args = list(self.args)
        args[self.place] = whole
        return f(*args, **self.kwargs)


def mark_view(tensor, op, args, kwargs):
    """Remember of which argument a result is a view, if of any: they share memory."""
    base = tensor._array.base
    for place, whole in enumerate(args):
        if isinstance(whole, Operators) and (base is whole._array or base is whole._array.base):
            _link(tensor, View(whole, place, op, args, kwargs))
            return


def rebind(tensor, other, what, index):
    """Bind a tensor to another one; its elements at index are those that may be new.

    Nothing is changed before all has been checked and computed. The other is no view of anything.
    """
    _check_tensor(tensor, other, what)
    root, calls = _root(tensor)
    new = {}
    if calls or _views(root):
        numbers = np.arange(root.size).reshape(root.shape)
        shown = _shown(numbers, calls)
        if calls:
            _check_view(tensor, root, what)
            other = registry["setitem"](root, other, index=np.unravel_index(shown, root.shape))
        new[root] = other
        touched = np.zeros(root.size, bool)
        touched[shown[index]] = True
        _follow(root, numbers, touched, new)
        for follower, value in new.items():
            _check_tensor(follower, value, what)
    else:
        new[tensor] = other
    for follower, value in new.items():
        bind(follower, value)


def bind(tensor, other):
    """Take the value and the node of another tensor, and keep the name."""
    if other.node.name is None:
        other.node.name = tensor.node.name
    tensor._array, tensor.node = other._array, other.node


def _follow(root, numbers, touched, new):
    """Add to new, which holds the root's, what each view becomes that shows a touched element."""
    stack = [(root, new[root], numbers)]
    while stack:
        whole, value, numbers = stack.pop()
        for tensor in _views(whole):
            view = tensor._view
            shown = view.of(view.op.f, numbers)
            if touched[shown].any():
                new[tensor] = view.of(registry[view.op.f], value)
                stack.append((tensor, new[tensor], shown))


def _root(tensor):
    """The tensor that is no view, and the calls that lead from it to this one."""
    calls = []
    while (view := getattr(tensor, "_view", None)) is not None:
        calls.append(view)
        tensor = view.whole
    return tensor, calls[::-1]


def _shown(numbers, calls):
    """The numbers of the elements that a view shows."""
    for view in calls:
        numbers = view.of(view.op.f, numbers)
    return numbers


# --- the links between a tensor and its views ---------------------------------------------------


def _link(tensor, view):
    tensor._view = view
    views = getattr(view.whole, "_views", None)
    if views is None:
        view.whole._views = [ref(tensor)]
        return
    if len(views).bit_count() == 1:  # at 1, 2, 4, 8 ... links forget those that are gone
        views[:] = [link for link in views if link() is not None]
    views.append(ref(tensor))


def _views(tensor):
    """The views of a tensor that are still there."""
    return [view for view in (link() for link in getattr(tensor, "_views", ())) if view is not None]


def _unlink(tensor):
    views = tensor._view.whole._views
    views[:] = [link for link in views if link() is not tensor]
    tensor._view = None


def separate(tensor):
    """Show the elements of no other tensor any more, and let no other show these."""
    if getattr(tensor, "_view", None) is not None:
        _unlink(tensor)
    for other in _views(tensor):
        separate(other)


def reshape(tensor, twin, other):
    """Become another tensor, a reshaped twin; the twin takes this tensor's place among views."""
    _check_tensor(tensor, other, "x.shape = ...")
    view, views = getattr(tensor, "_view", None), _views(tensor)
    bind(tensor, other)
    if view is None and not views:
        return
    if view is not None:
        _unlink(tensor)
        _link(twin, view)
    for one in views:
        shown = one._view
        _unlink(one)
        _link(one, shown._replace(whole=twin))
    _link(tensor, other._view)


# --- what is refused ----------------------------------------------------------------------------


def _check_tensor(tensor, other, what):
    """Refuse what would change the gradients in silence."""
    if tensor.requires_grad and tensor.node.op is None and type(tensor.node) is not Argument:
        raise ValueError(
            f"{what} on {errors.describe(tensor)}, a leaf that requires a gradient: it would "
            "be a leaf no longer, and its .grad would be lost. Write y = x.copy(); y[i] = v"
        )
    if tensor.requires_grad and not is_recording():
        raise ValueError(
            f"{what} on {errors.describe(tensor)} inside no_grad() would take it off the tape "
            "in silence: write y = x.copy(); y[i] = v"
        )
    if other.requires_grad and tensor.dtype.kind not in "fc":
        raise TypeError(
            f"{what} on {errors.describe(tensor)} would round a tensor that requires a gradient: "
            "make it of floats, ag.zeros(...) or x.astype(float)"
        )


def _check_view(tensor, root, what):
    """Refuse to write through what NumPy lets nobody write through, or what has other numbers."""
    of = f"{what} on {errors.describe(tensor)}, a view of {errors.describe(root)}"
    if not tensor._array.flags.writeable:
        raise ValueError(
            f"{of} that is read-only, as in NumPy: several of its elements may be one of the "
            "whole. Assign to the whole, or to a copy, y = v.copy()"
        )
    if tensor.dtype != root.dtype:
        raise ValueError(
            f"{of} with numbers of another kind: assign to the whole, x[i] = re + 1j * im, or to "
            "a copy, y = x.real.copy()"
        )
