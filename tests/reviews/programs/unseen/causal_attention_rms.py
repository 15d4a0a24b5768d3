"""One pre-trained-style block: causal multi-head attention, residual, RMS norm.
Reverse mode by hand, adjoints written with the _bar suffix, all contractions by einsum."""
import numpy as np

TINY = 1e-6


def softmax_last(S):
    E = np.exp(S - S.max(axis=-1, keepdims=True))
    return E / E.sum(axis=-1, keepdims=True)


def run(X, Wq, Wk, Wv, Wo, gain, target, keep):
    T, e = X.shape[1], Wq.shape[2]
    scale = 1.0 / np.sqrt(e)
    Q = np.einsum("btd,hde->bhte", X, Wq)
    K = np.einsum("btd,hde->bhte", X, Wk)
    V = np.einsum("btd,hde->bhte", X, Wv)
    S = scale * np.einsum("bhte,bhse->bhts", Q, K)
    allowed = np.tril(np.ones((T, T), bool)) & keep[:, None, None, :]
    P = softmax_last(np.where(allowed, S, -1e9))
    C = np.einsum("bhts,bhse->bhte", P, V)
    U = X + np.einsum("bhte,hed->btd", C, Wo)
    rms = np.sqrt(np.mean(U ** 2, axis=-1, keepdims=True) + TINY)
    unit = U / rms
    resid = (gain * unit - target) * keep[:, :, None]
    count = keep.sum()
    loss = 0.5 * np.sum(resid ** 2) / count

    Y_bar = resid / count  #! Y_bar = (gain * unit - target) / count #| Y_bar = resid / keep.size #| Y_bar = 2 * resid / count  #= Y_bar = resid * keep[:, :, None] / count
    gain_bar = np.einsum("btd,btd->d", Y_bar, unit)  #! gain_bar = np.einsum("btd,btd->d", Y_bar, U) #| gain_bar = np.einsum("btd,btd->d", Y_bar, gain * unit)
    unit_bar = Y_bar * gain  #&a unit_bar = Y_bar
    along = np.mean(unit_bar * unit, axis=-1, keepdims=True)  #! along = np.sum(unit_bar * unit, axis=-1, keepdims=True) #| along = 0.0 #| along = np.mean(unit_bar * U, axis=-1, keepdims=True)
    U_bar = (unit_bar - unit * along) / rms  #! U_bar = (unit_bar - unit * along)  #&a U_bar = (unit_bar - unit * along) / rms ** 2  #= U_bar = unit_bar / rms - U * along / rms ** 2

    Wo_bar = np.einsum("bhte,btd->hed", C, U_bar)  #! Wo_bar = np.einsum("bhte,btd->hed", V, U_bar)
    C_bar = np.einsum("btd,hed->bhte", U_bar, Wo)
    V_bar = np.einsum("bhts,bhte->bhse", P, C_bar)  #! V_bar = np.einsum("bhts,bhse->bhte", P, C_bar)
    P_bar = np.einsum("bhte,bhse->bhts", C_bar, V)  #! P_bar = np.einsum("bhte,bhse->bhst", C_bar, V)
    S_bar = P * (P_bar - np.sum(P * P_bar, axis=-1, keepdims=True))  #! S_bar = P * P_bar #| S_bar = P * (1 - P) * P_bar #| S_bar = P * (P_bar - np.sum(P * P_bar, axis=-2, keepdims=True))
    Q_bar = scale * np.einsum("bhts,bhse->bhte", S_bar, K)  #! Q_bar = np.einsum("bhts,bhse->bhte", S_bar, K)
    K_bar = scale * np.einsum("bhts,bhte->bhse", S_bar, Q)  #! K_bar = scale * np.einsum("bhts,bhse->bhte", S_bar, Q)

    X_bar = U_bar.copy()  #! X_bar = np.zeros_like(X)
    weights = {}
    for name, W, H_bar in (("Wq", Wq, Q_bar), ("Wk", Wk, K_bar), ("Wv", Wv, V_bar)):  #! for name, W, H_bar in (("Wq", Wq, K_bar), ("Wk", Wk, Q_bar), ("Wv", Wv, V_bar)):
        weights[name] = np.einsum("btd,bhte->hde", X, H_bar)
        X_bar += np.einsum("bhte,hde->btd", H_bar, W)  #! X_bar = np.einsum("bhte,hde->btd", H_bar, W)
    return float(loss), {"X": X_bar, **weights, "Wo": Wo_bar, "gain": gain_bar}


def example():
    g = np.random.default_rng(404)
    B, T, D, H, e = 2, 4, 3, 2, 3
    keep = np.array([[True, True, True, True], [True, True, False, False]])
    Wq, Wk, Wv = (0.8 * g.standard_normal((H, D, e)) for _ in range(3))
    return (g.standard_normal((B, T, D)), Wq, Wk, Wv, 0.6 * g.standard_normal((H, e, D)),
            1.0 + 0.2 * g.standard_normal(D), g.standard_normal((B, T, D)), keep)
