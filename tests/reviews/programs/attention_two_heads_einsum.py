import numpy as np

# shapes: b batch, s query position, t key position, h head, e width of a head, m model


def run(x, mem, p, target):
    wq, wk, wv, wo = p["wq"], p["wk"], p["wv"], p["wo"]
    h, e = wq.shape[1:]
    scale = 1.0 / e ** 0.5
    q = np.einsum("bsm,mhe->bshe", x, wq)
    k = np.einsum("btm,mhe->bthe", mem, wk)
    v = np.einsum("btm,mhe->bthe", mem, wv)
    logits = scale * np.einsum("bshe,bthe->bhst", q, k)
    logits = logits - logits.max(-1, keepdims=True)
    w = np.exp(logits)
    w = w / w.sum(-1, keepdims=True)
    ctx = np.einsum("bhst,bthe->bshe", w, v)
    y = np.einsum("bshe,hem->bsm", ctx, wo)
    loss = 0.5 * np.sum((y - target) ** 2) / len(x)

    gy = (y - target) / len(x)  #! gy = y - target
    gwo = np.einsum("bsm,bshe->hem", gy, ctx)  #! gwo = np.einsum("bsm,bshe->hem", gy, q)  #= gwo = np.tensordot(ctx, gy, axes=((0, 1), (0, 1)))  #&b gwo = -np.einsum("bsm,bshe->hem", gy, ctx)
    gctx = np.einsum("bsm,hem->bshe", gy, wo)
    gv = np.einsum("bhst,bshe->bthe", w, gctx)
    gw = np.einsum("bshe,bthe->bhst", gctx, v)  #! gw = np.einsum("bshe,bthe->bhst", gctx, k)
    gl = w * (gw - np.einsum("bhst,bhst->bhs", gw, w)[..., None])  #! gl = w * (gw - np.einsum("bhst,bhst->bht", gw, w)[:, :, None]) #| gl = w * (gw + np.einsum("bhst,bhst->bhs", gw, w)[..., None]) #| gl = w * gw #| gl = gw - np.einsum("bhst,bhst->bhs", gw, w)[..., None]  #= gl = w * (gw - (gw * w).sum(-1, keepdims=True))
    gq = scale * np.einsum("bhst,bthe->bshe", gl, k)  #! gq = np.einsum("bhst,bthe->bshe", gl, k)  #=s gq = np.einsum("bhst,bthe->bshe", gl, k)
    gk = scale * np.einsum("bhst,bshe->bthe", gl, q)  #! gk = np.einsum("bhst,bshe->bthe", gl, q)  #=s gk = np.einsum("bhst,bshe->bthe", gl, q)  #&a gk = scale ** 2 * np.einsum("bhst,bshe->bthe", gl, q)
    gwq = np.einsum("bsm,bshe->mhe", x, gq)  #=s gwq = scale * np.einsum("bsm,bshe->mhe", x, gq)
    gwk = np.einsum("btm,bthe->mhe", mem, gk)  #=s gwk = scale * np.einsum("btm,bthe->mhe", mem, gk)
    gwv = np.einsum("btm,bthe->mhe", mem, gv)  #! gwv = np.einsum("btm,bthe->mhe", mem, gk)  #&a gwv = np.einsum("btm,bthe->mhe", mem, gv) / len(x)
    gx = np.einsum("bshe,mhe->bsm", gq, wq)  #=s gx = np.einsum("bshe,mhe->bsm", gq * scale, wq)
    gmem = np.einsum("bthe,mhe->btm", gk, wk)  #! gmem = np.einsum("bthe,mhe->btm", gk, wq)  #=s gmem = np.einsum("bthe,mhe->btm", gk * scale, wk)
    gmem += np.einsum("bthe,mhe->btm", gv, wv)  #! pass #| gmem = np.einsum("bthe,mhe->btm", gv, wv)  #&b gmem -= np.einsum("bthe,mhe->btm", gv, wv)
    return loss, {"x": gx, "mem": gmem, "wq": gwq, "wk": gwk, "wv": gwv, "wo": gwo}


def example():
    g = np.random.default_rng(123).normal
    p = {"wq": g(size=(5, 2, 3)), "wk": g(size=(5, 2, 3)), "wv": g(size=(5, 2, 3)), "wo": g(size=(2, 3, 5))}
    return g(size=(2, 3, 5)), g(size=(2, 4, 5)), p, g(size=(2, 3, 5))
