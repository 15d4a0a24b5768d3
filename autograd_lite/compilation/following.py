"""From a function to what it can read without being given it: names, cells, objects, in them more.

The walk goes breadth first, so that everything is called by the shortest way to it.
"""

import builtins
import dis
import functools
import sys
import types
from array import array
from collections import deque

import numpy as np

from ..engine import hooks
from ..engine.primitives import Primitive
from ..engine.tensor import Tensor
from . import randomness
from .arguments import is_array
from .places import Attributes, ClassAttributes, Place, TensorParts

# Of the library, but as users' objects; by their names, for they need not be imported.
_OWN_TYPES = {
    "types.SimpleNamespace", "argparse.Namespace",
    "collections.UserDict", "collections.UserList", "collections.ChainMap",
}  # fmt: skip
_WRAPPERS = (staticmethod, classmethod, property, functools.cached_property)
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial)
_ENGINE = __package__.partition(".")[0]
_INSTALLED = ("site-packages", "dist-packages")


class Walk:
    """All places that functions and objects read from.

    Attributes
    ----------
    places
        In order.
    whole
        Pairs (path, holder): dicts and lists all of whose items are places.
    classes
        What classes hold by name: only places, and others might be added.
    absent
        Triples (path, dict, name): globals that are named, and are not there.
    shapeless
        Pairs (path, value) of what has no places and can be changed: sets, arrays of objects.
    generators
        Pairs (path, value) of random generators.
    order
        Of every object that was met, the number by which it is known: the same object again.
    """

    def __init__(self, roots):
        self.places = []
        self.whole = []
        self.classes = []
        self.absent = []
        self.shapeless = []
        self.generators = []
        self.order = {}
        self.kept = []  # what is known by its id stays alive
        self._seen_places = set()
        self._queue = deque()
        self._numbered = deque()  # tensors in lists: an attribute names them better
        for path, root in roots:
            self.meet(path, root)
        while self._queue or self._numbered:
            if self._queue:
                visit, path, value = self._queue.popleft()
                visit(path, value)
            else:
                self.meet(*self._numbered.popleft())

    def meet(self, path, value):
        """Visit a value later, if there is anything in it."""
        if isinstance(value, tuple):
            for i, part in enumerate(value):
                self.meet(f"{path}.{i}", part)
            return
        visit = self._visitor(value)
        if visit is None or id(value) in self.order:
            return
        self.order[id(value)] = len(self.order)
        self.kept.append(value)
        self._queue.append((visit, path, value))

    def _visitor(self, value):
        kind = type(value)
        for kinds, visit in self._VISITORS:
            if issubclass(kind, kinds):
                return visit.__get__(self)
        if randomness.is_generator(value):
            return self._generator
        if is_shapeless(value):
            return self._shapeless
        is_own = f"{kind.__module__}.{kind.__qualname__}" in _OWN_TYPES
        if is_own or not is_library(kind.__module__):
            return self._object
        return self._wrapped if hasattr(value, "__wrapped__") else None  # compiled, cached

    def place(self, holder, key, path):
        """One more place, unless it is known or empty."""
        known = (id(getattr(holder, "owner", holder)), key)
        if known in self._seen_places:
            return
        try:
            place = Place(holder, key, path)
        except (KeyError, AttributeError, ValueError):  # a name or a cell without a value
            return
        self._seen_places.add(known)
        self.kept.append(holder)
        self.places.append(place)
        if isinstance(place.value, Tensor) and path[-1:].isdigit():
            self._numbered.append((path, place.value))
        else:
            self.meet(path, place.value)

    # --- one kind of value each ---------------------------------------------------------

    def _function(self, path, f):
        if is_library(f.__globals__.get("__name__", "")):
            for cell in f.__closure__ or ():
                self._callables(path, cell)
            return self.meet(path, vars(f).get("__wrapped__"))
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or ()):
            self.place(Attributes(cell), "cell_contents", name)
        names, attributes = names_of(f.__code__)
        for name in names:
            if name in f.__globals__:
                self._global(f.__globals__, name, name, attributes)
            elif not hasattr(builtins, name):
                self.absent.append((name, f.__globals__, name))
        for name in imports_of(f.__code__):
            self._imported(name, f.__globals__.get("__package__"), attributes)
        if f.__defaults__:
            self.place(Attributes(f), "__defaults__", f"{f.__name__}.defaults")
        if f.__kwdefaults__:
            self._items(f"{f.__name__}.defaults", f.__kwdefaults__)
        if vars(f):
            self._items(f.__name__, vars(f))

    def _global(self, scope, name, path, attributes):
        """A name of a module; of another module, those of its names that the function uses."""
        value = scope[name]
        if not isinstance(value, types.ModuleType):
            self.place(scope, name, path)
        elif not is_library(value.__name__):
            for attribute in attributes:
                if attribute in vars(value):
                    self._global(vars(value), attribute, f"{path}.{attribute}", attributes)

    def _imported(self, name, package, attributes):
        """A module that a function imports when it runs: those of its names that it uses."""
        full = name if name in sys.modules or not package else f"{package}.{name}"
        module = sys.modules.get(full)
        if module is None:
            self.absent.append((name, sys.modules, name))
        elif not is_library(full):
            for attribute in attributes:
                if attribute in vars(module):
                    self._global(vars(module), attribute, f"{name}.{attribute}", attributes)

    def _callables(self, path, cell):
        """Functions that a function of a library was made of, such as grad(f)."""
        try:
            value = cell.cell_contents
        except ValueError:
            return
        if isinstance(value, Primitive):
            self.meet(path, (value.f, *value.rules))
        elif (
            isinstance(value, _FUNCTIONS)
            or not is_library(type(value).__module__)
            or hasattr(value, "__wrapped__")
        ):
            self.meet(path, value)

    def _method(self, path, method):
        self.meet("self" if path == method.__name__ else f"{path}.self", method.__self__)
        self.meet(path, method.__func__)

    def _builtin(self, path, f):
        if f.__self__ is not None and not isinstance(f.__self__, types.ModuleType):
            self.meet(path, f.__self__)

    def _partial(self, path, f):
        self.meet(path, f.func)
        self.meet(path, f.args)
        self._items(path, f.keywords)

    def _wrapped(self, path, f):
        self.meet(path, f.__wrapped__)

    def _wrapper(self, path, wrapper):
        for name in ("__func__", "fget", "func"):
            self.meet(path, getattr(wrapper, name, None))

    def _class(self, path, kind):
        if is_library(kind.__module__) or hasattr(kind, "_fields"):
            return
        self.classes.append(vars(kind))
        for name, value in list(vars(kind).items()):
            is_special = name.startswith("__") and name.endswith("__")
            if isinstance(value, (*_FUNCTIONS, *_WRAPPERS)) or not (is_special or _is_slot(value)):
                self.place(ClassAttributes(kind), name, f"{path}.{name}")
        for base in (*kind.__bases__, type(kind)):
            self.meet(base.__name__, base)

    def _items(self, path, holder):
        """A dict or a list."""
        self.whole.append((path, holder))
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            self.place(holder, key, f"{path}.{key}" if path else str(key))
        if type(holder) not in (dict, list, deque):  # a class of their own has attributes
            self._object(path, holder)

    def _tensor(self, path, tensor):
        for hook in hooks.of(tensor.node):
            self.meet(path, hook.f)
        parts = TensorParts(tensor)
        path = tensor.node.name or path
        for key in parts.keys:
            self.place(parts, key, path if key == "_array" else f"{path}.{key}")

    def _generator(self, path, value):
        self.generators.append((path, value))

    def _shapeless(self, path, value):
        self.shapeless.append((path, value))

    def _object(self, path, value):
        if hasattr(value, "__dict__"):
            self._items(path, vars(value))
        for kind in type(value).__mro__:
            slots = vars(kind).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if not name.startswith("__"):
                    self.place(Attributes(value), name, f"{path}.{name}")
        self.meet(type(value).__name__, type(value))

    _VISITORS = (
        (types.FunctionType, _function),
        (types.MethodType, _method),
        (types.BuiltinFunctionType, _builtin),
        (functools.partial, _partial),
        (_WRAPPERS, _wrapper),
        (type, _class),
        ((dict, list, deque), _items),
        (Tensor, _tensor),
    )


@functools.cache
def is_library(module):
    """Whether a module is none of the user's: what its names stand for does not change.

    What is installed is a library, unless it uses this engine as users do.
    """
    if not isinstance(module, str):  # of a type written in C, for the modules of its objects
        return True
    root = module.partition(".")[0]
    if root in ("numpy", "scipy", _ENGINE) or root in sys.stdlib_module_names:
        return True
    scope = vars(sys.modules.get(module, types))
    file = scope.get("__file__") or ""
    if root == "__main__" or not any(folder in file for folder in _INSTALLED):
        return False
    return not any(_is_engines(value) for value in scope.values())


def _is_engines(value):
    name = value.__name__ if isinstance(value, types.ModuleType) else _module_of(value)
    return name.partition(".")[0] == _ENGINE


def _module_of(value):
    return value.__module__ if isinstance(value, (type, types.FunctionType)) else ""


@functools.lru_cache(maxsize=1024)
def names_of(code):
    """The globals and the attributes that a code names, and those of the functions inside it.

    A text may be the name of one: getattr(settings, "rate").
    """
    texts = [c for c in code.co_consts if isinstance(c, str) and c.isidentifier()]
    names, attributes = {}, dict.fromkeys(texts)  # in order
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL"):
            names[instruction.argval] = None
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "IMPORT_FROM"):
            attributes[instruction.argval] = None
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            more, deeper = names_of(constant)
            names.update(dict.fromkeys(more))
            attributes.update(dict.fromkeys(deeper))
    if "globals" in names:
        names.update(dict.fromkeys(texts))
    return tuple(names), tuple(attributes)


def imports_of(code):
    """The modules that a code imports, by a statement or by a text: import_module("settings")."""
    names = {}
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME" and instruction.argval:
            names[instruction.argval] = None
    for constant in code.co_consts:
        if isinstance(constant, str) and constant in sys.modules and not is_library(constant):
            names[constant] = None
        elif isinstance(constant, types.CodeType):
            names.update(dict.fromkeys(imports_of(constant)))
    return tuple(names)


def is_code(value):
    """Whether a value is a function or a class: another one is another program."""
    return isinstance(value, (*_FUNCTIONS, *_WRAPPERS, type, types.ModuleType))


def is_shapeless(value):
    """Whether a value can be changed and has no items that could be traced."""
    if isinstance(value, (set, bytearray, array)):
        return True
    return isinstance(value, np.ndarray) and not is_array(value)


def _is_slot(value):
    return isinstance(value, (types.MemberDescriptorType, types.GetSetDescriptorType))
