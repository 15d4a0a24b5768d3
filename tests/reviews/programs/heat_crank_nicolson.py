"""Find the source and the conductivity of a rod from its temperature at the end (Crank-Nicolson, discrete adjoint)."""
from dataclasses import dataclass
import numpy as np


@dataclass
class Rod:
    n: int = 7
    dx: float = 0.5
    dt: float = 0.2
    steps: int = 6

    def stiffness(self, kappa):
        """kappa on the n + 1 faces, zero temperature outside."""
        A = np.zeros((self.n, self.n))
        for i in range(self.n):
            A[i, i] = -(kappa[i] + kappa[i + 1])
            if i > 0:
                A[i, i - 1] = kappa[i]
            if i < self.n - 1:
                A[i, i + 1] = kappa[i + 1]
        return A / self.dx ** 2

    def solve(self, u0, kappa, source):
        A = self.stiffness(kappa)
        I = np.eye(self.n)
        lhs, rhs = I - 0.5 * self.dt * A, I + 0.5 * self.dt * A
        u = [u0]
        for k in range(self.steps):
            u.append(np.linalg.solve(lhs, rhs @ u[-1] + self.dt * source * np.cos(0.3 * k)))
        return u, lhs, rhs


def objective_and_gradient(rod, u0, kappa, source, measured, weight):
    u, lhs, rhs = rod.solve(u0, kappa, source)
    r = u[-1] - measured
    J = 0.5 * rod.dx * r @ r + 0.5 * weight * np.sum((kappa - 1) ** 2)

    p = rod.dx * r  #! p = r #| p = -rod.dx * r  #= p = r * rod.dx
    g_A = np.zeros((rod.n, rod.n))
    g_source = np.zeros(rod.n)
    for k in range(rod.steps - 1, -1, -1):
        q = np.linalg.solve(lhs.T, p)  #! q = lhs.T @ p #| q = np.linalg.solve(rhs.T, p)  #= q = np.linalg.inv(lhs).T @ p
        g_source += rod.dt * np.cos(0.3 * k) * q  #! g_source = rod.dt * np.cos(0.3 * k) * q #| g_source += rod.dt * q #| g_source += rod.dt * np.cos(0.3 * (k + 1)) * q #| g_source += np.cos(0.3 * k) * q #| g_source += rod.dt * np.cos(0.3 * k) * p  #= g_source = g_source + q * (rod.dt * np.cos(0.3 * k))  #&a g_source -= rod.dt * np.cos(0.3 * k) * q
        g_A += 0.5 * rod.dt * np.outer(q, u[k] + u[k + 1])  #! g_A += 0.5 * rod.dt * np.outer(q, u[k]) #| g_A += rod.dt * np.outer(q, u[k] + u[k + 1]) #| g_A += 0.5 * rod.dt * np.outer(q, u[k + 1] - u[k])  #= g_A += 0.5 * rod.dt * (np.outer(q, u[k]) + np.outer(q, u[k + 1]))
        p = rhs.T @ q  #! p = rhs.T @ p #| p = q #| p = lhs.T @ q
    g_A /= rod.dx ** 2  #! g_A /= rod.dx #| pass
    g_kappa = weight * (kappa - 1)  #! g_kappa = weight * kappa #| g_kappa = np.zeros_like(kappa) #| g_kappa = 0.5 * weight * (kappa - 1)  #&a g_kappa = 2 * weight * (kappa - 1)
    for i in range(rod.n):
        g_kappa[i] -= g_A[i, i]  #! g_kappa[i] += g_A[i, i]
        g_kappa[i + 1] -= g_A[i, i]  #! g_kappa[i] -= g_A[i, i] #| pass
        if i > 0:
            g_kappa[i] += g_A[i, i - 1]  #! g_kappa[i] += g_A[i - 1, i] #| g_kappa[i - 1] += g_A[i, i - 1]
        if i < rod.n - 1:
            g_kappa[i + 1] += g_A[i, i + 1]  #! g_kappa[i] += g_A[i, i + 1] #| g_kappa[i + 1] -= g_A[i, i + 1]
    return J, {"u0": p, "kappa": g_kappa, "source": g_source}


def run(u0, kappa, source, measured):
    return objective_and_gradient(Rod(), u0, kappa, source, measured, weight=0.05)


def example():
    rng = np.random.default_rng(144)
    return rng.normal(size=7), rng.uniform(0.4, 1.4, 8), rng.normal(size=7), rng.normal(size=7)
