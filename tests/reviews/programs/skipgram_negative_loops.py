import math

import numpy as np


def sigma(x):
    return 1.0 / (1.0 + math.exp(-x))


def pairs_of(sentence, window):
    """(center, context, distance) for all words in the window"""
    for pos, center in enumerate(sentence):
        for off in range(-window, window + 1):
            if off != 0 and 0 <= pos + off < len(sentence):
                yield center, sentence[pos + off], abs(off)


def sgns(sentence, negatives, syn0, syn1, bias, window=2):
    """Skip-gram with negative sampling, near words count more. Everything in loops, like the C program.

    negatives: one list of word ids for each (center, context) pair, in the order of pairs_of
    """
    vocab, dim = syn0.shape
    loss, n_pairs = 0.0, 0
    g_syn0 = np.zeros((vocab, dim))
    g_syn1 = np.zeros((vocab, dim))
    g_bias = np.zeros(vocab)
    for (center, context, dist), noise in zip(pairs_of(sentence, window), negatives):
        n_pairs += 1
        weight = 1.0 / dist
        neu1e = [0.0] * dim
        for target, label in [(context, 1)] + [(w, 0) for w in noise]:
            f = bias[target]
            for k in range(dim):
                f += syn0[center, k] * syn1[target, k]
            loss -= weight * math.log(sigma(f) if label else sigma(-f))
            g = weight * (sigma(f) - label)  #! g = weight * (label - sigma(f)) #| g = sigma(f) - label #| g = weight * (f - label) #| g = weight * (sigma(f) - label) * sigma(f) * (1 - sigma(f)) #| g = weight * sigma(f)  #= g = -weight * sigma(-f) if label else weight * sigma(f)
            for k in range(dim):
                neu1e[k] += g * syn1[target, k]  #! neu1e[k] = g * syn1[target, k] #| neu1e[k] += g * syn1[context, k] #| neu1e[k] += g * syn0[target, k]  #&a neu1e[k] -= g * syn1[target, k]
                g_syn1[target, k] += g * syn0[center, k]  #! g_syn1[target, k] = g * syn0[center, k] #| g_syn1[context, k] += g * syn0[center, k] #| g_syn1[target, k] += syn0[center, k]  #= g_syn1[target, k] = g_syn1[target][k] + syn0[center][k] * g  #&b g_syn1[target, k] += g * syn0[context, k]
            g_bias[target] += g  #! g_bias[target] = g #| g_bias[target] += weight * g  #&a g_bias[center] += g
        for k in range(dim):
            g_syn0[center, k] += neu1e[k]  #! g_syn0[context, k] += neu1e[k]  #&b g_syn0[center, k] = neu1e[k]
    for grad in (g_syn0, g_syn1, g_bias):
        grad /= n_pairs  #= grad[...] = grad * (1.0 / n_pairs)
    return loss / n_pairs, (g_syn0, g_syn1, g_bias)


def run(sentence, negatives, syn0, syn1, bias):
    return sgns(sentence, negatives, syn0, syn1, bias)


def example():
    rng = np.random.default_rng(109)
    sentence = [0, 3, 1, 4, 0]
    count = sum(1 for _ in pairs_of(sentence, 2))
    negatives = rng.integers(0, 6, size=(count, 2)).tolist()
    return sentence, negatives, rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), rng.normal(size=6)
