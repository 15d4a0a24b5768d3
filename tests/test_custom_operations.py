"""Operations of the user's: declared in the same form as ours, held to the same checks."""

import functools
import gc
import inspect
import pickle
import weakref

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
from autograd_lite.engine.dispatch import registry
from autograd_lite.engine.primitives import _primitives

cube = ag.elementwise(lambda x: x * x * x, lambda g, out, x: g * 3 * x * x)

weighted = ag.elementwise(
    lambda x, y: x * np.exp(y),
    lambda g, out, x, y: g * np.exp(y),
    lambda g, out, x, y: g * out,
)


def _flip(x, axis=0):
    return np.flip(x, axis=axis)


def _flip_vjp(g, out, x, axis=0):
    return flip(g, axis=axis)


flip = ag.primitive(_flip, _flip_vjp, way_out="The axis must be one of the array's.")


def _total(arrays, scale=1.0):
    return sum(np.sum(x) for x in arrays) * scale


def _total_vjp(g, out, arrays, scale=1.0):
    return [g * scale * np.ones(np.shape(x)) for x in arrays]


total = ag.primitive(_total, _total_vjp, sequence=True)

scaled = ag.elementwise(lambda x, factor: x * factor, lambda g, out, x, factor: g * factor, None)


@pytest.mark.parametrize("shape", [(), (3,), (2, 1), (0,)])
def test_an_elementwise_operation_passes_the_check(shape):
    ag.check_gradients(cube, np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), order=3)


def test_an_elementwise_operation_broadcasts():
    ag.check_gradients(weighted, np.ones((3, 1)), np.linspace(-1, 1, 4))
    x, y = variable(np.ones((3, 1))), variable(np.zeros(4))
    np.sum(weighted(x, y)).backward()
    np.testing.assert_array_equal(x.grad, np.full((3, 1), 4.0))
    np.testing.assert_array_equal(y.grad, np.full(4, 3.0))


def test_a_primitive_passes_the_check_with_its_keyword():
    x = np.arange(6.0).reshape(2, 3)
    ag.check_gradients(lambda x: flip(x, axis=1) * x, x)
    ag.check_gradients(lambda x: flip(x, 1) * x, x)


def test_a_primitive_of_a_sequence_passes_the_check():
    ag.check_gradients(
        lambda x, y: total([x * x, y, x, np.ones(2)], scale=3.0) ** 2,
        np.ones(3),
        np.array([[0.5, 2.0]]),
    )


def test_tensors_in_a_sequence_get_their_own_share():
    x, y = variable([1.0, 2.0]), variable(3.0)
    total((x, y, x, 4.0), scale=2.0).backward()
    np.testing.assert_array_equal(x.grad, [4.0, 4.0])
    assert y.grad == 2.0


def test_an_operation_on_arrays_is_the_function_itself():
    assert type(cube(np.ones(2))) is np.ndarray
    assert cube(2.0) == 8.0
    assert type(total([np.ones(2)])) is np.float64
    np.testing.assert_array_equal(flip([1, 2]), [2, 1])


def test_an_argument_without_a_rule_has_no_gradient():
    x = variable([1.0, 2.0])
    np.sum(scaled(x, 3.0)).backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])


def test_a_keyword_no_rule_takes_is_refused():
    with pytest.raises(TypeError, match="flip is not differentiated with order="):
        flip(variable([1.0]), order="C")


def test_the_way_out_ends_the_error():
    with pytest.raises(IndexError, match=r"flip\(w of shape \(1,\).*one of the array's\.$"):
        flip(variable([1.0], name="w"), axis=3)


def test_a_rule_sees_what_numpy_would_and_writes_nothing():
    seen = []

    def rule(g, out, x, y):
        seen.extend([g, out, x, y])
        return g * y

    op = ag.elementwise(lambda x, y: x * y, rule, lambda g, out, x, y: g * x)
    x = variable([1.0, 2.0])
    np.sum(op(x, np.array([3.0, 4.0]))).backward()
    assert all(type(a) is np.ndarray for a in seen)
    np.testing.assert_array_equal(seen[1], [3.0, 8.0])
    np.testing.assert_array_equal(x.grad, [3.0, 4.0])


def test_a_rule_in_another_precision_is_converted():
    x = variable(np.ones(2, np.float32))
    double = ag.elementwise(
        lambda x: x + x, lambda g, out, x: np.full(x.shape, 2.0) * g.astype(np.float64)
    )
    np.sum(double(x)).backward()
    assert x.grad.dtype == np.float32


def test_a_numpy_function_learns_its_derivative(monkeypatch):
    monkeypatch.setitem(registry, np.nextafter, None)  # both are put back after the test
    monkeypatch.setitem(_primitives, np.nextafter, None)
    ag.elementwise(np.nextafter, lambda g, out, x, y: g, None)
    x = variable([1.0, 2.0])
    np.sum(np.nextafter(x, 5.0) * 3.0).backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])


@pytest.mark.parametrize("declare", [ag.primitive, ag.elementwise])
@pytest.mark.parametrize("f", [np.sum, np.exp, np.linalg.norm, np.round])
def test_another_declaration_of_a_known_function_is_refused(declare, f):
    """It would be everybody's, in this process."""

    def known(x):
        return np.sum(np.exp(x)) * np.linalg.norm(x + np.round(x))

    before = ag.grad(known)(np.ones(2))
    for rules in ((), (lambda g, out, x: g * 7.0,)):
        with pytest.raises(ValueError, match=r"declared already.*lambda \*args: \w+\."):
            declare(f, *rules)
    np.testing.assert_array_equal(ag.grad(known)(np.ones(2)), before)


def test_a_declared_operation_keeps_its_name_and_docstring():
    def gaussian(x):
        """exp(-x^2)"""
        return np.exp(-x * x)

    declared = ag.elementwise(gaussian, lambda g, out, x: -2 * g * x * out)
    assert (declared.__name__, declared.__doc__) == ("gaussian", "exp(-x^2)")
    assert declared(variable(1.0)).node.op.name == "gaussian"
    ag.check_gradients(declared, np.array([0.3, -1.0]), order=3)


@pytest.mark.parametrize("factor", [1.001, -1.0, 0.0])
def test_a_wrong_rule_of_the_users_fails_the_check(factor):
    wrong = ag.elementwise(lambda x: x * x, lambda g, out, x: factor * g * 2 * x)
    with pytest.raises(AssertionError, match="WRONG"):
        ag.check_gradients(wrong, np.array([0.5, 1.5]), order=1)


def test_a_function_that_writes_into_its_argument_raises_and_changes_no_tensor():
    def f(x):
        x += 1
        return x * x

    op = ag.elementwise(f, lambda g, out, x: 2 * g * x)
    leaf = variable([1.0, 2.0], name="w")
    for x in (leaf, leaf * 1.0, leaf.detach()):
        with pytest.raises(ValueError, match="read-only"):
            op(x)
    assert leaf.tolist() == [1.0, 2.0]

    def g(arrays):
        arrays[0][:] = 0.0
        return sum(arrays)

    with pytest.raises(ValueError, match="read-only"):
        ag.primitive(g, lambda g, out, xs: [g] * len(xs), sequence=True)([leaf, leaf])
    assert leaf.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("number", [2, 2.5, 1j, True])
def test_a_python_number_as_the_result_is_converted(number):
    op = ag.primitive(lambda x: float(np.sum(x)), lambda g, out, x: g * np.ones(x.shape))
    x = variable([1.0, 2.0])
    y = op(x)
    assert (y.dtype, y.shape) == (np.float64, ())
    np.testing.assert_array_equal(ag.gradients(y * 3.0, [x])[0], [3.0, 3.0])
    assert ag.primitive(lambda x: number, lambda g, out, x: g * 0 * x)(x).data == number


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ([1.0, 2.0], r"broken returned a list, \[1\.0, 2\.0\]: an operation returns an array"),
        (None, "broken returned a NoneType, None"),
        (np.array([None, 1.0]), "broken returned an array of dtype object"),
        ((np.ones(2), "a"), "broken returned a str, 'a'"),
    ],
)
def test_a_result_that_is_no_array_is_named_at_once(result, told):
    def broken(x):
        return result

    with pytest.raises(TypeError, match=told):
        ag.primitive(broken, lambda g, out, x: g)(variable([1.0, 2.0]))


def test_a_function_of_several_results_may_return_python_numbers():
    op = ag.primitive(lambda x: (float(x[0]), x * 2), lambda g, out, x: 2 * g[1])
    number, twice = op(variable([1.0, 2.0]))
    assert number.shape == ()
    assert twice.tolist() == [2.0, 4.0]


def test_a_partial_and_an_object_are_functions_too():
    def power(x, n):
        return x**n

    square = ag.elementwise(functools.partial(power, n=2), lambda g, out, x: 2 * g * x)

    class Square:
        def __call__(self, x):
            return x * x

    for op, name in ((square, "power"), (ag.elementwise(Square(), square_vjp), "Square")):
        x = variable([3.0])
        assert op(x).node.op.name == name
        np.testing.assert_array_equal(ag.gradients(np.sum(op(x)), [x])[0], [6.0])
    with pytest.raises(TypeError, match="polyfit has no derivative"):  # it looks for a near name
        np.polyfit(x, x, 1)


def square_vjp(g, out, x):
    return 2 * g * x


def test_keyword_only_parameters_are_those_of_rules_that_take_any():
    def times(x, *, k=2.0):
        return k * x

    op = ag.elementwise(times, lambda g, out, x, **kw: g * kw.get("k", 2.0))
    x = variable([1.0])
    np.testing.assert_array_equal(ag.gradients(np.sum(op(x, k=5.0)), [x])[0], [5.0])
    np.testing.assert_array_equal(ag.gradients(np.sum(op(x)), [x])[0], [2.0])
    with pytest.raises(TypeError, match="times is not differentiated with axis="):
        op(x, axis=0)


def test_a_function_of_any_keyword_takes_any():
    op = ag.elementwise(lambda x, **kw: kw["k"] * x, lambda g, out, x, **kw: g * kw["k"])
    x = variable([1.0])
    np.testing.assert_array_equal(ag.gradients(np.sum(op(x, k=5.0)), [x])[0], [5.0])


# --- tensors that reach a body otherwise than as array arguments -------------------------------


class Holder:
    def __init__(self, x):
        self.x = x


SMUGGLERS = {
    "a dict": lambda x: ag.primitive(
        lambda y, c: y * c["x"], lambda g, out, y, c: g * 3.0)(x, {"x": x}),
    "a dict alone": lambda x: ag.primitive(
        lambda c: np.sin(c["x"]), lambda g, out, c: g)({"x": x}),
    "an object": lambda x: ag.primitive(
        lambda y, c: y * c.x, lambda g, out, y, c: g * 3.0)(x, Holder(x)),
    "a function": lambda x: ag.primitive(
        lambda y, f: f(y), lambda g, out, y, f: g * 3.0)(x, lambda y: y * x),
    "a closure": lambda x: ag.primitive(lambda y: y * x, lambda g, out, y: g * 3.0)(x),
    "a default": lambda x: ag.primitive(lambda y, c=x: y * c, lambda g, out, y: g * 3.0)(x),
    "a keyword": lambda x: ag.primitive(
        lambda y, *, c: y * c, lambda g, out, y, c: g * 3.0)(x, c=x),
    "the result": lambda x: ag.primitive(lambda y: x, lambda g, out, y: g)(x),
}  # fmt: skip


@pytest.mark.parametrize("smuggler", SMUGGLERS.values(), ids=SMUGGLERS)
def test_a_tensor_that_is_no_array_argument_is_refused(smuggler):
    with pytest.raises(TypeError, match=r"t\.detach\(\)"):
        ag.grad(smuggler)(3.0)
    assert ag.grad(np.sin)(0.0) == 1  # and recording goes on


def test_a_body_may_differentiate_by_itself():
    """Newton's method inside, and the rule of an implicit function."""

    def root(a):
        x = 1.0
        for _ in range(30):
            x = x - (x**3 - a) / ag.grad(lambda x: x**3 - a)(x)
        return x

    cube_root = ag.primitive(root, lambda g, out, a: g / (3 * out**2))
    np.testing.assert_allclose(ag.grad(cube_root)(8.0), 1 / 12)
    np.testing.assert_allclose(ag.grad(ag.grad(cube_root))(8.0), -2 / 9 * 8 ** (-5 / 3))


def test_no_derivative_refuses_and_none_is_zero():
    scaled = ag.primitive(lambda x, n: x * n, lambda g, out, x, n: g * n, ag.no_derivative)
    assert ag.grad(lambda x: scaled(x, 3.0))(2.0) == 3
    with pytest.raises(TypeError, match=r"argument number 2 \('n'\).*t\.detach"):
        ag.grad(lambda n: scaled(2.0, n))(3.0)
    silent = ag.primitive(lambda x, n: x * n, lambda g, out, x, n: g * n, None)
    assert ag.grad(lambda n: silent(2.0, n))(3.0) == 0


def test_a_tensor_where_there_is_no_rule_is_told_by_its_place():
    op = ag.primitive(lambda x, y: x * y, lambda g, out, x, y: g * y)
    with pytest.raises(TypeError, match=r"its argument 'y' \(number 2\)"):
        ag.grad(lambda y: op(2.0, y))(3.0)


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, out, x: np.multiply(x, 0, out=x),
        lambda g, out, x: g.__imul__(2) * x,
        lambda g, out, x: out.__iadd__(1) * x,
        lambda g, out, x: x.fill(0),
    ],
)
def test_a_rule_that_writes_into_what_it_is_given_is_refused(rule):
    squares = ag.primitive(lambda x: x * x, rule)
    with pytest.raises(ValueError, match="read-only"):
        ag.grad(lambda x: np.sum(np.sin(squares(x))))(np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    "spread",
    [
        lambda g, x: np.ones(x.shape) * g,
        lambda g, x: np.broadcast_to(g, x.shape),
        lambda g, x: np.repeat(g, len(x)),
        lambda g, x: np.stack([g] * len(x)),
        lambda g, x: ag.full(x.shape, g),
        lambda g, x: np.full_like(x, g),
        lambda g, x: np.full(x.shape, g),
        lambda g, x: np.array([g, g]),
        lambda g, x: np.zeros(2) + float(g),
    ],
)
def test_a_rule_is_right_at_the_second_order_too_or_raises(spread):
    squares = ag.primitive(lambda x: np.sum(x * x), lambda g, out, x: spread(g, x) * 2 * x)
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(ag.grad(squares)(x), 2 * x)
    try:
        second = ag.hessian(lambda x: squares(x) ** 2)(x)
    except TypeError:
        return
    np.testing.assert_allclose(second, 8 * np.outer(x, x) + 4 * np.sum(x * x) * np.eye(2))


def test_what_is_defined_inside_a_function_is_freed_with_it():
    def define(declare):
        data = Holder(np.ones(3))
        op = declare(lambda x: x * data.x, lambda g, out, x: g * data.x)
        ag.grad(lambda x: np.sum(op(x)))(np.ones(3))
        return weakref.ref(data)

    links = [define(declare) for declare in (ag.primitive, ag.elementwise) for _ in range(3)]
    gc.collect()
    assert not any(link() for link in links)


@pytest.mark.parametrize(
    "number",
    [
        lambda g, x: g.item() * 2 * x,
        lambda g, x: g * 2 * np.array(x.tolist()),
        lambda g, x: g * np.array([2 * x[0].item(), 2 * x[1].item()]),
    ],
)
def test_a_rule_that_takes_numbers_out_is_refused_at_the_second_order(number):
    squares = ag.primitive(lambda x: np.sum(x * x), lambda g, out, x: number(g, x))
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(ag.grad(squares)(x), 2 * x)
    with pytest.raises(TypeError, match=r"in the rule .*np\.stack"):
        ag.hessian(lambda x: squares(x) ** 2)(x)
    assert ag.Tensor(2.0, requires_grad=True).item() == 2  # elsewhere it is the way off the tape


def test_a_rule_may_use_a_tensor_from_around_it():
    def f(x):
        return ag.primitive(lambda y: y * y, lambda g, out, y: g * 2 * x)(x)

    assert ag.grad(f)(3.0) == 6
    assert ag.grad(ag.grad(f))(3.0) == 2


def test_a_body_that_differentiates_refuses_a_tensor_from_around_it():
    def f(transform):
        return lambda x: ag.primitive(
            lambda y: transform(lambda z: z * z * x)(y), lambda g, out, y: g)(x)  # fmt: skip

    transforms = (
        ag.grad,
        lambda f: lambda y: ag.vjp(f, y)[0],
        lambda f: lambda y: ag.jvp(f, (y,), (1.0,))[1],
        lambda f: ag.jacobian(f),
        lambda f: ag.grad(ag.grad(f)),
    )
    for transform in transforms:
        with pytest.raises(TypeError, match=r"t\.detach\(\)"):
            ag.grad(f(transform))(3.0)


class Scaled:
    """What has no place for an attribute."""

    __slots__ = ("__weakref__", "k")

    def __init__(self, k):
        self.k = k

    def __call__(self, x):
        return x * self.k.x

    def times(self, x):
        return x * self.k.x


def spline(k):
    return pytest.importorskip("scipy.interpolate").CubicSpline([0.0, 1.0, 2.0], k.x * np.eye(3))


@pytest.mark.parametrize(
    "function",
    [
        Scaled,
        lambda k: Scaled(k).times,
        lambda k: functools.partial(lambda k, x: x * k.x, k),
        lambda k: np.vectorize(lambda x: x * k.x),
        spline,
    ],
    ids=["slots", "a method", "a partial", "vectorize", "a spline"],
)
@pytest.mark.parametrize("declare", [ag.primitive, ag.elementwise])
def test_objects_and_methods_are_freed_too(function, declare):
    k = Holder(3.0)
    held = [function(k)]
    op = declare(held[0], lambda g, out, x: g * k.x)
    assert op(ag.Tensor(2.0, requires_grad=True)).node.op.is_users
    used = weakref.ref(held[0].__self__ if inspect.ismethod(held[0]) else held[0])
    held.clear()
    del op
    gc.collect()
    assert used() is None


def test_methods_of_two_objects_have_rules_of_their_own():
    first, second = (Scaled(Holder(k)) for k in (2.0, 3.0))
    ops = [ag.primitive(s.times, lambda g, out, x, s=s: g * s.k.x) for s in (first, second)]
    assert [ag.grad(op)(1.0) for op in ops] == [2, 3]


def test_two_rules_of_one_function_are_not_mixed_up_in_a_pickle():
    one = ag.primitive(square_of, lambda g, out, x: g * 2 * x)
    other = ag.primitive(square_of, lambda g, out, x: g * 0)
    x = variable(3.0)
    with pytest.raises(pickle.PicklingError, match="declare it once"):
        pickle.dumps(one(x))
    assert pickle.loads(pickle.dumps(other(x))).item() == 9


def square_of(x):
    return x * x


def test_a_list_as_a_share_is_told_what_to_write():
    op = ag.primitive(lambda x: np.sum(x), lambda g, out, x: [g, g])
    with pytest.raises(TypeError, match=r"np\.stack.*sequence=True"):
        ag.grad(op)(np.ones(2))
