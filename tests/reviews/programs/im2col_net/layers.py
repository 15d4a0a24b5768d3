import numpy as np

from util import im2col, col2im


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x):
        FN, C, FH, FW = self.W.shape
        N, C, H, W = x.shape
        out_h = (H + 2 * self.pad - FH) // self.stride + 1
        out_w = (W + 2 * self.pad - FW) // self.stride + 1
        self.x_shape = x.shape
        self.col = im2col(x, FH, FW, self.stride, self.pad)
        self.col_W = self.W.reshape(FN, -1).T
        out = np.dot(self.col, self.col_W) + self.b
        return out.reshape(N, out_h, out_w, FN).transpose(0, 3, 1, 2)

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)  #! dout = dout.reshape(-1, FN)
        self.db = np.sum(dout, axis=0)  #! self.db = np.mean(dout, axis=0) #| self.db = np.sum(dout, axis=0) / self.x_shape[0]
        dW = np.dot(self.col.T, dout)  #= dW = np.tensordot(self.col, dout, axes=([0], [0]))
        self.dW = dW.transpose(1, 0).reshape(FN, C, FH, FW)  #! self.dW = dW.reshape(FN, C, FH, FW)
        dcol = np.dot(dout, self.col_W.T)
        return col2im(dcol, self.x_shape, FH, FW, self.stride, self.pad)


class LeakyTanh:
    """tanh with a little of the identity"""

    def forward(self, x):
        self.y = np.tanh(x)
        return self.y + 0.1 * x

    def backward(self, dout):
        return dout * (1.1 - self.y ** 2)  #! return dout * (1 - self.y ** 2) #| return dout * (1.1 - self.y) #| return dout * (1.1 - np.tanh(self.y) ** 2)  #= return dout * (1 - self.y ** 2) + 0.1 * dout


class AvgPool:
    def __init__(self, ph, pw, stride):
        self.ph, self.pw, self.stride = ph, pw, stride

    def forward(self, x):
        N, C, H, W = x.shape
        self.x_shape = x.shape
        out_h, out_w = (H - self.ph) // self.stride + 1, (W - self.pw) // self.stride + 1
        col = im2col(x, self.ph, self.pw, self.stride, 0).reshape(-1, self.ph * self.pw)
        return col.mean(axis=1).reshape(N, out_h, out_w, C).transpose(0, 3, 1, 2)

    def backward(self, dout):
        n, C = self.ph * self.pw, self.x_shape[1]
        flat = dout.transpose(0, 2, 3, 1).ravel()  #! flat = dout.ravel()
        dcol = np.tile(flat[:, None] / n, (1, n))  #! dcol = np.tile(flat[:, None], (1, n)) #| dcol = np.tile(flat[:, None] / self.ph, (1, n))  #= dcol = np.ones(n) * flat[:, None] / n
        dcol = dcol.reshape(-1, C * n)
        return col2im(dcol, self.x_shape, self.ph, self.pw, self.stride, 0)


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.shape = x.shape
        self.x = x.reshape(x.shape[0], -1)
        return self.x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout  #&a self.dW = self.x.T @ dout / len(dout)
        self.db = dout.sum(axis=0)  #&a self.db = dout.mean(axis=0)
        return (dout @ self.W.T).reshape(self.shape)


class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.log(self.y[np.arange(len(t)), t]).mean()

    def backward(self, dout):
        n = self.t.shape[0]
        dx = self.y.copy()
        dx[np.arange(n), self.t] -= 1
        return dout * dx / n  #! return dout * dx #| return dout * dx / dx.shape[1]
