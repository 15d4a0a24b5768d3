import numpy as np


def kalman_filter(y, a, log_q, log_r, m0, P0=1.5):
    """Scalar state m' = a m + noise(q), seen with noise(r). Returns -log likelihood and what the reverse pass needs."""
    q, r = np.exp(log_q), np.exp(log_r)
    m, P = m0, P0
    nll, tape = 0.0, []
    for t in range(len(y)):
        mp = a * m
        Pp = a * a * P + q
        S = Pp + r
        v = y[t] - mp
        K = Pp / S
        nll += 0.5 * (np.log(2 * np.pi * S) + v * v / S)
        tape.append((m, P, mp, Pp, S, v, K))
        m = mp + K * v
        P = (1 - K) * Pp
    return nll, tape, q, r


def kalman_adjoint(tape, a, q, r):
    gm = gP = 0.0
    ga = gq = gr = 0.0
    for m, P, mp, Pp, S, v, K in reversed(tape):
        gmp = gm
        gK = gm * v - gP * Pp  #! gK = gm * v + gP * Pp #| gK = gm * v #| gK = gm * v - gP * P  #= gK = v * gm - Pp * gP
        gv = gm * K
        gPp = gP * (1 - K)  #! gPp = gP * K
        gS = 0.5 / S - 0.5 * v * v / S ** 2  #! gS = 0.5 / S + 0.5 * v * v / S ** 2 #| gS = 0.5 / S #| gS = 0.5 / S - 0.5 * v * v / S  #= gS = 0.5 * (S - v ** 2) / S ** 2  #&a gS = 1 / S - 0.5 * v * v / S ** 2
        gv += v / S  #! gv -= v / S #| gv = v / S #| gv += 0.5 * v / S
        gPp += gK / S
        gS -= gK * Pp / S ** 2  #! gS += gK * Pp / S ** 2 #| gS -= gK * Pp / S #| pass  #= gS -= gK * K / S
        gmp -= gv  #! gmp += gv #| gmp = -gv  #= gmp = gmp - gv
        gPp += gS  #! gPp = gS #| pass
        gr += gS
        gq += gPp  #! gq = gPp  #&a gq -= gPp
        ga += gmp * m + 2 * a * P * gPp  #! ga += gmp * m #| ga += gmp * mp + 2 * a * P * gPp #| ga += gmp * m + a * P * gPp #| ga += gmp * m + 2 * a * Pp * gPp
        gm = gmp * a  #! gm = gmp
        gP = gPp * a * a  #! gP = gPp * a #| gP = gPp * 2 * a
    return ga, gq * q, gr * r, gm  #! return ga, gq, gr * r, gm


def run(y, a, log_q, log_r, m0):
    nll, tape, q, r = kalman_filter(y, a, log_q, log_r, m0)
    g_a, g_log_q, g_log_r, g_m0 = kalman_adjoint(tape, a, q, r)
    return nll, {"a": g_a, "log_q": g_log_q, "log_r": g_log_r, "m0": g_m0}


def example():
    return np.random.default_rng(140).normal(size=9) * 1.5, 0.85, -0.4, 0.3, 0.6
