import numpy as np

DELTA = 1.0
REG = 0.2


def svm_loss_vectorized(W, X, y):
    N = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(N), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct + DELTA)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N + REG * np.sum(W * W)

    # Count for every sample how many classes broke the margin
    mask = np.zeros(margins.shape)
    mask[margins > 0] = 1  #! mask[margins <= 0] = 1 #| mask[scores > 0] = 1  #= mask = (margins > 0).astype(float)
    mask[np.arange(N), y] = -np.sum(mask, axis=1)  #! mask[np.arange(N), y] = np.sum(mask, axis=1) #| mask[np.arange(N), y] = -1 #| pass  #= mask[np.arange(N), y] -= np.sum(mask, axis=1)  #&a mask[np.arange(N), y] = -np.sum(margins, axis=1)
    dW = X.T.dot(mask) / N  #! dW = X.T.dot(margins) / N #| dW = X.T.dot(mask)  #= dW = np.einsum("nd,nc->dc", X, mask / N)
    dW += 2 * REG * W  #! dW += REG * W #| dW -= 2 * REG * W  #= dW = dW + REG * (W + W)  #&a dW += 2 * REG
    return loss, dW


def run(W, X, y):
    return svm_loss_vectorized(W, X, y)


def example():
    rng = np.random.default_rng(106)
    return rng.normal(size=(4, 5)), rng.normal(size=(8, 4)), np.array([0, 4, 2, 1, 3, 3, 0, 2])
