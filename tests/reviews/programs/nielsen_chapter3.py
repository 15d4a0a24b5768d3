"""
network_ch3.py

My reading of chapter 3: cross-entropy cost and L2 regularization.
Samples are column vectors, one after the other through backprop().
"""
import numpy as np


class CrossEntropyCost(object):

    @staticmethod
    def fn(a, y):
        return np.sum(np.nan_to_num(-y*np.log(a) - (1-y)*np.log(1-a)))

    @staticmethod
    def delta(z, a, y):
        """Error of the output layer. z is only here for the interface."""
        return (a-y)  #!cost return (a-y) * sigmoid_prime(z) #| return (y-a) #| return (a-y) / (a*(1-a))


class Network(object):

    def __init__(self, sizes, weights, biases, cost=CrossEntropyCost):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.weights = weights
        self.biases = biases
        self.cost = cost

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        # feedforward
        activation = x
        activations = [x]   # list to store all the activations, layer by layer
        zs = []             # list to store all the z vectors, layer by layer
        for k, (b, w) in enumerate(zip(self.biases, self.weights)):
            z = np.dot(w, activation)+b
            zs.append(z)
            # tanh inside, sigmoid at the end
            activation = sigmoid(z) if k == self.num_layers-2 else np.tanh(z)
            activations.append(activation)
        C = self.cost.fn(activations[-1], y)
        # backward pass
        delta = self.cost.delta(zs[-1], activations[-1], y)  #~cost
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())  #! nabla_w[-1] = np.dot(delta, activations[-1].transpose())  #&a nabla_w[-1] = np.dot(delta, zs[-2].transpose())
        for l in range(2, self.num_layers):
            z = zs[-l]
            sp = tanh_prime(z)  #!sp sp = tanh_prime(activations[-l]) #| sp = sigmoid_prime(z) #| sp = tanh_prime(zs[-l+1])  #= sp = 1 - activations[-l]**2
            delta = np.dot(self.weights[-l+1].transpose(), delta) * sp  #~sp  #! delta = np.dot(self.weights[-l+1], delta) * sp #| delta = np.dot(self.weights[-l].transpose(), delta) * sp  #= delta = sp * (delta.T @ self.weights[-l+1]).T
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l-1].transpose())  #! nabla_w[-l] = np.dot(delta, activations[-l].transpose()) #| nabla_w[-l] = np.dot(activations[-l-1], delta.transpose())
        return (C, nabla_b, nabla_w)

    def gradient_of_mini_batch(self, mini_batch, lmbda, n):
        """``lmbda`` is the regularization parameter, ``n`` the size of the whole training set."""
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        total = 0.0
        for x, y in mini_batch:
            C, delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            total += C
            nabla_b = [nb+dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw+dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]  #! nabla_w = [nw-dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        m = len(mini_batch)
        total = total/m + 0.5*(lmbda/n)*sum(np.linalg.norm(w)**2 for w in self.weights)
        nabla_b = [nb/m for nb in nabla_b]  #! nabla_b = [nb/n for nb in nabla_b]  #&a nabla_b = [nb*m for nb in nabla_b]
        nabla_w = [nw/m + (lmbda/n)*w for w, nw in zip(self.weights, nabla_w)]  #! nabla_w = [nw/m + (lmbda/m)*w for w, nw in zip(self.weights, nabla_w)] #| nabla_w = [nw/m for w, nw in zip(self.weights, nabla_w)] #| nabla_w = [(nw + (lmbda/n)*w)/m for w, nw in zip(self.weights, nabla_w)]  #= nabla_w = [(lmbda/n)*w + (1.0/m)*nw for w, nw in zip(self.weights, nabla_w)]
        return total, (nabla_b, nabla_w)


#### Miscellaneous functions
def sigmoid(z):
    """The sigmoid function."""
    return 1.0/(1.0+np.exp(-z))

def sigmoid_prime(z):
    """Derivative of the sigmoid function."""
    return sigmoid(z)*(1-sigmoid(z))

def tanh_prime(z):
    return 1 - np.tanh(z)**2


def run(xs, ys, weights, biases, lmbda=1.5, n=20):
    net = Network([4, 4, 4, 4], weights, biases)
    return net.gradient_of_mini_batch([(x, y) for x, y in zip(xs, ys)], lmbda, n)


def example():
    rng = np.random.RandomState(31)
    sizes = [4, 4, 4, 4]
    biases = [rng.randn(k, 1) * 0.5 for k in sizes[1:]]
    weights = [rng.randn(k, j) for j, k in zip(sizes[:-1], sizes[1:])]
    xs = [rng.randn(4, 1) for _ in range(6)]
    ys = [rng.randint(0, 2, size=(4, 1)) for _ in range(6)]
    return xs, ys, weights, biases
