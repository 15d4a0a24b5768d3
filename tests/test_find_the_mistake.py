"""The example of three mistakes: each is named in its turn, and repairing it is enough."""

import inspect
import subprocess
import sys
from pathlib import Path

import find_the_mistake
import pytest

SCRIPT = Path(find_the_mistake.__file__)


@pytest.fixture(scope="module")
def page():
    """What the script prints in a process of its own, as a user starts it."""
    command = [sys.executable, "-W", "error", str(SCRIPT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sentences(page):
    """The first sentence below each heading."""
    lines = page.splitlines()
    return [lines[i + 2] for i, line in enumerate(lines) if line and set(line) == {"="}]


def test_mistakes_are_named_one_after_the_other(page):
    mean, tanh, ridge, end = sentences(page)
    assert "dLoss/dz2" in mean
    assert "7" in mean
    assert "1/N" in mean or "mean" in mean
    assert "dLoss/dz1" in tanh
    assert "tanh" in tanh
    assert "dLoss/dW1" in ridge
    assert "regulariser" in ridge or "penalty" in ridge
    assert end.startswith("right")


def test_every_repair_is_of_a_line_that_is_there_once():
    source = inspect.getsource(find_the_mistake.backward)
    for wrong, right in find_the_mistake.REPAIRS:
        assert source.count(wrong) == 1
        assert right not in map(str.strip, source.splitlines())


def test_the_page_shows_the_backward_pass_and_the_repairs(page):
    assert inspect.getsource(find_the_mistake.backward) in page
    for wrong, right in find_the_mistake.REPAIRS:
        assert f"    - {wrong}\n    + {right}\n" in page
    assert max(map(len, page.splitlines())) <= 120
