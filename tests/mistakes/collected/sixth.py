"""A fourth set, of networks and likelihoods: what was asked about in threads, in other forms."""

import numpy as np

import autograd_lite as ag

from . import mistake, plain, program, sigmoid, tensor

ts = np.linspace(0.2, 2.2, 8)
seen = np.array([0.9, 1.4, 0.6, 2.0, 1.6, 0.7, 1.2, 2.4])
score = np.linspace(-1.2, 1.7, 8)


@program
def output_fed_back():
    rng = np.random.default_rng(20)
    W, U, V = (tensor(rng.normal(size=s) * 0.6) for s in ((2, 4), (3, 4), (4, 3)))
    X, Y = rng.normal(size=(4, 2, 2)), rng.normal(size=(4, 2, 3))
    y, loss, cache = np.zeros((2, 3)), 0.0, []
    for t in range(4):
        before = plain(y)
        h = ag.sigmoid(X[t] @ W + y @ U)
        y = h @ V
        cache.append((before, plain(h), plain(y)))
        loss = loss + np.sum((y - Y[t]) ** 2) / 2
    dW, dU, dV, dy_next = np.zeros((2, 4)), np.zeros((3, 4)), np.zeros((4, 3)), np.zeros((2, 3))
    for t in reversed(range(4)):
        before, h, out = cache[t]
        dy = out - Y[t] + dy_next
        dV += h.T @ dy
        dz = dy @ V.numpy().T * h * (1 - h)
        dW += X[t].T @ dz
        dU += before.T @ dz
        dy_next = dz @ U.numpy().T
    return loss, {"W": W, "U": U, "V": V}, {"W": dW, "U": dU, "V": dV}


mistake(output_fed_back, " + dy_next\n", "\n", r"not passed back|path|step")
mistake(output_fed_back, "dU += before.T @ dz", "dU += out.T @ dz", r"step|stands where|state")
mistake(
    output_fed_back,
    "dz = dy @ V.numpy().T * h * (1 - h)",
    "dz = dy @ V.numpy().T * (1 - h**2)",
    r"sigmoid.*tanh|1 - .*\^2",
)
mistake(
    output_fed_back,
    "dy = out - Y[t] + dy_next",
    "dy = Y[t] - out + dy_next",
    r"sign|minus|negative",
)


@program
def simple_gate():
    rng = np.random.default_rng(21)
    X, Q = rng.normal(size=(5, 3, 2)), rng.normal(size=(3, 3))
    Wf, Uf, Wc = (tensor(rng.normal(size=s) * 0.7) for s in ((2, 3), (3, 3), (2, 3)))
    bf = tensor(rng.normal(size=3))
    c, cache = np.zeros((3, 3)), []
    for t in range(5):
        before = plain(c)
        f = ag.sigmoid(X[t] @ Wf + c @ Uf + bf)
        g = np.tanh(X[t] @ Wc)
        c = f * c + (1 - f) * g
        cache.append((before, plain(f), plain(g)))
    loss = np.sum(c * Q)
    dWf, dUf, dWc, dbf = np.zeros((2, 3)), np.zeros((3, 3)), np.zeros((2, 3)), np.zeros(3)
    dc = Q
    for t in reversed(range(5)):
        before, f, g = cache[t]
        df = dc * (before - g) * f * (1 - f)
        dg = dc * (1 - f) * (1 - g**2)
        dWf += X[t].T @ df
        dUf += before.T @ df
        dbf += df.sum(0)
        dWc += X[t].T @ dg
        dc = dc * f + df @ Uf.numpy().T
    names = {"Wf": Wf, "Uf": Uf, "Wc": Wc, "bf": bf}
    return loss, names, {"Wf": dWf, "Uf": dUf, "Wc": dWc, "bf": dbf}


mistake(simple_gate, "dc * (before - g) * f", "dc * before * f", r"1 - |path|\bg\b|tanh|left out")
mistake(simple_gate, "dg = dc * (1 - f) *", "dg = dc * f *", r"1 - |stands where|sigmoid")
mistake(simple_gate, " + df @ Uf.numpy().T", "", r"not passed back|path|Uf")
mistake(simple_gate, "dbf += df.sum(0)", "dbf += df.mean(0)", r"mean|1/3")
mistake(simple_gate, "range(5)):", "range(1, 5)):", r"step|first|path|left out")


@program
def two_convolutions():
    rng = np.random.default_rng(22)
    x, K, M = (tensor(rng.normal(size=s) * 0.5) for s in ((2, 1, 6, 6), (3, 1, 3, 3), (2, 3, 2, 2)))
    Q, b = rng.normal(size=(2, 2, 3, 3)), tensor(rng.normal(size=3))
    a = ag.relu(ag.conv(x, K) + b[:, None, None])
    z = ag.conv(a, M)
    loss = np.sum(z * Q)
    av, xv = a.numpy(), x.numpy()
    dM, da = np.zeros(M.shape), np.zeros(a.shape)
    for i in range(3):
        for j in range(3):
            dM += np.einsum("no,nchw->ochw", Q[:, :, i, j], av[:, :, i : i + 2, j : j + 2])
            da[:, :, i : i + 2, j : j + 2] += np.einsum("no,ochw->nchw", Q[:, :, i, j], M.numpy())
    dz1 = da * (av > 0)
    dK = np.zeros(K.shape)
    for i in range(4):
        for j in range(4):
            dK += np.einsum("no,nchw->ochw", dz1[:, :, i, j], xv[:, :, i : i + 3, j : j + 3])
    names = {"x": x, "K": K, "M": M, "b": b, "a": a, "z": z}
    return loss, names, {"K": dK, "M": dM, "b": dz1.sum((0, 2, 3))}


mistake(two_convolutions, "dz1 = da * (av > 0)", "dz1 = da", r"relu")
mistake(
    two_convolutions,
    '"b": dz1.sum((0, 2, 3))',
    '"b": dz1.sum((0, 1, 2))[[0, 1, 2]]',
    r"ax[ie]s|order|sum",
)
mistake(
    two_convolutions,
    "da[:, :, i : i + 2, j : j + 2] += np",
    "da[:, :, i : i + 2, j : j + 2] = np",
    r"=.*\+=|overwrit|overlap",
)
mistake(
    two_convolutions,
    "Q[:, :, i, j], M.numpy())",
    "Q[:, :, i, j], M.numpy()[:, :, ::-1, ::-1])",
    r"flip|180|revers|turned",
)
mistake(
    two_convolutions, '"b": dz1.sum((0, 2, 3))', '"b": dz1.mean((0, 2, 3))', r"mean|1/32|\b32\b"
)


@program
def standardised():
    rng = np.random.default_rng(23)
    x, g, b = (
        tensor(rng.normal(size=(4, 5))),
        tensor(rng.random(5) + 0.5),
        tensor(rng.normal(size=5)),
    )
    Q = rng.normal(size=(4, 5))
    mu = np.mean(x, axis=1, keepdims=True)
    s = np.sqrt(np.var(x, axis=1, keepdims=True) + 1e-6)
    n = (x - mu) / s
    y = g * n + b
    loss = np.sum(np.tanh(y) * Q)
    dy = Q * (1 - np.tanh(y.numpy()) ** 2)
    nv, sv = n.numpy(), s.numpy()
    dn = dy * g.numpy()
    dx = (dn - dn.mean(1, keepdims=True) - nv * (dn * nv).mean(1, keepdims=True)) / sv
    names = {"x": x, "g": g, "b": b, "n": n, "y": y, "mu": mu, "s": s}
    return loss, names, {"x": dx, "g": np.sum(dy * nv, 0), "b": dy.sum(0)}


mistake(
    standardised,
    "(dn - dn.mean(1, keepdims=True) - nv * (dn * nv).mean(1, keepdims=True)) / sv",
    "(dn - dn.mean(0) - nv * (dn * nv).mean(0)) / sv",
    r"ax[ie]s",
)
mistake(standardised, "keepdims=True)) / sv", "keepdims=True)) / sv**2", r"squared|deviation|\bs\b")
mistake(standardised, '"g": np.sum(dy * nv, 0)', '"g": np.sum(dn * nv, 0)', r"\bg\b|twice|gain")


@program
def one_hidden_layer():
    rng = np.random.default_rng(24)
    X, y = rng.normal(size=(8, 3)), rng.integers(0, 2, (8, 1)) * 1.0
    A, B = tensor(rng.normal(size=(4, 4))), tensor(rng.normal(size=(5, 1)))
    X1 = np.concatenate([np.ones((8, 1)), X], 1)
    h = ag.sigmoid(X1 @ A)
    h1 = np.concatenate([np.ones((8, 1)), h], axis=1)
    p = ag.sigmoid(h1 @ B)
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + 0.1 / 16 * (
        np.sum(A[1:] ** 2) + np.sum(B[1:] ** 2)
    )
    d3 = p.numpy() - y
    hv, Av, Bv = h.numpy(), A.numpy(), B.numpy()
    d2 = (d3 @ Bv.T)[:, 1:] * hv * (1 - hv)
    dA, dB = X1.T @ d2 / 8, h1.numpy().T @ d3 / 8
    dA[1:] += 0.1 / 8 * Av[1:]
    dB[1:] += 0.1 / 8 * Bv[1:]
    return loss, {"A": A, "B": B, "h": h, "h1": h1, "p": p, "y": y}, {"A": dA, "B": dB}


mistake(one_hidden_layer, "dA[1:] += 0.1 / 8 * Av[1:]", "dA += 0.1 / 8 * Av", r"regulari|penalt")
mistake(
    one_hidden_layer,
    "dA[1:] += 0.1 / 8 * Av[1:]",
    "dA[1:] += 0.1 * Av[1:]",
    r"regulari.*(8|1/N)|(8|N).*regulari",
)
mistake(
    one_hidden_layer,
    "(d3 @ Bv.T)[:, 1:]",
    "(d3 @ Bv.T)[:, :-1]",
    r"slice|\[1:\]|piece|shift|:4|places",
)
mistake(
    one_hidden_layer,
    "* hv * (1 - hv)",
    "* sigmoid(hv) * (1 - sigmoid(hv))",
    r"sigmoid|twice|output",
)
mistake(
    one_hidden_layer,
    "d3 = p.numpy() - y",
    "d3 = (p.numpy() - y) * p.numpy() * (1 - p.numpy())",
    r"p \* \(1 - p\)|cancel|sigmoid|twice",
)


@program
def tied_autoencoder():
    rng = np.random.default_rng(25)
    X, W = rng.random((6, 5)), tensor(rng.normal(size=(5, 3)))
    a, b = tensor(rng.normal(size=3)), tensor(rng.normal(size=5))
    h = ag.sigmoid(X @ W + a)
    r = ag.sigmoid(h @ W.T + b)
    loss = np.sum((r - X) ** 2) / 2
    hv, rv = h.numpy(), r.numpy()
    dr = (rv - X) * rv * (1 - rv)
    dh = dr @ W.numpy() * hv * (1 - hv)
    dW = X.T @ dh + dr.T @ hv
    return loss, {"W": W, "a": a, "b": b, "h": h, "r": r}, {"W": dW, "a": dh.sum(0), "b": dr.sum(0)}


mistake(tied_autoencoder, " + dr.T @ hv", "", r"use|path|left out|twice")
mistake(tied_autoencoder, "X.T @ dh + dr.T @ hv", "X.T @ dh - dr.T @ hv", r"sign|minus")
mistake(tied_autoencoder, '"a": dh.sum(0)', '"a": dh.sum(1)[:3]', r"ax[ie]s|sum|order|bias|rows")
mistake(tied_autoencoder, "dr = (rv - X) * rv * (1 - rv)", "dr = (rv - X)", r"sigmoid")


@program
def negative_samples():
    rng = np.random.default_rng(26)
    V, U = tensor(rng.normal(size=(6, 3))), tensor(rng.normal(size=(6, 3)))
    c, o, neg = 2, 4, np.array([0, 1, 1, 5])
    pos, n = V[c] @ U[o], U[neg] @ V[c]
    loss = -ag.log_sigmoid(pos) - np.sum(ag.log_sigmoid(-n))
    v, u = V.numpy()[c], U.numpy()
    gp, gn = sigmoid(pos.numpy()) - 1, sigmoid(n.numpy())
    dV, dU = np.zeros((6, 3)), np.zeros((6, 3))
    dV[c] = gp * u[o] + gn @ u[neg]
    dU[o] += gp * v
    np.add.at(dU, neg, gn[:, None] * v)
    return loss, {"V": V, "U": U, "pos": pos, "n": n}, {"V": dV, "U": dU}


mistake(
    negative_samples,
    "np.add.at(dU, neg, gn[:, None] * v)",
    "dU[neg] += gn[:, None] * v",
    r"add\.at|overwrit|repeat",
)
mistake(
    negative_samples,
    "gp, gn = sigmoid(pos.numpy()) - 1, sig",
    "gp, gn = sigmoid(pos.numpy()), sig",
    r"label|- 1|target|sign|pos",
)
mistake(negative_samples, "gp * u[o] + gn @ u[neg]", "gp * u[o]", r"path|use|left out|\bn\b|neg")


@program
def frailty():
    rng = np.random.default_rng(27)
    X, y, d = rng.normal(size=(9, 2)), rng.random(9) + 0.2, (rng.random(9) < 0.7) * 1.0
    w, ls = tensor(rng.normal(size=2) * 0.5), tensor(-0.3)
    s = np.exp(ls)
    z = (np.log(y) - X @ w) / s
    loss = -np.sum(d * (z - ls) - np.exp(z))
    zv, sv = z.numpy(), np.exp(-0.3)
    dz = np.exp(zv) - d
    return (
        loss,
        {"w": w, "ls": ls, "z": z, "s": s, "d": d},
        {"w": -X.T @ dz / sv, "ls": d.sum() - np.sum(dz * zv)},
    )


mistake(frailty, '"w": -X.T @ dz / sv', '"w": -X.T @ dz', r"\bs\b|divi")
mistake(frailty, "d.sum() - np.sum(dz * zv)", "-np.sum(dz * zv)", r"\bls\b|path|term|left out")
mistake(frailty, "dz = np.exp(zv) - d", "dz = d * np.exp(zv) - d", r"\bd\b")
mistake(
    frailty,
    "d.sum() - np.sum(dz * zv)}",
    "(d.sum() - np.sum(dz * zv)) / sv}",
    r"\bs\b|by s|exp|log",
)


@program
def weighted_factors():
    rng = np.random.default_rng(28)
    U, V = tensor(rng.normal(size=(4, 2))), tensor(rng.normal(size=(5, 2)))
    a, b, R = tensor(rng.normal(size=4)), tensor(rng.normal(size=5)), rng.normal(size=(4, 5))
    M = (rng.random((4, 5)) < 0.6) * 1.0
    e = M * (R - U @ V.T - a[:, None] - b)
    loss = np.sum(e**2) + 0.3 * (np.sum(U**2) + np.sum(V**2))
    ev, u, v = e.numpy(), U.numpy(), V.numpy()
    return (
        loss,
        {"U": U, "V": V, "a": a, "b": b, "M": M, "e": e},
        {
            "U": -2 * ev @ v + 0.6 * u,
            "V": -2 * ev.T @ u + 0.6 * v,
            "a": -2 * ev.sum(1),
            "b": -2 * ev.sum(0),
        },
    )


mistake(
    weighted_factors,
    '"U": -2 * ev @ v + 0.6 * u',
    '"U": -2 * ev @ v + 0.3 * u',
    r"regulari.*(1/2|2)",
)
mistake(weighted_factors, '"a": -2 * ev.sum(1)', '"a": 2 * ev.sum(1)', r"sign|negative|minus")
mistake(
    weighted_factors,
    '"V": -2 * ev.T @ u + 0.6 * v',
    '"V": -2 * ev.T @ u - 0.6 * v',
    r"regulari.*(sign|-1)",
)
mistake(
    weighted_factors,
    "ev, u, v = e.numpy()",
    "ev, u, v = R - U.numpy() @ V.numpy().T - a.numpy()[:, None] - b.numpy()",
    r"\bM\b|mask",
)


@program
def advantage():
    rng = np.random.default_rng(29)
    X, a, G = rng.normal(size=(6, 3)), rng.integers(0, 2, 6), rng.normal(size=6)
    P, v = tensor(rng.normal(size=(3, 2))), tensor(rng.normal(size=3))
    logits, value = X @ P, X @ v
    adv = G - value.numpy()
    lp = ag.log_softmax(logits)
    p = np.exp(lp)
    ent = -np.sum(p * lp, axis=1)
    loss = np.mean(-lp[np.arange(6), a] * adv - 0.01 * ent) + 0.5 * np.mean((G - value) ** 2)
    pv, L = p.numpy(), lp.numpy()
    d = (pv - np.eye(2)[a]) * adv[:, None]
    d = (d + 0.01 * pv * (L + ent.numpy()[:, None])) / 6
    names = {"P": P, "v": v, "logits": logits, "value": value, "ent": ent, "adv": adv, "lp": lp}
    return loss, names, {"P": X.T @ d, "v": -X.T @ adv / 6}


mistake(advantage, "* adv[:, None]", "* G[:, None]", r"\bG\b|adv")
mistake(advantage, '"v": -X.T @ adv / 6', '"v": X.T @ adv / 6', r"sign|negative|minus")
mistake(advantage, "(L + ent.numpy()[:, None])", "L", r"entropy|\bent\b|softmax|left out|term")
mistake(advantage, "d = (pv - np.eye(2)[a])", "d = (np.eye(2)[a] - pv)", r"sign|negative|minus")


# --- functions ----------------------------------------------------------------------------------


@program
def huber_like():
    def loss(s, y):
        r = s - y
        return 1.5**2 * (np.sqrt(1 + (r / 1.5) ** 2) - 1)

    def objective(s, y):
        r = s - y
        k = 1 + (r / 1.5) ** 2
        return r / np.sqrt(k), 1 / (k * np.sqrt(k))

    return ag.compare_function(loss, objective, score, hess_diag=True, args=(seen,))


mistake(huber_like, "1 / (k * np.sqrt(k))", "1 / np.sqrt(k)", r"\bk\b|path|power|divi")
mistake(huber_like, "return r / np.sqrt(k),", "return r / k,", r"sqrt|root|\bk\b")
mistake(huber_like, "r = s - y\n        k", "r = y - s\n        k", r"sign|negative|minus")
mistake(huber_like, "k = 1 + (r / 1.5) ** 2", "k = 1 + r**2 / 1.5", r"1\.5|r / 1\.5|square")


@program
def michaelis():
    def residuals(p):
        return p[0] * ts ** p[2] / (p[1] ** p[2] + ts ** p[2]) - seen

    def jac(p):
        a, k = ts ** p[2], p[1] ** p[2]
        den = k + a
        by_n = p[0] * a * k * (np.log(ts) - np.log(p[1])) / den**2
        return np.stack([a / den, -p[0] * a * k * p[2] / p[1] / den**2, by_n], axis=1)

    return ag.compare_function(residuals, jac, np.array([1.4, 0.9, 1.6]))


mistake(michaelis, "k * p[2] / p[1] / den**2", "k * p[2] / den**2", r"p\[1\]")
mistake(
    michaelis,
    "(np.log(ts) - np.log(p[1]))",
    "np.log(ts)",
    r"log\(p\[1\]\)|term|ts / p\[1\] belongs",
)
mistake(michaelis, "-p[0] * a * k * p[2] / p[1] / den**2", "-p[0] * a / den**2", r"k|p\[2\]|factor")
mistake(michaelis, "by_n = p[0] * a * k", "by_n = p[0] * a", r"\bk\b|p\[1\] \*\* p\[2\]")


@program
def pendulum():
    def residuals(p):
        q, v, out = p[0], 0.0, []
        for t in range(8):
            v = v - 0.1 * (p[1] * np.sin(q) + p[2] * v)
            q = q + 0.1 * v
            out.append(q - 0.1 * seen[t])
        return np.stack(out)

    def jac(p):
        q, v, rows = p[0], 0.0, []
        dq, dv = np.array([1.0, 0, 0]), np.zeros(3)
        for _ in range(8):
            own = np.array([0, np.sin(q), v])
            dv = dv - 0.1 * (own + p[1] * np.cos(q) * dq + p[2] * dv)
            v = v - 0.1 * (p[1] * np.sin(q) + p[2] * v)
            q = q + 0.1 * v
            dq = dq + 0.1 * dv
            rows.append(dq)
        return np.stack(rows)

    return ag.compare_function(residuals, jac, np.array([0.6, 1.2, 0.3]))


mistake(pendulum, "p[1] * np.cos(q) * dq", "p[1] * dq", r"cos|sin")
mistake(pendulum, " + p[2] * dv)", ")", r"p\[2\]|path|dv|\bv\b")
mistake(pendulum, "dq = dq + 0.1 * dv", "dq = dq + dv", r"0\.1")


@program
def rotated():
    A = np.array([[2.0, 0.5], [0.3, 1.0]])

    def loss(x):
        d = x - np.array([1.0, 2.0])
        return d @ A @ d + np.sum(np.sin(x)) * np.exp(-x @ x / 2)

    def gradient(x):
        d = x - np.array([1.0, 2.0])
        w = np.exp(-x @ x / 2)
        return (A + A.T) @ d + np.cos(x) * w - np.sum(np.sin(x)) * w * x

    return ag.compare_function(loss, gradient, np.array([0.4, -0.7]))


mistake(rotated, "(A + A.T) @ d", "2 * A @ d", r"A\.T|A \+|symmetric|transpose|quadratic")
mistake(rotated, " - np.sum(np.sin(x)) * w * x", "", r"product|path|term|left out|use")
mistake(rotated, "np.cos(x) * w -", "np.cos(x) -", r"\bw\b|exp")
mistake(rotated, "- np.sum(np.sin(x)) * w * x", "- np.sin(x) * w * x", r"\bsum\b")


@program
def ordered_scores():
    i, j = np.triu_indices(8, 1)
    sign = np.sign(seen[i] - seen[j])

    def loss(s):
        return np.sum(np.log(1 + np.exp(-sign * (s[i] - s[j]))))

    def gradient(s):
        lam = -sign / (1 + np.exp(sign * (s[i] - s[j])))
        g = np.zeros(8)
        np.add.at(g, i, lam)
        np.add.at(g, j, -lam)
        return g

    return ag.compare_function(loss, gradient, score)


mistake(ordered_scores, "np.add.at(g, j, -lam)", "pass", r"s\[j\]|path|use|left out")
mistake(ordered_scores, "np.add.at(g, j, -lam)", "np.add.at(g, j, lam)", r"sign|minus")
mistake(
    ordered_scores,
    "lam = -sign / (1",
    "lam = -1 / (1",
    r"\bsign\b|factor c \(the constant array of shape \(28",
)
mistake(ordered_scores, "np.add.at(g, i, lam)", "g[i] += lam", r"add\.at|overwrit|repeat|=.*\+=")
