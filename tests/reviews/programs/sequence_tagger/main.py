"""A tagger for long sequences: embedding, GRU over 50 steps, attention pooling, softmax; the gradients by hand.

main.py       the model and the loss
cells.py      recurrent cells
functions.py  activations and losses
pooling.py    attention pooling, layer normalisation
"""
import numpy as np

from cells import GRUCell, TimeLoop
from functions import cross_entropy, smooth_penalty
from pooling import AttentionPool, LayerNorm

STEPS = 50


class Embedding:
    def __init__(self, table):
        self.table = table

    def forward(self, tokens):
        self.tokens = tokens
        return self.table[tokens]

    def backward(self, dout):
        grad = np.zeros_like(self.table)
        np.add.at(grad, self.tokens, dout)  #! grad[self.tokens] = dout #| grad[self.tokens] += dout
        return grad


class Readout:
    """Two linear layers with a skip from the pooled vector to the classes."""

    def __init__(self, params):
        self.U, self.c, self.V, self.S = params["U"], params["c"], params["V"], params["S"]

    def forward(self, pooled):
        self.pooled = pooled
        self.hidden = np.tanh(pooled @ self.U + self.c)
        return self.hidden @ self.V + pooled @ self.S

    def backward(self, dscores):
        grads = {
            "V": self.hidden.T @ dscores,
            "S": self.pooled.T @ dscores,  #! "S": self.pooled.T @ dscores / len(dscores),
        }
        dhidden = dscores @ self.V.T
        da = dhidden * (1 - self.hidden ** 2)  #! da = dhidden * (1 - self.hidden) #| da = dhidden
        grads["U"] = self.pooled.T @ da
        grads["c"] = da.sum(axis=0)  #! grads["c"] = da.mean(axis=0)  #= grads["c"] = np.ones(len(da)) @ da
        dpooled = da @ self.U.T + dscores @ self.S.T  #! dpooled = da @ self.U.T #| dpooled = dscores @ self.S.T #| dpooled = da @ self.U.T - dscores @ self.S.T
        return dpooled, grads


class Tagger:
    def __init__(self, params, decay):
        self.params = params
        self.decay = decay
        self.embedding = Embedding(params["table"])
        self.loop = TimeLoop(GRUCell(params["cell"]))
        self.norm = LayerNorm(params["norm"])
        self.pool = AttentionPool(params["pool"])
        self.readout = Readout(params["readout"])

    def forward(self, tokens):
        self.vectors = self.embedding.forward(tokens)
        self.states = self.loop.forward(self.vectors, self.params["h0"])
        self.normed = self.norm.forward(self.states)
        self.pooled = self.pool.forward(self.normed)
        return self.readout.forward(self.pooled)

    def loss_and_gradients(self, tokens, labels):
        scores = self.forward(tokens)
        loss, dscores = cross_entropy(scores, labels)
        penalty, dstates = smooth_penalty(self.states, self.decay)

        grads = {}
        dpooled, grads["readout"] = self.readout.backward(dscores)
        dnormed, grads["pool"] = self.pool.backward(dpooled)
        dstates_norm, grads["norm"] = self.norm.backward(dnormed)
        dstates = dstates + dstates_norm  #! dstates = dstates_norm #| dstates = dstates - dstates_norm  #= dstates += dstates_norm
        dvectors, grads["h0"], grads["cell"] = self.loop.backward(dstates)
        grads["table"] = self.embedding.backward(dvectors)
        return loss + penalty, grads


def run(tokens, labels, params):
    model = Tagger(params, decay=0.02)
    return model.loss_and_gradients(tokens, labels)


def example():
    rng = np.random.default_rng(149)
    vocabulary, width, hidden, classes, batch = 9, 4, 5, 3, 3
    normal = lambda *shape: 0.6 * rng.normal(size=shape)
    params = {
        "table": normal(vocabulary, width),
        "h0": normal(hidden),
        "cell": {"Wz": normal(width, hidden), "Uz": normal(hidden, hidden), "bz": normal(hidden),
                 "Wr": normal(width, hidden), "Ur": normal(hidden, hidden), "br": normal(hidden),
                 "Wn": normal(width, hidden), "Un": normal(hidden, hidden), "bn": normal(hidden)},
        "norm": {"scale": 1 + normal(hidden), "shift": normal(hidden)},
        "pool": {"K": normal(hidden, 6), "query": normal(6)},
        "readout": {"U": normal(hidden, 7), "c": normal(7), "V": normal(7, classes), "S": normal(hidden, classes)},
    }
    tokens = rng.integers(0, vocabulary, size=(batch, STEPS))
    return tokens, np.array([2, 0, 1]), params
