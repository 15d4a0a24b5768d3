"""The wrong rules of one edge: of its operation, of its kind, with another array for g."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ....engine.arrays import broadcast_axes
from ....engine.primitives import Elementwise, registered
from ....rules.activations import elu, gelu, leaky_relu, relu, selu, sigmoid, silu, softplus
from ....rules.softmax import log_softmax, softmax
from .errors_of_losses import errors, wrong_errors
from .mutant import through, unblanked
from .normalisation import wrong_normalisations
from .pieces import wrong_slices
from .windows import wrong_windows
from .wrong_rules import WRONG_RULES

NEAR = 6  # other tensors of the same shape that may stand for a cotangent


class Substitutes:
    """What may stand in the place of a cotangent: other gradients, values, errors of the loss."""

    def __init__(self, backward):
        self.backward, self.graph = backward, backward.graph
        self._by_shape: dict = {}
        for node in self.graph.nodes:
            if not isinstance(node.out, tuple) and np.ndim(node.out):
                self._by_shape.setdefault(np.shape(node.out), []).append(node)
        self._errors = {z: (s, y, kind) for z, s, y, kind in errors(backward)}
        self._memo: dict = {}

    def instead_of(self, node):
        """Four-tuples (key, words, array, rank)."""
        if node not in self._memo:
            self._memo[node] = list(self._instead_of(node))
        return self._memo[node]

    def _instead_of(self, node):
        near = [node, *self.near(node)]
        mine, name = self.backward.table.get(node), self.graph.label(node)
        for other in near:
            g = self.backward.table.get(other)
            if other is node or not isinstance(g, np.ndarray) or np.array_equal(g, mine):
                continue
            label = self.graph.label(other)
            words = f"the gradient of {label} is used in the place of that of {name}"
            if self.graph.leads(node, other):
                between = f"of {other.op.name} " if node in other.parents else ""
                words += f": the derivative {between}between them is left out"
                yield "derivative missing", words, g, 3
            else:
                yield "wrong variable", words, g, 4
        for other in filter(self.graph.names.given, near):
            words = (
                f"the value {self.graph.label(other)} is used where the gradient of {name} belongs"
            )
            yield "value for gradient", words, np.asarray(other.out), 3
        for other in near:
            if other in self._errors:
                words = (
                    f"the value p, the output made of {self.graph.label(other)}, is used where the "
                    f"gradient of {name} belongs"
                )
                yield "value for gradient", words, self._errors[other][0], 3
                yield from self._wrong_errors(other)

    def near(self, node):
        """Other tensors of its shape, of those that were computed shortly before or after."""
        same = self._by_shape.get(np.shape(node.out), [])
        at = same.index(node) if node in same else 0
        return [n for n in same[max(0, at - NEAR // 2) : at + NEAR // 2 + 1] if n is not node]

    def _wrong_errors(self, z):
        p, y, kind = self._errors[z]
        for key, words, rule in wrong_errors(kind):
            array = rule(self.backward.table[z], p, y, z.out)
            if np.isfinite(array).all():
                yield key, words.format(z=self.graph.label(z)), array, 4


def substitutes(edge, held):
    """The rule of an edge with something else in the place of the cotangent."""
    for key, words, array, rank in held.instead_of(edge.node):
        yield key, unblanked(words), _with(array), rank
    name, parent = held.graph.label(edge.node), edge.parent
    words = f"the gradient of {name} is left out: the derivative of {name} stands alone\n"
    words += f"that with respect to {held.graph.label(parent)} is to be multiplied by it"
    yield "chain factor missing", unblanked(words), slope, 3
    if is_function(edge.op):
        for other in held.near(parent):
            at, where = held.graph.label(other), held.graph.label(parent)
            words = f"the derivative of {edge.op.name} is taken at {at}, where {where} belongs"
            yield "other operand", unblanked(words), _taken_at(other.out), 2
    for node in filter(held.graph.names.given, (edge.node, parent)):
        words = f"the value {held.graph.label(node)} is used where the gradient of "
        words += f"{held.graph.label(parent)} belongs"
        yield "value for gradient", unblanked(words), _constant(node.out), 3


def pulled(e, g=None, x=None, out=None):
    """The true rule of an edge, with something else in the place of g, x or out."""
    args = list(e.args)
    if x is not None:
        args[e.position] = x
    rule = e.op.rules[e.position]
    return rule(e.g if g is None else g, e.out if out is None else out, *args, **e.kwargs)


def slope(e):
    return pulled(e, np.ones_like(e.g))


def _with(array):
    return lambda e: pulled(e, array)


def _constant(array):
    return lambda e: array


_ACTIVATIONS = {
    getattr(f, "__wrapped__", f)
    for f in (np.tanh, sigmoid, relu, leaky_relu, elu, selu, silu, gelu, softplus, np.maximum)
}
_SOFTMAX, _LOG_SOFTMAX = registered(softmax).f, registered(log_softmax).f
MOVES = {"transpose", "swapaxes", "reshape", "moveaxis", "matrix_transpose"}
_PASS_ON = {*MOVES, "add", "subtract", "negative"}  # what goes on is what came


def wrong_rules(edge, held=None, all_of_them=True):
    """Four-tuples (key, words, rule of an edge, rank)."""
    yield from wrong_slices(edge)
    if edge.position is None:
        return
    for at, key, words, rule, rank in WRONG_RULES.get(edge.op.f, ()):
        if at is None or at == edge.position:
            yield key, words, _of_edge(rule), rank
    if edge.op.f in (np.matmul, np.multiply):
        yield from _of_other_operand(edge, held)
        yield from _of_one_row(edge)
    if held is not None:
        yield from copies(edge)
    if edge.op.name == "normalisation":
        yield from wrong_normalisations(edge)
        return  # its parts are edges of their own
    yield from wrong_windows(edge)
    if is_function(edge.op):
        yield from _activations(edge)
    elif edge.op.f in (_SOFTMAX, _LOG_SOFTMAX):
        yield from _of_softmax(edge)
    if edge.op.name in MOVES:
        for order in "FC":
            words = "the transpose of {h} is not undone on the way back"
            words += ": its gradient is reshaped" * (order == "C")
            yield "transpose", words, partial(_reshaped, order=order), 2
    passes_on = edge.op.name in _PASS_ON and edge.parent.op is not None
    if all_of_them and held is not None and not passes_on:
        yield from substitutes(edge, held)


def _of_other_operand(edge, held):
    """A mask that is left out, and other values in the place of an operand."""
    if edge.op.f is np.multiply and edge.node.parents[1 - edge.position] is None:
        yield from _masks(edge)
    if held is not None:
        yield from _other_operands(edge, held)
        yield from _other_arrays(edge, held.graph)


def _of_edge(rule):
    return lambda e: rule(e.g, e.out, *e.args, **e.kwargs)


def copies(edge):
    """Of the copies that broadcasting makes of a value only one counts, or one along an axis."""
    full = np.shape(_unreduced(edge))
    shape = np.shape(edge.args[edge.position])
    if np.size(edge.args[edge.position]) < 2 or len(full) < len(shape) or full == shape:
        return
    axes = broadcast_axes(shape, full)
    if axes == (0,) and edge.parent.op is None and isinstance(edge.op, Elementwise):
        for key, words, rows in _of_rows(full[0]):
            rule = lambda e, rows=rows: pulled(e)[rows].sum(axis=0).reshape(shape)  # noqa: E731
            yield key, words, rule, 1
        return
    choices = [axes, *((axis,) for axis in axes)] if len(axes) > 1 else [axes]
    for chosen in choices:
        n = math.prod(full[axis] for axis in chosen)
        along = "" if chosen == axes else f" along axis {chosen[0]}"
        of = f"of the {n} copies that broadcasting makes of {{x}}{along}"
        for at, which in ((0, "first"), (-1, "last")):
            words = f"only the {which} {of} counts: its gradient is the sum over them"
            yield "one sample", words, _one_copy(axes, chosen, at), 2


def _unreduced(edge):
    """The contribution of an edge before it is summed over what was broadcast."""
    if isinstance(edge.op, Elementwise):
        return edge.g
    if edge.op.f is not np.matmul or min(map(np.ndim, edge.args[:2])) < 2:
        return edge.contribution
    x, y = edge.args[:2]
    other = np.swapaxes(y if edge.position == 0 else x, -1, -2)
    return edge.g @ other if edge.position == 0 else other @ edge.g


def _one_copy(axes, chosen, at):
    def rule(e):
        full = pulled(e) if isinstance(e.op, Elementwise) else _unreduced(e)
        shape = np.shape(e.args[e.position])
        for axis in chosen:
            full = np.take(full, [at], axis=axis)
        return full.sum(axis=tuple(set(axes) - set(chosen)), keepdims=True).reshape(shape)

    return rule


def is_function(op):
    """Whether an operation is an activation, or another function of one argument."""
    return op is not None and (op.f in _ACTIVATIONS or _is_unary(op))


def _is_unary(op):
    """Whether an operation is a function of one argument that is no mere sign or copy."""
    trivial = ("negative", "positive", "alias", "astype")
    return isinstance(op, Elementwise) and len(op.rules) == 1 and op.name not in trivial


def _masks(edge):
    """What is left out where a constant array multiplies: its zeros, or the scale of the rest."""
    mask = np.asarray(edge.args[1 - edge.position])
    numbers = np.unique(mask) if mask.size > 1 else mask
    if np.size(numbers) != 2 or numbers[0] != 0:
        return
    scale, what = numbers[1], "the dropout mask {y}" if mask.ndim > 1 else "the mask {y}"
    words = "the mask {y} is not applied\nwhat {x} gets must be 0 where the mask is 0"
    if scale != 1:
        words = f"{what} is not applied, only its scale\n" + words.partition("\n")[2]
        yield "constant", words, lambda e: e.g * scale, 1
        kept = f"the scale {scale:g} of {what} is left out: only its zeros count"
        yield "constant", kept, lambda e: e.g * (mask != 0), 1
        words = f"{what} is not applied on the way back to {{x}}"
    yield "constant", words, lambda e: e.g, 1


def _reshaped(edge, order):
    """The contribution as if the step back moved nothing."""
    shape = np.shape(edge.args[edge.position])
    if np.shape(edge.g) == shape and edge.op.name != "reshape":
        return edge.g
    return np.reshape(edge.g, shape, order=order)


def _at_output(e):
    args = list(e.args)
    args[e.position] = e.out
    return pulled(e, x=e.out, out=e.op.f(*args, **e.kwargs))


def _taken_at(value):
    """The rule of a function with its derivative at another argument."""

    def rule(e):
        args = list(e.args)
        args[e.position] = value
        return pulled(e, x=value, out=e.op.f(*args, **e.kwargs))

    return rule


def _on_input(e):
    return pulled(e, out=e.args[e.position])


def _activations(edge):
    """What is done wrong with the derivative of a function of one argument."""
    name = edge.op.name
    left_out = f"the derivative of {name} is left out between {{h}} and {{x}}\n"
    left_out += "the gradient of {h} stands for that of {x}"
    key = "derivative missing"
    if edge.op.f not in _ACTIVATIONS:
        key = "wrong variable" if edge.parent.op is None else "chain factor missing"
    yield key, left_out, lambda e: e.g, 1
    words = f"{name}'({{x}}) is multiplied in twice, or where the loss has cancelled it already"
    yield "derivative twice", words, lambda e: pulled(e, e.contribution), 1
    words = (
        f"the derivative of {name} is taken at its output {{h}}, not at {{x}}\n{name} is applied "
    )
    words += "twice"
    yield "derivative at output", words, _at_output, 1
    words = f"the derivative of {name} is a formula of the output {{h}}, but the input {{x}} "
    if name == "tanh":
        words += "stands in it\nit is written 1 - {x}^2 for 1 - {h}^2"
        yield "activation formula", words, _on_input, 1
    else:
        words += "stands in it"
        words += "\nit is written {x} * (1 - {x}) for {h} * (1 - {h})" if name == "sigmoid" else ""
        yield "output formula on input", words, _on_input, 1
    yield from _taken_for_a_derivative(edge, name)
    words = f"divided by the derivative of {name} in place of multiplied"
    yield "chain factor missing", words, lambda e: e.g / slope(e), 3
    if np.ndim(edge.g) == 2 and np.shape(edge.g)[0] == np.shape(edge.g)[1]:
        words = f"a matrix product with the derivative of {name}, in place of an element-wise one"
        for product in _BY_MATRICES:
            yield "elementwise for product", words, product, 2


def _taken_for_a_derivative(edge, name):
    """The value or the argument of a function in the place of its derivative."""
    of_value, of_argument = (lambda e: e.g * e.out), (lambda e: e.g * e.args[e.position])
    both = ("{h}, the value", of_value, 1), ("{x}, the argument", of_argument, 2)
    for taken, rule, rank in both:
        words = f"{name}'({{x}}) is taken as {taken} of {name}"
        words += f"\nit is {_DERIVATIVES[name]}" if name in _DERIVATIVES else ""
        key = "activation formula" if edge.op.f in _ACTIVATIONS else "chain factor missing"
        key = "relu mask" if name in ("relu", "maximum") else key
        yield key, words, rule, rank


_DERIVATIVES = {"sigmoid": "{h} * (1 - {h})", "tanh": "1 - {h}^2"}
_BY_MATRICES = (
    lambda e: e.g @ slope(e),
    lambda e: slope(e) @ e.g,
    lambda e: e.g @ slope(e).T,
    lambda e: slope(e).T @ e.g,
    lambda e: e.g.T @ slope(e),
    lambda e: e.g.T * slope(e),
)


def _of_softmax(edge):
    words = f"the derivative of {edge.op.name} is left out: this is the gradient with respect to "
    yield "derivative missing", words + "{h}, not to {x}", lambda e: e.g, 1
    if np.ndim(edge.out) == 2 and edge.op.f is _SOFTMAX:
        words = "{h} and its cotangent are multiplied as matrices, where softmax's derivative is "
        words += "element by element\nit is s * (g - sum(g * s))"
        yield "elementwise for product", words, _softmax_by_matrices, 2
    words = f"the Jacobian of {edge.op.name} is applied twice on the way from {{h}} to {{x}}"
    yield "softmax on top", words, lambda e: pulled(e, e.contribution), 1


def _softmax_by_matrices(e):
    return e.out @ (e.g - np.sum(e.g * e.out, axis=-1, keepdims=True))


def _of_one_row(edge):
    """Of the rows of the batch only one counts in the gradient of a weight, or all but one."""
    if edge.position == 1 and np.ndim(edge.g) == np.ndim(edge.args[0]) == 2:
        for key, words, rows in _of_rows(len(edge.g)):
            yield key, words, lambda e, rows=rows: e.args[0][rows].T @ e.g[rows], 1


def _of_rows(n):
    """Triples (key, words, rows that count) of what is done wrong in a loop over n samples."""
    ends = ("first", slice(1), slice(1, None)), ("last", slice(-1, None), slice(-1))
    for which, one, others in ends if n > 2 else ():
        words = f"only the {which} of the {n} samples counts in the gradient of {{x}}: = in place "
        yield "one sample", words + "of += in the loop over the batch", one
        words = (
            f"a path is missing: the contribution of one sample, the {which} of {n}, is left out"
        )
        yield "path missing", words + " of the gradient of {x}", others


def _other_operands(edge, held):
    """The value before or after a function of the other operand, in its place, or one near it."""
    operand, graph = edge.node.parents[1 - edge.position], held.graph
    if operand is None:
        return
    before = operand.parents if is_function(operand.op) else ()
    after = [node for node in graph.users.get(operand, ()) if is_function(node.op)]
    for node in filter(None, (*before, *after)):
        if np.shape(node.out) == np.shape(operand.out):
            words = f"{graph.label(node)} stands where {graph.label(operand)} belongs"
            yield "other operand", unblanked(words), through(node.out), 1
    for node in filter(graph.names.given, held.near(operand)):
        words = f"{graph.label(node)} stands where {graph.label(operand)} belongs"
        yield "other operand", unblanked(words), through(node.out), 2


def _other_arrays(edge, graph):
    """Another array with a name in the place of a constant operand."""
    array = edge.args[1 - edge.position]
    if edge.node.parents[1 - edge.position] is not None or np.size(array) < 3:
        return
    for formula, other in graph.instead_of(array):
        words = f"{unblanked(formula)} stands where {{y}} belongs"
        yield "other operand", words, through(other), 1
