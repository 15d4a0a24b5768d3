"""Linear-chain CRF. log Z by the forward recursion in log space; the gradient by going back through the recursion."""
import numpy as np


def logsumexp(a, axis):
    m = np.max(a, axis=axis, keepdims=True)
    return np.squeeze(m, axis) + np.log(np.sum(np.exp(a - m), axis=axis))


def score_of_path(emit, trans, start, stop, tags):
    s = start[tags[0]] + emit[0, tags[0]]
    for prev, cur, e in zip(tags[:-1], tags[1:], emit[1:]):
        s += trans[prev, cur] + e[cur]
    return s + stop[tags[-1]]


def log_partition(emit, trans, start, stop):
    T, K = emit.shape
    alpha = np.empty((T, K))
    alpha[0] = start + emit[0]
    for t in range(1, T):
        # [from, to]
        alpha[t] = logsumexp(alpha[t - 1][:, None] + trans, axis=0) + emit[t]
    return logsumexp(alpha[-1] + stop, axis=0), alpha


def nll_and_grads(emit, trans, start, stop, tags):
    T, K = emit.shape
    logZ, alpha = log_partition(emit, trans, start, stop)
    nll = logZ - score_of_path(emit, trans, start, stop, tags)

    g_emit, g_trans = np.zeros_like(emit), np.zeros_like(trans)
    # through the last logsumexp
    g_alpha = np.exp(alpha[-1] + stop - logZ)  #! g_alpha = np.exp(alpha[-1] - logZ) #| g_alpha = alpha[-1] + stop - logZ  #= g_alpha = np.exp(alpha[-1] + stop) / np.sum(np.exp(alpha[-1] + stop))
    g_stop = g_alpha.copy()
    for t in range(T - 1, 0, -1):
        g_emit[t] = g_alpha
        # weights of the logsumexp: who fed alpha[t, to]
        inner = alpha[t] - emit[t]  #!inner inner = alpha[t]
        w = np.exp(alpha[t - 1][:, None] + trans - inner)  #~inner  #!w w = np.exp(alpha[t - 1][:, None] + trans.T - inner) #| w = np.exp(alpha[t - 1] + trans - inner) #| w = np.exp(alpha[t - 1][:, None] + trans - inner[:, None])
        flow = w * g_alpha  #~w  #! flow = w * g_alpha[:, None]  #= flow = np.einsum("ij,j->ij", w, g_alpha)
        g_trans += flow  #! g_trans = flow #| g_trans += w #| g_trans += flow.T
        g_alpha = flow.sum(axis=1)  #! g_alpha = flow.sum(axis=0)  #&a g_alpha = flow.mean(axis=1)  #= g_alpha = w @ g_alpha
    g_emit[0] = g_alpha
    g_start = g_alpha.copy()  #! g_start = g_alpha.copy() * np.exp(start)

    # the observed path
    for t, k in enumerate(tags):
        g_emit[t, k] -= 1.0  #! g_emit[t, k] += 1.0
        if t > 0:
            g_trans[tags[t - 1], k] -= 1.0  #! g_trans[k, tags[t - 1]] -= 1.0 #| g_trans[tags[t - 1], k] = -1.0  #&a g_trans[tags[t - 1], k] += 1.0
    g_start[tags[0]] -= 1.0
    g_stop[tags[-1]] -= 1.0  #! g_stop[tags[0]] -= 1.0
    return nll, g_emit, g_trans, g_start, g_stop


def run(sentences, W, b, trans, start, stop):
    """sentences: list of (features (T, F), tags)."""
    loss = 0.0
    dW, db, dtrans = np.zeros_like(W), np.zeros_like(b), np.zeros_like(trans)
    dstart, dstop = np.zeros_like(start), np.zeros_like(stop)
    for feats, tags in sentences:
        nll, ge, gt, gs, gp = nll_and_grads(feats @ W + b, trans, start, stop, tags)
        loss += nll
        dW += feats.T @ ge
        db += ge.sum(axis=0)
        dtrans += gt
        dstart += gs
        dstop += gp
    return loss, {"W": dW, "b": db, "trans": dtrans, "start": dstart, "stop": dstop}


def example():
    rng = np.random.default_rng(42)
    F, K = 3, 4
    sentences = [(rng.normal(size=(5, F)), [0, 2, 1, 1, 3]), (rng.normal(size=(4, F)), [2, 0, 3, 1])]
    return sentences, rng.normal(size=(F, K)), rng.normal(size=K), rng.normal(size=(K, K)), rng.normal(size=K), rng.normal(size=K)
