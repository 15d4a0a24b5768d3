import numpy as np


def forward(X, params, keep_prob, seed):
    rng = np.random.default_rng(seed)
    W1, b1, W2, b2, W3, b3 = (params[k] for k in ("W1", "b1", "W2", "b2", "W3", "b3"))
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1)
    D1 = rng.random(A1.shape) < keep_prob
    A1 = A1 * D1 / keep_prob
    Z2 = W2 @ A1 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    D2 = rng.random(A2.shape) < keep_prob
    A2 = A2 * D2
    A2 /= keep_prob
    Z3 = W3 @ A2 + b3
    A3 = 1 / (1 + np.exp(-Z3))
    return A3, (Z1, D1, A1, Z2, D2, A2)


def backward(X, Y, A3, params, cache, keep_prob):
    Z1, D1, A1, Z2, D2, A2 = cache
    m = X.shape[1]
    grads = {}
    dZ3 = (A3 - Y) / m  #! dZ3 = A3 - Y  #= dZ3 = 1 / m * (A3 - Y)
    grads["W3"] = dZ3 @ A2.T
    grads["b3"] = dZ3.sum(axis=1, keepdims=True)
    dA2 = params["W3"].T @ dZ3
    dA2 = dA2 * D2 / keep_prob  #! dA2 = dA2 * D1 / keep_prob #| dA2 = dA2 * D2 #| dA2 = dA2 / keep_prob  #= dA2 = dA2 * (D2 / keep_prob)
    s2 = 1 / (1 + np.exp(-Z2))  #&a s2 = A2
    dZ2 = dA2 * s2 * (1 - s2)  #! dZ2 = dA2 * A2 * (1 - A2) #| dZ2 = dA2 * s2  #= dZ2 = dA2 * (s2 - s2 * s2)
    grads["W2"] = dZ2 @ A1.T  #! grads["W2"] = dZ2 @ np.tanh(Z1).T  #&a grads["W2"] = dZ2 @ A1.T / m
    grads["b2"] = dZ2.sum(axis=1, keepdims=True)  #! grads["b2"] = dZ2.mean(axis=1, keepdims=True)
    dA1 = params["W2"].T @ dZ2  #! dA1 = params["W2"] @ dZ2
    dA1 = dA1 * D1 / keep_prob  #! dA1 = dA1 * ~D1 / keep_prob
    dZ1 = dA1 * (1 - np.tanh(Z1) ** 2)  #! dZ1 = dA1 * (1 - A1 ** 2)  #= dZ1 = dA1 / np.cosh(Z1) ** 2
    grads["W1"] = dZ1 @ X.T
    grads["b1"] = dZ1.sum(axis=1, keepdims=True)
    return grads


def run(X, Y, params, seed):
    A3, cache = forward(X, params, 0.8, seed)
    cost = -np.mean(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))
    return cost, backward(X, Y, A3, params, cache, 0.8)


def example():
    rng = np.random.default_rng(113)
    sizes = (3, 5, 5, 1)
    params = {}
    for i in (1, 2, 3):
        params[f"W{i}"] = rng.normal(size=(sizes[i], sizes[i - 1]))
        params[f"b{i}"] = rng.normal(size=(sizes[i], 1)) * 0.5
    return rng.normal(size=(3, 8)), np.array([[1, 0, 1, 1, 0, 0, 1, 0]]), params, 77
