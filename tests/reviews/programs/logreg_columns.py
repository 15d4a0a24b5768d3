import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def propagate(w, b, X, Y):
    """
    w -- weights, a column (n_x, 1)
    b -- bias, a number
    X -- data (n_x, m), one example a column
    Y -- true labels (1, m)
    """
    m = X.shape[1]

    # FORWARD (from X to cost)
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))

    # BACKWARD (to find the gradients)
    dZ = A - Y  #! dZ = Y - A #| dZ = (A - Y) * A * (1 - A)
    dw = 1 / m * np.dot(X, dZ.T)  #! dw = np.dot(X, dZ.T)  #= dw = np.mean(X * dZ, axis=1, keepdims=True) #| dw = np.dot(X, (A - Y).T) / m  #&a dw = 1 / (m - 1) * np.dot(X, dZ.T)
    db = 1 / m * np.sum(dZ)  #! db = 1 / m * np.sum(A) #| db = np.sum(dZ)  #= db = np.mean(A - Y)  #&a db = 1 / w.shape[0] * np.sum(dZ)

    return {"dw": dw, "db": db}, cost


def run(w, b, X, Y):
    grads, cost = propagate(w, b, X, Y)
    return cost, grads


def example():
    rng = np.random.default_rng(101)
    return rng.normal(size=(5, 1)), 0.35, rng.normal(size=(5, 8)), np.array([[1, 0, 0, 1, 1, 0, 1, 0]])
