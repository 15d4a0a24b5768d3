"""The article's single observation: each number beside the article's own, and its errata."""

from dataclasses import dataclass, field

import article
import numpy as np

import autograd_lite as ag
import nn

PRINTED = {"rtol": 0.0, "atol": 5.1e-9}  # what rounding to 8 decimals explains


@dataclass
class Observation:
    """The article's network on its one observation, recorded on the tape."""

    X: ag.Tensor
    y: ag.Tensor
    W1: ag.Tensor
    W2: ag.Tensor
    values: dict = field(default_factory=dict)

    @classmethod
    def of_the_article(cls):
        """Row 0 of the data, and the weights that the article's seed draws: W1, then W2."""
        X, y = article.data()
        rng = article.weights_rng()
        W1, W2 = (
            ag.Tensor(nn.init.fan_in_uniform(shape, rng), requires_grad=True, name=name)
            for name, shape in (("W1", (2, 3)), ("W2", (3, 2)))
        )
        return cls(ag.Tensor(X[:1], name="X"), ag.Tensor(y[:1], name="Y"), W1, W2)

    def forward(self):
        """The forward step and the loss, with N = 1 and lambda = 0."""
        z1 = self.X @ self.W1
        h1 = ag.sigmoid(z1)
        z2 = h1 @ self.W2
        h2 = ag.sigmoid(z2)
        loss = nn.squared_error(h2, self.y)
        self.values = {"z1": z1, "h1": h1, "z2": z2, "h2": h2, "Loss": loss}
        for name, tensor in self.values.items():
            tensor.name = name
        return loss

    def updated(self, learning_rate):
        """Both weights after one step of gradient descent."""
        return {f"{w.name}*": w.data - learning_rate * w.grad for w in (self.W1, self.W2)}


def observe(path, page):
    """Recompute every number of the article's figures; draw the computation, and play it."""
    figures = article.FIGURES
    seen = Observation.of_the_article()
    loss = seen.forward()
    loss.backward()
    updated = seen.updated(figures["learning_rate"])

    print("1. The article's single observation\n")
    print("Forward step and updated weights, beside the article's figures:\n")
    tensors = {"X": seen.X, "Y": seen.y, "W1": seen.W1, "W2": seen.W2, **seen.values}
    show_beside({name: tensor.numpy() for name, tensor in tensors.items()} | updated, figures)
    print("\nBoth chains and the gradients, the article's numbers (manual) beside autodiff:\n")
    factors = {name: value for name, value in figures.items() if name.startswith("d")}
    print(ag.compare(loss, factors, **PRINTED))

    notes = {name.rstrip("*"): {name: value} for name, value in updated.items()}
    ag.play(loss, page, precision=8, learning_rate=figures["learning_rate"])
    return [ag.draw(loss, precision=8, numbers=True, annotate=notes).save(path), page]


def show_beside(ours, figures):
    """Each of our values, and whether the article prints the same 8 decimals."""
    printed = {name: figures[name] for name in ours if name in figures}
    report = ag.Comparison.of(printed, ours, given_is="article", true_is="ours", **PRINTED)
    for name, value in ours.items():
        verdict = report[name].verdict if name in printed else "not printed in the article"
        text = np.array2string(value, precision=8, floatmode="fixed", suppress_small=True)
        first, *others = text.splitlines()
        print(f"{name:>5} = {first:<42} {verdict}")
        for line in others:
            print(f"        {line}")


def find_errata(path):
    """Put the article's own formulas and numbers to the test, and write down what differs."""
    lines = ["What the comparison finds in the article", ""]
    for title, report in errata():
        lines += [title, "", str(report), ""]
    text = "\n".join(lines)
    print(f"\n2. {text}")
    path.write_text(text)
    return path


def errata():
    """Pairs (claim of the article, comparison with autodiff)."""
    seen = Observation.of_the_article()
    loss = seen.forward()
    h2 = seen.values["h2"]
    figures = {name: article.FIGURES[name] for name in ("dh2/dz2", "dLoss/dz2")}
    yield "Figures, the chains of W2 and W1", ag.compare(loss, figures, **PRINTED)

    Loss = np.sum((seen.y - h2) ** 2)
    claim = {"h2": -(seen.y - h2).numpy()}
    yield "Table: (y - h2)^2 has the derivative -(y - h2)", ag.compare(Loss, claim)

    X, y = (a[:50] for a in article.data())
    W1, W2 = seen.W1, seen.W2
    Loss = nn.squared_error(ag.sigmoid(ag.sigmoid(X @ W1) @ W2), y)
    claim = article.program_gradients(X, y, W1.data, W2.data)
    yield "Program: the gradient of the error of 50 points", ag.compare(Loss, claim)

    Loss = nn.ridge([W1, W2], 1e-6, len(X))
    claim = {w.name: article.program_regulariser(w.data, 1e-6) for w in (W1, W2)}
    yield "Program: the gradient of the regulariser", ag.compare(Loss, claim)

    z = ag.Tensor(np.linspace(-2, 2, 5), requires_grad=True, name="z")
    h = (1 - np.exp(-z)) / (1 + np.exp(-z))
    h.name = "h"
    claim = {"dh/dz": 1 - h.numpy() ** 2}
    yield (
        "Program: (1 - e^-z) / (1 + e^-z) has the derivative 1 - h^2",
        ag.compare(np.sum(h), claim),
    )
