"""Cumulative link models for several questions answered by the same people: one slope vector, cut points for each question."""
import numpy as np


class Logit:
    cdf = staticmethod(lambda z: 1 / (1 + np.exp(-z)))

    @staticmethod
    def pdf(z):
        p = Logit.cdf(z)
        return p * (1 - p)  #!logit return z * (1 - z) #| return p


class CLogLog:
    cdf = staticmethod(lambda z: 1 - np.exp(-np.exp(z)))

    @staticmethod
    def pdf(z):
        return np.exp(z - np.exp(z))  #!cll return np.exp(-np.exp(z))  #= return (1 - CLogLog.cdf(z)) * np.exp(z)


class Cauchit:
    cdf = staticmethod(lambda z: 0.5 + np.arctan(z) / np.pi)

    @staticmethod
    def pdf(z):
        return 1 / (np.pi * (1 + z ** 2))  #!cauchit return 1 / (1 + z ** 2)  #&a return 1 / (np.pi * np.sqrt(1 + z ** 2))


LINKS = {"logit": Logit, "cloglog": CLogLog, "cauchit": Cauchit}


def cut_points(first, log_gaps):
    """Increasing for any parameters."""
    return first + np.concatenate(([0.0], np.cumsum(np.exp(log_gaps))))


def item(link, y, eta, first, log_gaps, w):
    """Log-likelihood of one question and its scores for eta, the first cut point and the log gaps."""
    cuts = cut_points(first, log_gaps)
    n = len(y)
    rows, edge = np.arange(n), np.zeros((n, 1))
    z = cuts[None, :] - eta[:, None]
    cum = np.hstack((edge, link.cdf(z), edge + 1))
    dens = np.hstack((edge, link.pdf(z), edge))  #~logit  #~cll  #~cauchit
    prob = cum[rows, y + 1] - cum[rows, y]
    loglik = np.sum(w * np.log(prob))

    upper = w * dens[rows, y + 1] / prob  #! upper = w * dens[rows, y + 1] #| upper = dens[rows, y + 1] / prob #| upper = w * dens[rows, y + 1] / cum[rows, y + 1]  #=c upper = dens[rows, y + 1] / prob
    lower = w * dens[rows, y] / prob  #&b lower = dens[rows, y] / prob  #=c lower = dens[rows, y] / prob
    s_eta = lower - upper  #! s_eta = upper - lower  #=c s_eta = w * (lower - upper)
    s_cuts = np.zeros(len(cuts))
    for k in range(len(cuts)):
        s_cuts[k] = upper[y == k].sum() - lower[y == k + 1].sum()  #! s_cuts[k] = upper[y == k].sum() - lower[y == k].sum() #| s_cuts[k] = upper[y == k].sum()  #= s_cuts[k] = np.dot(y == k, upper) - np.dot(y - 1 == k, lower)  #&a s_cuts[k] = upper[y == k].sum() + lower[y == k + 1].sum()  #=c s_cuts[k] = (w * upper)[y == k].sum() - (w * lower)[y == k + 1].sum()
    s_first = s_cuts.sum()
    s_gaps = np.exp(log_gaps) * np.cumsum(s_cuts[:0:-1])[::-1]  #! s_gaps = np.cumsum(s_cuts[:0:-1])[::-1] #| s_gaps = np.exp(log_gaps) * s_cuts[1:] #| s_gaps = np.exp(log_gaps) * np.cumsum(s_cuts[1:])  #= s_gaps = np.exp(log_gaps) * np.array([s_cuts[j:].sum() for j in range(1, len(cuts))])
    return loglik, s_eta, s_first, s_gaps


def run(X, questions, w, beta, firsts, log_gaps, ridge=0.7):
    eta = X @ beta
    nll = 0.5 * ridge * beta @ beta
    score_beta = -ridge * beta  #! score_beta = ridge * beta  #&b score_beta = -2 * ridge * beta
    g_firsts, g_gaps = [], []
    for (name, y), first, gaps in zip(questions, firsts, log_gaps):
        loglik, s_eta, s_first, s_gaps = item(LINKS[name], y, eta, first, gaps, w)
        nll -= loglik
        score_beta = score_beta + X.T @ s_eta
        g_firsts.append(-s_first)
        g_gaps.append(-s_gaps)
    return nll, dict(beta=-score_beta, firsts=g_firsts, log_gaps=g_gaps)


def example():
    rng = np.random.default_rng(113)
    n = 9
    questions = [("logit", rng.integers(0, 4, n)), ("cloglog", rng.integers(0, 3, n)), ("cauchit", rng.integers(0, 4, n))]
    return rng.normal(size=(n, 3)), questions, rng.uniform(0.5, 2, n), rng.normal(size=3) * 0.5, [-1.1, -0.8, -0.6], [rng.normal(size=2) * 0.4, rng.normal(size=1) * 0.4, rng.normal(size=2) * 0.4]
