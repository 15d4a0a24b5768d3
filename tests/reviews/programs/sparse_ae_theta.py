"""
Sparse autoencoder in the UFLDL manner: one long parameter vector goes in, cost and one long gradient come out,
so that it can be handed to an optimiser. Every column of `data` is an example.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def unroll(theta, visible, hidden):
    k = visible * hidden
    W1 = theta[:k].reshape(hidden, visible)
    W2 = theta[k:2 * k].reshape(visible, hidden)
    b1 = theta[2 * k:2 * k + hidden]
    b2 = theta[2 * k + hidden:]
    return W1, W2, b1, b2


def sparseAutoencoderCost(theta, visible, hidden, lambda_, rho, beta, data):
    W1, W2, b1, b2 = unroll(theta, visible, hidden)
    m = data.shape[1]

    # feed forward
    a2 = sigmoid(W1.dot(data) + b1[:, np.newaxis])
    a3 = sigmoid(W2.dot(a2) + b2[:, np.newaxis])
    rhoHat = np.mean(a2, axis=1)

    diff = a3 - data
    squares = np.sum(diff ** 2) / (2 * m)
    decay = lambda_ / 2 * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
    KL = np.sum(rho * np.log(rho / rhoHat) + (1 - rho) * np.log((1 - rho) / (1 - rhoHat)))
    cost = squares + decay + beta * KL

    # back propagation
    delta3 = diff * a3 * (1 - a3)  #! delta3 = -diff * a3 * (1 - a3) #| delta3 = diff
    sparsity = beta * ((1 - rho) / (1 - rhoHat) - rho / rhoHat)  #= sparsity = beta * (rhoHat - rho) / (rhoHat * (1 - rhoHat))  #! sparsity = beta * (rho / rhoHat - (1 - rho) / (1 - rhoHat)) #| sparsity = (1 - rho) / (1 - rhoHat) - rho / rhoHat #| sparsity = beta * ((1 - rho) / (1 - rhoHat) + rho / rhoHat) #| sparsity = beta * (np.log(rhoHat / rho) - np.log((1 - rhoHat) / (1 - rho)))  #&a sparsity = beta * ((1 - rho) / (1 - rhoHat) - rho / rhoHat) / hidden
    back2 = W2.T.dot(delta3) + sparsity[:, np.newaxis]  #! back2 = W2.T.dot(delta3)
    delta2 = back2 * a2 * (1 - a2)  #= delta2 = (a2 - a2 ** 2) * back2  #! delta2 = back2 * (1 - a2 ** 2) #| delta2 = W2.T.dot(delta3) * a2 * (1 - a2) + sparsity[:, np.newaxis]

    W1grad = delta2.dot(data.T) / m + lambda_ * W1  #! W1grad = delta2.dot(data.T) / m + lambda_ / m * W1 #| W1grad = (delta2.dot(data.T) - lambda_ * W1) / m
    W2grad = delta3.dot(a2.T) / m + lambda_ * W2  #! W2grad = delta3.dot(a2.T) + lambda_ * W2 #| W2grad = delta3.dot(a2.T) / m  #&a W2grad = delta3.dot(a2.T) / m + lambda_ * W1.T
    b1grad = np.sum(delta2, axis=1) / m
    b2grad = np.sum(delta3, axis=1) / m  #= b2grad = delta3.mean(axis=1)  #! b2grad = np.sum(delta3, axis=1)

    grad = np.concatenate((W1grad.ravel(), W2grad.ravel(), b1grad, b2grad))
    return cost, grad


def run(theta, data):
    return sparseAutoencoderCost(theta, visible=6, hidden=4, lambda_=0.05, rho=0.1, beta=0.6, data=data)


def example():
    rng = np.random.default_rng(2012)
    return rng.normal(size=6 * 4 * 2 + 4 + 6) * 0.7, rng.uniform(0.1, 0.9, size=(6, 8))
