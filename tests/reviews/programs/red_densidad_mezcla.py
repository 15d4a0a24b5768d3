# Red de densidad de mezcla (MDN): la red da pesos, medias y desviaciones de K gaussianas
import numpy as np


def capa(x, W, b):
    return np.matmul(x, W) + b


def hacia_adelante(x, pesos):
    (W1, b1), (Wp, bp), (Wm, bm), (Ws, bs) = pesos
    a = capa(x, W1, b1)
    h = a / (1 + np.abs(a))                       # softsign
    logits = capa(h, Wp, bp)
    logits -= np.amax(logits, axis=1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    m = capa(h, Wm, bm)
    s = np.exp(capa(h, Ws, bs))
    return a, h, p, m, s


def costo(y, p, m, s):
    normal = np.exp(-0.5 * ((y - m) / s) ** 2) / (s * np.sqrt(2 * np.pi))
    mezcla = np.sum(p * normal, axis=1, keepdims=True)
    responsabilidad = p * normal / mezcla
    return -np.mean(np.log(mezcla)), responsabilidad


def hacia_atras(x, y, pesos, a, h, p, m, s, resp):
    (W1, b1), (Wp, bp), (Wm, bm), (Ws, bs) = pesos
    N = x.shape[0]
    dlogits = (p - resp) / N  #! dlogits = (resp - p) / N #| dlogits = p * (1 - p) * (p - resp) / N #| dlogits = (p - resp / p) / N  #= dlogits = p / N - resp / N
    dm = resp * (m - y) / s ** 2 / N  #! dm = resp * (y - m) / s ** 2 / N #| dm = resp * (m - y) / s / N #| dm = p * (m - y) / s ** 2 / N #| dm = (m - y) / s ** 2 / N  #= dm = -(resp / N) * (y - m) * s ** -2.0  #&a dm = 2 * resp * (m - y) / s ** 2 / N
    dlog_s = resp * (1 - ((y - m) / s) ** 2) / N  #! dlog_s = resp * (1 - (y - m) ** 2 / s) / N #| dlog_s = -resp * ((y - m) / s) ** 2 / N #| dlog_s = resp * (1 / s - (y - m) ** 2 / s ** 3) / N

    dWp, dbp = h.T @ dlogits, dlogits.sum(axis=0)
    dWm, dbm = h.T @ dm, dm.sum(axis=0)
    dWs, dbs = h.T @ dlog_s, dlog_s.sum(axis=0)  #! dWs, dbs = h.T @ dm, dlog_s.sum(axis=0)

    dh = dlogits @ Wp.T + dm @ Wm.T + dlog_s @ Ws.T  #! dh = dlogits @ Wp.T + dm @ Wm.T #| dh = dlogits @ Wp.T + dm @ Ws.T + dlog_s @ Wm.T  #= dh = sum(d @ W.T for d, W in ((dlogits, Wp), (dm, Wm), (dlog_s, Ws)))
    da = dh / (1 + np.abs(a)) ** 2  #! da = dh / (1 + np.abs(a)) #| da = dh * (1 - h ** 2)  #= da = dh * (1 - np.abs(h)) ** 2  #&a da = dh / (1 + np.abs(h)) ** 2
    dW1 = x.T @ da
    db1 = da.sum(axis=0)  #! db1 = a.sum(axis=0)
    return [(dW1, db1), (dWp, dbp), (dWm, dbm), (dWs, dbs)]


def run(x, y, pesos):
    a, h, p, m, s = hacia_adelante(x, pesos)
    perdida, resp = costo(y, p, m, s)
    return perdida, hacia_atras(x, y, pesos, a, h, p, m, s, resp)


def example():
    rng = np.random.default_rng(52)
    K, H = 3, 5
    pesos = [[rng.normal(size=(2, H)), rng.normal(size=H)]] + [[rng.normal(size=(H, K)) * e, rng.normal(size=K) * e] for e in (1, 1, 0.5)]
    return rng.normal(size=(9, 2)), rng.normal(size=(9, 1)), pesos
