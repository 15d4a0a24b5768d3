"""The README's code runs and prints what it says; its picture is the one the engine draws."""

import doctest
import importlib
import importlib.util
import pkgutil
import re
from pathlib import Path
from xml.etree import ElementTree

import autograd_lite
import nn

ROOT = Path(__file__).parents[1]


def test_code_of_the_readme_runs_and_prints_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failures, tests = doctest.testfile(
        str(ROOT / "README.md"), module_relative=False, verbose=False
    )
    assert tests > 20
    assert failures == 0
    drawn = (tmp_path / "xor.svg").read_text()
    assert _words(drawn) == _words((ROOT / "docs/images/xor.svg").read_text())


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
            if info.name.endswith(".native") and not importlib.util.find_spec("numba"):
                continue
            module = importlib.import_module(info.name)
            failures, tests = doctest.testmod(module)
            assert failures == 0, info.name
            ran += tests
        ran += doctest.testmod(package).attempted
    assert ran > 10
