"""The README's first example, with its arrays annotated."""

import numpy as np
import numpy.typing as npt

import autograd_lite as ag

Array = npt.NDArray[np.float64]

X: Array = np.array([[1.0, 0.0], [0.0, 1.0]])
W = ag.Tensor([[0.5], [-1.0]], requires_grad=True)
h = np.tanh(X @ W)
loss = np.sum((h - 1.0) ** 2)
loss.backward()
print(W.grad.round(4))


def error(X: Array, W: ag.Tensor) -> ag.Tensor:
    loss: ag.Tensor = np.sum((np.tanh(X @ W) - 1.0) ** 2)
    return loss


def mean(W: ag.Tensor) -> ag.Tensor:
    average: ag.Tensor = np.mean((W - 1.0) ** 2, axis=0)
    return average


def operators(X: Array, W: ag.Tensor) -> ag.Tensor:
    total = (
        (W + 1) * W - W / 2.0 + W**2 - abs(-W) + W @ W + 2.0 * W + W[0] + W.T.sum() + W.reshape(-1)
    )
    return np.sum(total) + np.max(W) + np.float64(2.0) * W


error(X, W).backward()
np.sum(X @ W).backward()
np.mean(X @ W).backward()
(X - W).sum().backward()
(W - X).mean().backward()
shape: tuple[int, ...] = W.shape
value: float = W[0, 0].item()
with ag.no_grad():
    W.data = W.data - 0.1 * W.grad
[slope] = ag.gradients(error(X, W), [W])
