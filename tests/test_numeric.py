"""Derivatives by differences: how near they come, and that they say when they say nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.comparison.finite_differences import (
    AGREES,
    DIFFERS,
    INFINITE,
    JUMP,
    KINK,
    STEEP,
    UNRELIABLE,
    first,
    second,
)

SMOOTH = {
    "sine": (lambda t: np.sin(1 + t), np.cos(1), -np.sin(1)),
    "square at 0": (lambda t: t * t, 0.0, 2.0),
    "fast": (lambda t: np.sin(300 * t + 0.3), 300 * np.cos(0.3), -9e4 * np.sin(0.3)),
    "large": (lambda t: 1e6 + np.sin(t + 1), np.cos(1), -np.sin(1)),
    "constant": (lambda t: 7.0, 0.0, 0.0),
    "flat and large": (lambda t: 1e4 + np.cos(t), 0.0, -1.0),
    "line": (lambda t: 3 * t - 1e3, 3.0, 0.0),
    "fourth power at 0": (lambda t: t**4, 0.0, 0.0),
    "edge of the domain": (lambda t: np.log(1e-3 + t), 1e3, -1e6),
    "kink beside it": (lambda t: abs(t - 1e-6), -1.0, 0.0),
    "steep at its end": (lambda t: abs(t) ** 1.5, 0.0, None),
    "float32": (lambda t: np.sin(np.float32(1 + t)), np.cos(1), -np.sin(1)),
    "noise": (lambda t: np.sin(1 + t) + 1e-9 * np.sin(1e13 * t), np.cos(1), None),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_a_derivative_is_off_by_no_more_than_its_error_says(name):
    f, slope, curvature = SMOOTH[name]
    found = first(f)
    assert found.why in ("", STEEP)
    assert abs(found.value - slope) <= 10 * found.error + 1e-12
    assert found.error <= 2e-4 * max(1, abs(slope))
    if curvature is not None and name != "kink beside it":
        found = second(f)
        assert abs(found.value - curvature) <= 10 * found.error + 1e-9


@pytest.mark.parametrize("name", ["sine", "square at 0", "line", "constant", "fast"])
def test_a_smooth_function_has_ten_digits(name):
    f, slope, _ = SMOOTH[name]
    assert abs(first(f).value - slope) <= 1e-10 * 300 * max(1, abs(slope))


@pytest.mark.parametrize(
    ("f", "why"),
    [
        (abs, KINK),
        (lambda t: np.maximum(t, 0) + 3 * np.exp(t), KINK),
        (lambda t: 1e5 + abs(t), KINK),
        (lambda t: float(t > 0) + np.exp(t), JUMP),
        (lambda t: np.sqrt(abs(t)), STEEP),
        (np.cbrt, STEEP),
        (lambda t: abs(t - 1e-7), STEEP),
        (lambda t: float(np.sin(np.float32(1 + t))), STEEP),
        (np.sqrt, INFINITE),
        (lambda t: np.nan * t, INFINITE),
    ],
)
def test_where_there_is_no_slope_the_reason_is_said(f, why):
    with np.errstate(all="ignore"):
        found = first(f)
        assert found.why == why
        for guess in (-1.0, 0.0, 0.3, 1.0, 3.0):
            assert found.judged(guess, 1e-6) == UNRELIABLE


def test_a_kink_of_the_slope_is_no_second_derivative():
    huber = second(lambda t: t * t / 2 if t < 0 else 0.0)
    assert huber.why == KINK
    assert (huber.left, huber.right) == pytest.approx((1, 0))
    assert second(abs).judged(0.0, 1e-6) == UNRELIABLE


def test_the_slopes_from_both_sides_of_a_kink_are_given():
    found = first(lambda t: np.where(t < 0, -2 * t, 5 * t))
    assert (found.left, found.right) == pytest.approx((-2, 5))
    allowed = 1e-6
    assert [bool(found.between(g, allowed)) for g in (-2.1, -2, 0, 5, 5.1)] == [0, 1, 1, 1, 0]


@given(x=st.floats(-50, 50), scale=st.floats(0.01, 30), shift=st.floats(-1e3, 1e3))
def test_right_ones_are_never_accused_and_wrong_ones_never_pass(x, scale, shift):
    def f(t):
        return shift + np.sin(scale * (x + t))

    slope = scale * np.cos(scale * x)
    found = first(f, abs(x))
    allowed = 1e-5 * abs(slope) + 1e-9 * max(1, abs(shift))
    assert found.judged(slope, allowed) != DIFFERS
    assert found.judged(slope * 1.01 + 0.01, allowed) != AGREES


def test_entries_are_judged_one_by_one():
    found = first(lambda t: np.array([np.exp(t), abs(t), np.sqrt(t), 2 * t]))
    given = np.array([1.0, 1.0, 1.0, 3.0])
    assert found.judged(given, 1e-6).tolist() == [AGREES, UNRELIABLE, UNRELIABLE, DIFFERS]
    assert found.judged(np.nan, 1e-6).tolist() == [DIFFERS, UNRELIABLE, UNRELIABLE, DIFFERS]


# --- gradients of functions of arrays -------------------------------------------------------------


X = np.array([[0.4, -0.7, 1.2], [0.9, 0.3, -1.1]])


def test_the_rounding_of_differences_does_not_refute_a_complex_step():
    scale = 10.0 ** np.arange(-9, -3).reshape(X.shape)
    [g] = ag.numeric_gradients(lambda x: 100 + np.sum(np.sin(scale * x)), X)
    np.testing.assert_allclose(g, scale * np.cos(scale * X), rtol=1e-14)


def test_the_complex_step_gives_sixteen_digits():
    [g] = ag.numeric_gradients(lambda x: np.sum(np.exp(x) * np.sin(x)), X)
    np.testing.assert_allclose(g, np.exp(X) * (np.sin(X) + np.cos(X)), rtol=4e-16)


@pytest.mark.parametrize(
    ("f", "true"),
    [
        (lambda x: np.sum(np.abs(x) + x**2), np.sign(X) + 2 * X),  # abs is not continued
        (lambda x: np.sum(np.maximum(x, 0.5) ** 3), np.where(X > 0.5, 3 * X**2, 0)),
        (lambda x: float(np.sum(x**3)), 3 * X**2),
        (lambda x: sum(float(v) ** 3 for v in x.ravel()), 3 * X**2),
        (lambda x: np.sum(x.real**3), 3 * X**2),
        (lambda x: np.sum(x * np.conj(x)), 2 * X),
        (lambda x: 7, 0 * X),
    ],
)
def test_where_a_function_cannot_be_continued_differences_are_taken(f, true):
    [g] = ag.numeric_gradients(f, X)
    np.testing.assert_allclose(g, true, rtol=1e-8, atol=1e-9)


def test_a_function_that_stores_its_argument_in_floats_is_not_fooled():
    def f(x):
        kept = np.zeros(x.shape)
        kept[...] = x
        return np.sum(kept**3)

    np.testing.assert_allclose(ag.numeric_gradients(f, X)[0], 3 * X**2, rtol=1e-8)


def test_an_integer_array_is_moved_in_float64():
    [g] = ag.numeric_gradients(lambda x: np.sum(x**2), np.array([1, 2]))
    np.testing.assert_allclose(g, [2, 4])
    assert ag.numeric_gradients(lambda x: 0.0, np.zeros((0, 3)))[0].shape == (0, 3)


# --- the checker ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "why"),
    [
        (ag.relu, 0.0, "has a kink"),
        (lambda x: np.where(x > 0, 3 * x, np.exp(x)), 0.0, "settle at no value"),
        (lambda x: np.exp(x) + np.where(x > 0, 3 * x, x), 0.0, "has a kink"),
        (np.cbrt, 0.0, "settle at no value"),
    ],
)
def test_at_a_kink_the_checker_says_that_it_cannot_tell(f, x, why):
    with pytest.raises(ValueError, match=rf"at \[1\] of argument 0 .*{why}.*choose another point"):
        ag.check_gradients(f, np.array([1.0, x]), order=1)
    assert ag.check_gradients(f, np.array([1.0, 0.5]), order=1)


def test_a_kink_does_not_hide_a_wrong_rule_elsewhere():
    wrong = ag.elementwise(lambda x: np.maximum(x, 0), lambda g, out, x: 2 * g * (x > 0))
    with pytest.raises(AssertionError, match="WRONG"):
        ag.check_gradients(wrong, np.array([0.0, 1.0]), order=1)


def test_a_function_too_fast_for_one_step_is_checked_with_smaller_ones():
    assert ag.check_gradients(lambda x: np.sin(2e3 * x), np.array([0.3, 0.7]), order=1)
    with pytest.raises(AssertionError):
        ag.check_gradients(
            ag.elementwise(
                lambda x: np.sin(2e3 * x), lambda g, out, x: 2.002e3 * g * np.cos(2e3 * x)
            ),
            np.array([0.3, 0.7]), order=1,
        )  # fmt: skip
