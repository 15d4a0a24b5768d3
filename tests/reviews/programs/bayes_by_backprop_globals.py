import numpy as np
from math import log

# --- settings
SIGMA_PRIOR = 0.8
NOISE = 0.6
N_TRAIN = 40        # size of the whole set, the batch is smaller

softplus = lambda r: np.log1p(np.exp(r))
names = ['w1', 'c1', 'w2', 'c2']

mu, rho = {}, {}
grad_mu, grad_rho = {}, {}
sample = {}


def draw(noise):
    for k in names:
        sample[k] = mu[k] + softplus(rho[k]) * noise[k]


def kl_term():
    total = 0.
    for k in names:
        s = softplus(rho[k])
        total += np.sum(log(SIGMA_PRIOR) - np.log(s) + (s ** 2 + mu[k] ** 2) / (2 * SIGMA_PRIOR ** 2) - 0.5)
    return total


def likelihood_backward(x, y):
    """-log p(y | x, sample), and its gradient for the sampled weights."""
    n = len(x)
    a = x.dot(sample['w1']) + sample['c1']
    h = np.sin(a)
    f = h.dot(sample['w2']) + sample['c2']
    nll = np.sum((y - f) ** 2) / (2 * NOISE ** 2) + n * log(NOISE)
    d = {}
    df = (f - y) / NOISE ** 2  #! df = (f - y) / NOISE #| df = (f - y) / NOISE ** 2 / n #| df = (y - f) / NOISE ** 2  #= df = -(y - f) / (NOISE * NOISE)
    d['w2'] = h.T.dot(df)  #! d['w2'] = a.T.dot(df)
    d['c2'] = df.sum(0)
    dh = df.dot(sample['w2'].T)  #! dh = df.dot(mu['w2'].T)
    da = dh * np.cos(a)  #! da = dh * -np.cos(a) #| da = dh * np.cos(h)  #&a da = dh * np.sin(a)
    d['w1'] = x.T.dot(da)
    d['c1'] = da.sum(0)
    return nll, d


def run(x, y, m, r, noise):
    mu.update(m)
    rho.update(r)
    draw(noise)
    nll, d = likelihood_backward(x, y)
    weight = len(x) / N_TRAIN
    loss = nll + weight * kl_term()
    for k in names:
        s = softplus(rho[k])
        grad_mu[k] = d[k] + weight * mu[k] / SIGMA_PRIOR ** 2  #! grad_mu[k] = d[k] #| grad_mu[k] = d[k] + mu[k] / SIGMA_PRIOR ** 2 #| grad_mu[k] = d[k] + weight * sample[k] / SIGMA_PRIOR ** 2 #| grad_mu[k] = d[k] + weight * mu[k] / (2 * SIGMA_PRIOR ** 2)
        ds = d[k] * noise[k] + weight * (s / SIGMA_PRIOR ** 2 - 1 / s)  #! ds = d[k] + weight * (s / SIGMA_PRIOR ** 2 - 1 / s) #| ds = d[k] * noise[k] + weight * (s / SIGMA_PRIOR ** 2 + 1 / s) #| ds = d[k] * noise[k]  #= ds = noise[k] * d[k] - weight / s + weight * s / SIGMA_PRIOR ** 2  #&a ds = d[k] * noise[k] + weight * (s / SIGMA_PRIOR ** 2 - s)
        grad_rho[k] = ds / (1 + np.exp(-rho[k]))  #! grad_rho[k] = ds #| grad_rho[k] = ds * s  #= grad_rho[k] = ds * (1 - np.exp(-s))
    return loss, (dict(grad_mu), dict(grad_rho))


def example():
    rng = np.random.RandomState(53)
    shapes = {'w1': (3, 4), 'c1': (4,), 'w2': (4, 2), 'c2': (2,)}
    m = {k: rng.randn(*s) for k, s in shapes.items()}
    r = {k: rng.uniform(-1.5, 0.5, s) for k, s in shapes.items()}
    noise = {k: rng.randn(*s) for k, s in shapes.items()}
    return rng.randn(7, 3), rng.randn(7, 2), m, r, noise
