"""Arguments and results of a compiled call, in the forms that people write."""

from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from compiled import agree

import autograd_lite as ag
from autograd_lite.compilation.forms import Form

X = np.array([1.0, -2.0, 3.0])
Pair = namedtuple("Pair", "a b")


def f(params, x, power=2, *, scale=1.0):
    a, b = params.values() if isinstance(params, dict) else params
    return {"loss": np.sum((a * x + b) ** power) * scale, "rest": [b * scale, None, "text"]}


CALLS = [
    (({"a": X, "b": 2.0}, X), {}),
    (({"b": X, "a": 2.0}, X), {}),
    (([X, 2 * X], X), {"power": 3}),
    (((X, np.float32(2)), X), {"scale": 0.5}),
    (({"a": X, "b": 2.0}, X, 3), {"scale": 2.0}),
    ((Pair(X, 2.0), X), {}),
    ((OrderedDict(a=X, b=2.0), X), {}),
    (([ag.Tensor(X), X], X), {}),
    (([X.astype(np.float32), X], X), {}),
    (([X[:2], X[:2]], X[:2]), {}),
]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_all_forms_in_turns(backend):
    if backend == "numba":
        pytest.importorskip("numba")
    compiled = ag.compile(f, backend=backend)
    for _ in range(3):
        for args, kwargs in CALLS if backend == "numpy" else CALLS[:3]:
            plain = f(*args, **kwargs)
            found = compiled(*args, **kwargs)
            assert list(found) == list(plain)
            np.testing.assert_allclose(found["loss"], ag.Tensor(plain["loss"]).data, rtol=1e-6)
            assert found["rest"][1:] == [None, "text"]


def test_a_form_takes_what_is_of_its_signature_alone():
    form = Form(({"a": X, "n": 3}, [X]), {"k": 1.0})
    other = np.ones(3)
    assert form.inputs(({"a": other, "n": 3}, [X]), {"k": 2.0}) == (other, X, 2.0)
    for args, kwargs in [
        (({"a": X, "n": 4}, [X]), {"k": 1.0}),
        (({"n": 3, "a": X}, [X]), {"k": 1.0}),
        (({"a": X, "n": True}, [X]), {"k": 1.0}),
        (({"a": X, "n": 3}, (X,)), {"k": 1.0}),
        (({"a": X, "n": 3}, [X, X]), {"k": 1.0}),
        (({"a": X[:2], "n": 3}, [X]), {"k": 1.0}),
        (({"a": X.astype(int), "n": 3}, [X]), {"k": 1.0}),
        (({"a": X, "n": 3}, [X]), {"k": 1}),
        (({"a": X, "n": 3}, [X]), {}),
        (({"a": X, "n": 3}, [X], 1), {"k": 1.0}),
    ]:
        assert form.inputs(args, kwargs) is None


def test_what_comes_back_is_the_callers_own():
    compiled = ag.compile(lambda x: {"a": x + 1, "same": [x]})
    first = compiled(X)
    first["a"][:] = 0
    first["same"].append(1)
    assert agree(compiled(X), {"a": X + 1, "same": [X]})
