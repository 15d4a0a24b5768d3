"""A straight program of a graph in JavaScript: a function of inputs for each set of results."""

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
        self._writer = JavaScriptWriter(self._names)

    def add(self, name, results):
        """A function that returns an array of results. Raises `NotInJavaScript`."""
        steps = needed(self.steps, operands_of(results))
        for step in steps:
            if step.kind != "guard" and step not in self._names:
                self._names[step] = f"v{len(self._names)}"
        lines = [self._line(step) for step in steps]
        returned = ", ".join(map(self._writer.operand, results))
        body = "".join(f"  {line}\n" for line in lines)
        self.functions[name] = f"function {name}(x) {{\n{body}  return [{returned}];\n}}"

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
