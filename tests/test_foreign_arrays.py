"""Arrays of other libraries: refused by name, with the way out, at every entrance."""

import array
import traceback
import warnings

import numpy as np
import pytest

import autograd_lite as ag
import nn

VALUES = [1.0, 2.0, 3.0]


def masked():
    return np.ma.masked_array(VALUES, [False, True, False])


def torch_tensor():
    return pytest.importorskip("torch").ones(3)


def series():
    return pytest.importorskip("pandas").Series(VALUES)


def frame():
    return pytest.importorskip("pandas").DataFrame(np.eye(3))


def dask_array():
    return pytest.importorskip("dask.array").ones(3)


def sparse_array():
    return pytest.importorskip("sparse").COO(np.array(VALUES))


def csr():
    return pytest.importorskip("scipy.sparse").csr_array(np.eye(3))


class Metres(np.ndarray):
    """An array with a unit, which ufuncs look at."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        raise TypeError("metres and numbers do not mix")


KINDS = {
    masked: "filled",
    torch_tensor: r"numpy\(\)",
    series: "to_numpy",
    frame: "to_numpy",
    dask_array: "compute",
    sparse_array: "todense",
    csr: r"toarray|numpy\(\)",  # the * of SciPy 1.13 asks the product for a view
    lambda: np.matrix(np.eye(3)): "asarray",
    lambda: np.array(VALUES).view(Metres): "asarray|metres",
}

ENTRANCES = {
    "Tensor(x)": lambda x, t: ag.Tensor(x),
    "t * x": lambda x, t: t * x,
    "x * t": lambda x, t: x * t,
    "x + t": lambda x, t: x + t,
    "t @ x": lambda x, t: t @ x,
    "np.multiply(t, x)": lambda x, t: np.multiply(t, x),
    "np.stack": lambda x, t: np.stack([t, x]),
    "np.where": lambda x, t: np.where(t.numpy() > 1, t, x),
    "grad": lambda x, t: ag.grad(lambda v: np.sum(v * v))(x),
    "y[...] = x": lambda x, t: (t * 1).__setitem__(..., x),
    "y += x": lambda x, t: (t * 1).__iadd__(x),
    "t.data = x": lambda x, t: setattr(t, "data", x),
    "t.grad = x": lambda x, t: setattr(t, "grad", x),
    "backward(x)": lambda x, t: (t * 1).backward(x),
    "gradients(seed=x)": lambda x, t: ag.gradients(t * 1, [t], seed=x),
    "compare": lambda x, t: ag.compare(np.sum(t * t), {"t": x}, names={"t": t}),
    "a layer": lambda x, t: nn.Linear(3, 2, rng=0)(x),
    "a loss": lambda x, t: nn.squared_error(t * np.ones(x.shape), x),
    "Tensor([x, x])": lambda x, t: ag.Tensor([x, x]),
    "check_gradients": lambda x, t: ag.check_gradients(lambda v: v * v, x),
    "compare_function": lambda x, t: ag.compare_function(lambda v: np.sum(v * v), VALUES, x),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_foreign_arrays_are_refused_with_the_way_out(kind, entrance):
    t = ag.Tensor(VALUES, requires_grad=True)
    if kind is sparse_array and entrance == "a layer":
        pytest.skip("its own @ answers first, with an error of its own")
    if kind is torch_tensor and entrance == "compare":
        pytest.skip("gradients of another library are numbers to compare with")
    before = t.numpy().copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = kind()
        with pytest.raises((TypeError, ValueError, RuntimeError), match=KINDS[kind]):
            ENTRANCES[entrance](x, t)
    np.testing.assert_array_equal(t.numpy(), before)
    assert t.grad is None


def test_what_holds_numbers_alone_is_taken():
    for x in (
        VALUES,
        tuple(VALUES),
        array.array("d", VALUES),
        memoryview(np.array(VALUES)),
        range(3),
    ):
        assert ag.Tensor(x).shape == (3,)


def test_a_memmap_is_an_array(tmp_path):
    x = np.memmap(tmp_path / "x", dtype=float, mode="w+", shape=3)
    x[:] = VALUES
    np.testing.assert_array_equal(ag.grad(lambda v: np.sum(v * v))(x), [2, 4, 6])


def test_the_functions_of_masked_arrays_refuse_a_tensor():
    t = ag.Tensor(VALUES, requires_grad=True)
    for f in (
        np.ma.exp,
        np.ma.array,
        np.ma.getdata,
        lambda t: np.ma.where([True, False, True], t, 0),
    ):
        with pytest.raises(TypeError, match=r"np\.where"):
            f(t)


class Mute:
    """An array of a library that nobody has heard of: it becomes NumPy's, and no more."""

    shape, dtype = (3,), np.dtype(float)

    def __array__(self, dtype=None, copy=None):
        return np.array(VALUES)


def test_an_array_that_only_becomes_numpys_is_refused():
    t = ag.Tensor(VALUES, requires_grad=True)
    for f in (ag.Tensor, ag.grad(np.sum), lambda x: t * x, lambda x: np.stack([t, x])):
        with pytest.raises(TypeError, match=r"Mute, which .* np\.asarray\(x\) makes"):
            f(Mute())
    for number in (np.float32(2), np.int64(2), np.True_):
        np.testing.assert_array_equal((t * number).numpy(), np.array(VALUES) * number)


def test_the_operators_of_a_foreign_array_that_answer_first_name_the_way_out():
    t = ag.Tensor(np.eye(3), requires_grad=True)
    for kind, told in ((frame, "pandas DataFrame.*to_numpy"), (csr, "scipy csr_array.*toarray")):
        with pytest.raises(TypeError, match=f"^A Tensor met a {told}"):
            kind() @ t
    with pytest.raises(TypeError, match=r"^A Tensor met a numpy MaskedArray.*filled"):
        masked() * t


@pytest.mark.parametrize(
    "make",
    [
        lambda pd, t: pd.Series(t),
        lambda pd, t: pd.DataFrame({"a": t}),
        lambda pd, t: pd.DataFrame({"a": VALUES}).mul(t, axis=0),
    ],
)
def test_a_foreign_array_that_is_being_made_of_a_tensor_names_the_way_out(make):
    """It stands in a frame, half made, and cannot be asked for anything yet."""
    pd = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match=r"gradient would be lost.*t\.numpy\(\)"):
        make(pd, ag.Tensor(VALUES, requires_grad=True))


def test_the_message_is_all_that_is_told_of_a_foreign_array():
    t = ag.Tensor(np.eye(3), requires_grad=True)
    with pytest.raises(TypeError, match="Masked") as caught:
        t * masked()
    assert len("".join(traceback.format_exception(caught.value)).splitlines()) <= 14


def test_a_compiled_function_refuses_a_masked_constant():
    constant = masked()
    with pytest.raises(TypeError, match="filled"):
        ag.compile(lambda v: np.sum(v * constant))(np.array(VALUES))


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize(
    ("made", "told"), [(masked, "filled"), (lambda: np.matrix(np.ones(3)), "asarray")]
)
def test_what_an_operation_or_its_rule_returns_is_refused_too(made, told):
    x = np.ones(3)
    body = ag.primitive(lambda x: made(), lambda g, out, x: g)
    with pytest.raises(TypeError, match=f"returned a numpy .*{told}"):
        body(ag.Tensor(x, requires_grad=True))
    rule = ag.primitive(lambda x: np.sum(x), lambda g, out, x: made())
    with pytest.raises(TypeError, match=f"returned a numpy .*{told}"):
        ag.grad(rule)(x)
    pair = ag.primitive(lambda x: (x, made()), lambda g, out, x: g[0])
    with pytest.raises(TypeError, match=told):
        pair(ag.Tensor(x, requires_grad=True))


def test_an_array_of_objects_is_no_other_dtype_of_a_tensor():
    t = ag.Tensor(VALUES, requires_grad=True)
    for dtype in (object, "O", [("a", object)]):
        with pytest.raises(TypeError, match="gradient would be lost"):
            t.astype(dtype)
    assert t.detach().astype(object).dtype == object
