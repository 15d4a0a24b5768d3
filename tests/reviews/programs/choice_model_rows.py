# Multinomial logit by loops over people and over what they may choose; row j of beta belongs to choice j, column 0 is the constant
import numpy as np


def chances(beta, x):
    u = beta @ x
    e = np.exp(u - u.max())
    return e / e.sum()


def run(beta, people, chosen, ridge=0.6):
    n = len(people)
    loss = -sum(np.log(chances(beta, x)[j]) for x, j in zip(people, chosen)) / n
    loss += ridge / (2 * n) * np.sum(beta[:, 1:] ** 2)

    score = np.zeros(beta.shape)
    for x, j in zip(people, chosen):
        p = chances(beta, x)
        for k in range(len(beta)):
            score[k] += (p[k] - (j == k)) * x  #! score[k] += (p[k] * (1 - p[k]) if j == k else -p[k] * p[j]) * x #| score[k] += ((j == k) - p[k]) * x #| score[k] = (p[k] - (j == k)) * x
    score = score / n  #! score = score / len(beta)  #= score /= n
    score[:, 1:] += ridge / n * beta[:, 1:]  #! score[:, 1:] += ridge * beta[:, 1:] #| score += ridge / n * beta
    return loss, score


def example():
    rng = np.random.default_rng(78)
    people = np.hstack([np.ones((7, 1)), rng.normal(size=(7, 3))])
    return rng.normal(size=(4, 4)), people, np.array([0, 3, 1, 2, 2, 0, 1])
