"""Wrong formulas of the derivation that give the numbers of some rows."""

from __future__ import annotations

from functools import cache
from itertools import chain

import numpy as np

from . import phrasing
from .edits import Editor
from .formulas import formulas_of_tape
from .graph import LARGE
from .mistakes import Candidate
from .sentences import elided
from .wrong_steps.edge_rules import is_function
from .wrong_steps.recognised_functions import recognised_functions

VISITS = 40_000  # that each of three searches may make: of formulas computed again, and of edits
NODES = 250  # of a graph that is derived again
BEHIND = 2  # ranks: of mistakes that fit alike those that have a rule of their own are said first
SHORT = 40  # steps of a derivation in which two edits are looked for
OFTEN = 1.3  # the rank of an edit that is made together with another
EDIT = 3  # visits that it costs to make an edit
LONG = 70  # characters of a formula that is shown whole


def one_formula(search):
    """One edit of the derivation, in one place or wherever the same formula stands."""
    formulas = _formulas(search)
    if formulas is None:
        return []
    found, lines = [], set()
    tries = sorted(_tries(search, formulas), key=lambda edits: next(iter(edits.values())).rank)
    for edits in search.graph.affordable(tries, VISITS):
        line, before = formulas.line_of(next(iter(edits))), formulas.work
        if line in lines:
            continue  # something simpler in this line explains as much
        many = _candidates(search, formulas, edits)
        lines |= {line} if any(len(c.explains) == len(search.left) for c in many) else set()
        found += many
        search.graph.visits += formulas.work - before
    return found or _two_edits(search, formulas)


def _two_edits(search, formulas):
    """One or two edits of one line alone; not in long loops."""
    if len(formulas.backward) > SHORT:
        return []
    editor = Editor(formulas, whole=True)
    wanted = {formulas.results[e.bottom] for e in search.left}
    lines = [x for x in reversed(formulas.backward) if x in formulas.lines]
    lines = [x for x in lines if formulas.reach(x) & wanted]
    ones = cache(lambda x: _often(editor, x, x))
    single = ((x, (one,)) for x in lines for one in ones(x))
    double = (
        (x, (one, two)) for x in lines for one in ones(x) for two in _often(editor, one.whole, x)
    )
    for x, edits in search.graph.affordable(chain(single, double), VISITS):
        search.graph.visits += 2 * EDIT + 2 * _size(x)
        before = formulas.work
        found = _candidates(search, formulas, {x: edits[-1]}, edits[:-1])
        search.graph.visits += formulas.work - before
        if found:
            return found
    return []


def _size(x):
    """What an edit of a large array costs more than that of a small one, in visits."""
    return 0 if x.shape is None else x.size // LARGE


def _often(editor, x, line):
    """The edits of an expression that are made most, and change the line that it stands for."""
    edits = (edit for edit in editor.edits(x) if edit.rank <= OFTEN)
    return sorted((edit for edit in edits if _is_other(edit, line)), key=lambda edit: edit.rank)


def _tries(search, formulas):
    """{expression: edit}: single edits, and the same edit wherever the same array stands."""
    editor, groups, singles = Editor(formulas, instead_of=search.graph.instead_of), {}, []
    wanted = {formulas.results[e.bottom] for e in search.left}
    edited = chain(reversed(formulas.backward), reversed(formulas.forward))
    for x in search.graph.affordable(edited, VISITS):
        if not formulas.reach(x) & wanted:
            continue
        whole = x in formulas.edited or x in formulas.lines  # dz = z - y is in the loss, too
        for edit in editor.edits(x) if whole else editor.edits(x, 0):
            search.graph.visits += EDIT + _size(edit.whole)
            if not _is_other(edit, x):
                continue
            singles.append({x: edit})
            for place in edit.places:
                groups.setdefault((edit.kind, place), {}).setdefault(x, edit)
    for h in formulas.symbols:
        if h.shape and h not in formulas.edited and h.dtype is not None and h.dtype.kind == "f":
            singles += [{h: edit} for edit in editor.everywhere(h) if _is_other(edit, h)]
    many = {(tuple(g), kind): g for (kind, _), g in groups.items() if len(g) > 1}
    return [*many.values(), *singles]


def _formulas(search):
    """The derivation of the rows; None where there is none, or another mistake is in the pass."""
    if search.backward.steps or len(search.graph.nodes) > NODES:
        return None
    case = search.case
    targets = list(case.gradients)
    try:
        graph, fixed = search.graph, search.backward.fixed
        also = {h: f"{op.name}({graph.label(z)})" for h, z, op in recognised_functions(graph)}
        also |= {n: graph.label(n) for n in graph.nodes if is_function(n.op)}
        also |= {n: graph.label(n) for n in graph.nodes if _is_shifted(n)}
        found = formulas_of_tape(case.loss, case.names, targets, also, fixed, graph.careful)
    except (TypeError, ValueError, NotImplementedError):  # a call that has no formula
        return None
    for x in {x for step in found.steps for x in step.operands() if x.kind != "call" and x.shape}:
        if x.dtype.kind == "b" and (name := search.graph.condition(x.value)) is not None:
            found.symbols[x] = name
    seconds = [e for e in case.gradients.values() if phrasing.is_second(e)]
    found.symbols.update((found.results[e.bottom], e.label) for e in seconds)
    return found


def _is_shifted(node):
    """Whether a call adds a number to a function, as exp(z) - 1 does."""
    if node.op is None or node.op.f not in (np.add, np.subtract):
        return False
    (x, y), (one, other) = node.args, node.parents
    return (np.ndim(y) == 0 and one is not None and is_function(one.op)) or (
        np.ndim(x) == 0 and other is not None and is_function(other.op)
    )


def _is_other(edit, x):
    """Whether an edit changes the value, to another number."""
    if x.shape is None:
        return False
    new, old = np.asarray(edit.whole.value), np.asarray(x.value)
    if new.dtype.kind not in "fciub" or old.dtype.kind not in "fciub" or np.isnan(new).any():
        return False
    finite = np.isfinite(old) & np.isfinite(new)
    if not np.array_equal(new[~finite], old[~finite]):
        return True
    new, old = new[finite] * 1.0, old[finite] * 1.0
    return bool(np.abs(new - old).max(initial=0.0) > 1e-9 * np.abs(old).max(initial=0.0))


def _candidates(search, formulas, edits, after=()):
    """The candidate that edits are, and the one that was made before them in the same line."""
    x, edit = next(iter(edits.items()))
    for kept in _kept(formulas, edits):
        try:
            with np.errstate(all="ignore"):
                replaced = {x: formulas.again(edit.whole) for x, edit in edits.items()}
                changed = formulas.changed(replaced, kept)
        except (ValueError, TypeError, IndexError, np.linalg.LinAlgError):
            continue
        explained = _explained(search, changed)
        if explained:
            if after:
                text = _both_said(x, *after, edit, formulas)
            else:
                text = _said(x, edit, formulas, len(edits))
            if x.kind != "call":
                text = f"in {phrasing.subject(explained, search.case)}: {text}"
            rank = BEHIND + edit.rank + (len(edits) > 1) * 0.5 + (kept is not None)
            gives = phrasing.proof(explained, search.case, "the derivation")
            return [Candidate(edit.key, text, explained, rank=rank, gives=gives)]
    return []


def _kept(formulas, edits):
    """Which values of the forward pass stay as they are, where others of them are edited."""
    if all(x in formulas.edited for x in edits):
        return [None]
    lines = {formulas.line_of(x) or x for x in edits}
    after = set().union(*(formulas.reach(line) for line in lines)) - lines
    named = [x for x in formulas.forward if x in formulas.symbols and x not in edits]
    return dict.fromkeys([(), tuple(x for x in formulas.forward if x in after), tuple(named)])


def _explained(search, changed):
    """The rows that changed gradients explain; none if they spoil a right row."""
    rows = [e for e in search.left if e.bottom in changed]
    spoiled = (
        e.bottom in changed and not search.fit.agree(e.given, changed[e.bottom], e.floor)
        for e in search.right
    )
    if any(spoiled):
        return []
    return [e for e in rows if search.fit.explains(e.given, changed[e.bottom], search.expected(e))]


def _both_said(x, one, two, formulas):
    old, new = formulas.written_out(x), formulas.written_out(two.whole)
    if one.places and one.places == two.places and one.says == two.says:
        return f"in {formulas.symbols[x]}: {_filled(one, formulas)}"
    if max(len(old), len(new)) <= LONG:
        return f"in {formulas.symbols[x]}: {new} stands where {old} belongs"
    first, then = (_filled(edit, formulas) for edit in (one, two))
    return f"in {formulas.symbols[x]}: {first}\nand {then}"


def _filled(edit, formulas):
    """The sentence of an edit, with what was left out of its formulas in the next line."""
    parts = _parts(edit, formulas)
    said = edit.says.format(**{name: elided(part) for name, part in parts.items()})
    whole = edit.says.format(**parts)
    return said if said == whole else f"{said}\n{whole}"


def _parts(edit, formulas):
    """What is filled in in the sentence of an edit."""
    parts = {name: formulas.written_out(getattr(edit, name)) for name in ("old", "new")}
    if edit.part is not None:
        parts["part"] = formulas.write(edit.part) + phrasing.what_array(edit.part)
    return parts


def _said(x, edit, formulas, count):
    """The sentence: in which line, what stands there, and what belongs there."""
    parts = _parts(edit, formulas)
    line = formulas.line_of(x)
    is_edited = x in formulas.edited or x in formulas.lines
    name = formulas.symbols.get(line) if line is not x or is_edited else None
    where = "" if name is None else f"in {name}: "
    if count > 1 and name is not None and not edit.places:
        where = f"in {name} and {count - 1} more like it: "
    if not is_edited and name is not None:
        where = f"in {name}, as the gradients have it: "
    said = where + _filled(edit, formulas)
    if "{old}" not in edit.says and not edit.places and x.kind == "call":
        whole = formulas.writer.definition(line) if name is not None else ""
        if whole and len(whole) <= LONG and count == 1:
            said = f"{said}\nwrite {name} = {whole}"
        elif edit.old is not line and len(parts["old"]) <= LONG:
            said = f"{said}\nwrite {parts['old']}"
    return said
