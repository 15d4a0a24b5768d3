"""Pages that play backpropagation: step by step, with numbers to change, questions, and training.

    python examples/play.py --out pages

1. article.html: the article's single observation, each step beside its formula and its numbers.
2. logistic.html: a function of plain arrays; its local variables give the names.
3. xor.html: a network on 300 points, to train on the page.
"""

import argparse
from pathlib import Path

import article
import numpy as np
from xor_observation import Observation

import autograd_lite as ag
import nn


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="pages", help="folder for the pages")
    out = Path(parser.parse_args(argv).out)
    out.mkdir(parents=True, exist_ok=True)
    for make in (observation, logistic, xor):
        path = out / f"{make.__name__}.html"
        print(f"{path}: {make(path)}")


def observation(path):
    """Row 0 of the article's data, with the learning rate of its last figure."""
    loss = Observation.of_the_article().forward()
    return ag.play(loss, path, precision=8, learning_rate=article.FIGURES["learning_rate"])


def logistic(path):
    """The mean logistic loss of four points; only w and b are variables."""

    def loss(w, b, X, y):
        z = X @ w + b
        p = ag.sigmoid(z)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    X = np.array([[0.5, 1.0], [-1.0, 0.5], [1.5, -0.5], [-0.5, -1.0]])
    y = np.array([1.0, 0.0, 1.0, 0.0])
    return ag.play(loss, np.array([0.5, -0.25]), 0.1, X, y, wrt=("w", "b"), path=path)


def xor(path):
    """Eight hidden neurons with biases; in 2,000 steps at this rate they have learned XOR."""
    X, y = article.data()
    init = {"rng": article.weights_rng(), "init": nn.init.fan_in_uniform}
    first, second = nn.Linear(2, 8, **init), nn.Linear(8, 2, **init)
    h1 = ag.sigmoid(first(X))
    h2 = ag.sigmoid(second(h1))
    loss = nn.squared_error(h2, y)
    return ag.play(loss, path, learning_rate=10)


if __name__ == "__main__":
    main()
