"""What a line lacks, by the value that it should give: a term, a factor, a formula of a part."""

import ast

import numpy as np

from .edits import COMPLETED, SOLVED, TERM, Edit, bracketed
from .factors import Factor
from .short_formulas import made, slopes_of
from .solving import differences, solutions, sums
from .vocabulary import is_harmless, kind_of, valued


def completed(line):
    """One value as one more term or factor of the line, or of a part of it."""
    goal = line.goal
    if goal is None or not goal.inside:
        return
    values = {a.text: goal.together(a.values) for a in line.reach.atoms}
    for node, part, right in [(line.root, goal.given, goal.right), *_parts(line)]:
        for edit in _changes(line, node, part, right, values, SOLVED):
            if _count(edit.new) < 2:
                yield edit


def solved(line):
    """Products of two values as one more term or factor, or in the place of the value."""
    if line.goal is not None and line.goal.inside:
        yield from _of_the_whole(line, TERM)


def completions(line):
    """The same of each part of the line, and then with sums over an axis.

    Where the value is a whole array, of which the line stores a part: one more statement.
    """
    goal = line.goal
    if goal is None or not goal.inside:
        yield from _of_the_whole(line, COMPLETED) if goal is not None else ()
        return
    values = _values(line)
    parts = list(_parts(line))
    atoms = {a.text: values[a.text] for a in line.reach.atoms}
    calls = [line.text.of(n) for n in line.nodes if isinstance(n, ast.Call)]
    atoms |= {text: values[text] for text in calls if text in values}
    summed = sums(atoms, goal.right.shape)
    yield from _changes(line, line.root, goal.given, goal.right, {**atoms, **summed}, COMPLETED)
    for node, part, right in parts:
        yield from _changes(line, node, part, right, values, COMPLETED)
        for new in solutions(right, values, goal.close):
            yield line.edit(COMPLETED, node, new, "formula")
    values = {**atoms, **summed, **values}
    formulas = solutions(goal.right, values, goal.close)
    for new in [*formulas, *differences(goal.right, values, goal.close)]:
        yield line.edit(COMPLETED, line.root, new, "formula")
    for node, part, right in [(line.root, goal.given, goal.right), *parts]:
        yield from _changes(line, node, part, right, values, COMPLETED)
        with np.errstate(all="ignore"):
            factor = np.where((part == 0) & (right == 0), np.nan, right / part)
        for new in differences(factor, values, goal.close):
            yield line.edit(COMPLETED, node, f"{bracketed(line.text.of(node))} * {new}", "formula")
        for new in differences(right - part, values, goal.close):
            sign = "- " if new.startswith("-") else "+ "
            text = f"{line.text.of(node)} {sign}{new.removeprefix('-')}"
            yield line.edit(COMPLETED, node, text, "formula")


def _of_the_whole(line, rank):
    goal, values = line.goal, _values(line)
    yield from _changes(line, line.root, goal.given, goal.right, values, rank, goal.inside)
    for new in solutions(goal.right, values, goal.close) if goal.inside else ():
        yield line.edit(rank, line.root, new, "formula")


def _count(text):
    """How many names an expression mentions."""
    return len([n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name) and n.id != "np"])


def _values(line):
    """{text: value} of what the line could be written with, short formulas among it."""
    goal = line.goal
    atoms = line.reach.atoms
    values = {a.text: goal.together(a.values) for a in atoms}
    values |= {text: np.asarray(float(text)) for text in slopes_of(line.statement)}
    for atom in atoms:
        if any(np.ndim(v) > 2 for v in atom.values):
            values[f"{atom.text}.reshape(len({atom.text}), -1)"] = _rows(atom.values[0])
    inner = [
        line.text.of(n)
        for n in line.nodes
        if isinstance(n, (ast.BinOp, ast.Call)) and is_harmless(n, line.reach.called)
    ]
    for text in [*inner, *made(line)]:
        found = [valued(text, scope) for scope in goal.scopes]
        kinds = {kind_of(value) for value in found}
        if kinds <= {"array", "index"} or kinds == {"scalar"}:
            values.setdefault(text, goal.together(found))
    return values


def _rows(array):
    return np.reshape(array, (len(array), -1))


def _parts(line):
    """Triples (node, value, right value) of the parts that the line is linear in.

    Where the rest of the line is 0 the part may be anything: its right value is nan.
    """
    whole = line.text.of(line.root)
    for at, node in enumerate(ast.walk(line.root)):
        if node is line.root or not _is_part(line, node):
            continue
        try:
            with np.errstate(all="ignore"):
                slope, part, right = line.goal.solved(Factor(whole, at))
        except Exception:
            continue
        if np.any(slope):
            yield node, part, np.where(slope, right, np.nan)


def _is_part(line, node):
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    return isinstance(node, ast.expr) and line.is_replaceable(node)


def _changes(line, node, given, wanted, values, rank, inside=True):
    """One more term, or one more factor, for a node to give what is wanted."""
    old, close = line.text.of(node), line.goal.close
    if isinstance(node, ast.Constant) and node is not line.root:
        return
    with np.errstate(all="ignore"):
        factor = np.where((given == 0) & (wanted == 0), np.nan, wanted / given)
    for new in solutions(wanted - given, values, close):
        sign = "- " if new.startswith("-") else "+ "
        text = f"{old} {sign}{new.removeprefix('-')}"
        after = f"{sign[0]}= {new.removeprefix('-')}"
        kind = "path" if " " in new.removeprefix("-") else "term"
        yield _more(line, rank, node, inside, text, after, kind, new)
    for new in solutions(factor, values, close):
        if new.startswith("1 / "):
            by = new.removeprefix("1 / ")
            text = f"{bracketed(old)} / {bracketed(by)}"
            yield _more(line, rank, node, inside, text, f"/= {by}", "division", by)
            continue
        text = f"{bracketed(old)} * {bracketed(new)}"
        yield _more(line, rank, node, inside, text, f"*= {new}", "factor", new)


def _more(line, rank, node, inside, text, statement, kind, new):
    """A longer right-hand side, or one more statement on what is stored."""
    if inside:
        text = line.text.replaced((node, text))
    else:
        base = line.statement.target
        while isinstance(base, ast.Subscript):
            base = base.value
        text = f"{line.statement.text}; {line.text.of(base)} {statement}"
    return Edit(rank, text, f"missing {kind}", line.text.of(node), new)
