"""What a line may lack: a derivative, a factor, a term, a path."""

import ast
import re
from dataclasses import replace
from itertools import product as pairs_of

import numpy as np

from .edits import (
    DERIVATIVE,
    FACTOR,
    FORMULA,
    OTHER,
    PATH,
    PENALTY,
    TERM,
    Edit,
    bracketed,
)
from .pairs import assigned, bare
from .solving import products as shapes_of
from .vocabulary import is_atomic, valued

NEAREST = 24  # values of which two make a further path
NUMBERS = 4  # of the function, as factors
_WORD = re.compile(r"[^\W\d]\w*")
_ACTIVATIONS = ("({} > 0)", "(1 - {} ** 2)", "({} * (1 - {}))")

_SLOPES = {  # of the functions that a file applies
    "np.sin(": "np.cos({})", "np.cos(": "np.sin({})", "np.exp(": "np.exp({})",
    "np.tanh(": "(1 - np.tanh({}) ** 2)", "np.log1p(": "1 / (1 + {})",
    "log1p(np.exp(": "1 / (1 + np.exp(-{}))", "log(1 + np.exp(": "1 / (1 + np.exp(-{}))",
}  # fmt: skip


def derivatives(line):
    """The derivative of an activation in the place of a value, or as one more factor."""
    arrays = [a for a in line.reach.atoms if a.kind == "array" or a.varies][:12]
    places = [n for n in line.nodes if line.is_place(n) and not isinstance(n, ast.Constant)]
    written = "\n".join(line.statement.source.lines)
    slopes = [slope for call, slope in _SLOPES.items() if call in written]
    for node in line.nodes:
        for new in _slopes_of(line, node) if isinstance(node, ast.Call) else ():
            yield line.edit(DERIVATIVE, node, new, "derivative")
    for atom in arrays:
        text = bracketed(atom.text)
        for form in (*_ACTIVATIONS, *slopes):
            new = form.format(*[text] * form.count("{}"))
            for node in places:
                yield line.edit(DERIVATIVE, node, new, "derivative")
            for node in line.spots()[:1]:
                old = line.text.of(node)
                more = line.text.replaced((node, f"{bracketed(old)} * {new}"))
                yield Edit(DERIVATIVE, more, "missing factor", old, new)


def _slopes_of(line, call):
    """The derivative of what is called, in its place: of np.maximum(x, 0), np.abs(x)."""
    name, given = getattr(call.func, "attr", ""), list(map(line.text.of, call.args))
    if name == "maximum" and len(given) == 2 and "0" in given:
        inner = given[given[0] == "0"]
        yield f"({inner} > 0)"
    elif name == "abs" and len(given) == 1:
        yield f"np.sign({given[0]})"


def numbers(line):
    """A number that the function writes elsewhere, as one more factor: the 6 of dt / 6."""
    for number in _numbers_of(line.statement):
        for node in line.spots():
            old = bracketed(line.text.of(node))
            for new, kind in (f"{number} * {old}", "factor"), (f"{old} / {number}", "division"):
                whole = line.text.replaced((node, new))
                yield Edit(OTHER, whole, f"missing {kind}", line.text.of(node), number)


def factors(line):
    for node in line.spots():
        old = line.text.of(node)
        for new in ("2", "0.5"):
            yield Edit(
                FACTOR, line.text.replaced((node, f"{new} * {bracketed(old)}")),
                "missing factor", old, new,
            )  # fmt: skip
        for name in line.inner:
            new = f"{bracketed(old)} * {name}"
            yield Edit(FACTOR, line.text.replaced((node, new)), "missing factor", old, name)
        for atom in line.reach.atoms:
            forms = [("{} * {}", "missing factor"), ("{} / {}", "missing division")]
            divides = atom.kind != "array" or node is line.root
            for form, kind in forms[: 1 + divides]:
                new = form.format(bracketed(old), bracketed(atom.text))
                yield Edit(FACTOR, line.text.replaced((node, new)), kind, old, atom.text)


def _numbers_of(statement):
    """The whole numbers from 3 on that the function computes with, the nearest first."""
    found = {}
    for other in statement.source.statements:
        for node in ast.walk(other.expression) if other.function is statement.function else ():
            parent = other.parents.get(node)
            number = isinstance(node, ast.Constant) and type(node.value) is int and node.value > 2
            if number and isinstance(parent, ast.BinOp):
                found.setdefault(str(node.value), abs(other.line - statement.line))
    return sorted(found, key=found.get)[:NUMBERS]


def alike_terms(line):
    """A term once more, of what is called alike: dzi @ Wi.T + dzf @ Wf.T, p["Wi"] and p["Wf"]."""
    if line.statement.part:
        return
    scope, old = line.reach.scopes[0], line.text.of(line.root)
    for term in map(line.text.of, _terms_of(line.root)):
        words = sorted(set(_WORD.findall(term)))
        for suffix in dict.fromkeys(word[i:] for word in words for i in (-1, -2)):
            mine = [word for word in words if word.endswith(suffix) and word != suffix]
            first = next((w.removesuffix(suffix) for w in mine if _is_array(scope, w)), None)
            if len(mine) < 2 or first is None:
                continue
            for other in (n.removeprefix(first) for n in scope if n.startswith(first)):
                new = {word: word.removesuffix(suffix) + other for word in mine}
                more = _WORD.sub(lambda word, new=new: new.get(word[0], word[0]), term)
                if other != suffix and more not in old and valued(more, scope) is not None:
                    for sign in "+-":
                        whole = line.text.replaced((line.root, f"{old} {sign} {more}"))
                        yield Edit(TERM, whole, "missing term", old, more)


def _terms_of(node):
    """The terms of a sum, the last one first."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        yield node.right
        node = node.left
    yield node


def _is_array(scope, name):
    return isinstance(scope.get(name), np.ndarray)


def _labels(line):
    """Where the loop is at the label of a sample, in loops over classes: (k == y[i])."""
    function, at = line.statement.function, line.statement.line
    loops = [n for n in ast.walk(function) if isinstance(n, ast.For)]
    loops = [n for n in loops if n.lineno < at <= n.end_lineno and isinstance(n.target, ast.Name)]
    whole = [a.text for a in line.reach.atoms if a.kind == "scalar" and _is_whole(a.values)]
    labels = [text for text in whole if text.endswith("]")]
    return [f"({loop.target.id} == {label})" for loop in loops for label in labels]


def _is_whole(values):
    return all(isinstance(v, (int, np.integer)) for v in values)


def terms(line):
    yield from alike_terms(line)
    labels = _labels(line)
    old = line.text.of(line.root)
    for part in () if line.statement.part else line.reach.ingredients:  # what other lines say
        for sign in "+-":
            new = f"{old} {sign} {bracketed(part)}"
            yield Edit(TERM, line.text.replaced((line.root, new)), "missing term", old, part)
    for node in line.spots():
        old = line.text.of(node)
        for mean in ("mean(0)", "mean(1, keepdims=True)", "mean()") if is_atomic(node) else ():
            new = f"{old} - {old}.{mean}"
            yield Edit(TERM, line.text.replaced((node, new)), "missing term", old, new)
        terms = [a.text for a in line.reach.atoms if a.kind in ("array", "scalar")] + line.inner
        terms += labels
        for term in [*terms, "1"]:
            for sign in "+-":
                new = f"{old} {sign} {term}"
                yield Edit(TERM, line.text.replaced((node, new)), "missing term", old, term)
            new = f"{term} - {bracketed(old)}"
            yield Edit(TERM, line.text.replaced((node, new)), "missing term", old, term)


def penalties(line, mine=True):
    """A term that is a number times what the line is the gradient of: a regulariser.

    With ``mine=False`` it is a number times something else.
    """
    name = bare(assigned(line.statement)).lower()
    for edit in _numbers_times_arrays(line):
        if mine == (name in re.findall(r"[a-z_]\w*", edit.new.lower())):
            yield edit if mine else replace(edit, rank=FORMULA)


def _numbers_times_arrays(line):
    scalars = [a.text for a in line.reach.atoms if a.kind == "scalar" and not a.text.isdigit()]
    arrays = [a.text for a in line.reach.atoms if a.kind == "array" or a.varies]
    root = line.root
    if isinstance(root, ast.ListComp):  # of each entry, with what the loop goes over
        root, arrays = root.elt, line.inner
    old = line.text.of(root) if not line.statement.part else ""
    for one in scalars[:10]:
        factors = [one, f"2 * {one}"]
        for two in scalars[:10]:
            factors += [f"{one} / {two}", f"{one} / {two} ** 2"] if two != one else []
        for factor in factors if old else ():
            for array in arrays:
                term = f"{factor} * {array}"
                text = line.text.replaced((root, f"{old} + {term}"))
                yield Edit(PENALTY, text, "missing term", old, term)


def products(line):
    """A further path: the matrix product of two arrays in reach as one more term."""
    arrays = [a for a in line.reach.atoms if a.kind == "array" and len(a.shape) in (1, 2, 3)]
    for one, two in pairs_of(arrays, repeat=2):
        forms = [f for f, shape in shapes_of(one.shape, two.shape) if shape in line.shapes]
        for form in forms:
            yield form.format(bracketed(one.text), bracketed(two.text))


def paths(line):
    """A further path: the product or the quotient of two values in reach as one more term."""
    if line.statement.part:
        return
    values = [a for a in line.reach.atoms if a.kind in ("array", "scalar")][:NEAREST]
    for one, two in pairs_of(values, repeat=2):
        if not _broadcast(one.shape, two.shape) <= line.shapes:
            continue
        ordered = one.text <= two.text
        for form in ("{} * {}", "{} / {}") if ordered else ("{} / {}",):
            term = form.format(bracketed(one.text), bracketed(two.text))
            for sign in "+-":
                yield path(line, PATH, term, sign)


def path(line, rank, term, sign="+"):
    old = line.text.of(line.root)
    text = line.text.replaced((line.root, f"{old} {sign} {term}"))
    return Edit(rank, text, "missing path", old, term)


def _broadcast(*shapes):
    """The shape that some shapes are broadcast to, as a set; none where they do not fit."""
    try:
        return {np.broadcast_shapes(*shapes)}
    except ValueError:
        return set()
