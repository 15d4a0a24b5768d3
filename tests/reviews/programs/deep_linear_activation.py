import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z


def relu(Z):
    return np.maximum(0, Z), Z


def relu_backward(dA, activation_cache):
    Z = activation_cache
    dZ = np.array(dA, copy=True)  #= dZ = dA * 1.0
    dZ[Z <= 0] = 0  #! dZ[Z > 0] = 0 #| dZ[dA <= 0] = 0
    return dZ


def sigmoid_backward(dA, activation_cache):
    Z = activation_cache
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * s * (1 - s)  #! dZ = dA * Z * (1 - Z) #| dZ = dA * s #| dZ = dA * (1 - s ** 2)  #= dZ = dA * (s - s ** 2)
    return dZ


def linear_activation_forward(A_prev, W, b, activation):
    Z = W.dot(A_prev) + b
    linear_cache = (A_prev, W, b)
    A, activation_cache = sigmoid(Z) if activation == "sigmoid" else relu(Z)
    return A, (linear_cache, activation_cache)


def linear_backward(dZ, linear_cache):
    A_prev, W, b = linear_cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m  #! dW = np.dot(dZ, A_prev.T) #| dW = np.dot(dZ, A_prev.T) / W.shape[1]
    db = np.sum(dZ, axis=1, keepdims=True) / m  #! db = np.sum(dZ, axis=1, keepdims=True)  #= db = np.mean(dZ, axis=1, keepdims=True)  #&a db = -np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)  #! dA_prev = np.dot(W.T, dZ) / m
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A_prev = A
        A, cache = linear_activation_forward(A_prev, parameters["W" + str(l)], parameters["b" + str(l)], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters["W" + str(L)], parameters["b" + str(L)], "sigmoid")
    caches.append(cache)
    return AL, caches


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    Y = Y.reshape(AL.shape)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))  #! dAL = np.divide(Y, AL) - np.divide(1 - Y, 1 - AL) #| dAL = -(np.divide(Y, AL) + np.divide(1 - Y, 1 - AL)) #| dAL = AL - Y  #= dAL = (AL - Y) / (AL * (1 - AL))  #&a dAL = -(np.divide(Y, AL) - np.divide(1 - Y, AL))
    current_cache = caches[L - 1]
    dA, grads["dW" + str(L)], grads["db" + str(L)] = linear_activation_backward(dAL, current_cache, "sigmoid")
    for l in reversed(range(L - 1)):
        current_cache = caches[l]
        dA, dW_temp, db_temp = linear_activation_backward(dA, current_cache, "relu")  #! _, dW_temp, db_temp = linear_activation_backward(dA, current_cache, "relu")
        grads["dW" + str(l + 1)] = dW_temp
        grads["db" + str(l + 1)] = db_temp
    return grads


def run(X, Y, parameters):
    AL, caches = L_model_forward(X, parameters)
    m = Y.shape[1]
    cost = -(np.dot(Y, np.log(AL).T) + np.dot(1 - Y, np.log(1 - AL).T)) / m
    return np.squeeze(cost), L_model_backward(AL, Y, caches)


def example():
    rng = np.random.default_rng(103)
    layer_dims = [4, 6, 6, 6, 1]
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["W" + str(l)] = rng.normal(size=(layer_dims[l], layer_dims[l - 1])) * 0.7
        parameters["b" + str(l)] = rng.normal(size=(layer_dims[l], 1)) * 0.4
    return rng.normal(size=(4, 7)), np.array([[1, 0, 1, 1, 0, 0, 1]]), parameters
