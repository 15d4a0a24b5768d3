"""A third set of functions of derivatives: objectives of boosting, Jacobians, test functions."""

import numpy as np

import autograd_lite as ag

from . import mistake, program, sigmoid

ts = np.linspace(0.2, 2.4, 9)
seen = np.array([0.9, 1.3, 0.4, 2.1, 1.7, 0.8, 1.1, 2.6, 0.5])
score = np.linspace(-1.3, 1.8, 9)
labels = np.array([1.0, 0, 0, 1, 1, 0, 1, 0, 1])

# --- objectives of boosting ---------------------------------------------------------------------


@program
def counted():
    e = np.linspace(0.5, 2.0, 9)

    def loss(s, y):
        return e * np.exp(s) - y * (s + np.log(e))

    def objective(s, y):
        m = e * np.exp(s)
        return m - y, m

    return ag.compare_function(loss, objective, score, hess_diag=True, args=(seen,))


mistake(counted, "m = e * np.exp(s)\n        return", "m = np.exp(s)\n        return", r"\be\b")
mistake(counted, "return m - y, m", "return m - y, m - y", r"hess|\by\b|second")
mistake(
    counted,
    "return m - y, m",
    "return 1 - y / m, y / m",
    r"exp|\bm\b|multipl|link|by (the )?(m|exp)",
)


@program
def compound():
    def loss(s, y):
        return -y * np.exp(-0.5 * s) / -0.5 + np.exp(0.5 * s) / 0.5

    def objective(s, y):
        a, b = y * np.exp(-0.5 * s), np.exp(0.5 * s)
        return -a + b, 0.5 * a + 0.5 * b

    return ag.compare_function(loss, objective, score, hess_diag=True, args=(seen,))


mistake(compound, "0.5 * a + 0.5 * b", "-0.5 * a + 0.5 * b", r"sign|minus")
mistake(compound, "return -a + b,", "return -y * s ** -1.5 + s ** -0.5,", r"exp|raw|score")
mistake(compound, "0.5 * a + 0.5 * b", "a + b", r"\b2\b|twice|0\.5")


@program
def weighted_log_loss():
    def loss(s, y):
        p = 1 / (1 + np.exp(-s))
        return -(3.0 * y * np.log(p) + (1 - y) * np.log(1 - p))

    def objective(s, y):
        p = 1 / (1 + np.exp(-s))
        k = 3.0 * y + 1 - y
        return 3.0 * y * (p - 1) + (1 - y) * p, k * p * (1 - p)

    return ag.compare_function(loss, objective, score, hess_diag=True, args=(labels,))


mistake(weighted_log_loss, "k * p * (1 - p)", "p * (1 - p)", r"\bk\b|\b3\b|weight")
mistake(
    weighted_log_loss,
    "3.0 * y * (p - 1) + (1 - y) * p,",
    "3.0 * (p - y),",
    r"1 - y|branch|weight|\bk\b",
)
mistake(weighted_log_loss, "3.0 * y * (p - 1) + (1 - y) * p,", "3.0 * y * (p - 1) + p,", r"1 - y")


@program
def linear_exponential():
    a = 0.8

    def loss(s, y):
        return np.exp(a * (s - y)) - a * (s - y) - 1

    def objective(s, y):
        u = np.exp(a * (s - y))
        return a * (u - 1), a**2 * u

    return ag.compare_function(loss, objective, score, hess_diag=True, args=(seen,))


mistake(
    linear_exponential,
    "return a * (u - 1),",
    "return a * u,",
    r"- ?1\b|\b1\b|term|path|left out|only the first use",
)
mistake(linear_exponential, "a**2 * u", "a * u", r"0\.8|\ba\b")
mistake(linear_exponential, "u = np.exp(a * (s - y))", "u = np.exp(s - y)", r"\ba\b|0\.8")


@program
def accelerated_failure():
    sigma = 0.7

    def loss(s, t):
        z = (np.log(t) - s) / sigma
        return -z + 2 * np.log(1 + np.exp(z)) + np.log(sigma * t)

    def objective(s, t):
        z = (np.log(t) - s) / sigma
        p = 1 / (1 + np.exp(-z))
        return (1 - 2 * p) / sigma, 2 * p * (1 - p) / sigma**2

    return ag.compare_function(loss, objective, score, hess_diag=True, args=(seen,))


mistake(accelerated_failure, "2 * p * (1 - p) / sigma**2", "2 * p * (1 - p) / sigma", r"sigma|0\.7")
mistake(
    accelerated_failure,
    "return (1 - 2 * p) / sigma",
    "return (2 * p - 1) / sigma",
    r"sign|negative|minus|-1",
)
mistake(accelerated_failure, "return (1 - 2 * p) / sigma", "return (1 - p) / sigma", r"\b2\b|\bp\b")
mistake(
    accelerated_failure,
    "p = 1 / (1 + np.exp(-z))",
    "p = 1 / (1 + np.exp(z))",
    r"sign|sigmoid|-z|minus|negative",
)


@program
def one_sided():
    def loss(s, y):
        m = (2 * y - 1) * s
        return np.maximum(0, 1 - m) ** 2

    def objective(s, y):
        k = 2 * y - 1
        h = np.maximum(0, 1 - k * s)
        return -2 * k * h, 2.0 * (h > 0)

    return ag.compare_function(loss, objective, score, hess_diag=True, args=(labels,))


mistake(one_sided, "return -2 * k * h,", "return -2 * h,", r"\bk\b|2 \* y - 1|sign")
mistake(
    one_sided, "2.0 * (h > 0)", "2.0 + 0 * h", r"maximum|relu|mask|h > 0|branch|where|condition"
)
mistake(one_sided, "k = 2 * y - 1", "k = y", r"2 \* y - 1|\by\b|label")


# --- Jacobians ----------------------------------------------------------------------------------


@program
def parabola():
    def residuals(p):
        return p[0] * (ts - p[1]) ** 2 + p[2] - seen

    def jac(p):
        columns = [(ts - p[1]) ** 2, -2 * p[0] * (ts - p[1]), np.ones(9)]
        return np.stack(columns, axis=1)

    return ag.compare_function(residuals, jac, np.array([1.2, 0.7, 0.3]))


mistake(parabola, "-2 * p[0] * (ts - p[1])", "-2 * p[0] * (ts - p[1]) * p[1]", r"p\[1\]")
mistake(
    parabola,
    "return p[0] * (ts - p[1]) ** 2 + p[2] - seen",
    "return seen - p[0] * (ts - p[1]) ** 2 - p[2]",
    r"sign|negative|minus|-1",
)
mistake(
    parabola,
    "[(ts - p[1]) ** 2, -2",
    "[ts - p[1], -2",
    r"square|ts - p\[1\]|power|\*\* ?2|exponent",
)


@program
def swinging():
    def residuals(p):
        return p[0] * np.exp(-p[1] * ts) * np.cos(p[2] * ts + p[3]) - seen

    def jac(p):
        e, a = np.exp(-p[1] * ts), p[2] * ts + p[3]
        c, s = np.cos(a), np.sin(a)
        return np.stack([e * c, -p[0] * ts * e * c, -p[0] * ts * e * s, -p[0] * e * s], axis=1)

    return ag.compare_function(residuals, jac, np.array([1.4, 0.5, 2.0, 0.3]))


mistake(swinging, "-p[0] * ts * e * s, -p", "p[0] * ts * e * s, -p", r"sign|minus")
mistake(swinging, "-p[0] * ts * e * c, -p", "-p[0] * ts * e * s, -p", r"cos|sin|\bc\b")
mistake(
    swinging, "-p[0] * ts * e * s, -p[0] * e * s]", "-p[0] * ts * e * s, -p[0] * s]", r"\be\b|exp"
)
mistake(swinging, "e, a = np.exp(-p[1] * ts), p", "e, a = np.exp(-ts), p", r"p\[1\]")


@program
def circle():
    x, y = np.cos(ts) + 0.1 * seen, np.sin(ts) - 0.05 * seen

    def residuals(p):
        return np.sqrt((x - p[0]) ** 2 + (y - p[1]) ** 2) - p[2]

    def jac(p):
        r = np.sqrt((x - p[0]) ** 2 + (y - p[1]) ** 2)
        return np.stack([-(x - p[0]) / r, -(y - p[1]) / r, -np.ones(9)], axis=1)

    return ag.compare_function(residuals, jac, np.array([0.2, 0.4, 0.9]))


mistake(circle, "-(x - p[0]) / r", "-(x - p[0])", r"\br\b|sqrt|root")
mistake(
    circle,
    "[-(x - p[0]) / r, -(y - p[1]) / r",
    "[-2 * (x - p[0]) / r, -2 * (y - p[1]) / r",
    r"\b2\b|twice",
)
mistake(circle, "-np.ones(9)]", "np.ones(9)]", r"sign|minus|negative|-1")
mistake(circle, "-(x - p[0]) / r", "(x - p[0]) / r", r"sign|minus|negative|-1")


@program
def camera():
    P = np.stack([ts, seen, 4 + score], axis=1)
    uv = np.stack([0.3 * ts, 0.2 * seen], axis=1)

    def residuals(p):
        q = P + p[1:]
        return np.concatenate(
            [p[0] * q[:, 0] / q[:, 2] - uv[:, 0], p[0] * q[:, 1] / q[:, 2] - uv[:, 1]]
        )

    def jac(p):
        q = P + p[1:]
        x, y, z = q.T
        zero = np.zeros(9)
        by_f = np.concatenate([x / z, y / z])
        by_x, by_y = np.concatenate([p[0] / z, zero]), np.concatenate([zero, p[0] / z])
        by_z = np.concatenate([-p[0] * x / z**2, -p[0] * y / z**2])
        return np.stack([by_f, by_x, by_y, by_z], axis=1)

    return ag.compare_function(residuals, jac, np.array([1.5, 0.2, -0.3, 0.5]))


mistake(
    camera,
    "by_z = np.concatenate([-p[0] * x / z**2, -p[0] * y / z**2])",
    "by_z = np.zeros(18)",
    r"zero|path|left out|is 0\b",
)
mistake(
    camera,
    "-p[0] * x / z**2, -p[0] * y / z**2",
    "-p[0] * x / z, -p[0] * y / z",
    r"\bz\b|square|\*\* ?2",
)
mistake(
    camera,
    "[p[0] / z, zero]), np.concatenate([zero, p[0] / z])",
    "[1 / z, zero]), np.concatenate([zero, 1 / z])",
    r"p\[0\]",
)


@program
def predators():
    def loss(p):
        x, y, total = 1.0, 0.5, 0.0
        for t in range(6):
            x, y = x + 0.1 * (p[0] * x - p[1] * x * y), y + 0.1 * (x * y - p[2] * y)
            total = total + (x - seen[t]) ** 2
        return total / 2

    def by_hand(p):
        x, y, g = 1.0, 0.5, np.zeros(3)
        dx, dy = np.zeros(3), np.zeros(3)
        for t in range(6):
            own = np.array([x, -x * y, 0.0])
            dnx = dx + 0.1 * (own + (p[0] - p[1] * y) * dx - p[1] * x * dy)
            dny = dy + 0.1 * (np.array([0, 0, -y]) + y * dx + (x - p[2]) * dy)
            x, y = x + 0.1 * (p[0] * x - p[1] * x * y), y + 0.1 * (x * y - p[2] * y)
            dx, dy = dnx, dny
            g = g + (x - seen[t]) * dx
        return g

    return ag.compare_function(loss, by_hand, np.array([0.8, 0.6, 0.5]))


mistake(predators, " - p[1] * x * dy)", ")", r"p\[1\]|\bdy\b")
mistake(predators, "dnx = dx + 0.1 * (own", "dnx = 0.1 * (own", r"\bdx\b|path|previous")
mistake(predators, " + y * dx + (x - p[2]) * dy)", ")", r"\bdx\b|\bdy\b|path|left out|p\[2\]")


# --- test functions and shapes ------------------------------------------------------------------


@program
def beale():
    def loss(x):
        a, b = x
        return (1.5 - a + a * b) ** 2 + (2.25 - a + a * b**2) ** 2 + (2.625 - a + a * b**3) ** 2

    def gradient(x):
        a, b = x
        r, s, t = 1.5 - a + a * b, 2.25 - a + a * b**2, 2.625 - a + a * b**3
        da = 2 * r * (b - 1) + 2 * s * (b**2 - 1) + 2 * t * (b**3 - 1)
        db = 2 * r * a + 4 * s * a * b + 6 * t * a * b**2
        return np.array([da, db])

    return ag.compare_function(loss, gradient, np.array([1.3, 0.6]))


mistake(beale, "6 * t * a * b**2", "6 * t * a * b**3", r"b\*\*|b \*\*|power|exponent|\bb\b")
mistake(beale, "4 * s * a * b +", "2 * s * a * b +", r"\b2\b|half|\b4\b")
mistake(beale, "2 * s * (b**2 - 1)", "2 * s * (b**2 + 1)", r"sign|minus|- 1")


@program
def powells():
    def loss(x):
        return (
            (x[0] + 10 * x[1]) ** 2
            + 5 * (x[2] - x[3]) ** 2
            + (x[1] - 2 * x[2]) ** 4
            + 10 * (x[0] - x[3]) ** 4
        )

    def gradient(x):
        a, b, c, d = x[0] + 10 * x[1], x[2] - x[3], x[1] - 2 * x[2], x[0] - x[3]
        return np.array(
            [
                2 * a + 40 * d**3,
                20 * a + 4 * c**3,
                10 * b - 8 * c**3,
                -10 * b - 40 * d**3,
            ]
        )

    return ag.compare_function(loss, gradient, np.array([1.1, -0.4, 0.7, 0.3]))


mistake(powells, "10 * b - 8 * c**3", "10 * b - 4 * c**3", r"\b2\b|half|\b8\b")
mistake(powells, "20 * a + 4", "2 * a + 4", r"\b10\b|\b20\b")
mistake(powells, "-10 * b - 40 * d**3", "-10 * b + 40 * d**3", r"sign|minus")
mistake(powells, "2 * a + 40 * d**3", "2 * a + 40 * d**2", r"\*\* ?[32]|power|exponent|\bd\b|cube")


@program
def rational_kernel():
    d2 = (ts[:, None] - ts) ** 2

    def kernel(p):
        return (1 + d2 / (2 * p[0] * p[1] ** 2)) ** -p[0]

    def jac(p):
        b = 1 + d2 / (2 * p[0] * p[1] ** 2)
        by_a = b ** -p[0] * (d2 / (2 * p[1] ** 2 * b) / p[0] - np.log(b))
        by_l = d2 / p[1] ** 3 * b ** (-p[0] - 1)
        return np.stack([by_a, by_l], axis=2)

    return ag.compare_function(kernel, jac, np.array([1.4, 0.8]))


mistake(rational_kernel, "d2 / p[1] ** 3 *", "d2 / p[1] ** 2 *", r"p\[1\]")
mistake(rational_kernel, "b ** (-p[0] - 1)", "b ** (-p[0])", r"\bb\b|- ?1|exponent|power")
mistake(
    rational_kernel,
    "(d2 / (2 * p[1] ** 2 * b) / p[0] - np.log(b))",
    "(-np.log(b))",
    r"path|left out|d2|term|p\[0\]",
)


@program
def triangulated():
    anchors = np.array([[0.0, 0], [3, 0], [0, 3], [3, 3]])
    ranges, w = np.array([1.8, 2.1, 2.2, 2.9]), np.array([1.0, 0.5, 2.0, 1.5])

    def loss(x):
        d = np.sqrt(np.sum((x - anchors) ** 2, axis=1))
        return np.mean(w * (d - ranges) ** 2)

    def gradient(x):
        diff = x - anchors
        d = np.sqrt(np.sum(diff**2, axis=1))
        return np.sum((2 * w * (d - ranges) / d)[:, None] * diff, axis=0) / 4

    return ag.compare_function(loss, gradient, np.array([1.2, 1.4]))


mistake(
    triangulated, "(2 * w * (d - ranges) / d)", "(2 * w * (d - ranges))", r"\bd\b|sqrt|root|norm"
)
mistake(triangulated, "(2 * w * (d", "(2 * (d", r"\bw\b")
mistake(
    triangulated,
    "[:, None] * diff, axis=0) / 4",
    "[:, None] * diff, axis=0) / 2",
    r"\b2\b|twice|\b4\b",
)
mistake(
    triangulated, "diff = x - anchors", "diff = anchors - x", r"sign|negative|minus|-1|x - anchors"
)


@program
def variance_function():
    n = np.array([5.0, 8, 3, 10, 6, 7, 4, 9, 5])

    def variance(m):
        return m * (1 - m / n)

    def derivative(m):
        return np.diag(1 - 2 * m / n)

    return ag.compare_function(variance, derivative, sigmoid(score) * n)


mistake(variance_function, "1 - 2 * m / n", "1 - 2 * m", r"\bn\b")
mistake(variance_function, "1 - 2 * m / n", "1 - m / n", r"\b2\b|product|half|path|use|\bm\b")
