"""Gradient checkpointing: less memory for the tape, for one more run of the function.

The call is one node of the tape. Its rule runs the function again, this time recorded, and
makes a backward pass through what was recorded.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..engine.arrays import asarray
from ..engine.calls import requires_grad
from ..engine.dispatch import registry
from ..engine.modes import enable_grad, is_recording, no_grad, watching
from ..engine.tape import Call, Leaf, Operation
from ..engine.tensor import Tensor, backward_pass, constant, plain, several, twin, wrap
from . import trees
from .closures import Closures, told_to_others
from .function_call import Transformed, differentiating, seeds_of, variable


def checkpoint(f: Callable) -> Callable:
    """The same function, which records one call and is run again in the backward pass.

    What it computes inside is not kept, so that the memory of a long computation is that of
    its longest checkpointed part. Gradients of any order are those of ``f``; those of tensors
    that ``f`` uses without getting them as arguments, such as the parameters of a module, too.

    Parameters
    ----------
    f : callable
        Of trees of tensors, arrays and anything else; returns a tree. It must return the same
        when it is run again: no random numbers but from a generator that it makes itself, no
        state that the first run changes.

    Raises
    ------
    ValueError
        In the backward pass, when the second run does not give the values of the first, or
        uses tensors that the first did not.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> np.sum(checkpoint(lambda x: np.exp(np.sin(x)) * x)(x)).backward()
    >>> x.grad.round(4)
    array([3.5732, 0.4163])
    """

    def call(*args, **kwargs):
        if not is_recording():
            return f(*args, **kwargs)
        leaves, build = trees.flatten([args, kwargs])
        own = [i for i, leaf in enumerate(leaves) if requires_grad(leaf)]
        again = _Again(f, leaves, own, build)
        with watching(Closures()) as others, no_grad():
            result = again.run([constant(leaves[i]._array) for i in own])
        found, build_result = trees.flatten(result)
        others.meet(found)
        parents = [*(leaves[i].node for i in own), *others.met]
        told_to_others([*(leaves[i] for i in own), *found])  # a checkpoint inside another one
        again.places = [i for i, leaf in enumerate(found) if _is_output(leaf, leaves)]
        if not parents or not again.places:
            return result
        again.rules = (None,) * len(parents)
        made = _recorded(again, [plain(found[i]) for i in again.places], parents)
        for i, tensor in zip(again.places, made, strict=True):
            found[i] = tensor
        return build_result(found)

    return Transformed(call, checkpoint, f)


class _Again(Operation):
    """The operation of a checkpointed call: its step back runs the function again."""

    way_out = ""

    def __init__(self, f, leaves, own, build):
        self.f = f
        self.name = getattr(f, "__name__", "checkpoint")
        self.rules = ()  # None for each parent: there is no derivative without a second run
        self.leaves = [None if i in own else leaf for i, leaf in enumerate(leaves)]
        self.own = own
        self.build = build
        self.places = ()  # of the results that are differentiated, among all that f returns

    def __repr__(self):
        return f"<checkpoint {self.name}>"

    def run(self, tensors):
        """What the function returns for these tensors in place of those it was called with."""
        leaves = [constant(x._array) if isinstance(x, Tensor) else x for x in self.leaves]
        for i, t in zip(self.own, tensors, strict=True):
            leaves[i] = t
        args, kwargs = self.build(leaves)
        return self.f(*args, **kwargs)

    def cotangents(self, g, out, args, kwargs, parents, careful=False):
        """Pairs (parent, contribution), after a second run and a backward pass through it."""
        several = isinstance(out, tuple)
        gs, outs = (g, out) if several else ((g,), (out,))
        recorded = any(isinstance(part, Tensor) for part in gs)
        args, n = list(args), len(self.own)
        inputs, others = args[:n], parents[n:]
        for node, value in zip(others, map(plain, args[n:]), strict=True):
            if node.out is not value and not np.array_equal(node.out, value):
                raise self._differs("a tensor that it uses has another value")
        with enable_grad():
            inputs = [registry["alias"](x) if recorded else variable(x) for x in inputs]
        nodes = [*(t.node for t in inputs), *others]
        with enable_grad(), differentiating(nodes[:n]):
            start = Leaf(None)  # the pass enters nothing older
            found = trees.flatten(self.run(map(twin, inputs)))[0]
        outputs = [_as_tensor(found[i]) for i in self.places if i < len(found)]
        self._compare(outputs, outs)
        pairs = [(t, part) for t, part in zip(outputs, gs, strict=True) if part is not None]
        with differentiating(nodes[:n]):
            table = backward_pass(seeds_of(*zip(*pairs, strict=True)), [start], recorded)
        older = {node for node in table if node.serial < start.serial}
        if not older <= set(nodes):
            raise self._differs("it uses tensors that the first did not")
        return [
            (parent, table[node])
            for parent, node in zip(parents, nodes, strict=True)
            if parent.requires_grad and node in table
        ]

    def _compare(self, outputs, expected):
        given, wanted = ([np.shape(plain(t)) for t in many] for many in (outputs, expected))
        if given != wanted:
            raise self._differs(f"it gave shapes {given}, the first {wanted}")
        for t, first in zip(outputs, map(plain, expected), strict=True):
            close = np.sqrt(np.finfo(first.dtype).eps)
            size = np.abs(first[np.isfinite(first)]).max(initial=0.0)
            if not np.allclose(t._array, first, rtol=close, atol=close * size, equal_nan=True):
                raise self._differs("it gave other values")

    def _differs(self, how):
        return ValueError(
            f"checkpoint({self.name}): the second run, in the backward pass, differs from the "
            f"first: {how}. The function must be deterministic (make random generators inside "
            "it), and the tensors that it uses must keep their values until the backward pass"
        )


def _is_output(leaf, arguments):
    """Whether what f returned may have a derivative: in the first run it may be a plain array."""
    if isinstance(leaf, (Tensor, np.ndarray, np.generic)):
        return leaf.dtype.kind in "fc" and not any(leaf is argument for argument in arguments)
    return False


def _as_tensor(value):
    return value if isinstance(value, Tensor) else constant(asarray(value))


def _recorded(again, values, parents):
    """The results as tensors of one node."""
    out = tuple(values) if len(values) > 1 else values[0]
    node = Call(again, tuple(node.out for node in parents), {}, out, tuple(parents))
    return several(out, node) if len(values) > 1 else [wrap(out, node)]
