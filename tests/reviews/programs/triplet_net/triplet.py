import numpy as np


def gaps(a, p, n, margin):
    near = ((a - p) ** 2).sum(axis=1)
    far = ((a - n) ** 2).sum(axis=1)
    return near - far + margin


def triplet_loss(a, p, n, margin):
    return np.maximum(gaps(a, p, n, margin), 0).mean()


def triplet_loss_grad(a, p, n, margin):
    active = (gaps(a, p, n, margin) > 0)[:, None] / len(a)  #! active = (gaps(a, p, n, margin) > 0)[:, None] * 1.0 #| active = np.ones((len(a), 1)) / len(a) #| active = np.maximum(gaps(a, p, n, margin), 0)[:, None] / len(a)
    g_a = 2 * (n - p) * active  #! g_a = 2 * (a - p) * active  #= g_a = (2 * (a - p) - 2 * (a - n)) * active
    g_p = -2 * (a - p) * active  #! g_p = -(a - p) * active  #&a g_p = 2 * (a - p) * active
    g_n = 2 * (a - n) * active  #! g_n = -2 * (a - n) * active
    return g_a, g_p, g_n
