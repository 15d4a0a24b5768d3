"""Three mistakes in a backward pass written by hand: found, and repaired one after the other.

    python examples/find_the_mistake.py

`backward` below was derived on paper, and it is wrong in three lines. Nothing crashes, every
shape is right, and a network trained with it even learns a little. `compare` names a mistake, its
line is repaired, and so on until everything agrees.
"""

import inspect
import textwrap

import numpy as np

import autograd_lite as ag

LAM = 0.1  # the strength of the penalty

# By the gradient that the report blames: the line that computes it, and what that should be.
REPAIRS = {
    "dLoss/dz2": ("dz2 = p - y", "dz2 = (p - y) / N"),
    "dLoss/dz1": ("dz1 = dh1 * (1 - z1**2)", "dz1 = dh1 * (1 - h1**2)"),
    "dLoss/dW1": ("dW1 = X.T @ dz1 + LAM * W1**2", "dW1 = X.T @ dz1 + LAM * W1"),
}


def data():
    """Inputs, labels and weights. All sizes differ, so that no mistake hides behind an axis."""
    rng = np.random.default_rng(0)
    N, D, H, K = 7, 5, 4, 3
    labels = rng.integers(K, size=N)
    shapes = {"W1": (D, H), "b1": H, "W2": (H, K), "b2": K}
    weights = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return rng.standard_normal((N, D)), labels, weights


def forward(X, labels, W1, b1, W2, b2):
    """The loss, on the tape, and what was computed on the way."""
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2 + b2
    penalty = LAM / 2 * (np.sum(W1**2) + np.sum(W2**2))
    loss = np.mean(ag.cross_entropy(z2, labels)) + penalty
    return loss, {"z1": z1, "h1": h1, "z2": z2}


def backward(X, labels, W1, b1, W2, b2):
    N, K = len(X), len(b2)
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2 + b2
    p = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
    y = np.zeros((N, K))
    y[np.arange(N), labels] = 1

    dz2 = p - y
    dW2 = h1.T @ dz2 + LAM * W2
    db2 = dz2.sum(axis=0)
    dh1 = dz2 @ W2.T
    dz1 = dh1 * (1 - z1**2)
    dW1 = X.T @ dz1 + LAM * W1**2
    db1 = dz1.sum(axis=0)
    return {"z2": dz2, "W2": dW2, "b2": db2, "h1": dh1, "z1": dz1, "W1": dW1, "b1": db1}


def main():
    X, labels, weights = data()
    tensors = {name: ag.Tensor(w, requires_grad=True) for name, w in weights.items()}
    loss, inner = forward(X, labels, **tensors)
    source = inspect.getsource(backward)
    print(f"A backward pass derived by hand:\n\n{source}")
    while True:
        report = ag.compare(loss, run(source, X, labels, **weights), names=tensors | inner)
        print(heading("What compare says") + wrapped(report))
        if report:
            break
        wrong, right = REPAIRS[report.findings[0].explains[0]]
        source = source.replace(wrong, right)
        print(f"\nThe repair:\n\n    - {wrong}\n    + {right}\n")


def run(source, *args, **weights):
    """What a backward pass gives, from its source as it was last repaired."""
    scope = dict(globals())
    exec(source, scope)
    return scope["backward"](*args, **weights)


def wrapped(report):
    """The report with its sentences in lines of 100 columns, and its table as it is."""
    lines = str(report).splitlines()
    return "\n".join(
        line if " | " in line else textwrap.fill(line, 100, subsequent_indent="    ")
        for line in lines
    )


def heading(text):
    return f"{text}\n{'=' * len(text)}\n\n"


if __name__ == "__main__":
    main()
