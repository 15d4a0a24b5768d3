"""The article's network, its numbers, and its gradients derived by hand, in plain NumPy.

The article is the one that TITLE names. It explains backpropagation on a 2-3-2 network that
learns XOR, with a sigmoid after both layers and no biases:

    z1 = X W1    h1 = sigmoid(z1)    z2 = h1 W2    h2 = sigmoid(z2)
    Loss = 1/(2N) sum (y - h2)^2  +  lambda/(2N) sum W^2
"""

import json
from pathlib import Path

import numpy as np

TITLE = "One LEGO at a time: Explaining the Math of How Neural Networks Learn"
AUTHOR = "Omar Florez"
ADDRESS = "https://omar-florez.github.io/scratch_mlp/"

#: Every number that the article's figures print, 8 decimals.
FIGURES = {
    name: np.array(value)
    for name, value in json.loads(
        Path(__file__).with_name("article_figures.json").read_text()
    ).items()
    if name != "what"
}


def data():
    """The article's 300 points, and their labels one-hot: [1, 0] for XOR 0, [0, 1] for XOR 1."""
    X = np.random.RandomState(0).randn(300, 2)
    label = (X[:, 0] > 0) ^ (X[:, 1] > 0)
    return X, np.eye(2)[label.astype(int)]


def weights_rng(seed=2017):
    """The generator of the article's initial weights: W1 is drawn first, then W2."""
    return np.random.RandomState(seed)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(X, W1, W2, b1=0.0, b2=0.0):
    """The values of the forward step, in order."""
    z1 = X @ W1 + b1
    h1 = sigmoid(z1)
    z2 = h1 @ W2 + b2
    h2 = sigmoid(z2)
    return z1, h1, z2, h2


def loss(X, y, W1, W2, b1=0.0, b2=0.0, reg=0.0):
    """The article's loss, as a number."""
    h2 = forward(X, W1, W2, b1, b2)[-1]
    penalty = reg * (np.sum(W1**2) + np.sum(W2**2))
    return (np.sum((y - h2) ** 2) + penalty) / (2 * len(X))


def hand_gradients(X, y, W1, W2, b1=0.0, b2=0.0, reg=0.0):
    """The gradient of `loss`, by the chain rule on paper; only the regulariser skips the biases."""
    N = len(X)
    _, h1, _, h2 = forward(X, W1, W2, b1, b2)
    dz2 = -(y - h2) / N * h2 * (1 - h2)
    dz1 = dz2 @ W2.T * h1 * (1 - h1)
    return {
        "W1": X.T @ dz1 + reg / N * W1,
        "b1": dz1.sum(axis=0),
        "W2": h1.T @ dz2 + reg / N * W2,
        "b2": dz2.sum(axis=0),
    }


def program_gradients(X, y, W1, W2):
    """The gradient of the error as the article's own program computes it; it has a mistake."""
    _, h1, _, h2 = forward(X, W1, W2)
    dz2 = -(y - h2) * h2 * (1 - h2)
    dz1 = dz2 @ W2.T * h1 * (1 - h1)
    return {"W1": X.T @ dz1, "W2": h1.T @ dz2}


def program_regulariser(W, reg):
    """What the article's program adds to a gradient for its regulariser; it is a mistake."""
    return np.full(W.shape, reg * np.sum(W**2))
