"""Segmentation decoder: transposed convolution -> tanh -> 1x1 convolution -> sigmoid,
trained with soft Dice + focal loss.  Every op gives back (value, pullback)."""
import numpy as np


def deconv(x, K, stride):
    n, cin, hi, wi = x.shape
    _, cout, kh, kw = K.shape
    out = np.zeros((n, cout, (hi - 1) * stride + kh, (wi - 1) * stride + kw))

    def window(buf, a, b):
        return buf[:, :, a:a + stride * hi:stride, b:b + stride * wi:stride]

    for a in range(kh):
        for b in range(kw):
            window(out, a, b)[...] += np.einsum("nchw,co->nohw", x, K[:, :, a, b])

    def pull(ct):
        x_ct, K_ct = np.zeros_like(x), np.zeros_like(K)
        for a in range(kh):
            for b in range(kw):
                piece = window(ct, a, b)  #! piece = ct[:, :, a:a + hi, b:b + wi] #| piece = window(ct, b, a)
                x_ct += np.einsum("nohw,co->nchw", piece, K[:, :, a, b])  #! x_ct = np.einsum("nohw,co->nchw", piece, K[:, :, a, b]) #| x_ct += np.einsum("nohw,co->nchw", piece, K[:, :, kh - 1 - a, kw - 1 - b])
                K_ct[:, :, a, b] = np.einsum("nchw,nohw->co", x, piece)  #! K_ct[:, :, b, a] = np.einsum("nchw,nohw->co", x, piece)  #= K_ct[:, :, a, b] += np.tensordot(x, piece, axes=([0, 2, 3], [0, 2, 3]))
        return x_ct, K_ct
    return out, pull


def tanh_op(v):
    y = np.tanh(v)
    return y, lambda ct: ct * (1 - y * y)  #! return y, lambda ct: ct * (1 - v * v) #| return y, lambda ct: ct * y * (1 - y)


def mix(x, w, b0):
    def pull(ct):
        ct_x = ct[:, None] * w[None, :, None, None]  #! ct_x = ct[:, None] * np.ones_like(x)
        return ct_x, np.einsum("nchw,nhw->c", x, ct), np.array([ct.sum()])
    return np.einsum("nchw,c->nhw", x, w) + b0[0], pull


def dice_focal(logit, mask, gamma, smooth):
    p = 1 / (1 + np.exp(-logit))
    inter, size = (p * mask).sum((1, 2)), (p + mask).sum((1, 2))
    dice = 1 - ((2 * inter + smooth) / (size + smooth)).mean()
    pt = np.where(mask > 0, p, 1 - p)
    focal = -np.mean((1 - pt) ** gamma * np.log(pt))

    def pull():
        num, den = 2 * inter + smooth, size + smooth  #! num, den = 2 * inter, size  #&a num, den = inter + smooth, size + smooth
        p_ct = -(2 * mask * den[:, None, None] - num[:, None, None]) / den[:, None, None] ** 2  #! p_ct = -2 * mask / den[:, None, None] #| p_ct = -(2 * mask * den[:, None, None] + num[:, None, None]) / den[:, None, None] ** 2 #| p_ct = -(2 * mask * den[:, None, None] - num[:, None, None]) / den[:, None, None] #| p_ct = -(mask * den[:, None, None] - num[:, None, None]) / den[:, None, None] ** 2  #= p_ct = (num / den ** 2)[:, None, None] - 2 * mask / den[:, None, None]
        p_ct /= len(p)
        pt_ct = gamma * (1 - pt) ** (gamma - 1) * np.log(pt) - (1 - pt) ** gamma / pt  #! pt_ct = -(1 - pt) ** gamma / pt #| pt_ct = -gamma * (1 - pt) ** (gamma - 1) * np.log(pt) - (1 - pt) ** gamma / pt #| pt_ct = gamma * (1 - pt) ** (gamma - 1) * np.log(pt) - (1 - pt) ** gamma / p  #&a pt_ct = (1 - pt) ** (gamma - 1) * np.log(pt) - (1 - pt) ** gamma / pt
        p_ct += np.where(mask > 0, pt_ct, -pt_ct) / p.size  #! p_ct += pt_ct / p.size #| p_ct += np.where(mask > 0, pt_ct, -pt_ct) / len(p)
        return p_ct * p * (1 - p)  #! return p_ct
    return dice + focal, pull


def run(code, K, w, b0, mask, gamma, smooth):
    up, up_back = deconv(code, K, 2)
    act, act_back = tanh_op(up)
    logit, mix_back = mix(act, w, b0)
    loss, loss_back = dice_focal(logit, mask, gamma, smooth)
    act_ct, w_ct, b0_ct = mix_back(loss_back())
    code_ct, K_ct = up_back(act_back(act_ct))  #! code_ct, K_ct = up_back(act_ct)
    return float(loss), (code_ct, K_ct, w_ct, b0_ct)


def example():
    rng = np.random.default_rng(12)
    mask = (rng.random((2, 7, 7)) < 0.4).astype(float)
    return (rng.standard_normal((2, 2, 3, 3)), 0.6 * rng.standard_normal((2, 3, 3, 3)), rng.standard_normal(3), np.array([-0.3]),
            mask, 2.0, 1.0)
