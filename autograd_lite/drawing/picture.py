"""`Picture`: a drawn tape in every format."""

from __future__ import annotations

import warnings
from functools import cached_property
from pathlib import Path

from ..messages import quoting
from .json_text import to_json
from .mermaid import to_mermaid
from .model import Diagram
from .plain_text import Rows, head, to_text
from .themes import Look

IMAGES = (".svg", ".png", ".pdf")
TEXTS = {".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".txt": "text", ".json": "json"}


class Picture:
    """A drawn tape: the picture model, its text in several languages, and images of it.

    Attributes
    ----------
    model : Diagram
        What the picture says, as plain data.
    dot, mermaid, text, json : str
        The picture in Graphviz's language, as a Mermaid flowchart, as lines for a terminal, and
        the model as JSON. Only ``dot`` needs the package graphviz.
    svg : str
        The image, with a text alternative; made by Graphviz.

    Examples
    --------
    >>> from autograd_lite import Tensor, draw
    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> print(draw(x * x, max_elements=1).text)
    n0   x: parameter  scalar
         x = 3.0000
         dLoss/dx = 6.0000
         the sum of 2
    n1   Loss = x * x  scalar
         Loss = 9.0000
           <- n0   dLoss/dx = x
           <- n0   dLoss/dx = x
    <BLANKLINE>
    On an arrow: the local derivative, which the gradient is multiplied by on its way back.
    <BLANKLINE>
    """

    def __init__(self, model: Diagram, style: Rows, look: Look | None = None):
        self.model = model
        self._style = style
        self._look = look or Look()

    def __repr__(self):
        root = self.model.root
        count, arrows = len(self.model.boxes), len(self.model.edges)
        return (
            f"<Picture of {quoting.text(root.name or root.formula or root.kind)}: "
            f"{count} box{'es' * (count != 1)}, {arrows} arrow{'s' * (arrows != 1)}>"
        )

    @cached_property
    def dot(self) -> str:
        """The picture in Graphviz's language."""
        from .dot import to_dot

        return to_dot(self.model, self._style, self._look)

    @property
    def mermaid(self) -> str:
        """The picture as a Mermaid flowchart."""
        return to_mermaid(self.model, self._style, self._look)

    @property
    def text(self) -> str:
        """The picture as lines for a terminal."""
        return to_text(self.model, self._style)

    @property
    def json(self) -> str:
        """The model as JSON: boxes, edges and groups by the names of their fields."""
        return to_json(self.model, self._style)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG. Raises `RendererMissing` if nothing installed can make it."""
        from .render import accessible, render

        lines = [head(box) for box in self.model.boxes.values()]
        return accessible(render(self.dot, "svg").decode(), self._title, lines)

    @property
    def _title(self):
        return repr(self)[1:-1]

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
            Its suffix says what is written: .svg, .png or .pdf by Graphviz (without its dot
            program .png and .pdf need the package typst too); DOT text as .dot or .gv; .mmd for
            Mermaid; .txt; .json.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError
            For another suffix.
        RendererMissing
            Where nothing that is installed makes the image; nothing is written then.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix in TEXTS:
            path.write_text(getattr(self, TEXTS[suffix]), encoding="utf-8")
        elif suffix == ".svg":
            path.write_text(self.svg, encoding="utf-8")
        elif suffix in IMAGES:
            from .render import render

            path.write_bytes(render(self.dot, suffix[1:], self._title))
        else:
            raise ValueError(
                f"{path}: a picture is saved as {', '.join([*IMAGES, *TEXTS])}, not {suffix!r}"
            )
        return path
