"""The names that the code of a function mentions."""

import dis
import functools
import sys
import types
from typing import NamedTuple

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
        found.texts.update(x for x in flat if isinstance(x, str) and _is_name(x))
    found.attributes.update(found.texts, found.members)
    if "globals" in found.names:
        found.names.update(found.texts)
    return found


def _is_name(text):
    return text.replace(".", "_").isidentifier()


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
