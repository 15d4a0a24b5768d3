"""A straight program of a graph: which expressions get a line of their own, and the lines."""

from collections import Counter
from collections.abc import Callable
from importlib import import_module

import numpy as np

from ..symbolic.expressions import Expression, mapped
from ..symbolic.graph import needed, operands_of
from ..symbolic.python_text import Writer, guarded, new_name
from .merging import STORING, store_line

_LONGEST = 58  # characters of an expression inside another
_BUILTINS = ("abs", "complex", "range", "slice")  # what a program may call


class Program:
    """Steps that compute results from inputs.

    A kind of program has ``passes``: functions from steps, inputs and results to a graph of a
    program that is faster, and its results. It has names that are ``reserved``, and a function
    that makes a ``copy`` of a result.

    Parameters
    ----------
    steps : list
        Of the graph; those that nobody needs are left out.
    inputs : list of Expression
    results : nested tuples and lists of Expression
    names : dict, optional
        What expressions are called by people, where there are no passes.
    name : str
        Of the function.
    """

    passes: tuple = ()
    reserved: tuple = ("np", *_BUILTINS)
    copy: Callable = np.array
    strict = None  # as a function that raises for other arrays: NumPy takes all that fit

    def __init__(self, steps, inputs, results, names=None, name="program"):
        for improved in self.passes:
            graph, results = improved(steps, inputs, results)
            steps, inputs = graph.steps, graph.inputs
        steps, results = self.completed(steps, results)
        self.inputs = inputs
        self.results = results
        self.name = name
        self.steps = needed(steps, operands_of(results))
        self.uses = Counter()
        for step in self.steps:
            self.uses.update(step.operands())
        self.uses.update(operands_of(results))
        self._taken = {name, *self.reserved}
        self.names = {}
        for x in inputs:
            self.give_name(x, x.name or "x")
        for x, given in (names or {}).items():
            if x.kind != "input":
                self.give_name(x, given)

    def completed(self, steps, results):
        """The steps and the results after the passes."""
        return steps, results

    def give_name(self, x, wanted):
        """The name of an expression: as wanted, with a number after it where that is taken."""
        if x not in self.names:
            self.names[x] = new_name(wanted, self._taken)
        return self.names[x]

    def lines(self):
        """The statements in order."""
        writer = Writer(self.names)
        lines = []
        count = 0
        for step in self.steps:
            if step.kind == "guard":
                lines.append(guarded(writer, step))
                continue
            stores = step.func in STORING
            named = step in self.names
            if not named and self.uses[step] == 1 and not stores and self._is_short(writer, step):
                continue
            if not named:
                count += 1
                self.give_name(step, f"t{count}")
            name = self.names.pop(step)
            if stores:
                lines.append(f"{name} = np.array({writer.write(step.args[0])})")
                lines.append(store_line(writer, step, name))
            else:
                lines.append(f"{name} = {writer.definition(step)}")
            self.names[step] = name
        return lines

    def _is_short(self, writer, step):
        return len(writer.write(step)) < _LONGEST

    def own_results(self, is_own):
        """The results, copied where they are no arrays of their own, or stand there twice."""
        seen = set()

        def own(x):
            if type(x) is not Expression or not isinstance(x.value, np.ndarray):
                return x
            if is_own(x) and x not in seen:
                seen.add(x)
                return x
            return Expression("call", x.value, type(self).copy, (x,))

        return mapped(own, self.results)

    def source(self):
        """The whole function."""
        body = self.lines()
        writer = Writer(self.names)
        body.append(f"return {writer.write(self.results)}")
        parameters = ", ".join(self.names[x] for x in self.inputs)
        return f"def {self.name}({parameters}):\n" + "".join(f"    {line}\n" for line in body)

    def function(self):
        """The program as a function; it returns None where a guard does not hold."""
        return self.loaded(self.source(), np=np)

    def loaded(self, text, **scope):
        """The function that a text defines, in which the names of a scope are known."""
        if "scipy." in text:
            scope["scipy"] = import_module("scipy")
        exec(compile(text, f"<{self.name}>", "exec"), scope)
        return scope[self.name]
