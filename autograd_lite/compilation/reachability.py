"""What a function can reach without being given it, as references: names, cells, what objects hold.

The walk goes breadth first, so that everything is called by the shortest way to it. It reads of
a function's code which names it mentions, and does not ask whether it comes to read them.
"""

import dis
import functools
import sys
import types
from array import array
from collections import deque
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from ..engine import hooks
from ..engine.aliasing import separate
from ..engine.arrays import asarray
from ..engine.primitives import Primitive
from ..engine.tensor import Tensor
from .arguments import is_array
from .random_draws import is_generator

_ENGINE = __package__.partition(".")[0]
_INSTALLED = ("site-packages", "dist-packages")
_IMPORTERS = {"import_module", "__import__", "modules"}  # they take the name of a module
_MENTIONED_BY = {
    "names": ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "STORE_GLOBAL"),
    "attributes": ("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR"),
    "modules": ("IMPORT_NAME",),
    "members": ("IMPORT_FROM",),
}
_KIND = {instruction: kind for kind, names in _MENTIONED_BY.items() for instruction in names}


class Names(NamedTuple):
    """What a code mentions, and the functions inside it.

    A text may be the name of anything: getattr(settings, "rate"), globals()["rate"].
    """

    names: set  # globals, cells
    attributes: set
    modules: set  # that it imports
    members: set  # what it imports from them
    texts: set

    @property
    def has_importer(self):
        """Whether something is called that takes the name of a module."""
        return not _IMPORTERS.isdisjoint(self.names | self.attributes)


@functools.lru_cache(maxsize=1024)
def names_of(code):
    """The names in a code object."""
    found = Names(set(), set(), set(), set(), set())
    for one in dis.get_instructions(code):
        if one.opname in _KIND:
            getattr(found, _KIND[one.opname]).add(one.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            for own, others in zip(found, names_of(constant)):
                own |= others
        flat = constant if isinstance(constant, (tuple, frozenset)) else [constant]
        found.texts.update(
            x for x in flat if isinstance(x, str) and x.replace(".", "_").isidentifier()
        )
    found.attributes.update(found.texts, found.members)
    if "globals" in found.names:
        found.names.update(found.texts)
    return found


def modules_of(names, scope, values):
    """The full names of all modules that a function might import, and of those they are in.

    Parameters
    ----------
    names : Names
    scope : dict
        Its globals.
    values : iterable
        What it may give to import_module().
    """
    modules, members = set(names.modules), set(names.members)
    if names.has_importer:
        texts = {x.strip(".") for x in (*names.texts, *values) if isinstance(x, str)}
        modules, members = modules | texts, members | texts
    if not modules:
        return set()
    package = scope.get("__package__") or scope.get("__name__", "").rpartition(".")[0]
    found = set()
    for base in _with_parents(package):  # an import may be relative
        for module in {*modules, ""}:
            for member in {*members, ""}:
                found |= _with_parents(".".join(filter(None, (base, module, member))))
    return found - {""}


def _with_parents(name):
    """A name with dots, and what stands before each of them, and nothing."""
    parts = name.split(".")
    return {".".join(parts[:stop]) for stop in range(len(parts) + 1)}


def is_bundled(module):
    """Whether a module, imported or not, belongs to Python, NumPy, SciPy or this engine."""
    root = module.partition(".")[0]
    return root in ("numpy", "scipy", _ENGINE) or root in sys.stdlib_module_names


@functools.cache
def is_library(module):
    """Whether a module is none of the user's: what its names stand for does not change.

    What is installed is a library, unless it uses this engine as users do.
    """
    if not isinstance(module, str) or is_bundled(module):  # of a type in C it is no text
        return True
    scope = vars(sys.modules.get(module, types))
    file = scope.get("__file__") or ""
    if module == "__main__" or not any(folder in file for folder in _INSTALLED):
        return False
    return not any(_is_engines(value) for value in scope.values())


def _is_engines(value):
    is_named = isinstance(value, (type, types.FunctionType))
    name = value.__name__ if isinstance(value, types.ModuleType) else is_named and value.__module__
    return bool(name) and name.partition(".")[0] == _ENGINE


class Item:
    """What is read as ``holder[key]``; ``path`` is what people call it."""

    __slots__ = ("holder", "key", "path", "value")
    is_attribute = False

    def __init__(self, holder, key, path):
        self.holder = holder
        self.key = key
        self.path = path
        self.value = self.read()

    def source(self):
        """The object, and the key or the name, that it is read from."""
        return self.holder, self.key

    def read(self):
        """The value of now."""
        return self.holder[self.key]

    def write(self, value):
        """Have another value there."""
        self.holder[self.key] = value

    store = write  # what a program computed


class Attribute(Item):
    """An attribute of an object without a dict that can be written: a cell, a slot."""

    __slots__ = ()
    is_attribute = True

    def read(self):
        return getattr(*self.source())

    def write(self, value):
        setattr(*self.source(), value)

    store = write


class ClassAttribute(Item):
    """An attribute of a class as it is stored, without its descriptor's answer."""

    __slots__ = ()

    def source(self):
        return vars(self.holder), self.key

    def read(self):
        return vars(self.holder)[self.key]

    def write(self, value):
        if self.read() is not value:
            setattr(self.holder, self.key, value)

    store = write


class TensorPart(Attribute):
    """The value, the gradient or a setting of a tensor; what its node has is the node's of now."""

    __slots__ = ()
    keys = ("node", "_array", "grad", "requires_grad")

    def source(self):
        tensor = self.holder
        return (tensor if self.key in ("node", "_array") else tensor.node), self.key

    def write(self, value):
        super().write(value)
        if self.key == "_array":
            self.holder.node.out = value

    def store(self, value):
        tensor, node = self.holder, self.holder.node
        if self.key == "_array":
            if getattr(tensor, "_view", None) or getattr(tensor, "_views", None):
                separate(tensor)
            tensor._array = node.out = asarray(value)  # what was computed may be a number
        elif self.key == "grad" and value is not None:
            node.grad = asarray(value)
        else:
            self.write(value)


# Of the library, but as users' objects; by their names, for they need not be imported.
_OWN_TYPES = {
    "types.SimpleNamespace", "argparse.Namespace",
    "collections.UserDict", "collections.UserList", "collections.ChainMap",
}  # fmt: skip
# Where functions, methods, partials, properties and what is compiled keep the user's function.
_PARTS = ("__self__", "__func__", "__wrapped__", "fget", "func", "args", "keywords")
_CALLABLES = (
    types.MethodType, types.BuiltinFunctionType, functools.partial,
    staticmethod, classmethod, property, functools.cached_property,
)  # fmt: skip
_CODE = (types.FunctionType, *_CALLABLES)
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)


class Walk:
    """All that functions and objects can read.

    Attributes
    ----------
    references
        In order.
    whole
        Pairs (path, holder): dicts and lists all of whose items are references.
    classes
        What classes hold by name: only references, and others might be added.
    unstructured
        Pairs (path, value) of what has no items that could be traced: sets, arrays of objects.
    generators
        Pairs (path, value) of random generators.
    modules
        Pairs (path, module) of those that objects hold: any function may take of them.
    order
        Of every object with parts, the number by which it is known: the same object again.
    """

    def __init__(self, roots):
        self.references = []
        self.whole = []
        self.classes = []
        self._absent = {}
        self.unstructured = []
        self.generators = []
        self.modules = []
        self.order = {}
        self._alive = []  # what is known by its id stays alive
        self._seen = set()
        self._attributes = set()  # that any function mentions
        self._queue = deque(roots)
        self._numbered = deque()  # tensors in lists: an attribute names them better
        self._follow()
        while self.modules and self._is_new("modules", *sorted(self._attributes)):
            for path, module in self.modules:
                self._module(path, module, self._attributes)
            self._follow()

    @property
    def absent(self):
        """Triples (path, dict, names): names that are mentioned, and are not there."""
        return list(self._absent.values())

    def _follow(self):
        while self._queue or self._numbered:
            self._visit(*(self._queue or self._numbered).popleft())

    def _is_new(self, *key):
        """Whether this has not been asked before."""
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new

    def _visit(self, path, value):
        if isinstance(value, tuple):
            for i, part in enumerate(value):
                self._visit(f"{path}.{i}", part)
            return
        visit = self._visitor(value)
        if visit is None or not self._is_new(id(value)):
            return
        self._alive.append(value)
        if visit not in self._CODE:
            self.order[id(value)] = len(self.order)
        if isinstance(visit, str):
            getattr(self, visit).append((path, value))
        else:
            visit(self, path, value)

    def _visitor(self, value):
        """What visits a value: a method, the name of a list that it belongs in, or None."""
        kind = type(value)
        for kinds, visit in self._KINDS:
            if issubclass(kind, kinds):
                return visit
        if is_generator(value):
            return "generators"
        if isinstance(value, np.ndarray):
            return None if is_array(value) else "unstructured"
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in _OWN_TYPES or not is_library(kind.__module__):
            return Walk._object
        return Walk._callable if hasattr(value, "__wrapped__") else None  # compiled, cached

    def _refer(self, make, holder, key, path, names=None):
        """One more reference, unless it is known or empty, with what is behind it.

        Of a module that is the attributes that a code mentions.
        """
        try:
            reference = make(holder, key, path)
        except (KeyError, AttributeError, ValueError):  # a name or a cell without a value
            return
        value = reference.value
        is_module = isinstance(value, types.ModuleType) and names is not None
        if is_module and is_library(value.__name__):
            return
        is_new = self._is_new(id(holder), key)
        if is_new:
            self._alive.append(holder)
            self.references.append(reference)
        if is_module:
            self._module(path, value, names)
        elif is_new:
            is_numbered = isinstance(value, Tensor) and path[-1:].isdigit()
            (self._numbered if is_numbered else self._queue).append((path, value))

    # --- one kind of value each ---------------------------------------------------------

    def _function(self, path, f):
        self._visit(path, vars(f).get("__wrapped__"))
        if is_library(f.__globals__.get("__name__", "")):
            for value in _contents(f):  # such as grad(f) was made of
                if isinstance(value, Primitive):
                    self._visit(path, (value.f, *value.rules))
                elif callable(value) or not is_library(type(value).__module__):
                    self._queue.append((path, value))
            return
        names = names_of(f.__code__)
        self._attributes.update(names.attributes)
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or ()):
            self._refer(Attribute, cell, "cell_contents", name, names.attributes)
        for name in names.names:
            self._refer(Item, f.__globals__, name, name, names.attributes)
        cells = {*f.__code__.co_freevars, *f.__code__.co_cellvars}
        self._add_absent("", f.__globals__, names.names - cells)
        self._imports(f, names)
        if f.__defaults__:
            self._refer(Attribute, f, "__defaults__", f"{f.__name__}.defaults")
        if f.__kwdefaults__:
            self._items(f"{f.__name__}.defaults", f.__kwdefaults__)
        if vars(f):
            self._items(f.__name__, vars(f))

    def _module(self, path, module, names):
        scope = vars(module)
        if is_library(module.__name__) or not self._is_new(id(module), *sorted(names)):
            return
        for name in sorted(names & scope.keys()):
            self._refer(Item, scope, name, f"{path}.{name}", names)
        self._add_absent(f"{path}.", scope, names)
        if names - scope.keys():
            self._queue.append((path, scope.get("__getattr__")))

    def _add_absent(self, path, scope, names):
        if names - scope.keys():
            known = self._absent.setdefault(id(scope), (path, scope, set()))
            known[2].update(names - scope.keys())

    def _imports(self, f, names):
        """The modules that a function imports when it runs, and what it mentions of them."""
        scope = f.__globals__
        values = [*map(scope.get, names.names), *_contents(f), *(f.__defaults__ or ())]
        wanted = sorted(modules_of(names, scope, values))
        for name in wanted:
            self._refer(Item, sys.modules, name, name, names.attributes)
        self._add_absent("", sys.modules, {name for name in wanted if not is_bundled(name)})

    def _callable(self, path, value):
        """A method, a partial, a property: what it is made of."""
        for name in _PARTS:
            part = getattr(value, name, None)
            if name == "keywords" and part:
                self._items(path, part)
            elif name != "__self__":
                self._queue.append((path, part))
            elif not isinstance(part, types.ModuleType):  # whose functions are in C
                self._queue.append(
                    ("self" if path == getattr(value, "__name__", "") else f"{path}.self", part)
                )

    def _class(self, path, kind):
        if is_library(kind.__module__) or hasattr(kind, "_fields"):
            return
        self.classes.append(vars(kind))
        for name, value in list(vars(kind).items()):
            is_special = name.startswith("__") and name.endswith("__")
            if isinstance(value, _CODE) or not (is_special or isinstance(value, _SLOTS)):
                self._refer(ClassAttribute, kind, name, f"{path}.{name}")
        self._queue.extend((base.__name__, base) for base in (*kind.__bases__, type(kind)))

    def _items(self, path, holder):
        """A dict or a list."""
        self.whole.append((path, holder))
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            self._refer(Item, holder, key, f"{path}.{key}" if path else str(key))
        if type(holder) not in (dict, list, deque):  # a class of their own has attributes
            self._object(path, holder)

    def _tensor(self, path, tensor):
        self._queue.extend((path, hook.f) for hook in hooks.of(tensor.node))
        path = tensor.node.name or path
        for key in TensorPart.keys:
            self._refer(TensorPart, tensor, key, path if key == "_array" else f"{path}.{key}")

    def _object(self, path, value):
        if hasattr(value, "__dict__"):
            self._items(path, vars(value))
        for kind in type(value).__mro__:
            slots = vars(kind).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if not name.startswith("__"):
                    self._refer(Attribute, value, name, f"{path}.{name}")
        self._queue.append((type(value).__name__, type(value)))

    _KINDS = (
        (types.FunctionType, _function),
        (types.ModuleType, "modules"),
        (_CALLABLES, _callable),
        (type, _class),
        ((dict, list, deque), _items),
        (Tensor, _tensor),
        ((set, bytearray, array), "unstructured"),
    )
    _CODE = (_function, "modules", _callable, _class)  # another one is another program


def _contents(f):
    """What the cells of a function hold."""
    found = []
    for cell in f.__closure__ or ():
        with suppress(ValueError):  # it may be empty
            found.append(cell.cell_contents)
    return found
