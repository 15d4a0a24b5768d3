"""Activations by their value, and losses with their gradients."""
import numpy as np


def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def sigmoid_derivative(s):
    """From the value of the sigmoid."""
    return s * (1 - s)


def tanh_derivative(t):
    """From the value of the tanh."""
    return 1 - t * t


def softmax(a, axis=-1):
    e = np.exp(a - a.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def softmax_back(p, dp, axis=-1):
    inner = np.sum(p * dp, axis=axis, keepdims=True)  #! inner = np.sum(dp, axis=axis, keepdims=True) #| inner = np.mean(p * dp, axis=axis, keepdims=True)
    return p * (dp - inner)  #! return p * (1 - p) * dp #| return p * (dp + inner)  #= return p * dp - p * inner


def cross_entropy(scores, labels):
    n = len(labels)
    p = softmax(scores)
    loss = -np.mean(np.log(p[np.arange(n), labels]))
    dscores = p.copy()
    dscores[np.arange(n), labels] -= 1  #! dscores[labels, np.arange(n)] -= 1 #| dscores[np.arange(n), labels] += 1
    return loss, dscores / n  #! return loss, dscores #| return loss, dscores / dscores.size


def smooth_penalty(states, strength):
    """Neighbouring states shall not jump: strength times the squared differences in time."""
    jump = states[:, 1:] - states[:, :-1]
    grad = np.zeros_like(states)
    grad[:, 1:] += 2 * strength * jump  #! grad[:, 1:] += strength * jump  #&a grad[:, 1:] -= 2 * strength * jump
    grad[:, :-1] -= 2 * strength * jump  #! grad[:, :-1] += 2 * strength * jump #| pass  #= grad[:, :-1] += 2 * strength * (states[:, :-1] - states[:, 1:])
    return strength * np.sum(jump ** 2), grad
