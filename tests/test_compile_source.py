"""`compile`: the source of a program, and the shorter ways that it takes."""

import functools
import re

import compile_xor
import numpy as np
import pytest
from compiled import A, Training, agree, network, network_arguments

import autograd_lite as ag

calls = 0


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.mean(a=x),
        lambda x: np.sum(a=x, axis=0),
        lambda x: np.moveaxis(a=x, source=0, destination=1),
        lambda x: np.clip(a=x, a_min=1, a_max=2),
        lambda x: np.expand_dims(a=x, axis=0),
        lambda x: np.broadcast_to(array=x, shape=(3, 2, 2)),
        lambda x: np.linalg.norm(x=x, axis=None),
        lambda x: np.sum(x, dtype=None, where=True, keepdims=False),
        lambda x: np.sum(x, where=np.array([True, False]), keepdims=True),
        lambda x: np.swapaxes(np.reshape(x, (1,) * 12 + (2, 2)), 0, 13) * 2,
    ],
)
def test_keywords_and_many_axes_are_taken(f):
    compiled = ag.compile(f)
    for x in (np.arange(4.0).reshape(2, 2), -np.ones((2, 2))):
        assert agree(f(x), compiled(x))


@pytest.mark.parametrize("name", ["abs", "float", "np", "exp", "status", "kernel_1", "for", "t1"])
def test_a_function_may_be_called_as_what_its_program_uses(name):
    def f(x):
        return abs(np.exp(x)) * np.float32(0.5) + np.exp(np.sum(x))

    f.__name__ = name
    compiled = ag.compile(f)
    assert agree(f(A), compiled(A))
    exec(compiled.source(A), {})


def test_the_source_runs_by_itself_and_gives_the_same():
    args = network_arguments()
    f = ag.compile(ag.value_and_grad(network))
    text = f.source(*args)
    assert text.startswith("import numpy as np\n")
    assert "def network(params_W1, params_W2, X, y):" in text
    scope = {}
    exec(text, scope)
    params, X, y = args
    found = scope["network"](params["W1"], params["W2"], X, y)
    value, gradient = f(*args)
    assert agree((value, *gradient.values()), tuple(found))


def test_the_source_of_a_step_names_its_state():
    training = Training("adam")
    step = ag.compile(training.step)
    for _ in range(3):
        step(training.X, training.y)
    before = training.model.state_dict()
    steps = training.optimizer.steps
    text = step.source(training.X, training.y)
    for name, value in training.model.state_dict().items():  # a look changes nothing
        np.testing.assert_array_equal(value, before[name])
    assert training.optimizer.steps == steps
    scope = {}
    exec(text, scope)
    program = scope["step"]
    names = program.__code__.co_varnames[: program.__code__.co_argcount]
    assert names[:2] == ("X", "y")
    assert {"model_layers_0_weight", "optimizer_learning_rate", "optimizer_steps"} <= set(names)
    values = {"optimizer": training.optimizer, "model": training.model}
    inputs = [training.X, training.y]
    for name in names[2:]:
        value = values
        for part in _path(text, name):
            value = value[part] if isinstance(value, dict) else _part(value, part)
        inputs.append(value.data if isinstance(value, ag.Tensor) else value)
    loss, left = program(*inputs)
    assert loss == step(training.X, training.y)
    places = (
        text.split("# It leaves behind: ")[1].split("\nimport")[0].replace("\n#", "").split(", ")
    )
    assert len(places) == len(left)
    expected = left[[p.strip() for p in places].index("model.layers.0.weight")]
    np.testing.assert_array_equal(expected, training.model.layers[0].weight.data)


def _path(text, name):
    reads = text.split("# After the arguments it takes, as they are at the call: ")[1]
    paths = [p.strip(" #\n") for p in reads.split("# It returns")[0].split(",")]
    [path] = [p for p in paths if re.sub(r"\W+", "_", p) == name]
    return path.split(".")


def _part(value, part):
    return value[int(part)] if part.isdigit() else getattr(value, part)


def test_the_source_of_other_arguments_is_another():
    f = ag.compile(lambda x: x * 2 if x[0] > 0 else x - 1)
    for x in (A, -A):
        scope = {}
        exec(f.source(x), scope)
        np.testing.assert_array_equal(scope["program"](x), f(x))
        assert scope["program"](-x) is None
    t = ag.Tensor(A, requires_grad=True)
    with pytest.raises(TypeError, match=r"there is no program of <lambda> .* on a tape"):
        f.source(t)


def test_the_example_trains_both_ways_alike(capsys):
    compile_xor.main(["--hidden", "3", "--steps", "30"])
    printed = capsys.readouterr().out
    differences = re.search(r"of a loss (\S+), of a weight (\S+)", printed).groups()
    assert all(float(number) < 1e-9 for number in differences)
    assert "def step(X, y, optimizer_learning_rate" in printed


def _sums_in(dtype):
    return lambda *xs: functools.reduce(np.add, [np.sum(x, 0, dtype) for x in xs])


def _added_products(total, *xs):
    for x in xs:
        total = total + x.T @ x
    return total


_EIGHT_BITS = [np.full((5, 3), 5, np.int8) for _ in range(6)]


_SINGLE = [np.full((5, 3), i + 0.5, np.float32) for i in range(6)]


# What a program computes in another way than it is written, and where the two ways would part:
# the function, and the arguments of its calls.
PARTING = {
    "c x + d x in float64": (lambda x: 1e308 * x + 1e308 * x, [A, A / 100]),
    "c x + d x in float32": (lambda x: 3e38 * x + 3e38 * x, [_SINGLE[0], _SINGLE[0] / 100]),
    "c (d x) overflows": (lambda x: 1e30 * (1e30 * x), [_SINGLE[0], _SINGLE[1] * 1e-30]),
    "c (d x) underflows": (lambda x: 1e-30 * (1e-30 * x), [_SINGLE[0], _SINGLE[1] * 1e30]),
    "(c x) / d": (lambda x: (1e30 * x) / 1e-30, [_SINGLE[0], _SINGLE[1] * 1e-30]),
    "c (d x) in float16": (
        lambda x: 1000 * (100 * x),
        [_SINGLE[0].astype(np.float16), np.full(3, 1e-3, np.float16)],
    ),
    "numbers of float16": (lambda x: np.float16(0.1) * (np.float16(0.3) * x), [A]),
    "numbers of longdouble": (lambda x: x * np.longdouble("0.1"), [A.astype(np.longdouble)]),
    "large integers": (lambda x: 10**200 * (10**200 * x), [A * 1e-200]),
    "-(x / d)": (lambda x: -(x / 1e-310), [A, A * 0]),
    "x / d in float32": (lambda x: x / 1e-40, [_SINGLE[0], _SINGLE[0] * 1e-38]),
    "sums with a dtype": (_sums_in(np.float64), [tuple(_SINGLE)]),
    "products that wrap around": (_added_products, [(np.zeros((3, 3), int), *_EIGHT_BITS)]),
    "a constant of -0.0": (lambda x: x / np.array([0.0, -0.0, 0.0, 0.0, -0.0]), [np.ones(5)]),
    "as many ones as a mask says": (
        lambda x: np.ones_like(x)[(x > 0,)],
        [A, np.array([1.0, -1.0, -1.0]), np.ones(3)],
    ),
    "Python's numbers": (lambda a, x: (-a * x, abs(a) * x, +a * x, 1 / a), [(1.5, _SINGLE[0])]),
}


@pytest.mark.parametrize("case", PARTING)
def test_a_shorter_way_is_the_same_for_every_value(case):
    f, calls = PARTING[case]
    compiled = ag.compile(f)
    for args in calls:
        args = args if isinstance(args, tuple) else (args,)
        with np.errstate(all="ignore"):
            expected, found = f(*args), compiled(*args)
        pairs = zip(found, expected) if isinstance(found, tuple) else [(found, expected)]
        for one, other in pairs:
            assert type(one) is type(other)
            assert np.shape(one) == np.shape(other)
            assert np.asarray(one).dtype == np.asarray(other).dtype
            precision = np.finfo(np.result_type(one, np.float16)).eps
            np.testing.assert_allclose(one, other, rtol=4 * precision)


def test_an_array_without_axes_comes_back_as_a_copy():
    x = np.array(2.0)
    result = ag.compile(lambda x: (x, x))(x)
    assert not any(np.shares_memory(x, one) for one in result)
    assert not np.shares_memory(*result)


def test_a_simulation_that_writes_in_place_is_compiled():
    def f(u):
        u = u * 1.0
        new, edge = np.zeros_like(u), u[:, 0]
        for _ in range(3):
            new[1:-1] = u[2:] + u[:-2]
            new *= 0.3
            edge += new[:, 1]
            for row in new:
                row -= row[0]
            new.flat[0] = edge[1]
            u, new = new, u
            edge = u[:, 0]
        return np.sum(u**2) + np.sum(np.sin(new))

    u = np.random.default_rng(0).normal(size=(5, 4))
    compiled = ag.compile(ag.value_and_grad(f))
    for x in (u, -u):
        value, g = compiled(x)
        np.testing.assert_allclose(value, f(x))
        np.testing.assert_allclose(g, ag.grad(f)(x))
    ag.check_gradients(f, u)


@pytest.mark.parametrize("make", [lambda: np.tri(40) - 0.5, lambda: np.eye(40)])
def test_long_arrays_are_held_and_not_written_down(make):
    f = ag.compile(lambda x: x @ make())
    x = np.ones((2, 40))
    np.testing.assert_allclose(f(x), x @ make())
    assert len(f.source(x)) < 500
