"""`scan`: a loop as one call, eager, on the tape, and in programs."""

import re
import tracemalloc
from functools import partial

import numpy as np
import pytest
from compiled import agree, refused

import autograd_lite as ag
from autograd_lite.engine.tape import history
from autograd_lite.transforms.trees import flatten

RNG = np.random.default_rng(0)
W, XS, C0 = RNG.normal(size=(3, 3)), RNG.normal(size=(5, 3)), RNG.normal(size=3)


def unrolled(f, init, xs=None, length=None, reverse=False):
    """What scan is, written out."""
    leaves, build = flatten(xs)
    count = len(leaves[0]) if leaves else length
    carry, ys = init, [None] * count
    for i in reversed(range(count)) if reverse else range(count):
        carry, ys[i] = f(carry, build([x[i] for x in leaves]))
    found = [flatten(y) for y in ys]
    return carry, found[0][1]([np.stack(parts) for parts in zip(*(y for y, _ in found))])


def recurrent(scan, W, c0, xs):
    def step(c, x):
        c = np.tanh(W @ c + x)
        return c, c * x

    c, ys = scan(step, c0, xs)
    return np.sum(c**2) + np.sum(np.sin(ys))


def lstm(scan, params, X):
    n = params["U"].shape[0]

    def cell(state, x):
        h, c = state
        z = x @ params["W"] + h @ params["U"] + params["b"]
        enter, forget, leave = (ag.sigmoid(z[:, k * n : (k + 1) * n]) for k in (0, 1, 3))
        c = forget * c + enter * np.tanh(z[:, 2 * n : 3 * n])
        h = leave * np.tanh(c)
        return (h, c), {"h": h}

    zero = np.zeros((X.shape[1], n))
    (h, _), ys = scan(cell, (zero, zero), X)
    return np.mean(h**2) + np.sum(ys["h"] ** 3)


def lstm_arguments():
    params = {"W": (4, 12), "U": (3, 12), "b": (12,)}
    return {k: 0.4 * RNG.normal(size=s) for k, s in params.items()}, RNG.normal(size=(6, 2, 4))


def kalman(scan, F, Q, ys):
    def step(state, y):
        m, P = F @ state["m"], F @ state["P"] @ F.T + Q
        S = P[:1, :1] + 0.5
        K = np.linalg.solve(S, P[:1]).T
        r = y - m[0]
        m, P = m + K[:, 0] * r, P - K @ P[:1]
        return {"m": m, "P": P}, (np.linalg.slogdet(S)[1] + r**2 / S[0, 0], None)

    return np.sum(scan(step, {"m": np.zeros(2), "P": np.eye(2)}, ys)[1][0])


def hidden_markov(scan, A, B, observed):
    def step(log_alpha, y):
        return ag.logsumexp(log_alpha[:, None] + A, axis=0) + B[:, y], None

    return ag.logsumexp(scan(step, np.zeros(2), observed)[0])


def pendulum(scan, u, x0, h):
    def slope(x, u):
        return np.stack([x[1], u - np.sin(x[0])])

    def step(x, i):
        k1 = slope(x, u[i])
        k2 = slope(x + h / 2 * k1, u[i])
        k3 = slope(x + h / 2 * k2, u[i])
        x = x + h / 6 * (k1 + 4 * k2 + k3)
        return x, x

    last, path = scan(step, x0, np.arange(6))
    return np.sum(last**2) + np.sum(path)


def backwards(scan, x, rate):
    """Advantages: in reverse, of several rows, what is carried passed through."""

    def step(state, row):
        total, following = state
        total = row["r"] + rate * following - row["v"] + rate * 0.9 * total
        return (total, row["v"]), total

    rows = {"r": x[:, 0], "v": x[:, 1]}
    return np.sum(scan(step, (0.0, 1.0), rows, reverse=True)[1] ** 2)


def descent(scan, w, X, y):
    """A gradient inside every step."""

    def loss(w):
        return np.mean((X @ w - y) ** 2)

    w, losses = scan(lambda w, _: (w - 0.1 * ag.grad(loss)(w), loss(w)), w, None, 4)
    return loss(w) + np.sum(losses)


def nested(scan, layers, xs):
    def outer(h, x):
        h, _ = scan(lambda a, W: (np.tanh(W @ a + x), None), h, layers)
        return h, h

    return np.sum(scan(outer, np.zeros(3), xs)[1] ** 2)


def assigning(scan, c0, xs):
    def step(c, x):
        c = c.copy()
        c[1:] += x[1:] * c[:-1]
        return c, c[0]

    return np.sum(scan(step, c0, xs)[0] ** 2)


FUNCTIONS = {
    "recurrent": (recurrent, (W, C0, XS)),
    "LSTM": (lstm, lstm_arguments()),
    "Kalman": (kalman, (np.array([[1, 0.1], [0, 0.9]]), 0.1 * np.eye(2), RNG.normal(size=7))),
    "hidden Markov": (
        hidden_markov,
        (np.log([[0.7, 0.3], [0.2, 0.8]]), np.log([[0.5, 0.5], [0.1, 0.9]]), np.array([0, 1, 1])),
    ),
    "pendulum": (pendulum, (RNG.normal(size=6), np.array([1.0, 0.0]), 0.1)),
    "backwards": (backwards, (RNG.normal(size=(6, 2)), 0.95)),
    "descent": (descent, (RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=5))),
    "nested": (nested, (RNG.normal(size=(2, 3, 3)), XS)),
    "assigning": (assigning, (C0, XS)),
}


recorded = partial(ag.scan, record_steps=True)
both = pytest.mark.parametrize("scan", [ag.scan, recorded], ids=["one node", "steps"])


def cases(*names):
    chosen = names or FUNCTIONS
    return pytest.mark.parametrize(("f", "args"), [FUNCTIONS[n] for n in chosen], ids=chosen)


def gradient(f, args, scan=ag.scan):
    kinds = [getattr(getattr(x, "dtype", None), "kind", "f") for x in args]
    places = tuple(i for i, kind in enumerate(kinds) if kind == "f")
    return ag.value_and_grad(partial(f, scan), places)


def close(one, other, rtol=1e-10):
    one, other = flatten(one)[0], flatten(other)[0]
    for x, y in zip(one, other, strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=1e-13)


@both
@cases()
def test_gradients_are_those_of_the_loop(f, args, scan):
    close(gradient(f, args, scan)(*args), gradient(f, args, unrolled)(*args))


@cases("recurrent", "Kalman", "pendulum", "backwards", "nested", "assigning")
def test_derivatives_of_order_two_and_three(f, args):
    g = gradient(f, args, ag.scan)
    norm = lambda *args: sum(np.sum(x * x) for x in flatten(g(*args)[1])[0])  # noqa: E731
    true = gradient(f, args, unrolled)
    same = lambda *args: sum(np.sum(x * x) for x in flatten(true(*args)[1])[0])  # noqa: E731
    close(ag.grad(norm)(*args), ag.grad(same)(*args), rtol=1e-8)
    if f is recurrent:
        ag.check_gradients(partial(f, ag.scan), *args, order=3, rtol=1e-3)


@both
@cases()
def test_a_program_has_a_loop(f, args, scan):
    compiled = ag.compile(gradient(f, args, scan))
    for _ in range(2):
        close(compiled(*args), gradient(f, args)(*args))
    assert re.search(r"for i\w* in range\(", compiled.source(*args))


def test_steps_of_a_program_do_what_a_person_writes():
    source = ag.compile(gradient(recurrent, (W, C0, XS))).source(W, C0, XS)
    back = source[source.index("def scan_vjp_step(") :]
    back = back[: back.index("return")]
    assert "tanh" not in back  # it was stored by the step forward
    assert "!=" not in back  # nan is looked for once, at the end
    assert "total" not in back  # the sum over steps is one product, after them
    assert ".T.dot(" in source


def test_steps_of_a_program_compute_into_what_is_stacked():
    source = ag.compile(gradient(lstm, lstm_arguments())).source(*lstm_arguments())
    step = source[source.index("def scan_cell_step(") : source.index("def scan_cell(")]
    assert step.count(", row") >= 7  # gates, and both states
    carried = re.search(r"def scan_cell_step\((\w+), (\w+),", step)
    assert step.rstrip().split("\n")[-1].count(",") == 1  # the next state alone is returned
    assert f"{carried[1]}, {carried[2]}" not in step.rstrip().split("\n")[-1]


def test_what_needs_the_rows_alone_is_computed_of_all_rows():
    args = lstm_arguments()
    compiled = ag.compile(gradient(lstm, args))
    source = compiled.source(*args)
    back = source[source.index("def scan_cell_vjp_step(") : source.index("def scan_cell_vjp(")]
    assert "one" not in back  # 1 - gate and 1 - tanh(c) ** 2 are made before the loop
    after = source[source.index("def scan_cell_vjp(") :]
    assert after.count("one - ") == 5
    close(compiled(*args), gradient(lstm, args, unrolled)(*args))


@pytest.mark.parametrize(("width", "steps"), [(3000, 4), (1500, 200)])
def test_what_needs_large_rows_stays_in_the_step(width, steps):
    def damped(xs):
        return ag.scan(lambda c, x: (c * (1 - x * x), None), np.ones(xs.shape[1]), xs)[0]

    def step_of(xs):
        source = ag.compile(damped).source(xs)
        return source[source.index("_step(") : source.index("return")]

    assert "x * x" in step_of(np.zeros((steps, width)))
    assert "x * x" not in step_of(np.zeros((4, 1500)))


@pytest.mark.parametrize("reverse", [False, True])
def test_what_a_program_carries_last_is_no_part_of_what_it_stacks(reverse):
    def sums(xs):
        return ag.scan(lambda c, x: (c + x, (c, c + x)), np.zeros(3), xs, reverse=reverse)

    compiled = ag.compile(sums)
    last, (before, after) = compiled(XS)
    assert agree((last, (before, after)), sums(XS))
    last[:] = before[:] = 7.0
    np.testing.assert_array_equal(after, sums(XS)[1][1])
    assert agree(compiled(XS), sums(XS))


def test_a_program_of_second_order():
    hessian = ag.hessian(partial(recurrent, ag.scan))
    close(ag.compile(hessian)(W, C0, XS), hessian(W, C0, XS))


# --- the tape -------------------------------------------------------------------------


def test_the_tape_has_one_node_for_all_steps():
    w = ag.Tensor(W, requires_grad=True)
    count = len(history(recurrent(ag.scan, w, C0, XS).node))
    assert count == len(history(recurrent(ag.scan, w, C0, np.tile(XS, (9, 1))).node)) < 12


def test_the_tape_is_freed_with_its_last_tensor():
    w = ag.Tensor(np.ones((200, 200)), requires_grad=True)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        c, _ = ag.scan(lambda c, _: (np.tanh(w @ c), c), np.ones(200), length=200)
        assert tracemalloc.get_traced_memory()[0] - before > 300_000
        del c, _
        assert tracemalloc.get_traced_memory()[0] - before < 50_000
    finally:
        tracemalloc.stop()


def test_memory_is_what_is_carried():
    def wide(c, _):
        return np.sum(np.sin(np.broadcast_to(c, (1000,))) ** 2) / 500, None

    def peak(scan):
        tracemalloc.start()
        try:
            ag.grad(lambda c: scan(wide, c, None, 100)[0])(0.5)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(ag.scan)
    assert peak(ag.scan) < peak(lambda f, c, xs, n: _loop(f, c, n)) / 10


def _loop(f, c, n):
    for _ in range(n):
        c, _ = f(c, None)
    return c, None


def test_a_million_steps_are_no_deeper_than_one():
    x = ag.Tensor(1.0, requires_grad=True)
    last, _ = ag.scan(lambda c, _: (c * 0.999, None), x, length=3000)
    last.backward()
    np.testing.assert_allclose(x.grad, 0.999**3000, rtol=1e-10)


def test_pictures_and_derivations_show_one_call():
    w = ag.Tensor(W, requires_grad=True, name="W")

    def cell(h, x):
        h = np.tanh(w @ h + x)
        return h, h

    h0, xs = C0, XS
    _, ys = ag.scan(cell, h0, xs)
    loss = np.sum(ys**2)
    text = ag.derive(loss).text
    assert "ys = scan_cell(h0, xs, W)[1]" in text
    assert "dLoss/dW = scan_cell_vjp(dLoss/dys, h0, xs, W)[0]" in text
    assert "scan_cell(h0, xs, W)" in ag.draw(loss).dot
    assert ag.compare(loss, {"W": ag.gradients(loss, [w])[0]})


def test_recorded_steps_are_on_the_tape():
    w = ag.Tensor(W, requires_grad=True, name="W")
    text = [ag.derive(recurrent(scan, w, C0, XS[:2])).text for scan in (recorded, unrolled)]
    assert text[0].count("tanh(") == text[1].count("tanh(") == 2
    assert "scan" not in text[0]


# --- what may be in it ----------------------------------------------------------------


@both
def test_carried_numbers_take_the_dtype_of_the_steps(scan):
    x = np.ones(3, np.float32)
    total, sums = scan(lambda c, x: (c + x, c), 0, x)
    assert (total.dtype, sums.dtype) == (np.float32, np.float32)
    compiled = ag.compile(lambda start, x: scan(lambda c, x: (c + x, c), start, x))
    assert agree(compiled(0.5, x), scan(lambda c, x: (c + x, c), 0.5, x))


@both
def test_integers_and_booleans_are_carried_too(scan):
    def step(state, x):
        count, top = state["count"] + 1, np.maximum(state["top"], x)
        return {"count": count, "top": top, "seen": state["seen"] | (x > 1)}, count

    init = {"count": 0, "top": 0.0, "seen": np.False_}
    f = lambda xs: scan(step, init, xs)  # noqa: E731
    xs = np.array([0.5, 2.0, 1.0])
    state, counts = f(xs)
    assert (state["count"], state["top"], state["seen"]) == (3, 2.0, True)
    assert counts.tolist() == [1, 2, 3]
    assert agree(f(xs), ag.compile(f)(xs))
    np.testing.assert_array_equal(ag.grad(lambda xs: f(xs)[0]["top"])(xs), [0, 1, 0])


@both
def test_no_steps(scan):
    f = lambda c, xs: scan(lambda c, x: (c * x, (c, x)), c, xs)  # noqa: E731
    last, (cs, xs) = f(np.ones(2), np.ones((0, 2)))
    assert last.tolist() == [1, 1]
    assert cs.shape == xs.shape == (0, 2)
    g = ag.grad(lambda c, xs: np.sum(f(c, xs)[0] ** 2), (0, 1))
    close(g(np.ones(2), np.ones((0, 2))), (np.full(2, 2.0), np.zeros((0, 2))))
    assert agree(ag.compile(f)(np.ones(2), np.ones((0, 2))), f(np.ones(2), np.ones((0, 2))))


@both
def test_what_steps_write_into_what_they_are_given_stays_inside(scan):
    init, xs = np.zeros(2), np.ones((3, 2))

    def step(c, x):
        c += x
        return c, c

    last, ys = scan(step, init, xs)
    assert init.tolist() == [0, 0]
    start = 1.0 * ag.Tensor(init, requires_grad=True)
    sums = scan(step, start, xs)[1]
    assert start.data.tolist() == [0, 0]
    assert sums.data[:, 0].tolist() == [1, 2, 3]
    assert ys[:, 0].tolist() == [1, 2, 3]
    assert agree(ag.compile(lambda c, xs: scan(step, c, xs))(init, xs), (last, ys))
    with pytest.raises(ValueError, match="read-only"):
        scan(lambda c, x: (c, x.fill(0)), init, xs)


def test_branches_on_values():
    def step(c, x):
        return (c * x if c > 1 else c + x), None

    f = lambda x, w: ag.scan(step, x, w)[0]  # noqa: E731
    x, w = 0.5, np.array([0.4, 0.3, 2.0, 3.0])
    close(ag.grad(f)(x, w), 6.0)
    with refused("differently in different steps"):
        ag.compile(f)(x, w)
    compiled = ag.compile(f)
    close(compiled(2.0, w[2:]), 12.0)  # all steps go one way
    close(compiled(-9.0, w[2:]), -4.0)


def test_a_nan_in_a_step_leaves_the_program():
    def f(c, xs):
        step = lambda c, x: (np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)) * c, c), None)  # noqa: E731
        return ag.scan(step, c, xs)[0]

    def dead(c, xs):
        return ag.scan(lambda c, x: (np.where(x > 0, np.sqrt(x) * c, c), None), c, xs)[0]

    xs = np.array([4.0, -1.0, 9.0])
    with np.errstate(invalid="ignore"):
        expected = ag.grad(f, (0, 1))(1.0, xs)
        close(ag.grad(dead, (0, 1))(1.0, xs), expected)
        compiled = ag.compile(ag.grad(dead, (0, 1)))
        close(compiled(1.0, np.abs(xs)), ag.grad(f, (0, 1))(1.0, np.abs(xs)))
        close(compiled(1.0, xs), expected)


def test_random_numbers_are_drawn_outside():
    rng = np.random.default_rng(0)
    noisy = lambda c, _: (c * rng.normal(), None)  # noqa: E731
    c = ag.Tensor(1.0, requires_grad=True)
    with pytest.raises(ValueError, match="draw random numbers before the scan"):
        ag.scan(noisy, c, length=3)[0].backward()
    with refused("before the scan"):
        ag.compile(lambda c: ag.scan(noisy, c, length=3)[0])(1.0)


def test_a_parameter_that_has_changed_before_the_backward_pass():
    w = ag.Tensor(2.0, requires_grad=True)
    last, _ = ag.scan(lambda c, _: (c * w, None), 1.0, length=3)
    w.data = np.array(3.0)
    with pytest.raises(ValueError, match="another value"):
        last.backward()


def test_inside_a_checkpoint_and_around_one():
    w = ag.Tensor(W, requires_grad=True)
    f = lambda c, x: (np.tanh(w @ c + x), None)  # noqa: E731
    expected = ag.gradients(np.sum(ag.scan(f, C0, XS)[0]), [w])
    inside = ag.checkpoint(lambda c: np.sum(ag.scan(f, c, XS)[0]))
    close(ag.gradients(inside(C0), [w]), expected)
    around = lambda c, x: (ag.checkpoint(lambda c: f(c, x)[0])(c), None)  # noqa: E731
    close(ag.gradients(np.sum(ag.scan(around, C0, XS)[0]), [w]), expected)


# --- errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (ValueError, "neither xs nor length=", lambda: ag.scan(lambda c, x: (c, x), 0.0)),
        (TypeError, "two things", lambda: ag.scan(lambda c, x: c + x, C0, XS)),
        (ValueError, "a tuple of 2 for an array",
         lambda: ag.scan(lambda c, x: ((c, c), 0), C0, XS)),
        (TypeError, "as a number, float64, and returned it as an array of shape",
         lambda: ag.scan(lambda c, x: (c + x, x), 0.0, XS)),
        (TypeError, r"start with init\['h'\].astype\(np.float32\)",
         lambda: ag.scan(lambda c, x: ({"h": c["h"].astype(np.float32)}, x), {"h": C0}, XS)),
        (ValueError, "a dict with 'g' for a dict with 'h'",
         lambda: ag.scan(lambda c, x: ({"g": c["h"]}, x), {"h": C0}, XS)),
        (TypeError, r"write np.array\(\[...\]\)", lambda: ag.scan(lambda c, x: (c, x), 0.0, [1.0])),
        (ValueError, r"shapes \(5, 3\), \(3, 3\)",
         lambda: ag.scan(lambda c, x: (c, 0), 0.0, (XS, W))),
        (ValueError, "length=4", lambda: ag.scan(lambda c, x: (c, 0), 0.0, XS, length=4)),
        (TypeError, "init\\['name'\\] is 'a text'",
         lambda: ag.scan(lambda c, x: (c, 0), {"name": "a text"}, XS)),
        (TypeError, "in y", lambda: ag.scan(lambda c, x: (c, "text"), C0, XS)),
        (TypeError, "one shape and dtype",
         lambda: ag.scan(lambda c, x: (c + 1, np.zeros(int(c))), 1.0, XS)),
        (ValueError, "another y", lambda: ag.scan(
            lambda c, x: (c + 1, None if c > 1 else x), 1.0, XS)),
    ],
)  # fmt: skip
def test_errors_name_what_was_given_and_the_way_out(error, words, call):
    with pytest.raises(error, match=words):
        call()


def test_an_array_around_that_a_step_writes_into():
    def f(x):
        seen = np.zeros_like(x)

        def step(c, x):
            seen[0] += x
            return c + x, None

        return ag.scan(step, 0.0, x)[0], seen

    assert f(np.ones(4))[1][0] == 4
    with refused("carry the array from step to step"):
        ag.compile(f)(np.ones(4))


# --- Numba ----------------------------------------------------------------------------


def check_numba(f, args):
    pytest.importorskip("numba")
    compiled = ag.compile(gradient(f, args), backend="numba")
    for _ in range(2):
        close(compiled(*args), gradient(f, args)(*args))


@cases("recurrent", "pendulum")
def test_numba_programs(f, args):
    check_numba(f, args)


@pytest.mark.slow
@cases("LSTM", "Kalman", "hidden Markov", "backwards", "descent", "nested", "assigning")
def test_more_numba_programs(f, args):
    check_numba(f, args)


def test_numba_makes_one_loop_of_a_chain():
    pytest.importorskip("numba")

    def chain(x, w, n):
        return ag.scan(lambda x, _: (x + 0.001 * np.sin(w * x), None), x, length=n)[0]

    g = ag.value_and_grad(chain, (0, 1))
    compiled = ag.compile(g, backend="numba")
    close(compiled(0.5, 1.5, 1000), g(0.5, 1.5, 1000))
    assert compiled.source(0.5, 1.5, 1000).count("for turn in range(length):") == 2


def test_numba_makes_one_loop_of_large_products_and_gates():
    pytest.importorskip("numba")
    pytest.importorskip("scipy")  # whose BLAS Numba calls

    def gated(U, X):
        def step(h, x):
            gate, new = np.split(x + h @ U, 2, axis=-1)
            h = h + ag.sigmoid(gate) * (np.tanh(new) - h)
            return h, None

        return np.sum(ag.scan(step, np.zeros((32, 28)), X)[0] ** 2)

    U, X = 0.2 * RNG.normal(size=(28, 56)), RNG.normal(size=(4, 32, 56))
    g = ag.value_and_grad(gated)
    compiled = ag.compile(g, backend="numba")
    close(compiled(U, X), g(U, X))
    source = compiled.source(U, X)
    assert source.count("for turn in range(length):") == 2
    assert len(re.findall(r"        np\.dot\(matrix\(", source)) == 2


def test_derive_has_no_source_for_a_loop():
    w = ag.Tensor(0.5, requires_grad=True, name="w")
    total, _ = ag.scan(lambda c, x: (c * w + x, None), 0.0, np.ones(4))
    derivation = ag.derive(total, w)
    assert "vjp" in derivation.text
    with pytest.raises(TypeError, match="has no source here"):
        print(derivation.source)
