import numpy as np


class NeuMF:
    """
    Neural collaborative filtering: a factorisation branch (product of embeddings)
    next to an MLP branch (concatenation of other embeddings), user and item bias.
    Implicit feedback, weighted binary cross-entropy.
    """

    def __init__(self, P, Q, U, V, bu, bi, W1, b1, w_out, l2=0.05):
        self.P, self.Q = P, Q      # factorisation embeddings
        self.U, self.V = U, V      # MLP embeddings
        self.bu, self.bi = bu, bi
        self.W1, self.b1 = W1, b1
        self.w_out = w_out
        self.l2 = l2

    def predict(self, users, items):
        self.p, self.q = self.P[users], self.Q[items]
        self.gmf = self.p * self.q
        self.cat = np.hstack((self.U[users], self.V[items]))
        self.pre = np.dot(self.cat, self.W1) + self.b1
        self.hid = np.where(self.pre > 0, self.pre, np.exp(np.minimum(self.pre, 0)) - 1)   # ELU
        self.both = np.hstack((self.gmf, self.hid))
        score = np.dot(self.both, self.w_out) + self.bu[users] + self.bi[items]
        return 1.0 / (1.0 + np.exp(-score))

    def fit_batch(self, users, items, clicked, confidence):
        prob = self.predict(users, items)
        n = float(len(users))
        loss = -np.sum(confidence * (clicked * np.log(prob) + (1 - clicked) * np.log(1 - prob))) / n
        # only the embeddings that are in the batch are regularised
        loss += 0.5 * self.l2 * (np.sum(self.p ** 2) + np.sum(self.q ** 2)) / n

        d_score = confidence * (prob - clicked) / n  #! d_score = (prob - clicked) / n #| d_score = confidence * (prob - clicked) #| d_score = confidence * (prob - clicked) * prob * (1 - prob) / n #| d_score = confidence * (clicked - prob) / n  #= d_score = (clicked * (prob - 1) + (1 - clicked) * prob) * confidence / n
        d_w_out = np.dot(self.both.T, d_score)
        d_both = np.outer(d_score, self.w_out)
        k = self.P.shape[1]
        d_gmf, d_hid = d_both[:, :k], d_both[:, k:]  #! d_hid, d_gmf = d_both[:, :k], d_both[:, k:]  #= d_gmf, d_hid = np.split(d_both, [k], axis=1)

        d_p = d_gmf * self.q + self.l2 * self.p / n  #! d_p = d_gmf * self.p + self.l2 * self.p / n #| d_p = d_gmf * self.q + self.l2 * self.p #| d_p = d_gmf * self.q  #&a d_p = d_gmf * self.q - self.l2 * self.p / n
        d_q = d_gmf * self.p + self.l2 * self.q / n
        d_P = np.zeros_like(self.P)
        d_Q = np.zeros_like(self.Q)
        np.add.at(d_P, users, d_p)  #! d_P[users] += d_p #| d_P[users] = d_p
        np.add.at(d_Q, items, d_q)  #! np.add.at(d_Q, users, d_q)  #= d_Q += (items[:, None] == np.arange(len(self.Q))).T @ d_q

        d_pre = d_hid * np.where(self.pre > 0, 1.0, self.hid + 1)  #! d_pre = d_hid * np.where(self.pre > 0, 1.0, self.hid) #| d_pre = d_hid * (self.pre > 0)  #&a d_pre = d_hid * (self.hid + 1)
        d_W1 = np.dot(self.cat.T, d_pre)
        d_b1 = d_pre.sum(0)
        d_cat = np.dot(d_pre, self.W1.T)
        m = self.U.shape[1]
        d_U = np.zeros_like(self.U)
        d_V = np.zeros_like(self.V)
        np.add.at(d_U, users, d_cat[:, :m])  #! np.add.at(d_U, users, d_cat[:, m:])
        np.add.at(d_V, items, d_cat[:, m:])  #! np.subtract.at(d_V, items, d_cat[:, m:])
        d_bu = np.bincount(users, weights=d_score, minlength=len(self.bu))
        d_bi = np.bincount(items, weights=d_score, minlength=len(self.bi))  #! d_bi = np.bincount(users, weights=d_score, minlength=len(self.bi))  #= d_bi = np.zeros(len(self.bi)); np.add.at(d_bi, items, d_score)
        return loss, dict(P=d_P, Q=d_Q, U=d_U, V=d_V, bu=d_bu, bi=d_bi, W1=d_W1, b1=d_b1, w_out=d_w_out)


def run(users, items, clicked, confidence, params):
    return NeuMF(**params).fit_batch(users, items, clicked, confidence)


def example():
    rng = np.random.default_rng(46)
    n_users, n_items, k, m, h = 5, 5, 3, 3, 3
    params = dict(P=rng.normal(size=(n_users, k)), Q=rng.normal(size=(n_items, k)),
                  U=rng.normal(size=(n_users, m)), V=rng.normal(size=(n_items, m)),
                  bu=rng.normal(size=n_users), bi=rng.normal(size=n_items),
                  W1=rng.normal(size=(2 * m, h)), b1=rng.normal(size=h), w_out=rng.normal(size=k + h))
    users = np.array([0, 1, 1, 3, 4, 0, 2, 1])
    items = np.array([2, 0, 3, 3, 1, 2, 4, 2])
    clicked = np.array([1., 0., 1., 1., 0., 0., 1., 0.])
    return users, items, clicked, rng.uniform(0.5, 2, 8), params
