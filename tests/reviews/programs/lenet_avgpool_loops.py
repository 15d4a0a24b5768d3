import numpy as np


def conv2d(img, kernels, bias):
    """img (H, W), kernels (K, k, k); valid correlation."""
    K, k, _ = kernels.shape
    H, W = img.shape
    out = np.empty((K, H - k + 1, W - k + 1))
    for f in range(K):
        for r in range(H - k + 1):
            for c in range(W - k + 1):
                out[f, r, c] = np.sum(img[r:r + k, c:c + k] * kernels[f]) + bias[f]
    return out


def avgpool(a, s):
    K, H, W = a.shape
    out = np.empty((K, H // s, W // s))
    for r in range(H // s):
        for c in range(W // s):
            out[:, r, c] = a[:, r * s:(r + 1) * s, c * s:(c + 1) * s].mean(axis=(1, 2))
    return out


def avgpool_back(d, s):
    K, H, W = d.shape
    up = np.zeros((K, H * s, W * s))
    for r in range(H):
        for c in range(W):
            up[:, r * s:(r + 1) * s, c * s:(c + 1) * s] = d[:, r, c][:, None, None] / (s * s)  #! up[:, r * s:(r + 1) * s, c * s:(c + 1) * s] = d[:, r, c][:, None, None] #| up[:, r * s:(r + 1) * s, c * s:(c + 1) * s] = d[:, r, c][:, None, None] / s #| up[:, r * s, c * s] = d[:, r, c]  #= up[:, r * s:(r + 1) * s, c * s:(c + 1) * s] += d[:, r, c].reshape(K, 1, 1) * np.full((s, s), s ** -2.0)
    return up


def run(images, kernels, bias, W, b, labels):
    s = 2
    n = len(images)
    loss = 0.0
    dkernels, dbias = np.zeros(kernels.shape), np.zeros(bias.shape)
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    for img, label in zip(images, labels):
        z = conv2d(img, kernels, bias)
        a = 1 / (1 + np.exp(-z))
        p = avgpool(a, s)
        v = p.ravel()
        logits = W @ v + b
        q = np.exp(logits - logits.max())
        q /= q.sum()
        loss -= np.log(q[label]) / n

        dlogits = q.copy()
        dlogits[label] -= 1  #! dlogits[label] += 1 #| dlogits -= 1
        dlogits /= n  #! pass #| dlogits /= len(q)
        dW += np.outer(dlogits, v)  #! dW = np.outer(dlogits, v)  #= dW += dlogits.reshape(-1, 1) * v.reshape(1, -1)  #&a dW += np.outer(q / n, v)
        db += dlogits
        dp = (W.T @ dlogits).reshape(p.shape)
        da = avgpool_back(dp, s)
        dz = da * a * (1 - a)  #! dz = da * z * (1 - z) #| dz = da * (1 - a ** 2) #| dz = da * (z > 0)
        k = kernels.shape[1]
        for f in range(len(kernels)):
            for r in range(dz.shape[1]):
                for c in range(dz.shape[2]):
                    dkernels[f] += img[r:r + k, c:c + k] * dz[f, r, c]  #! dkernels[f] += img[c:c + k, r:r + k] * dz[f, r, c] #| dkernels[f] = img[r:r + k, c:c + k] * dz[f, r, c] #| dkernels[f] += img[r:r + k, c:c + k][::-1, ::-1] * dz[f, r, c]
            dbias[f] += dz[f].sum()  #! dbias[f] += dz[f].mean() #| dbias[f] += dz[f, 0, 0] #| dbias[f] += da[f].sum()  #= dbias[f] = dbias[f] + np.einsum("rc->", dz[f])  #&a dbias[f] = dz[f].sum()
    return loss, {"kernels": dkernels, "bias": dbias, "W": dW, "b": db}


def example():
    rng = np.random.default_rng(116)
    return rng.normal(size=(4, 6, 6)), rng.normal(size=(2, 3, 3)), rng.normal(size=2), rng.normal(size=(3, 8)) * 2, rng.normal(size=3), [2, 0, 1, 1]
