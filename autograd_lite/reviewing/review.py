"""`review`: the wrong line of NumPy code with a forward and a backward pass."""

import warnings
from typing import Any

from ..engine.modes import watching
from .blindness import blind_spots
from .colours import ReviewedGraph
from .computed import AsArrays
from .differences import Differences
from .examination import Examination, UnfollowedError
from .forms import whole
from .report import Review
from .search import repaired
from .segments import whole as whole_path
from .verdicts import NOT_JUDGED, Line, judged


def review(f: Any, /, *args: Any, pairs: dict[str, str] | None = None, **kwargs: Any) -> Review:
    """Find the wrong lines of a hand-written backward pass.

    The program is plain NumPy and stays as it is. It is run on copies of its arguments: on
    arrays, where each assignment of the user's own files is noted, and on tensors, which give
    the true gradient of everything that the loss was computed from. If a gradient that it
    returns is wrong, its lines are tried in other forms - a sign, a transpose, an index, a
    factor, a term - and a form is offered only where the whole program then is right, at the
    given point and at points beside it.

    Parameters
    ----------
    f : callable, or pair of callables
        ``f(*args, **kwargs)`` returns the loss, a number, and the gradients: arrays, or tuples,
        lists and dicts of arrays. Gradients that are stored in the object of a method count too.
        A pair (forward, backward): ``forward(*args)`` returns the loss, or the output of a
        layer, and may return a cache beside it, which ``backward`` gets.
    *args, **kwargs
        What it is run on; arrays of floats in it are what gradients are taken of. Nothing is
        changed in them.
    pairs : dict, optional
        What a gradient is the gradient of, where its name does not say it: of one that is
        returned an array of the arguments, of one that a line assigns a value that the forward
        pass assigns, ``{"delta2": "z2"}``.

    Returns
    -------
    Review
        True if all gradients are right. ``print(report)`` shows each line of the backward pass
        with its verdict; ``report.lines``, ``report.diff`` and ``report.fixed`` are data.

    Raises
    ------
    TypeError
        When f cannot be called, or does what tensors cannot follow and nothing can be compared
        with finite differences either: the line and the way out are named.
    ValueError
        When nothing that was returned is a loss, or a name in ``pairs`` is unknown.
    """
    with watching(AsArrays()):
        return _reviewed(whole(f), args, kwargs, pairs)


def _reviewed(f, args, kwargs, pairs):
    try:
        examination = Examination(f, args, kwargs, pairs)
    except UnfollowedError as error:
        return _by_differences(error)
    wrong = examination.wrong_anywhere()
    repairs, changed, left = _searched(examination) if wrong else ([], {}, [])
    lines = judged(examination, repairs, changed, left)
    offered = {r.statement.source.path: r.fixed for r in repairs if r.edit is not None}
    sources = {path: source or changed.get(path) for path, source in offered.items()}
    fixed = {
        path: "\n".join(examination.program.as_written(s)) + "\n"
        for path, s in sources.items()
        if s is not None
    }
    notes = () if wrong else blind_spots(examination)
    wrong = list(dict.fromkeys(map(whole_path, wrong)))
    graph = ReviewedGraph.of(examination, lines, wrong)
    return _report(examination, examination.pairs, wrong, lines, notes, fixed, graph)


def _searched(examination):
    """What `repaired` finds; where it fails the gradients are judged all the same."""
    try:
        return repaired(examination)
    except Exception as error:
        warnings.warn(
            "review() compared the gradients, but could not finish its search for the line, which "
            f"is a fault of its own, to be reported: {type(error).__name__}: {error}",
            RuntimeWarning,
            stacklevel=4,
        )
        return [], {}, examination.wrong(examination.run.gradients)


def _report(examination, compared, wrong, lines, notes=(), fixed=None, graph=None):
    names = {path: _name(path) for path in examination.run.gradients}
    return Review(
        lines,
        {names[path]: place for path, place in compared.items()},
        tuple(names[path] for path in names if path not in compared),
        tuple(names[path] for path in wrong),
        tuple(notes),
        fixed or {},
        {path: source.lines for path, source in examination.program.written.items()},
        graph,
    )


def _by_differences(error):
    """The report on a loss that tensors do not follow: gradients held against differences."""
    examination = error.examination
    try:
        found = Differences(examination.inputs, examination.run, examination.called)
    except Exception:
        raise error from error.__cause__
    if not found.compared:
        raise error from error.__cause__
    lines = [] if error.place is None else [Line(*error.place, NOT_JUDGED)]
    notes = (
        f"no line was judged, the gradients were held against finite differences: {error}",
        "to have the lines judged, write that part of the loss in NumPy",
    )
    return _report(examination, found.compared, found.wrong, lines, notes)


def _name(path):
    """What a returned gradient is called: its last name, or its place."""
    words = [str(step) for step in path if isinstance(step, str)]
    numbers = "".join(f"[{step}]" for step in path if not isinstance(step, str))
    return ".".join(words) if words else f"result{numbers}"
