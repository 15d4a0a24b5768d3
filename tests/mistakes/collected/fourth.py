"""A third set of likelihoods, pairs, factors: losses with more than one term or distribution."""

import numpy as np
from scipy.special import digamma

import autograd_lite as ag
import autograd_lite.scipy.special as special

from . import mistake, program, sigmoid, softmax, tensor


@program
def mixture_density():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    A, M, S = (tensor(rng.normal(size=(3, 2)) * 0.5) for _ in range(3))
    logit, mu, ls = X @ A, X @ M, X @ S
    sd = np.exp(ls)
    u = (y[:, None] - mu) / sd
    logs = ag.log_softmax(logit) - ls - u**2 / 2
    loss = -np.sum(ag.logsumexp(logs, axis=1))
    r, pi, uv, sv = softmax(logs.numpy()), softmax(logit.numpy()), u.numpy(), sd.numpy()
    da, dm, ds = pi - r, -r * uv / sv, r * (1 - uv**2)
    names = {"A": A, "M": M, "S": S, "logit": logit, "mu": mu, "ls": ls, "sd": sd, "u": u}
    return loss, names, {"A": X.T @ da, "M": X.T @ dm, "S": X.T @ ds}


mistake(
    mixture_density,
    "-r * uv / sv, r",
    "-pi * uv / sv, r",
    r"responsib|logsumexp|softmax|stands where|pi\b|\blogs\b",
)
mistake(mixture_density, "-r * uv / sv, r", "-r * uv, r", r"\bsd\b|divi")
mistake(mixture_density, "r * (1 - uv**2)", "-r * uv**2", r"\bls\b|\b1\b|term|path|left out")
mistake(mixture_density, "da, dm, ds = pi - r,", "da, dm, ds = r - pi,", r"sign|negative|minus")


@program
def student():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(9, 3)), rng.normal(size=9)
    w, s, nu = tensor(rng.normal(size=3)), tensor(0.8), tensor(4.0)
    e = y - X @ w
    q = (e / s) ** 2
    half = (nu + 1) / 2
    loss = np.sum(half * np.log(1 + q / nu)) + 9 * np.log(s) + 4.5 * np.log(nu)
    loss = loss - 9 * (special.gammaln(half) - special.gammaln(nu / 2))
    ev, qv = e.numpy(), q.numpy()
    k = 5.0 / (4.0 + qv)
    dw = -X.T @ (k * ev) / 0.8**2
    ds = 9 / 0.8 - np.sum(k * qv) / 0.8
    dnu = np.sum(np.log(1 + qv / 4) / 2 - 2.5 * qv / 16 / (1 + qv / 4)) + 4.5 / 4
    dnu = dnu - 9 * (digamma(2.5) - digamma(2.0)) / 2
    return (
        loss,
        {"w": w, "s": s, "nu": nu, "e": e, "q": q, "half": half},
        {"w": dw, "s": ds, "nu": dnu},
    )


mistake(
    student,
    "dw = -X.T @ (k * ev) / 0.8**2",
    "dw = -X.T @ ev / 0.8**2",
    r"\bd?k\b|\bd?q\b|log|weight|divi|derivative",
)
mistake(
    student,
    "(digamma(2.5) - digamma(2.0)) / 2",
    "(digamma(2.5) - digamma(2.0))",
    r"\b2\b|twice|half|inner|gammaln",
)
mistake(student, " + 4.5 / 4\n", "\n", r"log\(nu\)|4\.5|term|path|left out")
mistake(student, "ds = 9 / 0.8 - np", "ds = -np", r"log\(s\)|\b9\b|term|path|left out")


@program
def counts():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(10, 3)) * 0.5, rng.integers(0, 6, 10) * 1.0
    w, r = tensor(rng.normal(size=3)), tensor(2.5)
    exposure = rng.random(10) + 0.5
    mu = exposure * np.exp(X @ w)
    ll = special.gammaln(y + r) - special.gammaln(r) + r * np.log(r) + y * np.log(mu)
    loss = -np.sum(ll - (y + r) * np.log(r + mu))
    m, rv = mu.numpy(), 2.5
    dw = X.T @ ((y + rv) * m / (rv + m) - y)
    t = digamma(y + rv) - digamma(rv) + np.log(rv) + 1 - np.log(rv + m) - (y + rv) / (rv + m)
    names = {"w": w, "r": r, "mu": mu, "exposure": exposure, "y": y}
    return loss, names, {"w": dw, "r": -np.sum(t)}


mistake(counts, "(y + rv) * m / (rv + m) - y", "m - y", r"\br\b|log|path|term|stands where")
mistake(
    counts,
    "np.log(rv) + 1 - np.log(rv + m)",
    "np.log(rv) - np.log(rv + m)",
    r"product|\b1\b|term|path|left out|\br\b",
)
mistake(
    counts, "t = digamma(y + rv) - digamma(rv)", "t = digamma(y + rv) + digamma(rv)", r"sign|minus"
)
mistake(counts, "m, rv = mu.numpy(), 2.5", "m, rv = np.exp(X @ w.numpy()), 2.5", r"exposure")


@program
def zero_inflated():
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(12, 3)), rng.integers(0, 4, 12) * 1.0
    w, v = tensor(rng.normal(size=3) * 0.5), tensor(rng.normal(size=3) * 0.5)
    eta, z = X @ w, X @ v
    lam, p = np.exp(eta), ag.sigmoid(z)
    zero = y == 0
    at_zero = np.log(p + (1 - p) * np.exp(-lam))
    above = np.log(1 - p) + y * eta - lam
    loss = -np.sum(np.where(zero, at_zero, above))
    L, P = lam.numpy(), p.numpy()
    den = P + (1 - P) * np.exp(-L)
    deta = np.where(zero, (1 - P) * np.exp(-L) * L / den, L - y)
    dz = np.where(zero, -(1 - np.exp(-L)) * P * (1 - P) / den, P)
    names = {"w": w, "v": v, "eta": eta, "z": z, "lam": lam, "p": p, "at_zero": at_zero}
    return loss, names, {"w": X.T @ deta, "v": X.T @ dz}


mistake(zero_inflated, "np.exp(-L) * L / den, L - y", "np.exp(-L) / den, L - y", r"\blam\b|exp|eta")
mistake(
    zero_inflated,
    "deta = np.where(zero, (1 - P) * np.exp(-L) * L / den, L - y)",
    "deta = L - y",
    r"where|zero|branch|mask|condition|mixture",
)
mistake(zero_inflated, "* P * (1 - P) / den, P)", "/ den, P)", r"sigmoid|\bp\b")


@program
def ordered_classes():
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(10, 3)), rng.integers(0, 3, 10)
    w, cut = tensor(rng.normal(size=3)), tensor(np.array([-0.7, 0.8]))
    eta = X @ w
    low, high = np.concatenate([[-50.0], cut]), np.concatenate([cut, [50.0]])
    upper, lower = ag.sigmoid(high[y] - eta), ag.sigmoid(low[y] - eta)
    p = upper - lower
    loss = -np.sum(np.log(p))
    u, low_p, pv = upper.numpy(), lower.numpy(), p.numpy()
    fu, fl = u * (1 - u) / pv, low_p * (1 - low_p) / pv
    dw = X.T @ (fu - fl)
    dcut = np.array([np.sum(-fu[y == k]) + np.sum(fl[y == k + 1]) for k in range(2)])
    names = {"w": w, "cut": cut, "eta": eta, "upper": upper, "lower": lower, "p": p}
    return loss, names, {"w": dw, "cut": dcut}


mistake(ordered_classes, "dw = X.T @ (fu - fl)", "dw = X.T @ (fu + fl)", r"sign|minus|lower")
mistake(ordered_classes, "dw = X.T @ (fu - fl)", "dw = X.T @ fu", r"lower|path|left out")
mistake(
    ordered_classes,
    "np.sum(-fu[y == k]) + np.sum(fl[y == k + 1])",
    "np.sum(-fu[y == k])",
    r"lower|path|left out|use|low\b",
)
mistake(
    ordered_classes,
    "u * (1 - u) / pv, low_p * (1 - low_p) / pv",
    "u / pv, low_p / pv",
    r"sigmoid|1 -",
)


@program
def beta_regression():
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(9, 3)), rng.random(9) * 0.8 + 0.1
    w, phi = tensor(rng.normal(size=3) * 0.4), tensor(5.0)
    mu = ag.sigmoid(X @ w)
    a, b = mu * phi, (1 - mu) * phi
    ll = special.gammaln(phi) - special.gammaln(a) - special.gammaln(b)
    loss = -np.sum(ll + (a - 1) * np.log(y) + (b - 1) * np.log(1 - y))
    m, f = mu.numpy(), 5.0
    da, db = digamma(m * f) - np.log(y), digamma((1 - m) * f) - np.log(1 - y)
    dw = X.T @ ((da - db) * f * m * (1 - m))
    dphi = np.sum(-digamma(f) + da * m + db * (1 - m))
    return loss, {"w": w, "phi": phi, "mu": mu, "a": a, "b": b}, {"w": dw, "phi": dphi}


mistake(beta_regression, "* f * m * (1 - m))", "* f)", r"sigmoid|link|mu\b.*1 -")
mistake(beta_regression, "(da - db) * f * m", "(da - db) * m", r"\bphi\b|\b5\b|factor")
mistake(
    beta_regression, "np.sum(-digamma(f) + da", "np.sum(da", r"gammaln\(phi\)|term|path|left out"
)
mistake(
    beta_regression,
    "digamma(m * f) - np.log(y), dig",
    "special.gammaln(m * f) - np.log(y), dig",
    r"gammaln|digamma|psi",
)


@program
def proportional_hazards():
    rng = np.random.default_rng(6)
    X, d = rng.normal(size=(8, 3)), np.array([1.0, 1, 0, 1, 1, 0, 1, 1])
    w = tensor(rng.normal(size=3) * 0.5)
    eta = X @ w
    risk = np.cumsum(np.exp(eta)[::-1])[::-1]
    loss = -np.sum(d * (eta - np.log(risk)))
    e = np.exp(eta.numpy())
    R = np.cumsum(e[::-1])[::-1]
    H = np.cumsum(d / R)
    deta = e * H - d
    return loss, {"w": w, "eta": eta, "risk": risk, "d": d}, {"w": X.T @ deta}


mistake(proportional_hazards, "H = np.cumsum(d / R)", "H = np.cumsum(1 / R)", r"\bd\b")
mistake(proportional_hazards, "H = np.cumsum(d / R)", "H = d / R", r"cumsum|cumulative|sum")
mistake(
    proportional_hazards,
    "R = np.cumsum(e[::-1])[::-1]\n    H",
    "R = np.cumsum(e)\n    H",
    r"cumsum|cumulative|revers|order|risk",
)
mistake(proportional_hazards, "deta = e * H - d", "deta = e * H - 1", r"\bd\b")


@program
def aligned_pairs():
    rng = np.random.default_rng(7)
    A, B, tau = tensor(rng.normal(size=(5, 3))), tensor(rng.normal(size=(5, 3))), 0.5
    s = A @ B.T / tau
    rows = -np.mean(np.diagonal(ag.log_softmax(s, axis=1)))
    cols = -np.mean(np.diagonal(ag.log_softmax(s, axis=0)))
    loss = (rows + cols) / 2
    sv, eye = s.numpy(), np.eye(5)
    ds = (softmax(sv) - eye + softmax(sv.T).T - eye) / 10
    return (
        loss,
        {"A": A, "B": B, "s": s, "rows": rows, "cols": cols},
        {"A": ds @ B.numpy() / tau, "B": ds.T @ A.numpy() / tau},
    )


mistake(
    aligned_pairs,
    "(softmax(sv) - eye + softmax(sv.T).T - eye) / 10",
    "(softmax(sv) - eye) / 10",
    r"cols|path|term|left out",
)
mistake(aligned_pairs, "softmax(sv.T).T - eye) / 10", "softmax(sv) - eye) / 10", r"ax[ie]s|cols")
mistake(aligned_pairs, '"A": ds @ B.numpy() / tau', '"A": ds @ B.numpy()', r"tau|0\.5|\b2\b")
mistake(aligned_pairs, "- eye) / 10", "- eye) / 5", r"\b2\b|twice|half")


@program
def close_points():
    rng = np.random.default_rng(8)
    Y = tensor(rng.normal(size=(6, 2)))
    P = rng.random((6, 6))
    P = (P + P.T) * (1 - np.eye(6))
    P = P / P.sum()
    d2 = np.sum((Y[:, None] - Y[None]) ** 2, axis=2)
    k = (1 - np.eye(6)) / (1 + d2)
    q = k / np.sum(k)
    loss = np.sum(P * np.log(P + np.eye(6))) - np.sum(P * np.log(q + np.eye(6)))
    yv, kv, qv = Y.numpy(), k.numpy(), q.numpy()
    diff = yv[:, None] - yv[None]
    dY = 4 * np.sum(((P - qv) * kv)[:, :, None] * diff, axis=1)
    return loss, {"Y": Y, "P": P, "d2": d2, "k": k, "q": q}, {"Y": dY}


mistake(close_points, "dY = 4 * np", "dY = 2 * np", r"\b2\b|half")
mistake(close_points, "(P - qv) * kv", "P - qv", r"\bk\b|divi|1 \+ d2|power|exponent")
mistake(close_points, "(P - qv) * kv", "P * kv", r"\bq\b|sum\(k\)|normali|path|quotient|left out")
mistake(close_points, "(P - qv) * kv", "(qv - P) * kv", r"sign|negative|minus|-1")


@program
def ranked_items():
    rng = np.random.default_rng(9)
    U, V, lam = tensor(rng.normal(size=(4, 3))), tensor(rng.normal(size=(5, 3))), 0.1
    u, i, j = np.array([0, 1, 1, 3]), np.array([2, 0, 4, 1]), np.array([1, 3, 0, 2])
    x = np.sum(U[u] * (V[i] - V[j]), axis=1)
    loss = -np.sum(ag.log_sigmoid(x)) + lam / 2 * (np.sum(U**2) + np.sum(V**2))
    uv, vv, s = U.numpy(), V.numpy(), sigmoid(-x.numpy())
    dx = -s
    dU, dV = lam * uv, lam * vv
    np.add.at(dU, u, dx[:, None] * (vv[i] - vv[j]))
    np.add.at(dV, i, dx[:, None] * uv[u])
    np.add.at(dV, j, -dx[:, None] * uv[u])
    return loss, {"U": U, "V": V, "x": x}, {"U": dU, "V": dV}


mistake(ranked_items, "sigmoid(-x.numpy())", "sigmoid(x.numpy())", r"sigmoid|sign|1 -")
mistake(
    ranked_items,
    "dU, dV = lam * uv, lam * vv",
    "dU, dV = -lam * uv, -lam * vv",
    r"regulari.*sign|sign.*regulari|minus",
)
mistake(ranked_items, "np.add.at(dV, j, -dx[:, None] * uv[u])", "pass", r"V\[j\]|use|path|left out")
mistake(ranked_items, "(vv[i] - vv[j])", "vv[i]", r"V\[j\]|subtract|path|left out|V\[i\] - V\[j\]")


@program
def pushed_apart():
    rng = np.random.default_rng(10)
    a, p, n = (tensor(rng.normal(size=(6, 3))) for _ in range(3))
    dp, dn = np.sum((a - p) ** 2, axis=1), np.sum((a - n) ** 2, axis=1)
    h = np.maximum(0, dp - dn + 2.0)
    loss = np.mean(h)
    av, pv, nv = a.numpy(), p.numpy(), n.numpy()
    m = (h.numpy() > 0)[:, None] / 6
    grads = {"a": 2 * m * (nv - pv), "p": -2 * m * (av - pv), "n": 2 * m * (av - nv)}
    return loss, {"a": a, "p": p, "n": n, "h": h, "dp": dp, "dn": dn}, grads


mistake(
    pushed_apart,
    '-2 * m * (av - pv), "n": 2 * m * (av - nv)',
    '-2 * m * av, "n": 2 * m * av',
    r"own|a - p|a - n|\bp\b.*left out|without|square|subtract|stands where",
)
mistake(pushed_apart, "2 * m * (nv - pv)", "2 * m * (pv - nv)", r"sign|negative|minus")
mistake(
    pushed_apart,
    "2 * m * (nv - pv)",
    "2 * m * (av - pv)",
    r"\bdn\b|path|term|a - n|left out|only the first use",
)


@program
def many_margins():
    rng = np.random.default_rng(11)
    X, y, W = rng.normal(size=(7, 4)), rng.integers(0, 3, 7), tensor(rng.normal(size=(4, 3)))
    reg, rows = 0.2, np.arange(7)
    s = X @ W
    margins = np.maximum(0, s - s[rows, y][:, None] + 1)
    loss = (np.sum(margins) - 7) / 7 + reg * np.sum(W * W)
    hit = (margins.numpy() > 0) * 1.0
    hit[rows, y] = 0
    hit[rows, y] = -hit.sum(1)
    dW = X.T @ hit / 7 + 2 * reg * W.numpy()
    return loss, {"W": W, "s": s, "margins": margins}, {"W": dW}


mistake(
    many_margins,
    "hit[rows, y] = -hit.sum(1)",
    "pass",
    r"s\[rows, y\]|own|label|path|class|left out|use",
)
mistake(
    many_margins,
    "hit[rows, y] = -hit.sum(1)",
    "hit[rows, y] = -1",
    r"s\[rows, y\]|\bsum\b|count|number of|copies|one",
)
mistake(many_margins, "2 * reg * W.numpy()", "reg * W.numpy()", r"regulari|\b2\b|half")
mistake(many_margins, "X.T @ hit / 7", "X.T @ hit", r"mean|\b7\b|1/N")


@program
def parts():
    rng = np.random.default_rng(12)
    V, W, H = (
        rng.random((5, 6)) + 0.2,
        tensor(rng.random((5, 2)) + 0.3),
        tensor(rng.random((2, 6)) + 0.3),
    )
    R = W @ H
    loss = np.sum(R - V * np.log(R)) + 0.3 * np.sum(H)
    E = 1 - V / R.numpy()
    return (
        loss,
        {"W": W, "H": H, "R": R, "V": V},
        {"W": E @ H.numpy().T, "H": W.numpy().T @ E + 0.3},
    )


mistake(parts, "E = 1 - V / R.numpy()", "E = R.numpy() - V", r"log|divi|\bR\b")
mistake(
    parts,
    "W.numpy().T @ E + 0.3",
    "W.numpy().T @ E + 0.3 * H.numpy()",
    r"regulari|penal|sum\(H\)|0\.3|\bH\b",
)
mistake(
    parts, "E = 1 - V / R.numpy()", "E = -V / R.numpy()", r"path|term|left out|sum\(R\)|\bR\b|\b1\b"
)


@program
def regulated_topics():
    rng = np.random.default_rng(13)
    a, N = tensor(rng.random(4) + 0.5), rng.integers(0, 5, (6, 4)) * 1.0
    A, n = np.sum(a), N.sum(1)
    loss = -np.sum(special.gammaln(A) - special.gammaln(A + n))
    loss = loss - np.sum(special.gammaln(a + N) - special.gammaln(a))
    av = a.numpy()
    first = np.sum(digamma(av.sum()) - digamma(av.sum() + n))
    second = np.sum(digamma(av + N) - digamma(av), axis=0)
    return loss, {"a": a, "N": N, "A": A}, {"a": -(first + second)}


mistake(regulated_topics, "-(first + second)", "-second", r"\bA\b|path|left out|sum\(a\)|term")
mistake(
    regulated_topics,
    "digamma(av.sum()) - digamma(av.sum() + n)",
    "-digamma(av.sum() + n)",
    r"gammaln\(A\)|term|path|left out",
)
mistake(regulated_topics, "-(first + second)", "-(first - second)", r"sign|minus")
