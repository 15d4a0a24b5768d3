"""How far rounding alone may move a number: one floor for all who compare numbers here.

The one idea is Monte Carlo arithmetic (Parker, 1997): a computation is done again with a random
error in each number on the way, and what its result moves by is what rounding does to it - to a
sum of large terms that cancel as much as to a gradient that is truly zero. So no operation needs
a rule for it.

The errors are many times those of rounding, and what moves is divided by that: what jumps where
two numbers are equal, and does not shrink with the errors, makes no floor.
"""

import functools

import numpy as np

from ..engine.multiple_outputs import like, part
from ..engine.primitives import Primitive
from ..engine.tape import backward_pass, history

DRAWS = 4
SAFETY = 64  # between what the draws show and what another order of the terms may make of it
CLEAR = 1e4  # times its floor of one draw: what no other draw would call rounding
# Operations whose rules look at the arguments to choose between pieces.
KINKED = frozenset(
    "relu leaky_relu maximum minimum fmax fmin absolute fabs max amax min amin nanmax nanmin "
    "max_pool clip hard_tanh hard_swish ptp median sort quantile percentile".split()
)


def jittered(value, draw, eps, times=1.0, whole=False):
    """An array with an error in each number, equal numbers alike; no zero is moved.

    The error is ``times`` that of the dtype's rounding, or of ``eps`` where that is coarser. Whole
    numbers are moved only where that is said: they may be counts, ranks or exponents. What is no
    array comes back as it is.
    """
    if isinstance(value, (list, tuple)):
        moved = [jittered(part, draw, eps, times, whole) for part in value]
        return like(value, moved) if isinstance(value, tuple) else moved
    if not isinstance(value, (np.ndarray, np.floating, np.complexfloating)) or not value.size:
        return value
    if value.dtype.kind == "c":
        real, imag = (jittered(x, draw, eps, times, whole) for x in (value.real, value.imag))
        return (real + 1j * imag).astype(value.dtype)
    if value.dtype.kind != "f":
        return value
    bits = np.abs(value).astype(np.float64).view(np.uint64)
    unit = (_mixed(bits, draw) >> np.uint64(40)).astype(np.float64) / 2.0**23 - 1  # in [-1, 1)
    if not whole:
        unit = np.where((value == np.rint(value)) & (np.abs(value) < 2**20), 0.0, unit)
    own = max(float(np.finfo(value.dtype).eps), eps)
    return (value * (1 + times * own * unit)).astype(value.dtype)


def _mixed(bits, draw):
    """Integers as random as any, others in every draw: SplitMix64, of Steele et al., 2014."""
    bits = bits + np.uint64((draw + 1) * 0x9E3779B97F4A7C15 % 2**64)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def floors(run, known, times=1.0, draws=DRAWS, differences=None):
    """What rounding may move each of some arrays by, entry by entry.

    ``run(draw)`` gives the same arrays with numbers that were `jittered`, or None. Where errors
    are no larger than those of rounding, an entry may stand still in a few draws. Of arrays whose
    ``differences`` from others are given, no more is drawn than tells which of these are rounding.
    """
    known = [np.asarray(array) for array in known]
    far = [np.zeros(array.shape) for array in known]
    with np.errstate(all="ignore"):
        for draw in range(draws):
            found = run(draw)
            if found is None:
                continue
            for i, (array, other) in enumerate(zip(known, found, strict=True)):
                moved = np.abs(np.asarray(other) - array).astype(np.float64)
                far[i] = np.maximum(far[i], np.where(np.isfinite(moved), moved, 0.0))
            if differences is not None and not _is_any_near(differences, far, SAFETY / times):
                break
    return [SAFETY / times * moved for moved in far]


def _is_any_near(differences, far, safety):
    """Whether a difference is beyond what was drawn, and not far beyond it."""
    for difference, moved in zip(differences, far, strict=True):
        floor = safety * moved
        if ((difference > floor) & (difference <= CLEAR * floor)).any():
            return True
    return False


class Tape:
    """The recorded calls as they are: what a derivative is computed from."""

    def value(self, node, recorded):
        """The value of a node, which was recorded as an argument or as a result."""
        return recorded

    def pull(self, seeds, targets):
        """The cotangents of nodes; {node: g}."""
        with np.errstate(all="ignore"):
            return backward_pass(seeds, targets, step=self._step)

    def _step(self, node, g, careful):
        return node.step(g)


class RoundedTape(Tape):
    """The recorded calls done again, with an error in every number."""

    def __init__(self, root, jitter):
        self._jitter = jitter
        self._args, self._outs = {}, {}
        self._inputs = {}  # {id of an array that the tape holds: that array with errors}
        with np.errstate(all="ignore"):
            for node in history(root):
                if node.op is not None:
                    self._args[node] = [
                        self._input(*pair) for pair in zip(node.args, node.parents, strict=True)
                    ]
                    self._outs[node] = jitter(self._done(node))

    def value(self, node, recorded):
        return self._outs[node] if node in self._outs else self._jitter(recorded)

    def _done(self, node):
        """What a call gives here; one of the user's is not run again: it may draw or print."""
        if node.op is not part and (not isinstance(node.op, Primitive) or node.op.is_users):
            return node.out
        try:
            return node.op.f(*self._args[node], **node.kwargs)
        except Exception:  # it refuses numbers that are a little off
            return node.out

    def _input(self, value, parent):
        if type(parent) is tuple:
            return list(map(self._input, value, parent))
        if parent in self._outs:
            return self._outs[parent]
        if id(value) not in self._inputs:
            self._inputs[id(value)] = self._jitter(value)
        return self._inputs[id(value)]

    def _step(self, node, g, careful):
        g = type(g)(map(self._pulled, g)) if isinstance(g, tuple) else self._pulled(g)
        if node.op.name in KINKED:  # the piece is that of the tape
            return node.step(g)
        args, out = self._args[node], self._outs[node]
        return node.op.cotangents(g, out, args, node.kwargs, node.parents)

    def _pulled(self, g):
        return None if g is None else self._jitter(g, whole=True)


class Floor:
    """What rounding may leave of derivatives on a recorded graph.

    ``eps`` is that of the coarsest numbers compared, if they are coarser than the graph's.
    """

    def __init__(self, root, eps=0.0):
        outs = [np.asarray(n.out) for n in history(root) if not isinstance(n.out, tuple)]
        kinds = {out.dtype for out in outs if out.dtype.kind in "fc"}
        self._root = root
        self._eps = max(eps, *(float(np.finfo(kind).eps) for kind in kinds))
        self._times = max(np.sqrt(self._eps) / 64 / self._eps, 4.0)
        self._tapes: dict = {}

    def _tape(self, draw):
        if draw not in self._tapes:
            jitter = functools.partial(jittered, draw=draw, eps=self._eps, times=self._times)
            self._tapes[draw] = RoundedTape(self._root, jitter)
        return self._tapes[draw]

    def of(self, derive):
        """The floor of each entry of a derivative, ``derive(tape)``."""
        return self.of_all(lambda tape: [derive(tape)])[0]

    def of_all(self, derive, differences=None):
        """The floors of several derivatives, a list ``derive(tape)``; see `floors`."""

        def run(draw):
            try:
                return derive(self._tape(draw))
            except Exception:  # a rule refuses numbers that are a little off
                return None

        return floors(run, derive(Tape()), self._times, differences=differences)


def gradient_of(root, node):
    """The gradient of a root with respect to a node, as a function of a tape."""
    return lambda tape: gradients_of(root, [node])(tape)[0]


def gradients_of(root, nodes):
    """The gradients of a root with respect to several nodes, in one pass."""

    def derive(tape):
        start = np.ones_like(tape.value(root, root.out))[()]
        table = tape.pull({root: start}, nodes)
        return [table.get(node, np.zeros(np.shape(node.out))) for node in nodes]

    return derive
