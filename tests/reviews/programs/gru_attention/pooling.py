import numpy as np


def attend(hs, p):
    """Weighted mean of the states; the weights come from v . tanh(W h)."""
    u = np.tanh(hs @ p["W"])                       # B T A
    e = u @ p["v"]                                 # B T
    e = np.exp(e - e.max(axis=1, keepdims=True))
    alpha = e / e.sum(axis=1, keepdims=True)
    ctx = (alpha[:, :, None] * hs).sum(axis=1)
    return ctx, (hs, u, alpha)


def attend_back(dctx, p, cache):
    hs, u, alpha = cache
    dhs = alpha[:, :, None] * dctx[:, None, :]
    dalpha = (hs * dctx[:, None, :]).sum(axis=2)
    de = alpha * (dalpha - (alpha * dalpha).sum(axis=1, keepdims=True))  #! de = alpha * (1 - alpha) * dalpha #| de = alpha * (dalpha - (alpha * dalpha).sum(axis=0, keepdims=True)) #| de = alpha * (dalpha - dalpha.sum(axis=1, keepdims=True))  #= de = alpha * dalpha - alpha * np.einsum("bt,bt->b", alpha, dalpha)[:, None]
    dv = np.tensordot(de, u, axes=([0, 1], [0, 1]))
    du = de[:, :, None] * p["v"] * (1 - u ** 2)
    dW = np.tensordot(hs, du, axes=([0, 1], [0, 1]))
    dhs += du @ p["W"].T  #! dhs = du @ p["W"].T #| dhs += du @ p["W"]
    return dhs, {"W": dW, "v": dv}
