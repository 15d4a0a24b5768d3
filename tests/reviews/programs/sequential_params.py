import numpy as np


class Layer:
    def params(self):
        return []

    def grads(self):
        return []


class Linear(Layer):
    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias

    def forward(self, x):
        self.input = x
        return x @ self.weight + self.bias

    def backward(self, grad_output):
        self.grad_weight = self.input.T @ grad_output  #! self.grad_weight = self.input.T @ grad_output / len(grad_output)  #= self.grad_weight = np.tensordot(self.input, grad_output, axes=(0, 0))  #&b self.grad_weight = self.input.T @ np.abs(grad_output)
        self.grad_bias = grad_output.sum(axis=0)  #! self.grad_bias = grad_output[0]  #&a self.grad_bias = grad_output.mean(axis=0)  #= self.grad_bias = np.ones(len(grad_output)) @ grad_output
        return grad_output @ self.weight.T  #! return grad_output @ self.weight #| return grad_output @ (self.weight - 0.05 * self.grad_weight).T

    def params(self):
        return [self.weight, self.bias]

    def grads(self):
        return [self.grad_weight, self.grad_bias]


class ELU(Layer):
    """x where x > 0, alpha (exp(x) - 1) elsewhere"""

    def __init__(self, alpha):
        self.alpha = alpha

    def forward(self, x):
        self.input = x
        self.output = np.where(x > 0, x, self.alpha * (np.exp(x) - 1))
        return self.output

    def backward(self, grad_output):
        slope = np.where(self.input > 0, 1.0, self.output + self.alpha)  #= slope = np.where(self.input > 0, 1.0, self.alpha * np.exp(self.input))  #! slope = np.where(self.input > 0, 1.0, self.output) #| slope = np.where(self.input > 0, 1.0, self.alpha * np.exp(self.output)) #| slope = np.where(self.input > 0, self.input, self.output + self.alpha)  #&a slope = np.where(self.input > 0, 1.0, np.exp(self.input))
        return grad_output * slope


class Softplus(Layer):
    def forward(self, x):
        self.input = x
        return np.logaddexp(0, x)

    def backward(self, grad_output):
        return grad_output / (1 + np.exp(-self.input))  #! return grad_output / (1 + np.exp(self.input)) #| return grad_output * (1 / (1 + np.exp(-self.input))) * (1 - 1 / (1 + np.exp(-self.input))) #| return grad_output * np.logaddexp(0, self.input)


class Sequential(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)
        return grad

    def params(self):
        return [p for layer in self.layers for p in layer.params()]

    def grads(self):
        return [g for layer in self.layers for g in layer.grads()]


class LogCoshLoss:
    def __call__(self, pred, target):
        self.diff = pred - target
        return np.log(np.cosh(self.diff)).mean()

    def backward(self):
        return np.tanh(self.diff) / self.diff.size  #! return np.tanh(self.diff) / len(self.diff) #| return -np.tanh(self.diff) / self.diff.size #| return (1 - np.tanh(self.diff) ** 2) / self.diff.size  #&b return np.sinh(self.diff) / self.diff.size


def run(x, target, weights, biases):
    w1, w2, w3 = weights
    b1, b2, b3 = biases
    model = Sequential(Linear(w1, b1), ELU(0.6), Linear(w2, b2), Softplus(), Linear(w3, b3))
    criterion = LogCoshLoss()
    loss = criterion(model.forward(x), target)
    grad_x = model.backward(criterion.backward())
    return loss, model.grads() + [grad_x]


def example():
    rng = np.random.RandomState(7)
    weights = [rng.randn(4, 4), rng.randn(4, 4), rng.randn(4, 4)]
    biases = [rng.randn(4), rng.randn(4), rng.randn(4)]
    return rng.randn(6, 4), rng.randn(6, 4), weights, biases
