import numpy as np


def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def conv_forward(A_prev, W, b, hparameters):
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, f, n_C_prev, n_C = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]
    n_H = (n_H_prev - f + 2 * pad) // stride + 1
    n_W = (n_W_prev - f + 2 * pad) // stride + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                a_slice = A_prev_pad[i, h * stride:h * stride + f, w * stride:w * stride + f, :]
                for c in range(n_C):
                    Z[i, h, w, c] = np.sum(a_slice * W[..., c]) + b[0, 0, 0, c]
    return Z, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, f, n_C_prev, n_C = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H, n_W, n_C = dZ.shape
    dA_prev = np.zeros(A_prev.shape)
    dW = np.zeros(W.shape)
    db = np.zeros(b.shape)
    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad = zero_pad(dA_prev, pad)
    for i in range(m):
        a_prev_pad = A_prev_pad[i]
        da_prev_pad = dA_prev_pad[i]
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = h * stride
                    horiz_start = w * stride
                    a_slice = a_prev_pad[vert_start:vert_start + f, horiz_start:horiz_start + f, :]
                    da_prev_pad[vert_start:vert_start + f, horiz_start:horiz_start + f, :] += W[:, :, :, c] * dZ[i, h, w, c]  #! da_prev_pad[vert_start:vert_start + f, horiz_start:horiz_start + f, :] = W[:, :, :, c] * dZ[i, h, w, c] #| da_prev_pad[vert_start:vert_start + f, horiz_start:horiz_start + f, :] += W[:, :, :, c].transpose(1, 0, 2) * dZ[i, h, w, c]
                    dW[:, :, :, c] += a_slice * dZ[i, h, w, c]  #! dW[:, :, :, c] = a_slice * dZ[i, h, w, c] #| dW[:, :, :, c] += a_slice.transpose(1, 0, 2) * dZ[i, h, w, c]  #= dW[..., c] += dZ[i, h, w, c] * a_slice
                    db[:, :, :, c] += dZ[i, h, w, c]  #! db[:, :, :, c] = dZ[i, h, w, c] #| db[:, :, :, c] += dZ[i, h, w, c] / m  #&a db[:, :, :, c] -= dZ[i, h, w, c]
        dA_prev[i, :, :, :] = da_prev_pad[pad:-pad, pad:-pad, :]  #! dA_prev[i, :, :, :] = da_prev_pad[:-2 * pad, :-2 * pad, :]
    return dA_prev, dW, db


def pool_forward(A_prev, f, stride):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    n_H, n_W = (n_H_prev - f) // stride + 1, (n_W_prev - f) // stride + 1
    A = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    A[i, h, w, c] = np.max(A_prev[i, h * stride:h * stride + f, w * stride:w * stride + f, c])
    return A, (A_prev, f, stride)


def create_mask_from_window(x):
    return x == np.max(x)  #!k return x != np.max(x)


def pool_backward(dA, cache):
    A_prev, f, stride = cache
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vs, hs = h * stride, w * stride
                    mask = create_mask_from_window(A_prev[i, vs:vs + f, hs:hs + f, c])  #~k
                    dA_prev[i, vs:vs + f, hs:hs + f, c] += mask * dA[i, h, w, c]  #! dA_prev[i, vs:vs + f, hs:hs + f, c] = mask * dA[i, h, w, c] #| dA_prev[i, vs:vs + f, hs:hs + f, c] += dA[i, h, w, c] / f ** 2  #= dA_prev[i, vs:vs + f, hs:hs + f, c] += np.where(mask, dA[i, h, w, c], 0)
    return dA_prev


def run(X, W, b, target):
    Z, conv_cache = conv_forward(X, W, b, {"stride": 1, "pad": 1})
    A = np.maximum(Z, 0.1 * Z)
    P, pool_cache = pool_forward(A, f=2, stride=1)
    loss = np.mean((P - target) ** 2)
    dP = 2 * (P - target) / P.size  #! dP = 2 * (P - target) / len(P) #| dP = (P - target) / P.size  #= dP = (P - target) * 2 / np.prod(P.shape)
    dA = pool_backward(dP, pool_cache)
    dZ = dA * np.where(Z > 0, 1, 0.1)  #! dZ = dA * np.where(Z > 0, 0.1, 1) #| dZ = dA * (Z > 0)  #&a dZ = dA * np.where(dA > 0, 1, 0.1)
    dX, dW, db = conv_backward(dZ, conv_cache)
    return loss, (dX, dW, db)


def example():
    rng = np.random.default_rng(114)
    return rng.normal(size=(2, 4, 5, 2)), rng.normal(size=(3, 3, 2, 3)), rng.normal(size=(1, 1, 1, 3)) - 4, rng.normal(size=(2, 3, 4, 3))
