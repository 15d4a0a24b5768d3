"""Captured state: what a function takes from around itself, as inputs and outputs of its program.

The one idea: arrays and floats where the function can read them are inputs, read at every call;
whatever else is there is part of the signature, and compared before every call. What the function
leaves there is an output, stored after every run.
"""

import io
import sys
from array import array
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import compress
from operator import is_
from types import ModuleType

from ..engine import hooks
from ..engine.tape import Leaf
from ..engine.tensor import Tensor
from . import guards
from .arguments import CompilationError, Identity, Uncompiled, abstract_value, is_input
from .reachability import Walk

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


class State:
    """What can be read, as it is now.

    Parameters
    ----------
    roots : list of (path, value)
        The function, and the objects that it is given.
    varying : set of str
        The paths of the integers that are inputs.

    Attributes
    ----------
    signature
        Equal where a program serves for other objects too.
    names
        Of the inputs, in order.
    integers
        {path: value} of those that are part of the signature.
    is_free
        Whether there is nothing to look at.
    """

    def __init__(self, roots, varying=()):
        self._walk = walk = Walk(roots)
        self.references, self.generators = walk.references, walk.generators
        self.references.sort(key=lambda r: r.is_attribute and not isinstance(r.value, tuple))
        self.names, self.integers = [], {}
        self._opened = []  # (reference, for each atom of its value whether it is an input)
        described = []
        for reference in self.references:
            atoms = list(_atoms(reference.value, reference.path))
            opened = [is_input(x) or (path in varying and type(x) is int) for path, x in atoms]
            if any(opened):
                self._opened.append((reference, opened))
                self.names += compress((path for path, _ in atoms), opened)
            for (path, atom), is_open in zip(atoms, opened):
                if type(atom) is int and not is_open:
                    self.integers[path] = atom
                described.append((path, is_open, self._described(atom, is_open)))
            _check_tensor(reference.value)
        self._probes = list(self._needed_probes())
        probed = [(path, answer) for path, _, _, _, answer in self._probes]
        absent = [(path, *sorted(names)) for path, _, names in walk.absent]
        self.signature = (*described, *probed, *absent)
        # where names may appear, and which: None stands for any
        self._growing = [(f"{path}.", h, None) for path, h in walk.whole if isinstance(h, dict)]
        self._growing += walk.absent
        self._prepare_reading()

    def _described(self, atom, is_open):
        if is_open:
            return abstract_value(atom)
        if isinstance(atom, _PLAIN):
            return type(atom), atom
        if isinstance(atom, Leaf):  # a tensor's, which is known
            return Leaf, *map(Identity, hooks.of(atom))
        if id(atom) in self._walk.order:
            return type(atom), self._walk.order[id(atom)]
        return Identity(atom)

    # --- guards: what is looked at before every call ----------------------------------------

    def _prepare_reading(self):
        """What `read` needs: pairs to read, and what they must give."""
        opened = {id(r) for r, _ in self._opened}
        fixed = [r for r in self.references if id(r) not in opened or isinstance(r.value, tuple)]
        inputs, input_attributes, abstract = [], [], []
        for reference, opens in self._opened:
            atoms = [atom for _, atom in compress(_atoms(reference.value, ""), opens)]
            abstract += map(abstract_value, atoms)
            if isinstance(reference.value, tuple):  # it holds the same atoms for ever
                inputs += [((atom,), 0) for atom in atoms]
            elif reference.is_attribute:  # these stand behind the others
                input_attributes.append(reference.source())
            else:
                inputs.append(reference.source())
        self._read = guards.reader(
            [(r.source(), r.is_attribute, r.value) for r in fixed],
            [*((pair, False) for pair in inputs), *((pair, True) for pair in input_attributes)],
            [(probe, value, answer) for _, _, probe, value, answer in self._probes],
            abstract,
        )
        self.is_free = not (self.references or self._probes)

    def _needed_probes(self):
        """What is compared by value: (path, what a run may not change, f, x, f(x))."""
        walk, alive = self._walk, set(hooks.alive.data)
        for path, holder in [*walk.whole, *(("", names) for names in walk.classes)]:
            is_list = isinstance(holder, (list, deque))
            refused = f"the length of the list {path}" if is_list else None
            yield path, refused, len, holder, len(holder)
        for path, value in walk.unstructured:
            refused = f"{path}, a {type(value).__name__}"
            yield path, refused, _frozen, value, _frozen(value)
        for path, scope, names in walk.absent:
            yield path, None, scope.keys().isdisjoint, names, True
        if alive or any(isinstance(reference.value, Leaf) for reference in self.references):
            yield "hooks", None, alive.__eq__, hooks.alive.data, True

    def read(self):
        """The values of the inputs, or None where the rest is no longer what it was."""
        return self._read()

    def has_imported(self):
        """Whether a module that was absent is there: it has not been looked into."""
        absent = [names for _, scope, names in self._walk.absent if scope is sys.modules]
        return any(names & sys.modules.keys() for names in absent)

    # --- tracing --------------------------------------------------------------------------

    @contextmanager
    def substituted(self, substitute, others):
        """Put ``substitute(value, name)`` in place of every input; afterwards all is as before.

        What stands for other objects is found in ``others``, by their id.
        """
        saved = [dict(h) if isinstance(h, dict) else list(h) for _, h in self._walk.whole]
        names = iter(self.names)
        opened = {id(reference): opens for reference, opens in self._opened}
        try:
            for reference in self.references:
                value, opens = reference.value, opened.get(id(reference))
                if isinstance(value, Iterator) and not isinstance(value, io.IOBase):
                    reference.write(_Refusing(reference.path))
                elif opens or any(id(atom) in others for _, atom in _atoms(value, "")):
                    atoms = [others.get(id(atom), atom) for _, atom in _atoms(value, "")]
                    if opens:
                        pairs = zip(atoms, opens)
                        atoms = [substitute(x, next(names)) if o else x for x, o in pairs]
                    reference.write(_rebuilt(value, iter(atoms)))
            self._before = [reference.read() for reference in self.references]
            yield
        finally:
            self._before = None
            for reference in self.references:
                reference.write(reference.value)
            for (_, holder), before in zip(self._walk.whole, saved):
                _restore(holder, before)
            for _, scope, names in self._walk.absent:
                for name in names & scope.keys():
                    if not isinstance(scope[name], ModuleType):  # an import is none of ours
                        del scope[name]

    def changes(self):
        """Where the function, which has just run, left something else, and what.

        Returns
        -------
        list of (path, place, value)
            What `store` takes as ``place`` names the same place in other states of this
            signature.

        Raises
        ------
        CompilationError
            For what cannot be done again after every run of a program.
        """
        found = []
        for i, (reference, before) in enumerate(zip(self.references, self._before, strict=True)):
            try:
                now = reference.read()
            except (KeyError, AttributeError, ValueError, IndexError):
                raise CompilationError(f"it deletes {reference.path}: {_INSTEAD}") from None
            if now is not before and not isinstance(now, Leaf):
                found.append((reference.path, (i, None), now))
        for _, refused, probe, value, answer in self._probes:
            if refused and probe(value) != answer:
                raise CompilationError(f"it changes {refused}: {_INSTEAD}")
        return found + self._additions()

    def _additions(self):
        """New items of dicts, new attributes of objects, new globals."""
        known = {(id(reference.holder), reference.key) for reference in self.references}
        return [
            (f"{path}{name}", (~i, name), scope[name])
            for i, (path, scope, names) in enumerate(self._growing)
            for name in (scope if names is None else sorted(names & scope.keys()))
            if (id(scope), name) not in known and not isinstance(scope[name], ModuleType)
        ]

    def store(self, place, value):
        """Leave a value in a place that `changes` found."""
        i, name = place
        if i < 0:
            self._growing[~i][1][name] = value
        else:
            self.references[i].store(value)


_INSTEAD = (
    "a program cannot do that again at every call. Return the value, and do it outside of the "
    "compiled function"
)


def _check_tensor(value):
    """Only leaves are read by a program; what is on a tape belongs to somebody's derivative."""
    if isinstance(value, Tensor) and value.requires_grad and type(value.node) is not Leaf:
        raise Uncompiled(
            "it reads a tensor that is on a tape, so that the function itself is called"
        )


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
    """What can be changed and has no items, as something to compare."""
    if isinstance(value, set):
        return frozenset(value)
    if isinstance(value, (bytearray, array)):
        return bytes(value)
    elements = map(Identity, value.flat) if value.dtype.hasobject else [value.tobytes()]
    return value.shape, value.dtype, *elements


def _restore(holder, before):
    """A dict, a list or a deque becomes what it was."""
    if isinstance(holder, dict):
        for key in [key for key in holder if key not in before]:
            del holder[key]
        holder.update(before)
    elif len(holder) != len(before) or not all(map(is_, holder, before)):
        holder.clear()
        holder.extend(before)
