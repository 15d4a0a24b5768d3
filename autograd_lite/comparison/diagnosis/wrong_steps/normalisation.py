"""What is done wrong with the derivative of a normalisation, however that is written.

Of h = (x - mean(x)) * s, where s is one over a standard deviation, the derivative is

    dx = s * (dh - mean(dh) - h * mean(dh * h))

over the axes of the mean. Without the mean of x (a root mean square, a norm) the second term is
not there. Source: S. Ioffe, C. Szegedy, Batch normalization, 2015, section 3.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

AXES = 4  # of an array: of more, no axes are tried


class Normalisation:
    """The operation, as a recognised function: of some axes, with or without the mean."""

    name, sequence, broadcasts = "normalisation", False, False

    def __init__(self, axis, scale, centred, count):
        self.axis, self.scale, self.centred, self.count = axis, scale, centred, count
        self.rules = (self.pulled,)

    def f(self, x):
        """The normalised array."""
        return (x - np.mean(x, self.axis, keepdims=True) * self.centred) * self.scale

    def pulled(self, g, out, x, **changed):
        """The contribution to x; ``changed`` are parts of the formula written otherwise."""
        part = {
            "axis": self.axis, "count": self.count, "mean": float(self.centred), "square": 1.0,
            "scale": self.scale, "left": out, "right": out, **changed,
        }  # fmt: skip

        def over(values, count):
            return np.sum(values, part["axis"], keepdims=True) / count

        size = np.size(x) / np.size(self.scale) if part["count"] is self.count else part["count"]
        mean, square = over(g, size), over(g * part["right"], part["count"])
        contribution = g - part["mean"] * mean - part["square"] * part["left"] * square
        return part["scale"] * contribution

    @staticmethod
    def fitted(contribution, x, g, careful):
        """The contribution in the dtype of x."""
        return np.asarray(contribution, x.dtype)


def normalisations(graph, pulled):
    """Triples (h, x, operation); ``pulled(h, x, g)`` is the derivative by the graph itself."""
    ends = [h for h in graph.nodes if h.op is not None and h.op.name in ("divide", "multiply")]
    return graph.each_kind(filter(_is_array, ends), lambda h: _of(h, graph, pulled))


def _is_array(node):
    out = node.out
    return (
        isinstance(out, np.ndarray) and out.size and 0 < out.ndim <= AXES and out.dtype.kind == "f"
    )


def _of(h, graph, pulled):
    """(h, x, operation) of what an array is the normalised form of."""
    for axis in _axes(h.out.ndim):
        square = np.mean(h.out * h.out, axis)
        if np.ptp(square) > 0.1 * np.max(square) or not h.out.any():
            continue  # of rows of very different sizes nothing was normalised
        for x in reversed(_before(h, graph)):
            for centred in (True, False):
                op = _operation(h.out, np.asarray(x.out), axis, centred)
                if op is not None and _is_right(op, h, x, pulled):
                    return h, x, op
    return None


def _axes(ndim):
    for count in range(1, ndim + 1):
        yield from combinations(range(ndim), count)


def _before(h, graph, most=8):
    """The tensors of its shape that an array was computed from, nearest first."""
    found, level = [], [h]
    for _ in range(4):
        level = [p for n in level for _, p in n.inputs() if p is not None and p.requires_grad]
        found += [x for x in level if np.shape(x.out) == h.out.shape and x not in found]
    return found[:most]


def _operation(out, x, axis, centred):
    below = x - np.mean(x, axis, keepdims=True) * centred
    norm = np.sum(below * below, axis, keepdims=True)
    scale = np.sum(out * below, axis, keepdims=True) / np.where(norm == 0, 1, norm)
    if not (scale > 0).all() or (np.abs(scale * below - out) > 1e-12 + 1e-8 * np.abs(out)).any():
        return None
    n = np.size(x) / np.size(scale)
    if not any(_is_deviation(scale, norm / m) for m in (n, n - 1, 1) if m):
        return None
    return Normalisation(axis, scale, centred, 1.0)


def _is_deviation(scale, square):
    """Whether the scale is 1 / sqrt(square + eps), with one eps everywhere."""
    eps = 1 / scale**2 - square
    size = np.max(np.abs(square)) + 1e-300
    return bool(np.ptp(eps) <= 1e-6 * size and -1e-6 * size <= eps.min() and eps.max() < 0.5 * size)


def _is_right(op, h, x, pulled):
    """Whether the derivative by the formula is that of the graph, with some count of elements."""
    g = np.random.default_rng(0).normal(size=h.out.shape).astype(h.out.dtype)
    true = pulled(h, x, g)
    if true is None:
        return False
    n = np.size(h.out) / np.size(op.scale)
    for count in (n, n - 1, 1.0):
        op.count = count
        if count and np.allclose(
            op.pulled(g, h.out, np.asarray(x.out)), true, rtol=1e-6, atol=1e-9
        ):
            return True
    return False


def wrong_normalisations(edge):
    """Four-tuples (key, words, rule of an edge, rank)."""
    op = edge.op

    def rule(**changed):
        return lambda e: op.pulled(e.g, e.out, *e.args, **changed)

    x = np.asarray(edge.args[0])
    below = x - np.mean(x, op.axis, keepdims=True) * op.centred
    said = _PARTS if op.centred else [row for row in _PARTS if "mean" not in row[2]]
    for key, words, changed in said:
        yield key, words, rule(**changed), 1
    yield "path missing", _SCALE, rule(scale=1.0), 1
    words = "it is divided by the squared deviation, not by the deviation, in the gradient of {x}"
    yield "product rule", words, rule(scale=op.scale**2), 1
    words = "it is multiplied by the deviation, not divided, in the gradient of {x}"
    yield "product rule", words, rule(scale=1 / op.scale), 1
    who = "{x} minus its mean" if op.centred else "{x}"
    words = (
        f"quotient rule: {who} stands where the normalised {{h}} belongs, in the gradient of {{x}}"
    )
    for part in ({"left": below}, {"right": below}, {"left": below, "right": below}):
        yield "product rule", words, rule(**part), 1
    yield from _of_axes(edge, rule)
    yield from _of_counts(edge, rule)


def _of_axes(edge, rule):
    """The means over other axes than those of the normalisation."""
    op, shape, x = edge.op, np.shape(edge.out), np.asarray(edge.args[0])
    for axis in _axes(x.ndim):
        if axis != op.axis:
            words = (
                f"the means in the gradient of {{x}} are over {_named(axis)}, and {{x}} is "
                f"normalised over {_named(op.axis)}"
            )
            count = np.prod([shape[i] for i in axis])
            yield "bias axis", words, rule(axis=axis, count=float(count)), 1


def _of_counts(edge, rule):
    """The sums divided by another number than that of the elements of the mean."""
    op, shape, x = edge.op, np.shape(edge.out), np.asarray(edge.args[0])
    n = round(np.size(x) / np.size(op.scale))
    for count in dict.fromkeys((1, *(shape[i] for i in range(x.ndim)), n - 1)):
        if count not in (n, 0):
            words = (
                f"the sums in the gradient of {{x}} are divided by {count}, and the mean is over "
                f"{n} elements"
            )
            if count == 1:
                words = (
                    f"the sums in the gradient of {{x}} are not divided by {n}: means belong there"
                )
            yield "mean missing", words, rule(count=float(count)), 1


def _named(axis):
    return f"axis {axis[0]}" if len(axis) == 1 else f"axes {axis}"


_SCALE = "the division by the deviation is left out of the gradient of {x}"
_GONE = "the path through the {} is left out of the gradient of {{x}}"
_SIGN = "the sign of the path through the {} is wrong in the gradient of {{x}}"
_COUNTS = "the path through the variance counts {} in the gradient of {{x}}"
_HELD = "{} taken as {} in the gradient of {{x}}"
_NO_FACTOR = "the factor {h} is left out of the path through the variance, in the gradient of {x}"
_PARTS = [
    ("path missing", _GONE.format("mean"), {"mean": 0.0}),
    ("path missing", _GONE.format("variance"), {"square": 0.0}),
    ("path missing", _HELD.format("mean and variance are", "constants"), {"mean": 0, "square": 0}),
    ("path missing", _HELD.format("the deviation is", "a constant"), {"square": 0.0}),
    ("sign", _SIGN.format("mean"), {"mean": -1.0}),
    ("sign", _SIGN.format("variance"), {"square": -1.0}),
    ("product rule", _NO_FACTOR, {"left": 1.0}),
    ("factor", _COUNTS.format("twice"), {"square": 2.0}),
    ("factor", _COUNTS.format("half"), {"square": 0.5}),
]
