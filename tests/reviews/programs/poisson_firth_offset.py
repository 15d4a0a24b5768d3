import numpy as np


def penalised_nll(beta, X, y, exposure, freq, ridge):
    """
    Poisson regression, log link, offset log(exposure), frequency weights.

    Firth's (Jeffreys) penalty: minus half the log determinant of the Fisher
    information X' diag(w) X, with w = freq * mu. Ridge on all but the intercept.
    """
    n, p = X.shape
    eta = X @ beta + np.log(exposure)
    mu = np.exp(eta)
    w = freq * mu
    info = X.T @ (w[:, None] * X)
    sign, logdet = np.linalg.slogdet(info)
    nll = np.sum(freq * (mu - y * eta))
    pen = 0.5 * ridge * np.sum(beta[1:] ** 2)
    obj = nll - 0.5 * logdet + pen

    # score
    score = X.T @ (freq * (y - mu))  #! score = X.T @ (y - mu) #| score = X.T @ (freq * (y - eta)) #| score = X.T @ (freq * (y - mu / exposure)) #| score = X.T @ (freq * (mu - y))  #&a score = X.T @ (freq * y - mu)  #= score = np.sum(X * (freq * y - w)[:, None], axis=0)
    # leverages, diagonal of W^1/2 X (X'WX)^-1 X' W^1/2
    cov = np.linalg.inv(info)  #!cov cov = np.linalg.inv(X.T @ X) #| cov = info
    h = w * np.einsum("ij,jk,ik->i", X, cov, X)  #~cov  #!h h = np.einsum("ij,jk,ik->i", X, cov, X) #| h = mu * np.einsum("ij,jk,ik->i", X, cov, X)  #= h = np.diag(X @ cov @ X.T) * w #| h = w * np.sum((X @ cov) * X, axis=1)
    firth = 0.5 * X.T @ h  #~h  #! firth = X.T @ h #| firth = 0.5 * X.T @ (h - h.mean()) #| firth = 0.5 * X.T @ (h * (y - mu))
    grad = -(score + firth)  #! grad = -(score - firth) #| grad = -score
    grad[1:] += ridge * beta[1:]  #! grad += ridge * beta #| grad[1:] += ridge * beta[:-1] #| grad[1:] += 0.5 * ridge * beta[1:]  #= grad[1:] = ridge * beta[1:] + grad[1:]  #&a grad[1:] -= ridge * beta[1:]
    return obj, grad


def run(beta, X, y, exposure, freq):
    return penalised_nll(beta, X, y, exposure, freq, ridge=2.5)


def example():
    rng = np.random.default_rng(43)
    n = 9
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    y = rng.poisson(1.5, n).astype(float)
    return rng.normal(0, 0.8, 4), X, y, rng.uniform(0.3, 1.5, n), rng.integers(1, 4, n).astype(float)
