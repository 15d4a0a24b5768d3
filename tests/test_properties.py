"""What holds for every operation, dtype, shape and memory layout."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from operations import for_every_case

import autograd_lite as ag
from autograd_lite.comparison import numeric_gradients
from autograd_lite.engine.tensor import plain
from autograd_lite.transforms import trees


def is_float(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def is_continuous(value):
    return isinstance(value, np.ndarray) and value.dtype.kind in "fc"


def of_precision(value, dtype):
    """An array of floats in this dtype, one of complex numbers in the nearest complex one."""
    if not is_continuous(value):
        return value
    return value.astype(dtype if is_float(value) else np.result_type(dtype, np.complex64))


def differentiated(case, arrays, build):
    """The result of a case and the gradients of its float arrays, for a cotangent of 1 to 2."""
    tensors = [ag.Tensor(a, requires_grad=True) if is_continuous(a) else a for a in arrays]
    inputs = [t for t in tensors if isinstance(t, ag.Tensor)]
    out = case.f(*build(tensors))
    return inputs, out, ag.gradients(out, inputs, seed=cotangent(out))


def cotangent(out):
    return np.linspace(1, 2, out.size).reshape(out.shape)


# --- dtypes ---------------------------------------------------------------------------------------

F16, F32, F64 = np.float16, np.float32, np.float64
MIXES = {(F32, F32): 2e-4, (F32, F64): 2e-4, (F64, F32): 2e-4, (F16, F16): 0.05}


def is_refused(case, arrays, build):
    """Whether plain arrays of these dtypes are refused: then tensors are too.

    LAPACK and SciPy's solvers have no half precision, and casting="no" allows one dtype only.
    """
    in_half = any(is_float(a) and a.dtype == F16 for a in arrays)
    if not in_half and case.kwargs.get("casting") != "no":
        return False
    try:
        case.f(*build(arrays))
    except (TypeError, ValueError, Warning) as error:
        refusal = type(error)
    else:
        return False
    with pytest.raises(refusal):
        differentiated(case, arrays, build)
    return True


@for_every_case
def test_a_gradient_has_the_shape_and_dtype_of_its_tensor(case):
    leaves, build = trees.flatten(case.args())
    for mix, rtol in MIXES.items():
        arrays = [of_precision(a, mix[i % 2]) for i, a in enumerate(leaves)]
        if is_refused(case, arrays, build):
            continue
        exact = differentiated(case, [of_precision(a, F64) for a in arrays], build)[2]
        inputs, out, grads = differentiated(case, arrays, build)
        if F16 not in mix or not case.row.keeps:
            assert out.dtype == case.dtype(*build(arrays))
        for x, g, e in zip(inputs, grads, exact, strict=True):
            assert (g.shape, g.dtype) == (x.shape, x.dtype)
            assert type(g) is np.ndarray
            if case.row.f is not np.partition:  # the order in a part differs with the dtype
                np.testing.assert_allclose(g, e, rtol=rtol, atol=rtol / 10)


@for_every_case
def test_a_scalar_mixes_in_as_numpy_mixes_it(case):
    leaves, build = trees.flatten(case.args())
    for scalar in (float, F32, F64):
        arrays = [
            a if not is_float(a) else scalar(a) if a.ndim == 0 else a.astype(F32) for a in leaves
        ]
        if any(map(is_float, arrays)) and not is_refused(case, arrays, build):
            inputs, out, grads = differentiated(case, arrays, build)
            assert out.dtype == case.dtype(*build(arrays))
            for x, g in zip(inputs, grads, strict=True):
                assert (g.shape, g.dtype) == (x.shape, F32 if x.dtype.kind == "f" else x.dtype)


def test_python_numbers_do_not_change_a_dtype():
    x = ag.Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    y = ((1 - x) * 2.5 / 3 + 0.1) ** 2 + 2**x - np.maximum(x, 0) + np.where(x > 0, x, 0.0)
    y = np.clip(ag.sigmoid(y) @ np.ones((3, 2), np.float32), -9.0, 9) + np.mean(y) * True
    assert y.dtype == np.float32
    [g] = ag.gradients(np.sum(y), [x], create_graph=True)
    assert g.dtype == np.float32
    np.sum(g * g).backward()
    assert x.grad.dtype == np.float32


def test_accumulated_gradients_keep_the_dtype():
    x = ag.Tensor(np.ones(2, np.float32), requires_grad=True)
    for _ in range(2):
        np.sum(x * np.ones(2, np.float64) * 0.5).backward()
        assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


# --- memory layouts -------------------------------------------------------------------------------

# A layout: how the array is stored, and the function of a tensor that gives it back.
LAYOUTS = {
    "Fortran": (lambda a: a.T.copy(), np.transpose),
    "reversed": (lambda a: a[..., ::-1], lambda t: t[..., ::-1]),
    "strided": (lambda a: np.repeat(a, 2, axis=-1), lambda t: t[..., ::2]),
    "offset": (lambda a: np.stack([a, a]), lambda t: t[1]),
}


def laid_out(a, layout):
    """A tensor with the value of a, a view in some layout of one that requires a gradient."""
    store, restore = LAYOUTS[layout]
    if a.ndim == 0 and layout in ("reversed", "strided"):
        store = restore = np.positive
    return restore(ag.Tensor(store(a), requires_grad=True))


@for_every_case
def test_gradients_do_not_depend_on_the_memory_layout(case):
    leaves, build = trees.flatten(case.args())
    if case.kwargs.get("order") in ("A", "K"):
        return  # the order in memory: the next test
    _, expected_out, expected = differentiated(case, leaves, build)
    for layout in LAYOUTS:
        tensors = [laid_out(a, layout) if is_continuous(a) else a for a in leaves]
        views = [t for t in tensors if isinstance(t, ag.Tensor)]
        if case.kwargs.get("copy") is False and has_to_copy(case, build(map(plain, tensors))):
            continue
        out = case.f(*build(tensors))
        np.testing.assert_allclose(plain(out), plain(expected_out), rtol=1e-12)
        for g, e in zip(ag.gradients(out, views, seed=cotangent(out)), expected, strict=True):
            np.testing.assert_allclose(g, e, rtol=1e-12, atol=1e-14)


def has_to_copy(case, args):
    """Whether NumPy refuses copy=False for arrays of this layout."""
    try:
        case.reference(*args)
    except ValueError as error:
        return "Unable to avoid" in str(error)
    return False


@pytest.mark.parametrize("order", ["A", "K"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_order_in_memory_is_that_of_numpy(layout, order):
    """The numbers of the elements, stored alike, say where each element goes."""
    x = laid_out(np.arange(6.0).reshape(2, 3), layout)
    places = np.ravel(plain(x), order=order).astype(int)
    out = np.ravel(x, order=order)
    np.testing.assert_array_equal(out.data, places)
    [g] = ag.gradients(out, [x], seed=cotangent(out))
    np.testing.assert_array_equal(np.ravel(g)[places], cotangent(out))


def test_the_layouts_are_not_contiguous():
    a = np.arange(6.0).reshape(2, 3)
    contiguous = [laid_out(a, layout).data.flags.c_contiguous for layout in LAYOUTS]
    assert contiguous == [False, False, False, True]


# --- drawn shapes ---------------------------------------------------------------------------------

FLOATS = st.sampled_from([F32, F64])


def values(shape, dtype=np.float64, seed=0):
    """Numbers between 0.3 and 2, no two of them close, of two seeds neither."""
    spread = np.random.default_rng(seed).permutation(int(np.prod(shape)) + 1)[1:]
    return (0.3 + 1.5 * (spread + 0.1 * seed) / (spread.size + 1)).reshape(shape).astype(dtype)


def holds(f, *arrays):
    """The result is NumPy's; the gradients are numeric ones, in the right shape and dtype."""
    tensors = [ag.Tensor(a, requires_grad=True) for a in arrays]
    out = f(*tensors)
    expected = f(*arrays)
    np.testing.assert_array_equal(plain(out), expected)
    assert (out.shape, out.dtype) == (expected.shape, expected.dtype)
    weights = cotangent(out)
    true = numeric_gradients(lambda *a: np.sum(f(*a) * weights), *arrays)
    for x, g, t in zip(tensors, ag.gradients(out, tensors, seed=weights), true, strict=True):
        assert (g.shape, g.dtype) == (x.shape, x.dtype)
        rtol = 1e-4 if np.float32 in (out.dtype, x.dtype) else 1e-6
        np.testing.assert_allclose(g, t, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("f", [np.add, np.multiply, np.divide, np.power, np.maximum, np.logaddexp])
@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3),
    left=FLOATS,
    right=FLOATS,
)
@settings(max_examples=25)
def test_whatever_broadcasts_is_differentiated(f, shapes, left, right):
    x, y = shapes.input_shapes
    holds(f, values(x, left, 1), values(y, right, 2))


@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3), data=st.data()
)
def test_whatever_where_and_clip_broadcast_is_differentiated(shapes, data):
    a, b, c = shapes.input_shapes
    mask = data.draw(hnp.arrays(bool, a))
    holds(lambda x, y: np.where(mask, x, y), values(b, seed=1), values(c, seed=2))
    low, high = 0.7 + 0.1 * values(b, seed=1), 1.2 + 0.1 * values(c, seed=2)
    holds(lambda x, lo, hi: np.clip(x, lo, hi), values(a), low, high)


@given(
    shapes=hnp.mutually_broadcastable_shapes(
        signature="(n?,k),(k,m?)->(n?,m?)", max_dims=2, min_side=0, max_side=3
    ),
    left=FLOATS,
    right=FLOATS,
)
def test_whatever_matmul_takes_is_differentiated(shapes, left, right):
    x, y = shapes.input_shapes
    holds(lambda x, y: np.matmul(x, y) * 1, values(x, left, 1), values(y, right, 2))


@given(
    shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=3),
    data=st.data(),
    keepdims=st.booleans(),
    dtype=FLOATS,
)
@pytest.mark.parametrize("f", [np.sum, np.mean, np.var, np.max, np.min, ag.logsumexp])
@settings(max_examples=25)
def test_whatever_axes_are_reduced_are_differentiated(f, shape, data, keepdims, dtype):
    axis = data.draw(st.none() | hnp.valid_tuple_axes(len(shape), min_size=1))
    holds(lambda x: f(x, axis=axis, keepdims=keepdims), values(shape, dtype))


@given(shape=hnp.array_shapes(max_dims=3, max_side=3), data=st.data())
def test_whatever_index_is_read_is_differentiated(shape, data):
    index = data.draw(
        hnp.basic_indices(shape, allow_newaxis=True)
        | hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3))
        | hnp.arrays(bool, shape)
    )
    holds(lambda x: np.multiply(x[index], 1.0), values(shape))


@given(shape=hnp.array_shapes(max_dims=3, max_side=3), data=st.data())
def test_whatever_is_joined_is_differentiated(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    others = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=2))
    shapes = [
        shape,
        *((*shape[: axis % len(shape)], n, *shape[axis % len(shape) + 1 :]) for n in others),
    ]
    arrays = [values(s, seed=i) for i, s in enumerate(shapes)]
    holds(lambda *xs: np.concatenate(xs, axis=axis), *arrays)
    holds(lambda *xs: np.concatenate(xs, axis=None), *arrays)
    holds(lambda *xs: np.stack(xs, axis=axis), arrays[0], arrays[0] + 1)


@given(shape=hnp.array_shapes(max_dims=4, max_side=3), data=st.data())
def test_whatever_is_rearranged_is_differentiated(shape, data):
    axes = data.draw(st.permutations(range(len(shape))))
    order = data.draw(st.sampled_from("CF"))
    weights = cotangent(np.empty(shape).transpose(axes))
    holds(lambda x: np.transpose(x, axes) * weights, values(shape))
    holds(lambda x: np.reshape(np.transpose(x, axes), shape, order=order) * 2, values(shape))
    holds(lambda x: np.moveaxis(x, axes[0], -1) * 2, values(shape))
