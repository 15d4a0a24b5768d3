"""Factorisation machine with a squashed, weighted interaction per factor.
Everything is spelt out with Python floats and lists: slow, but easy to port to C.
yhat = w0 + sum_i w_i x_i + sum_f h_f * tanh( sum_{i<j} v_if v_jf x_i x_j )
"""
import math

import numpy as np


def predict(w0, w, V, h, x, nz):
    k = len(h)
    out = w0
    for i in nz:
        out += w[i] * x[i]
    sums, acts = [0.0] * k, [0.0] * k
    for f in range(k):
        sq = 0.0
        for i in nz:
            term = V[i][f] * x[i]
            sums[f] += term
            sq += term * term
        acts[f] = math.tanh(0.5 * (sums[f] * sums[f] - sq))
        out += h[f] * acts[f]
    return out, sums, acts


def run(w0, w, V, h, X, y, reg_w, reg_v):
    w0, w, V, h = float(w0), w.tolist(), V.tolist(), h.tolist()
    n, p, k = len(X), len(w), len(h)
    loss = 0.0
    g0, gw, gh = 0.0, [0.0] * p, [0.0] * k
    gV = [[0.0] * k for _ in range(p)]
    for s in range(n):
        x = X[s].tolist()
        nz = [i for i in range(p) if x[i] != 0.0]
        yhat, sums, acts = predict(w0, w, V, h, x, nz)
        margin = y[s] * yhat
        loss += math.log1p(math.exp(-margin)) / n
        # now back
        c = -y[s] / (1.0 + math.exp(margin)) / n  #! c = -y[s] / (1.0 + math.exp(-margin)) / n #| c = -1.0 / (1.0 + math.exp(margin)) / n #| c = -y[s] / (1.0 + math.exp(margin))  #= c = y[s] * (1.0 / (1.0 + math.exp(-margin)) - 1.0) / n
        g0 += c
        for f in range(k):
            gh[f] += c * acts[f]  #! gh[f] += c * sums[f] #| gh[f] = c * acts[f]
            dact = c * h[f] * (1.0 - acts[f] ** 2)  #! dact = c * h[f] * (1.0 - acts[f]) #| dact = c * h[f] #| dact = c * (1.0 - acts[f] ** 2)  #&a dact = c * h[f] * (1.0 + acts[f] ** 2)
            for i in nz:  #! for i in range(len(nz)):
                gV[i][f] += dact * x[i] * (sums[f] - V[i][f] * x[i])  #! gV[i][f] += dact * x[i] * sums[f] #| gV[i][f] += dact * (sums[f] - V[i][f] * x[i]) #| gV[i][f] += dact * x[i] * (sums[f] - V[i][f]) #| gV[i][f] += 0.5 * dact * x[i] * (sums[f] - V[i][f] * x[i]) #| gV[i][f] = dact * x[i] * (sums[f] - V[i][f] * x[i])  #= gV[i][f] += dact * (x[i] * sums[f] - V[i][f] * x[i] * x[i])
        for i in nz:
            gw[i] += c * x[i]  #! gw[i] += c #| gw[i] += c * x[i] * w[i]  #&a gw[i] += c * x[i] / p
    for i in range(p):
        loss += 0.5 * reg_w * w[i] ** 2
        gw[i] += reg_w * w[i]  #! gw[i] += reg_w #| gw[i] += reg_v * w[i]
        for f in range(k):
            loss += 0.5 * reg_v * V[i][f] ** 2
            gV[i][f] += reg_v * V[i][f]  #! gV[i][f] -= reg_v * V[i][f] #| gV[i][f] += reg_v * V[i][f] / n
    return loss, (g0, np.array(gw), np.array(gV), np.array(gh))


def example():
    rng = np.random.default_rng(8)
    n, p, k = 7, 6, 3
    X = rng.uniform(0.5, 1.5, (n, p)) * (rng.random((n, p)) < 0.6)
    y = np.array([1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0])
    return (0.2, rng.standard_normal(p), 0.7 * rng.standard_normal((p, k)), rng.standard_normal(k), X, y, 0.03, 0.08)
