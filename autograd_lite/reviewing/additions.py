"""What a line may lack: a derivative, a factor, a term, a path."""

import ast
import re
from dataclasses import replace
from itertools import product as pairs_of

import numpy as np

from .edits import (
    COMPLETED,
    DERIVATIVE,
    FACTOR,
    FORMULA,
    OTHER,
    PATH,
    PENALTY,
    SLIP,
    TERM,
    Edit,
    bracketed,
)
from .pairs import assigned, bare
from .solving import products as shapes_of
from .vocabulary import is_atomic, valued

NEAREST = 24  # values of which two make a further path
NUMBERS = 4  # of the function, as factors
NORMAL = 0.05  # how far eps takes a variance from 1
_SPACE = re.compile(r"[\s()]")
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


def of_softmax(line):
    """The derivative of softmax p for a product p * g, or p * (1 - p) * g: p * (g - sum of p * g).

    It is the product of its Jacobian, diag(p) - p p', with g.
    """
    for node in line.nodes:
        factors = list(_factors_of(node)) if isinstance(node, ast.BinOp) else []
        plain = [line.text.of(n) for n in factors if is_atomic(n)]
        spare = [n for n in factors if not is_atomic(n)]
        slopes = {f"1-{text}" for text in plain}
        if len(plain) == 2 and all(_SPACE.sub("", line.text.of(n)) in slopes for n in spare):
            for p, g in (plain, plain[::-1]):
                sums = [f"{p} @ {g}", *(f"({p} * {g}).sum({n}, keepdims=True)" for n in (-1, 0))]
                for total in sums:
                    yield line.edit(DERIVATIVE, node, f"{p} * ({g} - {total})", "formula")


def of_normalization(line):
    """The derivative of x = (a - mean) / std, of which g / std is a part: two means of g are left.

    g - mean(g) - x * mean(g * x), along the axis of the mean (Ioffe and Szegedy, 2015).
    """
    spots = [node for node in line.spots() if not _has_sum(node)]
    parents = line.statement.parents  # what is handed out by its name is made before
    out = ast.Tuple, ast.List, ast.Dict, ast.Return
    spots = [n for n in spots if not (is_atomic(n) and isinstance(parents.get(n), out))]
    return (line.edit(DERIVATIVE, *found, "formula") for found in _normalized(line, spots))


def normalized_in_part(line):
    """The same of a line that has one of the two means."""
    spots = [node for node in line.spots() if _has_sum(node)]
    return (line.edit(COMPLETED, *found, "formula") for found in _normalized(line, spots))


def _has_sum(node):
    operators = (n.op for n in ast.walk(node) if isinstance(n, ast.BinOp))
    return any(isinstance(op, (ast.Add, ast.Sub)) for op in operators)


def _normalized(line, spots):
    """Pairs (node, what is left of it after a normalization)."""
    for x in [a for a in line.reach.atoms if a.kind == "array"]:
        for mean in _means_of_normalized(x):
            for node in spots:
                g = bracketed(line.text.of(node))
                yield node, f"{g} - {g}.{mean} - {x.text} * ({g} * {x.text}).{mean}"


def _means_of_normalized(atom):
    """The calls of mean that tell of an array its mean is 0 and its variance 1."""
    x, found = atom.values[0], []
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f" or x.ndim < 2:
        return found
    axes = [(i,) for i in range(x.ndim)]
    axes += [(*range(i), *range(i + 1, x.ndim)) for i in range(x.ndim) if x.ndim > 2]
    for axis in axes:
        squares = (x**2).mean(axis)
        if np.allclose(x.mean(axis), 0, atol=1e-5) and np.allclose(squares, 1, atol=NORMAL):
            whole = axis if len(axis) > 1 else axis[0]
            found.append("mean(0)" if axis == (0,) else f"mean({whole}, keepdims=True)")
    return found


def of_cross_entropy(line):
    """p less one for the label, for an entry of the Jacobian of softmax chosen by a label."""
    for chosen in (node for node in line.nodes if isinstance(node, ast.IfExp)):
        test = line.text.of(chosen.test)
        for side, one in (chosen.body, "1 if {} else 0"), (chosen.orelse, "0 if {} else 1"):
            factors = [line.text.of(n) for n in _factors_of(side)]
            rest = {_SPACE.sub("", text) for text in factors}
            for p in (text for text in factors if f"1-{_SPACE.sub('', text)}" in rest):
                yield line.edit(SLIP, chosen, f"{p} - ({one.format(test)})", "formula")


def _factors_of(node):
    """The factors of a product of any number."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _factors_of(node.left)
        yield from _factors_of(node.right)
    else:
        yield node


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
