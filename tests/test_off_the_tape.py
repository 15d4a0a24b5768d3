"""Nothing falls off the tape in silence: it is differentiated, or it raises with the way out."""

import math
from fractions import Fraction

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
from autograd_lite.engine.dispatch import dispatch


@pytest.fixture
def x():
    return variable([1.0, 2.0], name="x")


STORED = "cannot be stored into a NumPy array"


@pytest.mark.parametrize(
    "store",
    [
        lambda x: np.asarray(x),
        lambda x: np.array(x),
        lambda x: np.array([x, x]),
        lambda x: np.array([x[0], x[1]]),
        lambda x: np.array([x[0], 1.0]),
        lambda x: np.array([x, x], dtype=object),
        lambda x: np.asarray(x, dtype=np.float32),
        lambda x: np.full(2, x),
        lambda x: ag.Tensor(x),
        lambda x: ag.Tensor([x, x]),
        lambda x: np.multiply([x[0], 1.0], 2.0),
    ],
)
def test_making_an_array_of_a_tensor_raises_with_the_way_out(x, store):
    with pytest.raises(TypeError, match=STORED) as caught:
        store(x)
    assert "np.stack([...])" in str(caught.value)
    assert "detach()" in str(caught.value)
    assert "shape (" in str(caught.value)


def assigned_slice(x):
    a = np.zeros(2)
    a[:] = x


def assigned_rows(x):
    a = np.zeros((2, 2))
    a[0] = x


@pytest.mark.parametrize("store", [assigned_slice, assigned_rows])
def test_assigning_a_tensor_into_an_array_raises(x, store):
    with pytest.raises(TypeError, match=STORED):
        store(x)


def test_assigning_a_scalar_tensor_into_an_array_raises_with_the_way_out_as_its_cause(x):
    a = np.zeros(2)
    with pytest.raises((TypeError, ValueError)) as caught:
        a[0] = x[0]
    told = caught.value if isinstance(caught.value, TypeError) else caught.value.__cause__
    assert isinstance(told, TypeError)
    assert "np.stack([...])" in str(told)
    assert a.tolist() == [0.0, 0.0]


def added_to(x):
    a = np.zeros(2)
    a += x


@pytest.mark.parametrize(
    "store",
    [
        added_to,
        lambda x: np.add(np.zeros(2), x, out=np.zeros(2)),
        lambda x: np.add(np.zeros(2), x, np.zeros(2)),
        lambda x: np.add(np.zeros(1), x[0], out=np.zeros(1)),
        lambda x: np.sum(x, out=np.zeros(())),
        lambda x: np.sum(variable(np.ones((2, 2))), axis=0, out=np.zeros(2)),
        lambda x: np.concatenate([x, x], out=np.zeros(4)),
        lambda x: x.sum(out=np.zeros(())),
        lambda x: np.add.reduce(x, out=np.zeros(())),
    ],
)
def test_writing_a_result_into_an_array_raises_with_the_way_out(x, store):
    with pytest.raises(TypeError, match=STORED) as caught:
        store(x)
    assert "a = np." in str(caught.value)


def test_out_none_is_no_output(x):
    assert np.add(x, 1.0, out=None).requires_grad
    assert np.sum(x, out=None).requires_grad


@pytest.mark.parametrize(
    "convert", [float, int, complex, math.sqrt, lambda t: math.fsum([t])], ids=lambda f: f.__name__
)
def test_python_numbers_of_a_tensor_raise_with_the_way_out(x, convert):
    with pytest.raises(TypeError, match=r"t\.item\(\)"):
        convert(x[0])


def test_a_float_is_no_index(x):
    with pytest.raises(TypeError, match="an index or a count is an integer"):
        [1, 2, 3][x[0]]


def objects(x):
    a = np.empty(2, dtype=object)
    a[0], a[1] = x
    return a


@pytest.mark.parametrize(
    "use",
    [
        lambda a, x: a * x,
        lambda a, x: x + a,
        lambda a, x: np.exp(a),
        lambda a, x: np.matmul(a, x),
        lambda a, x: np.sqrt(a),
        lambda a, x: ag.Tensor(a),
        lambda a, x: ag.relu(a),
        lambda a, x: ag.softmax(a),
    ],
)
def test_an_array_of_objects_raises(x, use):
    with pytest.raises(TypeError):
        use(objects(x), x)


def test_an_array_of_objects_with_a_tensor_names_the_way_out(x):
    with pytest.raises(TypeError, match=r"add .*objects.*np\.stack"):
        x + objects(x)


def test_arithmetic_inside_an_array_of_objects_is_differentiated(x):
    total = np.sum(objects(x) * 3.0)
    np.testing.assert_array_equal(ag.gradients(total, [x])[0], [3.0, 3.0])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: np.polymul(x[0], x[1]), r"np\.polymul"),
        (lambda x: np.polyfit(x[0], x[1], 1), r"np\.polyfit"),
    ],
)
def test_a_function_without_a_rule_raises_by_name(x, call, name):
    with pytest.raises(TypeError, match=f"{name} has no derivative here: .+"):
        call(x)


def test_the_nearest_function_with_a_rule_is_named(x):
    with pytest.raises(TypeError, match=r"nearest that has one is np\.exp2?; t\.detach\(\)"):
        dispatch(_like("expp"), (x,), {})


def _like(name):
    def f():
        """A function of NumPy's that has no rule."""

    f.__name__, f.__module__ = name, "numpy"
    return f


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: np.exp(x, signature="d->d"), "exp .* with signature="),
        (lambda x: np.matmul(x, x, axes=[(0,), (0,), ()]), "matmul .* with axes="),
        (lambda x: np.nanvar(x, mean=x[0]), "nanvar .* with mean="),
        (lambda x: np.median(x, overwrite_input=True), "median .* with overwrite_input="),
        (lambda x: np.clip(x, 0, 1, dtype=np.float32), "clip .* with dtype="),
        (lambda x: np.sum(x, initial=x[0]), "sum .* with initial="),
        (lambda x: np.sum(x, where=x), "sum .* with where="),
        (lambda x: np.sum(np.ones(2), where=x), "sum .* with where="),
        (lambda x: x.sum(0, None, None, False, 0, True, 1), "sum .* with that many arguments"),
    ],
)
def test_a_keyword_without_a_derivative_raises(x, call, told):
    with pytest.raises(TypeError, match=f"{told}.*: leave it out, or write it with"):
        call(x)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: ag.leaky_relu(x, slope=[x[0], x[1]]), "leaky_relu .* with slope="),
        (lambda x: ag.leaky_relu(x, [x[0], 0.1]), "leaky_relu .* with slope="),
        (
            lambda x: np.quantile(x, 0.5, weights=[x[0], 1.0], method="inverted_cdf"),
            "quantile .* with weights=",
        ),
        (lambda x: np.histogram(x, weights=[x[0], 1.0]), "histogram .* with weights="),
        (lambda x: np.histogram(np.ones(2), weights=[x[0], 1.0]), STORED),
        (lambda x: np.bincount([0, 1], weights=[x[0], 1.0]), STORED),
    ],
)
def test_a_list_of_tensors_as_a_keyword_without_a_derivative_raises(x, call, told):
    with pytest.raises(TypeError, match=told):
        call(x)


def test_a_list_of_constants_as_a_keyword_is_a_constant(x):
    slope = [ag.Tensor(0.5), 2.0]
    y = np.sum(ag.leaky_relu(-x, slope=slope))
    np.testing.assert_array_equal(ag.gradients(y, [x])[0], [-0.5, -2.0])


def test_a_list_of_tensors_as_weights_of_counts_is_differentiated(x):
    sums = np.bincount(ag.Tensor([0, 1, 1]), weights=[x[0], x[1], 3.0 * x[1]])
    np.testing.assert_array_equal(ag.gradients(sums[1], [x])[0], [0.0, 4.0])


# --- arrays that are no plain ones --------------------------------------------------------------


class Unit(np.ndarray):
    """A subclass of arrays that computes like one."""


def test_what_is_written_later_into_an_array_of_a_subclass_changes_no_gradient(x, tmp_path):
    on_disk = np.memmap(tmp_path / "a", dtype=float, mode="w+", shape=2)
    for a in (on_disk, np.ones(2).view(Unit), np.array([1.0, 1.0])):
        a[:] = [3.0, 4.0]
        total = np.sum(x * a)
        a[:] = 100.0
        np.testing.assert_array_equal(ag.gradients(total, [x])[0], [3.0, 4.0])


MASKED = np.ma.array([1.0, 2.0], mask=[False, True])


def sparse():
    return pytest.importorskip("scipy.sparse").csr_array(np.eye(2))


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda x: x * MASKED,
            r"given a numpy MaskedArray.*np\.where\(mask, 0.*filled",
        ),
        (lambda x: np.add(MASKED, x), "add was given a numpy MaskedArray"),
        (lambda x: np.where(MASKED > 0, x, 0.0), "where was given a numpy MaskedArray"),
        (lambda x: np.concatenate([x, MASKED]), "given a numpy MaskedArray"),
        (lambda x: np.matrix(np.eye(2)) @ x, r"numpy matrix.*np\.asarray\(m\)"),
        (
            lambda x: x * np.matrix(np.eye(2)),
            r"given a numpy matrix.*np\.asarray\(m\)",
        ),
        (lambda x: x * sparse(), r"multiply was given a scipy csr_array.*\.toarray\(\)"),
        (lambda x: x @ sparse(), r"matmul was given a scipy csr_array.*\.toarray\(\)"),
        (lambda x: sparse() @ x, r"scipy csr_array.*\.toarray\(\)"),
        (lambda x: x * Fraction(1, 2), r"multiply returned an array of dtype object"),
        (lambda x: x * [Fraction(1, 2), 1], r"multiply was given an array of Python objects"),
        (lambda x: np.cumsum(x, dtype=object), r"cumsum returned an array of dtype object"),
    ],
)
def test_an_operand_that_is_no_plain_array_raises_with_the_way_out(x, call, told):
    with pytest.raises((TypeError, ValueError), match=told):
        call(x)


def test_a_masked_array_without_a_tensor_is_numpys_affair():
    assert isinstance(ag.relu(MASKED), np.ndarray)


def test_a_comparison_with_a_masked_array_keeps_its_mask(x):
    for result in (x > MASKED - 1.0, np.greater(x, MASKED - 1.0)):
        assert result.mask.tolist() == [False, True]


def test_an_argument_given_twice_raises(x):
    with pytest.raises(TypeError, match="sum was given axis twice"):
        x.sum(0, axis=0)


def test_storing_into_a_leaf_raises_with_the_way_out(x):
    with pytest.raises(ValueError, match=r"x of shape \(2,\).*write y = x\.copy\(\); y\[i\] = v"):
        x[0] = 5.0
    assert x.tolist() == [1.0, 2.0]
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
