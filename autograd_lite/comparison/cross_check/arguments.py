"""A function of several arguments as one whose gradients go by their names.

A gradient may be that of a tensor inside, by its local name, or a factor of the chain.
"""

import inspect
import re
from collections.abc import Mapping

import numpy as np

from ...engine.tensor import Tensor, plain
from ...messages import errors
from ...transforms import trees
from ..keys import flat
from .problem import Problem, function_name, numbers_of

_GRADIENT = re.compile(r"d(?P<top>\w+) ?/ ?d(?P<bottom>.+)")


class Call(Problem):
    """What `compare` was given with a function: f, its gradients, and the arguments of both.

    The leaves are those arrays among the arguments whose gradients were given; all where none is.

    Attributes
    ----------
    inner : dict
        The derivatives that are given by another key than an argument's.
    """

    caller = "compare"

    def __init__(self, f, gradients, args, kwargs):
        self._f = self._followed = f
        self._has_gradient, self._jac, self._hess_diag = False, gradients, None
        self.name, self.curvatures = function_name(f, "f"), None
        self._places = list(_places(f, args, kwargs, self.name))
        named = [
            (name, trees.with_arrays(value, of_integers=False)) for name, value in self._places
        ]
        args = [value for (_, value), _ in zip(named, args, strict=False)]
        kwargs = dict(named[len(args) :])
        values, self._filled = trees.flatten((args, kwargs))
        self._values = list(map(plain, values))
        self._labels = [label for name, value in named for label in trees.paths_of(value, name)]
        self._floats = [i for i, x in enumerate(self._values) if _is_float(x)]
        if not self._floats:
            raise ValueError(f"compare: {self.name} was given no floats and no arrays of floats")
        self._index = _by_key(self._labels)
        self._chosen = self._floats
        by_leaf, self.inner = self._given(self._derived(self._values), numbers_of)
        self._chosen = list(by_leaf) or self._floats
        self.labels = [self._key.get(i, self._labels[i]) for i in self._chosen]
        pairs = zip(self._chosen, self.labels, strict=True)
        self.leaves = [self._real(self._values[i], label) for i, label in pairs]
        self.gradients = list(by_leaf.values())
        self._evaluate()

    def arguments(self, leaves, read=lambda name, value: value):
        """(args, kwargs) with other leaves; ``read(name, value)`` of the arrays that stay."""
        values = list(self._values)
        on_tape = self.inner and any(isinstance(leaf, Tensor) for leaf in leaves)
        for i in self._floats:
            value = np.asarray(values[i], dtype=np.float64)
            values[i] = read(self._labels[i], np.copy(value))
            if on_tape and i not in self._chosen:
                values[i] = Tensor(value, requires_grad=True, name=self._labels[i])
        for i, leaf in zip(self._chosen, leaves, strict=True):
            values[i] = np.copy(leaf) if isinstance(leaf, np.ndarray) else leaf
        args, kwargs = self._filled(values)
        return tuple(args), kwargs

    def values(self, *leaves):
        """The loss for other leaves."""
        found = super().values(*leaves)
        if found.shape != ():
            raise ValueError(
                f"{self.name} returned an array of shape {found.shape}: compare takes a function "
                "that returns the loss, one number: the np.sum or np.mean of it"
            )
        return found

    def derived(self, *leaves):
        """The gradients by hand at other leaves."""
        args, kwargs = self.arguments(leaves)
        found = self._jac(*args, **kwargs) if callable(self._jac) else self._jac
        return list(self._given(found, numbers_of)[0].values()), None

    def split(self, found):
        """{("gradient", leaf or key): value} of what the function by hand returned."""
        by_leaf, inner = self._given(found, lambda value, *_: value)
        return {("gradient", key): x for key, x in (*enumerate(by_leaf.values()), *inner.items())}

    def moved(self, leaves):
        """The problem at another point."""
        return Call(self._f, self._jac, *self.arguments(leaves))

    @property
    def derives(self):
        """Whether gradients of arguments can be had elsewhere."""
        return callable(self._jac) and bool(self.gradients)

    def exchanged(self):
        """Nothing: arguments are told apart by their names."""
        return ()

    def _derived(self, values):
        """What was given, or what its function returns for values of all arguments."""
        if not callable(self._jac):
            return self._jac
        args, kwargs = self._filled([np.copy(x) if _is_float(x) else x for x in values])
        own = function_name(self._jac, "the function of the gradients")
        list(_places(self._jac, args, kwargs, own))
        return self._jac(*args, **kwargs)

    def _given(self, found, read):
        """({leaf: gradient}, {key: derivative of a tensor inside}) of what was derived by hand."""
        by_leaf, inner = {}, {}
        self._key: dict = {}
        for key, value in flat(self._by_name(found), lambda key: key in self._index):
            i = self._place(key)
            array = read(value, "the gradient", f" of {key!r}")
            if i is None:
                inner[key] = array
                continue
            if i in by_leaf:
                raise ValueError(f"{key!r}: the gradient of {self._labels[i]} is given twice")
            if i not in self._floats:
                raise ValueError(
                    f"{key!r} is {errors.describe(self._values[i])}, which is not differentiated: "
                    "give floats"
                )
            by_leaf[i] = array
            self._key[i] = key if key in self._index else self._labels[i]
        order = sorted(by_leaf)
        return {i: by_leaf[i] for i in order}, inner

    def _place(self, key):
        """Which leaf "W", or "dLoss/dW", is; None of another key."""
        match = _GRADIENT.fullmatch(key) if isinstance(key, str) else None
        if match and match["top"] in (self.name, "Loss", "loss", "L") and key not in self._index:
            key = match["bottom"]
        return self._index.get(key) if isinstance(key, str) else None

    def _by_name(self, found):
        """Gradients by the names of arguments: a sequence has them in their order."""
        if isinstance(found, Mapping):
            return found
        roots = [self._labels[i].partition("[")[0] for i in self._floats]
        names = list(dict.fromkeys(roots))
        is_sequence = isinstance(found, (list, tuple))
        alone = len(names) == 1 and not (is_sequence and len(found) == 1 and np.ndim(found[0]))
        if not is_sequence or alone:
            return {names[0]: found}
        if len(found) > len(names):
            raise ValueError(
                f"{len(found)} gradients were given, and {self.name} has {len(names)} arguments of "
                f"floats: {', '.join(names)}"
            )
        return {n: x for n, x in zip(names, found, strict=False) if x is not None}


def _is_float(x):
    return isinstance(x, (float, np.ndarray, np.floating)) and np.asarray(x).dtype.kind in "fc"


def _places(f, args, kwargs, name):
    """Pairs (name, value) of the arguments of a call."""
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):  # a function of C, which has no signature
        yield from ((f"argument {i + 1}", value) for i, value in enumerate(args))
        yield from kwargs.items()
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(
            f"{name}{signature} cannot be called with the {len(args) + len(kwargs)} arguments of "
            f"compare: {error}"
        ) from None
    names = [p.name for p in signature.parameters.values() if p.kind <= p.POSITIONAL_OR_KEYWORD]
    rest = next((p.name for p in signature.parameters.values() if p.kind is p.VAR_POSITIONAL), "")
    names += [f"{rest}[{i}]" for i in range(len(args) - len(names))]
    yield from zip(names, args, strict=False)
    yield from kwargs.items()


def _by_key(labels):
    """{key: index of a label}: p['a'][0] is "p.a.0" too, and "a.0" where no other is."""
    found: dict = {}
    short: dict = {}
    for i, label in enumerate(labels):
        dotted = label.replace("['", ".").replace("']", "").replace("[", ".").replace("]", "")
        found |= {label: i, dotted: i}
        short.setdefault(dotted.partition(".")[2], []).append(i)
    return {key: many[0] for key, many in short.items() if len(many) == 1 and key} | found
