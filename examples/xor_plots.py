"""Pictures of a training run: its curves, and how its decision boundary moves."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image

EXTENT = (-3.2, 3.2)
BLUE, ORANGE = "#0072B2", "#E69F00"  # told apart by every kind of colour vision
COLORS = LinearSegmentedColormap.from_list("xor", [BLUE, "white", ORANGE])
SIDE = 80

_axis = np.linspace(*EXTENT, SIDE)
#: The points of the plane at which a network is asked.
GRID = np.stack(np.meshgrid(_axis, _axis), axis=-1).reshape(-1, 2)


def save_curves(runs, path):
    """Loss and accuracy of several runs, side by side."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for run in runs:
        axes[0].plot(run.steps, run.losses, label=run.title)
        axes[1].plot(run.steps, run.accuracies, label=run.title)
    axes[0].set(xlabel="step", ylabel="loss", ylim=(0, None), title="Loss")
    axes[1].set(
        xlabel="step", ylabel="accuracy", ylim=(0, 1.03), title="Accuracy on the 300 points"
    )
    axes[1].axhline(0.5, color="grey", linewidth=0.8, linestyle=":")
    axes[1].legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def save_boundary(runs, X, labels, path):
    """The decision boundaries at the end of several runs."""
    figure, panels = _panels(runs, X, labels)
    for panel in panels:
        panel.show(-1)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def save_film(runs, X, labels, path):
    """The decision boundaries of several runs while they train, as an animated GIF."""
    figure, panels = _panels(runs, X, labels)
    figure.set_dpi(70)
    for panel in panels:
        panel.show(0)
    figure.canvas.draw()
    figure.set_layout_engine("none")  # keep this layout: to find it again takes longer than to draw
    frames = []
    for number in range(len(runs[0].frames)):
        for panel in panels:
            panel.show(number)
        figure.canvas.draw()
        frames.append(np.array(figure.canvas.buffer_rgba())[..., :3])
    plt.close(figure)
    first, *others = _in_one_palette(frames)
    durations = [170] * len(others) + [2500]  # milliseconds: the last frame stays
    first.save(path, save_all=True, append_images=others, duration=durations, loop=0)
    return path


def _in_one_palette(frames):
    """Frames of the same 256 colours, not dithered: a third of the bytes of a palette each."""
    sample = Image.fromarray(np.concatenate(frames[::4]))
    palette = sample.quantize(256, Image.Quantize.FASTOCTREE)
    return [Image.fromarray(f).quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]


def _panels(runs, X, labels):
    figure, axes = plt.subplots(
        1, len(runs), figsize=(4.6 * len(runs), 5.0), layout="constrained", squeeze=False
    )
    return figure, [_Panel(ax, run, X, labels) for ax, run in zip(axes[0], runs, strict=True)]


class _Panel:
    """The plane, coloured by what one network answers."""

    def __init__(self, ax, run, X, labels):
        self.ax, self.run = ax, run
        self.image = ax.imshow(
            np.zeros((2, 2)), extent=EXTENT * 2, origin="lower", vmin=0, vmax=1,
            cmap=COLORS, alpha=0.6, interpolation="bilinear",
        )  # fmt: skip
        for value, color, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
            chosen = X[labels == value]
            ax.scatter(
                *chosen.T, s=14, c=color, marker=marker, edgecolors="black", linewidths=0.3,
                label=f"XOR {value}",
            )  # fmt: skip
        ax.set(xlim=EXTENT, ylim=EXTENT, xlabel="x1", ylabel="x2")
        ax.legend(loc="upper right", fontsize=7)

    def show(self, frame):
        step, probability = self.run.frames[frame]
        self.image.set_data(probability.reshape(SIDE, SIDE))
        accuracy = self.run.accuracies[self.run.steps.index(step)]
        self.ax.set_title(f"{self.run.title}\nstep {step:,}: accuracy {accuracy:.2f}", fontsize=10)
