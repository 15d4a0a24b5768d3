"""Elman network that tags every step of a sequence (BPTT exercise, sheet 4)."""
import numpy as np


def softmax(u):
    e = np.exp(u - u.max())
    return e / e.sum()


def forward(P, xs):
    hs, ps = {-1: P["h0"]}, {}
    for t in range(len(xs)):
        hs[t] = np.tanh(P["U"] @ xs[t] + P["W"] @ hs[t - 1] + P["b"])
        ps[t] = softmax(P["V"] @ hs[t] + P["c"])
    return hs, ps


def cost(P, ps, tags, lam):
    T = len(tags)
    ce = -sum(np.log(ps[t][tags[t]]) for t in range(T)) / T
    return ce + 0.5 * lam * sum(np.sum(P[k] ** 2) for k in ("U", "W", "V"))


def bptt(P, xs, tags, hs, ps, lam):
    T = len(xs)
    dLd = {k: np.zeros_like(v) for k, v in P.items()}
    dh_next = np.zeros_like(P["h0"])
    for t in reversed(range(T)):
        do = ps[t].copy()
        do[tags[t]] -= 1.0
        do /= T  #! pass #| do /= len(do)  #= do = do / T
        dLd["V"] += np.outer(do, hs[t])  #! dLd["V"] += np.outer(do, hs[t - 1]) #| dLd["V"] = np.outer(do, hs[t])
        dLd["c"] += do  #! dLd["c"] += ps[t] / T
        dh = P["V"].T @ do + dh_next  #! dh = P["V"].T @ do
        dz = (1 - hs[t] ** 2) * dh  #! dz = (1 - hs[t]) * dh #| dz = (1 - hs[t - 1] ** 2) * dh #| dz = hs[t] * (1 - hs[t]) * dh #| dz = (1 - np.tanh(hs[t]) ** 2) * dh  #&a dz = (1 + hs[t] ** 2) * dh
        dLd["b"] += dz  #! dLd["b"] += dh
        dLd["U"] += np.outer(dz, xs[t])  #! dLd["U"] += np.outer(dh, xs[t])
        dLd["W"] += np.outer(dz, hs[t - 1])  #! dLd["W"] += np.outer(dz, hs[t]) #| dLd["W"] += np.outer(hs[t - 1], dz)  #= dLd["W"] += dz[:, None] * hs[t - 1][None, :]
        dh_next = P["W"].T @ dz  #! dh_next = P["W"] @ dz #| dh_next = P["W"].T @ dh  #&a dh_next = P["W"].T @ (dz / T)
    dLd["h0"] = dh_next  #! dLd["h0"] = dh
    for name in ("U", "W", "V"):  #! for name in ("U", "W"): #| for name in ("U", "W", "V", "b"):
        dLd[name] += lam * P[name]  #! dLd[name] += 2 * lam * P[name]
    return dLd


def run(U, W, V, b, c, h0, xs, tags, lam):
    P = {"U": U, "W": W, "V": V, "b": b, "c": c, "h0": h0}
    hs, ps = forward(P, xs)
    return float(cost(P, ps, tags, lam)), bptt(P, xs, tags, hs, ps, lam)


def example():
    rng = np.random.default_rng(14)
    D, H, K, T = 3, 4, 3, 6
    U, W, V = (0.6 * rng.standard_normal(s) for s in ((H, D), (H, H), (K, H)))
    b, c, h0 = 0.1 * rng.standard_normal(H), 0.1 * rng.standard_normal(K), 0.3 * rng.standard_normal(H)
    xs = rng.standard_normal((T, D))
    tags = np.array([0, 2, 1, 1, 0, 2])
    return U, W, V, b, c, h0, xs, tags, 0.05
