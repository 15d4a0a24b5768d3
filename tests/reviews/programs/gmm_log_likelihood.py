import numpy as np


def log_gauss(X, mu, log_sigma):
    """log density of each row of X under each diagonal Gaussian, (n, k)."""
    z = (X[:, None, :] - mu[None]) / np.exp(log_sigma)[None]
    return -0.5 * np.sum(z ** 2, axis=2) - np.sum(log_sigma, axis=1) - 0.5 * X.shape[1] * np.log(2 * np.pi)


def negative_log_likelihood(X, logits, mu, log_sigma):
    log_pi = logits - np.log(np.sum(np.exp(logits)))
    joint = log_pi + log_gauss(X, mu, log_sigma)
    top = joint.max(axis=1, keepdims=True)
    log_px = top[:, 0] + np.log(np.exp(joint - top).sum(axis=1))
    return -np.mean(log_px), joint, log_px


def gradients(X, logits, mu, log_sigma, joint, log_px):
    n, d = X.shape
    resp = np.exp(joint - log_px[:, None])  # E step
    pi = np.exp(logits) / np.exp(logits).sum()
    counts = resp.sum(axis=0)
    d_logits = pi - counts / n  #! d_logits = counts / n - pi #| d_logits = -counts / n #| d_logits = pi - counts #| d_logits = 1 - counts / n  #= d_logits = -np.mean(resp - pi, axis=0)  #&a d_logits = pi - counts / d
    diff = X[:, None, :] - mu
    var = np.exp(2 * log_sigma)
    weighted = np.einsum("nk,nkd->kd", resp, diff)
    d_mu = -weighted / var / n  #! d_mu = weighted / var / n #| d_mu = -weighted / np.exp(log_sigma) / n #| d_mu = -weighted / n #| d_mu = -weighted / var  #= d_mu = (counts[:, None] * mu - resp.T @ X) / (n * var)
    second = np.einsum("nk,nkd->kd", resp, diff ** 2)
    d_log_sigma = (counts[:, None] - second / var) / n  #! d_log_sigma = (second / var - counts[:, None]) / n #| d_log_sigma = (1 - second / var) / n #| d_log_sigma = (counts[:, None] - 0.5 * second / var) / n #| d_log_sigma = -second / var / n  #= d_log_sigma = -np.einsum("nk,nkd->kd", resp / n, diff ** 2 / var - 1)  #&a d_log_sigma = (counts[:, None] - second * var) / n
    return d_logits, d_mu, d_log_sigma


def run(X, logits, mu, log_sigma):
    nll, joint, log_px = negative_log_likelihood(X, logits, mu, log_sigma)
    d_logits, d_mu, d_log_sigma = gradients(X, logits, mu, log_sigma, joint, log_px)
    return nll, {"logits": d_logits, "mu": d_mu, "log_sigma": d_log_sigma}


def example():
    rng = np.random.default_rng(127)
    return rng.normal(size=(11, 2)) * 1.5, rng.normal(size=3), rng.normal(size=(3, 2)), rng.normal(size=(3, 2)) * 0.4
