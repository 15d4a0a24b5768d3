from dataclasses import dataclass, field

import numpy as np


def normalized_adjacency(adj: np.ndarray) -> np.ndarray:
    """D^-1 (A + I): every node takes the mean over itself and its (directed) neighbours."""
    a_tilde = adj + np.eye(adj.shape[0])
    return a_tilde / a_tilde.sum(axis=1, keepdims=True)


@dataclass
class GraphConv:
    weight: np.ndarray
    self_weight: np.ndarray
    bias: np.ndarray
    saved: tuple = field(default=None, repr=False)

    def forward(self, a_hat: np.ndarray, feats: np.ndarray) -> np.ndarray:
        agg = a_hat @ feats
        self.saved = (a_hat, feats, agg)
        return agg @ self.weight + feats @ self.self_weight + self.bias

    def backward(self, grad: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        a_hat, feats, agg = self.saved
        grads = {
            "weight": agg.T @ grad,  #! "weight": feats.T @ grad, #| "weight": (a_hat.T @ feats).T @ grad,  #= "weight": feats.T @ (a_hat.T @ grad),  #&a "weight": agg.T @ grad / len(grad),
            "self_weight": feats.T @ grad,  #! "self_weight": agg.T @ grad, #| "self_weight": grad.T @ feats,
            "bias": grad.sum(axis=0),  #! "bias": grad.sum(axis=1)[:grad.shape[1]],
        }
        grad_agg = grad @ self.weight.T  #! grad_agg = grad @ self.weight
        grad_feats = a_hat.T @ grad_agg + grad @ self.self_weight.T  #! grad_feats = a_hat @ grad_agg + grad @ self.self_weight.T #| grad_feats = a_hat.T @ grad_agg #| grad_feats = grad_agg + grad @ self.self_weight.T  #= grad_feats = (grad_agg.T @ a_hat).T + grad @ self.self_weight.T
        return grad_feats, grads


def masked_cross_entropy(logits: np.ndarray, labels: np.ndarray, train: np.ndarray) -> tuple[float, np.ndarray]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_probs[train, labels[train]].mean()
    grad = np.exp(log_probs)
    grad[np.arange(len(labels)), labels] -= 1
    grad[~train] = 0  #! pass #| grad[train] = 0
    return float(loss), grad / train.sum()  #! return float(loss), grad / len(labels) #| return float(loss), grad  #= return float(loss), grad * (1.0 / np.count_nonzero(train))  #&a return float(loss), -grad / train.sum()


def run(adj, feats, labels, train, layers):
    a_hat = normalized_adjacency(adj)
    first, second = (GraphConv(**layer) for layer in layers)
    pre = first.forward(a_hat, feats)
    hidden = pre * (pre > 0)
    # L2-normalised hidden rows
    norms = np.sqrt((hidden ** 2).sum(axis=1, keepdims=True) + 1e-3)
    unit = hidden / norms
    logits = second.forward(a_hat, unit)
    loss, grad_logits = masked_cross_entropy(logits, labels, train)

    grad_unit, grads_second = second.backward(grad_logits)
    along = (grad_unit * unit).sum(axis=1, keepdims=True)  #!along along = (grad_unit * unit).sum(axis=0, keepdims=True) #| along = (grad_unit * hidden).sum(axis=1, keepdims=True)
    grad_hidden = (grad_unit - unit * along) / norms  #~along  #! grad_hidden = grad_unit / norms
    grad_pre = np.where(pre > 0, grad_hidden, 0)
    grad_feats, grads_first = first.backward(grad_pre)
    return loss, (grads_first, grads_second, grad_feats)


def example():
    rng = np.random.default_rng(54)
    n = 7
    adj = (rng.uniform(size=(n, n)) < 0.35).astype(float) * (1 - np.eye(n))
    labels = np.array([0, 1, 2, 3, 1, 0, 2])
    train = np.array([True, True, False, True, True, False, True])
    layers = [{"weight": rng.normal(size=(4, 4)), "self_weight": rng.normal(size=(4, 4)), "bias": rng.normal(size=4)} for _ in range(2)]
    return adj, rng.normal(size=(n, 4)), labels, train, layers
