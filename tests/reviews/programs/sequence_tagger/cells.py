"""Recurrent cells. A cell's step takes (x, h) for a batch and returns the new h and what its backward needs."""
import numpy as np

from functions import sigmoid, sigmoid_derivative, tanh_derivative


class GRUCell:
    """z, r gates; n candidate, the reset gate applied after the product with the state."""

    names = ("Wz", "Uz", "bz", "Wr", "Ur", "br", "Wn", "Un", "bn")

    def __init__(self, params):
        self.params = params
        for name in self.names:
            setattr(self, name, params[name])

    def zero_grads(self):
        return {name: np.zeros_like(self.params[name]) for name in self.names}

    def step(self, x, h):
        z = sigmoid(x @ self.Wz + h @ self.Uz + self.bz)
        r = sigmoid(x @ self.Wr + h @ self.Ur + self.br)
        hu = h @ self.Un
        n = np.tanh(x @ self.Wn + r * hu + self.bn)
        new = z * h + (1 - z) * n
        return new, (x, h, z, r, hu, n)

    def step_back(self, dnew, cache, grads):
        """Adds to grads; returns the gradients for x and h."""
        x, h, z, r, hu, n = cache
        # the mixture
        dz = dnew * (h - n)  #! dz = dnew * (n - h) #| dz = dnew * h
        dn = dnew * (1 - z)  #! dn = dnew * z  #&a dn = dnew * (1 + z)
        dh = dnew * z  #! dh = dnew * (1 - z) #| dh = np.zeros_like(h)
        # the candidate
        an = dn * tanh_derivative(n)
        dr = an * hu  #! dr = an * h #| dr = an * hu * r  #= dr = hu * dn * (1 - n * n)
        dhu = an * r  #! dhu = an #| dhu = dn * r
        dh += dhu @ self.Un.T  #! dh = dhu @ self.Un.T #| dh += dhu @ self.Un
        # the gates
        az = dz * sigmoid_derivative(z)
        ar = dr * sigmoid_derivative(r)  #! ar = dr * sigmoid_derivative(z)
        dh += az @ self.Uz.T  #! pass
        dh += ar @ self.Ur.T  #! dh += ar @ self.Uz.T  #= dh = dh + np.einsum("bi,ji->bj", ar, self.Ur)
        # parameters
        grads["Wz"] += x.T @ az
        grads["Uz"] += h.T @ az
        grads["bz"] += az.sum(axis=0)
        grads["Wr"] += x.T @ ar
        grads["Ur"] += h.T @ ar  #! grads["Ur"] += h.T @ az #| grads["Ur"] = h.T @ ar
        grads["br"] += ar.sum(axis=0)  #! grads["br"] += ar.mean(axis=0)
        grads["Wn"] += x.T @ an
        grads["Un"] += h.T @ dhu  #! grads["Un"] += h.T @ an #| grads["Un"] += hu.T @ dhu
        grads["bn"] += an.sum(axis=0)  #! grads["bn"] += dn.sum(axis=0)
        dx = az @ self.Wz.T + ar @ self.Wr.T + an @ self.Wn.T  #! dx = az @ self.Wz.T + an @ self.Wn.T  #= dx = np.hstack((az, ar, an)) @ np.hstack((self.Wz, self.Wr, self.Wn)).T
        return dx, dh


class TimeLoop:
    def __init__(self, cell):
        self.cell = cell

    def forward(self, x, h0):
        batch, steps, _ = x.shape
        h = np.tile(h0, (batch, 1))
        states, self.caches = np.zeros((batch, steps, len(h0))), []
        for t in range(steps):
            h, cache = self.cell.step(x[:, t], h)
            states[:, t] = h
            self.caches.append(cache)
        return states

    def backward(self, dstates):
        batch, steps, _ = dstates.shape
        grads = self.cell.zero_grads()
        dx = [None] * steps
        dh = np.zeros_like(dstates[:, 0])
        for t in reversed(range(steps)):
            dh = dh + dstates[:, t]  #! dh = dstates[:, t] #| dh = dh + dstates[:, t - 1]  #= dh = dstates[:, t] + dh
            dx[t], dh = self.cell.step_back(dh, self.caches[t], grads)  #! dx[t], dh = self.cell.step_back(dh, self.caches[t - 1], grads)
        dh0 = dh.sum(axis=0)  #! dh0 = dh.mean(axis=0) #| dh0 = dh[0]
        return np.stack(dx, axis=1), dh0, grads
