"""The article's errata, from the numbers and formulas that it prints: each has its name."""

import re

import article
import pytest
from xor_observation import PRINTED, Observation, errata

import autograd_lite as ag
import nn

from .kinds import KINDS

FORMULAS = {  # by the titles of examples/xor_observation.py: a row, kinds that fit, and words
    "Table": ("dLoss/dh2", (1,), r"half|1/2|0\.5"),
    "Program: the gradient of the error": ("dLoss/dW1", (3,), r"\b50\b"),
    "Program: the gradient of the regulariser": ("dLoss/dW1", (25,), r"scalar|constant|number"),
    "Program: (1 - e^-z)": ("dh/dz", (1, 36), r"\b2\b|twice"),
}


def first_sentence(report):
    return report.summary


def is_named(report, kinds, words):
    sentence = first_sentence(report)
    named = any(KINDS[k].is_named_by(report.findings[0], sentence) for k in kinds)
    return named and re.search(words, sentence) is not None


@pytest.mark.parametrize("title", FORMULAS)
def test_erratum_of_a_formula_is_named(title):
    row, kinds, words = FORMULAS[title]
    (report,) = (report for name, report in errata() if name.startswith(title))
    assert not report[row]
    assert is_named(report, kinds, words), str(report)


def report_on_figures(*names):
    """The numbers that the figures print, beside the article's observation on the tape."""
    printed = {name: article.FIGURES[name] for name in names}
    return ag.compare(Observation.of_the_article().forward(), printed, **PRINTED)


def test_the_sign_that_is_wrong_in_a_figure_is_named():
    report = report_on_figures("dh2/dz2")
    assert is_named(report, (2, 37), r"sign"), str(report)
    assert "[0, 0]" in str(report)


def test_the_wrong_label_of_a_figure_is_named():
    report = report_on_figures("dLoss/dz2")
    assert is_named(report, (22, 34, 35), r"dh2|derivative"), str(report)


def test_what_is_right_behind_a_misprint_is_not_blamed():
    report = report_on_figures(*(name for name in article.FIGURES if name.startswith("d")))
    misprints = {"dh2/dz2", "dLoss/dz2"}
    assert {row.name for row in report if not row} == misprints
    assert {name for finding in report.findings for name in finding.explains} == misprints
    assert "dh2/dz2" in first_sentence(report) or "dLoss/dz2" in first_sentence(report)


def test_both_mistakes_of_the_program_are_found_in_its_sum():
    X, y = (a[:50] for a in article.data())
    seen, reg = Observation.of_the_article(), 0.5
    weights = {"W1": seen.W1, "W2": seen.W2}
    h2 = ag.sigmoid(ag.sigmoid(X @ seen.W1) @ seen.W2)
    Loss = nn.squared_error(h2, y) + nn.ridge(weights.values(), reg, len(X))
    error = article.program_gradients(X, y, seen.W1.data, seen.W2.data)
    sums = {n: error[n] + article.program_regulariser(w.data, reg) for n, w in weights.items()}
    report = ag.compare(Loss, sums)
    found = {finding.mistake for finding in report.findings}
    assert found == {"mean missing", "regulariser scalar"} or "unexplained" in str(report)
