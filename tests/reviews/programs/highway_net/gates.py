import numpy as np


def logistic(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def glu(x, p):
    linear = x @ p.w + p.b
    gate = logistic(x @ p.w_gate + p.b_gate)
    return linear * gate, (linear, gate)


def glu_adjoint(adj_out, x, remembered):
    linear, gate = remembered
    adj_linear = adj_out * gate  #! adj_linear = adj_out
    adj_pre = adj_out * linear * gate * (1 - gate)  #= adj_pre = adj_out * linear * (gate - gate ** 2)  #! adj_pre = adj_out * gate * (1 - gate)  #&b adj_pre = adj_out * linear * gate
    return {"w": x.T @ adj_linear, "b": adj_linear.sum(0), "w_gate": x.T @ adj_pre, "b_gate": adj_pre.sum(0)}  #! return {"w": x.T @ adj_linear, "b": adj_linear.sum(0), "w_gate": x.T @ adj_pre, "b_gate": adj_linear.sum(0)}


def highway(x, p):
    """carry * x + transform * tanh(...), where carry = 1 - transform"""
    h = np.tanh(x @ p.w + p.b)
    t = logistic(x @ p.w_gate + p.b_gate)
    return t * h + (1 - t) * x, (x, h, t)


def highway_adjoint(adj_out, p, remembered):
    x, h, t = remembered
    adj_z = adj_out * t * (1 - h ** 2)  #! adj_z = adj_out * (1 - t) * (1 - h ** 2)  #&a adj_z = adj_out * (1 - h ** 2)
    adj_t = adj_out * (h - x)  #= adj_t = h * adj_out - x * adj_out  #! adj_t = adj_out * h #| adj_t = adj_out * (x - h)
    adj_pre = adj_t * t * (1 - t)
    adj_x = adj_out * (1 - t)  #! adj_x = adj_out
    adj_x = adj_x + adj_z @ p.w.T + adj_pre @ p.w_gate.T  #! adj_x = adj_x + adj_z @ p.w.T #| adj_x = adj_z @ p.w.T + adj_pre @ p.w_gate.T #| adj_x = adj_x + adj_z @ p.w + adj_pre @ p.w_gate.T  #&b adj_x = adj_x + adj_z @ p.w_gate.T + adj_pre @ p.w.T
    return adj_x, {"w": x.T @ adj_z, "b": adj_z.sum(0), "w_gate": x.T @ adj_pre, "b_gate": adj_pre.sum(0)}
