"""The derivatives of any tensor of a graph with respect to any other, by their keys: "dh2/dz2"."""

import re
from functools import partial

import numpy as np

from ..engine.tape import history
from ..engine.tensor import Tensor, backward_pass, plain, seed_of
from ..graph import local_derivative
from ..messages import errors

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
        if top is bottom or (top is not self.loss.node and bottom not in history(top)):
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
        hint = errors.did_you_mean(key, self.names.all(), 0.5)
        raise ValueError(
            f"{key!r} is not the name of a tensor of this graph: {hint}It has "
            f"{', '.join(self.names.all())}. Names come from name=, from module paths, or from "
            "variables where compare() is called, or inside its function; names={...} sets them."
        )

    def _label(self, node):
        return self.names.label(node) or self.names.of(node)

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
