import numpy as np


class NeuralNetwork:
    """784-style digit network in miniature, trained with momentum; train() updates the parameters in place."""

    def __init__(self, weights_ih, weights_ho, bias_h, bias_o, lr=0.2, momentum=0.9):
        self.weights_ih = weights_ih
        self.weights_ho = weights_ho
        self.bias_h = bias_h
        self.bias_o = bias_o
        self.lr = lr
        self.momentum = momentum
        self.velocity = {name: 0.1 * np.ones_like(getattr(self, name)) for name in ("weights_ih", "weights_ho", "bias_h", "bias_o")}

    @staticmethod
    def _sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    def _update(self, name, gradient):
        v = self.velocity[name] = self.momentum * self.velocity[name] - self.lr * gradient
        setattr(self, name, getattr(self, name) + v)

    def train(self, inputs, targets):
        n = inputs.shape[0]
        hidden = self._sigmoid(inputs @ self.weights_ih + self.bias_h)
        outputs = self._sigmoid(hidden @ self.weights_ho + self.bias_o)
        errors = targets - outputs
        loss = (errors ** 2).sum() / (2 * n)

        output_delta = -errors * outputs * (1 - outputs) / n  #! output_delta = errors * outputs * (1 - outputs) / n #| output_delta = -errors / n #| output_delta = -errors * outputs * (1 - outputs) #| output_delta = -errors * hidden.mean() * (1 - outputs) / n  #= output_delta = (outputs - targets) * (outputs - outputs ** 2) / n
        hidden_error = output_delta @ self.weights_ho.T  #! self._update("weights_ho", hidden.T @ output_delta); hidden_error = output_delta @ self.weights_ho.T #| hidden_error = -errors @ self.weights_ho.T / n  #= hidden_error = np.einsum("no,ho->nh", output_delta, self.weights_ho)
        hidden_delta = hidden_error * hidden * (1 - hidden)  #! hidden_delta = hidden_error * hidden #| hidden_delta = hidden_error * (1 - hidden ** 2)
        grad = {
            "weights_ih": inputs.T @ hidden_delta,  #! "weights_ih": inputs.T @ hidden_error, #| "weights_ih": -inputs.T @ hidden_delta,  #= "weights_ih": np.dot(hidden_delta.T, inputs).T,  #&a "weights_ih": inputs.T @ hidden_delta / n,
            "weights_ho": hidden.T @ output_delta,  #! "weights_ho": hidden.T @ errors,
            "bias_h": hidden_delta.sum(axis=0),
            "bias_o": output_delta.sum(axis=0),  #! "bias_o": output_delta.mean(axis=0), #| "bias_o": errors.sum(axis=0),  #&a "bias_o": -output_delta.sum(axis=0),
        }
        for name, g in grad.items():
            self._update(name, g)
        return loss, grad


def run(inputs, targets, weights_ih, weights_ho, bias_h, bias_o):
    net = NeuralNetwork(weights_ih, weights_ho, bias_h, bias_o)
    return net.train(inputs, targets)


def example():
    rng = np.random.default_rng(130)
    return rng.normal(size=(6, 4)), np.eye(3, dtype=int)[[0, 2, 1, 2, 0, 1]], rng.normal(size=(4, 5)), rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=3)
