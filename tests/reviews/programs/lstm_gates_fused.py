import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H:2 * H])
    o = sigmoid(a[:, 2 * H:3 * H])
    g = np.tanh(a[:, 3 * H:])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    tc = np.tanh(next_c)
    do = dnext_h * tc  #! do = dnext_h * next_c
    dc = dnext_c + dnext_h * o * (1 - tc ** 2)  #! dc = dnext_h * o * (1 - tc ** 2) #| dc = dnext_c + dnext_h * o * (1 - next_c ** 2) #| dc = dnext_c + dnext_h * (1 - tc ** 2)  #= dc = dnext_h * o / np.cosh(next_c) ** 2 + dnext_c  #&a dc = dnext_c + dnext_h * o * tc
    di = dc * g
    df = dc * prev_c  #! df = dc * next_c #| df = dc * f
    dg = dc * i  #! dg = dc * g
    dprev_c = dc * f  #! dprev_c = dc #| dprev_c = dnext_c * f
    dai = di * i * (1 - i)
    daf = df * f * (1 - f)  #! daf = df * f  #= daf = df * (f - f ** 2)
    dao = do * o * (1 - o)  #! dao = do * (1 - o ** 2)  #= dao = do * (0.25 - (o - 0.5) ** 2)
    dag = dg * (1 - g ** 2)  #! dag = dg * g * (1 - g)
    da = np.hstack((dai, daf, dao, dag))  #! da = np.hstack((dai, dao, daf, dag))
    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    db = da.sum(axis=0)  #! db = da.mean(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    prev_h, prev_c = h0, np.zeros_like(h0)
    h, caches = np.zeros((N, T, h0.shape[1])), []
    for t in range(T):
        prev_h, prev_c, cache = lstm_step_forward(x[:, t], prev_h, prev_c, Wx, Wh, b)
        h[:, t] = prev_h
        caches.append(cache)
    return h, caches


def lstm_backward(dh, caches):
    N, T, H = dh.shape
    x, prev_h, prev_c, Wx, Wh = caches[0][:5]
    dx = np.zeros((N, T, x.shape[1]))
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(4 * H)
    dprev_h, dprev_c = np.zeros((N, H)), np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        dx[:, t], dprev_h, dprev_c, dWx_t, dWh_t, db_t = lstm_step_backward(dh[:, t] + dprev_h, dprev_c, caches[t])  #! dx[:, t], dprev_h, dprev_c, dWx_t, dWh_t, db_t = lstm_step_backward(dh[:, t], dprev_c, caches[t]) #| dx[:, t], dprev_h, _, dWx_t, dWh_t, db_t = lstm_step_backward(dh[:, t] + dprev_h, dprev_c, caches[t])
        dWx += dWx_t
        dWh += dWh_t  #! dWh = dWh_t  #= dWh = dWh_t + dWh
        db += db_t  #&a db -= db_t
    return dx, dprev_h, dWx, dWh, db


def run(x, h0, Wx, Wh, b, target):
    h, caches = lstm_forward(x, h0, Wx, Wh, b)
    loss = 0.5 * np.sum((h - target) ** 2)
    dx, dh0, dWx, dWh, db = lstm_backward(h - target, caches)
    return loss, {"x": dx, "h0": dh0, "Wx": dWx, "Wh": dWh, "b": db}


def example():
    rng = np.random.default_rng(118)
    N, T, D, H = 2, 5, 4, 3
    return rng.normal(size=(N, T, D)), rng.normal(size=(N, H)), rng.normal(size=(D, 4 * H)), rng.normal(size=(H, 4 * H)), rng.normal(size=4 * H), rng.normal(size=(N, T, H))
