"""`review` of hand-written backward passes of layers: `nn` computes forward, people backward.

A line with ``#! other`` behind it, or below, is right as it stands, and wrong as ``other``.
"""

import pytest
from reviewed import flat, load, with_mistake

import autograd_lite as ag
import nn

HEAD = """\
import numpy as np
import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
ROWS, SEQUENCE = rng.normal(size=(4, 3)), rng.normal(size=(2, 5, 4))
TARGET = rng.normal(size=(4, 3))
LINE, GRID = rng.normal(size=(3, 2, 9)), rng.normal(size=(2, 2, 6, 6))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def plain(layer):
    # With arrays in the places of its parameters a layer computes on arrays.
    for module in layer.modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, ag.Tensor) and value.requires_grad:
                setattr(module, name, value.data)
    return layer


"""

# Of every layer and loss: what a program calls `layer`, its arguments, and the lines of `run`;
# `out` is the layer's result, and `dout` the gradient of the loss with respect to it.
PROGRAMS = {
    "Linear": ("nn.Linear(3, 2, rng=0)", "x, W, b = ROWS, *(layer.weight, layer.bias)", """
        layer.weight, layer.bias = W, b
        out = layer(x)
        ---
        dW = x.T @ dout  #! dW = x.T @ out
        db = dout.sum(axis=0)
        dx = dout @ W.T
        """, "x=dx, W=dW, b=db"),
    "Embedding": ("nn.Embedding(5, 3, rng=0)", "E, = layer.weight,", """
        layer.weight = E
        codes = np.array([0, 4, 2, 4])
        out = layer(codes)
        ---
        dE = np.zeros_like(E)
        np.add.at(dE, codes, dout)  #! dE[codes] += dout
        """, "E=dE"),
    "Conv1d": ("nn.Conv1d(2, 3, 3, rng=0)", "x, K, b = LINE, *(layer.weight, layer.bias)", """
        layer.weight, layer.bias = K, b
        out = layer(x)
        ---
        dK, dx = np.zeros_like(K), np.zeros_like(x)
        for t in range(out.shape[2]):
            g = dout[:, :, t]
            dK += np.einsum("no,nik->oik", g, x[:, :, t : t + 3])
            part = np.einsum("no,oik->nik", g, K)
            dx[:, :, t : t + 3] += part  #! dx[:, :, t : t + 3] = part
        db = dout.sum(axis=(0, 2))
        """, "x=dx, K=dK, b=db"),
    "Conv2d": ("nn.Conv2d(2, 3, 3, rng=0)", "x, K, b = GRID, *(layer.weight, layer.bias)", """
        layer.weight, layer.bias = K, b
        out = layer(x)
        ---
        dK, dx = np.zeros_like(K), np.zeros_like(x)
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                g = dout[:, :, i, j]
                dK += np.einsum("no,nihw->oihw", g, x[:, :, i : i + 3, j : j + 3])
                dx[:, :, i : i + 3, j : j + 3] += np.einsum("no,oihw->nihw", g, K)
        db = dout.sum(axis=(0, 2, 3))  #! db = dout.mean(axis=(0, 2, 3))
        """, "x=dx, K=dK, b=db"),
    "MaxPool": ("nn.MaxPool(2)", "x, = GRID,", """
        out = layer(x)
        ---
        is_max = x == np.repeat(np.repeat(out, 2, axis=2), 2, axis=3)
        spread = np.repeat(np.repeat(dout, 2, axis=2), 2, axis=3)
        dx = spread * is_max  #! dx = spread * (x > 0)
        """, "x=dx"),
    "AveragePool": ("nn.AveragePool(2)", "x, = GRID,", """
        out = layer(x)
        ---
        spread = np.repeat(np.repeat(dout, 2, axis=2), 2, axis=3)
        dx = spread / 4  #! dx = spread / 2
        """, "x=dx"),
    "Flatten": ("nn.Flatten()", "x, = GRID,", """
        out = layer(x)
        ---
        dx = dout.reshape(x.shape)  #! dx = -dout.reshape(x.shape)
        """, "x=dx"),
    "LayerNorm": (
        "nn.LayerNorm(4)",
        "x, s, b = SEQUENCE, np.array([1.0, 0.8, 1.3, 0.9]), 0.1 * np.ones(4)", """
        layer.weight, layer.bias = s, b
        out = layer(x)
        ---
        mean, var = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
        deviation = np.sqrt(var + 1e-5)
        n = (x - mean) / deviation
        ds = (dout * n).sum(axis=(0, 1))
        db = dout.sum(axis=(0, 1))
        dn = dout * s
        along = n * (dn * n).mean(axis=-1, keepdims=True)  #! along = n * n.mean(axis=-1)[..., None]
        dx = (dn - dn.mean(axis=-1, keepdims=True) - along) / deviation
        """, "x=dx, s=ds, b=db"),
    "BatchNorm": (
        "nn.BatchNorm(3)",
        "x, s, b = ROWS, np.array([1.0, 0.8, 1.3]), 0.1 * np.ones(3)", """
        layer.weight, layer.bias = s, b
        out = layer(x)
        ---
        m = len(x)
        centred = x - x.mean(axis=0)
        inv = 1 / np.sqrt(x.var(axis=0) + 1e-5)
        n = centred * inv
        ds = np.sum(dout * n, axis=0)
        db = np.sum(dout, axis=0)
        dn = dout * s
        inner = m * dn - dn.sum(axis=0)
        inner = inner - n * np.sum(dn * n, axis=0)  #! inner = inner + n * np.sum(dn * n, axis=0)
        dx = inv / m * inner
        """, "x=dx, s=ds, b=db"),
    "GroupNorm": (
        "nn.GroupNorm(1, 3)",
        "x, s = ROWS, np.array([1.0, 0.8, 1.3])", """
        layer.weight = s
        out = layer(x)
        ---
        inv = 1 / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
        n = (x - x.mean(axis=1, keepdims=True)) * inv
        ds = np.sum(dout * n, axis=0)
        dn = dout * s
        inner = dn - dn.mean(axis=1, keepdims=True)
        inner = inner - n * (dn * n).mean(axis=1, keepdims=True)
        dx = inner * inv  #! dx = inner / inv
        """, "x=dx, s=ds"),
    "RNNCell": (
        "nn.RNNCell(3, 2, rng=0)",
        "x, W, U = ROWS, *(layer.input.weight, layer.hidden.weight)", """
        layer.input.weight, layer.hidden.weight = W, U
        h0 = 0.3 * x[:, :2]
        out = layer(x, h0)
        ---
        dz = dout * (1 - out**2)  #! dz = dout * (1 - out)
        dW = x.T @ dz
        dU = h0.T @ dz
        """, "W=dW, U=dU"),
    "LSTMCell": (
        "nn.LSTMCell(3, 2, rng=0)",
        "x, W, U, b = ROWS, *(layer.input.weight, layer.hidden.weight, layer.input.bias)", """
        layer.input.weight, layer.hidden.weight, layer.input.bias = W, U, b
        h0, c0 = 0.3 * x[:, :2], -0.2 * x[:, 1:]
        out, c1 = layer(x, (h0, c0))
        ---
        z = x @ W + b + h0 @ U + layer.hidden.bias
        i, f, o = sigmoid(z[:, :2]), sigmoid(z[:, 2:4]), sigmoid(z[:, 6:])
        g = np.tanh(z[:, 4:6])
        t = np.tanh(f * c0 + i * g)
        dc = dout * o * (1 - t**2)
        di = dc * g * i * (1 - i)
        df = dc * c0 * f * (1 - f)
        dg = dc * i * (1 - g**2)  #! dg = dc * i * g * (1 - g)
        do = dout * t * o * (1 - o)
        dz = np.concatenate([di, df, dg, do], axis=1)
        dW = x.T @ dz
        dU = h0.T @ dz
        db = dz.sum(axis=0)
        """, "W=dW, U=dU, b=db"),
    "GRUCell": (
        "nn.GRUCell(3, 2, rng=0)",
        "x, W, U = ROWS, *(layer.input.weight, layer.hidden.weight)", """
        layer.input.weight, layer.hidden.weight = W, U
        h0 = 0.3 * x[:, :2]
        out = layer(x, h0)
        ---
        zx, zh = x @ W + layer.input.bias, h0 @ U + layer.hidden.bias
        r, u = sigmoid(zx[:, :2] + zh[:, :2]), sigmoid(zx[:, 2:4] + zh[:, 2:4])
        n = np.tanh(zx[:, 4:] + r * zh[:, 4:])
        du = dout * (h0 - n) * u * (1 - u)  #! du = dout * (n - h0) * u * (1 - u)
        dn = dout * (1 - u) * (1 - n**2)
        dr = dn * zh[:, 4:] * r * (1 - r)
        dW = x.T @ np.concatenate([dr, du, dn], axis=1)
        dU = h0.T @ np.concatenate([dr, du, dn * r], axis=1)
        """, "W=dW, U=dU"),
    "RNN": (
        "nn.RNN(4, 3, rng=0)",
        "x, W, U = SEQUENCE, *(layer.cells[0].input.weight, layer.cells[0].hidden.weight)", """
        layer.cells[0].input.weight, layer.cells[0].hidden.weight = W, U
        out = layer(x)
        ---
        dW, dU, dh = np.zeros_like(W), np.zeros_like(U), np.zeros((2, 3))
        for t in reversed(range(5)):
            dz = (dout[:, t] + dh) * (1 - out[:, t] ** 2)  #! dz = dout[:, t] * (1 - out[:, t] ** 2)
            dW += x[:, t].T @ dz
            if t > 0:
                dU += out[:, t - 1].T @ dz
            dh = dz @ U.T
        """, "W=dW, U=dU"),
    "MultiheadAttention": (
        "nn.MultiheadAttention(4, 1, rng=0)",
        "x, V, O = SEQUENCE, *(layer.value.weight, layer.out.weight)", """
        layer.value.weight, layer.out.weight = V, O
        out = layer(x)
        ---
        q, k, v = (part(x) for part in (layer.query, layer.key, layer.value))
        a = np.exp(q @ k.transpose(0, 2, 1) / 2.0)
        a = a / a.sum(axis=-1, keepdims=True)
        mixed = a @ v
        dO = np.einsum("bti,btj->ij", mixed, dout)
        dmixed = dout @ O.T
        dv = a.transpose(0, 2, 1) @ dmixed  #! dv = a @ dmixed
        dV = np.einsum("bti,btj->ij", x, dv)
        """, "V=dV, O=dO"),
    "Residual": (
        "nn.Residual(nn.Linear(3, 3, rng=0), nn.Tanh())",
        "x, W = ROWS, layer.layers[0].weight", """
        layer.layers[0].weight = W
        out = layer(x)
        ---
        h = out - x
        dz = dout * (1 - h**2)
        dW = x.T @ dz
        dx = dout + dz @ W.T  #! dx = dz @ W.T
        """, "x=dx, W=dW"),
    "Dropout": ("nn.Dropout(0.4)", "x, = ROWS,", """
        layer.rng = np.random.default_rng(1)
        out = layer(x)
        ---
        dx = dout * (out != 0) / 0.6  #! dx = dout * (out != 0)
        """, "x=dx"),
    "ConvTranspose1d": (
        "nn.ConvTranspose1d(2, 3, 3, stride=2, rng=0)",
        "x, K, b = LINE, *(layer.weight, layer.bias)", """
        layer.weight, layer.bias = K, b
        out = layer(x)
        ---
        dK, dx = np.zeros_like(K), np.zeros_like(x)
        for t in range(x.shape[2]):
            g = dout[:, :, 2 * t : 2 * t + 3]  #! g = dout[:, :, t : t + 3]
            dK += np.einsum("ni,nok->iok", x[:, :, t], g)
            dx[:, :, t] = np.einsum("nok,iok->ni", g, K)
        db = dout.sum(axis=(0, 2))
        """, "x=dx, K=dK, b=db"),
    "ConvTranspose2d": (
        "nn.ConvTranspose2d(2, 3, 2, stride=2, rng=0)",
        "x, K, b = GRID, *(layer.weight, layer.bias)", """
        layer.weight, layer.bias = K, b
        out = layer(x)
        ---
        blocks = dout.reshape(2, 3, 6, 2, 6, 2)
        dK = np.einsum("nihw,nohawb->ioab", x, blocks)
        dx = np.einsum("nohawb,ioab->nihw", blocks, K)
        #! dx = np.einsum("nohawb,ioba->nihw", blocks, K)
        db = dout.sum(axis=(0, 2, 3))
        """, "x=dx, K=dK, b=db"),
    "Sequential": (
        "nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=1))",
        "x, W1, b1, W2, b2 = ROWS, *(p for m in layer[::2] for p in (m.weight, m.bias))", """
        layer[0].weight, layer[0].bias, layer[2].weight, layer[2].bias = W1, b1, W2, b2
        h = layer[:2](x)
        out = layer[2](h)
        ---
        dW2 = h.T @ dout
        db2 = dout.sum(axis=0)
        dz1 = dout @ W2.T * (1 - h**2)  #! dz1 = dout @ W2.T * h * (1 - h)
        dW1 = x.T @ dz1
        db1 = dz1.sum(axis=0)
        dx = dz1 @ W1.T
        """, "x=dx, W1=dW1, b1=db1, W2=dW2, b2=db2"),
    "LSTM": (
        "nn.LSTM(4, 3, rng=0)",
        "x, W, U, b = SEQUENCE, *(layer.cells[0].input.weight, layer.cells[0].hidden.weight, "
        "layer.cells[0].input.bias)", """
        layer.cells[0].input.weight, layer.cells[0].input.bias = W, b
        layer.cells[0].hidden.weight = U
        out = layer(x)
        ---
        N, T, H = out.shape
        h = np.concatenate([np.zeros((N, 1, H)), out], axis=1)
        c = np.zeros((N, T + 1, H))
        i, f, g, o = (np.zeros((N, T, H)) for _ in range(4))
        for t in range(T):
            z = x[:, t] @ W + h[:, t] @ U + b + layer.cells[0].hidden.bias
            i[:, t], f[:, t] = sigmoid(z[:, :H]), sigmoid(z[:, H : 2 * H])
            g[:, t], o[:, t] = np.tanh(z[:, 2 * H : 3 * H]), sigmoid(z[:, 3 * H :])
            c[:, t + 1] = f[:, t] * c[:, t] + i[:, t] * g[:, t]
        dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
        dx, dh, dc = np.zeros_like(x), np.zeros((N, H)), np.zeros((N, H))
        for t in reversed(range(T)):
            dh = dh + dout[:, t]
            tc = np.tanh(c[:, t + 1])
            do = dh * tc * o[:, t] * (1 - o[:, t])
            dc = dc + dh * o[:, t] * (1 - tc**2)
            di = dc * g[:, t] * i[:, t] * (1 - i[:, t])
            df = dc * c[:, t] * f[:, t] * (1 - f[:, t])
            #! df = dc * c[:, t + 1] * f[:, t] * (1 - f[:, t])
            dg = dc * i[:, t] * (1 - g[:, t] ** 2)
            dz = np.hstack([di, df, dg, do])
            dW += x[:, t].T @ dz
            dU += h[:, t].T @ dz
            db += dz.sum(axis=0)
            dx[:, t] = dz @ W.T
            dh = dz @ U.T
            dc = dc * f[:, t]
        """, "x=dx, W=dW, U=dU, b=db"),
    "GRU": (
        "nn.GRU(4, 3, rng=0)",
        "x, W, U = SEQUENCE, *(layer.cells[0].input.weight, layer.cells[0].hidden.weight)", """
        layer.cells[0].input.weight, layer.cells[0].hidden.weight = W, U
        out = layer(x)
        ---
        N, T, H = out.shape
        dW, dU, dx = np.zeros_like(W), np.zeros_like(U), np.zeros_like(x)
        dh = np.zeros((N, H))
        for t in reversed(range(T)):
            h = out[:, t - 1] if t > 0 else np.zeros((N, H))
            zx = x[:, t] @ W + layer.cells[0].input.bias
            zh = h @ U + layer.cells[0].hidden.bias
            r = sigmoid(zx[:, :H] + zh[:, :H])
            u = sigmoid(zx[:, H : 2 * H] + zh[:, H : 2 * H])
            n = np.tanh(zx[:, 2 * H :] + r * zh[:, 2 * H :])
            dh = dh + dout[:, t]
            dn = dh * (1 - u) * (1 - n**2)
            du = dh * (h - n) * u * (1 - u)
            dr = dn * zh[:, 2 * H :] * r * (1 - r)
            dzx = np.concatenate([dr, du, dn], axis=1)
            dzh = np.concatenate([dr, du, dn * r], axis=1)
            dW += x[:, t].T @ dzx
            dU += h.T @ dzh
            dx[:, t] = dzx @ W.T
            dh = dzh @ U.T + dh * u  #! dh = dzh @ U.T
        """, "x=dx, W=dW, U=dU"),
    "TransformerBlock": (
        "nn.TransformerBlock(4, 1, 5, activation=ag.relu, rng=0)",
        "x, V, O, W1, W2 = SEQUENCE, *(layer.attention.value.weight, layer.attention.out.weight, "
        "layer.linear1.weight, layer.linear2.weight)", """
        layer.attention.value.weight, layer.attention.out.weight = V, O
        layer.linear1.weight, layer.linear2.weight = W1, W2
        out = layer(x)
        ---
        n1 = layer.norm1(x)
        q, k = layer.attention.query(n1), layer.attention.key(n1)
        v = n1 @ V + layer.attention.value.bias
        a = np.exp(q @ k.transpose(0, 2, 1) / 2.0)
        a = a / a.sum(axis=-1, keepdims=True)
        mixed = a @ v
        x1 = x + mixed @ O + layer.attention.out.bias
        deviation = np.sqrt(x1.var(axis=-1, keepdims=True) + 1e-5)
        n2 = (x1 - x1.mean(axis=-1, keepdims=True)) / deviation
        h = np.maximum(n2 @ W1 + layer.linear1.bias, 0)
        dW2 = np.einsum("bti,btj->ij", h, dout)
        dz = (dout @ W2.T) * (h > 0)
        dW1 = np.einsum("bti,btj->ij", n2, dz)
        dn2 = dz @ W1.T
        along = n2 * (dn2 * n2).mean(axis=-1, keepdims=True)
        dx1 = dout + (dn2 - dn2.mean(axis=-1, keepdims=True) - along) / deviation
        dO = np.einsum("bti,btj->ij", mixed, dx1)
        dv = a.transpose(0, 2, 1) @ (dx1 @ O.T)  #! dv = a @ (dx1 @ O.T)
        dV = np.einsum("bti,btj->ij", n1, dv)
        """, "V=dV, O=dO, W1=dW1, W2=dW2"),
    "SquaredError": ("nn.SquaredError()", "x, y = ROWS, TARGET", """
        out = layer(x, y)
        ---
        dx = dout * (x - y) / len(x)  #! dx = dout * (y - x) / len(x)
        """, "x=dx"),
    "MeanSquaredError": ("nn.MeanSquaredError()", "x, y = ROWS, TARGET", """
        out = layer(x, y)
        ---
        dx = dout * 2 * (x - y) / x.size  #! dx = dout * (x - y) / x.size
        """, "x=dx"),
    "MeanAbsoluteError": ("nn.MeanAbsoluteError()", "x, y = ROWS, TARGET", """
        out = layer(x, y)
        ---
        dx = dout * np.sign(x - y) / x.size  #! dx = dout * np.sign(x - y)
        """, "x=dx"),
    "Huber": ("nn.Huber(delta=0.7)", "x, y = ROWS, TARGET", """
        delta = 0.7
        out = layer(x, y)
        ---
        d = x - y
        slope = np.where(np.abs(d) < delta, d, delta * np.sign(d))
        #! slope = np.where(np.abs(d) < delta, d, np.sign(d))
        dx = dout * slope / x.size
        """, "x=dx"),
    "CrossEntropy": ("nn.CrossEntropy()", "x, = ROWS,", """
        labels = np.array([0, 2, 1, 2])
        out = layer(x, labels)
        ---
        p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        p[np.arange(4), labels] -= 1
        dx = dout * p / 4  #! dx = dout * p
        """, "x=dx"),
    "NegativeLogLikelihood": ("nn.NegativeLogLikelihood()", "x, = ROWS,", """
        labels = np.array([0, 2, 1, 2])
        out = layer(x, labels)
        ---
        dx = np.zeros_like(x)
        dx[np.arange(4), labels] = -dout / 4  #! dx[np.arange(4), labels] = dout / 4
        """, "x=dx"),
    "BinaryCrossEntropy": ("nn.BinaryCrossEntropy()", "x, y = ROWS, (TARGET > 0).astype(float)", """
        out = layer(x, y)
        ---
        p = sigmoid(x)
        dx = dout * (p - y) / x.size  #! dx = dout * (p - y) * p * (1 - p) / x.size
        """, "x=dx"),
    "KLDivergence": (
        "nn.KLDivergence()",
        "x, y = ROWS, np.exp(TARGET) / np.exp(TARGET).sum(axis=1)[:, None]", """
        out = layer(x, y)
        ---
        dx = -dout * y / len(x)  #! dx = -dout * y / x
        """, "x=dx"),
    "Hinge": ("nn.Hinge()", "x, y = ROWS, np.sign(TARGET)", """
        out = layer(x, y)
        ---
        inside = y * x < 1
        dx = -dout * y * inside / x.size  #! dx = -dout * inside / x.size
        """, "x=dx"),
}  # fmt: skip
ACTIVATIONS = {
    "Sigmoid": ("dx = dout * out * (1 - out)", "dx = dout * x * (1 - x)"),
    "LogSigmoid": ("dx = dout * sigmoid(-x)", "dx = dout * sigmoid(x)"),
    "Tanh": ("dx = dout * (1 - out**2)", "dx = dout * (1 - x**2)"),
    "ReLU": ("dx = dout * (x > 0)", "dx = dout * x"),
    "LeakyReLU": ("dx = dout * np.where(x > 0, 1, 0.01)", "dx = dout * np.where(x > 0, 1, 0.1)"),
    "ELU": ("dx = dout * np.where(x > 0, 1, out + 1)", "dx = dout * np.where(x > 0, 1, out)"),
    "SELU": (
        "dx = dout * np.where(x > 0, 1.0507009873554805, out + 1.7580993408473766)",
        "dx = dout * np.where(x > 0, 1.0507009873554805, out)",
    ),
    "GELU": (
        "dx = dout * (out / x + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))",
        "dx = dout * (out / x + np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))",
    ),
    "Mish": (
        "dx = dout * (out / x + x * (1 - (out / x) ** 2) * sigmoid(x))",
        "dx = dout * (out / x + x * (1 - out**2) * sigmoid(x))",
    ),
    "SiLU": ("dx = dout * (out / x + out * (1 - out / x))", "dx = dout * (out / x + out)"),
    "Softplus": ("dx = dout * sigmoid(x)", "dx = dout * (1 - np.exp(x))"),
    "Softsign": ("dx = dout / (1 + np.abs(x)) ** 2", "dx = dout / (1 + np.abs(x))"),
    "Softmax": (
        "dx = out * (dout - np.sum(dout * out, axis=1, keepdims=True))",
        "dx = out * (1 - out) * dout",
    ),
    "LogSoftmax": (
        "dx = dout - np.exp(out) * dout.sum(axis=1, keepdims=True)", "dx = dout - np.exp(out)",
    ),
}  # fmt: skip
PROGRAMS |= {
    name: (f"nn.{name}()", "x, = ROWS,", f"out = layer(x)\n---\n{right}  #! {wrong}", "x=dx")
    for name, (right, wrong) in ACTIVATIONS.items()
}


def written(name):
    """(the text of a program, the number of the line that can be wrong, what it says then)"""
    layer, given, lines, gradients = PROGRAMS[name]
    names = given.partition(" =")[0].strip(" ,")
    forward, backward = lines.split("---")
    loss = ["weights = np.cos(np.arange(out.size)).reshape(out.shape)"]
    loss += ["loss = np.sum(weights * out + out**2)", "dout = weights + 2 * out"]
    body = [*flat(forward), *loss, *flat(backward), f"return loss, dict({gradients})"]
    text = HEAD + f"layer = plain({layer})\n{given}\n\n\ndef run({names}):\n"
    return with_mistake(text + "".join(f"    {line}\n" for line in body if line.strip()))


def reviewed(lines, folder, name):
    module = load(lines, folder, name)
    code = module.run.__code__
    names = code.co_varnames[: code.co_argcount]
    return ag.review(module.run, *(getattr(module, name) for name in names))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_right_backward_of_a_layer_is_right(name, tmp_path):
    lines, _, _ = written(name)
    report = reviewed(lines, tmp_path, "right")
    assert report, str(report)


def test_every_layer_and_loss_has_a_program():
    modules = {name for name in nn.__all__ if isinstance(getattr(nn, name), type)}
    modules = {name for name in modules if issubclass(getattr(nn, name), nn.Module)}
    assert modules - set(PROGRAMS) == {"Module"}


QUICK = ("Linear", "Embedding", "MaxPool", "LayerNorm", "RNN", "GRUCell", "ReLU", "Softmax")
IN_TURN = [p if p in QUICK else pytest.param(p, marks=pytest.mark.slow) for p in PROGRAMS]


@pytest.mark.parametrize("name", IN_TURN)
def test_the_wrong_line_of_a_layer_is_named(name, tmp_path):
    lines, at, wrong = written(name)
    lines[at] = wrong
    report = reviewed(lines, tmp_path, "wrong")
    assert [line.line for line in report.lines if line.verdict == "WRONG"] == [at + 1], str(report)
