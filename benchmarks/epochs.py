"""How long an epoch of training takes: `nn.fit` beside PyTorch and scikit-learn's networks.

    python -m benchmarks.epochs [--only NAME ...] [--rounds N] [--threads N]

An epoch is a pass over all examples in a new order: batches, forward, backward, Adam. The
libraries take turns, each in a process of its own, with the same model, data, batches and
threads; compilers have settled before. Times are those of PyTorch, eager, whose data are tensors
that are indexed, which is its fastest way; a ratio is the median over the rounds of a library's
time divided by that of PyTorch in the same round, below it the 10th and the 90th percentile.
"""

import argparse
import dataclasses
import itertools
import os
import sys
import threading
from collections.abc import Callable

import numpy as np

from benchmarks import report, turns


@dataclasses.dataclass(frozen=True, eq=False)
class Training:
    """A model to train, in each library's words.

    ``data(rng, **sizes)`` makes (inputs, target); ``ours(nn, rng)`` and ``torch(torch)`` are the
    models of the shapes in ``sizes``; ``loss`` is "cross_entropy" or "mean_squared_error";
    ``sklearn`` are the settings of its network, None where it has none.
    """

    name: str
    data: Callable
    ours: Callable
    torch: Callable
    loss: str
    batch: int
    sklearn: dict | None = None
    small: int = 40  # examples of the tests

    def arrays(self, small=False):
        """(inputs, target), the same in every process."""
        X, y = self.data(np.random.default_rng(2017))
        return (X[: self.small], y[: self.small]) if small else (X, y)


# --- the libraries --------------------------------------------------------------------------------


class Fit:
    """`nn.fit`, an epoch at a time: it runs in a thread, and waits after each epoch."""

    key, title, compile = "fit", "fit", False

    def unfit(self, training):
        """Why it cannot run, or None."""
        return None

    def prepare(self, training, X, y):
        """The function that trains for one epoch more."""
        import nn

        go, done = threading.Semaphore(0), threading.Semaphore(0)

        def wait(run):
            done.release()
            go.acquire()

        model = training.ours(nn, np.random.default_rng(0))
        arguments = (model, (X, y), getattr(nn, training.loss), nn.Adam(model.parameters()))
        options = {"batch_size": training.batch, "rng": 0, "progress": False, "callbacks": [wait]}
        options |= {"compile": self.compile, "epochs": sys.maxsize}
        failures = []

        def train():
            try:
                nn.fit(*arguments, **options)
            except Exception as error:
                failures.append(error)
            done.release()

        def finish():
            done.acquire()
            if failures:
                raise failures[0]

        threading.Thread(target=train, daemon=True).start()
        finish()

        def epoch():
            go.release()
            finish()
            return 0.0, []

        return epoch


class CompiledFit(Fit):
    """The same with its step compiled."""

    key, title, compile = "fit compiled", "fit, compiled", True


class NumbaFit(Fit):
    """The same through Numba."""

    key, title, compile = "fit numba", "fit, Numba", "numba"


class Torch:
    """PyTorch's loop."""

    key, title = "torch", "PyTorch"

    def unfit(self, training):
        return None

    def prepare(self, training, X, y):
        import torch

        torch.manual_seed(0)
        model = training.torch(torch).to(torch.tensor(X).dtype if X.dtype.kind == "f" else
                                         torch.float32)  # fmt: skip
        loss = {"cross_entropy": _flat_cross_entropy, "mean_squared_error": torch.nn.MSELoss()}
        loss, optimizer = loss[training.loss], torch.optim.Adam(model.parameters())
        inputs, target = torch.tensor(X), torch.tensor(y)

        def epoch():
            total = 0.0
            order = torch.randperm(len(inputs))
            for rows in order.split(training.batch):
                optimizer.zero_grad()
                value = loss(model(inputs[rows]), target[rows])
                value.backward()
                optimizer.step()
                total += value.item() * len(rows)
            return total / len(inputs), []

        return epoch


def _flat_cross_entropy(logits, labels):
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1))


class ScikitLearn:
    """scikit-learn's network: ``partial_fit`` is an epoch."""

    key, title = "sklearn", "scikit-learn"

    def unfit(self, training):
        return None if training.sklearn else "it has no such layers"

    def prepare(self, training, X, y):
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        settings = {"batch_size": training.batch, "alpha": 0.0, "random_state": 0}
        if training.loss == "cross_entropy":
            model, more = MLPClassifier(**training.sklearn, **settings), {"classes": np.unique(y)}
        else:
            model, more = MLPRegressor(**training.sklearn, **settings), {}
            y = y.ravel() if y.shape[1] == 1 else y

        def epoch():
            model.partial_fit(X, y, **more)
            return model.loss_, []

        return epoch


TRAINERS = (Torch(), Fit(), CompiledFit(), NumbaFit(), ScikitLearn())


# --- what is trained ------------------------------------------------------------------------------


def _layers(sizes, activation, dtype):
    """The two models of layers of these sizes."""

    def ours(nn, rng):
        layers = []
        for a, b in itertools.pairwise(sizes):
            layers += [nn.Linear(a, b, rng=rng, dtype=dtype), getattr(nn, activation)()]
        return nn.Sequential(*layers[:-1])

    def torch(torch):
        layers = []
        for a, b in itertools.pairwise(sizes):
            layers += [torch.nn.Linear(a, b), getattr(torch.nn, activation)()]
        return torch.nn.Sequential(*layers[:-1])

    return ours, torch


def _dense(name, sizes, examples, batch, activation="ReLU", dtype="float32", regression=False):
    """A network of linear layers on normal numbers: its speed does not depend on the data."""

    def data(rng):
        X = rng.normal(size=(examples, sizes[0])).astype(dtype)
        if regression:
            return X, rng.normal(size=(examples, sizes[-1])).astype(dtype)
        return X, np.arange(examples) % sizes[-1]

    ours, torch = _layers(sizes, activation, dtype)
    loss = "mean_squared_error" if regression else "cross_entropy"
    settings = {"hidden_layer_sizes": sizes[1:-1], "activation": activation.lower()}
    return Training(name, data, ours, torch, loss, batch, settings)


def _images(rng):
    return rng.random((1347, 1, 8, 8)).astype("float32"), np.arange(1347) % 10


def _convolutions(nn, rng):
    settings = {"rng": rng, "dtype": np.float32}
    return nn.Sequential(
        nn.Conv2d(1, 24, 3, padding=1, bias=False, **settings),
        nn.BatchNorm(24, dtype=np.float32), nn.ReLU(),
        nn.Conv2d(24, 48, 3, padding=1, bias=False, **settings),
        nn.BatchNorm(48, dtype=np.float32), nn.ReLU(),
        nn.MaxPool(2), nn.Flatten(), nn.Linear(768, 10, **settings),
    )  # fmt: skip


def _torch_convolutions(torch):
    t = torch.nn
    return t.Sequential(
        t.Conv2d(1, 24, 3, padding=1, bias=False), t.BatchNorm2d(24), t.ReLU(),
        t.Conv2d(24, 48, 3, padding=1, bias=False), t.BatchNorm2d(48), t.ReLU(),
        t.MaxPool2d(2), t.Flatten(), t.Linear(768, 10),
    )  # fmt: skip


def _sequences(rng):
    return rng.normal(size=(160, 50, 8)).astype("float32"), np.arange(160) % 4


def _lstm(nn, rng):
    settings = {"rng": rng, "dtype": np.float32}
    last = lambda h: h[:, -1]  # noqa: E731
    return nn.Sequential(nn.LSTM(8, 64, **settings), last, nn.Linear(64, 4, **settings))


def _torch_lstm(torch):
    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = torch.nn.LSTM(8, 64, batch_first=True)
            self.out = torch.nn.Linear(64, 4)

        def forward(self, x):
            return self.out(self.lstm(x)[0][:, -1])

    return Network()


def _text(rng):
    codes = rng.integers(0, 93, size=(320, 49))
    return codes[:, :-1], codes[:, 1:]


def _transformer(nn, rng):
    import autograd_lite as ag

    settings = {"rng": rng, "dtype": np.float32}
    block = {"causal": True, "activation": ag.relu, **settings}
    return nn.Sequential(
        nn.Embedding(93, 48, **settings), nn.TransformerBlock(48, 4, **block),
        nn.TransformerBlock(48, 4, **block), nn.Linear(48, 93, **settings),
    )  # fmt: skip


def _torch_transformer(torch):
    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            layer = torch.nn.TransformerEncoderLayer(
                48, 4, 192, dropout=0.0, batch_first=True, norm_first=True
            )
            self.characters = torch.nn.Embedding(93, 48)
            self.blocks = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.out = torch.nn.Linear(48, 93)
            mask = torch.nn.Transformer.generate_square_subsequent_mask(48)
            self.register_buffer("mask", mask)

        def forward(self, x):
            return self.out(self.blocks(self.characters(x), mask=self.mask, is_causal=True))

    return Network()


TRAININGS = (
    _dense("2-50-2, 300 points", (2, 50, 2), 300, 30, "Tanh", "float64"),
    _dense("sine, 1-40-40-1", (1, 40, 40, 1), 60, 20, "Tanh", "float64", regression=True),
    _dense("breast cancer, 30-32-2", (30, 32, 2), 455, 32, dtype="float64"),
    _dense("diabetes, 10-32-1", (10, 32, 1), 353, 32, dtype="float64", regression=True),
    _dense("digits, 64-256-10", (64, 256, 10), 1347, 64),
    _dense("autoencoder, 64-128-2-128-64", (64, 128, 2, 128, 64), 1347, 64, regression=True),
    Training("digits, convolutions", _images, _convolutions, _torch_convolutions, "cross_entropy",
             64),
    Training("LSTM of 50 steps", _sequences, _lstm, _torch_lstm, "cross_entropy", 16, small=20),
    Training("characters, transformer", _text, _transformer, _torch_transformer, "cross_entropy",
             32, small=8),
)  # fmt: skip


def find(key, name):
    """The trainer and the training of these names, or None."""
    pairs = ((a, b) for a in TRAINERS for b in TRAININGS if (a.key, b.name) == (key, name))
    return next(pairs, None)


# --- all of them ----------------------------------------------------------------------------------


def table(found, trainers=TRAINERS):
    """Lines: a training each, PyTorch's time for an epoch, and the ratios of all others to it."""
    rows = [["an epoch", *(trainer.title for trainer in trainers)]]
    for training, runs in found.items():
        cells = [report.cell(runs[trainer.key], runs.get("torch")) for trainer in trainers]
        rows.append([training.name, *(first for first, _ in cells)])
        rows.append(["", *(spread if first != "-" else "" for first, spread in cells)])
    return report.aligned(rows)


def main(arguments=None):
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="NAME", action="append", help="those with this name")
    keys = [trainer.key for trainer in TRAINERS]
    parser.add_argument("--libraries", nargs="+", choices=keys, default=keys)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1, help="of each library")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds a training")
    chosen = parser.parse_args(arguments)
    trainers = [trainer for trainer in TRAINERS if trainer.key in chosen.libraries]
    found = {}
    for training in TRAININGS:
        if chosen.only and not any(name in training.name for name in chosen.only):
            continue
        print(f"{training.name} ...", file=sys.stderr)
        found[training] = turns.take_turns(
            training, trainers, chosen.rounds, 0.05, chosen.threads, chosen.budget, alike=False
        )
        print(*table({training: found[training]}, trainers), sep="\n", file=sys.stderr)
    print(f"{chosen.threads} of {os.cpu_count()} threads\n")
    print(*table(found, trainers), "", *report.remarks(found), sep="\n")


if __name__ == "__main__":
    main()
