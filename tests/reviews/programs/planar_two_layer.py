import numpy as np

np.seterr(over="ignore")


def initialize(seed, n_x, n_h, n_y):
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(size=(n_h, n_x)),
        "b1": rng.normal(size=(n_h, 1)) * 0.3,
        "W2": rng.normal(size=(n_y, n_h)),
        "b2": rng.normal(size=(n_y, 1)) * 0.3,
    }


def forward_propagation(X, parameters):
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = 1.0 / (1.0 + np.exp(-Z2))
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_cost(A2, Y):
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    return float(-np.sum(logprobs) / Y.shape[1])


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W1 = parameters["W1"]
    W2 = parameters["W2"]
    A1 = cache["A1"]
    A2 = cache["A2"]

    dZ2 = A2 - Y
    dW2 = (1 / m) * np.dot(dZ2, A1.T)  #! dW2 = (1 / m) * np.dot(dZ2, cache["Z1"].T) #| dW2 = np.dot(dZ2, A1.T)  #= dW2 = np.einsum("im,jm->ij", dZ2, A1) / m
    db2 = (1 / m) * np.sum(dZ2, axis=1, keepdims=True)  #! db2 = (1 / m) * np.mean(dZ2, axis=1, keepdims=True)  #&a db2 = (1 / m) * np.sum(A2, axis=1, keepdims=True)
    dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2))  #! dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - A1) #| dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - np.power(cache["Z1"], 2)) #| dZ1 = np.multiply(np.dot(W2.T, dZ2), A1 * (1 - A1)) #| dZ1 = np.dot(W2.T, dZ2)  #= dZ1 = W2.T @ dZ2 * (1 - A1) * (1 + A1)
    dW1 = (1 / m) * np.dot(dZ1, X.T)  #! dW1 = np.dot(dZ1, X.T)  #&a dW1 = (1 / W1.shape[1]) * np.dot(dZ1, X.T)
    db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)  #! db1 = (1 / m) * np.sum(dZ1)  #= db1 = dZ1.mean(axis=1).reshape(-1, 1)

    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def run(X, Y, parameters):
    A2, cache = forward_propagation(X, parameters)
    cost = compute_cost(A2, Y)
    grads = backward_propagation(parameters, cache, X, Y)
    return cost, grads


def example():
    rng = np.random.default_rng(102)
    X = rng.normal(size=(3, 9))
    Y = np.array([[0, 1, 1, 0, 1, 0, 0, 1, 1]])
    return X, Y, initialize(7, 3, 4, 1)
