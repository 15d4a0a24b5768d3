"""`play`: a page that plays backpropagation of a tape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..engine.tensor import Tensor
from ..graph import Names, caller_variables, check_on_tape
from ..messages import errors
from ..observed_call import on_tape
from ..symbolic.array_text import Style
from .from_tape import Reading
from .mistakes import add_wrong_answers
from .page import Page
from .training import training_of

MOST = 300  # tensors of a tape


def play(
    what: Tensor | Callable,
    *args: Any,
    path: str | Path | None = None,
    wrt: str | Iterable[str] | None = None,
    names: Mapping | None = None,
    precision: int = 4,
    max_elements: int = 12,
    max_nodes: int = MOST,
    learning_rate: float = 0.1,
) -> Page:
    """Make a page on which backpropagation of a tape is played, step by step.

    Values appear from the data down, then gradients flow back. Each step shows its formula, the
    formula with the numbers put in, and what the gradient is the sum of. The page holds the
    program of the tape in JavaScript: numbers can be changed on it, and it trains. In its quiz
    the next gradient is hidden, and a wrong answer is told by the mistake that makes it.

    Parameters
    ----------
    what : Tensor or callable
        The loss, a scalar, ``play(loss, "backprop.html")``. Or a function that returns it,
        ``play(f, *args, path="backprop.html")``: it is called, and its local variables give the
        names. Tensors in its arguments are what they are; where there is none, all floats become
        variables, or those that ``wrt`` names.
    *args
        The arguments of a function; of a loss, the path.
    path : str or Path, optional
        The file to write, .html. The page needs no other file and no network.
    wrt : str or several, optional
        Which arguments of a function become variables: the others are data.
    names : mapping, optional
        Names for tensors and arrays, ``{"W1": tensor}``; they go before the tensors' own
        names, their paths in a module, and the variables of the caller.
    precision : int
        How many decimals numbers have; the page shows all digits where one points at a number.
    max_elements : int
        Larger arrays are shown by their shapes.
    max_nodes : int
        The size of a tape beyond which it is refused.
    learning_rate : float
        Of the training on the page, where it can be changed.

    Returns
    -------
    Page
        Shows itself in a notebook; ``.save("backprop.html")`` writes it. Where the page has no
        function for a call, or a tensor was rebound, it replays the recorded numbers, and says
        so: ``.computes`` is False then, and ``.why`` is the reason.

    Raises
    ------
    TypeError
        For what is no Tensor and no function.
    ValueError
        For a constant, a tensor of several elements, a tape of more than ``max_nodes`` tensors,
        and a path with another suffix.
    """
    variables, call = caller_variables(1), None
    if isinstance(what, Tensor) or not callable(what):
        loss, path = what, _path_of(args, path, wrt)
    else:
        call = on_tape("play()", what, args, wrt)
        loss, variables = call.result, variables | call.variables
    check_on_tape("play()", loss)
    known = Names(loss, variables, names, call)
    _check_size(loss, known, max_nodes)
    reading = Reading(loss, known)
    training = training_of(reading)
    if reading.program is not None:
        add_wrong_answers(reading)
    page = Page(reading, training, Style(precision, max_elements), learning_rate)
    if path is not None:
        page.save(path)
    return page


def _path_of(args, path, wrt):
    """The path of a page of a tensor, by position or by name."""
    if len(args) > 1 or (args and path is not None):
        raise TypeError("play(loss, path) takes one path: only a function has more arguments")
    if wrt is not None:
        raise TypeError("wrt= is for a function's arguments: a tensor says what it requires")
    return args[0] if args else path


def _check_size(loss, known, max_nodes):
    """Refuse a result of several elements, and a tape that is too long to follow."""
    if loss.size != 1:
        raise ValueError(
            f"{errors.describe(loss)} is not a scalar: reduce it (np.sum, np.mean), and play that"
        )
    if len(known.nodes) > max_nodes:
        raise ValueError(
            f"the tape of {errors.describe(loss)} has {len(known.nodes)} tensors, and more than "
            f"{max_nodes} are hard to follow step by step: play a smaller case (fewer layers or "
            f"steps), or pass max_nodes={len(known.nodes)}"
        )
