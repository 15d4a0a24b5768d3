"""What each layer and function of nn is in ONNX's operators.

The one idea: a row a layer, ``convert(graph, layer, x, shape) -> name`` of the result, where x is
the name of the input and ``shape`` its shape for the example that the export was given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag

from .. import activations, normalization, recurrent
from ..attention import MultiheadAttention, TransformerBlock
from ..containers import Residual, Sequential
from ..convolution import AveragePool, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, MaxPool
from ..layers import Dropout, Embedding, Flatten, Linear
from ..module import Module


def convert(graph, layer, x: str, example):
    """The name of what a layer makes of x, and the example that goes with it."""
    if isinstance(layer, Sequential):
        return _sequence(graph, layer, x, example)
    rule = _LAYERS.get(type(layer)) if isinstance(layer, Module) else _FUNCTIONS.get(layer)
    if rule is None:
        known = ", ".join(sorted(kind.__name__ for kind in _LAYERS))
        name = type(layer).__name__ if isinstance(layer, Module) else f"{layer!r:.60}"
        raise TypeError(
            f"to_onnx does not know {name}: it knows Sequential, Residual and {known}, and "
            "functions such as ag.relu. Write the model as nn.Sequential of these"
        )
    name = rule(graph, layer, x, np.shape(example))
    with ag.no_grad():
        return name, layer(example)


def _sequence(graph, model, x, example):
    """One after the other; a `Residual` adds x, or its shortcut."""
    name, result = x, example
    for layer in model:
        name, result = convert(graph, layer, name, result)
    if isinstance(model, Residual):
        kept = x
        if model.shortcut is not None:
            kept, _ = convert(graph, model.shortcut, x, example)
        name = graph.add("Add", kept, name)
        with ag.no_grad():
            result = model(example)
    return name, result


def _affine(graph, layer, x, shape):
    product = graph.add("MatMul", x, graph.constant(layer.weight.numpy(), "weight"))
    if layer.bias is None:
        return product
    return graph.add("Add", product, graph.constant(layer.bias.numpy(), "bias"))


def _operator(name, **attributes):
    """A row of one operator; attributes are constants, or read from the layer by their name."""

    def rule(graph, layer, x, shape):
        settings = {k: getattr(layer, v[1:]) if str(v)[:1] == "." else v
                    for k, v in attributes.items()}  # fmt: skip
        return graph.add(name, x, **settings)

    return rule


def _swish(graph, layer, x, shape):
    return graph.add("Mul", x, graph.add("Sigmoid", x))


def _log_sigmoid(graph, layer, x, shape):
    return graph.add("Neg", graph.add("Softplus", graph.add("Neg", x)))


def _gelu(graph, layer, x, shape):
    is_approximate = getattr(layer, "approximate", False)
    return graph.add("Gelu", x, approximate="tanh" if is_approximate else "none")


def _identity(graph, layer, x, shape):
    return x


def _embedding(graph, layer, x, shape):
    return graph.add("Gather", graph.constant(layer.weight.numpy(), "table"), x, axis=0)


# --- images -------------------------------------------------------------------------------------


def _sizes(value, n):
    return [int(v) for v in np.broadcast_to(value, n)]


def _pads(padding, n):
    """(before of each axis ..., after of each axis ...)"""
    pairs = padding if isinstance(padding, tuple) else (padding,) * n
    ends = [pair if isinstance(pair, tuple) else (pair, pair) for pair in pairs]
    return [int(a) for a, _ in ends] + [int(b) for _, b in ends]


def _convolution(operator):
    """A row of convolutions, or of those that lay the kernel down, which say how much is added."""

    def rule(graph, layer, x, shape):
        n = len(shape) - 2
        inputs = [x, graph.constant(layer.weight.numpy(), "kernel")]
        if layer.bias is not None:
            inputs.append(graph.constant(layer.bias.numpy(), "bias"))
        settings = {
            "strides": _sizes(layer.stride, n),
            "dilations": _sizes(layer.dilation, n),
            "pads": _pads(layer.padding, n),
            "group": layer.groups,
        }
        if operator == "ConvTranspose":
            settings["output_padding"] = _sizes(layer.output_padding, n)
        return graph.add(operator, *inputs, **settings)

    return rule


def _pooling(name, **attributes):
    def rule(graph, layer, x, shape):
        n = len(shape) - 2
        size = _sizes(layer.size, n)
        strides = size if layer.stride is None else _sizes(layer.stride, n)
        pads = _pads(layer.padding, n)
        return graph.add(name, x, kernel_shape=size, strides=strides, pads=pads, **attributes)

    return rule


def _layer_norm(graph, layer, x, shape):
    parameters = [graph.constant(p.numpy(), "norm") for p in (layer.weight, layer.bias)]
    axis = -layer.weight.ndim
    return graph.add("LayerNormalization", x, *parameters, axis=axis, epsilon=layer.epsilon)


def _batch_norm(graph, layer, x, shape):
    tensors = (layer.weight, layer.bias, layer.running_mean, layer.running_variance)
    parameters = [graph.constant(t.numpy(), "norm") for t in tensors]
    return graph.add("BatchNormalization", x, *parameters, epsilon=layer.epsilon)


def _group_norm(graph, layer, x, shape):
    """Groups are the channels of an instance norm; ONNX's own has other shapes in each version."""
    groups, dtype = layer.groups, layer.weight.dtype
    whole = graph.integers(0, *shape[1:])
    x = graph.add("Reshape", x, graph.integers(0, groups, -1))
    ends = (graph.constant(f(groups, dtype), "norm") for f in (np.ones, np.zeros))
    x = graph.add("InstanceNormalization", x, *ends, epsilon=layer.epsilon)
    across = (-1, *[1] * (len(shape) - 2))
    weight, bias = (
        graph.constant(t.numpy().reshape(across), "norm") for t in (layer.weight, layer.bias)
    )
    return graph.add("Add", graph.add("Mul", graph.add("Reshape", x, whole), weight), bias)


# --- sequences ----------------------------------------------------------------------------------


def _activation(cell, directions):
    """The attribute of a cell whose activation is none of ONNX's defaults."""
    activation = getattr(cell, "activation", np.tanh)
    names = {np.tanh: "Tanh", ag.relu: "Relu", ag.sigmoid: "Sigmoid"}
    if activation not in names:
        raise TypeError(
            f"to_onnx: the activation of RNN is tanh, relu or sigmoid, not {activation!r:.60}"
        )
    return {} if activation is np.tanh else {"activations": [names[activation]] * directions}


def _recurrent(operator, order, **attributes):
    """A row of an operator for (time, batch, inputs), whose gates have another order than ours."""

    def rule(graph, layer, x, shape):
        if len(shape) != 3:
            raise ValueError(f"to_onnx: {layer!r} is for arrays (batch, time, inputs), not {shape}")
        hidden = layer.cells[0].hidden.weight.shape[0]
        both = {"direction": "bidirectional"} if layer.directions > 1 else {}
        activations = _activation(layer.cells[0], layer.directions)
        more = {"hidden_size": hidden, **attributes, **both, **activations}
        x = graph.add("Transpose", x, perm=[1, 0, 2])
        for at in range(0, len(layer.cells), layer.directions):
            cells = layer.cells[at : at + layer.directions]
            x = graph.add(operator, x, *weights(graph, cells), **more)
            x = graph.add("Transpose", x, perm=[0, 2, 1, 3])  # of (time, directions, batch, hidden)
            x = graph.add("Reshape", x, graph.integers(0, 0, layer.directions * hidden))
        return graph.add("Transpose", x, perm=[1, 0, 2])

    def weights(graph, cells):
        maps = [(cell.input, cell.hidden) for cell in cells]
        found = [np.stack([gates(m.weight.numpy()) for m in some]) for some in zip(*maps)]
        if maps[0][0].bias is not None:
            biases = [[gates(m.bias.numpy()) for m in pair] for pair in maps]
            found.append(np.stack([np.concatenate(pair) for pair in biases]))
        return [graph.constant(array, "gates") for array in found]

    def gates(array):
        parts = np.split(array.T, len(order))
        return np.concatenate([parts[i] for i in order])

    return rule


def _attention(graph, layer, x, shape):
    """That of a sequence to itself, (batch, length, size)."""
    if len(shape) != 3:
        raise ValueError(f"to_onnx: {layer!r} is for arrays (batch, length, size), not {shape}")
    size = layer.query.weight.shape[0]
    split = graph.integers(0, 0, layer.heads, size // layer.heads)

    def heads(affine, perm):
        return graph.add("Transpose", graph.add("Reshape", _affine(graph, affine, x, shape), split),
                         perm=perm)  # fmt: skip

    query, value = (heads(affine, [0, 2, 1, 3]) for affine in (layer.query, layer.value))
    scores = graph.add("MatMul", query, heads(layer.key, [0, 2, 3, 1]))
    scale = graph.constant(np.array(math.sqrt(size // layer.heads)))
    scores = graph.add("Div", scores, scale)
    if layer.causal:
        ones = graph.onnx.numpy_helper.from_array(np.ones(1, graph.dtype))
        ones = graph.add("ConstantOfShape", graph.add("Shape", scores), value=ones)
        earlier = graph.add(
            "Cast", graph.add("Trilu", ones, upper=0), to=graph.onnx.TensorProto.BOOL
        )
        scores = graph.add("Where", earlier, scores, graph.constant(np.array(-np.inf)))
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    mixed = graph.add("Transpose", mixed, perm=[0, 2, 1, 3])
    joined = graph.add("Reshape", mixed, graph.integers(0, 0, size))
    return _affine(graph, layer.out, joined, shape)


def _transformer(graph, block, x, shape):
    def attend(x):
        return _attention(graph, block.attention, x, shape)

    def affine(x):
        hidden = _affine(graph, block.linear1, x, shape)
        wide = np.zeros((*shape[:-1], block.linear1.weight.shape[1]))
        hidden, _ = convert(graph, block.activation, hidden, wide)
        return _affine(graph, block.linear2, hidden, shape)

    def norm(layer, x):
        return _layer_norm(graph, layer, x, shape)

    if block.norm_first:
        x = graph.add("Add", x, attend(norm(block.norm1, x)))
        return graph.add("Add", x, affine(norm(block.norm2, x)))
    x = norm(block.norm1, graph.add("Add", x, attend(x)))
    return norm(block.norm2, graph.add("Add", x, affine(x)))


_LAYERS: dict[Any, Callable] = {
    Linear: _affine,
    Embedding: _embedding,
    Dropout: _identity,
    Flatten: _operator("Flatten", axis=1),
    activations.Sigmoid: _operator("Sigmoid"),
    activations.LogSigmoid: _log_sigmoid,
    activations.Tanh: _operator("Tanh"),
    activations.ReLU: _operator("Relu"),
    activations.LeakyReLU: _operator("LeakyRelu", alpha=".slope"),
    activations.ELU: _operator("Elu", alpha=".alpha"),
    activations.SELU: _operator("Selu"),
    activations.GELU: _gelu,
    activations.SiLU: _swish,
    activations.Mish: _operator("Mish"),
    activations.Softplus: _operator("Softplus"),
    activations.Softsign: _operator("Softsign"),
    activations.Softmax: _operator("Softmax", axis=".axis"),
    activations.LogSoftmax: _operator("LogSoftmax", axis=".axis"),
    Conv1d: _convolution("Conv"),
    Conv2d: _convolution("Conv"),
    ConvTranspose1d: _convolution("ConvTranspose"),
    ConvTranspose2d: _convolution("ConvTranspose"),
    MaxPool: _pooling("MaxPool"),
    AveragePool: _pooling("AveragePool", count_include_pad=1),
    normalization.LayerNorm: _layer_norm,
    normalization.BatchNorm: _batch_norm,
    normalization.GroupNorm: _group_norm,
    recurrent.RNN: _recurrent("RNN", (0,)),
    recurrent.LSTM: _recurrent("LSTM", (0, 3, 1, 2)),  # ours are i f g o, ONNX's i o f c
    recurrent.GRU: _recurrent("GRU", (1, 0, 2), linear_before_reset=1),  # ours r z n, its z r h
    MultiheadAttention: _attention,
    TransformerBlock: _transformer,
}
_FUNCTIONS: dict[Any, Callable] = {
    ag.relu: _operator("Relu"),
    ag.sigmoid: _operator("Sigmoid"),
    ag.log_sigmoid: _log_sigmoid,
    np.tanh: _operator("Tanh"),
    ag.leaky_relu: _operator("LeakyRelu", alpha=0.01),
    ag.elu: _operator("Elu", alpha=1.0),
    ag.selu: _operator("Selu"),
    ag.gelu: _gelu,
    ag.silu: _swish,
    ag.swish: _swish,
    ag.mish: _operator("Mish"),
    ag.softplus: _operator("Softplus"),
    ag.softsign: _operator("Softsign"),
    ag.softmax: _operator("Softmax", axis=-1),
    ag.log_softmax: _operator("LogSoftmax", axis=-1),
    np.exp: _operator("Exp"),
    np.abs: _operator("Abs"),
    np.sin: _operator("Sin"),
    np.cos: _operator("Cos"),
}
