"""Programs with marks at the ends of their lines: what can be put in the place of each.

    code  #! wrong          the line with a mistake: one wrong version each
    code  #= other form     the same value in another way: a right version each
    code  #&a wrong         all lines marked `#&a` are wrong at once
    code  #=a other form    all lines marked `#=a` change at once: a right version
    code  #!a wrong         with `#~a` at other lines: these may be named in its place

Of a line that is left out, `#! pass`, nothing is there to name: a line of the same function that
assigns to the same name may be named in its place.

` #| ` separates alternatives. Each program defines `run`, which returns (loss, gradients), and
`example`, which returns the arguments of `run`. A folder has main.py beside the files it imports.
"""

import ast
import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).with_name("programs")
_MARK = re.compile(r"\s+#([!=&~])(\w*)\s?")


@dataclass(frozen=True)
class Version:
    """``kind`` is "right", "same", "wrong" or "two"; ``lines`` and ``also`` are (file, line)."""

    program: str
    kind: str
    files: dict
    lines: frozenset
    also: frozenset

    def __str__(self):
        places = " ".join(f"{file}:{line}" for file, line in sorted(self.lines))
        return f"{self.program} {self.kind} {places}".strip()

    def loaded(self, folder, name):
        """The program as a module, from files of its own in a folder."""
        name = name.rpartition("/")[2]
        place = folder / name
        place.mkdir()
        for file, text in self.files.items():
            (place / file).write_text(text)
            sys.modules.pop(file[:-3], None)
        importlib.invalidate_caches()
        sys.path.insert(0, str(place))
        try:
            first = next(iter(self.files))
            spec = importlib.util.spec_from_file_location(name, place / first)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
        finally:
            sys.path.remove(str(place))
        return module


def names(group=""):
    """All programs, or those of a folder beside them: ``"unseen"``."""
    found = (PROGRAMS / group).iterdir()
    found = (p for p in found if p.suffix == ".py" or (p / "main.py").exists())
    return sorted(f"{group}/{p.stem}".lstrip("/") for p in found)


def _marked(name):
    """{file: its lines, with marks}; the first file holds run and example."""
    folder = PROGRAMS / name
    if not folder.is_dir():
        return {f"{folder.name}.py": (PROGRAMS / f"{name}.py").read_text().split("\n")}
    others = sorted(p for p in folder.glob("*.py") if p.name != "main.py")
    return {p.name: p.read_text().split("\n") for p in (folder / "main.py", *others)}


def _with_the_same_name(clean, file, number):
    """The lines of a function that assign to the name that a line assigns to."""
    for function in ast.walk(ast.parse("\n".join(clean[file]))):
        if isinstance(function, ast.FunctionDef):
            nodes = [n for n in ast.walk(function) if isinstance(n, (ast.Assign, ast.AugAssign))]
            mine = {node.lineno: _name(node) for node in nodes if _name(node) is not None}
            if number in mine:
                return [(file, n) for n, name in mine.items() if name == mine[number]]
    return []


def _name(node):
    """The name that a statement assigns to, or to an entry of; None where there is none."""
    target = getattr(node, "target", None) or next(iter(getattr(node, "targets", ())), None)
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return getattr(target, "id", None)


def versions(name):
    """The right version, and then each other one."""
    clean, edits, also = {}, [], {}
    for file, lines in _marked(name).items():
        clean[file] = []
        for number, line in enumerate(lines, 1):
            code, *marks = _MARK.split(line)
            clean[file].append(code)
            for sign, label, text in zip(marks[::3], marks[1::3], marks[2::3], strict=True):
                if sign == "~":
                    also.setdefault(label, set()).add((file, number))
                    continue
                indent = re.match(r"\s*", code)[0]
                for other in text.split(" #| "):
                    edits.append((sign, label, file, number, indent + other.strip()))

    def changed(kind, some, beside=()):
        new = {file: list(lines) for file, lines in clean.items()}
        for _, _, file, number, text in some:
            new[file][number - 1] = text
        places = frozenset((file, number) for _, _, file, number, _ in some)
        files = {file: "\n".join(lines) for file, lines in new.items()}
        return Version(name, kind, files, places, frozenset(beside))

    yield changed("right", [])
    for edit in edits:
        if edit[0] == "!":
            left_out = _with_the_same_name(clean, *edit[2:4]) if edit[4].strip() == "pass" else ()
            yield changed("wrong", [edit], also.get(edit[1], ()) if edit[1] else left_out)
        elif edit[0] == "=" and not edit[1]:
            yield changed("same", [edit])
    for sign, kind in (("&", "two"), ("=", "same")):
        for label in dict.fromkeys(e[1] for e in edits if e[0] == sign and e[1]):
            yield changed(kind, [e for e in edits if e[:2] == (sign, label)])
