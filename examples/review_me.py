"""A two-layer network in plain NumPy whose author says: dW2 and db2 are right, dW1 is not.

    python examples/review_me.py

prints the review. The file is not changed: the right line is in the report.
"""

import numpy as np


def loss_and_gradients(X, y, params, reg):
    """Softmax on two layers with ReLU; rows are samples."""
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    N = len(X)
    z1 = X @ W1 + b1
    h1 = np.maximum(0, z1)
    scores = h1 @ W2 + b2
    probs = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(N), y]).mean()
    loss += reg * (np.sum(W1**2) + np.sum(W2**2))

    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dW2 = h1.T @ dscores + 2 * reg * W2
    db2 = dscores.sum(axis=0)
    dh1 = dscores @ W2.T
    dz1 = dh1 * h1
    dW1 = X.T @ dz1 + 2 * reg * W1
    db1 = dz1.sum(axis=0)
    return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def example():
    """The arguments: seven samples of four features, three classes, six hidden neurons."""
    rng = np.random.default_rng(0)
    params = {
        "W1": rng.normal(size=(4, 6)),
        "b1": 0.1 * rng.normal(size=6),
        "W2": rng.normal(size=(6, 3)),
        "b2": 0.1 * rng.normal(size=3),
    }
    return rng.normal(size=(7, 4)), rng.integers(0, 3, 7), params, 0.1


if __name__ == "__main__":
    import autograd_lite as ag

    print(ag.review(loss_and_gradients, *example()))
