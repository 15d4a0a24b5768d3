import numpy as np

SOFT = 0.4


def acceleration(pos, mass, G):
    acc = np.zeros_like(pos)
    for i in range(len(pos)):
        for j in range(len(pos)):
            if i == j:
                continue
            d = pos[j] - pos[i]
            r2 = d @ d + SOFT ** 2
            acc[i] += G * mass[j] * d / r2 ** 1.5
    return acc


def acceleration_adjoint(acc_adj, pos, mass, G):
    pos_adj, mass_adj, G_adj = np.zeros_like(pos), np.zeros_like(mass), 0.0
    for i in range(len(pos)):
        for j in range(len(pos)):
            if i == j:
                continue
            d = pos[j] - pos[i]
            r2 = d @ d + SOFT ** 2  #! r2 = d @ d
            along = acc_adj[i] @ d  #! along = acc_adj[j] @ d
            mass_adj[j] += G * along / r2 ** 1.5  #! mass_adj[i] += G * along / r2 ** 1.5
            G_adj += mass[j] * along / r2 ** 1.5  #! G_adj += mass[i] * along / r2 ** 1.5
            d_adj = G * mass[j] * (acc_adj[i] / r2 ** 1.5 - 3 * along * d / r2 ** 2.5)  #! d_adj = G * mass[j] * acc_adj[i] / r2 ** 1.5 #| d_adj = G * mass[j] * (acc_adj[i] / r2 ** 1.5 - 1.5 * along * d / r2 ** 2.5)  #= d_adj = G * mass[j] / r2 ** 1.5 * (acc_adj[i] - 3 * along / r2 * d)  #&a d_adj = G * mass[j] * (acc_adj[i] / r2 ** 1.5 - 3 * along * d / r2 ** 1.5)
            pos_adj[j] += d_adj
            pos_adj[i] -= d_adj  #! pos_adj[i] += d_adj #| pos_adj[i] = -d_adj
    return pos_adj, mass_adj, G_adj


def run(pos0, vel0, mass, G, observed, dt=0.15):
    """Semi-implicit Euler; the planets are seen after each step."""
    path, x, v = [pos0], pos0, vel0
    loss = 0.0
    for seen in observed:
        v = v + dt * acceleration(x, mass, G)
        x = x + dt * v
        path.append(x)
        loss += 0.5 * np.sum((x - seen) ** 2)

    lam_x, lam_v = np.zeros_like(pos0), np.zeros_like(vel0)
    dmass, dG = np.zeros_like(mass), 0.0
    n = len(observed)
    while n > 0:
        n -= 1
        lam_x = lam_x + path[n + 1] - observed[n]  #! lam_x = lam_x + path[n] - observed[n] #| lam_x = path[n + 1] - observed[n]  #= lam_x = lam_x - (observed[n] - path[n + 1])
        lam_v = lam_v + dt * lam_x  #! lam_v = dt * lam_x #| lam_v = lam_v + lam_x  #&a lam_v = lam_v - dt * lam_x
        gx, gm, gG = acceleration_adjoint(dt * lam_v, path[n], mass, G)  #! gx, gm, gG = acceleration_adjoint(dt * lam_v, path[n + 1], mass, G)
        lam_x = lam_x + gx
        dmass += gm
        dG = dG + gG  #! dG = gG
    return loss, (lam_x, lam_v, dmass, dG)


def example():
    rng = np.random.default_rng(114)
    pos = np.array([[0.1, 0.0], [1.1, 0.3], [-0.7, 1.2]])
    return pos, rng.normal(size=(3, 2)) * 0.6, rng.uniform(0.5, 2.0, 3), 1.1, rng.normal(size=(5, 3, 2))
