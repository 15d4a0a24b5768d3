"""Gated network: a GLU to begin with, two highway layers of the same width, and a logistic output."""
import numpy as np
from dataclasses import dataclass

import gates


@dataclass
class Gated:
    w: np.ndarray       # the candidate
    b: np.ndarray
    w_gate: np.ndarray
    b_gate: np.ndarray


def train_loss(x, y, glu, stack, w_out, b_out, l2):
    h, remember = gates.glu(x, glu)
    remembered = [remember]
    for layer in stack:
        h, remember = gates.highway(h, layer)
        remembered.append(remember)
    margin = h @ w_out + b_out
    loss = np.mean(np.logaddexp(0, -y * margin)) + l2 * sum(np.sum(layer.w_gate ** 2) for layer in stack)

    adj_margin = -y / (1 + np.exp(y * margin)) / len(y)  #= adj_margin = y * (1 / (1 + np.exp(-y * margin)) - 1) / len(y)  #! adj_margin = y / (1 + np.exp(y * margin)) / len(y) #| adj_margin = -y / (1 + np.exp(-y * margin)) / len(y)
    adj_w_out, adj_b_out = h.T @ adj_margin, adj_margin.sum()  #= adj_w_out, adj_b_out = adj_margin @ h, np.sum(adj_margin)  #! adj_w_out, adj_b_out = h.T @ adj_margin, adj_margin.mean()
    adj_h = np.outer(adj_margin, w_out)
    adj_stack = []
    for layer, remember in zip(reversed(stack), reversed(remembered)):
        adj_h, adj = gates.highway_adjoint(adj_h, layer, remember)
        adj["w_gate"] = adj["w_gate"] + 2 * l2 * layer.w_gate  #! adj["w_gate"] = adj["w_gate"] + l2 * layer.w_gate  #&a adj["w_gate"] = adj["w_gate"] - 2 * l2 * layer.w_gate
        adj_stack.insert(0, adj)
    adj_glu = gates.glu_adjoint(adj_h, x, remembered[0])
    return loss, dict(glu=adj_glu, stack=adj_stack, w_out=adj_w_out, b_out=adj_b_out)


def run(x, y, glu, stack, w_out, b_out):
    return train_loss(x, y, Gated(**glu), [Gated(**layer) for layer in stack], w_out, b_out, l2=0.05)


def example():
    rng = np.random.default_rng(1505)

    def gated(n, m):
        return dict(w=rng.normal(size=(n, m)) * 0.8, b=rng.normal(size=m) * 0.5, w_gate=rng.normal(size=(n, m)) * 0.8, b_gate=rng.normal(size=m) - 0.5)
    y = np.array([1., -1., -1., 1., 1., -1., 1.])
    return rng.normal(size=(7, 3)), y, gated(3, 4), [gated(4, 4), gated(4, 4)], rng.normal(size=4), 0.3
