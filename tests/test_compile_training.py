"""`compile`: training steps are the steps of the function itself."""

import numpy as np
import pytest
from compiled import OPTIMIZERS, A, B, Training, agree

import autograd_lite as ag
import nn


def test_gradients_of_leaves_around_it_are_left_on_them():
    w = ag.Tensor(A, requires_grad=True)

    @ag.compile
    def f(x):
        loss = np.sum(w * x)
        loss.backward()
        return loss

    for i in (1, 2, 3):
        f(B[:, 0])
        np.testing.assert_allclose(w.grad, i * B[:, 0])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_200_compiled_steps_are_200_steps(optimizer, traced):
    plain, compiled = Training(optimizer), Training(optimizer)
    step = ag.compile(compiled.step)
    for i in range(200):
        if i == 100:
            plain.optimizer.learning_rate = compiled.optimizer.learning_rate = 0.01
        if i == 150:
            for training in (plain, compiled):
                training.model.load_state_dict(Training("sgd", rng=9).model.state_dict())
        loss = plain.step(plain.X, plain.y)
        np.testing.assert_allclose(step(plain.X, plain.y), loss.data, rtol=1e-9)
    assert plain.differs_from(compiled) < 1e-9
    assert len(traced) == 2  # without gradients yet, and with
    for p, q in zip(plain.model.parameters(), compiled.model.parameters()):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-7, atol=1e-12)
        assert isinstance(q.grad, np.ndarray)
        assert isinstance(q.numpy(), np.ndarray)
    assert vars(plain.optimizer).keys() == vars(compiled.optimizer).keys()


def test_changes_of_a_model_are_noticed(traced):
    plain, compiled = Training("sgd"), Training("sgd")
    step = ag.compile(compiled.step)

    def both(change=lambda training: None):
        for training in (plain, compiled):
            change(training)
        for _ in range(2):
            np.testing.assert_allclose(
                step(plain.X, plain.y), plain.step(plain.X, plain.y).data, rtol=1e-12
            )
        assert plain.differs_from(compiled) < 1e-12

    def freeze(training):
        training.model.layers[0].weight.requires_grad = False

    def replace(training):
        training.model.layers[1] = nn.Sigmoid()

    def rebind(training):
        training.model.layers[0].bias.data = np.ones(3)

    def insert(training):
        training.model.layers.insert(1, nn.ReLU())

    both()
    count = len(traced)
    both(rebind)
    assert len(traced) == count
    both(replace)
    both(insert)
    both(freeze)
    before = compiled.model.layers[0].weight.data.copy()
    both()
    np.testing.assert_array_equal(compiled.model.layers[0].weight.data, before)


def test_a_flag_of_a_module_is_noticed():
    class Block(nn.Module):
        def __init__(self):
            self.training = True
            self.layer = nn.Linear(3, 1, rng=0)

        def forward(self, x):
            return self.layer(x) * (0.5 if self.training else 1.0)

    block = Block()
    f = ag.compile(lambda x: block(x))
    for block.training in (True, False, True):
        assert agree(block(A).data, f(A))


def test_a_model_is_an_argument_too(traced):
    f = ag.compile(lambda model, x: model(x))
    one, other = (Training("sgd", rng).model for rng in (0, 1))
    x = np.ones((2, 2))
    for _ in range(2):
        for model in (one, other):
            assert agree(model(x).data, f(model, x))
            model.layers[0].bias.data = np.ones(3)
            assert agree(model(x).data, f(model, x))


def test_hooks_are_part_of_the_step():
    plain, compiled = Training("sgd"), Training("sgd")
    step = ag.compile(compiled.step)
    hooks, factor = [], [0.1]
    for i in range(6):
        if i == 2:
            hooks = [
                t.model.parameters()[0].register_hook(lambda g: g * factor[0])
                for t in (plain, compiled)
            ]
        if i == 3:
            factor[0] = 0.2
        if i == 4:
            for hook in hooks:
                hook.remove()
        step(plain.X, plain.y)
        plain.step(plain.X, plain.y)
        assert plain.differs_from(compiled) < 1e-12


def test_a_hook_that_is_a_function_of_numpy_is_noticed():
    w = ag.Tensor(A, requires_grad=True)

    @ag.compile
    def f(x):
        w.grad = None
        np.sum(w * x).backward()
        return x

    f(A)
    with w.register_hook(np.negative):
        f(A)
        np.testing.assert_array_equal(w.grad, -A)
    f(A)
    np.testing.assert_array_equal(w.grad, A)


def test_parts_of_scalar_tensors_stay_arrays():
    w = ag.Tensor(2.0, requires_grad=True)
    optimizer = nn.SGD([w], 0.25)

    @ag.compile
    def step(x):
        optimizer.zero_grad()
        loss = np.sum(w * x)
        loss.backward()
        optimizer.step()
        return loss

    for value in (2.0, 1.5, 1.0):
        assert step(A) == value * 2
        assert type(w._array) is type(w.node.grad) is np.ndarray
        assert w.data == value - 0.5


def test_dropout_with_a_mask_as_an_argument_compiles():
    model = Training("sgd").model

    @ag.compile
    def f(X, mask):
        return model.layers[2](model.layers[1](model.layers[0](X)) * mask)

    rng = np.random.default_rng(0)
    X = rng.normal(size=(4, 2))
    for _ in range(2):
        mask = ag.dropout_mask((4, 3), 0.5, rng)
        assert agree(f.__wrapped__(X, mask).data, f(X, mask))


UPDATES = [
    "w.data -= 0.1 * w.grad",
    "w.data[1:] -= 0.1 * w.grad[1:]",
    "w.data[...] = w.data - 0.1 * w.grad",
    "d = w.data; d -= 0.1 * w.grad",
    "w.data.fill(x[0])",
    "before = w.data; w.data = w.data * 2; w.data = before + 1",
    "w.grad *= 0.5",
    "w.grad.zero_()",
    "with ag.no_grad(): w -= 0.1 * w.grad",
    "with ag.no_grad(): w[0] = x[1]",
    "with ag.no_grad(): w.flat[1] = x[1]",
    "with ag.no_grad(): np.clip(w, -1, 2, out=w)",
    "with ag.no_grad():\n  v = w[1:]; v *= 0.5",
]


@pytest.mark.parametrize("update", UPDATES)
def test_a_step_by_hand_is_compiled_as_it_is_written(update):
    code = compile(update, "update", "exec")

    def trained(step_of):
        w = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)

        def step(x):
            w.grad = None
            loss = np.sum((w - x) ** 2)
            loss.backward()
            exec(code, {"w": w, "x": x, "np": np, "ag": ag})
            return loss.detach()

        step = step_of(step)
        losses = [step(np.array([0.0, 1.0, k])).item() for k in range(3)]
        return losses, w.tolist(), w.grad.tolist()

    for got, expected in zip(trained(ag.compile), trained(lambda step: step), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_gradients_that_are_zero_but_for_rounding_are_no_difference():
    x, labels = np.random.default_rng(0).random((4, 2, 4, 4)).astype("float32"), np.arange(4)
    for seed in range(6):
        settings = {"rng": np.random.default_rng(seed), "dtype": np.float32}
        conv, norm = nn.Conv2d(2, 256, 3, **settings), nn.BatchNorm(256, dtype=np.float32)
        head = nn.Linear(1024, 10, **settings)
        model = nn.Sequential(conv, norm, nn.ReLU(), nn.Flatten(), head)

        def bias_gradient(x, model=model, conv=conv):
            model.zero_grad()
            nn.cross_entropy(model(x), labels).backward()
            return conv.bias.grad

        compiled = ag.compile(bias_gradient)(x)
        np.testing.assert_allclose(compiled, bias_gradient(x), rtol=0, atol=1e-7)
