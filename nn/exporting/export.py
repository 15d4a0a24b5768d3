"""`to_onnx`: a model as an ONNX file, for runtimes in other languages and on other machines."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ..evaluation import as_array, evaluating
from ..module import Module
from ..optional import needed
from .layers import convert

_OPSET = 20  # the first with Gelu


def to_onnx(
    model: Module,
    path: str | Path,
    example,
    *,
    axes: Sequence[str] = ("batch",),
    dtype=np.float32,
) -> Path:
    """Write a model as it computes after training to a file in the ONNX format.

    Parameters
    ----------
    model : Module
        `Sequential` and `Residual` of layers and activations of nn, or one of them.
    path : str or Path
        Such as "model.onnx".
    example : array
        One input as the model takes it: its axes and its dtype are those of the file's input.
    axes : sequence of str
        Names of the first axes, whose lengths are left open: ``("batch", "time")``.
    dtype : dtype
        Of all floats in the file. Runtimes have some operators, such as convolution, for
        float32 alone.

    Returns
    -------
    Path
        The file. Its input is "input", its output "output".

    Raises
    ------
    TypeError
        For a layer, or a function, that is none of nn's.
    ModuleNotFoundError
        Without the package onnx.
    """
    if not isinstance(model, Module):
        raise TypeError(f"to_onnx takes a model and a path, not {type(model).__name__}")
    onnx = needed("onnx", "to_onnx")
    graph = Graph(onnx, dtype)
    example = as_array(example)
    with evaluating(model):
        name, result = convert(graph, model, "input", example)
    graph.nodes.append(onnx.helper.make_node("Identity", [name], ["output"]))
    is_float = example.dtype.kind == "f"
    ends = [
        _described(onnx, "input", graph.dtype if is_float else example.dtype, example.shape, axes),
        _described(onnx, "output", graph.dtype, np.shape(result), axes),
    ]
    made = _model(onnx, graph, type(model).__name__, *ends)
    onnx.checker.check_model(made, full_check=True)
    Path(path).write_bytes(made.SerializeToString())
    return Path(path)


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


def _described(onnx, name, dtype, shape, axes):
    """An input or an output: the first axes by name, the others by length."""
    lengths = [*axes[: len(shape)], *shape[len(axes) :]]
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return onnx.helper.make_tensor_value_info(name, kind, lengths)


def _model(onnx, graph, name, given, result):
    """The model of a graph, as ONNX writes it."""
    return onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, name, [given], [result], initializer=graph.constants),
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        ir_version=9,
        producer_name="autograd_lite",
        producer_version=version("autograd_lite"),
    )
