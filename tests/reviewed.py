"""Programs for `review` in tests: texts in which one line can be wrong, as modules."""

import importlib.util


def with_mistake(text):
    """(lines, the place of the one that ``#! other`` stands behind, or below, the line as other)"""
    lines = text.split("\n")
    at = next(i for i, line in enumerate(lines) if "#!" in line)
    before, wrong = (part.rstrip() for part in lines.pop(at).split("#! "))
    if before.strip():
        lines.insert(at, before)
    else:
        at -= 1
    return lines, at, lines[at][: len(lines[at]) - len(lines[at].lstrip())] + wrong


def flat(text):
    """The lines of an indented text, without what all of them are indented by."""
    lines = text.strip("\n").rstrip().split("\n")
    depth = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return [line[depth:] for line in lines]


def load(lines, folder, name):
    """The module of a text, in a file of that name."""
    path = folder / f"{name}.py"
    path.write_text("\n".join(lines))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
