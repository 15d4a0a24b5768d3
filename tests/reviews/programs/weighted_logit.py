# logistic regression, classes weighted, written the slow way so that I can follow every step
import numpy as np


def sigmoid(t):
    return 1.0 / (1.0 + np.exp(-t))


def score(row, w, b):
    s = b
    for j in range(len(w)):
        s = s + w[j] * row[j]
    return s


def cost_and_grad(X, y, w, b, class_weight, lam):
    m, n = len(X), len(w)
    cost = 0.0
    weight_sum = 0.0
    grad_w = np.zeros(n)
    grad_b = 0.0
    for i in range(m):
        p = sigmoid(score(X[i], w, b))
        cw = class_weight[y[i]]
        cost -= cw * (y[i] * np.log(p) + (1 - y[i]) * np.log(1 - p))
        weight_sum += cw
        err = cw * (p - y[i])  #! err = p - y[i] #| err = cw * (y[i] - p) #| err = cw * p - y[i] #| err = cw * (p - y[i]) * p * (1 - p)  #&a err = class_weight[0] * (p - y[i])  #= err = -cw * (1 - p) if y[i] == 1 else cw * p
        for j in range(n):
            grad_w[j] += err * X[i][j]  #! grad_w[j] = err * X[i][j] #| grad_w[j] += err * X[i][0] #| grad_w[j] += err * w[j]
        grad_b += err  #! grad_b = err #| grad_b += cw * err
    # regularise everything but the intercept
    reg = 0.0
    for j in range(n):
        reg += w[j] ** 2
    cost = cost / weight_sum + 0.5 * lam * reg
    for j in range(n):
        grad_w[j] = grad_w[j] / weight_sum + lam * w[j]  #! grad_w[j] = grad_w[j] / m + lam * w[j] #| grad_w[j] = grad_w[j] / weight_sum #| grad_w[j] = (grad_w[j] + lam * w[j]) / weight_sum  #= grad_w[j] = (grad_w[j] + weight_sum * lam * w[j]) / weight_sum
    grad_b = grad_b / weight_sum  #! grad_b = grad_b / weight_sum + lam * b  #&a grad_b = grad_b / m
    return cost, grad_w, grad_b


def run(X, y, w, b, class_weight, lam=0.3):
    cost, grad_w, grad_b = cost_and_grad(X, y, w, b, class_weight, lam)
    return cost, (grad_w, grad_b)


def example():
    rng = np.random.default_rng(101)
    X = rng.normal(size=(9, 4))
    y = np.array([0, 1, 0, 0, 1, 0, 1, 0, 0])
    return X, y, rng.normal(size=4), -0.8, {0: 0.7, 1: 2.4}
