"""Networks of two layers: the article's, and those of the size of MNIST and above."""

import numpy as np

from .table import Workload, normal

# --- squared error over two sigmoid layers, without biases: the article's ------------------------


def _sigmoid_data(rng, batch, sizes, dtype="float32"):
    inputs, hidden, outputs = sizes
    W1 = normal(rng, inputs, hidden, dtype=dtype, fan=inputs)
    W2 = normal(rng, hidden, outputs, dtype=dtype, fan=hidden)
    y = np.eye(outputs, dtype=dtype)[rng.integers(outputs, size=batch)]
    return [W1, W2], [normal(rng, batch, inputs, dtype=dtype), y]


def _sigmoid_loss(np, W1, W2, X, y):
    h1 = np.sigmoid(X @ W1)
    h2 = np.sigmoid(h1 @ W2)
    return _squared_error(np, h2, X, y)


def _squared_error(np, out, X, y):
    return np.sum((y - out) ** 2) / (2 * len(X))


def _sigmoid_layers(nn, W1, W2):
    return nn.Sequential(nn.Linear(W1), nn.Sigmoid(), nn.Linear(W2), nn.Sigmoid())


def _sigmoid_torch(torch, W1, W2, X, y):
    h2 = torch.sigmoid(torch.sigmoid(X @ W1) @ W2)
    return torch.nn.functional.mse_loss(h2, y, reduction="sum") / (2 * len(X))


def _sigmoid_by_hand(W1, W2, X, y):
    h1 = 1 / (1 + np.exp(-(X @ W1)))
    h2 = 1 / (1 + np.exp(-(h1 @ W2)))
    error = h2 - y
    loss = np.sum(error**2) / (2 * len(X))
    dz2 = error * h2 * (1 - h2) / len(X)
    dW2 = h1.T @ dz2
    dz1 = dz2 @ W2.T * h1 * (1 - h1)
    return loss, [X.T @ dz1, dW2]


def _sigmoid_network(name, batch, dtype, note=""):
    sizes = tuple(map(int, name.split("-")))
    return Workload(
        name=f"{name}{note}",
        title=f"{name}, batch {batch}, {dtype}: sigmoid layers, squared error",
        data=_sigmoid_data,
        sizes={"batch": batch, "sizes": sizes, "dtype": dtype},
        small={"batch": 5, "sizes": tuple(min(n, 4) for n in sizes), "dtype": dtype},
        loss=_sigmoid_loss,
        by_hand=_sigmoid_by_hand,
        idioms={"torch": _sigmoid_torch},
        layers=_sigmoid_layers,
        head=_squared_error,
    )


# --- softmax cross-entropy over a ReLU layer, with biases -----------------------------------------


def _relu_data(rng, batch, sizes, dtype="float32"):
    inputs, hidden, outputs = sizes
    W1 = normal(rng, inputs, hidden, dtype=dtype, fan=inputs)
    W2 = normal(rng, hidden, outputs, dtype=dtype, fan=hidden)
    b1, b2 = np.zeros(hidden, dtype), np.zeros(outputs, dtype)
    labels = rng.integers(outputs, size=batch)
    return [W1, b1, W2, b2], [normal(rng, batch, inputs, dtype=dtype), labels]


def _relu_loss(np, W1, b1, W2, b2, X, labels):
    h1 = np.relu(X @ W1 + b1)
    return np.mean_cross_entropy(h1 @ W2 + b2, labels)


def _relu_layers(nn, W1, b1, W2, b2):
    return nn.Sequential(nn.Linear(W1, b1), nn.ReLU(), nn.Linear(W2, b2))


def _relu_torch(torch, W1, b1, W2, b2, X, labels):
    h1 = torch.relu(torch.addmm(b1, X, W1))
    return torch.nn.functional.cross_entropy(torch.addmm(b2, h1, W2), labels)


def cross_entropy_by_hand(z, labels):
    """The mean cross-entropy of logits, and its derivative."""
    each = np.arange(len(z))
    z = z - np.max(z, axis=1, keepdims=True)
    e = np.exp(z)
    total = np.sum(e, axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - z[each, labels])
    dz = e / total
    dz[each, labels] -= 1
    dz /= len(z)
    return loss, dz


def _relu_by_hand(W1, b1, W2, b2, X, labels):
    h1 = np.maximum(X @ W1 + b1, 0)
    loss, dz2 = cross_entropy_by_hand(h1 @ W2 + b2, labels)
    dz1 = dz2 @ W2.T * (h1 > 0)
    return loss, [X.T @ dz1, np.sum(dz1, axis=0), h1.T @ dz2, np.sum(dz2, axis=0)]


NETWORKS = (
    _sigmoid_network("2-3-2", 4, "float64"),
    _sigmoid_network("2-50-2", 300, "float64"),
    _sigmoid_network("784-256-10", 128, "float32", note=" sigmoid"),
    Workload(
        name="784-256-10 softmax",
        title="784-256-10, batch 128, float32: ReLU, biases, softmax cross-entropy",
        data=_relu_data,
        sizes={"batch": 128, "sizes": (784, 256, 10)},
        small={"batch": 6, "sizes": (5, 4, 3)},
        loss=_relu_loss,
        by_hand=_relu_by_hand,
        idioms={"torch": _relu_torch},
        layers=_relu_layers,
        head=lambda np, out, X, labels: np.mean_cross_entropy(out, labels),
    ),
    _sigmoid_network("1024-2048-1024", 512, "float32"),
)
