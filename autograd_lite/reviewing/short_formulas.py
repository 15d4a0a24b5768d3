"""Short formulas of the values in reach: the usual derivatives, and what the user calls."""

import ast

from .edits import bracketed
from .vocabulary import unused_formulas

_TEMPLATES = (
    ("({} > 0)", "array"),
    ("(1 - {})", "array"),
    ("(1 - {})", "index"),
    ("{} * (1 - {})", "array"),
    ("(1 - {} ** 2)", "array"),
    ("1 / {}", "any"),
    ("{} ** 2", "any"),
    ("np.exp({})", "array"),
    ("np.sign({})", "array"),
    ("np.sqrt({})", "any"),
    ("np.cos({})", "array"),
    ("np.sin({})", "array"),
    ("(1 + {})", "any"),
    ("({} - 1)", "any"),
    ("(1 / (1 + np.exp(-{})))", "array"),
    ("np.tanh({})", "array"),
    ("2 * {}", "array"),
    ("~{}", "mask"),
)


def made(line):
    """Short formulas of the atoms: what the user calls with one, and the usual derivatives."""
    for name in _functions_of_one(line.statement, line.reach.called):
        for atom in line.reach.atoms:
            if atom.kind in ("array", "index"):
                yield f"{name}({atom.text})"
    arrays = [a for a in line.reach.atoms if a.kind != "scalar" or a.varies][:12]
    for atom in [*arrays, *[a for a in line.reach.atoms if a.kind == "scalar"][:6]]:
        for form, kind in _TEMPLATES:
            if (
                atom.kind == kind
                or (kind == "array" and atom.varies)
                or (kind == "any" and atom.kind in ("array", "scalar"))
            ):
                yield form.format(*[bracketed(atom.text)] * form.count("{}"))
    slopes = [a.text for a in line.reach.atoms if a.kind == "scalar" and 0 < abs(a.values[0]) < 1]
    yield from (f"(1 - {slope})" for slope in slopes[:4])
    for slope in [*slopes[:4], *slopes_of(line.statement)]:
        for atom in arrays:
            if atom.kind == "array":
                yield f"np.where({atom.text} > 0, 1, {slope})"
                yield f"{slope} * {bracketed(atom.text)}"


def slopes_of(statement):
    """Numbers between 0 and 1 that are written in the file, as text; a half is no slope."""
    numbers = [n.value for n in ast.walk(statement.source.tree) if isinstance(n, ast.Constant)]
    floats = [x for x in numbers if isinstance(x, float) and 0 < x < 0.5]
    return list(dict.fromkeys(map(repr, floats)))[:4]


def _functions_of_one(statement, called):
    """The user's functions of one argument: those that ran, and those that only compute."""
    found = {}
    for node in ast.walk(statement.source.tree):
        single = isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords
        if single and isinstance(node.func, ast.Name) and node.func.id in called:
            found[node.func.id] = None
    unused = unused_formulas(statement.source, called)
    return [*found, *(name for name, count in unused.items() if count == 1)]
