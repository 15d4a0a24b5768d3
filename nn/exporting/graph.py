"""An ONNX graph as it is built: an operator is added, and its result has a name."""

from __future__ import annotations

import numpy as np


class Graph:
    """Nodes and constants; ``dtype`` is that of all floats in it.

    Attributes
    ----------
    ndim : dict
        How many axes the results have, by name, where a layer needs to know.
    """

    def __init__(self, onnx, dtype):
        self.onnx = onnx
        self.dtype = np.dtype(dtype)
        self.nodes, self.constants = [], []

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes):
        """A node, and the name of its result; of several results a list of names."""
        names = [f"{operator.lower()}_{len(self.nodes)}" + (f"_{i}" if i else "")
                 for i in range(outputs)]  # fmt: skip
        node = self.onnx.helper.make_node(operator, list(inputs), names, **attributes)
        self.nodes.append(node)
        return names if outputs > 1 else names[0]

    def constant(self, array, name: str | None = None) -> str:
        """An array in the graph: floats in the dtype of the graph, integers as int64."""
        array = np.asarray(array)
        array = array.astype(self.dtype if array.dtype.kind == "f" else array.dtype)
        name = f"{name or 'constant'}_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def integers(self, *numbers: int) -> str:
        """A vector of int64, such as a shape or axes."""
        return self.constant(np.array(numbers, np.int64), "integers")
