"""The derivatives of layers that are known by name: softmax, cross-entropy, normalization."""

import ast
import re

import numpy as np

from .edits import COMPLETED, DERIVATIVE, SLIP, bracketed
from .vocabulary import is_atomic

NORMAL = 0.05  # how far eps takes a variance from 1
_SPACE = re.compile(r"[\s()]")


def of_softmax(line):
    """The derivative of softmax p for a product p * g, or p * (1 - p) * g: p * (g - sum of p * g).

    It is the product of its Jacobian, diag(p) - p p', with g.
    """
    for node in line.nodes:
        factors = list(_factors_of(node)) if isinstance(node, ast.BinOp) else []
        plain = [line.text.of(n) for n in factors if is_atomic(n)]
        spare = [n for n in factors if not is_atomic(n)]
        slopes = {f"1-{text}" for text in plain}
        if len(plain) == 2 and all(_SPACE.sub("", line.text.of(n)) in slopes for n in spare):
            for p, g in (plain, plain[::-1]):
                sums = [f"{p} @ {g}", *(f"({p} * {g}).sum({n}, keepdims=True)" for n in (-1, 0))]
                for total in sums:
                    yield line.edit(DERIVATIVE, node, f"{p} * ({g} - {total})", "formula")


def of_normalization(line):
    """The derivative of x = (a - mean) / std, of which g / std is a part: two means of g are left.

    g - mean(g) - x * mean(g * x), along the axis of the mean (Ioffe and Szegedy, 2015).
    """
    spots = [node for node in line.spots() if not _has_sum(node)]
    parents = line.statement.parents  # what is handed out by its name is made before
    out = ast.Tuple, ast.List, ast.Dict, ast.Return
    spots = [n for n in spots if not (is_atomic(n) and isinstance(parents.get(n), out))]
    return (line.edit(DERIVATIVE, *found, "formula") for found in _normalized(line, spots))


def normalized_in_part(line):
    """The same of a line that has one of the two means."""
    spots = [node for node in line.spots() if _has_sum(node)]
    return (line.edit(COMPLETED, *found, "formula") for found in _normalized(line, spots))


def _has_sum(node):
    operators = (n.op for n in ast.walk(node) if isinstance(n, ast.BinOp))
    return any(isinstance(op, (ast.Add, ast.Sub)) for op in operators)


def _normalized(line, spots):
    """Pairs (node, what is left of it after a normalization)."""
    for x in [a for a in line.reach.atoms if a.kind == "array"]:
        for mean in _means_of_normalized(x):
            for node in spots:
                g = bracketed(line.text.of(node))
                yield node, f"{g} - {g}.{mean} - {x.text} * ({g} * {x.text}).{mean}"


def _means_of_normalized(atom):
    """The calls of mean that tell of an array its mean is 0 and its variance 1."""
    x, found = atom.values[0], []
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f" or x.ndim < 2:
        return found
    axes = [(i,) for i in range(x.ndim)]
    axes += [(*range(i), *range(i + 1, x.ndim)) for i in range(x.ndim) if x.ndim > 2]
    for axis in axes:
        squares = (x**2).mean(axis)
        if np.allclose(x.mean(axis), 0, atol=1e-5) and np.allclose(squares, 1, atol=NORMAL):
            whole = axis if len(axis) > 1 else axis[0]
            found.append("mean(0)" if axis == (0,) else f"mean({whole}, keepdims=True)")
    return found


def of_cross_entropy(line):
    """p less one for the label, for an entry of the Jacobian of softmax chosen by a label."""
    for chosen in (node for node in line.nodes if isinstance(node, ast.IfExp)):
        test = line.text.of(chosen.test)
        for side, one in (chosen.body, "1 if {} else 0"), (chosen.orelse, "0 if {} else 1"):
            factors = [line.text.of(n) for n in _factors_of(side)]
            rest = {_SPACE.sub("", text) for text in factors}
            for p in (text for text in factors if f"1-{_SPACE.sub('', text)}" in rest):
                yield line.edit(SLIP, chosen, f"{p} - ({one.format(test)})", "formula")


def _factors_of(node):
    """The factors of a product of any number."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _factors_of(node.left)
        yield from _factors_of(node.right)
    else:
        yield node
