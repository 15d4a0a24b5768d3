"""Affine coupling flow on R^4. A layer gives back its output, its log-determinant and a function for the way back."""
import numpy as np


def net(u, theta):
    """one hidden layer, two outputs (log-scale, shift)"""
    W, b, Ws, bs, Wt, bt = theta
    hid = np.tanh(u @ W + b)
    raw = hid @ Ws + bs
    log_scale = 1.5 * np.tanh(raw / 1.5)        # kept within +-1.5
    shift = hid @ Wt + bt

    def vjp(g_log_scale, g_shift):
        g_raw = g_log_scale * (1 - (log_scale / 1.5) ** 2)  #! g_raw = g_log_scale * (1 - log_scale ** 2) #| g_raw = g_log_scale / 1.5 * (1 - (log_scale / 1.5) ** 2)  #= g_raw = g_log_scale / np.cosh(raw / 1.5) ** 2
        g_hid = g_raw @ Ws.T + g_shift @ Wt.T  #! g_hid = g_raw @ Wt.T + g_shift @ Ws.T #| g_hid = g_raw @ Ws.T  #= g_hid = np.hstack([g_raw, g_shift]) @ np.hstack([Ws, Wt]).T
        g_pre = g_hid * (1 - hid ** 2)  #&a g_pre = g_hid * (1 - hid)
        g_theta = (u.T @ g_pre, g_pre.sum(0), hid.T @ g_raw, g_raw.sum(0), hid.T @ g_shift, g_shift.sum(0))  #! g_theta = (u.T @ g_pre, g_pre.sum(0), hid.T @ g_log_scale, g_raw.sum(0), hid.T @ g_shift, g_shift.sum(0))
        return g_pre @ W.T, g_theta

    return log_scale, shift, vjp


def coupling(x, theta, flip):
    half = x.shape[1] // 2
    a, b = (x[:, half:], x[:, :half]) if flip else (x[:, :half], x[:, half:])
    log_scale, shift, net_vjp = net(a, theta)
    scale = np.exp(log_scale)
    b_new = b * scale + shift
    y = np.concatenate([b_new, a] if flip else [a, b_new], axis=1)
    logdet = log_scale.sum(axis=1)

    def vjp(gy, glogdet):
        ga, gb_new = (gy[:, half:], gy[:, :half]) if flip else (gy[:, :half], gy[:, half:])
        gb = gb_new * scale  #! gb = gb_new / scale #| gb = gb_new  #&a gb = gb_new * log_scale
        g_log_scale = gb_new * b * scale + glogdet[:, None]  #! g_log_scale = gb_new * b * scale #| g_log_scale = gb_new * b + glogdet[:, None] #| g_log_scale = gb_new * b_new + glogdet[:, None]  #= g_log_scale = gb_new * (b_new - shift) + glogdet[:, None]
        ga_net, g_theta = net_vjp(g_log_scale, gb_new)  #! ga_net, g_theta = net_vjp(g_log_scale, gb)
        ga = ga + ga_net  #! ga = ga_net
        gx = np.concatenate([gb, ga] if flip else [ga, gb], axis=1)  #! gx = np.concatenate([ga, gb], axis=1)
        return gx, g_theta

    return y, logdet, vjp


def run(x, thetas):
    n, d = x.shape
    pullbacks = []
    total_logdet = np.zeros(n)
    z = x
    for i, theta in enumerate(thetas):
        z, ld, vjp = coupling(z, theta, flip=i % 2 == 1)
        total_logdet = total_logdet + ld
        pullbacks.append(vjp)
    nll = np.mean(0.5 * np.sum(z * z, axis=1) - total_logdet) + 0.5 * d * np.log(2 * np.pi)

    gz = z / n  #! gz = z
    gld = -np.ones(n) / n  #! gld = np.ones(n) / n #| gld = -np.ones(n)  #= gld = np.full(n, -1.0 / n)
    gthetas = []
    while pullbacks:
        gz, gt = pullbacks.pop()(gz, gld)
        gthetas.append(gt)
    return nll, {"x": gz, "thetas": gthetas[::-1]}


def example():
    rng = np.random.default_rng(45)

    def theta():
        return [rng.normal(0, .8, (2, 5)), rng.normal(0, .5, 5), rng.normal(0, .7, (5, 2)), rng.normal(0, .4, 2), rng.normal(0, .7, (5, 2)), rng.normal(0, .4, 2)]

    return rng.normal(0, 1.3, (6, 4)), [theta(), theta(), theta()]
