"""Einstein sums: the contribution of an operand is one more Einstein sum.

The one idea: of g and the other operands, summed to the labels of this one. What such a sum
cannot say, two helpers do: an identity matrix holds the places of a repeated label together,
and a vector of ones gives back an axis that nothing else has.
"""

import string
from collections import Counter

import numpy as np

from ..engine.primitives import composed, primitive

LETTERS = string.ascii_uppercase + string.ascii_lowercase  # NumPy's, for labels given as numbers

LARGE = 10_000  # products of sizes from which looking for a product of matrices pays


def einsum(arrays, subscripts, optimize=False):
    return np.einsum(subscripts, *arrays, optimize=optimize)


def einsum1(x, subscripts, optimize=False):
    return np.einsum(subscripts, x, optimize=optimize)


def einsum2(x, y, subscripts, optimize=False):
    return np.einsum(subscripts, x, y, optimize=optimize)


def _pulled(position, g, arrays, subscripts, optimize):
    """The contribution to the array at this position."""
    *terms, result = _labels(subscripts, list(map(np.ndim, arrays)))
    others = [(g, result), *zip(arrays, terms, strict=True)]
    x, term = others.pop(position + 1)
    full = {
        label
        for array, labels in others
        for label, n in zip(labels, np.shape(array), strict=True)
        if n != 1
    }
    target = []
    for label, n in zip(term, x.shape, strict=True):
        if n == 1:  # perhaps broadcast, and then summed over
            continue
        if label in target:
            twin = (label, len(target))
            others.append((np.eye(n, dtype=g.dtype), [label, twin]))
            label = twin
        elif label not in full:
            others.append((np.ones(n, dtype=g.dtype), [label]))
        target.append(label)
    if x.size * np.size(g) > LARGE or not isinstance(optimize, (bool, str)):
        optimize = True  # and a path is one of the forward sum only
    return np.reshape(_summed(others, target, optimize), x.shape)


def _summed(operands, target, optimize):
    """An Einstein sum of pairs (array, labels), where labels may be anything."""
    number = {}
    for _, labels in operands:
        for label in labels:
            number.setdefault(label, len(number))
    flat = [part for x, labels in operands for part in (x, [number[label] for label in labels])]
    return np.einsum(*flat, [number[label] for label in target], optimize=optimize)


def _labels(subscripts, ndims):
    """The labels of every operand's axes and of the result's; those of an ellipsis are numbers."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    hidden = [n - len(t.replace(".", "")) if "." in t else 0 for t, n in zip(terms, ndims)]
    widest = max(hidden)
    if not arrow:
        count = Counter(left.replace(",", "").replace(".", ""))
        right = "..." + "".join(sorted(label for label, n in count.items() if n == 1))
    found = []
    for term, n in zip([*terms, right], [*hidden, widest]):
        before, _, after = term.partition("...")
        spelled = range(widest - n, widest) if "." in term else ()
        found.append([*before, *spelled, *after])
    return found


_LETTERS = "A letter of the subscripts stands for one length, the same in every operand."

# fmt: off
many = primitive(einsum,
    lambda g, out, arrays, subscripts, optimize=False: [
        _pulled(i, g, arrays, subscripts, optimize) for i in range(len(arrays))],
    sequence=True, way_out=_LETTERS)
single = primitive(einsum1,
    lambda g, out, x, subscripts, optimize=False: _pulled(0, g, [x], subscripts, optimize),
    way_out=_LETTERS)
pair = primitive(einsum2,
    lambda g, out, x, y, subscripts, optimize=False: _pulled(0, g, [x, y], subscripts, optimize),
    lambda g, out, x, y, subscripts, optimize=False: _pulled(1, g, [x, y], subscripts, optimize),
    way_out=_LETTERS)
# fmt: on


@composed(np.einsum)
def _np_einsum(*operands, optimize=False):
    subscripts, arrays = _spelled(operands)
    if len(arrays) == 1:  # a view where it only moves elements
        return single(*arrays, subscripts=subscripts, optimize=optimize)
    if len(arrays) == 2:
        return pair(*arrays, subscripts=subscripts, optimize=optimize)
    return many(arrays, subscripts=subscripts, optimize=optimize)


def _spelled(operands):
    """The subscripts as text, and the arrays: np.einsum(x, [0, 1], y, [1, 2], [0, 2]) has lists."""
    if isinstance(operands[0], str):
        return operands[0], list(operands[1:])
    arrays, lists = operands[:-1:2], operands[1::2]
    texts = [_term(labels) for labels in lists]
    result = [_term(operands[-1])] if len(operands) % 2 else []
    return "->".join([",".join(texts), *result]), list(arrays)


def _term(labels):
    return "".join("..." if label is ... else LETTERS[label] for label in labels)
