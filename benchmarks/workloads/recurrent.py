"""A long short-term memory (Hochreiter and Schmidhuber, 1997), and its last state."""

import dataclasses

from .table import Workload, normal


def _array(rng, steps, batch, units):
    Wx = normal(rng, units, 4 * units, fan=units)
    Wh = normal(rng, units, 4 * units, fan=units)
    b = normal(rng, 4 * units, fan=units)
    return [Wx, Wh, b], [normal(rng, steps, batch, units), normal(rng, batch, units)]


def _step(np, Wx, Wh, b, h, c, x):
    z = x @ Wx + h @ Wh + b
    n = c.shape[1]
    enter, forget, leave = (np.sigmoid(z[:, k * n : (k + 1) * n]) for k in (0, 1, 3))
    c = forget * c + enter * np.tanh(z[:, 2 * n : 3 * n])
    return leave * np.tanh(c), c


def _loss(np, Wx, Wh, b, X, y):
    h, c = np.zeros_like(y), np.zeros_like(y)
    for x in X:
        h, c = _step(np, Wx, Wh, b, h, c, x)
    return np.mean((h - y) ** 2)


def _our_scan(np, Wx, Wh, b, X, y):
    import autograd_lite as ag

    start = np.zeros_like(y), np.zeros_like(y)
    (h, _), _ = ag.scan(lambda state, x: (_step(np, Wx, Wh, b, *state, x), None), start, X)
    return np.mean((h - y) ** 2)


def _torch(torch, Wx, Wh, b, X, y):
    """What torch.nn.LSTM calls, with the parameters as they are here."""
    zero, start = torch.zeros_like(b), torch.zeros_like(y)[None]
    parameters = [Wx.T, Wh.T, b, zero]
    _, h, _ = torch.lstm(X, (start, start), parameters, True, 1, 0.0, True, False, False)
    return torch.nn.functional.mse_loss(h[0], y)


def _scan(jax, Wx, Wh, b, X, y):
    np = jax.numpy

    def step(state, x):
        h, c = state
        enter, forget, new, leave = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
        c = jax.nn.sigmoid(forget) * c + jax.nn.sigmoid(enter) * np.tanh(new)
        return (jax.nn.sigmoid(leave) * np.tanh(c), c), None

    (h, _), _ = jax.lax.scan(step, (np.zeros_like(y), np.zeros_like(y)), X)
    return np.mean((h - y) ** 2)


LSTM = Workload(
    name="LSTM",
    title="an LSTM of 50 steps, batch 16, 64 units, float32",
    data=_array,
    sizes={"steps": 50, "batch": 16, "units": 64},
    small={"steps": 3, "batch": 2, "units": 3},
    loss=_loss,
    idioms={"torch": _torch, "jax": _scan},
    unfit={"torch.compile": "it cannot trace torch.lstm"},
)

SCAN = dataclasses.replace(
    LSTM,
    name="LSTM scan",
    title=f"{LSTM.title}; ag.scan",
    idioms={**LSTM.idioms, "autograd_lite": _our_scan},
)
