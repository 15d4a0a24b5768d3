"""What stands below a derivation: the meaning of words of ours, and arrays without a name."""

import re
import sys

from ..symbolic.calls import named
from ..symbolic.text import PLACING, TextWriter


class OwnWords:
    """The functions of ours among some steps, by the names that they are written under."""

    def __init__(self, steps):
        public = sys.modules[__name__.partition(".")[0]].__all__
        self._says = {}
        for step in steps:
            func = getattr(step, "func", None)
            module, says = getattr(func, "__module__", None) or "", getattr(func, "__doc__", None)
            if module.startswith("autograd_lite") and says and func is not named:
                name = TextWriter({}).called(func)
                name = PLACING.get(name, name)
                if name not in public:
                    self._says[name] = says.strip().split("\n")[0].rstrip(".")

    def explained(self, lines):
        """A line for each of these words that some lines use."""
        text = "\n".join(line.formula for line in lines)
        for word, says in sorted(self._says.items()):
            if re.search(rf"\b{word}\(", text):
                yield f"{word}: {says}"


def nameless(inputs):
    """A line for the arrays of each shape that have no name."""
    shapes: dict = {}
    for x in inputs:
        if re.fullmatch(r"array_\d+", x.name or ""):
            shapes.setdefault(x.shape, []).append(x.name)
    for shape, names in shapes.items():
        listed = f"{names[0]} ... {names[-1]}" if len(names) > 2 else " and ".join(names)
        what = "are arrays" if len(names) > 1 else "is an array"
        yield f"{listed} {what} of shape {shape} without a name"
