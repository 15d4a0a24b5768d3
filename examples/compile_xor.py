"""Train the article's network with one compiled step, beside the same step uncompiled.

    python examples/compile_xor.py --hidden 50 --steps 2000

1. The training step as it is always written, and the same function compiled.
2. Both take the same steps: the losses and the weights agree to rounding.
3. The time of a step, and the first lines of the program.
"""

import argparse
import time

import article
import numpy as np

import autograd_lite as ag
import nn


def main(argv=None):
    options = arguments(argv)
    X, y = article.data()
    runs = {}
    for name, prepare in (("uncompiled", lambda step: step), ("compiled", ag.compile)):
        model, step = training(options)
        step = prepare(step)
        first = time.perf_counter()
        losses = [float(step(X, y))]
        losses.append(float(step(X, y)))  # the second step has gradients and means to begin with
        start = time.perf_counter()
        losses += [float(step(X, y)) for _ in range(options.steps - 2)]
        each = (time.perf_counter() - start) / max(options.steps - 2, 1)
        runs[name] = model, step, losses
        correct = np.mean(model(X).numpy().argmax(axis=1) == y.argmax(axis=1))
        print(
            f"{name:10}  the first two steps {1e3 * (start - first):6.1f} ms, then "
            f"{1e6 * each:6.0f} us a step;  loss {losses[-1]:.6f}, {correct:.1%} right"
        )
    show_agreement(*runs.values())
    print("\nThe program:\n")
    lines = runs["compiled"][1].source(X, y).splitlines()
    print(*(line if len(line) < 100 else f"{line[:97]}..." for line in lines[:24]), "...", sep="\n")


def arguments(argv):
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--hidden", type=int, default=50, help="hidden neurons")
    parser.add_argument("--steps", type=int, default=2000, help="steps, full batches")
    parser.add_argument("--rate", type=float, default=0.02, help="learning rate of Adam")
    options = parser.parse_args(argv)
    if options.hidden < 1 or options.steps < 2:
        parser.error("--hidden must be at least 1, and --steps at least 2")
    return options


def training(options):
    """A model, and the function that takes one step."""
    rng = article.weights_rng()
    model = nn.Sequential(
        nn.Linear(2, options.hidden, rng=rng),
        nn.Sigmoid(),
        nn.Linear(options.hidden, 2, rng=rng),
        nn.Sigmoid(),
    )
    optimizer = nn.Adam(model.parameters(), learning_rate=options.rate)

    def step(X, y):
        optimizer.zero_grad()
        loss = nn.squared_error(model(X), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return model, step


def show_agreement(plain, compiled):
    """How far the two runs are apart."""
    losses = np.abs(np.subtract(plain[2], compiled[2])).max()
    weights = max(
        np.abs(p.data - q.data).max()
        for p, q in zip(plain[0].parameters(), compiled[0].parameters(), strict=True)
    )
    print(f"largest difference of a loss {losses:.1e}, of a weight {weights:.1e}")


if __name__ == "__main__":
    main()
