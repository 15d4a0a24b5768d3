"""The Tensor as an array: NumPy's protocols, operators, what stays plain, how it prints."""

import copy
import operator

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag

A = np.array([[1.0, 2.0, 4.0], [0.5, 3.0, 1.5]])
OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod,
]  # fmt: skip
by_name = {"ids": lambda f: getattr(f, "__name__", str(f))}


# --- operators and protocols --------------------------------------------------------------------

OTHERS = {
    "Tensor": ag.Tensor([2.0, 3.0, 0.5]),
    "ndarray": np.array([2.0, 3.0, 0.5]),
    "column": np.array([[2.0], [3.0]]),
    "0-d ndarray": np.array(2.0),
    "np.float64": np.float64(2.0),
    "np.int64": np.int64(2),
    "float": 2.0,
    "int": 2,
    "bool": True,
    "list": [2.0, 3.0, 0.5],
    "tuple": (2.0, 3.0, 0.5),
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("op", OPERATORS, **by_name)
def test_operators_take_any_operand_on_either_side(op, other):
    x, other = variable(A), OTHERS[other]
    value = other.data if isinstance(other, ag.Tensor) else np.asarray(other)
    for got, expected, slope in (
        (op(x, other), op(A, value), ag.grad(lambda x: np.sum(op(x, value)))(A)),
        (op(other, x), op(value, A), ag.grad(lambda x: np.sum(op(value, x)))(A)),
    ):
        assert isinstance(got, ag.Tensor)
        np.testing.assert_array_equal(got.data, expected)
        np.testing.assert_allclose(ag.gradients(np.sum(got), [x])[0], slope)


def test_matmul_takes_lists_and_arrays_on_either_side():
    x = variable(A)
    for other in (np.ones((3, 2)), [[1.0, 1.0]] * 3):
        np.testing.assert_array_equal((x @ other).data, A @ np.ones((3, 2)))
    for other in (np.ones((1, 2)), [[1.0, 1.0]]):
        np.testing.assert_array_equal((other @ x).data, np.ones((1, 2)) @ A)


def test_unary_operators_are_on_the_tape():
    x = variable([-1.0, 2.0])
    for y, slope in ((-x, [-1, -1]), (+x, [1, 1]), (abs(x), [-1, 1])):
        np.testing.assert_array_equal(ag.gradients(np.sum(y), [x])[0], slope)


def test_an_array_type_with_its_own_operators_is_asked_first():
    class Quantity:
        __array_ufunc__ = None

        def __radd__(self, other):
            return "mine"

    assert variable([1.0]) + Quantity() == "mine"


def test_in_place_operators_change_the_tensor_under_all_its_names():
    x = variable([1.0, 2.0])
    y = z = x * 1.0
    y += 1.0
    y *= x
    y **= 2
    assert y is z
    np.testing.assert_array_equal(z.data, [4.0, 36.0])
    np.sum(z).backward()
    np.testing.assert_array_equal(x.data, [1.0, 2.0])
    np.testing.assert_array_equal(x.grad, [2 * 2 * 3, 2 * 6 * 5])


@pytest.mark.parametrize(
    "f",
    [np.exp, np.sum, np.transpose, np.ravel, np.max, np.mean, np.square, np.abs, np.add.reduce],
    **by_name,
)
def test_numpy_functions_find_their_rules(f):
    x = variable(A)
    y = f(x)
    assert isinstance(y, ag.Tensor)
    assert y.requires_grad
    np.testing.assert_array_equal(y.data, f(A))


def test_lists_of_tensors_stand_for_arrays():
    x = variable(2.0)
    one = ag.Tensor(1.0)
    for y in (np.stack([x, 3.0]), [x, 3.0] * one, one * (x, one + 2), np.where(True, [x, 3], x)):
        np.testing.assert_array_equal(y.data, [2.0, 3.0])
        np.testing.assert_array_equal(ag.gradients(np.sum(y * y), [x])[0], 4.0)
    nested = np.sum([[x, 1.0], [x, x]] @ variable([1.0, 1.0]))
    assert ag.gradients(nested, [x])[0] == 3.0


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("sum", (0,)), ("mean", ()), ("var", (1,)), ("std", ()), ("max", (-1,)), ("min", ()),
        ("clip", (1.0, 2.0)), ("reshape", (3, 2)), ("reshape", ((3, 2),)), ("reshape", (-1,)),
        ("transpose", ()), ("transpose", (1, 0)), ("transpose", ((1, 0),)), ("flatten", ()),
        ("flatten", ("F",)), ("ravel", ()), ("squeeze", ()), ("swapaxes", (0, 1)), ("copy", ()),
        ("dot", (np.ones(3),)), ("astype", (np.float32,)),
    ],
)  # fmt: skip
def test_methods_are_those_of_an_array(method, args):
    x = variable(A)
    y, expected = getattr(x, method)(*args), getattr(A, method)(*args)
    assert isinstance(y, ag.Tensor)
    assert y.dtype == expected.dtype
    np.testing.assert_array_equal(y.data, expected)


def test_T_and_mT_swap_axes():
    x = variable(np.arange(6.0).reshape(1, 2, 3))
    assert x.T.shape == (3, 2, 1)
    assert x.mT.shape == (1, 3, 2)
    weights = np.arange(6.0).reshape(1, 3, 2)
    np.testing.assert_array_equal(
        ag.gradients(np.sum(x.mT * weights), [x])[0], np.swapaxes(weights, 1, 2)
    )


def test_copy_and_detach_and_numpy():
    x = variable([1.0, 2.0])
    assert x.copy().requires_grad
    assert not np.shares_memory(x.copy().data, x.data)
    assert ag.Tensor([True]).copy().data.tolist() == [True]
    constant = x.detach()
    assert not constant.requires_grad
    constant -= 1.0
    assert (constant.tolist(), x.tolist()) == ([0.0, 1.0], [1.0, 2.0])
    assert type(x.numpy()) is np.ndarray
    assert x.tolist() == [1.0, 2.0]
    assert type(x[0].item()) is float


def test_storing_makes_a_new_value_and_rebinds():
    x = variable([1.0, 2.0, 3.0])
    y = old = x * 1
    before = y * y
    y[0] = x[2] * 2
    y[[1, 1]] = [7.0, 8.0]
    assert y is old
    np.testing.assert_array_equal(y.data, [6.0, 8.0, 3.0])
    np.testing.assert_array_equal(before.data, [1.0, 4.0, 9.0])
    np.testing.assert_array_equal(ag.gradients(np.sum(y * y), [x])[0], [0.0, 0.0, 24.0 + 6.0])
    np.testing.assert_array_equal(ag.gradients(np.sum(before), [x])[0], [2.0, 4.0, 6.0])


def test_a_scalar_result_can_be_stored_into():
    x = variable(2.0)
    y = np.sum(x)
    y[...] = x * x
    assert ag.gradients(y, [x])[0] == 4.0


# --- what has no derivative is plain ------------------------------------------------------------


@pytest.mark.parametrize("f", [operator.lt, operator.le, operator.eq, operator.ne], **by_name)
@pytest.mark.parametrize(
    "other", [2.0, A[::-1], ag.Tensor(A[::-1])], ids=["float", "array", "Tensor"]
)
def test_comparisons_give_plain_booleans(f, other):
    x = variable(A)
    value = getattr(other, "data", other) if isinstance(other, ag.Tensor) else other
    for got, expected in ((f(x, other), f(A, value)), (f(other, x), f(value, A))):
        assert type(got) is np.ndarray
        assert got.dtype == bool
        np.testing.assert_array_equal(got, expected)


def test_comparisons_of_scalars_are_numpy_booleans():
    assert type(variable(1.0) > 0) is np.bool_
    assert type(variable([1.0])[0] == 1.0) is np.bool_


def test_positions_and_counts_are_plain():
    x = variable(A)
    for got in (x.argmax(), np.argmin(x), np.argsort(x), np.nonzero(x)[0], np.sign(x), x // 2.0):
        assert isinstance(got, (np.ndarray, np.generic))
    assert np.shape(x) == (2, 3)
    assert x.any()
    assert not np.isnan(x).any()


def test_astype_to_integers_is_plain():
    assert type(variable(A).astype(int)) is np.ndarray


# --- as a Python object -------------------------------------------------------------------------


def test_a_tensor_hashes_by_identity():
    x, y = variable([1.0, 2.0]), variable([1.0, 2.0])
    table = {x: "x", y: "y"}
    assert table[x] == "x"
    assert len({x, y, x}) == 2


def test_iteration_gives_rows_on_the_tape():
    x = variable(A)
    first, second = x
    np.testing.assert_array_equal(ag.gradients(np.sum(first * second), [x])[0], A[::-1])
    assert len(x) == 2


def test_contains_looks_at_values():
    x = variable(A)
    assert 4.0 in x
    assert ag.Tensor(4.0) in x
    assert 5.0 not in x


def test_truth_is_that_of_the_value():
    assert variable(1.0)
    assert not variable(0.0)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(variable([1.0, 2.0]))


def test_an_integer_constant_is_an_index():
    assert ["a", "b"][ag.Tensor(1)] == "b"
    assert A[ag.Tensor(1), 0] == 0.5
    assert variable(A)[ag.Tensor(1), ag.Tensor([0, 2])].tolist() == [0.5, 1.5]


def test_a_constant_leaves_the_tape_freely():
    c = ag.Tensor([1.5, 2.5])
    assert type(np.asarray(c)) is np.ndarray
    assert float(c[0]) == 1.5
    assert int(c[1]) == 2
    a = np.zeros(2)
    a[:] = c
    assert a.tolist() == [1.5, 2.5]


def test_scalars_format_as_numbers():
    x = variable(3.14159)
    assert f"{x:.2f}" == "3.14"
    assert f"{x * 2:8.3f}" == "   6.283"
    assert f"{variable([1.0, 2.0])}" == "[1. 2.]"


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (ag.Tensor(1.5), "Tensor(1.5)"),
        (ag.Tensor([1, 2]), "Tensor([1, 2], dtype=int64)"),
        (variable([1.0, -2.0]), "Tensor([ 1., -2.], requires_grad=True)"),
        (variable([1.0], name="w"), "Tensor([1.], requires_grad=True, name='w')"),
        (variable(np.float32(2)), "Tensor(2., dtype=float32, requires_grad=True)"),
        (variable([1.0]) * 2, "Tensor([2.], op=multiply)"),
        (np.sum(variable([1.0])), "Tensor(1., op=sum)"),
        (variable([[1.0, 2.0], [3.0, 4.0]])[0], "Tensor([1., 2.], op=getitem)"),
        (variable([]), "Tensor([], requires_grad=True)"),
        (ag.Tensor(np.eye(2)), "Tensor([[1., 0.],\n        [0., 1.]])"),
    ],
)  # fmt: skip
def test_repr_is(tensor, text):
    assert repr(tensor) == text


# --- data -----------------------------------------------------------------------------------------


def test_integers_that_require_a_gradient_become_float64():
    assert variable([1, 2]).dtype == np.float64
    assert variable(True).dtype == np.float64
    assert ag.Tensor([1, 2]).dtype == np.int64
    x = ag.Tensor([1, 2])
    x.requires_grad = True
    assert x.dtype == x.node.out.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_is_kept_or_converted_to(dtype):
    assert variable(np.ones(2, dtype)).dtype == dtype
    assert variable([1, 2], dtype=dtype).dtype == dtype


def test_a_tensor_of_a_constant_tensor_holds_an_array():
    inner = ag.Tensor([1.0, 2.0])
    outer = variable(inner)
    assert isinstance(outer.data, np.ndarray)
    assert not np.shares_memory(outer.data, inner.data)


def test_new_data_takes_the_dtype_of_the_variable():
    p = variable(np.ones(2, np.float32))
    p.data = [3, 4]
    assert p.dtype == np.float32
    p.data = p.data - np.float64(0.5)
    assert p.dtype == np.float32


def test_a_gradient_can_be_set_and_cleared():
    p = variable(np.ones(2, np.float32))
    p.grad = [1, 2]
    assert p.grad.dtype == np.float32
    np.sum(p).backward()
    np.testing.assert_array_equal(p.grad, [2.0, 3.0])
    p.grad = None
    assert p.grad is None


def test_sizes_are_those_of_the_array():
    x = variable(A)
    assert (x.shape, x.ndim, x.size, x.nbytes, x.itemsize) == ((2, 3), 2, 6, 48, 8)


def test_values_are_handed_out_read_only():
    constant = ag.Tensor([1.0, 2.0])
    array = np.asarray(constant)
    with pytest.raises(ValueError, match="read-only"):
        array[:] = 0
    mine = np.array(constant)
    mine[:] = 0
    assert constant.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("dtype", [object, "U1"])
def test_a_dtype_that_is_no_number_is_refused(dtype):
    with pytest.raises(TypeError, match="holds numbers"):
        ag.Tensor([1, 2], dtype=dtype)


def test_a_copied_leaf_has_a_gradient_of_its_own():
    x = ag.Tensor([1.0], requires_grad=True)
    np.sum(x * 3).backward()
    y = copy.copy(x)
    y.grad *= 0
    assert x.grad == 3
