"""A straight program of a graph in JavaScript: a function of inputs for each set of results."""

import itertools

import numpy as np

from ..symbolic.graph import needed, operands_of
from ..symbolic.javascript import JavaScriptWriter, NotInJavaScript


class JavaScriptProgram:
    """Functions of the same inputs, in one scope.

    Parameters
    ----------
    steps : list
        Of the graph: calls and guards.
    inputs : list of Expression

    Attributes
    ----------
    functions : dict
        ``{name: text}``.
    """

    def __init__(self, steps, inputs):
        self.steps = steps
        self.functions = {}
        self._names = {x: f"x[{i}]" for i, x in enumerate(inputs)}
        self._numbers = itertools.count()
        self._writer = JavaScriptWriter(self._names)

    def add(self, name, results):
        """A function that returns an array of results. Raises `NotInJavaScript`."""
        steps = needed(self.steps, operands_of(results))
        for step in steps:
            if step.kind != "guard" and step not in self._names:
                self._names[step] = f"v{next(self._numbers)}"
        lines = [self._line(step) for step in steps]
        returned = ", ".join(map(self._writer.operand, results))
        body = "".join(f"  {line}\n" for line in lines)
        self.functions[name] = f"function {name}(x) {{\n{body}  return [{returned}];\n}}"

    def can_hold(self, x):
        """Whether there is a line for an expression and for all that it is computed from."""
        new, stack = [], [x]
        while stack:
            step = stack.pop()
            if step.kind == "call" and step not in self._names:
                self._names[step] = f"v{next(self._numbers)}"
                new.append(step)
                stack.extend(step.operands())
        try:
            for step in new:
                self._writer.call(step)
        except NotInJavaScript:
            for step in new:
                del self._names[step]
            return False
        return True

    def _line(self, step):
        if step.kind == "guard":
            return self._guard(step)
        return f"const {self._names[step]} = {self._writer.call(step)};"

    def _guard(self, guard):
        """The line that leaves a function where other numbers would have taken another branch."""
        if not isinstance(guard.expected, (bool, int, float, np.bool, np.number)):
            raise NotInJavaScript("a branch that depends on more than a number")
        expected = self._writer.constant(guard.expected)
        return f"follow({self._writer.operand(guard.expression)}, {expected});"

    def source(self):
        """The constants and the functions."""
        constants = [f"const {name} = {text};" for text, name in self._writer.constants.items()]
        return "\n".join([*self._writer.loops.values(), *constants, *self.functions.values()])
