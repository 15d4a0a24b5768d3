"""What the page can train: the data, the labels, and the prediction between them and the loss."""

from __future__ import annotations

import numpy as np

from .model import CONSTANT, VARIABLE


def training_of(reading):
    """What the page needs to train, as plain data; None where nothing can be computed.

    ``points`` is None unless the data are points in a plane and the class can be read off a
    prediction.
    """
    if reading.program is None:
        return None
    variables = [box for box in reading.boxes if box.kind == VARIABLE and box.gradient is not None]
    variables = [box for box in variables if box.input is not None and box.editable]
    if not variables:
        return None
    program, results = reading.program, reading.results
    root = next(box for box in reading.boxes if reading.nodes.get(box.id) is reading.root)
    program.add("train", [results[i] for i in (root.value, *(b.gradient for b in variables))])
    return {
        "variables": [[box.input, box.id] for box in variables],
        "points": _points(reading, root),
    }


def _points(reading, root):
    """The data, the classes of its rows, and how a prediction tells a class."""
    for data in reading.boxes:
        if data.kind != CONSTANT or data.input is None or len(data.shape) != 2:
            continue
        n, axes = data.shape
        if axes != 2 or n < 2:
            continue
        prediction = _prediction(reading, data, root, n)
        classes = None if prediction is None else _classes(reading, data, prediction, n)
        if classes is not None:
            reading.program.add("predict", [reading.results[prediction.value]])
            return {"data": data.input, "box": data.id, "prediction": prediction.id, **classes}
    return None


def _prediction(reading, data, root, n):
    """The newest value that all ways from the data to the loss go through, before the labels."""
    below = {box.id: [] for box in reading.boxes}
    for arrow in reading.arrows:
        below[arrow.source].append(arrow.target)
    labels = [
        box.id for box in reading.boxes
        if box.kind == CONSTANT and box.id != data.id and box.shape and box.shape[0] == n
    ]  # fmt: skip
    from_labels = _reached(below, labels)
    for box in reversed(reading.boxes):
        is_row_wise = box.shape and box.shape[0] == n and len(box.shape) <= 2 and box.op
        if not is_row_wise or box.id in from_labels or box.id not in _reached(below, [data.id]):
            continue
        around = {i: [j for j in targets if j != box.id] for i, targets in below.items()}
        if root.id not in _reached(around, [data.id]) and box.id != root.id:
            return box
    return None


def _reached(below, starts):
    found, stack = set(), list(starts)
    while stack:
        i = stack.pop()
        if i not in found:
            found.add(i)
            stack.extend(below[i])
    return found


def _classes(reading, data, prediction, n):
    """The class of each row, and from which prediction on it is class 1."""
    columns = prediction.shape[1] if len(prediction.shape) == 2 else 1
    for labels in _labels(reading, data, n):
        is_fit = columns > 1 and labels.shape == (n, columns)
        if is_fit and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all():
            return {"classes": labels.argmax(axis=1).tolist(), "threshold": None}
        flat = labels.reshape(n, -1)
        if flat.shape[1] != 1 or not np.array_equal(flat, np.round(flat)):
            continue
        values = np.unique(flat)
        if columns > 1 and values.min() >= 0 and values.max() < columns:
            return {"classes": flat[:, 0].astype(int).tolist(), "threshold": None}
        if columns == 1 and len(values) == 2:
            classes = (flat[:, 0] == values[1]).astype(int).tolist()
            return {"classes": classes, "threshold": _threshold(reading, prediction, values)}
    return None


def _labels(reading, data, n):
    """Arrays with a row for each row of the data, of the boxes and of the calls themselves."""
    for box in reading.boxes:
        if box.kind == CONSTANT and box.id != data.id and box.shape and box.shape[0] == n:
            yield np.asarray(reading.results[box.value].value)
    for node in reading.names.nodes:
        for value in node.args:
            if isinstance(value, np.ndarray) and value.shape[:1] == (n,):
                yield value


def _threshold(reading, prediction, values):
    """Between the labels for what is compared with them or is a probability; 0 for logits."""
    users = [arrow.target for arrow in reading.arrows if arrow.source == prediction.id]
    compared = any(reading.boxes[i].op == "subtract" for i in users) and len(users) == 1
    if prediction.op == "sigmoid" or compared:
        return float(values.mean())
    return 0.0
