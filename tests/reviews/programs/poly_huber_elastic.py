"""Robust polynomial regression: monomials of two inputs up to degree 3, Huber loss, elastic net."""
from itertools import product

import numpy as np

exponents = [(p, q) for p, q in product(range(4), repeat=2) if 0 < p + q <= 3]


def polyFeatures(x):
    return np.column_stack([x[:, 0] ** p * x[:, 1] ** q for p, q in exponents])


def huber(r, delta):
    small = np.abs(r) <= delta
    return np.where(small, 0.5 * r ** 2, delta * (np.abs(r) - 0.5 * delta))


def huberPrime(r, delta):
    return np.where(np.abs(r) <= delta, r, delta * np.sign(r))  #!h return np.where(np.abs(r) <= delta, r, delta) #| return np.where(np.abs(r) <= delta, r, np.sign(r)) #| return r  #= return np.clip(r, -delta, delta)


def elasticNet(w, alpha, ratio):
    return alpha * (ratio * np.abs(w).sum() + 0.5 * (1 - ratio) * w.dot(w))


def elasticNetPrime(w, alpha, ratio):
    return alpha * (ratio * np.sign(w) + (1 - ratio) * w)  #!e return alpha * (ratio * np.sign(w) + 2 * (1 - ratio) * w) #| return alpha * ((1 - ratio) * np.sign(w) + ratio * w) #| return alpha * (ratio * np.abs(w) + (1 - ratio) * w)  #= return alpha * np.where(w > 0, ratio, -ratio) + alpha * w - alpha * ratio * w  #&a return alpha * (1 - ratio) * w


def objective(w, w0, x, y, delta, alpha, ratio):
    residual = w0 + polyFeatures(x) @ w - y
    return np.mean(huber(residual, delta)) + elasticNet(w, alpha, ratio)


def gradient(w, w0, x, y, delta, alpha, ratio):
    n = y.size
    phi = polyFeatures(x)
    residual = w0 + phi @ w - y
    psi = huberPrime(residual, delta) / n  #~h  #! psi = huberPrime(residual, delta)
    gradW = phi.T @ psi + elasticNetPrime(w, alpha, ratio)  #~e  #! gradW = phi.T @ psi - elasticNetPrime(w, alpha, ratio) #| gradW = phi.T @ residual / n + elasticNetPrime(w, alpha, ratio)
    gradW0 = psi.sum()  #! gradW0 = psi.mean()  #&a gradW0 = np.abs(psi).sum()  #&b gradW0 = residual.sum() / n
    gradX = np.zeros_like(x)
    for k, (p, q) in enumerate(exponents):
        if p > 0:
            gradX[:, 0] += psi * w[k] * p * x[:, 0] ** (p - 1) * x[:, 1] ** q  #! gradX[:, 0] += psi * w[k] * x[:, 0] ** (p - 1) * x[:, 1] ** q #| gradX[:, 0] += w[k] * p * x[:, 0] ** (p - 1) * x[:, 1] ** q #| gradX[:, 0] = psi * w[k] * p * x[:, 0] ** (p - 1) * x[:, 1] ** q
        if q > 0:
            gradX[:, 1] += psi * w[k] * q * x[:, 0] ** p * x[:, 1] ** (q - 1)  #= gradX[:, 1] += psi * w[k] * q * phi[:, k] / x[:, 1]  #! gradX[:, 1] += psi * w[k] * q * x[:, 0] ** p  #&b gradX[:, 1] += psi * w[k] * q * x[:, 1] ** p * x[:, 0] ** (q - 1)
    return gradW, gradW0, gradX


def run(w, w0, x, y, delta=0.8, alpha=0.3, ratio=0.35):
    return objective(w, w0, x, y, delta, alpha, ratio), gradient(w, w0, x, y, delta, alpha, ratio)


def example():
    gen = np.random.default_rng(108)
    x = gen.uniform(-1.5, 1.5, size=(11, 2))
    w = gen.normal(size=len(exponents)) * 0.6
    return w, 0.25, x, polyFeatures(x) @ w + gen.standard_t(2, size=11)
