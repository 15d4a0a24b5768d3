"""`compare` with a function in the place of a loss: its arguments, its names, points beside."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.comparison.diagnosis.graph import Graph

rng = np.random.default_rng(4)
X, Y = rng.normal(size=(5, 3)), np.arange(5)
P = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}


def squares(w, x):
    z = x * w
    return np.sum(z**2)


def network(p, X, y):
    h = np.tanh(X @ p["W"] + p["b"])
    e = h.sum(axis=1) - y
    return np.mean(e**2) / 2


def by_hand(p, X, y, slope=lambda h: 1 - h**2):
    h = np.tanh(X @ p["W"] + p["b"])
    dh = (h.sum(axis=1) - y)[:, None] / len(y) * np.ones((1, 2))
    dz = dh * slope(h)
    return {"W": X.T @ dz, "b": dz.sum(axis=0)}


W, V = np.array([1.0, -2.0]), np.array([3.0, 0.5])
DW, DV = 2 * V * V * W, 2 * W * W * V


@pytest.mark.parametrize(
    ("gradients", "rows"),
    [
        ({"w": DW}, ["dsquares/dw"]),
        ({"x": DV, "w": DW}, ["dsquares/dw", "dsquares/dx"]),
        ({"dLoss/dw": DW}, ["dsquares/dw"]),
        ({"dsquares/dx": DV}, ["dsquares/dx"]),
        ((DW, DV), ["dsquares/dw", "dsquares/dx"]),
        ([None, DV], ["dsquares/dx"]),
        (DW, ["dsquares/dw"]),
        (DW.astype(np.float32), ["dsquares/dw"]),
        ({"z": 2 * V * W}, ["dsquares/dz"]),
        ({"w": DW, "dz/dw": V}, ["dsquares/dw", "dz/dw"]),
        (lambda w, x: (2 * x * x * w, 2 * w * w * x), ["dsquares/dw", "dsquares/dx"]),
        (lambda w, x: 2 * x * x * w, ["dsquares/dw"]),
        (lambda w, x: {"z": 2 * x * w, "w": 2 * x * x * w}, ["dsquares/dw", "dsquares/dz"]),
    ],
)
def test_gradients_are_given_by_name_in_order_or_by_a_function(gradients, rows):
    report = ag.compare(squares, gradients, W, x=V)
    assert report, str(report)
    assert [row.name for row in report] == rows


def test_arguments_may_be_nested_and_integers_are_passed_on():
    dz = by_hand(P, X, Y)
    for gradients in (by_hand, dz, {"p": dz}, {"p.W": dz["W"]}, [dz], {"p": {"b": dz["b"]}}):
        assert ag.compare(network, gradients, P, X, Y), str(gradients)
    report = ag.compare(network, by_hand, P, X, Y)
    assert [row.name for row in report] == ["dnetwork/dW", "dnetwork/db"]
    assert report["W"].verdict == "right"
    assert ag.compare(network, {"X": network_slope(P, X, Y)}, P, X, Y)
    layers = [np.ones((2, 2)), np.ones(2)]
    assert ag.compare(
        lambda many: np.sum(many[0] @ many[1]),
        lambda many: [np.outer(np.ones(2), many[1]), many[0].sum(axis=0)],
        layers,
    )


def network_slope(p, X, y):
    h = np.tanh(X @ p["W"] + p["b"])
    return ((h.sum(axis=1) - y)[:, None] / len(y) * (1 - h**2)) @ p["W"].T


def test_a_mistake_is_told_by_the_local_names_of_the_function():
    report = ag.compare(network, lambda *args: by_hand(*args, slope=lambda h: 1 - h), P, X, Y)
    assert [row.verdict for row in report] == ["WRONG", "WRONG"]
    assert "is taken as 1 - h; it is 1 - h^2" in report.summary
    inner = ag.compare(squares, {"z": V * W}, W, V)
    assert not inner
    assert "dz" in inner.summary


def test_right_at_the_given_point_alone_is_wrong_and_the_other_point_is_shown():
    report = ag.compare(lambda w, b: w**3 + b, lambda w, b: {"w": 3 * w, "b": 1.0}, 1.0, 2.0)
    assert report["w"].verdict == "WRONG"
    assert report["b"].verdict == "right"
    assert report.summary.startswith("right at the given point, and wrong beside it")
    assert set(report.point) == {"w", "b"}
    assert f"there w is {report.point['w']:.6g}"[:14] in str(report)
    assert ag.compare(lambda w: w**3, 3.0, 1.0)  # numbers are known at one point


def test_an_explanation_of_one_point_alone_is_dropped():
    x = np.full(4, 9.0)
    at_nine = ag.compare(lambda x: np.sum(x**3), 18 * x, x)
    assert "2 times" not in ag.compare(lambda x: np.sum(x**3), lambda x: 18 * x, x).summary
    assert at_nine.summary != ag.compare(lambda x: np.sum(x**3), lambda x: 18 * x, x).summary


def test_data_stays_what_it_is_beside():
    labels = np.eye(3)[[0, 2]]

    def loss(z, labels):
        assert set(np.unique(labels)) == {0, 1}
        return -np.sum(labels * ag.log_softmax(z, axis=1))

    assert ag.compare(loss, lambda z, labels: ag.softmax(z, 1) - labels, np.ones((2, 3)), labels)


def test_a_random_function_is_unsure():
    noise = np.random.default_rng(0)
    report = ag.compare(lambda w: np.sum(w * noise.normal(size=2)), lambda w: w, W)
    assert [row.verdict for row in report] == ["UNSURE"]
    assert "random" in report.summary
    inner = ag.compare(random_inside, {"h": W}, W, noise)
    assert [row.verdict for row in inner] == ["UNSURE"]


def random_inside(w, noise):
    h = w * noise.normal(size=2)
    return np.sum(h * h)


def test_compare_function_is_the_case_of_one_argument():
    wrong = ag.compare(np.sum, lambda x: 2 * np.ones(2), W)
    same = ag.compare_function(np.sum, lambda x: 2 * np.ones(2), W)
    assert wrong.summary.partition(":")[0] == same.summary.partition(":")[0]
    assert [vote.outcome for vote in wrong.votes] == [vote.outcome for vote in same.votes]


@pytest.mark.parametrize(
    ("f", "gradients", "args", "error", "told"),
    [
        (squares, {"zz": DW}, (W, V), ValueError, "'zz' is not the name .* did you mean 'z'"),
        (squares, {"w": DW, "dsquares/dw": DW}, (W, V), ValueError, "given twice"),
        (squares, (DW, DV, DV), (W, V), ValueError, "3 gradients .* 2 arguments of floats: w, x"),
        (squares, {"w": "a"}, (W, V), TypeError, "gradient of 'w' is 'a', not real numbers"),
        (squares, lambda w: w, (W, V), TypeError, "cannot be called with the 2 arguments"),
        (squares, DW, (W,), TypeError, r"squares\(w, x\) cannot be called with the 1 arg"),
        (squares, DW, (1, 2), ValueError, "no floats"),
        (lambda x: x, DW, (W,), ValueError, r"returned an array of shape \(2,\)"),
        (lambda x: None, DW, (W,), TypeError, "f returned None: compare takes a function"),
        (lambda x: np.sum(x), DW, (W * 1j,), TypeError, "x holds complex128"),
        (network, {"y": Y}, (P, X, Y), ValueError, "'y' is .*int64.*not differentiated"),
        (lambda w: float(np.sum(w)), {"h": 1.0}, (W,), ValueError, "autodiff alone"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_way_out(f, gradients, args, error, told):
    with pytest.raises(error, match=f"(?s){told}"):
        ag.compare(f, gradients, *args)


def test_a_wrong_shape_is_never_broadcast():
    report = ag.compare(squares, {"w": np.ones((2, 1)), "z": np.ones(3)}, W, V)
    assert [row.verdict for row in report] == ["SHAPE", "SHAPE"]


def test_only_a_function_takes_arguments_and_only_a_tensor_names():
    t = ag.Tensor(W, requires_grad=True)
    with pytest.raises(TypeError, match="only with a function"):
        ag.compare(np.sum(t), {"t": W}, W)
    with pytest.raises(TypeError, match="names= is for a loss"):
        ag.compare(squares, DW, W, V, names={"t": t})


def both_directions(W, V, c, xs):
    xs = [x + 0 for x in (xs * 1.0)]
    forward, backward = [np.zeros(2)], [np.zeros(2)]
    for x in xs:
        forward.append(np.tanh(W @ forward[-1] + x))
    for x in xs[::-1]:
        backward.append(np.tanh(V @ backward[-1] + x))
    return np.sum((forward[-1] * backward[-1]) @ c)


def test_each_round_of_loops_that_go_against_each_other_is_after_the_one_before():
    args = [ag.Tensor(rng.normal(size=n), requires_grad=True) for n in ((2, 2), (2, 2), 2, (4, 2))]
    rounds = Graph(both_directions(*args).node, names=None).rounds
    assert rounds.before
    assert all(older.serial < node.serial for node, older in rounds.before.items())
