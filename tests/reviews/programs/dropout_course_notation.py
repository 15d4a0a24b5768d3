import numpy as np


def relu(Z):
    return np.maximum(0, Z)


def softmax_columns(Z):
    t = np.exp(Z - Z.max(axis=0))
    return t / t.sum(axis=0)


def forward_propagation_with_dropout(X, parameters, masks, keep_prob):
    """LINEAR -> RELU -> DROPOUT -> LINEAR -> RELU -> DROPOUT -> LINEAR -> SOFTMAX"""
    caches = []
    A_prev = X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        W, b = parameters['W' + str(l)], parameters['b' + str(l)]
        Z = np.dot(W, A_prev) + b
        if l < L:
            D = masks[l - 1] < keep_prob
            A = relu(Z) * D / keep_prob
        else:
            D = None
            A = softmax_columns(Z)
        caches.append((A_prev, W, b, Z, D))
        A_prev = A
    return A, caches


def compute_cost_with_regularization(AL, Y, parameters, lambd):
    m = Y.shape[1]
    cross_entropy_cost = -np.sum(Y * np.log(AL)) / m
    L2_cost = sum(np.sum(np.square(parameters[k])) for k in parameters if k.startswith('W')) * lambd / (2 * m)
    return cross_entropy_cost + L2_cost


def linear_backward(dZ, cache, lambd):
    A_prev, W, b, Z, D = cache
    m = A_prev.shape[1]
    dW = 1. / m * np.dot(dZ, A_prev.T) + (lambd * W) / m  #! dW = 1. / m * np.dot(dZ, A_prev.T) + (lambd * W) / (2 * m) #| dW = 1. / m * np.dot(dZ, A_prev.T) #| dW = 1. / m * np.dot(dZ, A_prev.T) + lambd * W  #= dW = (np.einsum('im,jm->ij', dZ, A_prev) + lambd * W) / m  #&a dW = 1. / m * (np.dot(dZ, A_prev.T) - lambd * W)  #&b dW = np.dot(dZ, A_prev.T) + (lambd * W) / m
    db = 1. / m * np.sum(dZ, axis=1, keepdims=True)  #! db = np.sum(dZ, axis=1, keepdims=True) #| db = 1. / m * np.sum(dZ) * np.ones_like(b)  #= db = np.mean(dZ, axis=1, keepdims=True)  #&b db = 1. / m * np.sum(dZ + b, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)  #! dA_prev = np.dot(W.T, dZ) / m #| dA_prev = np.dot((W - 0.1 * dW).T, dZ)
    return dA_prev, dW, db


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)  #! dZ = np.array(Z, copy=True)
    dZ[Z <= 0] = 0  #! dZ[dA <= 0] = 0 #| dZ[Z >= 0] = 0
    return dZ


def backward_propagation_with_dropout(AL, Y, caches, keep_prob, lambd):
    gradients = {}
    L = len(caches)
    dZ = AL - Y
    dA, gradients['dW' + str(L)], gradients['db' + str(L)] = linear_backward(dZ, caches[L - 1], lambd)
    for l in reversed(range(L - 1)):
        D, Z = caches[l][4], caches[l][3]
        dA = dA * D  #! pass #| dA = dA * caches[0][4] if caches[0][4].shape == D.shape else dA
        dA = dA / keep_prob  #! dA = dA * keep_prob #| dA = dA / (1 - keep_prob)  #&a dA = dA * (1 - keep_prob)
        dZ = relu_backward(dA, Z)
        dA, gradients['dW' + str(l + 1)], gradients['db' + str(l + 1)] = linear_backward(dZ, caches[l], lambd)
    return gradients


def run(X, Y, parameters, masks):
    AL, caches = forward_propagation_with_dropout(X, parameters, masks, keep_prob=0.7)
    cost = compute_cost_with_regularization(AL, Y, parameters, lambd=0.9)
    return cost, backward_propagation_with_dropout(AL, Y, caches, keep_prob=0.7, lambd=0.9)


def example():
    np.random.seed(1)
    layers_dims = [4, 6, 5, 3]
    parameters = {}
    for l in range(1, len(layers_dims)):
        parameters['W' + str(l)] = np.random.randn(layers_dims[l], layers_dims[l - 1])
        parameters['b' + str(l)] = np.random.randn(layers_dims[l], 1) * 0.5
    m = 8
    X = np.random.randn(layers_dims[0], m)
    Y = np.eye(3)[:, np.random.randint(0, 3, m)]
    return X, Y, parameters, [np.random.rand(6, m), np.random.rand(5, m)]
