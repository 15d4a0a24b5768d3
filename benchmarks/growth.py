"""How time and memory of a gradient grow: with operations, parameters, elements, rows of a loop.

    python -m benchmarks.growth [--plot FILE] [--largest N]

Each line is a size, the time of one gradient, and the peak of memory beyond the parameters, both
for one unit too: where growth is linear the columns of a unit fall to a constant, once what a
call costs at all no longer counts.
"""

import argparse
import time
import tracemalloc

import numpy as np

import autograd_lite as ag
from benchmarks.report import aligned, duration, short


def operations(n):
    """A chain of n scalar operations."""
    x = ag.Tensor(0.5, requires_grad=True)

    def loss():
        y = x
        for _ in range(n // 2):
            y = y * 1.0001 + 1e-6
        return y

    return loss, [x]


def parameters(n):
    """n parameters of one number each."""
    tensors = [ag.Tensor([1.0], requires_grad=True) for _ in range(n)]

    def loss():
        total = 0.0
        for tensor in tensors:
            total = total + tensor * tensor
        return np.sum(total)

    return loss, tensors


def elements(n):
    """One array of n elements through five operations."""
    x = ag.Tensor(np.linspace(-1, 1, n), requires_grad=True)
    return (lambda: np.mean(np.tanh(x * 2 + 1) ** 2)), [x]


def rows(n):
    """A loop over the n rows of an array of ten columns."""
    x = ag.Tensor(np.ones((n, 10)), requires_grad=True)

    def loss():
        total = 0.0
        for row in x:
            total = total + row @ row
        return total

    return loss, [x]


KINDS = {operations: 10**6, parameters: 10**5, elements: 10**7, rows: 10**5}


def measure(make, n):
    """(seconds of this process, bytes) of one gradient: the best of some, the peak of another."""
    loss, tensors = make(n)

    def step():
        loss().backward()
        for tensor in tensors:
            tensor.grad = None

    took = []
    while len(took) < 2 or (sum(took) < 0.3 and len(took) < 50):
        start = time.process_time()
        step()
        took.append(time.process_time() - start)
    tracemalloc.start()
    try:
        step()
        return min(took), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def table(found):
    """Lines: a size each."""
    rows = [["", "n", "time", "of one", "memory", "of one"]]
    for kind, points in found.items():
        for n, (seconds, size) in points.items():
            memory = f"{short(size / 1e6)} MB", f"{short(size / n)} B"
            rows.append([kind, f"{n:,}", duration(seconds), duration(seconds / n), *memory])
    return aligned(rows)


def plot(found, path):
    """Time and memory against the size, both in powers of ten. It needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.fonttype"] = "none"  # letters, not their outlines
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for i, (axis, title) in enumerate(zip(axes, ("seconds", "bytes at the peak"))):
        for kind, points in found.items():
            axis.loglog(list(points), [pair[i] for pair in points.values()], "o-", label=kind)
        lines = [line.get_ydata()[-1] / line.get_xdata()[-1] for line in axis.lines]
        sizes = np.array(axis.get_xlim())
        axis.loglog(sizes, sizes * min(lines), "k:", linewidth=1, label="linear")
        axis.set(xlabel="how many", title=f"One gradient: {title}")
    axes[0].legend()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plot", metavar="FILE", help="write a plot: .svg, .png, .pdf")
    parser.add_argument(
        "--largest", metavar="N", type=int, default=10**5, help="stop there (100,000)"
    )
    chosen = parser.parse_args()
    found = {}
    for make, largest in KINDS.items():
        sizes = [10**k for k in range(2, 8) if 10**k <= min(largest, chosen.largest)]
        found[make.__name__] = {n: measure(make, n) for n in sizes}
    print(*table(found), sep="\n")
    if chosen.plot:
        plot(found, chosen.plot)


if __name__ == "__main__":
    main()
