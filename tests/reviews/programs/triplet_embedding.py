import numpy as np


def embed(X, W, b):
    return np.tanh(X @ W + b)


def triplet_loss(anchor, positive, negative, W, b, margin=0.5):
    """Mean over the batch of max(0, |a - p|^2 - |a - n|^2 + margin); one set of weights for the three."""
    ea, ep, en = embed(anchor, W, b), embed(positive, W, b), embed(negative, W, b)
    d_ap = np.sum((ea - ep) ** 2, axis=1)
    d_an = np.sum((ea - en) ** 2, axis=1)
    per = np.maximum(0, d_ap - d_an + margin)
    loss = per.mean()

    B = len(per)
    active = (per > 0)[:, None] / B  #! active = (per > 0)[:, None] #| active = per[:, None] / B  #= active = np.where(per > 0, 1 / B, 0)[:, None]
    g_ea = 2 * active * (en - ep)  #! g_ea = 2 * active * (ep - en) #| g_ea = 2 * active * (ea - ep) #| g_ea = active * (en - ep)  #= g_ea = 2 * active * ((ea - ep) - (ea - en))  #&a g_ea = 2 * active * (en + ep)
    g_ep = -2 * active * (ea - ep)  #! g_ep = 2 * active * (ea - ep) #| g_ep = -2 * active * (ea - en)
    g_en = 2 * active * (ea - en)  #! g_en = -2 * active * (ea - en) #| g_en = 2 * (ea - en) / B
    gW, gb = np.zeros_like(W), np.zeros_like(b)
    for x, e, g in ((anchor, ea, g_ea), (positive, ep, g_ep), (negative, en, g_en)):  #! for x, e, g in ((anchor, ea, g_ea), (negative, ep, g_ep), (positive, en, g_en)): #| for x, e, g in ((anchor, ea, g_ea), (positive, ep, g_ep)):
        gz = g * (1 - e * e)  #! gz = g * (1 - e) #| gz = g * (1 - ea * ea) #| gz = g  #= gz = g - g * e ** 2
        gW += x.T @ gz  #! gW = x.T @ gz #| gW += anchor.T @ gz  #&a gW += x.T @ g
        gb += gz.sum(axis=0)  #! gb += gz.mean(axis=0) #| gb = gz.sum(axis=0)  #= gb = gb + np.ones(B) @ gz
    return loss, gW, gb


def run(anchor, positive, negative, W, b):
    loss, gW, gb = triplet_loss(anchor, positive, negative, W, b)
    return loss, (gW, gb)


def example():
    rng = np.random.default_rng(141)
    return rng.normal(size=(7, 4)), rng.normal(size=(7, 4)), rng.normal(size=(7, 4)), rng.normal(size=(4, 3)), rng.normal(size=3) * 0.5
