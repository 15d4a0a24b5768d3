"""Two gated dilated causal convolutions and a transposed convolution, in einsum. Axes: b batch, c/o channels, t time, k tap."""
import numpy as np

ein = np.einsum


def taps(x, K, dil):
    """(b, c, t) -> (b, c, k, t): tap k looks k * dil steps into the past."""
    T = x.shape[-1]
    xp = np.pad(x, ((0, 0), (0, 0), ((K - 1) * dil, 0)))
    return np.stack([xp[:, :, (K - 1 - k) * dil:(K - 1 - k) * dil + T] for k in range(K)], axis=2)


def taps_T(g, dil):
    b, c, K, T = g.shape
    out = np.zeros((b, c, T + (K - 1) * dil))
    for k in range(K):
        s = (K - 1 - k) * dil
        out[:, :, s:s + T] += g[:, :, k]  #!taps out[:, :, s:s + T] = g[:, :, k] #| out[:, :, k * dil:k * dil + T] += g[:, :, k]
    return out[:, :, (K - 1) * dil:]  #!taps return out[:, :, :T]  #= return out[..., -T:]


def gated_layer(x, Wf, Wg, dil):
    X = taps(x, Wf.shape[-1], dil)
    f = np.tanh(ein("ock,bckt->bot", Wf, X))
    g = 1 / (1 + np.exp(-ein("ock,bckt->bot", Wg, X)))
    return x + f * g, (X, f, g)


def gated_layer_vjp(dy, Wf, Wg, dil, saved):
    X, f, g = saved
    df = dy * g * (1 - f ** 2)  #! df = dy * (1 - f ** 2) #| df = dy * g * (1 - g ** 2)  #= df = dy * (g - g * f * f)
    dg = dy * f * g * (1 - g)  #! dg = dy * g * (1 - g)  #&a dg = dy * f * (1 - g)
    dWf = ein("bot,bckt->ock", df, X)
    dWg = ein("bot,bckt->ock", dg, X)  #! dWg = ein("bot,bckt->ock", df, X) #| dWg = ein("bct,bokt->ock", dg, X)  #= dWg = np.tensordot(dg, X, axes=((0, 2), (0, 3)))
    dX = ein("ock,bot->bckt", Wf, df) + ein("ock,bot->bckt", Wg, dg)  #! dX = ein("ock,bot->bckt", Wf, df) #| dX = ein("cok,bot->bckt", Wf, df) + ein("cok,bot->bckt", Wg, dg)  #= dX = ein("ock,bot->bckt", np.concatenate([Wf, Wg]), np.concatenate([df, dg], axis=1))
    return dy + taps_T(dX, dil), dWf, dWg  #~taps  #! return taps_T(dX, dil), dWf, dWg


def upsample(h, V, stride):
    """Transposed convolution: every step leaves a small waveform behind, stride samples apart."""
    b, c, T = h.shape
    K = V.shape[-1]
    y = np.zeros((b, (T - 1) * stride + K))
    for t in range(T):
        y[:, t * stride:t * stride + K] += ein("bc,ck->bk", h[:, :, t], V)
    return y


def upsample_vjp(dy, h, V, stride):
    dh, dV = np.zeros_like(h), np.zeros_like(V)
    K = V.shape[-1]
    for t in range(h.shape[-1]):
        piece = dy[:, t * stride:t * stride + K]  #! piece = dy[:, t:t + K]  #&a piece = dy[:, t * stride:t * stride + K][:, ::-1]
        dh[:, :, t] = ein("bk,ck->bc", piece, V)
        dV += ein("bk,bc->ck", piece, h[:, :, t])  #! dV = ein("bk,bc->ck", piece, h[:, :, t])
    return dh, dV


def run(x, wave, params, dilations=(1, 2), stride=2):
    saved = []
    h = x
    for (Wf, Wg), d in zip(params["layers"], dilations):
        h, s = gated_layer(h, Wf, Wg, d)
        saved.append(s)
    y = upsample(h, params["V"], stride)
    r = y - wave
    loss = np.mean(np.log(np.cosh(r)))

    dy = np.tanh(r) / r.size  #! dy = np.tanh(r) / len(r) #| dy = r / r.size
    dh, dV = upsample_vjp(dy, h, params["V"], stride)
    glayers = []
    for (Wf, Wg), d, s in list(zip(params["layers"], dilations, saved))[::-1]:
        dh, gf, gg = gated_layer_vjp(dh, Wf, Wg, d, s)
        glayers.insert(0, (gf, gg))
    return loss, {"x": dh, "layers": glayers, "V": dV}


def example():
    rng = np.random.default_rng(39)
    C, K, T = 3, 3, 6
    layers = [(rng.normal(0, .6, (C, C, K)), rng.normal(0, .6, (C, C, K))) for _ in range(2)]
    return rng.normal(size=(2, C, T)), rng.normal(size=(2, 13)), {"layers": layers, "V": rng.normal(size=(C, 3))}
