"""The page: its data, its program and its scripts in one file."""

from __future__ import annotations

import base64
import re
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import numpy as np

from ..messages import quoting
from ..rules import error_function
from ..symbolic.expressions import known_value
from .layout import lay_out
from .model import TEXT

SCRIPTS = (
    "arrays", "numbers", "tape", "steps", "graph", "card", "panels", "quiz", "training", "player"
)  # fmt: skip
LETTER, LINE, PAD = 7.23, 16, 9  # of the picture: as in graph.js
LONGEST = 34  # letters of the first line of a box
IN_FULL = 4096  # elements of a recorded array; of a larger one there are shape, mean and ends


class Page:
    """A page that plays backpropagation.

    Attributes
    ----------
    html : str
        The whole page, which needs no other file and no network.
    computes : bool
        Whether its numbers can be changed; else it shows those that were recorded.
    why : str
        What it cannot compute, "" where it computes.

    Examples
    --------
    >>> from autograd_lite import Tensor, play
    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> play(x * x)
    <Page of Loss: 2 boxes, 6 steps>
    """

    def __init__(self, reading, training, style, learning_rate):
        self.computes = reading.program is not None
        self.why = reading.why_recorded
        self._title = f"Backpropagation of {_loss_of(reading).label}"
        for box in reading.boxes:
            _measure(box, reading, style)
        self._width, self._height = lay_out(reading.boxes, reading.arrows)
        variables = sum(b.kind == "variable" and b.gradient is not None for b in reading.boxes)
        calls = sum(box.op is not None for box in reading.boxes)
        self._steps = 2 + calls + len(reading.flows) + bool(variables)
        self._boxes = len(reading.boxes)
        self._loss = _loss_of(reading).label
        self.html = self._written(reading, training, style, learning_rate)

    def __repr__(self):
        return f"<Page of {self._loss}: {self._boxes} boxes, {self._steps} steps>"

    def _repr_html_(self):
        page = quoting.html_source(self.html)
        return f'<iframe srcdoc="{page}" style="width:100%;height:760px;border:0"></iframe>'

    def save(self, path: str | Path) -> Path:
        """Write the page to a file. Raises ValueError for a suffix that is not .html or .htm."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"{path}: a page is saved as .html, not {path.suffix!r}")
        path.write_text(self.html, encoding="utf-8")
        return path

    def _written(self, reading, training, style, learning_rate):
        data = {
            "boxes": list(map(asdict, reading.boxes)),
            "arrows": list(map(asdict, reading.arrows)),
            "flows": list(map(asdict, reading.flows)),
            "root": _loss_of(reading).id,
            "width": self._width,
            "height": self._height,
            "precision": int(style.precision),
            "max_elements": int(style.max_elements),
            "learning_rate": float(learning_rate),
            "computes": self.computes,
            "why": "" if self.computes else f"It shows recorded numbers: {self.why}.",
            "notice": _notice(reading),
            "untracked": reading.calls_with_arrays(is_mask=False)[:1],
            "training": training,
            "inputs": [],
            "results": None,
        }
        if self.computes:
            data["inputs"] = [_encoded(x.value) for x in reading.replay.graph.inputs]
        else:
            data["results"] = [_recorded(result) for result in reading.results]
        parts = {
            "title": quoting.html(self._title),
            "style": _asset("style.css"),
            "data": quoting.json_in_html(data),
            "script": _script(reading),
        }
        return re.sub(r"\{\{(\w+)\}\}", lambda blank: parts[blank[1]], _asset("page.html"))


def _asset(name):
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8").strip()


def _script(reading):
    """The page's scripts and the program of the tape, in a scope of their own."""
    sources = {name: _asset(f"{name}.js") for name in SCRIPTS}
    fractions = [error_function.SMALL, error_function.MIDDLE, error_function.LARGE]
    sources["arrays"] = sources["arrays"].replace("/*CODY*/ null", quoting.json_in_html(fractions))
    program = "const PROGRAM = {};"
    if reading.program is not None:
        names = ", ".join(reading.program.functions)
        body = reading.program.source()
        program = f"const PROGRAM = (() => {{\n{body}\nreturn {{ {names} }};\n}})();"
    data = 'const DATA = JSON.parse(document.getElementById("data").textContent);'
    first = sources.pop("arrays")
    return "\n\n".join(["(() => {", first, data, program, *sources.values(), "})();"])


def _loss_of(reading):
    return reading.box_of[reading.root]


def _notice(reading):
    if reading.program is None:
        return f"This page replays recorded numbers: {reading.why_recorded}."
    said = []
    if masks := reading.calls_with_arrays(is_mask=True):
        label = quoting.shortened(masks[0], LONGEST, "…")
        said.append(
            f"A comparison leaves the tape: the mask in {label} stays as it was recorded, "
            "whatever numbers are changed."
        )
    kinds = {str(x.dtype) for x in reading.replay.graph.inputs} & {"float16", "float32"}
    if kinds:
        said.append(f"The tape is of {' and '.join(sorted(kinds))}; this page computes in float64.")
    return " ".join(said)


def _encoded(array):
    """An array as JSON: its numbers, or their bytes where they are many or not finite."""
    array = np.asarray(array, np.float64)
    if array.size <= 64 and np.isfinite(array).all():
        return {"shape": list(array.shape), "data": array.ravel().tolist()}
    data = base64.b64encode(np.ascontiguousarray(array).astype("<f8").tobytes()).decode()
    return {"shape": list(array.shape), "base64": data}


def _recorded(result):
    """A recorded result; None for what is not of real numbers, or too large for a page."""
    array = np.asarray(known_value(result))
    if array.dtype.kind not in "biuf" or array.size > IN_FULL:
        return None
    return _encoded(array)


# --- what a box needs -----------------------------------------------------------------------------


def _measure(box, reading, style):
    """Set the title and the size of a box."""
    box.title = quoting.shortened(_title(box, reading), LONGEST, "…")
    letters, lines = len(box.title), 1
    if box.shape is not None:
        rows, wide = _rows(box.shape, style)
        letters = max(letters, 2 + wide)
        lines += rows * (1 + (box.gradient is not None))
    box.width = round(2 * PAD + LETTER * letters, 1)
    box.height = 2 * PAD + LINE * lines - 3


def _rows(shape, style):
    """How many lines the numbers of an array take, and how many letters."""
    digits = style.precision + 4
    if len(shape) > 2 or np.prod(shape) > style.max_elements:
        return 1, len(" x ".join(map(str, shape))) + 9 + digits
    columns = shape[-1] if shape else 1
    rows = shape[0] if len(shape) == 2 else 1
    return rows, max(1, columns) * (digits + 2) - 2


def _title(box, reading):
    if not box.op:
        return box.label
    text = ""
    for kind, what in box.formula:
        if kind != TEXT:
            inner = reading.boxes[what]
            what = quoting.shortened(inner.label, 20, "…") if inner.named else "□"
        text += what
    return f"{box.label} = {text}" if box.named else text
