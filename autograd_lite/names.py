"""What a tensor is called: its own name, its path in a module, its variable, or its operation."""

import sys
from collections import Counter

import numpy as np

from .tape import history
from .tensor import Tensor


def caller_variables(depth):
    """The variables of the function ``depth`` calls up, its own before the module's."""
    frame = sys._getframe(depth + 1)
    variables = {**frame.f_locals}
    for name, value in frame.f_globals.items():
        variables.setdefault(name, value)
    return {name: value for name, value in variables.items() if not name.startswith("_")}


class Names:
    """The names of all tensors and constants that a root was computed from.

    Parameters
    ----------
    root : Tensor
        The end of the graph.
    variables : dict
        Where a tensor without a name of its own may be bound: the caller's variables.
    given : dict, optional
        Names that go before all others: ``{"W1": tensor_or_array}``.
    """

    def __init__(self, root, variables, given=None):
        self.nodes = history(root.node)
        self.root = root.node
        self._arrays = []
        chosen, paths, bound = {}, {}, {}
        for name, value in (given or {}).items():
            self._add(chosen, name, value)
        for name, value in variables.items():
            self._add(bound, name, value)
            if callable(getattr(value, "named_parameters", None)) and not isinstance(value, type):
                for path, parameter in value.named_parameters():
                    if len(path) > len(paths.get(parameter.node, "")):
                        paths[parameter.node] = path
        count = Counter()
        self._given, self._names = {}, {}
        for node in self.nodes:
            kind = node.op.name if node.op else "variable" if node.requires_grad else "constant"
            count[kind] += 1
            given = chosen.get(node) or node.name or paths.get(node) or bound.get(node)
            self._given[node] = given
            self._names[node] = given or f"{kind}_{count[kind]}"

    def _add(self, table, name, value):
        if isinstance(value, Tensor):
            table.setdefault(value.node, name)
        elif isinstance(value, np.ndarray):
            self._arrays.append((name, value))

    def of(self, node):
        """The name of a node of the graph."""
        return self._names[node]

    def given(self, node):
        """The name that a person gave a node, or None."""
        return self._given[node]

    def of_array(self, array):
        """The variable that holds the values of a plain array, or None: the tape has a copy."""
        return next((name for name, known in self._arrays if _same(known, array)), None)

    def all(self):
        """Every name, oldest first."""
        return list(self._names.values())

    def find(self, name):
        """The nodes of this name."""
        return [node for node, known in self._names.items() if known == name]


def _same(one, other):
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
