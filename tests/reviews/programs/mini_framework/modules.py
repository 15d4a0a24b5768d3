import numpy as np


class Layer:
    def __init__(self, *params):
        self.params = list(params)
        self.zero_grad()

    def zero_grad(self):
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, inputs):
        raise NotImplementedError

    def backward(self, gradOutput):
        raise NotImplementedError


class Linear(Layer):
    def forward(self, inputs):
        self.inputs = inputs
        W, b = self.params
        return inputs.dot(W) + b

    def backward(self, gradOutput):
        W, b = self.params
        self.grads[0] += np.dot(self.inputs.T, gradOutput)  #! self.grads[0] += np.dot(self.inputs.T, gradOutput) / len(self.inputs)  #= self.grads[0] += (gradOutput.T @ self.inputs).T
        self.grads[1] += np.sum(gradOutput, axis=0, keepdims=True)  #! self.grads[1] += np.sum(gradOutput)  #&a self.grads[1] += np.mean(gradOutput, axis=0, keepdims=True)
        return np.dot(gradOutput, W.T)


class Swish(Layer):
    """x * sigmoid(beta * x) with one learnt beta per unit."""

    def forward(self, inputs):
        self.x = inputs
        self.s = 1. / (1. + np.exp(-self.params[0] * inputs))
        return self.x * self.s

    def backward(self, gradOutput):
        beta = self.params[0]
        ds = self.s * (1. - self.s)  #!ds ds = self.s * (1. - self.x)
        self.grads[0] += np.sum(gradOutput * self.x * self.x * ds, axis=0, keepdims=True)  #~ds  #! self.grads[0] += np.sum(gradOutput * self.x * ds, axis=0, keepdims=True) #| self.grads[0] += np.sum(gradOutput * self.x * self.x * beta * ds, axis=0, keepdims=True)  #= self.grads[0] += ((self.x ** 2 * ds) * gradOutput).sum(0)[None, :]
        return gradOutput * (self.s + beta * self.x * ds)  #~ds  #! return gradOutput * (self.s + self.x * ds) #| return gradOutput * beta * self.x * ds #| return gradOutput * (self.s - beta * self.x * ds)


class FixedDropout(Layer):
    def __init__(self, mask, keep):
        super().__init__()
        self.mask, self.keep = mask, keep

    def forward(self, inputs):
        return inputs * self.mask / self.keep

    def backward(self, gradOutput):
        return gradOutput * self.mask / self.keep  #! return gradOutput * self.mask #| return gradOutput / self.keep  #&a return gradOutput * self.mask * self.keep


class Softmax(Layer):
    def forward(self, inputs):
        e = np.exp(inputs - inputs.max(axis=1, keepdims=True))
        self.out = e / e.sum(axis=1, keepdims=True)
        return self.out

    def backward(self, gradOutput):
        gradInput = np.empty_like(self.out)
        for i, (p, g) in enumerate(zip(self.out, gradOutput)):
            p = p.reshape(-1, 1)
            jacobian = np.diagflat(p) - np.dot(p, p.T)  #!jac jacobian = np.diagflat(p) - np.dot(p.T, p) #| jacobian = np.dot(p, p.T) - np.diagflat(p)  #= jacobian = p * (np.eye(len(p)) - p.T)
            gradInput[i] = np.dot(jacobian, g)  #~jac
        return gradInput


class Sequential:
    def __init__(self, layers):
        self.layers = layers

    def zero_grad(self):
        for layer in self.layers:
            layer.zero_grad()

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad
