"""The times as bars: a panel a case, a bar a library."""

import math

from benchmarks.report import duration, quantiles
from benchmarks.runners import Ours

COLUMNS = 3
OURS, HAND, OTHERS = "#1f6fb4", "#7f7f7f", "#c3cbd3"


def draw(found, libraries, path):
    """Write the chart, in the format that the file's name ends in. It needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = math.ceil(len(found) / COLUMNS)
    height = 0.9 + 0.26 * len(libraries)
    figure, axes = pyplot.subplots(
        rows, COLUMNS, figsize=(13, height * rows), squeeze=False, layout="constrained"
    )
    for axis, (case, runs) in zip(axes.flat, found.items()):
        panel(axis, case, runs, libraries)
    for axis in axes.flat[len(found) :]:
        axis.set_axis_off()
    title = "Time of one gradient: medians, and 10th to 90th percentile"
    if not all(run.agrees for runs in found.values() for run in runs.values()):
        title += "; hatched: the result differs"
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def panel(axis, case, runs, libraries):
    """One case; a library that did not run has no bar, and one that is wrong is hatched."""
    shown = [library for library in libraries if runs[library.key].seconds]
    for place, library in enumerate(shown):
        run = runs[library.key]
        middle, low, high = quantiles(run.seconds)
        color = (
            HAND
            if library.key == "numpy"
            else OURS
            if library.distribution == Ours.distribution
            else OTHERS
        )
        axis.barh(place, middle, color=color, hatch="" if run.agrees else "xx")
        axis.plot([low, high], [place, place], color="black", linewidth=1)
        axis.text(max(middle, high), place, f" {duration(middle)}", va="center", fontsize=8)
    axis.set_yticks(range(len(shown)), [library.title for library in shown], fontsize=8)
    axis.invert_yaxis()
    axis.set_xlim(right=axis.get_xlim()[1] * 1.18)
    axis.set_xticks([])
    axis.spines[["top", "right", "bottom"]].set_visible(False)
    axis.set_title(case.name, fontsize=9, loc="left")
