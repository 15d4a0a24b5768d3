# LSTM with peephole connections (Gers & Schmidhuber), last state regressed with a Huber loss
from collections import namedtuple

import numpy as np

Weights = namedtuple("Weights", "Wx Wh bias peep_i peep_f peep_o w_out b_out")
Step = namedtuple("Step", "x h_prev c_prev i f g o c tc")


def sig(v):
    return 1 / (1 + np.exp(-v))


def step_forward(w, x, h_prev, c_prev):
    n = h_prev.shape[1]
    act = x @ w.Wx + h_prev @ w.Wh + w.bias
    i = sig(act[:, :n] + w.peep_i * c_prev)
    f = sig(act[:, n:2 * n] + w.peep_f * c_prev)
    g = np.tanh(act[:, 2 * n:3 * n])
    c = f * c_prev + i * g
    o = sig(act[:, 3 * n:] + w.peep_o * c)
    tc = np.tanh(c)
    return o * tc, c, Step(x, h_prev, c_prev, i, f, g, o, c, tc)


def step_backward(w, G, s, delta_h, delta_c):
    delta_o = delta_h * s.tc * s.o * (1 - s.o)  #! delta_o = delta_h * s.c * s.o * (1 - s.o) #| delta_o = delta_h * s.tc
    delta_c = delta_c + delta_h * s.o * (1 - s.tc ** 2)  #! delta_c = delta_h * s.o * (1 - s.tc ** 2) #| delta_c = delta_c + delta_h * s.o * (1 - s.c ** 2) #| delta_c = delta_c + delta_h * (1 - s.tc ** 2)  #&a delta_c = delta_c + delta_h * s.o
    delta_c = delta_c + delta_o * w.peep_o  #! pass
    delta_i = delta_c * s.g * s.i * (1 - s.i)
    delta_f = delta_c * s.c_prev * s.f * (1 - s.f)  #! delta_f = delta_c * s.c * s.f * (1 - s.f)
    delta_g = delta_c * s.i * (1 - s.g ** 2)  #! delta_g = delta_c * s.i * s.g * (1 - s.g)  #= delta_g = s.i * delta_c - s.i * s.g * s.g * delta_c
    delta_act = np.concatenate([delta_i, delta_f, delta_g, delta_o], axis=1)  #! delta_act = np.concatenate([delta_i, delta_f, delta_o, delta_g], axis=1)
    G["Wx"] += s.x.T @ delta_act
    G["Wh"] += s.h_prev.T @ delta_act  #! G["Wh"] = s.h_prev.T @ delta_act #| G["Wh"] += (s.o * s.tc).T @ delta_act
    G["bias"] += delta_act.sum(axis=0)
    G["peep_i"] += (delta_i * s.c_prev).sum(axis=0)  #! G["peep_i"] += (delta_i * s.c).sum(axis=0)
    G["peep_f"] += (delta_f * s.c_prev).sum(axis=0)  #! G["peep_f"] += delta_f.sum(axis=0)  #= G["peep_f"] += np.einsum("bn,bn->n", delta_f, s.c_prev)
    G["peep_o"] += (delta_o * s.c).sum(axis=0)  #! G["peep_o"] += (delta_o * s.c_prev).sum(axis=0)
    back_c = delta_c * s.f + delta_i * w.peep_i + delta_f * w.peep_f  #! back_c = delta_c * s.f #| back_c = delta_c + delta_i * w.peep_i + delta_f * w.peep_f  #&a back_c = delta_c * s.f + delta_i * w.peep_f + delta_f * w.peep_i
    return delta_act @ w.Wh.T, back_c


def run(seq, y, kappa, *arrays):
    w = Weights(*arrays)
    B, n = seq.shape[1], w.Wh.shape[0]
    h, c, tape = np.zeros((B, n)), np.zeros((B, n)), []
    for x in seq:
        h, c, step = step_forward(w, x, h, c)
        tape.append(step)
    r = h @ w.w_out + w.b_out - y
    small = np.abs(r) <= kappa
    loss = np.mean(np.where(small, 0.5 * r ** 2, kappa * (np.abs(r) - 0.5 * kappa)))

    G = {name: np.zeros_like(v) for name, v in w._asdict().items()}
    delta_r = np.where(small, r, kappa * np.sign(r)) / B  #! delta_r = r / B #| delta_r = np.where(small, r, kappa) / B #| delta_r = np.where(small, r, np.sign(r)) / B  #= delta_r = np.clip(r, -kappa, kappa) / B
    G["w_out"] += h.T @ delta_r
    G["b_out"] += delta_r.sum()
    delta_h, delta_c = np.outer(delta_r, w.w_out), np.zeros((B, n))
    for step in reversed(tape):  #! for step in tape:
        delta_h, delta_c = step_backward(w, G, step, delta_h, delta_c)
    return float(loss), G


def example():
    rng = np.random.default_rng(31)
    T, B, D, n = 5, 4, 2, 3
    shapes = [(D, 4 * n), (n, 4 * n), (4 * n,), (n,), (n,), (n,), (n,), (1,)]
    return (rng.standard_normal((T, B, D)), np.array([1.9, -0.4, -1.6, 0.2]), 0.6, *[0.7 * rng.standard_normal(s) for s in shapes])
