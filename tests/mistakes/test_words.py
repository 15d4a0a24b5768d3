"""The first sentence: short, and about what the graph contains."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.comparison.diagnosis.sentences import count_of_words, elided, parted

from .coded import CODED
from .corpus import NETWORKS, compared

MOST = 25


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_first_sentences_are_short(network):
    values = network.draw()
    said = {
        slip.wrong: compared(network, values, network.gradients(values, slip)).summary
        for slip in network.slips
    }
    long = {wrong: s for wrong, s in said.items() if count_of_words(s) > MOST}
    assert not long


def test_first_sentences_on_coded_losses_are_short():
    said = [ag.compare_function(f, derived, point).summary for _, f, derived, point in CODED]
    assert [sentence for sentence in said if count_of_words(sentence) > MOST] == []


def test_a_formula_is_one_word():
    assert count_of_words("in dz: h * (1 - h ** 2) stands where dh @ W.T belongs") == 7
    assert count_of_words("the factor sigmoid((... @ Wf) + bf) is left out") == 6


def test_what_fits_follows_in_the_same_sentence():
    assert parted("a b\nc\n" + 25 * "word ") == ("a b; c", (25 * "word ",))


def test_a_long_formula_loses_its_inner_brackets():
    formula = "exp(" + " + ".join(f"f(x[{i}], g(y[{i}]))" for i in range(4)) + ")"
    assert elided(formula) == "exp(f(...) + f(...) + f(...) + f(...))"
    assert elided("exp(f(x))") == "exp(f(x))"


def test_no_size_is_blamed_that_the_graph_does_not_divide_by():
    """Two columns, and a factor 4: no 1/2 was applied once too often."""
    y = ag.Tensor([[0.3, -1.0], [2.0, 0.4], [0.1, 0.7]], requires_grad=True)
    loss = np.sum(np.exp(y) * np.arange(6.0).reshape(3, 2))
    report = ag.compare(loss, {"y": ag.gradients(loss, [y])[0] / 4})
    assert report.summary == "dy is 1/4 times the gradient: a factor 4 is missing"


def test_one_divisor_in_the_place_of_another_is_named():
    """The last window of an average pooling has two entries, and 3 is divided by."""
    x = ag.Tensor(np.linspace(-1, 1, 16).reshape(2, 8) ** 3, requires_grad=True)
    windows = np.stack([np.mean(x[:, i : i + 3], axis=1) for i in (0, 3, 6)], axis=1)
    loss = np.sum(np.array([[1.0, -2.0, 0.5], [0.3, 0.7, 1.1]]) * windows)
    dx = ag.gradients(loss, [x])[0]
    dx[:, 6:] *= 2 / 3
    summary = ag.compare(loss, {"x": dx}).summary
    assert "divided by 3 in place of 2" in summary


def test_the_cross_check_stands_behind_the_mistake():
    report = ag.compare_function(lambda x: np.sum(x**3), lambda x: 3 * x, np.array([0.5, -2.0]))
    assert report.summary.startswith("the derivation is wrong: ")
    assert "agree with each other" in " ".join(report.evidence)
