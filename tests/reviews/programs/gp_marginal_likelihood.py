import numpy as np


def kernel(X1, X2, log_ell, log_sf):
    sq = np.sum(X1 ** 2, 1)[:, None] + np.sum(X2 ** 2, 1)[None] - 2 * X1 @ X2.T
    return np.exp(2 * log_sf) * np.exp(-0.5 * sq / np.exp(2 * log_ell)), sq


def nlml(log_ell, log_sf, log_sn, mean, X, y):
    """Negative log marginal likelihood of a GP with an RBF kernel, constant mean, and its derivatives."""
    n = len(X)
    K, sq = kernel(X, X, log_ell, log_sf)
    Ky = K + np.exp(2 * log_sn) * np.eye(n)
    L = np.linalg.cholesky(Ky)
    r = y - mean
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, r))
    f = 0.5 * r @ alpha + np.sum(np.log(np.diag(L))) + 0.5 * n * np.log(2 * np.pi)

    Kinv = np.linalg.inv(Ky)
    W = Kinv - np.outer(alpha, alpha)  #! W = Kinv + np.outer(alpha, alpha) #| W = np.outer(alpha, alpha) - Kinv #| W = Kinv - np.outer(alpha, r) #| W = -np.outer(alpha, alpha)  #= W = np.linalg.solve(Ky, np.eye(n)) - alpha[:, None] * alpha
    dK_dell = K * sq / np.exp(2 * log_ell)  #! dK_dell = K * sq / np.exp(log_ell) #| dK_dell = 0.5 * K * sq / np.exp(2 * log_ell) #| dK_dell = -K * sq / np.exp(2 * log_ell)  #&a dK_dell = K * sq / np.exp(3 * log_ell)
    dK_dsf = 2 * K  #! dK_dsf = K #| dK_dsf = 2 * Ky #| dK_dsf = 2 * K / np.exp(log_sf)
    dK_dsn = 2 * np.exp(2 * log_sn) * np.eye(n)  #! dK_dsn = np.exp(2 * log_sn) * np.eye(n) #| dK_dsn = 2 * np.exp(log_sn) * np.eye(n) #| dK_dsn = 2 * np.exp(2 * log_sn) * np.ones((n, n))
    g_ell = 0.5 * np.trace(W @ dK_dell)  #! g_ell = 0.5 * np.trace(W) * np.trace(dK_dell) #| g_ell = 0.5 * np.trace(Kinv @ dK_dell)  #= g_ell = 0.5 * np.sum(W * dK_dell) #| g_ell = np.einsum("ij,ji->", W, dK_dell) / 2
    g_sf = 0.5 * np.trace(W @ dK_dsf)  #! g_sf = np.trace(W @ dK_dsf)  #= g_sf = 0.5 * np.vdot(W, dK_dsf)
    g_sn = 0.5 * np.trace(W @ dK_dsn)  #= g_sn = np.exp(2 * log_sn) * np.trace(W)
    g_mean = -np.sum(alpha)  #! g_mean = np.sum(alpha) #| g_mean = -np.mean(alpha) #| g_mean = -np.sum(r)  #= g_mean = -np.ones(n) @ np.linalg.solve(Ky, r)  #&a g_mean = -0.5 * np.sum(alpha)
    return f, (g_ell, g_sf, g_sn, g_mean)


def run(log_ell, log_sf, log_sn, mean, X, y):
    return nlml(log_ell, log_sf, log_sn, mean, X, y)


def example():
    rng = np.random.default_rng(139)
    return 0.2, 0.3, -0.7, 0.4, rng.normal(size=(7, 2)), rng.normal(size=7)
