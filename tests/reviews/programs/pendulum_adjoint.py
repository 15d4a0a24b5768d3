import numpy as np

DT = 0.05


def simulate(theta0, omega0, length, damping, steps, gravity=9.81):
    """Semi-implicit Euler for theta'' = -g / l sin(theta) - c theta'."""
    theta, omega = [theta0], [omega0]
    for n in range(steps):
        w = omega[n] + DT * (-gravity / length * np.sin(theta[n]) - damping * omega[n])
        omega.append(w)
        theta.append(theta[n] + DT * w)
    return theta, omega


def adjoint(theta, omega, observed, length, damping, gravity=9.81):
    steps = len(theta) - 1
    lam_theta, lam_omega = 0.0, 0.0
    d_length, d_damping = 0.0, 0.0
    for n in range(steps - 1, -1, -1):
        lam_theta += 2 * (theta[n + 1] - observed[n]) / steps  #! lam_theta += 2 * (theta[n] - observed[n]) / steps #| lam_theta += (theta[n + 1] - observed[n]) / steps #| lam_theta = 2 * (theta[n + 1] - observed[n]) / steps #| lam_theta -= 2 * (theta[n + 1] - observed[n]) / steps  #= lam_theta = lam_theta + (theta[n + 1] - observed[n]) / (0.5 * steps)
        lam_omega += DT * lam_theta  #! lam_omega += lam_theta #| lam_omega = DT * lam_theta #| lam_omega -= DT * lam_theta
        # parameters
        d_length += lam_omega * DT * gravity / length ** 2 * np.sin(theta[n])  #! d_length -= lam_omega * DT * gravity / length ** 2 * np.sin(theta[n]) #| d_length += lam_omega * DT * gravity / length * np.sin(theta[n]) #| d_length += lam_omega * DT * gravity / length ** 2 * np.cos(theta[n]) #| d_length += lam_omega * DT * gravity / length ** 2 * np.sin(theta[n + 1])  #&a d_length += lam_omega * gravity / length ** 2 * np.sin(theta[n])
        d_damping -= lam_omega * DT * omega[n]  #! d_damping += lam_omega * DT * omega[n] #| d_damping -= lam_omega * DT * omega[n + 1] #| d_damping = -lam_omega * DT * omega[n]  #= d_damping += DT * omega[n] * -lam_omega  #&a d_damping -= lam_omega * DT * theta[n]
        # back through the step
        lam_theta -= lam_omega * DT * gravity / length * np.cos(theta[n])  #! lam_theta += lam_omega * DT * gravity / length * np.cos(theta[n]) #| lam_theta -= lam_omega * DT * gravity / length * np.sin(theta[n]) #| lam_theta -= lam_omega * DT * gravity / length #| pass
        lam_omega *= 1 - DT * damping  #! lam_omega *= 1 + DT * damping #| pass #| lam_omega *= 1 - damping  #= lam_omega -= DT * damping * lam_omega
    return lam_theta, lam_omega, d_length, d_damping


def run(theta0, omega0, length, damping, observed):
    theta, omega = simulate(theta0, omega0, length, damping, len(observed))
    loss = np.mean((np.array(theta[1:]) - observed) ** 2)
    return loss, adjoint(theta, omega, observed, length, damping)


def example():
    return 0.9, -0.4, 1.3, 0.35, np.random.default_rng(143).normal(size=20) * 0.5
