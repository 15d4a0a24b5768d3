"""detect_anomaly: what it accuses, where, and what it leaves alone."""

import inspect
import threading

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
from autograd_lite.engine import modes


@pytest.fixture
def x():
    return variable([1.0, 0.0, -1.0], name="x")


def line_of(f, text):
    """The number of the line of a function that holds a text."""
    lines, first = inspect.getsourcelines(f)
    return next(first + i for i, line in enumerate(lines) if text in line)


def accused(f, *told, **options):
    """The message of the error that f raises while anomalies are looked for."""
    with pytest.raises(ag.AnomalyError) as caught, ag.detect_anomaly(**options):
        f()
    for text in told:
        assert text in str(caught.value)
    return str(caught.value)


# --- nan and infinities ---------------------------------------------------------------------------


def test_the_first_nan_of_the_forward_pass_is_told(x):
    def loss():
        h = x * 2
        y = np.log(h)  # here
        return np.sum(y * y)

    accused(loss, "log made -inf at [1] of its result of shape (3,)", "argument 0 = 0.0",
            __file__, f"line {line_of(loss, '# here')}, in loss", "y = np.log(h)",
            "np.where(x > 0, x, 1)")  # fmt: skip
    accused(lambda: np.log(x), "x = 0.0")
    accused(lambda: np.sqrt(x), "sqrt made nan at [2]", "x = -1.0")


def test_the_first_infinity_of_the_backward_pass_is_told(x):
    def loss():
        h = x * x
        y = np.sqrt(h)  # here
        return np.sum(y)

    accused(lambda: loss().backward(), "the derivative of sqrt made", "at [1]",
            "of the contribution to the result of multiply of shape (3,)", "argument 0 = 0.0",
            f"line {line_of(loss, '# here')}, in loss", "y = np.sqrt(h)")  # fmt: skip
    assert x.grad is None


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: 1 / x, "divide"),
        (lambda x: np.sum(np.exp(1000 * x)), "exp"),
        (lambda x: x[:0].mean(), "mean"),
        (lambda x: np.linalg.norm(x * 1e200) * x, "norm"),
        (lambda x: (x * 1e300).astype(np.float32), "astype"),
        (lambda x: np.concatenate([np.log(x), x]), "log"),
        (lambda x: (x * 1e200) @ (x * 1e200), "matmul"),
        (lambda x: x ** np.array([0.5, 0.5, 0.5]), "power"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_whatever_the_operation(f, name):
    x = variable([1.0, 0.0, -1.0], name="x")
    text = accused(lambda: f(x))
    assert "made" in text
    if name != "norm":  # composed of others
        assert text.startswith(name)


def test_without_gradients_too(x):
    c = ag.Tensor([1.0, -1.0])
    accused(lambda: np.log(c), "log made nan at [1]", "argument 0 = -1.0")
    with ag.no_grad():
        accused(lambda: np.log(x), "log made -inf at [1]", "x = 0.0")


def test_infinities_that_come_in_are_let_through(x):
    mask = np.array([0.0, -np.inf, 0.0])
    with ag.detect_anomaly():
        weights = ag.softmax(x + mask)
        np.sum(weights * x).backward()
        np.sum(np.where(mask < 0, -np.inf, x)[[0, 2]]).backward()
        np.max(x, initial=-np.inf).backward()
        y = x.copy()
        y[1] = -np.inf
        ag.logsumexp(y).backward()
        np.exp(y).sum().backward()
    assert np.isfinite(x.grad).all()


def test_a_nan_that_comes_in_is_let_through_and_one_made_of_infinities_is_not(x):
    with ag.detect_anomaly():
        assert np.isnan(np.sum(x * np.array([np.nan, 1.0, 2.0])).item())
    accused(
        lambda: x * np.array([1.0, -np.inf, 1.0]), "multiply made nan at [1]", "x = 0.0", "-inf"
    )
    inf = variable(np.inf)
    accused(lambda: inf - np.inf, "subtract made nan at []")


def test_the_branch_of_a_where_that_is_not_taken(x):
    def loss():
        return np.sum(np.where(x > 0, np.log(x), 0))

    accused(loss, "log made -inf", "detect_anomaly(forward=False)")
    with ag.detect_anomaly(forward=False), np.errstate(all="ignore"):
        loss().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 0.0, 0.0])
    x.grad = None
    with ag.detect_anomaly():
        np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)).backward()
    np.testing.assert_array_equal(x.grad, [1.0, 0.0, 0.0])


def test_gradients_that_overflow_when_they_are_added():
    x = variable(np.float32(1.0), name="x")

    def loss():
        return x * np.float32(3e38) + x * np.float32(3e38) * np.float32(0.5)

    with ag.detect_anomaly(forward=False), np.errstate(over="ignore"):
        y = loss()
        with pytest.raises(ag.AnomalyError, match=r"the gradient of x of shape \(\) is the sum"):
            y.backward()


def test_in_a_recorded_backward_pass_and_of_higher_order():
    x = variable([1.0, 0.0], name="x")

    def slope():
        y = x**1.5  # here
        [g] = ag.gradients(np.sum(y), [x], create_graph=True)
        return g

    text = accused(lambda: np.sum(slope()).backward(), "made inf", "at [1]")
    assert f"line {line_of(slope, '# here')}, in slope" in text


def test_a_function_s_gradient_is_checked_too():
    accused(lambda: ag.grad(np.sqrt)(0.0), "the derivative of sqrt made inf at []")
    accused(lambda: ag.hessian(lambda x: np.sum(x**1.5))(np.zeros(2)), "made inf")


def test_in_a_module_the_line_is_that_of_its_user():
    import nn

    def loss():
        return np.sum(nn.Linear(1, 1, rng=np.random.RandomState(0))(np.array([[np.inf]])) * 0.0)

    text = accused(loss, "multiply made nan at [0, 0]")
    assert text.count("File") == 1
    x = variable(np.array([[1e200]]))
    layer = nn.Linear(1, 1, rng=np.random.RandomState(0))
    layer.weight.data = [[1e200]]
    text = accused(lambda: layer(x), "matmul made inf", __file__)
    assert "in <lambda>" in text


def test_a_graph_recorded_outside_is_checked_without_its_line(x):
    y = np.sum(np.sqrt(x * x))
    accused(y.backward, "the derivative of sqrt made", "recorded outside detect_anomaly")


def test_complex_numbers():
    z = variable([1.0 + 1j, 0j])
    accused(lambda: 1 / z, "divide made")
    with ag.detect_anomaly():
        np.sum(np.abs(z * z)).backward()


# --- arrays that change ---------------------------------------------------------------------------


def test_a_captured_array_that_was_written_into_is_told(x):
    a = np.ones(3)

    def loss():
        return np.sum(x * a)  # here

    def run():
        y = loss()
        a[1] = 5.0
        y.backward()

    text = accused(run, "argument 1 of multiply", "was written into", "a.copy()")
    assert f"line {line_of(loss, '# here')}, in loss" in text


@pytest.mark.parametrize("written", ["index", "constant", "item"])
def test_whatever_was_written_into(x, written):
    arrays = {"index": np.array([0, 2]), "constant": np.ones(2), "item": np.ones(1)}

    def run():
        y = np.concatenate([np.exp(x)[arrays["index"]] * arrays["constant"], arrays["item"]])
        arrays[written][0] += 1
        np.sum(y).backward()

    accused(run, "was written into")


def test_an_optimizer_that_rebinds_is_not_accused(x):
    with ag.detect_anomaly():
        y = np.sum(x * x)
        x.data = x.data - 0.1
        y.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, -2.0])


# --- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (lambda g, out, x: g[:1], "rule of f returned ndarray of shape (1,)"),
        (lambda g, out, x: x > 0, "rule of f returned ndarray of shape (3,), bool"),
        (lambda g, out, x: np.sign(x).astype(int), "int64"),
        (lambda g, out, x: g * 1j, "complex128"),
        (lambda g, out, x: None, "returned None"),
    ],
)
def test_a_wrong_rule_is_named_with_the_line_of_the_call(x, rule, told):
    def f(x):
        return x * 2

    wrong = ag.primitive(f, rule)

    def loss():
        return np.sum(wrong(x))  # here

    accused(lambda: loss().backward(), told, f"line {line_of(loss, '# here')}, in loss")


def test_a_sound_mixture_of_dtypes_is_not_accused():
    x, w = variable(np.ones(3, np.float32)), variable(np.ones(3))
    z = variable(np.ones(3, complex))
    with ag.detect_anomaly():
        np.sum(np.real(x * w * z * 2)).backward()
    assert (x.grad.dtype, w.grad.dtype) == (np.float32, np.float64)


# --- broadcasting ---------------------------------------------------------------------------------


def test_operands_that_broadcast_in_both_directions_are_told():
    prediction, y = variable(np.ones((4, 1)), name="prediction"), np.ones(4)

    def loss():
        return np.mean((prediction - y) ** 2)  # here

    text = accused(loss, "subtract broadcast prediction of shape (4, 1)", "(4,)", "to (4, 4)",
                   "y[:, None]", "np.broadcast_to(x, (4, 4))", "broadcasting=False")  # fmt: skip
    assert f"line {line_of(loss, '# here')}, in loss" in text
    accused(lambda: np.subtract(y, prediction), "subtract broadcast")
    with ag.detect_anomaly(broadcasting=False):
        loss()
    with ag.detect_anomaly():
        np.broadcast_to(prediction, (4, 4)) - y


def test_broadcasting_in_one_direction_is_not_accused():
    x = variable(np.ones((4, 3)))
    with ag.detect_anomaly():
        loss = np.sum(x + np.ones(3)) + np.sum(x * np.ones((4, 1))) + np.sum(2.0 * x) / x[0, :1]
        loss = loss + np.outer(x[0], x[1]) + np.kron(x[0], x[1]).sum() + np.var(x, axis=0).sum()
        np.sum(loss).backward()
        ag.hessian(lambda x: np.sum(np.tanh(x) * x[:, :1]))(x.data)


# --- the switch -----------------------------------------------------------------------------------


def is_off():
    return not modes.current().watchers


class OwnError(Exception):
    pass


def test_nothing_is_replaced_when_it_is_off():
    assert is_off()
    with ag.detect_anomaly():
        assert not is_off()
        with ag.detect_anomaly():
            pass
        assert not is_off()
    assert is_off()


def test_it_is_restored_by_exceptions(x):
    @ag.detect_anomaly()
    def failing():
        np.log(x)

    for _ in range(2):
        with pytest.raises(ag.AnomalyError):
            failing()
        assert is_off()
    with pytest.raises(OwnError), ag.detect_anomaly():
        raise OwnError
    assert is_off()
    with np.errstate(all="ignore"):
        assert np.isinf(np.log(x).data[1])


def test_nothing_is_noted_on_nodes_when_it_is_off(x):
    assert not hasattr((x * 2).node, "trace")


def test_results_are_the_same(x):
    def loss(x):
        h = np.tanh(np.outer(x, x) @ np.ones((3, 2)))
        return np.sum(np.concatenate([h, h * 2], axis=1) ** 2) + np.linalg.norm(x)

    expected = ag.value_and_grad(loss)(x.data)
    with ag.detect_anomaly():
        value, g = ag.value_and_grad(loss)(x.data)
        h = ag.hessian(loss)(x.data)
    assert value == expected[0]
    np.testing.assert_array_equal(g, expected[1])
    np.testing.assert_array_equal(h, ag.hessian(loss)(x.data))


def test_threads_do_not_see_each_others_switch():
    both, wrong = threading.Barrier(8), []
    x = variable([1.0, 0.0])

    def watched():
        for _ in range(30):
            both.wait()
            try:
                with ag.detect_anomaly():
                    np.sum(1 / x)
                wrong.append("not seen")
            except ag.AnomalyError:
                pass

    def unwatched():
        for _ in range(30):
            both.wait()
            with np.errstate(all="ignore"):
                [g] = ag.gradients(np.sum(1 / x), [x])
            if not np.array_equal(g, [-1.0, -np.inf]):
                wrong.append(g)

    def hooked():
        y = variable([1.0, 2.0])
        seen = []
        y.register_hook(seen.append)
        for i in range(30):
            both.wait()
            np.sum(y * y).backward()
            if len(seen) != i + 1:
                wrong.append(len(seen))

    def checkpointed():
        w = variable(2.0)
        f = ag.checkpoint(lambda x: np.sum(np.exp(x * w)))
        for _ in range(30):
            both.wait()
            g, gw = ag.gradients(f(x), [x, w])
            if not (np.allclose(g, 2 * np.exp(2 * x.data)) and np.isclose(gw, np.exp(2.0))):
                wrong.append((g, gw))

    def run(work):
        try:
            work()
        except BaseException as error:
            wrong.append(error)
            both.abort()

    works = [watched, unwatched, hooked, checkpointed] * 2
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert is_off()


@pytest.mark.parametrize(
    ("gx", "message"),
    [
        (lambda g: np.ones(2, int), r"the rule of both returned .*int.* as the contribution"),
        (
            lambda g: g[:1],
            r"rule of both returned .* as the contribution to an argument of shape",
        ),
        (lambda g: g * np.inf, r"the derivative of both made inf"),
    ],
    ids=["dtype", "shape", "inf"],
)
@pytest.mark.parametrize("position", [0, 1])
def test_a_wrong_contribution_to_one_array_of_a_sequence_is_found(gx, message, position):
    def both(arrays):
        return arrays[0] + arrays[1]

    def rule(g, out, arrays):
        return [gx(g) if i == position else g for i in range(2)]

    both = ag.primitive(both, rule, sequence=True)
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with ag.detect_anomaly():
        loss = np.sum(both([x, x * 2]))
        with pytest.raises(ag.AnomalyError, match=message):
            loss.backward()
