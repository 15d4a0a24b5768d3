# vanilla RNN that learns to spell, one sequence at a time
import numpy as np


def lossFun(inputs, targets, hprev, P, reg):
  """ inputs, targets: lists of ints. Returns loss, dict of grads, last hidden state """
  xs, hs, ys, ps = {}, {}, {}, {}
  hs[-1] = np.copy(hprev)
  V = P['Why'].shape[0]
  loss = 0
  # forward
  for t in range(len(inputs)):
    xs[t] = np.zeros((V, 1))
    xs[t][inputs[t]] = 1
    hs[t] = np.tanh(P['Wxh'] @ xs[t] + P['Whh'] @ hs[t-1] + P['bh'])
    ys[t] = P['Why'] @ hs[t] + P['by']
    ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
    loss += -np.log(ps[t][targets[t], 0])
  loss += reg * np.sum(P['Whh'] ** 2)

  # backward, from the end
  G = {k: np.zeros_like(v) for k, v in P.items()}
  dh_next = np.zeros_like(hs[0])
  for t in reversed(range(len(inputs))):
    dy = np.copy(ps[t])
    dy[targets[t]] -= 1  #! dy[targets[t]] += 1 #| dy[inputs[t]] -= 1 #| pass
    G['Why'] += dy @ hs[t].T  #! G['Why'] += dy @ hs[t-1].T #| G['Why'] = dy @ hs[t].T  #&a G['Why'] -= dy @ hs[t].T
    G['by'] += dy
    dh = P['Why'].T @ dy + dh_next  #! dh = P['Why'].T @ dy  #= dh = dh_next + np.dot(dy.T, P['Why']).T
    dhraw = (1 - hs[t] * hs[t]) * dh  #! dhraw = (1 - hs[t]) * hs[t] * dh #| dhraw = (1 - hs[t-1] * hs[t-1]) * dh  #= dhraw = dh - hs[t] ** 2 * dh
    G['bh'] += dhraw  #! G['bh'] += dh  #&a G['bh'] += dhraw / len(inputs)
    G['Wxh'] += dhraw @ xs[t].T  #! G['Wxh'] += dh @ xs[t].T  #&b G['Wxh'] += 2 * dhraw @ xs[t].T
    G['Whh'] += dhraw @ hs[t-1].T  #! G['Whh'] += dhraw @ hs[t].T #| G['Whh'] += hs[t-1] @ dhraw.T
    dh_next = P['Whh'].T @ dhraw  #! dh_next = P['Whh'] @ dhraw #| dh_next = P['Whh'].T @ dh  #= dh_next = (dhraw.T @ P['Whh']).T
  G['Whh'] += 2 * reg * P['Whh']  #! G['Whh'] += reg * P['Whh']  #&b G['Whh'] -= 2 * reg * P['Whh']
  for k in G:
    np.clip(G[k], -20, 20, out=G[k])  #! np.clip(G[k], -0.2, 0.2, out=G[k])
  return loss, G, hs[len(inputs)-1]


def run(text, hprev, P, reg=0.05):
  chars = sorted(set(text))
  ix = {ch: i for i, ch in enumerate(chars)}
  loss, G, _ = lossFun([ix[c] for c in text[:-1]], [ix[c] for c in text[1:]], hprev, P, reg)
  return loss, G


def example():
  np.random.seed(32)
  text = 'to be or not'
  V, H = len(set(text)), 5
  P = {'Wxh': np.random.randn(H, V) * 0.7, 'Whh': np.random.randn(H, H) * 0.6, 'Why': np.random.randn(V, H),
    'bh': np.random.randn(H, 1) * 0.3, 'by': np.random.randn(V, 1) * 0.3}
  return text, np.random.randn(H, 1) * 0.5, P
