"""All-convolutional toy classifier: conv - leaky - batchnorm - conv - global average."""
import numpy as np


class Conv:
    def __init__(self, W, b):
        self.W, self.b, self.grads = W, b, {}
    def forward(self, x):
        F, C, k, _ = self.W.shape
        N, oh, ow = x.shape[0], x.shape[2] - k + 1, x.shape[3] - k + 1
        cols = np.empty((N, C, k, k, oh, ow))
        for i in range(k):
            for j in range(k):
                cols[:, :, i, j] = x[:, :, i:i + oh, j:j + ow]
        cols = cols.reshape(N, C * k * k, oh * ow)
        self.cache = (x.shape, cols)
        return (self.W.reshape(F, -1) @ cols).reshape(N, F, oh, ow) + self.b[:, None, None]
    def backward(self, dout):
        (x_shape, cols), (F, C, k, _) = self.cache, self.W.shape
        N, _, oh, ow = dout.shape
        d = dout.reshape(N, F, -1)  #! d = dout.transpose(0, 1, 3, 2).reshape(N, F, -1)
        self.grads["b"] = d.sum(axis=(0, 2))  #! self.grads["b"] = d.mean(axis=2).sum(axis=0)  #= self.grads["b"] = dout.sum(axis=(0, 2, 3))
        self.grads["W"] = np.einsum("nfp,ncp->fc", d, cols).reshape(self.W.shape)  #! self.grads["W"] = np.einsum("nfp,ncp->fc", d, cols).reshape(F, k, k, C).transpose(0, 3, 1, 2) #| self.grads["W"] = np.einsum("nfp,ncp->fc", d, cols).reshape(self.W.shape) / N
        dcols, dx = (self.W.reshape(F, -1).T @ d).reshape(N, C, k, k, oh, ow), np.zeros(x_shape)
        for i in range(k):
            for j in range(k):
                dx[:, :, i:i + oh, j:j + ow] += dcols[:, :, i, j]  #! dx[:, :, i:i + oh, j:j + ow] = dcols[:, :, i, j] #| dx[:, :, i:i + oh, j:j + ow] += dcols[:, :, j, i] #| dx[:, :, i:i + oh, j:j + ow] += dcols[:, :, k - 1 - i, k - 1 - j]
        return dx


class Leaky:
    slope = 0.1
    def forward(self, x):
        self.cache = x > 0
        return np.where(self.cache, x, self.slope * x)
    def backward(self, dout):
        return np.where(self.cache, dout, self.slope * dout)  #! return np.where(self.cache, dout, 0.0) #| return np.where(dout > 0, dout, self.slope * dout) #| return dout


class BatchNorm:
    def __init__(self, gamma, beta):
        self.gamma, self.beta, self.grads = gamma[None, :, None, None], beta[None, :, None, None], {}
    def forward(self, x):
        self.mu, self.var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
        self.istd = 1 / np.sqrt(self.var + 1e-5)
        self.xc = x - self.mu
        return self.gamma * self.xc * self.istd + self.beta
    def backward(self, dout):
        ax, m = (0, 2, 3), dout.size / dout.shape[1]  #! ax, m = (0, 2, 3), dout.shape[0]
        self.grads["gamma"] = (dout * self.xc * self.istd).sum(ax)  #! self.grads["gamma"] = (dout * self.xc).sum(ax) #| self.grads["gamma"] = (dout * self.gamma * self.xc * self.istd).sum(ax)
        self.grads["beta"] = dout.sum(ax)  #! self.grads["beta"] = dout.mean(ax)
        dxhat = dout * self.gamma  #! dxhat = dout  #&a dxhat = dout * self.istd
        dvar = (dxhat * self.xc).sum(ax, keepdims=True) * -0.5 * self.istd ** 3  #! dvar = (dxhat * self.xc).sum(ax, keepdims=True) * -0.5 * self.istd ** 2 #| dvar = (dxhat * self.xc).sum(ax, keepdims=True) * 0.5 * self.istd ** 3
        dmu = -(dxhat * self.istd).sum(ax, keepdims=True)  #! dmu = 0.0  #= dmu = -self.istd * dxhat.sum(ax, keepdims=True)
        return dxhat * self.istd + dvar * 2 * self.xc / m + dmu / m  #! return dxhat * self.istd + dvar * self.xc / m + dmu / m  #&a return dxhat + dvar * 2 * self.xc / m + dmu / m


def run(W1, b1, gamma, beta, W2, b2, images, labels):
    net = [Conv(W1, b1), Leaky(), BatchNorm(gamma, beta), Conv(W2, b2)]
    a = images
    for layer in net:
        a = layer.forward(a)
    s = a.mean(axis=(2, 3))
    p = np.exp(s) / np.exp(s).sum(1, keepdims=True)
    rows = np.arange(len(labels))
    loss = -np.log(p[rows, labels]).mean()
    p[rows, labels] -= 1
    g = np.ones_like(a) * p[:, :, None, None] / (len(labels) * a.shape[2] * a.shape[3])  #! g = np.ones_like(a) * p[:, :, None, None] / len(labels)
    for layer in reversed(net):
        g = layer.backward(g)
    return float(loss), {"W1": net[0].grads["W"], "b1": net[0].grads["b"], "gamma": net[2].grads["gamma"],
                         "beta": net[2].grads["beta"], "W2": net[3].grads["W"], "b2": net[3].grads["b"]}


def example():
    rng = np.random.default_rng(5)
    return (0.5 * rng.standard_normal((3, 2, 2, 2)), 0.3 * rng.standard_normal(3), 1 + 0.3 * rng.standard_normal(3),
            rng.standard_normal(3), 0.5 * rng.standard_normal((4, 3, 2, 2)), rng.standard_normal(4),
            rng.standard_normal((5, 2, 5, 5)), np.array([0, 3, 1, 2, 3]))
