import numpy as np


class CTC(object):
    """CTC objective of one utterance, probabilities (not logs): short utterances only."""

    def __init__(self, BLANK=0):
        self.BLANK = BLANK

    def extend_target(self, target):
        ext = [self.BLANK]
        for s in target:
            ext += [s, self.BLANK]
        skip = [False] * len(ext)
        for i in range(2, len(ext)):
            skip[i] = ext[i] != self.BLANK and ext[i] != ext[i - 2]
        return np.array(ext), skip

    def get_alpha(self, y, ext, skip):
        T, S = len(y), len(ext)
        alpha = np.zeros((T, S))
        alpha[0, :2] = y[0, ext[:2]]
        for t in range(1, T):
            for s in range(S):
                a = alpha[t - 1, s]
                if s >= 1:
                    a += alpha[t - 1, s - 1]
                if skip[s]:
                    a += alpha[t - 1, s - 2]
                alpha[t, s] = a * y[t, ext[s]]
        return alpha

    def get_beta(self, y, ext, skip):
        # beta[t, s]: probability of all that comes AFTER time t
        T, S = len(y), len(ext)
        beta = np.zeros((T, S))
        beta[T - 1, -2:] = 1  #! beta[T - 1, -1] = 1 #| beta[T - 1] = 1 #= beta[T - 1, S - 2] = beta[T - 1, S - 1] = 1
        for t in range(T - 2, -1, -1):  #! for t in range(T - 2, 0, -1):
            nxt = beta[t + 1] * y[t + 1, ext]  #! nxt = beta[t + 1] #| nxt = beta[t + 1] * y[t, ext] #= nxt = np.array([beta[t + 1, s] * y[t + 1, ext[s]] for s in range(S)])  #&b nxt = beta[t + 1] * y[t + 1, :1]
            beta[t] = nxt  #! pass #= beta[t] = beta[t] + nxt
            beta[t, :-1] += nxt[1:]  #! beta[t, 1:] += nxt[:-1] #| beta[t, :-1] = nxt[1:] #| pass
            for s in range(S - 2):
                if skip[s + 2]:  #! if skip[s]: #| if ext[s] != self.BLANK:  #= if ext[s] != ext[s + 2]: #| if skip[s + 2] is not False:
                    beta[t, s] += nxt[s + 2]  #! beta[t, s] = nxt[s + 2] #| beta[t, s] += nxt[s] #| pass  #&c beta[t, s] += nxt[s]
        return beta

    def loss_and_grad(self, logits, target):
        """logits (T, K). Returns -log p(target), and the derivative w.r.t. the logits."""
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        y = e / e.sum(axis=1, keepdims=True)
        ext, skip = self.extend_target(target)
        alpha = self.get_alpha(y, ext, skip)
        p = alpha[-1, -1] + alpha[-1, -2]

        beta = self.get_beta(y, ext, skip)
        gamma = alpha * beta / p  #~e  #! gamma = alpha / p  #!d gamma = alpha * beta #| gamma = alpha * beta / (p * y[:, ext])  #= gamma = alpha * beta / np.sum(alpha * beta, axis=1, keepdims=True)
        grad = y.copy()  #! grad = np.zeros_like(y) #| grad = y * (1 - y) #= grad = np.array(y)  #&a grad = y.copy() * 2
        for s, symbol in enumerate(ext):
            grad[:, symbol] -= gamma[:, s]  #! grad[:, symbol] += gamma[:, s] #| grad[:, symbol] -= gamma[:, symbol] #| grad[:, symbol] = y[:, symbol] - gamma[:, s]  #~d  #!e grad[:, symbol] -= gamma[:, s] * y[:, symbol]
        return -np.log(p), grad


class Net(object):
    """One tanh layer over a window of (previous, this) frame, then a linear layer to the symbols."""

    def __init__(self, params):
        self.W, self.b, self.V, self.c = params
        self.ctc = CTC()

    def forward(self, x):
        self.x = x
        self.prev = np.vstack([np.zeros((1, x.shape[1])), x[:-1]])
        self.win = np.hstack([self.prev, x])
        self.h = np.tanh(self.win.dot(self.W) + self.b)
        return self.h.dot(self.V) + self.c

    def backward(self, dz):
        dV = self.h.T.dot(dz)  #! dV = self.h.T.dot(dz) / len(dz) #| dV = (1 - self.h**2).T.dot(dz)
        dc = dz.sum(axis=0)  #! dc = dz[-1] #| dc = dz.mean(axis=0)  #&c dc = dz.mean(axis=0)
        dh = dz.dot(self.V.T)
        da = dh * (1 - self.h ** 2)  #! da = dh * (1 - np.tanh(self.h) ** 2) #| da = dh * self.h * (1 - self.h) #| da = dh #= da = dh - dh * np.square(self.h)
        dW = self.win.T.dot(da)  #! dW = self.win.T.dot(dh) #| dW = np.hstack([self.x, self.prev]).T.dot(da) #= dW = np.vstack([self.x[:-1].T.dot(da[1:]), self.x.T.dot(da)])  #&a dW = np.hstack([self.x, self.x]).T.dot(da)
        db = da.sum(axis=0)  #! db = dh.sum(axis=0)  #&b db = da.max(axis=0)
        dwin = da.dot(self.W.T)
        D = self.x.shape[1]
        dx = dwin[:, D:]  #! dx = dwin[:, :D] #= dx = dwin[:, D:].copy()
        dx[:-1] += dwin[1:, :D]  #! dx[1:] += dwin[:-1, :D] #| dx += dwin[:, :D] #| dx[:-1] = dwin[1:, :D] #| pass
        return dW, db, dV, dc, dx


def run(utterances, targets, W, b, V, c):
    net = Net((W, b, V, c))
    total, grads, dxs = 0.0, [0, 0, 0, 0], []
    for x, target in zip(utterances, targets):
        loss, dz = net.ctc.loss_and_grad(net.forward(x), target)
        total += loss
        *some, dx = net.backward(dz)
        grads = [g + s for g, s in zip(grads, some)]  #! grads = [s for g, s in zip(grads, some)] #| grads = [g - s for g, s in zip(grads, some)] #= grads = list(map(np.add, grads, some))
        dxs.append(dx)
    return total, (grads, dxs)


def example():
    rng = np.random.default_rng(2006)
    utterances = [rng.normal(size=(7, 3)), rng.normal(size=(6, 3))]
    targets = [[1, 2, 2], [3, 1]]
    return utterances, targets, rng.normal(size=(6, 5)), rng.normal(size=5), rng.normal(size=(5, 4)), rng.normal(size=4)
