from typing import NamedTuple
import numpy as np


class LNCache(NamedTuple):
    x_hat: np.ndarray
    rstd: np.ndarray
    gain: np.ndarray


def layernorm_forward(x: np.ndarray, gain: np.ndarray, bias: np.ndarray, eps: float = 1e-5):
    mean = np.mean(x, axis=-1, keepdims=True)
    rstd = 1.0 / np.sqrt(np.var(x, axis=-1, keepdims=True) + eps)
    x_hat = (x - mean) * rstd
    return x_hat * gain + bias, LNCache(x_hat, rstd, gain)


def layernorm_backward(dout: np.ndarray, cache: LNCache):
    x_hat, rstd, gain = cache
    dgain = np.sum(dout * x_hat, axis=0)  #! dgain = np.sum(dout * x_hat, axis=0) / len(dout) #| dgain = np.sum(dout, axis=0) * gain  #= dgain = (dout * x_hat).T @ np.ones(len(dout))
    dbias = np.sum(dout, axis=0)  #! dbias = np.mean(dout, axis=0)
    dx_hat = dout * gain
    mean_d = np.mean(dx_hat, axis=-1, keepdims=True)  #! mean_d = np.sum(dx_hat, axis=-1, keepdims=True) #| mean_d = np.mean(dx_hat, axis=0, keepdims=True)
    mean_dx = np.mean(dx_hat * x_hat, axis=-1, keepdims=True)  #! mean_dx = np.mean(dout * x_hat, axis=-1, keepdims=True) #| mean_dx = np.mean(dx_hat, axis=-1, keepdims=True) * x_hat
    dx = rstd * (dx_hat - mean_d - x_hat * mean_dx)  #! dx = rstd * (dx_hat - mean_d + x_hat * mean_dx) #| dx = rstd ** 2 * (dx_hat - mean_d - x_hat * mean_dx) #| dx = rstd * (dout - mean_d - x_hat * mean_dx)  #= dx = (dx_hat - (mean_d + x_hat * mean_dx)) * rstd  #&a dx = (dx_hat - mean_d - x_hat * mean_dx) / rstd
    return dx, dgain, dbias


def gelu(x):
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3))
    return 0.5 * x * (1 + t), t


def gelu_grad(x, t):
    inner = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x ** 2)  #! inner = np.sqrt(2 / np.pi) * (1 + 0.044715 * x ** 2) #| inner = 1 + 3 * 0.044715 * x ** 2
    return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * inner  #! return 0.5 * (1 + t) #| return 0.5 * (1 + t) + x * (1 - t ** 2) * inner  #= return 0.5 * (1 + t + x * (1 - t) * (1 + t) * inner)


def run(x, gain, bias, w_in, w_out, target):
    """x + MLP(LN(x)), mean squared error."""
    n, cache = layernorm_forward(x, gain, bias)
    pre = n @ w_in
    act, t = gelu(pre)
    y = x + act @ w_out
    loss = np.mean((y - target) ** 2)

    dy = 2 * (y - target) / y.size  #! dy = 2 * (y - target) / len(y)
    d_w_out = act.T @ dy  #! d_w_out = pre.T @ dy  #&a d_w_out = act.T @ dy / len(y)
    dact = dy @ w_out.T
    dpre = dact * gelu_grad(pre, t)
    d_w_in = n.T @ dpre  #! d_w_in = x.T @ dpre #| d_w_in = cache.x_hat.T @ dpre
    dn = dpre @ w_in.T
    dx, dgain, dbias = layernorm_backward(dn, cache)
    dx += dy  #! pass #| dx -= dy  #= dx = dy + dx
    return loss, {"x": dx, "gain": dgain, "bias": dbias, "w_in": d_w_in, "w_out": d_w_out}


def example():
    rng = np.random.default_rng(111)
    return (rng.normal(size=(4, 5)), rng.uniform(0.5, 1.5, 5), rng.normal(size=5) * 0.3,
            rng.normal(size=(5, 7)) * 0.6, rng.normal(size=(7, 5)) * 0.6, rng.normal(size=(4, 5)))
