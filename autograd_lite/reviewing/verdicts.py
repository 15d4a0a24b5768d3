"""The verdict on each line of the backward pass."""

import ast
from dataclasses import dataclass, replace

import numpy as np

from . import runs, words
from .edits import COMPLETED, DERIVATIVE
from .flow import Flow, arrays_in, nodes_in
from .recognition import UNKNOWN
from .texts import tidied

RIGHT, WRONG, FOLLOWS, NOT_JUDGED = "right", "WRONG", "follows", "not judged"


@dataclass(frozen=True)
class Line:
    """A source line that was judged; a line in a loop is one.

    Attributes
    ----------
    path : str
    line : int
    name : str
        What the line assigns, as it is written.
    text : str
        The statement.
    verdict : str
        "right", "WRONG" (by itself), "follows" (wrong because of another line), "not judged".
    because : int or None
        The line that a line follows.
    suggestion : str or None
        The right line: in its place, it made all that is compared right.
    reason : str
        What is wrong with it.
    values : str
        Where it is furthest off, and what is right there.
    """

    path: str
    line: int
    name: str
    text: str
    verdict: str
    because: int | None = None
    suggestion: str | None = None
    reason: str = ""
    values: str = ""


def judged(examination, repairs, changed, left):
    """A `Line` for each statement of the backward pass, in the order of the files."""
    statements = {
        s.key: s for source in examination.program.sources.values() for s in source.statements
    }
    flow = _flow(examination, statements)
    wrong = {repair.key: repair for repair in repairs}
    after = _after(examination, changed) if repairs and not left else None
    before = _by_statement(examination.run.events)
    causes = _causes(flow, wrong)
    lines: dict = {}
    for name in sorted({*_keys(flow), *wrong}):
        statement = statements.get(name)
        if statement is None or not examination.program.judges(name):
            continue
        line = _line(examination, statement, name, wrong, before, after, causes)
        for mine in _by_line(line) if name in wrong else [line]:
            place = mine.path, mine.line
            if place not in lines or _rank(mine) < _rank(lines[place]):
                lines[place] = mine
    for place in _of_several(repairs):
        path, number = place
        offered = changed[path].lines[number - 1].strip() if path in changed else None
        lines[place] = replace(lines[place], suggestion=offered)
    return list(lines.values())


def _by_line(line):
    """A `Line` for each line that changes in a statement of several, where they are as many."""
    old, new = line.text.split("\n"), (line.suggestion or "").split("\n")
    pairs = [(a.strip(), b.strip()) for a, b in zip(old, new, strict=False)]
    changed = [i for i, (a, b) in enumerate(pairs) if a != b]
    if len(old) < 2 or len(old) != len(new) or len(changed) < 2:
        return [line]
    return [replace(line, line=line.line + i, text=pairs[i][0], suggestion=pairs[i][1])
            for i in changed]  # fmt: skip


def _of_several(repairs):
    """The places of lines in which several statements are repaired: ``a = b; c = d``."""
    places = [repair.statement.place for repair in repairs if repair.edit is not None]
    return {place for place in places if places.count(place) > 1}


def _rank(line):
    return (WRONG, FOLLOWS, RIGHT, NOT_JUDGED).index(line.verdict)


def _flow(examination, statements):
    truth = examination.truth
    roots = {}
    for path in examination.pairs:
        nodes = list(nodes_in(_kept(truth.run.gradients.get(path))))
        if nodes:
            roots[path] = nodes[0]
    return Flow(truth, examination.known, roots, statements, lambda name: True)


def _kept(value):
    return getattr(value, "node", None)


def _keys(flow):
    """The statements that made something of the returned gradients."""
    above = set(flow.nodes)
    return {owner for node, owner in flow.owner.items() if node in above}


def _after(examination, changed):
    """What each statement gives once the program is right."""
    run = runs.recorded(examination.program, examination.inputs, changed)
    return _by_statement(run.events)


def _by_statement(events):
    found: dict = {}
    for name, value in events:
        found.setdefault(name, []).append(value)
    return found


def _causes(flow, wrong):
    """{key: the wrong statements that its values come from}."""
    reached: dict = {}
    found: dict = {}
    for node in flow.nodes:
        mine = set()
        for _, parent in node.inputs():
            mine |= reached.get(parent, set())
        owner = flow.owner.get(node)
        if owner is not None:
            found.setdefault(owner, set()).update(mine - {owner})
        for name in flow.passed.get(node, ()):
            if name in wrong:
                mine = mine | {name}
        reached[node] = mine
    return found


def _line(examination, statement, name, wrong, before, after, causes):
    head = (statement.source.path, statement.line, statement.name, statement.text)
    values = _differs(examination, before.get(name), (after or {}).get(name), statement)
    if name in wrong:
        return _wrong_line(examination, statement, wrong[name], before.get(name), values, head)
    found = sorted(causes.get(name, ()))
    because = found[-1][1] if found else None
    if after is not None:
        if values:
            return Line(*head, FOLLOWS, because, values=values)
        return Line(*head, RIGHT)
    if found and wrong:
        return Line(*head, FOLLOWS, because)
    arrays = [a for value in before.get(name, ()) for a in arrays_in(value)]
    known = arrays and all(examination.known.of(a) != UNKNOWN for a in arrays[-1:])
    return Line(*head, RIGHT if known or not wrong else NOT_JUDGED)


def _wrong_line(examination, statement, repair, before, values, head):
    """The verdict on a line that is wrong by itself; ``head`` is what the line is called."""
    edit = repair.edit
    if edit is None:
        if repair.values:
            values = _differs(examination, before, repair.values, statement)
        return Line(*head, WRONG, reason="what it gives is no gradient of the loss", values=values)
    offered = suggestion(statement, edit)
    whole = edit.rank == COMPLETED or (edit.rank == DERIVATIVE and edit.kind == "formula")
    if whole and examination.has_noise:
        reason = f"{words.of_edit(edit)}; right would be: {words.short(offered, 300)}"
        return Line(*head, WRONG, reason=reason, values=values)
    if offered is not None:
        number, text, offered = _changed_line(statement, statement.text, offered)
        head = (statement.source.path, number, statement.name, text)
    return Line(*head, WRONG, None, offered, words.of_edit(edit), values)


def suggestion(statement, edit):
    """The whole line with the right statement in it; None of one that belongs elsewhere."""
    if edit.kind == "early update":
        return None
    new = tidied(edit.text)
    lines = statement.source.replaced(statement.expression, new)
    return "\n".join(lines[n] for n in sorted(lines) if lines[n]).strip()


def _changed_line(statement, text, offered):
    """(number, text, suggestion) of the one line that changes in a statement of several."""
    old, new = text.split("\n"), offered.split("\n")
    changed = [i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a.strip() != b.strip()]
    if len(old) < 2 or len(old) != len(new) or len(changed) != 1:
        return statement.line, text, offered
    (i,) = changed
    return statement.line + i, old[i].strip(), new[i].strip()


def _differs(examination, given, right, statement):
    """Where a line's value is furthest from the right one, in words; "" where it is not."""
    if given is None or right is None:
        return ""
    if len(given) != len(right):
        return f"carried out {len(given)} times, and {len(right)} times is right"
    for i, (one, other) in enumerate(zip(given, right, strict=True)):
        name = words.short(_noted(examination, statement, i), 24)
        for a, b in zip(arrays_in(one), arrays_in(other), strict=False):
            a, b = np.asarray(a), np.asarray(b)
            if a.shape != b.shape:
                return f"{name} has shape {a.shape}, and {b.shape} is right"
            if not examination.agree(a, b):
                far = np.abs(a - b)
                at = np.unravel_index(int(np.nanargmax(far)) if far.size else 0, far.shape)
                where = f"[{', '.join(map(str, at))}]" if at else ""
                return f"{name}{where} is {a[at]:.4g}, and {b[at]:.4g} is right"
    return ""


def _noted(examination, statement, i):
    """What the i-th value noted of a line is called: the array that it stores into, or its name."""
    target = statement.target
    assigns = isinstance(statement.node, ast.Assign)  # it gives first what is stored
    whole = statement.key in examination.run.wholes and not (assigns and i % 2 == 0)
    if whole and isinstance(target, ast.Subscript):
        return statement.source.segment(target.value)
    return statement.name
