"""A program for speed, in NumPy: fewer and cheaper calls, and memory that is used again."""

import builtins
import functools
import math
from collections import Counter
from functools import partial

import numpy as np

from ..symbolic import calls
from ..symbolic.expressions import Expression
from ..symbolic.graph import operands_of
from ..symbolic.loops import SymbolicLoop
from ..symbolic.python_text import ATOM, CALL, Writer, guarded, new_name
from .better_loops import better_loops, with_small_calls_at_once, with_states_from_results
from .loops import driver, is_stack
from .lowering import ArrayMethod, copied, dot, lowered
from .merging import STORING, merged, store_line
from .program import Program
from .regions import LARGE, in_regions, loop_lines

_LARGE = 1 << 11  # elements from which a result goes into memory that was used before
_LONGEST = 60  # characters of an expression inside another
_JOINS = (np.concatenate, np.stack)
_NEW = frozenset(
    {np.where, np.concatenate, np.stack, np.vdot, np.tensordot, dot}
)  # beside the ufuncs: what makes an array of its own


class NumpyProgram(Program):
    """A program of the same meaning, after `lowering`.

    A large result of a ufunc or of a product goes into the memory of an array that nobody needs
    any more. What is returned are arrays of their own.
    """

    passes = (
        partial(better_loops, more=(with_states_from_results, with_small_calls_at_once)),
        merged,
        lowered,
    )
    copy = copied
    rows: dict = {}  # results that are computed into what is given

    def source(self):
        """The text of a module with the function."""
        return self._source

    @functools.cached_property
    def _source(self):
        module = Module()
        text = self.written_in(module)
        imported = f"from numpy import {', '.join(sorted(module.imported))}\n"
        scipy = "import scipy\n" if any("scipy." in t for t in (*module.functions, text)) else ""
        numbers = "".join(f"{name} = {text}\n" for name, text in module.numbers.items())
        head = f"import numpy as np\n{imported if module.imported else ''}{scipy}"
        self._held = module.held
        about = "".join(held_line(name, value) for name, value in module.held.items())
        beside = [f"{head}\n{about}{numbers}\n", *(f"{t}\n" for t in module.functions)]
        return "\n".join([*beside, text])

    def function(self):
        source = self.source()
        return self.loaded(source, np=np, **self._held)

    def written_in(self, module):
        """The text of the function, in a module that has what it needs."""
        module.taken.add(self.name)
        lines = _Body(self, _Writer(self.names, self._taken, module)).lines()
        parameters = ", ".join(self.parameters())
        return f"def {self.name}({parameters}):\n" + "".join(f"    {line}\n" for line in lines)

    def parameters(self):
        """The names of what the function takes."""
        return [self.names[x] for x in self.inputs]


class StepProgram(NumpyProgram):
    """The step of a loop: what it returns is stored, or given to the next step, and nobody's.

    Attributes
    ----------
    rows : dict
        {result: the name of the row that it is computed into, an argument after the inputs}.
    stored : list
        The places of the other results that are stored, among all.
    """

    def __init__(self, loop, name):
        super().__init__(loop.steps, loop.inputs, tuple(loop.results), name=name)
        self.rows, self.stored, self.carried = {}, [], loop.carried
        for place, x in enumerate(self.results[loop.carried :], loop.carried):
            can = _can_go_into(x) or (x.func in _JOINS and x.shape)
            if can and x.size < LARGE and x not in self.rows:
                self.rows[x] = new_name("row", self._taken)
            else:
                self.stored.append(place)

    def own_results(self, is_own):
        return (*self.results[: self.carried], *(self.results[place] for place in self.stored))

    def parameters(self):
        return [*super().parameters(), *self.rows.values()]


class Module:
    """What stands in a text beside one function.

    Attributes
    ----------
    imported : set
        Functions of NumPy's that are called by their bare names.
    numbers : dict
        {name: text} of what is made once.
    functions : list
        The texts of other functions.
    held : dict
        {name: array} of arrays that are too long for a text.
    """

    def __init__(self):
        self.imported = set()
        self.numbers = {}
        self.functions = []
        self.held = {}
        self.loops = {}  # {loop: the name of its function}
        self.taken = set()


class _Body:
    """The lines of a program, and which memory is free at each."""

    def __init__(self, program, writer):
        self.program = program
        self.writer = writer
        self.names = writer.names
        self.inner = set()
        self.statements = []
        self.in_rows = set()  # the arrays whose rows lie one after the other, as dot wants it
        self.roots = {}  # the arrays whose memory an expression may be a view of
        self.results = [x for x in operands_of(program.results) if x.kind == "call"]
        self._choose()
        self.statements = in_regions(self.statements, self.inner, self.results, self._read)
        self._find_last_reads()

    def _choose(self):
        """Which expressions have a line of their own; all others stand inside one."""
        count = 0
        kept = set(self.results)
        for step in self.program.steps:
            if step.kind == "guard":
                self.statements.append(step)
                continue
            self.roots[step] = self._roots_of(step)
            if self._is_inner(step, kept):
                self.inner.add(step)
                continue
            if step not in self.names:
                count += 1
                self.program.give_name(step, f"t{count}")
            self.statements.append(step)

    def _is_inner(self, step, kept):
        if step in kept or step in self.names or self.program.uses[step] != 1:
            return False
        if step.func in STORING or step.shape is None:
            return False
        if step.size >= _LARGE and self.roots[step] == {step}:
            return False
        return len(self.writer.write(step)) <= _LONGEST

    def _roots_of(self, step):
        if is_stack(step):
            return {step}
        if step.shape == () and not isinstance(step.value, np.ndarray):
            return set()
        if step.shape is not None and _is_new(step):  # several results may be views, as of split
            return {step}
        return set().union(*(self.roots.get(x, ()) for x in step.operands()))

    def _find_last_reads(self):
        """{array: the last line that reads it or a view of it}."""
        self.last = Counter()
        for position, statement in enumerate(self.statements):
            for x in self._read(statement):
                for root in self.roots.get(x, ()):
                    self.last[root] = position
        for x in self.results:
            for root in self.roots[x]:
                self.last[root] = math.inf

    def _read(self, statement):
        """The named expressions that a line reads."""
        found, stack = [], list(statement.operands())
        while stack:
            x = stack.pop()
            if x in self.inner:
                stack.extend(x.operands())
            else:
                found.append(x)
        return found

    def lines(self):
        """The statements, and what is returned."""
        free: dict = {}  # by shape and dtype
        lines = []
        for position, statement in enumerate(self.statements):
            if statement.kind == "guard":
                lines.append(guarded(self.writer, statement))
                continue
            if statement.kind == "region":
                lines += loop_lines(statement, self.writer)
                continue
            dying = [
                root
                for x in dict.fromkeys(self._read(statement))
                for root in self.roots.get(x, ())
                if self.last[root] == position and root is x
            ]
            lines += self._lines_of(statement, dying, free)
            for root in {r for x in self._read(statement) for r in self.roots.get(x, ())}:
                if self.last[root] == position and root in self.names:
                    free.setdefault((root.shape, root.dtype), []).append(root)
        lines.append(f"return {self.writer.write(self.program.own_results(self._is_own))}")
        return lines

    def _lines_of(self, step, dying, free):
        name = self.names.pop(step)
        if step.func in STORING:
            name, lines = self._stored(step, name, dying)
        else:
            row, write = self.program.rows.get(step), self.writer
            target = self._target(step, dying, free) if row is None else None
            into = row or (target and self.names[target])
            text = write.into(step, into) if into else write.definition(step)
            lines = [f"{name} = {text}"]
            if target in self.in_rows if target is not None else self._is_in_rows(step):
                self.in_rows.add(step)
        self.names[step] = name
        return lines

    def _is_in_rows(self, step):
        """Whether a new array is in C order, whatever the order of the inputs is."""
        if step.func is dot:
            return True
        operands = [x for x in step.operands() if x.shape and x.ndim > 1]
        return isinstance(step.func, np.ufunc) and self.in_rows.issuperset(operands)

    def _target(self, step, dying, free):
        """An array whose memory a result may have: one that ends here, or has ended before."""
        if not _can_go_into(step) or step.size < _LARGE:
            return None
        is_ufunc = step.func is not dot
        if is_ufunc and step.func.signature is None:
            for root in dying:
                if (root.shape, root.dtype) == (step.shape, step.dtype):
                    self.last[root] = -1
                    return root
        pool = free.get((step.shape, step.dtype), ())
        for position, root in enumerate(pool):
            if is_ufunc or root in self.in_rows:
                return pool.pop(position)
        return None

    def _stored(self, step, name, dying):
        """The name and lines of x[i] = v, in a copy of x unless x ends here."""
        x, write = step.args[0], self.writer
        if x in dying and self.roots.get(x) == {x}:
            self.last[x] = -1
            name, lines = self.names[x], []
        elif x.filling and x.filling.value == 0:
            dtype = write.constant(x.dtype)[0]
            lines = [f"{name} = np.zeros({x.shape}, {dtype})"]
        else:
            lines = [f"{name} = np.array({write.write(x)})"]
        return name, [*lines, store_line(write, step, name)]

    def _is_own(self, x):
        """Whether a result is an array that it shares with no other result."""
        return self.roots.get(x) == {x} and not any(
            x in self.roots.get(y, ()) for y in self.results if y is not x
        )


class _Whole(NumpyProgram):
    """A program whose results are as they were computed."""

    def own_results(self, is_own):
        return self.results


def function_of(loop):
    """A loop as a function of arrays."""
    inputs = [Expression("input", x.value, name=x.name) for x in loop.inputs]
    call = Expression("call", (), loop, tuple(inputs))
    return _Whole([call], inputs, call).function()


def _can_go_into(step):
    """Whether a call takes an array for its result."""
    is_ufunc = isinstance(step.func, np.ufunc) and not step.kwargs and step.func.nout == 1
    return bool(step.shape) and (is_ufunc or step.func is dot)


def held_line(name, value):
    """What a text says of an array that it has not."""
    return f"# {name} is an array of shape {value.shape}, {value.dtype}, that the program holds\n"


def _is_new(step):
    """Whether a call makes an array of its own; whatever else may be a view of its arguments."""
    if isinstance(step.func, np.ufunc) or step.func in _NEW or step.func in STORING:
        return True
    return isinstance(step.func, calls.Method) and step.func.name == "reduce"


class _Writer(Writer):
    """Writes functions by their bare names, and numbers beside small arrays as arrays."""

    def __init__(self, names, taken, module):
        super().__init__(names)
        self.taken = taken
        self.module = module
        self.numbers = {}  # {text: name}
        self.variables = {}  # {wanted name: name}

    def variable(self, wanted):
        """The name of a variable that is no expression: the same one wherever it is wanted."""
        if wanted not in self.variables:
            self.variables[wanted] = self._free(wanted, wanted + "_")
        return self.variables[wanted]

    def _free(self, wanted, base):
        """A name that nothing else has: as it is wanted, or with a number behind a base."""
        name, count = wanted, 1
        while name in self.taken or name in self.module.taken:
            count += 1
            name = f"{base}{count}"
        self.taken.add(name)
        return name

    def _beside(self, wanted, base):
        """A name of what stands beside the function."""
        name = self._free(wanted, base)
        self.module.taken.add(name)
        return name

    def called(self, func):
        """The name of a function: without ``np.`` where that hides nothing."""
        if isinstance(func, SymbolicLoop):
            return self._loop(func)
        full = super().called(func)
        name = full.removeprefix("np.")
        bare = name.partition(".")[0]
        if name == full or hasattr(builtins, bare) or bare in self.taken or bare in _MODULES:
            return full
        self.module.imported.add(bare)
        return name

    def into(self, x, target):
        """A call of a ufunc or a product with the array that its result goes to."""
        if x.func in _JOINS:
            return f"{self.definition(x).removesuffix(')')}, out={target})"
        given = [self._operand(x, arg) for arg in x.args]
        if x.func is dot:
            return f"{self.write(x.args[0], CALL)}.dot({self.write(x.args[1])}, {target})"
        if x.func in (np.maximum, np.minimum):  # NumPy 2.4 wants the name of their third argument
            target = f"out={target}"
        return f"{self.called(x.func)}({', '.join([*given, target])})"

    def _called(self, x):
        if isinstance(x.func, ArrayMethod):
            target, *given = x.args
            if x.func.__name__ == "reshape":
                given = given[0] or [()]
            text = ", ".join(map(self.write, given))
            return f"{self.write(target, CALL)}.{x.func.__name__}({text})", CALL
        return super()._called(x)

    def _operand(self, x, arg, binding=0):
        number = arg.value if type(arg) is Expression and arg.is_number else arg
        if isinstance(number, (int, float, np.floating)) and not isinstance(number, bool):
            dtype = self._array_dtype(x, arg)
            if dtype is not None:
                return self._named(number, dtype)
        return super()._operand(x, arg, binding)

    def _array_dtype(self, x, arg):
        """The dtype in which a number may stand as an array: that of the small array beside it."""
        if not isinstance(x.func, np.ufunc) or len(x.args) != 2 or x.size >= _LARGE:
            return None
        other = x.args[1] if x.args[0] is arg else x.args[0]
        if type(other) is not Expression or other.shape in ((), None) or other.dtype.kind != "f":
            return None
        if other.dtype.itemsize > 8:  # a float has not all of its digits
            return None
        if x.dtype not in (other.dtype, np.dtype(bool)) or x.func not in _OF_NUMBERS:
            return None
        return other.dtype

    def _named(self, number, dtype):
        """The name of a number as an array of no axes: NumPy takes it in half of the time."""
        kind = "" if dtype == np.float64 else f", {self.constant(dtype)[0]}"
        text = f"np.array({self.constant(float(number))[0]}{kind})"
        return self._outside(text, _WORDS.get(float(number), "c1"))

    def _written(self, x):
        if type(x) is Expression and x.kind == "constant" and isinstance(x.value, np.ndarray):
            return self._outside(self.constant(x.value)[0], "c1"), ATOM
        return super()._written(x)

    def held(self, value):
        for name, known in self.module.held.items():
            if known is value:
                return name
        name = self._beside("array", "array_")
        self.module.held[name] = value
        return name

    def _outside(self, text, wanted):
        """The name of a constant that is made once, before the function."""
        if text in self.module.held:
            return text
        if text not in self.numbers:
            known = (n for n, t in self.module.numbers.items() if t == text and n not in self.taken)
            name = self.numbers[text] = next(known, None) or self._beside(wanted, "c")
            self.module.numbers[name] = text
            self.taken.add(name)
        return self.numbers[text]

    def _loop(self, loop):
        """The name of the function of a loop, whose text is written where it is first needed."""
        module = self.module
        if loop not in module.loops:
            name = self._beside(loop.__name__, f"{loop.__name__}_")
            step = StepProgram(loop, self._beside(f"{name}_step", f"{name}_step"))
            module.functions.append(step.written_in(module))
            module.functions.append(driver(loop, name, step))
            module.loops[loop] = name
        return module.loops[loop]


_OF_NUMBERS = frozenset(
    {
        np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.less,
        np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal,
    }
)  # fmt: skip
_WORDS = {0.0: "zero", 1.0: "one", 2.0: "two", 0.5: "half"}
_MODULES = ("linalg", "fft", "lib", "random")
