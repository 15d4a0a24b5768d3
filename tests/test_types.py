"""Programs with types pass mypy --strict and pyright, beside NumPy's own stubs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = sorted((Path(__file__).parent / "typed").glob("*.py"))
ENVIRONMENT = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)}


def checked(*command):
    run = subprocess.run(
        [sys.executable, "-m", *command, *map(str, PROGRAMS)],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.slow
def test_programs_with_types_pass_mypy_in_its_strictest_mode():
    pytest.importorskip("mypy")
    checked("mypy", "--strict", "--follow-imports=silent")


@pytest.mark.slow
def test_programs_with_types_pass_pyright():
    pytest.importorskip("pyright")
    checked("pyright", "--pythonpath", sys.executable)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_programs_with_types_run(program):
    exec(compile(program.read_text(), str(program), "exec"), {"__name__": "program"})


MISSPELT = """
import autograd_lite as ag
import nn

ag.compare, ag.compile, ag.draw, ag.nn.Linear, ag.__version__, nn.init
ag.gard
ag.nn.Liner
nn.Adm
"""


@pytest.mark.slow
def test_a_misspelt_name_of_a_package_is_found(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "program.py").write_text(MISSPELT)
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--follow-imports=silent", tmp_path / "program.py"],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line.split(":")[1] for line in run.stdout.splitlines() if ": error:" in line]
    assert lines == ["6", "7", "8"], run.stdout
