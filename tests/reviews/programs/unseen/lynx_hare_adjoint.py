"""Fit of a Lotka-Volterra model to sparse counts: explicit Euler + discrete adjoint.

Rates are positive, so log-rates are fitted.  A weak Gaussian prior keeps them near PRIOR.
Counts are compared on the log scale at the observation steps; misfit / (2 * number of counts).
"""
import numpy as np

PRIOR = (-0.5, -1.0, -0.4, -1.2)


def simulate(hare, lynx, rates, dt, nsteps):
    a, b, c, d = rates
    path = [(hare, lynx)]
    for _ in range(nsteps):
        u, v = path[-1]
        path.append((u + dt * (a * u - b * u * v), v + dt * (d * u * v - c * v)))
    return path


def misfit(path, obs, steps):
    total = 0.0
    for row, k in zip(obs, steps):
        u, v = path[k]
        total += (np.log(u) - row[0]) ** 2 + (np.log(v) - row[1]) ** 2
    return 0.5 * total / (2 * len(steps))


def run(log_a, log_b, log_c, log_d, hare0, lynx0, obs, steps, dt, strength):
    logs = (log_a, log_b, log_c, log_d)
    a, b, c, d = (float(np.exp(t)) for t in logs)
    nsteps = int(steps[-1])
    path = simulate(hare0, lynx0, (a, b, c, d), dt, nsteps)
    loss = misfit(path, obs, steps) + 0.5 * strength * sum((t - q) ** 2 for t, q in zip(logs, PRIOR))

    where = {int(k): row for k, row in zip(steps, obs)}
    m = 2 * len(steps)
    p = q = 0.0                      # adjoints of hare and lynx
    sa = sb = sc = sd = 0.0          # sensitivities of the rates
    for k in range(nsteps, -1, -1):  #! for k in range(nsteps - 1, -1, -1):
        u, v = path[k]
        if k < nsteps:
            sa += p * dt * u  #! sa += p * u #| sa += p * dt * path[k + 1][0]  #&a sa += p * dt * u * v
            sb -= p * dt * u * v  #! sb += p * dt * u * v #| sb -= q * dt * u * v
            sc -= q * dt * v  #! sc = -q * dt * v
            sd += q * dt * u * v  #! sd += p * dt * u * v  #&a sd += q * dt * v
            p_new = p * (1 + dt * (a - b * v)) + q * dt * d * v  #! p_new = p * (1 + dt * (a - b * v)) #| p_new = p * (1 + dt * (a - b * v)) + q * dt * d * u  #= p_new = p + dt * (p * a - p * b * v + q * d * v)
            q_new = q * (1 + dt * (d * u - c)) - p * dt * b * u  #! q_new = q * (1 + dt * (d * u - c)) + p * dt * b * u #| q_new = q * (1 + dt * (d * u - c)) - p_new * dt * b * u #| q_new = q * (1 + dt * (d * u + c)) - p * dt * b * u
            p, q = p_new, q_new
        if k in where:
            p += (np.log(u) - where[k][0]) / u / m  #! p += (np.log(u) - where[k][0]) / m #| p += (u - np.exp(where[k][0])) / m #| p = (np.log(u) - where[k][0]) / u / m
            q += (np.log(v) - where[k][1]) / v / m  #! q += (np.log(v) - where[k][1]) / u / m #| q += 2 * (np.log(v) - where[k][1]) / v / m  #= q += (np.log(v) - where[k][1]) / (v * m)
    g_log = []
    for s, rate, t, t0 in zip((sa, sb, sc, sd), (a, b, c, d), logs, PRIOR):
        g_log.append(float(s * rate + strength * (t - t0)))  #! g_log.append(float(s + strength * (t - t0))) #| g_log.append(float(s * rate + strength * t)) #| g_log.append(float((s + strength * (t - t0)) * rate))
    return float(loss), (*g_log, float(p), float(q))


def example():
    rng = np.random.default_rng(1900)
    steps = np.array([0, 3, 7, 8, 12])
    obs = np.log(np.array([[2.0, 1.0]])) + 0.4 * rng.standard_normal((5, 2))
    return -0.3, -0.9, -0.6, -1.4, 1.8, 1.1, obs, steps, 0.12, 0.05
