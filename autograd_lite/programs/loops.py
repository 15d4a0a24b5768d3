"""Loops in a program: a function of the step, and one that calls it step after step."""

import numpy as np

from ..symbolic import calls
from ..symbolic.loops import SymbolicLoop
from ..symbolic.python_text import new_name


def is_stack(x):
    """Whether an expression is what a loop has stacked: an array of its own."""
    is_part = x.kind == "call" and x.func is calls.part and hasattr(x.args[0], "func")
    if not is_part or not isinstance(x.args[0].func, SymbolicLoop):
        return False
    return x.args[1] >= x.args[0].func.carried


def driver(loop, name, step, exact=False):
    """The text of the function of a loop, which calls that of a step, a program.

    Where the step is ``exact``, it takes numbers for numbers, and no arrays without axes. A step
    that computes into rows gets them after its inputs, and returns the other results.
    """
    names, results = [step.names[x] for x in step.inputs], step.results
    carried, rest = names[: loop.carried], names[loop.carried :]
    taken = {*names, "np", step.name, name}
    i = new_name("i", taken)
    stacks = [new_name("ys", taken) for _ in results[loop.carried :]]
    stored = getattr(step, "stored", range(loop.carried, len(results)))
    put = [y for place, y in enumerate(stacks, loop.carried) if place not in stored]
    given = [*carried, *(f"{x}[{i}]" for x in rest[: loop.rows]), *rest[loop.rows :]]
    given += [f"{y}[{i}]" for y in put]
    targets = ", ".join([*carried, *(f"{stacks[place - loop.carried]}[{i}]" for place in stored)])
    order = f"{loop.length - 1}, -1, -1" if loop.reverse else f"{loop.length}"
    lines = [f"{y} = {_empty(loop, x)}" for y, x in zip(stacks, results[loop.carried :])]
    for at, (x, own) in enumerate(zip(step.inputs, names)):
        is_row = loop.carried <= at < loop.carried + loop.rows
        if exact and not is_row and not isinstance(x.value, np.ndarray):
            lines.append(f"{own} = np.{_name(x.dtype)}({own})")
    call = f"{step.name}({', '.join(given)})"
    lines += [f"for {i} in range({order}):", f"    {f'{targets}, = ' if targets else ''}{call}"]
    rows = getattr(step, "rows", ())
    last = [f"{y}.copy()" if x in rows else y for x, y in zip(results, carried)]  # else a row
    lines += [f"return {', '.join([*last, *stacks])},"]
    return f"def {name}({', '.join(names)}):\n" + "".join(f"    {line}\n" for line in lines)


def _name(dtype):
    return "bool_" if dtype == np.bool else dtype.name


def _empty(loop, x):
    shape, kind = (loop.length, *x.shape), _name(x.dtype)
    return f"np.empty({shape})" if kind == "float64" else f"np.empty({shape}, np.{kind})"
