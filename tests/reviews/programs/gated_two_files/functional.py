"""Stateless pieces: every xxx_forward returns (out, saved), every xxx_backward takes (grad_out, saved)."""
import numpy as np

__all__ = ["affine_forward", "affine_backward", "silu_forward", "silu_backward", "rms_norm_forward", "rms_norm_backward",
           "gate_forward", "gate_backward", "nll_forward", "nll_backward"]


def affine_forward(x, weight, bias):
    """weight is (out, in), the way torch keeps it"""
    return x @ weight.T + bias, (x, weight)


def affine_backward(grad_out, saved):
    x, weight = saved
    grad_x = grad_out @ weight
    grad_weight = grad_out.T @ x  #! grad_weight = grad_out.T @ x / x.shape[0]  #= grad_weight = np.einsum("no,ni->oi", grad_out, x)  #&a grad_weight = -grad_out.T @ x
    grad_bias = grad_out.sum(0)
    return grad_x, grad_weight, grad_bias


def silu_forward(x):
    sig = 1 / (1 + np.exp(-x))
    return x * sig, (x, sig)


def silu_backward(grad_out, saved):
    x, sig = saved
    return grad_out * (sig + x * sig * (1 - sig))  #! return grad_out * sig * (1 - sig) #| return grad_out * (sig + x * sig) #| return grad_out * (sig + sig * (1 - sig))  #= return grad_out * sig * (1 + x - x * sig)


def rms_norm_forward(x, gain, eps=1e-6):
    inv = 1 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)
    return x * inv * gain, (x, inv, gain)


def rms_norm_backward(grad_out, saved):
    x, inv, gain = saved
    grad_gain = np.sum(grad_out * x * inv, axis=0)  #! grad_gain = np.sum(grad_out * x, axis=0)
    grad_unit = grad_out * gain
    inner = np.mean(grad_unit * x, axis=-1, keepdims=True)  #! inner = np.sum(grad_unit * x, axis=-1, keepdims=True) #| inner = np.mean(grad_out * x, axis=-1, keepdims=True)
    grad_x = inv * grad_unit - inv ** 3 * inner * x  #! grad_x = inv * grad_unit #| grad_x = inv * grad_unit - inv ** 2 * inner * x  #&a grad_x = inv * grad_unit + inv ** 3 * inner * x
    return grad_x, grad_gain


def gate_forward(a, b):
    return a * b, (a, b)


def gate_backward(grad_out, saved):
    a, b = saved
    return grad_out * b, grad_out * a  #! return grad_out * a, grad_out * b


def nll_forward(logits, labels):
    z = logits - logits.max(-1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(-1, keepdims=True))
    return -logp[np.arange(len(labels)), labels].mean(), (logp, labels)


def nll_backward(grad_out, saved):
    logp, labels = saved
    grad = np.exp(logp)
    grad[np.arange(len(labels)), labels] -= 1
    return grad_out * grad / len(labels)  #! return grad_out * grad
