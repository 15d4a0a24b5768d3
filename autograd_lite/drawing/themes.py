"""How a picture looks: the colours of a theme, and which way it runs.

Kinds of boxes are told apart by shape, border and lightness too, verdicts and metrics by words
too: no theme says anything by colour alone. Hues are those of Okabe and Ito.
"""

from dataclasses import dataclass, field

from .model import (
    BECAUSE,
    CONSTANT,
    GRADIENT,
    MODULE,
    NOT_GIVEN,
    OPERATION,
    OUTPUT,
    PARAMETER,
    RIGHT,
    WRONG,
)

DIRECTIONS = {"down": "TB", "right": "LR"}


@dataclass(frozen=True)
class Theme:
    """The colours of a picture, all as #rrggbb.

    ``fills`` is by kind of box, ``marks`` by verdict; ``ramp`` are the two ends of a metric.
    """

    paper: str
    ink: str
    faint: str
    line: str
    frame: str
    fills: dict
    marks: dict
    lines: dict
    suspect: str
    ramp: tuple = field(default=("#FFFFFF", "#D55E00"))

    def fill(self, box):
        """The fill of a box: by its verdict, by its metric, or by its kind."""
        if box.mark in self.marks:
            return self.marks[box.mark]
        if box.metric is None:
            return self.fills[box.kind]
        ends = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in self.ramp]
        mixed = (round(a + (b - a) * box.metric) for a, b in zip(*ends, strict=True))
        return "#" + "".join(f"{value:02X}" for value in mixed)


THEMES = {
    "light": Theme(
        paper="#FFFFFF", ink="#000000", faint="#404040", line="#202020", frame="#8A8A8A",
        fills={
            PARAMETER: "#F9DFA8", CONSTANT: "#FFFFFF", OPERATION: "#DCEEF8", OUTPUT: "#BFE3D6",
            MODULE: "#E7E1F3", GRADIENT: "#F7DDE6",
        },
        marks={RIGHT: "#A6DBA0", WRONG: "#EF6A5A", BECAUSE: "#FBC9A5", NOT_GIVEN: "#E6E6E6"},
        lines={RIGHT: "#1B7837", WRONG: "#B2182B", BECAUSE: "#E08214"},
        suspect="#B2182B",
    ),
    "dark": Theme(
        paper="#16181D", ink="#F2F2F2", faint="#C0C4CC", line="#C8CCD4", frame="#7A808C",
        fills={
            PARAMETER: "#5E4A17", CONSTANT: "#2A2D34", OPERATION: "#1F3F54", OUTPUT: "#1E5140",
            MODULE: "#40355E", GRADIENT: "#5A2B40",
        },
        marks={RIGHT: "#1E5F2E", WRONG: "#8E1F16", BECAUSE: "#7A4413", NOT_GIVEN: "#3A3D44"},
        lines={RIGHT: "#6CC585", WRONG: "#FF8A7A", BECAUSE: "#F5B55F"},
        suspect="#FF8A7A",
        ramp=("#2A2D34", "#A8480A"),
    ),
    "print": Theme(
        paper="#FFFFFF", ink="#000000", faint="#000000", line="#000000", frame="#606060",
        fills={
            PARAMETER: "#D9D9D9", CONSTANT: "#FFFFFF", OPERATION: "#F2F2F2", OUTPUT: "#E6E6E6",
            MODULE: "#FFFFFF", GRADIENT: "#F2F2F2",
        },
        marks={RIGHT: "#FFFFFF", WRONG: "#A6A6A6", BECAUSE: "#CCCCCC", NOT_GIVEN: "#F2F2F2"},
        lines={RIGHT: "#606060", WRONG: "#000000", BECAUSE: "#303030"},
        suspect="#000000",
        ramp=("#FFFFFF", "#8C8C8C"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """A theme and a direction.

    Raises
    ------
    ValueError
        For a name that is none.
    """

    theme: str = "light"
    direction: str = "down"

    def __post_init__(self):
        for what, name, known in (
            ("theme", self.theme, THEMES),
            ("direction", self.direction, DIRECTIONS),
        ):
            if name not in known:
                raise ValueError(f"{what}={name!r}: it is {' or '.join(map(repr, known))}")

    @property
    def colours(self) -> Theme:
        return THEMES[self.theme]
