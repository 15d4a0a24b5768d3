import numpy as np


class Module:
    def params(self):
        return []


class Dense(Module):
    def __init__(self, W, b):
        self.W, self.b = W.copy(), b.copy()

    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b

    def backward(self, dy):
        self.dW = dy.T @ self.x  #! self.dW = dy.T @ self.x / len(dy)  #= self.dW = sum(np.outer(d, v) for d, v in zip(dy, self.x)) #| self.dW = (self.x.T @ dy).T
        self.db = dy.sum(axis=0)  #! self.db = dy.max(axis=0) #| self.db = dy.mean(axis=0)
        return dy @ self.W  #! self.W = self.W - 0.05 * self.dW; return dy @ self.W #| return dy @ np.abs(self.W)

    def params(self):
        return [(self, "W"), (self, "b")]


class ELU(Module):
    def __init__(self, alpha=0.8):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        self.y = np.where(x > 0, x, self.alpha * (np.exp(np.minimum(x, 0)) - 1))
        return self.y

    def backward(self, dy):
        return dy * np.where(self.x > 0, 1, self.y + self.alpha)  #! return dy * np.where(self.x > 0, 1, self.y) #| return dy * np.where(self.x > 0, 1, self.alpha) #| return dy * np.where(self.x > 0, self.y + self.alpha, 1) #| return dy * (self.x > 0)  #= return dy * np.where(self.x > 0, 1, self.alpha * np.exp(np.minimum(self.x, 0)))  #&a return dy * np.where(self.x > 0, 1, self.y - self.alpha)


class Softplus(Module):
    def forward(self, x):
        self.x = x
        return np.log1p(np.exp(x))

    def backward(self, dy):
        return dy / (1 + np.exp(-self.x))  #! return dy / (1 + np.exp(self.x)) #| return dy * np.log1p(np.exp(self.x)) #| return dy / (1 + np.exp(-self.x)) ** 2  #= return dy * (1 - 1 / (1 + np.exp(self.x)))


class Sequential(Module):
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for l in self.layers:
            x = l.forward(x)
        return x

    def backward(self, dy):
        for l in reversed(self.layers):
            dy = l.backward(dy)
        return dy


class HuberLoss:
    def __init__(self, delta=0.7):
        self.delta = delta

    def forward(self, pred, target):
        self.r = pred - target
        a = np.abs(self.r)
        return np.mean(np.where(a <= self.delta, 0.5 * a ** 2, self.delta * (a - 0.5 * self.delta)))

    def backward(self):
        return np.clip(self.r, -self.delta, self.delta) / self.r.size  #! return np.clip(self.r, -self.delta, self.delta) / len(self.r) #| return self.r / self.r.size #| return np.clip(self.r, 0, self.delta) / self.r.size  #= return np.where(np.abs(self.r) <= self.delta, self.r, self.delta * np.sign(self.r)) / self.r.size  #&a return np.sign(self.r) / self.r.size


class Adam:
    def __init__(self, net, lr=0.01):
        self.net, self.lr, self.m, self.v, self.t = net, lr, {}, {}, 0

    def step(self):
        self.t += 1
        for l in self.net.layers:
            for owner, name in l.params():
                g = getattr(owner, "d" + name)
                key = (id(owner), name)
                m = self.m[key] = 0.1 * g + 0.9 * self.m.get(key, 0)
                v = self.v[key] = 0.001 * g * g + 0.999 * self.v.get(key, 0)
                step = self.lr * m / (1 - 0.9 ** self.t) / (np.sqrt(v / (1 - 0.999 ** self.t)) + 1e-8)
                setattr(owner, name, getattr(owner, name) - step)


def run(x, target, W1, b1, W2, b2, W3, b3):
    net = Sequential(Dense(W1, b1), ELU(), Dense(W2, b2), Softplus(), Dense(W3, b3))
    crit = HuberLoss()
    loss = crit.forward(net.forward(x), target)
    dx = net.backward(crit.backward())
    Adam(net).step()
    return loss, {"x": dx, **{f"{n}{i // 2 + 1}": getattr(net.layers[i], "d" + n) for i in (0, 2, 4) for n in "Wb"}}


def example():
    g = np.random.default_rng(131).normal
    return g(size=(6, 4)), g(size=(6, 2)), g(size=(5, 4)), g(size=5), g(size=(3, 5)), g(size=3), g(size=(2, 3)), g(size=2)
