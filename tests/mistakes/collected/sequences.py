"""Mistakes along a time axis: recurrent networks, policies, masks, cumulative sums."""

import numpy as np

import autograd_lite as ag

from . import mistake, plain, program, softmax, tensor

# --- policies -----------------------------------------------------------------------------------


@program
def reinforce():
    rng = np.random.default_rng(0)
    X, actions, rewards = rng.normal(size=(7, 4)), rng.integers(0, 3, 7), rng.normal(size=7)
    W = tensor(rng.normal(size=(4, 3)))
    returns = np.cumsum(rewards[::-1])[::-1]
    z = X @ W
    loss = -np.sum(ag.log_softmax(z)[np.arange(7), actions] * returns)
    weights = returns
    dz = (softmax(z.numpy()) - np.eye(3)[actions]) * weights[:, None]
    return loss, {"W": W, "z": z, "returns": returns, "rewards": rewards}, {"W": X.T @ dz}


mistake(reinforce, "weights = returns", "weights = rewards", r"rewards .*returns|returns.*rewards")
mistake(reinforce, "weights = returns", "weights = np.cumsum(rewards)",
        r"cumsum|cumulative|returns")  # fmt: skip
mistake(reinforce, "weights = returns", "weights = returns - returns.mean()",
        r"returns.*mean|mean.*returns")  # fmt: skip


@program
def clipped_policy():
    rng = np.random.default_rng(1)
    X, a = rng.normal(size=(9, 4)), rng.integers(0, 3, 9)
    A, old = rng.normal(size=9), rng.normal(size=9) * 0.3 - 1.2
    W = tensor(rng.normal(size=(4, 3)) * 0.5)
    lp = ag.log_softmax(X @ W)[np.arange(9), a]
    ratio = np.exp(lp - old)
    loss = -np.mean(np.minimum(ratio * A, np.clip(ratio, 0.8, 1.2) * A))
    r, p = ratio.numpy(), softmax(X @ W.numpy())
    inside = (r * A <= np.clip(r, 0.8, 1.2) * A) * 1.0
    dlp = -A * r * inside / 9
    dz = dlp[:, None] * (np.eye(3)[a] - p)
    return loss, {"W": W, "ratio": ratio, "A": A, "lp": lp}, {"W": X.T @ dz}


mistake(clipped_policy, "-A * r * inside / 9", "-A * inside / 9",
        r"ratio|exp")  # fmt: skip
mistake(clipped_policy, "-A * r * inside / 9", "-A * r / 9",
        r"clip|minimum|mask|branch|where|0\.8")  # fmt: skip


@program
def bonus_of_entropy():
    rng = np.random.default_rng(2)
    X, W, G = rng.normal(size=(6, 4)), tensor(rng.normal(size=(4, 3))), rng.normal(size=6)
    a, beta = rng.integers(0, 3, 6), 0.05
    logp = ag.log_softmax(X @ W)
    p = np.exp(logp)
    entropy = -np.sum(p * logp)
    loss = -np.sum(logp[np.arange(6), a] * G) - beta * entropy
    P, L = p.numpy(), logp.numpy()
    H = -(P * L).sum(1, keepdims=True)
    dz = (P - np.eye(3)[a]) * G[:, None]
    dz = dz + beta * P * (L + H)
    return loss, {"W": W, "p": p, "entropy": entropy}, {"W": X.T @ dz}


mistake(bonus_of_entropy, "dz + beta * P", "dz - beta * P", r"(sign|minus).*entropy|entropy.*sign")
mistake(bonus_of_entropy, "dz + beta * P * (L + H)", "dz + 0", r"entropy.*(left out|missing|not)"
        r"|(left out|missing).*entropy")  # fmt: skip
mistake(bonus_of_entropy, "dz + beta * P", "dz + P", r"0\.05|beta|\b20\b")

# --- masks --------------------------------------------------------------------------------------


@program
def masked_tokens():
    rng = np.random.default_rng(3)
    X, W = rng.normal(size=(3, 5, 4)), tensor(rng.normal(size=(4, 6)))
    y = rng.integers(0, 6, (3, 5))
    mask = (np.arange(5) < np.array([5, 3, 2])[:, None]) * 1.0
    z = X @ W
    nll = -np.sum(ag.log_softmax(z) * np.eye(6)[y], axis=-1)
    loss = np.sum(nll * mask) / mask.sum()
    dz = (softmax(z.numpy()) - np.eye(6)[y]) * mask[:, :, None] / mask.sum()
    return loss, {"W": W, "z": z, "mask": mask, "nll": nll}, {"W": np.einsum("btd,btk->dk", X, dz)}


mistake(masked_tokens, "mask[:, :, None] / mask.sum()", "mask[:, :, None] / mask.size",
        r"\b15\b|10/15|2/3|0\.66")  # fmt: skip
mistake(masked_tokens, "* mask[:, :, None] / mask.sum()", "/ mask.sum()", r"mask")
mistake(
    masked_tokens, "mask[:, :, None] / mask.sum()", "mask[:, :, None] / 3", r"10/3|3\.33|\b10\b"
)


@program
def padded_recurrence():
    rng = np.random.default_rng(4)
    X, U = rng.normal(size=(5, 3, 2)), tensor(rng.normal(size=(4, 4)) * 0.6)
    W, Q = tensor(rng.normal(size=(2, 4))), rng.normal(size=(3, 4))
    mask = (np.arange(5)[:, None] < np.array([5, 3, 2]))[:, :, None] * 1.0
    h, cache = np.zeros((3, 4)), []
    for t in range(5):
        new = np.tanh(X[t] @ W + h @ U)
        cache.append((plain(h), plain(new)))
        h = mask[t] * new + (1 - mask[t]) * h
    loss = np.sum(h * Q)
    dW, dU, dh = np.zeros((2, 4)), np.zeros((4, 4)), Q
    for t in reversed(range(5)):
        before, new = cache[t]
        dz = dh * mask[t] * (1 - new**2)
        dW += X[t].T @ dz
        dU += before.T @ dz
        dh = dz @ U.numpy().T + (1 - mask[t]) * dh
    return loss, {"W": W, "U": U, "mask": mask}, {"W": dW, "U": dU}


mistake(padded_recurrence, "+ (1 - mask[t]) * dh", "", r"1 - mask|carried|not passed back|path")
mistake(padded_recurrence, "dh * mask[t] * (1", "dh * (1", r"mask")
mistake(padded_recurrence, "+ (1 - mask[t]) * dh", "+ dh", r"1 - mask")

# --- recurrences --------------------------------------------------------------------------------


@program
def characters():
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(5, 2, 3)), rng.integers(0, 4, (5, 2))
    W, U = tensor(rng.normal(size=(3, 4)) * 0.7), tensor(rng.normal(size=(4, 4)) * 0.5)
    V, b = tensor(rng.normal(size=(4, 4))), tensor(rng.normal(size=4))
    h, loss, hs = np.zeros((2, 4)), 0.0, [np.zeros((2, 4))]
    for t in range(5):
        h = np.tanh(X[t] @ W + h @ U + b)
        hs.append(h.numpy())
        loss = loss + np.sum(ag.cross_entropy(h @ V, y[t]))
    dW, dU, dV, db = np.zeros((3, 4)), np.zeros((4, 4)), np.zeros((4, 4)), np.zeros(4)
    carried = np.zeros((2, 4))
    for t in reversed(range(5)):
        dy = softmax(hs[t + 1] @ V.numpy()) - np.eye(4)[y[t]]
        dV += hs[t + 1].T @ dy
        dh = dy @ V.numpy().T + carried
        dz = dh * (1 - hs[t + 1] ** 2)
        db += dz.sum(0)
        dW += X[t].T @ dz
        dU += hs[t].T @ dz
        carried = dz @ U.numpy().T
    names = {"W": W, "U": U, "V": V, "b": b, "X": X, "y": y}
    return loss, names, {"W": dW, "U": dU, "V": dV, "b": db}


mistake(characters, "dW += X[t].T @ dz", "dW += X[t - 1].T @ dz", r"previous step|step before")
mistake(
    characters,
    "dV += hs[t + 1].T @ dy",
    "dV += hs[t].T @ dy",
    r"previous step|step before|state before",
)
mistake(
    characters,
    "- np.eye(4)[y[t]]",
    "- np.eye(4)[y[t - 1]]",
    r"(label|target).*(previous|step|other)|y\[",
)
mistake(characters, "carried = dz @ U.numpy().T", "carried = dz @ U.numpy()", r"transpose")
mistake(characters, "db += dz.sum(0)", "db = dz.sum(0)", r"=.*\+=|overwrit|only the")
mistake(
    characters, "dz = dh * (1 - hs[t + 1] ** 2)", "dz = dh * (1 - hs[t + 1]) ** 2", r"\(1 - .*\)\^2"
)
mistake(characters, "carried = dz @ U.numpy().T", "carried = dh @ U.numpy().T",
        r"derivative.*tanh|tanh.*derivative|before")  # fmt: skip


@program
def two_directions():
    rng = np.random.default_rng(6)
    X = rng.normal(size=(4, 2, 3))
    A, B, V = (tensor(rng.normal(size=s) * 0.6) for s in ((6, 3), (6, 3), (6, 2)))
    f, g = np.zeros((2, 3)), np.zeros((2, 3))
    fs, gs = [], []
    for t in range(4):
        zf, zg = np.concatenate([X[t], f], 1), np.concatenate([X[3 - t], g], 1)
        f, g = np.tanh(zf @ A), np.tanh(zg @ B)
        fs.append((plain(zf), plain(f)))
        gs.append((plain(zg), plain(g)))
    both = np.concatenate([f, g], 1)
    y = both @ V
    loss = np.sum(y**2) / 2
    dboth = y.numpy() @ V.numpy().T
    df, dg = dboth[:, :3], dboth[:, 3:]
    dA, dB = np.zeros((6, 3)), np.zeros((6, 3))
    for t in reversed(range(4)):
        dzf, dzg = df * (1 - fs[t][1] ** 2), dg * (1 - gs[t][1] ** 2)
        dA += fs[t][0].T @ dzf
        dB += gs[t][0].T @ dzg
        df, dg = dzf @ A.numpy()[3:].T, dzg @ B.numpy()[3:].T
    return loss, {"A": A, "B": B, "V": V, "both": both, "f": f, "g": g}, {
        "A": dA, "B": dB, "V": both.numpy().T @ y.numpy()}  # fmt: skip


mistake(two_directions, "df, dg = dboth[:, :3], dboth[:, 3:]",
        "df, dg = dboth[:, 3:], dboth[:, :3]",
        r"swap|exchang|halves|slice|gradient of .* in the place")  # fmt: skip
mistake(two_directions, "A.numpy()[3:].T, dzg", "A.numpy()[:3].T, dzg", r"\[3:\]|\[:3\]|rows|slice")


@program
def euler_steps():
    rng = np.random.default_rng(7)
    W, h, dt = tensor(rng.normal(size=(4, 4))), rng.normal(size=(3, 4)), 0.1
    Q, cache = rng.normal(size=(3, 4)), []
    for _ in range(6):
        s = np.tanh(h @ W)
        cache.append((plain(h), s.numpy()))
        h = h + dt * s
    loss = np.sum(h * Q)
    dW, dh = np.zeros((4, 4)), Q
    for before, s in reversed(cache):
        dz = dt * dh * (1 - s**2)
        dW += before.T @ dz
        dh = dh + dz @ W.numpy().T
    return loss, {"W": W}, {"W": dW}


mistake(euler_steps, "dh = dh + dz @ W", "dh = dz @ W", r"path|left out|carried|missing")
mistake(euler_steps, "dz = dt * dh", "dz = dh", r"0\.1|dt|\b10\b")


@program
def highway():
    rng = np.random.default_rng(8)
    X, A, B = (
        rng.normal(size=(6, 4)),
        tensor(rng.normal(size=(4, 4))),
        tensor(rng.normal(size=(4, 4))),
    )
    C, Q = tensor(rng.normal(size=(4, 4))), rng.normal(size=(6, 4))
    x = X @ C
    h, gate = np.tanh(x @ A), ag.sigmoid(x @ B)
    y = gate * h + (1 - gate) * x
    loss = np.sum(y * Q)
    xv, hv, gv = x.numpy(), h.numpy(), gate.numpy()
    da, db = Q * gv * (1 - hv**2), Q * (hv - xv) * gv * (1 - gv)
    dx = da @ A.numpy().T + db @ B.numpy().T + Q * (1 - gv)
    return loss, {"A": A, "B": B, "C": C, "x": x, "h": h, "gate": gate}, {
        "A": xv.T @ da, "B": xv.T @ db, "C": X.T @ dx}  # fmt: skip


mistake(highway, "+ Q * (1 - gv)", "", r"path|left out|missing")
mistake(highway, "Q * (hv - xv) * gv", "Q * hv * gv", r"left out|missing|x\b")
mistake(highway, "+ Q * (1 - gv)", "+ Q", r"1 - gate")

# --- cumulative sums ----------------------------------------------------------------------------


@program
def running_totals():
    rng = np.random.default_rng(9)
    X, W, Y = (
        rng.normal(size=(4, 5, 3)),
        tensor(rng.normal(size=(3, 2))),
        rng.normal(size=(4, 5, 2)),
    )
    steps = X @ W
    total = np.cumsum(steps, axis=1)
    loss = np.sum((total - Y) ** 2) / 2
    dtotal = total.numpy() - Y
    dsteps = np.cumsum(dtotal[:, ::-1], axis=1)[:, ::-1]
    return (
        loss,
        {"W": W, "steps": steps, "total": total},
        {"W": np.einsum("btd,btk->dk", X, dsteps)},
    )


mistake(running_totals, "np.cumsum(dtotal[:, ::-1], axis=1)[:, ::-1]", "np.cumsum(dtotal, axis=1)",
        r"cumsum|cumulative")  # fmt: skip
mistake(running_totals, "np.cumsum(dtotal[:, ::-1], axis=1)[:, ::-1]", "dtotal",
        r"cumsum|cumulative")  # fmt: skip
mistake(running_totals, "np.cumsum(dtotal[:, ::-1], axis=1)[:, ::-1]",
        "np.cumsum(dtotal[::-1], axis=0)[::-1]", r"axis")  # fmt: skip


@program
def causal_filter():
    rng = np.random.default_rng(10)
    x, Y = tensor(rng.normal(size=(3, 12))), rng.normal(size=(3, 12))
    w = tensor(rng.normal(size=3))
    padded = np.concatenate([np.zeros((3, 4)), x], axis=1)
    y = sum(w[k] * padded[:, 4 - 2 * k : 16 - 2 * k] for k in range(3))
    loss = np.sum((y - Y) ** 2) / 2
    dy, p = y.numpy() - Y, padded.numpy()
    dw = np.array([np.sum(dy * p[:, 4 - 2 * k : 16 - 2 * k]) for k in range(3)])
    dp = np.zeros((3, 16))
    for k in range(3):
        dp[:, 4 - 2 * k : 16 - 2 * k] += dy * w.numpy()[k]
    return loss, {"x": x, "w": w, "y": y, "padded": padded}, {"x": dp[:, 4:], "w": dw}


mistake(causal_filter, "np.sum(dy * p[:, 4 - 2 * k : 16 - 2 * k])",
        "np.sum(dy * p[:, 4 - k : 16 - k])", r"shift|places|index|dilation|padded\[")  # fmt: skip
mistake(causal_filter, "+= dy * w.numpy()[k]", "+= dy * w.numpy()[2 - k]", r"revers|order|flip|w\[")
mistake(causal_filter, "+= dy * w.numpy()[k]", "= dy * w.numpy()[k]", r"=.*\+=|overwrit|overlap")
mistake(causal_filter, '"x": dp[:, 4:]', '"x": dp[:, :12]', r"shift|padding|cut|slice")


@program
def garch():
    rng = np.random.default_rng(11)
    e2 = rng.normal(size=12) ** 2

    def loss(p):
        s, total = e2[0], 0.0
        for t in range(1, 12):
            s = p[0] + p[1] * e2[t - 1] + p[2] * s
            total = total + np.log(s) + e2[t] / s
        return total / 2

    def by_hand(p):
        s, ds, g = e2[0], np.zeros(3), np.zeros(3)
        for t in range(1, 12):
            ds = np.array([1.0, e2[t - 1], s]) + p[2] * ds
            s = p[0] + p[1] * e2[t - 1] + p[2] * s
            g = g + (1 / s - e2[t] / s**2) * ds
        return g / 2

    return ag.compare_function(loss, by_hand, np.array([0.3, 0.2, 0.5]))


mistake(garch, " + p[2] * ds", "", r"p\[2\]|path|next step|previous|left out|missing")
mistake(garch, "np.array([1.0, e2[t - 1], s])", "np.array([1.0, e2[t], s])", r"e2|previous|step")
mistake(garch, "e2[t] / s**2", "e2[t] / s", r"s\b.*\*\*|\^2|square|/ s")
