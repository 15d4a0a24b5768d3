"""Optimizers, schedules and clipping: PyTorch's steps, groups, states, compiled steps."""

import copy

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))

# ours, and PyTorch's
# fmt: off
OPTIMIZERS = {
    "SGD": (lambda p: nn.SGD(p, 0.1), lambda o, p: o.SGD(p, 0.1)),
    "momentum": (lambda p: nn.SGD(p, 0.05, momentum=0.9),
                 lambda o, p: o.SGD(p, 0.05, momentum=0.9)),
    "Nesterov": (lambda p: nn.SGD(p, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
                 lambda o, p: o.SGD(p, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01)),
    "Adam": (lambda p: nn.Adam(p, 0.02), lambda o, p: o.Adam(p, 0.02)),
    "Adam with decay": (lambda p: nn.Adam(p, 0.02, 0.8, 0.99, 1e-6, weight_decay=0.1),
                        lambda o, p: o.Adam(p, 0.02, (0.8, 0.99), 1e-6, weight_decay=0.1)),
    "AdamW": (lambda p: nn.AdamW(p, 0.02, weight_decay=0.1),
              lambda o, p: o.AdamW(p, 0.02, weight_decay=0.1)),
    "RMSProp": (lambda p: nn.RMSProp(p, 0.01), lambda o, p: o.RMSprop(p, 0.01)),
    "RMSProp with momentum":
        (lambda p: nn.RMSProp(p, 0.01, 0.9, momentum=0.9, weight_decay=0.01),
         lambda o, p: o.RMSprop(p, 0.01, 0.9, momentum=0.9, weight_decay=0.01)),
    "Adadelta": (lambda p: nn.Adadelta(p, 0.5, weight_decay=0.01),
                 lambda o, p: o.Adadelta(p, 0.5, weight_decay=0.01)),
    "Adagrad": (lambda p: nn.Adagrad(p, 0.1, weight_decay=0.01),
                lambda o, p: o.Adagrad(p, 0.1, weight_decay=0.01)),
}
# fmt: on
every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


def model():
    rng = np.random.default_rng(1)
    return nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Tanh(), nn.Linear(4, 2, rng=rng))


def trained(net, optimizer, steps, prepare=lambda step: step, after=lambda: None):
    @prepare
    def step(x, y):
        optimizer.zero_grad()
        loss = nn.mean_squared_error(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(steps):
        step(X, Y)
        after()
    return net.state_dict()


def torch_model():
    torch = pytest.importorskip("torch")
    tnn = torch.nn
    theirs = tnn.Sequential(tnn.Linear(3, 4), tnn.Tanh(), tnn.Linear(4, 2)).double()
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in nn.to_pytorch(model()).items()})
    return torch, theirs


def torch_trained(torch, net, optimizer, steps, after=lambda: None, before=lambda: None):
    x, y = torch.tensor(X), torch.tensor(Y)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(net(x), y).backward()
        before()
        optimizer.step()
        after()
    ours = model()
    nn.from_pytorch(ours, net.state_dict())
    return ours.state_dict()


def assert_same(one, other, **tolerance):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_allclose(value, other[name], err_msg=name, **tolerance)


@pytest.mark.oracle
@every_optimizer
def test_100_steps_are_pytorch_s(name):
    ours, theirs = OPTIMIZERS[name]
    torch, other = torch_model()
    net = model()
    mine = trained(net, ours(net.parameters()), 100)
    assert_same(
        mine,
        torch_trained(torch, other, theirs(torch.optim, other.parameters()), 100),
        rtol=1e-9,
        atol=1e-11,
    )


@every_optimizer
def test_compiled_steps_are_the_steps(name):
    make, _ = OPTIMIZERS[name]
    net, other = model(), model()
    plain = trained(net, make(net.parameters()), 12)
    assert_same(trained(other, make(other.parameters()), 12, ag.compile), plain, rtol=1e-9)


@every_optimizer
def test_training_resumes_from_a_state_bit_for_bit(name):
    make, _ = OPTIMIZERS[name]
    net = model()
    optimizer = make(net.parameters())
    trained(net, optimizer, 5)
    state, saved = net.state_dict(), optimizer.state_dict()
    expected = trained(net, optimizer, 5)
    other = model()
    other.load_state_dict(state)
    resumed = make(other.parameters())
    resumed.load_state_dict(saved)
    for path, value in trained(other, resumed, 5).items():
        np.testing.assert_array_equal(value, expected[path])
    assert all(isinstance(v, np.ndarray) and v.dtype != object for v in saved.values())


@every_optimizer
def test_steps_keep_single_precision(name):
    w = ag.Tensor(np.ones(3, np.float32), requires_grad=True)
    optimizer = OPTIMIZERS[name][0]([w])
    for _ in range(3):
        w.grad = np.ones(3, np.float32)
        optimizer.step()
    assert w.dtype == np.float32
    assert {v.dtype for k, v in optimizer.state_dict().items() if k[-2:] == ".0"} <= {w.dtype}


def test_a_state_that_does_not_fit_changes_nothing():
    net = model()
    optimizer = nn.Adam(net.parameters())
    before = optimizer.state_dict()
    for change in ({"steps": np.ones(2)}, {"more": 1}, {"means.0": np.ones(3)}):
        with pytest.raises(ValueError, match="does not fit this Adam: "):
            optimizer.load_state_dict(before | {"learning_rate": 5.0} | change)
        assert_same(optimizer.state_dict(), before)


# --- groups -----------------------------------------------------------------------------------


@pytest.mark.oracle
def test_groups_have_settings_of_their_own():
    torch, other = torch_model()
    net = model()
    groups = [
        {"parameters": net.layers[0].parameters(), "learning_rate": 0.01},
        {"parameters": net.layers[2].parameters(), "weight_decay": 0.1, "momentum": 0.5},
    ]
    optimizer = nn.SGD(groups, 0.1, momentum=0.9)
    theirs = torch.optim.SGD(
        [
            {"params": other[0].parameters(), "lr": 0.01},
            {"params": other[2].parameters(), "weight_decay": 0.1, "momentum": 0.5},
        ],
        0.1,
        momentum=0.9,
    )
    schedule = nn.StepDecay(optimizer, 10, 0.5)
    torch_schedule = torch.optim.lr_scheduler.StepLR(theirs, 10, 0.5)
    mine = trained(net, optimizer, 50, after=schedule.step)
    assert_same(mine, torch_trained(torch, other, theirs, 50, torch_schedule.step), rtol=1e-9)
    assert repr(optimizer).startswith("SGD(4 parameters, 2 groups, learning_rate=0.003125, mom")


def test_groups_compile_and_are_in_the_state():
    runs = []
    for prepare in (lambda step: step, ag.compile):
        net = model()
        head = {"parameters": net.layers[2].parameters(), "learning_rate": 0.5}
        optimizer = nn.Adam([{"parameters": net.layers[0].parameters()}, head], 0.01)
        runs.append(trained(net, optimizer, 5, prepare))
    assert_same(*runs, rtol=1e-9)
    state = optimizer.state_dict()
    assert state["groups.1.learning_rate"] == 0.5
    optimizer.load_state_dict(state | {"groups.1.learning_rate": 0.25})
    assert optimizer.groups[1]["learning_rate"] == 0.25


# --- L-BFGS -----------------------------------------------------------------------------------


@pytest.mark.oracle
def test_lbfgs_finds_the_minimum_that_pytorch_finds():
    pytest.importorskip("scipy")
    torch = pytest.importorskip("torch")
    y = (X[:, 0] > 0.3).astype(float)
    w = ag.Tensor(np.zeros(3), requires_grad=True)
    optimizer = nn.LBFGS([w], tolerance=1e-10)
    value = optimizer.step(lambda: nn.binary_cross_entropy(X @ w, y) + nn.ridge([w], 0.1, 1))
    tw = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.LBFGS(
        [tw],
        max_iter=200,
        tolerance_grad=1e-10,
        tolerance_change=1e-15,
        line_search_fn="strong_wolfe",
    )

    def closure():
        theirs.zero_grad()
        loss = (
            torch.nn.functional.binary_cross_entropy_with_logits(
                torch.tensor(X) @ tw, torch.tensor(y)
            )
            + 0.05 * (tw**2).sum()
        )
        loss.backward()
        return loss

    theirs.step(closure)
    np.testing.assert_allclose(w.data, tw.detach().numpy(), atol=1e-6)
    np.testing.assert_allclose(value, closure().item(), rtol=1e-12)
    assert optimizer.result.success


def test_lbfgs_puts_back_the_parameters_where_the_loss_raises():
    pytest.importorskip("scipy")
    net = model()
    before, count = net.state_dict(), [0]

    def loss():
        count[0] += 1
        if count[0] == 3:
            raise ZeroDivisionError
        return nn.mean_squared_error(net(X), Y)

    optimizer = nn.LBFGS(net.parameters())
    with pytest.raises(ZeroDivisionError):
        optimizer.step(loss)
    assert_same(net.state_dict(), before, rtol=0)
    with pytest.raises(TypeError, match=r"step\(lambda"):
        optimizer.step()


def test_lbfgs_fits_what_a_thousand_steps_of_gradient_descent_do_not():
    pytest.importorskip("scipy")
    net, other = model(), model()
    optimizer = nn.LBFGS(net.parameters(), iterations=200)
    value = optimizer.step(lambda: nn.mean_squared_error(net(X), Y))
    trained(other, nn.SGD(other.parameters(), 0.1), 1000, ag.compile)
    assert value < nn.mean_squared_error(other(X), Y).item()


# --- schedules --------------------------------------------------------------------------------

# fmt: off
SCHEDULES = {
    "step": (lambda o: nn.StepDecay(o, 7, 0.5), lambda s, o: s.StepLR(o, 7, 0.5)),
    "exponential": (lambda o: nn.StepDecay(o, 1, 0.9), lambda s, o: s.ExponentialLR(o, 0.9)),
    "cosine": (lambda o: nn.CosineDecay(o, 30, 0.01),
               lambda s, o: s.CosineAnnealingLR(o, 30, 0.01)),
    "warm-up": (lambda o: nn.WarmUp(o, 10, 0.2), lambda s, o: s.LinearLR(o, 0.2, total_iters=10)),
    "warm-up, then cosine":
        (lambda o: nn.WarmUp(o, 10, 0.2, nn.CosineDecay(o, 20)),
         lambda s, o: s.SequentialLR(
             o, [s.LinearLR(o, 0.2, total_iters=10), s.CosineAnnealingLR(o, 20)], [10])),
}
# fmt: on


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_are_pytorch_s(name):
    torch, other = torch_model()
    ours, theirs = SCHEDULES[name]
    optimizer, torch_optimizer = (
        nn.SGD(model().parameters(), 0.3),
        torch.optim.SGD(other.parameters(), 0.3),
    )
    schedule = ours(optimizer)
    torch_schedule = theirs(torch.optim.lr_scheduler, torch_optimizer)
    for _ in range(30):
        expected = torch_optimizer.param_groups[0]["lr"]
        np.testing.assert_allclose(optimizer.learning_rate, expected, rtol=1e-9, atol=1e-12)
        schedule.step()
        torch_optimizer.step()
        torch_schedule.step()


@pytest.mark.oracle
def test_a_plateau_is_pytorch_s():
    torch, other = torch_model()
    optimizer, theirs = nn.SGD(model().parameters(), 0.3), torch.optim.SGD(other.parameters(), 0.3)
    ours = nn.Plateau(optimizer, 0.5, 2, minimum=0.01)
    torch_schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        theirs, factor=0.5, patience=2, min_lr=0.01
    )
    losses = np.round(np.abs(np.random.default_rng(3).normal(size=60)), 2)
    for loss in losses:
        ours.step(loss)
        torch_schedule.step(loss)
        assert optimizer.learning_rate == theirs.param_groups[0]["lr"]
    assert optimizer.learning_rate == 0.01


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_resumes_from_its_state(name):
    make, _ = SCHEDULES[name]
    optimizer = nn.SGD(model().parameters(), 0.3)
    schedule = make(optimizer)
    for _ in range(12):
        schedule.step()
    other = nn.SGD(model().parameters(), 0.3)
    resumed = make(other)
    other.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(schedule.state_dict())
    for _ in range(12):
        schedule.step()
        resumed.step()
        assert other.learning_rate == optimizer.learning_rate


def test_a_schedule_of_a_compiled_step_is_followed():
    runs = []
    for prepare in (lambda step: step, ag.compile):
        net = model()
        optimizer = nn.SGD(net.parameters(), 0.3)
        schedule = nn.WarmUp(optimizer, 4, then=nn.CosineDecay(optimizer, 6))
        runs.append(trained(net, optimizer, 10, prepare, schedule.step))
    assert_same(*runs, rtol=1e-9)


# --- clipping ---------------------------------------------------------------------------------


@pytest.mark.oracle
@pytest.mark.parametrize("limit", [0.1, 100.0])
def test_clipping_is_pytorch_s(limit):
    torch, other = torch_model()
    net = model()
    nn.mean_squared_error(net(X), Y).backward()
    torch.nn.functional.mse_loss(other(torch.tensor(X)), torch.tensor(Y)).backward()
    untouched = [p.grad for p in net.parameters()]
    norm = nn.clip_gradient_norm(net.parameters(), limit)
    np.testing.assert_allclose(norm, torch.nn.utils.clip_grad_norm_(other.parameters(), limit))
    for p, q, g in zip(net.parameters(), other.parameters(), untouched):
        expected = q.grad.numpy().T if p.ndim == 2 else q.grad.numpy()
        np.testing.assert_allclose(p.grad, expected, rtol=1e-12)
        assert p.grad is not g
    nn.clip_gradient_values(net.parameters(), limit / 50)
    torch.nn.utils.clip_grad_value_(other.parameters(), limit / 50)
    for p, q in zip(net.parameters(), other.parameters()):
        expected = q.grad.numpy().T if p.ndim == 2 else q.grad.numpy()
        np.testing.assert_allclose(p.grad, expected, rtol=1e-12)


def test_a_step_that_clips_compiles():
    def training(prepare):
        net = model()
        optimizer = nn.SGD(net.parameters(), 0.5)

        @prepare
        def step():
            optimizer.zero_grad()
            nn.mean_squared_error(net(X), Y).backward()
            norm = nn.clip_gradient_norm(net.parameters(), 0.2)
            nn.clip_gradient_values(net.parameters(), 0.05)
            optimizer.step()
            return norm

        norms = [step() for _ in range(5)]
        return norms, net.state_dict()

    plain, compiled = training(lambda step: step), training(ag.compile)
    np.testing.assert_allclose(plain[0], compiled[0])
    assert_same(plain[1], compiled[1], rtol=1e-9)


MISTAKES = [
    (lambda p: nn.SGD([{"params": p}], 0.1), TypeError, "a group is a dict with 'parameters'"),
    (lambda p: nn.SGD([{"parameters": p, "beta1": 0.1}], 0.1), TypeError, "no setting beta1"),
    (lambda p: nn.SGD([{"parameters": p, "learning_rate": -1}], 0.1), ValueError, "learning_rate"),
    (lambda p: nn.SGD([{"parameters": p}, {"parameters": p}], 0.1), ValueError, "twice"),
    (lambda p: nn.RMSProp(p, decay=1.0), ValueError, r"decay lies in \[0, 1\)"),
    (lambda p: nn.StepDecay(nn.LBFGS(p), 3), TypeError, "a learning rate, not a LBFGS"),
    (lambda p: nn.CosineDecay(p, 3), TypeError, "takes an optimizer"),
    (lambda p: nn.Plateau(nn.SGD(p, 0.1)).step(), TypeError, r"schedule\.step\(loss\)"),
    (lambda p: nn.clip_gradient_norm(p, 1.0), ValueError, r"call loss\.backward\(\) before it"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), MISTAKES)
def test_a_mistake_is_told_with_what_to_write(call, kind, message):
    with pytest.raises(kind, match=message):
        call(model().parameters())


def test_a_copy_of_an_optimizer_is_its_own():
    net = model()
    optimizer = nn.Adam(net.parameters())
    other_net, other = copy.deepcopy((net, optimizer))
    trained(other_net, other, 3)
    assert optimizer.steps == 0
    assert other.parameters[0] is other_net.layers[0].weight
