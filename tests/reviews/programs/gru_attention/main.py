"""Sentiment of a sequence: GRU over the words, attention over the states, one logit."""
import numpy as np

from gru import gru_forward, gru_backward
from pooling import attend, attend_back


def bce_with_logits(logit, label):
    loss = np.mean(np.maximum(logit, 0) - logit * label + np.log1p(np.exp(-np.abs(logit))))
    return loss, (1 / (1 + np.exp(-logit)) - label) / label.shape[0]  #! return loss, 1 / (1 + np.exp(-logit)) - label


def run(x, label, gru, att, out):
    # ---- forward
    hs, gru_cache = gru_forward(x, gru)
    ctx, att_cache = attend(hs, att)
    logit = ctx @ out["w"] + out["b"]
    loss, dlogit = bce_with_logits(logit, label)
    # ---- backward
    g_out = {"w": ctx.T @ dlogit, "b": dlogit.sum()}  #! g_out = {"w": ctx.T @ dlogit, "b": dlogit.mean()}
    dctx = dlogit[:, None] * out["w"]  #= dctx = np.outer(dlogit, out["w"])  #&a dctx = logit[:, None] * out["w"]
    dhs, g_att = attend_back(dctx, att, att_cache)
    g_gru = gru_backward(dhs, gru, gru_cache)
    return loss, {"gru": g_gru, "att": g_att, "out": g_out}


def example():
    rng = np.random.default_rng(34)
    B, T, D, H = 5, 4, 3, 4
    n = rng.normal
    gru = {}
    for gate in "rzn":
        gru["W" + gate], gru["U" + gate], gru["b" + gate] = n(0, .8, (D, H)), n(0, .8, (H, H)), n(0, .4, H)
    att = {"W": n(0, 1, (H, H)), "v": n(0, 1.5, H)}
    out = {"w": n(0, 1.5, H), "b": -0.2}
    return n(size=(B, T, D)), np.array([1., 0., 0., 1., 1.]), gru, att, out
