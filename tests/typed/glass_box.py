"""The transforms, the glass box and tensors to fill, with types."""

from typing import Any

import numpy as np
import numpy.typing as npt

import autograd_lite as ag


def f(p: dict[str, Any]) -> Any:
    return (
        np.sum(ag.softmax(p["a"]) * p["b"])
        + ag.logsumexp(p["a"])
        + ag.cross_entropy(p["a"], np.array(0))
    )


print(ag.grad(f)({"a": np.ones(2), "b": 2.0}))
value, slope = ag.value_and_grad(f)({"a": np.ones(2), "b": 2.0})
print(ag.hessian(lambda x: np.sum(x**3))(np.ones(2)), ag.jacobian(np.exp)(np.ones(2)))
W = ag.Tensor(np.ones((2, 2)), requires_grad=True, name="W")
loss = np.sum(W**2)
report = ag.compare(loss, {"W": 2 * W.numpy()})
print(
    bool(report),
    report.summary,
    report["W"].verdict,
    report.json(),
    report.markdown(),
    ag.derive(loss),
)
print(ag.draw(loss).dot, ag.play(loss).computes)
ag.compare(lambda w: np.sum(w**2), lambda w: 2 * w, np.ones(2), rtol=1e-6).raise_if_bad()
print(ag.compare(lambda w, b: np.sum(w * b), (1.0, 2.0), 2.0, b=1.0).votes)
ag.check_gradients(np.tanh, np.ones(3), order=2)
ag.compare_function(lambda x: np.sum(x**2), lambda x: 2 * x, np.ones(3)).raise_if_bad()
fast = ag.compile(lambda x: np.sum(x**2))
print(fast(np.ones(3)), fast.source(np.ones(3)))
x = ag.zeros((2, 3))
x[0] = W[0, 0]
x += 1
y = ag.relu(x) + ag.sigmoid(x) + ag.softplus(x) + ag.dropout(x, 0.5, np.random.default_rng(0))
with ag.detect_anomaly():
    y.sum().backward()
with W.register_hook(lambda g: 2 * g):
    pass
cube = ag.elementwise(lambda x: x * x * x, lambda g, out, x: g * 3 * x * x)
print(cube(y), ag.ones(3) + ag.arange(3), ag.full((2,), 1.0), ag.flatten({"a": np.ones(2)}))


@ag.no_grad()
def evaluate(x: npt.NDArray[np.float64]) -> ag.Tensor:
    return ag.Tensor(x) + 1


@ag.compile
def step(x: npt.NDArray[np.float64]) -> Any:
    return x + 1


for row in W:
    print(row.numpy())
if W.sum() > 1 and float(W.detach().sum()) > 0:
    print(W.argmax(), W.T.shape, len(W), f"{W.sum().item():.3f}")
