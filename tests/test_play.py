"""The page of `ag.play` as a file: what it holds, what it refuses, and what it is made of."""

import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import article
import numpy as np
import play
import pytest
from xor_observation import Observation

import autograd_lite as ag
import nn
from autograd_lite.graph import Names
from autograd_lite.playing.from_tape import Reading
from autograd_lite.playing.mistakes import add_wrong_answers
from autograd_lite.symbolic.javascript_loops import ELEMENTWISE


def observation():
    return Observation.of_the_article().forward()


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.html, re.S)[1])


def text_of(pieces, data):
    labels = [box["label"] for box in data["boxes"]]
    parts = {"text": str, "value": lambda i: labels[i], "gradient": lambda i: f"d{labels[i]}"}
    return "".join(parts[kind](what) for kind, what in pieces)


def test_the_page_is_one_file_that_loads_nothing():
    html = ag.play(observation()).html
    assert len(html.encode()) < 1_000_000
    found = []

    class Attributes(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.extend((tag, k, v) for k, v in attrs if k in ("src", "href", "srcset", "action"))

    Attributes().feed(html)
    assert found == [("link", "href", "data:,")]
    assert "default-src 'none'" in html
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)


def test_every_step_has_its_formula():
    data = data_of(ag.play(observation()))
    formulas = {
        data["boxes"][f["target"]]["label"]: text_of(f["formula"], data) for f in data["flows"]
    }
    assert formulas["z2"] == "dh2 * h2 * (1 - h2)"
    assert formulas["W2"] == "h1.T @ dz2"
    assert formulas["h1"] == "dz2 @ W2.T"
    assert formulas["W1"] == "X.T @ dz1"
    local = {data["boxes"][f["target"]]["label"]: text_of(f["local"], data) for f in data["flows"]}
    assert local["z1"] == "h1 * (1 - h1)"


def test_a_local_derivative_is_no_gradient_that_happens_to_be_one():
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    h = np.tanh(x)
    p = h + x
    data = data_of(ag.play(np.sum(p)))
    slopes = [text_of(flow["local"], data) for flow in data["flows"]]
    assert "1 - h * h" in slopes


def test_what_a_value_that_is_used_twice_receives_comes_in_two_flows():
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    h = np.tanh(x)
    data = data_of(ag.play(np.sum(h * x)))
    targets = [data["boxes"][flow["target"]]["label"] for flow in data["flows"]]
    assert sorted(targets) == ["h", "h * x", "x", "x"]


@pytest.mark.parametrize("typical", ["sigmoid", "matmul", "loss"])
def test_wrong_answers_are_those_that_compare_knows(typical):
    data = data_of(ag.play(observation()))
    wrong = {
        data["boxes"][f["target"]]["label"]: {
            text_of(a["formula"], data): a["mistake"] for a in f["wrong"]
        }
        for f in data["flows"]
    }
    if typical == "sigmoid":
        assert wrong["z2"]["dh2"] == "derivative missing"
        assert wrong["z2"]["dh2 * z2 * (1 - z2)"] == "output formula on input"
        assert wrong["z2"]["dh2 * sigmoid(h2) * (1 - sigmoid(h2))"] == "derivative at output"
    elif typical == "matmul":
        assert wrong["h1"]["dz2 @ W2"] == "transpose"
        assert wrong["W2"]["dz2 @ h1.T"] == "order"
    else:
        assert wrong["h2"]["dY - h2"] == "sign"


def test_a_wrong_answer_gives_in_the_page_what_the_wrong_step_gives_in_compare():
    """The numbers of a wrong answer are diagnosed by compare as the same mistake."""
    seen = Observation.of_the_article()
    loss = seen.forward()
    reading = Reading(loss, Names(loss, {}))
    add_wrong_answers(reading)
    results = reading.program.steps
    assert results
    z2 = next(f for f in reading.flows if reading.boxes[f.target].label == "z2")
    missing = next(a for a in z2.wrong if a.mistake == "derivative missing")
    h2_gradient = ag.gradients(loss, [seen.values["h2"]])[0]
    report = ag.compare(loss, {"z2": h2_gradient})
    assert report.findings[0].mistake == missing.mistake


def test_boxes_do_not_overlap_and_a_chain_is_straight():
    X, y = article.data()
    layers = [part for i in range(6) for part in (nn.Linear(2, 2, rng=i), nn.Tanh())]
    data = data_of(ag.play(nn.squared_error(nn.Sequential(*layers)(X[:3]), y[:3])))
    boxes = data["boxes"]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart = abs(a["x"] - b["x"]) >= (a["width"] + b["width"]) / 2
            assert apart or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
    column = [box["x"] for box in boxes if box["op"]]
    assert max(column) - min(column) < 1
    assert data["width"] < 1000


def test_arrows_go_down():
    data = data_of(ag.play(observation()))
    for arrow in data["arrows"]:
        heights = [y for _, y in arrow["points"]]
        assert heights == sorted(heights)
        assert data["boxes"][arrow["source"]]["y"] < data["boxes"][arrow["target"]]["y"]


def test_names_do_not_end_the_script():
    x = ag.Tensor([1.0], requires_grad=True, name="</script><!--\u2028")
    html = ag.play(np.sum(x * x)).html
    assert html.count("</script>") == 2
    assert "</script><!--\\u2028" in [
        box["label"] for box in data_of(ag.play(np.sum(x * x)))["boxes"]
    ]


def test_what_is_no_loss_is_refused():
    with pytest.raises(TypeError, match=r"play\(\) takes the loss"):
        ag.play(np.ones(3))
    with pytest.raises(ValueError, match="of a constant"):
        ag.play(ag.Tensor(1.0))
    x = ag.Tensor(np.ones(3), requires_grad=True)
    with pytest.raises(ValueError, match="not a scalar"):
        ag.play(x * 2)
    loss = np.sum(x)
    for _ in range(400):
        loss = loss + 1
    with pytest.raises(ValueError, match="max_nodes=402"):
        ag.play(loss)


def test_another_suffix_is_refused_and_nothing_written(tmp_path):
    with pytest.raises(ValueError, match=r"saved as \.html"):
        ag.play(observation(), tmp_path / "page.pdf")
    assert not list(tmp_path.iterdir())


def test_a_function_is_called_and_its_variables_are_the_names(tmp_path):
    def f(W, x):
        h = np.tanh(x @ W)
        kl = h * 2
        return np.sum(kl**2)

    page = ag.play(f, np.ones((2, 2)), np.array([0.5, 1.0]), path=tmp_path / "f.html")
    labels = [box["label"] for box in data_of(page)["boxes"]]
    assert {"W", "x", "h", "kl"} <= set(labels)
    assert (tmp_path / "f.html").exists()
    page = ag.play(f, np.ones((2, 2)), np.array([0.5, 1.0]), wrt="W")
    kinds = {box["label"]: box["kind"] for box in data_of(page)["boxes"]}
    assert (kinds["W"], kinds["x"]) == ("variable", "constant")
    with pytest.raises(TypeError, match="takes one path"):
        ag.play(observation(), "a.html", "b.html")


def test_saves_and_shows_itself(tmp_path):
    page = ag.play(observation(), tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.html
    assert repr(page) == "<Page of Loss: 12 boxes, 20 steps>"
    assert page._repr_html_().startswith("<iframe srcdoc=")


def test_what_the_page_has_no_function_for_is_said():
    kernel = ag.Tensor(np.ones((1, 1, 2, 2)), requires_grad=True)
    page = ag.play(np.sum(ag.conv(np.ones((1, 1, 4, 4)), kernel)))
    assert not page.computes
    assert "conv" in page.why
    assert "PROGRAM = {}" in page.html


def test_a_function_of_the_user_s_own_is_replayed():
    cube = ag.elementwise(lambda x: x**3, lambda g, out, x: g * 3 * x**2)
    x = ag.Tensor([2.0], requires_grad=True, name="x")
    page = ag.play(np.sum(cube(x)))
    data = data_of(page)
    assert not page.computes
    gradient = data["results"][data["boxes"][0]["gradient"]]
    assert gradient["data"] == [12.0]


def test_float32_is_computed_in_double_precision_and_said():
    w = ag.Tensor(np.ones(2, np.float32), requires_grad=True)
    page = ag.play(np.sum(w * w))
    assert page.computes
    assert "float32" in data_of(page)["notice"]


@pytest.mark.parametrize(
    ("loss", "threshold"),
    [
        (lambda z, y: -np.mean(y * np.log(ag.sigmoid(z)) + (1 - y) * np.log(1 - ag.sigmoid(z))), 0),
        (lambda z, y: np.mean(np.logaddexp(0, z) - y * z), 0),
        (lambda z, y: np.mean((ag.sigmoid(z) - y) ** 2), 0.5),
        (lambda z, y: np.mean((z - y) ** 2), 0.5),
        (lambda z, y: np.mean(np.maximum(0, 1 - (2 * y - 1) * z)), 0),
    ],
)
def test_the_prediction_is_found_between_data_and_labels(loss, threshold):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(float)
    w = ag.Tensor(rng.normal(size=2), requires_grad=True)
    points = data_of(ag.play(loss(X @ w, y)))["training"]["points"]
    assert points["threshold"] == threshold
    assert points["classes"] == y.astype(int).tolist()


def test_what_is_computed_of_data_off_the_tape_is_said_to_stay():
    w = ag.Tensor([1.0, 2.0], requires_grad=True, name="w")
    y = np.array([0.0, 1.0])
    data = data_of(ag.play(np.sum(y * w + (1 - y) * w**2)))
    assert len(data["untracked"]) == 1
    assert data_of(ag.play(np.sum(y * w)))["untracked"] == []
    mask = data_of(ag.play(np.sum(np.where(w > 1, w, w * w))))
    assert "stays as it was recorded" in mask["notice"]


def test_the_pages_of_the_example(tmp_path, capsys):
    play.main(["--out", str(tmp_path)])
    assert len(capsys.readouterr().out.splitlines()) == 3
    pages = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert pages.keys() == {"observation.html", "logistic.html", "xor.html"}
    assert max(pages.values()) < 1_000_000


def test_without_points_in_a_plane_there_is_no_boundary():
    W = ag.Tensor(np.ones((3, 2)), requires_grad=True)
    training = data_of(ag.play(np.sum(np.tanh(np.ones((4, 3)) @ W))))["training"]
    assert training["points"] is None
    assert training["variables"]


def test_the_files_of_the_page_are_in_the_package():
    names = {path.name for path in files("autograd_lite.playing").joinpath("assets").iterdir()}
    assert {"page.html", "style.css", "arrays.js", "player.js"} <= names


def test_formulas_of_numbers_name_their_arguments_alone():
    for formula in ELEMENTWISE.values():
        names = set(re.findall(r"(?<![\w.])[a-z]\w*", formula))
        assert names <= {
            "x",
            "y",
            "logistic",
            "logOfSum",
            "complementary",
            "errorFunction",
            "isFinite",
        }
