import numpy as np

EPS = 1e-5


def forward(theta, x, y):
    """Two branches, a gate between them, logistic output."""
    cache = {}
    cache["u"] = u = np.tanh(x.dot(theta["A"]))
    cache["g"] = g = 1 / (1 + np.exp(-(x.dot(theta["B"]) + theta["c"])))
    cache["m"] = m = g * u + (1 - g) * theta["s"]
    cache["o"] = o = m.dot(theta["v"])
    p = 1 / (1 + np.exp(-o))
    cache["p"] = p = np.clip(p, EPS, 1 - EPS)
    J = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return J, cache


def backward(theta, x, y, cache):
    u, g, m, p = cache["u"], cache["g"], cache["m"], cache["p"]
    d = {}
    do = (p - y) / y.size  #! do = (p - y) #| do = (p - y) * p * (1 - p) / y.size #| do = (y - p) / y.size  #= do = np.where(y == 1, p - 1, p) / len(y)
    d["v"] = m.T.dot(do)  #! d["v"] = u.T.dot(do)  #&a d["v"] = m.T.dot(p - y)
    dm = np.outer(do, theta["v"])  #= dm = do[:, None] * theta["v"]
    dg = dm * (u - theta["s"])  #! dg = dm * u #| dg = dm * (u + theta["s"]) #| dg = dm * (theta["s"] - u)  #= dg = dm * u - dm * theta["s"]
    du = dm * g  #! du = dm * (1 - g) #| du = dm
    d["s"] = np.sum(dm * (1 - g), axis=0)  #! d["s"] = np.sum(dm * g, axis=0) #| d["s"] = np.mean(dm * (1 - g), axis=0) #| d["s"] = np.sum(dm, axis=0)  #= d["s"] = np.einsum("ij,ij->j", dm, 1 - g)
    dgz = dg * g * (1 - g)  #! dgz = dg * g * (1 + g) #| dgz = dg
    d["B"] = x.T.dot(dgz)  #! d["B"] = x.T.dot(dg)
    d["c"] = dgz.sum(axis=0)  #&a d["c"] = dgz.sum(axis=0) / y.size
    d["A"] = x.T.dot(du * (1 - u ** 2))  #! d["A"] = x.T.dot(du * (1 - u) ** 2) #| d["A"] = x.T.dot(du) #| d["A"] = x.T.dot(du * u * (1 - u))
    return d


def run(theta, x, y):
    J, cache = forward(theta, x, y)
    return J, backward(theta, x, y, cache)


def example():
    rng = np.random.default_rng(134)
    theta = {"A": rng.normal(size=(4, 3)), "B": rng.normal(size=(4, 3)), "c": rng.normal(size=3), "s": rng.normal(size=3), "v": rng.normal(size=3)}
    return theta, rng.normal(size=(9, 4)), np.array([0, 1, 1, 0, 1, 0, 0, 1, 1])
