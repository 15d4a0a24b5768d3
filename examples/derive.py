"""The chain rule of the article's network, line by line, in words, LaTeX and NumPy.

    python examples/derive.py --out derivations

1. The article's single observation: each factor of the chain, with its numbers.
2. All 300 points, with biases and the ridge penalty: the gradients as one would code them.
3. One order more: the Hessian times a vector.
"""

import argparse
from pathlib import Path

import article
import numpy as np

import autograd_lite as ag
import nn


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="derivations", help="folder for the results")
    out = Path(parser.parse_args(argv).out)
    out.mkdir(parents=True, exist_ok=True)
    print("1. The article's single observation\n")
    chain = observation()
    print(chain, "\n")
    written = [chain.save(out / f"article{suffix}") for suffix in (".txt", ".md", ".tex", ".py")]
    print("2. A batch of 300, biases, a ridge penalty\n")
    gradients = batch()
    print(gradients, "\n", gradients.source, sep="\n")
    written.append(gradients.save(out / "batch.txt"))
    print("3. The Hessian times a vector\n")
    product = hessian_product()
    print(product, "\n")
    written.append(product.save(out / "hessian.txt"))
    print("Written:", *written, sep="\n  ")


def observation():
    """Row 0 of the data, without biases: what the article's figures show."""
    X, y = (a[:1] for a in article.data())
    W1, W2 = weights()
    z1 = X @ W1
    h1 = ag.sigmoid(z1)
    z2 = h1 @ W2
    h2 = ag.sigmoid(z2)
    loss = nn.squared_error(h2, y)
    return ag.derive(loss, factors=True, numbers=True, precision=8)


def batch():
    """All points; the gradients of biases are sums over them."""
    X, y = article.data()
    W1, W2 = weights()
    b1, b2 = (ag.Tensor(np.zeros(n), requires_grad=True) for n in (3, 2))
    z1 = X @ W1 + b1
    h1 = ag.sigmoid(z1)
    z2 = h1 @ W2 + b2
    h2 = ag.sigmoid(z2)
    loss = nn.squared_error(h2, y) + nn.ridge([W1, W2], 1e-4, len(X))
    return ag.derive(loss)


def hessian_product():
    """How the gradient of a logistic unit changes along a direction v."""
    X, y = article.data()
    target, v = y[:, 1], np.array([1.0, 2.0])
    w = ag.Tensor([0.5, -0.25], requires_grad=True)
    z = X @ w
    p = ag.sigmoid(z)
    loss = np.sum((p - target) ** 2) / 2
    chain = ag.gradients(loss, [p, z, w], create_graph=True)
    names = dict(zip(("dp", "dz", "dw"), chain, strict=True))
    slope = np.sum(names["dw"] * v)
    return ag.derive(slope, names=names)


def weights():
    """Drawn as the article draws them."""
    rng = article.weights_rng()
    return [
        ag.Tensor(nn.init.fan_in_uniform(shape, rng), requires_grad=True)
        for shape in ((2, 3), (3, 2))
    ]


if __name__ == "__main__":
    main()
