import numpy as np

# one-vs-rest linear SVM, L2 penalty, squared hinge (the primal that liblinear calls -s 2); the intercept isn't penalised


def to_signs(labels, n_classes):
    Y = -np.ones((labels.size, n_classes))
    Y[np.arange(labels.size), labels] = 1.
    return Y


def objective(W, b, X, Y, C, weight):
    xi = np.maximum(0., 1. - Y * (X.dot(W) + b))
    return 0.5 * np.sum(W * W) + C * np.sum(weight[:, None] * xi ** 2)


def gradient(W, b, X, Y, C, weight):
    scores = X.dot(W) + b
    xi = 1. - Y * scores
    xi[xi < 0] = 0.  #= xi = xi * (xi > 0)  #! xi[scores < 0] = 0.
    dxi = 2. * C * xi  #= dxi = C * (xi + xi)  #! dxi = C * xi #| dxi = 2. * C * xi ** 2 #| dxi = 2. * C * (xi > 0)  #&a dxi = 2. * xi
    dxi *= weight[:, None]  #! dxi *= weight[:, None] / weight.sum() #| dxi *= weight.mean()
    dscores = -Y * dxi  #! dscores = Y * dxi #| dscores = -dxi
    grad_W = X.T.dot(dscores)
    grad_W += W  #= grad_W = W + grad_W  #! grad_W += 0.5 * W #| grad_W += 2 * W #| grad_W += C * W  #&a grad_W -= W
    grad_b = dscores.sum(axis=0)  #= grad_b = np.ones(len(X)).dot(dscores)  #! grad_b = dscores.mean(axis=0) #| grad_b = dscores.sum(axis=0) + b
    return grad_W, grad_b


def run(W, b, X, labels, C, weight):
    Y = to_signs(labels, W.shape[1])
    return objective(W, b, X, Y, C, weight), gradient(W, b, X, Y, C, weight)


def example():
    rs = np.random.RandomState(11)
    return rs.randn(5, 3), rs.randn(3), rs.randn(9, 5), np.array([0, 1, 2, 2, 1, 0, 0, 2, 1]), 0.7, rs.uniform(0.5, 2., 9)
