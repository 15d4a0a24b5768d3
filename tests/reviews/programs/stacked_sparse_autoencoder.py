# Stacked sparse autoencoder, all four layers trained together.
# Unrolled parameters as in the exercise: theta is one long vector, data has one example per COLUMN.
import numpy as np

RHO = 0.1        # desired average activation of the hidden units
BETA = 0.8       # weight of the sparsity penalty
LAMBDA = 0.03    # weight decay


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def unroll(stack):
    return np.concatenate([np.concatenate([layer['w'].ravel(), layer['b'].ravel()]) for layer in stack])


def rollup(theta, sizes):
    stack, pos = [], 0
    for fan_in, fan_out in zip(sizes[:-1], sizes[1:]):
        w = theta[pos:pos + fan_in * fan_out].reshape(fan_out, fan_in)
        pos += fan_in * fan_out
        b = theta[pos:pos + fan_out].reshape(fan_out, 1)
        pos += fan_out
        stack.append({'w': w, 'b': b})
    return stack


def kl(p, p_hat):
    return p * np.log(p / p_hat) + (1 - p) * np.log((1 - p) / (1 - p_hat))


def stacked_ae_cost(theta, sizes, data):
    stack = rollup(theta, sizes)
    m = data.shape[1]
    depth = len(stack)

    # feedforward
    a = [data]
    for layer in stack:
        a.append(sigmoid(layer['w'].dot(a[-1]) + layer['b']))
    rho_hat = {l: a[l].mean(axis=1) for l in range(1, depth)}
    squared_error = np.sum((a[-1] - data) ** 2) / (2 * m)
    decay = LAMBDA / 2 * sum(np.sum(layer['w'] ** 2) for layer in stack)
    sparsity = BETA * sum(np.sum(kl(RHO, r)) for r in rho_hat.values())
    cost = squared_error + decay + sparsity

    # backpropagation
    delta = {}
    delta[depth] = -(data - a[-1]) * a[-1] * (1 - a[-1])  #! delta[depth] = (data - a[-1]) * a[-1] * (1 - a[-1]) #| delta[depth] = a[-1] - data  #= delta[depth] = (a[-1] - data) * (a[-1] - a[-1] ** 2)  #&b delta[depth] = -(data - a[-1]) * data * (1 - data)  #=c delta[depth] = -(data - a[-1]) * a[-1] * (1 - a[-1]) / m
    for l in range(depth - 1, 0, -1):
        sparse = BETA * (-RHO / rho_hat[l] + (1 - RHO) / (1 - rho_hat[l]))  #! sparse = BETA * (RHO / rho_hat[l] - (1 - RHO) / (1 - rho_hat[l])) #| sparse = BETA * (-RHO / rho_hat[l] - (1 - RHO) / (1 - rho_hat[l])) #| sparse = BETA * kl(RHO, rho_hat[l])  #= sparse = BETA * (rho_hat[l] - RHO) / (rho_hat[l] * (1 - rho_hat[l]))  #&a sparse = -RHO / rho_hat[l] + (1 - RHO) / (1 - rho_hat[l])
        back = stack[l]['w'].T.dot(delta[l + 1]) + sparse[:, np.newaxis]  #! back = stack[l]['w'].T.dot(delta[l + 1]) #| back = stack[l]['w'].T.dot(delta[l + 1]) + sparse[:, np.newaxis] / m  #=c back = stack[l]['w'].T.dot(delta[l + 1]) + sparse[:, np.newaxis] / m
        delta[l] = back * a[l] * (1 - a[l])  #! delta[l] = back * (1 - a[l]) #| delta[l] = back * a[l] * (1 - a[l]) * a[l]

    stack_grad = []
    for l, layer in enumerate(stack):
        w_grad = delta[l + 1].dot(a[l].T) / m + LAMBDA * layer['w']  #! w_grad = delta[l + 1].dot(a[l].T) / m #| w_grad = delta[l + 1].dot(a[l].T) + LAMBDA * layer['w'] #| w_grad = (delta[l + 1].dot(a[l].T) + LAMBDA * layer['w']) / m  #=c w_grad = delta[l + 1].dot(a[l].T) + LAMBDA * layer['w']  #&a w_grad = delta[l + 1].dot(a[l].T) / m + LAMBDA / 2 * layer['w']
        b_grad = delta[l + 1].mean(axis=1)  #! b_grad = delta[l + 1].sum(axis=1)  #= b_grad = delta[l + 1].dot(np.full(m, 1. / m))  #=c b_grad = delta[l + 1].sum(axis=1)  #&b b_grad = delta[l + 1].mean(axis=1) + LAMBDA * layer['b'].ravel()
        stack_grad.append({'w': w_grad, 'b': b_grad})
    return cost, unroll(stack_grad)


def run(theta, sizes, data):
    return stacked_ae_cost(theta, sizes, data)


def example():
    rng = np.random.RandomState(106)
    sizes = [6, 4, 3, 4, 6]
    stack = [{'w': rng.normal(scale=0.8, size=(o, i)), 'b': rng.normal(size=(o, 1))} for i, o in zip(sizes[:-1], sizes[1:])]
    return unroll(stack), sizes, rng.uniform(0.1, 0.9, size=(6, 9))
