"""Entropic optimal transport between two clouds of points.

The Sinkhorn iterations are unrolled and differentiated in reverse ("bar" = adjoint).
The masses of the first cloud are a softmax of scores, the second cloud is uniform.
"""
import numpy as np


def softmax(s):
    e = np.exp(s - s.max())
    return e / e.sum()


def softmax_adjoint(p, pbar):
    return p * (pbar - pbar @ p)  #! return p * (1 - p) * pbar #| return p * pbar #| return p * (pbar - pbar.sum()) #= return (np.diag(p) - np.outer(p, p)) @ pbar


def cost(x, y):
    return ((x[:, None, :] - y[None, :, :]) ** 2).sum(-1)


def cost_adjoint(x, y, Cbar):
    diff = x[:, None, :] - y[None, :, :]
    weighted = 2 * Cbar[:, :, None] * diff  #! weighted = Cbar[:, :, None] * diff #| weighted = 2 * Cbar[:, :, None] * diff ** 2  #&b weighted = 4 * Cbar[:, :, None] * diff
    return weighted.sum(1), -weighted.sum(0)  #! return weighted.sum(1), weighted.sum(0) #= return np.einsum("ijd->id", weighted), np.einsum("ijd->jd", -weighted)  #&c return weighted.sum(1), weighted.sum(0)


def sinkhorn(a, b, K, n_iter):
    us, vs = [np.ones_like(a)], [np.ones_like(b)]
    for _ in range(n_iter):
        vs.append(b / (K.T @ us[-1]))
        us.append(a / (K @ vs[-1]))
    return us, vs


def sinkhorn_adjoint(a, b, K, us, vs, ubar, vbar, Kbar):
    abar = np.zeros_like(a)
    for t in range(len(us) - 1, 0, -1):  #! for t in range(len(us) - 1, 1, -1): #| for t in range(1, len(us)): #= for t in reversed(range(1, len(us))):
        # u_t = a / (K v_t)
        Kv = K @ vs[t]  #! Kv = K @ vs[t - 1] #= Kv = a / us[t]
        abar += ubar / Kv  #! abar = ubar / Kv #| abar += ubar * Kv #| abar += ubar / Kv ** 2
        sbar = -ubar * us[t] / Kv  #! sbar = ubar * us[t] / Kv #| sbar = -ubar * a / Kv #| sbar = -ubar * us[t] / Kv ** 2 #= sbar = -ubar * a / Kv ** 2
        Kbar += np.outer(sbar, vs[t])  #! Kbar += np.outer(sbar, vs[t - 1]) #| Kbar -= np.outer(sbar, vs[t]) #| pass #&a Kbar += np.outer(ubar, vs[t])
        vbar = vbar + K.T @ sbar  #! vbar = K.T @ sbar #| vbar = vbar + K.T @ ubar #= vbar = vbar + sbar @ K
        # v_t = b / (K' u_(t-1))
        Ktu = K.T @ us[t - 1]
        rbar = -vbar * b / Ktu ** 2  #! rbar = -vbar / Ktu ** 2 #| rbar = -vbar * b / Ktu #= rbar = -vbar * vs[t] ** 2 / b
        Kbar += np.outer(us[t - 1], rbar)  #! Kbar += np.outer(us[t], rbar) #| Kbar = np.outer(us[t - 1], rbar)
        ubar = K @ rbar  #! ubar = ubar + K @ rbar #| ubar = K @ (rbar * Ktu)  #&c ubar = K @ vbar
        vbar = np.zeros_like(b)  #! pass #= vbar = 0.0 * vbar
    return abar, Kbar


def run(x, y, scores, eps=0.7, n_iter=5):
    n, m = len(x), len(y)
    a, b = softmax(scores), np.full(m, 1.0 / m)
    C = cost(x, y)
    K = np.exp(-C / eps)
    us, vs = sinkhorn(a, b, K, n_iter)
    plan = us[-1][:, None] * K * vs[-1][None, :]
    loss = np.sum(plan * C)

    # reverse
    Cbar = plan.copy()  #! Cbar = np.zeros_like(plan) #| Cbar = K.copy()
    CK = C * K
    ubar = CK @ vs[-1]  #! ubar = C @ vs[-1] #| ubar = K @ vs[-1] #= ubar = np.sum(CK * vs[-1], axis=1)  #&a ubar = plan @ vs[-1]
    vbar = CK.T @ us[-1]  #! vbar = np.zeros(m) #| vbar = CK.T @ us[0]
    Kbar = C * np.outer(us[-1], vs[-1])  #! Kbar = np.outer(us[-1], vs[-1]) #| Kbar = np.zeros_like(K)
    abar, Kbar = sinkhorn_adjoint(a, b, K, us, vs, ubar, vbar, Kbar)
    Cbar -= Kbar * K / eps  #! Cbar -= Kbar / eps #| Cbar -= Kbar * K #| Cbar += Kbar * K / eps #| Cbar = -Kbar * K / eps
    xbar, ybar = cost_adjoint(x, y, Cbar)
    return loss, {"x": xbar, "y": ybar, "scores": softmax_adjoint(a, abar)}  #! return loss, {"x": xbar, "y": ybar, "scores": abar}  #&b return loss, {"x": xbar, "y": ybar, "scores": softmax_adjoint(a, a * abar)}


def example():
    rng = np.random.default_rng(5)
    return rng.normal(size=(4, 2)), rng.normal(size=(5, 2)) + 0.5, rng.normal(size=4)
