"""How values go through a backward pass: which lines feed a gradient, and which come first."""

from ..engine.tape import Leaf, Node, history
from .inputs import is_floats
from .recognition import EXACT, INNER, SCALED, UNKNOWN


def nodes_in(value):
    """The nodes in a kept value."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from nodes_in(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from nodes_in(inner)


class Flow:
    """The tape of a whole program, forward and backward.

    Attributes
    ----------
    feeds : dict of sets by key of a statement
        The paths of the gradients that its values go into.
    first : list of keys
        Lines whose value is unknown to backpropagation though all that they got was known.
    weak : list of keys
        Lines whose value is known but for the size of an axis, or as that of something unnamed.
    rest : list of keys
    """

    def __init__(self, truth, known, wrong):
        self.forward = truth.forward
        self.events = truth.run.events
        self.feeds: dict = {}
        self._owners()
        above: dict = {}
        for path, root in wrong.items():
            for node in history(root):
                above[node] = None
                for key in self.passed.get(node, ()):
                    self.feeds.setdefault(key, set()).add(path)
        self.nodes = sorted(above, key=lambda node: node.serial)
        self.status = {
            node: EXACT if node in self.interim else known.of(node.out)
            for node in self.nodes
            if node in self.owner
        }
        self._ordered()

    def _owners(self):
        """Which statement made a node, and which hand it on; what is stored over later."""
        self.owner: dict = {}
        self.passed: dict = {}
        self.interim = set()
        for key, value in self.events:
            for node in nodes_in(value):
                if node in self.forward or isinstance(node, Leaf):
                    continue
                self.passed.setdefault(node, {})[key] = None
                if node not in self.owner:
                    self.owner[node] = key
                    self._stored_over(node, key)

    def _stored_over(self, node, key):
        """Note that a value is not the last one at a line that adds up or fills an array."""
        for _, parent in node.inputs():
            if self.owner.get(parent) == key and parent.out.shape == node.out.shape:
                self.interim.add(parent)

    def _goes_into_unknown(self, key):
        """Whether a line's value is used where the result is unknown to backpropagation."""
        mine = {node for node, owner in self.owner.items() if owner == key}
        return any(
            self.status.get(node) == UNKNOWN
            for node in self.nodes
            if any(parent in mine for _, parent in node.inputs())
        )

    def _ordered(self):
        tainted: dict = {}
        first, weak = {}, {}
        for node in self.nodes:
            dirty = any(
                tainted.get(parent) or self.status.get(parent, EXACT) == UNKNOWN
                for _, parent in node.inputs()
                if parent is not None and parent not in self.forward
            )
            tainted[node] = dirty
            status = self.status.get(node, EXACT)
            if status == UNKNOWN and not dirty:
                first.setdefault(self.owner[node])
            elif status in (SCALED, INNER):
                weak.setdefault(self.owner[node])
        self.first = list(first)
        weak = {key: None for key in weak if key not in first}
        mixed = [key for key in weak if self._goes_into_unknown(key)]
        self.weak = [*mixed, *reversed([key for key in weak if key not in mixed])]
        self.rest = [key for key in reversed(self.feeds) if key not in first and key not in weak]


def arrays_in(value):
    """The arrays of floats in a kept value."""
    if is_floats(value):
        yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from arrays_in(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from arrays_in(inner)
