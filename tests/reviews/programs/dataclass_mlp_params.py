from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np


@dataclass
class Params:
    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray

    def zeros(self) -> Params:
        return Params(*(np.zeros_like(getattr(self, f.name)) for f in fields(self)))


@dataclass
class Tape:
    x: np.ndarray
    pre: list = field(default_factory=list)
    hid: list = field(default_factory=list)
    out: list = field(default_factory=list)


def mish(v: np.ndarray) -> np.ndarray:
    return v * np.tanh(np.log1p(np.exp(v)))


def mish_derivative(v: np.ndarray) -> np.ndarray:
    sp = np.log1p(np.exp(v))
    t = np.tanh(sp)
    return t + v * (1 - t * t) / (1 + np.exp(-v))  #!m return t #| return t + v * (1 - t * t) #| return t + v * (1 - t) / (1 + np.exp(-v)) #| return t - v * (1 - t * t) / (1 + np.exp(-v)) #| return v * (1 - t * t) / (1 + np.exp(-v))  #= return t + v * (1 - t ** 2) * (1 - 1 / (1 + np.exp(v)))


def forward(p: Params, x: np.ndarray) -> Tape:
    tape = Tape(x)
    for row in x:
        tape.pre.append(p.w1 @ row + p.b1)
        tape.hid.append(mish(tape.pre[-1]))
        tape.out.append(p.w2 @ tape.hid[-1] + p.b2)
    return tape


def backward(p: Params, tape: Tape, y: np.ndarray, tau: float) -> Params:
    """Quantile (pinball) part is smoothed: tau * r + softplus(-r)."""
    g = p.zeros()
    n = len(y)
    for row, pre, hid, out, target in zip(tape.x, tape.pre, tape.hid, tape.out, y):
        r = target - out
        d_out = -(tau - 1 / (1 + np.exp(r))) / n  #! d_out = (tau - 1 / (1 + np.exp(r))) / n #| d_out = -(tau - 1 / (1 + np.exp(-r))) / n #| d_out = -(tau - 1 / (1 + np.exp(r))) #| d_out = -(tau + 1 / (1 + np.exp(r))) / n  #= d_out = (1 - 1 / (1 + np.exp(-r)) - tau) / n
        g.w2 += np.outer(d_out, hid)  #! g.w2 = np.outer(d_out, hid) #| g.w2 += np.outer(d_out, pre)  #= g.w2 += d_out[:, None] @ hid[None]  #&a g.w2 += np.outer(d_out, hid) / n
        g.b2 += d_out
        d_hid = p.w2.T @ d_out
        d_pre = d_hid * mish_derivative(pre)  #~m  #! d_pre = d_hid * mish_derivative(hid) #| d_pre = d_hid * mish(pre) #| d_pre = mish_derivative(pre)
        g.w1 += np.outer(d_pre, row)  #! g.w1 += np.outer(d_pre, tape.x[0]) #| g.w1 += np.outer(d_hid, row)
        g.b1 += d_pre  #! g.b1 = d_pre  #&a g.b1 -= d_pre
    return g


def run(p, x, y):
    tau = 0.3
    tape = forward(p, x)
    loss = 0.0
    for out, target in zip(tape.out, y):
        r = target - out
        loss += np.sum(tau * r + np.log1p(np.exp(-r))) / len(y)
    g = backward(p, tape, y, tau)
    return loss, {"w1": g.w1, "b1": g.b1, "w2": g.w2, "b2": g.b2}


def example():
    rng = np.random.default_rng(147)
    p = Params(rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(2, 5)), rng.normal(size=2))
    return p, rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
