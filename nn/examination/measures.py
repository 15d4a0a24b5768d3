"""What is measured on one batch: activations from the picture of its tape, parameters, inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Activation:
    """The results of the activation functions at one place.

    Attributes
    ----------
    place : str
        The path of the module, or what it was computed from: "after layers.0.weight".
    function : str
    mean, std : float
    flat : float
        The share of the elements where the derivative is below 2 % of its largest value.
    dead, units : int
        How many units have the derivative 0 for every example, and how many there are.
    gradient : float
        The root mean square of the gradient of the loss with respect to the results.
    """

    place: str
    function: str
    mean: float
    std: float
    flat: float
    dead: int
    units: int
    gradient: float


@dataclass(frozen=True)
class Parameter:
    """One parameter, its gradient, and what a step would change.

    ``size``, ``gradient`` and ``update`` are root mean squares; ``update`` is None where no
    optimiser was given. ``copies`` counts the units that equal another one, with their gradients.
    """

    name: str
    shape: tuple[int, ...]
    size: float
    gradient: float
    update: float | None
    copies: int
    units: int

    @property
    def is_weight(self) -> bool:
        """Whether it is a matrix or a kernel: what vanishing gradients are measured on."""
        return len(self.shape) > 1


@dataclass(frozen=True)
class Column:
    """The size of one column of the input, or of the target: a root mean square."""

    position: int
    size: float


def rms(array) -> float:
    """The root mean square of all elements."""
    array = np.asarray(array, dtype=float)
    return float(np.sqrt(np.mean(array**2))) if array.size else 0.0


# --- activations --------------------------------------------------------------------------------

RECTIFIERS = ("relu", "maximum")
# The derivative of a function, of its result, divided by the largest one.
_SLOPES = {
    "sigmoid": lambda y: 4 * y * (1 - y),
    "tanh": lambda y: 1 - y * y,
    "hard_tanh": lambda y: np.abs(y) < 1,
    "softsign": lambda y: (1 - np.abs(y)) ** 2,
    "relu": lambda y: y > 0,
    "maximum": lambda y: y > 0,
}


def activations(diagram, prediction: str) -> list[Activation]:
    """Those that the prediction was computed from; the prediction itself where it is of a ReLU.

    That a trained classifier is sure of its answers, and its last sigmoid flat, is no fault.
    """
    sources: dict[str, list[str]] = {}
    for edge in diagram.edges:
        sources.setdefault(edge.target, []).append(edge.source)
    end = [box.id for box in diagram.boxes.values() if box.name == prediction][-1:]
    places: dict[tuple[str, str], list] = {}
    for id in [*_before(end, sources), *end]:
        box = diagram.boxes[id]
        if _is_activation(box) and (id not in end or box.op in RECTIFIERS):
            place = box.name or _origin(box.id, diagram.boxes, sources)
            places.setdefault((place, box.op), []).append(box)
    return [_measured(place, op, boxes) for (place, op), boxes in places.items()]


def _is_activation(box):
    """Whether a box is one of the functions, and a maximum one with 0."""
    if box.op not in _SLOPES or not np.ndim(box.value) or not np.size(box.value):
        return False
    return box.op != "maximum" or np.min(box.value) == 0


def _before(ids, sources):
    """The boxes that some were computed from, in the order of the diagram."""
    seen, stack = set(ids), list(ids)
    while stack:
        for source in sources.get(stack.pop(), ()):
            if source not in seen:
                seen.add(source)
                stack.append(source)
    return sorted(seen - {*ids}, key=lambda id: int(id.lstrip("n")))


def _origin(id, boxes, sources):
    """The nearest box with a name that one was computed from, in words."""
    level, seen = [id], {id}
    while level:
        level = [s for below in level for s in sources.get(below, ()) if s not in seen]
        seen.update(level)
        named = [boxes[s].name for s in level if boxes[s].name and boxes[s].kind != "constant"]
        if named:
            return f"after {named[0]}"
    return "unnamed"


def _measured(place, op, boxes):
    slopes = [np.asarray(_SLOPES[op](box.value), dtype=float) for box in boxes]
    alive = [np.any(_by_unit(slope) != 0, axis=0) for slope in slopes]
    is_alive = np.any(alive, axis=0) if len({a.shape for a in alive}) == 1 else np.hstack(alive)
    values = np.concatenate([np.ravel(box.value) for box in boxes])
    gradients = [np.ravel(box.gradient) for box in boxes if box.gradient is not None]
    return Activation(
        place,
        op,
        mean=float(values.mean()),
        std=float(values.std()),
        flat=float(np.mean(np.concatenate([np.ravel(slope) for slope in slopes]) < 0.02)),
        dead=int(np.sum(~is_alive)),
        units=int(np.size(is_alive)),
        gradient=rms(np.concatenate(gradients)) if gradients else 0.0,
    )


def _by_unit(array):
    """(examples and positions, units): channels of images are axis 1, else units are the last."""
    if array.ndim >= 4:
        array = np.moveaxis(array, 1, -1)
    return array.reshape(-1, array.shape[-1])


def takes_softmax_of_probabilities(diagram, prediction: str) -> str | None:
    """The operation that takes the softmax of a prediction whose rows are probabilities already."""
    of_prediction = {box.id: box for box in diagram.boxes.values() if box.name == prediction}
    for edge in diagram.edges:
        box, op = of_prediction.get(edge.source), diagram.boxes[edge.target].op
        if box is not None and op in ("cross_entropy", "log_softmax", "softmax"):
            p = np.asarray(box.value)
            if p.ndim > 1 and p.shape[-1] > 1 and p.min() >= 0:
                return op if np.allclose(p.sum(axis=-1), 1, rtol=1e-4) else None
    return None


# --- parameters and data ------------------------------------------------------------------------


def copies(value, gradient) -> tuple[int, int]:
    """How many units of a weight equal another one, with their gradients, and how many there are.

    Units are the columns of a matrix, and the first axis of a kernel.
    """
    if value.ndim < 2 or not value.size:
        return 0, 0
    unit = -1 if value.ndim == 2 else 0
    columns = [np.moveaxis(a, unit, 0).reshape(value.shape[unit], -1) for a in (value, gradient)]
    scale = np.max(np.abs(columns[1])) or 1.0
    columns[1] = np.round(columns[1] / scale, 9)  # rounding differs from column to column
    different = np.unique(np.hstack(columns), axis=0)
    return len(columns[0]) - len(different), len(columns[0])


def columns(array) -> list[Column]:
    """The columns of a table; all of an array of another dimension is one."""
    array = np.asarray(array)
    if array.dtype.kind != "f" or not array.size:
        return []
    if array.ndim != 2:
        return [Column(0, rms(array))]
    return [Column(i, rms(array[:, i])) for i in range(array.shape[1])]
