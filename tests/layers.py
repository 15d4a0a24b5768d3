"""Every layer with an input, for the tests of `nn`."""

import numpy as np

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
LINE, GRID = rng.normal(size=(3, 2, 9)), rng.normal(size=(2, 2, 6, 6))
ROWS, SEQUENCE = rng.normal(size=(4, 3)), rng.normal(size=(2, 5, 4))
INDICES = np.array([[0, 4, 2], [4, 4, 1]])

# fmt: off
LAYERS = {
    "Linear": (lambda rng: nn.Linear(3, 2, rng=rng), ROWS),
    "Linear without bias": (lambda rng: nn.Linear(3, 2, bias=False, rng=rng), ROWS),
    "Embedding": (lambda rng: nn.Embedding(5, 3, rng=rng), INDICES),
    "Conv1d": (lambda rng: nn.Conv1d(2, 3, 3, stride=2, padding=1, rng=rng), LINE),
    "Conv2d": (lambda rng: nn.Conv2d(2, 4, 3, padding="same", groups=2, rng=rng), GRID),
    "Conv2d strided": (lambda rng: nn.Conv2d(2, 3, (3, 2), (2, 1), 1, dilation=2, rng=rng), GRID),
    "MaxPool": (lambda rng: nn.MaxPool(3, stride=2, padding=1), GRID),
    "AveragePool": (lambda rng: nn.AveragePool(2), GRID),
    "Flatten": (lambda rng: nn.Flatten(), GRID),
    "Dropout": (lambda rng: nn.Dropout(0.4, rng=rng), ROWS),
    "LayerNorm": (lambda rng: nn.LayerNorm(4), SEQUENCE),
    "LayerNorm of two axes": (lambda rng: nn.LayerNorm((5, 4)), SEQUENCE),
    "BatchNorm": (lambda rng: nn.BatchNorm(3), ROWS),
    "BatchNorm of images": (lambda rng: nn.BatchNorm(2), GRID),
    "RNNCell": (lambda rng: nn.RNNCell(3, 2, rng=rng), ROWS),
    "LSTMCell": (lambda rng: nn.LSTMCell(3, 2, rng=rng), ROWS),
    "GRUCell": (lambda rng: nn.GRUCell(3, 2, rng=rng), ROWS),
    "RNN": (lambda rng: nn.RNN(4, 3, rng=rng), SEQUENCE),
    "LSTM": (lambda rng: nn.LSTM(4, 3, rng=rng), SEQUENCE),
    "GRU": (lambda rng: nn.GRU(4, 3, rng=rng), SEQUENCE),
    "MultiheadAttention": (lambda rng: nn.MultiheadAttention(4, 2, rng=rng), SEQUENCE),
    "MultiheadAttention causal":
        (lambda rng: nn.MultiheadAttention(4, 2, causal=True, rng=rng), SEQUENCE),
    "TransformerBlock": (lambda rng: nn.TransformerBlock(4, 2, 8, rng=rng), SEQUENCE),
    "TransformerBlock dropping":
        (lambda rng: nn.TransformerBlock(4, 2, 8, causal=True, dropout=0.2, rng=rng), SEQUENCE),
    "TransformerBlock norm last":
        (lambda rng: nn.TransformerBlock(4, 2, 8, norm_first=False, activation=ag.relu, rng=rng),
         SEQUENCE),
    "Residual": (lambda rng: nn.Residual(nn.Linear(3, 3, rng=rng), nn.Tanh()), ROWS),
    "Residual with a shortcut":
        (lambda rng: nn.Residual(nn.Linear(3, 2, rng=rng), shortcut=nn.Linear(3, 2, rng=rng)),
         ROWS),
    "Sigmoid": (lambda rng: nn.Sigmoid(), ROWS),
    "LogSigmoid": (lambda rng: nn.LogSigmoid(), ROWS),
    "Tanh": (lambda rng: nn.Tanh(), ROWS),
    "ReLU": (lambda rng: nn.ReLU(), ROWS),
    "LeakyReLU": (lambda rng: nn.LeakyReLU(0.2), ROWS),
    "ELU": (lambda rng: nn.ELU(0.7), ROWS),
    "SELU": (lambda rng: nn.SELU(), ROWS),
    "GELU": (lambda rng: nn.GELU(), ROWS),
    "GELU by tanh": (lambda rng: nn.GELU(approximate=True), ROWS),
    "SiLU": (lambda rng: nn.SiLU(), ROWS),
    "Mish": (lambda rng: nn.Mish(), ROWS),
    "Softplus": (lambda rng: nn.Softplus(), ROWS),
    "Softsign": (lambda rng: nn.Softsign(), ROWS),
    "Softmax": (lambda rng: nn.Softmax(), ROWS),
    "LogSoftmax": (lambda rng: nn.LogSoftmax(axis=0), ROWS),
}
# fmt: on


def made(name, seed=0):
    """A layer of the table, and its input; its biases and scales are not at 0 and 1."""
    make, x = LAYERS[name]
    layer, rng = make(np.random.default_rng(seed)), np.random.default_rng(seed + 1)
    for parameter in layer.parameters():
        parameter.data = parameter.data + 0.1 * rng.normal(size=parameter.shape)
    return layer, x


def first(result):
    """The result of a layer; of a state (h, c), h."""
    return result[0] if isinstance(result, tuple) else result


def weighted(result):
    """A loss of a layer's result, in which each element counts otherwise."""
    result = first(result)
    weights = np.cos(np.arange(result.size)).reshape(result.shape)
    return np.mean(weights * result + result**2)
