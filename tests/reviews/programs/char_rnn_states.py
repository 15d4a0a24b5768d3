"""Character model, one hidden layer, vectors are columns."""
import numpy as np

hidden_size, vocab_size = 4, 5


def lossFun(inputs, targets, hprev, Wxh, Whh, Why, bh, by):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    # forward pass
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])
    # backward pass: compute gradients going backwards
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1  #! dy[inputs[t]] -= 1 #| dy[targets[t - 1]] -= 1 #| pass
        dWhy += np.dot(dy, hs[t].T)  #! dWhy += np.dot(dy, hs[t - 1].T) #| dWhy = np.dot(dy, hs[t].T)  #= dWhy += dy * hs[t].ravel()
        dby += dy  #! dby = dy  #= np.add(dby, dy, out=dby)  #&a dby -= dy
        dh = np.dot(Why.T, dy) + dhnext  #! dh = np.dot(Why.T, dy) #| dh = np.dot(Why.T, dy) - dhnext  #= dh = dhnext + Why.T @ dy
        dhraw = (1 - hs[t] * hs[t]) * dh  #! dhraw = (1 - hs[t]) * dh #| dhraw = (1 - hs[t - 1] * hs[t - 1]) * dh #| dhraw = hs[t] * (1 - hs[t]) * dh
        dbh += dhraw  #! dbh += dh
        dWxh += np.dot(dhraw, xs[t].T)  #= dWxh[:, inputs[t]] += dhraw[:, 0]  #! dWxh += np.dot(dh, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)  #! dWhh += np.dot(dhraw, hs[t].T)  #&a dWhh = np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)  #! dhnext = np.dot(Whh, dhraw) #| dhnext = np.dot(Whh.T, dh)
    return loss, dhnext, dWxh, dWhh, dWhy, dbh, dby


def run(inputs, targets, hprev, Wxh, Whh, Why, bh, by):
    loss, dhprev, *grads = lossFun(inputs, targets, hprev, Wxh, Whh, Why, bh, by)
    return loss, [dhprev] + grads


def example():
    rng = np.random.default_rng(117)
    H, V = hidden_size, vocab_size
    return ([0, 3, 1, 4, 2, 3], [3, 1, 4, 2, 3, 0], rng.normal(size=(H, 1)), rng.normal(size=(H, V)), rng.normal(size=(H, H)) * 0.7,
            rng.normal(size=(V, H)), rng.normal(size=(H, 1)) * 0.3, rng.normal(size=(V, 1)) * 0.3)
