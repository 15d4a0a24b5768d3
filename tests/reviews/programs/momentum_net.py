import numpy as np


class NeuralNetwork:
    """MLP regressor, tanh hidden layers and a linear output, SGD with (Nesterov-free) momentum and weight decay."""

    def __init__(self, coefs, intercepts, learning_rate=0.05, momentum=0.9, alpha=0.02):
        self.coefs = list(coefs)
        self.intercepts = list(intercepts)
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.alpha = alpha
        self.coef_velocity = [np.zeros_like(c) for c in coefs]
        self.intercept_velocity = [np.zeros_like(c) for c in intercepts]
        self.coef_grads = [None] * len(coefs)
        self.intercept_grads = [None] * len(coefs)

    def _forward(self, X):
        self.activations = [X]
        last = len(self.coefs) - 1
        for i in range(last + 1):
            z = self.activations[i] @ self.coefs[i] + self.intercepts[i]
            self.activations.append(z if i == last else np.tanh(z))
        return self.activations[-1]

    def _loss(self, y):
        residual = self.activations[-1] - y
        penalty = sum(np.sum(c ** 2) for c in self.coefs)
        return 0.5 * np.mean(residual ** 2) + 0.5 * self.alpha * penalty / len(y)

    def _compute_layer(self, i, delta, n):
        self.coef_grads[i] = (self.activations[i].T @ delta + self.alpha / n * self.coefs[i])  #! self.coef_grads[i] = (self.activations[i].T @ delta + self.alpha * self.coefs[i]) #| self.coef_grads[i] = self.activations[i].T @ delta #| self.coef_grads[i] = self.activations[i].T @ delta / n + self.alpha / n * self.coefs[i] #| self.coef_grads[i] = self.activations[i].T @ delta + 2 * self.alpha / n * self.coefs[i]  #&a self.coef_grads[i] = (self.activations[i].T @ delta - self.alpha / n * self.coefs[i])
        self.intercept_grads[i] = delta.sum(axis=0)  #= self.intercept_grads[i] = np.sum(delta, 0)  #! self.intercept_grads[i] = delta.mean(axis=0)

    def _backward(self, y):
        n = y.shape[0]
        out = self.activations[-1]
        delta = (out - y) / y.size  #= delta = (self.activations[-1] - y) * (1. / (n * y.shape[1]))  #! delta = (out - y) / n #| delta = (y - out) / y.size #| delta = (out - y) * (1 - out ** 2) / y.size
        for i in reversed(range(len(self.coefs))):
            self._compute_layer(i, delta, n)
            if i > 0:
                upstream = delta @ self.coefs[i].T  #= upstream = np.dot(self.coefs[i], delta.T).T  #! self.coefs[i] = self.coefs[i] - self.learning_rate * self.coef_grads[i]; upstream = delta @ self.coefs[i].T
                delta = upstream * (1 - self.activations[i] ** 2)  #! delta = upstream * (1 - np.tanh(self.activations[i]) ** 2) #| delta = upstream * (1 - self.activations[i]) #| delta = upstream  #&a delta = upstream * self.activations[i] * (1 - self.activations[i])

    def _update(self):
        for i in range(len(self.coefs)):
            self.coef_velocity[i] = self.momentum * self.coef_velocity[i] - self.learning_rate * self.coef_grads[i]
            self.intercept_velocity[i] = self.momentum * self.intercept_velocity[i] - self.learning_rate * self.intercept_grads[i]
            self.coefs[i] = self.coefs[i] + self.coef_velocity[i]
            self.intercepts[i] = self.intercepts[i] + self.intercept_velocity[i]

    def partial_fit(self, X, y):
        self._forward(X)
        self.loss_ = self._loss(y)
        self._backward(y)
        self._update()
        return self


def run(X, y, coefs, intercepts):
    net = NeuralNetwork(coefs, intercepts, alpha=0.3)
    net.partial_fit(X, y)
    return net.loss_, net.coef_grads, net.intercept_grads


def example():
    rng = np.random.default_rng(77)
    units = (4, 5, 5, 2)
    return (rng.normal(size=(7, 4)), rng.normal(size=(7, 2)),
            [rng.normal(size=s) * 0.6 for s in zip(units[:-1], units[1:])], [rng.normal(size=k) for k in units[1:]])
