"""`draw`: the tape of a tensor as a picture."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from ..engine.tensor import Tensor
from ..graph import Names, caller_variables
from ..messages import errors
from ..symbolic.text import Style
from .from_tape import diagram
from .model import Diagram

IMAGES = (".svg", ".png", ".pdf")
TEXTS = (".dot", ".gv")


def draw(
    root: Tensor,
    *,
    names: Mapping | None = None,
    annotate: Mapping | None = None,
    precision: int = 4,
    max_elements: int = 12,
    max_nodes: int = 300,
    values: bool = True,
    gradients: bool = True,
) -> Picture:
    """Draw the tape of a tensor: how it was computed, and how its gradient flows back.

    A box is a tensor with its shape, its value and its gradient; parameters, constants,
    operations and the result look different. An arrow is one use of a value, labelled with
    the local derivative that the gradient is multiplied by on its way back; it is dashed
    where no gradient flows.

    Parameters
    ----------
    root : Tensor
        What to draw. Of a root with several elements there are no gradients to show.
    names : mapping, optional
        Names for tensors and arrays, ``{"W1": tensor}``; they go before the tensors' own
        names, their paths in a module, and the variables of the caller.
    annotate : mapping, optional
        Further rows in a box, by tensor or name: ``{W1: {"W1*": W1.data - lr * W1.grad}}``.
        A row is an array or a text.
    precision : int
        How many decimals numbers have.
    max_elements : int
        Larger arrays are summarised: smallest, mean, largest, and how many nan and inf.
    max_nodes : int
        The size of a tape beyond which drawing it is refused.
    values, gradients : bool
        Whether to show values, and gradients with local derivatives.

    Returns
    -------
    Picture
        Shows itself in a notebook; ``.save("tape.svg")`` writes it.

    Raises
    ------
    TypeError
        For a root that is not a Tensor.
    ValueError
        For a tape of more than ``max_nodes`` tensors, and for an annotation of no box.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> draw(y)
    <Picture of y: 2 boxes, 2 arrows>
    """
    if not isinstance(root, Tensor):
        raise TypeError(
            f"draw() takes a Tensor, not {errors.describe(root)}: compute it from tensors with "
            "requires_grad=True"
        )
    known = Names(root, caller_variables(1), names)
    style = Style(precision, max_elements, values, gradients)
    return pictured(root, known, style, max_nodes, annotate=annotate)


def pictured(root, names, style, max_nodes, **more) -> Picture:
    """The picture of a tape, unless it is too large; ``more`` is for the `diagram`."""
    if len(names.nodes) > max_nodes:
        raise ValueError(
            f"the tape of {errors.describe(root)} has {len(names.nodes)} tensors, and a picture of "
            f"more than {max_nodes} can hardly be read: draw an inner tensor or a smaller case "
            f"(fewer layers or steps), or pass max_nodes={len(names.nodes)}"
        )
    return Picture(diagram(root, names, **more), style)


class Picture:
    """A drawn tape: the picture model, its DOT text, and images of it.

    Attributes
    ----------
    model : Diagram
        What the picture says, as plain data.
    dot : str
        The picture in Graphviz's language.

    Examples
    --------
    >>> from autograd_lite import Tensor
    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> draw(x * x)
    <Picture of Loss: 2 boxes, 2 arrows>
    """

    def __init__(self, model: Diagram, style: Style):
        from .render import to_dot

        self.model = model
        self._style = style
        self.dot = to_dot(model, style)

    def __repr__(self):
        root = self.model.root
        return (
            f"<Picture of {root.name or root.formula or root.kind}: {len(self.model.boxes)} boxes, "
            f"{len(self.model.edges)} arrows>"
        )

    @property
    def json(self) -> str:
        """The model as JSON: boxes, edges and groups by the names of their fields."""
        from .json_text import to_json

        return to_json(self.model, self._style)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG. Raises `RendererMissing` if nothing installed can make it."""
        from .render import render

        return render(self.dot, "svg").decode()

    def _repr_svg_(self):
        from .render import RendererMissing

        try:
            return self.svg
        except RendererMissing as missing:
            warnings.warn(f"the picture cannot be shown: {missing}", stacklevel=2)
            return None

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file.

        Parameters
        ----------
        path : str or Path
            Its suffix says what is written: .svg, .png or .pdf, or DOT text as .dot or .gv.

        Returns
        -------
        Path
            The file that was written. Where nothing installed can make the image, that is the
            DOT text, as .dot beside it, and a warning says what is missing.

        Raises
        ------
        ValueError
            For another suffix.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix in TEXTS:
            path.write_text(self.dot, encoding="utf-8")
            return path
        if suffix not in IMAGES:
            raise ValueError(
                f"{path}: a picture is saved as {', '.join(IMAGES + TEXTS)}, not {suffix!r}"
            )
        from .render import RendererMissing, render

        try:
            image = render(self.dot, suffix[1:])
        except RendererMissing as missing:
            written = self.save(path.with_suffix(".dot"))
            warnings.warn(f"wrote {written} instead of {path.name}: {missing}", stacklevel=2)
            return written
        path.write_bytes(image)
        return path
