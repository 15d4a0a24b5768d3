"""A program whose loops are compiled: runs of calls become kernels, the rest stays NumPy."""

import math
from collections import Counter
from functools import cached_property, partial
from importlib.util import find_spec

import numpy as np

from ..symbolic.expressions import Expression
from ..symbolic.graph import operands_of
from ..symbolic.loops import SymbolicLoop
from ..symbolic.python_text import LONG, Writer, guarded, new_name
from .better_loops import better_loops
from .formulas import DTYPES, dtype_of
from .kernels import MOST_STORED, Kernel, can_be_in_kernel, is_product_of_blas
from .layouts import contiguous, is_view, size_of, viewed
from .loops import driver, is_stack
from .merging import STORING, merged, store_line
from .numba_loops import LoopKernel, step_source
from .numpy_program import NumpyProgram, held_line
from .program import Program
from .running import (
    HEAD,
    as_argument,
    compiled,
    conforming,
    decorated,
    left,
    name_of,
    told_when_long,
)

_LONGEST = 150  # calls in a kernel: Numba's time grows faster than their number
_MOST_LINES = 2000  # of different kernels: Numba takes about 15 ms for one
_FEW = 32  # elements of a join: for NumPy the call would take longer than the work
_INTO = {np.matmul, np.dot}


def numba_program(*given, cache_dir=None, **named):
    """A program that Numba compiles; of NumPy where most of it would take too long to compile.

    Calls of NumPy one by one, on numbers that come out of kernels, are three times slower than the
    same calls in a NumPy program.
    """
    program = NumbaProgram(*given, cache_dir=cache_dir, **named)
    return NumpyProgram(*given, **named) if program.is_mostly_apart else program


class NumbaProgram(Program):
    """A program as functions that Numba compiles.

    Called with arrays of the shapes and dtypes that were traced, it returns the results, or None
    where a guard does not hold. A call that Numba has no fast word for is a call of NumPy
    between two kernels.
    """

    passes: tuple = (better_loops, partial(merged, most_joined=_FEW))
    reserved = tuple("np math native status space spaces workspace left as_argument scipy".split())

    def __init__(self, steps, inputs, results, name="program", cache_dir=None):
        self.cache_dir = cache_dir
        is_free = name not in self.reserved and not name.startswith("kernel_")
        name = name if is_free else f"{name}_program"
        super().__init__(steps, inputs, results, name=name)
        self._found = operands_of(self.results)
        self._where = {}  # view -> (root, layout in the root)
        self._copies = {}  # view that NumPy copies for -> the copy
        parts = self._cut()
        self._last = {self._root(x): step for step in self.steps for x in step.operands()}
        self._last.update((self._root(x), None) for x in self._found)
        self.kernels = self._made_of(parts)
        self.parts = self._affordable(parts)
        if len(self.parts) != len(parts):
            self.kernels = self._made_of(self.parts)
        self.is_mostly_apart = _count(self.parts) < _count(parts) / 2
        self._fresh = self._seen_by_the_caller()
        self._viewed = {
            self._root(x)
            for part in self.parts
            if type(part) is not list and not _makes_its_own(part)
            for x in part.operands()
        }  # those that NumPy may have made views of
        self._arrays = {x: self.names[x] for x in self.inputs}  # names of the arrays of numbers
        self.constants = {}  # arrays that are known -> their names
        self.loops = {}  # loops -> their names
        self._lines_, self._kept = self._lines()

    # --- kernels, and what is between them ------------------------------------------------

    def places(self, x):
        """Where the elements of an expression are: (root, layout in the array of the root)."""
        if x not in self._where:
            self._where[x] = x, contiguous(x.shape)
        return self._where[x]

    def _cut(self):
        """Lists of steps, each a kernel, and single steps that NumPy takes, in order."""
        parts, run = [], []
        for step in self.steps:
            if step.kind == "guard":
                inside = self._can_look_at(step, run)
            elif self._is_read_in_place(step, run):
                continue
            else:
                inside = self.can_be_in_kernel(step)
            if inside:
                run.append(step)
            elif self._depends(step, run):
                parts += [run, step]
                run = []
            else:
                parts.append(step)
            if len(run) >= _LONGEST:
                parts.append(run)
                run = []
        return [part for part in [*parts, run] if part != []]

    can_be_in_kernel = staticmethod(can_be_in_kernel)

    def _depends(self, step, run):
        """Whether a step must come after a run: it needs a part of it, or what a guard assures.

        A store may write into what the run reads.
        """
        if step.kind != "guard" and step.func in STORING and run:
            return True
        roots = {self._root(x) for x in step.operands()}
        return any(other.kind == "guard" or other in roots for other in run)

    def _root(self, x):
        return self.places(x)[0] if x.shape is not None else x

    def _can_look_at(self, guard, run):
        """Whether a guard can be a part of a kernel: it looks at a number computed there."""
        x = guard.expression
        root = self._root(x)
        is_number = isinstance(guard.expected, (bool, int, float))
        return is_number and root in run and size_of(root.shape) == 1 and dtype_of(x) in DTYPES

    def _is_read_in_place(self, step, run):
        """Whether a step is a view, or the view of a copy, which then is a part of the run."""
        if not is_view(step) or step.dtype is None or not size_of(step.shape):
            return False
        x = step.args[0]
        if x.shape is None or not size_of(x.shape) or dtype_of(x) not in DTYPES:
            return False
        root, layout = self.places(x)
        if root.kind == "input" and not isinstance(root.value, np.ndarray):
            return False
        found = viewed(step, layout, size_of(root.shape))
        if found is None:
            root = self._copies[step] = Expression("call", x.value, np.copy, (x,))
            found = viewed(step, contiguous(x.shape), size_of(x.shape))
            run.append(root)
        self._where[step] = root, found
        return True

    def _made_of(self, parts):
        """The kernels of a program's parts."""
        outside = self._needed_elsewhere(parts)
        return [
            Kernel(part, self.places, outside, self._last) for part in parts if type(part) is list
        ]

    def _affordable(self, parts):
        """The parts, with those kernels taken apart that would take too long to compile."""
        times = Counter(kernel.text for kernel in self.kernels)
        chosen, lines = set(), 0
        for text, _ in times.most_common():
            lines += text.count("\n")
            if lines <= _MOST_LINES:
                chosen.add(text)
        kernels = iter(self.kernels)
        found = []
        for part in parts:
            is_kernel = type(part) is list
            found += part if is_kernel and next(kernels).text not in chosen else [part]
        return found

    def _needed_elsewhere(self, parts):
        """The calls of kernels whose values others need."""
        made = {}  # call -> position of its kernel
        found = {self._root(x) for x in self._found}
        for position, part in enumerate(parts):
            steps = part if type(part) is list else [part]
            for step in steps:
                for x in step.operands():
                    root = self._root(x)
                    if made.get(root, position) != position:
                        found.add(root)
                if type(part) is list and step.kind != "guard":
                    made[step] = position
        return found

    def _seen_by_the_caller(self):
        """What must have memory of its own in every call: the results, and what they may view."""
        single = {part for part in self.parts if type(part) is Expression}
        seen = set()
        left = [self._root(x) for x in self._found]
        while left:
            x = left.pop()
            if x not in seen:
                seen.add(x)
                if x in single and x.func not in _INTO:
                    left += [self._root(operand) for operand in x.operands()]
        return seen

    # --- the text ---------------------------------------------------------------------------

    def _new(self, wanted):
        return new_name(wanted, self._taken)

    def _loop(self, loop):
        """The name of the function of a loop."""
        if loop not in self.loops:
            self.loops[loop] = self._new(loop.__name__)
        return self.loops[loop]

    def _lines(self):
        """The statements of the function, and those that make the arrays that it keeps."""
        writer = _Caller(self.names, self._loop)
        lines, kept, count = [], _Kept(), 0
        ends = self._ends()
        for position, part in enumerate(self.parts):
            if type(part) is list:
                count += 1
                lines += self._kernel_lines(count, kept)
                self._name_copies(writer, self.kernels[count - 1])
            elif part.kind == "guard":
                lines.append(guarded(writer, part))
            else:
                lines += self._call_lines(writer, part, kept)
            kept.free(x for x in ends.get(position, ()) if x in self._arrays)
        lines += ["spaces.append(space)"] if kept.arrays else []
        lines.append(f"return {writer.write(self.own_results(self._is_array_of_its_own))}")
        if kept.arrays:
            names = "".join(f"{name}, " for name in kept.arrays)
            lines[:0] = [
                "try:", "    space = spaces.pop()",
                "except IndexError:", "    space = workspace()", f"{names}= space",
            ]  # fmt: skip
        return lines, kept.arrays

    def _ends(self):
        """{position: the arrays that nobody reads after that part of the program}"""
        last = {}
        for position, part in enumerate(self.parts):
            for step in part if type(part) is list else [part]:
                keeps = type(part) is not list and not _makes_its_own(step)
                for x in step.operands():
                    root = self._root(x)
                    last[root] = math.inf if keeps else max(last.get(root, 0), position)
        ends = {}
        for root, position in last.items():
            ends.setdefault(position, []).append(root)
        return ends

    def _kernel_lines(self, number, kept):
        kernel = self.kernels[number - 1]
        lines, names, own = [], [], []
        for key, _ in kernel.parameters:
            root = key[0] if type(key) is tuple else key
            if root not in kernel.members:
                names.append(self._argument(root))
            elif type(key) is tuple or root not in kernel.outside:
                dtype = key[1] if type(key) is tuple else root.dtype
                names.append(kept.array(key, root.shape, dtype, self._new))
                own.append(key)
            else:
                names.append(self._made(root, lines, kept))
        kept.free(own)
        call = f"kernel_{number}({', '.join(names)})"
        if not kernel.can_leave():
            return [*lines, call]
        inputs = ", ".join(f"{self._arrays[x]} {x.shape}" for x in self.inputs)
        return [*lines, f"status = {call}", "if status:", f"    return left(status, {inputs!r})"]

    def _made(self, root, lines, kept):
        """The name of an array that is written into: new in every call where the caller sees it."""
        if root in self._fresh:
            name = self.give_name(root, f"t{len(self.names) + 1}")
            lines.append(f"{name} = {_empty(root.shape, root.dtype)}")
        else:
            name = kept.array(root, root.shape, root.dtype, self._new, self.names.get(root))
            self.names[root] = name
        self._arrays[root] = name
        if not isinstance(root.value, np.ndarray):
            self.names[root] = f"{name}[()]"
        return name

    def _argument(self, root):
        """The text of what a kernel reads."""
        if root.kind == "constant":
            return self._constant(root)
        return self._arrays.get(root) or f"as_argument({self.names[root]})"

    def _constant(self, root):
        if root not in self.constants:
            self.constants[root] = self._new("constant")
            self.names[root] = self.constants[root]
        return self.constants[root]

    def _name_copies(self, writer, kernel):
        """What is read from a copy that a kernel made is written as that."""
        for view, copy in self._copies.items():
            if copy in kernel.members and copy in self.names:
                again = Expression(
                    "call", view.value, view.func, (copy, *view.args[1:]), view.kwargs
                )
                self.names[view] = writer.definition(again)

    def _call_lines(self, writer, step, kept):
        """A call of NumPy."""
        for x in step.operands():
            if x.kind == "constant" and isinstance(x.value, np.ndarray):
                self._constant(x)
        if self._can_go_into(step):
            operands = ", ".join(map(writer.write, step.args))
            func = "np.dot" if {x.ndim for x in step.args} == {2} else "np.matmul"
            return [f"{func}({operands}, out={self._made(step, [], kept)})"]
        if step.func in STORING:
            return self._stored(writer, step, kept)
        text = writer.definition(step)
        return [f"{self.give_name(step, f't{len(self.names) + 1}')} = {text}"]

    def _can_go_into(self, step):
        if step.func not in _INTO or step in self._fresh or step.kwargs or step.ndim < 2:
            return False
        return step.dtype.kind == "f" and all(dtype_of(x) == step.dtype for x in step.args)

    def _stored(self, writer, step, kept):
        """x[i] = v, in x's own array where nobody needs it any more."""
        x, lines = step.args[0], []
        source = writer.write(x)
        is_last = self._last[self._root(x)] is step and x not in self._viewed
        if is_last and x in self._arrays and x.kind == "call":
            name = self.names[step] = self._arrays[x]
            kept.hand_on(x, step)
        else:
            name = self.give_name(step, f"t{len(self.names) + 1}")
            lines.append(f'{name} = np.array({source}, order="C")')
        self._arrays[step] = name
        return [*lines, store_line(writer, step, name)]

    def _is_array_of_its_own(self, x):
        if x.kind != "call" or self._root(x) is not x:
            return False
        return x in self._arrays or _makes_its_own(x)

    def source(self):
        """All functions, in a text that can be run where Numba is installed."""
        parts = [HEAD]
        writer = Writer({})
        parts += [_constant_line(writer, x.value, name) for x, name in self.constants.items()]
        parts += [decorated(k, f"kernel_{n}") for n, k in enumerate(self.kernels, 1)]
        parts += [_NumbaLoop(loop, name).source() for loop, name in self.loops.items()]
        return "\n".join([*parts, *self._driver()])

    def _driver(self):
        """The texts of the functions that call the kernels."""
        texts, kept = [], self._kept
        if kept:
            made = "".join(f"    {name} = {empty}\n" for name, empty in kept.items())
            names = ", ".join(kept)
            texts.append("spaces = []  # arrays of calls that have ended\n\n")
            texts.append(f"def workspace():\n{made}    return ({names},)\n\n")
        parameters = ", ".join(self._arrays[x] for x in self.inputs)
        body = "".join(f"    {line}\n" for line in self._lines_)
        return [*texts, f"def {self.name}({parameters}):\n{body}"]

    def function(self):
        """The program as a function of arrays of any layout."""
        return conforming(self._function, self.inputs)

    @property
    def strict(self):
        """The program as a function that raises for any other arrays than it is for.

        Those of other shapes are a ValueError, those of other dtypes or layouts a TypeError. It
        is None where some argument gets into no kernel, or where NumPy has its part.
        """
        looked_at = {key for kernel in self.kernels for key, _ in kernel.parameters}
        arrays = [x for x in self.inputs if isinstance(x.value, np.ndarray)]
        is_strict = looked_at.issuperset(arrays) and len(arrays) == len(self.inputs)
        return self._function if is_strict and all(type(p) is list for p in self.parts) else None

    @cached_property
    def _function(self):
        """The program as a function of just such arrays as it was traced with."""
        if find_spec("numba") is None:
            raise ModuleNotFoundError(
                "the backend numba needs Numba: pip install numba, or take the backend numpy",
                name="numba",
            )
        scope = {name: x.value.copy() for x, name in self.constants.items()}
        count = len(self.kernels) + len(self.loops)
        with told_when_long(self.name, count, self.cache_dir is not None):
            for n, kernel in enumerate(self.kernels, 1):
                scope[f"kernel_{n}"] = compiled(kernel, self.cache_dir)
            for loop, name in self.loops.items():
                scope[name] = _NumbaLoop(loop, name, self.cache_dir).function()
        text = "\n".join(self._driver())
        return self.loaded(text, np=np, left=left, as_argument=as_argument, **scope)


class _Body(NumbaProgram):
    """A step whose results are each an array of its own.

    To be one kernel it joins arrays and calls BLAS by itself: NumPy would take a call a step.
    """

    passes = (better_loops, merged, partial(merged, most_joined=MOST_STORED))

    def can_be_in_kernel(self, step):
        return can_be_in_kernel(step) or is_product_of_blas(step, self.places)

    def completed(self, steps, results):
        copies = [Expression("call", x.value, np.copy, (x,)) for x in results]
        return [*steps, *copies], tuple(copies)


class _NumbaLoop:
    """A loop, compiled as a whole where its step is one kernel."""

    def __init__(self, loop, name, cache_dir=None):
        self.loop, self.name, self.cache_dir = loop, name, cache_dir
        given = loop.steps, loop.inputs, tuple(loop.results)
        body = _Body(*given, name=f"{name}_step")
        is_kernel = len(body.parts) == 1 and type(body.parts[0]) is list and loop.length > 0
        self.kernel = LoopKernel(loop, name, body) if is_kernel else None
        if not is_kernel:
            self.step = numba_program(*given, name=f"{name}_step", cache_dir=cache_dir)

    def function(self):
        """The loop as a function of arrays of any layout."""
        if self.kernel is not None:
            text, scope = self.kernel.wrapper(), self.kernel.scope(self.cache_dir)
        else:
            text = driver(self.loop, self.name, self.step, exact=True)
            scope = {"np": np, self.step.name: self.step.function()}
        exec(compile(text, f"<{self.name}>", "exec"), scope)
        return scope[self.name]

    def source(self):
        """The text of the function, and of what it needs."""
        if self.kernel is not None:
            return self.kernel.source(lambda value: Writer({}).constant(value)[0])
        text = step_source(self.step, self.name)
        return "\n".join([text, driver(self.loop, self.name, self.step, exact=True)])


class _Caller(Writer):
    """Writes loops by the names of their functions."""

    def __init__(self, names, loop):
        super().__init__(names)
        self._loop = loop

    def called(self, func):
        return self._loop(func) if isinstance(func, SymbolicLoop) else super().called(func)


class _Kept:
    """Arrays that a program keeps for its next call, each for one value after the other."""

    def __init__(self):
        self.arrays = {}  # name -> the text that makes it
        self._free = {}  # that text -> names
        self._of = {}  # value -> name

    def array(self, key, shape, dtype, new, name=None):
        """The name of an array for a value: a new one, or one whose value nobody needs."""
        text = _empty(shape, dtype)
        if self._free.get(text):
            name = self._free[text].pop()
        else:
            name = name or new(f"t{len(self.arrays) + 1}")
            self.arrays[name] = text
        self._of[key] = name
        return name

    def hand_on(self, key, other):
        """Another value is in the array now."""
        if key in self._of:
            self._of[other] = self._of.pop(key)

    def free(self, keys):
        """Nobody needs these values any more."""
        for key in keys:
            name = self._of.pop(key, None)
            if name is not None:
                self._free.setdefault(self.arrays[name], []).append(name)


def _makes_its_own(step):
    """Whether a call's result shares no memory with its arguments."""
    if step.kind == "guard" or step.func in STORING or is_stack(step):
        return True
    is_ufunc = isinstance(step.func, np.ufunc)
    return is_ufunc or step.func in _INTO or step.func in (np.concatenate, np.stack)


def _constant_line(writer, value, name):
    is_long = value.size > LONG
    return held_line(name, value) if is_long else f"{name} = {writer.constant(value)[0]}"


def _count(parts):
    """How many steps are in kernels."""
    return sum(len(part) for part in parts if type(part) is list)


def _empty(shape, dtype):
    kind = "" if dtype == np.float64 else f", np.{name_of(dtype)}"
    return f"np.empty({shape}{kind})"
