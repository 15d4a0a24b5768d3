"""A function called with tensors of its own, and the walks back from what it returned.

The one idea of nesting: the arguments become new tensors, so the walks of a function inside
another never meet the other's. The results stay on a tape only if somebody else's tensors
lie behind them.
"""

import numpy as np

from . import errors, hooks, trees
from .arrays import asarray, is_scalar
from .dispatch import registry
from .tape import Argument, enable_grad, is_recording
from .tensor import Tensor, constant, own, plain, twin, walk_back, wrap


class Call:
    """A call of f with new tensors in place of the arguments that are differentiated.

    Attributes
    ----------
    inputs, build
        The new tensors, and what makes of as many others the list of the chosen arguments.
    result, aux
        What f returned.
    """

    def __init__(self, f, argnums, args, kwargs=None, has_aux=False):
        self.name = getattr(f, "__name__", "the function")
        self.several = isinstance(argnums, tuple)
        positions = _positions(argnums if self.several else (argnums,), len(args), self.name)
        leaves, self.build = trees.flatten([args[i] for i in positions])
        self.recorded = is_recording()
        self.inputs = list(map(_variable, leaves))
        args = list(args)
        for i, arg in zip(positions, self.build(map(twin, self.inputs)), strict=True):
            args[i] = arg
        with enable_grad():
            self.result, self.aux = f(*args, **(kwargs or {})), None
        if has_aux:
            self.result, self.aux = self._pair(self.result)

    def like_arguments(self, found):
        """One value for each input, as the arguments stood: a tuple for a tuple of argnums."""
        found = self.build(found)
        return tuple(found) if self.several else found[0]

    def outputs(self):
        """The leaves of the result as tensors, and what builds the same tree of others."""
        leaves, build = trees.flatten(self.result)
        return [self.as_tensor(leaf, "arrays") for leaf in leaves], build

    def as_tensor(self, output, wanted):
        """What f returned as a tensor; what is no Tensor does not depend on the inputs."""
        if isinstance(output, Tensor):
            return output
        if not isinstance(output, (int, float, complex, np.ndarray, np.generic)):
            raise TypeError(
                f"{self.name} returned {errors.describe(output)}: "
                f"a derivative is taken of a function that returns {wanted}"
            )
        return constant(asarray(output))

    def nested(self, outputs):
        """Whether the inputs, or what the outputs were computed from, are on another tape too."""
        return self.recorded and (
            any(t.node.op is not None for t in self.inputs) or _reach_others(outputs, self.inputs)
        )

    def plain_unless(self, nested, tree):
        """A tree with its tensors as they are, or as plain values that nobody else has."""
        return tree if nested else trees.mapped(released, tree)

    def check_kind(self, outputs, holomorphic):
        """Refuse complex outputs unless the function is said to be holomorphic."""
        if not holomorphic:
            if any(t.dtype.kind == "c" for t in outputs):
                raise TypeError(
                    f"{self.name} returned complex numbers: pass holomorphic=True if it is a "
                    "holomorphic function of complex arguments, else differentiate np.real and "
                    "np.imag of it"
                )
        elif any(t.dtype.kind != "c" for t in (*self.inputs, *outputs)):
            raise TypeError(
                f"holomorphic=True, but not all arguments and results of {self.name} are "
                "complex: convert them with .astype(complex), or leave it out"
            )

    def _pair(self, result):
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(
                f"{self.name} returned {errors.describe(result)}: with has_aux=True a function "
                "returns two things, what is differentiated and anything else"
            )
        return result


def gradients_from(starts, inputs, recorded):
    """The gradients of inputs, and whether they are on a tape.

    They are if a walk that starts from the cotangents ``{node: g}`` meets tensors that are
    not the inputs.
    """
    nodes = [t.node for t in inputs]
    nested = recorded and (tracked(starts.values()) or any(n.op is not None for n in nodes))
    if hooks.alive and recorded and not nested:  # one walk only: a hook is called once
        nested = _reach_others(starts, inputs)
    found, table = walked(starts, inputs, nested)
    if recorded and not nested and not table.keys() <= set(nodes):
        nested = True
        found, _ = walked(starts, inputs, nested)
    return found, nested


def walked(starts, inputs, nested):
    """The gradients of inputs after one walk, and its table."""
    if not nested:
        starts = {node: plain(g) for node, g in starts.items()}
    table = walk_back(starts, [t.node for t in inputs], nested)
    return collect(table, inputs, nested, given=map(id, starts.values())), table


def released(value):
    """What is handed out in place of a tensor: an array that is not on its tape, to write into."""
    return value._array.copy() if isinstance(value, Tensor) else value


def tracked(values):
    """Whether one of the values is a tensor that requires a gradient."""
    return any(isinstance(value, Tensor) and value.requires_grad for value in values)


def collect(table, inputs, create_graph, given=()):
    """The cotangents of inputs out of a table, zeros for those it does not hold."""
    found = [table.get(t.node) for t in inputs]
    found = [
        np.zeros_like(t._array) if g is None else g for t, g in zip(inputs, found, strict=True)
    ]
    if create_graph:
        return [g if isinstance(g, Tensor) else constant(g) for g in found]
    given = set(given)
    return [own(g, given) for g in found]


def starting(outputs, cotangents, what="cotangent"):
    """{node: cotangent} of the outputs that depend on anything, each checked and converted."""
    starts = {}
    for output, g in zip(outputs, cotangents, strict=True):
        g = _fitting(g, output, what)
        if output.requires_grad:
            node = output.node
            starts[node] = starts[node] + g if node in starts else g
    return starts


def _fitting(g, output, what):
    g = g if isinstance(g, Tensor) else asarray(g)
    castable = not output.requires_grad or np.can_cast(g.dtype, output.dtype, "same_kind")
    if g.shape != output.shape or not castable:
        raise ValueError(
            f"a {what} of shape {g.shape}, {g.dtype}, does not fit {errors.describe(output)}: "
            "shapes must be equal, nothing is broadcast"
        )
    return g if g.dtype == output.dtype else g.astype(output.dtype)


def _reach_others(outputs, known):
    """Whether a tensor that requires a gradient lies behind the outputs, not behind the known."""
    seen = {t.node for t in known}
    oldest = min((node.serial for node in seen), default=0)
    nodes = (getattr(output, "node", output) for output in outputs)
    stack = [node for node in nodes if node.requires_grad and node not in seen]
    while stack:
        node = stack.pop()
        if node.op is None or node.serial < oldest:
            return True
        for _, parent in node.inputs():
            if parent is not None and parent.requires_grad and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return False


def _variable(value):
    """What a differentiated argument is inside the function: a tensor of its own."""
    if isinstance(value, Tensor) and value.requires_grad and is_recording():
        return registry["alias"](value)
    value = plain(value)
    data = Tensor(value, requires_grad=True)._array
    if is_scalar(value) or isinstance(value, (int, float, complex)):
        data = data[()]  # x += 1 replaces a number
    return wrap(data, Argument(data, True))


def _positions(argnums, count, name):
    for i in argnums:
        if not isinstance(i, (int, np.integer)):
            raise TypeError(f"argnums is an int or a tuple of ints, not {i!r}")
        if not -count <= i < count:
            raise ValueError(
                f"argnums={i}, but {name} was called with "
                f"{count} positional arguments: pass what is differentiated by position"
            )
    positions = [i % count for i in argnums]
    if len(set(positions)) < len(positions):
        raise ValueError(f"argnums={argnums} names an argument twice")
    return positions
