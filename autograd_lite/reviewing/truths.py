"""The true gradients of a program's loss, at the given point and at points beside it."""

import ast
import operator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

import numpy as np

from ..engine.tape import Node, Pending, backward_pass, history
from ..engine.tensor import Tensor
from .inputs import is_floats
from .pairs import last_word
from .recognition import Known

BESIDE = 2  # points
STEPS = (0.2, 0.06, 0.02)  # how far they are, relative to the values
_GUARDS = ("clip", "maximum", "minimum")
USES = 6


@dataclass(eq=False)
class Truth:
    """One run on tensors, differentiated.

    Attributes
    ----------
    run : Run
    leaves : dict
        The leaf of each place of the inputs.
    failure : Exception or None
        What stopped the run after the loss.
    loss : Node
    gradients : dict of arrays by node
        Of the loss, with respect to all it was computed from.
    parts : dict of lists of pairs by node
        (the node that it came from, what arrived) of all that arrived at a node.
    entries : dict
        {name: (place, index)} of entries that have a name of their own, see `find_entries`.
    """

    run: object
    leaves: dict
    failure: Exception | None
    loss: object
    gradients: dict = field(default_factory=dict)
    parts: dict = field(default_factory=dict)
    entries: dict = field(default_factory=dict)

    def __post_init__(self):
        def step(node, g, careful):
            pairs = []
            for parent, contribution in node.step(g, careful):
                if isinstance(contribution, Pending):
                    contribution = contribution.total()
                self.parts.setdefault(parent, []).append((node, contribution))
                pairs.append((parent, contribution))
            return pairs

        def arrive(node, g):
            self.gradients[node] = g
            return g

        seed = {self.loss: np.ones_like(np.asarray(self.loss.out))}
        left = backward_pass(seed, arrive=arrive, step=step, careful=True)
        self.gradients = {n: g for n, g in (self.gradients | left).items() if size_of(n)}
        self.forward = set(history(self.loss))

    def find_entries(self, statements):
        """{name of an entry, what the program calls it}: ``self.w1, self.w2 = w``, ``b = w[0]``.

        They are in ``entries`` then.
        """
        called: dict = {}
        for key, value in self.run.events:
            target = getattr(statements.get(key), "target", None)
            place, index = self._entry_at(value)
            several = target.elts if isinstance(target, ast.Tuple) else []
            if place is not None and index is None and len(several) == len(value.out):
                for i, one in enumerate(several):
                    called.setdefault((place, i), set()).add(last_word(ast.unparse(one)))
            elif index is not None and target is not None:
                called.setdefault((place, index), set()).add(last_word(ast.unparse(target)))
        self.entries |= {f"{place}[{index}]": (place, index) for place, index in called}
        return {f"{place}[{index}]": words for (place, index), words in called.items()}

    def _entry_at(self, value):
        """(place, None) of what stands in a place, (place, index) of one of its numbers."""
        if not isinstance(value, Node) or value.op is None:
            return None, None
        if value in self.lifted:
            place = self.lifted[value]
            return (place, None) if np.ndim(value.out) == 1 else (None, None)
        index = value.kwargs.get("index") if value.op.name == "getitem" else None
        above = [self.lifted.get(parent) for _, parent in value.inputs()]
        if np.ndim(value.out) or index is None or len(above) != 1 or above[0] is None:
            return None, None
        return above[0], index

    def entry(self, name):
        """The value of an entry."""
        place, index = self.entries[name]
        return float(self.leaves[place].node.out[index])

    def leaf_of(self, name):
        """The node of the leaf of a place, or of the place of an entry."""
        return self.leaves[self.entries.get(name, (name,))[0]].node

    def reads(self, place):
        """Whether the loss was computed from what stands in a place."""
        return self.leaves[place].node in self.forward

    @cached_property
    def lifted(self):
        """{node: place} of what the program has of the places: copies of the leaves."""
        places = {leaf.node: place for place, leaf in self.leaves.items()}
        copies = ((n, [p for _, p in n.inputs()]) for n in self.forward)
        return {
            n: places[above[0]]
            for n, above in copies
            if len(above) == 1 and above[0] in places and np.array_equal(n.out, above[0].out)
        }

    @cached_property
    def values(self):
        """The values of the forward pass, to be recognised."""
        return Known(n.out for n in self.forward if size_of(n) > 1)

    def pieces(self, node):
        """What a backward pass computes of a gradient: single uses, sums, all but one."""
        parts = [part for _, part in self.parts.get(node, ())]
        found = list(parts)
        if len(parts) > 1:
            found += list(accumulate(parts, operator.add))[1:]
        if 2 < len(parts) <= USES:
            found += [self.gradients[node] - part for part in parts]
        return found

    def of(self, place):
        """The gradient with respect to one place of the inputs; zeros where it was not used."""
        leaf = self.leaf_of(place)
        found = self.gradients.get(leaf)
        found = np.zeros_like(leaf.out) if found is None else np.asarray(found)
        return found[self.entries[place][1]] if place in self.entries else found


def size_of(node):
    """How many entries a node has; 0 of one that gives several arrays, as slogdet does."""
    return getattr(node.out, "size", 0)


def node_of(value):
    """The node of a tensor; None of other values."""
    return value.node if isinstance(value, Tensor) else None


def same_guards(one, other):
    """Whether clipped values, and those with a bound that is not 0, are the same ones in two runs.

    Where a guard against overflow cuts off at one point alone, a formula without it is no mistake.
    """
    pairs = zip(_guards(one), _guards(other), strict=False)
    return all(np.array_equal(mine, theirs) for mine, theirs in pairs)


def _guards(truth):
    """Which entries guards let through, one array for each."""
    for node in sorted(truth.forward, key=lambda node: node.serial):
        if node.op is not None and node.op.name in _GUARDS:
            inputs = [(np.asarray(value), parent) for value, parent in node.inputs()]
            bounds = [value for value, parent in inputs if parent is None]
            if node.op.name == "clip" or any(b.size == 1 and b.any() for b in bounds):
                given = next(value for value, parent in inputs if parent is not None)
                yield np.asarray(node.out) == given


def beside(places, seed, step=STEPS[0]):
    """A function ``other(name, value)`` that moves the named places a little.

    What is positive stays positive, and what is a number among 0 and 1 alone stays as it is.
    """
    rng = np.random.default_rng(seed)
    moved = {}
    for name, value in places.items():
        array = np.asarray(value, dtype=float)
        scale = np.sqrt(np.mean(array**2)) if array.size else 0.0
        factors = np.exp(step * rng.uniform(-1, 1, array.shape))
        new = array * factors
        if not (array > 0).all():
            new = new + 0.5 * step * (scale or 1.0) * rng.normal(size=array.shape)
        moved[name] = new.astype(value.dtype) if is_floats(value) else float(new)
    return lambda name, value: _like(moved.get(name, value), value)


def _like(new, value):
    return np.array(new) if is_floats(value) else new
