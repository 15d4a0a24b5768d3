"""A third set along time and space: peepholes, carried sums, strides, channels, norms."""

import numpy as np

import autograd_lite as ag

from . import mistake, plain, program, softmax, tensor

# --- recurrences --------------------------------------------------------------------------------


@program
def peepholes():
    rng = np.random.default_rng(0)
    X, Q = rng.normal(size=(4, 2, 3)), rng.normal(size=(2, 4))
    Wf, Wi, Wo, Wg = (tensor(rng.normal(size=(7, 4)) * 0.5) for _ in range(4))
    pf, pi, po = (tensor(rng.normal(size=4) * 0.5) for _ in range(3))
    h, c, cache = np.zeros((2, 4)), np.zeros((2, 4)), []
    for t in range(4):
        z = np.concatenate([X[t], h], 1)
        f, i = ag.sigmoid(z @ Wf + pf * c), ag.sigmoid(z @ Wi + pi * c)
        g = np.tanh(z @ Wg)
        old = plain(c)
        c = f * c + i * g
        o = ag.sigmoid(z @ Wo + po * c)
        h = o * np.tanh(c)
        cache.append([plain(z), old, *map(plain, (f, i, g, c, o))])
    loss = np.sum(h * Q)
    G = {k: np.zeros((7, 4)) for k in ("Wf", "Wi", "Wo", "Wg")}
    G |= {k: np.zeros(4) for k in ("pf", "pi", "po")}
    dh, dc = Q, np.zeros((2, 4))
    for t in reversed(range(4)):
        z, c0, f, i, g, c1, o = cache[t]
        tc = np.tanh(c1)
        do = dh * tc * o * (1 - o)
        dc = dc + dh * o * (1 - tc**2) + do * po.numpy()
        df, di, dg = dc * c0 * f * (1 - f), dc * g * i * (1 - i), dc * i * (1 - g**2)
        G["po"] += np.sum(do * c1, axis=0)
        G["pf"] += np.sum(df * c0, axis=0)
        G["pi"] += np.sum(di * c0, axis=0)
        for k, d in {"Wf": df, "Wi": di, "Wo": do, "Wg": dg}.items():
            G[k] += z.T @ d
        dz = df @ Wf.numpy().T + di @ Wi.numpy().T + do @ Wo.numpy().T + dg @ Wg.numpy().T
        dh = dz[:, 3:]
        dc = dc * f + df * pf.numpy() + di * pi.numpy()
    names = {"Wf": Wf, "Wi": Wi, "Wo": Wo, "Wg": Wg, "pf": pf, "pi": pi, "po": po}
    return loss, names, G


mistake(peepholes, " + do * po.numpy()", "", r"\bpo\b|path|peephole")
mistake(peepholes, " + df * pf.numpy() + di * pi.numpy()", "", r"\bpf\b|\bpi\b|path|peephole")
mistake(
    peepholes,
    "np.sum(do * c1, axis=0)",
    "np.sum(do * c0, axis=0)",
    r"step before|previous|stands where",
)
mistake(peepholes, "dc * i * (1 - g**2)", "dc * i * g * (1 - g)", r"tanh|g\b.*\^2|sigmoid")


@program
def reset_after():
    rng = np.random.default_rng(1)
    X, Q = rng.normal(size=(4, 2, 3)), rng.normal(size=(2, 4))
    W = {k: tensor(rng.normal(size=(3, 4)) * 0.6) for k in ("Wz", "Wr", "Wn")}
    U = {k: tensor(rng.normal(size=(4, 4)) * 0.6) for k in ("Uz", "Ur", "Un")}
    b = tensor(rng.normal(size=4) * 0.3)
    h, cache = rng.normal(size=(2, 4)), []
    for t in range(4):
        z = ag.sigmoid(X[t] @ W["Wz"] + h @ U["Uz"])
        r = ag.sigmoid(X[t] @ W["Wr"] + h @ U["Ur"])
        u = h @ U["Un"] + b
        n = np.tanh(X[t] @ W["Wn"] + r * u)
        cache.append([plain(a) for a in (h, z, r, u, n)])
        h = z * h + (1 - z) * n
    loss = np.sum(h * Q)
    G = {k: np.zeros(w.shape) for k, w in {**W, **U, "b": b}.items()}
    dh = Q
    for t in reversed(range(4)):
        h0, z, r, u, n = cache[t]
        dn = dh * (1 - z) * (1 - n**2)
        dz = dh * (h0 - n) * z * (1 - z)
        dr = dn * u * r * (1 - r)
        du = dn * r
        G["b"] += du.sum(0)
        for k, d in {"z": dz, "r": dr, "n": dn}.items():
            G["W" + k] += X[t].T @ d
        for k, d in {"z": dz, "r": dr, "n": du}.items():
            G["U" + k] += h0.T @ d
        dh = dh * z + du @ U["Un"].numpy().T
        dh = dh + dz @ U["Uz"].numpy().T + dr @ U["Ur"].numpy().T
    return loss, {**W, **U, "b": b}, G


mistake(reset_after, "du = dn * r", "du = dn", r"\br\b|reset|factor sigmoid\(.*Wr\)")
mistake(reset_after, "dr = dn * u * r", "dr = dn * h0 * r", r"\bu\b|stands where|h\b")
mistake(reset_after, "dh = dh * z + du", "dh = dh * (1 - z) + du", r"\bz\b|1 - sigmoid\(.*Wz")
mistake(reset_after, "dh = dh * z + du @", "dh = du @", r"\bz\b|path|not passed back|left out")
mistake(reset_after, ' + dr @ U["Ur"].numpy().T', "", r"\bUr\b|\br\b|path|left out")
mistake(reset_after, "(h0 - n) * z", "(n - h0) * z", r"sign|minus|negative")


@program
def leaky_units():
    rng = np.random.default_rng(2)
    X, Y, a = rng.normal(size=(5, 3, 2)), rng.normal(size=(5, 3, 2)), 0.3
    W, U, V = (tensor(rng.normal(size=s) * 0.6) for s in ((2, 4), (4, 4), (4, 2)))
    h, hs, ss, loss = np.zeros((3, 4)), [np.zeros((3, 4))], [], 0.0
    for t in range(5):
        s = np.tanh(X[t] @ W + h @ U)
        h = (1 - a) * h + a * s
        hs.append(plain(h))
        ss.append(plain(s))
        loss = loss + np.mean((h @ V - Y[t]) ** 2)
    loss = loss / 5
    dW, dU, dV = np.zeros((2, 4)), np.zeros((4, 4)), np.zeros((4, 2))
    carried = np.zeros((3, 4))
    for t in reversed(range(5)):
        dy = 2 * (hs[t + 1] @ V.numpy() - Y[t]) / 6 / 5
        dV += hs[t + 1].T @ dy
        dh = dy @ V.numpy().T + carried
        dz = a * dh * (1 - ss[t] ** 2)
        dW += X[t].T @ dz
        dU += hs[t].T @ dz
        carried = dz @ U.numpy().T + (1 - a) * dh
    return loss, {"W": W, "U": U, "V": V, "X": X, "Y": Y}, {"W": dW, "U": dU, "V": dV}


mistake(leaky_units, " + (1 - a) * dh", "", r"0\.7|path|carried|left out|\bh\b")
mistake(leaky_units, "dz = a * dh", "dz = dh", r"0\.3|\ba\b")
mistake(
    leaky_units,
    "(1 - ss[t] ** 2)",
    "(1 - hs[t + 1] ** 2)",
    r"tanh.*(taken at|made with)|stands where|\bs\b",
)
mistake(leaky_units, "/ 6 / 5", "/ 6", r"\b5\b|mean|1/N|divi")
mistake(
    leaky_units,
    "dh * (1 - ss[t] ** 2)",
    "dh / (1 - ss[t] ** 2)",
    r"divi|multipl|reciprocal|1 /|power",
)


@program
def smoothing():
    y = np.array([1.0, 1.4, 0.7, 1.9, 2.2, 1.3, 1.8, 2.6])

    def loss(p):
        level, slope, total = y[0], 0.1, 0.0
        for t in range(1, 8):
            e = y[t] - level - slope
            total = total + e**2
            level = level + slope + p[0] * e
            slope = slope + p[1] * e
        return total / 2

    def by_hand(p):
        level, slope, g = y[0], 0.1, np.zeros(2)
        dl, ds = np.zeros(2), np.zeros(2)
        for t in range(1, 8):
            e = y[t] - level - slope
            de = -dl - ds
            g = g + e * de
            dl, ds = (
                dl + ds + np.array([e, 0]) + p[0] * de,
                ds + np.array([0, e]) + p[1] * de,
            )
            level, slope = level + slope + p[0] * e, slope + p[1] * e
        return g

    return ag.compare_function(loss, by_hand, np.array([0.4, 0.2]))


mistake(smoothing, "de = -dl - ds", "de = -dl", r"\bds\b|slope")
mistake(smoothing, "de = -dl - ds", "de = -dl + ds", r"sign|minus|\bds\b")
mistake(smoothing, "+ p[0] * de,", ",", r"p\[0\]|\bde\b")
mistake(smoothing, "g = g + e * de", "g = e * de", r"=.*\+=|overwrit|last|g \+|accumul|\bg\b")


@program
def moving_average():
    y = np.array([0.5, -0.3, 0.8, 0.1, -0.9, 0.4, 0.6, -0.2])

    def loss(p):
        e, total = 0.0, 0.0
        for t in range(1, 8):
            e = y[t] - p[0] * y[t - 1] - p[1] * e
            total = total + e**2
        return total / 2

    def by_hand(p):
        e, de, g = 0.0, np.zeros(2), np.zeros(2)
        for t in range(1, 8):
            de = np.array([-y[t - 1], -e]) - p[1] * de
            e = y[t] - p[0] * y[t - 1] - p[1] * e
            g = g + e * de
        return g

    return ag.compare_function(loss, by_hand, np.array([0.4, 0.3]))


mistake(moving_average, "[-y[t - 1], -e]", "[-y[t], -e]", r"y\[t - 1\]|y\[t\]|step|lag")
mistake(moving_average, " - p[1] * de", "", r"p\[1\]|\bde\b|path|not passed back")
mistake(moving_average, " - p[1] * de", " + p[1] * de", r"sign|minus")


@program
def two_layers_of_time():
    rng = np.random.default_rng(3)
    X, Q = rng.normal(size=(4, 2, 3)), rng.normal(size=(4, 2, 3))
    A, U, B, V = (tensor(rng.normal(size=(3, 3)) * 0.7) for _ in range(4))
    h, k, cache, loss = np.zeros((2, 3)), np.zeros((2, 3)), [], 0.0
    for t in range(4):
        before = [plain(h), plain(k)]
        h = np.tanh(X[t] @ A + h @ U)
        k = np.tanh(h @ B + k @ V)
        cache.append([*before, plain(h), plain(k)])
        loss = loss + np.sum(k * Q[t])
    dA, dU, dB, dV = (np.zeros((3, 3)) for _ in range(4))
    dh, dk = np.zeros((2, 3)), np.zeros((2, 3))
    for t in reversed(range(4)):
        h0, k0, h1, k1 = cache[t]
        dzk = (dk + Q[t]) * (1 - k1**2)
        dB += h1.T @ dzk
        dV += k0.T @ dzk
        dk = dzk @ V.numpy().T
        dzh = (dh + dzk @ B.numpy().T) * (1 - h1**2)
        dA += X[t].T @ dzh
        dU += h0.T @ dzh
        dh = dzh @ U.numpy().T
    names = {"A": A, "U": U, "B": B, "V": V}
    return loss, names, {"A": dA, "U": dU, "B": dB, "V": dV}


mistake(
    two_layers_of_time,
    "dk = dzk @ V.numpy().T",
    "dk = dzk @ B.numpy().T",
    r"B\b.*V\b|V\b.*B\b|stands where",
)
mistake(
    two_layers_of_time,
    "(dh + dzk @ B.numpy().T)",
    "(dzk @ B.numpy().T)",
    r"path|left out|step|dh|\bU\b",
)
mistake(two_layers_of_time, "dB += h1.T @ dzk", "dB += h0.T @ dzk", r"step|state|previous|before")
mistake(
    two_layers_of_time, "(dk + Q[t])", "(dk + Q[3] * (t == 3))", r"path|last|loss|left out|\bQ\b"
)

# --- windows and channels -----------------------------------------------------------------------


@program
def strided():
    rng = np.random.default_rng(4)
    x, W, b = (tensor(rng.normal(size=s)) for s in ((2, 3, 7, 7), (4, 3, 3, 3), 4))
    Q, s = rng.normal(size=(2, 4, 3, 3)), 2
    cols = [[x[:, :, s * i : s * i + 3, s * j : s * j + 3] for j in range(3)] for i in range(3)]
    y = [[np.sum(c[:, None] * W, axis=(2, 3, 4)) + b for c in row] for row in cols]
    z = np.stack([np.stack(row, axis=2) for row in y], axis=2)
    a = ag.relu(z)
    loss = np.sum(a * Q)
    dz, xv, Wv = Q * (z.numpy() > 0), x.numpy(), W.numpy()
    dx, dW = np.zeros(x.shape), np.zeros(W.shape)
    for i in range(3):
        for j in range(3):
            d = dz[:, :, i, j]
            patch = xv[:, :, s * i : s * i + 3, s * j : s * j + 3]
            dW += np.einsum("no,nchw->ochw", d, patch)
            dx[:, :, s * i : s * i + 3, s * j : s * j + 3] += np.einsum("no,ochw->nchw", d, Wv)
    return (
        loss,
        {"x": x, "W": W, "b": b, "z": z, "a": a},
        {"x": dx, "W": dW, "b": dz.sum((0, 2, 3))},
    )


mistake(
    strided,
    "patch = xv[:, :, s * i : s * i + 3, s * j : s * j + 3]",
    "patch = xv[:, :, i : i + 3, j : j + 3]",
    r"stride|slice|shift|index|place|x\[|\b2 \*",
)
mistake(
    strided,
    "dx[:, :, s * i : s * i + 3, s * j : s * j + 3]",
    "dx[:, :, i : i + 3, j : j + 3]",
    r"stride|slice|shift|index|place|x\[|\b2 \*",
)
mistake(strided, "dW += np", "dW = np", r"=.*\+=|overwrit|last|only the")
mistake(
    strided, '"b": dz.sum((0, 2, 3))', '"b": dz.sum((2, 3))[0]', r"sample|one of|first|sum|axis"
)
mistake(strided, '"b": dz.sum((0, 2, 3))', '"b": dz.mean((0, 2, 3))', r"mean|1/18|\b18\b")
mistake(strided, "dz, xv, Wv = Q * (z.numpy() > 0)", "dz, xv, Wv = Q", r"relu")


@program
def dilated():
    rng = np.random.default_rng(5)
    x, w, Q = (
        tensor(rng.normal(size=(3, 14))),
        tensor(rng.normal(size=3)),
        rng.normal(size=(3, 8)),
    )
    d = 3
    y = sum(w[k] * x[:, k * d : k * d + 8] for k in range(3))
    loss = np.sum(np.tanh(y) * Q)
    dy, xv = Q * (1 - np.tanh(y.numpy()) ** 2), x.numpy()
    dw, dx = np.zeros(3), np.zeros((3, 14))
    for k in range(3):
        dw[k] = np.sum(dy * xv[:, k * d : k * d + 8])
        dx[:, k * d : k * d + 8] += dy * w.numpy()[k]
    return loss, {"x": x, "w": w, "y": y}, {"x": dx, "w": dw}


mistake(
    dilated,
    "np.sum(dy * xv[:, k * d : k * d + 8])",
    "np.sum(dy * xv[:, k : k + 8])",
    r"dilat|slice|shift|place|x\[|index",
)
mistake(
    dilated,
    "dx[:, k * d : k * d + 8] +=",
    "dx[:, k : k + 8] +=",
    r"dilat|slice|shift|place|x\[|index",
)
mistake(
    dilated,
    "dw[k] = np.sum(dy * xv",
    "dw[2 - k] = np.sum(dy * xv",
    r"revers|order|flip|w\[2\] and w\[0\] are exchanged",
)


@program
def overlapping_pools():
    rng = np.random.default_rng(6)
    x, Q = tensor(rng.normal(size=(2, 9))), rng.normal(size=(2, 7))
    y = np.stack([np.max(x[:, i : i + 3], axis=1) for i in range(7)], axis=1)
    loss = np.sum(y**2 * Q)
    dy, xv = 2 * y.numpy() * Q, x.numpy()
    dx = np.zeros((2, 9))
    for n in range(2):
        for i in range(7):
            dx[n, i + np.argmax(xv[n, i : i + 3])] += dy[n, i]
    return loss, {"x": x, "y": y}, {"x": dx}


mistake(overlapping_pools, "] += dy[n, i]", "] = dy[n, i]", r"=.*\+=|overwrit|overlap")
mistake(
    overlapping_pools, "i + np.argmax(xv", "np.argmax(xv", r"index|place|offset|window|slice|shift"
)
mistake(
    overlapping_pools, "np.argmax(xv[n, i : i + 3])", "np.argmin(xv[n, i : i + 3])", r"argm|min|max"
)


@program
def depthwise():
    rng = np.random.default_rng(7)
    x, K, P = (tensor(rng.normal(size=s)) for s in ((2, 8, 3), (3, 3), (3, 4)))
    Q = rng.normal(size=(2, 6, 4))
    y = sum(x[:, k : k + 6] * K[k] for k in range(3))
    z = y @ P
    loss = np.sum(np.tanh(z) * Q)
    dz, xv, Kv = Q * (1 - np.tanh(z.numpy()) ** 2), x.numpy(), K.numpy()
    dP = np.einsum("nlc,nlo->co", y.numpy(), dz)
    dy = dz @ P.numpy().T
    dK, dx = np.zeros((3, 3)), np.zeros((2, 8, 3))
    for k in range(3):
        dK[k] = np.sum(dy * xv[:, k : k + 6], axis=(0, 1))
        dx[:, k : k + 6] += dy * Kv[k]
    return loss, {"x": x, "K": K, "P": P, "y": y, "z": z}, {"x": dx, "K": dK, "P": dP}


mistake(depthwise, "dy * Kv[k]", "dy * Kv[:, k]", r"transpose|K\[|\.T|column|row")
mistake(depthwise, "dy * Kv[k]", "dy * Kv[2 - k]", r"flip|revers|order")
mistake(
    depthwise,
    "dK[k] = np.sum(dy * xv[:, k : k + 6], axis=(0, 1))",
    "dK[k] = np.sum(dy * xv[:, k : k + 6], axis=(0, 2))[:3]",
    r"ax[ie]s",
)
mistake(depthwise, "dy = dz @ P.numpy().T", "dy = Q @ P.numpy().T", r"tanh")

# --- embeddings, dropout, norms -----------------------------------------------------------------


@program
def tied_words():
    rng = np.random.default_rng(8)
    E, W = tensor(rng.normal(size=(6, 4)) * 0.5), tensor(rng.normal(size=(4, 4)))
    ids, y = np.array([0, 3, 3, 5]), np.array([1, 0, 4, 2])
    x = E[ids] * 2.0
    h = np.tanh(x @ W)
    scores = h @ E.T
    loss = np.mean(ag.cross_entropy(scores, y))
    d = (softmax(scores.numpy()) - np.eye(6)[y]) / 4
    hv, Ev = h.numpy(), E.numpy()
    dz = d @ Ev * (1 - hv**2)
    dE = d.T @ hv
    np.add.at(dE, ids, 2.0 * dz @ W.numpy().T)
    return (
        loss,
        {"E": E, "W": W, "x": x, "h": h, "scores": scores},
        {"E": dE, "W": x.numpy().T @ dz},
    )


mistake(tied_words, "dE = d.T @ hv", "dE = np.zeros((6, 4))", r"use|path|left out|scores|output")
mistake(tied_words, "2.0 * dz @ W.numpy().T", "dz @ W.numpy().T", r"\b2\b|half")
mistake(
    tied_words, "np.add.at(dE, ids, 2.0 * dz @ W.numpy().T)", "pass", r"use|path|left out|E\[ids\]"
)
mistake(tied_words, "np.eye(6)[y]) / 4", "np.eye(6)[y])", r"mean|\b4\b|1/N")


@program
def group_of_channels():
    rng = np.random.default_rng(9)
    x, g, Q = (
        tensor(rng.normal(size=(3, 4, 5))),
        tensor(rng.random(4) + 0.5),
        rng.normal(size=(3, 4, 5)),
    )
    m = np.mean(x, axis=2, keepdims=True)
    v = np.mean((x - m) ** 2, axis=2, keepdims=True)
    n = (x - m) / np.sqrt(v + 1e-5)
    loss = np.sum(g[:, None] * n * Q)
    nv, r = n.numpy(), 1 / np.sqrt(v.numpy() + 1e-5)
    dn = Q * g.numpy()[:, None]
    s1, s2 = dn.sum(2, keepdims=True), (dn * nv).sum(2, keepdims=True)
    dx = r / 5 * (5 * dn - s1 - nv * s2)
    return (
        loss,
        {"x": x, "g": g, "n": n, "m": m, "v": v},
        {"x": dx, "g": np.sum(Q * nv, axis=(0, 2))},
    )


mistake(group_of_channels, "r / 5 * (5 * dn", "r / 3 * (3 * dn", r"\b3\b|\b5\b|axis|size")
mistake(group_of_channels, "s1, s2 = dn.sum(2,", "s1, s2 = Q.sum(2,", r"\bg\b|gain|factor|without")
mistake(group_of_channels, "- nv * s2)", "+ nv * s2)", r"sign|variance")
mistake(group_of_channels, "- s1 - nv", "- nv", r"mean")
mistake(group_of_channels, "axis=(0, 2))}", "axis=(1, 2))[[0, 1, 2, 0]]}", r"ax[ie]s|order|sum")


@program
def gated_attention():
    rng = np.random.default_rng(10)
    X, Wq, Wk, Wv, b = (
        tensor(rng.normal(size=s)) for s in ((5, 4), (4, 3), (4, 3), (4, 3), (5, 5))
    )
    Q, tau = rng.normal(size=(5, 3)), 0.7
    q, k, v = X @ Wq, X @ Wk, X @ Wv
    s = q @ k.T / tau + b
    p = ag.softmax(s)
    o = p @ v
    loss = np.sum(o * Q)
    pv, qv, kv, vv, Xv = (t.numpy() for t in (p, q, k, v, X))
    dp = Q @ vv.T
    ds = pv * (dp - np.sum(dp * pv, axis=1, keepdims=True))
    dq, dk, dv = ds @ kv / tau, ds.T @ qv / tau, pv.T @ Q
    dX = dq @ Wq.numpy().T + dk @ Wk.numpy().T + dv @ Wv.numpy().T
    names = {"X": X, "Wq": Wq, "Wk": Wk, "Wv": Wv, "b": b, "q": q, "k": k, "v": v, "s": s, "p": p}
    return loss, names, {"X": dX, "Wq": Xv.T @ dq, "Wk": Xv.T @ dk, "Wv": Xv.T @ dv, "b": ds}


mistake(
    gated_attention,
    "np.sum(dp * pv, axis=1, keepdims=True)",
    "np.sum(dp, axis=1, keepdims=True)",
    r"softmax|\bp\b",
)
mistake(
    gated_attention,
    "np.sum(dp * pv, axis=1, keepdims=True)",
    "np.mean(dp * pv, axis=1, keepdims=True)",
    r"softmax|mean|\b5\b",
)
mistake(gated_attention, "ds.T @ qv / tau", "ds @ qv / tau", r"transpose")
mistake(gated_attention, "ds.T @ qv / tau, pv", "ds.T @ qv, pv", r"0\.7|tau")
mistake(
    gated_attention, "dX = dq @ Wq.numpy().T + dk @", "dX = dk @", r"\bq\b|Wq|path|use|left out"
)
mistake(gated_attention, "dp = Q @ vv.T", "dp = Q @ kv.T", r"\bk\b|\bv\b|stands where")
