"""Mistakes as they were made elsewhere, in small programs: what the first sentence must say."""

import re

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)


def parameter(*shape, scale=1.0):
    return ag.Tensor(scale * RNG.normal(size=shape), requires_grad=True)


def said(loss, manual, names=None):
    report = ag.compare(loss, manual, names=names)
    assert not report
    return report.summary


def test_a_factor_is_named_by_the_number_that_the_graph_computes():
    A = RNG.normal(size=(5, 5))
    S = A @ A.T
    w = ag.Tensor(RNG.random(5), requires_grad=True)
    risk = np.sqrt(w @ S @ w)
    assert "the division by loss was left out" in said(risk, {"w": S @ w.numpy()})


def test_a_factor_is_named_by_the_constant_of_the_suspected_step():
    """Scores divided by 2 = sqrt(4): the weights behind them are wrong, the values' are right."""
    X, Q = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 4))
    K, V = parameter(4, 4), parameter(4, 4)
    loss = np.sum(ag.softmax(X @ K @ X.T / 2) @ (X @ V) * Q)
    dK, dV = ag.gradients(loss, [K, V])
    assert "the division by the constant 2 was left out" in said(loss, {"K": 2 * dK, "V": dV})


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (lambda q, mask, p: q / (1 - p), "mask is not applied"),
        (lambda q, mask, p: q * (mask > 0), "the scale 1.66667 = 1/0.6 of mask, such as dropout's"),
    ],
)
def test_what_is_left_out_of_a_dropout_mask_is_named(wrong, expected):
    X, q, p = RNG.normal(size=(7, 5)), RNG.normal(size=(7, 6)), 0.4
    W = parameter(5, 6)
    h = np.tanh(X @ W)
    mask = ag.dropout_mask(h.shape, p, np.random.default_rng(0))
    loss = np.sum(h * mask * q)
    manual = X.T @ (wrong(q, mask, p) * (1 - h.numpy() ** 2))
    assert expected in said(loss, {"W": manual})


def test_a_term_that_is_left_out_is_no_sample():
    x, eps = RNG.normal(size=(7, 3)), RNG.normal(size=(7, 3))
    mu, lv = parameter(7, 3), parameter(7, 3)
    z = mu + np.exp(lv / 2) * eps
    rec = np.sum((z - x) ** 2) / 2
    kl = -0.5 * np.sum(1 + lv - mu**2 - np.exp(lv))
    d = z.numpy() - x
    manual = {"mu": d, "lv": d * eps * np.exp(lv.numpy() / 2) / 2}
    loss = rec + kl
    assert "the gradient of kl is not added" in said(loss, manual)


def test_a_multiplier_is_not_stale_where_its_term_is_forgotten():
    S = RNG.normal(size=(5, 5))
    S = S @ S.T
    w, lam = ag.Tensor(RNG.random(5), requires_grad=True), ag.Tensor(0.7, requires_grad=True)
    loss = w @ S @ w / 2 + lam * (np.sum(w) - 1)
    summary = said(loss, {"w": S @ w.numpy(), "lam": w.numpy().sum() - 1})
    assert "what (sum(w) - 1) does through (lam * (sum(w) - 1)) is left out" in summary


@pytest.mark.parametrize(
    ("slope", "expected"),
    [
        (
            lambda x: x,
            "dl is the derivative by log(l), not by l; ds is the derivative by log(s)",
        ),
        (lambda x: 1 / (2 * x), "by l^2, not by l; ds is the derivative by s^2"),
        (lambda x: -(x**2), "by 1 / l, not by l; ds is the derivative by 1 / s"),
        (lambda x: np.pi / 180, "by l in degrees, not by l; ds is the derivative by s in degrees"),
    ],
)
def test_a_derivative_by_another_function_of_the_parameter_is_named(slope, expected):
    d2 = (np.linspace(0, 1, 6)[:, None] - np.linspace(0, 1, 6)) ** 2
    l, s = ag.Tensor(0.8, requires_grad=True), ag.Tensor(1.3, requires_grad=True)  # noqa: E741
    loss = np.sum(s**2 * np.exp(-d2 / (2 * l**2)) * np.arange(36.0).reshape(6, 6))
    dl, ds = ag.gradients(loss, [l, s])
    assert expected in said(loss, {"l": dl * slope(0.8), "s": ds * slope(1.3)})


@pytest.mark.parametrize(("shape", "f"), [((12,), "sigmoid"), ((8, 3), "softmax")])
def test_raw_scores_for_probabilities_are_named(shape, f):
    z = RNG.normal(size=shape)
    y = RNG.integers(0, 2, 12) if f == "sigmoid" else np.eye(3)[RNG.integers(0, 3, 8)]

    def loss(z):
        if f == "sigmoid":
            return np.logaddexp(0, z) - y * z
        return np.log(np.sum(np.exp(z), axis=1)) - np.sum(z * y, axis=1)

    summary = ag.compare_function(loss, lambda z: z - y, z).summary
    assert f"the raw scores z stand where the probabilities {f}(z) belong" in summary


def test_a_missing_path_goes_before_a_sign_inside_it():
    A = RNG.normal(size=(5, 5))
    S, mu = A @ A.T, RNG.normal(size=5)
    w = ag.Tensor(RNG.random(5), requires_grad=True)
    ratio = (w @ mu) / np.sqrt(w @ S @ w)
    v = w.numpy()
    assert "a path is missing" in said(ratio, {"w": mu / np.sqrt(v @ S @ v)})


def test_a_score_without_data_is_no_regulariser():
    A, E = parameter(4, 4), parameter(4)
    pairs = (np.array([0, 1, 3]), np.array([1, 2, 0]))
    loss = ag.logsumexp(E[:, None] + A) - (np.sum(A[pairs]) + E[0])
    P = np.exp(E.numpy()[:, None] + A.numpy())
    P /= P.sum()
    dE = P.sum(1)
    dE[0] -= 1
    assert "sum(A[indices, indices]) is not added" in said(loss, {"A": P, "E": dE})


def _convolved(wrong):
    rng = np.random.default_rng(5)
    x, W = rng.normal(size=(2, 3, 6, 7)), rng.normal(size=(4, 3, 3, 2))
    x, W = ag.Tensor(x, requires_grad=True), ag.Tensor(W, requires_grad=True)
    y = ag.conv(x, W)
    q = rng.normal(size=y.shape)
    xv, Wv = x.numpy(), W.numpy()
    dx, dW = np.zeros_like(xv), np.zeros_like(Wv)
    for n, f, i, j in np.ndindex(q.shape):
        g, at = q[n, f, i, j], (n, slice(None), slice(i, i + 3), slice(j, j + 2))
        kernel = Wv[f][:, ::-1, ::-1] if wrong == "flipped kernel" else Wv[f]
        patch = xv[at][:, ::-1, ::-1] if wrong == "flipped patch" else xv[at]
        dx[at] = kernel * g if wrong == "dx =" else dx[at] + kernel * g
        dW[f] = patch * g if wrong == "dW =" else dW[f] + patch * g
    return np.sum(y * q), {"x": dx, "W": dW}, {"x": x, "W": W}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("flipped kernel", "the kernel W is flipped"),
        ("flipped patch", "the patches of x are flipped"),
        ("dx =", "overlapping windows overwrite each other in the gradient of x"),
        ("dW =", "only the last window counts in the gradient of W"),
    ],
)
def test_mistakes_of_convolution_are_named(wrong, expected):
    loss, manual, names = _convolved(wrong)
    assert expected in said(loss, manual, names)


def test_repeated_rows_of_a_table_that_are_assigned_are_named():
    E = parameter(5, 3)
    index, q = np.array([0, 1, 1, 4]), RNG.normal(size=(4, 3))
    loss = np.sum(E[index] * q)
    manual = np.zeros((5, 3))
    manual[index] += q  # NumPy adds once a place
    assert "np.add.at must add up" in said(loss, {"E": manual})


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (lambda g: g.reshape(8, 3, order="F").ravel(), "flattened by rows (order C)"),
        (lambda g: g[::-1], "reversed"),
        (lambda g: np.roll(g, 1), "shifted by one place"),
        (lambda g: g[np.random.default_rng(1).permutation(24)], "in another order"),
    ],
)
def test_right_numbers_in_another_order_are_named(other, expected):
    z, q = parameter(24), RNG.normal(size=24)
    loss = np.sum(np.sin(z) * q)
    assert expected in said(loss, {"z": other(np.cos(z.numpy()) * q)})


def _recurrent(wrong, steps=5):
    """A simple recurrent network and its gradients, with one line of the loop exchanged."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(steps, 2, 3)), rng.normal(size=(steps, 2, 4))
    sizes = {"Wx": (3, 5), "Wh": (5, 5), "Wy": (5, 4)}
    P = {k: rng.normal(size=s) * 0.5 for k, s in sizes.items()}
    T = {k: ag.Tensor(v, requires_grad=True) for k, v in P.items()}
    h, hs, loss = np.zeros((2, 5)), [np.zeros((2, 5))], 0.0
    for t in range(steps):
        h = np.tanh(X[t] @ T["Wx"] + h @ T["Wh"])
        hs.append(h.numpy())
        loss = loss + np.sum((h @ T["Wy"] - Y[t]) ** 2)
    G = {k: np.zeros_like(v) for k, v in P.items()}
    dh_next = np.zeros((2, 5))
    for t in reversed(range(steps)):
        dy = 2 * (hs[t + 1] @ P["Wy"] - Y[t])
        G["Wy"] += hs[t + 1].T @ dy
        dh = dy @ P["Wy"].T + dh_next
        dz = dh * (1 - hs[t + 1] ** 2)
        G["Wx"] += X[t].T @ dz
        G["Wh"] += hs[t + 1 if wrong == "h of the step itself" else t].T @ dz
        dh_next = (dh if wrong == "before the derivative" else dz) @ P["Wh"].T
        if wrong == "no dh_next":
            dh_next = 0 * dh_next
    return loss, G, T


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("no dh_next", "the error of the next step is not passed back"),
        ("before the derivative", "before it is multiplied by the derivative of tanh"),
        (
            "h of the step itself",
            "next step stands where that of the step itself belongs",
        ),
    ],
)
def test_mistakes_between_the_steps_of_a_loop_are_named(wrong, expected):
    loss, manual, names = _recurrent(wrong)
    assert expected in said(loss, manual, names)


@pytest.mark.parametrize(
    ("wrong", "mistake", "expected"),
    [
        (lambda z, h: h * (1 + h), "activation formula", "is taken as {h} * (1 + {h})"),
        (lambda z, h: 1 - h * h, "activation formula", "is taken as 1 - {h}^2"),
        (lambda z, h: -h * (1 - h), "sign", "it is the negative of the true value"),
        (lambda z, h: 5.5 * h * (1 - h), "factor", "it is 5.5 times the true value"),
        (lambda z, h: z, "activation formula", "is taken as z, the argument of sigmoid"),
        (lambda z, h: np.where(z > 0, 1, -1) * h * (1 - h), "sign", "the magnitude is right"),
    ],
)
def test_a_wrong_factor_of_the_chain_is_named(wrong, mistake, expected):
    z = ag.Tensor([[0.3, -0.8], [1.2, -0.1]], requires_grad=True, name="z")
    h = ag.sigmoid(z)
    report = ag.compare(np.sum(h * h), {"dh/dz": wrong(z.numpy(), h.numpy())})
    assert report.findings[0].mistake == mistake
    assert expected.format(h="h") in report.summary


def test_the_factor_of_another_function_is_named():
    z = ag.Tensor([0.3, -0.8, 1.2], requires_grad=True, name="z")
    h = np.arctan(z)
    report = ag.compare(np.sum(h * h), {"dh/dz": 1 - h.numpy() ** 2})
    assert "1 - h^2 is the derivative of tanh(z), and h is not tanh(z)" in report.summary


def test_exchanged_gradients_of_two_weights_are_named():
    X, Z = RNG.normal(size=(6, 4)), RNG.normal(size=(5, 4))
    V, W = parameter(4, 3), parameter(4, 3)
    loss = np.sum(np.tanh(X @ V) ** 2) + np.sum(np.sin(Z @ W))
    dV, dW = ag.gradients(loss, [V, W])
    assert "dW is the gradient of another variable: of V" in said(loss, {"V": dW, "W": dV})


def test_one_gate_of_several_is_told_apart_at_every_step():
    rng = np.random.default_rng(0)
    X, Q = rng.normal(size=(4, 2, 3)), rng.normal(size=(2, 4))
    P = {k: ag.Tensor(rng.normal(size=(7, 4)) * 0.5, requires_grad=True) for k in ("Wf", "Wi")}
    h, cache = np.zeros((2, 4)), []
    for x in X:
        z = np.concatenate([h, x], 1)
        f, i = (ag.sigmoid(z @ P[k]) for k in P)
        cache.append([a.numpy() if isinstance(a, ag.Tensor) else a for a in (z, f, i, h)])
        h = f * h + i
    loss, dh = np.sum(h * Q), Q
    G = {k: np.zeros((7, 4)) for k in P}
    for z, f, i, before in reversed(cache):
        df, di = dh * before * f, dh * i * (1 - i)  # the factor 1 - f is left out
        G["Wf"] += z.T @ df
        G["Wi"] += z.T @ di
        dh = f * dh + (df @ P["Wf"].numpy().T + di @ P["Wi"].numpy().T)[:, :4]
    summary = said(loss, G, P)
    assert re.search(r"at all 4 steps that Wf feeds: sigmoid'\(.*\) is taken as ", summary)


def test_what_can_never_show_is_no_blind_spot():
    X, y = RNG.normal(size=(9, 5)), RNG.integers(0, 4, 9)
    W1, W2 = parameter(5, 6), parameter(6, 4)
    loss = np.mean(ag.cross_entropy(ag.relu(X @ W1) @ W2, y))
    found = dict(zip(("W1", "W2"), ag.gradients(loss, [W1, W2])))
    blind = ag.compare(loss, found).blind
    assert "derivative twice" not in str(blind)
    assert blind.shown == blind.total > 10


@pytest.mark.parametrize("activation", [np.tanh, ag.relu, ag.sigmoid])
@pytest.mark.parametrize("operation", [np.matmul, np.multiply])
def test_the_value_before_an_activation_in_a_product_is_named(activation, operation):
    rng = np.random.default_rng(0)
    X, g = rng.normal(size=(7, 4)), rng.normal(size=(7, 5))
    W1 = ag.Tensor(rng.normal(size=(4, 5)), requires_grad=True, name="W1")
    W2 = ag.Tensor(rng.normal(size=(5, 5) if operation is np.matmul else (7, 5)), name="W2",
                   requires_grad=True)  # fmt: skip
    z1 = X @ W1
    h1 = activation(z1)
    loss = np.sum(operation(h1, W2) * g)
    manual = z1.numpy().T @ g if operation is np.matmul else z1.numpy() * g
    report = ag.compare(loss, {"W2": manual})
    assert report.summary.startswith("in dW2: z1 stands where h1 belongs")


def test_one_of_the_copies_that_broadcasting_makes_is_named():
    """Grouped queries: two heads share their keys, whose gradient is a sum over them."""
    q, k = RNG.normal(size=(2, 3, 4)), parameter(1, 5, 4)
    g = RNG.normal(size=(2, 3, 5))
    loss = np.sum(g * (q @ np.swapaxes(k, -1, -2)))
    dk = np.swapaxes(g, -1, -2) @ q
    assert "only the first of the 2 copies" in said(loss, {"k": dk[:1]})


def test_a_derivative_that_is_taken_at_another_tensor_is_named():
    X, W1, W2 = RNG.normal(size=(6, 3)), parameter(3, 4), parameter(4, 4)
    z1 = X @ W1
    a1 = np.tanh(z1)
    z2 = a1 @ W2
    loss = np.sum(z2**2) / 2
    dz1 = z2.numpy() @ W2.numpy().T * (1 - np.tanh(z2.numpy()) ** 2)
    summary = said(loss, {"W1": X.T @ dz1, "W2": a1.numpy().T @ z2.numpy()})
    assert "the derivative of tanh is taken at z2, where z1 belongs" in summary


@pytest.mark.parametrize("shared", [False, True])
def test_another_factor_of_the_same_step_is_named(shared):
    """A gate r multiplies U h, and its error is made with h."""
    X, Q, steps = RNG.normal(size=(4, 2, 3)), RNG.normal(size=(2, 4)), []
    P = {k: parameter(3, 4, scale=0.6) for k in ("Wr", "Wn")} | {"Un": parameter(4, 4, scale=0.6)}
    h = RNG.normal(size=(2, 4))
    for x in X:
        r, u = ag.sigmoid(x @ P["Wr"]), h @ P["Un"]
        n = np.tanh(x @ P["Wn"] + r * u)
        steps.append([a.numpy() if isinstance(a, ag.Tensor) else a for a in (x, h, r, u, n)])
        h = n + 0.5 * h
    loss, dh = np.sum(h * Q), Q
    G = {k: np.zeros(p.shape) for k, p in P.items()}
    for x, before, r, u, n in reversed(steps):
        dn = dh * (1 - n**2)
        dr = dn * (u if shared else before) * r * (1 - r)
        du = dn * (u if shared else r)
        G["Wr"] += x.T @ dr
        G["Wn"] += x.T @ dn
        G["Un"] += before.T @ du
        dh = 0.5 * dh + du @ P["Un"].numpy().T
    summary = said(loss, G, P)
    named = r"stands where \(... @ Un\) belongs" if not shared else "stands where sigmoid"
    assert re.search(f"at all 4 .*steps.*{named}", summary)


def test_a_derivative_with_the_state_of_the_step_before_is_named():
    X, W, U, states = RNG.normal(size=(4, 2, 3)), parameter(3, 4), parameter(4, 4), []
    h = np.zeros((2, 4))
    for x in X:
        before, h = h, np.tanh(x @ W + h @ U)
        states.append((x, np.asarray(getattr(before, "data", before)), h.numpy()))
    loss, dh = np.sum(h**2) / 2, h.numpy()
    dW, dU = np.zeros((3, 4)), np.zeros((4, 4))
    for x, before, _ in reversed(states):
        dz = dh * (1 - before**2)
        dW += x.T @ dz
        dU += before.T @ dz
        dh = dz @ U.numpy().T
    assert "of the previous step" in said(loss, {"W": dW, "U": dU})


def test_the_sign_of_what_is_carried_alone_is_named():
    """An adjoint equation in which the Jacobian's term has the wrong sign."""
    u0, p = ag.Tensor([1.2, 0.8], requires_grad=True), ag.Tensor([1.5, 1.0], requires_grad=True)
    u, us, dt = u0, [], 0.1
    for _ in range(4):
        us.append(u.numpy())
        u = u + dt * np.stack([p[0] * u[0] - u[0] * u[1], u[0] * u[1] - p[1] * u[1]])
    loss, lam, dp = np.sum(u**2) / 2, u.numpy(), np.zeros(2)
    a, c = p.numpy()
    for x, y in reversed(us):
        dp += dt * np.array([x * lam[0], -y * lam[1]])
        lam = lam - dt * np.array([[a - y, -x], [y, x - c]]).T @ lam
    report = ag.compare(loss, {"u0": lam, "p": dp}, names={"u0": u0, "p": p})
    assert "the sign is wrong" in report.summary
    assert "is the negative of the gradient" not in report.summary


def test_a_factor_without_a_name_is_missing_in_the_code():
    y = np.array([1.0, 0, 1, 0, 1])

    def loss(z, y):
        return np.log1p(np.exp(-(2 * y - 1) * z))

    def by_hand(z, y):
        return -1 / (1 + np.exp((2 * y - 1) * z))

    z = np.array([0.4, -0.6, 2.0, 1.1, -0.3])
    summary = ag.compare_function(loss, by_hand, z, args=(y,)).summary
    assert "2 * y - 1" in summary
    ts = np.linspace(0, 1, 5)
    curve = ag.compare_function(
        lambda p: p[0] * np.exp(p[1] * ts),
        lambda p: np.stack([np.exp(p[1] * ts), ts * np.exp(p[1] * ts)], 1),
        np.array([1.5, -0.8]),
    )
    assert "the factor p[0] is missing" in curve.summary


def test_the_slope_of_an_activation_that_is_not_there_is_named():
    """The output is linear, and its error out - y is in the loss too."""
    X, y, W1, W2 = RNG.normal(size=(9, 4)), RNG.random((9, 1)), parameter(4, 5), parameter(5, 1)
    h = ag.sigmoid(X @ W1)
    out = h @ W2
    loss = np.sum((out - y) ** 2) / 2
    d2 = (out.numpy() - y) * out.numpy() * (1 - out.numpy())
    d1 = d2 @ W2.numpy().T * h.numpy() * (1 - h.numpy())
    summary = said(loss, {"W1": X.T @ d1, "W2": h.numpy().T @ d2})
    assert summary.startswith("in dout: it is multiplied by out * (1 - out)")
