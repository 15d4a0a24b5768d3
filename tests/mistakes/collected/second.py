"""A second set of networks and likelihoods: gates, scores, words, controls, physics."""

import numpy as np

import autograd_lite as ag

from . import mistake, plain, program, sigmoid, softmax, tensor


@program
def fused_lstm():
    rng = np.random.default_rng(0)
    X, Q, H = rng.normal(size=(4, 2, 3)), rng.normal(size=(2, 3)), 3
    W, U = tensor(rng.normal(size=(3, 12)) * 0.6), tensor(rng.normal(size=(3, 12)) * 0.6)
    b = tensor(rng.normal(size=12) * 0.4)
    h, c, cache = np.zeros((2, 3)), np.zeros((2, 3)), []
    for t in range(4):
        a = X[t] @ W + h @ U + b
        i, f, o = (ag.sigmoid(a[:, k * H : (k + 1) * H]) for k in range(3))
        g = np.tanh(a[:, 3 * H :])
        before = [plain(h), plain(c)]
        c = f * c + i * g
        h = o * np.tanh(c)
        cache.append([*before, *map(plain, (i, f, o, g, c))])
    loss = np.sum(h * Q)
    dW, dU, db = np.zeros((3, 12)), np.zeros((3, 12)), np.zeros(12)
    dh, dc = Q, np.zeros((2, 3))
    for t in reversed(range(4)):
        h0, c0, i, f, o, g, c1 = cache[t]
        tc = np.tanh(c1)
        dc = dc + dh * o * (1 - tc**2)
        di, df, do, dg = dc * g, dc * c0, dh * tc, dc * i
        gates = [di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)]
        da = np.concatenate(gates, 1)
        dW += X[t].T @ da
        dU += h0.T @ da
        db += da.sum(0)
        dh = da @ U.numpy().T
        dc = dc * f
    return loss, {"W": W, "U": U, "b": b, "X": X}, {"W": dW, "U": dU, "b": db}


mistake(fused_lstm, "np.concatenate(gates, 1)",
        "np.concatenate([gates[k] for k in (0, 2, 1, 3)], 1)",
        r"exchang|order|swap")  # fmt: skip
mistake(fused_lstm, "do * o * (1 - o), dg", "do * (1 - o), dg", r"sigmoid|1 - ")
mistake(fused_lstm, "dg * (1 - g**2)]", "dg * (1 - g) ** 2]", r"tanh|\(1 - ")
mistake(fused_lstm, "do, dg = dc * g, dc * c0, dh * tc", "do, dg = dc * g, dc * c0, dh * c1",
        r"tanh|\bc\b|stands where")  # fmt: skip
mistake(fused_lstm, "di, df, do, dg = dc * g, dc * c0", "di, df, do, dg = dc * g, dc * c1",
        r"state|previous|step|after")  # fmt: skip
mistake(fused_lstm, "dc = dc * f", "dc = dc * i", r"stands where|i\b")
mistake(fused_lstm, "dU += h0.T @ da", "dU += (o * tc).T @ da", r"state|step")
mistake(fused_lstm, "dc = dc * f", "pass", r"factor|left out|missing|1 -")


@program
def additive_attention():
    rng = np.random.default_rng(1)
    H, s, Q = tensor(rng.normal(size=(5, 4))), tensor(rng.normal(size=3)), rng.normal(size=4)
    A, B, v = (
        tensor(rng.normal(size=(4, 4))),
        tensor(rng.normal(size=(3, 4))),
        tensor(rng.normal(size=4)),
    )
    u = np.tanh(H @ A + s @ B)
    e = u @ v
    w = ag.softmax(e)
    context = w @ H
    loss = np.sum(context * Q)
    uv, wv, Hv = u.numpy(), w.numpy(), H.numpy()
    dw = Hv @ Q
    de = wv * (dw - np.sum(dw * wv))
    dz = np.outer(de, v.numpy()) * (1 - uv**2)
    dH = np.outer(wv, Q) + dz @ A.numpy().T
    grads = {"A": Hv.T @ dz, "B": np.outer(s.numpy(), dz.sum(0)), "v": uv.T @ de}
    grads |= {"H": dH, "s": B.numpy() @ dz.sum(0)}
    return loss, {"H": H, "s": s, "A": A, "B": B, "v": v, "u": u, "e": e, "w": w}, grads


mistake(additive_attention, "np.outer(wv, Q) + dz @", "dz @", r"path|use|context|left out")
mistake(additive_attention, "dz = np.outer(de, v.numpy()) * (1 - uv**2)",
        "dz = np.outer(de, v.numpy())",
        r"tanh")  # fmt: skip
mistake(additive_attention, "de = wv * (dw - np.sum(dw * wv))", "de = dw", r"softmax")
mistake(additive_attention, "np.outer(s.numpy(), dz.sum(0))", "np.outer(s.numpy(), dz[-1])",
        r"last|one|sum|copies")  # fmt: skip
mistake(
    additive_attention, '"v": uv.T @ de', '"v": np.arctanh(uv).T @ de', r"stands where|tanh|input"
)


@program
def skip_gram():
    rng = np.random.default_rng(2)
    V, U = tensor(rng.normal(size=(6, 3))), tensor(rng.normal(size=(6, 3)))
    center, outside = np.array([0, 2, 2, 5]), np.array([1, 0, 3, 4])
    v = V[center]
    scores = v @ U.T
    loss = -np.sum(ag.log_softmax(scores)[np.arange(4), outside])
    y = np.eye(6)[outside]
    d = softmax(scores.numpy()) - y
    dv = d @ U.numpy()
    dV = np.zeros((6, 3))
    np.add.at(dV, center, dv)
    names = {"V": V, "U": U, "v": v, "scores": scores, "center": center, "outside": outside}
    return loss, names, {"V": dV, "U": d.T @ v.numpy()}


mistake(
    skip_gram,
    "dv = d @ U.numpy()",
    "dv = -U.numpy()[outside]",
    r"normali[sz]er|softmax|label|path|p\b",
)
mistake(skip_gram, "np.add.at(dV, center, dv)", "dV[center] = dv", r"add\.at|overwrit|=.*\+=")
mistake(
    skip_gram, '"U": d.T @ v.numpy()', '"U": -y.T @ v.numpy()', r"label|softmax|normali|p\b|path"
)
mistake(skip_gram, "y = np.eye(6)[outside]", "y = np.eye(6)[center]", r"label|target")


@program
def bag_of_words():
    rng = np.random.default_rng(3)
    E, U = tensor(rng.normal(size=(6, 3))), tensor(rng.normal(size=(3, 6)))
    context, target = np.array([[0, 1, 3, 4], [2, 2, 5, 1]]), np.array([2, 0])
    h = np.mean(E[context], axis=1)
    z = h @ U
    loss = np.sum(ag.cross_entropy(z, target))
    d = softmax(z.numpy()) - np.eye(6)[target]
    dh = d @ U.numpy().T
    dE = np.zeros((6, 3))
    np.add.at(dE, context, dh[:, None] / 4)
    return loss, {"E": E, "U": U, "h": h, "z": z}, {"E": dE, "U": h.numpy().T @ d}


mistake(bag_of_words, "dh[:, None] / 4", "dh[:, None]", r"\b4\b|mean")
mistake(bag_of_words, "np.add.at(dE, context, dh[:, None] / 4)", "np.add.at(dE, context[:, 0], dh)",
        r"first|one|context|copies|only")  # fmt: skip


@program
def co_occurrences():
    rng = np.random.default_rng(4)
    W, C = tensor(rng.normal(size=(5, 3))), tensor(rng.normal(size=(5, 3)))
    a, b = tensor(rng.normal(size=(5, 1))), tensor(rng.normal(size=5))
    counts = rng.integers(1, 30, size=(5, 5)) * 1.0
    f = np.minimum(1, (counts / 20) ** 0.75)
    r = W @ C.T + a + b - np.log(counts)
    loss = np.sum(f * r**2) / 2
    d = f * r.numpy()
    grads = {"W": d @ C.numpy(), "C": d.T @ W.numpy(), "a": d.sum(1, keepdims=True), "b": d.sum(0)}
    return loss, {"W": W, "C": C, "a": a, "b": b, "f": f, "r": r, "counts": counts}, grads


mistake(co_occurrences, "d = f * r.numpy()", "d = r.numpy()", r"\bf\b")
mistake(co_occurrences, '"b": d.sum(0)', '"b": d.sum(1)', r"axis")
mistake(co_occurrences, '"C": d.T @ W.numpy()', '"C": d @ W.numpy()', r"transpose")


@program
def free_energy():
    rng = np.random.default_rng(5)
    v, fake = (rng.random((6, 4)) < 0.5) * 1.0, (rng.random((6, 4)) < 0.5) * 1.0
    W, a, b = (
        tensor(rng.normal(size=(4, 3))),
        tensor(rng.normal(size=4)),
        tensor(rng.normal(size=3)),
    )

    def energy(x):
        return -np.sum(x @ a) - np.sum(np.log(1 + np.exp(x @ W + b)))

    loss = (energy(v) - energy(fake)) / 6
    hv, hf = sigmoid(v @ W.numpy() + b.numpy()), sigmoid(fake @ W.numpy() + b.numpy())
    dW = -(v.T @ hv - fake.T @ hf) / 6
    grads = {"W": dW, "a": -(v - fake).sum(0) / 6, "b": -(hv - hf).sum(0) / 6}
    return loss, {"W": W, "a": a, "b": b, "v": v, "fake": fake}, grads


mistake(free_energy, "v.T @ hv - fake.T @ hf", "v.T @ hv", r"path|left out|use|missing")
mistake(free_energy, "dW = -(v.T", "dW = (v.T", r"negative|sign|minus")
mistake(free_energy, "fake.T @ hf) / 6", "fake.T @ hv) / 6", r"stands where|v\b|taken at")


@program
def steering():
    rng = np.random.default_rng(6)
    A, B, x0 = rng.normal(size=(3, 3)) * 0.5, rng.normal(size=(3, 2)), rng.normal(size=3)
    u, r = tensor(rng.normal(size=(5, 2))), 0.1
    x, loss, xs = x0, 0.0, []
    for t in range(5):
        x = A @ x + B @ u[t]
        xs.append(plain(x))
        loss = loss + np.sum(x**2) / 2 + r / 2 * np.sum(u[t] ** 2)
    lam, du = np.zeros(3), np.zeros((5, 2))
    for t in reversed(range(5)):
        lam = xs[t] + A.T @ lam
        du[t] = B.T @ lam + r * u.numpy()[t]
    return loss, {"u": u, "A": A, "B": B}, {"u": du}


mistake(steering, "lam = xs[t] + A.T @ lam", "lam = xs[t] + A @ lam", r"transpose")
mistake(
    steering, "+ r * u.numpy()[t]", "+ 2 * r * u.numpy()[t]", r"twice|\b2\b|square|regulari|0\."
)
mistake(steering, "lam = xs[t] + A.T @ lam", "lam = A.T @ lam + (xs[t] if t == 4 else 0)",
        r"path|left out|use|last|overwrit")  # fmt: skip
mistake(steering, "+ r * u.numpy()[t]", "", r"regulari|left out|term|path|0\.")


@program
def particles():
    x = tensor(np.array([[0.0, 0], [1.1, 0.1], [0.2, 1.2], [1.3, 1.1]]))
    i, j = np.triu_indices(4, 1)
    d = x[i] - x[j]
    r2 = np.sum(d**2, axis=1)
    s6 = 1 / r2**3
    loss = np.sum(4 * (s6**2 - s6))
    R, D = r2.numpy(), d.numpy()
    dr2 = 4 * (-6 / R**7 + 3 / R**4)
    force = dr2[:, None] * 2 * D
    dx = np.zeros((4, 2))
    np.add.at(dx, i, force)
    np.add.at(dx, j, -force)
    return loss, {"x": x, "d": d, "r2": r2, "s6": s6}, {"x": dx}


mistake(particles, "-6 / R**7 + 3 / R**4", "-12 / R**7 + 6 / R**4", r"\b2\b|twice")
mistake(particles, "-6 / R**7 + 3 / R**4", "-6 / R**6 + 3 / R**3", r"r2|power|exponent|divi")
mistake(particles, "+ 3 / R**4", "- 3 / R**4", r"sign")
mistake(particles, "-6 / R**7 + 3", "-6 / R**7 + 6", r"s6|\b2\b|twice|half|factor")


@program
def graph_convolution():
    rng = np.random.default_rng(8)
    S, X = rng.random((5, 5)) * (rng.random((5, 5)) < 0.6), rng.normal(size=(5, 3))
    W, V, y = (
        tensor(rng.normal(size=(3, 4))),
        tensor(rng.normal(size=(4, 2))),
        np.array([0, 1, 1, 0, 1]),
    )
    h = ag.relu(S @ X @ W)
    z = S @ h @ V
    loss = np.mean(ag.cross_entropy(z, y))
    dz = (softmax(z.numpy()) - np.eye(2)[y]) / 5
    hv = h.numpy()
    dV = (S @ hv).T @ dz
    dh = S.T @ dz @ V.numpy().T * (hv > 0)
    return loss, {"W": W, "V": V, "h": h, "z": z, "S": S, "X": X}, {"W": (S @ X).T @ dh, "V": dV}


mistake(graph_convolution, "dh = S.T @ dz", "dh = S @ dz", r"transpose|S\.T")
mistake(graph_convolution, "dh = S.T @ dz", "dh = dz", r"\bS\b")
mistake(graph_convolution, '"W": (S @ X).T @ dh', '"W": X.T @ dh', r"\bS\b|X")
mistake(graph_convolution, "(S @ hv).T @ dz", "hv.T @ dz", r"\bS\b|\bh\b")


@program
def survival():
    rng = np.random.default_rng(9)
    X, time = rng.normal(size=(9, 3)), rng.random(9) + 0.3
    dead, w, k = (rng.random(9) < 0.6) * 1.0, tensor(rng.normal(size=3) * 0.4), tensor(1.4)
    eta = X @ w
    H = time**k * np.exp(eta)
    loss = np.sum(H) - np.sum(dead * (eta + np.log(k) + (k - 1) * np.log(time)))
    Hv, kv = H.numpy(), k.numpy()
    dk = np.sum(Hv * np.log(time)) - np.sum(dead * (1 / kv + np.log(time)))
    names = {"w": w, "k": k, "eta": eta, "H": H, "dead": dead, "time": time}
    return loss, names, {"w": X.T @ (Hv - dead), "k": dk}


mistake(survival, "X.T @ (Hv - dead)", "X.T @ (Hv - 1)", r"dead")
mistake(survival, "X.T @ (Hv - dead)", "X.T @ (Hv - time)", r"time|dead")
mistake(
    survival, "dead * (1 / kv + np.log(time))", "dead * np.log(time)", r"log\(k\)|1 / k|left out"
)


@program
def metric():
    rng = np.random.default_rng(10)
    L, a, b = tensor(rng.normal(size=(3, 3))), rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    same, margin = np.array([1.0, 0, 1, 0, 0, 1]), 6.0
    d = (a - b) @ L
    D = np.sum(d**2, axis=1)
    loss = np.sum(same * D + (1 - same) * np.maximum(0, margin - D))
    Dv, dv = D.numpy(), d.numpy()
    dD = same - (1 - same) * (Dv < margin)
    dL = (a - b).T @ (dD[:, None] * 2 * dv)
    return loss, {"L": L, "d": d, "D": D, "same": same}, {"L": dL}


mistake(metric, "* (Dv < margin)", "", r"maximum|mask|relu|margin|active")
mistake(metric, "same - (1 - same) *", "same + (1 - same) *", r"sign|minus")
mistake(metric, "dD[:, None] * 2 * dv", "dD[:, None] * dv", r"\b2\b|half|1/2")
mistake(metric, "dL = (a - b).T @", "dL = (a + b).T @", r"a - b|stands where|sign")


@program
def siamese():
    rng = np.random.default_rng(11)
    A, B, W = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), tensor(rng.normal(size=(3, 4)))
    y, v = rng.integers(0, 2, 6) * 1.0, tensor(rng.normal(size=4))
    f, g = np.tanh(A @ W), np.tanh(B @ W)
    z = np.abs(f - g) @ v
    p = ag.sigmoid(z)
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    dz = (p.numpy() - y) / 6
    fv, gv = f.numpy(), g.numpy()
    s = np.sign(fv - gv) * dz[:, None] * v.numpy()
    dW = A.T @ (s * (1 - fv**2)) - B.T @ (s * (1 - gv**2))
    return loss, {"W": W, "v": v, "f": f, "g": g, "z": z}, {"W": dW, "v": np.abs(fv - gv).T @ dz}


mistake(siamese, " - B.T @ (s * (1 - gv**2))", "", r"use|path|left out|overwrit")
mistake(siamese, "- B.T @ (s", "+ B.T @ (s", r"sign|minus")
mistake(siamese, "np.sign(fv - gv) * dz", "(fv - gv) * dz", r"sign|abs|\|")
mistake(siamese, "np.abs(fv - gv).T @ dz", "(fv - gv).T @ dz", r"abs|\||stands where")


@program
def radial_basis():
    rng = np.random.default_rng(12)
    X, y = rng.normal(size=(8, 2)), rng.normal(size=8)
    C, s, w = (
        tensor(rng.normal(size=(3, 2))),
        tensor(rng.random(3) + 0.7),
        tensor(rng.normal(size=3)),
    )
    diff = X[:, None] - C
    d2 = np.sum(diff**2, axis=2)
    phi = np.exp(-d2 / (2 * s**2))
    e = phi @ w - y
    loss = np.sum(e**2) / 2
    P, ev, sv, wv = phi.numpy(), e.numpy(), s.numpy(), w.numpy()
    dphi = np.outer(ev, wv) * P
    dC = np.sum((dphi / sv**2)[:, :, None] * diff.numpy(), axis=0)
    ds = np.sum(dphi * d2.numpy() / sv**3, axis=0)
    return (
        loss,
        {"C": C, "s": s, "w": w, "phi": phi, "e": e, "d2": d2},
        {"C": dC, "s": ds, "w": P.T @ ev},
    )


mistake(radial_basis, "d2.numpy() / sv**3", "d2.numpy() / sv**2", r"\bs\b")
mistake(
    radial_basis,
    "(dphi / sv**2)[:, :, None]",
    "(-dphi / sv**2)[:, :, None]",
    r"sign|minus|negative",
)
mistake(radial_basis, "np.outer(ev, wv) * P", "np.outer(ev, wv)", r"exp|phi")
mistake(radial_basis, '"w": P.T @ ev', '"w": d2.numpy().T @ ev', r"d2|phi|exp|stands where")


@program
def reparametrised():
    rng = np.random.default_rng(13)
    X, eps = rng.normal(size=(6, 4)), rng.normal(size=(6, 2))
    A, B, D = (tensor(rng.normal(size=k) * 0.5) for k in ((4, 2), (4, 2), (2, 4)))
    mu, lv = X @ A, X @ B
    sd = np.exp(lv / 2)
    z = mu + sd * eps
    r = z @ D
    loss = np.sum((r - X) ** 2) / 2 - np.sum(1 + lv - mu**2 - np.exp(lv)) / 2
    dr = r.numpy() - X
    dz = dr @ D.numpy().T
    dmu = dz + mu.numpy()
    dlv = dz * eps * sd.numpy() / 2 + (np.exp(lv.numpy()) - 1) / 2
    grads = {"A": X.T @ dmu, "B": X.T @ dlv, "D": z.numpy().T @ dr}
    return loss, {"A": A, "B": B, "D": D, "mu": mu, "lv": lv, "z": z, "sd": sd, "eps": eps}, grads


mistake(reparametrised, "dmu = dz + mu.numpy()", "dmu = dz", r"mu|regulari|path|left out")
mistake(reparametrised, "* sd.numpy() / 2 +", "* sd.numpy() +", r"\b2\b|twice")
mistake(reparametrised, "dz * eps * sd.numpy()", "dz * eps", r"\bsd\b|exp")
mistake(reparametrised, "(np.exp(lv.numpy()) - 1) / 2", "(np.exp(lv.numpy()) + 1) / 2", r"sign")
mistake(reparametrised, "dmu = dz + mu.numpy()", "dmu = mu.numpy()", r"path|left out|z\b")


@program
def sharp_choice():
    rng = np.random.default_rng(14)
    a, noise, V = tensor(rng.normal(size=(5, 3))), rng.gumbel(size=(5, 3)), rng.normal(size=(5, 3))
    tau = 0.7
    s = ag.softmax((a + noise) / tau)
    loss = np.sum(s * V)
    sv = s.numpy()
    da = sv * (V - np.sum(V * sv, axis=1, keepdims=True)) / tau
    return loss, {"a": a, "s": s, "V": V}, {"a": da}


mistake(sharp_choice, "keepdims=True)) / tau", "keepdims=True))", r"0\.7")
mistake(
    sharp_choice,
    "sv * (V - np.sum(V * sv, axis=1",
    "sv * (V - np.mean(V * sv, axis=1",
    r"sum|mean|1/3",
)
mistake(sharp_choice, "np.sum(V * sv, axis=1, keepdims=True)", "np.sum(V, axis=1, keepdims=True)",
        r"softmax|\bs\b|sum")  # fmt: skip


@program
def loops_over_classes():
    rng = np.random.default_rng(15)
    X, y, W = rng.normal(size=(6, 4)), rng.integers(0, 3, 6), tensor(rng.normal(size=(4, 3)))
    z = X @ W
    loss = np.mean(ag.cross_entropy(z, y)) + 0.1 * np.sum(W**2)
    p, dW = softmax(z.numpy()), np.zeros((4, 3))
    for i in range(6):
        for j in range(3):
            dW[:, j] += (p[i, j] - (j == y[i])) * X[i]
    dW = dW / 6 + 2 * 0.1 * W.numpy()
    return loss, {"W": W, "z": z, "y": y}, {"W": dW}


mistake(loops_over_classes, "dW[:, j] += (p", "dW[:, j] = (p", r"last|sample|=.*\+=")
mistake(loops_over_classes, "(j == y[i])", "(j == y[i] + 1)", r"label")
mistake(loops_over_classes, "dW = dW / 6 + 2 * 0.1 * W.numpy()",
        "dW = (dW + 2 * 0.1 * W.numpy()) / 6",
        r"regulari[sz]er")  # fmt: skip
mistake(loops_over_classes, "for i in range(6):", "for i in range(5):", r"sample|last|left out|row")
