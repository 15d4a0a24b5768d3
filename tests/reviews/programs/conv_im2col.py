import numpy as np


def im2col(x, fh, fw, stride, pad):
    N, C, H, W = x.shape
    oh = (H + 2 * pad - fh) // stride + 1
    ow = (W + 2 * pad - fw) // stride + 1
    img = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "constant")
    col = np.zeros((N, C, fh, fw, oh, ow))
    for y in range(fh):
        for xx in range(fw):
            col[:, :, y, xx, :, :] = img[:, :, y:y + stride * oh:stride, xx:xx + stride * ow:stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * oh * ow, -1)


def col2im(col, x_shape, fh, fw, stride, pad):
    N, C, H, W = x_shape
    oh = (H + 2 * pad - fh) // stride + 1
    ow = (W + 2 * pad - fw) // stride + 1
    col = col.reshape(N, oh, ow, C, fh, fw).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((N, C, H + 2 * pad + stride - 1, W + 2 * pad + stride - 1))
    for y in range(fh):
        for xx in range(fw):
            img[:, :, y:y + stride * oh:stride, xx:xx + stride * ow:stride] += col[:, :, y, xx, :, :]  #! img[:, :, y:y + stride * oh:stride, xx:xx + stride * ow:stride] = col[:, :, y, xx, :, :] #| img[:, :, y:y + stride * oh:stride, xx:xx + stride * ow:stride] += col[:, :, xx, y, :, :]
    return img[:, :, pad:H + pad, pad:W + pad]  #! return img[:, :, :H, :W]  #= return img[:, :, pad:pad + H, pad:pad + W].copy()


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x):
        FN, C, FH, FW = self.W.shape
        N, C, H, W = x.shape
        oh = 1 + (H + 2 * self.pad - FH) // self.stride
        ow = 1 + (W + 2 * self.pad - FW) // self.stride
        self.x = x
        self.col = im2col(x, FH, FW, self.stride, self.pad)
        self.col_W = self.W.reshape(FN, -1).T
        out = self.col @ self.col_W + self.b
        return out.reshape(N, oh, ow, FN).transpose(0, 3, 1, 2)

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        self.db = np.sum(dout, axis=0)  #! self.db = np.mean(dout, axis=0) #| self.db = np.sum(dout, axis=0) / len(self.x)  #= self.db = np.ones(len(dout)) @ dout
        self.dW = self.col.T @ dout
        self.dW = self.dW.T.reshape(FN, C, FH, FW)  #! self.dW = self.dW.reshape(FN, C, FH, FW) #| self.dW = self.dW.T.reshape(FN, C, FH, FW) / len(self.x)  #= self.dW = self.dW.transpose(1, 0).reshape(FN, C, FH, FW)  #&a self.dW = -self.dW.T.reshape(FN, C, FH, FW)
        dcol = dout @ self.col_W.T
        return col2im(dcol, self.x.shape, FH, FW, self.stride, self.pad)


class Relu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout = dout.copy()  #= dout = dout + 0
        dout[self.mask] = 0  #! dout[~self.mask] = 0 #| dout[dout <= 0] = 0
        return dout


class Pooling:
    def __init__(self, size, stride):
        self.size, self.stride = size, stride

    def forward(self, x):
        N, C, H, W = x.shape
        oh, ow = (H - self.size) // self.stride + 1, (W - self.size) // self.stride + 1
        col = im2col(x, self.size, self.size, self.stride, 0).reshape(-1, self.size ** 2)
        self.x_shape = x.shape
        self.arg_max = np.argmax(col, axis=1)
        return np.max(col, axis=1).reshape(N, oh, ow, C).transpose(0, 3, 1, 2)

    def backward(self, dout):
        dout = dout.transpose(0, 2, 3, 1)  #! dout = dout.transpose(0, 3, 2, 1)
        dmax = np.zeros((dout.size, self.size ** 2))
        dmax[np.arange(dout.size), self.arg_max] = dout.flatten()  #! dmax[:, self.arg_max] = dout.flatten()[:, None]  #= dmax[range(dout.size), self.arg_max] += dout.ravel()
        dcol = dmax.reshape(dout.shape[0] * dout.shape[1] * dout.shape[2], -1)
        return col2im(dcol, self.x_shape, self.size, self.size, self.stride, 0)


def run(x, W, b, V, labels):
    conv, relu, pool = Convolution(W, b, stride=1, pad=1), Relu(), Pooling(2, 2)
    h = pool.forward(relu.forward(conv.forward(x)))
    flat = h.reshape(len(x), -1)
    scores = flat @ V
    scores = scores - scores.max(axis=1, keepdims=True)
    logp = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -logp[np.arange(len(x)), labels].mean()

    dscores = np.exp(logp)
    dscores[np.arange(len(x)), labels] -= 1
    dscores /= len(x)  #! pass #| dscores /= scores.size
    dV = flat.T @ dscores  #&a dV = flat.T @ dscores * len(x)
    dh = (dscores @ V.T).reshape(h.shape)
    dx = conv.backward(relu.backward(pool.backward(dh)))
    return loss, (dx, conv.dW, conv.db, dV)


def example():
    rng = np.random.default_rng(115)
    return rng.normal(size=(3, 2, 4, 4)), rng.normal(size=(2, 2, 3, 3)), rng.normal(size=2) * 0.4 + 0.5, rng.normal(size=(8, 4)), np.array([3, 0, 2])
