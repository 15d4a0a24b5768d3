"""Gradients with respect to containers; and what peers do wrong with the graph itself."""

import collections
import sys
import threading

import numpy

from .table import Trial

X, Y = numpy.array([1.0, -2.0, 0.5]), numpy.array([0.3, 1.5, -1.0])
Pair = collections.namedtuple("Pair", "x y")


def leaves(tree):
    """The arrays in nested containers, in order."""
    if isinstance(tree, dict):
        tree = [tree[key] for key in sorted(tree)]
    if isinstance(tree, (list, tuple)):
        return [leaf for branch in tree for leaf in leaves(branch)]
    return [tree]


def of(f, argument):
    """The gradient of f with respect to a container, which must come back as its own type."""

    def run(library):
        gradient = library.grad(lambda tree: f(library.np, tree))(argument)
        if type(gradient) is not type(argument):
            raise TypeError(f"a gradient of type {type(gradient).__name__}")
        return leaves(gradient)

    return run


def _chosen(pair):
    return pair[0] * pair[1][-1]


# --- the graph itself -----------------------------------------------------------------------------


def _captured_array(library):
    a = numpy.array([1.0, 2.0, 3.0])

    def f(np, x):
        y = x * a
        a[:] = 0.0
        return y

    try:
        return library.derivatives(f, X)
    except ValueError as error:
        if "read-only" in str(error):
            return [numpy.array([1.0, 2.0, 3.0])]
        raise


def _mixed_precision(library):
    [g] = library.derivatives(lambda np, x: x * Y, X.astype(numpy.float32))
    return [float(g.dtype == numpy.float32)]


def _many_operations(library):
    def chain(np, x):
        for _ in range(10_000):
            x = x * 1.0
        return x

    return library.derivatives(chain, X)


def _many_paths(library):
    def doublings(np, x):
        for _ in range(60):
            x = x + x
        return x

    return library.derivatives(doublings, X)


def _second_derivative(library):
    np = library.np
    slope = library.grad(lambda x: np.sum(x**3))
    return [library.grad(lambda x: np.sum(slope(x)))(X)]


def _gradient_inside(library):
    """d/dx of x times the derivative of (x y)^2 with respect to y: two gradients, two variables."""

    def outer(x):
        return x * library.grad(lambda y: (x * y) ** 2)(2.0)

    return [library.grad(outer)(3.0)]


def _threads(library):
    """Eight threads at once, each with gradients of its own."""
    found, interval = [], sys.getswitchinterval()

    def work(i):
        for _ in range(50):
            [g] = library.derivatives(lambda np, x: np.tanh(x * i) * x, X)
            found.append(g - (i * X / numpy.cosh(i * X) ** 2 + numpy.tanh(i * X)))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    return [len(found), numpy.max(numpy.abs(found))]


# fmt: off
TRIALS = [
    Trial("tuple/list indexing (container_take)",
        lambda library: library.derivatives(lambda np, x, y: _chosen((x, [x, y])), X, Y), [Y, X]),
    Trial("tuple as argument of grad",  of(lambda np, t: np.sum(t[0] * t[1]), (X, Y)),  [Y, X]),
    Trial("list as argument of grad",   of(lambda np, t: np.sum(t[0] * t[1]), [X, Y]),  [Y, X]),
    Trial("dict as argument of grad",
        of(lambda np, t: np.sum(t["a"] * t["b"]), {"a": X, "b": Y}),            [Y, X]),
    Trial("namedtuple as argument of grad",
        of(lambda np, t: np.sum(t.x * t.y), Pair(X, Y)),                        [Y, X]),
    Trial("nested containers as argument of grad",
        of(lambda np, t: np.sum(t["a"][0] * t["b"]["c"]), {"a": [X, Y], "b": {"c": Y}}),
        [Y, 0 * Y, X]),
    Trial("tuple/list/dict construction traced (make_sequence, _make_dict)",
        of(lambda np, t: np.sum({"a": [t[0], t[1] * 2]}["a"][1] * (t[0], 1.0)[0]), (X, Y)),
        [2 * Y, 2 * X]),
    Trial("boxed sequence + sequence (sequence_extend_left/right)",
        of(lambda np, t: np.sum(((Y,) + t + (X,))[1] * t[0]), (X,)),  # noqa: RUF005
        [2 * X]),
]
BEHAVIOUR = [
    Trial("a captured array is changed before the backward pass", _captured_array, [[1, 2, 3]]),
    Trial("a float32 gradient of float32 with float64",  _mixed_precision,   [1]),
    Trial("10,000 operations in a row",                  _many_operations,   [[1, 1, 1]]),
    Trial("2^60 paths",                                  _many_paths,        [[2.0**60] * 3]),
    Trial("a second derivative",                         _second_derivative, [6 * X]),
    Trial("a gradient inside of a gradient",             _gradient_inside,   [108.0]),
    Trial("eight threads",                               _threads,           [400, 0]),
]
# fmt: on
