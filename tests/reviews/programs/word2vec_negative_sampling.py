import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def neg_sampling_loss_and_gradient(center_vec, outside_idx, negative_idx, outside_vectors):
    """
    center_vec: (d,)    outside_idx: an int    negative_idx: K ints, repeats allowed
    outside_vectors: (V, d)
    """
    u_o = outside_vectors[outside_idx]
    score = sigmoid(u_o @ center_vec)
    loss = -np.log(score)
    grad_outside = np.zeros_like(outside_vectors)
    grad_center = (score - 1) * u_o  #! grad_center = (1 - score) * u_o #| grad_center = score * u_o #| grad_center = (score - 1) * center_vec  #= grad_center = -sigmoid(-(u_o @ center_vec)) * u_o
    grad_outside[outside_idx] = (score - 1) * center_vec  #! grad_outside[outside_idx] = (score - 1) * u_o  #&a grad_outside[outside_idx] = (1 - score) * center_vec
    for k in negative_idx:
        u_k = outside_vectors[k]
        s = sigmoid(-u_k @ center_vec)
        loss -= np.log(s)
        grad_center += (1 - s) * u_k  #! grad_center -= (1 - s) * u_k #| grad_center += s * u_k #| grad_center = (1 - s) * u_k  #= grad_center = grad_center + sigmoid(u_k @ center_vec) * u_k
        grad_outside[k] += (1 - s) * center_vec  #! grad_outside[k] = (1 - s) * center_vec #| grad_outside[k] += s * center_vec #| grad_outside[outside_idx] += (1 - s) * center_vec  #= grad_outside[k, :] += center_vec - s * center_vec
    return loss, grad_center, grad_outside


def skipgram(center, outside_words, negatives, center_vectors, outside_vectors):
    loss = 0.0
    grad_center_vectors = np.zeros(center_vectors.shape)
    grad_outside_vectors = np.zeros(outside_vectors.shape)
    for o, neg in zip(outside_words, negatives):
        l, gc, go = neg_sampling_loss_and_gradient(center_vectors[center], o, neg, outside_vectors)
        loss += l
        grad_center_vectors[center] += gc  #! grad_center_vectors[center] = gc #| grad_center_vectors += gc  #&a grad_center_vectors[o] += gc
        grad_outside_vectors += go  #! grad_outside_vectors = go
    return loss, grad_center_vectors, grad_outside_vectors


def run(center_vectors, outside_vectors, windows):
    n = len(windows)
    loss, gC, gO = 0.0, 0.0, 0.0
    for center, outside, negatives in windows:
        l, c, o = skipgram(center, outside, negatives, center_vectors, outside_vectors)
        loss += l / n
        gC = gC + c / n  #! gC = gC + c #| gC = c / n
        gO = gO + o / n  #! gO = gO + o / len(outside)  #= gO += 1 / n * o
    return loss, gC, gO


def example():
    rng = np.random.default_rng(121)
    windows = [(2, [0, 4], [[5, 1, 5], [3, 3, 1]]), (5, [1, 3, 0], [[4, 2, 0], [0, 6, 6], [2, 4, 5]])]
    return rng.normal(size=(7, 4)), rng.normal(size=(7, 4)), windows
