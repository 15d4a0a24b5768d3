"""A second set of functions of derivatives: test functions, curves, geometry, objectives."""

import numpy as np

import autograd_lite as ag

from . import mistake, program

ts = np.linspace(0.1, 2, 8)
data = np.array([0.3, -0.2, 0.9, 1.4, 0.2, -0.8, 0.5, 1.1])
start = np.array([0.7, -1.2, 0.4, 1.9])


@program
def rastrigin():
    def loss(x):
        return np.sum(x**2 - 10 * np.cos(2 * np.pi * x))

    def gradient(x):
        return 2 * x + 20 * np.pi * np.sin(2 * np.pi * x)

    return ag.compare_function(loss, gradient, start)


mistake(rastrigin, "20 * np.pi * np.sin", "10 * np.sin", r"pi|6\.28|chain|inner|factor|62\.8")
mistake(rastrigin, "2 * x + 20", "2 * x - 20", r"sign")
mistake(rastrigin, "np.sin(2 * np.pi * x)", "np.sin(np.pi * x)", r"2 \* pi|6\.28|twice|\b2\b|sin")


@program
def griewank():
    k = np.sqrt(np.arange(1, 5))

    def loss(x):
        return np.sum(x**2) / 4000 - np.prod(np.cos(x / k)) + 1

    def gradient(x):
        return x / 2000 + np.prod(np.cos(x / k)) * np.tan(x / k) / k

    return ag.compare_function(loss, gradient, start)


mistake(griewank, "np.tan(x / k) / k", "np.tan(x / k)", r"\bk\b")
mistake(griewank, "np.prod(np.cos(x / k)) * np.tan", "np.tan", r"prod")
mistake(griewank, "x / 2000", "x / 4000", r"\b2\b|half|2000")


@program
def ackley():
    def loss(x):
        r = np.sqrt(np.mean(x**2))
        return -20 * np.exp(-0.2 * r) - np.exp(np.mean(np.cos(2 * np.pi * x)))

    def gradient(x):
        n = len(x)
        r = np.sqrt(np.mean(x**2))
        first = 4 * np.exp(-0.2 * r) * x / (n * r)
        c = np.exp(np.mean(np.cos(2 * np.pi * x)))
        return first + c * 2 * np.pi * np.sin(2 * np.pi * x) / n

    return ag.compare_function(loss, gradient, start)


mistake(ackley, "x / (n * r)", "x / n", r"\br\b")
mistake(ackley, "np.sin(2 * np.pi * x) / n", "np.sin(2 * np.pi * x)", r"\bn\b|\b4\b|mean")
mistake(ackley, "first + c * 2", "first + 2", r"\bc\b|exp")


@program
def valley():
    def loss(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    def gradient(x):
        d = x[1:] - x[:-1] ** 2
        g = np.zeros(4)
        g[:-1] += -400 * x[:-1] * d - 2 * (1 - x[:-1])
        g[1:] += 200 * d
        return g

    return ag.compare_function(loss, gradient, start)


mistake(valley, "-400 * x[:-1] * d", "-200 * x[:-1] * d", r"\b2\b|half|400|200")
mistake(valley, "-400 * x[:-1] * d", "-400 * d", r"x\[:-1\]")
mistake(valley, "- 2 * (1 - x[:-1])", "+ 2 * (1 - x[:-1])", r"sign|minus")
mistake(valley, "g[1:] += 200 * d", "pass", r"path|left out|x\[1:\]|term|use")


@program
def wave():
    def residuals(p):
        return p[0] * np.sin(p[1] * ts + p[2]) + p[3] - data

    def jac(p):
        c = np.cos(p[1] * ts + p[2])
        columns = [np.sin(p[1] * ts + p[2]), p[0] * ts * c, p[0] * c, np.ones(8)]
        return np.stack(columns, axis=1)

    return ag.compare_function(residuals, jac, start)


mistake(wave, "p[0] * ts * c", "ts * c", r"p\[0\]")
mistake(wave, "p[0] * ts * c", "p[0] * c", r"ts")
mistake(wave, "p[0] * ts * c, p[0] * c", "p[0] * c, p[0] * ts * c", r"exchang|order|column|swap|ts")
mistake(wave, "[np.sin(p[1] * ts + p[2]), p", "[p[0] * np.sin(p[1] * ts + p[2]), p", r"p\[0\]")
mistake(wave, "c = np.cos(p[1] * ts + p[2])", "c = -np.cos(p[1] * ts + p[2])", r"sign|minus")
mistake(wave, "np.stack(columns, axis=1)", "np.stack(columns, axis=0)", r"transpose")


@program
def pose():
    points = np.stack([ts, data], axis=1)

    def residuals(q):
        c, s = np.cos(q[0]), np.sin(q[0])
        x = c * points[:, 0] - s * points[:, 1] + q[1]
        y = s * points[:, 0] + c * points[:, 1] + q[2]
        return np.concatenate([x, y])

    def jac(q):
        c, s = np.cos(q[0]), np.sin(q[0])
        turn = np.concatenate(
            [-s * points[:, 0] - c * points[:, 1], c * points[:, 0] - s * points[:, 1]]
        )
        along = np.concatenate([np.ones(8), np.zeros(8)])
        across = np.concatenate([np.zeros(8), np.ones(8)])
        return np.stack([turn, along, across], axis=1)

    return ag.compare_function(residuals, jac, np.array([0.4, 1.0, -0.5]))


mistake(pose, "[-s * points[:, 0] - c", "[s * points[:, 0] - c", r"sign|minus")
mistake(pose, "[-s * points[:, 0] - c", "[-c * points[:, 0] - c", r"\bs\b|sin")
mistake(
    pose,
    "[turn, along, across]",
    "[turn, across, along]",
    r"exchang|order|column|swap|along|across",
)


@program
def robust():
    def loss(p):
        r = p[0] + p[1] * ts - data
        return np.sum(r**2 / (1 + r**2)) / 2

    def gradient(p):
        r = p[0] + p[1] * ts - data
        d = r / (1 + r**2) ** 2
        return np.array([np.sum(d), np.sum(d * ts)])

    return ag.compare_function(loss, gradient, np.array([0.2, 0.4]))


mistake(robust, "(1 + r**2) ** 2", "(1 + r**2)", r"1 \+ r|square|quotient|path|\*\* 2")
mistake(robust, "np.sum(d * ts)]", "np.sum(d)]", r"ts")
mistake(robust, "np.array([np.sum(d), np.sum(d * ts)])", "np.array([np.sum(d * ts), np.sum(d)])",
        r"order|exchang|swap")  # fmt: skip


@program
def total_variation():
    def loss(x):
        return np.sum(np.sqrt((x[1:] - x[:-1]) ** 2 + 0.01)) + np.sum((x - data) ** 2) / 2

    def gradient(x):
        d = x[1:] - x[:-1]
        w = d / np.sqrt(d**2 + 0.01)
        g = x - data
        g[1:] += w
        g[:-1] -= w
        return g

    return ag.compare_function(loss, gradient, np.sin(3 * ts))


mistake(total_variation, "w = d / np.sqrt(d**2 + 0.01)", "w = d / (d**2 + 0.01)", r"sqrt|root")
mistake(
    total_variation,
    "w = d / np.sqrt(d**2 + 0.01)",
    "w = 1 / np.sqrt(d**2 + 0.01)",
    r"\bd\b|x\[1:\]",
)
mistake(total_variation, "g[:-1] -= w", "g[:-1] += w", r"sign|minus")


@program
def gamma_objective():
    def loss(s, y):
        return s + y * np.exp(-s)

    def objective(s, y):
        return 1 - y * np.exp(-s), y * np.exp(-s)

    y = np.array([0.5, 1.2, 0.3, 2.0, 0.9, 1.1, 0.4, 0.7])
    return ag.compare_function(loss, objective, data, hess_diag=True, args=(y,))


mistake(gamma_objective, "return 1 - y * np.exp(-s),", "return 1 - np.exp(-s),", r"\by\b")
mistake(gamma_objective, "return 1 - y * np.exp(-s),", "return 1 + y * np.exp(-s),", r"sign|minus")
mistake(
    gamma_objective,
    "np.exp(-s), y * np.exp(-s)",
    "np.exp(-s), 1 - y * np.exp(-s)",
    r"\b1\b|term|sign",
)
mistake(gamma_objective, "return 1 - y * np.exp(-s),", "return 1 - y / s,", r"exp|\bs\b")


@program
def smooth_percentage():
    y = data + 3

    def loss(s):
        return np.sum(np.log(np.cosh((s - y) / y)))

    def gradient(s):
        return np.tanh((s - y) / y) / y

    return ag.compare_function(loss, gradient, data + 2 + np.cos(ts))


mistake(smooth_percentage, "np.tanh((s - y) / y) / y", "np.tanh((s - y) / y)", r"\by\b")
mistake(smooth_percentage, "np.tanh((s - y) / y) / y", "np.tanh(s - y) / y", r"\by\b")
mistake(
    smooth_percentage,
    "np.tanh((s - y) / y) / y",
    "np.tanh((y - s) / y) / y",
    r"sign|negative|minus",
)


@program
def portfolio():
    rng = np.random.default_rng(1)
    M = rng.normal(size=(4, 4))
    S, m = M @ M.T, rng.normal(size=4)

    def loss(w):
        return -m @ w / np.sqrt(w @ S @ w)

    def gradient(w):
        v = w @ S @ w
        return -m / np.sqrt(v) + (m @ w) * (S @ w) / v**1.5

    return ag.compare_function(loss, gradient, np.array([0.3, 0.2, 0.6, 0.4]))


mistake(portfolio, " + (m @ w) * (S @ w) / v**1.5", "", r"quotient|constant|path|left out|second")
mistake(portfolio, "/ v**1.5", "/ v", r"v\b|power|sqrt|root|1\.5")
mistake(portfolio, "(m @ w) * (S @ w)", "(S @ w)", r"m @ w")
mistake(portfolio, "-m / np.sqrt(v) +", "-m / v +", r"sqrt|root|v\b")


@program
def barrier():
    rng = np.random.default_rng(2)
    A, b, c = rng.normal(size=(6, 3)), rng.random(6) + 2, rng.normal(size=3)

    def loss(x):
        return 5.0 * (c @ x) - np.sum(np.log(b - A @ x))

    def gradient(x):
        return 5.0 * c + A.T @ (1 / (b - A @ x))

    return ag.compare_function(loss, gradient, np.array([0.1, -0.2, 0.3]))


mistake(barrier, "5.0 * c + A.T", "5.0 * c - A.T", r"sign|minus")
mistake(barrier, "5.0 * c + A.T", "c + A.T", r"\b5\b")
mistake(barrier, "1 / (b - A @ x)", "1 / (b + A @ x)", r"sign|minus|b - ")


@program
def bending():
    def loss(x):
        return np.sum((x[2:] - 2 * x[1:-1] + x[:-2]) ** 2) / 2 + np.sum((x - data) ** 2) / 2

    def gradient(x):
        d = x[2:] - 2 * x[1:-1] + x[:-2]
        g = x - data
        g[2:] += d
        g[1:-1] -= 2 * d
        g[:-2] += d
        return g

    return ag.compare_function(loss, gradient, np.sin(3 * ts))


mistake(bending, "g[1:-1] -= 2 * d", "g[1:-1] -= d", r"\b2\b|half")
mistake(bending, "g[1:-1] -= 2 * d", "g[1:-1] += 2 * d", r"sign|minus")
mistake(bending, "g[:-2] += d", "pass", r"path|left out|x\[:-2\]")
