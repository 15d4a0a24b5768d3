"""`compare`: gradients by hand beside the true ones, by the keys that they are given by.

A path such as ``{"layer1": {"W": dW}}`` is the key ``"layer1.W"``: the name of a tensor, its path
in a module, or its place in a dict or list of tensors that a variable holds. A key such as
"dh2/dz2" is a factor of the chain.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from ..engine.tape import history
from ..engine.tensor import Tensor, backward_pass, plain, seed_of
from ..graph import Names, caller_variables, check_on_tape, local_derivative
from ..messages import errors
from .report import Case, Comparison
from .rows import Tolerance


def compare(
    loss: Tensor,
    manual: Mapping,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    names: Mapping | None = None,
) -> Comparison:
    """Compare hand-derived derivatives with those of autodiff.

    Parameters
    ----------
    loss : Tensor
        A scalar, computed with tensors.
    manual : mapping
        From what to its hand-derived value, an array-like; dicts and lists may be nested in it,
        and ``{"layer1": {"W": dW}}`` is ``{"layer1.W": dW}``. A key is

        - the name of a tensor of the graph, ``"W1"``, the path of a parameter in a module or of
          a tensor in a dict or list, ``"layer1.W"``, or the tensor itself: dLoss/dW1;
        - a factor of the chain, ``"dh2/dz2"`` or ``("h2", "z2")``. Of an element-wise step it
          is the diagonal, an array of the shape of z2; of a product ``z2 = h1 @ W2`` it is the
          other operand; in every case it may be the whole Jacobian, of shape
          ``h2.shape + z2.shape``. ``"dLoss/d..."`` means the loss under any name.
    rtol, atol : float
        An entry is right when |manual - autodiff| <= atol + rtol * max(|manual|, |autodiff|);
        ``rtol`` is by default 1e-6, and 1e-4 (1e-2) where one of the two is float32 (float16);
        ``atol`` is by default rtol times the largest entry of the true array.
    names : mapping, optional
        Names for tensors, ``{"W1": tensor}``; they go before the tensors' own names, their
        paths in a module, and the variables of the caller.

    Returns
    -------
    Comparison
        Its truth value says whether everything agrees; printed, it shows one row a key.

    Raises
    ------
    ValueError
        For an unknown or ambiguous name, and for a factor that does not exist.
    TypeError
        For a loss that is not a Tensor.
    """
    check_on_tape("compare()", loss)
    if not isinstance(manual, Mapping):
        raise TypeError(
            f"compare() takes a dict of what was derived by hand, not {errors.describe(manual)}: "
            'write compare(loss, {"W": dW})'
        )
    variables = caller_variables(1)
    places = paths(variables)
    known = Names(loss, {**variables, **_unbound(places, variables, manual)}, names)
    factors = Factors(loss, known)
    given: dict[str, Any] = {}
    ends: dict[str, Any] = {}
    true, keys = {}, {}
    for key, value in flat(manual, lambda key: known.find(key) or key in places):
        array, was = _array(key, value), key
        if isinstance(key, str) and not known.find(key):
            key = places.get(key, key)
        unused = _unused(key, {**variables, **dict(names or {})}, known)
        if unused is not None:
            label, value, pair = factors.of_unused(*unused)
        else:
            label, value, pair = factors.find(key, array.shape)
        if label in given and ends[label] != pair:  # two tensors of one name
            label = f"{label} ({sum(one.startswith(label) for one in given) + 1})"
        if label in given:
            raise ValueError(f"{label} is given twice, the second time as {key!r}")
        given[label], true[label], ends[label] = array, value, pair
        gradient_of = unused[1].node if unused is not None else None
        if pair is not None and pair[0] is loss.node:
            gradient_of = pair[1]
        keys[label] = was, gradient_of
    case = Case(given, true, Tolerance(rtol, atol), loss, known, ends, keys)
    return Comparison.from_case(case)


def _unbound(places, variables, manual):
    """Places in containers that are no variable's name: those go first. Keys go before others."""
    keys = [key for key, _ in flat(manual, places.__contains__) if isinstance(key, str)]
    ordered = {place: places[place] for place in (*keys, *places) if place in places}
    return {place: tensor for place, tensor in ordered.items() if place not in variables}


def _unused(key, variables, known):
    """(name, tensor) of a parameter that the loss was not computed from; None of anything else."""
    tensor = variables.get(key) if isinstance(key, str) and not known.find(key) else key
    if not isinstance(tensor, Tensor) or tensor.node in known.nodes:
        return None
    if not tensor.requires_grad or tensor.node.op is not None:
        return None
    bound = (name for name, value in variables.items() if value is tensor)
    name = key if isinstance(key, str) else tensor.name or next(bound, "a parameter")
    return name, tensor


def _array(key, value):
    errors.refuse_foreign("compare()", value)
    array = np.asarray(value.numpy() if isinstance(value, Tensor) else value)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"the manual value of {key!r} holds {array.dtype}, not numbers")
    return array


def flat(manual: Mapping, is_known) -> Iterator:
    """Pairs (key, value) of a nested mapping; ``is_known(key)`` says which keys are names."""
    for key, value in manual.items():
        yield from _below(key, value, is_known)


def _below(key, value, is_known):
    if isinstance(value, Mapping):
        items = value.items()
    elif type(value) in (list, tuple) and _is_nested(key, value, is_known):
        items = enumerate(value)
    else:
        yield key, value
        return
    for inner, one in items:
        yield from _below(f"{_text(key)}.{_text(inner)}", one, is_known)


def _is_nested(key, value, is_known):
    """Whether a list holds gradients of several tensors, and is no array itself."""
    if any(isinstance(one, Mapping) for one in value):
        return True
    if not value or isinstance(key, (Tensor, tuple)) or is_known(key):
        return False
    return is_known(f"{key}.0") or any(isinstance(one, np.ndarray) for one in value)


def _text(key):
    return key if isinstance(key, str) else str(key)


def paths(variables: Mapping) -> dict:
    """Tensors by their place in the dicts, lists and tuples among variables.

    Of a dict the place is told without the variable, "layer1.W", and with it, "params.layer1.W";
    of a list with it alone, "weights.0". A place that several tensors have is left out.
    """
    found: dict = {}
    for name, value in variables.items():
        if not isinstance(value, (dict, list, tuple)):
            continue
        for path, tensor in _tensors(value):
            places = [path] if isinstance(value, dict) else []
            for place in (*places, f"{name}.{path}"):
                found.setdefault(place, {})[tensor.node] = tensor
    return {place: next(iter(own.values())) for place, own in found.items() if len(own) == 1}


def _tensors(value, path=(), depth=4):
    """Pairs (path, tensor) of nested containers."""
    if isinstance(value, Tensor):
        yield ".".join(path), value
    elif depth and isinstance(value, dict):
        for key, one in value.items():
            yield from _tensors(one, (*path, str(key)), depth - 1)
    elif depth and type(value) in (list, tuple) and len(value) <= 1000:
        for i, one in enumerate(value):
            yield from _tensors(one, (*path, str(i)), depth - 1)


_FACTOR = re.compile(r"d(?P<top>.+?)\s*/\s*d(?P<bottom>.+)", re.DOTALL)


class Factors:
    """The derivatives of any tensor of a graph with respect to any other."""

    def __init__(self, loss, names):
        self.loss = loss
        self.names = names
        start = seed_of(loss, None)
        self._gradients = backward_pass({loss.node: start}, names.nodes, hooked=False)

    def find(self, key, shape):
        """The label of a key, its true value in the form that the shape asks for, and its ends."""
        top, bottom = self._parse(key)
        label = f"d{self._label(top)}/d{self.names.of(bottom)}"
        if top is bottom or bottom not in history(top):
            raise ValueError(
                f"{key!r}: {self._label(top)} is not computed from {self.names.of(bottom)}, so "
                "there is no such factor of the chain; is it the other way round?"
            )
        if not bottom.requires_grad:
            raise ValueError(
                f"{key!r}: {self.names.of(bottom)} is a constant; create it with "
                "requires_grad=True to compare its gradient"
            )
        if top is self.loss.node:
            return label, plain(self._gradients[bottom]), (top, bottom)
        return label, self._factor(key, top, bottom, shape), (top, bottom)

    def of_unused(self, name, tensor):
        """The label and the gradient, zeros, of a parameter that the loss does not depend on."""
        return f"d{self._label(self.loss.node)}/d{name}", np.zeros_like(tensor._array), (None, None)

    def _parse(self, key):
        if isinstance(key, tuple) and len(key) == 2:
            return self._node(key[0], top=True), self._node(key[1])
        if isinstance(key, str) and not self.names.find(key) and (match := _FACTOR.fullmatch(key)):
            return self._node(match["top"], top=True), self._node(match["bottom"])
        return self.loss.node, self._node(key)

    def _node(self, key, top=False):
        if isinstance(key, Tensor):
            if key.node not in self.names.nodes:
                raise ValueError(f"the loss was not computed from the given tensor {key!r}")
            return key.node
        nodes = self.names.find(key)
        if len(nodes) == 1 and isinstance(nodes[0].out, tuple):
            parts = [self.names.of(node) for node in self.names.nodes if nodes[0] in node.parents]
            raise ValueError(
                f"{key!r} is a call with several results: name one of these, {', '.join(parts)}"
            )
        if len(nodes) == 1:
            return nodes[0]
        if len(nodes) > 1:
            raise ValueError(
                f"{key!r} is the name of {len(nodes)} tensors: give the tensor itself as the key, "
                "or tell them apart with names={...}"
            )
        if top and str(key).lower() in ("loss", "l"):
            return self.loss.node
        near = difflib.get_close_matches(str(key), self.names.all(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(
            f"{key!r} is not the name of a tensor of this graph: {hint}It has "
            f"{', '.join(self.names.all())}. Names come from name=, from module paths, or from "
            "variables where compare() is called; names={...} sets them."
        )

    def _label(self, node):
        """The root is called Loss unless it has a name of its own."""
        named = self.names.given(node)
        if node is self.loss.node and named in (None, "loss"):
            return "Loss"
        return named or self.names.of(node)

    def _factor(self, key, top, bottom, shape):
        """The other operand of a product, the diagonal of an element-wise step, or the Jacobian."""
        out, x = np.asarray(top.out), np.asarray(self._value(bottom))
        if top.op.f is np.matmul and bottom in top.parents and shape != out.shape + x.shape:
            return local_derivative(top, top.parents.index(bottom))
        if out.ndim == 0:
            return self._pull(top, bottom, np.ones_like(out))
        if out.shape == x.shape and shape != out.shape + x.shape:
            tolerance = 1e3 * np.finfo(out.dtype).eps
            factor = diagonal(partial(self._pull, top, bottom), np.ones_like(out), tolerance)
            if factor is not None:
                return factor
            if shape == x.shape:
                raise ValueError(
                    f"{key!r}: that step mixes elements, so it has no diagonal to compare with: "
                    f"give the whole Jacobian, of shape {out.shape + x.shape}"
                )
        rows = [self._pull(top, bottom, unit) for unit in units(out)]
        return np.reshape(rows, out.shape + x.shape)

    def _pull(self, top, bottom, cotangent):
        table = backward_pass({top: cotangent}, [bottom], hooked=False)
        return plain(table.get(bottom, np.zeros_like(self._value(bottom))))

    def _value(self, node):
        """A node's value as this graph saw it."""
        if node.op is not None:
            return node.out
        uses = (
            value for user in self.names.nodes for value, parent in user.inputs() if parent is node
        )
        return next(uses, node.out)


def diagonal(pull, ones, rtol, atol=0.0):
    """The derivative of an element-wise step, or None if a random cotangent shows a mixture."""
    probe = np.random.default_rng(0).uniform(1, 2, np.shape(ones)).astype(ones.dtype)
    found, mixed = pull(ones), pull(probe)
    atol = atol * np.max(np.abs(found), initial=0.0)
    same = np.allclose(mixed, probe * found, rtol=rtol, atol=atol, equal_nan=True)
    return found if same else None


def units(array):
    """Every one-hot cotangent of an array."""
    for index in np.ndindex(array.shape):
        unit = np.zeros_like(array)
        unit[index] = 1
        yield unit
