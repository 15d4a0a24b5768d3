"""The picture of a tape as plain data: boxes, edges and groups, for any renderer.

The one idea: everything a picture says is decided here, and how it looks is decided elsewhere.
The order is stable: boxes, groups and edges come oldest first, as the tape has them, and ids
are numbered in that order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

# Kinds of boxes. A module is a collapsed group; a gradient is a call of the backward pass.
PARAMETER, CONSTANT, OPERATION, OUTPUT = "parameter", "constant", "operation", "output"
MODULE, GRADIENT = "module", "gradient"
# Marks of a compared gradient.
RIGHT, WRONG, BECAUSE, NOT_GIVEN = "right", "wrong", "wrong because another is", "not given"
# How a value is handed on among equal steps.
NEXT, FIRST = "next", "first"
# Why a box that could have a gradient has none.
NOT_COMPUTED, NONE_ARRIVES = "gradient not computed", "no gradient arrives"


@dataclass(frozen=True, eq=False)
class Box:
    """One tensor, one plain array that entered as a constant, or one collapsed group.

    Attributes
    ----------
    id : str
        Unique in its diagram, "n0", "n1" ...; says nothing about the tensor.
    kind : str
        "parameter", "constant", "operation", "output", "module" or "gradient".
    name : str or None
        What a person called it; of a module its label, and its ``formula`` is the name.
    shape : tuple of int
    dtype : numpy.dtype
    value : ndarray
        As this graph saw it: a parameter may have been rebound since. Those of a module are of
        its last call; a call with several results has none (None).
    gradient : ndarray or None
        Of the root with respect to it, if there is one.
    op, formula : str or None
        The operation that made it, "subtract", and the call as one writes it, "y - h2".
    notes : tuple of (str, array or str)
        Further rows, such as the updated weights.
    mark : str or None
        Of a compared gradient: "right", "wrong", "wrong because another is", "not given".
    suspect : bool
        Whether a mistake that was found is in the derivative of this call.
    uses : int
        How many contributions its gradient is the sum of: one for each arrow it flows along.
    missing : str or None
        Why there is no gradient where one could be: "gradient not computed", of a root with
        several elements, or "no gradient arrives". Never a zero.
    group : str or None
        The id of the innermost group it stands in.
    calls : int
        How many calls a module stands for, in one step where its frame stands for several.
    cut : bool
        Whether it was computed from what the picture leaves out.
    metric : float or None
        From 0 to 1: how dark it is where the picture is coloured by a metric; ``metric_label``
        says it in words.
    """

    id: str
    kind: str
    name: str | None
    shape: tuple | None
    dtype: np.dtype | None
    value: np.ndarray | None
    gradient: np.ndarray | None = None
    op: str | None = None
    formula: str | None = None
    notes: tuple = ()
    mark: str | None = None
    suspect: bool = False
    uses: int = 0
    missing: str | None = None
    group: str | None = None
    calls: int = 1
    cut: bool = False
    metric: float | None = None
    metric_label: str | None = None

    @property
    def symbol(self) -> str | None:
        """What its value is called: its name; of a module the name of its result."""
        return self.formula if self.kind == MODULE else self.name


@dataclass(frozen=True, eq=False)
class Edge:
    """One use of a value by a call.

    Attributes
    ----------
    source, target : str
        The ids of the boxes.
    position : int
        Which argument of the call it is, counted from 0 through sequences of arrays.
    flows : bool
        Whether a gradient comes back along it; an arrow of the backward pass takes one on.
    derivative : ndarray or None
        The local derivative, which that gradient is multiplied by.
    factor : str or None
        The name of the operand whose value that derivative is: h1 on W2 -> z2 = h1 @ W2.
    formula : str or None
        That derivative as a formula of names: "h2 * (1 - h2)". "□" is the value that comes
        along the arrow, "out" a result without a name.
    hole : str or None
        What stands for the value in the call where several values have no name: "□1".
    summed : tuple of int
        The axes of the call's result along which the value was broadcast, and the gradient is
        summed on its way back: axis 0, the batch, for a bias.
    transposed : bool
        Whether the call turns the axes of the value, and the gradient is turned back.
    mark : str or None
        Of a factor of the chain that was compared.
    step : str or None
        Where a group stands for equal steps: "next" for a value that one step hands on to the
        next, "first" for what the first step gets in its place.
    """

    source: str
    target: str
    position: int
    flows: bool
    derivative: np.ndarray | None = None
    factor: str | None = None
    formula: str | None = None
    hole: str | None = None
    summed: tuple = ()
    transposed: bool = False
    mark: str | None = None
    step: str | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """What stands in one frame: a module, a call of a function, or one of equal repetitions.

    Attributes
    ----------
    id : str
        "g0", "g1" ...
    label : str
        "layers.0 Linear", "lstm_step".
    parent : str or None
        The id of the group around it.
    times : int
        How many equal repetitions the frame stands for: it shows the last, "x 50".
    """

    id: str
    label: str
    parent: str | None = None
    times: int = 1


@dataclass(frozen=True, eq=False)
class Diagram:
    """Boxes by their ids, edges, what the root is called in dLoss/dW1, and groups by their ids."""

    boxes: dict[str, Box]
    edges: tuple[Edge, ...]
    loss: str
    groups: dict[str, Group] = field(default_factory=dict)

    @property
    def root(self) -> Box:
        """The box of what was drawn: the newest."""
        return next(reversed(self.boxes.values()))
