"""The tensors that a function uses without getting them as arguments."""

from ..engine.calls import requires_grad
from ..engine.modes import Watcher, current
from ..engine.tape import Leaf
from ..engine.tensor import Tensor

_SEQUENCES = (list, tuple)


class Closures(Watcher):
    """Watches a run of a function for them.

    Attributes
    ----------
    met : dict
        Their nodes, in order, as keys.
    """

    def __init__(self, met=None):
        self.start = Leaf(None).serial
        self.met = {} if met is None else met

    def record(self, record, op, args, kwargs):
        self.meet(args)
        if kwargs:
            self.meet(kwargs.values())
        return record(op, args, kwargs)

    def meet(self, values):
        """Look at values, also in lists and tuples."""
        for value in values:
            if type(value) in _SEQUENCES:
                self.meet(value)
            elif isinstance(value, Tensor):
                node = value.node
                if node.requires_grad and node.serial < self.start:
                    self.met[node] = None


def told_to_others(values):
    """Have those that watch around a call that is one node know what it uses."""
    values = [value for value in values if requires_grad(value)]
    for watcher in current().watchers:
        if isinstance(watcher, Closures):
            watcher.meet(values)
