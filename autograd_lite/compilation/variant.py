"""A program with what it reads and what becomes of what it gives."""

import builtins
import textwrap

import numpy as np

from ..engine import quoting
from ..engine.runtime import quiet
from ..symbolic.graph import needed
from ..symbolic.python_text import Writer
from .draws import lock
from .outputs import outputs

FAILED = object()  # what a run gives where another program is needed


class Variant:
    """A program, what it reads and what becomes of what it gives."""

    def __init__(self, capture, name, program_type):
        self.result = capture.result
        self.stores = [(place, tree) for _, place, tree in capture.changes]
        self._counts = [len(tree.expressions) for _, tree in self.stores]
        self.arrays = capture.arrays
        nested = self.result.nested
        self.is_nested = nested is not None
        results = nested if self.is_nested else list(capture.result.expressions)
        if self.stores:
            results = (results, [x for _, tree in self.stores for x in tree.expressions])
        used = _used(capture)
        self.used = [i for i, x in enumerate(capture.state) if x in used]
        self.draws = capture.draws
        self._drawn = [i for i, x in enumerate(capture.drawn) if x in used]
        taken = [capture.state[i] for i in self.used] + [capture.drawn[i] for i in self._drawn]
        inputs = [*capture.arguments, *taken]
        program = program_type(capture.graph.steps, inputs, results, name=_identifier(name))
        self.function = program.function()
        self.strict = program.strict
        names = [capture.state[i].name for i in self.used]
        self.text = _text(program, capture, names + [str(self.draws[i]) for i in self._drawn])
        self.guards = _guards(capture)
        self.rounding = _rounding(capture.graph)
        self.is_direct = self.is_nested and not (self.stores or self.used or self.draws)
        for tree in (self.result, *(tree for _, tree in self.stores)):
            tree.forget()

    def watch(self):
        """Keep an eye on those arrays among the constants that somebody else has too."""
        self.arrays = [(array, before) for array, before in self.arrays if array() is not None]
        self.is_direct = self.is_direct and not self.arrays

    def call(self, values, state, surroundings):
        """What the program gives, or None, and nothing is drawn, if it is not right for these."""
        if self.arrays and not all(_is_unchanged(*pair) for pair in self.arrays):
            return None
        if self.used:
            values = (*values, *[state[i] for i in self.used])
        if self.draws:
            return self._call_drawing(values, surroundings.generators)
        return quiet.call(self.function, *values)

    def _call_drawing(self, values, generators):
        with lock:
            undo = self.draws.undone(generators)
            results = None
            try:
                drawn = self.draws.again(generators)
                if drawn is not None:
                    values = (*values, *[drawn[i] for i in self._drawn])
                    results = quiet.call(self.function, *values)
            finally:
                if results is None:
                    undo()
        return results

    def run(self, values, state, surroundings):
        """What the function returns, after what it leaves in its surroundings is stored."""
        results = self.call(values, state, surroundings)
        if results is None:
            return FAILED
        result, left = self.built(results)
        for place, value in left:
            surroundings.store(place, value)
        return result

    def built(self, results):
        """What the function returns, and the pairs (place, value) that it leaves behind."""
        left = []
        if self.stores:
            results, values = results
            values = iter(values)
            for (place, tree), count in zip(self.stores, self._counts):
                single = tree.is_single and count
                value = next(values) if single else tree.build([next(values) for _ in range(count)])
                left.append((place, value))
        return (results if self.is_nested else self.result.build(results)), left


def _is_unchanged(reference, before):
    array = reference()
    return array is not None and array.shape == before.shape and array.tobytes() == before.tobytes()


def _used(capture):
    """The expressions that a program needs."""
    results = outputs(capture)
    steps = needed(capture.graph.steps, results)
    return {*results, *(x for step in steps for x in step.operands())}


def _rounding(graph):
    """How coarse the numbers of a program are, at the coarsest step on the way."""
    dtypes = {step.dtype for step in graph.steps if step.kind == "call"} - {None}
    return max((np.finfo(d).eps for d in dtypes if d.kind in "fc"), default=0.0)


def _identifier(name):
    is_free = quoting.identifier(name) == name and not hasattr(builtins, name)
    return name if is_free else "program"


def _guards(capture):
    """What the program's guards look at, in words, and what it must be."""
    names = {x: x.name or "x" for x in capture.graph.inputs}
    return [
        (_brief(step.expression, names), step.expected)
        for step in needed(capture.graph.steps, outputs(capture))
        if step.kind == "guard"
    ]


def _brief(expression, names):
    """An expression in words, three calls deep: in full it may be longer than its graph."""
    hidden, stack = {}, [(expression, 0)]
    while stack:
        x, depth = stack.pop()
        if depth == 3:
            hidden[x] = "..."
        elif x not in names:
            stack += [(operand, depth + 1) for operand in x.operands()]
    return Writer({**hidden, **names}).write(expression)


def _comment(text):
    return textwrap.wrap(quoting.comment(text), 88, initial_indent="# ", subsequent_indent="# ")


def _text(program, capture, read):
    """The program as a module, with comments on its parameters and its results."""
    lines = []
    if read:
        names = ", ".join(read)
        lines += _comment(f"After the arguments it takes, as they are at the call: {names}")
    if capture.changes:
        left = ", ".join(path for path, _, tree in capture.changes for _ in tree.expressions)
        lines += _comment("It returns (what the function returns, what it leaves behind)")
        lines += _comment(f"It leaves behind: {left or 'nothing'}")
    return "\n".join([*lines, program.source()])
