import numpy as np

BOS = 0
PAD = -1


def decode(target, context, p):
    """Teacher forcing: the decoder is shown the right previous word. target is (batch, time), -1 where there is none.

    The embedding E (vocabulary, size) serves twice: it is looked up at the input, and scores the words at the output.
    """
    E, Wc, Wx, Ws, b, out_b = (p[k] for k in ("E", "Wc", "Wx", "Ws", "b", "out_b"))
    batch, time = target.shape
    mask = (target != PAD).astype(float)
    shown = np.concatenate([np.full((batch, 1), BOS), np.maximum(target[:, :-1], 0)], axis=1)
    s = np.tanh(context @ Wc)
    tape = [s]
    log_likelihood = 0.0
    for t in range(time):
        emb = E[shown[:, t]]
        prev = s
        s = np.tanh(np.einsum("ni,ij->nj", emb, Wx) + np.einsum("ni,ij->nj", prev, Ws) + b)
        logits = np.einsum("nj,vj->nv", s, E) + out_b
        logits -= logits.max(axis=1, keepdims=True)
        logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        word = np.maximum(target[:, t], 0)
        log_likelihood += np.sum(mask[:, t] * logp[np.arange(batch), word])
        tape.append((emb, prev, s, logp, word))
    return -log_likelihood / mask.sum(), (tape, mask, shown)


def decode_bar(context, p, saved):
    """w_bar is the derivative of the loss with respect to w."""
    tape, mask, shown = saved
    E, Wc, Wx, Ws = p["E"], p["Wc"], p["Wx"], p["Ws"]
    batch, time = mask.shape
    bar = {name: np.zeros_like(value) for name, value in p.items()}
    s_bar = np.zeros((batch, Ws.shape[0]))
    for t in range(time - 1, -1, -1):
        emb, prev, s, logp, word = tape[t + 1]
        logits_bar = np.exp(logp)  #! logits_bar = logp.copy()
        logits_bar[np.arange(batch), word] -= 1.0  #! logits_bar[:, word] -= 1.0 #| logits_bar[np.arange(batch), shown[:, t]] -= 1.0
        logits_bar *= mask[:, t, None] / mask.sum()  #= logits_bar = logits_bar * mask[:, t][:, None] / np.sum(mask)  #! logits_bar *= 1.0 / mask.sum()
        bar["out_b"] += logits_bar.sum(axis=0)  #! bar["out_b"] = logits_bar.sum(axis=0)
        bar["E"] += np.einsum("nv,nj->vj", logits_bar, s)  #= bar["E"] += np.dot(logits_bar.T, s)  #! bar["E"] += np.einsum("nv,nj->vj", logits_bar, prev) #| pass
        s_bar = s_bar + np.einsum("nv,vj->nj", logits_bar, E)  #! s_bar = np.einsum("nv,vj->nj", logits_bar, E)
        z_bar = s_bar * (1 - s ** 2)  #! z_bar = s_bar * (1 - prev ** 2)
        bar["b"] += z_bar.sum(axis=0)  #&a bar["b"] += z_bar.mean(axis=0)
        bar["Wx"] += np.einsum("ni,nj->ij", emb, z_bar)
        bar["Ws"] += np.einsum("ni,nj->ij", prev, z_bar)  #! bar["Ws"] += np.einsum("ni,nj->ij", s, z_bar)
        np.add.at(bar["E"], shown[:, t], np.einsum("nj,ij->ni", z_bar, Wx))  #! bar["E"][shown[:, t]] += np.einsum("nj,ij->ni", z_bar, Wx) #| np.add.at(bar["E"], word, np.einsum("nj,ij->ni", z_bar, Wx))  #&a np.add.at(bar["E"], shown[:, t], z_bar)
        s_bar = np.einsum("nj,ij->ni", z_bar, Ws)  #= s_bar = np.tensordot(z_bar, Ws, axes=(1, 1))  #! s_bar = np.einsum("ni,ij->nj", z_bar, Ws)
    bar["Wc"] = context.T @ (s_bar * (1 - tape[0] ** 2))  #! bar["Wc"] = context.T @ s_bar
    return bar


def run(target, context, p):
    loss, saved = decode(target, context, p)
    return loss, decode_bar(context, p, saved)


def example():
    rng = np.random.default_rng(63)
    target = np.array([[3, 1, 4, 1, 2], [5, 5, 2, -1, -1], [2, 4, 3, 5, -1]])
    p = {"E": rng.normal(size=(6, 4)), "Wc": rng.normal(size=(3, 4)), "Wx": rng.normal(size=(4, 4)) * 0.6,
         "Ws": rng.normal(size=(4, 4)) * 0.6, "b": rng.normal(size=4) * 0.4, "out_b": rng.normal(size=6) * 0.4}
    return target, rng.normal(size=(3, 3)), p
