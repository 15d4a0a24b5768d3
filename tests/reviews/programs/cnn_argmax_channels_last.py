import numpy as np


class Conv2D:
    """Images are (height, width, channels), one at a time; kernels are (size, size, in, out)."""

    def __init__(self, kernels, biases, stride=1, padding=0):
        self.kernels, self.biases = kernels, biases
        self.stride, self.padding = stride, padding
        self.grad_kernels = np.zeros(kernels.shape)
        self.grad_biases = np.zeros(biases.shape)

    def patches(self, padded, rows, cols):
        k, s = self.kernels.shape[0], self.stride
        for r in range(rows):
            for c in range(cols):
                yield r, c, padded[r * s:r * s + k, c * s:c * s + k]

    def forward(self, image):
        k, s, p = self.kernels.shape[0], self.stride, self.padding
        self.padded = np.pad(image, ((p, p), (p, p), (0, 0)))
        rows, cols = (image.shape[0] + 2 * p - k) // s + 1, (image.shape[1] + 2 * p - k) // s + 1
        out = np.zeros((rows, cols, self.kernels.shape[3]))
        for r, c, patch in self.patches(self.padded, rows, cols):
            for f in range(out.shape[2]):
                out[r, c, f] = np.sum(patch * self.kernels[:, :, :, f]) + self.biases[f]
        return out

    def backward(self, dL_dout):
        rows, cols, filters = dL_dout.shape
        p = self.padding
        dL_dpadded = np.zeros(self.padded.shape)
        for (r, c, patch), (_, _, dpatch) in zip(self.patches(self.padded, rows, cols), self.patches(dL_dpadded, rows, cols)):
            for f in range(filters):
                self.grad_kernels[:, :, :, f] += dL_dout[r, c, f] * patch  #! self.grad_kernels[:, :, :, f] = dL_dout[r, c, f] * patch #| self.grad_kernels[:, :, :, f] += patch  #&a self.grad_kernels[:, :, :, f] += dL_dout[r, c, f] * patch[::-1, ::-1]
                dpatch += dL_dout[r, c, f] * self.kernels[:, :, :, f]  #! dpatch += dL_dout[r, c, f] * self.kernels[::-1, ::-1, :, f] #| dpatch += dL_dout[r, c, 0] * self.kernels[:, :, :, f] #| dpatch[:] = dL_dout[r, c, f] * self.kernels[:, :, :, f]  #= dpatch[...] = dpatch + self.kernels[..., f] * dL_dout[r, c, f]
        self.grad_biases += dL_dout.sum(axis=(0, 1))  #! self.grad_biases += dL_dout.mean(axis=(0, 1)) #| self.grad_biases = dL_dout.sum(axis=(0, 1))  #= self.grad_biases += np.einsum("ijk->k", dL_dout)  #&b self.grad_biases += dL_dout.sum()
        return dL_dpadded[p:-p, p:-p] if p else dL_dpadded  #! return dL_dpadded[2 * p:, 2 * p:] if p else dL_dpadded


class ReLU:
    def forward(self, x):
        self.active = x > 0
        return x * self.active

    def backward(self, dL_dout):
        return dL_dout * self.active  #! return dL_dout #| return np.maximum(dL_dout, 0)  #&b return np.abs(dL_dout) * self.active


class MaxPool:
    def __init__(self, size):
        self.size = size

    def forward(self, x):
        n, (h, w, ch) = self.size, x.shape
        self.in_shape = x.shape
        self.where = np.zeros((h // n, w // n, ch), dtype=int)
        out = np.zeros((h // n, w // n, ch))
        for r in range(h // n):
            for c in range(w // n):
                for k in range(ch):
                    block = x[r * n:(r + 1) * n, c * n:(c + 1) * n, k]
                    self.where[r, c, k] = block.argmax()
                    out[r, c, k] = block.max()
        return out

    def backward(self, dL_dout):
        n = self.size
        dL_dx = np.zeros(self.in_shape)
        for r, c, k in np.ndindex(*dL_dout.shape):
            i, j = divmod(self.where[r, c, k], n)  #! j, i = divmod(self.where[r, c, k], n) #| i, j = divmod(self.where[r, c, 0], n)  #&a i, j = divmod(n * n - 1 - self.where[r, c, k], n)
            dL_dx[r * n + i, c * n + j, k] = dL_dout[r, c, k]  #! dL_dx[r * n:r * n + n, c * n:c * n + n, k] = dL_dout[r, c, k] / n ** 2 #| dL_dx[r + i, c + j, k] = dL_dout[r, c, k]
        return dL_dx


def run(images, labels, k1, b1, k2, b2, dense, bias):
    conv1, conv2 = Conv2D(k1, b1, stride=2, padding=1), Conv2D(k2, b2, stride=1, padding=1)
    layers = [conv1, ReLU(), conv2, ReLU(), MaxPool(2)]
    loss, grad_dense, grad_bias = 0.0, np.zeros(dense.shape), np.zeros(bias.shape)
    for image, label in zip(images, labels):
        out = image
        for layer in layers:
            out = layer.forward(out)
        features = out.flatten()
        scores = features @ dense + bias
        prob = np.exp(scores) / np.sum(np.exp(scores))
        loss += -np.log(prob[label])
        gradient = prob - np.eye(len(prob))[label]
        grad_dense += np.outer(features, gradient)
        grad_bias += gradient
        gradient = (dense @ gradient).reshape(out.shape)  #= gradient = np.dot(gradient, dense.T).reshape(*out.shape)
        for layer in reversed(layers):
            gradient = layer.backward(gradient)
    return loss, {"k1": conv1.grad_kernels, "b1": conv1.grad_biases, "k2": conv2.grad_kernels, "b2": conv2.grad_biases, "dense": grad_dense, "bias": grad_bias}


def example():
    rng = np.random.default_rng(111)
    draw = lambda *shape: rng.normal(size=shape) * 0.5
    return draw(2, 8, 8, 2) * 2, np.array([2, 0]), draw(3, 3, 2, 3), draw(3), draw(3, 3, 3, 2), draw(2), draw(8, 3), draw(3)
