import numpy as np


class GroupNorm:
    """x is (N, C, H, W); the channels of a group are normalised together, sample by sample."""

    def __init__(self, groups, gamma, beta, eps=1e-5):
        self.groups, self.eps = groups, eps
        self.gamma, self.beta = gamma.reshape(1, -1, 1, 1), beta.reshape(1, -1, 1, 1)

    def forward(self, x):
        N, C, H, W = x.shape
        xg = x.reshape(N, self.groups, -1)
        mean = xg.mean(axis=2, keepdims=True)
        centered = xg - mean
        var = np.mean(centered ** 2, axis=2, keepdims=True)
        inv_std = 1.0 / np.sqrt(var + self.eps)
        x_hat = centered * inv_std
        self.cache = x.shape, centered, inv_std, x_hat
        return self.gamma * x_hat.reshape(x.shape) + self.beta

    def backward(self, dy):
        shape, centered, inv_std, x_hat = self.cache
        N, C, H, W = shape
        M = C // self.groups * H * W
        self.dbeta = np.sum(dy, axis=(0, 2, 3))  #! self.dbeta = np.mean(dy, axis=(0, 2, 3))
        self.dgamma = np.sum(dy * x_hat.reshape(shape), axis=(0, 2, 3))  #= self.dgamma = np.einsum("nchw,nchw->c", dy, x_hat.reshape(shape))  #! self.dgamma = np.sum(dy * centered.reshape(shape), axis=(0, 2, 3))
        dx_hat = (dy * self.gamma).reshape(N, self.groups, -1)  #! dx_hat = dy.reshape(N, self.groups, -1) #| dx_hat = (dy * self.beta).reshape(N, self.groups, -1)
        dvar = np.sum(dx_hat * centered, axis=2, keepdims=True) * -0.5 * inv_std ** 3  #= dvar = -0.5 * inv_std ** 2 * (dx_hat * x_hat).sum(axis=2, keepdims=True)  #! dvar = np.sum(dx_hat * centered, axis=2, keepdims=True) * -0.5 * inv_std #| dvar = np.sum(dx_hat * centered, axis=2, keepdims=True) * 0.5 * inv_std ** 3 #| dvar = np.sum(dx_hat * x_hat, axis=2, keepdims=True) * -0.5 * inv_std ** 3  #&a dvar = np.sum(dx_hat * centered, axis=2, keepdims=True) * -inv_std ** 3
        dcentered = dx_hat * inv_std
        dcentered += 2.0 / M * centered * dvar  #! dcentered += 2.0 * centered * dvar #| pass
        dx = dcentered - dcentered.mean(axis=2, keepdims=True)  #! dx = dcentered #| dx = dcentered - dcentered.mean(axis=1, keepdims=True)
        return dx.reshape(shape)


def silu(v):
    gate = 1.0 / (1.0 + np.exp(-v))
    return v * gate, gate


def run(x, gamma, beta, target):
    norm = GroupNorm(2, gamma, beta)
    v = norm.forward(x)
    act, gate = silu(v)
    pooled = act.mean(axis=(2, 3))
    loss = 0.5 * np.sum((pooled - target) ** 2) / len(x)

    dpooled = (pooled - target) / len(x)
    dact = np.broadcast_to(dpooled[:, :, None, None], act.shape) / act[0, 0].size  #= dact = dpooled[:, :, None, None] * np.ones(act.shape) / (act.shape[2] * act.shape[3])  #! dact = np.broadcast_to(dpooled[:, :, None, None], act.shape) / act[0].size  #&a dact = np.broadcast_to(dpooled[:, :, None, None], act.shape)
    dv = dact * (gate + v * gate * (1 - gate))  #= dv = dact * gate * (1 + v - act)  #! dv = dact * gate #| dv = dact * v * gate * (1 - gate)
    return loss, {"x": norm.backward(dv), "gamma": norm.dgamma, "beta": norm.dbeta}


def example():
    rng = np.random.default_rng(1803)
    return rng.normal(size=(3, 6, 3, 2)) * 1.5 + 0.4, rng.normal(size=6), rng.normal(size=6), rng.normal(size=(3, 6))
