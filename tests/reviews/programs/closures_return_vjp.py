"""Every operation returns its value and a function that takes the gradient back."""
import numpy as np


def linear(x, w):
    def back(g):
        return g @ w.T, x.T @ g  #! return g @ w.T, x.T @ g / len(x) #| return g @ w, x.T @ g  #= return np.einsum("no,io->ni", g, w), np.einsum("ni,no->io", x, g)
    return x @ w, back


def add_bias(x, b):
    def back(g):
        return g, g.sum(0)  #! return g, g.mean(0)
    return x + b, back


def swish(x):
    s = 1 / (1 + np.exp(-x))

    def back(g):
        return g * (s + x * s * (1 - s))  #! return g * (s + s * (1 - s)) #| return g * x * s * (1 - s) #| return g * (s - x * s * (1 - s)) #| return g * s  #= return g * s * (1 + x - x * s)  #&a return g * (1 + x * s * (1 - s))
    return x * s, back


def l2_normalize(x):
    norm = np.sqrt((x ** 2).sum(1, keepdims=True))
    u = x / norm

    def back(g):
        return (g - u * (u * g).sum(1, keepdims=True)) / norm  #! return (g - x * (u * g).sum(1, keepdims=True)) / norm #| return g / norm #| return (g + u * (u * g).sum(1, keepdims=True)) / norm #| return (g - u * (u * g).sum(1, keepdims=True)) * norm #| return (g - u * (u * g).sum(0)) / norm  #= return g / norm - x * (x * g).sum(1, keepdims=True) / norm ** 3
    return u, back


def cosine_loss(u, t):
    n = len(u)
    loss = np.mean((1 - (u * t).sum(1)) ** 2)

    def back():
        return -2 / n * (1 - (u * t).sum(1))[:, None] * t  #! return 2 / n * (1 - (u * t).sum(1))[:, None] * t #| return -2 / n * (1 - (u * t).sum(1))[:, None] * u #| return -2 * (1 - (u * t).sum(1))[:, None] * t #| return -2 / n * t  #= return 2 / n * ((u * t).sum(1, keepdims=True) - 1) * t
    return loss, back


def run(x, w1, b1, w2, target):
    a, back_a = linear(x, w1)
    z, back_z = add_bias(a, b1)
    h, back_h = swish(z)
    r, back_r = linear(h, w2)
    s = r + x  # skip
    u, back_u = l2_normalize(s)
    loss, back = cosine_loss(u, target)

    du = back()
    ds = back_u(du)
    dh, dw2 = back_r(ds)
    dz = back_h(dh)  #! dz = back_h(ds @ w2) 
    da, db1 = back_z(dz)  #&a da, db1 = back_z(dh)
    dx, dw1 = back_a(da)
    dx = dx + ds  #! dx = ds #| dx = dx + du  #= dx += ds
    return loss, (dx, dw1, db1, dw2)


def example():
    rng = np.random.default_rng(133)
    t = rng.normal(size=(5, 4))
    return rng.normal(size=(5, 4)), rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=(4, 4)), t / np.linalg.norm(t, axis=1, keepdims=True)
