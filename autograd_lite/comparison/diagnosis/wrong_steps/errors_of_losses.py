"""The error of a loss, p - y, however the loss is written: where it is, and what is done wrong.

A cross-entropy of softmax or sigmoid and a squared error all have a tensor z with the gradient
w * (p - y), where p is softmax(z), sigmoid(z) or z itself, and w a number or one for each row.
"""

from __future__ import annotations

import numpy as np

from ....engine.primitives import registered
from ....rules.activations import sigmoid
from ....rules.softmax import softmax

_SOFTMAX, _SIGMOID = registered(softmax).f, registered(sigmoid).f


def errors(backward):
    """Four-tuples (z, p, y, kind) with kind "softmax", "sigmoid" or "same"."""
    if not hasattr(backward, "found_errors"):
        backward.found_errors = list(_errors(backward))
    return backward.found_errors


def _errors(backward):
    targets: dict = {}
    for _, array in backward.graph.constants():
        if array.dtype.kind in "fiub":
            targets.setdefault(array.shape, []).append(array)

    def at(z):
        g = backward.table.get(z)
        if not isinstance(g, np.ndarray) or not g.ndim or g.dtype.kind != "f":
            return []
        if not g.any() or g.shape != np.shape(z.out):
            return []
        return list(_errors_at(z, g, targets.get(g.shape, ()), backward.graph))

    for found in backward.graph.each_kind(backward.graph.nodes, at):
        yield from found


def _errors_at(z, g, targets, graph):
    """What makes the gradient of one tensor an error."""
    tolerance = 1e3 * np.finfo(g.dtype).eps * np.abs(g).max()
    y = _labels(g, z.out, tolerance)
    if y is not None:
        yield z, _SOFTMAX(z.out), y, "softmax"
        return
    found = _margins(g, _picked(z, graph), tolerance)
    if found is not None:
        yield z, *found, "hinge"
        return
    for y in targets:
        y = y.astype(g.dtype)
        for p, kind in ((np.asarray(z.out), "same"), (_SIGMOID(z.out), "sigmoid")):
            w = np.vdot(p - y, g) / (np.vdot(p - y, p - y) or 1)
            if w and np.abs(w * (p - y) - g).max() <= tolerance:
                yield z, p, y, kind


def _labels(g, z, tolerance):
    """The one-hot labels in a gradient w * (s - y) of logits z, None where it is no such."""
    if g.shape[-1] < 2 or np.abs(g.sum(axis=-1)).max() > tolerance:
        return None
    s = _SOFTMAX(z)
    y = np.zeros_like(g)
    np.put_along_axis(y, np.expand_dims(np.argmin(g, axis=-1), -1), 1, axis=-1)
    return y if np.abs(_rows(g, s, y) * (s - y) - g).max() <= tolerance else None


def _picked(z, graph):
    """1 where a call picks one score of each row, as the label does; None without such a call."""
    for user in graph.users[z]:
        index = user.kwargs.get("index") if user.op.name == "getitem" else None
        if type(index) is tuple and all(np.ndim(i) == 1 for i in index):
            picked = np.zeros_like(z.out)
            picked[index] = 1
            return picked
    return None


def _margins(g, label, tolerance):
    """(p, count * y) of a gradient w * (p - count * y) of scores, None where it is no such.

    p is 1 where a margin is violated, and y the one-hot label: so it is of the multi-class hinge
    loss, the sum of max(0, s_j - s_y + margin).
    """
    if label is None or label.shape != g.shape or g.ndim != 2:
        return None
    w, p = g.max(), (g > 0).astype(g.dtype)
    count = p.sum(axis=-1, keepdims=True)
    fits = w > 0 and np.abs(w * (p - count * label) - g).max() <= tolerance
    return (p, label) if fits else None


def _rows(g, s, y):
    """w in g = w * (s - y), one for each row, from the entry of the label."""
    with np.errstate(all="ignore"):
        w = np.sum(g * y, axis=-1, keepdims=True) / np.sum((s - 1) * y, axis=-1, keepdims=True)
    return np.where(np.isfinite(w), w, 0)


def _largest(g, p, y):
    """w in g = w * (p - y) where p is 0 or 1."""
    return g.max(initial=0.0)


def _number(g, s, y):
    """w in g = w * (s - y), one number."""
    return np.vdot(s - y, g) / (np.vdot(s - y, s - y) or 1)


_WEIGHTS = {"softmax": _rows, "hinge": _largest}


def wrong_errors(kind):
    """Triples (key, words, rule(g, p, y, z)) of what is done wrong with an error of this kind."""
    weight = _WEIGHTS.get(kind, _number)
    return [(key, words, _weighted(error, weight)) for key, words, error in _WRONG[kind]]


def other_targets(graph, y, kind):
    """Another array with a name in the place of y."""
    name = graph.names.of_array(y) or "y"
    for formula, other in (*graph.instead_of(y), *_other_labels(graph, y, kind)):
        words = f"{formula} stands where the target {name} belongs".replace("{", "(")
        yield "label", words.replace("}", ")"), with_target(other, kind)


def _other_labels(graph, y, kind):
    """Pairs (name, one-hot labels) of other arrays of labels."""
    for name, array in graph.named.items() if kind in ("softmax", "hinge") else ():
        is_of_labels = array.dtype.kind in "iu" and array.shape == y.shape[:-1]
        if is_of_labels and array.min() >= 0 and array.max() < y.shape[-1]:
            other = np.eye(y.shape[-1], dtype=y.dtype)[array]
            if not np.array_equal(other, y):
                yield name, other


def with_target(other, kind):
    """The rule(g, p, y, z) of an error with another target."""
    return _weighted(lambda p, y, z: p - other, _WEIGHTS.get(kind, _number))


def _weighted(error, weight):
    return lambda g, p, y, z: weight(g, p, y) * error(p, y, z)


def _shifted(y, by):
    """One-hot labels shifted by one class; the first or last class stays at the border."""
    labels = np.clip(np.argmax(y, axis=-1) + by, 0, y.shape[-1] - 1)
    moved = np.zeros_like(y)
    np.put_along_axis(moved, np.expand_dims(labels, -1), 1, axis=-1)
    return moved


def _beyond(y, by):
    """One-hot labels shifted by one class, which leave the last or first one."""
    moved = np.roll(y, by, axis=-1)
    moved[..., 0 if by == 1 else -1] = 0
    return moved


def _softmax_again(p, y, z):
    """Softmax's Jacobian times p - y."""
    return p * (p - y - np.sum((p - y) * p, axis=-1, keepdims=True))


def _over_rows(p, y, z):
    """The error with a softmax over the first axis in the place of the last."""
    return _SOFTMAX(z, axis=0) - y if np.ndim(z) == 2 else np.nan * z


def _count(p):
    return p.sum(axis=-1, keepdims=True)


def _at_output(p, y, z):
    """(p - y) / sigmoid'(z), times sigmoid'(p)."""
    s = _SIGMOID(p)
    return (p - y) / (p * (1 - p)) * s * (1 - s)


_OF = "in the gradient of the logits {z}"
_SHIFTED = f"the label is shifted by one: the 1 is subtracted at the wrong class {_OF}"
_MISSING = (
    f"the -1 at the label is forgotten {_OF}\nthe value p is taken, where it is p - y (one-hot y)"
)
_ADDED = _MISSING.replace("forgotten", "added, not subtracted,")
_EVERYWHERE = f"1 is subtracted at all classes, not at the label alone, {_OF}"
_OVER_ROWS = (
    f"softmax is taken over axis 0, down the rows, {_OF}\nit is over the last axis in the loss"
)
_INVERTED = "the labels y are inverted at {z}: 1 - y stands where y belongs\nthe error is p - y"
_OTHER_ORDER = f"the labels are in another order than the rows {_OF}"
_TWICE = (
    "p - y is multiplied by p * (1 - p), the derivative that cross-entropy has cancelled"
    "\nthe gradient of the logits {z} is p - y"
)
_DIAGONAL = (
    "of softmax's Jacobian only the diagonal p * (1 - p) is used on the way to the logits {z}\n"
    "the entries off the label are missing"
)
_NO_SOFTMAX = (
    "the derivative of softmax is left out: the gradient of p = softmax({z}) is used as that of "
    "the logits {z}"
)
_NO_TARGET = "the label (target) y is left out: the value p of {z} is used for the error p - y"
_NO_LABEL = _NO_TARGET.replace("of {z}", "= sigmoid({z})")
_TARGET_ADDED = "the label (target) y is added, not subtracted: the error at {z} is p - y"
_ONE_TERM = (
    "the sign of one of the two terms of cross-entropy is wrong on the way to the logits {z}\n"
    "-y / p + (1 - y) / (1 - p) is right"
)
_NO_SIGMOID = (
    "the derivative of sigmoid is left out: the gradient of p = sigmoid({z}) is used as that of "
    "the logits {z}"
)

_COUNT = "\nits entry is minus the number of violated margins"
_NO_OWN = "the label's own entry is left out {at}" + _COUNT
_ONE_FOR_ALL = "the label's own entry is -1 {at}, where it is minus the number of violated margins"
_OWN_COUNTED = "the label's own margin is counted {at}\nits entry is minus the number of the others"
_OWN_KEPT = "1 is left at the label {at}" + _COUNT
_OWN_ADDED = "the label's own entry lacks its minus sign {at}: p - count * y is right"

_ON_TOP = (
    "softmax's Jacobian is applied on top of p - y, the gradient of the logits {z}, which has it"
)
_ON_INPUT = (
    "the derivative of sigmoid is written as {z} * (1 - {z}), of its input, for p * (1 - p), of "
    "its output p"
)
_AT_OUTPUT = (
    "the derivative of sigmoid is taken at its output p = sigmoid({z}), not at {z}\nsigmoid is "
    "applied twice"
)
_SCORES = (
    "the raw scores {{z}} stand where the probabilities {0}({{z}}) belong\nwrite {0}({{z}}) - y, "
    "not {{z}} - y"
)
_TERM = "the term of y = {} of cross-entropy is missing on the way to {z}: its label is left out"
_MAGNITUDE = "|p - y| was derived, and (p - y)^2 is coded at {z}: the loss is not the one derived"


# What stands in the place of p - y, by the kind of p.
# fmt: off
_WRONG = {
    "softmax": [
        ("label", _SCORES.format("softmax"),  lambda p, y, z: z - y),
        ("label", _MISSING,                   lambda p, y, z: p),
        ("label", _ADDED,                     lambda p, y, z: p + y),
        ("label", _SHIFTED,                   lambda p, y, z: p - np.roll(y, 1, axis=-1)),
        ("label", _SHIFTED,                   lambda p, y, z: p - np.roll(y, -1, axis=-1)),
        ("label", _SHIFTED,                   lambda p, y, z: p - _shifted(y, 1)),
        ("label", _SHIFTED,                   lambda p, y, z: p - _shifted(y, -1)),
        ("label", _SHIFTED,                   lambda p, y, z: p - _beyond(y, 1)),
        ("label", _SHIFTED,                   lambda p, y, z: p - _beyond(y, -1)),
        ("label", _EVERYWHERE,                lambda p, y, z: p - 1),
        ("label", _OTHER_ORDER,               lambda p, y, z: p - np.roll(y, 1, axis=0)),
        ("label", _OVER_ROWS,                 _over_rows),
        ("softmax on top", _ON_TOP,           _softmax_again),
        ("derivative twice", _TWICE,          lambda p, y, z: (p - y) * p * (1 - p)),
        ("derivative missing", _NO_SOFTMAX,   lambda p, y, z: -y / p),
        ("softmax diagonal", _DIAGONAL,       lambda p, y, z: -y * (1 - p)),
    ],
    "sigmoid": [
        ("label", _SCORES.format("sigmoid"),  lambda p, y, z: z - y),
        ("label", _NO_LABEL,                  lambda p, y, z: p),
        ("label", _INVERTED,                  lambda p, y, z: p - (1 - y)),
        ("derivative twice", _TWICE,          lambda p, y, z: (p - y) * p * (1 - p)),
        ("derivative missing", _NO_SIGMOID,   lambda p, y, z: (p - y) / (p * (1 - p))),
        ("sign", _ONE_TERM,                   lambda p, y, z: -(y + p - 2 * y * p)),
        ("sign", _ONE_TERM,                   lambda p, y, z: y + p - 2 * y * p),
        ("output formula on input", _ON_INPUT,
                                lambda p, y, z: (p - y) / (p * (1 - p)) * z * (1 - z)),
        ("derivative at output", _AT_OUTPUT,  _at_output),
        ("path missing", _TERM.format(1, z="{z}"), lambda p, y, z: (1 - y) * p),
        ("path missing", _TERM.format(0, z="{z}"), lambda p, y, z: -y * (1 - p)),
    ],
    "hinge": [
        ("label", _NO_OWN.format(at=_OF),        lambda p, y, z: p),
        ("label", _ONE_FOR_ALL.format(at=_OF),   lambda p, y, z: p - y),
        ("label", _OWN_COUNTED.format(at=_OF),   lambda p, y, z: p - (_count(p) + 1) * y),
        ("label", _OWN_KEPT.format(at=_OF),      lambda p, y, z: p - (_count(p) - 1) * y),
        ("label", _OWN_ADDED.format(at=_OF),     lambda p, y, z: p + _count(p) * y),
    ],
    "same": [
        ("value for gradient", _NO_TARGET,    lambda p, y, z: p),
        ("label", _TARGET_ADDED,              lambda p, y, z: p + y),
        ("other function", _MAGNITUDE,        lambda p, y, z: np.sign(p - y)),
    ],
}
# fmt: on
