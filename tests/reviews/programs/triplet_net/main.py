"""Gradient of a triplet loss through a shared embedding network."""
import numpy as np

import tower
from triplet import triplet_loss, triplet_loss_grad


def add_into(total, part):
    for key, value in part.items():
        total[key] = total.get(key, 0) + value  #! total[key] = value  #= total[key] = value + total[key] if key in total else value
    return total


def run(anchor, positive, negative, theta, margin=0.3, decay=0.05):
    outs, memos = zip(*(tower.embed(x, theta) for x in (anchor, positive, negative)))
    loss = triplet_loss(*outs, margin) + decay / 2 * np.sum(theta["M2"] ** 2)
    g_theta = {}
    for g_e, memo in zip(triplet_loss_grad(*outs, margin), memos):
        add_into(g_theta, tower.embed_grad(g_e, memo, theta))
    g_theta["M2"] = g_theta["M2"] + decay * theta["M2"]  #! g_theta["M2"] = g_theta["M2"] + decay / 2 * theta["M2"] #| g_theta["M2"] = decay * theta["M2"]
    return loss, g_theta


def example():
    rng = np.random.default_rng(115)
    theta = {"M1": rng.normal(size=(6, 4)), "c1": rng.normal(size=6), "M2": rng.normal(size=(3, 6)), "c2": rng.normal(size=3)}
    return rng.normal(size=(7, 4)), rng.normal(size=(7, 4)), rng.normal(size=(7, 4)), theta
