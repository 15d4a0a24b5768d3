"""The yardstick itself: a sample for every row, and a verdict for every kind of answer."""

import numpy as np
import pytest

pytest.importorskip("scipy")

from benchmarks import coverage, libraries
from benchmarks.samples.table import at, real

SINE = at("sine", lambda np, x: np.sin(x), real(3))
TIE = at("tie", lambda np, x: np.max(x), [1, 1], expected=[[0.5, 0.5]], also=([[1, 0]],))


class Answering(libraries.Library):
    """A library whose gradients are the true ones, changed."""

    key = "answering"

    def __init__(self, change, value=lambda x: x):
        self.change, self.value = change, value
        self.np = np

    def run(self, f, inputs, weighted=True):
        out, gradients = libraries.NumPy().run(f, inputs, weighted)
        return self.value(out), [self.change(g) for g in gradients]


def verdict(change, sample=SINE, **options):
    return coverage.verdict(Answering(change, **options), coverage.truths(), sample)[0]


def fails(g):
    raise NotImplementedError("no rule")


def test_every_function_of_the_list_has_a_sample():
    names = [sample.name for _, sample in coverage.rows()]
    assert len(names) == len(set(names)) > 500


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda g: g, "right"),
        (lambda g: g * 1.001, "wrong"),
        (lambda g: -g, "wrong"),
        (lambda g: g[:, None], "wrong"),
        (lambda g: g * np.nan, "wrong"),
        (lambda g: np.zeros_like(g), "wrong"),
        (lambda g: None, "wrong"),
        (fails, "missing"),
    ],
)
def test_the_verdict_on_a_gradient(change, expected):
    assert verdict(change) == expected


def test_another_value_is_wrong():
    assert verdict(lambda g: g, value=lambda out: out + 1e-3) == "wrong"


def test_no_gradient_is_right_where_it_is_zero():
    step = at("step", lambda np, x: np.floor(x), real(3))
    assert verdict(lambda g: None, step) == "right"


@pytest.mark.parametrize(
    ("g", "expected"), [([0.5, 0.5], "right"), ([1, 0], "right"), ([1, 1], "wrong")]
)
def test_at_a_kink_any_convention_is_right(g, expected):
    assert verdict(lambda _: np.array(g), TIE) == expected


def test_numeric_derivatives_of_a_complex_number_are_dx_minus_i_dy():
    z = np.array([0.3 + 0.4j, -1.0 + 2.0j])
    [g] = libraries.NumPy().derivatives(lambda np, z: np.real(z * z), z)
    np.testing.assert_allclose(g, 2 * z, rtol=1e-9)


class Poor(libraries.Ours):
    """Our library without the functions that NumPy lacks."""

    def __init__(self):
        super().__init__()
        self.np = libraries.Namespace(np)


def test_a_formula_stands_in_for_a_function_that_a_library_has_no_name_for():
    secant = at("sec", lambda np, x: np.sec(x), real(3))
    assert coverage.verdict(Poor(), coverage.truths(), secant) == ("composed", "no function sec")
    unknown = at("unknown", lambda np, x: np.no_such_thing(x), real(3))
    assert coverage.verdict(Poor(), coverage.truths(), unknown)[0] == "missing"
