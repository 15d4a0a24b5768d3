import numpy as np

# columns are samples here

def bn(X, g, b, eps):
    mu = X.mean(1, keepdims=True)
    v = X.var(1, keepdims=True)
    i = (v + eps) ** -0.5
    Xh = (X - mu) * i
    return g * Xh + b, (Xh, g, i)

def dbn(dY, cache):
    Xh, g, i = cache
    m = dY.shape[1]
    dg = (dY * Xh).sum(1, keepdims=True)  #! dg = (dY * Xh).sum() * np.ones_like(g) #| dg = dY.sum(1, keepdims=True)
    db = dY.sum(1, keepdims=True)  #= db = dY @ np.ones((m, 1))  #! db = dY.mean(1, keepdims=True)
    dX = g * i / m * (m * dY - db - Xh * dg)  #! dX = g * i / m * (m * dY - db + Xh * dg) #| dX = g * i * (m * dY - db - Xh * dg) #| dX = i / m * (m * dY - db - Xh * dg) #| dX = g * i / m * (m * dY - Xh * dg) #| dX = g / i / m * (m * dY - db - Xh * dg) #| dX = g * i / m * (m * dY - db - dg)  #= dX = g * i * (dY - db / m - Xh * dg / m)  #&a dX = g * i / m * (m * dY - db)
    return dX, dg, db

def run(X, g, b, W, T, eps=1e-4):
    Y, cache = bn(X, g, b, eps)
    S = np.tanh(Y)
    O = W @ S
    E = O - T
    loss = 0.5 * np.sum(E * E) / X.shape[1]
    dO = E / X.shape[1]  #! dO = E / X.shape[0]
    dW = dO @ S.T  #= dW = np.tensordot(dO, S, axes=([1], [1]))  #&a dW = dO @ Y.T
    dS = W.T @ dO
    dY = dS * (1 - S * S)  #! dY = dS * (1 - Y * Y) #| dY = dS * (1 - S)
    dX, dg, db = dbn(dY, cache)
    return loss, (dX, dg, db, dW)

def example():
    r = np.random.default_rng(110)
    return r.normal(size=(4, 7)) * 1.5 + 0.5, r.uniform(0.4, 1.6, (4, 1)), r.normal(size=(4, 1)) * 0.5, r.normal(size=(3, 4)), r.normal(size=(3, 7))
