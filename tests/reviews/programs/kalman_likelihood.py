import numpy as np


def kalman_filter(y, a, c, q, r, m0, p0):
    """Scalar state m' = a m + noise(q), observed y = c m + noise(r). Keeps all that the sweep back needs."""
    m, p, nll, trail = m0, p0, 0.0, []
    for obs in y:
        mp = a * m
        pp = a * a * p + q
        v = obs - c * mp
        s = c * c * pp + r
        k = pp * c / s
        trail.append(dict(m=m, p=p, mp=mp, pp=pp, v=v, s=s, k=k))
        m = mp + k * v
        p = (1.0 - k * c) * pp
        nll = nll + 0.5 * (np.log(2 * np.pi * s) + v * v / s)
    return nll, trail


def run(y, a, c, q, r, m0, p0):
    nll, trail = kalman_filter(y, a, c, q, r, m0, p0)

    ab = cb = qb = rb = 0.0
    mb = pb = 0.0   # adjoints of the filtered mean and variance
    for z in trail[::-1]:
        m, p, mp, pp, v, s, k = (z[name] for name in ("m", "p", "mp", "pp", "v", "s", "k"))
        # likelihood term
        vb = v / s  #! vb = v
        sb = 0.5 / s - 0.5 * v * v / s ** 2  #! sb = 0.5 / s #| sb = 0.5 / s + 0.5 * v * v / s ** 2  #= sb = 0.5 * (1 - v ** 2 / s) / s
        # p = (1 - k c) pp
        kb = -c * pp * pb
        cb += -k * pp * pb
        ppb = (1.0 - k * c) * pb  #! ppb = (1.0 + k * c) * pb
        # m = mp + k v
        mpb = mb
        kb += v * mb  #! kb = v * mb
        vb += k * mb  #&a vb += v * mb
        # k = pp c / s
        ppb += c / s * kb
        cb += pp / s * kb  #! cb += k / s * kb
        sb -= k / s * kb  #! sb -= pp / s * kb #| sb = -k / s * kb  #= sb += -pp * c / s ** 2 * kb
        # s = c^2 pp + r
        cb += 2 * c * pp * sb  #! cb += c * pp * sb
        ppb += c * c * sb  #! ppb += c * sb
        rb += sb
        # v = y - c mp
        cb -= mp * vb  #! cb -= m * vb
        mpb = mpb - c * vb  #! mpb = -c * vb
        # prediction
        ab += 2 * a * p * ppb + m * mpb  #! ab += 2 * a * p * ppb #| ab += 2 * a * pp * ppb + m * mpb
        qb += ppb  #= qb = qb + ppb
        pb = a * a * ppb  #&a pb = a * ppb
        mb = a * mpb
    return nll, {"a": ab, "c": cb, "q": qb, "r": rb, "m0": mb, "p0": pb}


def example():
    rng = np.random.default_rng(112)
    return rng.normal(size=7) * 1.5, 0.85, 1.3, 0.4, 0.7, 0.6, 1.2
