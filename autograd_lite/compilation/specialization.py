"""A specialization: one program, with what it reads, draws and stores."""

import builtins
import textwrap

import numpy as np

from ..engine import quoting
from ..engine.runtime import quiet
from ..symbolic.graph import needed
from ..symbolic.python_text import Writer

GUARD_FAILED = object()  # what a run gives where another program is needed


class Specialization:
    """The program of a `Capture`.

    Attributes
    ----------
    guards
        Pairs (what is looked at, in words; what it must be).
    rounding
        How coarse its numbers are, at the coarsest step on the way.
    is_direct
        Whether it needs nothing but the arguments.
    """

    def __init__(self, capture, name, program_type):
        self.result, self.draws, self.arrays = capture.result, capture.draws, capture.arrays
        self.stores = [(place, tree, len(tree.expressions)) for _, place, tree in capture.changes]
        self._is_nested = self.result.nested is not None
        results = self.result.nested if self._is_nested else list(self.result.expressions)
        if self.stores:
            results = (results, [x for _, tree, _ in self.stores for x in tree.expressions])
        outputs = capture.outputs()
        steps = needed(capture.graph.steps, outputs)
        used = {*outputs, *(x for step in steps for x in step.operands())}
        self._state = [i for i, x in enumerate(capture.state) if x in used]
        self._numbers = [i for i, x in enumerate(capture.numbers) if x in used]
        read = [capture.state[i] for i in self._state]
        inputs = [*capture.arguments, *read, *(capture.numbers[i] for i in self._numbers)]
        is_free = quoting.identifier(name) == name and not hasattr(builtins, name)
        name = name if is_free else "program"
        program = program_type(capture.graph.steps, inputs, results, name=name)
        self.function, self.strict = program.function(), program.strict
        read = [x.name for x in read] + [str(self.draws[i]) for i in self._numbers]
        self.text = _text(program, capture, read)
        names = {x: x.name or "x" for x in capture.graph.inputs}
        guards = [step for step in steps if step.kind == "guard"]
        self.guards = [(_brief(step.expression, names), step.expected) for step in guards]
        kinds = {step.dtype for step in capture.graph.steps if step.kind == "call"} - {None}
        self.rounding = max((np.finfo(k).eps for k in kinds if k.kind in "fc"), default=0.0)
        for _, tree in capture.trees():
            tree.forget()

    def watch(self):
        """Look, from now on, at those arrays among the constants that somebody else has too."""
        self.arrays = [(array, before) for array, before in self.arrays if array() is not None]
        needs = self.stores or self._state or self.draws or self.arrays
        self.is_direct = self._is_nested and not needs

    def call(self, values, state, generators):
        """What the program gives, or None, and nothing is drawn, if it is not right for these."""
        if self.arrays and not all(_is_unchanged(*pair) for pair in self.arrays):
            return None
        if self._state:
            values = (*values, *[state[i] for i in self._state])
        if not self.draws:
            return quiet.call(self.function, *values)

        def call(numbers):
            return quiet.call(self.function, *values, *[numbers[i] for i in self._numbers])

        return self.draws.run(generators, call)

    def run(self, values, read, state):
        """What the function returns, after what it leaves behind is stored in a state."""
        results = self.call(values, read, state.generators)
        if results is None:
            return GUARD_FAILED
        result, left = self.built(results)
        for place, value in left:
            state.store(place, value)
        return result

    def built(self, results):
        """What the function returns, and the pairs (place, value) that it leaves behind."""
        left = []
        if self.stores:
            results, values = results
            values = iter(values)
            for place, tree, count in self.stores:
                single = tree.is_single and count
                value = next(values) if single else tree.build([next(values) for _ in range(count)])
                left.append((place, value))
        return (results if self._is_nested else self.result.build(results)), left


def _is_unchanged(reference, before):
    array = reference()
    return array is not None and array.shape == before.shape and array.tobytes() == before.tobytes()


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


def _text(program, capture, read):
    """The program as a module, with comments on its parameters and its results."""
    left = ", ".join(path for path, _, tree in capture.changes for _ in tree.expressions)
    lines = []
    if read:
        lines += [f"After the arguments it takes, as they are at the call: {', '.join(read)}"]
    if capture.changes:
        lines += ["It returns (what the function returns, what it leaves behind)"]
        lines += [f"It leaves behind: {left or 'nothing'}"]
    comments = [
        textwrap.fill(quoting.comment(line), 88, initial_indent="# ", subsequent_indent="# ")
        for line in lines
    ]
    return "\n".join([*comments, program.source()])
