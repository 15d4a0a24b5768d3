import numpy as np


def cox(beta, x, time, event, ridge=0.3):
    """Negative log partial likelihood (Breslow) and its gradient."""
    n, p = x.shape
    eta = np.dot(x, beta)
    risk = np.exp(eta)
    loss = 0.0
    grad = np.zeros(p)
    for i in range(n):
        if not event[i]:
            continue
        at_risk = time >= time[i]
        s0 = risk[at_risk].sum()
        loss -= eta[i] - np.log(s0)
        s1 = np.dot(risk[at_risk], x[at_risk])  #! s1 = np.dot(eta[at_risk], x[at_risk]) #| s1 = np.dot(risk, x) #| s1 = x[at_risk].sum(axis=0) #| s1 = risk[i] * x[i]  #= s1 = (risk[at_risk][:, None] * x[at_risk]).sum(axis=0) #| s1 = x.T @ (risk * at_risk)  #&a s1 = np.dot(risk[~at_risk], x[~at_risk])
        grad -= x[i] - s1 / s0  #! grad += x[i] - s1 / s0 #| grad -= x[i] - s1 #| grad = -(x[i] - s1 / s0) #| grad -= x[i] + s1 / s0 #| grad -= x[i]  #= grad += s1 / s0 - x[i]
    loss = loss / event.sum() + 0.5 * ridge * np.dot(beta, beta)
    grad = grad / event.sum() + ridge * beta  #! grad = grad / n + ridge * beta #| grad = grad / event.sum() #| grad = grad / event.sum() + 0.5 * ridge * beta #| grad = (grad + ridge * beta) / event.sum()  #= grad = ridge * beta + grad / np.count_nonzero(event)  #&a grad = grad / event.sum() - ridge * beta
    return loss, grad


def run(beta, x, time, event):
    return cox(beta, x, time, event)


def example():
    rng = np.random.default_rng(137)
    return rng.normal(size=4), rng.normal(size=(9, 4)), np.array([5, 2, 9, 1, 7, 3, 8, 4, 6]), np.array([1, 1, 0, 1, 0, 1, 1, 0, 1])
