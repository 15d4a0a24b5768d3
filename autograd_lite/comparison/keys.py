"""Keys of nested dicts and lists: ``{"layer1": {"W": dW}}`` is ``{"layer1.W": dW}``."""

from collections.abc import Iterator, Mapping

import numpy as np

from ..engine.tensor import Tensor


def flat(manual: Mapping, is_known) -> Iterator:
    """Pairs (key, value) of a nested mapping; ``is_known(key)`` says which keys are names."""
    for key, value in manual.items():
        yield from _below(key, value, is_known)


def _below(key, value, is_known):
    if isinstance(value, Mapping):
        items = value.items()
    elif type(value) in (list, tuple) and _is_nested(key, value, is_known):
        items = enumerate(value)
    else:
        yield key, value
        return
    for inner, one in items:
        yield from _below(f"{_text(key)}.{_text(inner)}", one, is_known)


def _is_nested(key, value, is_known):
    """Whether a list holds gradients of several tensors, and is no array itself."""
    if any(isinstance(one, Mapping) for one in value):
        return True
    if not value or isinstance(key, (Tensor, tuple)) or is_known(key):
        return False
    return is_known(f"{key}.0") or any(isinstance(one, np.ndarray) for one in value)


def _text(key):
    return key if isinstance(key, str) else str(key)


def paths(variables: Mapping) -> dict:
    """Tensors by their place in the dicts, lists and tuples among variables.

    Of a dict the place is told without the variable, "layer1.W", and with it, "params.layer1.W";
    of a list with it alone, "weights.0". A place that several tensors have is left out.
    """
    found: dict = {}
    for name, value in variables.items():
        if not isinstance(value, (dict, list, tuple)):
            continue
        for path, tensor in _tensors(value):
            places = [path] if isinstance(value, dict) else []
            for place in (*places, f"{name}.{path}"):
                found.setdefault(place, {})[tensor.node] = tensor
    return {place: next(iter(own.values())) for place, own in found.items() if len(own) == 1}


def _tensors(value, path=(), depth=4):
    """Pairs (path, tensor) of nested containers."""
    if isinstance(value, Tensor):
        yield ".".join(path), value
    elif depth and isinstance(value, dict):
        for key, one in value.items():
            yield from _tensors(one, (*path, str(key)), depth - 1)
    elif depth and type(value) in (list, tuple) and len(value) <= 1000:
        for i, one in enumerate(value):
            yield from _tensors(one, (*path, str(i)), depth - 1)


def unbound(places, variables, manual):
    """Places in containers that are no variable's name: those go first. Keys go before others."""
    keys = [key for key, _ in flat(manual, places.__contains__) if isinstance(key, str)]
    ordered = {place: places[place] for place in (*keys, *places) if place in places}
    return {place: tensor for place, tensor in ordered.items() if place not in variables}
