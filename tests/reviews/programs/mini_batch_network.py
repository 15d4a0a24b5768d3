"""A network for several mini-batches, each with the cost object that suits its targets. Samples are columns."""
import numpy as np


class QuadraticCost(object):

    @staticmethod
    def fn(a, y):
        """Half the squared distance, summed over the columns."""
        return 0.5 * np.linalg.norm(a - y) ** 2

    @staticmethod
    def delta(z, a, y):
        return (a - y) * sigmoid_prime(z)  #~prime  #! return (a - y) * sigmoid_prime(a) #| return 2 * (a - y) * sigmoid_prime(z)  #= return sigmoid_prime(z) * a - y * sigmoid_prime(z)


class CrossEntropyCost(object):

    @staticmethod
    def fn(a, y):
        return np.sum(-y * np.log(a) - (1 - y) * np.log(1 - a))

    @staticmethod
    def delta(z, a, y):
        return a - y  #! return (a - y) * sigmoid_prime(z) #| return (a - y) / (a * (1 - a))  #&b return y - a


class Network(object):

    def __init__(self, weights, biases, lmbda):
        self.weights, self.biases, self.lmbda = weights, biases, lmbda
        self.num_layers = len(biases) + 1

    def backprop(self, x, y, cost):
        """Gradients summed over the columns of ``x``, and the cost of the batch."""
        nabla_b, nabla_w = [0] * len(self.biases), [0] * len(self.weights)
        activations, zs = [x], []
        for w, b in zip(self.weights, self.biases):
            zs.append(np.dot(w, activations[-1]) + b)
            activations.append(sigmoid(zs[-1]))
        delta = cost.delta(zs[-1], activations[-1], y)
        nabla_b[-1] = delta.sum(axis=1, keepdims=True)
        nabla_w[-1] = np.dot(delta, activations[-2].T)
        for l in range(2, self.num_layers):
            sp = sigmoid_prime(zs[-l])  #~prime  #! sp = activations[-l]
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp  #= delta = np.multiply(sp, self.weights[1 - l].T.dot(delta))  #! delta = np.dot(self.weights[-l + 1].transpose(), delta)
            nabla_b[-l] = delta.sum(axis=1, keepdims=True)  #! nabla_b[-l] = delta.mean(axis=1, keepdims=True)
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return cost.fn(activations[-1], y), nabla_b, nabla_w

    def epoch(self, mini_batches):
        n = sum(x.shape[1] for x, _, _ in mini_batches)
        total = 0.5 * self.lmbda / n * sum(np.sum(w ** 2) for w in self.weights)
        grad_b = [np.zeros(b.shape) for b in self.biases]
        grad_w = [np.zeros(w.shape) for w in self.weights]
        for x, y, cost in mini_batches:
            c, nabla_b, nabla_w = self.backprop(x, y, cost)
            total += c / n
            grad_b = [gb + nb / n for gb, nb in zip(grad_b, nabla_b)]  #! grad_b = [gb + nb / x.shape[1] for gb, nb in zip(grad_b, nabla_b)]  #&a grad_b = [gb + nb for gb, nb in zip(grad_b, nabla_b)]
            grad_w = [gw + nw / n for gw, nw in zip(grad_w, nabla_w)]  #! grad_w = [nw / n for gw, nw in zip(grad_w, nabla_w)]
        grad_w = [gw + self.lmbda / n * w for gw, w in zip(grad_w, self.weights)]  #! grad_w = [gw + self.lmbda * w for gw, w in zip(grad_w, self.weights)] #| pass #| grad_w = [gw - self.lmbda / n * w for gw, w in zip(grad_w, self.weights)]  #&a grad_w = [gw + 2 * self.lmbda / n * w for gw, w in zip(grad_w, self.weights)]  #&b grad_w = [gw + self.lmbda / n * np.sign(w) for gw, w in zip(grad_w, self.weights)]
        return total, (grad_w, grad_b)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    s = sigmoid(z)
    return s * (1 - s)  #!prime return s * (1 - z)


def run(batches, weights, biases):
    costs = {"q": QuadraticCost, "x": CrossEntropyCost}
    net = Network(weights, biases, lmbda=2.5)
    return net.epoch([(x, y, costs[kind]) for x, y, kind in batches])


def example():
    rng = np.random.default_rng(101)
    sizes = [3, 5, 4, 2]
    weights = [rng.normal(size=(j, i)) for i, j in zip(sizes, sizes[1:])]
    biases = [rng.normal(size=(j, 1)) for j in sizes[1:]]
    batches = [(rng.normal(size=(3, m)), rng.random((2, m)), kind) for m, kind in ((4, "q"), (3, "x"), (4, "x"))]
    return batches, weights, biases
