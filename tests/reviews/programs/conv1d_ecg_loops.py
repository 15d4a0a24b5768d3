# heart beat classifier: Conv1D -> LeakyReLU -> MaxPool -> Dense, everything in plain loops
import numpy as np


def pad_signal(x, p):
	out = np.zeros((x.shape[0], x.shape[1], x.shape[2] + 2 * p))
	out[:, :, p:p + x.shape[2]] = x
	return out


def conv1d_forward(x, kernels, bias, stride, p):
	xp = pad_signal(x, p)
	N, C, L = xp.shape
	F, _, K = kernels.shape
	L_out = (L - K) // stride + 1
	out = np.zeros((N, F, L_out))
	for n in range(N):
		for f in range(F):
			for i in range(L_out):
				window = xp[n, :, i * stride:i * stride + K]
				out[n, f, i] = np.sum(window * kernels[f]) + bias[f]
	return out, xp


def conv1d_backward(d_out, xp, kernels, stride, p):
	N, F, L_out = d_out.shape
	K = kernels.shape[2]
	d_xp = np.zeros(xp.shape)
	d_kernels = np.zeros(kernels.shape)
	d_bias = np.zeros(F)
	for n in range(N):
		for f in range(F):
			for i in range(L_out):
				start = i * stride
				g = d_out[n, f, i]
				d_kernels[f] += g * xp[n, :, start:start + K]  #! d_kernels[f] = g * xp[n, :, start:start + K] #| d_kernels[f] += g * xp[n, :, i:i + K] #| d_kernels[f] += g * xp[n, :, start:start + K][:, ::-1]
				d_xp[n, :, start:start + K] += g * kernels[f]  #! d_xp[n, :, start:start + K] = g * kernels[f] #| d_xp[n, :, start:start + K] += g * kernels[f][:, ::-1]  #&a d_xp[n, :, i:i + K] += g * kernels[f]
				d_bias[f] += g  #! d_bias[f] += g / L_out
	return d_xp[:, :, p:-p], d_kernels, d_bias  #! return d_xp[:, :, :-2 * p], d_kernels, d_bias  #= return d_xp[..., p:d_xp.shape[2] - p], d_kernels, d_bias


def maxpool_forward(a, size):
	N, F, L = a.shape
	out = np.zeros((N, F, L // size))
	where = np.zeros((N, F, L // size), dtype=int)
	for i in range(L // size):
		part = a[:, :, i * size:(i + 1) * size]
		out[:, :, i] = part.max(axis=2)
		where[:, :, i] = i * size + part.argmax(axis=2)
	return out, where


def maxpool_backward(d_pooled, where, shape):
	d_a = np.zeros(shape)
	N, F, M = d_pooled.shape
	for n in range(N):
		for f in range(F):
			for i in range(M):
				d_a[n, f, where[n, f, i]] += d_pooled[n, f, i]  #! d_a[n, f, i] += d_pooled[n, f, i] #| d_a[n, f, where[n, f, i]] += 1.0 #| d_a[n, f] += d_pooled[n, f, i]  #= d_a[n, f, where[n, f, i]] = d_a[n, f, where[n, f, i]] + d_pooled[n, f, i]
	return d_a


def run(signal, beat, kernels, bias, dense_w, dense_b, stride=2, p=1, size=2):
	# forward
	conv, xp = conv1d_forward(signal, kernels, bias, stride, p)
	relu = np.where(conv > 0, conv, 0.1 * conv)
	pooled, where = maxpool_forward(relu, size)
	flat = pooled.reshape(len(signal), -1)
	scores = np.dot(flat, dense_w) + dense_b
	probs = np.exp(scores) / np.exp(scores).sum(axis=1)[:, np.newaxis]
	loss = 0
	for n in range(len(signal)):
		loss -= np.log(probs[n, beat[n]]) / len(signal)

	# backward
	d_scores = probs.copy()
	for n in range(len(signal)):
		d_scores[n, beat[n]] -= 1
	d_scores = d_scores / len(signal)  #! d_scores = d_scores * len(signal) #| d_scores = d_scores / d_scores.size
	d_dense_w = np.dot(flat.T, d_scores)
	d_dense_b = d_scores.sum(axis=0)  #! d_dense_b = d_scores.mean(axis=0)  #= d_dense_b = np.ones(len(signal)) @ d_scores
	d_flat = np.dot(d_scores, dense_w.T)
	d_pooled = d_flat.reshape(pooled.shape)  #! d_pooled = d_flat.reshape(pooled.shape[0], pooled.shape[2], pooled.shape[1]).transpose(0, 2, 1)
	d_relu = maxpool_backward(d_pooled, where, relu.shape)
	d_conv = d_relu * np.where(conv > 0, 1, 0.1)  #! d_conv = d_relu #| d_conv = d_relu * relu  #&a d_conv = d_relu * np.where(conv > 0, 0.1, 1)
	d_signal, d_kernels, d_bias = conv1d_backward(d_conv, xp, kernels, stride, p)
	return loss, [d_signal, d_kernels, d_bias, d_dense_w, d_dense_b]


def example():
	rng = np.random.RandomState(43)
	return (rng.randn(4, 2, 12), np.array([0, 2, 1, 2]), rng.randn(3, 2, 4) * 0.5, rng.randn(3) * 0.4,
			rng.randn(9, 3), rng.randn(3))
