"""REINFORCE with a baseline. One recorded episode: a list of (observation, action, reward, value seen at the time)."""
import numpy as np

GAMMA = 0.95
ENTROPY_BONUS = 0.03
VALUE_WEIGHT = 0.5


def policy_and_value(model, obs):
    h = np.dot(model['W1'], obs) + model['c1']
    h[h < 0] *= 0.01          # leaky relu
    logits = np.dot(model['Wpi'], h) + model['cpi']
    logp = logits - logits.max()
    logp = logp - np.log(np.sum(np.exp(logp)))
    v = np.dot(model['wv'], h) + model['cv']
    return h, logp, v


def discounted(rewards):
    returns = np.zeros(len(rewards))
    running = 0.0
    for t in reversed(range(len(rewards))):
        running = rewards[t] + GAMMA * running
        returns[t] = running
    return returns


def surrogate(model, episode):
    """The number whose gradient is the policy gradient; the advantages are constants."""
    obs, actions, rewards, old_values = zip(*episode)
    returns = discounted(rewards)
    advantages = returns - np.array(old_values)
    advantages = (advantages - advantages.mean()) / advantages.std()
    T = len(episode)

    epx, eph, eplogp, epv = [], [], [], []
    loss = 0.0
    for t in range(T):
        h, logp, v = policy_and_value(model, obs[t])
        p = np.exp(logp)
        loss -= logp[actions[t]] * advantages[t]
        loss += ENTROPY_BONUS * np.sum(p * logp)
        loss += 0.5 * VALUE_WEIGHT * (v - returns[t]) ** 2
        epx.append(obs[t]), eph.append(h), eplogp.append(logp), epv.append(v)
    epx, eph, eplogp, epv = np.vstack(epx), np.vstack(eph), np.vstack(eplogp), np.array(epv)

    # backward over the whole episode at once
    epp = np.exp(eplogp)
    onehot = np.zeros_like(epp)
    onehot[np.arange(T), actions] = 1
    dlogits = (epp - onehot) * advantages[:, None]  #= dlogits = advantages.reshape(T, 1) * epp - onehot * advantages.reshape(T, 1)  #! dlogits = (onehot - epp) * advantages[:, None] #| dlogits = (epp - onehot) * returns[:, None] #| dlogits = epp - onehot #| dlogits = (eplogp - onehot) * advantages[:, None]
    neg_entropy = np.sum(epp * eplogp, axis=1, keepdims=True)
    dlogits += ENTROPY_BONUS * epp * (eplogp - neg_entropy)  #= dlogits = dlogits + ENTROPY_BONUS * (epp * eplogp - epp * neg_entropy)  #! dlogits -= ENTROPY_BONUS * epp * (eplogp - neg_entropy) #| dlogits += ENTROPY_BONUS * (eplogp + 1) #| dlogits += ENTROPY_BONUS * epp * eplogp  #&a dlogits += epp * (eplogp - neg_entropy)
    dv = VALUE_WEIGHT * (epv - returns)  #! dv = epv - returns #| dv = VALUE_WEIGHT * (epv - np.array(rewards))
    grad = {}
    grad['Wpi'] = np.dot(dlogits.T, eph) / T
    grad['cpi'] = dlogits.sum(axis=0) / T  #! grad['cpi'] = dlogits.sum(axis=0)  #&b grad['cpi'] = dlogits.sum(axis=0) / dlogits.size
    grad['wv'] = np.dot(dv, eph) / T  #= grad['wv'] = np.sum(dv[:, None] * eph, axis=0) / T
    grad['cv'] = dv.mean()
    dh = np.dot(dlogits, model['Wpi'])
    dh += np.outer(dv, model['wv'])  #! dh = np.outer(dv, model['wv']) #| pass
    dh[eph < 0] *= 0.01  #= dh = np.where(eph < 0, 0.01 * dh, dh)  #! dh[eph < 0] = 0 #| dh[dh < 0] *= 0.01  #&a dh[eph > 0] *= 0.01
    grad['W1'] = np.dot(dh.T, epx) / T  #&b grad['W1'] = np.dot(dh.T, epx)
    grad['c1'] = dh.sum(axis=0) / T
    return loss / T, grad


def run(model, episode):
    return surrogate(model, episode)


def example():
    rng = np.random.RandomState(7)
    model = {'W1': rng.randn(5, 4), 'c1': rng.randn(5) * 0.5, 'Wpi': rng.randn(3, 5), 'cpi': rng.randn(3) * 0.5,
             'wv': rng.randn(5), 'cv': 0.2}
    episode = [(rng.randn(4), a, r, v) for a, r, v in zip([0, 2, 1, 1, 0, 2, 2, 1], rng.randn(8) + 0.3, rng.randn(8))]
    return model, episode
