# beta-VAE, gaussian encoder, gaussian decoder with one learnt log-variance for all pixels
import numpy as np

LOG2PI = np.log(2 * np.pi)

def run(x, eps, enc, dec, beta):
    We, be, Wmu, bmu, Wlv, blv = enc
    Wd, bd, Wx, bx, log_s2 = dec
    B, D = x.shape

    # ENCODER
    he = np.tanh(x @ We + be)
    mu = he @ Wmu + bmu
    logvar = he @ Wlv + blv
    std = np.exp(0.5 * logvar)
    # REPARAMETERIZE
    z = mu + std * eps
    # DECODER
    hd = np.tanh(z @ Wd + bd)
    xr = hd @ Wx + bx
    # ELBO
    err = x - xr
    rec = 0.5 * np.sum(err ** 2) / np.exp(log_s2) + 0.5 * B * D * (log_s2 + LOG2PI)
    kl = -0.5 * np.sum(1 + logvar - mu ** 2 - np.exp(logvar))
    loss = (rec + beta * kl) / B

    # ---------------- backward ----------------
    dxr = -err / np.exp(log_s2) / B  #! dxr = err / np.exp(log_s2) / B #| dxr = -err / B #| dxr = -err / np.exp(log_s2)  #= dxr = (xr - x) * np.exp(-log_s2) / B
    dlog_s2 = (-0.5 * np.sum(err ** 2) / np.exp(log_s2) + 0.5 * B * D) / B  #! dlog_s2 = -0.5 * np.sum(err ** 2) / np.exp(log_s2) / B #| dlog_s2 = (0.5 * np.sum(err ** 2) / np.exp(log_s2) + 0.5 * B * D) / B #| dlog_s2 = (-0.5 * np.sum(err ** 2) / np.exp(log_s2) ** 2 + 0.5 * B * D) / B  #= dlog_s2 = 0.5 * D - 0.5 * np.exp(-log_s2) * np.sum(err * err) / B
    dWx = hd.T @ dxr
    dbx = dxr.sum(0)
    dhd = dxr @ Wx.T
    dad = dhd * (1 - hd ** 2)  #! dad = dhd * (1 - z ** 2)
    dWd = z.T @ dad  #! dWd = mu.T @ dad
    dbd = dad.sum(0)
    dz = dad @ Wd.T  #! dz = dhd @ Wd.T  #&a dz = dad @ Wd
    # two ways into mu and logvar: the sample and the KL
    dmu = dz + beta * mu / B  #! dmu = dz + mu / B  #&a dmu = dz
    dlogvar = dz * eps * 0.5 * std + beta * 0.5 * (np.exp(logvar) - 1) / B  #! dlogvar = dz * eps * std + beta * 0.5 * (np.exp(logvar) - 1) / B #| dlogvar = dz * eps * 0.5 * std + beta * 0.5 * (1 - np.exp(logvar)) / B #| dlogvar = dz * eps * 0.5 * std + beta * (np.exp(logvar) - 1) / B #| dlogvar = dz * 0.5 * std + beta * 0.5 * (np.exp(logvar) - 1) / B  #= dlogvar = 0.5 * (dz * (z - mu) + beta * (std ** 2 - 1) / B)
    dWmu = he.T @ dmu
    dbmu = dmu.sum(0)
    dWlv = he.T @ dlogvar
    dblv = dlogvar.sum(0)
    dhe = dmu @ Wmu.T + dlogvar @ Wlv.T  #! dhe = dmu @ Wmu.T #| dhe = dmu @ Wlv.T + dlogvar @ Wmu.T
    dae = dhe * (1 - he ** 2)
    dWe = x.T @ dae
    dbe = dae.sum(0)
    return loss, [(dWe, dbe, dWmu, dbmu, dWlv, dblv), (dWd, dbd, dWx, dbx, dlog_s2)]


def example():
    g = np.random.default_rng(41)
    D, H, Z, B = 5, 4, 4, 6
    r = lambda *s: g.standard_normal(s) * 0.6
    enc = [r(D, H), r(H), r(H, Z), r(Z), r(H, Z), r(Z)]
    dec = [r(Z, H), r(H), r(H, D), r(D), -0.5]
    return r(B, D) * 2, r(B, Z) / 0.6, enc, dec, 1.7
