"""Mistakes in the layers of a network: norms, gates, activations, windows, attention."""

import numpy as np

import autograd_lite as ag

from . import mistake, program, sigmoid, tensor

# --- activations --------------------------------------------------------------------------------


@program
def gelu_network():
    rng = np.random.default_rng(0)
    X, W, V = (
        rng.normal(size=(7, 4)),
        tensor(rng.normal(size=(4, 5))),
        tensor(rng.normal(size=(5, 2))),
    )
    Y, c = rng.normal(size=(7, 2)), np.sqrt(2 / np.pi)
    z = X @ W
    u = c * (z + 0.044715 * z**3)
    h = 0.5 * z * (1 + np.tanh(u))
    loss = np.sum((h @ V - Y) ** 2) / 2
    zv, t = z.numpy(), np.tanh(u.numpy())
    dh = (h.numpy() @ V.numpy() - Y) @ V.numpy().T
    du = c * (1 + 3 * 0.044715 * zv**2)
    dz = dh * (0.5 * (1 + t) + 0.5 * zv * (1 - t**2) * du)
    return loss, {"W": W, "z": z, "h": h, "u": u}, {"W": X.T @ dz}


mistake(gelu_network, "1 + 3 * 0.044715", "1 + 0.044715", r"\b3\b|0\.134|0\.044")
mistake(gelu_network, "dh * (0.5 * (1 + t) + 0.5", "dh * (0.5", r"left out|missing")
mistake(gelu_network, "du = c * (1 +", "du = (1 +", r"0\.79|\bc\b")
mistake(gelu_network, "0.5 * zv * (1 - t**2) * du", "0.5 * (1 - t**2) * du", r"factor z|\bz\b")


@program
def swish_network():
    rng = np.random.default_rng(1)
    X, W, V = (
        rng.normal(size=(7, 4)),
        tensor(rng.normal(size=(4, 5))),
        tensor(rng.normal(size=(5, 2))),
    )
    Y, beta = rng.normal(size=(7, 2)), 1.7
    z = X @ W
    s = ag.sigmoid(beta * z)
    h = z * s
    loss = np.sum((h @ V - Y) ** 2) / 2
    zv, sv = z.numpy(), s.numpy()
    dh = (h.numpy() @ V.numpy() - Y) @ V.numpy().T
    dz = dh * (sv + beta * zv * sv * (1 - sv))
    return loss, {"W": W, "z": z, "s": s, "h": h}, {"W": X.T @ dz}


mistake(swish_network, "sv + beta * zv", "sv + zv", r"1\.7|beta")
mistake(swish_network, "beta * zv * sv", "beta * sv", r"\bz\b")
mistake(swish_network, "sv * (1 - sv))", "(1 - sv))", r"\bs\b|sigmoid")


@program
def learned_slopes():
    rng = np.random.default_rng(2)
    X, W, a = rng.normal(size=(8, 3)), tensor(rng.normal(size=(3, 4))), tensor(rng.random(4))
    Q = rng.normal(size=(8, 4))
    z = X @ W
    h = np.where(z > 0, z, a * z)
    loss = np.sum(h * Q)
    zv, av = z.numpy(), a.numpy()
    dz = Q * np.where(zv > 0, 1.0, av)
    da = np.sum(Q * zv * (zv <= 0), axis=0)
    return loss, {"W": W, "a": a, "z": z, "h": h}, {"W": X.T @ dz, "a": da}


mistake(learned_slopes, "Q * zv * (zv <= 0)", "Q * zv", r"mask|where|z <|z >|condition|branch")
mistake(learned_slopes, "Q * zv * (zv <= 0)", "Q * zv * (zv > 0)", r"invert|other way|where|branch")
mistake(
    learned_slopes,
    "np.where(zv > 0, 1.0, av)",
    "np.where(zv > 0, av, 1.0)",
    r"exchang|branch|the other way round",
)
mistake(learned_slopes, "Q * zv * (zv <= 0)", "Q * (zv <= 0)", r"factor z|\bz\b")


@program
def elu_network():
    rng = np.random.default_rng(3)
    X, W, Q = rng.normal(size=(8, 3)), tensor(rng.normal(size=(3, 4))), rng.normal(size=(8, 4))
    alpha, z = 0.7, X @ W
    h = np.where(z >= 0, z, alpha * (np.exp(z) - 1))
    loss = np.sum(h * Q)
    zv = z.numpy()
    dz = Q * np.where(zv >= 0, 1.0, alpha * np.exp(zv))
    return loss, {"W": W, "z": z, "h": h}, {"W": X.T @ dz}


mistake(elu_network, "1.0, alpha * np.exp(zv)", "1.0, np.exp(zv)", r"0\.7|alpha")
mistake(elu_network, "alpha * np.exp(zv)", "alpha * (np.exp(zv) - 1)", r"exp\(z\) - 1|- 1|value")


@program
def gated_units():
    rng = np.random.default_rng(4)
    X, W, Q = rng.normal(size=(6, 3)), tensor(rng.normal(size=(3, 8))), rng.normal(size=(6, 4))
    z = X @ W
    a, b = z[:, :4], z[:, 4:]
    h = a * ag.sigmoid(b)
    loss = np.sum(h * Q)
    av, s = a.numpy(), sigmoid(b.numpy())
    da, db = Q * s, Q * av * s * (1 - s)
    dz = np.concatenate([da, db], 1)
    return loss, {"W": W, "z": z, "a": a, "b": b}, {"W": X.T @ dz}


mistake(gated_units, "Q * av * s * (1 - s)", "Q * av * s", r"sigmoid|1 - ")
mistake(gated_units, "np.concatenate([da, db], 1)", "np.concatenate([db, da], 1)",
        r"swap|exchang|order|halves|stands where")  # fmt: skip
mistake(gated_units, "Q * av * s * (1 - s)", "Q * s * (1 - s)", r"\ba\b")

# --- normalisation ------------------------------------------------------------------------------


@program
def root_mean_square():
    rng = np.random.default_rng(5)
    x, gain, Q = (
        tensor(rng.normal(size=(5, 6))),
        tensor(rng.random(6) + 0.5),
        rng.normal(size=(5, 6)),
    )
    r = np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-5)
    n = x / r
    loss = np.sum(n * gain * Q)
    nv, rv = n.numpy(), r.numpy()
    dn = Q * gain.numpy()
    dx = (dn - nv * np.mean(dn * nv, axis=1, keepdims=True)) / rv
    return loss, {"x": x, "gain": gain, "n": n, "r": r}, {"x": dx, "gain": np.sum(Q * nv, axis=0)}


mistake(root_mean_square, "dn = Q * gain.numpy()", "dn = Q", r"gain")
mistake(
    root_mean_square, "np.mean(dn * nv, axis=1", "np.sum(dn * nv, axis=1", r"mean|divided|\b6\b"
)
mistake(root_mean_square, "dn - nv * np.mean", "dn - np.mean", r"\bn\b")
mistake(
    root_mean_square, " - nv * np.mean(dn * nv, axis=1, keepdims=True)", "", r"path|constant|left"
)
mistake(root_mean_square, "np.sum(Q * nv, axis=0)", "np.sum(Q, axis=0)", r"\bn\b")


@program
def groups():
    rng = np.random.default_rng(6)
    x, Q = tensor(rng.normal(size=(5, 6))), rng.normal(size=(5, 6))
    g = np.reshape(x, (5, 2, 3))
    m = np.mean(g, axis=2, keepdims=True)
    v = np.mean((g - m) ** 2, axis=2, keepdims=True)
    n = (g - m) / np.sqrt(v + 1e-5)
    loss = np.sum(np.reshape(n, (5, 6)) * Q)
    nv, s, d = n.numpy(), 1 / np.sqrt(v.numpy() + 1e-5), Q.reshape(5, 2, 3)
    ax = 2
    dg = s * (d - d.mean(ax, keepdims=True) - nv * (d * nv).mean(ax, keepdims=True))
    return loss, {"x": x, "g": g, "n": n}, {"x": dg.reshape(5, 6)}


mistake(groups, "ax = 2", "ax = (1, 2)", r"ax[ie]s|over")
mistake(groups, "ax = 2", "ax = 0", r"ax[ie]s|over")


@program
def batch_norm_in_steps():
    rng = np.random.default_rng(7)
    x, Q = tensor(rng.normal(size=(8, 4))), rng.normal(size=(8, 4))
    mu = np.mean(x, axis=0)
    xc = x - mu
    var = np.mean(xc**2, axis=0)
    inv = 1 / np.sqrt(var + 1e-5)
    h = xc * inv
    loss = np.sum(h * Q)
    c, i = xc.numpy(), inv.numpy()
    dvar = np.sum(Q * c, axis=0) * -0.5 * i**3
    dxc = Q * i + dvar * 2 * c / 8
    dmu = -np.sum(dxc, axis=0)
    dx = dxc + dmu / 8
    return loss, {"x": x, "mu": mu, "xc": xc, "var": var, "inv": inv}, {"x": dx}


mistake(batch_norm_in_steps, "-0.5 * i**3", "-0.5 * i", r"inv|exponent|power|deviation|variance")
mistake(batch_norm_in_steps, "dvar * 2 * c / 8", "dvar * c / 8", r"half|\b2\b")
mistake(batch_norm_in_steps, "dx = dxc + dmu / 8", "dx = dxc + dmu", r"1/N|mean|\b8\b|divided")
mistake(batch_norm_in_steps, "dx = dxc + dmu / 8", "dx = dxc", r"mean|mu\b|path")
mistake(
    batch_norm_in_steps, "dvar * 2 * c / 8", "dvar * 2 / 8", r"xc|centred|x - mu|factor|variance"
)


@program
def weight_norm():
    rng = np.random.default_rng(8)
    X, v, g = rng.normal(size=(6, 4)), tensor(rng.normal(size=(4, 3))), tensor(rng.random(3) + 0.5)
    Q = rng.normal(size=(6, 3))
    norm = np.sqrt(np.sum(v**2, axis=0))
    w = g * v / norm
    loss = np.sum((X @ w) * Q)
    vv, gv, nv = v.numpy(), g.numpy(), norm.numpy()
    dw = X.T @ Q
    dg = np.sum(dw * vv, axis=0) / nv
    dv = dw * gv / nv - gv * dg * vv / nv**2
    return loss, {"v": v, "g": g, "w": w, "norm": norm}, {"v": dv, "g": dg}


mistake(weight_norm, " - gv * dg * vv / nv**2", "", r"norm|path|constant")
mistake(weight_norm, "dg * vv / nv**2", "dg * vv / nv", r"norm")
mistake(weight_norm, "dg = np.sum(dw * vv, axis=0) / nv\n    dv",
        "dg = np.sum(dw * vv, axis=0)\n    dv", r"norm")  # fmt: skip
mistake(weight_norm, "dw * gv / nv - gv", "dw / nv - gv", r"\bg\b")

# --- attention, embeddings, residuals -----------------------------------------------------------


@program
def two_heads():
    rng = np.random.default_rng(9)
    X, Q = rng.normal(size=(5, 6)), rng.normal(size=(5, 6))
    P = {k: tensor(rng.normal(size=(6, 6)) * 0.5) for k in ("Wq", "Wk", "Wv")}
    mask = np.where(np.tri(5) > 0, 0.0, -1e9)
    q, k, v = (np.transpose(np.reshape(X @ W, (5, 2, 3)), (1, 0, 2)) for W in P.values())
    scale = 1 / np.sqrt(3)
    A = ag.softmax(q @ np.swapaxes(k, 1, 2) * scale + mask)
    o = np.reshape(np.transpose(A @ v, (1, 0, 2)), (5, 6))
    loss = np.sum(o * Q)
    a, qv, kv, vv = (t.numpy() for t in (A, q, k, v))
    do = Q.reshape(5, 2, 3).transpose(1, 0, 2)
    dA = do @ vv.swapaxes(1, 2)
    dS = a * (dA - np.sum(dA * a, axis=-1, keepdims=True)) * scale
    d = {"Wq": dS @ kv, "Wk": dS.swapaxes(1, 2) @ qv, "Wv": a.swapaxes(1, 2) @ do}
    grads = {n: X.T @ g.transpose(1, 0, 2).reshape(5, 6) for n, g in d.items()}
    return loss, {**P, "A": A, "q": q, "k": k, "v": v}, grads


mistake(two_heads, "axis=-1, keepdims=True)) * scale", "axis=-1, keepdims=True)) / np.sqrt(6)",
        r"sqrt\(6\)|0\.408|0\.707|sqrt|1\.41")  # fmt: skip
mistake(two_heads, "np.sum(dA * a, axis=-1", "np.sum(dA * a, axis=-2", r"axis|softmax")
mistake(two_heads, "a * (dA - np.sum(dA * a, axis=-1, keepdims=True)) * scale",
        "dA * a * (1 - a) * scale",
        r"diagonal")  # fmt: skip
mistake(two_heads, "a.swapaxes(1, 2) @ do", "a @ do", r"transpose")
mistake(two_heads, "Q.reshape(5, 2, 3).transpose(1, 0, 2)", "Q.reshape(2, 5, 3)",
        r"order|transpose|axes|reshape")  # fmt: skip


@program
def places_and_words():
    rng = np.random.default_rng(10)
    E, P = tensor(rng.normal(size=(7, 3))), tensor(rng.normal(size=(4, 3)))
    ids, Q = np.array([[1, 2, 1, 5], [0, 1, 6, 6], [3, 3, 2, 0]]), rng.normal(size=(3, 4, 3))
    x = E[ids] + P
    loss = np.sum(np.tanh(x) * Q)
    dx = Q * (1 - np.tanh(x.numpy()) ** 2)
    dE = np.zeros((7, 3))
    np.add.at(dE, ids, dx)
    return loss, {"E": E, "P": P, "x": x}, {"E": dE, "P": dx.sum(0)}


mistake(places_and_words, "np.add.at(dE, ids, dx)", "dE[ids] = dx", r"add\.at|=.*\+=|overwrit")
mistake(places_and_words, "np.add.at(dE, ids, dx)", "dE[ids] += dx", r"add\.at|=.*\+=|overwrit")
mistake(places_and_words, '"P": dx.sum(0)', '"P": dx.mean(0)', r"mean|1/3|1/N")
mistake(places_and_words, '"P": dx.sum(0)', '"P": dx[0]', r"first|one (sample|copy)")


@program
def concatenation():
    rng = np.random.default_rng(11)
    X, A, B = (
        rng.normal(size=(6, 4)),
        tensor(rng.normal(size=(4, 4))),
        tensor(rng.normal(size=(4, 4))),
    )
    V, Q = tensor(rng.normal(size=(8, 2))), rng.normal(size=(6, 2))
    h = np.tanh(X @ A)
    k = np.tanh(h @ B)
    cat = np.concatenate([h, k], axis=1)
    loss = np.sum((cat @ V) * Q)
    dcat = Q @ V.numpy().T
    dh, dk = dcat[:, :4], dcat[:, 4:] * (1 - k.numpy() ** 2)
    dh = (dh + dk @ B.numpy().T) * (1 - h.numpy() ** 2)
    return loss, {"A": A, "B": B, "V": V, "h": h, "k": k, "cat": cat}, {
        "A": X.T @ dh, "B": h.numpy().T @ dk, "V": cat.numpy().T @ Q}  # fmt: skip


mistake(concatenation, "dh, dk = dcat[:, :4], dcat[:, 4:] *", "dh, dk = dcat[:, 4:], dcat[:, :4] *",
        r"swap|exchang|halves|slice")  # fmt: skip
mistake(concatenation, "(dh + dk @ B.numpy().T)", "(dk @ B.numpy().T)", r"path|use|overwrit")
mistake(concatenation, "(dh + dk @ B.numpy().T)", "dh", r"path|use|overwrit")


@program
def two_masks():
    rng = np.random.default_rng(12)
    X, A, B = (
        rng.normal(size=(6, 5)),
        tensor(rng.normal(size=(5, 5))),
        tensor(rng.normal(size=(5, 5))),
    )
    m1, m2 = ((rng.random((6, 5)) < 0.7) / 0.7 for _ in range(2))
    Q = rng.normal(size=(6, 5))
    z = X @ A
    h = ag.relu(z) * m1
    k = ag.relu(h @ B) * m2
    loss = np.sum(k * Q)
    dk = Q * m2 * (k.numpy() > 0)
    dh = dk @ B.numpy().T * m1 * (z.numpy() > 0)
    return loss, {"A": A, "B": B, "z": z, "h": h, "k": k, "m1": m1, "m2": m2}, {
        "A": X.T @ dh, "B": h.numpy().T @ dk}  # fmt: skip


mistake(two_masks, "B.numpy().T * m1", "B.numpy().T * m2", r"m2 stands where m1|m1.*m2|m2.*m1")
mistake(two_masks, "B.numpy().T * m1 * (z.numpy() > 0)", "B.numpy().T * m1", r"relu")
mistake(two_masks, "Q * m2 * (k.numpy() > 0)", "Q * (k.numpy() > 0)", r"scale|m2|0\.7|dropout")

# --- windows ------------------------------------------------------------------------------------


@program
def windows_by_hand():
    rng = np.random.default_rng(13)
    x, K, b = tensor(rng.normal(size=(3, 6, 6))), tensor(rng.normal(size=(3, 3))), tensor([0.3])
    Q = rng.normal(size=(3, 4, 4))
    y = sum(K[i, j] * x[:, i : i + 4, j : j + 4] for i in range(3) for j in range(3)) + b
    loss = np.sum(np.tanh(y) * Q)
    d, xv, Kv = Q * (1 - np.tanh(y.numpy()) ** 2), x.numpy(), K.numpy()
    dK, dx = np.zeros((3, 3)), np.zeros((3, 6, 6))
    for i in range(3):
        for j in range(3):
            dK[i, j] = np.sum(d * xv[:, i : i + 4, j : j + 4])
            dx[:, i : i + 4, j : j + 4] += d * Kv[i, j]
    return loss, {"x": x, "K": K, "b": b, "y": y}, {"x": dx, "K": dK, "b": [d.sum()]}


mistake(windows_by_hand, "+= d * Kv[i, j]", "+= d * Kv[2 - i, 2 - j]", r"flip|revers|180|order")
mistake(windows_by_hand, "+= d * Kv[i, j]", "+= d * Kv[j, i]", r"transpose|\.T|swap|exchang|K\[")
mistake(windows_by_hand, "np.sum(d * xv[:, i : i + 4, j : j + 4])",
        "np.sum(d * xv[:, 2 - i : 6 - i, 2 - j : 6 - j])", r"flip|revers|180|order")  # fmt: skip
mistake(windows_by_hand, "+= d * Kv[i, j]", "= d * Kv[i, j]", r"=.*\+=|overwrit|overlap")
mistake(windows_by_hand, "[d.sum()]", "[d.mean()]", r"mean|1/48|sum")


@program
def pools():
    rng = np.random.default_rng(14)
    x, W, Q = (
        tensor(rng.normal(size=(4, 5, 3))),
        tensor(rng.normal(size=(6, 2))),
        rng.normal(size=(4, 2)),
    )
    top, avg = np.max(x, axis=1), np.mean(x, axis=1)
    f = np.concatenate([top, avg], axis=1)
    loss = np.sum((f @ W) * Q)
    df, xv = Q @ W.numpy().T, x.numpy()
    hit = xv == xv.max(axis=1, keepdims=True)
    dx = hit * df[:, None, :3] + np.ones((4, 5, 3)) * df[:, None, 3:] / 5
    return loss, {"x": x, "W": W, "f": f, "top": top, "avg": avg}, {"x": dx}


mistake(pools, "df[:, None, 3:] / 5", "df[:, None, 3:]", r"\b5\b|mean|divi")
mistake(pools, "hit * df[:, None, :3]", "df[:, None, :3]", r"max|mask|hit|condition")
mistake(pools, "hit * df[:, None, :3] +", "hit * 1.0 +", r"top|max|gradient.*left out")


@program
def upsampled():
    rng = np.random.default_rng(15)
    x, Q = tensor(rng.normal(size=(2, 3, 3))), rng.normal(size=(2, 6, 6))
    big = np.repeat(np.repeat(x, 2, axis=1), 2, axis=2)
    loss = np.sum(np.tanh(big) * Q)
    d = Q * (1 - np.tanh(big.numpy()) ** 2)
    dx = d.reshape(2, 3, 2, 3, 2).sum((2, 4))
    return loss, {"x": x, "big": big}, {"x": dx}


mistake(
    upsampled, "d.reshape(2, 3, 2, 3, 2).sum((2, 4))", "d[:, ::2, ::2]", r"copies|first|one of|sum"
)
mistake(upsampled, ".sum((2, 4))", ".mean((2, 4))", r"mean|1/4|\b4\b|sum")
