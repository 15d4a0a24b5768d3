import numpy as np


class Embedding:
    def __init__(self, table):
        self.table = table
        self.dtable = np.zeros_like(table)

    def forward(self, ids):
        self.ids = ids
        return self.table[ids]

    def backward(self, dout):
        np.add.at(self.dtable, self.ids, dout)  #! self.dtable[self.ids] += dout #| self.dtable[self.ids] = dout #| np.subtract.at(self.dtable, self.ids, dout)  #= self.dtable += np.einsum("btv,btd->vd", np.eye(len(self.table))[self.ids], dout)


class MeanPool:
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=1)

    def backward(self, dout):
        B, T, D = self.shape
        return np.repeat(dout[:, None, :], T, axis=1) / T  #! return np.repeat(dout[:, None, :], T, axis=1) #| return np.repeat(dout[:, None, :], T, axis=1) / B  #= return np.broadcast_to(dout[:, None, :] / T, self.shape)  #&a return np.repeat(dout[:, None, :], T, axis=1) / D


class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout  #! self.dW = self.x.T @ dout / len(dout) #| self.dW = -self.x.T @ dout
        self.db = dout.sum(axis=0)  #! self.db = dout.sum()*np.ones_like(self.b) / len(self.b) #| self.db = dout[0]  #= self.db = np.add.reduce(dout)
        return dout @ self.W.T


class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        return dout * (1 - self.y ** 2)  #! return dout * (1 - np.tanh(self.y) ** 2) #| return dout * self.y


def run(ids, labels, params):
    emb, pool, fc1, act, fc2 = Embedding(params["E"]), MeanPool(), Linear(params["W1"], params["b1"]), Tanh(), Linear(params["W2"], params["b2"])
    x = ids
    for layer in (emb, pool, fc1, act, fc2):
        x = layer.forward(x)
    z = x[:, 0]
    loss = np.mean(np.logaddexp(0, z) - labels * z)

    dz = (1 / (1 + np.exp(-z)) - labels) / len(z)  #! dz = (labels - 1 / (1 + np.exp(-z))) / len(z) #| dz = 1 / (1 + np.exp(-z)) - labels  #= dz = (0.5 * (1 + np.tanh(z / 2)) - labels) / len(z)  #&a dz = (1 / (1 + np.exp(-z)) - labels) * 2 / len(z)
    d = dz[:, None]
    for layer in (fc2, act, fc1, pool, emb):
        d = layer.backward(d)
    return loss, {"E": emb.dtable, "W1": fc1.dW, "b1": fc1.db, "W2": fc2.dW, "b2": fc2.db}


def example():
    rng = np.random.default_rng(120)
    ids = np.array([[1, 5, 2, 5], [0, 3, 3, 6], [6, 2, 4, 1], [5, 5, 0, 2], [3, 6, 1, 1]])
    params = {"E": rng.normal(size=(7, 3)), "W1": rng.normal(size=(3, 6)), "b1": rng.normal(size=6), "W2": rng.normal(size=(6, 1)), "b2": rng.normal(size=1)}
    return ids, np.array([1, 0, 0, 1, 1]), params
