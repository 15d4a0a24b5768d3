# Fitting a full-covariance Gaussian mixture by gradient descent instead of EM.
# Component k has precision  P_k = A_k^T A_k  with A_k lower triangular; the raw
# matrix stores log(diag) on its diagonal and the entries below as they are.
import numpy as np


def build_factor(raw):
    A = np.tril(raw, -1)
    d = np.arange(raw.shape[-1])
    A[:, d, d] = np.exp(raw[:, d, d])
    return A, d


def log_joint(X, alpha, mu, raw):
    A, d = build_factor(raw)
    log_pi = alpha - np.log(np.exp(alpha).sum())
    diff = X[:, None, :] - mu[None]
    white = np.einsum("kij,nkj->nki", A, diff)
    half_logdet = raw[:, d, d].sum(axis=1)
    const = -0.5 * X.shape[1] * np.log(2 * np.pi)
    lj = log_pi + half_logdet + const - 0.5 * (white ** 2).sum(axis=2)
    return lj, log_pi, A, diff, white, d


def run(alpha, mu, raw, X, tau, a0):
    n = len(X)
    lj, log_pi, A, diff, white, d = log_joint(X, alpha, mu, raw)
    peak = lj.max(axis=1, keepdims=True)
    evidence = peak[:, 0] + np.log(np.exp(lj - peak).sum(axis=1))
    loss = -evidence.mean() + 0.5 * tau * np.sum(mu ** 2) - a0 * log_pi.sum()

    resp = np.exp(lj - evidence[:, None])
    d_loss_d_lj = -resp / n  #! d_loss_d_lj = -resp #| d_loss_d_lj = resp / n  #= d_loss_d_lj = -np.exp(lj - evidence[:, None]) / n
    d_loss_d_logpi = d_loss_d_lj.sum(axis=0) - a0  #! d_loss_d_logpi = d_loss_d_lj.sum(axis=0) #| d_loss_d_logpi = d_loss_d_lj.sum(axis=0) + a0
    d_loss_d_alpha = d_loss_d_logpi - np.exp(log_pi) * d_loss_d_logpi.sum()  #! d_loss_d_alpha = d_loss_d_logpi #| d_loss_d_alpha = np.exp(log_pi) * (d_loss_d_logpi - d_loss_d_logpi.sum())  #&a d_loss_d_alpha = d_loss_d_logpi - d_loss_d_logpi.mean()

    d_loss_d_white = -d_loss_d_lj[:, :, None] * white  #! d_loss_d_white = -2 * d_loss_d_lj[:, :, None] * white #| d_loss_d_white = d_loss_d_lj[:, :, None] * white #| d_loss_d_white = -d_loss_d_lj[:, :, None] * diff
    d_loss_d_A = np.einsum("nki,nkj->kij", d_loss_d_white, diff)  #! d_loss_d_A = np.einsum("nki,nkj->kji", d_loss_d_white, diff) #| d_loss_d_A = np.einsum("nki,nkj->kij", d_loss_d_white, white)  #= d_loss_d_A = (d_loss_d_white[:, :, :, None] * diff[:, :, None, :]).sum(0)
    d_loss_d_diff = np.einsum("kij,nki->nkj", A, d_loss_d_white)  #! d_loss_d_diff = np.einsum("kij,nkj->nki", A, d_loss_d_white) #| d_loss_d_diff = d_loss_d_white
    d_loss_d_mu = -d_loss_d_diff.sum(axis=0)  #! d_loss_d_mu = d_loss_d_diff.sum(axis=0)
    d_loss_d_mu += tau * mu  #! pass #| d_loss_d_mu += 0.5 * tau * mu  #&a d_loss_d_mu += tau * mu / n

    d_loss_d_raw = np.tril(d_loss_d_A, -1)  #! d_loss_d_raw = np.triu(d_loss_d_A, 1)
    diag_path = d_loss_d_A[:, d, d] * A[:, d, d]  #! diag_path = d_loss_d_A[:, d, d] #| diag_path = d_loss_d_A[:, d, d] * raw[:, d, d]
    logdet_path = d_loss_d_lj.sum(axis=0)[:, None]  #! logdet_path = 0.0
    d_loss_d_raw[:, d, d] = diag_path + logdet_path
    return float(loss), [d_loss_d_alpha, d_loss_d_mu, d_loss_d_raw]


def example():
    rng = np.random.default_rng(61)
    K, D, n = 3, 2, 12
    X = rng.standard_normal((n, D)) + rng.integers(-2, 3, size=(n, 1))
    return rng.standard_normal(K), 1.5 * rng.standard_normal((K, D)), 0.4 * rng.standard_normal((K, D, D)), X, 0.1, 0.02
