import numpy as np

INPUT, HIDDEN, CLASSES, BATCH = 784, 256, 10, 32
WEIGHT_DECAY = 1e-3


def init_params(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(0, np.sqrt(2 / INPUT), (INPUT, HIDDEN)),
        "b1": rng.normal(0, 0.1, (1, HIDDEN)),
        "W2": rng.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, CLASSES)),
        "b2": rng.normal(0, 0.1, (1, CLASSES)),
    }


def one_hot(labels):
    Y = np.zeros((labels.size, CLASSES))
    Y[np.arange(labels.size), labels] = 1
    return Y


def forward_prop(params, X):
    Z1 = X.dot(params["W1"]) + params["b1"]
    A1 = np.maximum(Z1, 0)
    Z2 = A1.dot(params["W2"]) + params["b2"]
    expZ = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    A2 = expZ / expZ.sum(axis=1, keepdims=True)
    return Z1, A1, Z2, A2


def back_prop(params, X, labels, Z1, A1, A2):
    m = labels.size
    dZ2 = A2 - one_hot(labels)  #! dZ2 = one_hot(labels) - A2 #| dZ2 = A2 #| dZ2 = (A2 - one_hot(labels)) * A2 * (1 - A2)
    dW2 = A1.T.dot(dZ2) / m + WEIGHT_DECAY * params["W2"]  #! dW2 = A1.T.dot(dZ2) / m #| dW2 = A1.T.dot(dZ2) + WEIGHT_DECAY * params["W2"] #| dW2 = Z1.T.dot(dZ2) / m + WEIGHT_DECAY * params["W2"]  #= dW2 = dZ2.T.dot(A1).T / m + WEIGHT_DECAY * params["W2"]  #&a dW2 = A1.T.dot(dZ2) / CLASSES + WEIGHT_DECAY * params["W2"]
    db2 = dZ2.sum(axis=0, keepdims=True) / m  #! db2 = dZ2.sum(axis=0, keepdims=True)  #= db2 = dZ2.mean(axis=0, keepdims=True)
    dA1 = dZ2.dot(params["W2"].T)  #! dA1 = dZ2.dot(params["W2"].T) / m
    dZ1 = dA1 * (Z1 > 0)  #! dZ1 = dA1 * (Z1 < 0) #| dZ1 = dA1 * A1 #| dZ1 = dA1 #| dZ1 = dA1 * (dA1 > 0)  #= dZ1 = np.where(A1 > 0, dA1, 0)
    dW1 = X.T.dot(dZ1) / m + WEIGHT_DECAY * params["W1"]  #! dW1 = X.T.dot(dZ1) + WEIGHT_DECAY * params["W1"] #| dW1 = X.T.dot(dZ1) / m + 2 * WEIGHT_DECAY * params["W1"]
    db1 = dZ1.sum(axis=0, keepdims=True) / m  #! db1 = dZ1.sum() / m * np.ones((1, HIDDEN)) #| db1 = dZ1.mean(axis=0, keepdims=True) / m  #&a db1 = dA1.sum(axis=0, keepdims=True) / m
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def run(params, X, labels):
    Z1, A1, Z2, A2 = forward_prop(params, X)
    loss = -np.log(A2[np.arange(labels.size), labels]).mean()
    loss += 0.5 * WEIGHT_DECAY * (np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))
    return loss, back_prop(params, X, labels, Z1, A1, A2)


def example():
    rng = np.random.default_rng(148)
    return init_params(1), rng.random((BATCH, INPUT)), rng.integers(0, CLASSES, BATCH)
