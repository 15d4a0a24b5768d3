# neural net from the tutorial, but with two hidden layers
# (the output looks at BOTH hidden layers, this works a lot better on my data)
import numpy as np

w0 = w1 = w2 = None
b0 = b1 = b2 = None
decay = 0.01
DEBUG = False


def nonlin(x, deriv=False):
    if deriv == True:
        # x is already the output of the sigmoid!!
        return x * (1 - x)  #! return 1 - x #| return x * (1 + x) #| return nonlin(x) * (1 - nonlin(x)) #= return x - x * x  #&b return x * x
    return 1 / (1 + np.exp(-x))


def load(weights, biases):
    global w0, w1, w2, b0, b1, b2
    w0, w1, w2 = weights
    b0, b1, b2 = biases


def forward(X):
    global l0, l1, l2, l12, l3
    l0 = X
    l1 = np.tanh(np.dot(l0, w0) + b0)
    l2 = nonlin(np.dot(l1, w1) + b1)
    l12 = np.hstack([l1, l2])
    l3 = nonlin(np.dot(l12, w2) + b2)
    return l3


def error(y):
    e = 0.5 * np.sum((l3 - y) ** 2) / len(y)
    for w in (w0, w1, w2):
        e += 0.5 * decay * np.sum(w ** 2)
    return e


def backward(y):
    global w0_grad, w1_grad, w2_grad, b0_grad, b1_grad, b2_grad
    h = l1.shape[1]

    # how wrong are we?
    l3_error = (l3 - y) / len(y)  #! l3_error = l3 - y #| l3_error = (y - l3) / len(y) #| l3_error = (l3 - y) / len(y) ** 2 #= l3_error = -(y - l3) / y.shape[0]  #&a l3_error = 2 * (l3 - y) / len(y)
    if DEBUG:
        print("Error:" + str(np.mean(np.abs(l3_error))))
    l3_delta = l3_error * nonlin(l3, deriv=True)  #! l3_delta = l3_error #| l3_delta = l3_error * nonlin(l3) #| l3_delta = l3_error * nonlin(nonlin(l3), deriv=True)

    # send the error back to both hidden layers
    l12_error = l3_delta.dot(w2.T)  #! l12_error = l3_error.dot(w2.T) #= l12_error = np.array([w2.dot(d) for d in l3_delta])
    l2_delta = l12_error[:, h:] * nonlin(l2, deriv=True)  #! l2_delta = l12_error[:, h:] * (1 - l2 ** 2) #| l2_delta = l12_error[:, h:] * nonlin(l12_error[:, h:], deriv=True) #| l2_delta = l12_error[:, h:] * nonlin(l2)
    l1_error = l12_error[:, :h]  #! l1_error = l12_error[:, -h:]
    l1_error = l1_error + l2_delta.dot(w1.T)  #! l1_error = l2_delta.dot(w1.T) #| l1_error = l1_error - l2_delta.dot(w1.T) #| l1_error = l1_error + l12_error[:, h:].dot(w1.T) #| pass #= l1_error = np.add(l1_error, np.matmul(w1, l2_delta.T).T)
    l1_delta = l1_error * (1 - l1 ** 2)  #! l1_delta = l1_error * nonlin(l1, deriv=True) #| l1_delta = l1_error * (1 - l1) #| l1_delta = l1_error * (1 - np.tanh(l1) ** 2) #= l1_delta = l1_error * (1 - l1) * (1 + l1)  #&a l1_delta = l1_error

    w2_grad = l12.T.dot(l3_delta) + decay * w2  #! w2_grad = l12.T.dot(l3_error) + decay * w2 #| w2_grad = l12.T.dot(l3_delta)
    w1_grad = l1.T.dot(l2_delta) + decay * w1  #! w1_grad = l1.T.dot(l2_delta) + decay * w1 ** 2 #| w1_grad = l1.T.dot(l2_delta) - decay * w1  #&c w1_grad = l1.T.dot(l2_delta) / len(y) + decay * w1
    w0_grad = l0.T.dot(l1_delta) + decay * w0  #! w0_grad = l0.T.dot(l1_delta) + decay #| w0_grad = l0.T.dot(l1_error) + decay * w0  #&b w0_grad = l0.T.dot(l1_delta) + 2 * decay * w0
    b2_grad = np.sum(l3_delta, axis=0)  #! b2_grad = np.mean(l3_delta, axis=0) #| b2_grad = np.sum(l3_error, axis=0)  #&c b2_grad = np.sum(l3_delta * l3, axis=0)
    b1_grad = np.sum(l2_delta, axis=0)  #! b1_grad = np.sum(l2_delta, axis=0) + decay * b1 #= b1_grad = np.ones(len(l2)).dot(l2_delta)
    b0_grad = np.sum(l1_delta, axis=0)  #! b0_grad = l1_delta[-1] #| b0_grad = np.sum(l1_error, axis=0)


def run(X, y, weights, biases):
    load(weights, biases)
    forward(X)
    e = error(y)
    backward(y)
    return e, ([w0_grad, w1_grad, w2_grad], [b0_grad, b1_grad, b2_grad])


def example():
    np.random.seed(1)
    X = np.random.randn(6, 3)
    y = np.array([[0, 1], [1, 1], [1, 0], [0, 0], [1, 0], [0, 1.0]])
    weights = [np.random.randn(3, 5), np.random.randn(5, 4), np.random.randn(9, 2)]
    biases = [np.random.randn(5), np.random.randn(4), np.random.randn(2)]
    return X, y, weights, biases
