"""Arrays that are filled part by part: each part goes into the same array.

The gradients of x[i] and x[j] are zeros but for a part each, and their sum is one array that both
are stored into; so is the gradient of windows that overlap, where a part is added to what is there.
"""

import numpy as np

from ..symbolic import calls
from ..symbolic.expressions import Expression, key_of
from ..symbolic.simplification import Rules, fits, number
from .layouts import is_basic

RULES = Rules()


def increment(x, index, value):
    """A copy of x with value added to x[index], where no element is named twice."""
    result = np.array(x)
    result[index] += value
    return result


STORING = {calls.setitem, calls.add_at, increment}


def store_line(writer, step, name):
    """The line of a call that stores something, into the array of that name."""
    _, index, value = step.args
    place, value = writer.index(index), writer.write(value)
    if step.func is not calls.add_at:
        return f"{name}[{place}] {'+=' if step.func is increment else '='} {value}"
    where = f"np.s_[{place}]" if isinstance(index, (tuple, slice)) else writer.write(index)
    return f"np.add.at({name}, {where}, {value})"


@RULES.of(calls.setitem)
def _incremented(graph, args, kwargs, value):
    """x[i] = x[i] + v"""
    x, index, new = args
    if type(x) is not Expression or type(new) is not Expression:
        return None
    place = key_of(index)
    if x.func is increment and new.func is calls.getitem and new.args[0] is x:
        return x if key_of(new.args[1]) == place else None
    if new.func is np.add and not new.kwargs and is_basic(index):
        for read, added in (new.args, new.args[::-1]):
            is_read = type(read) is Expression and read.func is calls.getitem
            is_there = is_read and read.args[0] is x and key_of(read.args[1]) == place
            if is_there and fits(read, new.value):  # x[i] += v leaves shape and dtype as they are
                return graph.call(increment, (x, index, added), {}, value)
    return None


@RULES.of(np.add)
def _of_parts(graph, args, kwargs, value):
    """Zeros with x at i, and zeros with y at j, are zeros with both; of all parts a join."""
    if kwargs or not all(type(x) is Expression and fits(x, value) for x in args):
        return None
    one, two = map(_stores, args)
    if not one or not two:
        return None
    covered = np.zeros(np.shape(value), int)
    for _, index, _ in (*one, *two):
        covered[index] += 1
    if covered.max(initial=0) > 1:
        return None
    joined = _joined(graph, [*one, *two], covered)
    if joined is not None:
        return joined
    x = args[0]
    for _, index, new in two:
        x = graph.apply(calls.setitem, x, index, new)
    return x


def _stores(x):
    """The stores [(zeros, index, value)] that an array of zeros has had, the first first."""
    found = []
    while type(x) is Expression and x.func is calls.setitem and is_basic(x.args[1]):
        found.append(x.args)
        x = x.args[0]
    is_filled = type(x) is Expression and x.func is np.broadcast_to
    return found[::-1] if is_filled and number(x.args[0]) == 0 else []


def _joined(graph, stores, covered):
    """Parts that lie side by side along one axis, and are everything, as a join."""
    if not covered.size or covered.min() == 0:
        return None
    shape, found = covered.shape, []
    for _, index, new in stores:
        part = index if type(index) is tuple else (index,)
        whole = [type(i) is slice and i == slice(None) for i in part]
        axes = [a for a, is_whole in enumerate(whole) if not is_whole]
        if ... in part or len(axes) != 1 or type(part[axes[0]]) is not slice:
            return None
        (axis,) = axes
        start, stop, step = part[axis].indices(shape[axis])
        expected = (*shape[:axis], stop - start, *shape[axis + 1 :])
        if step != 1 or type(new) is not Expression or new.shape != expected:
            return None
        found.append((axis, start, new))
    if len({axis for axis, _, _ in found}) != 1:
        return None
    parts = [new for _, _, new in sorted(found, key=lambda part: part[1])]
    return graph.apply(np.concatenate, parts, axis=found[0][0])


# --- joins of a few numbers ---------------------------------------------------------------------

_FEW = 32  # elements of a join that a kernel stores one part after the other


def is_small_join(step):
    """Whether a call joins small arrays: NumPy would take longer for the call than for the work."""
    return (
        step.kind == "call"
        and step.func in (np.stack, np.concatenate)
        and isinstance(step.value, np.ndarray)
        and 0 < step.value.size <= _FEW
        and step.kwargs.keys() <= {"axis"}
        and len(step.args) == 1
        and type(step.kwargs.get("axis", 0)) is int
        and all(type(x) is Expression and x.dtype == step.dtype for x in step.args[0])
    )


def joined(graph, step, new):
    """The same array, filled part by part."""
    axis = step.kwargs.get("axis", 0) % step.ndim
    zero = graph.constant(step.dtype.type(0))
    found = graph.apply(np.broadcast_to, zero, step.shape)
    start, before = 0, (slice(None),) * axis
    for x in step.args[0]:
        stop = start + (1 if step.func is np.stack else x.shape[axis])
        place = start if step.func is np.stack else slice(start, stop)
        if stop > start:
            found = graph.apply(calls.setitem, found, (*before, place), new(x))
        start = stop
    return found
