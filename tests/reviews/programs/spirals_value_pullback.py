import numpy as np

# Every operation gives (value, pullback); the pullback takes the gradient of the value and gives those of the inputs.


def affine(x, w, b):
    def pullback(g):
        return g @ w.T, x.T @ g, g.sum(axis=0)  #! return g @ w.T, x.T @ g, g.mean(axis=0)
    return x @ w + b, pullback


def sine(x):
    return np.sin(x), lambda g: g * np.cos(x)  #! return np.sin(x), lambda g: -g * np.cos(x) #| return np.sin(x), lambda g: g * np.sin(x)


def elu(x, alpha=1.3):
    neg = alpha * (np.exp(np.minimum(x, 0)) - 1)
    y = np.where(x > 0, x, neg)

    def pullback(g):
        slope = np.where(x > 0, 1, neg + alpha)  #= slope = np.where(y > 0, 1, alpha * np.exp(np.minimum(x, 0)))  #! slope = np.where(x > 0, 1, neg) #| slope = np.where(g > 0, 1, neg + alpha)  #&a slope = np.where(x > 0, 0, neg + alpha)
        return g * slope
    return y, pullback


def concat(*parts):
    cuts = np.cumsum([p.shape[1] for p in parts])[:-1]
    return np.hstack(parts), lambda g: np.split(g, cuts, axis=1)  #! return np.hstack(parts), lambda g: np.split(g, cuts, axis=1)[::-1]


def bce_with_logits(s, t):
    p = 1 / (1 + np.exp(-s))
    value = np.mean(np.maximum(s, 0) - s * t + np.log1p(np.exp(-np.abs(s))))
    return value, lambda g: g * (p - t) / t.size  #= return value, lambda g: (p - t) * (g / len(t))  #! return value, lambda g: g * (p - t) #| return value, lambda g: g * (p - t) * p * (1 - p) / t.size


def spirals(n, turns=1.2, noise=0.1, seed=5):
    rng = np.random.default_rng(seed)
    r = np.linspace(0.2, 1, n)
    angle = 2 * np.pi * turns * r
    arm = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
    return np.vstack([arm, -arm]) + rng.normal(scale=noise, size=(2 * n, 2)), np.repeat([[0.0], [1.0]], n, axis=0)


def run(xy, label, w1, b1, w2, b2, w3, b3):
    # forward; the layer in the middle has a skip, and the last one sees both hidden layers
    q1, back_q1 = affine(xy, w1, b1)
    h1, back_h1 = sine(q1)
    q2, back_q2 = affine(h1, w2, b2)
    e2, back_e2 = elu(q2)
    h2 = h1 + 0.5 * e2
    both, back_both = concat(h1, h2)
    score, back_score = affine(both, w3, b3)
    loss, back_loss = bce_with_logits(score, label)

    # and the same list upwards
    g_score = back_loss(1.0)
    g_both, g_w3, g_b3 = back_score(g_score)
    g_h1, g_h2 = back_both(g_both)
    g_h1 = g_h1 + g_h2  #! g_h1 = g_h2 #| g_h1 = g_h1 + 0.5 * g_h2
    g_q2 = back_e2(0.5 * g_h2)  #! g_q2 = back_e2(g_h2) #| g_q2 = back_e2(0.5 * g_h1)
    through, g_w2, g_b2 = back_q2(g_q2)
    g_h1 = g_h1 + through  #= g_h1 = np.add(through, g_h1)  #! g_h1 = through  #&a g_h1 = g_h1 + 0.5 * through
    _, g_w1, g_b1 = back_q1(back_h1(g_h1))  #! _, g_w1, g_b1 = back_q1(g_h1)
    return loss, dict(w1=g_w1, b1=g_b1, w2=g_w2, b2=g_b2, w3=g_w3, b3=g_b3)


def example():
    rng = np.random.default_rng(14)
    xy, label = spirals(5)
    return (xy, label, rng.normal(size=(2, 4)) * 2, rng.normal(size=4), rng.normal(size=(4, 4)), rng.normal(size=4),
            rng.normal(size=(8, 1)), rng.normal(size=1))
