import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class VAE:
    def __init__(self, params):
        self.p = params

    def encode(self, x):
        self.h = np.tanh(x @ self.p["We"] + self.p["be"])
        return self.h @ self.p["Wmu"], self.h @ self.p["Wlv"]

    def loss(self, x, eps):
        p, n = self.p, len(x)
        mu, logvar = self.encode(x)
        std = np.exp(0.5 * logvar)
        z = mu + std * eps
        hd = np.maximum(0, z @ p["Wd"] + p["bd"])
        recon = sigmoid(hd @ p["Wo"])
        bce = -np.sum(x * np.log(recon) + (1 - x) * np.log(1 - recon))
        kld = -0.5 * np.sum(1 + logvar - mu ** 2 - np.exp(logvar))
        total = (bce + kld) / n

        # decoder
        dlogit = (recon - x) / n  #! dlogit = (x - recon) / n #| dlogit = recon - x #| dlogit = (recon - x) * recon * (1 - recon) / n
        dWo = hd.T @ dlogit
        dhd = dlogit @ p["Wo"].T
        dhd[hd <= 0] = 0  #! dhd[dhd <= 0] = 0  #= dhd *= hd > 0
        dWd = z.T @ dhd  #! dWd = mu.T @ dhd
        dbd = dhd.sum(0)  #&a dbd = dhd.mean(0)
        dz = dhd @ p["Wd"].T
        # reparametrisation and the divergence
        dmu = dz + mu / n  #! dmu = dz #| dmu = dz - mu / n #| dmu = dz + 2 * mu / n  #= dmu = (n * dz + mu) / n
        dlogvar = 0.5 * dz * eps * std  #! dlogvar = dz * eps * std #| dlogvar = 0.5 * dz * eps #| dlogvar = 0.5 * dz * std  #= dlogvar = 0.5 * dz * (z - mu)
        dlogvar += 0.5 * (np.exp(logvar) - 1) / n  #! dlogvar += 0.5 * (1 - np.exp(logvar)) / n #| dlogvar += (np.exp(logvar) - 1) / n #| dlogvar += 0.5 * (std - 1) / n #| pass  #= dlogvar += np.expm1(logvar) / (2 * n)  #&a dlogvar += 0.5 * np.exp(logvar) / n
        # encoder
        dWmu = self.h.T @ dmu
        dWlv = self.h.T @ dlogvar
        dh = dmu @ p["Wmu"].T + dlogvar @ p["Wlv"].T  #! dh = dmu @ p["Wmu"].T #| dh = dmu @ p["Wlv"].T + dlogvar @ p["Wmu"].T
        da = dh * (1 - self.h ** 2)  #! da = dh * self.h * (1 - self.h)
        dWe, dbe = x.T @ da, da.sum(0)
        return total, {"We": dWe, "be": dbe, "Wmu": dWmu, "Wlv": dWlv, "Wd": dWd, "bd": dbd, "Wo": dWo}


def run(params, x, eps):
    return VAE(params).loss(x, eps)


def example():
    rng = np.random.default_rng(124)
    shapes = {"We": (6, 5), "be": 5, "Wmu": (5, 3), "Wlv": (5, 3), "Wd": (3, 4), "bd": 4, "Wo": (4, 6)}
    params = {k: rng.normal(size=s) * 0.6 for k, s in shapes.items()}
    return params, (rng.random((7, 6)) > 0.4).astype(int), rng.normal(size=(7, 3))
