# CBOW with negative sampling, one window after the other (no minibatch tricks).
# Windows are padded with -1; a negative equal to the centre word is skipped,
# as in the original C tool.
import numpy as np


def logistic(s):
    return 1.0 / (1.0 + np.exp(-s))


def one_window(vec_in, vec_out, ctx, center, negs):
    hidden = vec_in[ctx].mean(axis=0)
    p_pos = logistic(vec_out[center] @ hidden)
    p_neg = logistic(vec_out[negs] @ hidden)
    used = negs != center
    cost = -np.log(p_pos) - np.sum(np.log(1.0 - p_neg) * used)
    return cost, hidden, p_pos, p_neg


def run(vec_in, vec_out, windows, centers, negatives, importance):
    total = 0.0
    grad_in = np.zeros_like(vec_in)
    grad_out = np.zeros_like(vec_out)
    mass = importance.sum()
    for i, center in enumerate(centers):
        ctx = windows[i][windows[i] >= 0]
        negs = negatives[i]
        cost, hidden, p_pos, p_neg = one_window(vec_in, vec_out, ctx, center, negs)
        total += importance[i] * cost / mass

        scale = importance[i] / mass  #! scale = 1.0 / mass #| scale = importance[i] / len(centers) #| scale = importance[i]
        err = scale * (p_pos - 1.0)  #! err = scale * p_pos #| err = scale * (1.0 - p_pos)  #= err = -scale * (1.0 - p_pos)
        grad_hidden = err * vec_out[center]  #! grad_hidden = err * vec_in[center] #| grad_hidden = np.zeros_like(hidden)  #&a grad_hidden = (p_pos - 1.0) * vec_out[center]
        grad_out[center] += err * hidden  #! grad_out[center] = err * hidden #| grad_out[center] += err * vec_in[ctx].sum(axis=0)
        for k, word in enumerate(negs):
            if word == center:  #! if word in ctx: #| if False:
                continue
            err_k = scale * p_neg[k]  #! err_k = scale * (p_neg[k] - 1.0) #| err_k = -scale * p_neg[k]  #&a err_k = p_neg[k]
            grad_hidden += err_k * vec_out[word]  #! grad_hidden = err_k * vec_out[word] #| grad_hidden += err_k * vec_out[k]  #= grad_hidden = grad_hidden + vec_out[word] * err_k
            grad_out[word] += err_k * hidden  #! grad_out[word] += err * hidden #| grad_out[word] = err_k * hidden
        np.add.at(grad_in, ctx, grad_hidden / len(ctx))  #! grad_in[ctx] += grad_hidden / len(ctx) #| np.add.at(grad_in, ctx, grad_hidden) #| np.add.at(grad_in, ctx, grad_hidden / len(windows[i]))
    return float(total), (grad_in, grad_out)


def example():
    rng = np.random.default_rng(77)
    vocab, dim = 7, 3
    vec_in = rng.normal(0.0, 0.7, size=(vocab, dim))
    vec_out = rng.normal(0.0, 0.7, size=(vocab, dim))
    windows = np.array([[1, 2, 4, 5], [0, 3, 3, -1], [6, 2, -1, -1], [5, 5, 0, 6]])
    centers = np.array([3, 2, 4, 3])
    negatives = np.array([[0, 6, 1], [2, 5, 1], [0, 3, 0], [1, 4, 3]])
    importance = np.array([1.0, 0.4, 0.7, 1.3])
    return vec_in, vec_out, windows, centers, negatives, importance
