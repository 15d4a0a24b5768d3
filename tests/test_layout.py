"""Imports run one way, and the engine needs NumPy only."""

import ast
import builtins
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import autograd_lite as ag

PACKAGE = Path(ag.__file__).parent
NN = PACKAGE.parent / "nn"

# What stands lower may not import what stands higher; a row may import within itself.
ROOMS = [
    {"messages", "memory"},
    {"engine"},
    {"transforms", "collector"},
    {"rules"},
    {"graph", "observed_call", "numerics", "symbolic", "scipy"},
    {"programs", "drawing", "derivation"},
    {"compilation", "comparison"},
    {"reviewing", "playing"},
    {"__init__", "__main__"},
]
ENGINE = [
    {"__init__", "tape", "modes"},
    {"arrays"},
    {
        "hooks",
        "contributions",
        "dispatch",
        "pickling",
        "multiple_outputs",
        "dead_branches",
        "freeing",
    },
    {"operators", "aliasing", "shown_arrays"},
    {"tensor"},
    {"calls"},
    {"primitives"},
]


def ranks(rows):
    return {name: rank for rank, names in enumerate(rows) for name in names}


@cache
def parsed(path):
    return ast.parse(path.read_text())


@cache
def imports(path):
    """The absolute names that a file imports, at any depth of its code."""
    return tuple(_imports(path))


def _imports(path):
    parents = path.relative_to(PACKAGE.parent).parts[:-1]
    tree = parsed(path)
    typing = [n for n in ast.walk(tree) if isinstance(n, ast.If) and _is_for_types(n.test)]
    unseen = {node for block in typing for line in block.body for node in ast.walk(line)}
    for node in ast.walk(tree):
        if node in unseen:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            for alias in node.names:
                inside = (PACKAGE.parent / module.replace(".", "/") / f"{alias.name}.py").exists()
                is_package = (PACKAGE.parent / module.replace(".", "/") / alias.name).is_dir()
                yield f"{module}.{alias.name}" if inside or is_package else module


def _is_for_types(test):
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def ours(name):
    """The parts of an imported name below the package; nothing of another package's."""
    parts = name.split(".")
    assert parts[0] != "nn"
    return parts[1:] if parts[0] == "autograd_lite" else []


FILES = sorted(PACKAGE.rglob("*.py"))


def test_imports_run_one_way():
    rooms, engine = ranks(ROOMS), ranks(ENGINE)
    for path in FILES:
        place = path.relative_to(PACKAGE).with_suffix("").parts
        assert place[0] in rooms, f"{place[0]} has no place among the rooms"
        for name in imports(path):
            parts = ours(name)
            if parts:
                assert rooms[parts[0]] <= rooms[place[0]], f"{path} imports {name}"
            if place[0] == "engine" and parts[:1] == ["engine"]:
                assert engine[parts[1]] <= engine[place[1]], f"{path} imports {name}"


def test_the_engine_imports_numpy_and_its_messages_alone():
    allowed = {"numpy", "autograd_lite", *sys.stdlib_module_names}
    for path in (PACKAGE / "engine").glob("*.py"):
        for name in imports(path):
            assert name.split(".")[0] in allowed, f"{path.name} imports {name}"
            assert ours(name)[:1] in ([], ["engine"], ["messages"]), f"{path.name} imports {name}"


def test_modules_import_each_other_in_no_circle():
    edges = {}
    for path in FILES:
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        edges[module.removesuffix(".__init__")] = set(imports(path))
    done = set()
    while ready := {m for m, wanted in edges.items() if not (wanted & edges.keys()) - done - {m}}:
        done |= ready
        edges = {m: wanted for m, wanted in edges.items() if m not in ready}
    assert not edges


def test_the_tape_knows_no_numpy_and_no_sibling():
    found = {name.split(".")[0] for name in imports(PACKAGE / "engine" / "tape.py")}
    assert found <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", sorted(NN.rglob("*.py")), ids=lambda p: p.name)
def test_nn_uses_public_names_only(path):
    tree = parsed(path)
    for name in imports(path):
        if name.split(".")[0] == "autograd_lite":
            public = ("autograd_lite", "autograd_lite.messages.other_names")
            assert name in public, f"{path.name} imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "autograd_lite":
            assert all(hasattr(ag, a.name) and not a.name.startswith("_") for a in node.names)
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id == "ag":
                assert hasattr(ag, node.attr)
                assert not node.attr.startswith("_")
                assert node.attr in dir(ag), f"ag.{node.attr} is no public name"
            assert node.attr not in ("_array", "node"), f"{path.name} looks inside a Tensor"


def test_the_engine_is_as_small_as_the_readme_says():
    lines = sum(len(path.read_text().splitlines()) for path in (PACKAGE / "engine").glob("*.py"))
    assert lines <= 3200
    assert "one room of 3,200 lines" in (PACKAGE.parent / "README.md").read_text()


def length(function):
    """The lines of a function without its docstring."""
    first = function.body[0]
    is_documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = first.end_lineno - first.lineno + 1 if is_documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_functions_are_short():
    """The few others are those of every call, and those whose settings fill half a page."""
    long = [
        f"{path.relative_to(PACKAGE.parent)} {node.name}: {length(node)} lines"
        for path in (*FILES, *NN.rglob("*.py"))
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and length(node) > 30
    ]
    assert len(long) <= 10, "\n".join(long)


def test_a_file_is_read_at_one_go():
    lines = {
        path: len(path.read_text().splitlines())
        for path in (*FILES, *NN.rglob("*.py"), *Path(__file__).parent.rglob("*.py"))
    }
    longest = 640
    assert not [p for p, n in lines.items() if n > longest]
    ours = {p: n for p, n in lines.items() if "tests" not in p.parts and p.name != "__init__.py"}
    assert not [p for p, n in ours.items() if n > 600]
    assert len([p for p, n in ours.items() if n < 50]) <= 10


def test_a_file_is_one_thing_in_its_first_sentence():
    """What stands before a colon is one purpose; what follows one lists its parts."""
    for path in (*FILES, *NN.rglob("*.py")):
        said = " ".join((ast.get_docstring(parsed(path)) or "").split())
        [first, *_] = re.split(r"[.?](?:\s|$)", said)
        head = re.sub(r"^[\w.`]+: ", "", first).partition(": ")[0]
        assert head, f"{path} does not say what it is"
        assert not re.search(r", and |;", head), f"{path} is two things: {head}"


def test_importing_the_engine_brings_in_numpy_only():
    code = "import sys, autograd_lite; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    plain = "import sys, numpy; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    ours, numpys = (
        set(subprocess.run([sys.executable, "-c", c], capture_output=True, text=True, check=True)
            .stdout.split())
        for c in (code, plain)
    )  # fmt: skip
    assert ours - numpys - set(sys.stdlib_module_names) == {"autograd_lite"}


def test_what_the_design_page_names_is_there():
    root = PACKAGE.parent
    page = (root / "docs" / "design.md").read_text()
    named = re.findall(
        r"`((?:tests|engine|messages|transforms|numerics|programs|drawing|rules)/[\w/]*(?:\.py)?)`",
        page,
    )
    assert len(named) > 30
    for name in named:
        assert (root / name).exists() or (PACKAGE / name).exists(), name
    for room in (path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()):
        assert f"`{room}/`" in page, room


def test_the_package_shows_its_public_names_alone():
    assert set(dir(ag)) == {*ag.__all__, "compile", "nn", "__version__"}
    assert all(hasattr(ag, name) for name in dir(ag))


def test_what_a_star_imports_hides_no_builtin():
    scope = {}
    exec("from autograd_lite import *", scope)
    assert not (scope.keys() - {"__builtins__"}) & vars(builtins).keys()
