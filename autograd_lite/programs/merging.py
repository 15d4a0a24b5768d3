"""Sums whose terms are computed together: what loops over time and over windows leave behind.

The gradient of a matrix that every step of a loop uses is a sum x1.T @ y1 + x2.T @ y2 + ..., which
is one product of all x, one below the other, with all y. Sums of arrays that are zero but for a
part are those of `storing`.
"""

from collections import Counter

import numpy as np

from ..symbolic import calls
from ..symbolic.expressions import Expression
from ..symbolic.graph import needed, operands_of, rewritten, sum_of
from ..symbolic.simplification import fits
from .storing import RULES, is_small_join, joined

_LONGEST = 256  # rows of a term, up to which its product is a small one
_FEWEST = 4  # terms from which it is worth a copy of them


def merged(steps, inputs, results, splits_joins=False):
    """A graph with fewer sums, and its results; ``splits_joins`` stores small joins."""
    steps = needed(steps, operands_of(results))
    uses = Counter(x for step in steps for x in step.operands())
    uses.update(operands_of(results))
    groups = _groups(steps, uses)

    def merged_sum(graph, step, new):
        if step in groups:
            return sum_of(graph, [_merged(graph, *each, new) for each in groups[step].items()])
        return joined(graph, step, new) if splits_joins and is_small_join(step) else None

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
    if all(x is source for x, _ in rows) and _are_all({i for _, i in rows}, source):
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


def _are_all(positions, source):
    return source is not None and positions == set(range(source.shape[0]))
