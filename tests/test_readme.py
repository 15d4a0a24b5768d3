"""The README's and the pages' code prints what they say; the picture is the one that is drawn."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import autograd_lite
import nn

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
EXAMPLES = {  # at least
    "docs/compile.md": 15,
    "docs/derivation.md": 15,
    "docs/diagnosis.md": 15,
    "docs/training.md": 10,
}


def test_code_of_the_readme_runs_and_prints_what_it_says(tmp_path, monkeypatch):
    for package in ("scipy", "safetensors", "matplotlib"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    failures, tests = ran(as_doctest((ROOT / "README.md").read_text()))
    assert tests > 20
    assert failures == 0
    drawn = (tmp_path / "xor.svg").read_text()
    assert _words(drawn) == _words((ROOT / "docs/images/xor.svg").read_text())


@pytest.mark.parametrize("page", PAGES[1:])
def test_code_of_a_page_runs_and_prints_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failures, tests = ran(as_doctest((ROOT / page).read_text()))
    assert tests >= EXAMPLES.get(page, 0)
    assert failures == 0


def as_doctest(page):
    """A page as doctest wants it: the blank lines in an output, which a reader sees as they are."""
    parts = page.split("```")
    for i in range(1, len(parts), 2):
        parts[i] = re.sub(r"(?<=\n)\n(?!>>>|\s*\Z)", "<BLANKLINE>\n", parts[i])
    return "```".join(parts)


class Ending(doctest.OutputChecker):
    """Sees no difference in the blank lines at the end of an output."""

    def check_output(self, want, got, optionflags):
        return super().check_output(want.rstrip() + "\n", got.rstrip() + "\n", optionflags)


def ran(text):
    """The failures and the examples of a page."""
    test = doctest.DocTestParser().get_doctest(text, {}, "page", "page", 0)
    runner = doctest.DocTestRunner(checker=Ending(), optionflags=doctest.ELLIPSIS)
    runner.run(test)
    return runner.summarize(verbose=False)


@pytest.mark.parametrize("page", PAGES)
def test_a_reader_sees_no_marks_of_doctest(page):
    text = (ROOT / page).read_text()
    assert "BLANKLINE" not in text
    assert "# doctest" not in text


def test_the_readme_is_no_wider_than_a_page():
    """Prose is wrapped by what shows it; a table or a program that is too wide is scrolled."""
    lines = (ROOT / "README.md").read_text().splitlines()
    blocks = [i for i, line in enumerate(lines) if line.startswith("```")]
    code = [line for a, b in zip(blocks[::2], blocks[1::2]) for line in lines[a:b]]
    tables = [line for line in lines if line.startswith("|")]
    assert max(map(len, lines)) <= 130
    assert [line for line in code + tables if len(line) > 100] == []


def _words(svg):
    """What can be read in a picture; where it stands depends on the program that lays it out."""
    return sorted(t.text for t in ElementTree.fromstring(svg).iter() if t.tag.endswith("text"))


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_doctests_of_the_packages_pass():
    ran = 0
    for package in (autograd_lite, nn):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            try:
                module = importlib.import_module(info.name)
            except ModuleNotFoundError as error:
                if error.name in ("scipy", "numba", "sklearn"):
                    continue
                raise
            if ">>>" not in Path(module.__file__).read_text():
                continue
            failures, tests = doctest.testmod(module)
            assert failures == 0, info.name
            ran += tests
        ran += doctest.testmod(package).attempted
    assert ran > 10
