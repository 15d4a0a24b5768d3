"""What rounding leaves of a gradient: nobody is accused of it, and nothing wrong hides below it."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.numerics.rounding import floors


def variables(dtype, **arrays):
    """Arrays as variables of one dtype, by name."""
    return {n: ag.Tensor(a, requires_grad=True, name=n, dtype=dtype) for n, a in arrays.items()}


def values(*tensors):
    return [t.numpy() for t in tensors]


# --- gradients by hand, all of them right, some zero but for rounding -----------------------------


def batch_norm(rng, dtype):
    X, y = rng.normal(size=(50, 3)).astype(dtype), rng.normal(size=(50, 4)).astype(dtype)
    v = variables(dtype, W=rng.normal(size=(3, 4)), b=rng.normal(size=4))
    z = X @ v["W"] + v["b"]
    n = (z - np.mean(z, 0)) / np.sqrt(np.var(z, 0))
    loss = np.sum((np.tanh(n) - y) ** 2)
    zv, nv = values(z, n)
    dn = 2 * (np.tanh(nv) - y) * (1 - np.tanh(nv) ** 2)
    dz = (dn - dn.mean(0) - nv * (dn * nv).mean(0)) / zv.std(0)
    return loss, {"W": X.T @ dz, "b": dz.sum(0)}


def layer_norm_far_from_zero(rng, dtype):
    v = variables(dtype, x=rng.normal(size=(6, 8)), shift=np.full((6, 1), 10.0))
    g = rng.normal(size=(6, 8)).astype(dtype)
    z = v["x"] + v["shift"]
    n = (z - np.mean(z, 1, keepdims=True)) / np.std(z, 1, keepdims=True)
    zv, nv = values(z, n)
    dz = g - g.mean(1, keepdims=True) - nv * (g * nv).mean(1, keepdims=True)
    dz = dz / zv.std(1, keepdims=True)
    return np.sum(n * g), {"x": dz, "shift": dz.sum(1, keepdims=True)}


def weight_norm(rng, dtype):
    v = variables(dtype, w=rng.normal(size=7), scale=rng.normal(size=()) + 3)
    g = rng.normal(size=7).astype(dtype)
    w = v["w"] * v["scale"]
    wv = v["w"].numpy()
    size = np.sqrt((wv**2).sum())
    dw = (g - wv * (g @ wv) / size**2) / size
    return np.sum(g * (w / np.sqrt(np.sum(w * w)))), {"w": dw, "scale": dtype(0)}


def bias_of_keys(rng, dtype):
    x = rng.normal(size=(5, 4)).astype(dtype)
    v = variables(
        dtype, Q=rng.normal(size=(4, 4)), K=rng.normal(size=(4, 4)), bk=rng.normal(size=4)
    )
    g = rng.normal(size=(5, 4)).astype(dtype)
    q, k = x @ v["Q"], x @ v["K"] + v["bk"]
    p = ag.softmax(q @ k.T / 2)
    qv, kv, pv = values(q, k, p)
    dp = g @ x.T
    ds = pv * (dp - (dp * pv).sum(1, keepdims=True)) / 2
    dk = ds.T @ qv
    return np.sum((p @ x) * g), {"Q": x.T @ (ds @ kv), "K": x.T @ dk, "bk": dk.sum(0)}


def shifted_softmax(rng, dtype):
    v = variables(dtype, z=rng.normal(size=(6, 3)), shift=rng.normal(size=(6, 1)))
    y = np.eye(3, dtype=dtype)[[0, 1, 2, 0, 1, 2]]
    loss = -np.mean(np.sum(y * ag.log_softmax(v["z"] + v["shift"]), axis=1))
    e = np.exp(v["z"].numpy() + v["shift"].numpy())
    dz = (e / e.sum(1, keepdims=True) - y) / dtype(6)
    return loss, {"z": dz, "shift": dz.sum(1, keepdims=True)}


def least_squares_solution(rng, dtype):
    X, y = rng.normal(size=(40, 4)).astype(dtype), rng.normal(size=40).astype(dtype)
    v = variables(dtype, w=np.linalg.lstsq(X, y, rcond=None)[0])
    w = v["w"].numpy()
    return np.sum((X @ v["w"] - y) ** 2) / 2, {"w": X.T @ X @ w - X.T @ y}


def interpolating_fit(rng, dtype):
    X = rng.normal(size=(4, 4)).astype(dtype)
    v = variables(dtype, w=rng.normal(size=4))
    y = X @ v["w"].numpy()
    other = np.array([sum(a * b for a, b in zip(row, v["w"].numpy(), strict=True)) for row in X])
    return np.mean((X @ v["w"] - y) ** 2), {"w": X.T @ (other - y) * dtype(0.5)}


def logistic_regression_at_its_optimum(rng, dtype):
    X = rng.normal(size=(60, 3))
    y = (rng.random(60) < 0.5).astype(float)
    w = np.zeros(3)
    for _ in range(50):
        p = 1 / (1 + np.exp(-X @ w))
        w = w - np.linalg.solve((X.T * (p * (1 - p))) @ X, X.T @ (p - y))
    X, y = X.astype(dtype), y.astype(dtype)
    v = variables(dtype, w=w)
    z = X @ v["w"]
    p = 1 / (1 + np.exp(-z.numpy()))
    return np.sum(np.logaddexp(0, z) - y * z), {"w": X.T @ p - X.T @ y}


def gaussian_at_its_mean(rng, dtype):
    x = rng.normal(size=100).astype(dtype) + dtype(5)
    v = variables(dtype, mu=x.mean(), log_s=np.log(x.std()))
    mu, s = v["mu"].numpy(), np.exp(v["log_s"].numpy())
    loss = np.sum((x - v["mu"]) ** 2) / (2 * np.exp(2 * v["log_s"])) + 100 * v["log_s"]
    return loss, {"mu": (100 * mu - x.sum()) / s**2, "log_s": 100 - ((x - mu) ** 2).sum() / s**2}


def centres_of_clusters(rng, dtype):
    x = rng.normal(size=(30, 2)).astype(dtype)
    own = rng.integers(0, 3, 30)
    C = np.array([x[own == k].mean(0) for k in range(3)])
    v = variables(dtype, C=C)
    C = v["C"].numpy()
    dC = np.array([2 * ((own == k).sum() * C[k] - x[own == k].sum(0)) for k in range(3)])
    return np.sum((x - v["C"][own]) ** 2), {"C": dC}


def principal_axis(rng, dtype):
    x = rng.normal(size=(40, 3)) @ np.diag([3, 2, 1.0])
    S = (x.T @ x / 40).astype(dtype)
    v = variables(dtype, u=np.linalg.eigh(x.T @ x / 40)[1][:, -1])
    u = v["u"].numpy()
    du = 2 * (S @ u / (u @ u) - u * (u @ S @ u) / (u @ u) ** 2)
    return (v["u"] @ S @ v["u"]) / (v["u"] @ v["u"]), {"u": du}


def sum_over_centred_data(rng, dtype):
    x = rng.normal(size=(1000, 2)).astype(dtype)
    x = x - x.mean(0)
    v = variables(dtype, b=rng.normal(size=2))
    g = np.zeros(2, dtype)
    for row in x:  # one after the other, as a loop over samples adds
        g = g + row
    return np.sum(x * v["b"]), {"b": g}


def recurrence(rng, dtype):
    v = variables(dtype, W=rng.normal(size=(3, 3)) / 2, c=rng.normal(size=3))
    W, c = values(v["W"], v["c"])
    h, hs = v["c"], [c]
    for _ in range(40):
        h = np.tanh(v["W"] @ h)
        hs.append(h.numpy())
    dh, dW = np.ones(3, dtype), np.zeros((3, 3), dtype)
    for before, after in zip(hs[-2::-1], hs[:0:-1], strict=True):
        dz = dh * (1 - after**2)
        dW, dh = dW + np.outer(dz, before), W.T @ dz
    return np.sum(h), {"W": dW, "c": dh}


CASES = [
    batch_norm, layer_norm_far_from_zero, weight_norm, bias_of_keys, shifted_softmax,
    least_squares_solution, interpolating_fit, logistic_regression_at_its_optimum,
    gaussian_at_its_mean, centres_of_clusters, principal_axis, sum_over_centred_data, recurrence,
]  # fmt: skip
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["f8", "f4"])


@every_case
@every_dtype
@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_right_derivations_are_never_wrong(case, dtype, scale):
    for seed in range(3):
        loss, given = case(np.random.default_rng(seed), dtype)
        report = ag.compare(loss * dtype(scale), {n: dtype(scale) * g for n, g in given.items()})
        assert report, str(report)


@every_case
@every_dtype
def test_one_entry_that_is_a_little_wrong_is_always_found(case, dtype):
    off = 1e-5 if dtype is np.float64 else 1e-3
    rng = np.random.default_rng(1)
    loss, given = case(np.random.default_rng(0), dtype)
    for name, g in given.items():
        g = np.array(g)
        solid = np.argwhere((np.abs(g) > 1e-3) & (np.abs(g) > 0.1 * np.abs(g).max()))
        for index in map(tuple, solid[rng.permutation(len(solid))[:3]]):
            wrong = g.copy()
            wrong[index] *= 1 + off
            report = ag.compare(loss, {**given, name: wrong})
            assert report[f"dLoss/d{name}"].verdict == "WRONG", (name, index)


# --- what the floor is ----------------------------------------------------------------------------


def test_a_small_gradient_beside_weights_of_one_is_told_right_from_wrong():
    w = ag.Tensor([1.0, -2.0, 0.5], requires_grad=True)
    loss = 1e-12 * np.sum(w**3)
    right = 3e-12 * w.numpy() ** 2
    assert ag.compare(loss, {"w": right})
    for wrong in (2 * right, -right, 0 * right, right * [1, 1, 1 + 1e-5]):
        assert not ag.compare(loss, {"w": wrong})


@pytest.mark.parametrize("wrong", [-1.5, 0.0, 1.5001])
def test_a_small_entry_beside_a_large_one_is_held_against_itself(wrong):
    w = ag.Tensor([1e-7, 2.0], requires_grad=True)
    loss = np.sum(np.array([1.0, 3.0]) * np.log(w))
    assert ag.compare(loss, {"w": [1e7, 1.5]})
    assert ag.compare(loss, {"w": [1e7, wrong]})["dLoss/dw"].worst == (1,)
    assert not ag.compare(loss, {"w": [1e7, wrong]})


def test_a_row_that_is_rounding_says_so():
    loss, given = batch_norm(np.random.default_rng(0), np.float64)
    report = ag.compare(loss, given)
    assert report["dLoss/db"].note == "it differs by no more than rounding may"
    assert report["dLoss/db"].note in str(report)
    assert not report["dLoss/dW"].note


def test_what_the_caller_allows_is_what_isclose_means():
    loss, given = batch_norm(np.random.default_rng(0), np.float64)
    given["b"] = given["b"] + 1e-14
    assert ag.compare(loss, {"b": given["b"]})
    assert not ag.compare(loss, {"b": given["b"]}, atol=0)
    assert ag.compare(loss, {"b": given["b"] + 0.01}, atol=0.02)


def test_numbers_by_hand_in_float32_have_its_rounding():
    loss, _ = batch_norm(np.random.default_rng(0), np.float64)
    assert ag.compare(loss, {"b": np.full(4, 1e-6, np.float32)})
    assert not ag.compare(loss, {"b": np.full(4, 1e-6)})


def test_factors_of_the_chain_have_a_floor_too():
    x = ag.Tensor(np.array([1.0, 1e8]), requires_grad=True)
    d = x * 3 - x * 2
    loss = np.sum((d - x) * 1e3)
    assert ag.compare(loss, {"x": [1e-12, -1e-12], "dd/dx": [1.0, 1.0]})
    assert not ag.compare(loss, {"dd/dx": [1.0, 1.0 + 1e-5]})


def test_a_branch_on_equality_makes_no_floor():
    def rule(g, out, x):
        return np.where(np.asarray(x) == 0.4, 1.01, 1) * 3 * g * x**2

    cube = ag.elementwise(lambda x: x**3, rule)
    x = ag.Tensor([0.4, 0.5], requires_grad=True)
    assert not ag.compare(np.sum(cube(x)), {"x": [3 * 0.16, 0.75]})


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,), (2, 0)])
def test_arrays_of_any_shape_have_a_floor(shape):
    x = ag.Tensor(np.full(shape, 0.3), requires_grad=True)
    assert ag.compare(np.sum(x * 3 - x - 2 * x), {"x": np.full(shape, 1e-16)})


def test_complex_numbers_have_a_floor():
    z = ag.Tensor(np.array([1 + 2j, 3 - 1j]), requires_grad=True)
    d = z * 3 - z * 2 - z * 1
    loss = np.sum(np.real(d) + 2 * np.imag(d))
    assert ag.compare(loss, {"z": np.array([1e-15j, 1e-15])})
    assert not ag.compare(loss, {"z": np.array([1e-9j, 0])})


def test_a_checkpoint_a_user_s_operation_and_several_results_are_done_again():
    def plain_only(x):
        if type(x) is not np.ndarray:
            raise TypeError("an array, please")
        return x * 2.0

    double = ag.primitive(plain_only, lambda g, out, x: g * 2.0)
    x = ag.Tensor(np.random.default_rng(0).normal(size=(3, 3)), requires_grad=True)
    s = ag.checkpoint(np.tanh)(double(x))
    q, r = np.linalg.qr(s - np.mean(s, 0))
    shift = ag.Tensor(np.zeros(3), requires_grad=True)
    centred = s + shift - np.mean(s + shift, 0)
    loss = np.sum(q * r) + np.sum(centred**3)
    assert ag.compare(loss, {"x": ag.gradients(loss, [x])[0], "shift": [1e-15, -1e-15, 0]})
    assert not ag.compare(loss, {"shift": [1e-9, 0, 0]})


# --- the others who compare -----------------------------------------------------------------------


def test_compare_function_uses_the_floor():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 4)), rng.normal(size=100)
    w = np.linalg.lstsq(X, y, rcond=None)[0]

    def loss(w):
        return np.sum((X @ w - y) ** 2) / 2

    assert ag.compare_function(loss, X.T @ X @ w - X.T @ y, w)
    assert not ag.compare_function(loss, X.T @ (X @ w - y) + 1e-6, w)


def test_compare_function_holds_a_small_entry_against_itself():
    def f(x):
        return np.log(x[0]) + 3 * np.log(x[1])

    at = np.array([1e-7, 2.0])
    assert not ag.compare_function(f, lambda x: np.array([1 / x[0], -3 / x[1]]), at)
    assert ag.compare_function(f, lambda x: np.array([1 / x[0], 3 / x[1]]), at)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_check_gradients_holds_each_entry_against_itself(scale):
    weights = scale * np.array([1e7, 1.0])
    right = ag.elementwise(lambda x: x * x, lambda g, out, x: 2 * g * x)
    wrong = ag.elementwise(lambda x: x * x, lambda g, out, x: 2 * g * x * np.array([1.0, 1.001]))
    x = np.array([0.7, 1.3])
    assert ag.check_gradients(lambda x: right(x) * weights, x)
    with pytest.raises(AssertionError):
        ag.check_gradients(lambda x: wrong(x) * weights, x, order=1)


def test_check_gradients_of_a_gradient_that_is_zero_but_for_rounding():
    z = np.random.default_rng(0).normal(size=(20, 3))

    def normalised(b):
        return np.tanh((z + b - np.mean(z + b, 0)) / np.std(z + b, 0))

    assert ag.check_gradients(normalised, np.ones(3))


def test_compile_accepts_a_training_step_with_a_bias_before_a_normalisation():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=(50, 4))
    start = rng.normal(size=(3, 4)), rng.normal(size=4)

    def loss(W, b):
        z = X @ W + b
        return np.sum((np.tanh((z - np.mean(z, 0)) / np.std(z, 0)) - y) ** 2)

    gradients = ag.compile(ag.grad(loss, (0, 1)))(*start)
    np.testing.assert_allclose(gradients[0], ag.grad(loss, 0)(*start), rtol=1e-9)
    assert np.abs(gradients[1]).max() < 1e-12


def test_compile_accepts_a_gradient_at_an_optimum():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 4)), rng.normal(size=100)
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    step = ag.compile(ag.grad(lambda v: np.mean((v @ X.T - y) ** 2)))
    assert np.abs(step(w)).max() < 1e-12


def test_compile_still_finds_a_small_result_that_is_another():
    def f(x):
        return x * np.array([1e7, 1.0 if isinstance(x, np.ndarray) else 1.001])

    with pytest.raises(TypeError, match="its result is another than by itself"):
        ag.compile(f)(np.array([1.0, 2.0]))


def test_no_more_is_drawn_than_tells_what_is_rounding():
    """A difference far beyond the first draw is clear; one near it, or below it, takes more."""
    known, drawn = [np.array([1.0, 2.0])], []

    def run(draw):
        drawn.append(draw)
        return [known[0] + [1e-9, 3e-9]]

    for difference, draws in ((1.0, 1), (0.0, 1), (1e-6, 4), (5e-7, 4)):
        drawn.clear()
        [floor] = floors(run, known, differences=[np.array([difference, 0.0])])
        assert len(drawn) == draws
        assert np.allclose(floor, 64 * np.array([1e-9, 3e-9]))
