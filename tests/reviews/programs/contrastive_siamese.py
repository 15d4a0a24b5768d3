import numpy as np

class SiameseNet:
	"""Contrastive loss of Hadsell et al.: y = 1 for a similar pair, 0 for a different one. Tabs, as our group's style wants."""

	def __init__(self, weights, margin=2.0):
		self.weights = weights
		self.margin = margin

	def branch(self, x):
		acts = [x]
		for W in self.weights[:-1]:
			acts.append(np.maximum(0.01 * (acts[-1] @ W), acts[-1] @ W))
		acts.append(acts[-1] @ self.weights[-1])
		return acts

	def branch_back(self, acts, delta, grads):
		for l in range(len(self.weights) - 1, -1, -1):
			if l < len(self.weights) - 1:
				delta = np.where(acts[l + 1] > 0, delta, 0.01 * delta)  #! delta = np.where(acts[l + 1] > 0, delta, 0) #| delta = delta * acts[l + 1]  #= delta = delta * np.where(acts[l + 1] > 0, 1, 0.01)
			grads[l] += acts[l].T @ delta  #! grads[l] = acts[l].T @ delta #| grads[l] -= acts[l].T @ delta  #= grads[l] = grads[l] + np.einsum("ni,no->io", acts[l], delta)
			delta = delta @ self.weights[l].T

	def loss_and_grads(self, left, right, y):
		al, ar = self.branch(left), self.branch(right)
		diff = al[-1] - ar[-1]
		dist = np.sqrt(np.sum(diff * diff, axis=1))
		gap = np.maximum(self.margin - dist, 0)
		n = len(y)
		loss = np.sum(y * dist ** 2 + (1 - y) * gap ** 2) / (2 * n)
		grads = [np.zeros_like(W) for W in self.weights]
		d_dist = (y * dist - (1 - y) * gap) / n  #! d_dist = (y * dist + (1 - y) * gap) / n #| d_dist = (y * dist - (1 - y) * dist) / n #| d_dist = y * dist - (1 - y) * gap #| d_dist = (y * dist - gap) / n #| d_dist = y * dist / n  #= d_dist = np.where(y == 1, dist, -gap) / n  #&a d_dist = 2 * (y * dist - (1 - y) * gap) / n
		d_diff = (d_dist / dist)[:, None] * diff  #! d_diff = d_dist[:, None] * diff #| d_diff = (d_dist * dist)[:, None] * diff #| d_diff = 2 * (d_dist / dist)[:, None] * diff
		self.branch_back(al, d_diff, grads)
		self.branch_back(ar, -d_diff, grads)  #! self.branch_back(ar, d_diff, grads) #| self.branch_back(al, -d_diff, grads) #| pass  #&a self.branch_back(ar, 0.5 * -d_diff, grads)
		return loss, grads


def run(weights, left, right, y):
	return SiameseNet(weights).loss_and_grads(left, right, y)


def example():
	rng = np.random.default_rng(142)
	weights = [rng.normal(size=(4, 5)) * 0.6, rng.normal(size=(5, 5)) * 0.6, rng.normal(size=(5, 2)) * 0.6]
	return weights, rng.normal(size=(8, 4)), rng.normal(size=(8, 4)), np.array([1, 0, 0, 1, 0, 1, 0, 0])
