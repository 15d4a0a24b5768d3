"""Assignment: a tensor is bound to a new value, with every view that shows what changed.

The one idea: a view is the call that made it. Called again with the new value it shows that,
and called with the numbers of the elements it says which of them it shows.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from ..messages import refusals
from .arrays import foreign, is_scalar
from .dispatch import registry
from .modes import enable_grad, is_recording, no_grad
from .operators import Operators
from .tape import Argument


class View(NamedTuple):
    """The call that made a view: ``op`` of ``args``, with the tensor it shows in one place."""

    whole: Any
    place: int
    op: Any
    args: tuple
    kwargs: dict

    def of(self, whole):
        """The same view of another whole."""
        return self._called(self.op.answer, whole)

    def shown(self, numbers):
        """The numbers of the elements that it shows; both parts of a complex one have one."""
        return numbers if self.op.f in _PARTS else self._called(self.op.f, numbers)

    def _called(self, f, whole):
        args = list(self.args)
        args[self.place] = whole
        return f(*args, **self.kwargs)

    def stored(self, value):
        """The whole with a value in place of what the view shows."""
        if self.op.f is registry["getitem"].__wrapped__:
            index = self.kwargs["index"]
        elif self.op.f in _PARTS:
            return _PARTS[self.op.f](self.whole, value)
        elif not self.whole.shape:
            index, value = ..., np.reshape(value, ())
        else:
            index = np.unravel_index(self.shown(_numbers(self.whole)), self.whole.shape)
        return registry["setitem"](self.whole, value, index=index)


_CONSTANT = (int, np.integer, type(None))

_PARTS = {
    np.real: lambda z, value: value + 1j * np.imag(z),
    np.imag: lambda z, value: np.real(z) + 1j * value,
}


def mark_view(tensor, op, args, kwargs):
    """Remember of which argument a result is a view, if of any: they share memory."""
    for place, whole in enumerate(args):
        if isinstance(whole, Operators) and _share_memory(tensor._array, whole._array):
            link(tensor, View(whole, place, op, args, kwargs))
            return


def _share_memory(array, whole):
    """Whether an array is another one, or shows some of its elements."""
    if array is whole:
        return not is_scalar(array)
    base = getattr(array, "base", None)
    if base is None:
        return False
    if base is whole or base is getattr(whole, "base", None):
        return True
    return type(array) is type(whole) is np.ndarray and np.may_share_memory(array, whole)


def rebind(tensor, other, what, index):
    """Bind a tensor to another one; its elements at index are those that may be new.

    Nothing is changed before all has been checked and computed. The other is no view of anything.
    """
    root, path = _path(tensor)
    _check_root(root, what)
    if path:
        _check_view(tensor, root, what)
    for view in reversed(path):
        other = view._view.stored(other)
    new = {root: fitted(root, other)}
    if _is_alone(root, path):
        for view in path:
            new[view] = _shown_again(view, new)
    elif _views(root):
        _follow(root, path, index, new)
    for follower, value in new.items():
        _check_bound(follower, value, what)
    for follower, value in new.items():
        bind(follower, value)


def shows(tensor, whole, index):
    """Whether a tensor is the view of a whole at this very index."""
    view = getattr(tensor, "_view", None)
    if view is None or view.whole is not whole or "index" not in view.kwargs:
        return False
    return _is_same(view.kwargs["index"], index)


def _is_same(index, other):
    """Whether two indices are one: Python 3.12 makes the slice of ``x[i:j] += v`` twice."""
    if type(index) is type(other) is slice:
        bounds = [(index.start, other.start), (index.stop, other.stop), (index.step, other.step)]
        return all(a is b and isinstance(a, _CONSTANT) for a, b in bounds)
    return index is other


def augmented(tensor, f, other, what):
    """``x += v``: what NumPy does to the array itself, with every view of it; x.

    A number is replaced, as NumPy's scalars and Python's numbers are: they never change.
    """
    if is_scalar(tensor._array):
        return registry[f](tensor, other)
    _check_root(_path(tensor)[0], what)
    result = registry[f](tensor, other)
    if not np.can_cast(result.dtype, tensor.dtype, "same_kind"):
        raise refusals.augmented_in_another_dtype(tensor, result, what)
    if result.shape != tensor.shape:
        raise refusals.augmented_in_another_shape(tensor, result, what)
    tensor._rebind(result, what)
    return tensor


def fitted(tensor, other):
    """Another tensor as this one is: of its dtype, its shape and its layout in memory."""
    if is_scalar(tensor._array) or _is_alike(tensor._array, other._array):
        return other
    return registry["setitem"](tensor.detach(), other, index=...)


def _is_alike(a, b):
    """Whether one array can stand for another: a later view of it is a view as of the other."""
    return (
        type(a) is type(b)
        and a.shape == b.shape
        and a.dtype == b.dtype
        and is_scalar(a) == is_scalar(b)
        and getattr(a, "strides", None) == getattr(b, "strides", None)
    )


def bind(tensor, other):
    """Take the value and the node of another tensor, and keep the name; a variable stays itself."""
    if is_variable(tensor):
        tensor._array = tensor.node.out = other._array
        return
    if other.node.name is None:
        other.node.name = tensor.node.name
    tensor._array, tensor.node = other._array, other.node


def is_variable(tensor):
    """Whether a tensor is a leaf that gradients are accumulated for."""
    return tensor.requires_grad and tensor.node.op is None and type(tensor.node) is not Argument


def _shown_again(view, new):
    """What a view becomes: on the tape, unless it was taken of a result inside no_grad()."""
    whole = view._view.whole
    kept_off = whole.requires_grad and not view.requires_grad
    recorded = view.requires_grad or (is_recording() and not kept_off)
    value = new[whole]
    if is_variable(whole):  # stays itself, with another value
        value = whole.detach()
        value._array, value.node = new[whole]._array, whole.node
    with enable_grad() if recorded else no_grad():
        return view._view.of(value)


def _follow(root, path, index, new):
    """Add to new, which holds the root's, what each view becomes that shows a touched element."""
    numbers = shown = _numbers(root)
    for view in path:
        shown = view._view.shown(shown)
    touched = np.zeros(root.size, bool)
    known = index if foreign(index) is None else ...  # a traced index is another one in each run
    touched[shown[known]] = True
    stack = [(root, numbers)]
    while stack:
        whole, numbers = stack.pop()
        for view in _views(whole):
            shown = view._view.shown(numbers)
            if touched[shown].any():
                new[view] = _shown_again(view, new)
                stack.append((view, shown))


def _path(tensor):
    """The tensor that is no view, and the views that lead from it to this one."""
    path = []
    while (view := getattr(tensor, "_view", None)) is not None:
        path.append(tensor)
        tensor = view.whole
    return tensor, path[::-1]


def _is_alone(root, path):
    """Whether the views on the path are all that there are of the root and of each other."""
    line = [root, *path]
    return all(_views(whole) == line[i : i + 1] for i, whole in enumerate(line, start=1))


def _numbers(tensor):
    return np.arange(tensor.size).reshape(tensor.shape)


# --- the links between a tensor and its views ---------------------------------------------------


def link(tensor, view):
    """Make a tensor a view of what the view shows."""
    tensor._view = view
    views = getattr(view.whole, "_views", None)
    if views is None:
        view.whole._views = [ref(tensor)]
        return
    if (n := len(views)) > 7 and n.bit_count() == 1:  # at 8, 16 ... forget those that are gone
        views[:] = [link for link in views if link() is not None]
    views.append(ref(tensor))


def _views(tensor):
    """The views of a tensor that are still there."""
    return [view for view in (link() for link in getattr(tensor, "_views", ())) if view is not None]


def is_view(tensor):
    """Whether a tensor shows the elements of another one."""
    return getattr(tensor, "_view", None) is not None


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


def reshape(tensor, twin, shape):
    """Become the reshaped twin, which takes this tensor's place among views."""
    other = np.reshape(twin, shape)
    if is_variable(tensor):
        raise refusals.reshaping_of_a_variable(tensor)
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


def _check_root(root, what):
    """Refuse to write into what must keep its value, or into what would leave the tape."""
    if is_variable(root):
        if is_recording():
            raise refusals.write_into_a_variable(root, what)
    elif root.requires_grad and not is_recording():
        raise refusals.write_off_the_tape(root, what)


def _check_bound(tensor, other, what):
    """Refuse what would change the gradients in silence."""
    if other.requires_grad and is_variable(tensor):  # a view that was made a leaf of its own
        raise refusals.write_into_a_variable(tensor, what)
    if other.requires_grad and tensor.dtype.kind not in "fc":
        raise refusals.write_into_integers(tensor, what)


def _check_view(tensor, root, what):
    """Refuse to write through what NumPy lets nobody write through."""
    if not tensor._array.flags.writeable:
        raise refusals.write_through_a_view(tensor, root, what)
