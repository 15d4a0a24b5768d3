"""backward(keep_tape=False) gives the values of the tape back as it passes them."""

import weakref

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.tape import history

X = np.array([[0.5, -1.5], [2.0, 0.25]])


def variable():
    return ag.Tensor(X, requires_grad=True)


def where_with_nan(W):
    return np.sum(np.where(W > 0, np.sqrt(W), W**2))


PROGRAMS = {
    "products": lambda W: np.sum(np.tanh(W @ W) * W),
    "several results": lambda W: np.sum(np.linalg.eigh(W @ W.T)[0] ** 2) + W[0, 0],
    "sequences": lambda W: np.sum(np.concatenate([W, W * 2, W]) ** 3),
    "the branch not taken": where_with_nan,
    "checkpoint": lambda W: np.sum(ag.checkpoint(lambda x: np.tanh(x @ x))(W)),
}


@pytest.mark.filterwarnings("ignore:invalid value encountered in sqrt")
@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_the_gradient_is_the_same(f):
    kept, freed = variable(), variable()
    f(kept).backward()
    f(freed).backward(keep_tape=False)
    assert np.isfinite(freed.grad).all()
    np.testing.assert_allclose(freed.grad, kept.grad, rtol=1e-15)


@pytest.mark.filterwarnings("ignore:(invalid|divide)")
def test_a_nan_that_arrives_makes_the_pass_a_careful_one():
    """What was given back is computed again, but not what is no function of the tape."""
    mask, calls = np.linspace(-1, 1, 400).reshape(20, 20), []

    def counted(x):
        calls.append(x)
        return x * len(calls)

    noisy = ag.elementwise(counted, lambda g, out, x: g * out / x)

    def f(W, b):
        h = np.concatenate([noisy(W + b), np.outer(b, b)])[:20] * mask
        first, others = np.linalg.eigh(h @ h.T)[0][0], np.where(W > 0, np.log(W) / W, np.tanh(h))
        return np.sum(others * ag.checkpoint(np.exp)(h)) + first

    gradients = []
    for keep_tape in (True, False):
        calls.clear()
        W, b = (ag.Tensor(x, requires_grad=True) for x in (mask.copy(), mask[0].copy()))
        loss = f(W, b)
        W.data = W.data * 0  # the call has the value from before
        loss.backward(keep_tape=keep_tape)
        gradients.append([W.grad, b.grad])
    assert len(calls) == 1
    for kept, freed in zip(*gradients, strict=True):
        assert np.isfinite(kept).all()
        np.testing.assert_array_equal(freed, kept)


def test_values_are_gone_when_the_walk_has_passed_them():
    W = variable()
    inner = W @ W
    gone = weakref.ref(inner._array)
    loss = np.sum(np.tanh(inner))
    alive = []
    W.register_hook(lambda g: alive.append(gone() is not None))
    del inner
    assert gone() is not None
    loss.backward(keep_tape=False)
    assert gone() is None
    assert loss.item() == np.sum(np.tanh(X @ X))


def test_values_that_are_held_stay():
    W = variable()
    h = np.tanh(W)
    np.sum(h * h).backward(keep_tape=False)
    np.testing.assert_array_equal(h.numpy(), np.tanh(X))
    np.testing.assert_allclose(W.grad, 2 * np.tanh(X) * (1 - np.tanh(X) ** 2))


def test_a_freed_tape_says_so():
    W = variable()
    h = W * W
    loss = np.sum(h)
    loss.backward(keep_tape=False)
    before = W.grad.copy()
    for use in (loss.backward, np.sum(h).backward, lambda: ag.gradients(loss, [W])):
        with pytest.raises(ValueError, match=r"this part of the tape is gone.*keep_tape=False"):
            use()
    for use in (lambda: ag.draw(loss), lambda: history(loss.node)):
        with pytest.raises(ValueError, match="this part of the tape is gone"):
            use()
    np.testing.assert_array_equal(W.grad, before)
    assert "op=freed" in repr(loss)


def test_hooks_are_called_and_anomalies_found():
    W = variable()
    seen = []
    h = W * 2
    h.register_hook(seen.append)
    np.sum(h**2).backward(keep_tape=False)
    np.testing.assert_array_equal(seen[0], 4 * X)
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError, match="the derivative of sqrt"):
        np.sum(np.sqrt(W * 0)).backward(keep_tape=False)


def test_another_loss_cannot_use_what_is_freed():
    W = variable()
    shared = W * 3
    one, other = np.sum(shared), np.sum(np.exp(shared))
    one.backward(keep_tape=False)
    with pytest.raises(ValueError, match="is gone"):
        other.backward()
