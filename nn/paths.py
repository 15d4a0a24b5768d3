"""Paths: what a module holds in its attributes, under the names ``layers.0.weight``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def walk(value: Any, kinds: type | tuple, enter, path: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs (path, object) of all objects of some kinds inside a value, each under its first path.

    Attributes come in the order in which they were set, also those inside lists, tuples, dicts
    and objects of the kinds ``enter``. The value itself has the path "".
    """
    seen = set()  # of ids: all of it is alive while we walk
    stack = [(path, value)]
    while stack:
        path, value = stack.pop()
        is_found = isinstance(value, kinds)
        parts = _parts(value, enter)
        if (parts is None and not is_found) or id(value) in seen:
            continue
        seen.add(id(value))
        if is_found:
            yield path, value
        inside = [(f"{path}.{key}" if path else str(key), part) for key, part in parts or ()]
        stack.extend(reversed(inside))


def _parts(value, enter):
    """Pairs (key, part) of what can be entered, or None."""
    if isinstance(value, enter):
        return list(vars(value).items())
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, (list, tuple)) else None
