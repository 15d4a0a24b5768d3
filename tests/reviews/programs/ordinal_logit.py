import numpy as np
expit = lambda t: 1. / (1. + np.exp(-t))

def run(w, cuts, X, y):
    # cumulative logit: P(y <= k) = expit(c_k - x.w), cuts increasing
    n, K = len(y), len(cuts) + 1
    eta = X.dot(w)
    loss, dw, dcuts = 0., np.zeros_like(w), np.zeros_like(cuts)
    for i in range(n):
        k = y[i]
        upper = expit(cuts[k] - eta[i]) if k < K - 1 else 1.
        lower = expit(cuts[k - 1] - eta[i]) if k > 0 else 0.
        prob = upper - lower
        loss -= np.log(prob) / n
        dup, dlow = upper * (1 - upper), lower * (1 - lower)  #! dup, dlow = upper, lower #| dup, dlow = upper * (1 - lower), lower * (1 - upper)  #= dup, dlow = upper - upper ** 2, lower - lower ** 2
        deta = (dup - dlow) / prob / n  #! deta = (dlow - dup) / prob / n #| deta = (dup + dlow) / prob / n #| deta = (dup - dlow) / n #| deta = dup / prob / n  #= deta = (1 - upper - lower) / n
        dw += deta * X[i]  #! dw = deta * X[i] #| dw += deta * w  #= dw = dw + X[i] * deta  #&a dw -= deta * X[i]
        if k < K - 1:
            dcuts[k] -= dup / prob / n  #! dcuts[k] += dup / prob / n #| dcuts[k] -= dup / upper / n #| dcuts[k] = -dup / prob / n  #&a dcuts[k] -= dup / prob
        if k > 0:
            dcuts[k - 1] += dlow / prob / n  #! dcuts[k - 2] += dlow / prob / n #| dcuts[k - 1] -= dlow / prob / n #| dcuts[k - 1] += dup / prob / n  #= dcuts[k - 1] = dcuts[k - 1] + lower * (1 - lower) / (n * prob)
    return loss, (dw, dcuts)

def example():
    r = np.random.default_rng(138)
    return r.normal(size=4), np.array([-1.3, -.2, .9]), r.normal(size=(10, 4)), np.array([0, 1, 3, 2, 1, 0, 2, 3, 1, 2])
