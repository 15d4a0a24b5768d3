from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

ROOT = np.sqrt(2 / np.pi)


@dataclass
class NormCache:
    xhat: np.ndarray
    rstd: np.ndarray
    scale: np.ndarray


@dataclass
class BlockCache:
    norm: NormCache
    normed: np.ndarray
    pre: np.ndarray
    act: np.ndarray
    w: np.ndarray


@dataclass
class Grads:
    embed: np.ndarray
    w: list = field(default_factory=list)
    bias: list = field(default_factory=list)
    scale: list = field(default_factory=list)
    shift: list = field(default_factory=list)


def layer_norm(x, scale, shift, eps=1e-5):
    centered = x - x.mean(-1, keepdims=True)
    rstd = (np.mean(centered ** 2, -1, keepdims=True) + eps) ** -0.5
    xhat = centered * rstd
    return xhat * scale + shift, NormCache(xhat, rstd, scale)


def layer_norm_grad(gy, cache: NormCache):
    gscale = (gy * cache.xhat).sum(0)
    gshift = gy.sum(0)  #&a gshift = gy.sum(0) / len(gy)
    gxhat = gy * cache.scale  #! gxhat = gy
    mean1 = gxhat.mean(-1, keepdims=True)  #! mean1 = gxhat.mean(0, keepdims=True)
    mean2 = (gxhat * cache.xhat).mean(-1, keepdims=True)  #! mean2 = (gxhat * cache.xhat).sum(-1, keepdims=True)  #&b mean2 = (gy * cache.xhat).mean(-1, keepdims=True)
    gx = (gxhat - mean1 - cache.xhat * mean2) * cache.rstd  #! gx = (gxhat - mean1) * cache.rstd #| gx = (gxhat - mean1 - cache.xhat * mean2) / cache.rstd  #= gx = cache.rstd * gxhat - cache.rstd * (mean1 + cache.xhat * mean2)
    return gx, gscale, gshift


def gelu(x):
    return 0.5 * x * (1 + np.tanh(ROOT * (x + 0.044715 * x ** 3)))


def gelu_grad(x):
    t = np.tanh(ROOT * (x + 0.044715 * x ** 3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * ROOT * (1 + 3 * 0.044715 * x ** 2)  #!gelu return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * ROOT * (1 + 0.044715 * x ** 2) #| return 0.5 * (1 + t) #| return 0.5 * (1 + t) + 0.5 * (1 - t ** 2) * ROOT * (1 + 3 * 0.044715 * x ** 2)


def block(x, w, bias, scale, shift):
    """x + gelu(norm(x) w + bias) w^T: the same matrix goes up and down."""
    normed, norm = layer_norm(x, scale, shift)
    pre = normed @ w + bias
    act = gelu(pre)
    return x + act @ w.T, BlockCache(norm, normed, pre, act, w)


def block_grad(gout, c: BlockCache):
    gact = gout @ c.w
    gpre = gact * gelu_grad(c.pre)  #~gelu  #! gpre = gact * gelu_grad(c.act)
    gw = gout.T @ c.act + c.normed.T @ gpre  #! gw = c.normed.T @ gpre #| gw = gout.T @ c.act  #= gw = (c.act.T @ gout).T + np.einsum("ni,nj->ij", c.normed, gpre)  #&b gw = gout.T @ c.pre + c.normed.T @ gpre
    gbias = gpre.sum(0)
    gx, gscale, gshift = layer_norm_grad(gpre @ c.w.T, c.norm)
    return gout + gx, gw, gbias, gscale, gshift  #! return gx, gw, gbias, gscale, gshift


def run(tokens, nexts, embed, blocks):
    """embed turns a token into a vector, and its transpose turns the last vector into logits."""
    x, caches = embed[tokens], []
    for w, bias, scale, shift in blocks:
        x, cache = block(x, w, bias, scale, shift)
        caches.append(cache)
    logits = x @ embed.T
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    n = len(tokens)
    loss = -np.log(p[np.arange(n), nexts]).sum() / n

    glogits = (p - np.eye(len(embed))[nexts]) / n
    grads = Grads(embed=glogits.T @ x)
    g = glogits @ embed
    for cache in reversed(caches):
        g, *some = block_grad(g, cache)
        for name, value in zip(("w", "bias", "scale", "shift"), some):
            getattr(grads, name).insert(0, value)
    for i, token in enumerate(tokens):
        grads.embed[token] += g[i]  #! grads.embed[token] = g[i] #| grads.embed[nexts[i]] += g[i]  #&a grads.embed[token] -= g[i]  #= grads.embed[token, :] = np.add(g[i], grads.embed[token])
    return loss, vars(grads)


def example():
    rng = np.random.default_rng(114)
    vocab, d, h = 7, 4, 5
    blocks = [(rng.normal(size=(d, h)), rng.normal(size=h), rng.normal(size=d) + 1, rng.normal(size=d)) for _ in range(2)]
    return np.array([1, 4, 4, 0, 6, 2]), np.array([4, 4, 0, 6, 2, 5]), 0.8 * rng.normal(size=(vocab, d)), blocks
