"""The picture model as JSON: every field by its name, arrays as numbers or in a few facts."""

import json
from dataclasses import asdict, fields

import numpy as np

from ..symbolic.array_text import Statistics
from .model import Box

VERSION = 1


def to_json(diagram, style):
    """The JSON text of a picture model.

    ``{"version", "loss", "boxes": [...], "edges": [...], "groups": [...]}``, each in the order
    of the model. An array is ``{"shape", "dtype", "data"}``; one of more than
    ``style.max_elements`` has ``"low", "mean", "high", "norm", "nan", "inf", "histogram"``
    in place of data. Numbers are as exact as they are; nan and infinities, which JSON lacks,
    are the strings "nan", "inf" and "-inf".
    """
    data = {
        "version": VERSION,
        "loss": diagram.loss,
        "boxes": [_box(box, style) for box in diagram.boxes.values()],
        "edges": [_edge(edge, style) for edge in diagram.edges],
        "groups": [asdict(group) for group in diagram.groups.values()],
    }
    return json.dumps(data, indent=1, allow_nan=False)


def _box(box, style):
    found = {field.name: getattr(box, field.name) for field in fields(Box)}
    found["shape"] = None if box.shape is None else list(box.shape)
    found["dtype"] = None if box.dtype is None else str(box.dtype)
    found["value"] = _array(box.value, style)
    found["gradient"] = _array(box.gradient, style)
    found["notes"] = [
        [label, value if isinstance(value, str) else _array(value, style)]
        for label, value in box.notes
    ]
    return found


def _edge(edge, style):
    return {
        **{field.name: getattr(edge, field.name) for field in fields(edge)},
        "derivative": _array(edge.derivative, style),
        "summed": list(edge.summed),
    }


def _array(value, style):
    if value is None:
        return None
    array = np.asarray(value)
    found = {"shape": list(array.shape), "dtype": str(array.dtype)}
    if array.size <= style.max_elements or array.dtype.kind not in "biufc":
        return {**found, "data": _numbers(array.tolist())}
    facts = Statistics.of(array)
    names = ("low", "mean", "high", "norm", "nan", "inf")
    return {
        **found,
        **{name: _numbers(getattr(facts, name)) for name in names},
        "histogram": list(facts.counts),
    }


def _numbers(value):
    """Numbers and nested lists of them as JSON has them; a complex number is a pair."""
    if isinstance(value, list):
        return list(map(_numbers, value))
    if isinstance(value, complex):
        return [_numbers(value.real), _numbers(value.imag)]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, (int, float, bool)) else str(value)
