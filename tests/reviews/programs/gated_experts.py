from dataclasses import dataclass

import numpy as np


@dataclass
class Expert:
    inner: np.ndarray    # (D, H)
    bias: np.ndarray     # (H,)
    outer: np.ndarray    # (H, O)

    def respond(self, X):
        Z = X @ self.inner + self.bias
        act = np.maximum(Z, 0)
        return act @ self.outer, act

    def backprop(self, X, act, delta):
        deltaHidden = (delta @ self.outer.T) * (act > 0)  #! deltaHidden = delta @ self.outer.T #| deltaHidden = (delta @ self.outer.T) * act  #= deltaHidden = np.where(act > 0, delta @ self.outer.T, 0)
        return {"inner": X.T @ deltaHidden, "bias": deltaHidden.sum(0), "outer": act.T @ delta}  #! return {"inner": X.T @ deltaHidden, "bias": (delta @ self.outer.T).sum(0), "outer": act.T @ delta}  #&a return {"inner": X.T @ deltaHidden, "bias": deltaHidden.mean(0), "outer": act.T @ delta}


@dataclass
class Gate:
    V: np.ndarray
    a: np.ndarray

    def weights(self, X):
        scores = X @ self.V + self.a
        ex = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        return ex / np.sum(ex, axis=1, keepdims=True)


def run(X, Y, experts, gate, balance=0.5):
    N = len(X)
    G = gate.weights(X)                       # (N, K)
    outs, acts = zip(*[ex.respond(X) for ex in experts])
    outs = np.stack(outs)                     # (K, N, O)
    pred = np.einsum("nk,kno->no", G, outs)
    err = pred - Y
    usage = G.mean(axis=0)
    loss = np.sum(err * err) / N + balance * np.sum(usage ** 2)

    deltaPred = 2 * err / N  #! deltaPred = err / N #| deltaPred = 2 * err #| deltaPred = 2 * (Y - pred) / N
    expertGrads = []
    for k, (ex, act) in enumerate(zip(experts, acts)):
        expertGrads.append(ex.backprop(X, act, G[:, k:k + 1] * deltaPred))  #! expertGrads.append(ex.backprop(X, act, deltaPred)) #| expertGrads.append(ex.backprop(X, act, G[:, :1] * deltaPred))
    deltaG = np.einsum("no,kno->nk", deltaPred, outs)  #! deltaG = np.einsum("no,kno->nk", deltaPred, outs - pred) * G  #= deltaG = np.stack([(deltaPred * o).sum(axis=1) for o in outs], axis=1)
    deltaG += balance * 2 * usage / N  #! deltaG += balance * 2 * usage #| deltaG += balance * usage / N #| deltaG += balance * 2 * G / N
    deltaScores = G * (deltaG - np.sum(G * deltaG, axis=1, keepdims=True))  #! deltaScores = G * (1 - G) * deltaG #| deltaScores = deltaG - np.sum(G * deltaG, axis=1, keepdims=True)  #&a deltaScores = G * deltaG
    gateGrad = {"V": X.T @ deltaScores, "a": deltaScores.sum(axis=0)}  #= gateGrad = {"V": np.tensordot(X, deltaScores, (0, 0)), "a": np.add.reduce(deltaScores)}
    return loss, [gateGrad, expertGrads]


def example():
    rng = np.random.default_rng(113)
    D, H, O, K, N = 4, 6, 2, 3, 9
    experts = [Expert(rng.normal(size=(D, H)), rng.normal(size=H), rng.normal(size=(H, O))) for _ in range(K)]
    return rng.normal(size=(N, D)), rng.normal(size=(N, O)), experts, Gate(rng.normal(size=(D, K)), rng.normal(size=K))
