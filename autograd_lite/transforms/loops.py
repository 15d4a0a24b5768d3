"""A loop as one operation, whose step back is a loop over the same steps in reverse.

The one idea: the vector-Jacobian product of a step is a step too, which carries the cotangents of
what was carried and the sums of those of what every step uses. So the derivative of a scan is a
scan, and derivatives of any order come from these lines.
"""

from contextlib import nullcontext
from functools import partial
from itertools import chain

import numpy as np

from ..engine import hooks, tape
from ..engine.arrays import asarray
from ..engine.calls import requires_grad
from ..engine.dead_branches import has_nan
from ..engine.dispatch import registry
from ..engine.modes import current, is_recording, switched, watching
from ..engine.tape import Call, Leaf, Operation
from ..engine.tensor import (
    Tensor,
    backward_pass,
    constant,
    plain,
    recorded_step,
    several,
    twin,
)
from ..messages import errors
from .closures import Closures, told_to_others
from .function_call import differentiating, seeds_of, variable

_NUMBERS = (bool, int, float, complex)


class Loop(Operation):
    """A scan of flat lists.

    A node's arguments are the leaves of what is carried first, those of what is looped over, and
    the tensors that the step uses from around itself. Its result is one tuple: what is carried
    last, what was stacked, and what was carried into every step.

    Parameters
    ----------
    step : callable
        ``step(carry, row) -> (carry, ys)``, all of them lists of arrays.
    length, reverse
        See `scan`.
    name : str
    """

    way_out = ""

    def __init__(self, step, length, reverse, name):
        self.step = step
        self.length = length
        self.reverse = reverse
        self.name = name
        self.sizes = self.closures = ()

    @property
    def f(self):
        """The loop as a function of a node's plain arguments; the closures keep their values."""
        return _named(self._again, self.name)

    @property
    def rules(self):
        """One for each argument; made when they are asked for, as they refer to the loop."""
        count = sum(self.sizes[:2]) + len(self.closures)
        return tuple(partial(self._contribution, i) for i in range(count))

    def __repr__(self):
        return f"<{self.name} of {self.length} steps>"

    def __call__(self, carry, rows):
        """What is carried last, and what was stacked: lists."""
        mode, leaves = current(), [*carry, *rows]
        tracked = any(map(requires_grad, leaves))
        told_to_others(leaves)  # a scan inside a checkpoint, or inside another scan
        if not mode.recording:
            if tracked and mode.body is not None:
                raise errors.smuggled(mode.body.name)
            return self._run(carry, rows, False)[:2]
        closures: dict = {}
        last, ys, saved = self._run(carry, rows, saves=True, closures=closures)
        if not tracked and not closures:
            return last, ys
        out = tuple(map(plain, (*last, *ys, *saved)))
        parents = [x.node if isinstance(x, Tensor) else None for x in leaves]
        values = [plain(x) if node else _copied(x) for x, node in zip(leaves, parents)]
        values = (*values, *(node.out for node in closures))
        self.sizes = len(carry), len(rows), len(ys)
        node = Call(self, values, {}, out, (*parents, *closures))
        self.closures = tuple(closures)
        found = several(out, node)
        return list(found[: len(carry)]), list(found[len(carry) : len(carry) + len(ys)])

    def recorded(self, carry, rows):
        """The same of steps that record what they call, in place of one node."""
        if not self.length or hasattr(current().tracing, "loop"):
            return self(carry, rows)
        ys: list = [()] * self.length
        rows = [x if isinstance(x, Tensor) else _Rows(x) for x in rows]
        order = range(self.length)
        for i in order[::-1] if self.reverse else order:
            before, row = carry, [x[i] for x in rows]
            carry, y = self.step(list(map(_kept, before)), row)
            before, is_other = _in_their_dtypes(before, carry)
            carry, y = self.step(before, row) if is_other else (carry, y)
            ys[i] = list(map(_kept, y))
        return carry, [np.stack(parts) for parts in zip(*ys, strict=True)]

    # --- forward ------------------------------------------------------------------------------

    def _again(self, *args):
        n, m, _ = self.sizes
        with switched(recording=False, body=None):
            last, ys, saved = self._run(list(args[:n]), list(args[n : n + m]), True)
        return tuple(map(plain, (*last, *ys, *saved)))

    def _run(self, carry, rows, saves, closures=None):
        """What is carried last, what was stacked, and what was carried into every step.

        What the steps use from around themselves goes into the dict ``closures``, if there is one.
        """
        carry = [constant(x._array) if isinstance(x, Tensor) else _copied(x) for x in carry]
        tracer = current().tracing
        if not hasattr(tracer, "loop"):
            return self.run_step_by_step(carry, rows, saves, closures)
        noting = nullcontext() if closures is None else watching(Closures(closures))
        with switched(recording=False, body=None), noting:
            return tracer.loop(self, carry, rows, saves)

    def shortened(self, length):
        """The same loop of fewer steps, which is not differentiated."""
        return Loop(self.step, length, self.reverse, self.name)

    def run_step_by_step(self, carry, rows, saves, closures=None):
        """The same, without a program."""
        step = self.step if closures is None else _Detached(self.step, closures)
        order = range(self.length)
        with switched(recording=closures is not None, body=current().body):
            if not order:
                stacks = self.nothing(step, carry, rows)
                return carry, stacks, [self.stack(x, 0) for x in carry if saves]
            rows = [_Rows(x) for x in rows]
            order = order[::-1] if self.reverse else order
            stacks, saved = None, []
            for i in order:
                before, row = carry, [row[i] for row in rows]
                carry, ys = step(before, row)
                if stacks is None:
                    before, is_other = _in_their_dtypes(before, carry)
                    carry, ys = step(before, row) if is_other else (carry, ys)
                    saved = [self.stack(x, self.length) for x in before if saves]
                    stacks = [self.stack(y, self.length) for y in ys]
                for stack, x in zip(saved, before):
                    stack[i] = plain(x)
                for stack, y in zip(stacks, ys, strict=True):
                    _store(stack, i, y)
        return carry, [_alike(y, stack) for y, stack in zip(ys, stacks, strict=True)], saved

    def nothing(self, step, carry, rows):
        """The stacks of no steps: of the shapes that a step of zeros gives."""
        zeros = [_alike(x, np.zeros_like(plain(x), shape=x.shape[1:])[()]) for x in rows]
        _, ys = step(list(carry), zeros)
        return [self.stack(y, 0) for y in ys]

    @staticmethod
    def stack(x, length):
        """An array for as many values as there are steps."""
        x = plain(x)
        return np.empty_like(x, shape=(length, *np.shape(x)), order="C", subok=False)

    def pulled_back(self, places, wanted):
        """The contributions to the arguments that are wanted, as one function with a name.

        Its arguments are the cotangents of the results at some places, and those of the loop.
        """

        def f(*given):
            gs, args = given[: len(places)], given[len(places) :]
            out = self._again(*args)
            g = [None] * len(out)
            for place, one in zip(places, gs, strict=True):
                g[place] = one
            found = self._contributions(g, out, args, wanted)
            return tuple(gx for gx in found if gx is not None)

        return _named(f, f"{self.name}_vjp")

    # --- backward -----------------------------------------------------------------------------

    def cotangents(self, g, out, args, kwargs, parents, careful=False):
        wanted = [node is not None and node.requires_grad for node in parents]
        found = self._contributions(g, out, args, wanted)
        return [(node, gx) for node, gx in zip(parents, found) if gx is not None]

    def _contribution(self, position, g, out, *args):
        """The rule of one argument."""
        wanted = [i == position for i in range(len(args))]
        return self._contributions(g, out, args, wanted)[position]

    def _contributions(self, g, out, args, wanted):
        """The contribution to each argument that is wanted, None for the others."""
        n, m, count = self.sizes
        self._check_unchanged(args[n + m :])
        recorded = any(isinstance(part, Tensor) for part in (*g, *out, *args))
        floats = [i for i in range(n) if _is_inexact(out[i])]
        rows = [i for i in range(m) if wanted[n + i] and _is_inexact(args[n + i])]
        stacked = [i for i in range(n, n + count) if g[i] is not None and _is_inexact(out[i])]
        saved = [i for i in floats if g[n + count + i] is not None]
        last = [np.zeros_like(out[i]) if g[i] is None else g[i] for i in floats]
        totals = [np.zeros_like(x) for x in args[n + m :]]
        seen = [list(out[n + count :]), list(args[n : n + m])]
        seen += [[g[i] for i in stacked], [g[n + count + i] for i in saved]]
        places = floats, rows, [i - n for i in stacked], [floats.index(i) for i in saved]
        is_known = self.length and not recorded and not current().tracing
        following = out[:n] if is_known else None
        with switched(recording=recorded, body=None):
            for careful in (False, True):
                step = _StepBack(self, *places, careful, following)
                loop = Loop(step, self.length, not self.reverse, f"{self.name}_vjp")
                found, gxs = loop([*last, *totals], [*chain(*seen)])
                if _is_inside_a_step() or not any(map(has_nan, (*found, *gxs))):
                    break
        contributions = [None] * len(args)
        for places, values in ((floats, found), ([n + i for i in rows], gxs)):
            for i, gx in zip(places, values):
                contributions[i] = gx
        contributions[n + m :] = found[len(floats) :]
        return [gx if w else None for gx, w in zip(contributions, wanted, strict=True)]

    def _check_unchanged(self, values):
        for node, value in zip(self.closures, map(plain, values), strict=True):
            if node.out is not value and not np.array_equal(node.out, value):
                raise errors.told(
                    ValueError,
                    f"{self.name}: a tensor that the step uses has another value than when it was "
                    "run, and the backward pass runs the steps again: call backward() before the "
                    "parameters are changed",
                )


class _Detached:
    """A step of constants, whose results are constants; the tensors around it are noted.

    It is recorded, and what was recorded is let go: to watch every call would take longer.
    """

    def __init__(self, step, closures):
        self.step, self.closures = step, closures
        self.start = Leaf(None).serial

    def __call__(self, carry, row):
        new, ys = self.step(carry, row)
        stack = [x.node for x in (*new, *ys) if isinstance(x, Tensor) and x.node.requires_grad]
        if not stack:
            return new, ys
        seen = set(stack)
        while stack:
            node = stack.pop()
            if node.serial < self.start:
                self.closures[node] = None
                continue
            for _, parent in node.inputs():
                if parent is not None and parent.requires_grad and parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return list(map(_constant, new)), list(map(_constant, ys))


def _constant(x):
    return constant(x._array) if isinstance(x, Tensor) else x


class _StepBack:
    """The vector-Jacobian product of a step: a step of flat lists.

    It carries the cotangents of what is carried, and the sums of those of the closures. A row
    holds what was carried into the step, the row of the step, and the cotangents of what it
    stacked and of what was carried into it.
    """

    def __init__(self, loop, floats, rows, stacked, saved, careful, following):
        self.loop, self.careful = loop, careful
        self.following = following  # what the step gave to the next one, where it is known
        self.floats, self.rows, self.stacked, self.saved = floats, rows, stacked, saved
        n, m, _ = loop.sizes
        self.ends = n, n + m, n + m + len(stacked)
        names = loop.step.names
        gxs = [f"d{names[i]}" for i in floats] + ["total" for _ in loop.closures]
        own = [f"dy{i}" for i in stacked] + [f"d{names[i]}_in" for i in saved]
        self.names = [*gxs, *names, *own]

    def __call__(self, carry, row):
        loop, count, (a, b, c) = self.loop, len(self.floats), self.ends
        given, own, gs, more = row[:a], row[a:b], row[b:c], row[c:]
        last, totals = carry[:count], carry[count:]
        recorded = is_recording()
        inputs = {i: _input(given[i], recorded) for i in self.floats}
        inputs |= {a + i: _input(own[i], recorded) for i in self.rows}
        leaves = [twin(inputs[i]) if i in inputs else x for i, x in enumerate((*given, *own))]
        inputs = list(inputs.values())
        with differentiating([t.node for t in inputs], recording=True, body=None):
            start = Leaf(None)  # the pass enters nothing older
            new, ys = loop.step(leaves[:a], leaves[a:])
            if self.following is not None:
                self._check_again(new)
                self.following = given
            outputs = [new[i] for i in self.floats] + [ys[i] for i in self.stacked]
            outputs = [y if isinstance(y, Tensor) else constant(asarray(y)) for y in outputs]
            seeds = seeds_of(outputs, [*last, *gs])
            table = _pass(seeds, start, recorded, self.careful)
        self._check(table, start, inputs)
        gxs = [_gradient_in(table, t.node, t) for t in inputs]
        for place, g in zip(self.saved, more, strict=True):
            gxs[place] = gxs[place] + g
        totals = [
            total + table[node] if node in table else total
            for total, node in zip(totals, loop.closures, strict=True)
        ]
        return [*gxs[:count], *totals], gxs[count:]

    def _check_again(self, new):
        """The second run gives what the first gave."""
        for one, other in zip(map(plain, new), map(plain, self.following), strict=True):
            if not (one is other or np.all(one == other)) and not _are_close(one, other):
                raise self._differs("gives other values than before")

    def _differs(self, how):
        return errors.told(
            ValueError,
            f"{self.loop.name}: in the backward pass, which runs the steps again, a step {how}. It "
            "must be deterministic: draw random numbers before the scan, and pass them as xs",
        )

    def _check(self, table, start, inputs):
        known = {*(t.node for t in inputs), *self.loop.closures}
        if any(node.serial < start.serial and node not in known for node in table):
            raise self._differs("uses tensors that it did not use before")


def _are_close(x, y):
    eps = np.finfo(x.dtype).eps if _is_inexact(x) else 0.0
    return np.allclose(x, y, rtol=np.sqrt(eps), atol=eps, equal_nan=_is_inexact(x))


def _named(f, name):
    """A function under a name that people read."""

    def call(*args):
        return f(*args)

    call.__name__ = call.__qualname__ = name
    return call


def _pass(seeds, start, recorded, careful):
    """A backward pass through one step."""
    if careful or hooks.alive or current().watchers:
        return backward_pass(seeds, [start], recorded)
    if recorded:
        seeds = {n: g if isinstance(g, Tensor) else constant(asarray(g)) for n, g in seeds.items()}
    return tape.backward_pass(seeds, [start], step=recorded_step if recorded else None)


def _input(value, recorded):
    """What a step is differentiated with respect to."""
    return registry["alias"](value) if recorded and requires_grad(value) else variable(plain(value))


def _gradient_in(table, node, x):
    return table[node] if node in table else np.zeros_like(x._array)


def _is_inside_a_step():
    """Whether a program's loop is being traced: there a nan is looked for at its end."""
    return getattr(current().tracing, "is_step", False)


def _is_inexact(x):
    return x.dtype.kind in "fc"


def _copied(x):
    """An array of the caller's as nobody writes into it; a number as it is."""
    return x.copy() if isinstance(x, np.ndarray) else x


def _kept(x):
    """A value that no later x += y changes."""
    return twin(x) if isinstance(x, Tensor) else _copied(x)


class _Rows:
    """The rows of what is looped over, which nobody can write into."""

    def __init__(self, x):
        self._is_tensor, self._array = isinstance(x, Tensor), plain(x)
        if isinstance(self._array, np.ndarray):
            self._array = self._array.view()
            self._array.flags.writeable = False

    def __getitem__(self, i):
        row = self._array[i]
        return constant(row) if self._is_tensor else row


def _alike(x, value):
    return constant(value) if isinstance(x, Tensor) else value


def _in_their_dtypes(carry, new):
    """What is carried first, Python's numbers in the dtypes that a step gives them.

    With it, whether the step has seen numbers of another dtype.
    """
    found = [plain(y).dtype.type(x) if type(x) in _NUMBERS else x for x, y in zip(carry, new)]
    is_other = any(
        type(x) in _NUMBERS and np.asarray(x).dtype != y.dtype for x, y in zip(carry, found)
    )
    return found, is_other


def _store(stack, i, y):
    y = plain(y)
    if stack.shape[1:] != np.shape(y) or stack.dtype != y.dtype:
        raise errors.told(
            TypeError,
            f"the step of a scan returned y of shape {np.shape(y)}, {y.dtype}, after one of "
            f"{stack.shape[1:]}, {stack.dtype}: what is stacked is of one shape and dtype",
        )
    stack[i] = y
