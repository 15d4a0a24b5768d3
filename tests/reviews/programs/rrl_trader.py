# Direct reinforcement trader (recurrent position, Sharpe ratio as utility).
# Forward sensitivities: dF_t/dw depends on dF_{t-1}/dw because the last position is an input.
from math import sqrt, tanh

import numpy as np

M = 3  # number of lagged returns
MU = 2.0  # number of shares
DELTA = 0.02  # transaction cost
RHO = 0.03  # weight decay


def features(r, t, last):
    x = np.zeros(M + 2)
    x[0] = 1.0
    x[1 : M + 1] = r[t - M : t]
    x[M + 1] = last
    return x


def positions(w, r):
    T = len(r)
    F = [0.0] * T
    for t in range(M, T):
        F[t] = tanh(w @ features(r, t, F[t - 1]))
    return F


def trading_returns(F, r):
    return np.array([MU * (F[t - 1] * r[t] - DELTA * abs(F[t] - F[t - 1])) for t in range(M, len(r))])


def sharpe(R):
    A = R.mean()
    B = (R**2).mean()
    return A / sqrt(B - A**2)


def dsharpe(R):
    """dS/dR_t for all t, by way of the two moments"""
    n = len(R)
    A = sum(R) / n
    B = sum(R * R) / n
    var = B - A * A
    dS_dA = B / var**1.5  #! dS_dA = 1 / var**0.5 #| dS_dA = A / var**1.5 #| dS_dA = B / var #| dS_dA = B / var**0.5 #| dS_dA = -B / var**1.5 #= dS_dA = 1 / sqrt(var) + A**2 / var**1.5 #= dS_dA = (var + A * A) / (var * sqrt(var))
    dS_dB = -0.5 * A / var**1.5  #! dS_dB = 0.5 * A / var**1.5 #| dS_dB = -A / var**1.5 #| dS_dB = -0.5 / var**1.5 #| dS_dB = -0.5 * A / var**0.5 #= dS_dB = -A / (2 * var * np.sqrt(var))  #&a dS_dB = -0.5 * B / var**1.5
    return dS_dA / n + dS_dB * 2 * R / n  #! return dS_dA / n + dS_dB * R / n #| return dS_dA + dS_dB * 2 * R #| return np.full(n, dS_dA / n) #| return dS_dA / n - dS_dB * 2 * R / n #| return dS_dA / n + dS_dB * 2 * R**2 / n #= return (dS_dA + 2 * dS_dB * R) / n  #&b return dS_dA / (n - 1) + dS_dB * 2 * R / n


def gradient(w, r):
    F = positions(w, r)
    R = trading_returns(F, r)
    U = dsharpe(R)

    grad_w = np.zeros(M + 2)
    dF_prev = np.zeros(M + 2)  # no position before the start
    for t in range(M, len(r)):
        x = features(r, t, F[t - 1])
        dF = (1 - F[t] ** 2) * (x + w[M + 1] * dF_prev)  #! dF = (1 - F[t] ** 2) * x #| dF = (1 - F[t] ** 2) * (x + dF_prev) #| dF = (1 - F[t]) * (x + w[M + 1] * dF_prev) #| dF = x + w[M + 1] * dF_prev #| dF = (1 - F[t] ** 2) * (x + w[M] * dF_prev) #| dF = (1 - F[t - 1] ** 2) * (x + w[M + 1] * dF_prev) #| dF = (1 - np.tanh(F[t]) ** 2) * (x + w[M + 1] * dF_prev) #| dF = (1 - F[t] ** 2) * x + w[M + 1] * dF_prev #= dF = (1 - F[t]) * (1 + F[t]) * (dF_prev * w[-1] + x)
        side = np.sign(F[t] - F[t - 1])  #! side = np.sign(F[t]) #| side = np.sign(F[t - 1] - F[t]) #| side = 1.0 #= side = 1.0 if F[t] > F[t - 1] else -1.0  #&b side = np.abs(F[t] - F[t - 1])
        dR_dF = -MU * DELTA * side  #! dR_dF = MU * DELTA * side #| dR_dF = -DELTA * side #| dR_dF = -MU * side #| dR_dF = 0.0
        dR_dFprev = MU * r[t] + MU * DELTA * side  #! dR_dFprev = MU * r[t] #| dR_dFprev = MU * r[t] - MU * DELTA * side #| dR_dFprev = MU * r[t - 1] + MU * DELTA * side #| dR_dFprev = r[t] + MU * DELTA * side #| dR_dFprev = MU * r[t] + DELTA * side #= dR_dFprev = MU * r[t] - dR_dF
        grad_w += U[t - M] * (dR_dF * dF + dR_dFprev * dF_prev)  #! grad_w += U[t - M] * dR_dF * dF #| grad_w += U[t - M] * (dR_dF * dF_prev + dR_dFprev * dF) #| grad_w += dR_dF * dF + dR_dFprev * dF_prev #| grad_w = U[t - M] * (dR_dF * dF + dR_dFprev * dF_prev) #| grad_w += U[t - M - 1] * (dR_dF * dF + dR_dFprev * dF_prev) #| grad_w += U[t - M] * (dR_dF * dF + dR_dFprev * dF) #= grad_w = grad_w + U[t - M] * dR_dF * dF + U[t - M] * dR_dFprev * dF_prev
        dF_prev = dF  #! pass #| dF_prev = dF_prev + dF #| dF_prev = x #= dF_prev = dF.copy()

    # utility is maximised, the loss is minimised
    grad = -grad_w  #! grad = grad_w #| grad = -grad_w / len(r) #= grad = 0 - grad_w
    grad[1:] += 2 * RHO * w[1:]  #! grad[1:] += RHO * w[1:] #| grad += 2 * RHO * w #| grad[1:] -= 2 * RHO * w[1:] #| grad[1:] += 2 * RHO * w[:-1] #| grad[:-1] += 2 * RHO * w[:-1] #| pass #= grad[1:] = grad[1:] + w[1:] * RHO * 2  #&a grad[1:] += 2 * RHO
    return grad


def run(w, r):
    loss = -sharpe(trading_returns(positions(w, r), r)) + RHO * np.sum(w[1:] ** 2)
    return loss, gradient(w, r)


def example():
    rng = np.random.RandomState(7)
    r = 0.3 * np.sin(np.arange(12) * 0.9) + 0.25 * rng.randn(12) + 0.05
    return np.array([0.2, 0.9, -0.7, 1.1, 0.6]), r
