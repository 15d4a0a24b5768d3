import numpy as np


def rhs(u, v, theta):
    """Hares u, lynxes v."""
    a, b, c, d = theta
    return a * u - b * u * v, d * u * v - c * v


def rhs_adjoint(u, v, theta, p, q):
    """Products of (p, q) with the Jacobians: for u, for v, and for (a, b, c, d)."""
    a, b, c, d = theta
    u_bar = p * (a - b * v) + q * d * v  #! u_bar = p * (a - b * v) #| u_bar = p * (a - b * v) - q * d * v #| u_bar = p * (a - b * v) + q * d * u  #= u_bar = a * p + v * (d * q - b * p)
    v_bar = q * (d * u - c) - p * b * u  #! v_bar = q * (d * u - c) + p * b * u  #&a v_bar = q * (d * u - c)
    theta_bar = np.array([p * u, -p * u * v, -q * v, q * u * v])  #! theta_bar = np.array([p * u, -p * u * v, -q * u, q * u * v]) #| theta_bar = np.array([p * u, -p * u * v, -q * v, p * u * v])
    return u_bar, v_bar, theta_bar


def midpoint_step(u, v, theta, dt):
    k1u, k1v = rhs(u, v, theta)
    um, vm = u + 0.5 * dt * k1u, v + 0.5 * dt * k1v
    k2u, k2v = rhs(um, vm, theta)
    return u + dt * k2u, v + dt * k2v


def midpoint_step_adjoint(u, v, theta, dt, u_bar, v_bar):
    # redo the stages
    k1u, k1v = rhs(u, v, theta)
    um, vm = u + 0.5 * dt * k1u, v + 0.5 * dt * k1v
    # second stage
    um_bar, vm_bar, theta_bar2 = rhs_adjoint(um, vm, theta, dt * u_bar, dt * v_bar)  #! um_bar, vm_bar, theta_bar2 = rhs_adjoint(u, v, theta, dt * u_bar, dt * v_bar)
    # first stage
    du, dv, theta_bar1 = rhs_adjoint(u, v, theta, 0.5 * dt * um_bar, 0.5 * dt * vm_bar)  #! du, dv, theta_bar1 = rhs_adjoint(u, v, theta, dt * um_bar, dt * vm_bar) #| du, dv, theta_bar1 = rhs_adjoint(u, v, theta, 0.5 * dt * u_bar, 0.5 * dt * v_bar)  #&b du, dv, theta_bar1 = rhs_adjoint(um, vm, theta, 0.5 * dt * um_bar, 0.5 * dt * vm_bar)
    return u_bar + um_bar + du, v_bar + vm_bar + dv, theta_bar1 + theta_bar2  #! return u_bar + um_bar + du, v_bar + vm_bar + dv, theta_bar2 #| return um_bar + du, vm_bar + dv, theta_bar1 + theta_bar2  #= return sum((u_bar, um_bar, du)), sum((v_bar, vm_bar, dv)), np.add(theta_bar1, theta_bar2)


def simulate(start, theta, dt, steps):
    path = [tuple(start)]
    for _ in range(steps):
        path.append(midpoint_step(*path[-1], theta, dt))
    return path


def run(start, theta, observed, dt, sigma):
    """observed[j] belongs to the state after 2 (j + 1) steps; sigma are the two measurement errors."""
    steps = 2 * len(observed)
    path = simulate(start, theta, dt, steps)
    loss = 0.0
    for j, (ou, ov) in enumerate(observed):
        u, v = path[2 * (j + 1)]
        loss += 0.5 * ((u - ou) / sigma[0]) ** 2 + 0.5 * ((v - ov) / sigma[1]) ** 2

    u_bar = v_bar = 0.0
    theta_bar = np.zeros(4)
    for t in range(steps, 0, -1):
        u, v = path[t]
        if t % 2 == 0:
            ou, ov = observed[t // 2 - 1]
            u_bar += (u - ou) / sigma[0] ** 2  #! u_bar += (u - ou) / sigma[0] #| u_bar = (u - ou) / sigma[0] ** 2  #= u_bar = u_bar - (ou - u) * sigma[0] ** -2
            v_bar += (v - ov) / sigma[1] ** 2  #&a v_bar -= (v - ov) / sigma[1] ** 2
        u_bar, v_bar, add = midpoint_step_adjoint(*path[t - 1], theta, dt, u_bar, v_bar)  #! u_bar, v_bar, add = midpoint_step_adjoint(*path[t], theta, dt, u_bar, v_bar)
        theta_bar += add  #&b theta_bar = add
    return loss, {"start": np.array([u_bar, v_bar]), "theta": theta_bar}


def example():
    rng = np.random.default_rng(112)
    start, theta = np.array([1.6, 0.9]), np.array([1.1, 0.6, 0.8, 0.5])
    truth = simulate(start + 0.3, theta * 1.2, 0.15, 10)
    observed = np.array(truth[2::2]) + 0.1 * rng.normal(size=(5, 2))
    return start, theta, observed, 0.15, np.array([0.4, 0.7])
