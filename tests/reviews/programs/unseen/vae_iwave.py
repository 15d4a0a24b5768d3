"""
Small VAE on binary vectors.  The noise comes in as an argument, S draws per example,
so the bound can be differentiated exactly.  Notation follows my notes: nabla_X = dF/dX,
F = -ELBO averaged over the batch (and over the draws).
"""
import numpy as np


def softplus(a):
    return np.logaddexp(0.0, a)


def encode(x, enc):
    A, a, M, m, R, r = enc
    t = np.tanh(x @ A + a)
    return t, t @ M + m, t @ R + r


def decode(z, dec):
    B, b, C, c = dec
    pre = z @ B + b
    u = softplus(pre)
    return pre, u, u @ C + c


def run(A, a, M, m, R, r, B, b, C, c, x, eps, beta):
    S, N, Z = eps.shape
    t, mu, logvar = encode(x, (A, a, M, m, R, r))
    sd = np.exp(0.5 * logvar)
    z = mu + sd * eps
    pre, u, logits = decode(z, (B, b, C, c))
    rec = np.sum(softplus(logits) - x * logits) / S
    kl = 0.5 * np.sum(mu ** 2 + np.exp(logvar) - logvar - 1.0)
    F = (rec + beta * kl) / N

    # decoder, shapes (S, N, .)
    nabla_logits = (1.0 / (1.0 + np.exp(-logits)) - x) / (S * N)  #! nabla_logits = (1.0 / (1.0 + np.exp(-logits)) - x) / N #| nabla_logits = (x - 1.0 / (1.0 + np.exp(-logits))) / (S * N)
    nabla_C = np.einsum("snh,snd->hd", u, nabla_logits)  #! nabla_C = np.einsum("snh,snd->hd", pre, nabla_logits) #| nabla_C = u[0].T @ nabla_logits[0]  #= nabla_C = u.reshape(S * N, -1).T @ nabla_logits.reshape(S * N, -1)
    nabla_c = nabla_logits.sum(axis=(0, 1))  #! nabla_c = nabla_logits.mean(axis=0).sum(axis=0)
    nabla_u = nabla_logits @ C.T
    nabla_pre = nabla_u / (1.0 + np.exp(-pre))  #! nabla_pre = nabla_u / (1.0 + np.exp(-u)) #| nabla_pre = nabla_u * (pre > 0)  #= nabla_pre = nabla_u * (1.0 - np.exp(-u))
    nabla_B = np.einsum("snz,snh->zh", z, nabla_pre)  #! nabla_B = np.einsum("nz,snh->zh", mu, nabla_pre) #| nabla_B = np.einsum("snz,snh->zh", eps, nabla_pre)
    nabla_b = nabla_pre.sum(axis=(0, 1))
    nabla_z = nabla_pre @ B.T
    # reparameterisation and KL
    nabla_mu = nabla_z.sum(axis=0) + beta * mu / N  #! nabla_mu = nabla_z.sum(axis=0) + mu / N #| nabla_mu = nabla_z.mean(axis=0) + beta * mu / N #| nabla_mu = nabla_z.sum(axis=0)
    nabla_logvar = 0.5 * sd * (nabla_z * eps).sum(axis=0)  #! nabla_logvar = sd * (nabla_z * eps).sum(axis=0) #| nabla_logvar = 0.5 * (nabla_z * eps).sum(axis=0) #| nabla_logvar = 0.5 * sd * nabla_z.sum(axis=0)  #&a nabla_logvar = 0.5 * sd ** 2 * (nabla_z * eps).sum(axis=0)
    nabla_logvar += 0.5 * beta * (np.exp(logvar) - 1.0) / N  #! nabla_logvar += 0.5 * beta * (sd - 1.0) / N  #= nabla_logvar += beta * (sd * sd - 1.0) / (2 * N)
    # encoder
    nabla_M, nabla_m = t.T @ nabla_mu, nabla_mu.sum(0)
    nabla_R, nabla_r = t.T @ nabla_logvar, nabla_logvar.sum(0)  #! nabla_R, nabla_r = t.T @ nabla_mu, nabla_logvar.sum(0)
    nabla_t = nabla_mu @ M.T + nabla_logvar @ R.T  #! nabla_t = nabla_mu @ M.T #| nabla_t = nabla_mu @ R.T + nabla_logvar @ M.T
    nabla_s = nabla_t * (1.0 - t ** 2)  #! nabla_s = nabla_t * (1.0 - t) ** 2  #&a nabla_s = nabla_t * (1.0 - t)
    nabla_A, nabla_a = x.T @ nabla_s, nabla_s.sum(0)
    return float(F), {"A": nabla_A, "a": nabla_a, "M": nabla_M, "m": nabla_m, "R": nabla_R, "r": nabla_r,
                      "B": nabla_B, "b": nabla_b, "C": nabla_C, "c": nabla_c}


def example():
    rng = np.random.default_rng(101)
    D, H, Z, G, N, S = 6, 4, 2, 5, 4, 3
    shapes = [(D, H), (H,), (H, Z), (Z,), (H, Z), (Z,), (Z, G), (G,), (G, D), (D,)]
    theta = [0.5 * rng.standard_normal(s) for s in shapes]
    x = (rng.random((N, D)) < 0.5).astype(float)
    return (*theta, x, rng.standard_normal((S, N, Z)), 0.7)
