"""The README's code runs and prints what it says; its picture is the one the engine draws."""

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


def test_code_of_the_readme_runs_and_prints_what_it_says(tmp_path, monkeypatch):
    pytest.importorskip("scipy")
    monkeypatch.chdir(tmp_path)
    failures, tests = ran(as_doctest((ROOT / "README.md").read_text()))
    assert tests > 20
    assert failures == 0
    drawn = (tmp_path / "xor.svg").read_text()
    assert _words(drawn) == _words((ROOT / "docs/images/xor.svg").read_text())


def as_doctest(page):
    """A page as doctest wants it: the blank lines in an output, which a reader sees as they are."""
    parts = page.split("```")
    for i in range(1, len(parts), 2):
        block = re.sub(r"\n\s*$", "\n\n", parts[i])
        parts[i] = re.sub(r"\n\n(?!>>>|\Z)", "\n<BLANKLINE>\n", block)
    return "```".join(parts)


def ran(text):
    """The failures and the examples of a page."""
    test = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test)
    return runner.summarize(verbose=False)


def test_a_reader_sees_no_marks_of_doctest():
    text = (ROOT / "README.md").read_text()
    assert "BLANKLINE" not in text
    assert "doctest" not in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 130


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
                if error.name in ("scipy", "numba"):
                    continue
                raise
            failures, tests = doctest.testmod(module)
            assert failures == 0, info.name
            ran += tests
        ran += doctest.testmod(package).attempted
    assert ran > 10
