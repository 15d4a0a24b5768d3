"""Negative binomial regression (NB2): Var = mu + mu^2 / r. y are counts."""
import numpy as np


class NegativeBinomial:
    def __init__(self, X, y):
        self.X, self.y = X, y

    def unpack(self, coef, log_r):
        self.mu = np.exp(self.X @ coef)
        self.r = np.exp(log_r)

    def nll(self, coef, log_r):
        self.unpack(coef, log_r)
        mu, r = self.mu, self.r
        total = 0.0
        for yi, mi in zip(self.y, mu):
            total -= sum(np.log(r + j) - np.log(j + 1) for j in range(yi))
            total -= r * np.log(r / (r + mi)) + yi * np.log(mi / (r + mi))
        return total

    def gradient(self):
        mu, r, y = self.mu, self.r, self.y
        w = (mu - y) * r / (r + mu)  #! w = (y - mu) * r / (r + mu) #| w = mu - y #| w = (mu - y) / (r + mu) #| w = (mu - y) * mu / (r + mu)  #= w = (mu - y) / (1 + mu / r)  #&a w = (mu - y) * r / (r - mu)
        g_coef = self.X.T @ w
        g_r = 0.0
        for yi, mi in zip(y, mu):
            for j in range(yi):
                g_r -= 1 / (r + j)  #! g_r += 1 / (r + j) #| g_r -= 1 / (r + j + 1) #| g_r -= 1 / r
            g_r -= np.log(r / (r + mi)) + mi / (r + mi)  #! g_r -= np.log(r / (r + mi)) - mi / (r + mi) #| g_r -= np.log(r / (r + mi)) #| g_r += np.log(r / (r + mi)) + mi / (r + mi)  #= g_r -= np.log(r) - np.log(r + mi) + 1 - r / (r + mi)
            g_r += yi / (r + mi)  #! g_r -= yi / (r + mi) #| g_r = yi / (r + mi) #| g_r += yi / (r + mi) ** 2
        g_log_r = g_r * r  #! g_log_r = g_r #| g_log_r = g_r / r #| g_log_r = g_r * np.log(r)  #= g_log_r = r * g_r  #&a g_log_r = g_r * r / len(y)
        return g_coef, g_log_r


def run(coef, log_r, X, y):
    model = NegativeBinomial(X, y)
    return model.nll(coef, log_r), model.gradient()


def example():
    rng = np.random.default_rng(136)
    return rng.normal(size=3) * 0.6, 0.8, rng.normal(size=(8, 3)), np.array([0, 3, 1, 5, 2, 0, 4, 1])
