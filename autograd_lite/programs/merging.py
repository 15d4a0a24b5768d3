"""Sums that are made in fewer steps: what loops over time and over windows leave behind.

The gradient of a matrix that every step of a loop uses is a sum x1.T @ y1 + x2.T @ y2 + ..., which
is one product of all x, one below the other, with all y. The gradients of x[i] and x[j] are zeros
but for a part each, and their sum is one array that both are stored into; so is the gradient of
windows that overlap, where a part is added to what is there.
"""

from collections import Counter

import numpy as np

from ..symbolic import calls
from ..symbolic.expressions import Expression, key_of
from ..symbolic.graph import needed, operands_of, rewritten, sum_of
from ..symbolic.rule_table import Rules, fits, number
from ..symbolic.simplification import simplified
from .layouts import is_basic

RULES = Rules(simplified)


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


# --- joins --------------------------------------------------------------------------------------


def _is_join(step, most):
    """Whether a call joins arrays, of at most so many elements."""
    return (
        step.kind == "call"
        and step.func in (np.stack, np.concatenate)
        and isinstance(step.value, np.ndarray)
        and 0 < step.value.size <= most
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


_LONGEST = 256  # rows of a term, up to which its product is a small one
_FEWEST = 4  # terms from which it is worth a copy of them


def merged(steps, inputs, results, most_joined=0):
    """A graph with fewer sums, and its results; joins of few elements are stored part by part."""
    steps = needed(steps, operands_of(results))
    uses = Counter(x for step in steps for x in step.operands())
    uses.update(operands_of(results))
    groups = _groups(steps, uses)

    def merged_sum(graph, step, new):
        if step in groups:
            return sum_of(graph, [_merged(graph, *each, new) for each in groups[step].items()])
        return joined(graph, step, new) if _is_join(step, most_joined) else None

    return rewritten(steps, inputs, results, RULES, merged_sum)


def _groups(steps, uses):
    """{the last sum of a chain: {a kind of term: its terms}}, where a kind has many."""
    inside = set()  # sums that only another sum needs
    terms = {}  # {sum: all terms of its chain}
    for step in steps:
        if step.kind != "guard" and step.func is np.add and not step.kwargs:
            found = []
            for x in step.args:
                if x in terms and uses[x] == 1:
                    inside.add(x)
                    found += terms[x]
                else:
                    found.append(x)
            if all(type(x) is Expression and fits(x, step.value) for x in found):
                terms[step] = found
    groups = {}
    for step, found in terms.items():
        if step in inside or len(found) < _FEWEST:
            continue
        kinds = {}
        for x in found:
            kinds.setdefault(_kind(x, uses), []).append(x)
        if any(kind is not None and len(kinds[kind]) >= _FEWEST for kind in kinds):
            groups[step] = kinds
    return groups


def _kind(term, uses):
    """What terms that can be merged have in common; None for others."""
    if uses[term] != 1 or term.kind != "call":
        return None
    if term.func is np.matmul and _is_product(*term.args):
        x, y = term.args
        return np.matmul, x.shape[0], y.shape[1], x.dtype, y.dtype
    if term.func is np.sum and _summed_rows(term):
        return np.sum, term.shape, term.args[0].dtype
    return None


def _is_product(x, y):
    """Whether a product is of the form x.T @ y of matrices."""
    matrices = type(x) is type(y) is Expression and x.ndim == y.ndim == 2
    is_small = matrices and y.shape[0] <= _LONGEST
    return is_small and x.func is np.transpose and len(x.args) == 1 and not x.kwargs


def _summed_rows(term):
    axis = term.kwargs.get("axis", term.args[1] if len(term.args) > 1 else None)
    x = term.args[0]
    is_small = x.ndim == 2 and x.shape[0] <= _LONGEST
    only_axis = len(term.args) <= 2 and set(term.kwargs) <= {"axis"}
    return is_small and only_axis and axis in (0, (0,))


def _merged(graph, kind, terms, new):
    """The sum of terms of one kind."""
    if kind is None or len(terms) < _FEWEST:
        return sum_of(graph, map(new, terms))
    if kind[0] is np.sum:
        rows = graph.apply(np.concatenate, [new(x.args[0]) for x in terms])
        return graph.apply(np.sum, rows, axis=0)
    pairs = [(new(x.args[0].args[0]), new(x.args[1])) for x in terms]
    rows = [_row(x) for x, _ in pairs]
    source = rows[0][0]
    is_one = source is not None and all(x is source for x, _ in rows)
    if is_one and {i for _, i in rows} == set(range(source.shape[0])):
        pairs = [pair for _, pair in sorted(zip(rows, pairs), key=lambda both: both[0][1])]
        left = graph.apply(np.reshape, source, (-1, source.shape[-1]))
    else:
        left = graph.apply(np.concatenate, [x for x, _ in pairs])
    right = graph.apply(np.concatenate, [y for _, y in pairs])
    return graph.apply(np.matmul, graph.apply(np.transpose, left), right)


def _row(x):
    """(array, i) of x = array[i]."""
    is_row = x.func is calls.getitem and type(x.args[1]) is int
    return x.args if is_row else (None, None)
