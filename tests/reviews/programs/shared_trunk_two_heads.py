"""
Multi-task net: one trunk, a head that guesses the price (regression) and a head that guesses the category.

total = w_price * mse + w_cat * cross_entropy + decay on the trunk only
"""
import numpy as np


def init_like(tree):
    return {k: init_like(v) if isinstance(v, dict) else np.zeros_like(v) for k, v in tree.items()}


def train_step(batch, net, w_price, w_cat, decay):
    x, price, category = batch["x"], batch["price"], batch["category"]
    known = batch["has_price"]          # the price of some rows is missing
    n_rows = x.shape[0]
    n_known = known.sum()

    # trunk
    pre1 = x @ net["trunk"]["W"] + net["trunk"]["b"]
    feat = np.log(1 + np.exp(pre1))                      # softplus
    # head A
    preA = feat @ net["price"]["W"] + net["price"]["b"]
    hidA = np.maximum(0.2 * preA, preA)
    price_hat = (hidA @ net["price"]["out"]).ravel()
    miss = np.where(known, price_hat - price, 0.0)
    mse = (miss ** 2).sum() / n_known
    # head B
    scores = feat @ net["cat"]["W"] + net["cat"]["b"]
    scores = scores - scores.max(axis=1, keepdims=True)
    logp = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    xent = -logp[np.arange(n_rows), category].mean()
    total = w_price * mse + w_cat * xent + 0.5 * decay * np.sum(net["trunk"]["W"] ** 2)

    g = init_like(net)
    # --- head A
    d_price_hat = w_price * 2 * miss / n_known  #! d_price_hat = w_price * 2 * miss / n_rows #| d_price_hat = 2 * miss / n_known #| d_price_hat = w_price * 2 * (price_hat - price) / n_known  #= d_price_hat = (2 * w_price / n_known) * known * (price_hat - price)
    g["price"]["out"] += hidA.T @ d_price_hat[:, None]  #! g["price"]["out"] += preA.T @ d_price_hat[:, None]
    d_hidA = d_price_hat[:, None] @ net["price"]["out"].T
    d_preA = d_hidA * np.where(preA > 0, 1.0, 0.2)  #! d_preA = d_hidA * (preA > 0) #| d_preA = d_hidA * np.where(hidA > 0, 0.2, 1.0)  #&a d_preA = d_hidA * np.where(d_hidA > 0, 1.0, 0.2)
    g["price"]["W"] += feat.T @ d_preA
    g["price"]["b"] += d_preA.sum(axis=0)  #! g["price"]["b"] += d_preA.sum()
    # --- head B
    d_scores = np.exp(logp)
    d_scores[np.arange(n_rows), category] -= 1.0  #! d_scores[:, category] -= 1.0
    d_scores *= w_cat / n_rows  #! d_scores *= w_price / n_rows #| d_scores /= n_rows
    g["cat"]["W"] += feat.T @ d_scores
    g["cat"]["b"] += d_scores.sum(axis=0)
    # --- both come back to the trunk
    d_feat = d_preA @ net["price"]["W"].T
    d_feat += d_scores @ net["cat"]["W"].T  #! d_feat = d_scores @ net["cat"]["W"].T #| d_feat -= d_scores @ net["cat"]["W"].T #| pass  #= d_feat = d_feat + (net["cat"]["W"] @ d_scores.T).T
    d_pre1 = d_feat / (1 + np.exp(-pre1))  #! d_pre1 = d_feat * (1 - np.exp(-pre1)) #| d_pre1 = d_feat / (1 + np.exp(-feat))  #= d_pre1 = d_feat * (1 - np.exp(-feat))
    g["trunk"]["W"] += x.T @ d_pre1 + decay * net["trunk"]["W"]  #! g["trunk"]["W"] += x.T @ d_pre1  #&a g["trunk"]["W"] += x.T @ d_pre1 + 0.5 * decay * net["trunk"]["W"]
    g["trunk"]["b"] += d_pre1.sum(axis=0)
    return total, g


def run(batch, net):
    return train_step(batch, net, w_price=0.7, w_cat=1.3, decay=0.2)


def example():
    rng = np.random.default_rng(36)
    batch = {
        "x": rng.normal(size=(7, 4)),
        "price": rng.normal(size=7) * 2,
        "category": np.array([0, 2, 1, 1, 0, 2, 2]),
        "has_price": np.array([True, True, False, True, True, False, True]),
    }
    net = {
        "trunk": {"W": rng.normal(size=(4, 5)), "b": rng.normal(size=5)},
        "price": {"W": rng.normal(size=(5, 3)), "b": rng.normal(size=3), "out": rng.normal(size=(3, 1))},
        "cat": {"W": rng.normal(size=(5, 3)), "b": rng.normal(size=3)},
    }
    return batch, net
