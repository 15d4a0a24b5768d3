import numpy as np

from layers import Convolution, LeakyTanh, AvgPool, Affine, SoftmaxWithLoss


class SimpleConvNet:
    """conv - activation - average pool - affine - softmax"""

    def __init__(self, params):
        self.conv = Convolution(params["W1"], params["b1"], stride=1, pad=1)
        self.affine = Affine(params["W2"], params["b2"])
        self.layers = [self.conv, LeakyTanh(), AvgPool(2, 2, stride=2), self.affine]
        self.last = SoftmaxWithLoss()

    def loss(self, x, t):
        for layer in self.layers:
            x = layer.forward(x)
        return self.last.forward(x, t)

    def gradient(self):
        dout = self.last.backward(1)
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return {"W1": self.conv.dW, "b1": self.conv.db, "W2": self.affine.dW, "b2": self.affine.db, "x": dout}


def run(x, t, params):
    net = SimpleConvNet(params)
    return net.loss(x, t), net.gradient()


def example():
    rng = np.random.default_rng(106)
    params = {"W1": rng.normal(size=(3, 2, 3, 3)) * 0.5, "b1": rng.normal(size=3),
              "W2": rng.normal(size=(12, 4)), "b2": rng.normal(size=4)}
    return rng.normal(size=(3, 2, 4, 4)), np.array([1, 3, 0]), params
