"""Networks that do not learn although their gradients are right: kinds 21 and 38.

Each case gives a loss, its right gradients derived by hand, what the report must say in its first
sentence, and what must be said anywhere: in what follows the table, or by `nn.health`, which knows
why a network with right gradients does not learn.
"""

import numpy as np

import autograd_lite as ag
import nn

from .by_hand import one_hot, softmax
from .corpus import NETWORKS


def softmax_twice(coded):
    """A softmax layer before a cross-entropy that applies softmax itself."""
    values = NETWORKS["relu_softmax"].draw()
    X, labels = values["X"], values["labels"]
    W = ag.Tensor(np.random.default_rng(3).normal(size=(5, 3)), requires_grad=True, name="W")
    loss = coded(ag.softmax(X @ W), labels)

    p = softmax(X @ W.numpy())
    dp = (softmax(p) - one_hot(labels, p)) / len(X)
    dz = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    return loss, {"W": X.T @ dz}, {"W": W}, ""


def fused(p, labels):
    return np.mean(ag.cross_entropy(p, labels))


def spelled_out(p, labels):
    again = ag.softmax(p)
    return -np.mean(np.log(again[np.arange(len(labels)), labels]))


def sigmoid_network(**changed):
    """The article's network with other values of some arrays."""
    network = NETWORKS["sigmoid_squares"]
    values = network.draw() | changed
    loss, names = network.graph(values)
    gradients = network.gradients(values)
    return loss, gradients, {n: names[n] for n in network.parameters}, examined(values)


def examined(values):
    """What `nn.health` says of the article's network with these values."""
    W1, b1, W2, b2 = (values[name] for name in ("W1", "b1", "W2", "b2"))
    layers = nn.Linear(*W1.shape), nn.Sigmoid(), nn.Linear(*W2.shape), nn.Sigmoid()
    for layer, weight, bias in ((layers[0], W1, b1), (layers[2], W2, b2)):
        layer.load_state_dict({"weight": weight, "bias": bias})
    return str(nn.health(nn.Sequential(*layers), nn.squared_error, (values["X"], values["y"])))


AGREEING = [
    (21, "softmax, then cross_entropy", softmax_twice(fused), r"softmax", r"twice|again|already"),
    (21, "softmax of softmax", softmax_twice(spelled_out), r"softmax", r"twice|again|already"),
    (
        38,
        "all weights equal",
        sigmoid_network(W1=np.full((5, 4), 0.5), b1=np.zeros(4), W2=np.full((4, 3), 0.5)),
        r"^right",
        r"equal|same|symmetr",
    ),
    (
        38,
        "saturated",
        sigmoid_network(b1=np.full(4, 60.0)),
        r"^right",
        r"saturat",
    ),
    (
        38,
        "weights of zero behind the first layer",
        sigmoid_network(W2=np.zeros((4, 3))),
        r"^right",
        r"zero|\b0\b",
    ),
]  # fmt: skip
