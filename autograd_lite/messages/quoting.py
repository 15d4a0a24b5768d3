"""Names are data: how a text of the user's is written in each language.

One function a language, used by every writer and nothing else. Ordinary names come out as they
are.
"""

import html as _html
import keyword
import re
import unicodedata

LONGEST = 80  # characters of an identifier


def text(name):
    """One line for a terminal or a message: what does not print is written as in Python."""
    name = name if type(name) is str else str.__str__(name) if isinstance(name, str) else str(name)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def identifier(name):
    """A name in Python: layers.0.weight becomes layers_0_weight.

    Letters are those that Python reads (NFKC), so that two names which it folds into one are
    known to be one.
    """
    name = unicodedata.normalize("NFKC", text(name))
    name = "".join(c if f"a{c}".isidentifier() else " " for c in name)
    name = "_".join(name.split()).strip("_")[:LONGEST] or "x"
    if not name.isidentifier():
        name = f"_{name}"
    is_taken = keyword.iskeyword(name) or name in ("np", "numpy", "scipy", "debug")
    return f"{name}_" if is_taken else name


def distinct(name, taken, first=None):
    """A name that is none of those taken: itself (or ``first``), else with a number behind it."""
    found, count = first or name, 1
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


def shortened(text, longest, between="..."):
    """A long text by its beginning and its end."""
    half = (longest - len(between)) // 2
    return text if len(text) <= longest else f"{text[:half]}{between}{text[-half:]}"


def string(value):
    """A string literal of Python, of a subclass of str too."""
    return repr(str.__str__(value))


def docstring(name):
    """A name inside a docstring or a comment of Python."""
    return text(name).replace("\\", "\\\\").replace('"', '\\"')


def comment(line):
    """A line of a comment of Python."""
    return text(line)


def markdown(line):
    """A text on one line of Markdown, without the meaning that its characters have there."""
    return re.sub(r"([\\`*_\[\]<>|~#&$!])", r"\\\1", " ".join(text(line).split()))


def markdown_code(line):
    """A text as code in a table of Markdown; a bar would end the cell even there."""
    line = text(line).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


_LATEX = {
    **{c: f"\\{c}" for c in "#$%&_{}"},
    "\\": r"{\backslash}", "^": r"{\wedge}", "~": r"{\sim}", "<": "{<}", ">": "{>}",
    " ": r"\ ", "`": "{`}", '"': "{''}",
}  # fmt: skip


def latex(name):
    r"""A text in a formula of LaTeX, inside of \mathrm or \operatorname."""
    return "".join(_LATEX.get(c, c) for c in text(name))


def html(line):
    """A text in HTML, inside of an element or an attribute."""
    return _html.escape(text(line))


def html_source(page):
    """A whole page as the value of an attribute, ``srcdoc``."""
    return _html.escape(page)


def json_in_html(value):
    """Plain data as JSON inside a script element of HTML, and inside a program of JavaScript.

    Nothing there ends the element or opens a comment, and no line ends that is not ours.
    Raises ValueError for nan and infinities, which JSON lacks.
    """
    import json  # here: it takes a tenth of the time of the engine

    written = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return written.translate(_IN_SCRIPT)


_IN_SCRIPT = {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}


def mermaid(line):
    """A text in a quoted label of Mermaid, without its meaning there, in Markdown and in HTML.

    Several spaces stay several. A backslash is not left before an n, which would break the line.
    """
    line = re.sub(r"[^\w\s.,:;=()\[\]+/□▁▂▃▄▅▆▇█-]", lambda m: f"#{ord(m.group())};", text(line))
    line = line.replace("#92;n", "#92;#8288;n")
    return re.sub(r"^\s+|(?<=\s)\s+", lambda m: "#160;" * len(m.group()), line)
