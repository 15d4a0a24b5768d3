"""Nested dicts, lists and tuples of arrays, as flat lists and back."""


def flatten(tree):
    """The leaves of a tree in order, and a function that builds the same tree of other leaves.

    >>> leaves, build = flatten({"a": 1, "b": [2, (3, None)]})
    >>> leaves, build([10, 20, 30])
    ([1, 2, 3], {'a': 10, 'b': [20, (30, None)]})
    """
    leaves = []
    build = _flatten_into(leaves, tree)
    return leaves, lambda new: build(iter(new))


def _flatten_into(leaves, tree):
    kind = type(tree)
    if tree is None:
        return lambda new: None
    if isinstance(tree, dict):
        parts = {key: _flatten_into(leaves, value) for key, value in tree.items()}
        return lambda new: {key: part(new) for key, part in parts.items()}
    if isinstance(tree, (list, tuple)):
        parts = [_flatten_into(leaves, value) for value in tree]
        if hasattr(kind, "_fields"):  # a namedtuple
            return lambda new: kind(*[part(new) for part in parts])
        return lambda new: kind([part(new) for part in parts])
    leaves.append(tree)
    return next
