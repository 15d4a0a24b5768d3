"""Nested dicts, lists and tuples of arrays, as flat lists and back."""

import contextlib
import copy
from collections.abc import Mapping

import numpy as np


def flatten(tree):
    """The leaves of a tree in order, and a function that builds the same tree of other leaves.

    >>> leaves, build = flatten({"a": 1, "b": [2, (3, None)]})
    >>> leaves, build([10, 20, 30])
    ([1, 2, 3], {'a': 10, 'b': [20, (30, None)]})
    """
    leaves: list = []
    build = _flatten_into(leaves, tree)
    return leaves, lambda new: build(iter(new))


def _flatten_into(leaves, tree):
    kind = type(tree)
    if tree is None:
        return lambda new: None
    if isinstance(tree, dict):
        parts = {key: _flatten_into(leaves, value) for key, value in tree.items()}
        if kind is dict:
            return lambda new: {key: part(new) for key, part in parts.items()}
        empty = copy.copy(tree)  # a defaultdict keeps its default
        empty.clear()
        return lambda new: _filled(empty, parts, new)
    if isinstance(tree, (list, tuple)):
        parts = [_flatten_into(leaves, value) for value in tree]
        if hasattr(kind, "_fields"):  # a namedtuple
            return lambda new: kind(*[part(new) for part in parts])
        return lambda new: kind([part(new) for part in parts])
    leaves.append(tree)
    return next


def _filled(empty, parts, new):
    result = copy.copy(empty)
    for key, part in parts.items():
        result[key] = part(new)
    return result


def mapped(f, tree):
    """The same tree with f of each leaf.

    >>> mapped(float, {"a": 1, "b": (2, None)})
    {'a': 1.0, 'b': (2.0, None)}
    """
    leaves, build = flatten(tree)
    return build(map(f, leaves))


def matching(tree, other, where=""):
    """The leaves of another tree in the order of those of the first; ValueError if they differ.

    >>> matching({"a": 1, "b": [2, 3]}, {"b": (20, 30), "a": 10})
    [10, 20, 30]
    """
    if tree is None or isinstance(tree, (dict, list, tuple)):
        keys, others = _branches(tree), _branches(other)
        if keys is None or others is None or keys.keys() != others.keys():
            here = f" at {where}" if where else ""
            raise ValueError(f"the structures differ{here}: {_words(other)} for {_words(tree)}")
        return [leaf for k in keys for leaf in matching(keys[k], others[k], f"{where}[{k!r}]")]
    if other is None or isinstance(other, (dict, list, tuple)):
        here = f" at {where}" if where else ""
        raise ValueError(f"the structures differ{here}: {_words(other)} for an array")
    return [other]


def with_arrays(tree, of_integers=True):
    """The tree with an array in place of each list of numbers, or of those with floats alone."""
    if isinstance(tree, Mapping):
        return {key: with_arrays(value, of_integers) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        leaves = flatten(tree)[0]
        numbers = [x for x in leaves if isinstance(x, (int, float, np.number))]
        wanted = of_integers or any(isinstance(x, (float, np.floating)) for x in numbers)
        if wanted and leaves and len(numbers) == len(leaves):
            with contextlib.suppress(ValueError):  # lists of different lengths are a tree
                return np.asarray(tree).astype(np.float64)
        parts = [with_arrays(value, of_integers) for value in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return tree


def paths_of(tree, label):
    """The labels of the leaves, in their order.

    >>> list(paths_of({"W": 1, "b": [2, 3]}, "p"))
    ["p['W']", "p['b'][0]", "p['b'][1]"]
    """
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from paths_of(value, f"{label}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for i, value in enumerate(tree):
            yield from paths_of(value, f"{label}[{i}]")
    elif tree is not None:
        yield label


def _branches(tree):
    """What a tree branches into, by key; a list is a tuple here."""
    if tree is None:
        return {}
    if isinstance(tree, dict):
        return tree
    return dict(enumerate(tree)) if isinstance(tree, (list, tuple)) else None


def _words(tree):
    if tree is None:
        return "None"
    if isinstance(tree, dict):
        return f"a dict with {', '.join(map(repr, tree)) or 'nothing'}"
    kind = "tuple" if isinstance(tree, tuple) else "list"
    return f"a {kind} of {len(tree)}" if isinstance(tree, (list, tuple)) else "an array"
