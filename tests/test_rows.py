"""Reading an array part by part: contributions are added into one array of the whole size."""

from itertools import pairwise

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag

X = np.random.default_rng(0).normal(size=(5, 4))
LONG = np.random.default_rng(1).normal(size=(60, 4))

PROGRAMS = {
    "rows": lambda x: sum(np.sum(row**3) for row in x),
    "elements": lambda x: sum(x[i, j] ** 3 for i in range(len(x)) for j in range(3)),
    "slices that overlap": lambda x: sum(np.sum(x[i : i + 2] ** 3) for i in range(len(x))),
    "columns": lambda x: sum(np.sum(x[:, i % 4] ** 3) for i in range(len(x))),
    "rows that are named twice": lambda x: sum(np.sum(x[[0, i, i]] ** 3) for i in range(len(x))),
    "negative indices and masks": lambda x: (
        sum(x[-1 - i, -2] ** 3 for i in range(len(x))) + np.sum(x[x > 0] ** 2)
    ),
    "take": lambda x: sum(np.sum(np.take(x, i, axis=0) ** 3) for i in range(len(x))),
    "split": lambda x: sum(np.sum(part**3) for part in np.split(x, len(x))),
    "pairs": lambda x: sum(np.dot(a, b * b) for a, b in pairwise(x)),
    "the whole, before and after": lambda x: (
        np.sum(x**3) + sum(np.sum(row**3) for row in x) + np.sum(np.sin(x))
    ),
    "a row written": lambda x: np.sum(doubled_rows(x) ** 3),
    "stacked again": lambda x: np.sum(np.stack([row * row for row in x]) * x),
    "rows of rows": lambda x: sum(x[i][1] ** 2 * x[i][0] for i in range(len(x))),
    "a branch not taken, of complex rows": lambda x: np.sum(complex_root(x * (1 + 1j))),
    "a branch not taken": lambda x: sum(np.sum(root(row)) for row in x),
    "complex": lambda x: sum(np.sum(np.abs(row * (1 + 2j)) ** 3) for row in x * (1 - 1j)),
}


def doubled_rows(x):
    y = x.copy()
    for i in range(0, len(X), 2):
        y[i] = 2 * x[i]
    return y


def root(row):
    return np.where(row > 0, np.sqrt(np.where(row > 0, row, row * 0)), row**2)


def complex_root(z):
    rows = [root(np.real(row)) + np.imag(row * row) for row in z]
    return np.stack(rows) + np.where(np.real(z) > 0, np.real(z * z * z), 0)


def freed(f, x):
    t = variable(x)
    f(t).backward(keep_tape=False)
    return t.grad


def hooked(f, x):
    t = variable(x)
    y = f(t)
    with t.register_hook(lambda g: None):
        y.backward()
    return t.grad


def checked(f, x):
    with ag.detect_anomaly(forward=False):
        return ag.grad(f)(x)


def recorded(f, x):
    t = variable(x)
    return ag.gradients(f(t), [t], create_graph=True)[0].numpy()


WALKS = {
    "grad": lambda f, x: ag.grad(f)(x),
    "keep_tape=False": freed,
    "a hook": hooked,
    "recorded": recorded,
    "jvp": lambda f, x: ag.jvp(f, (x,), (x,))[1],
    "hvp": lambda f, x: ag.hvp(f, (x,), (x,))[0],
    "checkpoint": lambda f, x: ag.grad(ag.checkpoint(f))(x),
}


def differences(f, x, step=1e-6):
    slopes = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        aside = np.zeros_like(x)
        aside[i] = step
        slopes[i] = (f(x + aside) - f(x - aside)) / (2 * step)
    return slopes


@pytest.mark.parametrize("program", PROGRAMS)
def test_contributions_of_parts_add_up(program):
    f = PROGRAMS[program]
    numeric = differences(f, X)
    for walk in ("grad", "keep_tape=False", "a hook", "recorded", "checkpoint"):
        np.testing.assert_allclose(WALKS[walk](f, X), numeric, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(WALKS["jvp"](f, X), np.sum(numeric * X), rtol=1e-6)
    step = 1e-6 * X
    numeric = (ag.grad(f)(X + step) - ag.grad(f)(X - step)) / 2e-6
    np.testing.assert_allclose(WALKS["hvp"](f, X), numeric, rtol=1e-6, atol=1e-7)


def test_parts_add_up_where_anomalies_are_looked_for():
    for f in (PROGRAMS["rows"], PROGRAMS["pairs"]):
        np.testing.assert_allclose(checked(f, X), ag.grad(f)(X), rtol=1e-14)
    with pytest.raises(FloatingPointError, match="sqrt"):
        checked(lambda x: sum(np.sqrt(np.sum(row * 0)) for row in x), X)


def test_third_derivatives_of_rows():
    second = lambda x: np.sum(ag.hvp(PROGRAMS["rows"], (x,), (X,))[0])  # noqa: E731
    np.testing.assert_allclose(ag.grad(second)(X), 6 * X, rtol=1e-13)
    hessian = ag.hessian(PROGRAMS["rows"])(X).reshape(20, 20)
    np.testing.assert_allclose(hessian, np.diag(6 * X.ravel()), rtol=1e-13)


def test_parts_keep_the_dtype_and_nobody_elses_array_is_added_into():
    x = variable(X.astype(np.float32))
    cotangent = np.ones((5, 4), np.float32)
    y = x * 1.0
    out = y + np.stack([2.0 * row for row in y])
    [g] = ag.gradients(out, [x], cotangent)
    assert g.dtype == np.float32
    np.testing.assert_array_equal(g, np.full((5, 4), 3.0))
    np.testing.assert_array_equal(cotangent, 1.0)
    # one cotangent on its way to two arrays, of which one is read by parts as well
    a, b = variable(X), variable(X)
    loss = np.sum(a + b) + sum(np.sum(row) for row in a)
    loss.backward()
    np.testing.assert_array_equal(a.grad, 2.0)
    np.testing.assert_array_equal(b.grad, 1.0)


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize(
    "program",
    ["rows", "elements", "columns", "rows that are named twice", "take", "pairs",
     "the whole, before and after", "a branch not taken"],
)  # fmt: skip
def test_a_walk_makes_few_arrays_of_the_whole_size(program, walk, monkeypatch):
    """Counted where they would be made for each part; and again in the passes over the pass."""

    def made(x):
        count = 0
        with monkeypatch.context() as patch:
            for name in ("zeros", "zeros_like"):
                original = getattr(np, name)

                def counted(*args, original=original, **options):
                    nonlocal count
                    result = original(*args, **options)
                    count += np.shape(result) == x.shape
                    return result

                patch.setattr(np, name, counted)
            WALKS[walk](PROGRAMS[program], x)
        return count

    assert made(LONG) == made(LONG[:30])
