"""The programs of a function for arguments of one signature: which one is right, or a new one.

A guard that fails, and a place in the surroundings that has changed, lead to another one.
"""

from .. import symbolic as tracing
from ..engine.rounding import jittered
from ..engine.runtime import quiet
from ..symbolic.traced import LeftTheProgram
from .capture import Capture
from .difference import difference
from .errors import CompilationError
from .observation import Observation
from .randomness import Generators
from .state import State
from .variant import FAILED, Variant

_MOST_VARIANTS = 16  # for one signature of the surroundings, told apart by their guards
_MOST_SURROUNDINGS = 64
_TRACERS = {f"{tracing.__name__}.{name}" for name in ("traced", "memory", "writers", "dependence")}


class Variants:
    """The programs for arguments of one signature."""

    def __init__(self, f, name, program_type):
        self.f = f
        self.name = name
        self.program_type = program_type
        self.varying = set()  # the paths of integers that have changed: they are inputs
        self.known = {}  # {signature of the surroundings: variants}
        self.current = None, ()  # the surroundings as they were last, and their variants
        self.direct = ()  # the functions of those variants that need nothing but the arguments
        self.strict = ()  # and of those that find out whether the arguments are right for them
        self.is_changed = None  # whether the surroundings are others now, where they can be

    def run_strict(self, args):
        """The result for arrays of which nothing is known, or FAILED."""
        if self.is_changed is None or not self.is_changed():
            try:
                for program in self.strict:
                    result = program(*args)
                    if result is not None:
                        return result
            except ValueError:  # other shapes
                pass
            except TypeError:  # other dtypes or layouts: so slow an answer that it is the last one
                self.strict = ()
        return FAILED

    def run_direct(self, args):
        """The result for arrays of this signature, or FAILED."""
        if self.direct and (self.is_changed is None or not self.is_changed()):
            for program in self.direct:
                result = quiet.call(program, *args)
                if result is not None:
                    return result
        return self.run(args)

    def run(self, values):
        """The result of the program that is right for these inputs, or FAILED."""
        surroundings, variants = self.current
        if surroundings is None or (state := surroundings.read()) is None:
            return FAILED
        for variant in variants:
            result = variant.run(values, state, surroundings)
            if result is not FAILED:
                return result
        return FAILED

    def run_traced(self, arguments):
        """The same, after a look at the surroundings, and after tracing if that is needed."""
        self._look(arguments)
        result = self.run(arguments.values)
        if result is FAILED:
            self._trace(arguments)
            result = self.run(arguments.values)
        return result

    def variant(self, arguments):
        """The program that is right for these arguments; it is run, and nothing is stored."""
        self._look(arguments)
        surroundings, variants = self.current
        state = surroundings.read()
        for variant in variants:
            generators = Generators(surroundings.generators)
            results = variant.call(arguments.values, state, surroundings)
            generators.drawn()
            if results is not None:
                return variant
        return self._trace(arguments)

    def _look(self, arguments):
        """Find the variants for the surroundings as they are now."""
        before = self.current[0]
        roots = [("", self.f), *arguments.roots()]
        now = State(roots, self.varying)
        if before is not None:
            changed = {
                path
                for path, value in now.integers.items()
                if before.integers.get(path, value) != value
            }
            if changed:
                self.varying |= changed
                now = State(roots, self.varying)
        if len(self.known) > _MOST_SURROUNDINGS:
            del self.known[next(iter(self.known))]
        self.direct = self.strict = ()  # the variants may be others
        self.current = now, self.known.setdefault(now.signature, [])
        self._find_direct()

    def _trace(self, arguments):
        surroundings, variants = self.current
        if len(variants) >= _MOST_VARIANTS:
            raise CompilationError(_too_many(self.name, variants))
        capture = self._captured(arguments, surroundings)
        if surroundings.has_imported():
            self._look(arguments)
            return self._trace(arguments)
        counted = {
            path
            for path, _, tree in capture.changes
            if path in surroundings.integers and tree.is_integer()
        }
        if counted - self.varying:
            self.varying |= counted
            self._look(arguments)
            return self._trace(arguments)
        variant = Variant(capture, self.name, self.program_type)
        del capture
        variant.watch()
        self._compare(variant, arguments, surroundings)
        variants.insert(0, variant)
        self._find_direct()
        return variant

    def _find_direct(self):
        surroundings, variants = self.current
        direct = [v for v in variants if v.is_direct]
        self.direct = tuple(v.function for v in direct)
        self.strict = tuple(v.strict for v in direct if v.strict is not None)
        self.is_changed = None if surroundings.is_free else surroundings.is_changed

    def _captured(self, arguments, surroundings):
        try:
            capture = Capture(self.f, arguments, surroundings)
            found = difference(capture, Capture(self.f, arguments, surroundings))
        except Exception as error:
            self._refuse(error)
            Observation(self.f, arguments, surroundings)  # raises what the function raises
            raise CompilationError(
                f"{self.name} cannot be compiled: uncompiled it runs, but on traced values it "
                f"raises {type(error).__name__}: {error}"
            ) from error
        if found is not None:
            raise CompilationError(
                f"{self.name} cannot be compiled: run twice with the same arguments, it does not "
                f"do the same: {found}. The clock, a random draw or a counter would be in the "
                "program as it was when it was traced: pass it as an argument"
            )
        return capture

    def _refuse(self, error):
        """Raise it again if it is of what traces, not of the function or of NumPy."""
        while error is not None:
            if isinstance(error, (LeftTheProgram, CompilationError)) or _is_refusal(error):
                raise CompilationError(f"{self.name} cannot be compiled: {error}") from error
            error = error.__cause__

    def _compare(self, variant, arguments, surroundings):
        """Run the function itself, and hold what the program gives against it."""
        expected = Observation(self.f, arguments, surroundings)
        generators = Generators(surroundings.generators)
        results = variant.call(arguments.values, surroundings.read(), surroundings)
        drawn = generators.drawn()
        if results is None:
            return

        def nearby(draw):
            state = surroundings.read()
            eps, whole = variant.rounding, draw % 2 == 1
            moved = [jittered(part, draw, eps, whole=whole) for part in (arguments.values, state)]
            generators = Generators(surroundings.generators)
            found = variant.call(*map(tuple, moved), surroundings)
            generators.drawn()
            return ((), ()) if found is None else variant.built(found)

        where = expected.difference(variant.built(results), drawn, variant.rounding, nearby)
        if where is not None:
            raise CompilationError(
                f"{self.name} cannot be compiled: on traced values {where} is another than by "
                "itself. Where it asks isinstance(x, np.ndarray) or type(x), ask "
                'hasattr(x, "shape"); where it writes values into a text, return them instead'
            )


def _is_refusal(error):
    """Whether the error is of what traces, not of the function or of NumPy."""
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    module = traceback.tb_frame.f_globals.get("__name__", "")
    return module in _TRACERS


def _too_many(name, variants):
    """The error for a branch that goes another way at every call."""
    looked_at = {text for variant in variants for text, _ in variant.guards}
    changing = [
        text
        for text in sorted(looked_at, key=len)
        if len({repr(dict(v.guards).get(text)) for v in variants}) > 1
    ]
    if not changing:
        return (
            f"{name} was traced {len(variants)} times for arguments of the same shapes, because an "
            "array that it uses, and that no name leads to, keeps changing: pass it as an argument"
        )
    return (
        f"{name} was traced {len(variants)} times for arguments of the same shapes, because it "
        f"branches on a value, loops or indexes with one that keeps changing: {changing[0][:100]}. "
        "Use np.where, or a mask, or leave that part out of the compiled function"
    )
