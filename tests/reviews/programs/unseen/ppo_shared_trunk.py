"""PPO loss (clipped surrogate, entropy bonus, value head on a shared trunk), no autograd."""
import numpy as np

CLIP, C_ENT, C_VAL = 0.2, 0.05, 0.5


def trunk(S, W, b):
    pre = S @ W + b
    return pre, np.where(pre > 0, pre, np.expm1(pre))


def run(W, b, Wpi, bpi, wv, bv, S, acts, old_logp, adv, ret):
    n = S.shape[0]
    idx = np.arange(n)
    pre, feat = trunk(S, W, b)
    logits = feat @ Wpi + bpi
    top = logits.max(axis=1, keepdims=True)
    logp = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    probs = np.exp(logp)
    ratio = np.exp(logp[idx, acts] - old_logp)
    free, capped = ratio * adv, np.clip(ratio, 1 - CLIP, 1 + CLIP) * adv
    entropy = -(probs * logp).sum(axis=1)
    value = feat @ wv + bv[0]
    loss = -np.minimum(free, capped).mean() - C_ENT * entropy.mean() + C_VAL * ((value - ret) ** 2).mean()

    # ---- policy term
    live = free <= capped  #! live = np.ones(n, dtype=bool) #| live = np.abs(ratio - 1) < CLIP
    g_logp = -(live * ratio * adv) / n  #! g_logp = -(live * adv) / n #| g_logp = (live * ratio * adv) / n #| g_logp = -(live * ratio * adv)  #= g_logp = np.where(live, -free / n, 0.0)
    picked = np.zeros_like(probs)
    picked[idx, acts] = 1.0
    g_logits = g_logp[:, None] * (picked - probs)  #! g_logits = g_logp[:, None] * picked #| g_logits = g_logp[:, None] * (picked - probs) * probs  #&a g_logits = g_logp[:, None] * (picked - 1.0 / probs.shape[1])
    # ---- entropy term
    g_ent = -probs * (logp + entropy[:, None])  #! g_ent = -probs * (logp + 1.0) #| g_ent = -probs * (logp - entropy[:, None])
    g_logits -= C_ENT * g_ent / n  #! g_logits += C_ENT * g_ent / n #| pass
    # ---- value term
    g_value = 2 * C_VAL * (value - ret) / n  #! g_value = C_VAL * (value - ret) / n #| g_value = 2 * C_VAL * (ret - value) / n
    gWpi = feat.T @ g_logits  #! gWpi = pre.T @ g_logits  #= gWpi = (g_logits.T @ feat).T
    gbpi = g_logits.sum(axis=0)  #! gbpi = g_logits.mean(axis=0)
    gwv = feat.T @ g_value
    gbv = np.array([g_value.sum()])
    # ---- shared part
    g_feat = g_logits @ Wpi.T + np.outer(g_value, wv)  #! g_feat = g_logits @ Wpi.T #| g_feat = np.outer(g_value, wv)  #= g_feat = np.hstack([g_logits, g_value[:, None]]) @ np.vstack([Wpi.T, wv])
    g_pre = g_feat * np.where(pre > 0, 1.0, feat + 1.0)  #! g_pre = g_feat * (pre > 0) #| g_pre = g_feat * np.where(pre > 0, 1.0, feat)  #&a g_pre = g_feat * np.where(pre > 0, 1.0, pre + 1.0)
    gW = S.T @ g_pre  #! gW = S.T @ g_feat
    gb = g_pre.sum(axis=0)
    return float(loss), (gW, gb, gWpi, gbpi, gwv, gbv)


def example():
    rng = np.random.default_rng(23)
    n, d, h, k = 9, 3, 5, 4
    S = rng.standard_normal((n, d))
    return (rng.standard_normal((d, h)), 0.2 * rng.standard_normal(h), 0.6 * rng.standard_normal((h, k)),
            0.2 * rng.standard_normal(k), rng.standard_normal(h), np.array([0.3]), S, rng.integers(0, k, n),
            np.log(rng.uniform(0.1, 0.6, n)), rng.standard_normal(n), rng.standard_normal(n))
