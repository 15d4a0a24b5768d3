"""The rows of the table of operations through other frameworks, where these are installed.

The same functions, the same arrays, the same gradients. What a framework refuses is not compared;
where one answers otherwise, the reason is in the list of known differences.
"""

import importlib.util
import warnings

import numpy as np
import pytest
from operations import ROWS

import autograd_lite as ag
from autograd_lite.engine.tensor import plain
from autograd_lite.transforms import trees

pytestmark = pytest.mark.oracle


class HIPS:
    """HIPS autograd: a copy of NumPy's namespace under autograd.numpy."""

    name = "autograd"
    least = 150  # operations it must be found to answer for

    def __init__(self):
        import autograd
        import autograd.numpy as anp

        self.autograd, self.np = autograd, anp

    def find(self, path):
        found = self.np
        for name in path:
            found = getattr(found, name, None)
        return found

    def constant(self, value):
        return value

    def derivatives(self, f, arrays):
        """The value of f, a list of arrays, and the gradients of its weighted sum."""
        seen = []

        def loss(*boxes):
            seen[:] = results(f(*boxes))
            return weighted(seen, self.np.sum, self.np.real)

        gradients = self.autograd.grad(loss, tuple(range(len(arrays))))(*arrays)
        return [self._value(x) for x in seen], gradients

    def _value(self, x):
        while hasattr(x, "_value"):
            x = x._value
        return x


class Torch:
    """PyTorch: many of NumPy's names, with its axis= and keepdims=; others are translated."""

    name = "torch"
    least = 150

    def __init__(self):
        import torch

        self.torch = torch

    def find(self, path):
        if path[-1] in TRANSLATED:
            return getattr(self, f"_{path[-1]}", None)
        found = self.torch
        for name in path:
            found = getattr(found, name, None)
        return found

    def constant(self, value):
        return self.torch.as_tensor(value) if isinstance(value, np.ndarray) else value

    def derivatives(self, f, arrays):
        tensors = [self.torch.tensor(x, requires_grad=True) for x in arrays]
        out = results(f(*tensors))
        loss = weighted(out, self.torch.sum, self.torch.real, self.torch.as_tensor)
        loss.backward()
        return [x.detach().numpy() for x in out], [_gradient(t) for t in tensors]

    def _max(self, x, axis=None, keepdims=False):
        return self.torch.amax(x, () if axis is None else axis, keepdims)

    def _min(self, x, axis=None, keepdims=False):
        return self.torch.amin(x, () if axis is None else axis, keepdims)

    def _var(self, x, axis=None, ddof=0, keepdims=False):
        return self.torch.var(x, axis, correction=ddof, keepdim=keepdims)

    def _std(self, x, axis=None, ddof=0, keepdims=False):
        return self.torch.std(x, axis, correction=ddof, keepdim=keepdims)

    def _median(self, x, axis=None, keepdims=False):
        return self.torch.quantile(x, 0.5, axis, keepdims)

    def _sort(self, x, axis=-1):
        return self.torch.sort(x, axis).values

    def _transpose(self, x, axes=None):
        return self.torch.permute(x, tuple(range(x.ndim))[::-1] if axes is None else axes)

    def _expand_dims(self, x, axis):
        return self.torch.unsqueeze(x, axis)

    def _repeat(self, x, repeats, axis=None):
        repeats = repeats if isinstance(repeats, int) else self.torch.as_tensor(repeats)
        return self.torch.repeat_interleave(x, repeats, axis)

    def _take_along_axis(self, x, indices, axis):
        return self.torch.take_along_dim(x, indices, axis)

    def _trapezoid(self, y, x=None, dx=1.0, axis=-1):
        spacing = {"dx": dx} if x is None else {"x": x}
        return self.torch.trapezoid(y, dim=axis, **spacing)

    def _flip(self, x, axis=None):
        axes = range(x.ndim) if axis is None else np.atleast_1d(axis).tolist()
        return self.torch.flip(x, tuple(axes))

    def _fabs(self, x):
        return self.torch.abs(x)

    def _cross(self, x, y):
        return self.torch.linalg.cross(x, y)

    def _dot(self, x, y):
        return self.torch.matmul(x, y) if x.ndim == y.ndim == 2 else self.torch.dot(x, y)


TRANSLATED = {name[1:] for name in vars(Torch) if name[0] == "_" != name[1]}


def _gradient(t):
    return np.zeros(t.shape) if t.grad is None else t.grad.resolve_conj().numpy().conj()


# --- known differences ----------------------------------------------------------------------------


def always(case):
    return True


def given(keyword, *values):
    """Cases with a keyword, or with one of its values."""
    return lambda case: (
        keyword in case.kwargs and (not values or repr(case.kwargs[keyword]) in map(repr, values))
    )


def of_complex_numbers(case):
    return any(map(np.iscomplexobj, split(case)[0]))


# fmt: off
IGNORED = "the keyword is ignored on the way back"
KNOWN = [
    # framework, operations,                             where they differ,     because
    ("autograd", ["sum", "prod", "mean", "var", "std"],  given("where"),        IGNORED),
    ("autograd", ["var", "std"],                         given("mean"),         IGNORED),
    ("autograd", ["var", "std"],                         given("correction"),   IGNORED),
    ("autograd", ["rfft2", "rfftn", "irfft2", "irfftn"], given("norm", "forward"), IGNORED),
    ("autograd", ["max", "min", "amax", "amin"],         given("initial"),
        "nan where initial= is the extremum"),
    ("autograd", ["norm"],                               given("ord", np.inf),
        "nan at the elements that are 0"),
    ("autograd", ["rfft"],                               given("n", 3, 7),
        "an odd n= is taken for an even one"),
    ("autograd", ["full_like"],                          always,
        "the value gets no gradient"),
    ("autograd", ["sign"],                               of_complex_numbers,
        "z / |z| is taken for a constant"),
    ("autograd", ["complex power"],                      always,
        "nan: the real logarithm of a negative number"),
    ("autograd", ["complex arccosh"],                    always,
        "the sign is that of the other branch"),
    ("autograd", ["pinv"],                               of_complex_numbers,
        "transposed without conjugating"),
    ("torch",    ["sum"],                                given("axis", ()),
        "axis=() is all axes, not none"),
    ("torch",    ["det of a singular matrix"],           always,
        "the adjugate is taken for 0"),
]
# fmt: on
DIFFERENCES = [(framework, name, *rest) for framework, names, *rest in KNOWN for name in names]


# --- the comparison -------------------------------------------------------------------------------


def results(out):
    """What an operation returned as a list of arrays."""
    is_many = isinstance(out, (list, tuple)) or (
        not hasattr(out, "shape") and hasattr(out, "__len__")
    )
    return [x for part in out for x in results(part)] if is_many else [out]


def weighted(out, total, real, constant=np.asarray):
    """One number made of all results: every element has a weight of its own."""
    loss = 0.0
    for i, part in enumerate(out):
        is_complex = "complex" in str(part.dtype)
        rng = np.random.default_rng(i)
        weight = rng.uniform(0.5, 1.5, tuple(part.shape))
        if is_complex:
            weight = weight + 1j * rng.uniform(0.5, 1.5, tuple(part.shape))
        summed = total(part * constant(weight))
        loss = loss + (real(summed) if is_complex else summed)
    return loss


def is_continuous(value):
    return isinstance(value, np.ndarray) and value.dtype.kind in "fc"


def split(case):
    """The arrays of a case that are differentiated, and a function from these to its arguments."""
    leaves, build = trees.flatten(case.args())
    arrays = list(filter(is_continuous, leaves))

    def arguments(values, constant):
        values = iter(values)
        return build([next(values) if is_continuous(x) else constant(x) for x in leaves])

    return arrays, arguments


def ours(case):
    arrays, arguments = split(case)
    tensors = [ag.Tensor(x, requires_grad=True) for x in arrays]
    out = results(case.f(*arguments(tensors, lambda x: x)))
    loss = weighted(out, np.sum, np.real)
    return list(map(plain, out)), ag.gradients(loss, tensors)


def theirs(oracle, f, case):
    """Values and gradients of the framework, or None where it refuses."""
    arrays, arguments = split(case)

    def call(*values):
        return f(*arguments(values, oracle.constant), **case.kwargs)

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return oracle.derivatives(call, arrays)
    except Exception:
        return None


def path_of(row):
    """("linalg", "norm") for the row of np.linalg.norm; None where the row is no NumPy function."""
    found, *inner = (getattr(row.f, "__module__", None) or "numpy").split(".")
    path = (*inner, row.f.__name__)
    parent = np
    for name in path:
        parent = getattr(parent, name, None)
    return path if found == "numpy" and parent is row.f else None


def known(oracle, case):
    """Whether a case is listed as a difference."""
    pair = (oracle.name, case.row.name)
    return any(
        pair == (name, operation) and differs(case) for name, operation, differs, _ in DIFFERENCES
    )


def agrees(oracle, f, case):
    """True, False, or None where the framework refuses the case."""
    answer = theirs(oracle, f, case)
    if answer is None:
        return None
    return all(
        len(a) == len(b)
        and all(np.shape(x) == np.shape(y) and np.allclose(x, y, 1e-7, 1e-9) for x, y in zip(a, b))
        for a, b in zip(answer, ours(case))
    )


def installed(kind):
    if importlib.util.find_spec(kind.name) is None:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [kind()]


ORACLES = [*installed(HIPS), *installed(Torch)]
PAIRS = [
    (oracle, row)
    for oracle in ORACLES
    for row in ROWS
    if path_of(row) and oracle.find(path_of(row))
]


@pytest.mark.parametrize(("oracle", "row"), PAIRS, ids=[f"{o.name}-{r.name}" for o, r in PAIRS])
def test_another_framework_has_the_same_gradients(oracle, row):
    f = oracle.find(path_of(row))
    differing = [c for c in row.cases if not known(oracle, c) and agrees(oracle, f, c) is False]
    assert not differing, [str(case) for case in differing]


@pytest.mark.parametrize("oracle", ORACLES, ids=lambda oracle: oracle.name)
def test_it_answers_for_most_of_its_operations(oracle):
    def answered(row):
        return any(agrees(oracle, oracle.find(path_of(row)), case) for case in row.cases)

    assert sum(answered(row) for o, row in PAIRS if o is oracle) >= oracle.least


@pytest.mark.parametrize(
    ("name", "operation", "differs", "reason"),
    DIFFERENCES,
    ids=[f"{d[0]}-{d[1]}" for d in DIFFERENCES],
)
def test_a_known_difference_is_one(name, operation, differs, reason):
    pytest.importorskip(name)
    cases = [
        (oracle, case)
        for oracle, row in PAIRS
        if (oracle.name, row.name) == (name, operation)
        for case in row.cases
        if differs(case)
    ]
    assert any(agrees(o, o.find(path_of(case.row)), case) is False for o, case in cases), reason
