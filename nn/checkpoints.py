"""Checkpoints: all that a training changes, in a file, so that it goes on bit for bit.

Model, optimiser and schedule say what they change in their ``state_dict``. Of a callback its
attributes are walked, and of what is there numbers, texts, arrays, random generators, and lists
and dicts of these are kept. What is anything else (a tensor, a model) is as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .keeping import read, remove_partial, write

_FORMAT = "autograd_lite checkpoint 1"
_PLAIN = (type(None), bool, int, float, str)


class Checkpoint:
    """The file of one training; where it is there, it is taken up at once."""

    def __init__(self, path: str | Path, run):
        self.path, self.run = Path(path), run
        remove_partial(self.path)
        if self.path.exists():
            self._resume()

    def write(self) -> None:
        """Keep the training as it is, after an epoch."""
        run = self.run
        arrays: dict[str, np.ndarray] = {}
        for name, part in self._stateful().items():
            arrays |= {f"{name}/{key}": value for key, value in part.state_dict().items()}
        state = {c: encode(vars(part), arrays, c) for c, part in self._callbacks().items()}
        state["generators"] = encode(self._generators(), arrays, "generators")
        state["history"] = run.history.rows
        state["epoch"] = run.epoch
        state["stopped"] = None if run.is_interrupted else run.history.stopped
        metadata = {"format": _FORMAT, "training": self._training(), "state": json.dumps(state)}
        write(self.path, arrays, metadata, "fit")

    def _stateful(self):
        run = self.run
        parts = {"model": run.model, "optimizer": run.optimizer, "schedule": run.schedule}
        return {name: part for name, part in parts.items() if part is not None}

    def _callbacks(self):
        return {f"callbacks.{i}": callback for i, callback in enumerate(self.run.callbacks)}

    def _generators(self):
        found = {"batches": getattr(self.run.batches, "rng", None)}
        return found | dict(self.run.model.named_generators())

    def _training(self):
        """What must be the same, in words."""
        parts = {**self._stateful(), **self._callbacks()}
        kinds = {name: type(part).__name__ for name, part in parts.items()}
        return f"{self.run.batches!r}, {', '.join(f'{k} {v}' for k, v in kinds.items())}"

    def _resume(self):
        """Take over all that is kept; nothing is changed unless all of it can be."""
        arrays, metadata = read(self.path, "fit")
        self._check(metadata)
        run, stateful = self.run, self._stateful()
        before = {name: part.state_dict() for name, part in stateful.items()}
        try:
            state = json.loads(metadata["state"])
            actions: list[Callable] = []
            callbacks = [
                (callback, decode(state[name], vars(callback), arrays, actions))
                for name, callback in self._callbacks().items()
            ]
            decode(state["generators"], self._generators(), arrays, actions)
            rows, epoch, stopped = state["history"], int(state["epoch"]), state["stopped"]
            if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
                raise TypeError("its history is no list of rows")
            for name, part in stateful.items():
                part.load_state_dict(_under(f"{name}/", arrays))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            for name, part in stateful.items():
                part.load_state_dict(before[name])
            raise ValueError(f"fit: {self.path} does not fit this training: {error}") from error
        for callback, attributes in callbacks:
            vars(callback).update(attributes)
        for action in actions:
            action()
        run.history.rows, run.epoch, run.history.stopped = rows, epoch, stopped

    def _check(self, metadata):
        """Refuse what is no checkpoint, or one of another training."""
        if metadata.get("format") != _FORMAT:
            raise ValueError(
                f"fit: {self.path} is no checkpoint of a training: name another file (nn.load "
                "reads what nn.save wrote)"
            )
        if metadata.get("training") != self._training():
            raise ValueError(
                f"fit: {self.path} is a checkpoint of another training: it has "
                f"{metadata.get('training')}; this one has {self._training()}. Remove the file to "
                "begin anew, or name another"
            )


def _under(prefix, arrays):
    """The arrays whose names begin so, by what follows."""
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def encode(value, arrays: dict[str, np.ndarray], path: str) -> Any:
    """A tree as JSON has it; its arrays are put into ``arrays`` under their paths."""
    if isinstance(value, _PLAIN) and not isinstance(value, np.generic):
        return value
    if isinstance(value, dict):
        pairs = [[key, encode(part, arrays, f"{path}.{key}")] for key, part in value.items()]
        return {"dict": pairs}
    if isinstance(value, (list, tuple)):
        parts = [encode(part, arrays, f"{path}.{i}") for i, part in enumerate(value)]
        return {type(value).__name__: parts} if type(value) in (list, tuple) else {"other": ""}
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype != object:
        arrays[path] = np.asarray(value)
        return {"array" if isinstance(value, np.ndarray) else "number": path}
    if isinstance(value, np.random.Generator):
        return {"generator": encode(value.bit_generator.state, arrays, path)}
    if isinstance(value, np.random.RandomState):
        return {"generator": encode(value.get_state(legacy=False), arrays, path)}
    return {"other": type(value).__name__}


def decode(tree, present, arrays: dict[str, np.ndarray], actions: list[Callable]) -> Any:
    """The value of an encoded tree; ``present`` is what stands in its place.

    What cannot be kept stays as it is present. What is to be done to a generator is added to
    ``actions``, after it was tried on another.
    """
    if not isinstance(tree, dict):
        return tree
    [(kind, content)] = tree.items()
    if kind == "dict":
        inside = present if isinstance(present, dict) else {}
        return {k: decode(part, inside.get(k), arrays, actions) for k, part in content}
    if kind in ("list", "tuple"):
        places = [*present] if isinstance(present, (list, tuple)) else []
        places += [None] * (len(content) - len(places))
        parts = [decode(part, places[i], arrays, actions) for i, part in enumerate(content)]
        return parts if kind == "list" else tuple(parts)
    if kind == "array":
        return arrays[content]
    if kind == "number":
        return arrays[content][()]
    if kind == "generator":
        state = decode(content, None, arrays, actions)
        actions.append(_setting(present, state))
    return present


def _setting(generator, state) -> Callable:
    """What gives a generator a state, after it was given to a new one of its kind."""
    if isinstance(generator, np.random.RandomState):
        np.random.RandomState().set_state(state)
        return lambda: generator.set_state(state)
    type(generator.bit_generator)().state = state
    return lambda: setattr(generator.bit_generator, "state", state)
