import numpy as np


class Layer_Dense:
    def __init__(self, weights, biases, weight_l1=0.0, weight_l2=0.0, bias_l2=0.0):
        self.weights = weights
        self.biases = biases
        self.weight_l1 = weight_l1
        self.weight_l2 = weight_l2
        self.bias_l2 = bias_l2

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        # Gradients on parameters
        self.dweights = np.dot(self.inputs.T, dvalues)  #! self.dweights = np.dot(self.inputs.T, dvalues) / len(dvalues)  #= self.dweights = np.einsum("ni,no->io", self.inputs, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)  #! self.dbiases = np.mean(dvalues, axis=0, keepdims=True)  #&a self.dbiases = np.max(dvalues, axis=0, keepdims=True)
        # Gradients on regularization
        if self.weight_l1 > 0:
            dL1 = np.ones_like(self.weights)
            dL1[self.weights < 0] = -1  #! dL1[self.weights > 0] = -1 #| dL1[self.dweights < 0] = -1  #= dL1 = np.sign(self.weights)
            self.dweights += self.weight_l1 * dL1  #! self.dweights += self.weight_l1 * np.abs(self.weights)
        if self.weight_l2 > 0:
            self.dweights += 2 * self.weight_l2 * self.weights  #! self.dweights += self.weight_l2 * self.weights #| self.dweights = 2 * self.weight_l2 * self.weights #| self.dweights += 2 * self.weight_l1 * self.weights
        if self.bias_l2 > 0:
            self.dbiases += 2 * self.bias_l2 * self.biases  #! self.dbiases += self.bias_l2 * self.biases ** 2 #| pass  #&b self.dbiases -= 2 * self.bias_l2 * self.biases
        # Gradient on values
        self.dinputs = np.dot(dvalues, self.weights.T)  #= self.dinputs = dvalues @ self.weights.T


class Activation_LeakyReLU:
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.where(inputs > 0, inputs, self.alpha * inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] *= self.alpha  #! self.dinputs[self.inputs <= 0] = 0 #| self.dinputs[self.inputs <= 0] = self.alpha #| self.dinputs[dvalues <= 0] *= self.alpha #| self.dinputs[self.inputs > 0] *= self.alpha  #= self.dinputs[self.output <= 0] *= self.alpha  #&a self.dinputs[self.inputs <= 0] *= self.inputs[self.inputs <= 0] * self.alpha


class Activation_Softmax:
    def forward(self, inputs):
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)

    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        for index, (single_output, single_dvalues) in enumerate(zip(self.output, dvalues)):
            single_output = single_output.reshape(-1, 1)
            jacobian_matrix = np.diagflat(single_output) - np.dot(single_output, single_output.T)  #! jacobian_matrix = np.diagflat(single_output) #| jacobian_matrix = np.diagflat(single_output) + np.dot(single_output, single_output.T) #| jacobian_matrix = np.diagflat(single_output * (1 - single_output)) #| jacobian_matrix = np.eye(len(single_output)) - np.dot(single_output, single_output.T)
            self.dinputs[index] = np.dot(jacobian_matrix, single_dvalues)  #! self.dinputs[index] = np.diag(jacobian_matrix) * single_dvalues  #= self.dinputs[index] = jacobian_matrix.T.dot(single_dvalues)


class Activation_SmoothGate:
    """x * sigmoid(x)"""

    def forward(self, inputs):
        self.inputs = inputs
        self.gate = 1 / (1 + np.exp(-inputs))
        self.output = inputs * self.gate

    def backward(self, dvalues):
        self.dinputs = dvalues * (self.gate + self.inputs * self.gate * (1 - self.gate))  #! self.dinputs = dvalues * self.gate #| self.dinputs = dvalues * self.inputs * self.gate * (1 - self.gate) #| self.dinputs = dvalues * (self.gate + self.gate * (1 - self.gate)) #| self.dinputs = self.gate + self.inputs * self.gate * (1 - self.gate)  #= self.dinputs = dvalues * (self.output + self.gate * (1 - self.output))
