"""Formulas in the place of a part of a line: by what another line says."""

import ast
from itertools import combinations

from .additions import path, penalties, products
from .analogies import analogous
from .edits import ALIKE, FORMULA, INGREDIENT, TWO, Edit, bracketed
from .short_formulas import made
from .slips import slips_at
from .vocabulary import is_atomic


def alike(line):
    """What other lines say of something else."""
    for text in analogous(line.statement):
        yield Edit(ALIKE, text, "formula", line.text.of(line.root), text)


def formulas(line):
    found = [m for m in made(line) if m]
    for node in line.nodes:
        parent = line.statement.parents.get(node)
        argument = isinstance(node, ast.Constant) and isinstance(parent, ast.Call)
        if line.is_replaceable(node) or argument:
            for new in found:
                yield line.edit(FORMULA, node, new, "formula")
    places = [n for n in line.nodes if line.is_place(n) and not isinstance(n, ast.Constant)]
    for old in dict.fromkeys(map(line.text.of, places)):
        same = [n for n in places if line.text.of(n) == old]
        for new in found if len(same) > 1 else ():
            yield Edit(FORMULA, line.text.replaced(*[(n, new) for n in same]), "value", old, new)
    for node in line.spots()[:3]:
        old = line.text.of(node)
        for new in found:
            text = f"{bracketed(old)} * {bracketed(new)}"
            yield Edit(FORMULA, line.text.replaced((node, text)), "missing factor", old, new)
    for node in line.spots():
        old = line.text.of(node)
        for atom in [a for a in line.reach.atoms if a.kind == "array"]:
            new = f"{bracketed(old)} / {bracketed(atom.text)}"
            text = line.text.replaced((node, new))
            yield Edit(FORMULA, text, "missing division", old, atom.text)
    yield from penalties(line, mine=False)


def ingredients(line):
    """Parts of other lines, as they are or with one name exchanged."""
    if not line.statement.part:
        for term in products(line):
            yield path(line, INGREDIENT, term)
            yield line.edit(INGREDIENT, line.root, term, "formula")
    for node in line.nodes:
        if line.is_replaceable(node) or isinstance(node, (ast.IfExp, ast.Subscript)):
            for new in [
                *line.reach.ingredients,
                *[a.text for a in line.reach.atoms if a.kind == "array"],
            ]:
                yield line.edit(INGREDIENT, node, new, "formula")
            if (isinstance(node, ast.Call) and len(node.args) == 1) or is_atomic(node):
                one = line.text.of(node.args[0] if isinstance(node, ast.Call) else node)
                for new in line.reach.ingredients:
                    yield line.edit(INGREDIENT, node, f"{one} / {bracketed(new)}", "formula")
                    yield line.edit(INGREDIENT, node, f"{one} * {bracketed(new)}", "formula")
    for node in line.spots()[:2]:
        old = line.text.of(node)
        for new in line.reach.ingredients:
            for sign in "+-":
                text = line.text.replaced((node, f"{old} {sign} {new}"))
                yield Edit(INGREDIENT, text, "missing term", old, new)
            for form in ("{} * {}", "{} / {}"):
                text = form.format(bracketed(old), bracketed(new))
                text = line.text.replaced((node, text))
                yield Edit(INGREDIENT, text, "missing factor", old, new)


def twice(line):
    """Two slips in one line, in parts that do not overlap."""
    single = []
    for node in line.nodes:
        single += [(node, new, kind) for new, kind in slips_at(line, node)]
    places = [n for n in line.nodes if line.is_place(n)]
    for node in places:
        old = line.text.of(node)
        single += [(node, a.text, "value") for a in line.reach.atoms[:12] if a.text != old]
    for (one, new, kind), (other, second, _) in combinations(single, 2):
        if _apart(line.text.span(one), line.text.span(other)):
            text = line.text.replaced((one, new), (other, second))
            yield Edit(TWO, text, kind, line.text.of(one), new)


def _apart(one, other):
    return one[1] <= other[0] or other[1] <= one[0]
