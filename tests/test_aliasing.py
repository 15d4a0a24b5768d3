"""What is a view, an alias, a row, sees what is written into the array; a copy does not."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from variables import variable

import autograd_lite as ag
import nn

X = np.arange(1.0, 13.0).reshape(3, 4)
windows = np.lib.stride_tricks.sliding_window_view


def asarray(y):
    return ag.asarray(y) if isinstance(y, ag.Tensor) else np.asarray(y)


def array(y):
    return ag.array(y) if isinstance(y, ag.Tensor) else np.array(y)


# --- what NumPy returns as a view, as the array itself, as a copy ---------------------------------

MAKERS = {
    "squeeze of nothing": lambda y: y.squeeze(),
    "np.squeeze": np.squeeze,
    "squeeze": lambda y: y[:, None].squeeze(1),
    "conj of reals": lambda y: y.conj(),
    "np.conj": np.conj,
    "real": lambda y: y.real,
    "np.real": np.real,
    "astype": lambda y: y.astype(float),
    "astype without a copy": lambda y: y.astype(float, copy=False),
    "np.astype without a copy": lambda y: np.astype(y, float, copy=False),
    "asarray": asarray,
    "array": array,
    "view": lambda y: y.view(),
    "einsum, transposed": lambda y: np.einsum("ij->ji", y),
    "einsum, itself": lambda y: np.einsum("...->...", y),
    "einsum, diagonal": lambda y: np.einsum("ii->i", y[:3, :3]),
    "einsum, a sum": lambda y: np.einsum("ij->i", y),
    "sliding windows": lambda y: windows(y, 2, axis=1),
    "diagonal": lambda y: np.diagonal(y),
    "diag": lambda y: np.diag(y[:3, :3]),
    "broadcast_to": lambda y: np.broadcast_to(y, (2, 3, 4)),
    "ravel": lambda y: y.ravel(),
    "ravel in order F": lambda y: np.ravel(y, order="F"),
    "ravel in order K": lambda y: np.ravel(y.T, order="K"),
    "ravel of a transpose": lambda y: y.T.ravel(),
    "flatten": lambda y: y.flatten(),
    "reshape": lambda y: y.reshape(4, 3),
    "reshape in order F": lambda y: y.reshape(4, 3, order="F"),
    "reshape of a transpose": lambda y: y.T.reshape(-1),
    "reshape with a copy": lambda y: np.reshape(y, (4, 3), copy=True),
    "reshape of a slice": lambda y: y[:, :2].reshape(-1),
    "atleast_1d": np.atleast_1d,
    "atleast_3d": np.atleast_3d,
    "atleast_2d of a row": lambda y: np.atleast_2d(y[0]),
    "expand_dims": lambda y: np.expand_dims(y, 0),
    "newaxis": lambda y: y[:, None],
    "T": lambda y: y.T,
    "mT": lambda y: y.mT,
    "transpose": lambda y: y.transpose(1, 0),
    "swapaxes": lambda y: np.swapaxes(y, 0, 1),
    "moveaxis": lambda y: np.moveaxis(y, 0, 1),
    "rollaxis": lambda y: np.rollaxis(y, 1),
    "split": lambda y: np.split(y, 2, axis=1)[0],
    "array_split": lambda y: np.array_split(y, 2)[1],
    "hsplit": lambda y: np.hsplit(y, 2)[1],
    "vsplit": lambda y: np.vsplit(y, 3)[1],
    "flip": np.flip,
    "fliplr": np.fliplr,
    "flipud": np.flipud,
    "rot90": np.rot90,
    "trim_zeros": lambda y: np.trim_zeros(y[0]),
    "nan_to_num without a copy": lambda y: np.nan_to_num(y, copy=False),
    "real_if_close": np.real_if_close,
    "slice": lambda y: y[1:, ::2],
    "reversed": lambda y: y[::-1],
    "row": lambda y: y[1],
    "all": lambda y: y[...],
    "views of views": lambda y: y.reshape(3, 2, 2)[:, 0].T,
    "row of a loop": lambda y: next(iter(y)),
    "flat, read": lambda y: y.flat[2:5],
    "positions": lambda y: y[[0, 1]],
    "mask": lambda y: y[y > 2.5],
    "copy": lambda y: y.copy(),
    "np.copy": np.copy,
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "take": lambda y: np.take(y, [0, 1], axis=0),
    "positive": lambda y: +y,
    "concatenate": lambda y: np.concatenate([y]),
    "stack": lambda y: np.stack([y]),
    "repeat": lambda y: np.repeat(y, 2),
    "tile": lambda y: np.tile(y, 1),
    "roll": lambda y: np.roll(y, 1),
    "where": lambda y: np.where(True, y, 0),
    "clip": lambda y: np.clip(y, 0, 50),
    "block": lambda y: np.block([[y]]),
    "sort": np.sort,
    "tril": np.tril,
}
if np.lib.NumpyVersion(np.__version__) < "2.1.0":
    del MAKERS["reshape with a copy"]  # np.reshape takes no copy= there


def written_through(make, x, log):
    """Writes into what was made of y; the sum over y."""
    y = x * 1.0
    z = make(y)
    try:
        z[...] = np.arange(50.0, 50 + np.size(z)).reshape(np.shape(z))
        log.append("written")
    except ValueError as error:
        log.append("read-only" if "read-only" in str(error) else str(error))
    return np.sum(y * np.arange(12.0).reshape(3, 4))


def written_below(make, x, log):
    """Writes into y; the sum over what was made of it before."""
    y = x * 1.0
    z = make(y)
    y[1:] = -3.0
    y += x
    return np.sum(z * np.arange(1.0, 1 + np.size(z)).reshape(np.shape(z)))


def differences(f, x, step=1e-6):
    flat = np.eye(x.size).reshape(-1, *x.shape)
    found = [(f(x + step * e) - f(x - step * e)) / (2 * step) for e in flat]
    return np.reshape(found, x.shape)


@pytest.mark.parametrize("program", [written_through, written_below])
@pytest.mark.parametrize("name", MAKERS)
def test_what_shares_memory_in_numpy_is_linked(name, program):
    make, plain, ours = MAKERS[name], [], []
    expected = program(make, X, plain)
    value, slope = ag.value_and_grad(lambda x: program(make, x, ours))(X)
    assert ours == plain[:1]
    np.testing.assert_allclose(value, expected)
    np.testing.assert_allclose(slope, differences(lambda x: program(make, x, []), X), atol=1e-7)


# --- drawn programs -------------------------------------------------------------------------------

VIEWS = [
    lambda a: a[1:],
    lambda a: a[::-1],
    lambda a: a[..., :1],
    lambda a: a.T,
    lambda a: a.reshape(-1),
    lambda a: a.ravel(),
    lambda a: np.squeeze(a),
    lambda a: a[..., None],
    lambda a: np.flip(a, -1),
    lambda a: a.flatten(),
    lambda a: a.copy(),
    lambda a: a[[0, -1]],
    lambda a: a,
    lambda a: np.atleast_2d(a),
    lambda a: np.swapaxes(a, 0, -1),
    lambda a: a.astype(float, copy=False),
]


def _rows(a, b):
    for row in a:
        row *= 0.5


def _swap(a, b):
    kept = a[:1].copy()
    a[:1] = a[-1:]
    a[-1:] = kept


def _through_function(a, b):
    def add_source(field, source):
        field += 0.1 * source

    add_source(a, np.sum(b))


def _exec(text):
    def run(a, b):
        exec(text, {"np": np}, {"a": a, "b": b})

    return run


WRITES = [
    *map(
        _exec,
        [
            "a += 1.5", "a -= 0.25 * a", "a *= np.sin(np.sum(b))", "a /= 2.0", "a **= 2",
            "a += a[:1]", "a[1:] += a[:-1]", "a[...] = np.cos(a)", "a[0] = 0.5", "a[-1] *= 3.0",
            "a.flat[1] = 7.0", "a.flat[:2] = np.sum(b)", "a.fill(0.75)",
            "np.multiply(a, 0.5, out=a)", "np.add(a, np.mean(b), out=a)", "a[a > 1] *= 0.5",
            "np.copyto(a, np.sin(a))", "a[[0, 0]] += 1.0", "a.sort(axis=0)", "a %= 5.0",
        ],
    ),
    _rows, _swap, _through_function,
]  # fmt: skip


def run(steps, x):
    """A program of views, aliases and writes; a number that depends on all of it."""
    arrays = [x * 1.0, np.sin(x)]
    seen = 0.0
    for kind, which, other, i in steps:
        a, b = arrays[which % len(arrays)], arrays[other % len(arrays)]
        if kind == "view" and np.ndim(a):
            arrays.append(VIEWS[i % len(VIEWS)](a))
        elif kind == "write" and np.ndim(a) and np.size(a) > 1:
            WRITES[i % len(WRITES)](a, b)
        elif kind == "read":
            seen = seen + np.sum(a * np.sin(a))
    weights = (np.cos(np.arange(1.0, 1 + np.size(a))).reshape(np.shape(a)) for a in arrays)
    return seen + sum(np.sum(a * w) for a, w in zip(arrays, weights, strict=True))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["view", "write", "write", "read"]),
        st.integers(0, 7),
        st.integers(0, 7),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=9,
)


def holds(steps, shape):
    x = np.random.default_rng(len(steps)).uniform(0.5, 1.5, shape)
    try:
        expected = run(steps, x)
    except (ValueError, IndexError):
        return  # what NumPy refuses
    value, slope = ag.value_and_grad(lambda x: run(steps, x))(x)
    np.testing.assert_allclose(value, expected, rtol=1e-9)
    direction = np.cos(np.arange(x.size)).reshape(shape)
    ends = [[run(steps, x + s * h * direction) for s in (1, -1)] for h in (1e-6, 2e-6)]
    small, large = ((a - b) / (2 * h) for (a, b), h in zip(ends, (1e-6, 2e-6), strict=True))
    if np.isclose(small, large, rtol=1e-5):  # no kink between
        np.testing.assert_allclose(np.sum(slope * direction), small, rtol=1e-4, atol=1e-5)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.sampled_from([(3, 4), (4, 4), (6,), (2, 1, 3)]))
def test_programs_of_views_and_writes_are_numpys(steps, shape):
    holds(steps, shape)


@settings(max_examples=15, deadline=None)
@given(STEPS, st.sampled_from([(3, 4), (6,)]))
def test_compiled_programs_of_views_and_writes_are_numpys(steps, shape):
    x = np.random.default_rng(1).uniform(0.5, 1.5, shape)
    try:
        expected = run(steps, x)
    except (ValueError, IndexError):
        return
    try:
        value, _ = ag.compile(ag.value_and_grad(lambda x: run(steps, x)))(x)
    except TypeError:
        return  # what a program cannot do raises
    np.testing.assert_allclose(value, expected, rtol=1e-9)


# --- single facts ---------------------------------------------------------------------------------


def test_a_number_is_replaced_and_an_array_of_no_axes_is_not():
    def of_numbers(x):
        y = x
        y += 1.0
        return x * y

    assert ag.grad(of_numbers)(3.0) == 2 * 3 + 1
    assert ag.grad(lambda p: of_numbers(p["a"]))({"a": 3.0})["a"] == 7
    assert ag.grad(of_numbers)(np.array(3.0)) == 2 * (3 + 1)
    t = variable([1.0, 2.0])
    total = kept = np.sum(t)
    total += 1
    assert (total.item(), kept.item()) == (4, 3)


def test_casting_and_shapes_are_numpys():
    counts = ag.Tensor([1, 2])
    with pytest.raises(TypeError, match=r"x \+= v on counts?.*|cannot be stored into one of int64"):
        counts += 0.5
    x = variable(np.ones(3)) * 1
    with pytest.raises(ValueError, match=r"x \+= v .* shape \(2, 3\) does not fit"):
        x += np.ones((2, 3))
    single = ag.Tensor(np.ones(2, np.float32))
    single += 1.0
    single *= np.ones(2)
    assert single.dtype == np.float32


@pytest.mark.parametrize(
    "write",
    [
        "w += v", "w -= v", "w *= v", "w /= v", "w **= v", "w //= v", "w %= v", "w[0] = v",
        "w[1:] += v", "w.fill(v)", "np.add(w, v, out=w)", "np.copyto(w, v)", "w.flat[0] = v",
        "w.T[...] = v",
    ],
)  # fmt: skip
def test_a_parameter_is_refused_while_recording_and_changed_in_no_grad(write):
    w, plain = variable([1.0, 2.0, 3.0], name="w"), np.array([1.0, 2.0, 3.0])
    loss, node = np.sum(w * w), w.node
    with pytest.raises(ValueError, match=r"w\.data = w\.data - lr \* w\.grad.*no_grad"):
        exec(write, {"w": w, "v": 0.5, "np": np})
    np.testing.assert_array_equal(w.numpy(), plain)
    exec(write, {"w": plain, "v": 0.5, "np": np})
    with ag.no_grad():
        exec(write, {"w": w, "v": 0.5, "np": np})
    np.testing.assert_allclose(w.numpy(), plain)
    assert w.requires_grad
    assert w.node is node
    loss.backward()  # the graph of before keeps what it saw
    np.testing.assert_array_equal(w.grad, [2.0, 4.0, 6.0])


def descend(w, lr):
    w.data -= lr * w.grad
    w.grad = None


def descend_in_no_grad(w, lr):
    with ag.no_grad():
        w -= lr * w.grad
    w.grad.zero_()


def descend_by_data(w, lr):
    w.data = w.data - lr * w.grad
    w.zero_grad()


@pytest.mark.parametrize("update", [descend, descend_in_no_grad, descend_by_data])
def test_the_update_line_of_every_course_works(update):
    w = variable([1.0, 2.0])
    for _ in range(200):
        np.sum((w - 5) ** 2).backward()
        update(w, 0.1)
    np.testing.assert_allclose(w.numpy(), 5)


def test_a_parameter_that_became_a_result_says_what_to_write():
    w = variable([1.0, 2.0])
    w = w - 0.1 * w
    np.sum(w).backward()
    with pytest.raises(ValueError, match=r"retain_grad.*gradients.*w\.data = w\.data - lr"):
        _ = w.grad


def test_the_data_of_a_leaf_can_be_written_into():
    w = variable([1.0, 2.0, 3.0])
    loss = np.sum(w * w)
    w.data[0] = 7.0
    w.data[w.data < 3] *= 10
    w.data **= 2
    np.testing.assert_array_equal(w.numpy(), [49.0, 400.0, 9.0])
    assert type(w.data - 1) is type(w.data * w.data) is type(w.data.copy()) is np.ndarray
    assert repr(w.data) == "array([ 49., 400.,   9.])"
    assert type(pickle.loads(pickle.dumps(w.data))) is np.ndarray
    with pytest.raises(TypeError, match="as in NumPy"):
        w.data += 1j
    with pytest.raises(AttributeError, match=r"write w\.data = w\.data - v"):
        w.data.sub_(1)
    loss.backward()
    np.testing.assert_array_equal(w.grad, [2.0, 4.0, 6.0])


def test_retain_grad_keeps_the_gradient_of_a_result():
    x = variable([1.0, 2.0])
    y = x * 3
    y.retain_grad()
    for _ in range(2):
        np.sum(y * y).backward()
    np.testing.assert_array_equal(y.grad, 2 * (2 * y.numpy()))


def test_what_was_recorded_of_a_parameter_keeps_its_value():
    w = variable([1.0, 2.0])
    view = w[1:]
    loss = np.sum(view**2)
    with ag.no_grad():
        w *= 10.0
    np.testing.assert_array_equal(view.numpy(), [20.0])
    loss.backward()
    np.testing.assert_array_equal(w.grad, [0.0, 4.0])
    np.testing.assert_array_equal(ag.gradients(np.sum(view**2), [w])[0], [0.0, 40.0])


def test_copies_carry_the_gradient_of_arguments_and_make_parameters_of_parameters():
    x = np.array([1.0, 2.0])
    for f in (copy.copy, copy.deepcopy):
        np.testing.assert_array_equal(ag.grad(lambda x, f=f: np.sum(f(x) ** 2))(x), 2 * x)
    tree = {"w": x, "more": [x, {"b": x}]}
    found = ag.grad(lambda p: np.sum(copy.deepcopy(p)["more"][1]["b"] ** 2))(tree)
    np.testing.assert_array_equal(found["more"][1]["b"], 2 * x)
    model = nn.Sequential(nn.Linear(2, 2, rng=0), np.tanh)
    other = copy.deepcopy(model)
    other.parameters()[0].data += 1
    assert not np.any(other.parameters()[0].numpy() == model.parameters()[0].numpy())
    assert all(p.requires_grad for p in other.parameters())


def test_an_array_that_is_no_tensor_says_how_to_stay_on_the_tape():
    a, t = np.zeros(2), variable([1.0, 2.0])
    with pytest.raises(TypeError, match=r"a = a \+ t instead of a \+= t"):
        a += t


def test_writing_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ag.grad(lambda x: np.sum(written_through(lambda y: y[1:], x, [])))(X)
