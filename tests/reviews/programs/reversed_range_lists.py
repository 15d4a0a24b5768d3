import numpy as np


def relu(x): return np.maximum(x, 0)
def relu_prime(x): return (x > 0).astype(x.dtype)  #!d def relu_prime(x): return np.maximum(x, 0) #| def relu_prime(x): return (x < 0).astype(x.dtype)  #= def relu_prime(x): return np.where(x > 0, 1.0, 0.0)


def run(x, y, weights, biases, lmbda=0.04):
    L = len(weights)
    zs, activations = [], [x]
    for w, b in zip(weights, biases):
        zs.append(activations[-1] @ w.T + b)
        activations.append(relu(zs[-1]) if len(zs) < L else zs[-1])
    n = len(x)
    loss = 0.5 * ((activations[-1] - y) ** 2).sum() / n
    loss += 0.5 * lmbda * sum((w ** 2).sum() for w in weights)

    nabla_w = [np.zeros(w.shape) for w in weights]
    nabla_b = [np.zeros(b.shape) for b in biases]
    delta = (activations[-1] - y) / n  #! delta = (y - activations[-1]) / n #| delta = activations[-1] - y #| delta = (activations[-1] - y) * relu_prime(zs[-1]) / n #| delta = 2 * (activations[-1] - y) / n
    for l in reversed(range(L)):
        nabla_w[l] = delta.T @ activations[l] + lmbda * weights[l]  #! nabla_w[l] = delta.T @ activations[l] #| nabla_w[l] = delta.T @ activations[l] + 2 * lmbda * weights[l] #| nabla_w[l] = delta.T @ activations[l] / n + lmbda * weights[l]  #= nabla_w[l] = lmbda * weights[l] + (activations[l].T @ delta).T #| nabla_w[l] += np.tensordot(delta, activations[l], (0, 0)) + lmbda * weights[l]  #&a nabla_w[l] = delta.T @ activations[l] + lmbda * weights[l] / n
        nabla_b[l] = delta.sum(axis=0)  #! nabla_b[l] = delta.mean(axis=0) #| nabla_b[l] = delta.sum(axis=0) + lmbda * biases[l] #| nabla_b[l] = delta[-1]  #= nabla_b[l] += delta.sum(0)  #&a nabla_b[l] = -delta.sum(axis=0)
        if l > 0:
            delta = delta @ weights[l] * relu_prime(zs[l - 1])  #~d  #! delta = delta @ weights[l] #| delta = delta @ weights[l] * relu_prime(-zs[l - 1])  #= delta = np.where(zs[l - 1] > 0, delta @ weights[l], 0)
    return loss, (nabla_w, nabla_b)


def example():
    rng = np.random.default_rng(145)
    sizes = [3, 6, 5, 4, 2]
    return (rng.normal(size=(8, 3)), rng.normal(size=(8, 2)),
            [rng.normal(size=(o, i)) for i, o in zip(sizes, sizes[1:])], [rng.normal(size=o) for o in sizes[1:]])
