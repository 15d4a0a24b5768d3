import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)  #! dx = dout.dot(w.T).reshape(x.shape) / x.shape[0]  #= dx = (w.dot(dout.T)).T.reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)  #! dw = x.reshape(x.shape[0], -1).T.dot(dout) / x.shape[0] #| dw = x.reshape(-1, x.shape[0]).dot(dout)
    db = np.sum(dout, axis=0)  #! db = np.sum(dout) / dout.shape[1] * np.ones_like(b) #| db = np.mean(dout, axis=0)  #= db = dout.T.dot(np.ones(dout.shape[0]))  #&b db = -np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)  #! dx = dout * (x < 0) #| dx = dout * (dout > 0) #| dx = dout * np.maximum(0, x)  #= dx = np.where(x <= 0, 0, dout)
    return dx


def affine_relu_forward(x, w, b):
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (fc_cache, relu_cache)


def affine_relu_backward(dout, cache):
    fc_cache, relu_cache = cache
    da = relu_backward(dout, relu_cache)
    dx, dw, db = affine_backward(da, fc_cache)  #! dx, dw, db = affine_backward(dout, fc_cache)
    return dx, dw, db


def softmax_loss(x, y):
    shifted = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(Z)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = np.exp(log_probs)
    dx[np.arange(N), y] -= 1  #! dx[np.arange(N), y] = -1 #| dx[np.arange(N), y] += 1
    dx /= N  #! dx /= x.shape[1] #| pass
    return loss, dx


class FullyConnectedNet(object):
    def __init__(self, params, reg):
        self.params = params
        self.reg = reg
        self.num_layers = len(params) // 2

    def loss(self, X, y):
        out, caches = X, {}
        for i in range(1, self.num_layers):
            out, caches[i] = affine_relu_forward(out, self.params["W%d" % i], self.params["b%d" % i])
        L = self.num_layers
        scores, caches[L] = affine_forward(out, self.params["W%d" % L], self.params["b%d" % L])
        loss, dout = softmax_loss(scores, y)
        for i in range(1, L + 1):
            loss += 0.5 * self.reg * np.sum(self.params["W%d" % i] ** 2)
        grads = {}
        dout, grads["W%d" % L], grads["b%d" % L] = affine_backward(dout, caches[L])
        grads["W%d" % L] += self.reg * self.params["W%d" % L]  #! pass #| grads["W%d" % L] += 0.5 * self.reg * self.params["W%d" % L]  #&a grads["W%d" % L] += self.reg
        for i in range(L - 1, 0, -1):
            dout, grads["W%d" % i], grads["b%d" % i] = affine_relu_backward(dout, caches[i])
            grads["W%d" % i] += self.reg * self.params["W%d" % i]  #! grads["W%d" % i] -= self.reg * self.params["W%d" % i] #| grads["W%d" % i] += 2 * self.reg * self.params["W%d" % i] #| grads["W%d" % i] += self.reg * self.params["W%d" % i] ** 2  #= grads["W%d" % i] = grads["W%d" % i] + self.reg * self.params["W%d" % i]  #&a grads["W%d" % i] += self.reg * grads["W%d" % i]  #&b pass
        return loss, grads


def run(X, y, params):
    return FullyConnectedNet(params, reg=0.12).loss(X, y)


def example():
    rng = np.random.default_rng(132)
    dims = [12, 6, 5, 4]
    params = {}
    for i in range(3):
        params["W%d" % (i + 1)] = 0.5 * rng.normal(size=(dims[i], dims[i + 1]))
        params["b%d" % (i + 1)] = 0.5 * rng.normal(size=dims[i + 1])
    return rng.normal(size=(7, 3, 2, 2)), np.array([1, 3, 0, 2, 2, 1, 3]), params
