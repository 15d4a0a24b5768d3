import numpy as np

GAMMA = 0.95


def discount_rewards(r):
    out = np.zeros(len(r))
    running = 0.0
    for t in reversed(range(len(r))):
        running = running * GAMMA + r[t]
        out[t] = running
    return out


def policy_forward(x, model):
    h = model["W1"] @ x
    h[h < 0] = 0  # ReLU
    logp = model["W2"] @ h
    e = np.exp(logp - logp.max())
    return e / e.sum(), h


def run(model, states, actions, rewards):
    """REINFORCE with a linear baseline, the baseline trained on squared error, and an entropy bonus. The advantage is not differentiated."""
    T, c_v, c_e = len(actions), 0.5, 0.05
    returns = discount_rewards(rewards)
    probs, hs = [], []
    for x in states:
        p, h = policy_forward(x, model)
        probs.append(p)
        hs.append(h)
    fixed = np.array([0.4, -0.3, 0.2, 0.1, -0.5])
    values = states @ model["v"]
    adv = returns - states @ fixed
    loss = 0.0
    for t in range(T):
        loss += -np.log(probs[t][actions[t]]) * adv[t] / T
        loss += c_e * np.sum(probs[t] * np.log(probs[t])) / T
    loss += c_v * np.sum((values - returns) ** 2) / T

    grads = {k: np.zeros_like(w) for k, w in model.items()}
    for t in range(T):
        p, h = probs[t], hs[t]
        dlogp = p.copy()
        dlogp[actions[t]] -= 1  #! dlogp[actions[t]] += 1 #| dlogp[t % 3] -= 1
        dlogp *= adv[t] / T  #! dlogp *= returns[t] / T #| dlogp *= -adv[t] / T #| dlogp *= adv[t] #| dlogp *= rewards[t] / T  #= dlogp = dlogp * adv[t] / T
        dlogp += c_e / T * p * (np.log(p) - np.sum(p * np.log(p)))  #! dlogp -= c_e / T * p * (np.log(p) - np.sum(p * np.log(p))) #| dlogp += c_e / T * p * np.log(p) #| dlogp += c_e / T * (np.log(p) + 1)  #= dlogp += c_e / T * (np.diag(p) - np.outer(p, p)) @ (1 + np.log(p))  #&a dlogp += c_e / T * (np.log(p) - np.sum(p * np.log(p)))
        grads["W2"] += np.outer(dlogp, h)  #! grads["W2"] = np.outer(dlogp, h)
        dh = model["W2"].T @ dlogp
        dh[h <= 0] = 0  #! dh[h > 0] = 0 #| pass  #= dh = dh * (h > 0)
        grads["W1"] += np.outer(dh, states[t])  #! grads["W1"] += np.outer(dh, states[t - 1])
        grads["v"] += 2 * c_v * (values[t] - returns[t]) * states[t] / T  #! grads["v"] += c_v * (values[t] - returns[t]) * states[t] / T #| grads["v"] += 2 * c_v * (returns[t] - values[t]) * states[t] / T #| grads["v"] += 2 * c_v * (values[t] - rewards[t]) * states[t] / T  #&a grads["v"] += 2 * c_v * adv[t] * states[t] / T
    return loss, grads


def example():
    rng = np.random.default_rng(128)
    model = {"W1": rng.normal(size=(6, 5)), "W2": rng.normal(size=(3, 6)), "v": rng.normal(size=5)}
    return model, rng.normal(size=(7, 5)), np.array([0, 2, 1, 1, 0, 2, 2]), np.array([1, 0, -1, 2, 0, 0, 3])
