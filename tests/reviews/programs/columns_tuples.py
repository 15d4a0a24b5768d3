"""Deep net, one column per example. A network is a list of (W, b, activation) tuples."""
import numpy as np

LEAK = 0.2

act = {
    "tanh": np.tanh,
    "relu": lambda Z: np.maximum(Z, 0),
    "leaky": lambda Z: np.where(Z > 0, Z, LEAK * Z),
    "linear": lambda Z: Z,
}

act_backward = {
    "tanh": lambda dA, Z: dA * (1 - np.tanh(Z) ** 2),  #!t "tanh": lambda dA, Z: dA * (1 - Z ** 2), #| "tanh": lambda dA, Z: dA * (1 - np.tanh(Z)), #| "tanh": lambda dA, Z: 1 - np.tanh(Z) ** 2,  #= "tanh": lambda dA, Z: dA / np.cosh(Z) ** 2,
    "relu": lambda dA, Z: dA * (Z > 0),  #!t "relu": lambda dA, Z: dA * np.maximum(Z, 0), #| "relu": lambda dA, Z: dA * (dA > 0),  #= "relu": lambda dA, Z: np.where(Z > 0, dA, 0.0),
    "leaky": lambda dA, Z: dA * np.where(Z > 0, 1, LEAK),  #!t "leaky": lambda dA, Z: dA * np.where(Z > 0, LEAK, 1), #| "leaky": lambda dA, Z: dA * (Z > 0),  #&a "leaky": lambda dA, Z: dA * np.where(Z > 0, 1, -LEAK),
    "linear": lambda dA, Z: dA,
}


def L_model_forward(X, layers):
    A, caches = X, []
    for W, b, kind in layers:
        Z = W @ A + b
        caches.append((A, W, Z, kind))
        A = act[kind](Z)
    return A, caches


def compute_cost(AL, Y, layers, lambd):
    m = Y.shape[1]
    fit = np.sum(np.square(AL - Y)) / (2 * m)
    penalty = sum(np.sum(np.square(W)) for W, _, _ in layers) * lambd / (2 * m)
    return fit + penalty


def L_model_backward(AL, Y, caches, lambd):
    m = Y.shape[1]
    grads = []
    dA = (AL - Y) / m  #! dA = AL - Y #| dA = (AL - Y) / AL.size #| dA = 2 * (AL - Y) / m  #&a dA = (Y - AL) / m
    for A_prev, W, Z, kind in reversed(caches):
        dZ = act_backward[kind](dA, Z)  #~t
        dW = dZ @ A_prev.T + lambd / m * W  #! dW = dZ @ A_prev.T #| dW = dZ @ A_prev.T + lambd * W #| dW = dZ @ A_prev.T / m + lambd / m * W  #= dW = np.tensordot(dZ, A_prev, axes=(1, 1)) + lambd * W / m
        db = np.sum(dZ, axis=1, keepdims=True)  #! db = np.mean(dZ, axis=1, keepdims=True)
        dA = W.T @ dZ
        grads.insert(0, (dW, db))
    return grads


def run(X, Y, layers, lambd=0.6):
    AL, caches = L_model_forward(X, layers)
    cost = compute_cost(AL, Y, layers, lambd)
    return cost, L_model_backward(AL, Y, caches, lambd)


def example():
    rng = np.random.default_rng(102)
    dims, kinds = [4, 6, 5, 3, 2], ["tanh", "relu", "leaky", "linear"]
    layers = [(rng.normal(size=(o, i)) * 0.8, rng.normal(size=(o, 1)), k) for i, o, k in zip(dims, dims[1:], kinds)]
    return rng.normal(size=(4, 7)), rng.normal(size=(2, 7)), layers
