"""
LSTM with peepholes (the gates see the cell): i and f look at c[t-1], o looks at c[t].
Batch first inside a step, time first outside: x is (T, B, D).
"""
from collections import namedtuple

import numpy as np

Params = namedtuple("Params", "W R b p_i p_f p_o")
Step = namedtuple("Step", "x h_prev c_prev i f g o c h")


def sigm(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def lstm_step(x, h_prev, c_prev, P):
    n = h_prev.shape[1]
    a = x @ P.W + h_prev @ P.R + P.b
    a_i, a_f, a_g, a_o = a[:, :n], a[:, n:2 * n], a[:, 2 * n:3 * n], a[:, 3 * n:]
    i = sigm(a_i + P.p_i * c_prev)
    f = sigm(a_f + P.p_f * c_prev)
    g = np.tanh(a_g)
    c = f * c_prev + i * g
    o = sigm(a_o + P.p_o * c)
    return Step(x, h_prev, c_prev, i, f, g, o, c, o * np.tanh(c))


def lstm_step_backward(dh, dc, s, P, grads):
    tc = np.tanh(s.c)
    da_o = dh * tc * s.o * (1 - s.o)  #! da_o = dh * s.c * s.o * (1 - s.o)
    dc = dc + dh * s.o * (1 - tc ** 2) + da_o * P.p_o  #! dc = dc + dh * s.o * (1 - tc ** 2) #| dc = dh * s.o * (1 - tc ** 2) + da_o * P.p_o #| dc = dc + dh * s.o * (1 - s.c ** 2) + da_o * P.p_o  #= dc = da_o * P.p_o + dh * (s.o - s.h * tc) + dc
    da_i = dc * s.g * s.i * (1 - s.i)  #! da_i = dc * s.i * s.i * (1 - s.i)
    da_f = dc * s.c_prev * s.f * (1 - s.f)  #! da_f = dc * s.c * s.f * (1 - s.f)
    da_g = dc * s.i * (1 - s.g ** 2)  #! da_g = dc * s.g * (1 - s.g ** 2)  #&a da_g = dc * s.i * s.g * (1 - s.g)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  #= da = np.hstack((da_i, da_f, da_g, da_o))
    grads["W"] += s.x.T @ da
    grads["R"] += s.h_prev.T @ da  #! grads["R"] += s.h.T @ da #| grads["R"] = s.h_prev.T @ da
    grads["b"] += da.sum(axis=0)
    grads["p_i"] += (da_i * s.c_prev).sum(axis=0)
    grads["p_f"] += np.einsum("bn,bn->n", da_f, s.c_prev)
    grads["p_o"] += (da_o * s.c).sum(axis=0)  #! grads["p_o"] += (da_o * s.c_prev).sum(axis=0)  #&a grads["p_o"] += (da_o * tc).sum(axis=0)
    dc_prev = dc * s.f + da_i * P.p_i + da_f * P.p_f  #! dc_prev = dc * s.f #| dc_prev = dc * s.f + da_i * P.p_f + da_f * P.p_i
    dh_prev = da @ P.R.T
    return dh_prev, dc_prev


def run(x, target, P, V):
    T, B, _ = x.shape
    n = P.R.shape[0]
    h, c = np.zeros((B, n)), np.zeros((B, n))
    steps, loss = [], 0.0
    errors = []
    for t in range(T):
        s = lstm_step(x[t], h, c, P)
        h, c = s.h, s.c
        steps.append(s)
        errors.append(h @ V - target[t])
        loss += 0.5 * np.sum(errors[-1] ** 2) / B

    grads = {k: np.zeros_like(v) for k, v in P._asdict().items()}
    dV = np.zeros_like(V)
    dh, dc = np.zeros((B, n)), np.zeros((B, n))
    for t in range(T - 1, -1, -1):
        dy = errors[t] / B
        dV += steps[t].h.T @ dy  #! dV += steps[-1].h.T @ dy
        dh = dh + dy @ V.T  #! dh = dy @ V.T
        dh, dc = lstm_step_backward(dh, dc, steps[t], P, grads)
    grads["V"] = dV
    return loss, grads


def example():
    rng = np.random.default_rng(105)
    T, B, D, n = 5, 3, 2, 4
    P = Params(W=rng.normal(size=(D, 4 * n)), R=rng.normal(size=(n, 4 * n)) * 0.6, b=rng.normal(size=4 * n) * 0.5,
               p_i=rng.normal(size=n), p_f=rng.normal(size=n), p_o=rng.normal(size=n))
    return rng.normal(size=(T, B, D)), rng.normal(size=(T, B, 2)), P, rng.normal(size=(n, 2))
