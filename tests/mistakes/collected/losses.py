"""Mistakes in losses and likelihoods: classes, ranks, distances, counts, mixtures."""

import numpy as np

import autograd_lite as ag

from . import mistake, program, sigmoid, softmax, tensor

# --- classes ------------------------------------------------------------------------------------


@program
def smoothed_labels():
    rng = np.random.default_rng(0)
    X, W, y = rng.normal(size=(6, 4)), tensor(rng.normal(size=(4, 3))), rng.integers(0, 3, 6)
    onehot = np.eye(3)[y]
    target = 0.9 * onehot + 0.1 / 3
    z = X @ W
    loss = -np.sum(target * ag.log_softmax(z)) / 6
    dz = (softmax(z.numpy()) - target) / 6
    return loss, {"W": W, "z": z, "onehot": onehot, "target": target}, {"W": X.T @ dz}


mistake(smoothed_labels, "softmax(z.numpy()) - target", "softmax(z.numpy()) - onehot",
        r"onehot|target|smooth|label")  # fmt: skip
mistake(smoothed_labels, "softmax(z.numpy()) - target", "softmax(z.numpy()) - 0.9 * onehot",
        r"target|0\.0333|smooth|label")  # fmt: skip


@program
def distillation():
    rng = np.random.default_rng(1)
    X, W, T = rng.normal(size=(6, 4)), tensor(rng.normal(size=(4, 3))), 2.5
    q = softmax(rng.normal(size=(6, 3)))
    z = X @ W
    loss = -T * T * np.sum(q * ag.log_softmax(z / T)) / 6
    dz = T * (softmax(z.numpy() / T) - q) / 6
    return loss, {"W": W, "z": z, "q": q}, {"W": X.T @ dz}


mistake(distillation, "T * (softmax(z.numpy() / T) - q)", "T * T * (softmax(z.numpy() / T) - q)",
        r"2\.5")  # fmt: skip
mistake(
    distillation, "softmax(z.numpy() / T) - q", "softmax(z.numpy()) - q", r"z / |2\.5|temperature"
)


@program
def class_weights():
    rng = np.random.default_rng(2)
    X, W, y = (
        rng.normal(size=(7, 4)),
        tensor(rng.normal(size=(4, 3))),
        np.array([0, 1, 2, 0, 0, 1, 0]),
    )
    weights = np.array([0.5, 2.0, 3.0])[y]
    z = X @ W
    nll = -ag.log_softmax(z)[np.arange(7), y]
    loss = np.sum(weights * nll) / weights.sum()
    dz = (softmax(z.numpy()) - np.eye(3)[y]) * weights[:, None] / weights.sum()
    return loss, {"W": W, "z": z, "weights": weights}, {"W": X.T @ dz}


mistake(class_weights, "* weights[:, None] / weights.sum()", "/ weights.sum()", r"weights")
mistake(
    class_weights, "weights[:, None] / weights.sum()", "weights[:, None] / 7", r"9|divi|/7|1\.28"
)


@program
def focal():
    rng = np.random.default_rng(3)
    X, W, y = rng.normal(size=(8, 4)), tensor(rng.normal(size=4)), rng.integers(0, 2, 8) * 1.0
    p = ag.sigmoid(X @ W)
    pt = y * p + (1 - y) * (1 - p)
    loss = -np.sum((1 - pt) ** 2 * np.log(pt))
    P, pv = pt.numpy(), p.numpy()
    dpt = 2 * (1 - P) * np.log(P) - (1 - P) ** 2 / P
    dz = dpt * (2 * y - 1) * pv * (1 - pv)
    return loss, {"W": W, "p": p, "pt": pt}, {"W": X.T @ dz}


mistake(focal, "2 * (1 - P) * np.log(P) - (1 - P) ** 2 / P", "-((1 - P) ** 2) / P",
        r"constant|left out|missing")  # fmt: skip
mistake(focal, "dpt * (2 * y - 1) * pv", "dpt * pv", r"sign|2 \* y - 1|label|y\b")
mistake(focal, "2 * (1 - P) * np.log(P)", "(1 - P) * np.log(P)", r"\b2\b|half")


@program
def dice():
    rng = np.random.default_rng(4)
    X, W, y = rng.normal(size=(9, 4)), tensor(rng.normal(size=4)), (rng.random(9) < 0.4) * 1.0
    p = ag.sigmoid(X @ W)
    top, bottom = 2 * np.sum(p * y), np.sum(p) + y.sum()
    loss = 1 - top / bottom
    a, b, pv = top.numpy(), bottom.numpy(), p.numpy()
    dp = -2 * y / b + a / b**2
    return loss, {"W": W, "p": p, "top": top, "bottom": bottom}, {"W": X.T @ (dp * pv * (1 - pv))}


mistake(dice, "-2 * y / b + a / b**2", "-2 * y / b", r"bottom|quotient|constant|left out")
mistake(dice, "a / b**2", "a / b", r"bottom|square")
mistake(dice, "-2 * y / b + a", "-2 * y / b - a", r"sign|minus")


@program
def squared_hinge():
    rng = np.random.default_rng(5)
    X, W, y = rng.normal(size=(9, 4)), tensor(rng.normal(size=4)), np.sign(rng.normal(size=9))
    margin = np.maximum(0, 1 - y * (X @ W))
    loss = np.sum(margin**2) / 2 + 0.05 * np.sum(W**2)
    m = margin.numpy()
    dW = -X.T @ (y * m) + 0.1 * W.numpy()
    return loss, {"W": W, "margin": margin}, {"W": dW}


mistake(squared_hinge, "(y * m)", "(y * (m > 0))", r"margin|square|relu mask replaces")
mistake(squared_hinge, "+ 0.1 * W", "+ 0.05 * W", r"regulari[sz]er.*(1/2|half)")
mistake(squared_hinge, "-X.T @ (y * m)", "-X.T @ m", r"\by\b|label|the factor c ")

# --- pairs --------------------------------------------------------------------------------------


@program
def contrastive():
    rng = np.random.default_rng(6)
    A, B, tau = tensor(rng.normal(size=(5, 3))), tensor(rng.normal(size=(5, 3))), 0.5
    S = A @ B.T / tau
    rows, columns = ag.log_softmax(S), ag.log_softmax(S.T)
    i = np.arange(5)
    loss = -(np.sum(rows[i, i]) + np.sum(columns[i, i])) / 10
    s = S.numpy()
    dS = (softmax(s) - np.eye(5) + softmax(s, 0) - np.eye(5)) / 10
    dA, dB = dS @ B.numpy() / tau, dS.T @ A.numpy() / tau
    return loss, {"A": A, "B": B, "S": S, "rows": rows, "columns": columns}, {"A": dA, "B": dB}


mistake(contrastive, " + softmax(s, 0) - np.eye(5)", "", r"columns|S\.T|path|left out")
mistake(contrastive, "dS @ B.numpy() / tau, dS.T @ A.numpy() / tau",
        "dS @ B.numpy(), dS.T @ A.numpy()",
        r"0\.5")  # fmt: skip
mistake(contrastive, "dS.T @ A", "dS @ A", r"transpose")
mistake(contrastive, "softmax(s, 0)", "softmax(s)", r"axis|columns|transpose|S\.T")


@program
def neighbours():
    rng = np.random.default_rng(7)
    Y, P = tensor(rng.normal(size=(6, 2))), rng.random((6, 6))
    P = (P + P.T) * (1 - np.eye(6))
    P = P / P.sum()
    diff = Y[:, None] - Y[None]
    num = (1 - np.eye(6)) / (1 + np.sum(diff**2, axis=2))
    q = num / np.sum(num)
    loss = -np.sum(P * np.log(q + np.eye(6)))
    pull = (P - q.numpy()) * num.numpy()
    dY = 4 * np.sum(pull[:, :, None] * diff.numpy(), axis=1)
    return loss, {"Y": Y, "q": q, "num": num, "P": P}, {"Y": dY}


mistake(neighbours, "(P - q.numpy()) * num.numpy()", "(P - q.numpy())", r"num|1 \+")
mistake(neighbours, "dY = 4 *", "dY = 2 *", r"1/2|half|\b2\b")
mistake(
    neighbours,
    "(P - q.numpy()) * num.numpy()",
    "P * num.numpy()",
    r"\bq\b|normali[sz]|sum|constant",
)


@program
def distances():
    rng = np.random.default_rng(8)
    Y, D = tensor(rng.normal(size=(5, 2))), np.triu(rng.random((5, 5)) + 1, 1)
    i, j = np.triu_indices(5, 1)
    diff = Y[i] - Y[j]
    d = np.sqrt(np.sum(diff**2, axis=1))
    loss = np.sum((d - D[i, j]) ** 2) / 2
    r, dv = d.numpy() - D[i, j], d.numpy()
    pull = (r / dv)[:, None] * diff.numpy()
    dY = np.zeros((5, 2))
    np.add.at(dY, i, pull)
    np.add.at(dY, j, -pull)
    return loss, {"Y": Y, "d": d, "diff": diff}, {"Y": dY}


mistake(distances, "(r / dv)", "r", r"\bd\b|divi|root|norm|distance")
mistake(distances, "np.add.at(dY, j, -pull)", "pass", r"path|left out|use|missing")
mistake(distances, "np.add.at(dY, j, -pull)", "np.add.at(dY, j, pull)", r"sign|minus")


@program
def ranks():
    rng = np.random.default_rng(9)
    U, V = tensor(rng.normal(size=(4, 3))), tensor(rng.normal(size=(6, 3)))
    u, i, j = np.array([0, 1, 2, 3, 0]), np.array([1, 2, 3, 4, 5]), np.array([5, 0, 1, 2, 3])
    x = np.sum(U[u] * (V[i] - V[j]), axis=1)
    loss = -np.sum(np.log(ag.sigmoid(x))) + 0.01 * np.sum(U**2)
    g = -sigmoid(-x.numpy())[:, None]
    Uv, Vv = U.numpy(), V.numpy()
    dU, dV = 0.02 * Uv, np.zeros((6, 3))
    np.add.at(dU, u, g * (Vv[i] - Vv[j]))
    np.add.at(dV, i, g * Uv[u])
    np.add.at(dV, j, -g * Uv[u])
    return loss, {"U": U, "V": V, "x": x}, {"U": dU, "V": dV}


mistake(ranks, "-sigmoid(-x.numpy())", "-sigmoid(x.numpy())", r"sigmoid|1 - |sign")
mistake(ranks, "np.add.at(dV, j, -g * Uv[u])", "np.add.at(dV, j, g * Uv[u])", r"sign|minus")
mistake(
    ranks, "dU, dV = 0.02 * Uv", "dU, dV = 0.0 * Uv", r"regulari[sz]er.*(forgotten|missing|left)"
)
mistake(ranks, "np.add.at(dV, j, -g * Uv[u])", "pass", r"path|left out|missing|only the first use")

# --- counts, spreads, mixtures ------------------------------------------------------------------


@program
def exposures():
    rng = np.random.default_rng(10)
    X, w, y = rng.normal(size=(9, 3)), tensor(rng.normal(size=3) * 0.3), rng.integers(0, 5, 9)
    exposure = rng.random(9) + 0.5
    mu = exposure * np.exp(X @ w)
    loss = np.sum(mu - y * np.log(mu))
    return loss, {"w": w, "mu": mu, "exposure": exposure}, {"w": X.T @ (mu.numpy() - y)}


mistake(exposures, "mu.numpy() - y", "np.exp(X @ w.numpy()) - y", r"exposure")
mistake(
    exposures,
    "mu.numpy() - y",
    "mu.numpy() - exposure * y",
    r"exposure|derivative of log is taken at exp",
)


@program
def over_dispersed():
    rng = np.random.default_rng(11)
    X, w, y, r = (
        rng.normal(size=(9, 3)),
        tensor(rng.normal(size=3) * 0.3),
        rng.integers(0, 5, 9),
        1.7,
    )
    mu = np.exp(X @ w)
    loss = np.sum((y + r) * np.log(r + mu) - y * np.log(mu))
    m = mu.numpy()
    dz = r * (m - y) / (r + m)
    return loss, {"w": w, "mu": mu}, {"w": X.T @ dz}


mistake(over_dispersed, "r * (m - y) / (r + m)", "(m - y) / (r + m)", r"1\.7")
mistake(over_dispersed, "r * (m - y) / (r + m)", "m - y", r"r \+ mu|1\.7|left out|missing")


@program
def heavy_tails():
    rng = np.random.default_rng(12)
    X, w, y = rng.normal(size=(9, 3)), tensor(rng.normal(size=3)), rng.normal(size=9)
    s, nu = tensor(0.9), 4.0
    e = y - X @ w
    loss = np.sum(np.log(s) + (nu + 1) / 2 * np.log(1 + e**2 / (nu * s**2)))
    ev, sv = e.numpy(), s.numpy()
    a = (nu + 1) / (nu * sv**2 + ev**2)
    return (
        loss,
        {"w": w, "s": s, "e": e},
        {"w": -X.T @ (a * ev), "s": np.sum(1 / sv - a * ev**2 / sv)},
    )


mistake(heavy_tails, "(nu + 1) / (nu * sv**2", "nu / (nu * sv**2", r"4/5|0\.8|\b5\b|\b4\b")
mistake(heavy_tails, "np.sum(1 / sv - a", "np.sum(-a", r"log|left out|missing|9 / s")
mistake(heavy_tails, "a * ev**2 / sv)}", "a * ev**2)}", r"\bs\b")


@program
def mixture():
    rng = np.random.default_rng(13)
    x, logits, mu = rng.normal(size=(8, 1)), tensor(rng.normal(size=3)), tensor(rng.normal(size=3))
    logp = ag.log_softmax(logits) - (x - mu) ** 2 / 2
    loss = -np.sum(np.log(np.sum(np.exp(logp), axis=1)))
    r, pi = softmax(logp.numpy()), softmax(logits.numpy())
    dlogits = -(r.sum(0) - 8 * pi)
    dmu = -np.sum(r * (x - mu.numpy()), axis=0)
    return loss, {"logits": logits, "mu": mu, "logp": logp}, {"logits": dlogits, "mu": dmu}


mistake(mixture, "-(r.sum(0) - 8 * pi)", "-r.sum(0)", r"normaliser|softmax|constant|left out")
mistake(mixture, "-np.sum(r * (x - mu.numpy()), axis=0)", "-np.sum(x - mu.numpy(), axis=0)",
        r"factor|softmax|exp|normali[sz]|left out|missing|dlogp")  # fmt: skip
mistake(mixture, "-np.sum(r * (x - mu.numpy())", "-np.mean(r * (x - mu.numpy())", r"mean|1/8|1/N")


@program
def ratings():
    rng = np.random.default_rng(14)
    R, seen = rng.normal(size=(5, 6)), (rng.random((5, 6)) < 0.6) * 1.0
    U, V = tensor(rng.normal(size=(5, 2))), tensor(rng.normal(size=(6, 2)))
    a, b = tensor(rng.normal(size=(5, 1))), tensor(rng.normal(size=6))
    e = seen * (U @ V.T + a + b - R)
    loss = np.sum(e**2) / 2 + 0.1 / 2 * (np.sum(U**2) + np.sum(V**2))
    ev, Uv, Vv = e.numpy(), U.numpy(), V.numpy()
    grads = {"U": ev @ Vv + 0.1 * Uv, "V": ev.T @ Uv + 0.1 * Vv}
    grads |= {"a": ev.sum(1, keepdims=True), "b": ev.sum(0)}
    return loss, {"U": U, "V": V, "a": a, "b": b, "e": e, "seen": seen}, grads


mistake(ratings, "ev, Uv, Vv = e.numpy(), U.numpy(), V.numpy()",
        "Uv, Vv = U.numpy(), V.numpy(); ev = Uv @ Vv.T + a.numpy() + b.numpy() - R",
        r"seen|mask")  # fmt: skip
mistake(ratings, "ev.T @ Uv + 0.1 * Vv", "ev.T @ Uv + 0.1 * Vv * Vv", r"regulari[sz]er.*V")
mistake(ratings, '"b": ev.sum(0)', '"b": ev.sum(0) / 5', r"mean|1/5|1/N")


@program
def cox_of_events():
    rng = np.random.default_rng(15)
    X, w, d = (
        rng.normal(size=(8, 3)),
        tensor(rng.normal(size=3)),
        np.array([1.0, 0, 1, 1, 0, 1, 1, 0]),
    )
    f = X @ w
    e = np.exp(f)
    risk = np.cumsum(e[::-1])[::-1]
    loss = -np.sum(d * (f - np.log(risk)))
    ev, rv = e.numpy(), risk.numpy()
    df = -d + ev * np.cumsum(d / rv)
    return loss, {"w": w, "f": f, "risk": risk, "d": d}, {"w": X.T @ df}


mistake(cox_of_events, "ev * np.cumsum(d / rv)", "ev * np.cumsum((d / rv)[::-1])[::-1]",
        r"cumsum|cumulative|revers")  # fmt: skip
mistake(cox_of_events, "ev * np.cumsum(d / rv)", "ev * d / rv", r"cumsum|cumulative")
mistake(cox_of_events, "np.cumsum(d / rv)", "np.cumsum(1 / rv)", r"\bd\b")
