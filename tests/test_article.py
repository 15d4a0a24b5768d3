"""Every number of the article's figures, from W1, W2, X and y alone."""

import article
import numpy as np
import pytest

import autograd_lite as ag
import nn

FIGURES = article.FIGURES
ERRATA = {"dh2/dz2", "dLoss/dz2"}
ROUNDED = {"rtol": 0.0, "atol": 5.1e-9}  # 8 decimals are printed


@pytest.fixture
def network():
    """The single observation: X and y of row 0, W1 and W2 drawn as the article draws them."""
    X = np.random.RandomState(0).randn(300, 2)[:1]
    rng = np.random.RandomState(2017)
    W1 = ag.Tensor(nn.init.fan_in_uniform((2, 3), rng), requires_grad=True, name="W1")
    W2 = ag.Tensor(nn.init.fan_in_uniform((3, 2), rng), requires_grad=True, name="W2")
    y = np.array([[1.0, 0.0]])
    z1 = X @ W1
    h1 = ag.sigmoid(z1)
    z2 = h1 @ W2
    h2 = ag.sigmoid(z2)
    Loss = nn.squared_error(h2, y)
    return {
        "X": X,
        "Y": y,
        "W1": W1,
        "W2": W2,
        "z1": z1,
        "h1": h1,
        "z2": z2,
        "h2": h2,
        "Loss": Loss,
    }


def names_of(network):
    return {name: value for name, value in network.items() if isinstance(value, ag.Tensor)}


@pytest.mark.parametrize("name", ["X", "Y", "W1", "W2", "z1", "h1", "z2", "h2"])
def test_forward_value_is_the_article_s(network, name):
    value = network[name]
    value = value.numpy() if isinstance(value, ag.Tensor) else value
    np.testing.assert_allclose(value, FIGURES[name], **ROUNDED)


@pytest.mark.parametrize("name", [n for n in FIGURES if n.startswith("d") and n not in ERRATA])
def test_factor_of_the_chain_is_the_article_s(network, name):
    report = ag.compare(network["Loss"], {name: FIGURES[name]}, names=names_of(network), **ROUNDED)
    assert report, str(report)


def test_every_number_of_the_figures_is_covered():
    forward = {"X", "Y", "W1", "W2", "z1", "h1", "z2", "h2", "W1*", "W2*", "learning_rate"}
    assert set(FIGURES) == forward | {n for n in FIGURES if n.startswith("d")}


def test_updated_weights_are_the_article_s(network):
    optimizer = nn.SGD([network["W1"], network["W2"]], float(FIGURES["learning_rate"]))
    network["Loss"].backward()
    optimizer.step()
    np.testing.assert_allclose(network["W1"].data, FIGURES["W1*"], **ROUNDED)
    np.testing.assert_allclose(network["W2"].data, FIGURES["W2*"], **ROUNDED)


def test_comparison_finds_the_sign_that_is_wrong_in_the_figure(network):
    report = ag.compare(
        network["Loss"], {"dh2/dz2": FIGURES["dh2/dz2"]}, names=names_of(network), **ROUNDED
    )
    row = report["dh2/dz2"]
    assert row.verdict == "WRONG"
    assert row.worst == (0, 0)
    assert row.given == -0.23353037
    assert row.true == pytest.approx(0.23353037)
    assert report.summary == "dh2/dz2: the sign is wrong at [0, 0], and the magnitude is right"


def test_comparison_finds_whose_values_stand_under_the_wrong_label(network):
    claims = {name: FIGURES[name] for name in ("dh2/dz2", "dLoss/dz2")}
    report = ag.compare(network["Loss"], claims, names=names_of(network), **ROUNDED)
    row = report["dLoss/dz2"]
    assert row.verdict == "WRONG"
    np.testing.assert_allclose(row.true, -0.14673508, atol=1e-8)
    (finding,) = (f for f in report.findings if "dLoss/dz2" in f.explains)
    assert "the factor dh2 is left out: write dz2 = dh2 * h2 * (1 - h2)" in (finding.sentence)


def test_comparison_finds_the_half_in_the_table(network):
    h2, y = network["h2"], network["Y"]
    Loss = np.sum((y - h2) ** 2)
    report = ag.compare(Loss, {"h2": -(y - h2.numpy())}, names=names_of(network))
    assert report.summary.startswith("dh2 is 1/2 times the gradient")


def test_comparison_finds_the_missing_mean_of_the_program(network):
    X, y = (a[:50] for a in article.data())
    W1, W2 = network["W1"], network["W2"]
    Loss = nn.squared_error(ag.sigmoid(ag.sigmoid(X @ W1) @ W2), y)
    report = ag.compare(Loss, article.program_gradients(X, y, W1.data, W2.data))
    assert report.summary.startswith("dW1 and dW2 are N = 50 times the gradient")


def test_comparison_finds_the_derivative_of_another_tanh():
    z = ag.Tensor(np.linspace(-2, 2, 5), requires_grad=True)
    h = (1 - np.exp(-z)) / (1 + np.exp(-z))
    report = ag.compare(np.sum(h), {"dh/dz": 1 - h.numpy() ** 2})
    assert report.summary == (
        "dh/dz: it is 2 times the derivative: 1 - h^2 is the derivative of tanh(z), and h is not "
        "tanh(z): the function that was coded is not the one that was derived"
    )


def test_hand_derived_gradients_of_the_article_are_right():
    X, y = article.data()
    rng = np.random.RandomState(1)
    arrays = {"W1": rng.randn(2, 4), "b1": rng.randn(4), "W2": rng.randn(4, 2), "b2": rng.randn(2)}
    tensors = {name: ag.Tensor(value, requires_grad=True) for name, value in arrays.items()}
    W1, b1, W2, b2 = tensors.values()
    Loss = nn.squared_error(ag.sigmoid(ag.sigmoid(X @ W1 + b1) @ W2 + b2), y) + nn.ridge(
        [W1, W2], 0.7, 300
    )
    np.testing.assert_allclose(Loss.item(), article.loss(X, y, **arrays, reg=0.7))
    report = ag.compare(Loss, article.hand_gradients(X, y, **arrays, reg=0.7), names=tensors)
    report.raise_if_bad()
