"""Sizes that make two mistakes the same numbers: then all names that fit are given."""

import pytest

from .corpus import NETWORKS, Slip, compared
from .kinds import KINDS


def at(network, sizes, line, wrong, kinds):
    marks = {"id": f"{network}-{sizes}-{wrong}"}
    return pytest.param(NETWORKS[network], sizes, Slip(line, wrong, kinds), **marks)


def report_on(network, sizes, *slips):
    values = network.draw(**sizes)
    return compared(network, values, network.gradients(values, *slips))


SQUARE = {"D": 4, "H": 4, "K": 4}

# fmt: off
ALL_FIT = [
    at("sigmoid_squares", {"N": 2}, "dh2 = (h2 - y) / N", "dh2 = h2 - y", (1, 3)),
    at("sigmoid_squares", {"N": 2}, "dh2 = (h2 - y) / N", "dh2 = 2 * (h2 - y) / N", (1, 3)),
    at("sigmoid_squares", {"N": 2}, "db1 = dz1.sum(axis=0)", "db1 = dz1.mean(axis=0)", (1, 5)),
    at("sigmoid_squares", {"K": 2}, "dh2 = (h2 - y) / N", "dh2 = (h2 - y) / y.size", (1, 3)),
    at("sigmoid_squares", {"N": 1}, "db2 = dz2.sum(axis=0)", "db2 = dz2", (4, 8)),
]
ONE_FITS = [
    at("sigmoid_squares", SQUARE, "dW2 = h1.T @ dz2", "dW2 = dz2.T @ h1", (9, 10)),
    at("sigmoid_squares", SQUARE, "dh1 = dz2 @ W2.T", "dh1 = dz2 @ W2", (9,)),
    at("sigmoid_squares", {"N": 4, **SQUARE}, "dh1 = dz2 @ W2.T", "dh1 = W2.T @ dz2", (10,)),
    at("sigmoid_squares", {"N": 4, **SQUARE}, "dh1 = dz2 @ W2.T", "dh1 = dz2 * W2", (11,)),
    at("sigmoid_squares", {"N": 4, **SQUARE}, "dW1 = X.T @ dz1", "dW1 = X @ dz1", (9,)),
    at("sigmoid_squares", {"N": 4}, "db1 = dz1.sum(axis=0)", "db1 = dz1.sum(axis=1)", (7,)),
    at("sigmoid_squares", {"N": 3}, "db2 = dz2.sum(axis=0)", "db2 = dz2.sum(axis=1)", (7,)),
    at("sigmoid_squares", {"N": 3, "K": 3}, "dh2 = (h2 - y) / N", "dh2 = h2 - y", (3,)),
    at("tanh_ridge", {"N": 2, "D": 2}, "dz1 = dh1 * (1 - h1**2)", "dz1 = dh1", (14,)),
    at("tanh_ridge", {"N": 2, "K": 2}, "dz2 = 2 * (z2 - y) / y.size", "dz2 = 2 * (z2 - y)", (3, 1)),
    at("relu_softmax", {"N": 2, "K": 2}, "dz2 = (p - y) / N", "dz2 = p - y", (1, 3)),
    at("relu_softmax", {"N": 4, **SQUARE}, "dz2 = (p - y) / N", "dz2 = p / N", (20,)),
    at("attention", {"N": 4, **SQUARE}, "dV = A.T @ dout", "dV = A @ dout", (9,)),
    at("attention", {"N": 4, **SQUARE}, "dA = dout @ V.T", "dA = dout @ V", (9,)),
    at("recurrent", {"N": 4, **SQUARE}, "dh = dz @ W.T", "dh = dz @ W", (9,)),
]
# fmt: on


def names_in(report):
    return [s for finding in report.findings for s in (finding.sentence, *finding.also)]


@pytest.mark.parametrize(("network", "sizes", "slip"), ALL_FIT)
def test_all_names_that_fit_are_given(network, sizes, slip):
    report = report_on(network, sizes, slip)
    assert not report
    for kind in slip.kinds:
        assert any(KINDS[kind].is_told_by(s) for s in names_in(report)), (kind, str(report))


@pytest.mark.parametrize(("network", "sizes", "slip"), ONE_FITS)
def test_a_square_or_a_small_size_hides_no_mistake(network, sizes, slip):
    report = report_on(network, sizes, slip)
    assert not report
    assert any(KINDS[k].is_told_by(s) for k in slip.kinds for s in names_in(report)), str(report)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("dh2 = (h2 - y) / N", "dh2 = h2 - y"),
        ("dh2 = (h2 - y) / N", "dh2 = (h2 - y) / N**2"),
        ("db1 = dz1.sum(axis=0)", "db1 = dz1.mean(axis=0)"),
    ],
)
def test_what_a_batch_of_one_hides_is_no_mistake_there(line, wrong):
    report = report_on(NETWORKS["sigmoid_squares"], {"N": 1}, Slip(line, wrong, ()))
    assert report
    assert not report.findings
