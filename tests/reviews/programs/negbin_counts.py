import numpy as np

# Negative binomial regression (NB2) of counts with exposure: log mu = X beta + log(exposure), variance mu + mu^2 / r.
# First column of X is ones. r = exp(log_r) is estimated too. Ridge on the slopes.


def rising(r, count):
    """log Gamma(r + count) - log Gamma(r), for whole counts"""
    return sum(np.log(r + k) for k in range(count))


def nll(beta, log_r, X, counts, exposure, ridge):
    r = np.exp(log_r)
    mu = np.exp(X @ beta) * exposure
    total = 0.0
    for y, m in zip(counts, mu):
        total -= rising(r, y) + r * np.log(r) + y * np.log(m) - (r + y) * np.log(r + m)
    return total / len(counts) + 0.5 * ridge * np.sum(beta[1:] ** 2)


def score(beta, log_r, X, counts, exposure, ridge):
    n, k = X.shape
    r = np.exp(log_r)
    mu = np.exp(X @ beta) * exposure
    d_beta, d_r = np.zeros(k), 0.0
    for i in range(n):
        y, m = counts[i], mu[i]
        d_m = (r + y) / (r + m) - y / m  #= d_m = r * (m - y) / (m * (r + m))  #! d_m = (r + y) / (r + m) + y / m #| d_m = (m - y) / (m + m ** 2 * r)
        d_eta = d_m * m  #! d_eta = d_m #| d_eta = d_m * m / exposure[i]
        d_beta += d_eta * X[i]  #! d_beta = d_eta * X[i] #| d_beta += d_eta * X[i] * exposure[i]  #&a d_beta -= d_eta * X[i]
        d_r -= sum(1 / (r + j) for j in range(y))  #= d_r -= np.sum(1 / (r + np.arange(y)))  #! d_r -= sum(1 / (r + j) for j in range(1, y + 1)) #| d_r -= sum(1 / (m + j) for j in range(y))  #&b d_r -= sum(1 / (1 + j) for j in range(y))
        d_r -= np.log(r) + 1  #! d_r -= np.log(r)
        d_r += np.log(r + m) + (r + y) / (r + m)  #= d_r = d_r + (np.log(m + r) + (y + r) / (m + r))  #! d_r += np.log(r + m) #| d_r += np.log(r + m) + y / (r + m)
    d_beta /= n
    d_beta[1:] += ridge * beta[1:]  #! d_beta += ridge * beta #| d_beta[1:] += ridge * beta[1:] / n  #&b d_beta[1:] += ridge * beta[:-1]
    d_log_r = d_r * r / n  #= d_log_r = np.exp(log_r) * (d_r / n)  #! d_log_r = d_r / n  #&a d_log_r = d_r * log_r / n
    return d_beta, d_log_r


def run(beta, log_r, X, counts, exposure):
    args = (beta, log_r, X, counts, exposure, 0.15)
    return nll(*args), score(*args)


def example():
    rng = np.random.default_rng(1920)
    X = np.column_stack([np.ones(10), rng.normal(size=(10, 3))])
    return np.array([0.4, -0.7, 0.5, 0.3]), 0.6, X, [0, 3, 1, 7, 2, 0, 4, 1, 5, 2], rng.uniform(0.5, 3, size=10)
