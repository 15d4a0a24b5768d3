"""Why a gradient is wrong: what the diagnosis says, and what it never says."""

from itertools import pairwise

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.comparison.diagnosis.mistakes import MISTAKES
from autograd_lite.comparison.diagnosis.wrong_steps.errors_of_losses import wrong_errors
from autograd_lite.comparison.diagnosis.wrong_steps.wrong_rules import WRONG_RULES, wrong

N, D, H, K = 7, 5, 4, 3


def network(layers=2, f=np.tanh, dtype=float, seed=3):
    """A loss of named tensors, and its right gradients: those of the parameters, then the inner."""
    rng = np.random.default_rng(seed)
    sizes = [D, *(H + i % 3 for i in range(layers - 1)), K]
    X, y = rng.standard_normal((N, D)).astype(dtype), rng.random((N, K)).astype(dtype)
    tensors, h = {}, ag.Tensor(X, name="X")
    for i, shape in enumerate(pairwise(sizes), start=1):
        W = rng.standard_normal(shape).astype(dtype)
        tensors[f"W{i}"] = ag.Tensor(W, requires_grad=True, name=f"W{i}")
        b = rng.standard_normal(shape[1]).astype(dtype)
        tensors[f"b{i}"] = ag.Tensor(b, requires_grad=True, name=f"b{i}")
        z = h @ tensors[f"W{i}"] + tensors[f"b{i}"]
        h = f(z)
        z.name, h.name = f"z{i}", f"h{i}"
        tensors |= {f"z{i}": z, f"h{i}": h}
    loss = np.sum((h - y) ** 2) / (2 * N)
    right = dict(zip(tensors, ag.gradients(loss, list(tensors.values())), strict=True))
    parameters = {n: g for n, g in right.items() if n[0] in "Wb"}
    return loss, tensors, right, parameters


def mistakes(report):
    return [finding.mistake for finding in report.findings]


# --- single mistakes --------------------------------------------------------------------------


def test_a_factor_is_named_after_the_size_that_it_is():
    loss, _, _, right = network()
    report = ag.compare(loss, {n: N * g for n, g in right.items()})
    assert report.summary == (
        "dW1, db1, dW2 and db2 are N = 7 times the gradient: the 1/N of a mean was not applied"
    )
    assert "N is the number of rows of X" in report.evidence
    (finding,) = report.findings
    assert finding.explains == ("dLoss/dW1", "dLoss/db1", "dLoss/dW2", "dLoss/db2")


def test_right_rows_tell_where_to_look():
    loss, _, _, right = network()
    report = ag.compare(loss, right | {n: 2 * right[n] for n in ("W1", "b1")})
    assert mistakes(report) == ["factor"]
    assert any(
        line.startswith("dW2 and db2 are right, so look between") for line in report.evidence
    )


def test_a_factor_that_is_nothing_known_is_said_to_be_none():
    loss, _, _, right = network()
    report = ag.compare(loss, {n: 0.3713 * g for n, g in right.items()})
    assert "0.3713 times the gradient in every entry, which is no size of an axis" in report.summary


def test_where_two_sizes_are_equal_all_names_are_given():
    X = ag.Tensor(np.arange(6.0).reshape(2, 3) / 7, name="X")
    W = ag.Tensor([[0.1], [0.2], [0.3]], requires_grad=True, name="W")
    loss = np.mean((X @ W - 1.0) ** 2)
    report = ag.compare(loss, {"W": 2 * ag.gradients(loss, [W])[0]})
    sentences = " ".join([report.summary, *report.findings[0].also])
    assert "factor 2" in sentences
    assert "N = 2 times" in sentences


@pytest.mark.parametrize("f", [np.tanh, ag.sigmoid, ag.relu])
def test_a_missing_derivative_is_found_behind_any_activation(f):
    loss, tensors, right, parameters = network(f=f)
    dz1 = right["h1"]  # h1's gradient, not multiplied by f'(z1)
    X = np.asarray(tensors["z1"].node.parents[0].args[0])
    report = ag.compare(loss, parameters | {"W1": X.T @ dz1, "b1": dz1.sum(axis=0)})
    assert mistakes(report) == ["derivative missing"]
    assert f"the derivative of {f.__name__} is left out between h1 and z1" in report.summary
    assert report.findings[0].where == (tensors["h1"].node,)


def test_a_sigmoid_that_is_written_out_is_a_sigmoid():
    rng = np.random.default_rng(0)
    X, W = rng.standard_normal((N, D)), ag.Tensor(rng.standard_normal((D, H)), requires_grad=True)
    for h in (1 / (1 + np.exp(-(X @ W))), 0.5 * (1 + np.tanh((X @ W) / 2)), ag.sigmoid(X @ W)):
        loss = np.sum(h**2)
        z = X @ W.numpy()
        manual = X.T @ (2 * h.numpy() * z * (1 - z))
        report = ag.compare(loss, {"W": manual})
        assert mistakes(report) == ["output formula on input"], str(report)


def test_the_step_of_a_stale_weight_is_recovered():
    loss, tensors, right, parameters = network()
    stale = tensors["W2"].numpy() - 0.37 * right["W2"]
    dz1 = right["z2"] @ stale.T * (1 - tensors["h1"].numpy() ** 2)
    X = np.asarray(tensors["z1"].node.parents[0].args[0])
    report = ag.compare(loss, parameters | {"W1": X.T @ dz1, "b1": dz1.sum(axis=0)})
    assert mistakes(report) == ["stale weight"]
    assert "a step of rate 0.37" in report.summary


def test_all_stale_weights_of_a_deep_network_are_one_finding():
    loss, tensors, right, parameters = network(layers=4)
    manual, g = dict(parameters), right["z4"]
    for i in (4, 3, 2):
        manual[f"W{i}"] = tensors[f"h{i - 1}"].numpy().T @ g
        manual[f"b{i}"] = g.sum(axis=0)
        h = tensors[f"h{i - 1}"].numpy()
        g = g @ (tensors[f"W{i}"].numpy() - 0.1 * manual[f"W{i}"]).T * (1 - h * h)
    X = np.asarray(tensors["z1"].node.parents[0].args[0])
    manual |= {"W1": X.T @ g, "b1": g.sum(axis=0)}
    report = ag.compare(loss, manual)
    assert mistakes(report) == ["stale weight"]
    assert len(report.findings[0].explains) == 6


def test_mean_and_variance_as_constants_are_two_missing_paths():
    rng = np.random.default_rng(1)
    x = ag.Tensor(rng.standard_normal((N, H)), requires_grad=True, name="x")
    mean = np.mean(x, axis=0)
    centred = x - mean
    std = np.sqrt(np.mean(centred**2, axis=0))
    loss = np.sum(centred / std * rng.standard_normal((N, H)))
    g = ag.gradients(loss, [centred])[0]
    manual = np.asarray(loss.node.parents[0].args[1] / std.numpy())
    assert g.shape == manual.shape
    report = ag.compare(loss, {"x": manual})
    assert set(mistakes(report)) == {"path missing"}
    assert not report.hints


def test_a_wrong_rule_in_a_loop_is_found_at_all_its_steps():
    rng = np.random.default_rng(2)
    W = ag.Tensor(rng.standard_normal((H, H)) / 2, requires_grad=True, name="W")
    h, hs = rng.standard_normal((N, H)), []
    for _ in range(3):
        hs.append(np.asarray(h.numpy() if isinstance(h, ag.Tensor) else h))
        h = np.tanh(h @ W)
    loss = np.sum(h * h) / 2
    g, manual = h.numpy(), 0
    for before, after in zip(hs[::-1], [h.numpy(), *hs[:0:-1]], strict=True):
        dz = g * (1 - after)  # where it is 1 - after^2
        manual = manual + before.T @ dz
        g = dz @ W.numpy().T
    report = ag.compare(loss, {"W": manual})
    assert mistakes(report) == ["activation formula"]


# --- which rows, and how many mistakes --------------------------------------------------------


def test_only_the_first_wrong_node_is_blamed():
    loss, tensors, right, _ = network()
    dz2 = right["h2"]  # the derivative of tanh is missing
    h1, W2 = tensors["h1"].numpy(), tensors["W2"].numpy()
    X = np.asarray(tensors["z1"].node.parents[0].args[0])
    dh1 = dz2 @ W2.T
    dz1 = dh1 * (1 - h1**2)
    manual = {"h2": right["h2"], "z2": dz2, "W2": h1.T @ dz2, "b2": dz2.sum(axis=0)}
    manual |= {"h1": dh1, "z1": dz1, "W1": X.T @ dz1, "b1": dz1.sum(axis=0)}
    report = ag.compare(loss, manual)
    assert mistakes(report) == ["derivative missing"]
    assert report.findings[0].explains == ("dLoss/dz2",)
    assert report.because["dLoss/dW2"] == "dLoss/dz2"
    assert report.because["dLoss/dW1"] == "dLoss/dz1"
    assert len(report.because) == 6


def test_a_second_mistake_below_a_wrong_node_is_found_too():
    loss, tensors, right, _ = network()
    dz2 = 2 * right["z2"]
    dh1 = dz2 @ tensors["W2"].numpy().T
    dz1 = dh1 * (1 - tensors["h1"].numpy())
    report = ag.compare(loss, {"z2": dz2, "h1": dh1, "z1": dz1})
    assert mistakes(report) == ["factor", "activation formula"]
    assert report.because == {"dLoss/dh1": "dLoss/dz2"}


def test_two_mistakes_in_two_layers_are_both_found():
    loss, tensors, right, parameters = network()
    dz1 = N * right["h1"] * tensors["h1"].numpy()
    X = np.asarray(tensors["z1"].node.parents[0].args[0])
    manual = {n: N * g for n, g in parameters.items()}
    manual |= {"W1": X.T @ dz1, "b1": dz1.sum(axis=0)}
    assert mistakes(ag.compare(loss, manual)) == ["mean missing", "activation formula"]


def test_what_one_mistake_does_not_explain_is_said_to_remain():
    loss, _, _, right = network()
    noise = np.random.default_rng(0).standard_normal(right["W1"].shape)
    report = ag.compare(loss, right | {"b2": right["b2"] / N, "W1": right["W1"] + noise})
    assert mistakes(report) == ["bias mean"]
    assert report.hints[0].startswith("dW1 remains unexplained: at least one more mistake")


def test_arrays_of_shapes_that_do_not_fit_are_no_riddle():
    loss, _, _, right = network()
    report = ag.compare(loss, right | {"W1": np.ones((2, 3, 4))})
    assert mistakes(report) == ["shape"]
    assert "(2, 3, 4), and it must have (5, 4); nothing is broadcast" in report.summary


def test_zeros_and_what_is_no_number_come_first():
    loss, _, _, right = network()
    bad = right["W2"].copy()
    bad[0, 0] = np.inf
    report = ag.compare(loss, right | {"W2": bad, "b1": np.zeros(H)})
    assert mistakes(report)[0] == "not finite"
    assert len(report.findings) == 2


# --- never a guess ----------------------------------------------------------------------------


def test_noise_is_no_mistake_with_a_name():
    loss, _, _, right = network()
    rng = np.random.default_rng(8)
    for _ in range(50):
        manual = {n: g + 0.1 * rng.standard_normal(g.shape) for n, g in right.items()}
        report = ag.compare(loss, manual)
        assert report.findings == ()
        assert report.summary.startswith("no known pattern: dLoss/dW1 at [")


@pytest.mark.parametrize("size", [3e-8, 3e-7, 3e-6, 3e-4])
def test_float32_noise_of_any_size_is_not_accused(size):
    loss, _, _, right = network(dtype=np.float32)
    rng = np.random.default_rng(9)
    manual = {
        n: (g * (1 + size * rng.standard_normal(g.shape))).astype(np.float32)
        for n, g in right.items()
    }
    report = ag.compare(loss, manual)
    assert report.findings == ()
    assert bool(report) == (size < 1e-4)


def test_mistakes_in_float32_are_named_as_in_float64():
    loss, _, _, right = network(dtype=np.float32)
    report = ag.compare(loss, {n: np.float32(N) * g for n, g in right.items()})
    assert mistakes(report) == ["mean missing"]


def test_a_diagnosis_leaves_the_graph_as_it_was():
    loss, tensors, _, right = network()
    ag.compare(loss, {n: 3.3 * g + 1 for n, g in right.items()})
    again = ag.gradients(loss, [tensors[n] for n in right])
    for one, other in zip(right.values(), again, strict=True):
        np.testing.assert_array_equal(one, other)


# --- the table --------------------------------------------------------------------------------


def test_every_wrong_rule_belongs_to_a_mistake_of_the_table():
    keys = {key for rules in WRONG_RULES.values() for _, key, *_ in rules}
    keys |= {key for kind in ("softmax", "sigmoid", "same") for key, _, _ in wrong_errors(kind)}
    assert keys <= MISTAKES.keys()
    assert all(mistake.key == key and mistake.advice for key, mistake in MISTAKES.items())


def test_a_wrong_rule_can_be_added_for_an_operation_of_ones_own():
    cube = ag.elementwise(_cube, lambda g, out, x: g * 3 * x * x)
    words = "the derivative of cube is taken as x^2: the factor 3 is missing, and {x} is it"
    wrong(_cube, "chain factor missing", words, lambda g, out, x: g * x * x * np.sign(x))
    try:
        x = ag.Tensor([1.0, -2.0, 0.5], requires_grad=True, name="x")
        report = ag.compare(np.sum(cube(x)), {"x": [1.0, -4.0, 0.25]})
        assert report.summary.startswith("in dx: the derivative of cube is taken as x^2")
    finally:
        del WRONG_RULES[_cube]


def _cube(x):
    return x * x * x


# --- keys -------------------------------------------------------------------------------------


def test_keys_may_be_nested_as_a_backward_pass_gives_them():
    loss, tensors, _, right = network()
    layers = {f"layer{i}": {"W": tensors[f"W{i}"], "b": tensors[f"b{i}"]} for i in (1, 2)}
    for tensor in tensors.values():
        tensor.name = None
    del tensor
    manual = {f"layer{i}": {"W": right[f"W{i}"].tolist(), "b": right[f"b{i}"]} for i in (1, 2)}
    report = ag.compare(loss, manual)
    assert layers
    assert report
    assert len(report) == 4
    assert report["dLoss/dlayer1.W"]


def test_a_list_of_gradients_goes_with_a_list_of_tensors():
    rng = np.random.default_rng(0)
    weights = [ag.Tensor(rng.standard_normal((3, 3)), requires_grad=True) for _ in range(2)]
    loss = np.sum(np.tanh(weights[0]) @ weights[1])
    gradients = ag.gradients(loss, weights)
    report = ag.compare(loss, {"weights": gradients})
    assert report
    assert len(report) == 2
    assert not ag.compare(loss, {"weights": gradients[::-1]})


def test_nested_keys_of_a_module_are_its_paths():
    import nn

    model = nn.Sequential(nn.Linear(D, H, rng=0), nn.Tanh(), nn.Linear(H, K, rng=1))
    loss = np.sum(model(np.ones((N, D))) ** 2)
    g = dict(model.named_parameters())
    g = dict(zip(g, ag.gradients(loss, list(g.values())), strict=True))
    manual = {"layers": {0: {"weight": g["layers.0.weight"], "bias": g["layers.0.bias"]}}}
    assert len(ag.compare(loss, manual)) == 2


def test_an_array_as_nested_lists_is_an_array():
    W = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert ag.compare(np.sum(W * W), {"W": [[2.0, 4.0], [6.0, 8.0]]})
    assert ag.compare(np.sum(W * W), {"W": ([2.0, 4.0], np.array([6.0, 8.0]))})


# --- when all is right ------------------------------------------------------------------------


def test_softmax_of_a_softmax_is_a_warning_about_the_graph():
    z = ag.Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, name="z")
    p = ag.softmax(z)
    loss = np.mean(ag.cross_entropy(p, np.array([0, 2])))
    report = ag.compare(loss, {"z": ag.gradients(loss, [z])[0]})
    assert report
    assert mistakes(report) == ["softmax twice"]
    assert report.summary.startswith("right, but softmax is applied twice in the forward pass: p")


def test_sizes_are_shown_when_gradients_agree():
    loss, _, _, right = network()
    text = str(ag.compare(loss, right))
    assert text.startswith("right: ")
    assert "gradient norms: dLoss" not in text
    assert "gradient norms: d" in text


def test_blind_spots_of_a_good_point_are_none():
    loss, _, _, right = network()
    blind = ag.compare(loss, right).blind
    assert blind.shown == blind.total > 30
    assert blind.blind == ()


def test_a_batch_of_one_is_blind_to_the_mean():
    rng = np.random.default_rng(0)
    X = ag.Tensor(rng.standard_normal((1, D)), name="X")
    W = ag.Tensor(rng.standard_normal((D, K)), requires_grad=True, name="W")
    b = ag.Tensor(np.zeros(K), requires_grad=True, name="b")
    loss = np.mean(np.sum((np.tanh(X @ W + b) - 1) ** 2, axis=1)) + 0.1 * np.sum(W**2)
    report = ag.compare(loss, dict(zip("Wb", ag.gradients(loss, [W, b]), strict=True)))
    text = str(report.blind)
    assert report.blind.shown < report.blind.total
    assert "1/N missing or twice (the batch has one row)" in text
    assert "a regulariser on the bias at b (b = 0)" in text
    assert "use a batch of several rows" in text
    assert "draw b at random" in text
    assert text in report.evidence


def test_zero_weights_hide_more_than_they_show():
    loss, tensors, _, right = network()
    assert ag.compare(loss, right).blind.shown == ag.compare(loss, right).blind.total
    for name in ("W1", "W2", "b1", "b2"):
        tensors[name].data = np.zeros(tensors[name].shape)
    X, y = np.asarray(tensors["z1"].node.parents[0].args[0]), loss.numpy() + np.ones((N, K))
    W1, b1, W2, b2 = (tensors[n] for n in ("W1", "b1", "W2", "b2"))
    loss = np.sum((np.tanh(np.tanh(X @ W1 + b1) @ W2 + b2) - y) ** 2) / (2 * N)
    gradients = dict(zip(right, ag.gradients(loss, [W1, b1, W2, b2]), strict=True))
    blind = ag.compare(loss, gradients).blind
    assert blind.shown < 0.7 * blind.total
    assert "W1" in str(blind)


def test_what_is_wrong_has_no_blind_spots_to_speak_of():
    loss, _, _, right = network()
    assert ag.compare(loss, {n: 2 * g for n, g in right.items()}).blind is None
    assert ag.Comparison.of({"a": [1.0]}, {"a": [1.0]}).blind is None


# --- what it costs ----------------------------------------------------------------------------


def test_what_agrees_costs_no_walk_of_the_diagnosis():
    loss, _, _, right = network(layers=10)
    assert ag.compare(loss, right).case.graph.walks == 0


@pytest.mark.parametrize(("layers", "most"), [(2, 300), (10, 1600)])
def test_a_diagnosis_costs_walks_in_proportion_to_the_depth(layers, most):
    """Of what nothing explains: the longest search."""
    loss, _, _, right = network(layers)
    rng = np.random.default_rng(4)
    report = ag.compare(loss, {n: g + rng.standard_normal(g.shape) for n, g in right.items()})
    assert not report.findings
    assert 0 < report.case.graph.walks < most


# --- arrays without a graph -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ([[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]], "factor"),
        ([[-1.0, -2.0, -3.0], [-4.0, -5.0, -6.0]], "sign"),
        ([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], "transpose"),
        ([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], "kept axis"),
        ([[1.0, 2.0, 3.0], [4.0, 5.5, 6.0]], "typo"),
        ([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]], "not finite"),
        ([[9.0, 8.0, 7.0], [6.0, 5.0, 4.0]], "wrong variable"),
    ],
)
def test_numbers_alone_show_a_part_of_the_mistakes(given, key):
    true = {"a": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "b": [[9.0, 8.0, 7.0], [6.0, 5.0, 4.0]]}
    assert mistakes(ag.Comparison.of({"a": given}, true)) == [key]


# --- graphs of every kind ---------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_calls_with_several_results_are_looked_through(shift):
    A = np.random.default_rng(0).standard_normal((4, 4))
    x = ag.Tensor(A + A.T, requires_grad=True, name="x")
    values, vectors = np.linalg.eigh(x)
    loss = np.sum(values**2) + np.sum(np.abs(vectors) ** 3)
    g = ag.gradients(loss, [x])[0]
    report = ag.compare(loss, {"x": g * np.exp(shift * A)})
    assert bool(report) == (shift == 0)
    assert report.findings == ()
    assert str(report)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.concatenate([x, 2 * x]) ** 2),
        lambda x: np.sum(np.einsum("ij,kj->ik", x, x)),
        lambda x: np.sum(np.sort(x, axis=0)[1:] * x[:-1]),
        lambda x: np.sum(np.where(x > 0, x, 0.1 * x) ** 2),
        lambda x: np.linalg.norm(x) + np.prod(x[0]),
        lambda x: np.sum(np.fft.rfft(x).real),
        lambda x: np.max(x) * np.mean(x),
        lambda x: x[0, 0] * x[1, 1],
        lambda x: np.sum(np.log(np.sum(np.exp(x), axis=1))),
    ],
)
def test_any_graph_can_be_diagnosed(f):
    rng = np.random.default_rng(6)
    x = ag.Tensor(rng.standard_normal((3, 4)), requires_grad=True, name="x")
    loss = f(x)
    g = ag.gradients(loss, [x])[0]
    assert str(ag.compare(loss, {"x": g})).startswith("right")
    noise = ag.compare(loss, {"x": g + rng.standard_normal(g.shape)})
    assert str(noise).startswith("no known pattern")
    assert mistakes(ag.compare(loss, {"x": -g})) == ["sign"]
    assert ag.compare(loss, {"x": np.ones((5, 5))}).findings[0].mistake == "shape"


def test_scalars_and_empty_arrays_can_be_diagnosed():
    x = ag.Tensor(3.0, requires_grad=True, name="x")
    assert mistakes(ag.compare(x * x, {"x": 3.0})) == ["factor"]
    assert ag.compare(x * x, {"x": 3.7}).findings == ()
    empty = ag.Tensor(np.zeros((0, 3)), requires_grad=True, name="e")
    assert str(ag.compare(np.sum(empty) + x, {"e": np.zeros((0, 3)), "x": 1.0}))


def test_complex_gradients_can_be_diagnosed():
    z = ag.Tensor(np.array([1 + 2j, 0.5 - 1j, 2.0]), requires_grad=True, name="z")
    loss = np.sum(np.abs(z) ** 2)
    g = ag.gradients(loss, [z])[0]
    assert ag.compare(loss, {"z": g})
    assert not ag.compare(loss, {"z": np.conj(g)})
    assert mistakes(ag.compare(loss, {"z": g / 2})) == ["factor"]


def test_the_search_in_a_large_graph_ends_and_says_that_it_was_cut_short():
    rng = np.random.default_rng(7)
    W = ag.Tensor([[1.2, -0.5], [0.5, 1.2]], requires_grad=True, name="W")
    h = rng.standard_normal((3, 2))
    for _ in range(1000):
        h = np.tanh(h @ W)
    loss = np.sum(h * h)
    g = ag.gradients(loss, [W])[0]
    assert ag.compare(loss, {"W": g}).case.graph.walks == 0
    report = ag.compare(loss, {"W": g + rng.standard_normal(g.shape)})
    assert not report.findings
    assert report.case.graph.visits < 80_000  # without an end it is millions
    assert "not every wrong step was tried: the graph is large, 2003 calls" in str(report)


def test_one_step_left_out_everywhere_is_said_of_all():
    """Layer norm as if its mean and its variance were constants: both means are left out."""
    rng = np.random.default_rng(1)
    x = ag.Tensor(rng.normal(size=(5, 4)), requires_grad=True)
    w = rng.normal(size=(5, 4))
    centred = x - np.mean(x, axis=1, keepdims=True)
    deviation = np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-5)
    loss = np.sum(centred / deviation * w)
    summary = ag.compare(loss, {"x": w / deviation.data}).summary
    assert "mean and variance are taken as constants in the gradient of x" in summary


def test_one_wrong_rule_everywhere_is_said_of_all():
    rng = np.random.default_rng(2)
    W = ag.Tensor(rng.normal(size=(3, 3)), requires_grad=True, name="W")
    inputs = rng.normal(size=(4, 5, 3))
    states = [np.zeros((5, 3))]
    h = ag.Tensor(states[0])
    for x in inputs:
        h = np.tanh(h @ W + x)
        states.append(h.data)
    dh, dW = 2 * states[-1], np.zeros((3, 3))
    for before in states[-2::-1]:  # without 1 - h^2
        dW += before.T @ dh
        dh = dh @ W.data.T
    assert "at all 4 tanh steps" in str(ag.compare(np.sum(h**2), {"W": dW}))


def test_the_place_of_a_mistake_is_that_of_the_first_sentence_alone():
    """The same wrong rule at both sigmoids gives dz2 too: the second one is no suspect."""
    rng = np.random.default_rng(3)
    W1, W2 = (ag.Tensor(rng.normal(size=(3, 3)), requires_grad=True) for _ in range(2))
    X, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    h1 = ag.sigmoid(X @ W1)
    z2 = h1 @ W2
    h2 = ag.sigmoid(z2)
    loss = np.sum((y - h2) ** 2) / 2
    dz2 = (h2.numpy() - y) * (1 - h2.numpy())
    report = ag.compare(loss, {"W1": W1.data, "z2": dz2})
    assert report.findings[0].where == (h2.node,)


# --- kinds of their own -------------------------------------------------------------------------


def logits():
    rng = np.random.default_rng(8)
    z = ag.Tensor(rng.normal(size=(5, 4)), requires_grad=True)
    return z, np.eye(4)[rng.integers(0, 4, 5)]


def test_a_softmax_down_the_rows_is_said_to_be_one():
    z, y = logits()
    loss = -np.sum(y * ag.log_softmax(z))
    p = np.exp(z.data) / np.exp(z.data).sum(axis=0)
    assert "softmax is taken over axis 0" in ag.compare(loss, {"z": p - y}).summary


def test_inverted_labels_are_said_to_be_inverted():
    z, y = logits()
    p = ag.sigmoid(z)
    loss = -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))
    assert "inverted at z: 1 - y stands" in ag.compare(loss, {"z": p.data - (1 - y)}).summary


def test_a_sum_that_keeps_one_place_along_an_axis_is_told_by_that_axis():
    rng = np.random.default_rng(9)
    x, b = rng.normal(size=(4, 3, 5)), ag.Tensor(rng.normal(size=3), requires_grad=True)
    y = np.tanh(x + b[:, None])
    g = 1 - y.data**2
    for given, said in ((g[:, :, 0].sum(0), "first of the 5"), (g[-1].sum(1), "last of the 4")):
        assert f"only the {said} copies" in ag.compare(np.sum(y), {"b": given}).summary


def test_the_sign_of_what_an_absolute_value_is_of_is_a_factor():
    rng = np.random.default_rng(10)
    y, p = rng.uniform(1, 3, 7), ag.Tensor(rng.uniform(1, 3, 7), requires_grad=True)
    loss = np.sum(np.abs(p - y) / (p + y))
    true = ag.gradients(loss, [p])[0]
    assert "wrong where (p - y) is negative" in ag.compare(loss, {"p": np.abs(true)}).summary
    assert not ag.compare(loss, {"p": true * np.sign(rng.normal(size=7))}).findings


def test_the_step_size_of_a_loop_is_its_own_constant():
    """x + h f, five times: h is left out at every step back; the 1/2 of the loss stays."""
    rng = np.random.default_rng(11)
    W, x = (ag.Tensor(rng.normal(size=n), requires_grad=True) for n in ((3, 3), 3))
    states, slopes = [x], []
    for _ in range(5):
        f = np.tanh(W @ states[-1])
        slopes.append(1 - f.data**2)
        states.append(states[-1] + 0.2 * f)
    loss = 0.5 * np.sum(states[-1] ** 2)
    costate, dW = states[-1].data, np.zeros((3, 3))
    for state, slope in zip(states[-2::-1], slopes[::-1], strict=True):
        delta = costate * slope
        dW += np.outer(delta, state.data)
        costate = costate + W.data.T @ delta
    summary = ag.compare(loss, {"W": dW, "x": costate}).summary
    assert "at all 5 steps that W feeds: the factor 0.2" in summary


def test_one_row_of_a_batch_counts_in_a_loop_too():
    rng = np.random.default_rng(12)
    W = ag.Tensor(rng.normal(size=(3, 3)), requires_grad=True)
    states = [ag.Tensor(rng.normal(size=(4, 3)))]
    for _ in range(3):
        states.append(np.tanh(states[-1] @ W))
    dh, dW = np.ones((4, 3)), np.zeros((3, 3))
    for before, after in zip(states[-2::-1], states[:0:-1], strict=True):
        dz = dh * (1 - after.data**2)
        dW += before.data[:1].T @ dz[:1]
        dh = dz @ W.data.T
    assert "only the first of the 4 samples" in ag.compare(np.sum(states[-1]), {"W": dW}).summary


def test_branches_are_exchanged_but_for_their_signs():
    """The pinball loss with alpha and 1 - alpha exchanged."""
    y = np.random.default_rng(13).normal(size=9)

    def pinball(p):
        return np.where(y > p, 0.8 * (y - p), 0.2 * (p - y))

    def slope(p):
        return np.where(y > p, -0.2, 0.8)

    report = ag.compare_function(pinball, slope, np.zeros(9))
    assert "where(y > p, -0.2, 0.8) stands where where(y > p, -0.8, 0.2)" in report.summary
