import numpy as np

from layers import Activation_LeakyReLU, Activation_SmoothGate, Activation_Softmax, Layer_Dense
from losses import Loss_CategoricalCrossentropy


def run(X, y, w1, b1, w2, b2, w3, b3):
    dense1 = Layer_Dense(w1, b1, weight_l1=0.02, weight_l2=0.01, bias_l2=0.04)
    activation1 = Activation_LeakyReLU()
    dense2 = Layer_Dense(w2, b2, weight_l2=0.03)
    activation2 = Activation_SmoothGate()
    dense3 = Layer_Dense(w3, b3)
    softmax = Activation_Softmax()
    loss_function = Loss_CategoricalCrossentropy()

    values = X
    for step in (dense1, activation1, dense2, activation2, dense3, softmax):
        step.forward(values)
        values = step.output
    loss = loss_function.calculate(softmax.output, y)
    loss += sum(loss_function.regularization_loss(dense) for dense in (dense1, dense2, dense3))

    loss_function.backward(softmax.output, y)
    softmax.backward(loss_function.dinputs)
    dense3.backward(softmax.dinputs)  #! dense3.backward(loss_function.dinputs)
    activation2.backward(dense3.dinputs)
    dense2.backward(activation2.dinputs)  #! dense2.backward(dense3.dinputs)
    activation1.backward(dense2.dinputs)
    dense1.backward(activation1.dinputs)
    return loss, [(dense.dweights, dense.dbiases) for dense in (dense1, dense2, dense3)]  #! return loss, [(dense.dweights, dense.biases) for dense in (dense1, dense2, dense3)]


def example():
    rng = np.random.default_rng(51)
    X = rng.normal(size=(8, 2))
    y = np.array([0, 1, 2, 2, 1, 0, 1, 1])
    return (
        X, y, rng.normal(size=(2, 6)), rng.normal(size=(1, 6)),
        rng.normal(size=(6, 5)) * 0.7, rng.normal(size=(1, 5)), rng.normal(size=(5, 3)), rng.normal(size=(1, 3)),
    )
