"""Losses: their formulas, PyTorch's numbers, what they refuse, and that they compile."""

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
A, B = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
LABELS, SIGNS = np.array([0, 2, 1, 1, 0]), np.where(B > 0, 1.0, -1.0)
P = np.abs(B) / np.abs(B).sum(axis=1, keepdims=True)
P[0] = [0.0, 1.0, 0.0]
LOGS = ag.log_softmax(A)
WEIGHTS, POSITIVE = np.array([0.5, 2.0, 1.0]), np.array([3.0, 1.0, 0.5])
IMAGES, IMAGE_LABELS = rng.normal(size=(2, 3, 4)), rng.integers(3, size=(2, 4))
PADDED = np.where(IMAGE_LABELS == 1, -1, IMAGE_LABELS)

# ours, a module of the same, prediction, target, PyTorch's function and its keywords
# fmt: off
LOSSES = {
    "squared_error": (nn.squared_error, nn.SquaredError(), A, B,
                      lambda F, a, b: ((a - b) ** 2).sum() / 10),
    "mse": (nn.mean_squared_error, nn.MeanSquaredError(), A, B, lambda F, a, b: F.mse_loss(a, b)),
    "mae": (nn.mean_absolute_error, nn.MeanAbsoluteError(), A, B, lambda F, a, b: F.l1_loss(a, b)),
    "huber": (nn.huber, nn.Huber(), A, B, lambda F, a, b: F.huber_loss(a, b)),
    "huber 0.3": (lambda a, b: nn.huber(a, b, 0.3), nn.Huber(delta=0.3), A, B,
                  lambda F, a, b: F.huber_loss(a, b, delta=0.3)),
    "cross_entropy": (nn.cross_entropy, nn.CrossEntropy(), A, LABELS,
                      lambda F, a, b: F.cross_entropy(a, b)),
    "cross_entropy smooth":
        (lambda a, b: nn.cross_entropy(a, b, label_smoothing=0.1),
         nn.CrossEntropy(label_smoothing=0.1), A, LABELS,
         lambda F, a, b: F.cross_entropy(a, b, label_smoothing=0.1)),
    "cross_entropy weighted":
        (lambda a, b: nn.cross_entropy(a, b, WEIGHTS), nn.CrossEntropy(class_weights=WEIGHTS),
         A, LABELS, lambda F, a, b: F.cross_entropy(a, b, a.new_tensor(WEIGHTS))),
    "cross_entropy of both":
        (lambda a, b: nn.cross_entropy(a, b, WEIGHTS, 0.2),
         nn.CrossEntropy(class_weights=WEIGHTS, label_smoothing=0.2),
         A, LABELS,
         lambda F, a, b: F.cross_entropy(a, b, a.new_tensor(WEIGHTS), label_smoothing=0.2)),
    "cross_entropy of probabilities":
        (lambda a, b: nn.cross_entropy(a, b, WEIGHTS, 0.2),
         nn.CrossEntropy(class_weights=WEIGHTS, label_smoothing=0.2),
         A, P, lambda F, a, b: F.cross_entropy(a, b, a.new_tensor(WEIGHTS), label_smoothing=0.2)),
    "cross_entropy of images":
        (lambda a, b: nn.cross_entropy(a, b, WEIGHTS, 0.2, axis=1),
         nn.CrossEntropy(class_weights=WEIGHTS, label_smoothing=0.2, axis=1), IMAGES, IMAGE_LABELS,
         lambda F, a, b: F.cross_entropy(a, b, a.new_tensor(WEIGHTS), label_smoothing=0.2)),
    "cross_entropy ignoring":
        (lambda a, b: nn.cross_entropy(a, b, label_smoothing=0.1, ignore_index=2),
         nn.CrossEntropy(label_smoothing=0.1, ignore_index=2), A, LABELS,
         lambda F, a, b: F.cross_entropy(a, b, label_smoothing=0.1, ignore_index=2)),
    "cross_entropy ignoring padding":
        (lambda a, b: nn.cross_entropy(a, b, WEIGHTS, ignore_index=-1, axis=1),
         nn.CrossEntropy(class_weights=WEIGHTS, ignore_index=-1, axis=1), IMAGES, PADDED,
         lambda F, a, b: F.cross_entropy(a, b, a.new_tensor(WEIGHTS), ignore_index=-1)),
    "nll ignoring": (lambda a, b: nn.negative_log_likelihood(a, b, ignore_index=1),
                     nn.NegativeLogLikelihood(ignore_index=1), LOGS, LABELS,
                     lambda F, a, b: F.nll_loss(a, b, ignore_index=1)),
    "nll": (nn.negative_log_likelihood, nn.NegativeLogLikelihood(), LOGS, LABELS,
            lambda F, a, b: F.nll_loss(a, b)),
    "nll weighted":
        (lambda a, b: nn.negative_log_likelihood(a, b, WEIGHTS, axis=1),
         nn.NegativeLogLikelihood(class_weights=WEIGHTS, axis=1), IMAGES, IMAGE_LABELS,
         lambda F, a, b: F.nll_loss(a, b, a.new_tensor(WEIGHTS))),
    "binary_cross_entropy":
        (nn.binary_cross_entropy, nn.BinaryCrossEntropy(), 30 * A, P,
         lambda F, a, b: F.binary_cross_entropy_with_logits(a, b)),
    "binary_cross_entropy weighted":
        (lambda a, b: nn.binary_cross_entropy(a, b, POSITIVE),
         nn.BinaryCrossEntropy(positive_weight=POSITIVE), A, P,
         lambda F, a, b: F.binary_cross_entropy_with_logits(a, b,
         pos_weight=a.new_tensor(POSITIVE))),
    "kl_divergence": (nn.kl_divergence, nn.KLDivergence(), LOGS, P,
                      lambda F, a, b: F.kl_div(a, b, reduction="batchmean")),
    "hinge": (nn.hinge, nn.Hinge(), A, SIGNS, lambda F, a, b: F.relu(1 - b * a).mean()),
}
# fmt: on
every_loss = pytest.mark.parametrize("name", LOSSES)


@pytest.mark.oracle
@every_loss
def test_losses_and_gradients_are_pytorch_s(name):
    torch = pytest.importorskip("torch")
    ours, _, prediction, target, theirs = LOSSES[name]
    x = ag.Tensor(prediction, requires_grad=True)
    tx = torch.tensor(prediction, requires_grad=True)
    loss, expected = ours(x, target), theirs(torch.nn.functional, tx, torch.tensor(target))
    np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-12)
    loss.backward()
    expected.backward()
    np.testing.assert_allclose(x.grad, tx.grad.numpy(), rtol=1e-10, atol=1e-14)


@every_loss
def test_gradients_are_those_of_differences(name):
    ours, _, prediction, target, _ = LOSSES[name]
    ag.check_gradients(lambda x: ours(x, target), prediction)


@every_loss
def test_a_module_is_its_function_and_compiles(name):
    ours, module, prediction, target, _ = LOSSES[name]
    expected = ours(prediction, target)
    np.testing.assert_allclose(module(prediction, target), expected, rtol=1e-12)
    gradient = ag.compile(ag.grad(lambda x, y: module(x, y)))
    for scale in (1.0, 0.5):
        x = scale * prediction
        np.testing.assert_allclose(
            gradient(x, target), ag.grad(ours)(x, target), rtol=1e-9, atol=1e-12
        )


@every_loss
def test_a_loss_keeps_single_precision(name):
    ours, _, prediction, target, _ = LOSSES[name]
    if name == "binary_cross_entropy weighted":
        pytest.skip("its weights are in double precision")
    x = ag.Tensor(prediction, requires_grad=True, dtype=np.float32)
    loss = ours(x, target.astype(np.float32) if target.dtype == float else target)
    assert loss.dtype == np.float32


@every_loss
def test_a_loss_broadcasts_nothing(name):
    ours, module, prediction, target, _ = LOSSES[name]
    wrong = [target[:1], target[..., None], target[0], target.sum(), np.stack([target] * 2)]
    for other in wrong:
        with pytest.raises(ValueError, match=r"shape|integers"):
            ours(ag.Tensor(prediction), other)
    with pytest.raises(TypeError, match="the target is None"):
        module(prediction, None)


@every_loss
def test_reductions_are_of_the_same_losses(name):
    _, module, prediction, target, _ = LOSSES[name]
    if name == "squared_error":
        pytest.skip("it is one number")
    loss = type(module)
    whole = {k: loss(**module.settings, reduction=k) for k in ("none", "sum", "mean")}
    each = whole["none"](prediction, target)
    np.testing.assert_allclose(whole["sum"](prediction, target), each.sum())
    if not {"class_weights", "ignore_index"} & module.settings.keys():
        np.testing.assert_allclose(whole["mean"](prediction, target), each.mean())


def test_extreme_logits_give_finite_losses():
    z = ag.Tensor([-1e4, 1e4], requires_grad=True)
    for loss in (nn.binary_cross_entropy(z, np.array([0.0, 1.0])), nn.cross_entropy(z, 1)):
        z.grad = None
        loss.backward()
        assert loss.item() == 0
        assert np.isfinite(z.grad).all()


def test_lasso_is_its_formula():
    w = [np.array([1.0, -2.0]), np.array([[3.0]])]
    assert nn.lasso(map(ag.Tensor, w), 0.5, 4).item() == pytest.approx(0.5 / 4 * 6)
    ag.check_gradients(lambda *w: nn.lasso(w, 0.5, 7), *w)


MISTAKES = [
    (lambda: nn.mean_squared_error(A[:, :1], A[:, 0]), ValueError, r"target\[\.\.\., None\]"),
    (lambda: nn.cross_entropy(A, LABELS + 0.5), ValueError, "labels are integers"),
    (lambda: nn.cross_entropy(A, LABELS + 1), ValueError, "none of the 3 classes"),
    (lambda: nn.cross_entropy(A, LABELS, WEIGHTS[:2]), ValueError, r"shape \(2,\), not \(3,\)"),
    (lambda: nn.huber(A, B, reduction="avg"), ValueError, "'mean', 'sum' or 'none', not 'avg'"),
    (lambda: nn.Huber(beta=1.0), TypeError, "no setting beta=: its settings are delta, reduction"),
    (lambda: nn.lasso(nn.Linear(2, 3), 0.1, 1), TypeError, "lasso takes a list of weights"),
    (lambda: nn.hinge(nn.Tanh(), A), TypeError, r"is a Tanh: give model\(X\)"),
]


@pytest.mark.parametrize(("call", "kind", "message"), MISTAKES)
def test_a_mistake_is_told_with_what_to_write(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
