"""One value of a line for another: a name, a number, an index, an attribute."""

import ast
import re
import types

from .edits import OTHER, Edit, in_index
from .vocabulary import is_atomic, is_numpys, unused_formulas, valued

ARGUMENTS = 12  # arrays that may be the other argument of such a function
WRAPPED = 8  # values of a line that may lack a function around them
_ENTRYWISE = {"exp", "log", "sqrt", "tanh", "sin", "cos", "abs", "sign", "square", "log1p", "expm1"}


def others(line):
    """One atom for another; a number, an index, a call with one argument, for an atom."""
    places = [n for n in line.nodes if line.is_place(n)]
    calls = [n for n in line.nodes if isinstance(n, ast.Call) and len(n.args) == 1]
    for node in [*places, *calls]:
        old = line.text.of(node)
        for atom in line.reach.atoms:
            if atom.text != old:
                yield line.edit(OTHER, node, atom.text, "value")
    for node in line.nodes:
        if isinstance(node, ast.Name):
            for name in line.reach.alike.get(node.id, ()):
                yield line.edit(OTHER, node, name, "value")
    named = [n for n in places if not isinstance(n, ast.Constant)]
    for old in dict.fromkeys(map(line.text.of, named)):
        same = [n for n in places if line.text.of(n) == old]
        for atom in line.reach.atoms if len(same) > 1 else ():
            pairs = [(n, atom.text) for n in same]
            yield Edit(OTHER, line.text.replaced(*pairs), "value", old, atom.text)
    for node in line.nodes:
        computed = isinstance(node, (ast.Compare, ast.UnaryOp, ast.BinOp))
        if computed and in_index(node, line.statement.parents):
            for atom in [a for a in line.reach.atoms if a.kind in ("mask", "index")]:
                yield line.edit(OTHER, node, atom.text, "value")
    yield from other_functions(line)
    yield from functions_left_out(line)
    yield from other_indices(line)
    yield from other_attributes(line)


def other_functions(line):
    """A function that nothing called, whose name begins alike: relu_prime for relu."""
    unused = unused_formulas(line.statement.source, line.reach.called)
    for node in line.nodes:
        name = getattr(getattr(node, "func", None), "id", "")
        for other, count in unused.items() if name else ():
            if other[:3] == name[:3] and count == len(node.args):
                yield line.edit(OTHER, node.func, other, "function")


def functions_left_out(line):
    """A value as the argument of a function that the file calls with one: np.exp(x) for x."""
    calls = [n for n in ast.walk(line.statement.source.tree) if isinstance(n, ast.Call)]
    plain = [n.func for n in calls if len(n.args) == 1 and not n.keywords and is_numpys(n.func)]
    names = dict.fromkeys(ast.unparse(func) for func in plain)
    names = [n for n in names if n.rpartition(".")[2] in _ENTRYWISE]
    alone = [n.func.id for n in calls if isinstance(n.func, ast.Name) and len(n.args) == 1]
    scope = line.reach.scopes[0] if line.reach.scopes else {}
    names += [name for name in dict.fromkeys(alone) if _is_function(scope.get(name))]
    for node in line.spots()[:WRAPPED]:
        for name in names:
            yield line.edit(OTHER, node, f"{name}({line.text.of(node)})", "function")
    yield from functions_unused(line)


def functions_unused(line):
    """A value as an argument of a function that nothing called: softmax_adjoint(p, g) for g."""
    arrays = [a.text for a in line.reach.atoms if a.kind == "array"][:ARGUMENTS]
    for name, count in unused_formulas(line.statement.source, line.reach.called).items():
        for node in line.spots()[:WRAPPED] if count == 2 else ():
            old = line.text.of(node)
            for other in [a for a in arrays if a != old]:
                for given in (f"{other}, {old}", f"{old}, {other}"):
                    yield line.edit(OTHER, node, f"{name}({given})", "function")


def _is_function(value):
    """Whether a value is a function of the user's or of a library, no class and no built-in one."""
    return callable(value) and not isinstance(value, (type, types.BuiltinFunctionType))


def other_indices(line):
    """An index that stands in another subscript of the function."""
    shown = [*_indices_of(line.statement), *_entries_of_indices(line)]
    for node in [n for n in ast.walk(line.statement.expression) if isinstance(n, ast.Subscript)]:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        texts = [line.text.of(p) for p in parts]
        for i in range(len(parts)):
            for other in shown:
                if other != texts[i]:
                    new = ", ".join([*texts[:i], other, *texts[i + 1 :]])
                    whole = f"{line.text.of(node.value)}[{new}]"
                    yield line.edit(OTHER, node, whole, "index")
        for whole in _subscripts_of(line.statement):
            if whole != ", ".join(texts):
                yield line.edit(OTHER, node, f"{line.text.of(node.value)}[{whole}]", "index")
        yield from strided(line, node, parts)
        if len(parts) > 1:
            yield from shifted(line, node, parts)
    for whole in _subscripts_of(line.statement):
        for node in line.nodes:
            parent = line.statement.parents.get(node)
            inside = isinstance(parent, (ast.Subscript, ast.Attribute))
            if is_atomic(node) and isinstance(node, (ast.Name, ast.Attribute)) and not inside:
                new = f"{line.text.of(node)}[{whole}]"
                yield line.edit(OTHER, node, new, "index")
        yield from everywhere(line, whole)


def everywhere(line, index):
    """The same index for the target and for what is stored in it."""
    target = line.statement.target
    if not isinstance(target, ast.Name):
        return
    if isinstance(line.statement.node, ast.AugAssign):
        yield line.edit(OTHER, target, f"{target.id}[{index}]", "index")
    for node in line.nodes:
        if is_atomic(node) and node is not target:
            new = [(target, f"{target.id}[{index}]"), (node, f"{line.text.of(node)}[{index}]")]
            yield Edit(OTHER, line.text.replaced(*new), "index", target.id, f"{target.id}[{index}]")


def shifted(line, node, parts):
    """Every slice of a subscript moved by a number in reach; slices for entries."""
    for atom in [a for a in line.reach.atoms if a.kind == "scalar"]:
        texts, moved = [], 0
        for part in parts:
            text = line.text.of(part)
            if isinstance(part, ast.Slice) and part.upper and not part.lower:
                text = f"{atom.text}:{atom.text} + {line.text.of(part.upper)}"
                moved += 1
            texts.append(text)
        if moved:
            yield line.edit(OTHER, node, f"{line.text.of(node.value)}[{', '.join(texts)}]", "index")


def strided(line, node, parts):
    """Windows further apart, or nearer: i * s for each i of [i:i + k, j + r], and i for i * s."""
    first, scaled = [], []
    for part in parts:
        names = [n for n in ast.walk(part) if isinstance(n, ast.Name)]
        if names and isinstance(part, (ast.Slice, ast.BinOp)):
            begins = min(names, key=lambda n: (n.lineno, n.col_offset)).id
            first += [n for n in names if n.id == begins]
            scaled += [n for n in ast.walk(part) if _is_product(n)]
    for atom in [a for a in line.reach.atoms if a.kind == "scalar"] if first and not scaled else ():
        pairs = [(n, f"{n.id} * {atom.text}") for n in first]
        yield Edit(OTHER, line.text.replaced(*pairs), "index", line.text.of(node), atom.text)
    if len(scaled) > 1:
        pairs = [(n, line.text.of(n.left)) for n in scaled]
        yield Edit(OTHER, line.text.replaced(*pairs), "index", line.text.of(node))


def _is_product(node):
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)


def other_attributes(line):
    """Another attribute or key of the same container: it has it, or others are asked for it."""
    names = {n.attr for n in ast.walk(line.statement.function) if isinstance(n, ast.Attribute)}
    scope = line.reach.scopes[0] if line.reach.scopes else {}
    for node in line.nodes:
        owner = line.text.of(node.value) if hasattr(node, "value") and hasattr(node, "ctx") else ""
        if isinstance(node, ast.Attribute) and is_atomic(node):
            own = _attributes_of(valued(owner, scope))
            for name in [n for n in sorted(names | own) if n not in (node.attr, "T")]:
                yield line.edit(OTHER, node, f"{owner}.{name}", "value")
        if isinstance(node, ast.Subscript) and _is_key(node.slice) and is_atomic(node.value):
            held = valued(owner, scope)
            for key in [k for k in held if isinstance(k, str)] if isinstance(held, dict) else ():
                if key != node.slice.value:
                    yield line.edit(OTHER, node, f"{owner}[{key!r}]", "value")


def _is_key(index):
    return isinstance(index, ast.Constant) and isinstance(index.value, str)


def _attributes_of(value):
    """The names of what an object of the user's holds, a state or a cache."""
    if isinstance(value, (types.ModuleType, type)):
        return set()
    return {*getattr(value, "_fields", ()), *getattr(value, "__dict__", ())}


def _indices_of(statement):
    """The single indices that a function writes."""
    found = {}
    for node in ast.walk(statement.function):
        if isinstance(node, ast.Subscript):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            for part in parts:
                text = statement.source.segment(part)
                if not re.match(r"^['\"]", text):
                    found[text] = None
    return list(found)[:24]


def _entries_of_indices(line):
    """Entries of the arrays of whole numbers in reach, at the places that the line reads."""
    arrays = [a.text for a in line.reach.atoms if a.kind == "index" and a.text.isidentifier()]
    read = [n for n in line.nodes if isinstance(n, ast.Subscript)]
    return [f"{array}[{line.text.of(n.slice)}]" for array in arrays[:4] for n in read[:4]]


def _subscripts_of(statement):
    """The whole indices that a function writes, of slices and arrays, and then those of others."""
    found = {}
    for tree in (statement.function, statement.source.tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
                found[statement.source.segment(node.slice)] = None
    return list(found)[:16]
