"""Learn XOR, and see every number on the way: the article's network on autograd_lite.

    python examples/xor.py --hidden 3 50 --epochs 10000 --out xor

1. The article's single observation, each number beside the article's own; its picture, graph.svg,
   and article.html, a page that plays its backpropagation.
2. What is wrong in the article: the comparison finds it.
3. Training on 300 points: without biases it cannot learn XOR, with biases it does; pages on
   which to train it.
4. The gradients of autodiff beside the hand-derived and the numeric ones.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

import article
import numpy as np
import xor_plots
from tqdm import tqdm
from xor_observation import find_errata, observe

import autograd_lite as ag
import nn

ARTICLE_REG = {3: 0.0, 50: 1e-4}  # of its two animations
FRAMES = 40  # of ours


def main(argv=None):
    options = arguments(argv)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    print(f"The article: {article.TITLE}\n  {article.AUTHOR}, {article.ADDRESS}\n")
    written = [*observe(out / "graph.svg", out / "article.html"), find_errata(out / "errata.txt")]
    X, y = article.data()
    rate = f"learning rate {options.lr:g}"
    print(f"3. Training on the 300 points: {options.epochs:,} full batches, {rate}\n")
    for hidden in options.hidden:
        biases = [False, True] if options.bias is None else [options.bias]
        written += [play(X, y, hidden, bias, options, out) for bias in biases]
        runs = [train(X, y, hidden, bias, options) for bias in biases]
        written += save_pictures(runs, X, y, out, hidden)
    written.append(compare_gradients(X, y, options, out / "gradients.txt"))
    print("Written:", *written, sep="\n  ")


def arguments(argv):
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--hidden", type=int, nargs="+", default=[3, 50], help="hidden neurons")
    parser.add_argument("--lr", type=float, default=3.0, help="learning rate")
    parser.add_argument(
        "--reg", type=float, help="lambda of the ridge penalty; None: the article's"
    )
    parser.add_argument(
        "--bias", action=argparse.BooleanOptionalAction, help="None: once with, once without"
    )
    parser.add_argument("--epochs", type=int, default=10_000, help="steps, full batches")
    parser.add_argument("--seed", type=int, default=2017, help="of the weights")
    parser.add_argument("--out", default="xor", help="folder for the results")
    options = parser.parse_args(argv)
    if min(options.hidden) < 1 or options.epochs < 1:
        parser.error("--hidden and --epochs must be at least 1")
    return options


# --- training ---------------------------------------------------------------------------------


@dataclass
class Run:
    """What happened in one training run."""

    title: str
    steps: list = field(default_factory=list)
    losses: list = field(default_factory=list)
    accuracies: list = field(default_factory=list)
    frames: list = field(default_factory=list)  # (step, probability of XOR 1 on the grid)


def network(hidden, bias, seed):
    """2 - hidden - 2 with a sigmoid after both layers, initialised as in the article."""
    init = {"rng": article.weights_rng(seed), "init": nn.init.fan_in_uniform}
    return nn.Sequential(
        nn.Linear(2, hidden, bias, **init),
        nn.Sigmoid(),
        nn.Linear(hidden, 2, bias, **init),
        nn.Sigmoid(),
    )


def total_loss(model, X, y, reg):
    """The article's loss: squared error, and a ridge penalty on the weights but not the biases."""
    error = nn.squared_error(model(X), y)
    if not reg:
        return error
    weights = [p for name, p in model.named_parameters() if name.endswith("weight")]
    return error + nn.ridge(weights, reg, len(X))


def train(X, y, hidden, bias, options):
    """Full-batch gradient descent on all points."""
    reg = ARTICLE_REG.get(hidden, 0.0) if options.reg is None else options.reg
    model = network(hidden, bias, options.seed)
    optimizer = nn.SGD(model.parameters(), options.lr)
    run = Run(f"{hidden} hidden neurons, {'with' if bias else 'without'} biases")
    filmed = checkpoints(options.epochs, FRAMES)
    watched = checkpoints(options.epochs, 200) | filmed
    for step in tqdm(range(options.epochs + 1), desc=run.title, unit="step", mininterval=0.5):
        loss = total_loss(model, X, y, reg)
        if step in watched:
            watch(run, step, loss, model, X, y, step in filmed)
        if step < options.epochs:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    print(f"{run.title}: loss {run.losses[-1]:.4f}, accuracy {run.accuracies[-1]:.3f}")
    if not bias:
        explain(model, X)
    return run


def play(X, y, hidden, bias, options, out):
    """A page on which the network learns, before it has learned anything."""
    model = network(hidden, bias, options.seed)
    h2 = model(X)
    loss = nn.squared_error(h2, y)
    path = out / f"play_{hidden}_{'with' if bias else 'without'}_biases.html"
    ag.play(loss, path, learning_rate=options.lr)
    return path


def checkpoints(epochs, count):
    """Steps from 0 to the last, close together at first and wide apart later."""
    return {0, epochs, *np.geomspace(1, epochs, count).astype(int).tolist()}


@ag.no_grad()
def watch(run, step, loss, model, X, y, film):
    """Write down how far training is."""
    answer = model(X).numpy()
    run.steps.append(step)
    run.losses.append(loss.item())
    run.accuracies.append(float(np.mean(answer.argmax(axis=1) == y.argmax(axis=1))))
    if film:
        run.frames.append((step, model(xor_plots.GRID).numpy()[:, 1]))


@ag.no_grad()
def explain(model, X):
    """Why a network without biases cannot learn XOR, measured on the trained one."""
    first, activation, second, _ = model.layers

    def z2(x):
        return second(activation(first(x))).numpy()

    oddness = np.abs(z2(X) + z2(-X) - 2 * z2(0 * X)).max()
    print(
        "  It cannot learn XOR: sigmoid(-z) = 1 - sigmoid(z), so without biases z2(x) - z2(0)\n"
        f"  is odd in x (it deviates by {oddness:.0e} on the points), but x and -x have one label."
    )


def save_pictures(runs, X, y, out, hidden):
    """The curves, the boundary, and the film of the boundary."""
    labels = y.argmax(axis=1)
    return [
        xor_plots.save_curves(runs, out / f"training_{hidden}.png"),
        xor_plots.save_boundary(runs, X, labels, out / f"boundary_{hidden}.png"),
        xor_plots.save_film(runs, X, labels, out / f"boundary_{hidden}.gif"),
    ]


# --- three ways to the gradient ---------------------------------------------------------------


def compare_gradients(X, y, options, path, reg=1e-4):
    """Autodiff, the hand-derived formulas, and the complex step on all 300 points."""
    hidden = options.hidden[0]
    first, _, second, _ = (model := network(hidden, True, options.seed)).layers
    tensors = {"W1": first.weight, "b1": first.bias, "W2": second.weight, "b2": second.bias}
    values = {name: tensor.numpy() for name, tensor in tensors.items()}
    loss = total_loss(model, X, y, reg)

    def of_arrays(*arrays):
        return article.loss(X, y, **dict(zip(tensors, arrays, strict=True)), reg=reg)

    hand = article.hand_gradients(X, y, **values, reg=reg)
    numeric = ag.numeric_gradients(of_arrays, *values.values())
    numeric = {f"d{name}": g for name, g in zip(tensors, numeric, strict=True)}
    autodiff = dict(zip(numeric, ag.gradients(loss, list(tensors.values())), strict=True))
    reports = {
        "Hand-derived, beside autodiff:": ag.compare(loss, hand, names=tensors),
        "Numeric (complex step), beside autodiff:": ag.Comparison.of(
            numeric, autodiff, given_is="numeric (complex step)"
        ),
    }
    title = (
        f"4. Gradients of the 2-{hidden}-2 network with biases, before training, lambda = {reg:g}"
    )
    text = "\n\n".join([title, *(f"{head}\n\n{report}" for head, report in reports.items())]) + "\n"
    print(f"\n{text}")
    path.write_text(text)
    return path


if __name__ == "__main__":
    main()
