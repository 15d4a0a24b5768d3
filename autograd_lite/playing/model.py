"""What the page shows, as plain data: boxes, arrows, and what flows back along them.

The one idea: a formula is a list of pieces, texts and references to values and gradients, so
that the page can put in the numbers of the moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field

VARIABLE, CONSTANT, CALL, RESULT = "variable", "constant", "call", "result"
VALUE, GRADIENT, TEXT = "value", "gradient", "text"

Piece = tuple  # (TEXT, "..."), (VALUE, id of a box), (GRADIENT, id of a box)


@dataclass
class Box:
    """One value of the tape, or one array that entered as a constant.

    Attributes
    ----------
    id : int
        Its place among the boxes, which stand in the order in which they were computed.
    label : str
        What it is called: a name, or a short formula.
    title : str
        The first line of the box: "z1 = X @ W1".
    named : bool
        Whether a person gave it this name.
    kind : str
        "variable", "constant", "call" or "result".
    shape : list of int, or None
        None for several results.
    op : str or None
    formula : list of Piece
    value, gradient : int or None
        Their places among the results of the program.
    input : int or None
        Its place among the inputs of the program.
    editable : bool
        Whether its numbers can be changed.
    x, y, width, height : float
        Of the box in the picture; x and y are the middle of its upper edge.
    """

    id: int
    label: str
    named: bool
    kind: str
    shape: list | None
    op: str | None = None
    title: str = ""
    formula: list = field(default_factory=list)
    value: int | None = None
    gradient: int | None = None
    input: int | None = None
    editable: bool = False
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass
class Arrow:
    """One use of a value by a call; ``points`` are the corners of its way."""

    source: int
    target: int
    points: list = field(default_factory=list)


@dataclass
class Flow:
    """What a call passes back to one of its arguments.

    Attributes
    ----------
    source, target : int
        The boxes of the call and of the argument.
    rule : str
        The rule in words.
    formula, local : list of Piece
        Of the contribution, and of the local derivative.
    value, slope : int or None
        The places of the contribution and of the local derivative among the results.
    summed : list of int
        The axes along which the argument was repeated, and the gradient is summed.
    wrong : list of Answer
        What people write in its place.
    factors : list of [number, key, words]
        Numbers that the contribution may be multiplied by, by mistake.
    """

    source: int
    target: int
    rule: str
    formula: list = field(default_factory=list)
    local: list = field(default_factory=list)
    value: int | None = None
    slope: int | None = None
    summed: list = field(default_factory=list)
    wrong: list = field(default_factory=list)
    factors: list = field(default_factory=list)


@dataclass
class Answer:
    """A wrong contribution: what it is called, what to do about it, and its formula.

    ``value`` is its place among the results of the program of wrong answers, None where the
    shapes of its operands do not fit.
    """

    mistake: str
    words: str
    advice: str
    formula: list
    value: int | None
    rank: float
