import math
import numpy as np


def neg_loglik(beta, X, y, exposure, penalty):
    eta = X @ beta[1:] + beta[0] + np.log(exposure)
    mu = np.exp(eta)
    ll = y @ eta - mu.sum() - sum(math.lgamma(k + 1) for k in y)
    return -ll / len(y) + penalty * beta[1:] @ beta[1:]


def score(beta, X, y, exposure, penalty):
    mu = exposure * np.exp(X @ beta[1:] + beta[0])  #! mu = np.exp(X @ beta[1:] + beta[0]) #| mu = exposure + np.exp(X @ beta[1:] + beta[0])  #= mu = np.exp(X @ beta[1:] + beta[0] + np.log(exposure))
    resid = mu - y  #! resid = y - mu #| resid = (mu - y) * mu #| resid = (mu - y) / mu #| resid = np.log(mu) - y
    grad = np.empty_like(beta)
    grad[0] = resid.mean()  #! grad[0] = resid.sum() #| grad[0] = resid.mean() + 2 * penalty * beta[0]  #= grad[0] = np.sum(mu - y) / len(y)  #&a grad[0] = -resid.mean()
    grad[1:] = X.T @ resid / len(y) + 2 * penalty * beta[1:]  #! grad[1:] = X.T @ resid / len(y) + penalty * beta[1:] #| grad[1:] = X.T @ resid / len(y) #| grad[1:] = X.T @ resid / len(y) + 2 * penalty * beta[:-1] #| grad[1:] = X.T @ resid + 2 * penalty * beta[1:] #| grad[1:] = X.T @ resid / len(y) - 2 * penalty * beta[1:]  #= grad[1:] = (resid @ X) / len(y) + penalty * (beta[1:] + beta[1:]) #| grad[1:] = np.mean(X * resid[:, None], axis=0) + 2 * penalty * beta[1:]  #&a grad[1:] = X.T @ resid / X.shape[1] + 2 * penalty * beta[1:]
    return grad


def run(beta, X, y, exposure):
    return neg_loglik(beta, X, y, exposure, 0.1), score(beta, X, y, exposure, 0.1)


def example():
    rng = np.random.default_rng(135)
    return rng.normal(size=5) * 0.5, rng.normal(size=(9, 4)), rng.poisson(2, 9), np.array([1, 2, 1, 3, 1, 2, 4, 2, 1])
