"""What the functions mean that NumPy has no name for: plain NumPy, straight from the formula.

Their numeric derivatives are the truth that the libraries are held against.
"""

import numpy as np
from numpy import arccos, arcsin, arcsinh, arctan, arctanh, exp, log, tanh
from scipy.special import erf

# --- element by element ---------------------------------------------------------------------------


def sec(x):
    return 1 / np.cos(x)


def csc(x):
    return 1 / np.sin(x)


def cot(x):
    return 1 / np.tan(x)


def sech(x):
    return 1 / np.cosh(x)


def csch(x):
    return 1 / np.sinh(x)


def coth(x):
    return 1 / tanh(x)


def arcsec(x):
    return arccos(1 / x)


def arccsc(x):
    return arcsin(1 / x)


def arccot(x):
    return np.where(x >= 0, 0.5 * np.pi, -0.5 * np.pi) - arctan(x)


def arccsch(x):
    return arcsinh(1 / x)


def arccoth(x):
    return arctanh(1 / x)


def relu(x):
    return np.maximum(x, 0)


def leaky_relu(x, slope):
    return np.where(x > 0, x, slope * x)


def elu(x, alpha):
    return np.where(x > 0, x, alpha * (exp(x) - 1))


def selu(x):
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def sigmoid(x):
    return 1 / (1 + exp(-x))


def glu(x):
    first, second = np.split(x, 2, axis=-1)
    return first * sigmoid(second)


def hard_tanh(x):
    return np.clip(x, -1, 1)


def soft_sign(x):
    return x / (1 + np.abs(x))


def softplus(x):
    return log(1 + exp(x))


def gelu(x):
    return x * (1 + erf(x / np.sqrt(2))) / 2


def silu(x):
    return x * sigmoid(x)


def mish(x):
    return x * tanh(softplus(x))


def hardswish(x):
    return x * np.clip(x + 3, 0, 6) / 6


def logsigmoid(x):
    return log(sigmoid(x))


# --- arrays ---------------------------------------------------------------------------------------


def softmax(x, axis=-1):
    return exp(x) / np.sum(exp(x), axis=axis, keepdims=True)


def logsoftmax(x):
    return log(softmax(x))


def make_diagonal(x, axis1=-1, axis2=-2):
    return x[..., None] * np.eye(x.shape[-1])


def add_sequence(*xs):
    return sum(xs)


def multiply_sequence(x, *xs):
    return x * multiply_sequence(*xs) if xs else x


def multi_matmul(xs):
    return np.linalg.multi_dot(xs)


# --- layers ---------------------------------------------------------------------------------------


def conv_nd(x, w, stride, padding):
    """Cross-correlation of (batch, channels, height, width) with (filters, channels, h, w)."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("nchwij,fcij->nfhw", windows[:, :, ::stride, ::stride], w)


def conv_transpose(x, w, stride):
    """Every element puts a copy of its filters; w is (channels, filters, h, w)."""
    height, width = ((n - 1) * stride + k for n, k in zip(x.shape[2:], w.shape[2:]))
    out = np.zeros((x.shape[0], w.shape[1], height, width))
    for i, j in np.ndindex(x.shape[2:]):
        here = np.s_[
            :, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]
        ]
        out[here] += np.einsum("nc,cfij->nfij", x[:, :, i, j], w)
    return out


def _pools(x, pool, stride):
    return np.lib.stride_tricks.sliding_window_view(x, pool, axis=(-2, -1))[
        ..., ::stride, ::stride, :, :
    ]


def max_pool(x, pool, stride):
    return np.max(_pools(x, pool, stride), axis=(-2, -1))


def avg_pool(x, pool, stride):
    return np.mean(_pools(x, pool, stride), axis=(-2, -1))


def batchnorm(x, gamma, beta, eps):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) * gamma + beta


def layernorm(x, gamma, beta, eps=1e-5):
    deviation = x - x.mean(axis=-1, keepdims=True)
    return deviation / np.sqrt(x.var(axis=-1, keepdims=True) + eps) * gamma + beta


def gru(x, Uz, Wz, bz, Ur, Wr, br, Uh, Wh, bh):
    """All states, the first of them zero; s = (1 - z) h + z s."""
    states = [np.zeros((x.shape[1], Wz.shape[0]))]
    for row in x:
        s = states[-1]
        z = sigmoid(row @ Uz + s @ Wz + bz)
        r = sigmoid(row @ Ur + s @ Wr + br)
        h = tanh(row @ Uh + (r * s) @ Wh + bh)
        states.append((1 - z) * h + z * s)
    return np.stack(states)


def lstm(x, U, W, b):
    """All outputs; the columns are the input, forget, cell and output gates."""
    h = c = np.zeros((x.shape[1], W.shape[0]))
    outputs = []
    for row in x:
        i, f, g, o = np.split(row @ U + h @ W + b, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        outputs.append(h)
    return np.stack(outputs)


def embedding(rows, w):
    return w[rows]


def dropout(x, p, seed):
    kept = np.random.default_rng(seed).random(x.shape) >= p
    return x * kept / (1 - p)


def scaled_dot_product_attention(q, k, v):
    return softmax(q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])) @ v


# --- losses ---------------------------------------------------------------------------------------


def _chosen(x, labels):
    return x[np.arange(len(labels)), labels]


def softmax_crossentropy(x, labels):
    return -np.mean(_chosen(logsoftmax(x), labels))


def negative_log_likelihood(x, labels):
    return -np.mean(_chosen(x, labels))


def multiclass_hinge(x, labels, hinge=1.0):
    excess = np.maximum(x - _chosen(x, labels)[:, None] + hinge, 0)
    return np.mean(np.sum(excess, axis=1) - hinge)


def margin_ranking_loss(x, y, signs, margin):
    return np.mean(np.maximum(margin - signs * (x - y), 0))


def focal_loss(p, labels, gamma):
    p = _chosen(p, labels)
    return -((1 - p) ** gamma) * log(p)


def softmax_focal_loss(x, labels, gamma):
    return focal_loss(softmax(x), labels, gamma)


def mse_loss(x, y):
    return np.mean((x - y) ** 2)


def binary_crossentropy_logits(x, y):
    return -np.mean(y * log(sigmoid(x)) + (1 - y) * log(1 - sigmoid(x)))


def huber_loss(x, y, delta=1.0):
    gap = np.abs(x - y)
    return np.mean(np.where(gap < delta, gap * gap / 2, delta * (gap - delta / 2)))


def kl_div(p, q):
    return np.sum(p * log(p / q))


def ctc_loss(scores, labels, blank=0):
    """Minus the log of the summed probability of all alignments; scores are (time, classes)."""
    p = softmax(scores)
    extended = [blank]
    for label in labels:
        extended += [label, blank]
    alpha = [p[0, s] for s in extended[:2]] + [0.0] * (len(extended) - 2)
    for row in p[1:]:
        before, alpha = alpha, []
        for s, label in enumerate(extended):
            skips = s > 1 and label not in (blank, extended[s - 2])
            alpha.append(row[label] * sum(before[max(s - 1 - skips, 0) : s + 1]))
    return -log(alpha[-1] + alpha[-2])
