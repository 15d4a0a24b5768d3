"""`to_onnx`: what onnxruntime computes from the file is what the model computes."""

import sys

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.exporting import layers

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def images(batch=2):
    return np.random.default_rng(0).normal(size=(batch, 3, 9, 8))


def rows(batch=2):
    return np.random.default_rng(0).normal(size=(batch, 6))


def sequences(batch=2, time=5):
    return np.random.default_rng(0).normal(size=(batch, time, 8))


def normalised(layer):
    """Running means and variances, weights and biases that are no defaults."""
    rng = np.random.default_rng(1)
    for _, tensor in layer._named_tensors():
        tensor.data = rng.uniform(0.5, 1.5, size=tensor.shape)
    return layer


MODELS = {
    "Linear": (lambda: nn.Linear(6, 4, rng=0), rows),
    "Linear of sequences, without a bias": (lambda: nn.Linear(8, 4, bias=False, rng=0), sequences),
    "Embedding": (
        lambda: nn.Embedding(7, 4, rng=0),
        lambda batch=2: np.arange(3 * batch).reshape(batch, 3) % 7,
    ),
    "Dropout": (lambda: nn.Sequential(nn.Dropout(0.5, rng=0), nn.Tanh()), rows),
    "Flatten": (lambda: nn.Flatten(), images),
    "LeakyReLU": (lambda: nn.LeakyReLU(0.2), rows),
    "ELU": (lambda: nn.ELU(0.7), rows),
    "GELU of tanh": (lambda: nn.GELU(approximate=True), rows),
    "Softmax of an axis": (lambda: nn.Softmax(axis=1), images),
    **{
        name: (getattr(nn, name), rows)
        for name in (
            "Sigmoid LogSigmoid Tanh ReLU SELU GELU SiLU Mish Softplus Softsign Softmax LogSoftmax"
        ).split()
    },
    "Conv1d": (lambda: nn.Conv1d(5, 4, 3, stride=2, padding=1, rng=0), sequences),
    "Conv2d": (lambda: nn.Conv2d(3, 6, (3, 2), padding="same", groups=3, rng=0), images),
    "Conv2d with gaps": (
        lambda: nn.Conv2d(3, 4, 3, dilation=2, padding=((1, 2), (0, 1)), bias=False, rng=0),
        images,
    ),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(5, 4, 3, stride=2, padding=1, rng=0), sequences),
    "ConvTranspose2d": (
        lambda: nn.ConvTranspose2d(3, 6, (3, 2), stride=2, output_padding=1, groups=3, rng=0),
        images,
    ),
    "MaxPool": (lambda: nn.MaxPool(3, stride=2, padding=1), images),
    "AveragePool": (lambda: nn.AveragePool((2, 3), padding=1), images),
    "LayerNorm": (lambda: normalised(nn.LayerNorm(8)), sequences),
    "LayerNorm of two axes": (lambda: normalised(nn.LayerNorm((9, 8))), images),
    "BatchNorm": (lambda: normalised(nn.BatchNorm(3)), images),
    "BatchNorm of rows": (lambda: normalised(nn.BatchNorm(6)), rows),
    "GroupNorm": (lambda: normalised(nn.GroupNorm(3, 6)), rows),
    "GroupNorm of images": (lambda: normalised(nn.GroupNorm(1, 3)), images),
    "RNN": (lambda: normalised(nn.RNN(8, 4, rng=0)), sequences),
    "RNN with relu": (lambda: nn.RNN(8, 4, activation=ag.relu, rng=0), sequences),
    "LSTM": (lambda: nn.LSTM(8, 4, rng=0), sequences),
    "LSTM with biases": (lambda: normalised(nn.LSTM(8, 4, rng=0)), sequences),
    "GRU": (lambda: nn.GRU(8, 4, rng=0), sequences),
    "GRU without biases": (lambda: nn.GRU(8, 4, bias=False, rng=0), sequences),
    "RNN of two layers": (
        lambda: nn.RNN(8, 4, num_layers=2, activation=ag.relu, bidirectional=True, rng=0),
        sequences,
    ),
    "LSTM of two layers": (lambda: normalised(nn.LSTM(8, 4, num_layers=2, rng=0)), sequences),
    "GRU in both directions": (
        lambda: normalised(nn.GRU(8, 4, bidirectional=True, rng=0)),
        sequences,
    ),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(8, 2, rng=0), sequences),
    "causal attention": (lambda: nn.MultiheadAttention(8, 4, causal=True, rng=0), sequences),
    "TransformerBlock": (lambda: nn.TransformerBlock(8, 2, causal=True, rng=0), sequences),
    "TransformerBlock, norm last": (
        lambda: nn.TransformerBlock(8, 2, norm_first=False, activation=ag.relu, rng=0),
        sequences,
    ),
    "Residual": (
        lambda: nn.Residual(nn.Linear(6, 4, rng=0), nn.Tanh(), shortcut=nn.Linear(6, 4, rng=1)),
        rows,
    ),
    "a network": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3, rng=0),
            normalised(nn.BatchNorm(4)),
            ag.relu,
            nn.MaxPool(2),
            nn.Residual(nn.Conv2d(4, 4, 3, padding="same", rng=1), nn.SiLU()),
            nn.Flatten(),
            nn.Dropout(0.5, rng=0),
            nn.Linear(36, 5, rng=2),
        ),
        images,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_file_computes_what_the_model_computes(name, tmp_path):
    make, data = MODELS[name]
    model = make()
    model.train()
    path = nn.to_onnx(model, tmp_path / "model.onnx", data())
    assert model.training
    session = onnxruntime.InferenceSession(path)
    for batch in (2, 5):  # the batch is left open
        x = data(batch=batch)
        given = x.astype(np.float32) if x.dtype.kind == "f" else x
        [found] = session.run(["output"], {"input": given})
        np.testing.assert_allclose(found, nn.predict(model, x), rtol=2e-4, atol=2e-5)


FUNCTIONS = {f: f.__name__ for f in layers._FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS, ids=FUNCTIONS.get)
def test_functions_between_layers_are_exported_too(function, tmp_path):
    model = nn.Sequential(nn.Linear(6, 4, rng=0), function)
    path = nn.to_onnx(model, tmp_path / "model.onnx", rows())
    [found] = onnxruntime.InferenceSession(path).run(None, {"input": rows().astype(np.float32)})
    np.testing.assert_allclose(found, nn.predict(model, rows()), rtol=2e-4, atol=2e-5)


def test_every_layer_of_the_table_is_exported_above():
    made = {type(m) for make, _ in MODELS.values() for m in make().modules()}
    assert layers._LAYERS.keys() <= made


def test_every_layer_of_nn_is_in_the_table():
    public = {getattr(nn, name) for name in nn.__all__}
    kinds = {kind for kind in public if isinstance(kind, type) and issubclass(kind, nn.Module)}
    others = {nn.Module, nn.Sequential, nn.Residual, nn.RNNCell, nn.LSTMCell, nn.GRUCell}
    losses = {kind for kind in kinds if kind.__module__ == "nn.loss_modules"}
    assert kinds - others - losses == layers._LAYERS.keys()


def test_the_length_of_a_sequence_can_be_left_open(tmp_path):
    model = nn.TransformerBlock(8, 2, causal=True, rng=0)
    path = nn.to_onnx(model, tmp_path / "model.onnx", sequences(), axes=("batch", "time"))
    x = sequences(3, 11)
    [found] = onnxruntime.InferenceSession(path).run(None, {"input": x.astype(np.float32)})
    np.testing.assert_allclose(found, nn.predict(model, x), rtol=2e-4, atol=2e-5)


def test_float64_is_exported_as_it_is(tmp_path):
    model = nn.Sequential(nn.Linear(6, 4, rng=0), nn.Tanh())
    path = nn.to_onnx(model, tmp_path / "model.onnx", rows(), dtype=np.float64)
    [found] = onnxruntime.InferenceSession(path).run(None, {"input": rows()})
    np.testing.assert_allclose(found, nn.predict(model, rows()), rtol=1e-12)


def test_what_has_no_row_is_refused_by_name(tmp_path):
    class Own(nn.Module):
        def forward(self, x):
            return x

    for layer, name in ((Own(), "Own"), (np.square, "square"), (nn.Sequential(Own()), "Own")):
        with pytest.raises(TypeError, match=rf"to_onnx does not know .*{name}.*nn.Sequential"):
            nn.to_onnx(nn.Sequential(layer), tmp_path / "model.onnx", rows())
    with pytest.raises(TypeError, match="the activation of RNN is tanh, relu or sigmoid"):
        nn.to_onnx(nn.RNN(8, 4, activation=np.sin, rng=0), tmp_path / "model.onnx", sequences())
    with pytest.raises(TypeError, match="to_onnx takes a model and a path, not str"):
        nn.to_onnx("model.onnx", nn.ReLU(), rows())
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_the_line_to_install_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModuleNotFoundError, match=r"to_onnx needs onnx.*pip install onnx"):
        nn.to_onnx(nn.ReLU(), tmp_path / "model.onnx", rows())
