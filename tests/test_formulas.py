"""Mistakes that have no rule of their own: one edit of the derivation, or of the code by hand."""

import numpy as np
import pytest

import autograd_lite as ag

rng = np.random.default_rng(0)
X, TARGET = rng.normal(size=(6, 4)), rng.normal(size=(6, 3))


def tensor(name, *shape):
    return ag.Tensor(rng.normal(size=shape), requires_grad=True, name=name)


def test_a_formula_of_a_function_without_wrong_rules_is_named():
    a = ag.Tensor(rng.uniform(-0.8, 0.8, 5), requires_grad=True, name="a")
    w = rng.normal(size=5)
    report = ag.compare(np.sum(w * np.arcsin(a)), {"a": w / np.sqrt(1 + a.data**2)})
    assert "1 + a * a stands where 1 - a * a belongs" in report.summary


def test_the_order_of_a_chain_of_matrices_is_named():
    A, B = tensor("A", 3, 3), tensor("B", 3, 3)
    product = A @ B
    a, b = A.data, B.data
    report = ag.compare(np.sum(product**2), {"A": 2 * a @ b.T @ b})
    assert "the order of the product is wrong" in report.summary
    assert "A @ B.T @ B" in report.summary


@pytest.mark.parametrize(("c", "said"), [(0.5, "1/2 times"), (2.0, "2 times")])
def test_terms_that_count_otherwise_are_named(c, said):
    v = tensor("v", 5)
    u = np.exp(v)
    loss = np.sum(u) - np.sum(v) + np.sum(v * TARGET[0, 0])
    report = ag.compare(loss, {"v": c * (np.exp(v.data) - 1) + TARGET[0, 0]})
    assert said in str(report)


def normalised(axis, eps=1e-5):
    x = tensor("x", 6, 4)
    below = x - np.mean(x, axis, keepdims=True)
    h = below / np.sqrt(np.mean(below**2, axis, keepdims=True) + eps)
    value = x.data - x.data.mean(axis, keepdims=True)
    scale = 1 / np.sqrt((value**2).mean(axis, keepdims=True) + eps)
    g = rng.normal(size=(6, 4))
    return x, np.sum(h * g), g, value * scale, scale


@pytest.mark.parametrize("axis", [0, 1])
def test_mistakes_in_a_normalisation_are_named(axis):
    _, loss, g, h, s = normalised(axis)

    def mean(a, axis=axis):
        return a.mean(axis, keepdims=True)

    def said(dx):
        return ag.compare(loss, {"x": dx}).summary

    assert said(s * (g - mean(g) - h * mean(g * h))).startswith("right")
    assert "path through the mean is left out" in said(s * (g - h * mean(g * h)))
    assert "path through the variance is left out" in said(s * (g - mean(g)))
    wrong = s * (g - mean(g, 1 - axis) - h * mean(g * h, 1 - axis))
    assert f"over axis {1 - axis}, and x is normalised over axis {axis}" in said(wrong)
    assert "division by the deviation is left out" in said(g - mean(g) - h * mean(g * h))
    assert "not divided by" in said(
        s * (g - g.sum(axis, keepdims=True) - h * (g * h).sum(axis, keepdims=True))
    )


def hinge(scores, y):
    rows = np.arange(len(y))
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    return np.sum(margins)


def test_the_entry_of_the_label_in_a_hinge_loss_is_named():
    s = tensor("s", 7, 4)
    y = np.array([0, 1, 2, 3, 0, 1, 2])
    rows = np.arange(7)
    mask = (s.data - s.data[rows, y][:, None] + 1 > 0) * 1.0
    mask[rows, y] = 0
    loss = hinge(s, y)
    assert "the label's own entry is left out" in ag.compare(loss, {"s": mask}).summary
    right = mask.copy()
    right[rows, y] -= mask.sum(1)
    assert ag.compare(loss, {"s": right})


def test_a_floor_is_said_to_be_one_and_a_single_odd_entry_is_not():
    z = np.array([9.0, -0.3, 0.2, 1.0, -2.0])

    def objective(z, y):
        p = 1 / (1 + np.exp(-z))
        return p - y, np.maximum(p * (1 - p), 1e-2)

    def loss(z, y):
        return np.logaddexp(0, z) - y * z

    report = ag.compare_function(loss, objective, z, True, args=(np.ones(5),))
    assert "it has a floor: every entry is at least 0.01" in report.summary
    odd = np.arange(1.0, 9.0)
    odd[0] = 1.2345678
    assert "floor" not in ag.Comparison.of({"a": odd}, {"a": np.arange(1.0, 9.0)}).summary


def pseudo_huber(p, y):
    return np.sqrt(1 + (p - y) ** 2) - 1


def test_the_line_of_the_derivation_in_code_is_repaired():
    def objective(p, y):
        d = p - y
        s = 1 + d**2
        return d / np.sqrt(s), 1 / s

    x, y = rng.normal(size=12), rng.normal(size=12)
    report = ag.compare_function(pseudo_huber, objective, x, True, args=(y,))
    assert "1 / s stands where 1 / s ** 1.5 belongs" in report.summary


def test_a_derivation_that_is_right_at_one_point_alone_is_wrong():
    def cube(x):
        return np.sum(x**3)

    report = ag.compare_function(cube, lambda x: 3 * x, np.ones(4))
    assert not report
    assert "right at the given point, and wrong beside it" in report.summary
    assert ag.compare_function(cube, lambda x: 3 * x**2, np.ones(4))


def cubes(x):
    return np.sum(x**3)


def test_an_explanation_that_fits_one_point_alone_is_none():
    x = np.full(3, 3.0)  # there 18 * x is twice 3 * x^2, and 8 * x + x is it
    assert "2 times" in ag.compare_function(cubes, 18 * x, x).summary
    assert "2 times" not in ag.compare_function(cubes, lambda x: 18 * x, x).summary
    report = ag.compare_function(cubes, lambda x: 8 * x, x)
    assert not report
    assert "belongs" not in str(report)


def test_a_transposed_jacobian_and_exchanged_arguments_are_said():
    t = np.linspace(0, 1, 9)

    def model(p):
        return p[0] * np.exp(p[1] * t)

    def jacobian(p):
        return np.stack([np.exp(p[1] * t), p[0] * t * np.exp(p[1] * t)])

    assert "is transposed" in ag.compare_function(model, jacobian, [1.0, -0.5]).summary

    def squares(pred, true):
        return 0.5 * (pred - true) ** 2

    x, y = rng.normal(size=5), rng.normal(size=5)
    report = ag.compare_function(squares, lambda true, pred: pred - true, x, args=(y,))
    assert "in the other order" in report.summary


@pytest.mark.parametrize("settings", [{"axis": 1}, {"axis": 1, "keepdims": True}, {"axis": 0}, {}])
def test_the_whole_gradient_for_each_of_several_maxima_is_named(settings):
    x = ag.Tensor([[1.0, 3.0, 3.0], [3.0, 3.0, 0.0]], requires_grad=True, name="x")
    hits = (x.data == np.max(x.data, **{**settings, "keepdims": True})) * 1.0
    loss = np.sum(np.max(x, **settings)) * 1.5
    assert "has ties" in ag.compare(loss, {"x": 1.5 * hits}).summary
    y = ag.Tensor([[1.0, 3.0, 2.0], [2.0, 4.0, 0.0]], requires_grad=True, name="y")
    hits = (y.data == np.max(y.data, **{**settings, "keepdims": True})) * 1.0
    assert "ties" not in ag.compare(np.sum(np.max(y, **settings)), {"y": 2 * hits}).summary


def test_rows_of_zeros_are_said_to_be_that():
    a, p = tensor("a", 4, 3), tensor("p", 4, 3)
    loss = np.sum((a - p) ** 2)
    report = ag.compare(loss, {"a": 2 * (a.data - p.data), "p": np.zeros((4, 3))})
    assert report.summary.startswith("dp is zero in every entry")


def test_a_mistake_in_a_hessian_is_said_of_the_hessian():
    def f(pred, target):
        return 0.5 * (pred - target) ** 2

    x, y = rng.normal(size=6), rng.normal(size=6)
    report = ag.compare_function(f, lambda p, t: (p - t, -np.ones(6)), x, True, args=(y,))
    assert "d2f/dpred2 is the negative of the gradient" in report.summary


def test_a_factor_of_two_is_no_square_s_where_the_loss_has_none():
    w = tensor("w", 4)
    report = ag.compare(np.sum(np.abs(X @ w)), {"w": 2 * X.T @ np.sign(X @ w.data)})
    assert "added up twice" in report.summary
    report = ag.compare(np.sum((X @ w) ** 2) / 2, {"w": 2 * X.T @ (X @ w.data)})
    assert "1/2 before the square" in report.summary


def test_four_times_is_the_mean_over_four():
    C, u = tensor("C", 4, 3), rng.normal(size=3)
    loss = np.sum(np.tanh(np.mean(C, axis=0)) * u)
    g = u * (1 - np.tanh(C.data.mean(0)) ** 2)
    summary = ag.compare(loss, {"C": np.tile(g, (4, 1))}).summary
    assert "mean" in summary
    assert "a factor 2" not in summary
    w = tensor("w", 5)
    summary = ag.compare(np.sum(np.sin(w)), {"w": 4 * np.cos(w.data)}).summary
    assert "a factor 4 is too much" in summary


def unrolled(W, U):
    """The loss of a recurrence, and the values of its states: no tensor of it has a name."""
    h, values = np.zeros((6, 3)), [np.zeros((6, 3))]
    for _ in range(3):
        h = np.tanh(X @ W + h @ U)
        values.append(h.numpy())
    return np.sum(h * TARGET), values


def test_the_steps_of_a_loop_are_told_by_what_feeds_them():
    W, U = tensor("W", 4, 3), tensor("U", 3, 3)
    loss, values = unrolled(W, U)
    dh, dW, dU = TARGET, 0, 0
    for before, after in zip(values[-2::-1], values[:0:-1], strict=True):
        dz = dh * (1 - after)  # and it is 1 - h^2
        dW, dU = dW + X.T @ dz, dU + before.T @ dz
        dh = dz @ U.data.T
    summary = ag.compare(loss, {"W": dW, "U": dU}).summary
    assert "tanh((X @ W) + (... @ U))" in summary
    assert "tanh_" not in summary


def test_evidence_says_once_what_was_proved():
    W, b = tensor("W", 4, 3), tensor("b", 3)
    h = np.tanh(X @ W + b)
    loss = np.sum((h - TARGET) ** 2)
    dz = 2 * (h.numpy() - TARGET) * (1 - h.numpy())
    text = str(ag.compare(loss, {"W": X.T @ dz, "b": dz.sum(0)}))
    assert text.count("with this one mistake") == 1
