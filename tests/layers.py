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
    "Linear": (lambda s: nn.Linear(3, 2, **s), ROWS),
    "Linear without bias": (lambda s: nn.Linear(3, 2, bias=False, **s), ROWS),
    "Embedding": (lambda s: nn.Embedding(5, 3, **s), INDICES),
    "Conv1d": (lambda s: nn.Conv1d(2, 3, 3, stride=2, padding=1, **s), LINE),
    "Conv2d": (lambda s: nn.Conv2d(2, 4, 3, padding="same", groups=2, **s), GRID),
    "Conv2d strided": (lambda s: nn.Conv2d(2, 3, (3, 2), (2, 1), 1, dilation=2, **s), GRID),
    "ConvTranspose1d": (lambda s: nn.ConvTranspose1d(2, 3, 3, 2, 1, **s), LINE),
    "ConvTranspose2d":
        (lambda s: nn.ConvTranspose2d(2, 4, (3, 2), 2, 1, groups=2, output_padding=1, **s), GRID),
    "MaxPool": (lambda s: nn.MaxPool(3, stride=2, padding=1), GRID),
    "AveragePool": (lambda s: nn.AveragePool(2), GRID),
    "Flatten": (lambda s: nn.Flatten(), GRID),
    "Dropout": (lambda s: nn.Dropout(0.4, rng=s["rng"]), ROWS),
    "LayerNorm": (lambda s: nn.LayerNorm(4, dtype=s["dtype"]), SEQUENCE),
    "LayerNorm of two axes": (lambda s: nn.LayerNorm((5, 4), dtype=s["dtype"]), SEQUENCE),
    "BatchNorm": (lambda s: nn.BatchNorm(3, dtype=s["dtype"]), ROWS),
    "BatchNorm of images": (lambda s: nn.BatchNorm(2, dtype=s["dtype"]), GRID),
    "GroupNorm": (lambda s: nn.GroupNorm(2, 4, dtype=s["dtype"]), SEQUENCE.transpose(0, 2, 1)),
    "GroupNorm of images": (lambda s: nn.GroupNorm(1, 2, dtype=s["dtype"]), GRID),
    "GroupNorm of rows": (lambda s: nn.GroupNorm(2, 4, dtype=s["dtype"]), SEQUENCE[:, 0]),
    "RNNCell": (lambda s: nn.RNNCell(3, 2, **s), ROWS),
    "RNNCell of relu": (lambda s: nn.RNNCell(3, 2, activation=ag.relu, **s), ROWS),
    "LSTMCell": (lambda s: nn.LSTMCell(3, 2, **s), ROWS),
    "GRUCell": (lambda s: nn.GRUCell(3, 2, **s), ROWS),
    "RNN": (lambda s: nn.RNN(4, 3, **s), SEQUENCE),
    "LSTM": (lambda s: nn.LSTM(4, 3, **s), SEQUENCE),
    "GRU": (lambda s: nn.GRU(4, 3, **s), SEQUENCE),
    "RNN of two layers":
        (lambda s: nn.RNN(4, 3, num_layers=2, activation=ag.relu, **s), SEQUENCE),
    "LSTM of two layers": (lambda s: nn.LSTM(4, 3, num_layers=2, **s), SEQUENCE),
    "LSTM in both directions": (lambda s: nn.LSTM(4, 3, bidirectional=True, **s), SEQUENCE),
    "GRU of two layers in both directions":
        (lambda s: nn.GRU(4, 3, num_layers=2, bidirectional=True, bias=False, **s),
         SEQUENCE[:, :3]),
    "MultiheadAttention": (lambda s: nn.MultiheadAttention(4, 2, **s), SEQUENCE),
    "MultiheadAttention causal":
        (lambda s: nn.MultiheadAttention(4, 2, causal=True, **s), SEQUENCE),
    "TransformerBlock": (lambda s: nn.TransformerBlock(4, 2, 8, **s), SEQUENCE),
    "TransformerBlock dropping":
        (lambda s: nn.TransformerBlock(4, 2, 8, causal=True, dropout=0.2, **s), SEQUENCE),
    "TransformerBlock norm last":
        (lambda s: nn.TransformerBlock(4, 2, 8, norm_first=False, activation=ag.relu, **s),
         SEQUENCE),
    "Residual": (lambda s: nn.Residual(nn.Linear(3, 3, **s), nn.Tanh()), ROWS),
    "Residual with a shortcut":
        (lambda s: nn.Residual(nn.Linear(3, 2, **s), shortcut=nn.Linear(3, 2, **s)),
         ROWS),
    "Sigmoid": (lambda s: nn.Sigmoid(), ROWS),
    "LogSigmoid": (lambda s: nn.LogSigmoid(), ROWS),
    "Tanh": (lambda s: nn.Tanh(), ROWS),
    "ReLU": (lambda s: nn.ReLU(), ROWS),
    "LeakyReLU": (lambda s: nn.LeakyReLU(0.2), ROWS),
    "ELU": (lambda s: nn.ELU(0.7), ROWS),
    "SELU": (lambda s: nn.SELU(), ROWS),
    "GELU": (lambda s: nn.GELU(), ROWS),
    "GELU by tanh": (lambda s: nn.GELU(approximate=True), ROWS),
    "SiLU": (lambda s: nn.SiLU(), ROWS),
    "Mish": (lambda s: nn.Mish(), ROWS),
    "Softplus": (lambda s: nn.Softplus(), ROWS),
    "Softsign": (lambda s: nn.Softsign(), ROWS),
    "Softmax": (lambda s: nn.Softmax(), ROWS),
    "LogSoftmax": (lambda s: nn.LogSoftmax(axis=0), ROWS),
}
# fmt: on


def made(name, dtype=np.float64):
    """A layer of the table, and its input; its biases and scales are not at 0 and 1."""
    make, x = LAYERS[name]
    layer = make({"rng": np.random.default_rng(0), "dtype": dtype})
    rng = np.random.default_rng(1)
    x = x.astype(dtype) if x.dtype == float else x
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
