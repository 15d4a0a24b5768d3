"""The order of a search: which forms of which lines are tried, one after the other."""

import ast

from .analogies import analogous, is_analogous
from .edits import (
    ALIKE,
    ASSIGNED,
    COMPLETED,
    FACTOR,
    FORMULA,
    INGREDIENT,
    OTHER,
    SLIP,
    SOLVED,
    TERM,
    TWO,
)  # fmt: skip


class Known(list):
    """Keys of statements whose value is known, so that another one must be known too."""

    known = True


def plan(step, alone, made, likely, copies, known, later):
    """Pairs (rank, keys): the edits up to a rank of some statements, what is simplest first.

    Parameters
    ----------
    step : the search
    alone : bool
        Whether the line that is located, ``step.mine``, would make all right.
    made : list of keys
        The lines that parts of it come from.
    likely, copies, known, later : lists of keys
        What else may be wrong.
    """
    mine = step.mine
    alike = [k for k in _all_of(step, likely) if _has_alike(step, k)]
    rest = _rest(likely, copies, Known(known), later)
    if alone:
        places = [*_named(step), *_located(step, made, likely, copies, alike), *rest[:8]]
        places += [(rank, later) for rank in (SLIP, OTHER, TERM)]
        after = places.index((TERM, mine)) + 1
    else:
        places = [(ALIKE, alike), (SLIP, mine), (OTHER, mine), (TERM, mine), *rest]
        if len(step.wrong) == 1:  # what it ends in, before whole formulas
            at = places.index((FORMULA, likely))
            places[at:at] = [(rank, list(step.roots)) for rank in (SLIP, OTHER, TERM)]
        after = 1
    places.insert(1, (ASSIGNED, [k for k in step.feeds if _may_add(step, k)]))
    single = [k for k in likely if not is_analogous(step.statements[k])]
    if len(single) < len(likely):  # the others say what a further line says
        places[after:after] = [(SLIP, single), (FACTOR, single)]
    sole = [k for k in likely if k not in step.sound]
    sole += [k for k in copies if k not in step.handing and step.is_whole_cause(k)]
    if len(sole) < len(likely) + len(copies):
        at = places.index((OTHER, mine)) + 1 if alone else 1
        places[at:at] = [(SLIP, sole), (OTHER, sole)]
        at = places.index((TERM, mine)) + 1 if alone else at + 2
        places.insert(at, (TERM, sole))
    return places


def _may_add(step, key):
    """Whether a line that all that is wrong comes from adds up, or may have to."""
    statement = step.statements.get(key)
    if statement is None or statement.target is None or not step.is_whole_cause(key):
        return False
    before = (
        s
        for s in statement.source.statements
        if s.function is statement.function and s.line < statement.line
    )
    again = any(s.target is not None and s.name == statement.name for s in before)
    return isinstance(statement.node, ast.AugAssign) or again or _is_beside_sums(statement)


def _is_beside_sums(statement):
    """Whether other lines of a function add to entries of what a line stores an entry in."""
    mine = (s for s in statement.source.statements if s.function is statement.function)
    sums = (s for s in mine if isinstance(s.node, ast.AugAssign) and s is not statement)
    stored = isinstance(statement.target, (ast.Subscript, ast.Attribute))
    return stored and any(s.written == statement.written for s in sums)


def _all_of(step, likely):
    return dict.fromkeys([*step.mine, *likely, *step.in_order, *step.roots, *step.feeds])


def _has_alike(step, key):
    statement = step.statements.get(key)
    return statement is not None and any(True for _ in analogous(statement))


def _named(step):
    """Of a line that is called after the gradient that it should give: forms of it alone."""
    named = set(step.mine) & step.localisation.named - step.roots.keys()
    far = (TERM, COMPLETED) if all(map(step.begins, named)) else (SOLVED,)
    return [(rank, step.mine) for rank in (ALIKE, SLIP, OTHER, *far) if named]


def _located(step, made, likely, copies, alike):
    """Of a line that is known to be wrong by its values."""
    mine = step.mine
    return [
        (ALIKE, [k for k in alike if k in step.likely]), (SLIP, mine), (ALIKE, alike),
        (OTHER, mine), (SLIP, likely),
        (SLIP, made), (OTHER, made), (SOLVED, made), (SOLVED, mine), (TERM, made),
        (SLIP, copies), (OTHER, copies),
        (TERM, mine), (TERM, [*copies, *likely]),
        (COMPLETED, mine), (INGREDIENT, made[::-1]), (TWO, mine),
    ]  # fmt: skip


def _rest(likely, copies, known, later):
    return [
        (SLIP, likely), (SLIP, copies), (SLIP, known), (OTHER, [*likely, *copies]), (OTHER, known),
        (TERM, [*copies, *likely]), (SLIP, list(known)), (OTHER, list(known)), (FORMULA, likely),
        (INGREDIENT, likely),
        (FORMULA, copies), (FORMULA, known), (TERM, later), (TWO, likely),
    ]  # fmt: skip
