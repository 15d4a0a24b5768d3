"""What was made of a regulariser: its gradient forgotten, scaled, or of another form."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ..tape import history

# fmt: off
_FORMS = [
    ("W",            lambda w: w),
    ("W^2",          lambda w: w * w),
    ("sign(W)",      np.sign),
    ("|W|",          np.abs),
    ("W / norm(W)",  lambda w: w / np.linalg.norm(w)),
    ("W^3",          lambda w: w * w * w),
]
# fmt: on


_LINEAR = ("add", "subtract", "negative", "positive", "sum", "stack")


class Penalties:
    """The terms of a loss that depend on parameters alone, and their gradients.

    A penalty is a term of a sum that no data enter, and in which no two parameters meet.
    """

    def __init__(self, graph):
        self.graph = graph
        found = _terms(graph.root)
        self.terms = [term for term in found if _is_penalty(term)]
        self.alone = len(self.terms) == len(found)  # then the loss may be anything of one variable

    def gradients(self, backward, targets):
        """{node: gradient of all penalties}, with the cotangents of a pass."""
        starts = {t: backward.table[t] for t in self.terms if t in backward.table}
        found = backward.change(starts, targets) if starts else {}
        if self.alone:
            return {n: g for n, g in found.items() if _is_proportional(g, self.graph.value(n))}
        return found

    @cached_property
    def value(self):
        """The sum of all penalties."""
        return sum(float(np.real(term.out)) for term in self.terms)

    def over(self, nodes):
        """The penalties that depend on these variables and no other."""
        leaves = {t: {n for n in history(t) if n.op is None and n.requires_grad} for t in self.terms}
        return [term for term, own in leaves.items() if own <= set(nodes)]


def _is_proportional(one, other):
    norm = np.vdot(other, other)
    return bool(norm) and np.allclose(one, np.vdot(other, one) / norm * other, rtol=1e-9, atol=0)


def _terms(root):
    """The scalars that a scalar is a weighted sum of."""
    terms, stack = [], [root]
    while stack:
        node = stack.pop()
        parents = [p for p in node.parents if p is not None and p.requires_grad] if node.op else []
        name = node.op.name if node.op else ""
        is_sum = name in ("add", "subtract", "negative", "positive")
        is_scaled = name == "multiply" or (name == "divide" and node.parents[0] in parents)
        scalar = all(np.ndim(p.out) == 0 and not isinstance(p.out, tuple) for p in parents)
        if parents and scalar and (is_sum or (is_scaled and len(parents) == 1)):
            stack += parents
        else:
            terms.append(node)
    return list(dict.fromkeys(terms))


def _is_penalty(term):
    """Whether a term is made of parameters alone, each by itself."""
    if term.op is None:
        return False
    leaves: dict = {}
    for node in history(term):
        if node.op is None:
            if not node.requires_grad and np.ndim(node.out):
                return False
            leaves[node] = {node} if node.requires_grad else set()
            continue
        if any(np.ndim(v) and p is None and not _is_shape(v) for v, p in node.inputs()):
            return False
        leaves[node] = set().union(*(leaves[p] for _, p in node.inputs() if p is not None))
        if len(leaves[node]) > 1 and (np.ndim(node.out) or node.op.name not in _LINEAR):
            return False
        if node.op.f is np.matmul and np.ndim(node.out):
            return False
    return bool(leaves[term])


def _is_shape(value):
    return isinstance(value, (tuple, list))


def parts(given, data, penalty, value, fit, constants, strength=None):
    """What a given gradient holds beside the gradient of the data: ("kind", words, factor of data).

    ``penalty`` is the true gradient of the regulariser there, None where there is none;
    ``strength`` is k where it is k * W elsewhere.
    """
    for factor, rest in _splits(given, data, penalty, value, fit, constants):
        found = _named(given, factor, data, rest, penalty, value, fit, strength)
        if found is not None:
            return (*found, factor)
    return None


def _splits(given, data, penalty, value, fit, constants):
    """Pairs (factor of the data, what is left as a multiple of something)."""
    yield 1.0, given - data
    if penalty is None or given.size < 4:
        return
    with np.errstate(all="ignore"):
        shapes = [penalty, np.ones_like(data), *(f(value) for _, f in _FORMS[1:])]
    for shape in shapes:
        columns = np.stack([data.ravel(), shape.ravel()], axis=1)
        if not np.isfinite(columns).all():
            continue
        (a, b), *_ = np.linalg.lstsq(columns, given.ravel(), rcond=None)
        if a and fit.explains(given, a * data + b * shape, data + penalty):
            a = constants.exact(a, max(1e-6, fit.precision(given, data)))
            if a is not None:
                yield a, b * shape


def _of_size(c, penalty, value, fit):
    """A multiple of a penalty's gradient: k * W / norm(W) is one, with a factor for each weight."""
    k = fit.ratio(penalty, value) or (1.0 if fit.agree(penalty, value) else 0.0)
    by_norm = c * np.linalg.norm(value)
    near = max(1e-6, 10 * fit.precision(penalty, penalty))
    if k and not _is_simple(c) and any(np.isclose(by_norm, n, rtol=near) for n in (1, 2, 0.5)):
        return "regulariser form", "W / norm(W)", c * k * np.linalg.norm(value)
    return "regulariser scale", "", c


def _is_simple(c):
    """Whether a number is a small integer or the inverse of one."""
    return any(np.isclose(x, round(x), rtol=1e-9) and round(x) for x in (c, 1 / c))


def _named(given, factor, data, rest, penalty, value, fit, strength):
    """(kind, words, coefficient) of what stands where the penalty's gradient belongs."""
    before = data + (0 if penalty is None else penalty)

    def is_(array):
        return fit.explains(given, factor * data + array, before)

    def multiple(array):
        """c where the rest is c times an array."""
        norm = np.vdot(array, array)
        c = float(np.vdot(array, rest) / norm) if norm and np.isfinite(norm) else 0.0
        return c if c and is_(c * array) else None

    if penalty is not None:
        if is_(np.zeros_like(data)):
            return "regulariser missing", "", 0.0
        if (c := multiple(penalty)) is not None:
            return _of_size(c, penalty, value, fit)
        if given.size > 1 and (c := multiple(np.ones_like(data))) is not None:
            return "regulariser scalar", "", c
    for words, f in _FORMS:
        if given.size < 3 and not strength:
            return None
        with np.errstate(all="ignore"):
            array = f(value)
        if words != "W" and (penalty is None or np.ptp(array) == 0):
            continue
        if np.isfinite(array).all() and (c := multiple(array)) is not None:
            if given.size < 3 and not any(np.isclose(c, n * strength) for n in (1, 2, 0.5)):
                continue
            return "regulariser form", words, c
    return None
