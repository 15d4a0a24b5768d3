"""The expressions that a line could contain: what its function has in reach, with their values."""

import ast
import types
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .scopes import private

ARRAYS, SLICES, SCALARS = 32, 28, 24  # at most so many, the nearest first
MANY = 80  # statements of a file, above which a line takes parts of its own function alone
_QUIET = {"globals", "locals"}
_BUILTINS = {"len", "range", "abs", "sum", "min", "max", "float", "int", "enumerate", "zip"}
_ARRAY_METHODS = {
    "dot", "sum", "mean", "max", "min", "std", "var", "prod", "cumsum", "reshape", "transpose",
    "ravel", "flatten", "copy", "astype", "argmax", "argmin", "swapaxes", "squeeze", "any", "all",
}  # fmt: skip
_FUNCTIONS = {"exp", "log", "sqrt", "tanh", "cosh", "sinh", "sin", "cos", "abs", "sign"}
_HARMFUL = {
    "save", "load", "savez", "savetxt", "loadtxt", "fromfile", "tofile", "at", "put", "place",
    "copyto", "putmask", "put_along_axis", "fill_diagonal", "shuffle", "seed",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Atom:
    """An expression with its value at each of the looked at moments.

    ``kind`` is "array", "scalar", "mask" or "index".
    """

    text: str
    values: tuple
    kind: str
    far: float

    @property
    def shape(self):
        return max(map(np.shape, self.values), key=len)  # carry = 0, and an array from then on

    @property
    def varies(self):
        """Whether it is a number that is another one at another moment: a state, no constant."""
        return self.kind == "scalar" and any(v != self.values[0] for v in self.values)


class Reach:
    """What a statement may be written with: what its function has in reach, at some moments.

    Attributes
    ----------
    atoms : list of Atom
    ingredients : list of str
        Parts of other lines.
    alike : dict
        Names by a name that stands for a value of the same type.
    called : set of str
        The names of the functions that the program calls.
    """

    def __init__(self, statement, scopes, program):
        self.statement = statement
        self.scopes = scopes
        self.called = program.called
        self._ran = program.ran

    def evaluate(self):
        """Find it all now, while nothing watches the functions that are called for it."""
        return self.atoms, self.ingredients

    @cached_property
    def atoms(self):
        return atoms(self.statement, self.scopes)

    @cached_property
    def alike(self):
        return alike(self.statement, self.scopes[0])

    @cached_property
    def ingredients(self):
        return _ingredients(self.statement, self.scopes[0], self.called, self._ran)


def kind_of(value):
    """What a value may be used as; None for what is no number."""
    if isinstance(value, (bool, np.bool_)):
        return None
    if isinstance(value, (int, float, np.integer, np.floating)):
        return "scalar"
    if isinstance(value, np.ndarray):
        kind = value.dtype.kind
        if kind == "b":
            return "mask"
        if kind == "f":
            return "array" if value.ndim else "scalar"
        return "index" if kind in "iu" else None
    return None


def atoms(statement, scopes):
    """The atoms in reach of a statement, the nearest first, without repetitions."""
    found: dict = {}
    over = _left_over(statement)
    for text, far in _texts(statement, scopes[0]):
        far += over.get(text, 0)
        if text in found and found[text].far <= far:
            continue
        atom = _atom(text, far, scopes)
        if atom is not None:
            found[text] = atom
    kept, seen, left = [], set(), {"scalar": SCALARS, "slice": SLICES, "array": ARRAYS}
    for atom in sorted(found.values(), key=lambda a: (a.far, len(a.text))):
        mark = (atom.kind, *map(_mark, atom.values))
        group = "scalar" if atom.kind == "scalar" else "slice" if ":" in atom.text else "array"
        if mark in seen or not left[group]:
            continue
        seen.add(mark)
        left[group] -= 1
        kept.append(atom)
    return kept


def alike(statement, scope):
    """{name: other names} of the lists, dicts and objects in reach that are of one type."""
    kinds: dict = {}
    for name in local_names(statement, scope):
        value = scope[name]
        known = kind_of(value) is not None or isinstance(value, (str, type, types.ModuleType))
        if not known and not callable(value):
            kinds.setdefault(type(value), []).append(name)
    return {name: [n for n in names if n != name] for names in kinds.values() for name in names}


def _ingredients(statement, scope, called, ran):
    """Parts of other lines that were carried out, with a value here; they change nothing."""
    found: dict = {}
    for other in statement.source.statements:
        mine = other.function in statement.scopes
        far = not mine and len(statement.source.statements) > MANY
        if far or (statement.source.path, getattr(other.function, "name", "")) not in ran:
            continue
        for node in ast.walk(other.expression):
            if isinstance(node, (ast.BinOp, ast.Compare, ast.Call, ast.UnaryOp)):
                text = other.source.segment(node)
                short = len(text) <= 70 and "\n" not in text
                if short and text not in found and is_harmless(node, called):
                    found[text] = (not mine, abs(other.line - statement.line))
    ordered = sorted(found, key=lambda text: found[text])
    calls = {text: any(f"{name}(" in text for name in called) for text in ordered}
    values = ((text, valued(text, private(scope) if calls[text] else scope)) for text in ordered)
    return [text for text, value in values if kind_of(value) is not None][:40]


def _left_over(statement):
    """{name: how much further away} of the variables of loops that are over."""
    found = {}
    for node in ast.walk(statement.function):
        if isinstance(node, ast.For) and not node.lineno <= statement.line <= node.end_lineno:
            found |= {n.id: 2.0 for n in ast.walk(node.target) if isinstance(n, ast.Name)}
    return found


def _mark(value):
    value = np.asarray(value)
    return value.shape, value.tobytes() if value.size < 10_000 else value.ravel()[:64].tobytes()


def _atom(text, far, scopes):
    values = []
    for scope in scopes:
        value = valued(text, scope)
        if kind_of(value) is None:
            return None
        values.append(value)
    kinds = {kind_of(value) for value in values}
    kind = "array" if kinds == {"array", "scalar"} else kinds.pop() if len(kinds) == 1 else None
    return Atom(text, tuple(values), kind, far) if kind else None


def valued(text, scope):
    """The value of an expression among names; None where it has none."""
    try:
        return eval(text, dict(scope))
    except Exception:
        return None


def _texts(statement, scope):
    """Pairs (expression, how far from the statement it is written)."""
    line = statement.line
    for other in statement.source.statements:
        if other.function not in statement.scopes:
            continue
        far = 0.0 if other is statement else min(1 + abs(other.line - line) / 100, 1.9)
        for node in ast.walk(other.expression):
            if is_atomic(node):
                yield statement.source.segment(node), far
                if isinstance(node, ast.Name):
                    yield from _of_value(node.id, scope.get(node.id), far + 1.5)
    yield from _of_lists(statement, scope)
    yield from _of_arrays(statement, scope)
    yield from _of_patterns(statement, scope)
    yield from _of_functions(statement, scope)
    for name in local_names(statement, scope):
        yield name, 2.0
        yield from _of_value(name, scope[name], 2.5)
    for name in _constants(statement.source, scope):
        yield name, 2.8


def _constants(source, scope):
    """The numbers that a file assigns outside its functions."""
    assigned = [node.targets[0] for node in source.tree.body if isinstance(node, ast.Assign)]
    names = [target.id for target in assigned if isinstance(target, ast.Name)]
    return [name for name in names if isinstance(scope.get(name), (int, float))]


def _of_arrays(statement, scope):
    """Rows of arrays, by the variables that the function writes as an index of any of them."""
    subscripts = [n for n in ast.walk(statement.function) if isinstance(n, ast.Subscript)]
    axes = [axis for n in subscripts for axis in getattr(n.slice, "elts", [n.slice])]
    indices = {axis.id: None for axis in axes if isinstance(axis, ast.Name)}
    indices = [i for i in indices if isinstance(scope.get(i), (int, np.integer))]
    for name in local_names(statement, scope) if indices else ():
        for array in _arrays_of(name, scope[name]):
            for index in indices[:3]:
                yield f"{array}[{index}]", 1.5


def _arrays_of(name, value):
    """The text of an array, and of those that an object holds."""
    if isinstance(value, np.ndarray):
        return [name] if value.ndim else []
    if not hasattr(value, "__dict__") or isinstance(value, (types.ModuleType, type)):
        return []
    held = list(vars(value).items())[:40]
    return [f"{name}.{key}" for key, x in held if isinstance(x, np.ndarray) and x.ndim]


def _of_lists(statement, scope):
    """Entries of lists, by the indices that the function writes for any of its lists."""
    lists, indices = {}, {"-1": None, "-2": None, "0": None}
    for node in ast.walk(statement.function):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, (ast.Slice, ast.Tuple)):
            text = statement.source.segment(node.value)
            value = valued(text, scope) if is_atomic(node.value) else None
            if isinstance(value, (list, tuple, dict)):
                lists[text] = None
                indices[statement.source.segment(node.slice)] = None
    for text in lists:
        for index in list(indices)[:10]:
            yield f"{text}[{index}]", 1.5
    keys = [set(value) for text in lists if isinstance(value := valued(text, scope), dict)]
    named = [index for index in list(indices)[3:8] if index.isidentifier()]
    for name in local_names(statement, scope) if keys else ():  # the same keys in another dict
        if isinstance(scope[name], dict) and name not in lists and set(scope[name]) in keys:
            yield from ((f"{name}[{index}]", 1.5) for index in named)


def _of_patterns(statement, scope):
    """Arrays with an index of slices and new axes that the statement, or the function, writes."""
    patterns: dict = {}
    for tree, far in ((statement.node, 0.8), (statement.function, 2.0)):
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript):
                parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                if all(isinstance(p, (ast.Slice, ast.Constant)) for p in parts):
                    text = statement.source.segment(node.slice)
                    if "None" in text or ":" in text:
                        patterns.setdefault(text, far)
    for name in local_names(statement, scope):
        for array in _arrays_of(name, scope[name]) if patterns else ():
            for pattern, far in list(patterns.items())[:4]:
                yield f"{array}[{pattern}]", far


def _of_functions(statement, scope):
    """What a function of NumPy that a file applies to an array of some name gives of one here."""
    for other in statement.source.statements:
        for node in ast.walk(other.expression):
            if isinstance(node, ast.Call) and is_numpys(node.func) and len(node.args) == 1:
                (mine,) = node.args
                known = isinstance(mine, ast.Name) and kind_of(scope.get(mine.id)) == "array"
                if known and not node.keywords and node.func.attr in _FUNCTIONS:
                    yield statement.source.segment(node), 1.5


def local_names(statement, scope):
    """The names of a function and of what is around it that have a value."""
    used = {n.id for n in ast.walk(statement.function) if isinstance(n, ast.Name)}
    if statement.outer is not None:
        used |= {n.id for n in ast.walk(statement.outer) if isinstance(n, ast.Name)}
    used |= {a.arg for a in ast.walk(statement.function) if isinstance(a, ast.arg)}
    return sorted(name for name in used if name in scope and name not in _QUIET)


def _of_value(name, value, far):
    """What an array, an object or a dict has to give, as text."""
    if isinstance(value, np.ndarray):
        for axis in range(value.ndim):
            yield f"{name}.shape[{axis}]", far + 0.4
        yield f"{name}.size", far + 0.6
        if value.dtype.kind == "b":
            yield f"{name}.sum()", far + 0.2
    elif isinstance(value, (list, tuple)) and name.isidentifier():
        yield f"len({name})", far + 0.3
    elif isinstance(value, dict) and len(value) < 60:
        for key in value:
            if isinstance(key, str):
                yield f'{name}["{key}"]', far
    elif hasattr(value, "__dict__") and not isinstance(value, (types.ModuleType, type)):
        for key, inner in list(vars(value).items())[:40]:
            if kind_of(inner) is not None:
                yield f"{name}.{key}", far
            if isinstance(inner, np.ndarray) and inner.ndim:
                yield f"len({name}.{key})", far + 0.5


def is_harmless(node, called):
    """Whether an expression calls nothing but NumPy, methods of arrays, and what ran before."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            func = call.func
            name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            if not (
                is_numpys(func) or name in called or name in _ARRAY_METHODS or name in _BUILTINS
            ):
                return False
            if name in _HARMFUL or any(keyword.arg == "out" for keyword in call.keywords):
                return False
    return True


def unused_formulas(source, called):
    """{name: how many arguments} of functions that nothing called, and that only compute.

    They have no loops, write nothing and call nothing but NumPy: they may be tried.
    """
    found = {}
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name not in called:
            harmful = (ast.For, ast.While, ast.With, ast.Import, ast.Global, ast.Yield)
            plain = not any(isinstance(n, harmful) for n in ast.walk(node))
            if plain and is_harmless(node, called):
                found[node.name] = len(node.args.args)
    return found


def is_numpys(func):
    """Whether a function is named as one of NumPy: np.dot, np.add.at."""
    while isinstance(func, ast.Attribute):
        func = func.value
        if getattr(func, "id", "") in ("np", "numpy"):
            return True
    return False


def is_atomic(node):
    """A name, or an attribute or an entry of one, that is read."""
    if isinstance(node, ast.Name):
        return True
    if isinstance(node, ast.Attribute):
        return is_atomic(node.value) and node.attr not in ("T", "shape")
    if isinstance(node, ast.Subscript):
        return is_atomic(node.value) or _is_shape(node.value)
    return isinstance(node, ast.Call) and _is_length(node)


def _is_shape(node):
    return isinstance(node, ast.Attribute) and node.attr == "shape" and is_atomic(node.value)


def _is_length(call):
    return isinstance(call.func, ast.Name) and call.func.id == "len" and is_atomic(call.args[0])
