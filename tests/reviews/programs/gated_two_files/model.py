from collections import namedtuple

import functional as F

Params = namedtuple("Params", "w_in b_in w_gate b_gate gain w_out b_out")


def forward(p, x, labels):
    saved = {}
    n, saved["norm"] = F.rms_norm_forward(x, p.gain)
    u, saved["in"] = F.affine_forward(n, p.w_in, p.b_in)
    s, saved["silu"] = F.silu_forward(u)
    v, saved["gate_proj"] = F.affine_forward(n, p.w_gate, p.b_gate)
    g, saved["gate"] = F.gate_forward(s, v)
    r, saved["out"] = F.affine_forward(g, p.w_out, p.b_out)
    loss, saved["nll"] = F.nll_forward(x + r, labels)
    return loss, saved


def backward(saved):
    grad_y = F.nll_backward(1.0, saved["nll"])
    grad_g, grad_w_out, grad_b_out = F.affine_backward(grad_y, saved["out"])
    grad_s, grad_v = F.gate_backward(grad_g, saved["gate"])
    grad_n2, grad_w_gate, grad_b_gate = F.affine_backward(grad_v, saved["gate_proj"])
    grad_u = F.silu_backward(grad_s, saved["silu"])
    grad_n1, grad_w_in, grad_b_in = F.affine_backward(grad_u, saved["in"])
    grad_x, grad_gain = F.rms_norm_backward(grad_n1 + grad_n2, saved["norm"])  #! grad_x, grad_gain = F.rms_norm_backward(grad_n1, saved["norm"])  #&b grad_x, grad_gain = F.rms_norm_backward(grad_n1 - grad_n2, saved["norm"])
    grad_x = grad_x + grad_y  #! pass #| grad_x = grad_x - grad_y  #= grad_x = sum([grad_x, grad_y])
    return grad_x, Params(grad_w_in, grad_b_in, grad_w_gate, grad_b_gate, grad_gain, grad_w_out, grad_b_out)  #&b return grad_x, Params(grad_w_in, grad_b_in, grad_w_gate, grad_b_in, grad_gain, grad_w_out, grad_b_out)
