"""The names that the code of a function mentions."""

import dis
import functools
import sys
import types
from typing import NamedTuple

_ENGINE = __package__.partition(".")[0]
_INSTALLED = ("site-packages", "dist-packages")
_IMPORTERS = {"import_module", "__import__", "modules"}  # they take the name of a module
_KINDS = {
    "LOAD_GLOBAL": 0, "LOAD_NAME": 0, "STORE_GLOBAL": 0,
    "LOAD_ATTR": 1, "LOAD_METHOD": 1, "STORE_ATTR": 1,
    "IMPORT_NAME": 2, "IMPORT_FROM": 3,
}  # fmt: skip


class Names(NamedTuple):
    """What a code mentions, and the functions inside it.

    A text may be the name of anything: getattr(settings, "rate"), globals()["rate"].
    """

    globals: frozenset
    attributes: frozenset
    modules: frozenset  # that it imports
    members: frozenset  # what it imports from them
    texts: frozenset


@functools.lru_cache(maxsize=1024)
def names_of(code):
    """The names in a code object."""
    kinds = [set(), set(), set(), set(), set()]
    for instruction in dis.get_instructions(code):
        if instruction.opname in _KINDS:
            kinds[_KINDS[instruction.opname]].add(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            for names, more in zip(kinds, names_of(constant)):
                names |= more
        kinds[4] |= {x for x in _flat(constant) if isinstance(x, str)}
    names, attributes, modules, members, texts = kinds
    words = {text for text in texts if text.isidentifier()}
    attributes |= words | members
    if "globals" in names:
        names |= words
    if (names | attributes) & _IMPORTERS:
        texts = {text for text in texts if text.replace(".", "_").isidentifier()}
    else:
        texts = set()
    return Names(*map(frozenset, (names, attributes, modules, members, texts)))


def _flat(constant):
    return constant if isinstance(constant, (tuple, frozenset)) else (constant,)


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
    if (names.globals | names.attributes) & _IMPORTERS:
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
