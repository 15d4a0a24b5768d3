"""Character-level GRU, vanilla NumPy, batch of one. Everything of time t sits in a dict under t; vectors are columns."""
import numpy as np

sigmoid = lambda v: 1. / (1. + np.exp(-v))


def lossFun(inputs, targets, hprev, P):
    vocab_size = P['Wy'].shape[0]
    x, z, r, c, h, p = {}, {}, {}, {}, {}, {}
    h[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        x[t] = np.zeros((vocab_size, 1))
        x[t][inputs[t]] = 1
        z[t] = sigmoid(np.dot(P['Wz'], x[t]) + np.dot(P['Uz'], h[t - 1]) + P['bz'])
        r[t] = sigmoid(np.dot(P['Wr'], x[t]) + np.dot(P['Ur'], h[t - 1]) + P['br'])
        c[t] = np.tanh(np.dot(P['Wc'], x[t]) + np.dot(P['Uc'], r[t] * h[t - 1]) + P['bc'])
        h[t] = (1 - z[t]) * h[t - 1] + z[t] * c[t]
        y = np.dot(P['Wy'], h[t]) + P['by']
        p[t] = np.exp(y - y.max()) / np.sum(np.exp(y - y.max()))
        loss += -np.log(p[t][targets[t], 0])

    d = {k: np.zeros_like(v) for k, v in P.items()}
    dhnext = np.zeros_like(h[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(p[t])
        dy[targets[t]] -= 1  #! dy[inputs[t]] -= 1
        d['Wy'] += np.dot(dy, h[t].T)  #= d['Wy'] += np.outer(dy, h[t])  #! d['Wy'] += np.dot(dy, h[t - 1].T)
        d['by'] += dy  #! d['by'] = dy
        dh = np.dot(P['Wy'].T, dy) + dhnext  #! dh = np.dot(P['Wy'].T, dy)

        dc = dh * z[t]  #! dc = dh * (1 - z[t])
        dcraw = dc * (1 - c[t] ** 2)  #= dcraw = dc * (1 - c[t] * c[t])  #! dcraw = dc * c[t] * (1 - c[t])
        d['Wc'] += np.dot(dcraw, x[t].T)
        d['Uc'] += np.dot(dcraw, (r[t] * h[t - 1]).T)  #! d['Uc'] += np.dot(dcraw, h[t - 1].T)
        d['bc'] += dcraw

        drh = np.dot(P['Uc'].T, dcraw)
        dr = drh * h[t - 1]  #! dr = drh * h[t] #| dr = dc * h[t - 1]
        drraw = dr * r[t] * (1 - r[t])  #&a drraw = dr * (1 - r[t])
        d['Wr'] += np.dot(drraw, x[t].T)
        d['Ur'] += np.dot(drraw, h[t - 1].T)
        d['br'] += drraw

        dz = dh * (c[t] - h[t - 1])  #= dz = dh * c[t] - dh * h[t - 1]  #! dz = dh * (h[t - 1] - c[t]) #| dz = dh * c[t]
        dzraw = dz * z[t] * (1 - z[t])
        d['Wz'] += np.dot(dzraw, x[t].T)
        d['Uz'] += np.dot(dzraw, h[t - 1].T)  #&a d['Uz'] += np.dot(dzraw, h[t].T)
        d['bz'] += dzraw

        dhnext = dh * (1 - z[t])  #! dhnext = dh * z[t]
        dhnext += drh * r[t]  #! dhnext += drh
        dhnext += np.dot(P['Ur'].T, drraw) + np.dot(P['Uz'].T, dzraw)  #! dhnext += np.dot(P['Ur'], drraw) + np.dot(P['Uz'].T, dzraw)
    return loss, d, dhnext


def run(inputs, targets, hprev, P):
    return lossFun(inputs, targets, hprev, P)


def example():
    rng = np.random.RandomState(1)
    hidden_size, vocab_size = 5, 4
    P = {}
    for k in 'zrc':
        P['W' + k] = rng.randn(hidden_size, vocab_size) * 0.8
        P['U' + k] = rng.randn(hidden_size, hidden_size) * 0.6
        P['b' + k] = rng.randn(hidden_size, 1) * 0.3
    P['Wy'] = rng.randn(vocab_size, hidden_size)
    P['by'] = rng.randn(vocab_size, 1) * 0.2
    text = [0, 2, 1, 1, 3, 0, 2]
    return text[:-1], text[1:], rng.randn(hidden_size, 1) * 0.5, P
