"""Every row of the table: against NumPy, against finite differences, and against wrong rules."""

import inspect

import numpy as np
import pytest
from operations import ROWS, for_every_case

import autograd_lite as ag
from autograd_lite.engine.dispatch import registry, undifferentiated
from autograd_lite.engine.primitives import _primitives
from autograd_lite.engine.tape import history
from autograd_lite.engine.tensor import plain
from autograd_lite.transforms import trees


def is_ours(key):
    """Whether the engine declared it: tests and doctests declare more."""
    module = getattr(key, "__module__", "scipy")  # SciPy's ufuncs name none
    return isinstance(key, str) or module.startswith(("numpy", "scipy", "autograd_lite."))


PRIMITIVES = {f: op for f, op in _primitives.items() if is_ours(f)}
DIFFERENTIABLE = set(filter(is_ours, registry)) - undifferentiated
RULES = [(op, i) for op in PRIMITIVES.values() for i, rule in enumerate(op.rules) if rule]


def tracked(value):
    """An array of floats as a tensor that requires its gradient; anything else as it is."""
    is_continuous = isinstance(value, np.ndarray) and value.dtype.kind in "fc"
    return ag.Tensor(value, requires_grad=True) if is_continuous else value


def on_the_tape(case):
    """The calls that a case records, oldest first."""
    leaves, build = trees.flatten(case.args())
    out = case.f(*build(map(tracked, leaves)))
    return [node for node in history(out.node) if node.op is not None]


@for_every_case
def test_forward_is_what_numpy_computes(case):
    leaves, build = trees.flatten(case.args())
    out = case.f(*build(map(tracked, leaves)))
    expected = case.reference(*build(leaves))
    assert isinstance(out, ag.Tensor)
    assert out.requires_grad
    assert out.shape == np.shape(expected)
    assert out.dtype == expected.dtype
    for values in (expected, case.f(*build(leaves))):  # ** is np.power, but for a last digit
        np.testing.assert_allclose(plain(out), values, rtol=1e-14, atol=1e-14)


@for_every_case
def test_gradient_is_the_numeric_one_to_second_order(case):
    ag.check_gradients(case.f, *case.args(), order=case.row.order, rtol=case.row.rtol)


def test_every_operation_with_a_derivative_has_a_row():
    covered = {key for row in ROWS for key in row.covers}
    assert DIFFERENTIABLE | set(PRIMITIVES) == covered


def test_a_row_covers_what_it_says():
    for row in ROWS:
        met = {node.op.f for case in row.cases for node in on_the_tape(case)}
        claimed = {key for key in row.covers if key in PRIMITIVES}
        assert claimed <= met, f"{row.name} never calls {claimed - met}"


@pytest.mark.parametrize("op", PRIMITIVES.values(), ids=lambda op: op.name)
def test_every_keyword_of_a_rule_has_a_case(op):
    used = {
        keyword
        for row in ROWS
        if op.f in row.covers
        for case in row.cases
        for node in on_the_tape(case)
        if node.op is op
        for keyword in node.kwargs
    }
    accepted = set(op.names[len(op.rules) :]) if op.keywords is None else op.keywords
    assert used == accepted


@pytest.mark.parametrize("op", PRIMITIVES.values(), ids=lambda op: op.name)
def test_every_rule_names_its_arguments_as_the_convention_says(op):
    for rule in filter(None, op.rules):
        assert list(inspect.signature(rule).parameters)[:2] == ["g", "out"]


MUTATIONS = {"scaled": 1.001, "negated": -1.0, "zero": 0.0}


def mutated(rule, factor):
    """A rule whose contributions are a little wrong, or wholly."""

    def wrong(*args, **kwargs):
        gx = rule(*args, **kwargs)
        if isinstance(gx, list):
            return [s * factor for s in gx]
        return gx * factor

    return wrong


def passes(case):
    """Whether the first derivative is the numeric one, as the test above checks it."""
    try:
        return bool(ag.check_gradients(case.f, *case.args(), order=1, rtol=case.row.rtol))
    except AssertionError:
        return False


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize(("op", "i"), RULES, ids=[f"{op.name}-{i}" for op, i in RULES])
def test_a_wrong_rule_fails_its_row(op, i, mutation, monkeypatch):
    wrong = list(op.rules)
    wrong[i] = mutated(op.rules[i], MUTATIONS[mutation])
    monkeypatch.setattr(op, "rules", tuple(wrong))
    assert not all(passes(case) for row in ROWS if op.f in row.covers for case in row.cases)


def test_a_rule_right_in_first_order_only_fails_its_row(monkeypatch):
    sine = PRIMITIVES[np.sin]
    monkeypatch.setattr(sine, "rules", (lambda g, out, x: g * np.cos(plain(x)),))
    ag.check_gradients(np.sin, np.array([0.3, 0.8]), order=1)
    with pytest.raises(AssertionError, match="dd argument 0"):
        ag.check_gradients(np.sin, np.array([0.3, 0.8]), order=2)


# --- functions without a derivative -----------------------------------------------------------

X = np.array([[0.5, -1.5, 2.0], [1.0, 0.0, -0.5]])
COUNTS = np.array([0, 2, 2, 1])
ARGUMENTS = {
    np.allclose: (X, X + 1e-12),
    np.argpartition: (X, 1),
    np.array_equal: (X, X),
    np.array_equiv: (X, X[:1]),
    np.bincount: (COUNTS,),
    np.bitwise_count: (COUNTS,),
    np.invert: (COUNTS,),
    np.bitwise_and: (COUNTS, COUNTS[::-1]),
    np.bitwise_or: (COUNTS, COUNTS[::-1]),
    np.bitwise_xor: (COUNTS, COUNTS[::-1]),
    np.left_shift: (COUNTS, COUNTS[::-1]),
    np.right_shift: (COUNTS, COUNTS[::-1]),
    np.gcd: (COUNTS, COUNTS[::-1]),
    np.lcm: (COUNTS, COUNTS[::-1]),
    np.floor_divide: (X, X[1] + 2),
    np.diag_indices_from: (X[:, :2],),
    np.digitize: (X, np.array([-1.0, 0.2, 1.0])),
    np.histogram: (X, 3),
    np.histogram2d: (X[0], X[1], 2),
    np.histogramdd: (X.T, 2),
    np.isclose: (X, X),
    np.isin: (X, X[0]),
    np.searchsorted: (np.array([-1.0, 0.2, 1.0]), X),
    np.may_share_memory: (X, X),
    np.shares_memory: (X, X),
}


def name_of(f):
    return f.__name__


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated")
@pytest.mark.parametrize("f", sorted(undifferentiated, key=name_of), ids=name_of)
def test_what_has_no_derivative_comes_back_as_plain_numpy(f):
    args = ARGUMENTS.get(f) or (X,) * (f.nin if isinstance(f, np.ufunc) else 1)
    expected = f(*args)
    got = f(*map(tracked, args))
    assert type(got) is type(expected)
    assert not any(isinstance(leaf, ag.Tensor) for leaf in trees.flatten(got)[0])
    if f not in (np.may_share_memory, np.shares_memory, np.empty_like):  # memory of their own
        assert repr(got) == repr(expected)
