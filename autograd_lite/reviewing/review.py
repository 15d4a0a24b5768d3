"""`review`: hand in NumPy code, forward and backward, and read which line is wrong."""

from typing import Any

from .colours import ReviewedGraph
from .examination import Examination
from .forms import whole
from .report import Review
from .search import repaired
from .verdicts import judged


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
        What a returned gradient is the gradient of, where its name does not say it:
        ``{"delta2": "z2"}``.

    Returns
    -------
    Review
        True if all gradients are right. ``print(report)`` shows each line of the backward pass
        with its verdict; ``report.lines``, ``report.diff`` and ``report.fixed`` are data.

    Raises
    ------
    TypeError
        When f cannot be called, or does what tensors cannot follow: the line and the way out
        are named.
    ValueError
        When nothing that was returned is a loss, or a name in ``pairs`` is unknown.
    """
    examination = Examination(whole(f), args, kwargs, pairs)
    wrong = examination.wrong_anywhere()
    repairs, changed, left = repaired(examination) if wrong else ([], {}, [])
    lines = judged(examination, repairs, changed, left)
    names = {path: _name(path) for path in examination.run.gradients}
    offered = {r.statement.source.path for r in repairs if r.edit is not None}
    return Review(
        lines,
        {names[path]: place for path, place in examination.pairs.items()},
        tuple(names[path] for path in names if path not in examination.pairs),
        tuple(names[path] for path in wrong),
        (),
        {path: "\n".join(changed[path].lines) + "\n" for path in offered if path in changed},
        {path: source.lines for path, source in examination.program.sources.items()},
        ReviewedGraph.of(examination, lines, wrong),
    )


def _name(path):
    """What a returned gradient is called: its last name, or its place."""
    words = [str(step) for step in path if isinstance(step, str)]
    numbers = "".join(f"[{step}]" for step in path if not isinstance(step, str))
    return ".".join(words) if words else f"result{numbers}"
