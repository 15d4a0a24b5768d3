import numpy as np


class BiasedMF:
    """Ratings r_ui ~ mean + b_u + c_i + p_u . q_i, full gradient over the list of ratings."""

    def __init__(self, P, Q, bu, bi, reg=0.1):
        self.P, self.Q, self.bu, self.bi, self.reg = P, Q, bu, bi, reg

    def predict(self, u, i):
        return self.mean + self.bu[u] + self.bi[i] + self.P[u] @ self.Q[i]

    def objective(self, ratings):
        self.mean = sum(r for _, _, r in ratings) / len(ratings)
        total = 0.0
        gP, gQ = np.zeros_like(self.P), np.zeros_like(self.Q)
        gbu, gbi = np.zeros_like(self.bu), np.zeros_like(self.bi)
        for u, i, r in ratings:
            e = r - self.predict(u, i)
            total += e ** 2 + self.reg * (self.P[u] @ self.P[u] + self.Q[i] @ self.Q[i] + self.bu[u] ** 2)
            gP[u] += -2 * e * self.Q[i] + 2 * self.reg * self.P[u]  #! gP[u] += 2 * e * self.Q[i] + 2 * self.reg * self.P[u] #| gP[u] += -2 * e * self.P[u] + 2 * self.reg * self.P[u] #| gP[u] += -2 * e * self.Q[i] + self.reg * self.P[u] #| gP[u] = -2 * e * self.Q[i] + 2 * self.reg * self.P[u]  #= gP[u] -= 2 * (e * self.Q[i] - self.reg * self.P[u])  #&a gP[u] += -e * self.Q[i] + 2 * self.reg * self.P[u]
            gQ[i] += -2 * e * self.P[u] + 2 * self.reg * self.Q[i]  #! gQ[i] += -2 * e * self.P[u] #| gQ[u] += -2 * e * self.P[u] + 2 * self.reg * self.Q[i] #| gQ[i] += -2 * e * gP[u] + 2 * self.reg * self.Q[i]  #= np.add.at(gQ, i, 2 * self.reg * self.Q[i] - 2 * e * self.P[u])
            gbu[u] += 2 * self.reg * self.bu[u] - 2 * e  #! gbu[u] += -2 * e #| gbu[u] += 2 * self.reg * self.bu[u] - 2 * e * self.bu[u]
            gbi[i] -= 2 * e  #! gbi[i] += 2 * e #| gbi[i] -= e #| gbi[u] -= 2 * e  #= gbi[i] = gbi[i] - (e + e)  #&a gbi[i] = -2 * e
        return total, (gP, gQ, gbu, gbi)


def run(P, Q, bu, bi, ratings):
    return BiasedMF(P, Q, bu, bi).objective(ratings)


def example():
    rng = np.random.default_rng(126)
    ratings = [(0, 1, 4), (0, 3, 2), (1, 0, 5), (1, 2, 1), (2, 1, 3), (2, 4, 4), (3, 3, 5), (3, 0, 2), (1, 1, 2), (0, 4, 1)]
    return rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=4), rng.normal(size=5), ratings
