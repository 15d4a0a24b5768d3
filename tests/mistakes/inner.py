"""Backward passes whose inner gradients are given too, node by node, or alone.

Each case: what it is called, the network, the wrong line and what it should be, and the names
of the gradients that are given, from the loss on; the first wrong one is marked.
"""

from dataclasses import dataclass

from .corpus import NETWORKS, Slip, compared


@dataclass(frozen=True)
class Inner:
    """A mistake, and of which tensors a gradient is given."""

    network: str
    slip: Slip
    given: tuple[str, ...]
    first: str

    def report(self):
        network = NETWORKS[self.network]
        values = network.draw()
        found = network.by_hand(values, self.slip)
        return compared(network, values, {name: found[f"d{name}"] for name in self.given})


def inner(network, kinds, line, wrong, given):
    """A case; the first wrong gradient has a star behind it."""
    names = given.split()
    first = next(name for name in names if name.endswith("*"))[:-1]
    return Inner(network, Slip(line, wrong, kinds), tuple(n.rstrip("*") for n in names), first)


# fmt: off
INNER = [
    inner("sigmoid_squares", (14, 22), "dz2 = dh2 * h2 * (1 - h2)", "dz2 = dh2",
          "h2 z2* W2 b2 h1 z1 W1 b1"),
    inner("sigmoid_squares", (12,), "dz1 = dh1 * h1 * (1 - h1)",
          "dz1 = dh1 * sigmoid(h1) * (1 - sigmoid(h1))", "h2 z2 W2 b2 h1 z1* W1 b1"),
    inner("sigmoid_squares", (13,), "dz2 = dh2 * h2 * (1 - h2)", "dz2 = dh2 * z2 * (1 - z2)",
          "h2 z2* h1 z1"),
    inner("sigmoid_squares", (33,), "dh1 = dz2 @ W2.T",
          "W2 = W2 - 0.3 * dW2; dh1 = dz2 @ W2.T", "h2 z2 h1* z1"),
    inner("sigmoid_squares", (35,), "dh1 = dz2 @ W2.T", "dh1 = h2 @ W2.T", "h2 z2 h1* z1 W1"),
    inner("sigmoid_squares", (2,), "dh2 = (h2 - y) / N", "dh2 = (y - h2) / N", "h2* z2 h1 z1"),
    inner("sigmoid_squares", (14, 22), "dz1 = dh1 * h1 * (1 - h1)", "dz1 = dh1", "z1*"),
    inner("tanh_ridge", (3,), "dz2 = 2 * (z2 - y) / y.size", "dz2 = 2 * (z2 - y)",
          "z2* h1 z1 W1 W2"),
    inner("tanh_ridge", (16,), "dz1 = dh1 * (1 - h1**2)", "dz1 = dh1 * (1 - h1)",
          "z2 h1 z1* W1 b1"),
    inner("relu_softmax", (17, 14), "dz1 = dh1 * (z1 > 0)", "dz1 = dh1", "z2 h1 z1* W1"),
    inner("relu_softmax", (20,), "dz2 = (p - y) / N", "dz2 = p / N", "z2* h1 z1 W2 b2"),
    inner("relu_softmax", (19,), "dz2 = (p - y) / N",
          "dz2 = p * ((p - y) - np.sum((p - y) * p, axis=1, keepdims=True)) / N", "z2* h1 z1"),
    inner("softmax_squares", (18,), "dz = p * (dp - np.sum(dp * p, axis=1, keepdims=True))",
          "dz = dp * p * (1 - p)", "p z* W b"),
    inner("logistic", (22, 14), "dz = dp * p * (1 - p)", "dz = dp", "p z*"),
    inner("logistic", (22, 14), "dz = dp * p * (1 - p)", "dz = dp", "z*"),
    inner("attention", (18,), "dS = A * (dA - np.sum(dA * A, axis=1, keepdims=True))",
          "dS = dA * A * (1 - A)", "out A V S* Q K"),
    inner("attention", (9,), "dK = dS.T @ Q / d**0.5", "dK = dS @ Q / d**0.5", "A V S Q K* Wk"),
    inner("batch_norm", (2, 31), "dvar = np.sum(dzhat * (z - mu), axis=0) * -0.5 / std**3",
          "dvar = np.sum(dzhat * (z - mu), axis=0) * 0.5 / std**3", "a zhat var* z W1"),
    inner("quotient", (31, 2), "dq = -do * a / q**2", "dq = do * a / q**2", "o a q* v u"),
    inner("gaussian", (22, 14, 34), "ds = dsigma * sigma", "ds = dsigma", "mu sigma s*"),
]
# fmt: on
