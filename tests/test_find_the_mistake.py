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


def paragraphs(page):
    """What stands below each heading, up to the table."""
    parts = page.split("What compare says\n=================\n\n")[1:]
    return [" ".join(part.split("\n\n")[0].split()) for part in parts]


def test_three_mistakes_are_named_and_then_everything_is_right(page):
    *mistakes, end = paragraphs(page)
    assert len(mistakes) == 3
    assert end.startswith("right")
    for node, words in (("dz2", "1/N"), ("dz1", "tanh"), ("dW1", "regulariser")):
        assert sum(node in said and words in said for said in mistakes) == 1


def test_the_mistake_nearest_to_the_loss_is_named_first(page):
    said = paragraphs(page)
    assert [node in text for node, text in zip(("dz2", "dz1", "dW1"), said)] == [True] * 3


def test_every_repair_is_of_a_line_that_is_there_once():
    source = inspect.getsource(find_the_mistake.backward)
    for wrong, right in find_the_mistake.REPAIRS.values():
        assert source.count(wrong) == 1
        assert right not in map(str.strip, source.splitlines())


def test_the_page_shows_the_backward_pass_and_the_repairs(page):
    assert inspect.getsource(find_the_mistake.backward) in page
    for wrong, right in find_the_mistake.REPAIRS.values():
        assert f"    - {wrong}\n    + {right}\n" in page
    assert max(map(len, page.splitlines())) <= 100
