import numpy as np

# pre-norm residual MLP:  x <- x + W2 gelu(W1 LN(x) + b1) + b2, then LN and a linear readout


def layer_norm(x, g, b, eps=1e-5):
    mean = x.mean(-1, keepdims=True)
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    norm = (x - mean) * rstd
    return norm * g + b, (norm, rstd, g)


def layer_norm_bwd(dout, cache):
    norm, rstd, g = cache
    dg = (dout * norm).sum(0)  #! dg = dout.sum(0)
    db = dout.sum(0)
    dnorm = dout * g  #&a dnorm = dout / g
    dx = dnorm - dnorm.mean(-1, keepdims=True) - norm * (dnorm * norm).mean(-1, keepdims=True)  #! dx = dnorm - dnorm.mean(0, keepdims=True) - norm * (dnorm * norm).mean(0, keepdims=True) #| dx = dnorm - dnorm.mean(-1, keepdims=True) + norm * (dnorm * norm).mean(-1, keepdims=True) #| dx = dnorm - norm * (dnorm * norm).mean(-1, keepdims=True) #| dx = dnorm - dnorm.mean(-1, keepdims=True) - norm * dnorm.mean(-1, keepdims=True) #| dx = dnorm.copy()  #= dx = (dnorm - dnorm.mean(-1)[:, None]) - norm * np.einsum("nd,nd->n", dnorm, norm)[:, None] / norm.shape[-1]
    dx *= rstd  #! dx = dnorm * rstd #| dx /= rstd #| dx *= rstd ** 2
    return dx, dg, db


C = np.sqrt(2 / np.pi)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * x ** 3)))


def gelu_bwd(dout, x):
    u = C * (x + 0.044715 * x ** 3)
    t = np.tanh(u)
    du = C * (1 + 3 * 0.044715 * x ** 2)  #!poly du = C * (1 + 0.044715 * x ** 2) #| du = 1 + 3 * 0.044715 * x ** 2
    return dout * (0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * du)  #~poly  #! return dout * (0.5 * (1 + t) + 0.5 * x * (1 - t ** 2)) #| return dout * 0.5 * (1 + t) #| return dout * (0.5 * (1 + t) + 0.5 * x * (1 - u ** 2) * du)  #= return dout * 0.5 * (1 + t + x * du * (1 - t) * (1 + t))


def block(x, p):
    n, ln = layer_norm(x, p['g'], p['b'])
    pre = n @ p['w1'] + p['b1']
    act = gelu(pre)
    return x + act @ p['w2'] + p['b2'], (ln, n, pre, act)


def block_bwd(dy, p, cache):
    ln, n, pre, act = cache
    grad = {}
    grad['w2'] = act.T @ dy  #! grad['w2'] = pre.T @ dy
    grad['b2'] = dy.sum(0)
    dpre = gelu_bwd(dy @ p['w2'].T, pre)  #! dpre = gelu_bwd(dy @ p['w2'].T, act)  #&a dpre = gelu_bwd(dy, pre) @ p['w2'].T
    grad['w1'] = n.T @ dpre
    grad['b1'] = dpre.sum(0)
    dx, grad['g'], grad['b'] = layer_norm_bwd(dpre @ p['w1'].T, ln)
    dx = dx + dy  #! pass #| dx = dx - dy  #= dx = dy + 1.0 * dx
    return dx, grad


def run(x, target, blocks, final):
    caches = []
    h = x
    for p in blocks:
        h, c = block(h, p)
        caches.append(c)
    f, cf = layer_norm(h, final['g'], final['b'])
    out = f @ final['w']
    diff = out - target
    loss = np.abs(diff).sum() / len(x) + 0.5 * (diff ** 2).mean()

    dout = np.sign(diff) / len(x) + diff / diff.size
    gfinal = {'w': f.T @ dout}
    dh, gfinal['g'], gfinal['b'] = layer_norm_bwd(dout @ final['w'].T, cf)
    grads = [None] * len(blocks)
    for i in range(len(blocks))[::-1]:
        dh, grads[i] = block_bwd(dh, blocks[i], caches[i])
    return loss, (dh, grads, gfinal)


def example():
    r = np.random.default_rng(37)
    D = 4
    blocks = [{'g': r.normal(1, .3, D), 'b': r.normal(0, .5, D), 'w1': r.normal(size=(D, D)), 'b1': r.normal(size=D),
               'w2': r.normal(size=(D, D)), 'b2': r.normal(size=D)} for _ in range(2)]
    final = {'g': r.normal(1, .3, D), 'b': r.normal(0, .5, D), 'w': r.normal(size=(D, 2))}
    return r.normal(size=(6, D)), r.normal(size=(6, 2)), blocks, final
