import numpy as np

F = np.float32


def train_step(x, labels, w1, b1, w2, b2):
    # everything in float32, as on the device
    n = F(x.shape[0])
    z1 = x @ w1 + b1
    a1 = np.where(z1 > 0, z1, F(0.2) * z1)
    z2 = a1 @ w2 + b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    onehot = np.eye(w2.shape[1], dtype=np.float32)[labels]
    loss = -(onehot * np.log(p + F(1e-7))).sum() / n

    dp = -onehot / (p + F(1e-7)) / n  #! dp = onehot / (p + F(1e-7)) / n #| dp = -onehot / (p + F(1e-7)) #| dp = (p - onehot) / n #| dp = -onehot * np.log(p + F(1e-7)) / n  #= dp = -(onehot / n) / (F(1e-7) + p)
    dz2 = p * (dp - (dp * p).sum(axis=1, keepdims=True))  #! dz2 = p * (1 - p) * dp #| dz2 = p * (dp - (dp * p).sum(axis=0, keepdims=True)) #| dz2 = p * dp #| dz2 = dp - (dp * p).sum(axis=1, keepdims=True)  #= dz2 = p * dp - p * np.einsum("ij,ij->i", dp, p)[:, None]
    dw2 = a1.T @ dz2  #! dw2 = z1.T @ dz2 #| dw2 = a1.T @ dz2 / n
    db2 = dz2.sum(axis=0)  #&a db2 = dp.sum(axis=0)
    da1 = dz2 @ w2.T
    dz1 = np.where(z1 > 0, da1, F(0.2) * da1)  #! dz1 = np.where(da1 > 0, da1, F(0.2) * da1) #| dz1 = np.where(z1 > 0, da1, 0) #| dz1 = np.where(z1 > 0, F(0.2) * da1, da1) #| dz1 = np.where(z1 > 0, a1, F(0.2) * a1)  #= dz1 = da1 * (F(0.2) + F(0.8) * (z1 > 0))
    dw1 = x.T @ dz1  #! dw1 = x.T @ da1  #&a dw1 = F(0.5) * (x.T @ dz1)
    db1 = dz1.sum(axis=0)  #! db1 = dz1.mean(axis=0)
    return loss, (dw1, db1, dw2, db2)


def run(x, labels, w1, b1, w2, b2):
    return train_step(x, labels, w1, b1, w2, b2)


def example():
    rng = np.random.default_rng(146)
    g = lambda *s: rng.normal(size=s).astype(np.float32)
    return g(9, 5), np.array([0, 2, 3, 1, 1, 2, 0, 3, 2]), g(5, 6), g(6), g(6, 4), g(4)
