import numpy as np

REG = 0.12
MU = 3.1   # the global mean


def predict(u, i, bu, bi, P, Q):
    return MU + bu[u] + bi[i] + np.dot(P[u], Q[i])


def objective(ratings, bu, bi, P, Q):
    total = 0.0
    for u, i, r in ratings:
        total += 0.5 * (r - predict(u, i, bu, bi, P, Q)) ** 2
        total += 0.5 * REG * (bu[u] ** 2 + bi[i] ** 2 + P[u] @ P[u] + Q[i] @ Q[i])
    return total / len(ratings)


def gradients(ratings, bu, bi, P, Q):
    g_bu, g_bi = np.zeros(len(bu)), np.zeros(len(bi))
    g_P, g_Q = np.zeros(P.shape), np.zeros(Q.shape)
    for u, i, r in ratings:
        e = r - predict(u, i, bu, bi, P, Q)  #! e = r - MU - np.dot(P[u], Q[i]) #| e = predict(u, i, bu, bi, P, Q) - r
        g_bu[u] += -e + REG * bu[u]  #! g_bu[u] = -e + REG * bu[u] #| g_bu[u] += -e
        g_bi[i] += -e + REG * bi[i]  #! g_bi[i] += -e + REG * bu[u] #| g_bi[u] += -e + REG * bi[i]  #= g_bi[i] -= e - REG * bi[i]  #&a g_bi[i] += -e + REG
        g_P[u] += REG * P[u] - e * Q[i]  #! g_P[u] += REG * P[u] + e * Q[i] #| g_P[u] += REG * P[u] - Q[i] #| g_P[u] += REG * P[u] - e * P[u]  #= g_P[u] = g_P[u] + REG * P[u] + (-e) * Q[i]
        g_Q[i] += REG * Q[i] - e * P[u]  #! g_Q[i] += 2 * REG * Q[i] - e * P[u] #| g_Q[i] += REG * Q[i] - e * (P[u] + 0.1 * e * Q[i]) #| g_Q[i] = REG * Q[i] - e * P[u]  #&a g_Q[i] += REG * Q[i] ** 2 - e * P[u]
    n = len(ratings)
    return [g / n for g in (g_bu, g_bi, g_P, g_Q)]  #= return [g_bu / n, g_bi / n, g_P / n, g_Q / n]  #! return [g_bu / n, g_bi / n, g_P, g_Q]


def run(ratings, bu, bi, P, Q):
    return objective(ratings, bu, bi, P, Q), gradients(ratings, bu, bi, P, Q)


def example():
    rng = np.random.default_rng(109)
    users, items, k = 5, 6, 3
    pairs = [(0, 0), (0, 3), (1, 1), (1, 4), (2, 0), (2, 2), (3, 3), (3, 4), (4, 1), (4, 0), (2, 3), (1, 2), (0, 2), (3, 0), (4, 5), (4, 4)]
    ratings = [(u, i, float(rng.integers(1, 6))) for u, i in pairs]
    return ratings, rng.normal(size=users), rng.normal(size=items), rng.normal(size=(users, k)), rng.normal(size=(items, k))
