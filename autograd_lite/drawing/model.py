"""The picture of a tape as plain data: boxes and edges, for any renderer.

The one idea: everything a picture says is decided here, and how it looks is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PARAMETER, CONSTANT, OPERATION, OUTPUT = "parameter", "constant", "operation", "output"
RIGHT, WRONG, BECAUSE, NOT_GIVEN = "right", "wrong", "wrong because another is", "not given"


@dataclass(frozen=True, eq=False)
class Box:
    """One tensor, or one plain array that entered as a constant.

    Attributes
    ----------
    id : str
        Unique in its diagram; says nothing about the tensor.
    kind : str
        "parameter", "constant", "operation" or "output".
    name : str or None
        What a person called it.
    shape : tuple of int
    dtype : numpy.dtype
    value : ndarray
        As this graph saw it: a parameter may have been rebound since. A call with several
        results has no value, shape and dtype (None), and an arrow to the box of each result.
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
        Whether a gradient comes back along it.
    derivative : ndarray or None
        The local derivative, which that gradient is multiplied by.
    factor : str or None
        The name of the operand whose value that derivative is: h1 on W2 -> z2 = h1 @ W2.
    summed : tuple of int
        The axes of the call's result along which the value was broadcast, and the gradient is
        summed on its way back: axis 0, the batch, for a bias.
    """

    source: str
    target: str
    position: int
    flows: bool
    derivative: np.ndarray | None = None
    factor: str | None = None
    summed: tuple = ()
    mark: str | None = None


@dataclass(frozen=True, eq=False)
class Diagram:
    """Boxes by their ids, oldest first; edges; and what the root is called in dLoss/dW1."""

    boxes: dict[str, Box]
    edges: tuple[Edge, ...]
    loss: str
