"""A latent flow dz/dt = f(z) integrated by RK4 with fixed steps; gradients by going back through the steps (discretise, then optimise)."""
import numpy as np


def f(z, theta):
    A, a, B = theta
    return np.tanh(z @ A + a) @ B


def f_vjp(z, theta, v):
    """Pulls v, a cotangent of f(z), back to z and to theta."""
    A, a, B = theta
    s = np.tanh(z @ A + a)
    vs = v @ B.T
    vq = vs * (1 - s ** 2)  #= vq = vs - vs * s * s  #! vq = vs * (1 - s) #| vq = vs * s * (1 - s) #| vq = vs
    return vq @ A.T, (z.T @ vq, vq.sum(0), s.T @ v)  #! return vq @ A.T, (z.T @ vq, vq.sum(0), s.T @ v / len(z)) #| return vq @ A.T, (z.T @ vs, vq.sum(0), s.T @ v)


def rk4(z, theta, dt):
    k1 = f(z, theta)
    k2 = f(z + dt / 2 * k1, theta)
    k3 = f(z + dt / 2 * k2, theta)
    k4 = f(z + dt * k3, theta)
    return z + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def rk4_vjp(z, theta, dt, lam):
    # the stages are cheap, so they are computed afresh
    k1 = f(z, theta)
    z2 = z + dt / 2 * k1
    k2 = f(z2, theta)
    z3 = z + dt / 2 * k2
    k3 = f(z3, theta)
    z4 = z + dt * k3

    g4, p4 = f_vjp(z4, theta, dt / 6 * lam)  #! g4, p4 = f_vjp(z4, theta, dt * lam)
    g3, p3 = f_vjp(z3, theta, dt / 3 * lam + dt * g4)  #! g3, p3 = f_vjp(z3, theta, dt / 3 * lam + dt / 2 * g4) #| g3, p3 = f_vjp(z3, theta, dt / 3 * lam)
    g2, p2 = f_vjp(z2, theta, dt / 3 * lam + dt / 2 * g3)  #! g2, p2 = f_vjp(z2, theta, dt / 6 * lam + dt / 2 * g3)  #&a g2, p2 = f_vjp(z2, theta, dt / 3 * lam + dt * g3)
    g1, p1 = f_vjp(z, theta, dt / 6 * lam + dt / 2 * g2)
    return lam + g1 + g2 + g3 + g4, [sum(p) for p in zip(p1, p2, p3, p4)]  #= return sum((g1, g2, g3, g4), lam), [w + x + y + q for w, x, y, q in zip(p1, p2, p3, p4)]  #! return g1 + g2 + g3 + g4, [sum(p) for p in zip(p1, p2, p3, p4)] #| return lam + g1 + g2 + g3 + g4, [sum(p) for p in zip(p1, p2, p3)]


def run(z0, theta, observed, dt):
    """observed maps a step's number to what was seen after it."""
    steps = max(observed)
    path = [z0]
    for _ in range(steps):
        path.append(rk4(path[-1], theta, dt))
    loss = sum(np.mean((path[n] - seen) ** 2) for n, seen in observed.items())

    lam = np.zeros_like(z0)
    theta_grad = [np.zeros_like(p) for p in theta]
    for n in range(steps, 0, -1):
        if n in observed:
            lam = lam + 2 / z0.size * (path[n] - observed[n])  #! lam = 2 / z0.size * (path[n] - observed[n])  #&a lam = lam + 1 / z0.size * (path[n] - observed[n])
        lam, step_grad = rk4_vjp(path[n - 1], theta, dt, lam)  #! lam, step_grad = rk4_vjp(path[n], theta, dt, lam)
        theta_grad = [g + s for g, s in zip(theta_grad, step_grad)]  #! theta_grad = step_grad
    return loss, {"z0": lam, "theta": theta_grad}


def example():
    rng = np.random.default_rng(1806)
    theta = [rng.normal(size=(3, 5)) * 0.8, rng.normal(size=5) * 0.5, rng.normal(size=(5, 3)) * 0.6]
    return rng.normal(size=(4, 3)), theta, {2: rng.normal(size=(4, 3)), 5: rng.normal(size=(4, 3))}, 0.4
