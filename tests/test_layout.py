"""Imports run one way, and the engine needs NumPy only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_lite as ag

ENGINE = Path(ag.__file__).parent
NN = ENGINE.parent / "nn"

# What stands lower may not import what stands higher; a row may import within itself.
LAYERS = [
    {"tape", "errors", "frames", "quoting", "other_names", "trees", "quiet", "memory", "arrays"},
    {"hooks", "contributions", "dispatch", "pickling", "results", "rounding", "dead_branches"},
    {"operators", "assignment", "leaf_arrays", "flat"},
    {"tensor"},
    {"recording"},
    {"primitives", "creation"},
    {"rules", "edges", "watching"},
    {"tracing", "names"},
    {"transformed", "transforms", "checkpointing", "vectors", "anomaly"},
    {"comparison", "derivation", "drawing", "scipy"},
    {"__init__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def imports(path):
    """The absolute names that a file imports, at any depth of its code."""
    parents = path.relative_to(ENGINE.parent).parts[:-1]
    tree = ast.parse(path.read_text())
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
                inside = (ENGINE.parent / module.replace(".", "/") / f"{alias.name}.py").exists()
                is_package = (ENGINE.parent / module.replace(".", "/") / alias.name).is_dir()
                yield f"{module}.{alias.name}" if inside or is_package else module


def _is_for_types(test):
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def room(path):
    """The module or subpackage of the engine that a file belongs to."""
    return path.relative_to(ENGINE).parts[0].removesuffix(".py")


ENGINE_FILES = sorted(ENGINE.rglob("*.py"))


@pytest.mark.parametrize("path", ENGINE_FILES, ids=lambda p: str(p.relative_to(ENGINE)))
def test_imports_run_one_way(path):
    assert room(path) in RANK, f"{room(path)} has no place among the layers"
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "autograd_lite" and len(parts) > 1:
            assert RANK[parts[1]] <= RANK[room(path)], f"{path.name} imports {name}"
        assert parts[0] != "nn"


def test_modules_import_each_other_in_no_circle():
    edges = {}
    for path in ENGINE_FILES:
        module = ".".join(path.relative_to(ENGINE.parent).with_suffix("").parts)
        edges[module.removesuffix(".__init__")] = set(imports(path))
    done = set()
    while ready := {m for m, wanted in edges.items() if not (wanted & edges.keys()) - done - {m}}:
        done |= ready
        edges = {m: wanted for m, wanted in edges.items() if m not in ready}
    assert not edges


def test_the_tape_knows_no_numpy_and_no_sibling():
    found = {name.split(".")[0] for name in imports(ENGINE / "tape.py")}
    assert found <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", sorted(NN.rglob("*.py")), ids=lambda p: p.name)
def test_nn_uses_public_names_only(path):
    tree = ast.parse(path.read_text())
    for name in imports(path):
        if name.split(".")[0] == "autograd_lite":
            public = ("autograd_lite", "autograd_lite.other_names")
            assert name in public, f"{path.name} imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "autograd_lite":
            assert all(hasattr(ag, a.name) and not a.name.startswith("_") for a in node.names)
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id == "ag":
                assert hasattr(ag, node.attr)
                assert not node.attr.startswith("_")
                assert not (ENGINE / f"{node.attr}.py").exists(), f"ag.{node.attr} is a module"
            assert node.attr not in ("_array", "node"), f"{path.name} looks inside a Tensor"


def test_importing_the_engine_brings_in_numpy_only():
    code = "import sys, autograd_lite; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    plain = "import sys, numpy; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    ours, numpys = (
        set(subprocess.run([sys.executable, "-c", c], capture_output=True, text=True, check=True)
            .stdout.split())
        for c in (code, plain)
    )  # fmt: skip
    assert ours - numpys - set(sys.stdlib_module_names) == {"autograd_lite"}
