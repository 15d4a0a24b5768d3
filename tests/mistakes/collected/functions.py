"""Mistakes in functions of derivatives: jac= of SciPy, objectives of boosting, formulas."""

import numpy as np

import autograd_lite as ag

from . import mistake, program, softmax

ts = np.linspace(0.1, 2, 9)
seen = 2 * np.exp(-ts) + 0.1 * np.sin(9 * ts)
spread = np.linspace(0.5, 1.5, 9)

# --- Jacobians of residuals ---------------------------------------------------------------------


@program
def decay():
    def residuals(p):
        return (p[0] * np.exp(-p[1] * ts) + p[2] - seen) / spread

    def jac(p):
        e = np.exp(-p[1] * ts)
        columns = [e, -p[0] * ts * e, np.ones(9)]
        return np.stack(columns, axis=1) / spread[:, None]

    return ag.compare_function(residuals, jac, np.array([1.5, 0.8, 0.2]))


mistake(decay, "-p[0] * ts * e", "-ts * e", r"p\[0\]")
mistake(decay, "-p[0] * ts * e", "p[0] * ts * e", r"sign|minus")
mistake(decay, "-p[0] * ts * e", "-p[0] * e", r"ts")
mistake(decay, " / spread[:, None]", "", r"spread")
mistake(decay, " / spread[:, None]", " * spread[:, None]", r"spread")
mistake(decay, "np.ones(9)]", "np.zeros(9)]", r"column|p\[2\]|zero|1")


@program
def peak():
    def residuals(p):
        return p[0] * np.exp(-((ts - p[1]) ** 2) / (2 * p[2] ** 2)) - seen

    def jac(p):
        d = ts - p[1]
        g = np.exp(-(d**2) / (2 * p[2] ** 2))
        columns = [g, p[0] * g * d / p[2] ** 2, p[0] * g * d**2 / p[2] ** 3]
        return np.stack(columns, axis=1)

    return ag.compare_function(residuals, jac, np.array([1.5, 0.8, 0.6]))


mistake(peak, "d**2 / p[2] ** 3]", "d**2 / p[2] ** 2]", r"p\[2\]")
mistake(peak, "p[0] * g * d / p[2] ** 2", "g * d / p[2] ** 2", r"p\[0\]")
mistake(peak, "p[0] * g * d / p[2] ** 2", "p[0] * g * d / p[2]", r"p\[2\]")


@program
def growth():
    def model(p):
        return p[0] / (1 + np.exp(-p[1] * (ts - p[2])))

    def jac(p):
        s = 1 / (1 + np.exp(-p[1] * (ts - p[2])))
        columns = [s, p[0] * s * (1 - s) * (ts - p[2]), -p[0] * s * (1 - s) * p[1]]
        return np.stack(columns, axis=1)

    return ag.compare_function(model, jac, np.array([1.5, 2.0, 0.9]))


mistake(growth, "s * (1 - s) * (ts - p[2])", "s * (1 - s) * ts", r"p\[2\]")
mistake(growth, "-p[0] * s * (1 - s) * p[1]", "p[0] * s * (1 - s) * p[1]", r"sign|minus")
mistake(growth, "p[0] * s * (1 - s) * (ts", "p[0] * s * (ts", r"1 - s|1 - ")


@program
def saturation():
    def loss(p):
        return np.sum((p[0] * ts / (p[1] + ts) - seen) ** 2)

    def jac(p):
        r = p[0] * ts / (p[1] + ts) - seen
        return 2 * np.array(
            [np.sum(r * ts / (p[1] + ts)), -np.sum(r * p[0] * ts / (p[1] + ts) ** 2)]
        )

    return ag.compare_function(loss, jac, np.array([1.5, 0.7]))


mistake(saturation, "ts / (p[1] + ts) ** 2)", "ts / (p[1] + ts))", r"p\[1\] \+ ts|square|\*\* ?2")
mistake(saturation, "-np.sum(r * p[0]", "np.sum(r * p[0]", r"sign|minus")
mistake(saturation, "return 2 * np.array", "return np.array", r"1/2|half|\b2\b")

# --- objectives of boosting ---------------------------------------------------------------------

signs = np.array([1.0, -1, -1, 1, 1, -1, 1, -1, 1])
score = np.linspace(-1.4, 1.9, 9)


@program
def signed_log_loss():
    def loss(s, y):
        return np.log(1 + np.exp(-y * s))

    def objective(s, y):
        p = 1 / (1 + np.exp(y * s))
        return -y * p, p * (1 - p)

    return ag.compare_function(loss, objective, score, hess_diag=True, args=(signs,))


mistake(signed_log_loss, "np.exp(y * s)", "np.exp(s)", r"y \* s|\by\b")
mistake(signed_log_loss, "return -y * p,", "return -p,", r"\by\b|sign")
mistake(signed_log_loss, "p * (1 - p)", "p", r"1 - p|1 - ")


@program
def fair():
    def loss(s, y):
        x = np.abs(s - y)
        return 2.0**2 * (x / 2.0 - np.log(1 + x / 2.0))

    def objective(s, y):
        x = s - y
        den = np.abs(x) + 2.0
        return 2.0 * x / den, 2.0**2 / den**2

    return ag.compare_function(loss, objective, score, hess_diag=True, args=(seen,))


mistake(fair, "x = s - y\n        den", "x = y - s\n        den", r"negative|sign|minus")
mistake(fair, "2.0**2 / den**2", "2.0 / den**2", r"\b2\b|half")
mistake(fair, "2.0**2 / den**2", "2.0**2 / den", r"den|square|\*\* ?2")
mistake(fair, "den = np.abs(x) + 2.0", "den = x + 2.0", r"abs|\|")


@program
def huber():
    def loss(s, y):
        r = s - y
        return np.where(np.abs(r) <= 0.9, r**2 / 2, 0.9 * (np.abs(r) - 0.45))

    def gradient(s, y):
        r = s - y
        return np.where(np.abs(r) <= 0.9, r, 0.9 * np.sign(r))

    return ag.compare_function(loss, gradient, score, args=(seen,))


mistake(huber, "r, 0.9 * np.sign(r))", "r, 0.9 * r)", r"sign|abs|r\b")
mistake(huber, "r, 0.9 * np.sign(r))", "r, 0.9)", r"sign|negative")
mistake(huber, "np.abs(r) <= 0.9, r, 0", "r <= 0.9, r, 0", r"abs|condition|r <=|\|r")
mistake(huber, "r, 0.9 * np.sign(r))", "r, np.sign(r))", r"0\.9")


@program
def tilted():
    def loss(s, y):
        e = y - s
        return np.maximum(0.3 * e, -0.7 * e)

    def gradient(s, y):
        return np.where(y - s > 0, -0.3, 0.7)

    return ag.compare_function(loss, gradient, score, args=(seen,))


mistake(
    tilted,
    "np.where(y - s > 0, -0.3, 0.7)",
    "np.where(y - s > 0, -0.7, 0.3)",
    r"exchang|branch|0\.3.*0\.7|0\.7.*0\.3",
)
mistake(
    tilted, "np.where(y - s > 0, -0.3, 0.7)", "np.where(y - s > 0, 0.3, -0.7)", r"negative|sign"
)

# --- formulas -----------------------------------------------------------------------------------


@program
def neighbouring_entries():
    def loss(x):
        return np.sum((x[1:] - x[:-1]) ** 2) + np.sum((x - seen) ** 2)

    def gradient(x):
        d = x[1:] - x[:-1]
        g = 2 * (x - seen)
        return g + 2 * np.concatenate([[0.0], d]) - 2 * np.concatenate([d, [0.0]])

    return ag.compare_function(loss, gradient, score)


mistake(neighbouring_entries, " - 2 * np.concatenate([d, [0.0]])", "", r"left out|missing|path|use")
mistake(neighbouring_entries, "- 2 * np.concatenate([d", "+ 2 * np.concatenate([d", r"sign|minus")


@program
def entropy_of_weights():
    def loss(p):
        return np.sum(p * np.log(p))

    def gradient(p):
        return np.log(p) + 1

    return ag.compare_function(loss, gradient, np.array([0.2, 0.5, 0.1, 0.7]))


mistake(entropy_of_weights, "np.log(p) + 1", "np.log(p)", r"\b1\b|term|product rule|path")
mistake(entropy_of_weights, "np.log(p) + 1", "1 / p", r"product rule|factor|\bp\b")


@program
def softmax_weights():
    def loss(a):
        w = np.exp(a) / np.sum(np.exp(a))
        return -np.sum(w * seen) + np.sum(w**2)

    def gradient(a):
        w = softmax(a)
        dw = -seen + 2 * w
        return w * (dw - np.sum(w * dw))

    return ag.compare_function(loss, gradient, score)


mistake(softmax_weights, "w * (dw - np.sum(w * dw))", "dw", r"softmax")
mistake(softmax_weights, "w * (dw - np.sum(w * dw))", "w * (1 - w) * dw", r"diagonal")
mistake(
    softmax_weights, "w * (dw - np.sum(w * dw))", "w * dw", r"normali[sz]er|sum|left out|constant"
)


@program
def angle():
    def loss(p):
        a = np.deg2rad(p[0])
        return np.sum((ts * np.cos(a) + p[1] * np.sin(a) - seen) ** 2)

    def gradient(p):
        a = np.deg2rad(p[0])
        r = ts * np.cos(a) + p[1] * np.sin(a) - seen
        da = 2 * np.sum(r * (-ts * np.sin(a) + p[1] * np.cos(a)))
        return np.array([da * np.pi / 180, 2 * np.sum(r * np.sin(a))])

    return ag.compare_function(loss, gradient, np.array([35.0, 0.7]))


mistake(angle, "da * np.pi / 180", "da", r"pi|180|0\.017|57\.|deg|radian")
mistake(angle, "(-ts * np.sin(a) + p[1]", "(ts * np.sin(a) + p[1]", r"sign|minus")


@program
def length_scale():
    D = (ts[:, None] - ts) ** 2

    def loss(q):
        rho = np.exp(q[0])
        return np.sum(np.exp(-D / (2 * rho**2)) * seen[:, None] * seen)

    def gradient(q):
        rho = np.exp(q[0])
        k = np.exp(-D / (2 * rho**2))
        drho = np.sum(k * D / rho**3 * seen[:, None] * seen)
        return np.array([drho * rho])

    return ag.compare_function(loss, gradient, np.array([-0.3]))


mistake(length_scale, "drho * rho", "drho", r"rho|exp")
mistake(length_scale, "D / rho**3", "D / rho**2", r"rho")


@program
def log_determinant():
    rng = np.random.default_rng(3)
    S = rng.normal(size=(4, 4))

    def loss(A):
        return np.linalg.slogdet(A)[1] + np.sum(A * S)

    def gradient(A):
        return np.linalg.inv(A).T + S

    return ag.compare_function(loss, gradient, np.eye(4) * 3 + S)


mistake(log_determinant, "np.linalg.inv(A).T + S", "np.linalg.inv(A) + S", r"transpose")
mistake(log_determinant, "np.linalg.inv(A).T + S", "A + S", r"inverse|linalg\.inv")
mistake(log_determinant, "np.linalg.inv(A).T + S", "np.linalg.inv(A).T", r"\bS\b|left out|missing")


@program
def trace():
    rng = np.random.default_rng(4)
    A, B = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))

    def loss(X):
        return np.trace(A @ X @ B @ X.T) / 2

    def gradient(X):
        return (A.T @ X @ B.T + A @ X @ B) / 2

    return ag.compare_function(loss, gradient, rng.normal(size=(4, 4)))


mistake(trace, "(A.T @ X @ B.T + A @ X @ B) / 2", "A @ X @ B", r"symmetric|twice|A\.T|transpose")
mistake(trace, "(A.T @ X @ B.T + A", "(A @ X @ B.T + A", r"transpose|A\.T")


@program
def polynomial():
    def loss(c):
        return np.sum((c[0] * ts**2 + c[1] * ts + c[2] - seen) ** 2) / 9

    def gradient(c):
        r = c[0] * ts**2 + c[1] * ts + c[2] - seen
        powers = [ts**2, ts, np.ones(9)]
        return np.array([2 * np.sum(r * p) / 9 for p in powers])

    return ag.compare_function(loss, gradient, np.array([0.4, -1.0, 1.2]))


mistake(polynomial, "[ts**2, ts, np.ones(9)]", "[np.ones(9), ts, ts**2]", r"order|revers|exchang")
mistake(polynomial, "2 * np.sum(r * p) / 9", "2 * np.sum(r * p)", r"\b9\b|1/N|mean")
