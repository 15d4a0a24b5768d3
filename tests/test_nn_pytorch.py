"""Layers of `nn` are PyTorch's: outputs, gradients, training; weights go there and back."""

import copy

import numpy as np
import pytest
from layers import LAYERS, ROWS, made, weighted

import autograd_lite as ag
import nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

tnn = torch.nn
D = {"dtype": torch.float64}


class Residual(tnn.Module):
    def __init__(self, shortcut=None, **layers):
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.body = list(layers.values())
        self.shortcut = shortcut

    def forward(self, x):
        out = x
        for layer in self.body:
            out = layer(out)
        return out + (x if self.shortcut is None else self.shortcut(x))


def block(**settings):
    return tnn.TransformerEncoderLayer(
        4, 2, 8, batch_first=True, **{"dropout": 0.0} | settings, **D
    )


def first(layer, x):
    return layer(x)[0]


def itself(layer, x, **kwargs):
    return layer(x, x, x, **kwargs)[0]


def causal(layer, x):
    return itself(layer, x, attn_mask=~torch.ones(x.shape[1], x.shape[1], dtype=bool).tril())


# fmt: off
THEIRS = {
    "Linear": lambda: tnn.Linear(3, 2, **D),
    "Linear without bias": lambda: tnn.Linear(3, 2, bias=False, **D),
    "Embedding": lambda: tnn.Embedding(5, 3, **D),
    "Conv1d": lambda: tnn.Conv1d(2, 3, 3, stride=2, padding=1, **D),
    "Conv2d": lambda: tnn.Conv2d(2, 4, 3, padding="same", groups=2, **D),
    "Conv2d strided": lambda: tnn.Conv2d(2, 3, (3, 2), (2, 1), 1, dilation=2, **D),
    "ConvTranspose1d": lambda: tnn.ConvTranspose1d(2, 3, 3, 2, 1, **D),
    "ConvTranspose2d":
        lambda: tnn.ConvTranspose2d(2, 4, (3, 2), 2, 1, groups=2, output_padding=1, **D),
    "MaxPool": lambda: tnn.MaxPool2d(3, stride=2, padding=1),
    "AveragePool": lambda: tnn.AvgPool2d(2),
    "Flatten": lambda: tnn.Flatten(),
    "LayerNorm": lambda: tnn.LayerNorm(4, **D),
    "LayerNorm of two axes": lambda: tnn.LayerNorm((5, 4), **D),
    "BatchNorm": lambda: tnn.BatchNorm1d(3, **D),
    "BatchNorm of images": lambda: tnn.BatchNorm2d(2, **D),
    "GroupNorm": lambda: tnn.GroupNorm(2, 4, **D),
    "GroupNorm of images": lambda: tnn.GroupNorm(1, 2, **D),
    "GroupNorm of rows": lambda: tnn.GroupNorm(2, 4, **D),
    "RNNCell": lambda: tnn.RNNCell(3, 2, **D),
    "RNNCell of relu": lambda: tnn.RNNCell(3, 2, nonlinearity="relu", **D),
    "LSTMCell": lambda: (tnn.LSTMCell(3, 2, **D), first),
    "GRUCell": lambda: tnn.GRUCell(3, 2, **D),
    "RNN": lambda: (tnn.RNN(4, 3, batch_first=True, **D), first),
    "LSTM": lambda: (tnn.LSTM(4, 3, batch_first=True, **D), first),
    "GRU": lambda: (tnn.GRU(4, 3, batch_first=True, **D), first),
    "RNN of two layers":
        lambda: (tnn.RNN(4, 3, 2, nonlinearity="relu", batch_first=True, **D), first),
    "LSTM of two layers": lambda: (tnn.LSTM(4, 3, 2, batch_first=True, **D), first),
    "LSTM in both directions":
        lambda: (tnn.LSTM(4, 3, bidirectional=True, batch_first=True, **D), first),
    "GRU of two layers in both directions":
        lambda: (tnn.GRU(4, 3, 2, False, True, 0.0, True, **D), first),
    "MultiheadAttention": lambda: (tnn.MultiheadAttention(4, 2, batch_first=True, **D), itself),
    "MultiheadAttention causal":
        lambda: (tnn.MultiheadAttention(4, 2, batch_first=True, **D), causal),
    "TransformerBlock": lambda: block(activation="gelu", norm_first=True),
    "TransformerBlock norm last": lambda: block(activation="relu"),
    "Residual": lambda: Residual(**{"0": tnn.Linear(3, 3, **D), "1": tnn.Tanh()}),
    "Residual with a shortcut":
        lambda: Residual(**{"0": tnn.Linear(3, 2, **D)}, shortcut=tnn.Linear(3, 2, **D)),
    "Sigmoid": tnn.Sigmoid, "LogSigmoid": tnn.LogSigmoid, "Tanh": tnn.Tanh, "ReLU": tnn.ReLU,
    "LeakyReLU": lambda: tnn.LeakyReLU(0.2), "ELU": lambda: tnn.ELU(0.7), "SELU": tnn.SELU,
    "GELU": tnn.GELU, "GELU by tanh": lambda: tnn.GELU("tanh"), "SiLU": tnn.SiLU, "Mish": tnn.Mish,
    "Softplus": tnn.Softplus, "Softsign": tnn.Softsign,
    "Softmax": lambda: tnn.Softmax(-1), "LogSoftmax": lambda: tnn.LogSoftmax(0),
}
# fmt: on


def pair(name):
    """Our layer, its input, PyTorch's layer with the same weights, and what runs that."""
    ours, x = made(name)
    theirs, run = (
        (*made_, None)[:2] if isinstance(made_ := THEIRS[name](), tuple) else (made_, None)
    )
    state = {k: torch.from_numpy(v) for k, v in nn.to_pytorch(ours).items()}
    missing = theirs.load_state_dict(state, strict=False)
    assert all(k.endswith("num_batches_tracked") for k in missing.missing_keys)
    assert missing.unexpected_keys == []
    return ours, x, theirs, (lambda x: run(theirs, x)) if run else theirs


def torch_weighted(out):
    weights = torch.cos(torch.arange(out.numel(), **D)).reshape(out.shape)
    return (weights * out + out**2).mean()


def test_every_layer_has_its_counterpart():
    assert LAYERS.keys() - THEIRS.keys() == {"Dropout", "TransformerBlock dropping"}  # random


@pytest.mark.parametrize("name", THEIRS)
def test_outputs_and_gradients_are_pytorch_s(name):
    ours, x, theirs, run = pair(name)
    is_real = x.dtype == float
    tx = torch.tensor(x, requires_grad=is_real)
    for training in (True, False):
        ours.train(training)
        theirs.train(training)
        ours.zero_grad()
        theirs.zero_grad()
        mine = ag.Tensor(x, requires_grad=is_real)
        out = ours(mine if is_real else x)
        loss = weighted(out)
        loss.backward()
        tx.grad = None
        expected = torch_weighted(run(tx))
        expected.backward()
        np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-12)
        if is_real:
            np.testing.assert_allclose(mine.grad, tx.grad.numpy(), rtol=1e-9, atol=1e-12)
        assert same_weights(ours, theirs, "grad") < 1e-9


def same_weights(ours, theirs, what="data"):
    """The largest difference of the weights, or of their gradients."""
    other = copy.deepcopy(ours)
    values = {k: getattr(v, what) for k, v in theirs.named_parameters()}
    values |= dict(theirs.named_buffers())
    if what == "grad":
        values = {k: torch.zeros(()).double() if v is None else v for k, v in values.items()}
    nn.from_pytorch(other, values)
    pairs = zip(ours.named_parameters(), other.parameters())
    return max(
        (np.abs((p.grad if what == "grad" else p.data) - q.data).max() for (_, p), q in pairs),
        default=0.0,
    )


@pytest.mark.parametrize("name", [name for name in THEIRS if made(name)[0].parameters()])
def test_100_steps_are_pytorch_s(name):
    ours, x, theirs, run = pair(name)
    mine = nn.SGD(ours.parameters(), 0.01, momentum=0.9)
    other = torch.optim.SGD(theirs.parameters(), 0.01, momentum=0.9)
    tx = torch.tensor(x)
    for _ in range(100):
        mine.zero_grad()
        other.zero_grad()
        weighted(ours(x)).backward()
        torch_weighted(run(tx)).backward()
        mine.step()
        other.step()
    assert same_weights(ours, theirs) < 1e-6
    ours.eval()
    theirs.eval()  # with the running means
    out, expected = weighted(ours(x)).item(), torch_weighted(run(tx)).item()
    np.testing.assert_allclose(out, expected, rtol=1e-6)


def test_a_model_goes_to_pytorch_and_back():
    ours = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm(4), nn.ReLU(), nn.Linear(4, 2, rng=1))
    theirs = tnn.Sequential(
        tnn.Linear(3, 4, **D), tnn.BatchNorm1d(4, **D), tnn.ReLU(), tnn.Linear(4, 2, **D)
    )
    theirs(torch.tensor(ROWS))  # running means of its own
    nn.from_pytorch(ours, theirs.state_dict())
    x = torch.tensor(ROWS)
    np.testing.assert_allclose(ours.eval()(ROWS).data, theirs.eval()(x).detach().numpy())
    state = {k: torch.from_numpy(v) for k, v in nn.to_pytorch(ours).items()}
    theirs.load_state_dict(theirs.state_dict() | state)
    np.testing.assert_allclose(ours(ROWS).data, theirs(x).detach().numpy())


def test_a_state_of_pytorch_that_does_not_fit_changes_nothing():
    ours = nn.Sequential(nn.Linear(3, 4, rng=0), nn.MultiheadAttention(4, 2, rng=1))
    before = ours.state_dict()
    state = nn.to_pytorch(ours)
    for broken, message in [
        ({k: v for k, v in state.items() if k != "0.bias"}, r"missing 0\.bias"),
        (state | {"2.weight": np.ones(3)}, r"unknown 2\.weight"),
        (state | {"0.weight": np.ones((3, 4))}, r"layers\.0\.weight has shape \(4, 3\)"),
        (state | {"1.in_proj_bias": np.ones(7)}, r"in_proj_bias of shape \(7,\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            nn.from_pytorch(ours, broken)
        for name, value in ours.state_dict().items():
            np.testing.assert_array_equal(value, before[name])
