"""A2C update from one stored rollout. Policy and value function share the first layer."""
import numpy as np


def discount(rewards, dones, bootstrap, gamma):
    R = bootstrap
    out = []
    for r, d in zip(rewards[::-1], dones[::-1]):
        R = r + gamma * R * (1 - d)
        out.append(R)
    return np.array(out[::-1])


class ActorCritic:
    def __init__(self, params, vf_coef=0.5, ent_coef=0.2):
        self.__dict__.update(params)
        self.vf_coef = vf_coef
        self.ent_coef = ent_coef

    def evaluate(self, obs):
        self.obs = obs
        self.h = np.tanh(obs @ self.W_in + self.b_in)
        logits = self.h @ self.W_pi + self.b_pi
        m = logits.max(axis=-1, keepdims=True)
        self.logpi = logits - m - np.log(np.exp(logits - m).sum(axis=-1, keepdims=True))
        self.pi = np.exp(self.logpi)
        self.v = self.h @ self.w_v + self.b_v

    def loss(self, actions, returns, old_values):
        n = len(actions)
        self.adv = returns - old_values            # from the buffer, so a constant
        picked = self.logpi[np.arange(n), actions]
        self.entropy = -(self.pi * self.logpi).sum(axis=-1)
        pg_loss = -(picked * self.adv).mean()
        vf_loss = ((self.v - returns) ** 2).mean()
        return pg_loss + self.vf_coef * vf_loss - self.ent_coef * self.entropy.mean()

    def gradients(self, actions, returns):
        n, k = self.pi.shape
        onehot = np.zeros((n, k))
        onehot[np.arange(n), actions] = 1
        # actor:  d(-log pi[a]) / dlogits = pi - onehot
        dlogits = (self.pi - onehot) * self.adv[:, None] / n  #! dlogits = (onehot - self.pi) * self.adv[:, None] / n #| dlogits = (self.pi - onehot) * returns[:, None] / n #| dlogits = (self.pi - onehot) / n #| dlogits = -onehot * self.adv[:, None] / n  #= dlogits = np.einsum("na,n->na", self.pi - onehot, self.adv / n)
        # entropy bonus: dH/dlogits = -pi * (logpi + H)
        dent = -self.pi * (self.logpi + self.entropy[:, None])  #!ent dent = -self.pi * (self.logpi + 1) #| dent = -(self.logpi + self.entropy[:, None]) #| dent = -self.pi * (self.logpi - self.entropy[:, None])
        dlogits -= self.ent_coef * dent / n  #~ent  #! dlogits += self.ent_coef * dent / n #| dlogits -= self.ent_coef * dent #| pass  #= dlogits = dlogits + self.ent_coef * self.pi * (self.logpi + self.entropy[:, None]) / n
        # critic
        dv = self.vf_coef * 2 * (self.v - returns) / n  #! dv = self.vf_coef * 2 * (returns - self.v) / n #| dv = 2 * (self.v - returns) / n #| dv = self.vf_coef * 2 * -self.adv / n  #&a dv = self.vf_coef * (self.v - returns) / n
        # shared layer
        dh = dlogits @ self.W_pi.T + dv[:, None] * self.w_v  #! dh = dlogits @ self.W_pi.T #| dh = dlogits @ self.W_pi.T + dv.sum() * self.w_v  #= dh = dlogits @ self.W_pi.T + np.outer(dv, self.w_v)
        dz = dh * (1 - self.h ** 2)  #! dz = dh * (1 - self.h)  #&a dz = dh * self.h * (1 - self.h)
        return {
            "W_in": self.obs.T @ dz, "b_in": dz.sum(axis=0),
            "W_pi": self.h.T @ dlogits, "b_pi": dlogits.sum(axis=0),
            "w_v": self.h.T @ dv, "b_v": dv.sum(),
        }


def run(params, obs, actions, rewards, dones, old_values, last_value):
    agent = ActorCritic(params)
    returns = discount(rewards, dones, last_value, 0.9)
    agent.evaluate(obs)
    loss = agent.loss(actions, returns, old_values)
    return loss, agent.gradients(actions, returns)


def example():
    rng = np.random.default_rng(40)
    params = {"W_in": rng.normal(size=(3, 4)), "b_in": rng.normal(size=4), "W_pi": rng.normal(size=(4, 3)),
              "b_pi": rng.normal(size=3), "w_v": rng.normal(size=4), "b_v": 0.4}
    dones = [0, 0, 1, 0, 0, 0, 0]
    return params, rng.normal(size=(7, 3)), np.array([0, 2, 1, 1, 2, 0, 2]), rng.normal(size=7), dones, rng.normal(size=7), 0.8
