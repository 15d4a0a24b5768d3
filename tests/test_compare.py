"""The comparison of a hand-derived gradient with the true one."""

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag

rng = np.random.default_rng(5)
X, TARGET = rng.standard_normal((7, 5)), rng.standard_normal((7, 3))


def network():
    """Pairwise different sizes, so that no mistake of an axis can hide: N=7, D=5, H=4, K=3."""
    W1 = ag.Tensor(rng.standard_normal((5, 4)), requires_grad=True, name="W1")
    b1 = ag.Tensor(rng.standard_normal(4), requires_grad=True, name="b1")
    W2 = ag.Tensor(rng.standard_normal((4, 3)), requires_grad=True, name="W2")
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2
    loss = np.mean((z2 - TARGET) ** 2)
    for name, tensor in {"z1": z1, "h1": h1, "z2": z2}.items():
        tensor.name = name
    return loss, {"W1": W1, "b1": b1, "W2": W2, "z1": z1, "h1": h1, "z2": z2}


def right_gradients(loss, tensors, *names):
    return dict(zip(names, ag.gradients(loss, [tensors[n] for n in names]), strict=True))


def test_right_gradients_are_called_right():
    loss, tensors = network()
    report = ag.compare(loss, right_gradients(loss, tensors, "W1", "b1", "W2", "z1", "h1", "z2"))
    assert report
    assert [row.verdict for row in report] == ["right"] * 6
    report.raise_if_bad()


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "h1"])
def test_one_wrong_entry_is_found_and_shown(name):
    loss, tensors = network()
    manual = right_gradients(loss, tensors, name)
    index = tuple(n - 1 for n in manual[name].shape)
    manual[name][index] *= 1.0001
    report = ag.compare(loss, manual)
    row = report[f"dLoss/d{name}"]
    assert not report
    assert row.worst == index
    assert row.given == manual[name][index]
    assert row.true == pytest.approx(row.given / 1.0001)
    assert row.max_abs == pytest.approx(abs(row.given - row.true))
    with pytest.raises(AssertionError, match=rf"dLoss/d{name} of 1 compared: "):
        report.raise_if_bad()


def test_float32_gradients_with_float32_noise_are_not_accused():
    loss, tensors = network()
    manual = right_gradients(loss, tensors, "W1", "W2")
    noise = np.random.default_rng(0)
    manual = {
        name: (g * (1 + 1e-5 * noise.standard_normal(g.shape))).astype(np.float32)
        for name, g in manual.items()
    }
    assert ag.compare(loss, manual)
    assert not ag.compare(loss, {name: g * 1.001 for name, g in manual.items()})


@pytest.mark.parametrize("shape", [(4, 1), (1, 4), (), (1,), (7, 4)])
def test_shapes_are_never_broadcast(shape):
    loss, _ = network()
    row = ag.compare(loss, {"b1": np.zeros(shape)})["dLoss/db1"]
    assert row.verdict == "SHAPE"
    assert row.given_shape == shape
    assert row.true_shape == (4,)


def test_transposed_shape_is_named():
    loss, tensors = network()
    manual = {"W1": right_gradients(loss, tensors, "W1")["W1"].T}
    report = ag.compare(loss, manual)
    assert [finding.mistake for finding in report.findings] == ["transpose"]
    assert "(4,5) for (5,4)" in str(report)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_wrong(bad):
    loss, tensors = network()
    manual = right_gradients(loss, tensors, "W2")
    manual["W2"][1, 2] = bad
    report = ag.compare(loss, manual)
    assert report["dLoss/dW2"].verdict == "WRONG"
    assert report["dLoss/dW2"].worst == (1, 2)
    assert report.summary.startswith("dW2: 1 of 12 entries are nan or infinite, first at [1, 2]")


def test_a_constant_factor_is_named():
    loss, tensors = network()
    manual = {name: 21 * g for name, g in right_gradients(loss, tensors, "W1", "W2").items()}
    report = ag.compare(loss, manual)
    assert report.summary.startswith("dW1 and dW2 are N*3 = 21 times the gradient")


def test_keys_may_be_tensors_and_pairs():
    loss, tensors = network()
    manual = right_gradients(loss, tensors, "W1")
    assert ag.compare(loss, {tensors["W1"]: manual["W1"]})
    assert ag.compare(loss, {("h1", "z1"): 1 - tensors["h1"].numpy() ** 2})
    assert ag.compare(loss, {(tensors["h1"], tensors["z1"]): 1 - tensors["h1"].numpy() ** 2})


def test_factor_of_an_elementwise_step_is_its_diagonal():
    loss, tensors = network()
    h1 = tensors["h1"].numpy()
    assert ag.compare(loss, {"dh1/dz1": 1 - h1**2})
    assert not ag.compare(loss, {"dh1/dz1": 1 - h1})


def test_factor_of_a_product_is_the_other_operand():
    loss, tensors = network()
    assert ag.compare(loss, {"dz2/dW2": tensors["h1"].numpy(), "dz2/dh1": tensors["W2"].numpy()})
    assert not ag.compare(loss, {"dz2/dW2": 2 * tensors["h1"].numpy()})


def test_factor_across_steps_is_the_whole_jacobian():
    loss, tensors = network()
    h1, W2 = tensors["h1"].numpy(), tensors["W2"].numpy()
    jacobian = np.zeros((7, 3, 7, 4))
    for i in range(7):
        jacobian[i, :, i, :] = W2.T * (1 - h1[i] ** 2)
    assert ag.compare(loss, {"dz2/dz1": jacobian})
    jacobian[2, 1, 2, 3] += 1e-3
    assert ag.compare(loss, {"dz2/dz1": jacobian})["dz2/dz1"].worst == (2, 1, 2, 3)


def test_a_step_that_mixes_elements_has_no_diagonal():
    x = ag.Tensor([0.1, 0.5, 0.2], requires_grad=True)
    s = ag.softmax(x)
    loss = np.sum(s * np.array([1.0, 2.0, 3.0]))
    p = s.numpy()
    with pytest.raises(ValueError, match=r"ds/dx.*mixes elements.*shape \(3, 3\)"):
        ag.compare(loss, {"ds/dx": p * (1 - p)})
    assert ag.compare(loss, {"ds/dx": np.diag(p) - np.outer(p, p)})


def test_names_are_found_in_the_caller_and_may_be_given():
    weights = ag.Tensor([1.0, 2.0], requires_grad=True)
    loss = np.sum(weights * weights)
    assert ag.compare(loss, {"weights": [2.0, 4.0]})
    assert ag.compare(loss, {"w": [2.0, 4.0]}, names={"w": weights})


def test_loss_answers_to_any_of_its_names():
    loss, tensors = network()
    g = right_gradients(loss, tensors, "h1")["h1"]
    for top in ("Loss", "loss", "L"):
        assert ag.compare(loss, {f"d{top}/dh1": g})["dLoss/dh1"]


def test_module_paths_are_names():
    import nn

    model = nn.Sequential(nn.Linear(5, 4, rng=0), nn.Tanh(), nn.Linear(4, 3, rng=1))
    loss = nn.squared_error(model(X), TARGET)
    g = (model(X).numpy() - TARGET).sum(axis=0) / 7
    assert ag.compare(loss, {"layers.2.bias": g})


def test_value_of_a_weight_rebound_since_does_not_matter():
    loss, tensors = network()
    manual = right_gradients(loss, tensors, "W1")
    before = tensors["W2"].numpy()
    tensors["W2"].data = np.zeros((4, 3))
    assert ag.compare(loss, {**manual, "dz2/dh1": before})


def test_empty_gradients_agree():
    w = ag.Tensor(np.zeros((0, 3)), requires_grad=True)
    assert ag.compare(np.sum(w * 2), {"w": np.zeros((0, 3))})


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("W3", r"'W3' is not the name of a tensor of this graph: did you mean 'W\d'\? It has .*W1"),
        ("dz1/dz2", "z1 is not computed from z2.*other way round"),
        ("dz1/dz1", "z1 is not computed from z1"),
        ("dq/dz1", "'q' is not the name"),
    ],
)
def test_unknown_keys_are_named_with_the_way_out(key, message):
    loss, _ = network()
    with pytest.raises(ValueError, match=message):
        ag.compare(loss, {key: np.zeros(3)})


def test_ambiguous_name_is_refused():
    a = ag.Tensor([1.0], requires_grad=True, name="w")
    b = ag.Tensor([2.0], requires_grad=True, name="w")
    with pytest.raises(ValueError, match="'w' is the name of 2 tensors"):
        ag.compare(np.sum(a * b), {"w": [1.0]})


def test_constants_and_plain_values_are_refused():
    c = ag.Tensor([1.0, 2.0], name="c")
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ValueError, match=r"c is a constant.*requires_grad=True"):
        ag.compare(np.sum(c * w), {"c": [1.0, 2.0]})
    with pytest.raises(TypeError, match=r"takes the loss as a Tensor, not 1\.5"):
        ag.compare(1.5, {})
    with pytest.raises(ValueError, match="does not depend on any tensor"):
        ag.compare(np.sum(c), {})
    with pytest.raises(TypeError, match="'w' holds <U1, not numbers"):
        ag.compare(np.sum(w), {"w": "a"})
    with pytest.raises(ValueError, match="dLoss/dw is given twice"):
        ag.compare(np.sum(w), {"w": [1.0, 1.0], w: [1.0, 1.0]})


def test_report_prints_a_sentence_and_the_table():
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    report = ag.compare(np.sum(w * w), {"w": [2.0, -4.5]})
    assert str(report) == (
        "no known pattern: dLoss/dw at [1] is -4.5 by manual and 4 by autodiff\n"
        "\n"
        "         | verdict | shape | worst | manual | autodiff | max rel\n"
        "dLoss/dw | WRONG   | (2,)  | [1]   |   -4.5 |        4 | 1.9e+00"
    )
    with pytest.raises(KeyError, match="dLoss/dv"):
        report["dLoss/dv"]


def test_a_row_is_found_by_its_label_by_what_was_given_and_by_its_tensor():
    W1 = ag.Tensor([1.0, 2.0], requires_grad=True, name="W1")
    layers = [{"W": ag.Tensor([3.0, 4.0], requires_grad=True)}]
    h = W1 * layers[0]["W"]
    h.name = "h"
    L = np.sum(h * h)
    report = ag.compare(
        L,
        {W1: 2 * 9 * W1.data, "layers": [{"W": np.ones(2)}], "dh/dW1": [3.0, 4.0], "h": 2 * h.data},
    )
    W = layers[0]["W"]
    first, second, third, fourth = report
    assert report["W1"] is report[W1] is report["dL/dW1"] is first
    assert report[W] is report["layers.0.W"] is second
    assert report["dh/dW1"] is third
    assert report["h"] is report[h] is fourth
    for unknown in ("W2", ag.Tensor(1.0), 0, ("h", "W1")):
        with pytest.raises(KeyError, match="is not in this report"):
            report[unknown]


def test_rows_without_a_graph_are_found_by_their_variable():
    report = ag.compare_function(lambda x: np.sum(x * x), [2.0, 4.0], [1.0, 2.0])
    assert report["x"] is report.rows[0]


def test_arrays_without_a_graph_compare_by_name():
    assert ag.Comparison.of({"a": [1.0, 2.0]}, {"a": [1.0, 2.0], "b": [3.0]})
    assert not ag.Comparison.of({"a": [1.0, 2.1]}, {"a": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"no true value for \['c'\]"):
        ag.Comparison.of({"c": 1.0}, {"a": 1.0})


# --- subgradients ---------------------------------------------------------------------------------

STEPS = {  # f of m, and the slopes of its two sides where m is 0
    "relu": (ag.relu, 0, 1),
    "maximum": (lambda m: np.maximum(0, m), 0, 1),
    "minimum": (lambda m: np.minimum(m, 0.0), 0, 1),
    "hinge": (lambda m: np.maximum(0, 0 - m), -1, 0),
    "abs": (np.abs, -1, 1),
    "leaky": (ag.leaky_relu, 0.01, 1),
    "clip": (lambda m: np.clip(m, 0, 1.5), 0, 1),
}


@pytest.mark.parametrize(("f", "low", "high"), STEPS.values(), ids=STEPS)
def test_every_slope_between_the_sides_of_a_kink_is_right(f, low, high):
    m = ag.Tensor([0.0, 1.0, -3.0, 0.0], requires_grad=True)
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    loss = np.sum(f(m) * weights)
    middle = (low + high) / 2
    right = [(low, low), (high, high), (low, high), (high, low), (middle, 0.3 * low + 0.7 * high)]
    wrong = [(low - 0.1, high), (high, high + 0.01), (high, low - 0.001)]
    for slopes in right + wrong:
        manual = ag.gradients(loss, [m])[0]
        manual[[0, 3]] = slopes * weights[[0, 3]]
        assert bool(ag.compare(loss, {"m": manual})) == (slopes in right), slopes
    manual = ag.gradients(loss, [m])[0]
    manual[[0, 1]] += [weights[0] * (high - low) / 4, 1]
    assert not ag.compare(loss, {"m": manual})


def test_equal_largest_elements_share_their_cotangent_in_any_way():
    x = ag.Tensor([[1.0, 3, 3], [2, 2, 0]], requires_grad=True)
    loss = np.sum(np.max(x, 1) * np.array([2.0, 5]))
    for right in ([[0, 2, 0], [5, 0, 0]], [[0, 0, 2], [0, 5, 0]], [[0, 0.5, 1.5], [1, 4, 0]]):
        report = ag.compare(loss, {"x": right})
        assert report
        assert "it is a subgradient: a derivative of max at its kink" in " ".join(
            str(report).split()
        )
    for wrong in ([[0, 2, 2], [5, 5, 0]], [[0, 2, 0], [6, -1, 0]], [[2, 0, 0], [5, 0, 0]]):
        assert not ag.compare(loss, {"x": wrong})
    v = ag.Tensor([1.0, -1, 0], requires_grad=True)
    assert ag.compare(np.linalg.norm(v, np.inf), {"v": [1, 0, 0]})
    assert not ag.compare(np.linalg.norm(v, np.inf), {"v": [1, -1, 0]})
    p = ag.Tensor(np.full((1, 1, 4, 4), 0.5), requires_grad=True)
    loss = np.sum(ag.max_pool(p, (2, 2)))
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        manual = np.zeros(p.shape)
        manual[..., corner[0] :: 2, corner[1] :: 2] = 1
        assert ag.compare(loss, {"p": manual})
    assert not ag.compare(loss, {"p": np.ones(p.shape)})


def test_a_kink_that_passes_nothing_on_explains_nothing():
    m = ag.Tensor([0.0, 1.0], requires_grad=True)
    assert not ag.compare(np.sum(ag.relu(m) * np.array([0.0, 2])), {"m": [0, 3]})


def test_the_sign_of_what_is_rounding_may_be_any():
    draw = np.random.default_rng(0)
    data, w = draw.normal(size=(6, 3)), ag.Tensor(draw.normal(size=3), requires_grad=True)
    targets = np.array([sum(a * b for a, b in zip(row, w.numpy(), strict=True)) for row in data])
    targets[1:] += 1
    loss = np.sum(np.abs(data @ w - targets))
    for sign in (-1, 0, 0.5, 1):
        assert ag.compare(loss, {"w": data.T @ np.array([sign, *[-1] * 5])})
    for wrong in (-1.5, 1.01):
        assert not ag.compare(loss, {"w": data.T @ np.array([wrong, *[-1] * 5])})
    assert not ag.compare(loss, {"w": data.T @ np.array([0, 0, *[-1] * 4])})


@pytest.mark.parametrize("first", [np.greater, np.greater_equal])
@pytest.mark.parametrize("second", [np.greater, np.greater_equal])
def test_masks_of_padded_rows_are_right_in_any_layer_and_other_mistakes_are_found(first, second):
    draw = np.random.default_rng(1)
    data, Y = np.array([[1.0, -2.0], [0, 0], [0, 0], [3, 1]]), draw.normal(size=(4, 3))
    W1, W2 = (ag.Tensor(draw.normal(size=s), requires_grad=True) for s in ((2, 5), (5, 3)))
    b1, b2 = (ag.Tensor(np.zeros(n), requires_grad=True) for n in (5, 3))
    z1 = data @ W1 + b1
    h1 = np.maximum(z1, 0)
    z2 = h1 @ W2 + b2
    loss = np.sum((np.maximum(z2, 0) - Y) ** 2)
    dz2 = 2 * (np.maximum(z2.numpy(), 0) - Y) * second(z2.numpy(), 0)
    dz1 = dz2 @ W2.numpy().T * first(z1.numpy(), 0)
    manual = {"b1": dz1.sum(0), "W2": h1.numpy().T @ dz2, "b2": dz2.sum(0), "z1": dz1, "z2": dz2}
    assert ag.compare(loss, {**manual, "W1": data.T @ dz1})
    report = ag.compare(loss, {**manual, "W1": data.T @ dz1 * 1.5})
    assert [row.name for row in report if not row] == ["dLoss/dW1"]
    assert report.summary.startswith("dW1 is 1.5 times the gradient")


# --- check_gradients --------------------------------------------------------------------------


def test_checker_passes_right_gradients_and_returns_the_table():
    report = ag.check_gradients(lambda p: np.tanh(X[:, :2] @ p["W"]) + p["b"],
                                {"W": rng.standard_normal((2, 3)), "b": np.zeros(3)})  # fmt: skip
    assert len(report) == 4
    assert report


def test_checker_rejects_a_wrong_first_derivative():
    cube = ag.elementwise(_cube, lambda g, out, x: g * 3.003 * x * x)
    with pytest.raises(AssertionError, match="d argument 0"):
        ag.check_gradients(cube, np.array([0.5, 2.0]))


def test_checker_rejects_a_wrong_second_derivative():
    def rule(g, out, x):
        x = x.detach() if isinstance(x, ag.Tensor) else x  # right to order 1 only
        return g * 3 * x * x

    cube = ag.elementwise(_cube, rule)
    ag.check_gradients(cube, np.array([0.5, 2.0]), order=1)
    with pytest.raises(AssertionError, match="dd argument 0"):
        ag.check_gradients(cube, np.array([0.5, 2.0]), order=2)


def test_an_unknown_key_of_a_report_names_the_nearest():
    given = {f"layers.{i}.weight": [1.0] for i in range(20)}
    report = ag.Comparison.of(given, given)
    with pytest.raises(KeyError, match=r"did you mean 'layers\.3\.weight'"):
        report["layers.3.wieght"]
    with pytest.raises(KeyError, match="and 12 more"):
        report["b"]


def test_checker_leaves_integers_alone():
    report = ag.check_gradients(lambda x, n: x**n, np.array([0.5, 2.0]), 3)
    assert [row.name for row in report] == ["d argument 0", "dd argument 0"]


def _cube(x):
    return x * x * x


def test_two_arrays_of_the_same_values_are_not_confused():
    first, second, other = np.eye(2), np.eye(2), 2 * np.eye(2)
    W = ag.Tensor(np.ones((2, 2)), requires_grad=True)
    texts = [box.formula for box in ag.draw(np.sum(W * other - second @ W)).model.boxes.values()]
    assert "W * other" in texts
    assert not any("first" in text for text in texts if text)
    texts = [
        box.formula
        for box in ag.draw(np.sum(second @ W), names={"mine": second}).model.boxes.values()
    ]
    assert "mine @ W" in texts
    assert first is not second


def test_names_are_found_from_an_inner_scope():
    W = ag.Tensor([1.0, 2.0], requires_grad=True)
    loss = np.sum(W * W)

    def inner():
        return ag.compare(loss, {"W": [2.0, 4.0]})

    assert inner()
    assert [bool(ag.compare(loss, {name: [2.0, 4.0]})) for name in ["W"]] == [True]


def test_what_only_looks_like_a_module_is_left_alone():
    class Lookalike:
        def named_parameters(self):
            return 3

    class Foreign:
        def named_parameters(self):
            return [("weight", object())]

    one, other = Lookalike(), Foreign()
    W = ag.Tensor([1.0, 2.0], requires_grad=True)
    assert ag.compare(np.sum(W * W), {"W": [2.0, 4.0]})
    assert one is not other


def test_a_comparison_looks_and_calls_no_hooks():
    W = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = W * W
    with y.register_hook(lambda g: 0 * g):
        assert ag.compare(np.sum(y), {"W": [2.0, 4.0]})


def test_a_leaf_and_keys_of_other_kinds():
    x = ag.Tensor(3.0, requires_grad=True)
    with pytest.raises(ValueError, match="not computed from"):
        ag.compare(x, {"x": 1.0})
    with pytest.raises(ValueError, match="is not the name of a tensor"):
        ag.compare(x * x, {(1, "x"): 1.0})


def test_a_ratio_of_one_says_nothing():
    close = ag.Comparison.of({"a": np.ones(3) * (1 + 1e-7)}, {"a": np.ones(3)}, rtol=1e-9)
    assert not close
    assert close.findings == ()


# --- numbers that agree ---------------------------------------------------------------------------


def test_a_gradient_that_is_zero_but_for_rounding_is_right():
    """The bias before a normalisation, by the textbook."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=(50, 4))
    W, b = variable(rng.normal(size=(3, 4))), variable(rng.normal(size=4))
    z = X @ W + b
    n = (z - np.mean(z, 0)) / np.std(z, 0)
    loss = np.sum((np.tanh(n) - y) ** 2)
    nv = n.numpy()
    dn = 2 * (np.tanh(nv) - y) * (1 - np.tanh(nv) ** 2)
    dz = (dn - dn.mean(0) - nv * (dn * nv).mean(0)) / z.numpy().std(0)
    manual = {"W": X.T @ dz, "b": dz.sum(0)}
    report = ag.compare(loss, manual)
    assert report
    assert np.abs(manual["b"]).max() < 1e-12
    manual["b"][1] += 1e-6  # far above what rounding does
    assert not ag.compare(loss, manual)


def test_a_fit_without_residuals_has_gradients_of_rounding_alone():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4, 4))
    y = rng.normal(size=4)
    solution = np.linalg.solve(X, y)
    w = variable(solution)
    loss = np.sum((X @ w - y) ** 2) / 2
    assert ag.compare(loss, {"w": (X.T @ X) @ solution - X.T @ y})
    assert not ag.compare(loss, {"w": (X.T @ X) @ solution - X.T @ y + 1e-9})


def lattice_energy(rng):
    """An energy of pairs, by the place of all: the forces cancel in pairs."""
    shift = variable(np.zeros(3))
    r = rng.normal(size=(5, 3)) + shift
    d = r[:, None] - r[None]
    squared = np.sum(d**2, -1) + np.eye(5)
    forces = -d.numpy() / squared.numpy()[..., None] ** 1.5
    return np.sum(1 / np.sqrt(squared)), shift, forces.sum((0, 1))


def unit_length(rng):
    """A vector's length before it is divided by it: few terms in a sum that cancels."""
    s, v, a = variable(rng.random(2) + 0.5), rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    u = s[:, None] * v
    length = np.sqrt(np.sum(u * u, 1, keepdims=True))
    uv, n = u.numpy(), length.numpy()
    du = a / n - uv * (a * uv).sum(1, keepdims=True) / n**3
    return np.sum(u / length * a), s, (du * v).sum(1)


def angle(rng):
    """One number alone."""
    c = variable(rng.normal())
    a = c.item()
    return np.sin(c) ** 2 + np.cos(c) ** 2, c, np.sin(2 * a) - 2 * np.sin(a) * np.cos(a)


@pytest.mark.parametrize("case", [lattice_energy, unit_length, angle])
def test_terms_that_cancel_are_right_at_every_point(case):
    for seed in range(40):
        loss, parameter, manual = case(np.random.default_rng(seed))
        assert ag.compare(loss, {"p": manual}, names={"p": parameter}), (seed, manual)
        if seed % 4 == 0:
            assert not ag.compare(loss, {"p": manual + 1e-10}, names={"p": parameter})


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_small_true_gradient_is_told_right_from_wrong(scale, dtype):
    rng = np.random.default_rng(1)
    X, w = rng.normal(size=(9, 4)).astype(dtype), variable(np.ones(4, dtype))
    loss = np.sum(np.tanh(X @ w)) * dtype(scale)
    right = dtype(scale) * (X.T @ (1 - np.tanh(X.sum(1)) ** 2))
    assert ag.compare(loss, {"w": right})
    for i in range(4):
        wrong = right.copy()
        wrong[i] *= 1.001
        assert not ag.compare(loss, {"w": wrong})


def test_an_entry_is_held_against_itself_not_against_the_largest():
    w = variable([1e-7, 2.0])
    loss = np.sum(np.array([1.0, 3.0]) * np.log(w))
    assert ag.compare(loss, {"w": [1e7, 1.5]})
    assert not ag.compare(loss, {"w": [1e7, -1.5]})
    assert not ag.compare_function(
        lambda x: np.log(x[0]) + 3 * np.log(x[1]),
        lambda x: np.array([1 / x[0], -3 / x[1]]),
        np.array([1e-7, 2.0]),
    )


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_every_subgradient_is_right_and_is_said_to_be_one(share):
    z, q = variable([-1.0, 0.0, 2.0, 0.0]), np.array([1.0, 2.0, 3.0, 4.0])
    for f, left, right in ((ag.relu, 0, 1), (np.abs, -1, 1), (lambda z: np.maximum(0, z), 0, 1)):
        slope = np.where(z.numpy() > 0, right, np.where(z.numpy() < 0, left, 0.0))
        slope[z.numpy() == 0] = left + share * (right - left)
        report = ag.compare(np.sum(f(z) * q), {"z": slope * q})
        assert report, report
        slope[1] = right + 0.5
        assert not ag.compare(np.sum(f(z) * q), {"z": slope * q})
    assert "subgradient" in str(ag.compare(np.sum(ag.relu(z) * q), {"z": (z.numpy() >= 0) * q}))


def test_a_tie_may_go_to_any_of_its_elements():
    x = variable([[1.0, 3, 3], [2, 2, 0]])
    loss = np.sum(np.max(x, 1) * np.array([2.0, 5]))
    assert ag.compare(loss, {"x": [[0, 2.0, 0], [5, 0, 0]]})
    assert ag.compare(loss, {"x": [[0, 0, 2.0], [0, 5, 0]]})
    assert ag.compare(loss, {"x": [[0, 1.0, 1], [2.5, 2.5, 0]]})
    assert not ag.compare(loss, {"x": [[0, 2.0, 2.0], [5, 5, 0]]})


def test_a_mean_that_is_applied_later_is_a_convention():
    rng = np.random.default_rng(1)
    A, Y = rng.normal(size=(3, 7)), rng.integers(0, 2, (1, 7)) * 1.0
    W, b = variable(rng.normal(size=(1, 3))), variable([[0.2]])
    Z = W @ A + b
    H = ag.sigmoid(Z)
    loss = -np.sum(Y * np.log(H) + (1 - Y) * np.log(1 - H)) / 7
    dZ = H.numpy() - Y
    manual = {"Z": dZ, "W": dZ @ A.T / 7, "b": dZ.sum(1, keepdims=True) / 7}
    report = ag.compare(loss, manual)
    assert report
    assert "the 1/7 is applied later, in dW and db" in report.summary
    assert not ag.compare(loss, {**manual, "W": dZ @ A.T})


def test_a_parameter_that_is_not_used_is_a_row():
    w, unused = variable([1.0, 2.0]), variable([3.0])
    loss = np.sum(w * w)
    report = ag.compare(loss, {"w": [2.0, 4.0], "unused": [0.0]})
    assert report
    assert "does not depend on it" in str(report)
    report = ag.compare(loss, {"w": [2.0, 4.0], unused: [1.0]})
    assert "the loss does not depend on unused" in report.summary
    with pytest.raises(ValueError, match="did you mean 'w'"):
        ag.compare(loss, {"ww": [2.0, 4.0]})


def test_of_a_loss_that_is_nan_nothing_is_right():
    with np.errstate(invalid="ignore"):
        x = variable([1.0, -1.0])
        loss = np.sum(np.log(x))
    report = ag.compare(loss, {"x": [1.0, -1.0]})
    assert not report
    assert report.summary.endswith("log(x) is nan first, at [1]: x is -1 there")


def test_a_random_function_is_never_right():
    rng = np.random.default_rng(0)

    def f(w):
        return np.sum((w * (rng.random(w.shape) > 0.5)) ** 2)

    reports = [ag.compare_function(f, lambda w: 2 * w, np.array([1.0, 2.0])) for _ in range(9)]
    assert not any(reports)
    assert "f is random" in reports[0].summary
