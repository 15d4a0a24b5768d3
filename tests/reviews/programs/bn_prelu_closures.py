import numpy as np


# every op gives back its value and the function that pulls a gradient through it


def linear(x, w, b):
    def pull(g):
        return g @ w.T, x.T @ g, g.sum(0)  #! return g @ w.T, x.T @ g, g.mean(0)  #&a return g @ w.T, x.T @ g, g.sum()
    return x @ w + b, pull


def batchnorm(x, gain, shift, eps=1e-4):
    mean = x.mean(0)
    centred = x - mean
    inv_std = ((centred ** 2).mean(0) + eps) ** -0.5
    z = centred * inv_std

    def pull(g):
        g_gain = np.sum(g * z, axis=0)  #! g_gain = np.sum(g * x, axis=0)
        g_shift = np.sum(g, axis=0)
        gz = g * gain  #! gz = g
        g_inv_std = np.sum(gz * centred, axis=0)
        g_var = -0.5 * inv_std ** 3 * g_inv_std  #! g_var = -0.5 * inv_std * g_inv_std #| g_var = 0.5 * inv_std ** 3 * g_inv_std
        g_centred = gz * inv_std + 2 / len(x) * centred * g_var  #! g_centred = gz * inv_std #| g_centred = gz * inv_std + 2 * centred * g_var
        return g_centred - g_centred.mean(0), g_gain, g_shift  #! return g_centred, g_gain, g_shift #| return g_centred - g_centred.mean(), g_gain, g_shift  #= return g_centred - gz.mean(0) * inv_std, g_gain, g_shift
    return z * gain + shift, pull


def prelu(x, slope):
    neg = x < 0

    def pull(g):
        g_x = np.where(neg, slope * g, g)  #! g_x = np.where(neg, g, slope * g) #| g_x = np.where(g < 0, slope * g, g)  #= g_x = g * (~neg + neg * slope)  #&b g_x = np.where(neg, slope, 1)
        g_slope = (g * x * neg).sum(0)  #! g_slope = (g * x).sum(0) #| g_slope = (g * neg).sum(0)  #&b g_slope = (slope * g * x * neg).sum(0)
        return g_x, g_slope
    return np.where(neg, slope * x, x), pull


def softplus_loss(margin):
    def pull(g):
        return g * -1 / (1 + np.exp(margin)) / margin.size  #! return g * -1 / (1 + np.exp(-margin)) / margin.size  #&a return g * -1 / (1 + np.exp(margin))  #= return g * (1 / (1 + np.exp(-margin)) - 1) / margin.size
    return np.log1p(np.exp(-margin)).mean(), pull


def run(x, sign, p):
    a, pull_lin1 = linear(x, p["w1"], p["b1"])
    n, pull_bn = batchnorm(a, p["gain"], p["shift"])
    h, pull_act = prelu(n, p["slope"])
    s, pull_lin2 = linear(h, p["w2"], p["b2"])
    loss, pull_loss = softplus_loss(sign * s)

    grad = {}
    g = pull_loss(1.0) * sign
    g, grad["w2"], grad["b2"] = pull_lin2(g)
    g, grad["slope"] = pull_act(g)
    g, grad["gain"], grad["shift"] = pull_bn(g)
    _, grad["w1"], _ = pull_lin1(g)
    return loss, grad


def example():
    rng = np.random.default_rng(107)
    p = {"w1": rng.normal(size=(4, 5)), "b1": rng.normal(size=5), "gain": rng.uniform(0.5, 2, 5), "shift": rng.normal(size=5) * 0.5,
         "slope": rng.uniform(0.1, 0.5, 5), "w2": rng.normal(size=(5, 2)), "b2": rng.normal(size=2)}
    return rng.normal(size=(8, 4)) * 1.5, np.where(rng.random((8, 2)) > 0.5, 1.0, -1.0), p
