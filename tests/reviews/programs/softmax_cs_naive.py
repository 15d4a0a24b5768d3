import numpy as np
from math import log


def softmax_loss_naive(W, X, y, reg):
    """
    Softmax loss, with loops.
    W: (D, C) weights; X: (N, D) a minibatch; y: (N,) labels, 0 <= c < C; reg: strength.
    """
    loss = 0.0
    dW = np.zeros_like(W)
    num_train = X.shape[0]
    num_classes = W.shape[1]

    for i in range(num_train):
        f = X[i].dot(W)
        f -= np.max(f)
        sum_j = np.sum(np.exp(f))
        loss += -f[y[i]] + log(sum_j)
        for k in range(num_classes):
            p_k = np.exp(f[k]) / sum_j  #! p_k = f[k] / sum_j  #&a p_k = np.exp(f[y[i]]) / sum_j
            dW[:, k] += (p_k - (k == y[i])) * X[i]  #! dW[:, k] = (p_k - (k == y[i])) * X[i] #| dW[:, k] += ((k == y[i]) - p_k) * X[i] #| dW[:, k] += (p_k - (k == i)) * X[i] #| dW[:, k] += p_k * X[i]  #= dW[:, k] += p_k * X[i] - (X[i] if k == y[i] else 0)

    loss /= num_train
    dW /= num_train  #! dW /= num_classes #| pass  #= dW = dW * (1.0 / num_train)
    loss += 0.5 * reg * np.sum(W * W)
    dW += reg * W  #! dW += 2 * reg * W #| dW += 0.5 * reg * W  #&a dW += reg * W / num_train
    return loss, dW


def run(W, X, y):
    return softmax_loss_naive(W, X, y, reg=0.15)


def example():
    rng = np.random.default_rng(105)
    return rng.normal(size=(6, 4)), rng.normal(size=(9, 6)), np.array([3, 1, 0, 2, 1, 3, 3, 0, 2])
