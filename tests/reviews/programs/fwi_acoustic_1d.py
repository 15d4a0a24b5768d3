"""1D acoustic full-waveform inversion, discrete adjoint-state method.

    u[n+1] = 2 u[n] - u[n-1] + (c dt/dx)^2 L u[n] + dt^2 w[n] delta_src     (rigid ends, sponge on the right)
    J = dt/2 sum over shots, times, receivers (u - d_obs)^2 + beta/2 |D c|^2

Unknowns: the velocity c and the source wavelet w, the same one for all shots.
"""
import numpy as np

dx, dt = 10.0, 0.004
beta = 1e-5
iz_rec = [2, 5, 9]


def laplace(u):
    out = np.zeros_like(u)
    out[1:-1] = u[2:] - 2 * u[1:-1] + u[:-2]
    out[0] = u[1] - 2 * u[0]
    out[-1] = u[-2] - 2 * u[-1]
    return out


def sponge(nx):
    damp = np.ones(nx)
    damp[-3:] = [0.99, 0.96, 0.92]
    return damp


def propagate(c, w, isrc):
    nt, nx = len(w), len(c)
    r2 = (c * dt / dx) ** 2
    damp = sponge(nx)
    u = np.zeros((nt + 1, nx))
    for n in range(nt):
        old = u[n - 1] if n > 0 else np.zeros(nx)
        u[n + 1] = 2 * u[n] - old + r2 * laplace(u[n])
        u[n + 1, isrc] += dt**2 * w[n] * 1e4
        u[n + 1] *= damp
    return u


def adjoint_fields(c, resid):
    """Back-propagates the residuals at the receivers; q[n] is the adjoint of u[n] before damping."""
    nt = resid.shape[0] - 1
    nx = len(c)
    r2 = (c * dt / dx) ** 2
    damp = sponge(nx)
    q = np.zeros((nt + 3, nx))
    for n in range(nt, 0, -1):
        # the Laplacian is symmetric, but r2 stands on its left: first multiply, then differentiate
        lam = 2 * q[n + 1] - q[n + 2] + laplace(r2 * q[n + 1])  #! lam = 2 * q[n + 1] - q[n + 2] + r2 * laplace(q[n + 1]) #| lam = 2 * q[n + 1] + q[n + 2] + laplace(r2 * q[n + 1]) #| lam = 2 * q[n + 1] + laplace(r2 * q[n + 1]) #| lam = q[n + 1] - q[n + 2] + laplace(r2 * q[n + 1]) #| lam = 2 * q[n + 1] - q[n + 2] - laplace(r2 * q[n + 1])  #&b lam = q[n + 1] + laplace(r2 * q[n + 1])
        lam[iz_rec] += dt * resid[n]  #! lam[iz_rec] = dt * resid[n] #| lam[iz_rec] += resid[n] #| lam[iz_rec] -= dt * resid[n] #| lam[iz_rec] += dt * resid[n - 1]  #&c lam[iz_rec] += resid[n]
        q[n] = damp * lam  #! q[n] = lam #| q[n] = lam / damp #= q[n] = np.einsum("i,i->i", lam, damp)  #&a q[n] = damp**2 * lam
    return q


def misfit_and_gradient(c, w, shots, d_obs):
    J = 0.0
    g_r2 = np.zeros_like(c)
    g_w = np.zeros_like(w)
    for isrc, obs in zip(shots, d_obs):
        u = propagate(c, w, isrc)
        resid = u[:, iz_rec] - obs
        J += 0.5 * dt * np.sum(resid**2)

        q = adjoint_fields(c, resid)
        for n in range(len(w)):  #! for n in range(1, len(w) - 1): #= for n in range(len(w) - 1, -1, -1):
            g_r2 += q[n + 1] * laplace(u[n])  #! g_r2 += q[n] * laplace(u[n]) #| g_r2 += q[n + 1] * u[n] #| g_r2 += laplace(q[n + 1] * u[n]) #| g_r2 += q[n + 1] * laplace(u[n + 1]) #| g_r2 -= q[n + 1] * laplace(u[n]) #| g_r2 = q[n + 1] * laplace(u[n]) #= g_r2 = g_r2 + laplace(u[n]) * q[n + 1]
            g_w[n] += 1e4 * dt**2 * q[n + 1, isrc]  #! g_w[n] = 1e4 * dt**2 * q[n + 1, isrc] #| g_w[n] += 1e4 * dt * q[n + 1, isrc] #| g_w[n] += 1e4 * dt**2 * q[n, isrc] #| g_w[n] += 1e4 * dt**2 * q[n + 1, iz_rec[0]] #| g_w[n] += dt**2 * q[n + 1, isrc] #| g_w[n] += 1e4 * dt**2 * q[n + 1].sum()  #&b g_w[n] += 1e4 * dt**2 * w[n] * q[n + 1, isrc]

    g_c = g_r2 * 2 * c * (dt / dx) ** 2  #! g_c = g_r2 * c * (dt / dx) ** 2 #| g_c = g_r2 * 2 * (dt / dx) ** 2 #| g_c = g_r2 * 2 * c * dt / dx #| g_c = g_r2 * (c * dt / dx) ** 2 #= g_c = 2 * g_r2 * (c * dt / dx) ** 2 / c  #&c g_c = g_r2 * c * (dt / dx) ** 2

    # smoothness of the model
    rough = np.diff(c)
    J += 0.5 * beta * np.sum(rough**2)
    g_c[1:] += beta * rough  #! g_c[1:] -= beta * rough #| g_c[1:] += rough #| g_c[1:] = beta * rough #| pass #&a g_c[1:] += 2 * beta * rough
    g_c[:-1] -= beta * rough  #! g_c[:-1] += beta * rough #| g_c[1:] -= beta * rough #| g_c[:-1] -= beta * rough**2 #= g_c[:-1] += beta * (c[:-1] - c[1:])
    return J, g_c, g_w


def run(c, w, shots, d_obs):
    J, g_c, g_w = misfit_and_gradient(c, w, shots, d_obs)
    return J, (g_c, g_w)


def example():
    rng = np.random.default_rng(8)
    nt = 18
    t = np.arange(nt) * dt
    a = (np.pi * 22 * (t - 0.03)) ** 2
    w = (1 - 2 * a) * np.exp(-a)
    c = 1500 + 60 * np.arange(12.0) + 40 * rng.normal(size=12)
    shots = [1, 7]
    d_obs = [propagate(c * 1.07 + 30, 1.2 * w, s)[:, iz_rec] for s in shots]
    return c, w, shots, d_obs
