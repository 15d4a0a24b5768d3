import numpy as np


class Loss:
    def calculate(self, output, y):
        return np.mean(self.forward(output, y))

    def regularization_loss(self, layer):
        loss = layer.weight_l1 * np.sum(np.abs(layer.weights))
        loss += layer.weight_l2 * np.sum(layer.weights * layer.weights)
        return loss + layer.bias_l2 * np.sum(layer.biases * layer.biases)


class Loss_CategoricalCrossentropy(Loss):
    def forward(self, y_pred, y_true):
        y_pred_clipped = np.clip(y_pred, 1e-7, 1 - 1e-7)
        return -np.log(y_pred_clipped[range(len(y_pred)), y_true])

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        labels = len(dvalues[0])
        if len(y_true.shape) == 1:
            y_true = np.eye(labels)[y_true]
        self.dinputs = -y_true / dvalues  #! self.dinputs = y_true / dvalues #| self.dinputs = dvalues - y_true #| self.dinputs = -y_true / (1 - dvalues) #| self.dinputs = -y_true * np.log(dvalues)
        self.dinputs = self.dinputs / samples  #! self.dinputs = self.dinputs / labels #| pass  #= self.dinputs /= samples  #&b self.dinputs = self.dinputs / dvalues.size
