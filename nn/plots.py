"""Pictures of a training as matplotlib figures, one call each.

A figure shows itself in a notebook; ``figure.savefig("curves.png")`` writes it. No window is
opened, and no state of pyplot is touched.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .callbacks import Callback
from .evaluation import as_array, predict
from .history import History
from .module import Module
from .optional import needed

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#888888"  # told apart by every kind of colour vision


def _figure(caller, rows=1, columns=1, size=(5.0, 3.6)):
    """A figure, and its axes in a row."""
    figures = needed("matplotlib.figure", caller)
    figure = figures.Figure((size[0] * columns, size[1] * rows), dpi=110, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()


def training_curves(history: History):
    """The loss over the epochs, and each metric in axes of its own; validation beside training.

    Parameters
    ----------
    history : History
        Of `fit`, with a row at least.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not len(history):
        raise ValueError("training_curves: the history has no rows, no epoch was completed")
    apart = ("epoch", "learning_rate", "seconds")
    names = [n for n in history.columns if n not in apart and not n.startswith("validation_")]
    figure, axes = _figure("training_curves", 1, len(names))
    for name, ax in zip(names, axes):
        for column, label, colour in (
            (name, "training", BLUE),
            (f"validation_{name}", "validation", ORANGE),
        ):
            if column in history.columns:
                marker = "o" if len(history) == 1 else None
                ax.plot(history["epoch"], history[column], color=colour, label=label, marker=marker)
        ax.set(xlabel="epoch", ylabel=name)
        ax.grid(alpha=0.3)
        if len(ax.lines) > 1:
            ax.legend()
        values = [v for line in ax.lines for v in line.get_ydata()]
        if name == "loss" and min(values) > 0 and max(values) > 20 * min(values):
            ax.set_yscale("log")
    return figure


def decision_boundary(model: Module, X, y, *, margin: float = 0.15, side: int = 160):
    """The plane of two features, coloured by the predicted class, and the examples on it.

    Parameters
    ----------
    model : Module
        Of inputs of shape (n, 2); it gives logits or probabilities of the classes, (n, k), or
        one number an example, (n, 1) or (n,), which is above 0 for class 1.
    X : array of shape (n, 2)
    y : array of shape (n,)
        The classes, integers from 0 on; or one-hot rows.
    margin : float
        Of the plane around the examples, as a part of their range.
    side : int
        How many points the model is asked for along each axis.

    Returns
    -------
    matplotlib.figure.Figure
    """
    X, y = as_array(X), as_array(y)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"decision_boundary: X has the shape {X.shape}, and (n, 2) is a plane")
    labels = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else np.ravel(y).astype(int)
    low, high = X.min(axis=0), X.max(axis=0)
    low, high = low - margin * (high - low), high + margin * (high - low)
    lines = [np.linspace(a, b, side) for a, b in zip(low, high)]
    grid = np.stack(np.meshgrid(*lines), axis=-1).reshape(-1, 2).astype(X.dtype)
    answers = predict(model, grid)
    answers = answers.reshape(len(grid), -1)
    one = answers.shape[1] == 1
    classes = (answers[:, 0] > 0).astype(int) if one else answers.argmax(axis=1)
    count = max(int(classes.max()), int(labels.max())) + 1
    figure, [ax] = _figure("decision_boundary", size=(5.0, 4.4))
    colours = _colours(count)
    ax.contourf(
        *lines, classes.reshape(side, side), levels=np.arange(count + 1) - 0.5, colors=colours,
        alpha=0.35,
    )  # fmt: skip
    for label in range(count):
        ax.scatter(
            *X[labels == label].T, s=14, color=colours[label], edgecolor="white", linewidth=0.5,
            label=f"class {label}",
        )  # fmt: skip
    ax.legend(loc="best", fontsize=8)
    ax.set(xlabel="feature 0", ylabel="feature 1")
    return figure


def _colours(count):
    """Colours for classes: two of ours, or those of a map."""
    if count <= 2:
        return [BLUE, ORANGE][:count]
    colormaps = needed("matplotlib", "decision_boundary").colormaps
    return [colormaps["tab10"](i % 10) for i in range(count)]


class Distributions(Callback):
    """Note, after epochs of `fit`, the histograms of the weights and of their gradients.

    The gradients are those of the last batch. ``plot()`` is the picture.

    Parameters
    ----------
    every : int
        How many epochs there are from one note to the next; the last epoch is noted too.

    Attributes
    ----------
    notes : dict
        ``{"layers.0.weight": [(epoch, weights, gradients), ...]}``. A histogram is an array of
        two rows: the edges of its bins, from the smallest entry to the largest, and how many
        entries are below each. Entries that are not finite are left out; a parameter without a
        gradient has None.
    """

    BINS = 64
    CELLS = 160  # of a picture, from the smallest entry of all epochs to the largest

    def __init__(self, every: int = 1):
        self.every = every
        self.notes: dict[str, list[tuple]] = {}

    def after_epoch(self, run):
        if (run.epoch - 1) % self.every and run.epoch != run.epochs:
            return
        for name, parameter in run.model.named_parameters():
            gradient = None if parameter.grad is None else self._histogram(parameter.grad)
            note = run.epoch, self._histogram(parameter.numpy()), gradient
            self.notes.setdefault(name, []).append(note)

    def _histogram(self, values):
        values = values[np.isfinite(values)].astype(float)
        if values.size and values.min() < values.max():
            counts, edges = np.histogram(values, self.BINS)
        else:  # bins of NumPy would be 1 wide
            counts, edges = [values.size], [values.mean() if values.size else np.nan] * 2
        return np.stack([edges, np.append(0, np.cumsum(counts))])

    def plot(self, names: Sequence[str] | None = None):
        """The histograms over the epochs: a row of axes each for weights and gradients.

        A column of an axes is the histogram of an epoch: the darker a cell, the larger the part
        of the entries that it has.

        Parameters
        ----------
        names : sequence of str, optional
            Parameters; without it all.

        Returns
        -------
        matplotlib.figure.Figure
        """
        names = list(self.notes) if names is None else list(names)
        unknown = [name for name in names if name not in self.notes]
        if unknown or not names:
            raise ValueError(
                f"Distributions has no notes of {', '.join(unknown) or 'any parameter'}: it has "
                f"those of {', '.join(self.notes) or 'nothing, no epoch was completed'}"
            )
        figure, axes = _figure("Distributions", 2, len(names), size=(3.4, 2.6))
        for i, name in enumerate(names):
            for part, kind in ((0, "weights"), (1, "gradients")):
                ax = axes[part * len(names) + i]
                self._draw(ax, [(note[0], note[1 + part]) for note in self.notes[name]])
                ax.set(title=name if not part else "")
                ax.set_ylabel(kind if not i else "")
        figure.supxlabel("epoch; the darker, the more of the entries", fontsize="medium")
        return figure

    def _draw(self, ax, notes):
        """The histograms of one array side by side."""
        notes = [(epoch, h) for epoch, h in notes if h is not None and h[1, -1]]
        if not notes:
            return
        low, high = min(h[0, 0] for _, h in notes), max(h[0, -1] for _, h in notes)
        pad = 0.01 * (high - low) or 0.01 * abs(high) or 0.01
        edges = np.linspace(low - pad, high + pad, self.CELLS + 1)
        below = [np.interp(edges, *h) / h[1, -1] for _, h in notes]
        epochs = np.array([epoch for epoch, _ in notes], float)
        apart = np.diff(epochs) if len(epochs) > 1 else np.ones(1)
        after = np.append(apart, apart[-1])[: len(epochs)]
        sides = np.append(epochs[0] - apart[0] / 2, epochs + after / 2)
        shares = np.diff(below).T
        ax.pcolormesh(sides, edges, np.sqrt(shares), cmap="Blues", vmin=0, rasterized=True)
        ax.axhline(0, color=GREY, linewidth=0.6)
