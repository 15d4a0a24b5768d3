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

    def stored(self, value):
        """The whole with a value in place of what the view shows."""
        index = self.kwargs.get("index")
        if self.op.f is not registry["getitem"].__wrapped__:
            index = np.unravel_index(self.of(self.op.f, _numbers(self.whole)), self.whole.shape)
        return registry["setitem"](self.whole, value, index=index)


def mark_view(tensor, op, args, kwargs):
    """Remember of which argument a result is a view, if of any: they share memory."""
    array = tensor._array
    for place, whole in enumerate(args):
        if isinstance(whole, Operators) and _share_memory(array, whole._array):
            link(tensor, View(whole, place, op, args, kwargs))
            return


def _share_memory(array, whole):
    """Whether an array is another one, or shows some of its elements."""
    if array is whole:
        return not is_number(array)
    base = getattr(array, "base", None)
    if base is None:
        return False
    if base is whole or base is getattr(whole, "base", None):
        return True
    return type(array) is type(whole) is np.ndarray and np.may_share_memory(array, whole)


def rebind(tensor, other, what, index):
    """Bind a tensor to another one; its elements at index are those that may be new.

    The tensors that it is a view of, and other views of these, change with it. Nothing is changed
    before all has been checked and computed. The other is no view of anything.
    """
    root, path = _path(tensor)
    _check_root(root, tensor, what)
    if path:
        _check_view(tensor, root, what)
    new = {tensor: other}
    for view in reversed(path):
        other = new[view.whole] = view.stored(other)
    way = [*(view.whole for view in path), tensor]
    if any(_views(one) != way[i + 1 : i + 2] for i, one in enumerate(way)):
        _follow(way, index, new)
    if _is_parameter(root):
        for one in [one for one in new if one is not root and one.requires_grad]:
            separate(one)  # it stays what the tape has of it
            del new[one]
    for follower, value in new.items():
        _check_bound(follower, value, what)
    for follower, value in new.items():
        bind(follower, value)
    if type(root._array) is np.ndarray:
        for one in dict.fromkeys([*way, *new]):  # in the layout of memory of the whole
            if one in new and one is not root:
                one._array = one._view.of(one._view.op.f, one._view.whole._array)


def shows(tensor, whole, index):
    """Whether a tensor is the view of a whole at this very index."""
    view = getattr(tensor, "_view", None)
    if view is None or view.whole is not whole or "index" not in view.kwargs:
        return False
    return view.kwargs["index"] is index


def augmented(tensor, f, other, what):
    """``x += v``: what NumPy does to the array itself, with every view of it; x.

    A number is replaced, as NumPy's scalars and Python's numbers are: they never change.
    """
    if is_number(tensor._array):
        return registry[f](tensor, other)
    root, _ = _path(tensor)
    _check_root(root, tensor, what)
    result = registry[f](tensor, other)
    if not np.can_cast(result.dtype, tensor.dtype, "same_kind"):
        raise TypeError(
            f"{what} on {errors.describe(tensor)}: a result of dtype {result.dtype} cannot be "
            f"stored into one of {tensor.dtype}, as in NumPy: write x = x.astype({result.dtype}) "
            "before it"
        )
    if result.shape != tensor.shape:
        raise ValueError(
            f"{what} on {errors.describe(tensor)}: a result of shape {result.shape} does not fit "
            "into it, as in NumPy: write x = x + v for an array of a new shape"
        )
    result = result if result.dtype == tensor.dtype else result.astype(tensor.dtype)
    if getattr(plain(result), "strides", None) != getattr(tensor._array, "strides", None):
        result = registry["setitem"](tensor, result, index=...)  # in the layout of memory of x
    tensor._rebind(result, what)
    return tensor


def plain(value):
    """The value of a tensor, anything else as it is."""
    return value._array if isinstance(value, Operators) else value


def is_number(array):
    """Whether a value is a number, which nothing can write into, and no array of one element."""
    value = getattr(array, "value", array)  # of a traced one
    return isinstance(value, (np.generic, int, float, complex))


def bind(tensor, other):
    """Take the value and the node of another tensor, and keep the name; a parameter its node."""
    if _is_parameter(tensor):
        tensor._array = tensor.node.out = other._array
        return
    if other.node.name is None:
        other.node.name = tensor.node.name
    tensor._array, tensor.node = other._array, other.node


def _is_parameter(tensor):
    """Whether a tensor is a leaf that requires a gradient, and no argument of a function."""
    node = tensor.node
    return node.op is None and node.requires_grad and type(node) is not Argument


def _follow(way, index, new):
    """Add to new, which holds what is on the way from the root, what each other view becomes."""
    numbers = {way[0]: _numbers(way[0])}
    for one in way[1:]:
        numbers[one] = one._view.of(one._view.op.f, numbers[one._view.whole])
    touched = np.zeros(way[0].size, bool)
    touched[numbers[way[-1]][index]] = True
    stack = list(numbers.items())
    while stack:
        whole, numbers = stack.pop()
        for other in _views(whole):
            view = other._view
            visible = view.of(view.op.f, numbers)
            if other not in new and touched[visible].any():
                new[other] = view.of(view.op.answer, new[whole])
                stack.append((other, visible))


def _path(tensor):
    """The tensor that is no view, and the views that lead from it to this one."""
    views = []
    while (view := getattr(tensor, "_view", None)) is not None:
        views.append(view)
        tensor = view.whole
    return tensor, views[::-1]


def _numbers(tensor):
    """The numbers of a tensor's elements, in its shape."""
    return np.arange(tensor.size).reshape(tensor.shape)


# --- the links between a tensor and its views ---------------------------------------------------


def link(tensor, view):
    """Remember that a tensor shows elements of another one."""
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
    _check_root(tensor, tensor, "x.shape = ...")
    _check_bound(tensor, other, "x.shape = ...")
    view, views = getattr(tensor, "_view", None), _views(tensor)
    bind(tensor, other)
    if view is None and not views:
        return
    if view is not None:
        _unlink(tensor)
        link(twin, view)
    for one in views:
        shown = one._view
        _unlink(one)
        link(one, shown._replace(whole=twin))
    link(tensor, other._view)


# --- what is refused ----------------------------------------------------------------------------


def _check_root(root, tensor, what):
    """Refuse to write into a parameter while calls are recorded: it would be a leaf no longer."""
    if is_recording() and _is_parameter(root):
        of = "" if root is tensor else f", a view of {errors.describe(root)}"
        raise ValueError(
            f"{what} on {errors.describe(tensor)}{of}, a leaf that requires a gradient: it would "
            "be a leaf no longer, and its .grad would be lost. To update a parameter write "
            "w.data = w.data - lr * w.grad, or put the line into a block `with ag.no_grad():`; "
            "for a new tensor on the tape write y = x.copy(); y[i] = v"
        )


def _check_bound(tensor, other, what):
    """Refuse what would change the gradients in silence."""
    if tensor.requires_grad and not _is_parameter(tensor) and not is_recording():
        raise ValueError(
            f"{what} on {errors.describe(tensor)} inside no_grad() would take it off the tape "
            "in silence: write y = x.copy(); y[i] = v, or move the line out of no_grad()"
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
