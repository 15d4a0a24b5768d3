"""Specializations: the programs of a function for arguments of one signature.

A guard that fails, and captured state that has changed, lead to another one.
"""

import builtins
import textwrap

import numpy as np

from ..messages import quoting
from ..messages.silence import quiet
from ..numerics.rounding import jittered
from ..symbolic import aliasing, dependence, trace, traced
from ..symbolic.graph import needed
from ..symbolic.python_text import Writer
from ..symbolic.traced import ConcretizationError, UndecidedError
from .arguments import CompilationError, Uncompiled
from .capture import Capture
from .loop_trials import Evaluations
from .purity import Observation, difference
from .random_draws import States
from .state import State

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
        self.computed = None  # by the run that was held against the function
        self._is_pure = self.result.is_simple and not (self.stores or self.draws or self.arrays)
        self.is_direct = self._is_pure and not self._state

    def take_computed(self):
        """What the function returns, where it is known and nothing else is left to be done."""
        computed, self.computed = self.computed, None
        return computed if self._is_pure else None

    def direct(self, program):
        """A program as a function that returns what the function itself does."""
        return program if self._is_nested else _building(program, self.result.build)

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
        if self._is_pure:
            results = quiet.call(self.function, *values, *[read[i] for i in self._state])
            if results is None:
                return GUARD_FAILED
            return results if self._is_nested else self.result.build(results)
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


def _building(program, build):
    """A program whose results are made into a tree."""

    def call(*args):
        results = program(*args)
        return None if results is None else build(results)

    return call


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


_MOST = 16  # for one signature of the captured state, told apart by their guards
_MOST_STATES = 64
_TRACERS = {module.__name__ for module in (trace, traced, aliasing, dependence)}


class Specializations:
    """The programs for arguments of one signature."""

    def __init__(self, f, name, program_type):
        self.f = f
        self.name = name
        self.program_type = program_type
        self.varying = set()  # the paths of integers that have changed: they are inputs
        self.known = {}  # {signature of the state: specializations}
        self.current = None, ()  # the state as it was last, and its specializations
        self.direct = ()  # the functions of those that need nothing but the arguments
        self.strict = ()  # and of those that find out whether the arguments are right for them
        self.read = None  # that of the state, where there is anything to read

    def run_strict(self, args):
        """The result for arrays of which nothing is known, or GUARD_FAILED."""
        if self.read is None or self.read() is not None:
            try:
                for program in self.strict:
                    result = program(*args)
                    if result is not None:
                        return result
            except ValueError:  # other shapes
                pass
            except TypeError:  # other dtypes or layouts: so slow an answer that it is the last one
                self.strict = ()
        return GUARD_FAILED

    def run_direct(self, args):
        """The result for arrays of this signature, or GUARD_FAILED."""
        if self.direct and (self.read is None or self.read() is not None):
            for program in self.direct:
                result = quiet.call(program, *args)
                if result is not None:
                    return result
        return self.run(args)

    def run(self, values):
        """The result of the program that is right for these inputs, or GUARD_FAILED."""
        state, specializations = self.current
        if state is None or (read := state.read()) is None:
            return GUARD_FAILED
        for specialization in specializations:
            result = specialization.run(values, read, state)
            if result is not GUARD_FAILED:
                return result
        return GUARD_FAILED

    def run_traced(self, arguments):
        """The same, after the state is captured again, and after tracing if that is needed."""
        self._capture_state(arguments)
        result = self.run(arguments.values)
        if result is GUARD_FAILED:
            computed = self._trace(arguments).take_computed()
            result = self.run(arguments.values) if computed is None else computed
        return result

    def specialization(self, arguments):
        """The one that is right for these arguments; it is run, and nothing is stored."""
        self._capture_state(arguments)
        for specialization in self.current[1]:
            if self._tried(specialization, arguments.values, self.current[0].read())[0] is not None:
                return specialization
        return self._trace(arguments)

    def _tried(self, specialization, values, read):
        """What a program gives, and what it draws; generators are afterwards as before."""
        generators = self.current[0].generators
        states = States(generators)
        return specialization.call(values, read, generators), states.drawn()

    def _capture_state(self, arguments):
        before = self.current[0]
        roots = [("", self.f), *arguments.roots()]
        state = State(roots, self.varying)
        if before is not None:
            old = before.integers
            changed = {path for path, n in state.integers.items() if old.get(path, n) != n}
            if changed:
                self.varying |= changed
                state = State(roots, self.varying)
        if len(self.known) > _MOST_STATES:
            del self.known[next(iter(self.known))]
        self.direct = self.strict = ()  # others may be right
        self.current = state, self.known.setdefault(state.signature, [])
        self._find_direct()

    def _find_direct(self):
        state, specializations = self.current
        direct = [s for s in specializations if s.is_direct]
        self.direct = tuple(s.direct(s.function) for s in direct)
        self.strict = tuple(s.direct(s.strict) for s in direct if s.strict is not None)
        self.read = None if state.is_free else state.read

    def _trace(self, arguments):
        state, specializations = self.current
        if len(specializations) >= _MOST:
            raise CompilationError(_too_many(self.name, specializations))
        evaluations = Evaluations()
        capture = self._captured(arguments, state, evaluations)
        counted = {
            path
            for path, _, tree in capture.changes
            if path in state.integers and tree.is_integer()
        }
        if state.has_imported() or counted - self.varying:
            self.varying |= counted
            self._capture_state(arguments)
            return self._trace(arguments)
        specialization = Specialization(capture, self.name, self.program_type)
        del capture
        specialization.watch()
        self._compare(specialization, arguments, state, evaluations)
        specializations.insert(0, specialization)
        self._find_direct()
        return specialization

    def _captured(self, arguments, state, evaluations):
        try:
            capture = Capture(self.f, arguments, state, evaluations)
            differs = difference(capture, Capture(self.f, arguments, state, evaluations))
        except UndecidedError as error:
            raise Uncompiled(str(error)) from None
        except Exception as error:
            self._refuse(error)
            Observation(self.f, arguments, state, evaluations)  # raises what the function raises
            raise CompilationError(
                f"{self.name} cannot be compiled: uncompiled it runs, but on traced values it "
                f"raises {type(error).__name__}: {error}"
            ) from error
        if differs is not None:
            raise CompilationError(
                f"{self.name} cannot be compiled: run twice with the same arguments, it does not "
                f"do the same: {differs}. The clock, a random draw or a counter would be in the "
                "program as it was when it was traced: pass it as an argument"
            )
        return capture

    def _refuse(self, error):
        """Raise it again if it is of what traces, not of the function or of NumPy."""
        while error is not None:
            traceback = error.__traceback__
            while traceback.tb_next is not None:
                traceback = traceback.tb_next
            is_tracer = traceback.tb_frame.f_globals.get("__name__", "") in _TRACERS
            if is_tracer or isinstance(error, (ConcretizationError, CompilationError)):
                raise CompilationError(f"{self.name} cannot be compiled: {error}") from error
            error = error.__cause__

    def _compare(self, specialization, arguments, state, evaluations):
        """Run the function itself, and hold what the program gives against it."""
        expected = Observation(self.f, arguments, state, evaluations)
        results, drawn = self._tried(specialization, arguments.values, state.read())
        if results is None:
            return
        eps = specialization.rounding

        def nearby(draw):
            inputs = arguments.values, state.read()
            moved = [tuple(jittered(part, draw, eps, whole=draw % 2 == 1)) for part in inputs]
            found, _ = self._tried(specialization, *moved)
            return ((), ()) if found is None else specialization.built(found)

        built = specialization.built(results)
        where = expected.difference(built, drawn, eps, nearby)
        if where is not None:
            raise CompilationError(
                f"{self.name} cannot be compiled: on traced values {where} is another than by "
                "itself. Where it asks isinstance(x, np.ndarray) or type(x), ask "
                'hasattr(x, "shape"); where it writes values into a text, return them instead'
            )
        specialization.computed = built[0]


def _too_many(name, specializations):
    """The error for a branch that goes another way at every call."""
    start = f"{name} was traced {len(specializations)} times for arguments of the same shapes, "
    seen = [dict(s.guards) for s in specializations]
    looked_at = sorted({text for guards in seen for text in guards}, key=len)
    for text in looked_at:
        if len({repr(guards.get(text)) for guards in seen}) > 1:
            return (
                f"{start}because it branches on a value, loops or indexes with one that keeps "
                f"changing: {text[:100]}. Use np.where, or a mask, or leave that part out of the "
                "compiled function"
            )
    return (
        f"{start}because an array that it uses, and that no name leads to, keeps changing: pass it "
        "as an argument"
    )
