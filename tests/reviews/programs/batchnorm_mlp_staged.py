import numpy as np


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)  #! return dout @ w.T, x.T @ dout, dout.mean(axis=0)


def batchnorm_forward(x, gamma, beta, eps=1e-3):
    mean = x.mean(axis=0)
    centered = x - mean
    var = (centered ** 2).mean(axis=0)
    std = np.sqrt(var + eps)
    normalized = centered / std
    out = gamma * normalized + beta
    return out, (gamma, centered, std, normalized)


def batchnorm_backward(dout, cache):
    gamma, centered, std, normalized = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * normalized).sum(axis=0)  #! dgamma = (dout * centered).sum(axis=0) #| dgamma = (dout * normalized).mean(axis=0) #| dgamma = dout.sum(axis=0) * normalized.sum(axis=0)  #= dgamma = np.einsum("nd,nd->d", dout, normalized)
    dnormalized = dout * gamma  #! dnormalized = dout / gamma
    dcentered = dnormalized / std  #! dcentered = dnormalized * std #| dcentered = dnormalized
    dstd = -(dnormalized * centered).sum(axis=0) / std ** 2  #! dstd = (dnormalized * centered).sum(axis=0) / std ** 2 #| dstd = -(dnormalized * normalized).sum(axis=0) / std ** 2 #| dstd = -(dnormalized * centered).sum(axis=0) / std  #= dstd = -(dnormalized * normalized).sum(axis=0) / std
    dvar = 0.5 * dstd / std  #! dvar = 0.5 * dstd / np.sqrt(std) #| dvar = dstd / std
    dcentered += 2.0 / N * centered * dvar  #! dcentered = 2.0 / N * centered * dvar #| dcentered += 2.0 * centered * dvar  #= dcentered = dcentered + centered * (dvar + dvar) / N
    dmean = -dcentered.sum(axis=0)
    dx = dcentered + dmean / N  #! dx = dcentered + dmean #| dx = dcentered #| dx = dcentered - dmean / N  #= dx = dcentered - dcentered.mean(axis=0)  #&a dx = dcentered + dmean / dout.shape[1]
    return dx, dgamma, dbeta


def run(x, w1, gamma, beta, w2, b2, target):
    h, c1 = affine_forward(x, w1, 0.0)
    n, c2 = batchnorm_forward(h, gamma, beta)
    a = np.maximum(n, 0)
    y, c3 = affine_forward(a, w2, b2)
    diff = y - target
    loss = (diff ** 2).sum() / len(x)

    dy = 2 * diff / len(x)
    da, dw2, db2 = affine_backward(dy, c3)
    dn = da * (n > 0)  #! dn = da * (h > 0) #| dn = da * a  #= dn = np.where(n > 0, da, 0)  #&a dn = da * (n >= -0.5)
    dh, dgamma, dbeta = batchnorm_backward(dn, c2)
    dx, dw1, _ = affine_backward(dh, c1)
    return loss, dict(x=dx, w1=dw1, gamma=dgamma, beta=dbeta, w2=dw2, b2=db2)


def example():
    rng = np.random.default_rng(109)
    return (rng.normal(size=(8, 4)), rng.normal(size=(4, 5)), rng.uniform(0.5, 1.5, 5), rng.normal(size=5),
            rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=(8, 3)))
