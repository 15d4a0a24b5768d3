"""What is right is called right, and what is only noise is given no name."""

import math

import numpy as np
import pytest

import autograd_lite as ag

from .corpus import NETWORKS, compared

every_network = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


def accepted(report):
    return bool(report) and not report.findings and report.summary.startswith("right")


@every_network
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_right_gradients_are_called_right(network, dtype):
    for forward in range(len(network.module.FORWARDS)):
        for seed in (1, 2):
            values = network.draw(dtype, seed)
            gradients = network.gradients(values)
            report = compared(network, values, gradients, forward)
            assert accepted(report), str(report)


@every_network
def test_gradients_rounded_to_float32_are_called_right(network):
    values = network.draw()
    rounded = {n: g.astype(np.float32) for n, g in network.gradients(values).items()}
    noise = np.random.default_rng(5)
    noisy = {
        n: (g * (1 + 1e-6 * noise.standard_normal(g.shape))).astype(np.float32)
        for n, g in rounded.items()
    }
    assert accepted(compared(network, values, rounded))
    assert accepted(compared(network, values, noisy))


@pytest.mark.parametrize("sizes", [{"N": 1}, {"N": 2}, {"D": 1, "H": 1}, {"N": 4, "D": 4, "K": 4}])
@pytest.mark.parametrize("name", ["sigmoid_squares", "tanh_ridge", "relu_softmax", "attention"])
def test_right_gradients_of_any_size_are_called_right(name, sizes):
    network = NETWORKS[name]
    values = network.draw(**sizes)
    report = compared(network, values, network.gradients(values))
    assert accepted(report), str(report)


# --- h (1 - h) --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sigmoid_squares", "sample_loop", "tied_autoencoder"])
def test_the_derivative_h_times_one_minus_h_is_never_blamed(name):
    """It is right: only z (1 - z) on the pre-activation is not."""
    network = NETWORKS[name]
    values = network.draw()
    for slip in network.slips:
        if 13 not in slip.kinds:
            report = compared(network, values, network.gradients(values, slip))
            assert "output formula on input" not in [f.mistake for f in report.findings]


def test_the_derivative_of_sigmoid_is_right_under_any_name():
    z = ag.Tensor(np.linspace(-2, 2, 5), requires_grad=True)
    a = ag.sigmoid(z)
    loss = np.sum(a * np.arange(5))
    assert accepted(ag.compare(loss, {"da/dz": a.numpy() * (1 - a.numpy())}))
    z_of_the_layer_below = a
    x = ag.sigmoid(z_of_the_layer_below)
    h = z_of_the_layer_below.numpy()
    report = ag.compare(np.sum(x), {"da/dz": h * (1 - h)})
    assert accepted(report)


# --- random perturbations ---------------------------------------------------------------------

FORMS = {
    "entry": lambda rng, shape: tuple(rng.integers(n) for n in shape),
    "row": lambda rng, shape: (rng.integers(shape[0]),),
    "column": lambda rng, shape: (..., rng.integers(shape[-1])),
    "all": lambda rng, shape: (...,),
}
PERTURBATIONS = 1000


def perturbed(rng, gradient):
    """A right gradient with noise in one entry, a row, a column, or all of it.

    The noise is a thousandth to a hundred times as large as the gradient.
    """
    gradient = np.array(gradient)
    form = rng.choice(list(FORMS)) if gradient.ndim else "all"
    index = FORMS[form](rng, gradient.shape)
    size = (np.abs(gradient).max() + 1e-3) * 10 ** rng.uniform(-3, 2)
    gradient[index] += size * rng.standard_normal(np.shape(gradient[index]))
    return gradient


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("seed", "share"),
    [(0, 0.07), pytest.param(1, 1.0, marks=pytest.mark.slow)],
    ids=["some", "all"],
)
def test_random_perturbations_get_no_name(name, seed, share):
    """Where they change a part of an array, that may be said: it could be a typo."""
    network = NETWORKS[name]
    values = network.draw()
    right = network.gradients(values)
    rng = np.random.default_rng([seed, *name.encode()])
    for _ in range(math.ceil(share * PERTURBATIONS / len(NETWORKS))):
        every = rng.random() < 0.2
        chosen = list(right) if every else [rng.choice(list(right))]
        manual = right | {name: perturbed(rng, right[name]) for name in chosen}
        report = compared(network, values, manual)
        assert not report
        partial = any((manual[name] == right[name]).any() for name in chosen)
        blamed = {finding.mistake for finding in report.findings}
        assert blamed <= ({"typo"} if partial else set()), str(report)
        assert blamed or report.summary.startswith("no known pattern")
