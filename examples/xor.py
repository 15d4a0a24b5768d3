"""Learn XOR, and see every number on the way: the article's network on autograd_lite.

    python examples/xor.py --hidden 3 50 --epochs 10000 --out xor

1. The article's single observation, each number beside the article's own, and its errata.
2. The picture of that observation, graph.svg.
3. Training on 300 points: without biases it cannot learn XOR, with biases it does.
4. The gradients of autodiff beside the hand-derived and the numeric ones.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

import article
import numpy as np
import xor_plots
from tqdm import tqdm

import autograd_lite as ag
import nn

PRINTED = {"rtol": 0.0, "atol": 5.1e-9}  # what rounding to 8 decimals explains
FRAMES = 40  # of the animation
ARTICLE_REG = {3: 0.0, 50: 1e-4}  # of its two animations


def main(argv=None):
    options = arguments(argv)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    written = [observe(out), find_errata(out)]
    X, y = article.data()
    print("3. Training on the 300 points\n")
    for hidden in options.hidden:
        biases = [False, True] if options.bias is None else [options.bias]
        runs = [train(X, y, hidden, bias, options) for bias in biases]
        written += save_pictures(runs, X, y, out, hidden)
    written.append(compare_gradients(X, y, options, out))
    print("Written:")
    for path in written:
        print(f"  {path}")


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hidden", type=int, nargs="+", default=[3, 50], help="hidden neurons")
    parser.add_argument("--lr", type=float, default=3.0, help="learning rate (default: %(default)s)")
    parser.add_argument("--reg", type=float, help="lambda of the ridge penalty (default: the article's)")
    parser.add_argument(
        "--bias", action=argparse.BooleanOptionalAction, help="only with, or only without biases"
    )
    parser.add_argument("--epochs", type=int, default=10_000, help="steps (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2017, help="of the weights (default: %(default)s)")
    parser.add_argument("--out", default="xor", help="folder for the results (default: %(default)s)")
    options = parser.parse_args(argv)
    if min(options.hidden) < 1 or options.epochs < 1:
        parser.error("--hidden and --epochs must be at least 1")
    return options


# --- 1 and 2: the single observation -----------------------------------------------------------


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
        rng = article.weights_rng()
        X, y = article.data()
        layers = [nn.Linear(*size, bias=False, rng=rng, init=nn.init.fan_in_uniform) for size in ((2, 3), (3, 2))]
        W1, W2 = (layer.weight for layer in layers)
        W1.name, W2.name = "W1", "W2"
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


def observe(out):
    """Recompute every number of the article's figures, and draw the computation."""
    figures = article.FIGURES
    seen = Observation.of_the_article()
    loss = seen.forward()
    loss.backward()
    updated = seen.updated(figures["learning_rate"])

    print("1. The article's single observation\n")
    print("Forward step and updated weights, beside the article's figures:\n")
    values = {"X": seen.X, "Y": seen.y, "W1": seen.W1, "W2": seen.W2, **seen.values, **updated}
    ours = {name: value.numpy() if isinstance(value, ag.Tensor) else value for name, value in values.items()}
    printed = {name: figures[name] for name in ours if name in figures}
    show_beside(ours, printed)
    print("\nBoth chains and the gradients, the article's numbers against autodiff:\n")
    factors = {name: value for name, value in figures.items() if name.startswith("d")}
    print(ag.compare(loss, factors, **PRINTED))

    picture = ag.draw(loss, precision=8, annotate={"W1": {"W1*": updated["W1*"]}, "W2": {"W2*": updated["W2*"]}})
    return picture.save(out / "graph.svg")


def show_beside(ours, printed):
    """Each of our values, and whether the article prints the same 8 decimals."""
    report = ag.Comparison.of(printed, ours, given_is="article", true_is="ours", **PRINTED)
    for name, value in ours.items():
        verdict = report[name].verdict if name in printed else "not printed in the article"
        text = np.array2string(np.asarray(value), precision=8, floatmode="fixed", suppress_small=True)
        lines = text.splitlines()
        print(f"{name:>5} = {lines[0]:<42} {verdict}")
        for line in lines[1:]:
            print(f"        {line}")


def find_errata(out):
    """Put the article's own formulas and numbers to the test, and write down what differs."""
    lines = ["What the comparison finds in the article", ""]
    for title, report in errata():
        lines += [title, "", str(report), ""]
    text = "\n".join(lines)
    print(f"\n{text}")
    path = out / "errata.txt"
    path.write_text(text)
    return path


def errata():
    """Pairs (claim of the article, comparison with autodiff)."""
    seen = Observation.of_the_article()
    loss = seen.forward()
    h2 = seen.values["h2"]
    figures = {name: article.FIGURES[name] for name in ("dh2/dz2", "dLoss/dz2")}
    yield "Figures, chain rules for W2 and W1", ag.compare(loss, figures, **PRINTED)

    Loss = np.sum((seen.y - h2) ** 2)
    claim = -(seen.y - h2).numpy()
    yield "Table: Loss = (y - h2)^2 has the derivative -(y - h2)", ag.compare(Loss, {"h2": claim})

    X, y = (a[:50] for a in article.data())
    for reg in (0.0, 1e-6):
        W1, W2 = seen.W1, seen.W2
        Loss = nn.squared_error(ag.sigmoid(ag.sigmoid(X @ W1) @ W2), y)
        Loss = Loss + nn.ridge([W1, W2], reg, len(X)) if reg else Loss
        manual = article.program_gradients(X, y, W1.data, W2.data, reg)
        yield f"Program: the gradient of 50 observations, lambda = {reg:g}", ag.compare(Loss, manual)

    Loss = nn.ridge([seen.W1, seen.W2], 1e-6, len(X))
    manual = {w.name: np.full(w.shape, 1e-6 * np.sum(w.data**2)) for w in (seen.W1, seen.W2)}
    yield "Program: the gradient of the regulariser alone", ag.compare(Loss, manual)

    z = ag.Tensor(np.linspace(-2, 2, 5), requires_grad=True, name="z")
    h = (1 - np.exp(-z)) / (1 + np.exp(-z))
    h.name = "h"
    claim = {"dh/dz": 1 - h.numpy() ** 2}
    yield "Program: tanh is (1 - exp(-z)) / (1 + exp(-z)), its derivative 1 - h^2", ag.compare(np.sum(h), claim)


# --- 3: training -----------------------------------------------------------------------------------


@dataclass
class Run:
    """What happened in one training run."""

    title: str
    steps: list = field(default_factory=list)
    losses: list = field(default_factory=list)
    accuracies: list = field(default_factory=list)
    frames: list = field(default_factory=list)


def network(hidden, bias, seed):
    """2 - hidden - 2 with a sigmoid after both layers, initialised as in the article."""
    rng = article.weights_rng(seed)
    init = {"rng": rng, "init": nn.init.fan_in_uniform}
    return nn.Sequential(
        nn.Linear(2, hidden, bias, **init), nn.Sigmoid(), nn.Linear(hidden, 2, bias, **init), nn.Sigmoid()
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
    watched = set(checkpoints(options.epochs))
    filmed = set(checkpoints(options.epochs, FRAMES))
    plane = xor_plots.grid()
    for step in tqdm(range(options.epochs + 1), desc=run.title, unit="step", mininterval=0.5):
        loss = total_loss(model, X, y, reg)
        if step in watched or step in filmed:
            watch(run, step, loss, model, X, y, plane if step in filmed else None)
        if step < options.epochs:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    print(f"{run.title}: loss {run.losses[-1]:.4f}, accuracy {run.accuracies[-1]:.3f}")
    if not bias:
        explain(model, X)
    return run


def explain(model, X):
    """Why a network without biases cannot learn XOR, measured on the trained one."""
    first, activation, second, _ = model.layers

    def z2(x):
        return second(activation(first(x))).numpy()

    with ag.no_grad():
        oddness = np.abs(z2(X) + z2(-X) - 2 * z2(0 * X)).max()
    print(
        "  It cannot learn XOR: sigmoid(-z) = 1 - sigmoid(z), so without biases z2(x) - z2(0) is\n"
        f"  odd in x (largest deviation on the points: {oddness:.0e}), but x and -x have the same label."
    )


def checkpoints(epochs, count=200):
    """Steps from 0 to the last, close together at first and wide apart later."""
    return sorted({0, epochs, *np.geomspace(1, epochs, count).astype(int).tolist()})


def watch(run, step, loss, model, X, y, plane):
    """Write down how far training is."""
    with ag.no_grad():
        answer = model(X).numpy()
        if plane is not None:
            run.frames.append((step, model(plane).numpy()[:, 1]))
    run.steps.append(step)
    run.losses.append(loss.item())
    run.accuracies.append(float(np.mean(answer.argmax(axis=1) == y.argmax(axis=1))))


def save_pictures(runs, X, y, out, hidden):
    """The curves, the boundary, and the film of the boundary."""
    labels = y.argmax(axis=1)
    paths = [out / f"{kind}_{hidden}.{suffix}" for kind, suffix in
             (("training", "png"), ("boundary", "png"), ("boundary", "gif"))]  # fmt: skip
    xor_plots.save_curves(runs, paths[0])
    xor_plots.save_boundary(runs, X, labels, paths[1])
    xor_plots.save_animation(runs, X, labels, paths[2])
    return paths


# --- 4: three ways to the gradient ------------------------------------------------------------------


def compare_gradients(X, y, options, out):
    """Autodiff, the hand-derived formulas, and finite differences on all 300 points."""
    hidden, reg = options.hidden[0], 1e-4
    model = network(hidden, True, options.seed)
    first, _, second, _ = model.layers
    tensors = {"W1": first.weight, "b1": first.bias, "W2": second.weight, "b2": second.bias}
    loss = total_loss(model, X, y, reg)

    values = {name: tensor.numpy() for name, tensor in tensors.items()}
    hand = article.hand_gradients(X, y, **values, reg=reg)

    def of_arrays(*arrays):
        return article.loss(X, y, **dict(zip(tensors, arrays, strict=True)), reg=reg)

    numeric = dict(zip(tensors, ag.numeric_gradients(of_arrays, *values.values()), strict=True))
    title = f"Gradients of the 2-{hidden}-2 network with biases on {len(X)} points, lambda = {reg:g}"
    text = "\n".join([
        title, "", "Hand-derived against autodiff:", "",
        str(ag.compare(loss, hand, names=tensors)), "",
        "Central differences against autodiff:", "",
        str(ag.Comparison.of({f"dLoss/d{n}": g for n, g in numeric.items()},
                             {f"dLoss/d{n}": g for n, g in zip(tensors, ag.gradients(loss, tensors.values()), strict=True)},
                             rtol=1e-6, atol=1e-9, given_is="numeric")), "",
    ])  # fmt: skip
    print(f"\n4. {text}")
    path = out / "gradients.txt"
    path.write_text(text)
    return path


if __name__ == "__main__":
    main()
