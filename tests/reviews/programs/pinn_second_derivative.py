"""
PINN for  u'' + k u' = f(x),  u(0) = u0, u(1) = u1   with one hidden layer,  u(x) = sum_j v_j tanh(w_j x + b_j) + c.
u' and u'' are written out; so is the gradient for v, w, b, c and for the unknown coefficient k.
"""
import numpy as np


def u_and_derivatives(x, v, w, b, c):
    t = np.tanh(np.multiply.outer(x, w) + b)
    s1 = 1 - t**2                   # tanh'
    s2 = -2*t*s1                    # tanh''
    u   = t @ v + c
    ux  = s1 @ (v*w)
    uxx = s2 @ (v*w**2)
    return u, ux, uxx, t, s1, s2


def run(v, w, b, c, k, x, f, xb, ub, lam):
    n = x.size
    # residual inside
    u, ux, uxx, t, s1, s2 = u_and_derivatives(x, v, w, b, c)
    r = uxx + k*ux - f
    # boundary
    U, _, _, tb, s1b, _ = u_and_derivatives(xb, v, w, b, c)
    e = U - ub
    loss = np.mean(r**2) + lam*np.sum(e**2)

    R = 2*r/n  #! R = r/n #| R = 2*r  #= R = (r + r)/x.size
    E = 2*lam*e  #! E = 2*e #| E = 2*lam*e/xb.size
    s3 = -2*s1**2 + 4*t**2*s1       # tanh''' #!s3 s3 = -2*s1**2 #| s3 = 2*s1**2 + 4*t**2*s1 #| s3 = -2*s1 + 4*t**2*s1  #= s3 = -2*s1*(s1 - 2*t**2)

    gv = (R @ s2)*w**2 + k*(R @ s1)*w + E @ tb  #! gv = (R @ s2)*w**2 + (R @ s1)*w + E @ tb #| gv = (R @ s2)*w**2 + k*(R @ s1)*w #| gv = (R @ s2)*w + k*(R @ s1)*w + E @ tb
    # every w_j sits in front (chain rule of u', u'') and inside tanh
    gw_front = v*(2*w*(R @ s2) + k*(R @ s1))  #! gw_front = v*(w*(R @ s2) + k*(R @ s1))  #= gw_front = 2*v*w*(R @ s2) + v*k*(R @ s1)  #&a gw_front = v*(2*w*(R @ s2) + (R @ s1))
    inner = v*w**2*s3 + k*v*w*s2    # d r_i / d (w_j x_i + b_j) #~s3  #!in inner = v*w**2*s2 + k*v*w*s1
    gw_inside = (R*x) @ inner + (E*xb) @ s1b*v  #~in  #! gw_inside = R @ inner + (E*xb) @ s1b*v #| gw_inside = (R*x) @ inner + E @ s1b*v
    gw = gw_front + gw_inside
    gb = R @ inner + E @ s1b*v  #~in  #! gb = R @ inner + E @ tb*v  #= gb = np.sum(R[:, None]*inner, 0) + np.sum(E[:, None]*s1b, 0)*v  #&a gb = R @ inner - E @ s1b*v
    gc = np.sum(E)
    gk = R @ ux  #! gk = R @ u
    return loss, dict(v=gv, w=gw, b=gb, c=gc, k=gk)


def example():
    rng = np.random.default_rng(50)
    m = 5
    x = rng.uniform(0, 1, 8)
    return rng.normal(size=m), rng.normal(size=m)*1.5, rng.normal(size=m), 0.3, 0.7, x, np.sin(3*x)*2, np.array([0.0, 1.0]), np.array([0.5, -0.8]), 1.5
