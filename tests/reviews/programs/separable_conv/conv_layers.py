import numpy as np


class Depthwise:
    """Each channel with a kernel of its own. Images are (batch, rows, columns, channels), kernels (k, k, channels); 'same' padding."""

    def __init__(self, kernels, bias):
        self.kernels, self.bias = kernels, bias
        self.k = kernels.shape[0]
        self.pad = self.k // 2

    def windows(self, x):
        _, rows, cols, _ = x.shape
        for i in range(rows):
            for j in range(cols):
                yield i, j

    def forward(self, x):
        p, k = self.pad, self.k
        self.x = x
        self.padded = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
        out = np.empty(x.shape)
        for i, j in self.windows(x):
            out[:, i, j, :] = np.sum(self.padded[:, i:i + k, j:j + k, :] * self.kernels, axis=(1, 2)) + self.bias
        return out

    def backward(self, dout):
        p, k = self.pad, self.k
        self.dk = np.zeros(self.kernels.shape)
        self.db = dout.sum(axis=(0, 1, 2))  #= self.db = dout.reshape(-1, dout.shape[3]).sum(0)  #! self.db = dout.mean(axis=(0, 1, 2))
        dpadded = np.zeros(self.padded.shape)
        for i, j in self.windows(dout):
            g = dout[:, i, j, :][:, None, None, :]
            self.dk += np.sum(self.padded[:, i:i + k, j:j + k, :] * g, axis=0)  #= self.dk += np.einsum('nabc,nc->abc', self.padded[:, i:i + k, j:j + k, :], dout[:, i, j, :])  #! self.dk = np.sum(self.padded[:, i:i + k, j:j + k, :] * g, axis=0) #| self.dk += np.mean(self.padded[:, i:i + k, j:j + k, :] * g, axis=0)
            dpadded[:, i:i + k, j:j + k, :] += self.kernels * g  #! dpadded[:, i:i + k, j:j + k, :] = self.kernels * g #| dpadded[:, i:i + k, j:j + k, :] += self.kernels[::-1, ::-1] * g #| dpadded[:, i:i + k, j:j + k, :] += self.kernels.transpose(1, 0, 2) * g  #&a dpadded[:, i:i + k, j:j + k, :] -= self.kernels * g
        return dpadded[:, p:-p, p:-p, :]  #= return dpadded[:, p:p + self.x.shape[1], p:p + self.x.shape[2]]  #! return dpadded[:, 2 * p:, 2 * p:, :]


class Softplus:
    def forward(self, x):
        self.x = x
        self.y = np.log1p(np.exp(x))
        return self.y

    def backward(self, dout):
        return dout / (1 + np.exp(-self.x))  #= return dout * (1 - np.exp(-self.y))  #! return dout / (1 + np.exp(-self.y)) #| return dout / (1 + np.exp(self.x)) #| return dout * (self.x > 0)


class Pointwise:
    """1x1 convolution: the channels are mixed at each pixel."""

    def __init__(self, mix, bias):
        self.mix, self.bias = mix, bias

    def forward(self, x):
        self.x = x
        return np.tensordot(x, self.mix, axes=([3], [0])) + self.bias

    def backward(self, dout):
        self.dmix = np.tensordot(self.x, dout, axes=([0, 1, 2], [0, 1, 2]))  #! self.dmix = np.tensordot(self.x, dout, axes=([0, 1, 2], [0, 1, 2])) / len(self.x)
        self.db = np.einsum('nijc->c', dout)  #! self.db = np.einsum('nijc->c', dout) / len(dout)
        return np.tensordot(dout, self.mix, axes=([3], [1]))


class GlobalAvgPool:
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(1, 2))

    def backward(self, dout):
        _, rows, cols, _ = self.shape
        return np.ones(self.shape) * dout[:, None, None, :] / (rows * cols)  #! return np.ones(self.shape) * dout[:, None, None, :]  #&a return np.ones(self.shape) * dout[:, None, None, :] / cols
