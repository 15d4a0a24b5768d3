"""Tensors made of numbers and of tensors, and NumPy's own makers given a tensor."""

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag

MAKERS = [
    (ag.zeros, np.zeros, ((2, 3),)),
    (ag.ones, np.ones, (3,)),
    (ag.eye, np.eye, (2, 3)),
    (ag.identity, np.identity, (2,)),
    (ag.arange, np.arange, (1, 7, 2)),
    (ag.arange, np.arange, (3.0,)),
    (ag.linspace, np.linspace, (0, 1, 5)),
    (ag.full, np.full, ((2, 1), 1.5)),
    (ag.array, np.array, ([[1, 2], [3, 4]],)),
    (ag.asarray, np.asarray, ([1.0, 2.0],)),
    (ag.zeros_like, np.zeros_like, (np.ones((2, 1), np.float32),)),
    (ag.ones_like, np.ones_like, (np.ones(2, int),)),
    (ag.full_like, np.full_like, (np.ones((2, 1), np.float32), 2.5)),
]


@pytest.mark.parametrize(
    ("ours", "numpys", "args"), MAKERS, ids=lambda f: getattr(f, "__name__", "")
)
@pytest.mark.parametrize("dtype", [None, np.float32])
def test_a_maker_makes_what_numpys_makes_as_a_constant_tensor(ours, numpys, args, dtype):
    made, expected = ours(*args, dtype=dtype), numpys(*args, dtype=dtype)
    assert isinstance(made, ag.Tensor)
    assert not made.requires_grad
    assert made.dtype == expected.dtype
    np.testing.assert_array_equal(made.numpy(), expected)


@pytest.mark.parametrize("dtype", [None, np.float32])
def test_empty_has_the_shape(dtype):
    assert ag.empty((2, 3), dtype=dtype).shape == (2, 3)
    assert ag.empty_like(np.ones((2, 1)), dtype=dtype).dtype == (dtype or np.float64)


@pytest.mark.parametrize("make", [ag.zeros_like, ag.ones_like, ag.empty_like])
def test_like_a_tensor_is_a_constant_of_its_shape_and_dtype(make):
    made = make(variable(np.ones((2, 3), np.float32)))
    assert (made.shape, made.dtype, made.requires_grad) == ((2, 3), np.float32, False)


def test_array_of_nested_lists_of_tensors_numbers_and_arrays():
    def f(a, b, c):
        return ag.array([[a, 2.0], (b * a, c[0]), c])

    a, b, c = np.array(1.5), np.array(-0.5), np.array([2.0, 3.0])
    np.testing.assert_array_equal(plain(f(a, b, c)), [[1.5, 2.0], [-0.75, 2.0], [2.0, 3.0]])
    ag.check_gradients(f, a, b, c)


def plain(x):
    return x.numpy() if isinstance(x, ag.Tensor) else x


def test_array_of_a_tensor_is_a_new_tensor_on_its_tape():
    x = variable([1.0, 2.0])
    y = ag.array(x)
    y[0] = 5.0
    np.testing.assert_array_equal(ag.gradients(np.sum(y * y), [x])[0], [0.0, 4.0])
    assert ag.asarray(x) is x
    assert ag.asarray(x, dtype=np.float64) is x


@pytest.mark.parametrize("make", [ag.array, ag.asarray])
def test_the_dtype_is_converted_on_the_tape(make):
    x = variable([1.0, 2.0])
    y = make(x, dtype=np.float32)
    assert y.dtype == np.float32
    assert make([x, x], np.float32).dtype == np.float32
    [g] = ag.gradients(np.sum(y), [x])
    assert g.dtype == np.float64
    assert make(y, dtype=np.dtype(float)).dtype == np.float64  # which == None, says NumPy
    assert make(variable([1.5]), dtype=int).tolist() == [1]
    assert not make(variable([1.5]), dtype=int).requires_grad


def test_array_copies_what_it_is_given():
    data = np.zeros(2)
    x = ag.array(data)
    data[0] = 5.0
    assert x.tolist() == [0.0, 0.0]


def test_array_of_an_array_of_objects_stacks_them():
    x = variable([1.0, 2.0])
    objects = np.empty(2, dtype=object)
    objects[0], objects[1] = x[0], x[1] * 3
    np.testing.assert_array_equal(ag.gradients(np.sum(ag.array(objects)), [x])[0], [1.0, 3.0])


@pytest.mark.parametrize("data", ["abc", [object()], {"a": 1}])
def test_array_takes_numbers_only(data):
    with pytest.raises(TypeError, match="a Tensor holds numbers"):
        ag.array(data)


def test_array_of_ragged_lists_raises():
    x = variable([1.0, 2.0])
    with pytest.raises(ValueError, match=r"stack.*same shape"):
        ag.array([x, x[:1]])


def test_full_is_filled_with_a_tensor():
    ag.check_gradients(lambda v: ag.full((2, 3), v), np.array([1.0, 2.0, 3.0]))
    ag.check_gradients(lambda v: ag.full(4, v) ** 2, np.array(1.5))
    ag.check_gradients(lambda v: ag.full_like(np.ones((2, 2)), v) ** 2, np.array(1.5))
    assert ag.full(2, variable(1.5), dtype=np.float32).dtype == np.float32
    filled = ag.full(2, variable(1.5))
    filled[0] = 0.0
    assert filled.tolist() == [0.0, 1.5]


def test_linspace_between_tensors():
    ag.check_gradients(lambda a, b: ag.linspace(a, b, 4) ** 2, np.array(1.0), np.array([2.0, 3.0]))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda t: np.array([t, t]), r"ag\.array"),
        (lambda t: np.asarray(t), r"ag\.array"),
        (lambda t: np.full(3, t), r"ag\.array"),
        (lambda t: np.full(3, t, dtype=float), r"ag\.array"),
        (lambda t: np.full_like(np.ones(3), t), r"ag\.array"),
        (lambda t: np.ones(3) * np.array([t, 1.0, 2.0]), r"ag\.array"),
        (lambda t: np.r_[t, 1.0], r"np\.concatenate"),
        (lambda t: np.c_[np.ones(2), np.stack([t, t])], r"np\.concatenate"),
        (lambda t: np.arange(t), r"t\.item\(\)|integer|np\.stack"),
        (lambda t: ag.arange(t), r"t\.item\(\)|integer|np\.stack"),
        (lambda t: ag.zeros(t), "integer"),
        (lambda t: np.lib.stride_tricks.as_strided(np.stack([t, t]), (2, 2), (0, 8)), "tape"),
        (lambda t: np.ascontiguousarray(t), r"ag\.array"),
    ],
)
def test_what_cannot_stay_on_the_tape_raises_with_the_way_out(call, told):
    with pytest.raises(TypeError, match=told):
        call(variable(1.0))


def test_an_array_of_objects_inside_a_sequence_raises():
    objects = np.empty(1, dtype=object)
    objects[0] = variable(1.0)
    for join in (np.concatenate, np.stack, np.hstack, np.block):
        with pytest.raises(TypeError, match="Python objects"):
            join([objects, variable([1.0])])


def test_r_and_c_join_tensors_as_numpys_do():
    x, y = np.array([1.0, 2.0]), np.array([[3.0, 4.0]])
    for call in (
        lambda np_, x, y: np_.r_[x, 0, 5.0, x],
        lambda np_, x, y: np_.r_[0:3, x, 0:1:3j],
        lambda np_, x, y: np_.r_["0,2", x, y],
        lambda np_, x, y: np_.r_["-1", y, y],
        lambda np_, x, y: np_.r_["0,2,0", x, x],
        lambda np_, x, y: np_.c_[x, x * 2],
        lambda np_, x, y: np_.c_[y, 1.0, y],
    ):
        np.testing.assert_array_equal(call(ag, variable(x), variable(y)).numpy(), call(np, x, y))
        ag.check_gradients(lambda x, y, call=call: call(ag, x, y) ** 2, x, y)
    assert ag.r_[variable(np.ones(2, np.float32)), 1.0].dtype == np.float32


# --- NumPy's own functions ----------------------------------------------------------------------


def test_full_like_of_a_tensor_and_a_tensor():
    x, v = variable(np.ones((2, 2), np.float32)), variable(3.0)
    y = np.full_like(x, v)
    assert y.dtype == np.float32
    assert ag.gradients(np.sum(y), [x, v])[1] == 4.0


def test_the_methods_that_choose():
    x = variable([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert x.compress([True, False, True], axis=1).tolist() == [[1, 3], [4, 6]]
    assert x.take([0, 5]).tolist() == [1, 6]
    assert x.repeat(2, axis=0).shape == (4, 3)
    assert x.diagonal(1).tolist() == [2, 6]
    assert [float(value.item()) for value in x.flat] == [1, 2, 3, 4, 5, 6]
    assert np.stack([x, x]).T.shape == (3, 2, 2)


@pytest.mark.parametrize("f", [np.linspace, np.geomspace, np.logspace])
def test_a_row_of_integers_has_no_derivative(f):
    out = f(variable(1.0), 8.0, 4, dtype=int)
    assert type(out) is np.ndarray
    assert out.dtype == int


def test_concatenate_to_integers_has_no_derivative():
    x = variable([1.5, 2.5])
    out = np.concatenate([x, x], dtype=int, casting="unsafe")
    assert out.tolist() == [1, 2, 1, 2]
    assert not isinstance(out, ag.Tensor)


def test_concatenate_keeps_float32_gradients():
    x, y = variable(np.ones(2, np.float32)), variable(np.ones(2))
    joined = np.concatenate([x, y], dtype=np.float32)
    assert joined.dtype == np.float32
    assert [g.dtype for g in ag.gradients(np.sum(joined), [x, y])] == [np.float32, np.float64]


@pytest.mark.parametrize("f", [np.tile, np.repeat, np.resize, np.diagflat, np.roll, np.delete])
@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_moving_keeps_the_dtype(f, dtype):
    x = variable(np.ones(3, dtype))
    out = f(x, 1)
    assert out.dtype == dtype
    assert ag.gradients(np.sum(out * 2).real, [x])[0].dtype == dtype


def test_moving_a_large_array():
    x = variable(np.ones(200_000))
    [g] = ag.gradients(np.sum(np.tile(x, 2)), [x])
    assert np.all(g == 2)


def test_order_a_and_k_read_the_memory():
    x = variable(X := np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    assert np.ravel(x, "A").tolist() == np.ravel(X, "A").tolist() == [0, 3, 1, 4, 2, 5]
    assert np.ravel(x[:, ::-1], "K").tolist() == np.ravel(X[:, ::-1], "K").tolist()
    assert np.reshape(x, 6, order="A").tolist() == np.reshape(X, 6, order="A").tolist()
    big = np.arange(24.0).reshape(2, 3, 4).transpose(1, 2, 0)
    assert np.ravel(variable(big), "K").tolist() == np.ravel(ag.Tensor(big).numpy(), "K").tolist()


def test_reshape_without_a_copy_raises_where_numpy_does():
    x = variable(np.ones((2, 3)))
    with pytest.raises((ValueError, TypeError), match="copy"):  # NumPy 2.0 has no copy=
        np.reshape(x.T, 6, copy=False)


def test_several_arguments_of_atleast():
    x = variable(2.0)
    a, b = np.atleast_1d(x, np.ones(2))
    assert (a.shape, b.shape) == ((1,), (2,))
    for f, shape in ((np.atleast_2d, (1, 1)), (np.atleast_3d, (1, 1, 1))):
        a, b = f(x, x * x)
        assert a.shape == b.shape == shape
        assert ag.gradients(np.sum(a + b), [x]) == [5.0]


def test_a_diagonal_matrix_of_each_row():
    ag.check_gradients(lambda x: (x[..., None] * np.eye(3)) ** 2, np.ones((2, 3)))


def test_trim_zeros_reads_between_the_outer_zeros():
    x = variable([0.0, 1.0, 0.0, 2.0, 0.0])
    np.testing.assert_array_equal(
        ag.gradients(np.sum(np.trim_zeros(x)), [x])[0], [0.0, 1.0, 1.0, 1.0, 0.0]
    )
    assert np.trim_zeros(variable([0.0, 0.0])).shape == (0,)


def test_where_of_one_argument_is_nonzero():
    [found] = np.where(variable([0.0, 1.0, 2.0]))
    assert found.tolist() == [1, 2]


def test_select_takes_booleans_only():
    with pytest.raises(TypeError, match="boolean"):
        np.select([np.array([1, 0])], [variable([1.0, 2.0])])


def test_pad_refuses_what_numpy_refuses():
    x = variable([1.0, 2.0])
    for call in (
        lambda: np.pad(x, -1),
        lambda: np.pad(x, 1.5),
        lambda: np.pad(x, 1, mode="nowhere"),
        lambda: np.pad(x, 1, mode="edge", constant_values=1),
        lambda: np.pad(x, 1, mode="mean", end_values=1),
        lambda: np.pad(x, 1, mode="maximum", stat_length=0),
        lambda: np.pad(x, 1, mode=lambda *_: None),
    ):
        with pytest.raises((TypeError, ValueError)):
            call()


def test_as_strided_is_numpys():
    x = np.arange(12.0).reshape(3, 4)
    t = ag.Tensor(x, requires_grad=True)
    strided = np.lib.stride_tricks.as_strided
    for shape, strides in (((3, 2), (8, 8)), ((2, 2, 2), (32, 8, 0)), (None, None), ((), ())):
        np.testing.assert_array_equal(
            ag.as_strided(t, shape, strides).data, strided(x, shape, strides)
        )
        ag.check_gradients(lambda x, s=shape, d=strides: ag.as_strided(x, s, d) ** 2, x)
    for shape, strides in (((4,), (7,)), ((2, 2), (8,)), ((13,), (8,)), ((2,), (-8,))):
        with pytest.raises(ValueError, match="as_strided"):
            ag.as_strided(t, shape, strides)
