"""
GRU encoder, attention pooling over time, logistic output.

Every function gives its value and a pullback: a function from the cotangent of the value to those of the inputs.
Batches are (batch, time, features); steps behind the end of a sequence are masked out of the attention.
"""
import numpy as np

sigm = lambda a: 1 / (1 + np.exp(-a))


def gru_cell(W, x, h):
    z = sigm(x @ W["xz"] + h @ W["hz"] + W["bz"])
    r = sigm(x @ W["xr"] + h @ W["hr"] + W["br"])
    rh = r * h
    n = np.tanh(x @ W["xn"] + rh @ W["hn"] + W["bn"])
    new = (1 - z) * n + z * h

    def pullback(ct):
        ct_n = ct * (1 - z) * (1 - n ** 2)  #! ct_n = ct * z * (1 - n ** 2)  #&b ct_n = ct * (1 - z) * (1 - n)
        ct_z = ct * (h - n) * z * (1 - z)  #! ct_z = ct * (n - h) * z * (1 - z) #| ct_z = ct * h * z * (1 - z)  #= ct_z = ct * (new - n) * (1 - z)  #&a ct_z = ct * (h - n) * z
        ct_rh = ct_n @ W["hn"].T
        ct_r = ct_rh * h * r * (1 - r)  #! ct_r = ct_rh * r * (1 - r)
        ct_h = ct * z + ct_rh * r + ct_z @ W["hz"].T + ct_r @ W["hr"].T  #! ct_h = ct * z + ct_rh + ct_z @ W["hz"].T + ct_r @ W["hr"].T #| ct_h = ct_rh * r + ct_z @ W["hz"].T + ct_r @ W["hr"].T #| ct_h = ct * z + ct_rh * r + ct_z @ W["hr"].T + ct_r @ W["hz"].T
        ct_W = {}
        for gate, ct_gate, prev in (("z", ct_z, h), ("r", ct_r, h), ("n", ct_n, rh)):  #! for gate, ct_gate, prev in (("z", ct_z, h), ("r", ct_r, h), ("n", ct_n, h)):
            ct_W["x" + gate] = x.T @ ct_gate
            ct_W["h" + gate] = prev.T @ ct_gate
            ct_W["b" + gate] = ct_gate.sum(axis=0)
        return ct_W, ct_h

    return new, pullback


def attention_pool(A, v, H, mask):
    """H is (batch, time, hidden); softmax over time of v . tanh(A h)"""
    u = np.tanh(np.einsum("bth,hk->btk", H, A))
    s = np.where(mask, u @ v, -1e30)
    alpha = np.exp(s - s.max(axis=1, keepdims=True))
    alpha = alpha / alpha.sum(axis=1, keepdims=True)
    context = np.einsum("bt,bth->bh", alpha, H)

    def pullback(ct):
        ct_alpha = np.einsum("bh,bth->bt", ct, H)  #= ct_alpha = (H @ ct[:, :, None])[:, :, 0]
        ct_s = alpha * (ct_alpha - np.sum(alpha * ct_alpha, axis=1, keepdims=True))  #! ct_s = alpha * (1 - alpha) * ct_alpha #| ct_s = alpha * (ct_alpha - np.sum(alpha * ct_alpha, axis=0, keepdims=True))  #= ct_s = alpha * ct_alpha - alpha * np.sum(ct * context, axis=1)[:, None]
        ct_v = np.einsum("bt,btk->k", ct_s, u)
        ct_a = ct_s[:, :, None] * v * (1 - u ** 2)  #! ct_a = ct_s[:, :, None] * v  #&a ct_a = ct_s[:, :, None] * v * u
        ct_A = np.einsum("bth,btk->hk", H, ct_a)
        ct_H = alpha[:, :, None] * ct[:, None, :] + ct_a @ A.T  #! ct_H = alpha[:, :, None] * ct[:, None, :] #| ct_H = ct_a @ A.T
        return ct_A, ct_v, ct_H

    return context, pullback


def run(X, lengths, y, W, A, v, w):
    batch, time, _ = X.shape
    h, states, pulls = np.zeros((batch, A.shape[0])), [], []
    for t in range(time):
        h, pull = gru_cell(W, X[:, t], h)
        states.append(h)
        pulls.append(pull)
    H = np.stack(states, axis=1)
    context, pull_attention = attention_pool(A, v, H, np.arange(time) < lengths[:, None])
    logit = context @ w
    loss = np.mean(np.logaddexp(0, logit) - y * logit)

    ct_logit = (sigm(logit) - y) / batch
    ct_w = context.T @ ct_logit
    ct_A, ct_v, ct_H = pull_attention(np.outer(ct_logit, w))
    total = {k: np.zeros_like(p) for k, p in W.items()}
    ct_h = np.zeros_like(h)
    for t in range(time - 1, -1, -1):
        ct_W, ct_h = pulls[t](ct_h + ct_H[:, t])  #! ct_W, ct_h = pulls[t](ct_H[:, t])  #&b ct_W, ct_h = pulls[t](ct_h + ct_H[:, -1])
        for k in total:
            total[k] += ct_W[k]
    return loss, {"cell": total, "attention": (ct_A, ct_v), "out": ct_w}


def example():
    rng = np.random.default_rng(110)
    D, H = 2, 4
    W = {}
    for gate in "zrn":
        W.update({"x" + gate: rng.normal(size=(D, H)), "h" + gate: rng.normal(size=(H, H)), "b" + gate: rng.normal(size=H)})
    X = rng.normal(size=(3, 5, D))
    return X, np.array([5, 3, 4]), np.array([1.0, 0.0, 1.0]), W, rng.normal(size=(H, H)), rng.normal(size=H), 2 * rng.normal(size=H)
