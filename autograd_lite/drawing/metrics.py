"""Boxes coloured by what can go wrong in them: large or vanishing gradients, saturation, nan."""

from dataclasses import replace

import numpy as np

from .model import Diagram

FLAT = 0.01  # of its largest, below which the derivative of an activation takes next to nothing
_SLOPES = {
    "sigmoid": lambda out: 4 * out * (1 - out),
    "tanh": lambda out: 1 - out * out,
    "relu": lambda out: out > 0,
    "maximum": lambda out: out > 0,
}


def coloured(diagram, metric):
    """The model with a metric in its boxes, or as it is for None.

    Raises
    ------
    ValueError
        For an unknown metric.
    """
    if metric is None:
        return diagram
    measures = {"gradient": _gradients, "saturation": _saturation, "nan": _not_finite}
    if metric not in measures:
        raise ValueError(f"colour={metric!r}: it is {' or '.join(map(repr, measures))}")
    with np.errstate(all="ignore"):
        found = measures[metric](diagram)
    boxes = {
        id: replace(box, metric=found[id][0], metric_label=found[id][1]) if id in found else box
        for id, box in diagram.boxes.items()
    }
    return Diagram(boxes, diagram.edges, diagram.loss, diagram.groups)


def _gradients(diagram):
    """The norms of gradients on a scale of logarithms, from the smallest to the largest."""
    norms = {
        id: float(np.linalg.norm(np.asarray(box.gradient, dtype=np.float64).ravel()))
        for id, box in diagram.boxes.items()
        if box.gradient is not None and box.gradient.dtype.kind == "f"
    }
    sizes = [np.log10(norm) for norm in norms.values() if norm > 0 and np.isfinite(norm)]
    low, high = min(sizes, default=0.0), max(sizes, default=0.0)
    found = {}
    for id, norm in norms.items():
        shade = (np.log10(norm) - low) / (high - low) if norm > 0 and high > low else 0.0
        found[id] = float(np.clip(np.nan_to_num(shade, nan=1.0), 0, 1)), f"|gradient| {norm:.3g}"
    return found


def _saturation(diagram):
    """The share of an activation's elements whose derivative is next to nothing."""
    found = {}
    for id, box in diagram.boxes.items():
        if box.op in _SLOPES and np.size(box.value):
            share = float(np.mean(_SLOPES[box.op](box.value) < FLAT))
            found[id] = share, f"saturated {share:.0%}"
    return found


def _not_finite(diagram):
    """The share of elements of the value or the gradient that are nan or infinite."""
    found = {}
    for id, box in diagram.boxes.items():
        arrays = [a for a in (box.value, box.gradient) if a is not None and a.dtype.kind in "fc"]
        bad = sum(int(np.count_nonzero(~np.isfinite(a))) for a in arrays)
        total = sum(a.size for a in arrays)
        if total:
            found[id] = bad / total, f"{bad} of {total} nan or inf" if bad else None
    return found
