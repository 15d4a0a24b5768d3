"""A straight program of a graph: which expressions get a line of their own, and the lines."""

from collections import Counter
from importlib import import_module

import numpy as np

from ..symbolic import calls
from ..symbolic.graph import needed, operands_of
from ..symbolic.python_text import Writer, guarded, new_name

_LONGEST = 58  # characters of an expression inside another
_BUILTINS = ("abs", "complex", "range", "slice")  # what a program may call


class Program:
    """Steps that compute results from inputs.

    Parameters
    ----------
    steps : list
        Of the graph; those that nobody needs are left out.
    inputs : list of Expression
    results : nested tuples and lists of Expression
    names : dict, optional
        What expressions are called by people.
    name : str
        Of the function.
    """

    def __init__(self, steps, inputs, results, names=None, name="program"):
        self.inputs = inputs
        self.results = results
        self.name = name
        self.steps = needed(steps, operands_of(results))
        self.uses = Counter()
        for step in self.steps:
            self.uses.update(step.operands())
        self.uses.update(operands_of(results))
        self._taken = {"np", name, *_BUILTINS}
        self.names = {}
        for x in inputs:
            self.give_name(x, x.name or "x")
        for x, given in (names or {}).items():
            if x.kind != "input":
                self.give_name(x, given)

    def give_name(self, x, wanted):
        """Call an expression as wanted, or with a number after it where that is taken."""
        self.names[x] = new_name(wanted, self._taken)

    def lines(self):
        """The statements in order."""
        writer = Writer(self.names)
        lines = []
        count = 0
        for step in self.steps:
            if step.kind == "guard":
                lines.append(guarded(writer, step))
                continue
            stores = step.func in (calls.setitem, calls.add_at)
            named = step in self.names
            if not named and self.uses[step] == 1 and not stores and self._is_short(writer, step):
                continue
            if not named:
                count += 1
                self.give_name(step, f"t{count}")
            name = self.names.pop(step)
            if stores:
                lines += self._stored(writer, step, name)
            else:
                lines.append(f"{name} = {writer.definition(step)}")
            self.names[step] = name
        return lines

    def _is_short(self, writer, step):
        return len(writer.write(step)) < _LONGEST

    def _stored(self, writer, step, name):
        x, index, value = step.args
        target = writer.write(x)
        place = f"{name}[{writer.index(index)}]"
        if step.func is calls.setitem:
            return [f"{name} = np.array({target})", f"{place} = {writer.write(value)}"]
        where = f"np.s_[{writer.index(index)}]" if _is_index(index) else writer.write(index)
        return [
            f"{name} = np.array({target})",
            f"np.add.at({name}, {where}, {writer.write(value)})",
        ]

    def source(self):
        """The whole function."""
        body = self.lines()
        writer = Writer(self.names)
        body.append(f"return {writer.write(self.results)}")
        parameters = ", ".join(self.names[x] for x in self.inputs)
        return f"def {self.name}({parameters}):\n" + "".join(f"    {line}\n" for line in body)

    def function(self):
        """The program as a function; it returns None where a guard does not hold."""
        scope = {"np": np}
        if "scipy." in self.source():
            scope["scipy"] = import_module("scipy")
        exec(compile(self.source(), f"<{self.name}>", "exec"), scope)
        return scope[self.name]


def _is_index(index):
    return isinstance(index, (tuple, slice))
