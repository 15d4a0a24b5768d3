import numpy as np


def sig(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def gru_forward(x, p):
    B, T, _ = x.shape
    h = np.zeros((B, p["br"].size))
    hs, steps = [], []
    for t in range(T):
        xt = x[:, t, :]
        r = sig(xt @ p["Wr"] + h @ p["Ur"] + p["br"])
        z = sig(xt @ p["Wz"] + h @ p["Uz"] + p["bz"])
        hU = h @ p["Un"]
        n = np.tanh(xt @ p["Wn"] + r * hU + p["bn"])    # reset gate after the product
        steps.append((xt, h, r, z, hU, n))
        h = (1 - z) * n + z * h
        hs.append(h)
    return np.stack(hs, axis=1), steps


def gru_backward(dhs, p, steps):
    """dhs: (B, T, H), what the layers above want of every state."""
    g = {k: np.zeros_like(v) for k, v in p.items()}
    carry = 0
    for t in reversed(range(len(steps))):
        xt, h, r, z, hU, n = steps[t]
        dh = dhs[:, t, :] + carry  #! dh = dhs[:, t, :]
        da_n = dh * (1 - z) * (1 - n * n)  #! da_n = dh * z * (1 - n * n) #| da_n = dh * (1 - z) * (1 - n)
        da_z = dh * (h - n) * z * (1 - z)  #! da_z = dh * (n - h) * z * (1 - z)  #&a da_z = dh * (h - n) * (1 - z)
        da_r = da_n * hU * r * (1 - r)  #! da_r = da_n * h * r * (1 - r)
        for gate, da in (("r", da_r), ("z", da_z), ("n", da_n)):
            g["W" + gate] += xt.T @ da
            g["b" + gate] += da.sum(0)
        g["Ur"] += h.T @ da_r
        g["Uz"] += h.T @ da_z
        g["Un"] += h.T @ (r * da_n)  #! g["Un"] += h.T @ da_n  #= g["Un"] += np.einsum("bi,bj,bj->ij", h, r, da_n)
        carry = dh * z + da_r @ p["Ur"].T + da_z @ p["Uz"].T + (r * da_n) @ p["Un"].T  #! carry = dh * z + da_r @ p["Ur"].T + da_z @ p["Uz"].T + da_n @ p["Un"].T #| carry = dh * (1 - z) + da_r @ p["Ur"].T + da_z @ p["Uz"].T + (r * da_n) @ p["Un"].T
    return g
