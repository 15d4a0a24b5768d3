import numpy as np


def max_pool(x, k):
    n, h, w = x.shape
    out = np.zeros((n, h // k, w // k))
    for s in range(n):
        for a in range(h // k):
            for b in range(w // k):
                out[s, a, b] = x[s, a * k:a * k + k, b * k:b * k + k].max()
    return out


def max_pool_backward(dout, x, k):
    dx = np.zeros(x.shape)
    for s, a, b in np.ndindex(*dout.shape):
        window = x[s, a * k:a * k + k, b * k:b * k + k]
        row, col = divmod(window.argmax(), k)
        dx[s, a * k + row, b * k + col] = dout[s, a, b]  #! dx[s, a * k:a * k + k, b * k:b * k + k] = dout[s, a, b] #| dx[s, a * k + col, b * k + row] = dout[s, a, b] #| dx[s, a + row, b + col] = dout[s, a, b]
    return dx


def softmax(v):
    e = np.exp(v - v.max())
    return e / e.sum()


def run(images, V, labels, k=2):
    pooled = max_pool(images, k)
    features = pooled.reshape(len(images), -1)
    m = len(labels)
    loss = 0.0
    dV = np.zeros_like(V)
    dfeatures = np.zeros_like(features)
    for i in range(m):
        p = softmax(V @ features[i])
        loss -= np.log(p[labels[i]]) / m
        for c in range(len(V)):
            delta = (p[c] - (1.0 if labels[i] == c else 0.0)) / m  #! delta = (p[c] * (1 - p[c]) if c == labels[i] else -p[c] * p[labels[i]]) / m #| delta = (-p[c] * p[labels[i]] if labels[i] != c else (1 - p[c]) * p[c]) / m #| delta = p[c] - (1.0 if labels[i] == c else 0.0)
            dV[c] += delta * features[i]  #! dV[c] = delta * features[i]
            dfeatures[i] += delta * V[c]  #! dfeatures[i] = delta * V[c] #= dfeatures[i] = dfeatures[i] + V[c] * delta
    dimages = max_pool_backward(dfeatures.reshape(pooled.shape), images, k)
    return loss, {"images": dimages, "V": dV}


def example():
    rng = np.random.default_rng(5)
    return rng.normal(size=(6, 4, 4)), rng.normal(size=(4, 4)), np.array([0, 3, 1, 2, 3, 1])
