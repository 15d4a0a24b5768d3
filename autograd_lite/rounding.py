"""How far rounding alone may move a number: one floor for all who compare numbers here.

The one idea: at arguments a few roundings away a computation gives other numbers, and what they
differ by is what rounding does to it - to a sum of large terms that cancel as much as to a
gradient that is truly zero. So no rule is needed for any operation.
"""

import numpy as np

from .tape import history, pullback

DRAWS = 4
STEP = 4  # roundings that an argument is moved by, at most
# Operations whose rules look at the arguments to choose between pieces.
KINKED = frozenset(
    "relu leaky_relu maximum minimum fmax fmin absolute fabs max amax min amin nanmax nanmin "
    "max_pool clip hard_tanh hard_swish ptp median sort quantile percentile".split()
)
SAFETY = 64  # between what the draws show and what another order of the terms may make of it


def jittered(value, draw, eps=0.0):
    """An array with each number moved by some roundings; equal numbers alike, and no zero.

    ``eps`` is that of the coarsest numbers that are compared. Anything else, such as a number of
    Python's, which may be an exponent, comes back as it is.
    """
    if isinstance(value, (list, tuple)):
        return type(value)(jittered(part, draw, eps) for part in value)
    if isinstance(value, np.inexact):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc" or not value.size:
        return value
    if value.dtype.kind == "c":
        return (jittered(value.real, draw, eps) + 1j * jittered(value.imag, draw, eps)).astype(
            value.dtype
        )
    bits = np.abs(value).astype(np.float64).view(np.uint64)
    unit = (_mixed(bits, draw) >> np.uint64(40)).astype(np.float64) / 2.0**23 - 1  # in [-1, 1)
    step = STEP * max(float(np.finfo(value.dtype).eps), eps)
    return (value * (1 + step * unit)).astype(value.dtype)


def _mixed(bits, draw):
    """Integers as random as any, others in every draw: SplitMix64, of Steele et al., 2014."""
    bits = bits + np.uint64((draw + 1) * 0x9E3779B97F4A7C15 % 2**64)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def floors(run, known):
    """What rounding may move each of some arrays by, entry by entry.

    ``run(draw)`` gives the same arrays at arguments that were `jittered`, or None.
    """
    known = [np.asarray(array) for array in known]
    far = [np.zeros(array.shape) for array in known]
    with np.errstate(all="ignore"):
        for draw in range(DRAWS):
            found = run(draw)
            if found is None:
                continue
            for i, (array, other) in enumerate(zip(known, found, strict=True)):
                moved = np.abs(np.asarray(other) - array).astype(np.float64)
                far[i] = np.maximum(far[i], np.where(np.isfinite(moved), moved, 0.0))
    return [SAFETY * moved for moved in far]


def floors_of_gradients(root, nodes, eps=0.0):
    """{node: what rounding may move the gradient of a root with respect to it by}."""
    nodes = list(nodes)
    order = history(root)

    def run(draw):
        table = _gradients(root, nodes, order, lambda x: jittered(x, draw, eps))
        return [table.get(node, np.zeros(np.shape(node.out))) for node in nodes]

    known = _gradients(root, nodes, order, lambda x: x)
    exact = [known.get(node, np.zeros(np.shape(node.out))) for node in nodes]
    return dict(zip(nodes, floors(run, exact), strict=True))


def _gradients(root, nodes, order, moved):
    """The backward pass of a tape whose variables and constants, and each cotangent, were moved.

    Terms that cancel in pairs at any arguments cancel no longer where they are moved themselves.
    """
    args, outs = {}, {}

    def value(x, parent):
        if type(parent) is tuple:
            return [value(one, its) for one, its in zip(x, parent, strict=True)]
        return outs[parent] if parent in outs else moved(x)

    def visit(node, g):
        g = moved(g)
        if node.op.name in KINKED:  # the piece is that of the tape
            return node.op, g, node.out, node.args
        return node.op, g, outs[node], args[node]

    with np.errstate(all="ignore"):
        for node in order:
            if node.op is not None:
                args[node] = list(map(value, node.args, node.parents))
                outs[node] = node.op.f(*args[node], **node.kwargs)
        one = np.ones_like(outs.get(root, root.out))
        return pullback({root: one[()]}, nodes, visit)
