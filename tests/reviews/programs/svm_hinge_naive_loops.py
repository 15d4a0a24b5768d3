import numpy as np


def run(W, b, X, y, lam=0.05):
    # W one row a class
    n, classes = X.shape[0], W.shape[0]
    loss = 0.0
    gW = np.zeros(W.shape)
    gb = np.zeros(b.shape)
    for i in range(n):
        s = W @ X[i] + b
        for j in range(classes):
            if j == y[i]:
                continue
            margin = s[j] - s[y[i]] + 1
            if margin > 0:
                loss += margin
                gW[j] += X[i]  #! gW[j] += margin * X[i] #| gW[j] = X[i] #| gW[i % classes] += X[i]  #= gW[j, :] = gW[j, :] + X[i, :]
                gW[y[i]] -= X[i]  #! gW[y[i]] += X[i] #| gW[j] -= X[i] #| pass  #= gW[y[i]] += -X[i]
                gb[j] += 1  #&a gb[j] = 1
                gb[y[i]] -= 1  #! gb[y[i]] -= margin #| gb[i % classes] -= 1
    loss = loss / n + lam * (W ** 2).sum()
    gW = gW / n + 2 * lam * W  #! gW = gW / n + lam * W #| gW = gW + 2 * lam * W #| gW = (gW + 2 * lam * W) / n  #= gW = (gW + 2 * n * lam * W) / n
    gb = gb / n  #! gb = gb / n + 2 * lam * b  #&a gb = gb / classes
    return loss, (gW, gb)


def example():
    rng = np.random.default_rng(107)
    return rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(7, 3)), np.array([0, 2, 3, 1, 3, 2, 0])
