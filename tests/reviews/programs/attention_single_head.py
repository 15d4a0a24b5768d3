import numpy as np


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention_forward(X, Wq, Wk, Wv):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    d = Q.shape[-1]
    S = Q @ K.T / np.sqrt(d)
    S = np.where(np.tri(len(X)) > 0, S, -1e9)  # causal
    A = softmax(S)
    O = A @ V
    return O, (X, Wq, Wk, Wv, Q, K, V, A)


def attention_backward(dO, cache):
    X, Wq, Wk, Wv, Q, K, V, A = cache
    d = Q.shape[-1]
    dV = A.T @ dO  #! dV = A @ dO
    dA = dO @ V.T  #! dA = dO @ K.T
    dS = A * (dA - np.sum(dA * A, axis=-1, keepdims=True))  #! dS = A * (dA - np.sum(dA * A, axis=0, keepdims=True)) #| dS = A * (1 - A) * dA #| dS = A * (dA - np.sum(dA, axis=-1, keepdims=True)) #| dS = dA - np.sum(dA * A, axis=-1, keepdims=True) #| dS = A * dA  #= dS = A * dA - A * np.einsum("ij,ij->i", dA, A)[:, None] #| dS = np.stack([(np.diag(a) - np.outer(a, a)) @ g for a, g in zip(A, dA)])
    dQ = dS @ K / np.sqrt(d)  #! dQ = dS @ K #| dQ = dS.T @ K / np.sqrt(d) #| dQ = dS @ Q / np.sqrt(d) #| dQ = dS @ K / d  #= dQ = dS @ (K * d ** -0.5)  #&a dQ = dS @ K * np.sqrt(d)
    dK = dS.T @ Q / np.sqrt(d)  #! dK = dS @ Q / np.sqrt(d) #| dK = dS.T @ K / np.sqrt(d)  #= dK = (Q.T @ dS).T / np.sqrt(d)
    dWq = X.T @ dQ
    dWk = X.T @ dK
    dWv = X.T @ dV  #! dWv = V.T @ dV  #&a dWv = X.T @ (A @ dO)
    dX = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T  #! dX = dQ @ Wq.T + dV @ Wv.T #| dX = dQ @ Wk.T + dK @ Wq.T + dV @ Wv.T #| dX = dQ @ Wq + dK @ Wk.T + dV @ Wv.T  #= dX = np.hstack([dQ, dK, dV]) @ np.hstack([Wq, Wk, Wv]).T
    return dX, dWq, dWk, dWv


def run(X, Wq, Wk, Wv, target):
    O, cache = attention_forward(X, Wq, Wk, Wv)
    diff = O - target
    loss = (diff ** 2).mean()
    dO = 2 * diff / diff.size
    return loss, attention_backward(dO, cache)


def example():
    rng = np.random.default_rng(122)
    return rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
