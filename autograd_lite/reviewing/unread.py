"""What a function has and does not read: a line that is wrong may be the one that lacks it."""

import ast
from functools import lru_cache
from itertools import permutations

from .edits import FACTOR, OTHER, TERM, Edit, bracketed
from .texts import is_simple
from .vocabulary import kind_of, valued

SCALARS = 6  # numbers by which a term may be divided


def unread(statement):
    """{text: the line where it is bound} of what nothing reads: names, attributes of self."""
    function, line = statement.function, statement.line
    if isinstance(function, ast.Lambda):
        return {}
    first = next((a.arg for a in function.args.args), None)
    own = _attributes(statement.source, function) if first == "self" else ()
    found = {f"{first}.{name}": function.lineno for name in own}
    names = _names(function).items()
    return found | {n: at for n, at in names if at <= line and not n.startswith("_")}


@lru_cache(256)
def _names(function):
    """{name: the line where it is bound last} of those that are not read, but to add to them."""
    nodes = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    bound = {a.arg: function.lineno for a in ast.walk(function.args) if isinstance(a, ast.arg)}
    bound |= {n.id: n.lineno for n in nodes if isinstance(n.ctx, ast.Store)}
    read = {n.id for n in nodes if isinstance(n.ctx, ast.Load)}
    shared = (n.names for n in ast.walk(function) if isinstance(n, (ast.Global, ast.Nonlocal)))
    return {n: at for n, at in bound.items() if n not in read.union(*shared)}


@lru_cache(256)
def _attributes(source, method):
    """The attributes that methods of its class set on ``self``, and no other function reads."""
    around = (n for n in ast.walk(source.tree) if isinstance(n, ast.ClassDef) and method in n.body)
    mine = {id(f) for owner in around for f in owner.body}
    set_by, read_by = {}, {}
    for function in ast.walk(source.tree):
        for n in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
            if isinstance(n, ast.Attribute):
                own = isinstance(n.ctx, ast.Store) and getattr(n.value, "id", "") == "self"
                (set_by if own else read_by).setdefault(n.attr, set()).add(id(function))
    unread = (a for a, setters in set_by.items() if read_by.get(a, set()) <= setters)
    return sorted(a for a in unread if set_by[a] <= mine)


def lacking(line, texts):
    """The forms of a line that read one of these: in the place of a value, as a factor, a term."""
    yield from _entries(line, texts)
    known = [text for text in texts if _kind(line, text) is not None]
    ready = [form for text in known for form in _forms(line, text)]
    ready += [f"{u} {sign} {v}" for u, v in permutations(known, 2) for sign in "*/"]
    for text in texts:
        for node in line.nodes:
            if text in known and line.is_place(node):
                yield line.edit(OTHER, node, text, "value")
            if isinstance(node, ast.Call) and node.args:
                last = node.args[-1]
                yield line.edit(OTHER, last, f"{line.text.of(last)}, {text}", "argument")
    for new in ready:
        for node in line.spots():
            old = line.text.of(node)
            forms = ("*", "missing factor"), ("/", "missing division")
            for sign, kind in forms[: 1 + is_simple(new)]:
                whole = line.text.replaced((node, f"{bracketed(old)} {sign} {new}"))
                yield Edit(FACTOR, whole, kind, old, new)
    scalars = [a.text for a in line.reach.atoms if a.kind == "scalar" and not a.text.isdigit()]
    for new in ready:
        terms = [new, *(f"{new} / {s}" for s in scalars[:SCALARS])]
        terms += [f"{s} * {new}" for s in scalars[:SCALARS]]
        for node in line.spots():
            old = line.text.of(node)
            for term in terms:
                for sign in "+-":
                    whole = line.text.replaced((node, f"{old} {sign} {term}"))
                    yield Edit(TERM, whole, "missing term", old, term)


def _entries(line, texts):
    """One entry for a window: a name added to where each of its slices begins."""
    for node in [*line.nodes, line.statement.target]:
        index = getattr(node, "slice", None)
        slices = [n for n in ast.walk(index) if isinstance(n, ast.Slice)] if index else []
        for names in permutations(texts, len(slices)) if slices else ():
            starts = [n.lower and bracketed(line.text.of(n.lower)) for n in slices]
            at = [f"{a} + {name}" if a else name for a, name in zip(starts, names, strict=True)]
            whole = line.text.replaced(*zip(slices, at, strict=True))
            yield Edit(OTHER, whole, "index", line.text.of(node), ", ".join(at))


def _kind(line, text):
    return kind_of(valued(text, line.reach.scopes[0]))


def _forms(line, text):
    """A value as it is, and as a column or turned."""
    yield text
    ndim = getattr(valued(text, line.reach.scopes[0]), "ndim", 0)
    if ndim:
        yield f"{text}[:, None]" if ndim == 1 else f"{text}.T"
