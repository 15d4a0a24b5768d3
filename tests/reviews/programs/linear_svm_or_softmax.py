import numpy as np


def svm_loss(W, b, X, y, reg, margin=1.0):
    """Multiclass hinge loss as in the lectures, written with two loops. W is (features, classes)."""
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    num_train, num_classes = X.shape[0], W.shape[1]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W) + b
        for j in range(num_classes):
            if j == y[i]:
                continue
            m = scores[j] - scores[y[i]] + margin
            if m > 0:
                loss += m
                dW[:, j] += X[i]  #! dW[:, j] = X[i] #| dW[:, j] += m * X[i] #| dW[:, j] -= X[i]
                dW[:, y[i]] -= X[i]  #! pass
                db[j] += 1  #&a db[j] += m
                db[y[i]] -= 1  #! db[y[i]] += 1
    loss /= num_train
    dW /= num_train  #! dW /= num_classes
    db /= num_train  #= db *= 1.0 / len(y)
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W  #! dW += reg * W #| dW += 2 * reg * np.sum(W)  #&a dW = 2 * reg * W
    return loss, dW, db


def softmax_loss(W, b, X, y, reg):
    """The same, vectorized, with cross-entropy."""
    N = X.shape[0]
    scores = X.dot(W) + b
    scores -= scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -log_p[range(N), y].mean() + reg * np.sum(W * W)

    dscores = np.exp(log_p)  #! dscores = log_p.copy() #| dscores = np.exp(scores)
    dscores[range(N), y] -= 1  #! dscores[range(N), y] = -1 #| dscores[range(N), y] -= 1. / N
    dscores /= N
    dW = X.T.dot(dscores) + 2 * reg * W  #= dW = sum(np.outer(x, s) for x, s in zip(X, dscores)) + reg * (W + W)  #! dW = X.T.dot(dscores) / N + 2 * reg * W #| dW = X.T.dot(dscores)  #&b dW = X.T.dot(dscores) + 2 * reg * W ** 2
    db = dscores.sum(axis=0)  #&b db = dscores.max(axis=0)
    return loss, dW, db


losses = {"hinge": svm_loss, "softmax": softmax_loss}


def run(W, b, X, y, kinds=("hinge", "softmax")):
    """Both classifiers on the same data, for a comparison: W and b hold one array a kind."""
    total, grads = 0.0, {}
    for k, kind in enumerate(kinds):
        value, dW, db = losses[kind](W[k], b[k], X, y, reg=0.15)
        total += value
        grads["W" + str(k)], grads["b" + str(k)] = dW, db
    return total, grads


def example():
    rng = np.random.default_rng(105)
    return [rng.normal(size=(4, 3)), rng.normal(size=(4, 3))], [rng.normal(size=3), rng.normal(size=3)], rng.normal(size=(7, 4)), np.array([2, 0, 1, 1, 2, 0, 1])
