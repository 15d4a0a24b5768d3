"""Derivatives of plain NumPy functions: who is wrong, the derivation, the code, or differences."""

import math
import sys

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.comparison.cross_check import votes

rng = np.random.default_rng(3)


def outcomes(report):
    return [vote.outcome for vote in report.votes]


# --- what people have in hand ---------------------------------------------------------------------


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_slope(x):
    slope = np.zeros_like(x)
    slope[1:] += 200 * (x[1:] - x[:-1] ** 2)
    slope[:-1] += -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    return slope


def logistic(margin, y):
    """The loss of each sample."""
    return np.logaddexp(0, margin) - y * margin


def objective(margin, y):
    """As XGBoost and LightGBM want it."""
    p = 1 / (1 + np.exp(-margin))
    return p - y, p * (1 - p)


def softmax_loss(scores, y):
    return ag.logsumexp(scores, axis=1) - scores[np.arange(len(y)), y]


def softmax_objective(scores, y):
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p - np.eye(scores.shape[1])[y], p * (1 - p)


def residuals(x):
    return np.stack([x[0] * x[1], x[0] ** 2, np.sin(x[1])])


def residuals_slope(x):
    return [[x[1], x[0]], [2 * x[0], 0], [0, np.cos(x[1])]]


Y = rng.integers(0, 2, 2000)
CLASSES = rng.integers(0, 4, 50)


@pytest.mark.parametrize(
    ("f", "jac", "x", "more"),
    [
        (rosenbrock, rosenbrock_slope, [1.2, 0.7, -0.3, 2.0], {}),
        (rosenbrock, rosenbrock_slope, np.array([1, 2, 3]), {}),
        (logistic, objective, rng.normal(size=2000), {"hess_diag": True, "args": (Y,)}),
        (logistic, objective, rng.normal(size=3), {"hess_diag": True, "args": (Y[:3],)}),
        (lambda m: np.mean(logistic(m, 1)), lambda m: objective(m, 1)[0] / 7, np.ones(7), {}),
        (softmax_loss, softmax_objective, rng.normal(size=(50, 4)),
         {"hess_diag": True, "args": (CLASSES,)}),
        (softmax_loss, softmax_objective, rng.normal(size=(5, 4)),
         {"hess_diag": True, "args": (CLASSES[:5],)}),
        (residuals, residuals_slope, [2.0, 3.0], {}),
        (lambda x: (np.sum(x**2), 2 * x), True, [1.0, 2.0], {}),
        (lambda x: x**3, lambda x: 3 * x**2, 2.0, {"hess_diag": lambda x: 6 * x}),
        (lambda x: x**3, 12.0, 2.0, {"hess_diag": 12}),
        (lambda p: np.sum(p["W"] ** 2) * p["b"][0],
         lambda p: {"W": (2 * p["W"] * p["b"][0]).tolist(), "b": (np.sum(p["W"] ** 2), 0)},
         {"W": [[1.0, 2.0]], "b": (0.5, np.float64(1.0))}, {}),
        (lambda p: np.sum(p[0] @ p[1]),
         lambda p: [np.ones((2, 1)) * p[1].sum(1), np.ones((1, 4)) * p[0].sum(0)[:, None]],
         [rng.normal(size=(2, 3)), rng.normal(size=(3, 4))], {}),
        (lambda x: np.sum(x**2), lambda x: (2 * x).astype(np.float32), rng.normal(size=5), {}),
    ],
)  # fmt: skip
def test_right_derivatives_are_called_right(f, jac, x, more):
    report = ag.compare_function(f, jac, x, **more)
    assert report, str(report)
    assert set(outcomes(report)) == {votes.ALL_AGREE}
    assert report.summary.startswith("right: ")
    report.raise_if_bad()


def test_rows_are_called_as_the_user_s_function_and_its_argument():
    report = ag.compare_function(logistic, objective, [0.1], hess_diag=True, args=(1,))
    assert [row.name for row in report] == ["dlogistic/dmargin", "d2logistic/dmargin2"]
    nested = ag.compare_function(lambda p: p["a"][0] * 2, {"a": [2, [0]]}, {"a": (1.0, [1.0])})
    assert [row.name for row in nested] == ["df/dp['a'][0]", "df/dp['a'][1]"]


def test_a_function_gets_arrays_of_its_own():
    def f(x):
        x[0] = x[0] ** 2
        return np.sum(x)

    x = np.array([3.0, 1.0])
    assert ag.compare_function(f, lambda x: [2 * x[0], 1], x)
    assert x.tolist() == [3, 1]


# --- the derivation is wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jac", "wrong"),
    [
        (lambda x: -rosenbrock_slope(x), True),
        (lambda x: rosenbrock_slope(x) * [1, 1, 1, 1.01], True),
        (lambda x: rosenbrock_slope(x) + np.array([0, 1e-2, 0, 0]), True),
        (lambda x: rosenbrock_slope(x) * np.nan, True),
        (lambda x: rosenbrock_slope(x) * (1 + 1e-9), False),
    ],
)
def test_a_derivation_that_is_alone_is_wrong(jac, wrong):
    report = ag.compare_function(rosenbrock, jac, [1.2, 0.7, -0.3, 2.0])
    assert bool(report) is not wrong
    if wrong:
        assert outcomes(report) == [votes.DERIVATION_ALONE]
        assert report.summary.startswith("the derivation is wrong: ")
        agree = "autodiff and finite differences of rosenbrock agree with each other"
        assert agree in report.evidence
        with pytest.raises(
            AssertionError, match=r"(?s)drosenbrock/dx .*derivation is wrong.*WRONG"
        ):
            report.raise_if_bad()


def test_a_wrong_hessian_diagonal_is_told_from_a_right_gradient():
    def wrong(margin, y):
        gradient, _ = objective(margin, y)
        return gradient, 1 / (1 + np.exp(-margin))

    x = rng.normal(size=200)
    report = ag.compare_function(logistic, wrong, x, hess_diag=True, args=(Y[:200],))
    assert [row.verdict for row in report] == ["right", "WRONG"]
    assert outcomes(report) == [votes.ALL_AGREE, votes.DERIVATION_ALONE]
    assert not report.elsewhere


def test_a_wrong_curvature_is_named_in_the_words_of_the_user_s_gradient():
    """The most frequent one of boosting objectives: p for p (1 - p)."""

    def forgot(margin, y):
        p = 1 / (1 + np.exp(-margin))
        return p - y, p

    report = ag.compare_function(
        logistic, forgot, rng.normal(size=5), hess_diag=True, args=(Y[:5],)
    )
    assert "p * (1 - p)" in report.summary
    assert [x.explains for x in report.findings] == [("d2logistic/dmargin2",)]


def test_tensors_are_called_as_the_variables_inside_the_function():
    def network(p):
        hidden = np.tanh(p["W"] @ p["x"])
        return np.sum(hidden**2)

    def forgot_tanh(p):
        dhidden = 2 * np.tanh(p["W"] @ p["x"])
        return {"W": np.outer(dhidden, p["x"]), "x": p["W"].T @ dhidden}

    before = sys.getprofile()
    report = ag.compare_function(
        network, forgot_tanh, {"W": rng.normal(size=(3, 4)), "x": rng.normal(size=4)}
    )
    assert sys.getprofile() is before
    assert "tanh is left out" in report.summary
    assert "hidden" in report.summary
    assert {box.name for box in report.draw().model.boxes.values()} > {"hidden", "p['W']"}


def test_a_function_that_fails_is_watched_no_longer():
    before = sys.getprofile()

    def f(x):
        if isinstance(x, ag.Tensor):
            raise KeyError("no tensors")
        return np.sum(x)

    report = ag.compare_function(f, np.ones(3), np.ones(3))
    assert report
    assert sys.getprofile() is before
    assert "autodiff cannot follow f: KeyError: 'no tensors'" in str(report)


def test_a_function_of_nan_is_not_called_random():
    with np.errstate(all="ignore"):
        report = ag.compare_function(np.log, [1.0, 2.0], [1.0, -1.0])
    assert "random" not in str(report)
    assert not report


@pytest.mark.parametrize("A", [np.array([[1.0, 2.0], [5.0, 3.0]])])
def test_a_gradient_of_no_function_at_all_is_recognised(A):
    report = ag.compare_function(lambda x: x @ A @ x, lambda x: 2 * A @ x, [1.0, 2.0])
    assert "the manual gradient is that of no function at all" in str(report)
    symmetric = ag.compare_function(lambda x: x @ A @ x, lambda x: (A + A.T) @ x / 2, [1.0, 2.0])
    assert "of no function" not in str(symmetric)
    assert not symmetric


@pytest.mark.parametrize("n", [3, 100])
def test_derivatives_that_fit_each_other_are_those_of_another_function(n):
    def halved(margin, y):
        gradient, curvature = objective(margin, y)
        return gradient / 2, curvature / 2

    x = rng.normal(size=n)
    report = ag.compare_function(logistic, halved, x, hess_diag=True, args=(Y[:n],))
    assert report.summary.startswith(
        "logistic as it is coded is not what was derived: dlogistic/dmargin and "
        "d2logistic/dmargin2 fit each other, and neither fits logistic"
    )

    def apart(margin, y):
        gradient, curvature = objective(margin, y)
        return gradient / 2, curvature * 3

    report = ag.compare_function(logistic, apart, x, hess_diag=True, args=(Y[:n],))
    assert not report.elsewhere


def test_a_jacobian_is_compared_whole():
    def transposed(x):
        return np.transpose(residuals_slope(x))

    def wrong(x):
        J = np.array(residuals_slope(x))
        J[2, 1] = np.sin(x[1])
        return J

    report = ag.compare_function(residuals, wrong, [2.0, 3.0])
    assert report.rows[0].worst == (2, 1)
    assert outcomes(report) == [votes.DERIVATION_ALONE]
    assert ag.compare_function(residuals, transposed, [2.0, 3.0]).rows[0].verdict == "SHAPE"


def test_one_wrong_entry_of_many_is_found():
    x = rng.normal(size=2000)
    gradient, _ = objective(x, Y)
    gradient[1234] *= 1.1
    report = ag.compare_function(logistic, gradient, x, args=(Y,))
    assert report.rows[0].worst == (1234,)
    assert outcomes(report) == [votes.DERIVATION_ALONE]
    total = ag.compare_function(lambda m: np.sum(logistic(m, Y)), gradient, x)
    assert total.rows[0].worst == (1234,)
    assert outcomes(total) == [votes.DERIVATION_ALONE]


# --- what is coded is something else --------------------------------------------------------------


def test_what_a_tape_does_not_see_is_found_by_differences():
    def detached(x):
        scale = x.detach() if isinstance(x, ag.Tensor) else x
        return np.sum(x**2) * scale[0]

    report = ag.compare_function(detached, lambda x: 2 * x * x[0], [1.0, 2.0])
    assert outcomes(report) == [votes.DIFFERENCES_ALONE]
    assert report.rows[0].worst == (0,)
    assert report.summary.startswith("detached is coded differently from what was derived")


def test_a_wrong_rule_is_not_held_against_the_derivation():
    cube = ag.elementwise(lambda x: x**3, lambda g, out, x: g * 2 * x**2)
    report = ag.compare_function(lambda x: np.sum(cube(x)), lambda x: 3 * x**2, [1.0, 2.0])
    assert report
    assert outcomes(report) == [votes.AUTODIFF_ALONE]
    assert "autodiff alone differs" in str(report)
    report = ag.compare_function(lambda x: np.sum(cube(x)), lambda x: 4 * x**2, [1.0, 2.0])
    assert outcomes(report) == [votes.NONE_AGREE]
    assert not report


def test_a_list_of_results_is_an_array():
    report = ag.compare_function(
        lambda x: [x[0] ** 2, 3 * x[1], 5], lambda x: [[2 * x[0], 0], [0, 3], [0, 0]], [1.0, 2.0]
    )
    assert outcomes(report) == [votes.ALL_AGREE], str(report)


def test_a_floor_under_the_curvature_is_told():
    def floored(margin, y):
        gradient, curvature = objective(margin, y)
        return gradient, np.maximum(curvature, 0.01)

    x = np.array([-9.0, 0.5, 12.0])
    report = ag.compare_function(logistic, floored, x, hess_diag=True, args=(1,))
    assert not report
    assert "by manual is 0.01 wherever it is truly less: a floor" in str(report)
    assert "floor" not in str(
        ag.compare_function(logistic, objective(x, 1)[0], x, 0 * x, args=(1,))
    )


def test_at_an_optimum_all_agree_on_zero():
    report = ag.compare_function(lambda x: np.sum((x - 1) ** 2), lambda x: 2 * (x - 1), [1.0, 1.0])
    assert outcomes(report) == [votes.ALL_AGREE]
    assert abs(report.rows[0].numeric) < 1e-9


def test_a_function_that_does_other_things_with_tensors_has_no_autodiff():
    def f(x):
        return np.sum(x**2) * (3 if isinstance(x, ag.Tensor) else 1)

    report = ag.compare_function(f, lambda x: 2 * x, [1.0, 2.0])
    assert outcomes(report) == [votes.DIFFERENCES_ONLY]
    assert "with tensors it computes 15, with arrays 5" in str(report)


def test_a_function_of_something_else_is_told():
    y = 3.0
    report = ag.compare_function(lambda x: y**2, lambda x: 2 * x, [2.0])
    assert report.summary.startswith("f does not change with x: ")
    assert ag.compare_function(lambda x: y**2, [0.0], [2.0])


def by_math(x):
    return math.exp(x[0]) + x[1] ** 2


def by_floats(x):
    return math.exp(float(x[0])) + float(x[1]) ** 2


def test_the_functions_of_math_are_followed_as_numpys():
    def jacobian(x):
        return [math.exp(x[0]), 2 * x[1]]

    assert outcomes(ag.compare_function(by_math, jacobian, [1.0, 2.0])) == [votes.ALL_AGREE]
    report = ag.compare_function(by_math, lambda x: [x[0], 2 * x[1]], [1.0, 2.0])
    assert "exp(x[0])" in report.summary


def test_without_autodiff_differences_decide():
    report = ag.compare_function(by_floats, lambda x: [math.exp(x[0]), 2 * x[1]], [1.0, 2.0])
    assert report
    assert outcomes(report) == [votes.DIFFERENCES_ONLY]
    assert "autodiff cannot follow by_floats: TypeError: float()" in str(report)
    report = ag.compare_function(by_floats, lambda x: [math.exp(x[0]), x[1]], [1.0, 2.0])
    assert outcomes(report) == [votes.ONLY_TWO_DIFFER]
    assert report.rows[0].worst == (1,)
    assert report.rows[0].numeric == pytest.approx(4)


def test_a_second_derivative_that_autodiff_has_not_is_left_to_differences():
    once = ag.elementwise(lambda x: x**3, lambda g, out, x: g * plain_rule(x))

    def plain_rule(x):
        if isinstance(x, ag.Tensor):
            raise NotImplementedError("first order only")
        return 3 * x**2

    x = np.array([0.5, 2.0])
    report = ag.compare_function(lambda x: np.sum(once(x)), 3 * x**2, x, hess_diag=6 * x)
    assert outcomes(report) == [votes.ALL_AGREE, votes.DIFFERENCES_ONLY]
    assert "to its curvature: NotImplementedError: first order only" in str(report)


# --- differences cannot be relied on --------------------------------------------------------------


@pytest.mark.parametrize(("slope", "right"), [(0, 1), (0.3, 1), (1, 1), (-1, 1), (1.5, 0), (-2, 0)])
def test_at_a_kink_every_subgradient_is_right_and_no_other(slope, right):
    report = ag.compare_function(lambda x: np.sum(np.abs(x)), [1, slope, -1], [1.0, 0.0, -1.0])
    assert bool(report) == right
    assert "unreliable at 1 of 3 entries ([1]): f has a kink there" in str(report)
    assert ("subgradient" in str(report)) == (slope in (0.3, 1, -1))
    if not right:
        assert outcomes(report) == [votes.TWO_DIFFER]
        assert report.rows[0].worst == (1,)


def test_kinks_are_counted():
    x = rng.normal(size=300)
    x[::7] = 0
    report = ag.compare_function(ag.relu, lambda x: x >= 0, x)
    assert report
    assert f"unreliable at {len(x[::7])} of 300 entries ([0], [7], [14], ...)" in str(report)


def test_a_random_function_is_told_and_nobody_is_accused():
    noise = np.random.default_rng(0)
    report = ag.compare_function(lambda x: np.sum(x * noise.random(3)), [1, 2, 3], np.ones(3))
    assert not report
    assert report.rows[0].verdict == "UNSURE"
    assert report.summary.startswith("f is random, so nothing can be told of df/dx")
    assert "f is random: called twice" in str(report)
    added = ag.compare_function(lambda x: np.sum(x) + noise.random(), np.ones(3), np.ones(3))
    assert not added  # another draw may have another gradient
    assert outcomes(added) == [votes.NOTHING_KNOWN]


@pytest.mark.parametrize("f", [np.cbrt, np.sqrt])
def test_a_slope_without_end_accuses_nobody(f):
    with np.errstate(all="ignore"):
        report = ag.compare_function(f, [1 / 3 if f is np.cbrt else 0.5, np.inf], [1.0, 0.0])
    assert report, str(report)
    assert "finite differences are unreliable at 1 of 2 entries ([1])" in str(report)


def test_a_function_too_rough_for_differences_leaves_two_voters():
    def rough(x):
        return np.sum(np.sin(x)) + float(np.sin(1e15 * np.sum(ag_plain(x)))) * 1e-3

    def ag_plain(x):
        return x.numpy() if isinstance(x, ag.Tensor) else x

    report = ag.compare_function(rough, np.cos, [0.3, 0.7])
    assert report
    assert outcomes(report) == [votes.DIFFERENCES_SILENT]
    assert not ag.compare_function(rough, lambda x: 2 * np.cos(x), [0.3, 0.7])


CURVES = {  # f, f', f''
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2,
             lambda z: -2 * np.tanh(z) * (1 - np.tanh(z) ** 2)),
    "sine": (np.sin, np.cos, lambda z: -np.sin(z)),
    "abs": (np.abs, np.sign, np.zeros_like),
    "square": (np.square, lambda z: 2 * z, lambda z: np.full_like(z, 2)),
    "floor": (np.floor, np.zeros_like, np.zeros_like),
    "bell": (lambda z: np.exp(-z * z), lambda z: -2 * z * np.exp(-z * z),
             lambda z: (4 * z * z - 2) * np.exp(-z * z)),
}  # fmt: skip


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("seed", range(6))
def test_of_drawn_functions_right_ones_pass_and_wrong_ones_do_not(curve, seed):
    """On every scale, and far above zero, where differences are blind to small slopes."""
    g, slope, bend = CURVES[curve]
    draw = np.random.default_rng([seed, *curve.encode()])
    W, b = draw.normal(size=(4, 3)) * 10 ** draw.uniform(-2, 1), draw.normal(size=3)
    x = draw.normal(size=4) * 10 ** draw.uniform(-3, 2)
    scale, shift = 10 ** draw.uniform(-4, 4), 10 ** draw.uniform(-3, 8) * (seed % 2)

    def f(x):
        return scale * np.sum(g(x @ W + b)) + shift

    def jac(x):
        return scale * (W @ slope(x @ W + b))

    def hess_diag(x):
        return scale * (W**2 @ bend(x @ W + b))

    report = ag.compare_function(f, jac, x, hess_diag)
    assert report, str(report)
    if jac(x).any():
        assert not ag.compare_function(f, lambda x: 1.02 * jac(x), x)
    if hess_diag(x).any():
        assert not ag.compare_function(f, jac, x, lambda x: 1.02 * hess_diag(x))


# --- what it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "jac", "x", "more", "error", "told"),
    [
        (np.sum, 1.0, "a", {}, TypeError, r"a holds <U1"),
        (np.sum, 1.0, [1j], {}, TypeError, r"holds complex128"),
        (lambda x: x * 1j, 1.0, 2.0, {}, TypeError, r"f returned .*returns a real number"),
        (lambda x: None, 1.0, 2.0, {}, TypeError, r"f returned None"),
        (np.sum, None, 2.0, {}, TypeError, r"jac is None, not real .*returns the gradient alone"),
        (np.sum, lambda x: ("a", x), [1.0], {}, TypeError, r"jac .*returns the gradient alone"),
        (np.sum, [[1], [1, 2]], [1.0], {}, TypeError, r"jac is .*not real numbers"),
        (np.sum, 1.0, {}, {}, ValueError, "no numbers"),
        (np.sum, 1.0, 2.0, {"hess_diag": True}, TypeError, "jac returns two things"),
        (np.sum, True, 2.0, {}, TypeError, "returns two things, the value and its gradient"),
        (lambda p: p["a"], {"b": 1}, {"a": 2.0}, {}, ValueError, r"nested as x is, .* with 'a'"),
        (lambda p: p["a"][0], {"a": [1]}, {"a": (2.0, np.ones(1))}, {}, ValueError,
         r"jac\['a'\] is .*a tuple of 2"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused_with_the_way_out(f, jac, x, more, error, told):
    with pytest.raises(error, match=told):
        ag.compare_function(f, jac, x, **more)


def test_a_wrong_shape_is_never_broadcast():
    report = ag.compare_function(lambda x: np.sum(x**2), lambda x: 2 * x.ravel(), np.ones((3, 1)))
    assert report.rows[0].verdict == "SHAPE"
    assert "(3,)" in report.summary
    assert "it must be (3, 1)" in report.summary


# --- what it costs --------------------------------------------------------------------------------


def test_samples_are_moved_at_once():
    calls = []

    def counting(margin, y):
        calls.append(1)
        return logistic(margin, y)

    x = rng.normal(size=2000)
    assert ag.compare_function(counting, objective, x, hess_diag=True, args=(Y,))
    assert len(calls) < 100


def test_a_large_argument_is_sampled_and_its_doubtful_entries_come_first():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x**2)

    x = rng.normal(size=3000)
    wrong = 2 * x
    wrong[17] += 1
    report = ag.compare_function(f, wrong, x)
    assert len(calls) < 2000
    assert report.rows[0].worst == (17,)
    assert report.votes[0].asked == 500
