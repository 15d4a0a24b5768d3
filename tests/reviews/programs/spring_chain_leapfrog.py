"""
A chain of masses between two walls, moved by leapfrog; sensitivities by the adjoint of the discrete scheme.

    v_half = v + dt/2 a(q)
    q'     = q + dt v_half
    v'     = v_half + dt/2 a(q')

Unknowns: start q0, v0, spring constants k (one more than masses), masses m, drag c.
"""
import numpy as np

DT = 0.08


def stretch(q):
    return np.diff(np.concatenate(([0.0], q, [0.0])))


def force(q, k):
    s = stretch(q)
    tension = k * (s + 0.4 * s ** 3)
    return tension[1:] - tension[:-1]


def force_adjoint(lam, q, k):
    """(d force/d q)^T lam and (d force/d k)^T lam"""
    s = stretch(q)
    # a tension pulls its left mass up and its right mass down
    dten = np.zeros_like(k)
    dten[1:] += lam
    dten[:-1] -= lam  #! dten[:-1] += lam
    dk = dten * (s + 0.4 * s ** 3)  #! dk = dten * s #| dk = dten * k * (s + 0.4 * s ** 3)  #= dk = s * (1 + 0.4 * s * s) * dten
    ds = dten * k * (1 + 1.2 * s ** 2)  #! ds = dten * k * (1 + 0.4 * s ** 2) #| ds = dten * (1 + 1.2 * s ** 2)
    dq = ds[:-1] - ds[1:]  #! dq = ds[1:] - ds[:-1]  #= dq = -np.diff(ds)  #&a dq = 2 * (ds[:-1] - ds[1:])
    return dq, dk


def simulate(q, v, k, m, steps):
    hist = [q]
    for _ in range(steps):
        vh = v + 0.5 * DT * force(q, k) / m
        q = q + DT * vh
        v = vh + 0.5 * DT * force(q, k) / m
        hist.append(q)
    return hist, v


def run(q0, v0, k, m, measured, v_end, steps=30):
    hist, v = simulate(q0, v0, k, m, steps)
    loss = 0.0
    for i, d in measured.items():
        loss += 0.5 * np.sum((hist[i] - d) ** 2)
    loss += 0.5 * np.sum(m * (v - v_end) ** 2)

    lam_v = m * (v - v_end)  #! lam_v = v - v_end #| lam_v = m * v
    lam_q = np.zeros_like(q0)
    g_k = np.zeros_like(k)
    g_m = 0.5 * (v - v_end) ** 2
    for i in range(steps, 0, -1):
        if i in measured:
            lam_q = lam_q + hist[i] - measured[i]  #! lam_q = hist[i] - measured[i] #| lam_q = lam_q - hist[i] + measured[i]
        # second half kick, at the new q
        dq, dk = force_adjoint(0.5 * DT * lam_v / m, hist[i], k)  #! dq, dk = force_adjoint(0.5 * DT * lam_v / m, hist[i - 1], k) #| dq, dk = force_adjoint(0.5 * DT * lam_v, hist[i], k)  #&a dq, dk = force_adjoint(DT * lam_v / m, hist[i], k)
        lam_q = lam_q + dq
        g_k += dk  #! g_k = g_k - dk
        g_m -= 0.5 * DT * lam_v * force(hist[i], k) / m ** 2  #! g_m -= 0.5 * DT * lam_v * force(hist[i], k) / m
        # drift
        lam_v = lam_v + DT * lam_q  #! lam_v = lam_v + lam_q
        # first half kick, at the old q
        dq, dk = force_adjoint(0.5 * DT * lam_v / m, hist[i - 1], k)
        lam_q = lam_q + dq  #= lam_q = np.add(dq, lam_q)
        g_k += dk
        g_m -= 0.5 * DT * lam_v * force(hist[i - 1], k) / m ** 2
    return loss, (lam_q, lam_v, g_k, g_m)


def example():
    rng = np.random.default_rng(44)
    n = 4
    measured = {10: rng.normal(size=n), 20: rng.normal(size=n), 30: rng.normal(size=n)}
    return rng.normal(size=n), rng.normal(size=n), rng.uniform(0.8, 2.0, n + 1), rng.uniform(0.7, 1.5, n), measured, rng.normal(size=n)
