"""A small convolutional network for images of MNIST's size."""

import numpy as np

from .networks import cross_entropy_by_hand
from .table import Workload, normal

SIDE = 5  # of a kernel


def _array(rng, batch, side, channels, classes):
    first, second = channels
    K1 = normal(rng, first, 1, SIDE, SIDE, fan=SIDE**2)
    K2 = normal(rng, second, first, SIDE, SIDE, fan=first * SIDE**2)
    left = ((side - SIDE + 1) // 2 - SIDE + 1) // 2
    W = normal(rng, second * left**2, classes, fan=second * left**2)
    b = np.zeros(classes, "float32")
    labels = rng.integers(classes, size=batch)
    return [K1, K2, W, b], [normal(rng, batch, 1, side, side), labels]


def _loss(np, K1, K2, W, b, X, labels):
    x = np.max_pool(np.relu(np.conv(X, K1)), 2)
    x = np.max_pool(np.relu(np.conv(x, K2)), 2)
    return np.mean_cross_entropy(x.reshape(len(labels), -1) @ W + b, labels)


def _torch(torch, K1, K2, W, b, X, labels):
    f = torch.nn.functional
    x = f.max_pool2d(f.relu(f.conv2d(X, K1)), 2)
    x = f.max_pool2d(f.relu(f.conv2d(x, K2)), 2)
    return f.cross_entropy(torch.addmm(b, x.flatten(1), W), labels)


# --- by hand: a convolution is a product with the columns under the kernel ------------------------


def _columns(x):
    """(batch, channels, height, width) -> (batch, positions, channels * SIDE * SIDE)"""
    under = np.lib.stride_tricks.sliding_window_view(x, (SIDE, SIDE), axis=(2, 3))
    batch, channels, height, width = under.shape[:4]
    return under.transpose(0, 2, 3, 1, 4, 5).reshape(batch, height * width, channels * SIDE**2)


def _convolve(columns, kernel, side):
    out = columns @ kernel.reshape(len(kernel), -1).T
    return out.transpose(0, 2, 1).reshape(len(columns), len(kernel), side, side)


def _kernel_share(g, columns, kernel):
    g = g.reshape(*g.shape[:2], -1).transpose(1, 0, 2).reshape(len(kernel), -1)
    return (g @ columns.reshape(-1, columns.shape[2])).reshape(kernel.shape)


def _image_share(g, kernel, shape):
    batch, _, height, width = g.shape
    columns = g.reshape(*g.shape[:2], -1).transpose(0, 2, 1) @ kernel.reshape(len(kernel), -1)
    columns = columns.reshape(batch, height, width, shape[1], SIDE, SIDE)
    dx = np.zeros(shape, g.dtype)
    for i, j in np.ndindex(SIDE, SIDE):
        dx[:, :, i : i + height, j : j + width] += columns[..., i, j].transpose(0, 3, 1, 2)
    return dx


def _pool(x):
    """The largest of each 2 x 2 elements, and where they are."""
    batch, channels, height, width = x.shape
    windows = x.reshape(batch, channels, height // 2, 2, width // 2, 2)
    out = windows.max(axis=(3, 5))
    return out, windows == out[:, :, :, None, :, None]


def _pool_share(g, hit):
    """Ties are of elements that the ReLU made 0, and stops: no need to share."""
    g = g[:, :, :, None, :, None] * hit
    return g.reshape(*g.shape[:2], g.shape[2] * 2, g.shape[4] * 2)


def _by_hand(K1, K2, W, b, X, labels):
    side1 = X.shape[2] - SIDE + 1
    side2 = side1 // 2 - SIDE + 1
    columns1 = _columns(X)
    h1 = np.maximum(_convolve(columns1, K1, side1), 0)
    p1, hit1 = _pool(h1)
    columns2 = _columns(p1)
    h2 = np.maximum(_convolve(columns2, K2, side2), 0)
    p2, hit2 = _pool(h2)
    flat = p2.reshape(len(X), -1)
    loss, dz = cross_entropy_by_hand(flat @ W + b, labels)
    dh2 = _pool_share((dz @ W.T).reshape(p2.shape), hit2) * (h2 > 0)
    dh1 = _pool_share(_image_share(dh2, K2, p1.shape), hit1) * (h1 > 0)
    shares = [_kernel_share(dh1, columns1, K1), _kernel_share(dh2, columns2, K2)]
    return loss, [*shares, flat.T @ dz, np.sum(dz, axis=0)]


CONVOLUTION = Workload(
    name="convolution",
    title="images 28 x 28, batch 32, float32: two 5 x 5 convolutions, ReLU, max pooling; softmax",
    data=_array,
    sizes={"batch": 32, "side": 28, "channels": (8, 16), "classes": 10},
    small={"batch": 2, "side": 16, "channels": (2, 2), "classes": 3},
    loss=_loss,
    by_hand=_by_hand,
    idioms={"torch": _torch},
)
