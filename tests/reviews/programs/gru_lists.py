import numpy as np
σ = lambda v: 1 / (1 + np.exp(-v))

def run(X, Wz, Uz, Wr, Ur, Wn, Un, bz, V, Y):
    T = len(X)
    H = len(bz)
    h = [np.zeros(H)]
    Z, R, N = [], [], []
    out = []
    for t in range(T):
        z = σ(Wz @ X[t] + Uz @ h[-1] + bz)
        r = σ(Wr @ X[t] + Ur @ h[-1])
        n = np.tanh(Wn @ X[t] + Un @ (r * h[-1]))
        h.append((1 - z) * n + z * h[-1])
        Z.append(z); R.append(r); N.append(n)
        out.append(V @ h[-1])
    loss = sum(np.sum((o - y) ** 2) for o, y in zip(out, Y)) / T

    gWz, gUz, gWr, gUr, gWn, gUn, gV = (np.zeros_like(M) for M in (Wz, Uz, Wr, Ur, Wn, Un, V))
    gbz = np.zeros(H)
    gh = np.zeros(H)
    for t in range(T - 1, -1, -1):
        hp = h[t]
        z, r, n = Z[t], R[t], N[t]
        go = 2 * (out[t] - Y[t]) / T  #! go = 2 * (out[t] - Y[t]) #| go = (out[t] - Y[t]) / T
        gV += np.outer(go, h[t + 1])  #! gV += np.outer(go, h[t])  #= gV += go[:, None] * h[t + 1][None]  #&a gV = np.outer(go, h[t + 1])
        gh = gh + V.T @ go  #! gh = V.T @ go  #= gh = go @ V + gh
        gz = gh * (hp - n)  #! gz = gh * (n - hp) #| gz = gh * (h[t + 1] - n) #| gz = gh * hp
        gn = gh * (1 - z)  #! gn = gh * z
        az = gz * z * (1 - z)
        an = gn * (1 - n ** 2)  #! an = gn * n * (1 - n)  #= an = gn * (1 + n) * (1 - n)
        grh = Un.T @ an  #! grh = Un @ an
        gr = grh * hp  #! gr = grh * r #| gr = grh * h[t + 1]
        ar = gr * r * (1 - r)  #! ar = gr * r
        gWz += np.outer(az, X[t])
        gUz += np.outer(az, hp)
        gbz += az  #! gbz = az  #&a gbz += gz
        gWr += np.outer(ar, X[t])
        gUr += np.outer(ar, hp)  #! gUr += np.outer(ar, r * hp)
        gWn += np.outer(an, X[t])
        gUn += np.outer(an, r * hp)  #! gUn += np.outer(an, hp) #| gUn += np.outer(r * an, hp)  #= gUn += np.outer(an, hp) * r
        gh = gh * z + grh * r + Uz.T @ az + Ur.T @ ar  #! gh = grh * r + Uz.T @ az + Ur.T @ ar #| gh = gh * z + grh + Uz.T @ az + Ur.T @ ar #| gh = gh * z + grh * r + Uz.T @ az #| gh = gh * z + grh * r + Uz @ az + Ur.T @ ar  #= gh = z * gh + r * grh + np.concatenate((Uz, Ur)).T @ np.concatenate((az, ar))
    return loss, (gWz, gUz, gWr, gUr, gWn, gUn, gbz, gV)

def example():
    R = np.random.default_rng(119).normal
    return R(size=(6, 3)), R(size=(4, 3)), R(size=(4, 4)) * .8, R(size=(4, 3)), R(size=(4, 4)) * .8, R(size=(4, 3)), R(size=(4, 4)) * .8, R(size=4), R(size=(2, 4)), R(size=(6, 2))
