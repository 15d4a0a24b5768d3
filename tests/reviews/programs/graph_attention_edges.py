import numpy as np

# One attention head over a directed graph given as a list of edges, then a softmax over classes at the labelled nodes.
# src[e] -> dst[e]; every node has a loop to itself, so that no neighbourhood is empty.


def segment_sum(values, segments, num):
    total = np.zeros((num,) + values.shape[1:])
    np.add.at(total, segments, values)
    return total


def leaky(v, slope=0.2):
    return np.where(v > 0, v, slope * v)


def gat_forward(feats, src, dst, W, att_src, att_dst):
    n = len(feats)
    H = feats @ W
    score = (H @ att_src)[src] + (H @ att_dst)[dst]
    e = leaky(score)
    highest = np.full(n, -np.inf)
    np.maximum.at(highest, dst, e)
    w = np.exp(e - highest[dst])
    alpha = w / segment_sum(w, dst, n)[dst]
    out = segment_sum(alpha[:, None] * H[src], dst, n)
    return out, dict(feats=feats, H=H, score=score, alpha=alpha, src=src, dst=dst)


def gat_backward(out_bar, saved, W, att_src, att_dst):
    H, alpha, src, dst = (saved[k] for k in ("H", "alpha", "src", "dst"))
    n = H.shape[0]
    msg_bar = out_bar[dst]  #! msg_bar = out_bar[src]
    alpha_bar = (msg_bar * H[src]).sum(axis=1)  #= alpha_bar = np.einsum("ec,ec->e", msg_bar, H[src])  #! alpha_bar = (msg_bar * H[dst]).sum(axis=1)
    H_bar = segment_sum(alpha[:, None] * msg_bar, src, n)  #! H_bar = segment_sum(alpha[:, None] * msg_bar, dst, n) #| H_bar = segment_sum(msg_bar, src, n)
    # softmax within each neighbourhood
    inner = segment_sum(alpha * alpha_bar, dst, n)  #! inner = segment_sum(alpha * alpha_bar, src, n)
    e_bar = alpha * (alpha_bar - inner[dst])  #! e_bar = alpha * alpha_bar #| e_bar = alpha * (1 - alpha) * alpha_bar
    score_bar = e_bar * np.where(saved["score"] > 0, 1, 0.2)  #! score_bar = e_bar * np.where(e_bar > 0, 1, 0.2) #| score_bar = e_bar * np.where(saved["score"] > 0, 1, 0)  #&a score_bar = e_bar
    s_bar, d_bar = segment_sum(score_bar, src, n), segment_sum(score_bar, dst, n)  #= s_bar, d_bar = np.bincount(src, weights=score_bar, minlength=n), np.bincount(dst, weights=score_bar, minlength=n)  #! s_bar, d_bar = segment_sum(score_bar, dst, n), segment_sum(score_bar, src, n)
    att_src_bar, att_dst_bar = H.T @ s_bar, H.T @ d_bar
    H_bar += np.outer(s_bar, att_src) + np.outer(d_bar, att_dst)  #! H_bar += np.outer(s_bar, att_src) #| H_bar = np.outer(s_bar, att_src) + np.outer(d_bar, att_dst) #| H_bar += np.outer(s_bar, att_dst) + np.outer(d_bar, att_src)
    return saved["feats"].T @ H_bar, att_src_bar, att_dst_bar


def run(feats, src, dst, labels, labelled, W, att_src, att_dst, bias):
    out, saved = gat_forward(feats, src, dst, W, att_src, att_dst)
    logits = out + bias
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    loss = -logp[labelled, labels[labelled]].sum() / len(labelled)

    logits_bar = np.zeros_like(logits)
    logits_bar[labelled] = np.exp(logp[labelled]) / len(labelled)  #! logits_bar[labelled] = np.exp(logp[labelled]) / len(labels)
    logits_bar[labelled, labels[labelled]] -= 1 / len(labelled)  #&a logits_bar[labelled, labels[labelled]] -= 1
    W_bar, att_src_bar, att_dst_bar = gat_backward(logits_bar, saved, W, att_src, att_dst)
    return loss, (W_bar, att_src_bar, att_dst_bar, logits_bar.sum(axis=0))


def example():
    rng = np.random.default_rng(1712)
    pairs = [(0, 1), (1, 0), (2, 0), (3, 1), (4, 2), (0, 4), (5, 3), (2, 5), (1, 5), (4, 3)] + [(i, i) for i in range(6)]
    src, dst = (np.array(c) for c in zip(*pairs))
    return (rng.normal(size=(6, 4)), src, dst, np.array([0, 2, 1, 1, 2, 0]), np.array([0, 3, 4, 5]),
            rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=3))
