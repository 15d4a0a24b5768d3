"""A loop as one function that Numba compiles: what is carried are numbers and small arrays in it.

It is one where the step is one kernel. Elsewhere a step is a program, which is called step by step.
"""

import re

import numpy as np

from ..symbolic.expressions import Expression
from .layouts import is_array, size_of
from .running import OK, as_argument, compiled, decorated, name_of


class LoopKernel:
    """A loop whose step is one kernel, around which it is written.

    Parameters
    ----------
    loop : SymbolicLoop
    name : str
        Of the function that people call.
    body : NumbaProgram
        Of a step, in one kernel, whose results are each an array of its own.
    """

    def __init__(self, loop, name, body):
        [kernel] = body.kernels
        self.loop, self.name, self.body, self.kernel = loop, name, body, kernel
        self.constants = kernel.constants
        self.names = dict(kernel.parameters)
        cut = loop.carried + loop.rows
        self.carried = list(zip(body.inputs[: loop.carried], body.results))
        self.rows = [x for x in body.inputs[loop.carried : cut] if x in self.names]
        self.shared = [x for x in body.inputs[cut:] if x in self.names]
        self.known = [x for x in self.names if type(x) is Expression and x.kind == "constant"]
        self.stacks = body.results[loop.carried :]
        self.parameters = []  # (name, type)
        self.text = "\n".join(["def kernel({}):", *self._lines(), ""])
        self.text = self.text.format(", ".join(name for name, _ in self.parameters))

    def signature(self):
        """The types of the parameters, as Numba writes them."""
        return f"int64({', '.join(kind for _, kind in self.parameters)})"

    def _given(self, name, x, axes):
        """A parameter of the function, and the lines that make it flat."""
        dtype = name_of(x.dtype).replace("bool_", "b1")
        kind = f"[{', '.join([':'] * (axes - 1) + ['::1'])}]" if axes else ""
        self.parameters.append((name, dtype + kind))
        return [f"    {name} = flat({name})"] if axes > 1 else []

    def _lines(self):
        self.parameters.append(("length", "int64"))
        head, before, after, tail = self._carried_lines()
        turn, names = [], self.names
        for kind, arrays in ("rows", self.rows), ("stack", self.stacks):
            for i, x in enumerate(arrays):
                name = f"{kind}_{i}"
                head += self._given(name, x, x.ndim + 1)
                is_number = kind == "rows" and not isinstance(x.value, np.ndarray)
                turn.append(f"        {names[x]} = {_row(name, x, is_number)}")
        for x in (*self.shared, *self.known):
            head += self._given(names[x], x, max(x.ndim, 1) if is_array(x) else 0)
        before += self._workspace()
        at = "length - 1 - turn" if self.loop.reverse else "turn"
        loop = ["    for turn in range(length):", f"        at = {at}"]
        made = [f"    {line}" for line in self.kernel.made]
        body = [f"        {line}" for line in self.kernel.body]
        lines = [*head, *before, *made, *loop, *turn, *body, *after, *tail, f"    return {OK}"]
        return [line.replace("{", "{{").replace("}", "}}") for line in lines]

    def _carried_lines(self):
        """Of what is carried: its parameters, its start, what follows a step, its end."""
        head, before, after, tail = [], [], [], []
        names = self.names
        for i, (x, new) in enumerate(self.carried):
            name, init, last = names.get(x, f"carry_{i}"), f"init_{i}", f"last_{i}"
            if not isinstance(x.value, np.ndarray):
                head += self._given(init, x, 0)
                before.append(f"    {name} = {init}")
                after.append(f"        {name} = {names[new]}[0]")
                tail.append(f"    {last}[0] = {name}")
            else:
                head += self._given(init, x, max(x.ndim, 1))
                before += [_empty(name, x), *_copied(1, name, init, x)]
                after += _copied(2, name, names[new], x)
                tail += _copied(1, last, name, x)
            before.append(_empty(names[new], x))
            head += self._given(last, x, max(x.ndim, 1))
        return head, before, after, tail

    def _workspace(self):
        """The arrays that the step needs for itself."""
        ours = {*self.rows, *self.shared, *self.known, *self.stacks}
        ours |= {x for pair in self.carried for x in pair}
        return [
            _empty(name, *key) if type(key) is tuple else _empty(name, key)
            for key, name in self.kernel.parameters
            if key not in ours
        ]

    def wrapper(self):
        """The text of the function that people call, of the arguments of the loop."""
        loop, body = self.loop, self.body
        names = [body.names[x] for x in body.inputs]
        where = dict(zip(body.inputs, names))
        lines, given, results = [], [f"{loop.length}"], []

        def passed(x):
            is_array = isinstance(x.value, np.ndarray)
            return f"as_argument({where[x]})" if is_array else f"{_type(x.dtype)}({where[x]})"

        for i, (x, _) in enumerate(self.carried):
            lines.append(f"    last_{i} = {_new(x.shape or (1,), x.dtype)}")
            given += [passed(x), f"last_{i}"]
            is_number = not isinstance(x.value, np.ndarray)
            results.append(
                f"last_{i}" + ("[0]" if is_number else "" if x.shape else ".reshape(())")
            )
        given += [f"as_argument({where[x]})" for x in self.rows]
        for i, y in enumerate(self.stacks):
            lines.append(f"    stack_{i} = {_new((loop.length, *y.shape), y.dtype)}")
            given.append(f"stack_{i}")
            results.append(f"stack_{i}")
        given += [passed(x) for x in self.shared]
        given += [f"{self.name}_constant_{i}" for i in range(len(self.known))]
        lines.append(f"    {self.name}_kernel({', '.join(given)})")
        lines.append(f"    return {', '.join(results)},")
        return "\n".join([f"def {self.name}({', '.join(names)}):", *lines, ""])

    def scope(self, cache_dir):
        """What the text of the wrapper names."""
        known = {f"{self.name}_constant_{i}": x.value.copy() for i, x in enumerate(self.known)}
        return {
            f"{self.name}_kernel": compiled(self, cache_dir),
            "np": np,
            "as_argument": as_argument,
            **known,
        }

    def source(self, write):
        """The text of all of it."""
        known = [f"{self.name}_constant_{i} = {write(x.value)}" for i, x in enumerate(self.known)]
        return "\n".join([*known, decorated(self, f"{self.name}_kernel"), self.wrapper()])


def step_source(step, name):
    """The text of the program of a step, under names that no other program has."""
    text = step.source()
    text = "\n".join(line for line in text.split("\n") if not _is_import(line))
    own = r"\b(kernel_\d+\w*|spaces|workspace|constant(_\d+)?)\b"
    return re.sub(own, rf"{name}_\1", text)


def _is_import(line):
    return line.startswith(("import ", "from ")) and "numpy import" not in line


def _empty(name, x, dtype=None):
    return f"    {name} = np.empty({size_of(x.shape)}, np.{name_of(dtype or x.dtype)})"


def _new(shape, dtype):
    return f"np.empty({shape}, {_type(dtype)})"


def _type(dtype):
    return f"np.{name_of(dtype)}"


def _copied(depth, target, source, x):
    size, tab = size_of(x.shape), "    " * depth
    return [f"{tab}for k in range({size}):", f"{tab}    {target}[k] = {source}[k]"]


def _row(stack, x, is_number):
    """The text of a row of a flat array."""
    size = size_of(x.shape)
    return f"{stack}[at]" if is_number else f"part_of({stack}, at * {size})"
