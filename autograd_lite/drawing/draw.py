"""`draw`: the tape of a tensor, or of a function's result, as a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..engine.modes import enable_grad
from ..engine.tensor import Tensor, backward_pass, seed_of
from ..graph import Names, caller_variables
from ..messages import errors
from ..observed_call import on_tape
from ..symbolic.text import differential
from .from_tape import diagram
from .metrics import coloured
from .model import NOT_GIVEN
from .picture import Picture
from .plain_text import Rows
from .selection import selected
from .themes import Look

GRAPHS = "forward", "backward", "both"


def draw(
    what: Tensor | Callable | Any,
    *args: Any,
    wrt: Tensor | str | Iterable[Tensor | str] | None = None,
    collapse: int | str | Iterable[str] | bool | None = None,
    graph: str = "forward",
    colour: str | None = None,
    theme: str = "light",
    direction: str = "down",
    names: Mapping | None = None,
    annotate: Mapping | None = None,
    precision: int = 4,
    max_elements: int = 12,
    max_nodes: int = 100,
    values: bool = True,
    gradients: bool = True,
    numbers: bool = False,
) -> Picture:
    """Draw the tape of a tensor: how it was computed, and how its gradient flows back.

    A box is a tensor with its shape, its value and its gradient; parameters, constants,
    operations and the result look different. An arrow is one use of a value, labelled with
    the local derivative that the gradient is multiplied by on its way back; it is dashed
    where no gradient flows.

    Parameters
    ----------
    what : Tensor, callable, Comparison or Review
        What to draw. Of a root with several elements there are no gradients to show. A function
        is called with ``args``, and its local variables give the names: tensors in the arguments
        are what they are, and where there is none all floats become variables, or those that
        ``wrt`` names. A report is drawn in the colours of its verdicts.
    *args
        The arguments of the function; bind others with `functools.partial`.
    wrt : Tensor, str, or several of these, optional
        Only what lies between these and the root.
    collapse : int, str or several, bool, optional
        What becomes one box: functions and modules inside so many others (0: the outermost), or
        those of a name or pattern ("lstm_step", "Linear", "layers.*"). True folds equal steps,
        "x 50"; any of these does too. By default a large tape is collapsed as far as
        ``max_nodes`` asks for; False never collapses.
    graph : str
        "forward", "backward" - the calls of the backward pass - or "both".
    colour : str, optional
        Fill boxes by "gradient" (its norm), "saturation" (how much of a sigmoid, tanh or ReLU
        takes no gradient back) or "nan" (how many elements are nan or infinite).
    theme : str
        "light", "dark" or "print", which is grey.
    direction : str
        "down" or "right".
    names : mapping, optional
        Names for tensors and arrays, ``{"W1": tensor}``; they go before the tensors' own
        names, their paths in a module, and the variables of the caller.
    annotate : mapping, optional
        Further rows in a box, by tensor or name: ``{W1: {"W1*": W1.data - lr * W1.grad}}``.
        A row is an array or a text.
    precision : int
        How many decimals numbers have.
    max_elements : int
        Larger arrays are summarised: smallest, mean, largest, norm, a histogram, and how many
        nan and inf.
    max_nodes : int
        The number of boxes beyond which a picture is collapsed, and then refused.
    values, gradients : bool
        Whether to show values, and gradients with local derivatives.
    numbers : bool
        Whether arrows show the numbers of local derivatives beside their formulas.

    Returns
    -------
    Picture
        Shows itself in a notebook; ``.save("tape.svg")`` writes it.

    Raises
    ------
    TypeError
        For what is no Tensor, function or report.
    ValueError
        For a tape that cannot be collapsed to ``max_nodes`` boxes, an annotation of no box, a
        ``wrt`` that is not on the tape, and an unknown option.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> draw(y)
    <Picture of y: 2 boxes, 2 arrows>
    """
    style = Rows(precision, max_elements, values, gradients, numbers)
    look = Look(theme, direction)
    drawn = None if isinstance(what, Tensor) else getattr(what, "draw", None)
    if drawn is not None and not args:
        return drawn(
            precision=precision, max_elements=max_elements, max_nodes=max_nodes, values=values,
            gradients=gradients, numbers=numbers, theme=theme, direction=direction,
        )  # fmt: skip
    variables, call = caller_variables(1), None
    _check(what, args, graph)
    if not isinstance(what, Tensor):
        call = on_tape("draw()", what, args, wrt)
        what, wrt = call.result, call.wrt or None
        variables |= call.variables
    known = Names(what, variables, names, call)
    if graph != "forward":
        known = Names(what, variables, names, call, recorded_backward(what, known))
    scopes = call.scopes if call else ()
    return pictured(
        what, known, style, look, max_nodes, collapse, wrt, scopes, colour, graph,
        annotate=annotate,
    )  # fmt: skip


def _check(what, args, graph):
    """Refuse what has no tape, and arguments of no function."""
    if isinstance(what, Tensor):
        if args:
            raise TypeError(
                "draw(tensor, ...) takes no further arguments: only a function has these"
            )
    elif not callable(what):
        raise TypeError(
            f"draw() takes a Tensor or a function, not {errors.describe(what)}: compute it from "
            "tensors with requires_grad=True, or give the function that computes it, draw(f, x)"
        )
    if graph not in GRAPHS:
        raise ValueError(f"graph={graph!r}: it is {' or '.join(map(repr, GRAPHS))}")


def recorded_backward(root, names):
    """The gradients of the leaves as recorded tensors, every cotangent under its name.

    Raises
    ------
    ValueError
        For a root with several elements, or without a history.
    """
    if root.size != 1 or not root.requires_grad:
        raise ValueError(
            f"there is no backward pass of {errors.describe(root)} to draw: it begins at one "
            "number that was computed from a tensor with requires_grad=True"
        )
    loss = names.loss
    with enable_grad():
        table = backward_pass({root.node: seed_of(root, None)}, names.nodes, True, hooked=False)
    for node in names.nodes:
        name = names.label(node)
        if node in table and name is not None:
            label = f"{differential(loss)}/{differential(name)}"
            known = table[node].name
            table[node].name = label if known is None else f"{known} = {label}"
    return [table[node] for node in names.nodes if node.op is None and node in table]


def pictured(
    root, names, style, look, max_nodes, collapse=None, wrt=None, scopes=(), colour=None,
    graph="forward", **more,
) -> Picture:  # fmt: skip
    """The picture of a tape; ``more`` is for the `diagram`."""
    units = selected(root, names, wrt, collapse, max_nodes, scopes, graph)
    model = diagram(root, names, units, **more)
    return Picture(coloured(model, colour), style, look)


def judged(
    root, names, verdicts, precision=4, max_elements=12, max_nodes=100, values=True, gradients=True,
    numbers=False, theme="light", direction="down", collapse=None,
) -> Picture:  # fmt: skip
    """The picture of a tape in the colours of verdicts, {node: changed fields of its box}."""
    marked = {n: {"mark": NOT_GIVEN} for n in names.nodes if n.requires_grad and n is not root.node}
    marked |= {key: marked.get(key, {}) | fields for key, fields in verdicts.items()}
    style, look = Rows(precision, max_elements, values, gradients, numbers), Look(theme, direction)
    return pictured(root, names, style, look, max_nodes, collapse, marked=marked)
