"""Layer normalisation, and attention pooling over time."""
import numpy as np

from functions import softmax, softmax_back


class LayerNorm:
    eps = 1e-5

    def __init__(self, params):
        self.scale, self.shift = params["scale"], params["shift"]

    def forward(self, x):
        centred = x - x.mean(axis=-1, keepdims=True)
        self.std = np.sqrt((centred ** 2).mean(axis=-1, keepdims=True) + self.eps)
        self.xhat = centred / self.std
        return self.xhat * self.scale + self.shift

    def backward(self, dout):
        axes = tuple(range(dout.ndim - 1))
        grads = {
            "scale": np.sum(dout * self.xhat, axis=axes),  #! "scale": np.sum(dout, axis=axes),  #= "scale": np.einsum("bth,bth->h", dout, self.xhat),
            "shift": np.sum(dout, axis=axes),  #! "shift": np.mean(dout, axis=axes),
        }
        dxhat = dout * self.scale
        first = dxhat.mean(axis=-1, keepdims=True)  #! first = dxhat.mean(axis=1, keepdims=True)
        second = (dxhat * self.xhat).mean(axis=-1, keepdims=True)  #! second = (dout * self.xhat).mean(axis=-1, keepdims=True)
        return (dxhat - first - self.xhat * second) / self.std, grads  #! return (dxhat - first - self.xhat * second) * self.std, grads #| return (dxhat - first) / self.std, grads


class AttentionPool:
    """Keys tanh(x K), weights softmax over time of keys . query, result the weighted mean of x."""

    def __init__(self, params):
        self.K, self.query = params["K"], params["query"]

    def forward(self, x):
        self.x = x
        self.keys = np.tanh(x @ self.K)
        self.weights = softmax(self.keys @ self.query, axis=1)
        return np.einsum("bt,bth->bh", self.weights, x)

    def backward(self, dout):
        dweights = np.einsum("bh,bth->bt", dout, self.x)
        dx = self.weights[:, :, None] * dout[:, None, :]  #! dx = np.zeros_like(self.x) #| dx = dout[:, None, :] / self.x.shape[1] + 0 * self.x
        denergy = softmax_back(self.weights, dweights, axis=1)  #! denergy = softmax_back(self.weights, dweights, axis=0)
        dquery = np.einsum("bt,btk->k", denergy, self.keys)  #! dquery = np.einsum("bt,btk->k", self.weights, self.keys)  #= dquery = np.tensordot(denergy, self.keys, 2)
        da = denergy[:, :, None] * self.query * (1 - self.keys ** 2)  #! da = denergy[:, :, None] * self.query * (1 - self.keys) #| da = denergy[:, :, None] * self.query
        dK = np.einsum("bth,btk->hk", self.x, da)  #! dK = np.einsum("bth,btk->hk", self.x, da) / self.x.shape[1]
        dx += da @ self.K.T  #! pass #| dx = da @ self.K.T
        return dx, {"K": dK, "query": dquery}
