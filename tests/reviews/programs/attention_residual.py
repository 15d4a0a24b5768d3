import numpy as np


def split(a, heads):
    B, T, D = a.shape
    return a.reshape(B, T, heads, D // heads)


def block(X, mask, W, heads):
    """Y = X + MultiHead(X) Wo + bo; mask is True where a key may be looked at."""
    Q, K, V = (split(X @ W[n], heads) for n in ("q", "k", "v"))
    scale = Q.shape[-1] ** -0.5
    S = np.einsum("bthd,bshd->bhts", Q, K) * scale
    S = np.where(mask[:, None, None, :], S, -1e9)
    E = np.exp(S - S.max(-1, keepdims=True))
    A = E / E.sum(-1, keepdims=True)
    C = np.einsum("bhts,bshd->bthd", A, V).reshape(X.shape)
    Y = X + C @ W["o"] + W["bo"]
    return Y, (X, Q, K, V, A, C, scale, heads)


def block_vjp(Ybar, saved, W):
    X, Q, K, V, A, C, scale, heads = saved
    bar = {}
    bar["bo"] = Ybar.sum(axis=(0, 1))  #! bar["bo"] = Ybar.mean(axis=(0, 1)) #| bar["bo"] = Ybar.sum(axis=0)
    bar["o"] = np.einsum("bti,btj->ij", C, Ybar)  #! bar["o"] = np.einsum("bti,btj->ij", X, Ybar) #| bar["o"] = np.einsum("bti,btj->ji", C, Ybar)  #= bar["o"] = np.tensordot(C, Ybar, axes=((0, 1), (0, 1)))
    Cbar = split(Ybar @ W["o"].T, heads)  #! Cbar = split(Ybar @ W["o"], heads)
    Abar = np.einsum("bthd,bshd->bhts", Cbar, V)
    Vbar = np.einsum("bhts,bthd->bshd", A, Cbar)  #! Vbar = np.einsum("bhst,bthd->bshd", A, Cbar)
    # softmax, row by row
    Sbar = A * (Abar - (A * Abar).sum(-1, keepdims=True))  #! Sbar = A * Abar #| Sbar = A * (1 - A) * Abar #| Sbar = A * (Abar - (A * Abar).sum(-2, keepdims=True))  #= Sbar = A * Abar - A * np.einsum("bhts,bhts->bht", A, Abar)[..., None]  #&a Sbar = A * (Abar - Abar.sum(-1, keepdims=True))
    Sbar = Sbar * scale  #! Sbar = Sbar / scale
    Qbar = np.einsum("bhts,bshd->bthd", Sbar, K)
    Kbar = np.einsum("bhts,bthd->bshd", Sbar, Q)  #! Kbar = np.einsum("bhts,bthd->bshd", Sbar, K)
    Xbar = Ybar.copy()  #! Xbar = np.zeros_like(Ybar)  #&a Xbar = Ybar + X
    for n, g in zip("qkv", (Qbar, Kbar, Vbar)):
        g = g.reshape(X.shape)
        bar[n] = np.einsum("bti,btj->ij", X, g)
        Xbar += g @ W[n].T  #! Xbar = g @ W[n].T #| Xbar += g @ W["q"].T
    return Xbar, bar


def run(X, mask, target, W, heads=3):
    Y, saved = block(X, mask, W, heads)
    diff = (Y - target) * mask[..., None]
    loss = 0.5 * (diff ** 2).sum() / mask.sum()
    Xbar, bar = block_vjp(diff / mask.sum(), saved, W)
    bar["X"] = Xbar
    return loss, bar


def example():
    rng = np.random.default_rng(108)
    B, T, D = 2, 5, 6
    mask = np.ones((B, T), bool)
    mask[1, 3:] = False
    W = {n: rng.normal(size=(D, D)) * 0.6 for n in "qkvo"}
    W["bo"] = rng.normal(size=D)
    return rng.normal(size=(B, T, D)), mask, rng.normal(size=(B, T, D)), W
