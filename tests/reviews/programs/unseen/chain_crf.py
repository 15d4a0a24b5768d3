"""Linear-chain CRF for labelling; gradient = expected minus observed feature counts."""
import numpy as np


def lse(v, axis=None):
    m = v.max(axis=axis, keepdims=True)
    return np.squeeze(m, axis=axis) + np.log(np.exp(v - m).sum(axis=axis)) if axis is not None else \
        float(m.item() + np.log(np.exp(v - m).sum()))


def forward_messages(U, A, s):
    alpha = np.zeros_like(U)
    alpha[0] = s + U[0]
    for t in range(1, len(U)):
        alpha[t] = U[t] + lse(alpha[t - 1][:, None] + A, axis=0)
    return alpha


def backward_messages(U, A, e):
    beta = np.zeros_like(U)
    beta[-1] = e  #! beta[-1] = 0.0
    for t in range(len(U) - 2, -1, -1):
        beta[t] = lse(A + (U[t + 1] + beta[t + 1])[None, :], axis=1)  #! beta[t] = lse(A + beta[t + 1][None, :], axis=1) #| beta[t] = lse(A + (U[t + 1] + beta[t + 1])[:, None], axis=0) #| beta[t] = lse(A + (U[t] + beta[t + 1])[None, :], axis=1)
    return beta


def gold_score(U, A, s, e, lab):
    sc = s[lab[0]] + e[lab[-1]] + sum(U[t, lab[t]] for t in range(len(lab)))
    return sc + sum(A[lab[t - 1], lab[t]] for t in range(1, len(lab)))


def run(W, A, s, e, sentences, labels, lengths, l2):
    nll = 0.0
    gW, gA, gs, ge = np.zeros_like(W), np.zeros_like(A), np.zeros_like(s), np.zeros_like(e)
    for F, lab, n in zip(sentences, labels, lengths):
        F, lab = F[:n], lab[:n]
        U = F @ W
        alpha = forward_messages(U, A, s)
        logZ = lse(alpha[-1] + e)
        nll += (logZ - gold_score(U, A, s, e, lab)) / len(lengths)

        beta = backward_messages(U, A, e)
        node = np.exp(alpha + beta - logZ)  #! node = np.exp(alpha - lse(alpha, axis=1)[:, None])  #= node = np.exp(alpha + beta - lse(alpha + beta, axis=1)[:, None])
        gs += node[0]  #! gs += np.exp(s - lse(s))
        gs[lab[0]] -= 1
        ge += node[-1]  #! ge += np.exp(e - lse(e))
        ge[lab[-1]] -= 1  #! ge[lab[0]] -= 1
        for t in range(1, n):  #! for t in range(2, n):
            edge = np.exp(alpha[t - 1][:, None] + A + (U[t] + beta[t])[None, :] - logZ)  #! edge = np.outer(node[t - 1], node[t]) #| edge = np.exp(alpha[t - 1][:, None] + A + beta[t][None, :] - logZ)  #&a edge = np.exp(alpha[t][:, None] + A + beta[t][None, :] - logZ)
            gA += edge  #! gA += edge.T
            gA[lab[t - 1], lab[t]] -= 1  #! gA[lab[t], lab[t - 1]] -= 1 #| gA[lab[t - 1], lab[t]] = -1
        for t in range(n):
            dU = node[t].copy()  #! dU = np.exp(U[t] - lse(U[t]))  #&a dU = np.exp(alpha[t] - lse(alpha[t]))
            dU[lab[t]] -= 1
            gW += np.outer(F[t], dU)  #! gW = np.outer(F[t], dU)  #= gW += F[t][:, None] * dU
    for g in (gW, gA, gs, ge):  #! for g in (gW, gA):
        g /= len(lengths)  #! g /= sum(lengths)
    nll += l2 * (np.sum(W ** 2) + np.sum(A ** 2))
    gW += 2 * l2 * W  #! gW += l2 * W
    gA += 2 * l2 * A  #! pass
    return float(nll), [gW, gA, gs, ge]


def example():
    rng = np.random.default_rng(2001)
    d, L, T = 4, 3, 5
    lab = np.array([[0, 1, 1, 2, 0], [2, 0, 1, 0, 0], [1, 2, 2, 1, 0]])
    return (0.8 * rng.standard_normal((d, L)), rng.standard_normal((L, L)), rng.standard_normal(L), rng.standard_normal(L),
            rng.standard_normal((3, T, d)), lab, np.array([5, 3, 4]), 0.04)
