import numpy as np


def embed(x, theta):
    """Two layers, then onto the unit sphere; one sample a row."""
    h = np.tanh(x @ theta["M1"].T + theta["c1"])
    z = h @ theta["M2"].T + theta["c2"]
    length = np.linalg.norm(z, axis=1, keepdims=True)
    e = z / length
    return e, (x, h, length, e)


def embed_grad(g_e, memo, theta):
    x, h, length, e = memo
    radial = np.sum(g_e * e, axis=1, keepdims=True)
    g_z = (g_e - radial * e) / length  #! g_z = g_e / length #| g_z = g_e - radial * e  #= g_z = g_e / length - e * radial / length  #&a g_z = (g_e + radial * e) / length
    g_h = g_z @ theta["M2"]
    g_a = g_h * (1 - h ** 2)  #! g_a = g_h * (1 - h) #| g_a = g_h * h * (1 - h)
    return {"M1": g_a.T @ x,
            "c1": g_a.sum(axis=0),  #! "c1": g_h.sum(axis=0),
            "M2": g_z.T @ h,
            "c2": np.ones(len(x)) @ g_z}
