"""The forms of a report: text, HTML, Markdown, JSON, an error, and the picture in colours."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.drawing.model import BECAUSE, NOT_GIVEN, RIGHT, WRONG

rng = np.random.default_rng(5)
X, TARGET = rng.standard_normal((7, 5)), rng.standard_normal((7, 3))
VOID = {"br", "hr", "img", "input", "link", "meta"}
NASTY = [
    "a|b",
    "<script>alert(1)</script>",
    "w*_`x`[0]",
    "&amp;",
    "two\nlines",
    "`",
    "λ",
    '"',
    "~#",
]


def network():
    W1 = ag.Tensor(rng.standard_normal((5, 4)), requires_grad=True, name="W1")
    b1 = ag.Tensor(rng.standard_normal(4), requires_grad=True, name="b1")
    W2 = ag.Tensor(rng.standard_normal((4, 3)), requires_grad=True, name="W2")
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2
    loss = np.mean((z2 - TARGET) ** 2)
    tensors = {"W1": W1, "b1": b1, "W2": W2, "z1": z1, "h1": h1, "z2": z2}
    for name, tensor in tensors.items():
        tensor.name = name
    return loss, tensors


def wrong_from_z1(names):
    """The report on a backward pass with 1 - h for 1 - h^2 at z1."""
    loss, tensors = network()
    g = dict(zip(tensors, ag.gradients(loss, list(tensors.values())), strict=True))
    h1 = tensors["h1"].numpy()
    g["z1"] = g["h1"] * (1 - h1)
    g["W1"], g["b1"] = X.T @ g["z1"], g["z1"].sum(axis=0)
    g["dh1/dz1"], g["dz2/dh1"] = 1 - h1, tensors["W2"].numpy()
    return ag.compare(loss, {name: g[name] for name in names})


def arrays(given, true, **options):
    return ag.Comparison.of(given, true, **options)


def nasty():
    return arrays({name: [1.0, 3.0] for name in NASTY}, {name: [1.0, 2.0] for name in NASTY})


# --- text -----------------------------------------------------------------------------------------


def test_columns_of_the_text_are_aligned():
    report = wrong_from_z1(["z2", "W2", "z1", "W1", "dh1/dz1"])
    lines = [line for line in str(report).splitlines() if line.count(" | ") == 6]
    assert len(lines) == 6
    bars = [[m.start() for m in re.finditer(r"\|", line)] for line in lines]
    assert all(found == bars[0] for found in bars)
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_text_begins_with_the_sentence_and_ends_with_the_evidence():
    report = wrong_from_z1(["z1", "W1"])
    sentence, _, rest = str(report).partition("\n\n")
    assert " ".join(sentence.split()) == report.summary
    evidence = " ".join(rest.partition("\n\n")[2].split())
    assert evidence == " ".join(report.evidence)


def test_the_text_fits_a_terminal():
    names = [f"layers.{i}.{kind}" for i in range(10) for kind in ("weight", "bias")]
    values = np.random.default_rng(0).normal(size=(len(names), 12, 12)) * 1e-5
    given = dict(zip(names, values, strict=True))
    true = {name: value.copy() for name, value in given.items()}
    true["layers.7.weight"][3, 11] = -12345.678
    report = arrays(given, true)
    lines = str(report).splitlines()
    assert max(map(len, lines)) <= 100
    table = [line for line in lines if " | " in line]
    assert max(map(len, table)) <= 80
    assert table[1].startswith("layers.7.weight | WRONG")
    assert repr(report) == str(report)


def test_differences_have_a_column_where_they_vote():
    report = ag.compare_function(lambda x: np.sum(np.abs(x)), [1.0, 2.0], [1.0, 0.0])
    head, row = (line.split("|") for line in str(report).splitlines() if " | " in line)
    assert [text.strip() for text in head[4:]] == ["manual", "autodiff", "numeric", "max rel"]
    assert [text.strip() for text in row[1:2] + row[4:7]] == ["WRONG", "2", "0", "kink"]
    assert "numeric" not in str(nasty())


# --- HTML -----------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """What a page holds; fails on tags that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.styles, self.rows, self.words = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.styles += [value for name, value in attrs if name == "style"]
        assert {name for name, _ in attrs} <= {"style"}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def test_html_is_one_table_that_needs_nothing_else():
    page = Reader(wrong_from_z1(["z2", "z1", "W1"])._repr_html_())
    assert set(page.tags) <= {"div", "p", "strong", "table", "tr", "th", "td", "ul", "li"}
    assert page.tags.count("table") == 1
    assert not any(word in style for style in page.styles for word in ("url", "@", "http"))
    assert [row[1] for row in page.rows] == ["verdict", "WRONG", "WRONG", "right"]
    assert len({len(row) for row in page.rows}) == 1


def test_html_is_readable_on_light_and_on_dark():
    """Text keeps the notebook's colour, and what is laid behind it lets the theme through."""
    for style in Reader(nasty()._repr_html_()).styles:
        rules = dict(rule.strip().split(":", 1) for rule in style.split(";") if rule.strip())
        assert "color" not in rules
        wash = rules.get("background-color")
        assert wash is None or float(re.fullmatch(r"rgba\(.*, ([\d.]+)\)", wash)[1]) < 0.4


def test_html_shows_any_name_as_it_is():
    report = nasty()
    page = Reader(report._repr_html_())
    assert [row[0] for row in page.rows[1:]] == [name.replace("\n", "\\n") for name in NASTY]
    assert "script" not in page.tags
    assert report.summary in page.words


def test_html_says_all_that_the_text_says():
    for report in (wrong_from_z1(["z1", "W1", "b1"]), nasty()):
        page = Reader(report._repr_html_())
        assert [word for word in (report.summary, *report.evidence) if word not in page.words] == []


# --- Markdown -------------------------------------------------------------------------------------


def cells(line):
    return [text.strip() for text in re.split(r"(?<!\\)\|", line)[1:-1]]


def unescaped(text):
    return re.sub(r"\\([\\`*_\[\]<>|~#&])", r"\1", text)


def test_markdown_is_a_sentence_a_table_and_a_list():
    report = wrong_from_z1(["z2", "z1", "W1"])
    blocks = report.markdown().rstrip("\n").split("\n\n")
    assert unescaped(blocks[0].strip("*")) == report.summary
    table = [cells(line) for line in blocks[1].splitlines()]
    assert {len(row) for row in table} == {7}
    assert table[1] == [":---"] * 4 + ["---:"] * 2 + [":---"]
    assert [row[0] for row in table[2:]] == ["`dLoss/dz1`", "`dLoss/dW1`", "`dLoss/dz2`"]
    assert [unescaped(line.removeprefix("- ")) for line in blocks[2].splitlines()] == (
        report.evidence
    )


def test_no_name_breaks_the_markdown():
    report = nasty()
    table = [cells(line) for line in report.markdown().splitlines() if line.startswith("|")]
    assert {len(row) for row in table} == {7}
    assert len(table) == 2 + len(NASTY)
    assert [row[1] for row in table[2:]] == ["WRONG"] * len(NASTY)
    assert "<script>" not in report.markdown().replace("`<script>alert(1)</script>`", "")


def test_a_name_of_backticks_is_fenced_with_more_of_them():
    report = arrays({"a``b`": 1.0}, {"a``b`": 1.0})
    assert "| ``` a``b` ``` |" in report.markdown()


# --- JSON -----------------------------------------------------------------------------------------


def test_numbers_survive_json_exactly():
    drawn = rng.standard_normal(40) * 10.0 ** rng.integers(-300, 300, 40)
    numbers = [*drawn, 50.0, 0.1, 1e22, 5e-324]
    given = {str(i): x for i, x in enumerate(numbers)}
    report = arrays(given, dict.fromkeys(given, 7))
    read = json.loads(report.json())
    assert [row["given"] for row in read["rows"]] == [float(x) for x in numbers]
    assert [row["max_abs"] for row in read["rows"]] == [row.max_abs for row in report]
    assert read["rows"][0]["true"] == 7


def test_what_json_has_no_number_for_is_a_string_that_float_reads():
    bad = {"n": [np.nan, 1.0], "i": [np.inf, 1.0], "m": [1.0, -np.inf], "z": [1j, np.inf + 1j]}
    report = arrays(bad, {name: [1.0, 1.0] for name in bad})
    text = report.json()
    read = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert [row["given"] for row in read["rows"][:3]] == ["nan", "inf", "-inf"]
    assert read["rows"][0]["max_abs"] == "inf"
    assert read["rows"][3]["given"] == {"real": "inf", "imag": 1.0}


def test_json_holds_what_the_report_says():
    report = wrong_from_z1(["z2", "z1", "W1"])
    read = json.loads(report.json())
    assert read["right"] is False
    assert read["summary"] == report.summary
    assert read["evidence"] == report.evidence
    assert [row["verdict"] for row in read["rows"]] == ["right", "WRONG", "WRONG"]
    assert read["rows"][1]["worst"] == list(report.rows[1].worst)
    found = read["findings"][0]
    assert found["mistake"] == report.findings[0].mistake
    assert found["explains"] == list(report.findings[0].explains)
    shape = json.loads(arrays({"a": [1.0]}, {"a": [1.0, 2.0]}).json())["rows"][0]
    assert (shape["given_shape"], shape["true_shape"], shape["max_abs"]) == ([1], [2], None)


def test_a_function_s_report_has_all_forms():
    report = ag.compare_function(
        lambda x: np.sum(np.abs(x) ** 3), lambda x: 3 * x**2, [1.0, -2.0], lambda x: 6 * np.abs(x)
    )
    read = json.loads(report.json())
    assert [row["verdict"] for row in read["rows"]] == ["WRONG", "right"]
    assert read["rows"][0]["numeric"] == pytest.approx(-12)
    assert "numeric" in Reader(report._repr_html_()).rows[0]
    assert cells(report.markdown().splitlines()[2])[-2:] == ["numeric", "max rel"]
    assert marks(report.draw()) == {"x": WRONG}


@pytest.mark.parametrize(
    "report", [arrays({}, {}), arrays({"a": np.zeros((0, 3))}, {"a": np.zeros((0, 3))})]
)
def test_empty_reports_have_all_forms(report):
    assert report
    assert Reader(report._repr_html_()).rows
    assert json.loads(report.json())["right"] is True
    assert str(report).startswith(report.summary)
    assert report.markdown().count("\n| ") >= 1


def test_at_the_prompt_a_report_is_its_table():
    of_arrays = wrong_from_z1(["z1", "W1"])
    of_function = ag.compare_function(lambda x: np.sum(x**2), lambda x: 3 * x, [1.0, 2.0])
    for report in (of_arrays, of_function):
        assert repr(report) == str(report)


# --- in a test ------------------------------------------------------------------------------------


def test_pytest_shows_the_whole_report_at_the_caller_s_line(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import numpy as np, autograd_lite as ag\n"
        "def test_gradient():\n"
        "    given = {f'a{i}': [1.0, 5.0] for i in range(30)}\n"
        "    report = ag.Comparison.of(given, dict.fromkeys(given, [1.0, 2.0]))\n"
        "    report.raise_if_bad()\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    given = {f"a{i}": [1.0, 5.0] for i in range(30)}
    report = arrays(given, {name: [1.0, 2.0] for name in given})
    shown = [line.removeprefix("E").strip() for line in run.stdout.splitlines()]
    assert [line for line in str(report).splitlines()[1:] if line.strip() not in shown] == []
    assert "def raise_if_bad" not in run.stdout
    assert re.search(r"^>\s+report\.raise_if_bad\(\)", run.stdout, re.MULTILINE)


# --- the picture ----------------------------------------------------------------------------------


def marks(picture):
    """The marks of the named boxes."""
    boxes = picture.model.boxes.values()
    return {box.name: box.mark for box in boxes if box.name and box.mark}


def test_boxes_are_marked_right_first_wrong_and_wrong_because_of_it():
    picture = wrong_from_z1(["z2", "h1", "z1", "W1", "b1"]).draw()
    assert marks(picture) == {
        "z2": RIGHT, "h1": RIGHT, "z1": WRONG, "W1": BECAUSE, "b1": BECAUSE, "W2": NOT_GIVEN,
    }  # fmt: skip
    unmarked = {box.kind for box in picture.model.boxes.values() if box.mark is None}
    assert unmarked == {"constant", "output"}


def test_verdicts_are_written_in_the_boxes_and_shown_by_different_colours():
    picture = wrong_from_z1(["z2", "z1", "W1"]).draw()
    boxes = {box.name: box for box in picture.model.boxes.values()}
    assert dict(boxes["z2"].notes) == {"by hand": "right"}
    assert dict(boxes["W1"].notes)["by hand"] == "WRONG, because dLoss/dz1 is"
    assert "dLoss/dz1 by hand" in dict(boxes["z1"].notes)
    fills = {}
    for name in ("z2", "z1", "W1", "W2"):
        [line] = [x for x in picture.dot.splitlines() if x.startswith(f"\t{boxes[name].id} [")]
        fills[name] = re.search(r'fillcolor="(#\w+)"', line)[1]
    assert len(set(fills.values())) == 4
    assert "Green: the gradient by hand is right." in picture.dot


def test_factors_of_the_chain_colour_their_arrows():
    picture = wrong_from_z1(["dh1/dz1", "dz2/dh1"]).draw()
    ids = {box.name: box.id for box in picture.model.boxes.values()}
    marked = {(e.target, e.source): e.mark for e in picture.model.edges if e.mark}
    assert marked == {(ids["h1"], ids["z1"]): WRONG, (ids["z2"], ids["h1"]): RIGHT}
    assert picture.dot.count('color="#B2182B" penwidth=2.5') == 1


def test_the_step_where_the_mistake_was_made_has_a_frame():
    report = wrong_from_z1(["W1", "b1", "W2"])
    where = {report.case.names.of(node) for finding in report.findings for node in finding.where}
    framed = {box.name for box in report.draw().model.boxes.values() if box.suspect}
    assert framed == where == {"h1"}


def test_the_coloured_picture_is_drawn():
    svg = wrong_from_z1(["z2", "h1", "z1", "W1", "b1", "dh1/dz1"]).draw(max_elements=3).svg
    words = ["".join(e.itertext()) for e in ElementTree.fromstring(svg.encode()).iter()]
    assert any("by hand: WRONG" in word for word in words)
    assert {"#a6dba0", "#ef6a5a", "#fbc9a5", "#e6e6e6"} <= set(re.findall(r"#\w{6}", svg.lower()))


def test_a_picture_without_gradients_has_verdicts_only():
    picture = wrong_from_z1(["z1", "W1"]).draw(values=False, gradients=False)
    notes = [note for box in picture.model.boxes.values() for note in box.notes]
    assert {label for label, _ in notes} == {"by hand"}


def test_a_right_comparison_is_green_and_a_shape_is_written():
    loss, tensors = network()
    [g] = ag.gradients(loss, [tensors["W2"]])
    assert marks(ag.compare(loss, {"W2": g}).draw())["W2"] == RIGHT
    shaped = ag.compare(loss, {"W2": g.T}).draw()
    [box] = [box for box in shaped.model.boxes.values() if box.name == "W2"]
    assert box.mark == WRONG
    assert ("by hand", "shape (3, 4)") in box.notes


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(ValueError, match="arrays alone has no graph"):
        arrays({"a": 1.0}, {"a": 2.0}).draw()
    with pytest.raises(ValueError, match="max_nodes=12"):
        wrong_from_z1(["W1"]).draw(max_nodes=3)


def test_other_pictures_are_not_marked():
    picture = ag.draw(network()[0])
    assert marks(picture) == {}
    assert "by hand" not in picture.dot


def test_a_row_is_read_at_the_prompt():
    w = ag.Tensor([1.0, 2.0], requires_grad=True, name="w")
    row = ag.compare(np.sum(w**2), {"w": [2.0, 5.0]})["w"]
    assert repr(row) == "<dLoss/dw: WRONG, at [1] 5 where 4 is right>"
    row = ag.compare(np.sum(w**2), {"w": [2.0]})["w"]
    assert repr(row) == "<dLoss/dw: SHAPE (1,) for (2,)>"
