"""Spiral classifier on my own little framework (see modules.py, criteria.py)."""
import numpy as np

from modules import Sequential, Linear, Swish, FixedDropout, Softmax
from criteria import NLLLoss, L2Penalty


def build(weights, keep_mask):
    return Sequential([
        Linear(weights[0], weights[1]),
        Swish(weights[2]),
        FixedDropout(keep_mask, keep=0.75),
        Linear(weights[3], weights[4]),
        Softmax(),
    ])


def run(X, Y, weights, keep_mask):
    model = build(weights, keep_mask)
    criterion = NLLLoss()
    penalty = L2Penalty(model, 0.1)

    probs = model.forward(X)
    loss = criterion.forward(probs, Y) + penalty.value()

    model.zero_grad()
    gradX = model.backward(criterion.backward())
    penalty.add_gradients()  #! pass
    return loss, [gradX] + [layer.grads[i] for layer in model.layers for i in range(len(layer.params))]


def example():
    rng = np.random.default_rng(35)
    X = rng.normal(size=(6, 4))
    Y = np.eye(3)[[0, 1, 2, 2, 1, 0]]
    weights = [rng.normal(size=(4, 4)), rng.normal(size=(1, 4)), rng.uniform(0.6, 1.4, size=(1, 4)),
               rng.normal(size=(4, 3)), rng.normal(size=(1, 3))]
    keep_mask = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 0, 1]])
    return X, Y, weights, keep_mask
