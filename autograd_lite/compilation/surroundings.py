"""What a function takes from around itself, as inputs and outputs of its program.

The one idea: arrays and floats in places that the function can read are inputs, read at every
call; whatever else is there is part of the signature. What the function leaves in a place is an
output, stored there after every run.
"""

import copy
import io
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import compress
from operator import is_

import numpy as np

from ..engine import hooks
from ..engine.tape import Leaf
from ..engine.tensor import Tensor
from .arguments import Identity, abstract_value, is_input
from .errors import CompilationError, OnTape
from .following import Walk, is_code
from .places import Attributes, TensorParts

_PLAIN = (bool, int, str, bytes, type(None), type(Ellipsis), range, frozenset)


class _Refusing:
    """What stands for an iterator: its next item is another one at every call."""

    def __init__(self, path):
        self.path = path

    def __iter__(self):
        return self

    def __next__(self):
        raise CompilationError(
            f"it takes the next item of {self.path}, which would be the same one at every call: "
            "pass the item as an argument"
        )


class Surroundings:
    """The places that a function reads from, as they are now.

    Parameters
    ----------
    roots : list of (path, value)
        The function, and the objects that it is given.
    varying : set of str
        The paths of the integers that are inputs.

    Attributes
    ----------
    signature
        Equal where a program serves for other surroundings too.
    names
        Of the inputs, in order.
    integers
        {path: value} of those that are part of the signature.
    is_free
        Whether there are no places at all.
    """

    def __init__(self, roots, varying=()):
        walk = Walk(roots)
        self.places, self.whole, self.absent = walk.places, walk.whole, walk.absent
        self.generators = walk.generators
        self._classes = walk.classes
        self._kept = walk.kept
        self.names, self.integers = [], {}
        described = []
        self._opened = []  # (place, for each atom of its value whether it is an input)
        self._hooks = set(hooks.alive.data)
        self.places.sort(key=_is_attribute)
        for place in self.places:
            atoms = list(_atoms(place.value, place.path))
            opened = [_is_input(atom, path, varying) for path, atom in atoms]
            if any(opened):
                self._opened.append((place, opened))
                self.names += compress((path for path, _ in atoms), opened)
            for (path, atom), is_open in zip(atoms, opened):
                if type(atom) is int and not is_open:
                    self.integers[path] = atom
                described.append((path, is_open, self._described(atom, is_open, walk.order)))
            _check_tensor(place)
        self._shapeless = [(path, value, copy.copy(value)) for path, value in walk.shapeless]
        described += [(path, _frozen(value)) for path, value in walk.shapeless]
        described += [(path, len(holder)) for path, holder in self.whole]
        described += [path for path, _, _ in self.absent]
        self.signature = tuple(described)
        self._prepare_reading()

    def _described(self, atom, is_open, order):
        if is_open:
            return abstract_value(atom)
        if isinstance(atom, _PLAIN):
            return type(atom), atom
        if isinstance(atom, Leaf):  # a tensor's, which is known
            return Leaf, *map(Identity, hooks.of(atom))
        if id(atom) in order and not is_code(atom):
            return type(atom), order[id(atom)]
        return Identity(atom)

    def _prepare_reading(self):
        """What `read` needs: pairs to read, and what they must give."""
        opened = {id(place) for place, _ in self._opened}
        fixed = [p for p in self.places if id(p) not in opened or isinstance(p.value, tuple)]
        fixed.sort(key=lambda place: isinstance(place.holder, Attributes))
        self._expected = [place.value for place in fixed]
        self._fixed = _readings((p.holder, p.key) for p in fixed)
        inputs, self._kinds = [], []
        for place, opens in self._opened:
            atoms = [atom for _, atom in _atoms(place.value, "")]
            is_tuple = isinstance(place.value, tuple)  # it holds the same atoms for ever
            pairs = [((atom,), 0) if is_tuple else (place.holder, place.key) for atom in atoms]
            inputs += compress(pairs, opens)
            self._kinds += map(abstract_value, compress(atoms, opens))
        self._inputs = _readings(inputs)
        self._whole = [holder for _, holder in self.whole]
        self._sized = [*self._whole, *self._classes]
        self._lengths = list(map(len, self._sized))
        self.is_free = not (fixed or inputs or self._whole or self._shapeless or self.absent)
        self._has_tensors = any(isinstance(p.holder, Attributes) for p in self.places)
        self._checks = list(self._needed_checks())
        # [(scope, name, value)] where no more can change than what names stand for
        items, attributes = self._fixed
        simple = len(self._checks) == 1 and items and not (attributes or self._kinds)
        self._bindings = None
        if simple:
            self._bindings = [(*pair, v) for pair, v in zip(items, self._expected, strict=True)]

    def _needed_checks(self):
        """What tells whether the places are as they were: a function for each kind there is."""
        if self._expected:
            yield lambda: all(map(is_, _read(*self._fixed), self._expected))
        if self._sized:
            yield lambda: list(map(len, self._sized)) == self._lengths
        if self._has_tensors or self._hooks:
            yield lambda: hooks.alive.data == self._hooks
        if self._shapeless:
            yield lambda: all(_is_unchanged(now, before) for _, now, before in self._shapeless)
        if self.absent:
            yield lambda: not any(name in scope for _, scope, name in self.absent)

    def read(self):
        """The values of the inputs, or None where the places are no longer what they were."""
        try:
            values = _read(*self._inputs) if self._kinds else []
            for is_as_before in self._checks:
                if not is_as_before():
                    return None
        except (KeyError, IndexError, AttributeError, ValueError):
            return None
        return values if list(map(abstract_value, values)) == self._kinds else None

    def is_changed(self):
        """Whether the places are no longer what they were."""
        if self._bindings is None:
            return self.read() is None
        try:
            for scope, name, expected in self._bindings:
                if scope[name] is not expected:
                    return True
        except (KeyError, ValueError):
            return True
        return False

    # --- tracing --------------------------------------------------------------------------

    @contextmanager
    def standing_in(self, stand_in, others):
        """Put ``stand_in(value, name)`` in place of every input; afterwards all is as before.

        What stands for other objects is found in ``others``, by their id.

        Yields the values that stand there.
        """
        saved = [dict(h) if isinstance(h, dict) else list(h) for h in self._whole]
        names = iter(self.names)
        given = []
        try:
            for place, opens in self._opened:
                atoms = [atom for _, atom in _atoms(place.value, "")]
                atoms = [
                    stand_in(atom, next(names)) if is_open else atom
                    for atom, is_open in zip(atoms, opens)
                ]
                given += compress(atoms, opens)
                place.holder[place.key] = _rebuilt(place.value, iter(atoms))
            for place in self.places:
                if isinstance(place.value, Iterator) and not isinstance(place.value, io.IOBase):
                    place.holder[place.key] = _Refusing(place.path)
                elif others and any(id(atom) in others for _, atom in _atoms(place.value, "")):
                    now = _atoms(place.holder[place.key], "")
                    atoms = (others.get(id(atom), atom) for _, atom in now)
                    place.holder[place.key] = _rebuilt(place.value, atoms)
            self._before = [place.holder[place.key] for place in self.places]
            yield given
        finally:
            self._before = None
            for place in self.places:
                place.holder[place.key] = place.value
            for holder, before in zip(self._whole, saved):
                _restore(holder, before)
            for _, scope, name in self.absent:
                scope.pop(name, None)

    def changes(self):
        """Where the function, which has just run, left something else, and what.

        Returns
        -------
        list of (path, place, value)
            What `store` takes as ``place`` names the same place in other surroundings of this
            signature.

        Raises
        ------
        CompilationError
            For what cannot be done again after every run of a program.
        """
        found = []
        for i, (place, before) in enumerate(zip(self.places, self._before, strict=True)):
            try:
                now = place.holder[place.key]
            except (KeyError, AttributeError, ValueError, IndexError):
                raise CompilationError(f"it deletes {place.path}: {_INSTEAD}") from None
            if now is not before and not isinstance(now, Leaf):
                found.append((place.path, (i, None), now))
        self._check_sizes()
        return found + self._additions()

    def _check_sizes(self):
        for (path, holder), length in zip(self.whole, self._lengths):
            if not isinstance(holder, dict) and len(holder) != length:
                raise CompilationError(f"it changes the length of the list {path}: {_INSTEAD}")
        for path, value, before in self._shapeless:
            if not _is_unchanged(value, before):
                raise CompilationError(f"it changes {path}, a {type(value).__name__}: {_INSTEAD}")

    def _additions(self):
        """New items of dicts, new attributes of objects, new globals."""
        known = {(id(place.holder), place.key) for place in self.places}
        return [
            (f"{path}.{key}", (~i, key), holder[key])
            for i, (path, holder) in enumerate(self.whole)
            if isinstance(holder, dict)
            for key in holder
            if (id(holder), key) not in known
        ] + [
            (path, (~(len(self.whole) + i), name), scope[name])
            for i, (path, scope, name) in enumerate(self.absent)
            if name in scope
        ]

    def store(self, place, value):
        """Leave a value in a place that `changes` found."""
        i, key = place
        if i < 0:
            holders = [*self._whole, *(scope for _, scope, _ in self.absent)]
            holders[~i][key] = value
            return
        place = self.places[i]
        if type(place.holder) is TensorParts:
            place.holder.store(place.key, value)
        else:
            place.holder[place.key] = value


_INSTEAD = (
    "a program cannot do that again at every call. Return the value, and do it outside of the "
    "compiled function"
)


def _is_attribute(place):
    return isinstance(place.holder, Attributes) and not isinstance(place.value, tuple)


def _readings(pairs):
    """Pairs of holders and keys as those to read by getitem, and those to read by getattr.

    (Places are sorted, so that these stand behind those.)
    """
    pairs = list(pairs)
    items = [pair for pair in pairs if not isinstance(pair[0], Attributes)]
    attributes = [holder.attribute(key) for holder, key in pairs[len(items) :]]
    return [(getattr(holder, "mapping", holder), key) for holder, key in items], attributes


def _read(items, attributes):
    return [holder[key] for holder, key in items] + [getattr(*pair) for pair in attributes]


def _is_input(value, path, varying):
    return is_input(value) or (path in varying and type(value) is int)


def _check_tensor(place):
    """Only leaves are read by a program; what is on a tape belongs to somebody's derivative."""
    if isinstance(place.value, Tensor):
        node = place.value.node
        if node.requires_grad and type(node) is not Leaf:
            raise OnTape


def _atoms(value, path):
    """What nested tuples hold, and where; of anything else, itself."""
    if isinstance(value, tuple):
        for i, part in enumerate(value):
            yield from _atoms(part, f"{path}.{i}")
    else:
        yield path, value


def _rebuilt(value, atoms):
    """The same nested tuples of other atoms."""
    if not isinstance(value, tuple):
        return next(atoms)
    parts = [_rebuilt(part, atoms) for part in value]
    return type(value)(*parts) if hasattr(type(value), "_fields") else type(value)(parts)


def _frozen(value):
    """What can be changed, as a part of a signature."""
    if isinstance(value, set):
        return frozenset(value)
    if isinstance(value, (bytearray, array)):
        return bytes(value)
    elements = map(Identity, value.flat) if value.dtype.hasobject else [value.tobytes()]
    return value.shape, value.dtype, *elements


def _is_unchanged(value, before):
    if isinstance(value, np.ndarray):
        same = value.shape == before.shape and value.dtype == before.dtype
        return same and bool(np.all(value == before))
    return value == before


def _restore(holder, before):
    """A dict, a list or a deque becomes what it was."""
    if isinstance(holder, dict):
        for key in [key for key in holder if key not in before]:
            del holder[key]
        holder.update(before)
    elif len(holder) != len(before) or not all(map(is_, holder, before)):
        holder.clear()
        holder.extend(before)
