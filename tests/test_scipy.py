"""SciPy's functions: how they are found, what is refused, and the points where they are special."""

import importlib
import importlib.util
import pickle
import subprocess
import sys

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.transforms import trees

pytest.importorskip("scipy")

import scipy.integrate
import scipy.linalg
import scipy.signal
import scipy.special as sp
import scipy.stats

from autograd_lite.engine.dispatch import full_name
from autograd_lite.engine.tensor import plain
from autograd_lite.scipy import integrate, linalg, signal, special, stats

inf, nan = np.inf, np.nan


def slope(f, x):
    """The derivative of f, element by element."""
    return ag.grad(lambda x: np.sum(f(x)))(np.asarray(x, float))


# --- how they are found -----------------------------------------------------------------------


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


def test_another_declaration_of_a_known_function_is_refused():
    """Before any of SciPy's has met a Tensor, too: theirs are declared late."""
    code = """
import scipy.special
import autograd_lite as ag
try:
    ag.elementwise(scipy.special.expit, lambda g, out, x: g)
except ValueError as error:
    print(error)
print(ag.grad(scipy.special.expit)(0.0))
"""
    found = run(code)
    assert found[-4:] == ["lambda", "*args:", "scipy.special.expit(*args)", "0.25"]


def test_a_ufunc_of_scipy_differentiates_without_another_import():
    code = (
        "import scipy.special as sp, autograd_lite as ag\n"
        "print('autograd_lite.scipy' in __import__('sys').modules)\n"
        "print(ag.grad(sp.gammaln)(1.0) == sp.digamma(1.0))\n"
        "print('scipy.signal' in __import__('sys').modules)"
    )
    assert run(code) == ["False", "True", "False"]


def test_the_engine_does_not_import_scipy():
    assert run("import sys, autograd_lite; print('scipy' in sys.modules)") == ["False"]


def test_special_has_scipys_own_ufuncs():
    assert special.gamma is sp.gamma
    assert special.psi is sp.psi
    with pytest.raises(AttributeError, match=r"autograd_lite.scipy.special has no zeta"):
        _ = special.zeta


def test_a_graph_with_ufuncs_of_scipy_can_be_pickled():
    x = ag.Tensor([0.5, 1.5], requires_grad=True)
    copy = pickle.loads(pickle.dumps({"x": x, "y": np.sum(sp.gamma(x) + special.polygamma(1, x))}))
    copy["y"].backward()
    expected = sp.gamma(x.data) * sp.digamma(x.data) + sp.polygamma(2, x.data)
    np.testing.assert_allclose(copy["x"].grad, expected, rtol=1e-15)


@pytest.mark.parametrize("f", [sp.erf, sp.gammaln, sp.j0, sp.expit, sp.log_ndtr])
def test_a_float32_stays_one(f):
    x = ag.Tensor(np.array([0.5, 1.5], np.float32), requires_grad=True)
    y = f(x)
    assert y.dtype == np.float32
    np.sum(y).backward()
    assert x.grad.dtype == np.float32


ONES = np.array([0.25, 0.75], np.float32)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: stats.norm.logpdf(x, 0, 2.5),
        lambda x: stats.gamma.cdf(x, 1.5, scale=2),
        lambda x: stats.t.pdf(x, 2.5),
        lambda x: stats.multivariate_normal.logpdf(x),
        lambda x: stats.multivariate_normal.logpdf(x, x, 2.5),
        lambda x: stats.dirichlet.logpdf(x / np.sum(x), x + 1),
        lambda x: special.multigammaln(x + 1, 2),
    ],
)
def test_python_numbers_do_not_change_the_dtype_of_a_distribution(f):
    x = ag.Tensor(ONES, requires_grad=True)
    assert f(x).dtype == f(ONES).dtype == np.float32
    assert f(ONES.astype(float)).dtype == np.float64


def test_dirichlet_takes_what_rounding_leaves_of_the_sum():
    x = np.array([[0.1, 1 / 3], [0.2, 1 / 3], [0.7, 1 / 3]], np.float32)
    alpha = np.array([1.5, 2.0, 3.0], np.float32)
    expected = stats.dirichlet.logpdf(x.astype(float) / x.sum(axis=0, dtype=float), alpha)
    np.testing.assert_allclose(stats.dirichlet.logpdf(x, alpha), expected, rtol=1e-5)
    assert stats.dirichlet.logpdf(np.array([0, 1]), np.array([1.0, 1.0])) == 0


# --- what is refused ---------------------------------------------------------------------------

# fmt: off
FIXED = {
    "order of jv":      (lambda v: sp.jv(v, 0.5), "jv .* with respect to the order"),
    "order of kv":      (lambda v: sp.kv(v, 0.5), "kv has no derivative"),
    "a of gammainc":    (lambda a: sp.gammainc(a, 0.5), "gammainc .* with respect to a"),
    "a of betainc":     (lambda a: sp.betainc(a, 2.0, 0.5), "betainc .* with respect to a"),
    "b of betainc":     (lambda b: sp.betainc(2.0, b, 0.5), "betainc .* with respect to b"),
    "n of polygamma":   (lambda n: special.polygamma(n, 0.5), "polygamma .* with respect to n"),
    "n by its name":    (lambda n: special.polygamma(n=n, x=0.5), "polygamma .* with respect to n"),
    "df of t.cdf":      (lambda df: stats.t.cdf(0.5, df), "stdtr .* with respect to df"),
    "k of poisson":     (lambda k: stats.poisson.pmf(k, 0.5), "poisson has no derivative"),
}
DIRECT = {
    "logsumexp":        sp.logsumexp,
    "polygamma":        lambda t: sp.polygamma(1, t),
    "expm":             lambda t: scipy.linalg.expm(t),
    "norm.pdf":         scipy.stats.norm.pdf,
}
# fmt: on


@pytest.mark.parametrize("case", FIXED)
def test_an_argument_without_a_derivative_is_refused_when_it_needs_one(case):
    f, message = FIXED[case]
    with pytest.raises(TypeError, match=message):
        f(ag.Tensor(2.0, requires_grad=True))
    assert np.isfinite(ag.Tensor(f(ag.Tensor(2.0))).data)


@pytest.mark.parametrize("case", DIRECT)
def test_a_function_of_scipy_that_cannot_dispatch_raises_and_says_where_its_rule_is(case):
    t = ag.Tensor([[0.5, 0.1], [0.2, 0.4]], requires_grad=True)
    with pytest.raises(TypeError, match=r"lost in silence.*are in autograd_lite\.scipy\."):
        DIRECT[case](t)


def test_a_ufunc_without_a_rule_is_refused_under_its_name():
    with pytest.raises(TypeError, match=r"scipy\.special\.airy has no derivative here"):
        sp.airy(ag.Tensor(0.5, requires_grad=True))


def test_what_odeint_cannot_see_is_refused():
    a = ag.Tensor(0.5, requires_grad=True)
    with pytest.raises(TypeError, match=r"none of its arguments: pass it in args="):
        integrate.odeint(lambda y, t: a * y, np.ones(1), np.array([0.0, 1.0]))


ARGS = {
    "a dict of numbers": ({"k": 1.3}, lambda y, t, p: -p["k"] * y, lambda p: [p["k"]]),
    "a ragged list of arrays": (
        [np.array([[-0.5, 0.2], [0.1, -0.7]]), np.array([0.3, -0.1])],
        lambda y, t, p: p[0] @ y + p[1],
        lambda p: p,
    ),
    "layers": (
        [(np.full((3, 2), 0.3), np.zeros(3)), (np.full((2, 3), -0.2), np.ones(2))],
        lambda y, t, p: p[1][0] @ np.tanh(p[0][0] @ y + p[0][1]) + p[1][1],
        lambda p: [p[0][0], p[0][1], p[1][0], p[1][1]],
    ),
}


@pytest.mark.parametrize("case", ARGS)
def test_odeint_takes_arguments_in_dicts_and_lists(case):
    args, f, leaves = ARGS[case]
    t, exact = np.linspace(0, 1, 3), {"rtol": 1e-11, "atol": 1e-11}

    def loss(p):
        return np.sum(integrate.odeint(f, np.array([1.0, 0.5]), t, (p,), **exact))

    found = leaves(ag.grad(loss)(args))
    for gx, leaf in zip(found, leaves(args), strict=True):
        assert np.shape(gx) == np.shape(leaf)
    flat, build = trees.flatten(args)
    directions = [np.cos(np.arange(np.size(leaf))).reshape(np.shape(leaf)) for leaf in flat]
    moved = [
        loss(build([x + step * v for x, v in zip(flat, directions, strict=True)]))
        for step in (1e-5, -1e-5)
    ]
    slope = sum(np.sum(a * b) for a, b in zip(found, directions, strict=True))
    assert np.isclose(slope, (moved[0] - moved[1]) / 2e-5, rtol=1e-6)


@pytest.mark.parametrize("other", [np.tanh, None, "tanh", 3, True], ids=str)
def test_odeint_passes_on_arguments_that_are_no_arrays(other):
    def f(y, t, k, given):
        assert given is other
        return -k * y

    def end(k):
        return integrate.odeint(f, np.ones(1), [0.0, 1.0], (k, other), rtol=1e-10, atol=1e-10)[1, 0]

    assert np.isclose(ag.grad(end)(0.7), -np.exp(-0.7), rtol=1e-7)


# fmt: off
SETTINGS = {
    "Dfun":      {"Dfun": lambda y, t, k: -k * np.eye(2)},
    "col_deriv": {"Dfun": lambda y, t, k: -k * np.eye(2), "col_deriv": True},
    "a band":    {"ml": 0, "mu": 0},
    "steps":     {"h0": 1e-3, "hmax": 0.1, "hmin": 1e-12, "mxstep": 5000, "mxordn": 8, "mxords": 4},
    "critical":  {"tcrit": np.array([0.5])},
    "each":      {"rtol": np.array([1e-10, 1e-9]), "atol": np.array([1e-9, 1e-10])},
}
# fmt: on


@pytest.mark.parametrize("case", SETTINGS)
def test_odeint_takes_scipys_settings(case):
    settings = {"rtol": 1e-10, "atol": 1e-10, **SETTINGS[case]}

    def solved(odeint, k):
        return odeint(lambda y, t, k: -k * y, [1.0, 0.5], [0.0, 0.4, 1.0], (k,), **settings)

    expected = solved(scipy.integrate.odeint, 1.3)
    assert np.allclose(solved(integrate.odeint, 1.3), expected, rtol=1e-8)
    slope = ag.grad(lambda k: np.sum(solved(integrate.odeint, k)))(1.3)
    assert np.isclose(slope, -1.5 * (0.4 * np.exp(-0.52) + np.exp(-1.3)), rtol=1e-7)


def test_odeint_gives_scipys_output_too():
    y, output = integrate.odeint(lambda y, t: -y, [1.0], [0.0, 1.0], full_output=True)
    given, expected = scipy.integrate.odeint(lambda y, t: -y, [1.0], [0.0, 1.0], full_output=True)
    assert np.array_equal(y, given)
    assert output.keys() == expected.keys()
    assert output["message"] == expected["message"]
    assert output["nst"] == expected["nst"]


@pytest.mark.parametrize("rank", [2, 3])
def test_a_singular_covariance_is_allowed_where_it_is_asked_for(rank):
    rng = np.random.default_rng(0)
    factor, z = rng.normal(size=(3, rank)), rng.normal(size=(4, rank))

    def loss(logpdf, factor):
        points = z @ factor.T
        return np.sum(logpdf(points, np.zeros(3), factor @ factor.T, allow_singular=True))

    normal = scipy.stats.multivariate_normal.logpdf
    assert np.isclose(loss(stats.multivariate_normal.logpdf, factor), loss(normal, factor))
    slope = ag.grad(lambda factor: loss(stats.multivariate_normal.logpdf, factor))(factor)
    step = 1e-5 * rng.normal(size=factor.shape)
    change = (loss(normal, factor + step) - loss(normal, factor - step)) / 2
    assert np.isclose(np.sum(slope * step), change, rtol=1e-6)
    if rank < 3:
        off = [1.0, 0.0, 0.0]
        cov = factor @ factor.T
        assert (
            stats.multivariate_normal.logpdf(np.array(off), None, cov, allow_singular=True)
            == -np.inf
        )


# --- values far out: a derivative is a small difference of large ones ----------------------------

FAR_SLOPES = [
    # f, at, its derivatives of order 1, 2, 3, worked out with 60 digits
    (sp.erfcx, 1e2, [-5.641049762599318e-05, 1.128040780228834e-06, -3.383445820601696e-08]),
    (sp.dawsn, 1e2, [-5.000750187565655e-05, 1.00030011255253e-06, -3.001500787972825e-08]),
    (sp.erfcx, 1e6, [-5.6418958354691e-13, 1.128379167092127e-18, -3.385137501269612e-24]),
    (sp.dawsn, 1e6, [-5.0000000000075e-13, 1.000000000003e-18, -3.000000000015e-24]),
    (sp.erfcx, -20.0, [-4.17717575181132e175, 1.67295888860043e177]),
    (sp.erfcx, 9.0, [-0.00684013441556826, 0.0014930285953207]),
    (sp.erfcx, 11.0, [-0.00460608241756681, 0.000827376329707017]),
    (sp.erfcx, 1e8, [-5.64189583547756e-17, 1.12837916709551e-24]),
    (sp.dawsn, 9.0, [-0.00629084103830829, 0.00142504524084835]),
    (sp.dawsn, -11.0, [-0.00418454761055244, -0.000770543103921698]),
    (sp.dawsn, 1e8, [-5.0e-17, 1.0e-24]),
    (sp.i0e, 1e3, [-6.31019896262712e-6, 9.46766832560149e-9]),
    (sp.i0e, -1e8, [1.99471140948733e-13, 2.99206712171116e-21]),
    (sp.i1e, 1e3, [-6.30073129430151e-6, 9.44399322562866e-9]),
    (sp.i1e, -1e8, [-1.99471137956666e-13, -2.99206704690949e-21]),
    (sp.k0e, 1e3, [-1.98092122059934e-5, 2.97064009734796e-8]),
    (sp.k0e, 1e8, [-6.26657066307786e-13, 9.39985597111715e-21]),
    (sp.k1e, 1e3, [-1.98389186069668e-5, 2.97806484464474e-8]),
    (sp.k1e, 1e12, [-6.26657068658455e-19, 9.39985602988388e-31]),
    (lambda x: sp.ive(2.5, x), 1e3, [-6.25115544077452e-6, 9.32015191435548e-9]),
    (lambda x: sp.ive(2.5, x), 1e8, [-1.99471122248314e-13, 2.99206665420069e-21]),
    (lambda x: sp.kve(2.5, x), 1e3, [-1.99952834659696e-5, 3.01718694264414e-8]),
    (lambda x: sp.kve(2.5, x), 1e8, [-6.26657125056887e-13, 9.39985743984469e-21]),
    (sp.log_ndtr, -1e5, [100000.00001, -0.9999999999]),
    (sp.log_ndtr, 20.0, [5.52094836215976e-88, -1.10418967243195e-86]),
    (sp.log_ndtr, 1e8, [0, 0]),
    (np.expm1, -40.0, [4.24835425529159e-18, 4.24835425529159e-18]),
    (lambda delta: sp.pseudo_huber(delta, 1.0), 1e4, [2.499999975e-13, -7.499999875e-17]),
    (lambda delta: sp.pseudo_huber(delta, 1.0), 1e-6, [0.9999980000015, -1.999997]),
]


@pytest.mark.parametrize(("f", "at", "expected"), FAR_SLOPES)
def test_a_slope_far_out_does_not_cancel(f, at, expected):
    slope = f
    for value in expected:
        slope = ag.grad(slope)
        assert np.isclose(slope(at), value, rtol=1e-10, atol=0)


def test_a_distribution_takes_scipys_arguments_only():
    with pytest.raises(TypeError, match="gamma takes x, a, loc, scale"):
        stats.gamma.pdf(1.0)
    with pytest.raises(TypeError, match="norm takes x, loc, scale"):
        stats.norm.pdf(1.0, mean=0.5)


# --- special points ------------------------------------------------------------------------------

# fmt: off
POINTS = [
    # f                              at                     its derivatives there
    (lambda x: sp.xlogy(0.0, x),     [0, 2],                [0, 0]),
    (lambda x: sp.xlogy(x, 2.0),     [0, 1],                [np.log(2), np.log(2)]),
    (lambda x: sp.xlog1py(0.0, x),   [-1, 0],               [0, 0]),
    (lambda x: sp.rel_entr(0.0, x),  [0, 2],                [0, 0]),
    (lambda x: sp.kl_div(0.0, x),    [0, 2],                [1, 1]),
    (sp.entr,                        [0, 1],                [inf, -1]),
    (sp.i0e,                         [0],                   [0]),
    (sp.ellipk,                      [0, 1e-13, 1],         [np.pi / 8, np.pi / 8, inf]),
    (sp.ellipe,                      [0, 1e-13, 1],         [-np.pi / 8, -np.pi / 8, -inf]),
    (sp.rgamma,                      [-2, -1, 0, 1],        [2, -1, 1, np.euler_gamma]),
    (sp.log_ndtr,                    [-1e5, 0, 100],        [1e5, np.sqrt(2 / np.pi), 0]),
    (sp.expit,                       [-1000, 0, 1000],      [0, .25, 0]),
    (lambda x: sp.huber(1.0, x),     [-2, -1, 0, 1, 2],     [-1, -1, 0, 1, 1]),
    (lambda x: stats.gamma.pdf(x, 2.0), [-1, 2],            [0, -np.exp(-2)]),
    (lambda x: stats.beta.logpdf(x, 2.0, 1.0), [-1, .5, 2], [0, 2, 0]),
    (lambda x: stats.beta.cdf(x, 2.0, 1.0), [-1, .5, 2],    [0, 1, 0]),
    (stats.norm.logcdf,              [-1e5, inf],           [1e5, 0]),
    (lambda mu: stats.poisson.logpmf(0, mu), [0, 2],        [-1, -1]),
]
# fmt: on


@pytest.mark.parametrize(("f", "at", "expected"), POINTS)
def test_the_derivative_at_a_special_point_is(f, at, expected):
    np.testing.assert_allclose(slope(f, at), expected, rtol=1e-9)


@pytest.mark.parametrize("m", [0, 1e-13])
def test_elliptic_integrals_have_their_second_derivative_near_0(m):
    for f, expected in ((sp.ellipk, 9 * np.pi / 64), (sp.ellipe, -3 * np.pi / 64)):
        np.testing.assert_allclose(ag.grad(ag.grad(f))(float(m)), expected, rtol=1e-11)


def test_the_reciprocal_gamma_function_has_its_second_derivative_at_its_zeros():
    """The series of 1 / gamma at 0 is x + gamma x**2 + ..., with Euler's gamma."""
    second = ag.grad(ag.grad(sp.rgamma))(0.0)
    np.testing.assert_allclose(second, 2 * np.euler_gamma, rtol=1e-14)


@pytest.mark.parametrize("z", [0.7 - 0.3j, -0.7 + 0.4j])
@pytest.mark.parametrize("part", [np.real, np.imag])
def test_a_scaled_bessel_function_of_a_complex_number_is_not_holomorphic(part, z):
    def f(z):
        return part(sp.ive(1.5, z))

    along, across = ((f(z + h) - f(z - h)) / 2e-6 for h in (1e-6, 1e-6j))
    np.testing.assert_allclose(ag.grad(f)(z), along - 1j * across, rtol=1e-7)


def test_the_mixed_derivative_of_xlogy_is_kept_at_zero():
    mixed = ag.grad(lambda x: ag.grad(sp.xlogy, argnums=1)(x, 2.0))(0.0)
    assert mixed == 0.5


def test_a_weight_of_zero_has_a_gradient_in_logsumexp():
    a, b = np.array([0.3, 2.0]), np.array([1.0, 0.0])
    [g] = ag.gradients(special.logsumexp(a, b=(t := ag.Tensor(b, requires_grad=True))), [t])
    np.testing.assert_allclose(g, np.exp(a - 0.3), rtol=1e-15)


def test_logsumexp_with_weights_is_scipys():
    a, b = np.array([[0.3, 1000.0], [-1000.0, 2.0]]), np.array([[1.0, 0.0], [-2.0, 1.0]])
    for keywords in ({}, {"axis": 0}, {"return_sign": True}, {"axis": 1, "keepdims": True}):
        got = special.logsumexp(ag.Tensor(a, requires_grad=True), b=b, **keywords)
        expected = sp.logsumexp(a, b=b, **keywords)
        many = keywords.get("return_sign", False)
        for one, other in zip(got, expected, strict=True) if many else [(got, expected)]:
            np.testing.assert_allclose(plain(one), other, rtol=1e-14)


# --- the distributions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "mean", "cov"),
    [
        (0.5, None, 2.0),
        (np.array([0.5, 1.0]), None, 2.0),
        (np.array([0.5, 1.0]), np.array([0.1, 0.2]), 2.0),
        (np.array([0.5, 1.0]), np.zeros(2), np.array([1.0, 2.0])),
        (np.ones((2, 3, 2)), np.zeros(2), np.array([[2.0, 0.5], [0.5, 1.0]])),
    ],
)
def test_the_multivariate_normal_takes_what_scipys_takes(x, mean, cov):
    expected = scipy.stats.multivariate_normal.logpdf(x, mean, cov)
    np.testing.assert_allclose(stats.multivariate_normal.logpdf(x, mean, cov), expected)
    expected = scipy.stats.multivariate_normal.entropy(mean, cov)
    np.testing.assert_allclose(stats.multivariate_normal.entropy(mean, cov), expected)


def test_dirichlet_takes_one_fewer_and_refuses_what_is_no_simplex():
    x, alpha = np.array([0.2, 0.3]), np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(
        stats.dirichlet.logpdf(x, alpha), scipy.stats.dirichlet.logpdf(x, alpha)
    )
    ag.check_gradients(stats.dirichlet.logpdf, x, alpha)
    with pytest.raises(ValueError, match="not negative and of sum 1"):
        stats.dirichlet.logpdf(np.array([0.2, 0.3, 0.6]), alpha)
    with pytest.raises(ValueError, match="as many or one fewer x than alpha"):
        stats.dirichlet.logpdf(np.array([1.0]), alpha)


@pytest.mark.parametrize("k", [-1, 0, 2, 2.5])
@pytest.mark.parametrize("method", ["pmf", "logpmf", "cdf", "sf"])
def test_poisson_is_scipys_where_k_is_no_count(method, k):
    got = getattr(stats.poisson, method)(k, 1.5)
    np.testing.assert_allclose(got, getattr(scipy.stats.poisson, method)(k, 1.5))


def test_the_tails_of_the_normal_keep_their_precision():
    x = np.array([-30.0, 30.0])
    np.testing.assert_allclose(stats.norm.logcdf(x), scipy.stats.norm.logcdf(x), rtol=1e-14)
    np.testing.assert_allclose(stats.norm.logsf(x), scipy.stats.norm.logsf(x), rtol=1e-14)
    np.testing.assert_allclose(stats.norm.sf(x), scipy.stats.norm.sf(x), rtol=1e-13)


def test_a_covariance_that_is_none_is_refused_as_scipy_does():
    flat, indefinite = np.ones((2, 2)), np.array([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(np.linalg.LinAlgError, match="write allow_singular=True"):
        stats.multivariate_normal.logpdf(np.zeros(2), None, flat)
    with pytest.raises(ValueError, match="a covariance has none below 0"):
        stats.multivariate_normal.logpdf(np.zeros(2), None, indefinite, allow_singular=True)
    for cov in (flat, np.eye(2)):
        expected = scipy.stats.multivariate_normal.entropy(np.zeros(2), cov)
        np.testing.assert_allclose(stats.multivariate_normal.entropy(np.zeros(2), cov), expected)


# --- matrices, signals, differential equations -------------------------------------------------


def test_the_square_root_of_a_real_matrix_may_be_complex():
    a = np.array([[-1.0, 0.5], [0.2, 2.0]])
    x = ag.Tensor(a, requires_grad=True)
    root = linalg.sqrtm(x)
    assert root.dtype.kind == "c"
    value = np.sum(np.real(root * (1 + 2j)))
    [g] = ag.gradients(value, [x])
    step = 1e-6 * np.array([[1.0, 0.0], [0.0, 0.0]])
    rise = scipy.linalg.sqrtm(a + step) - scipy.linalg.sqrtm(a - step)
    np.testing.assert_allclose(g[0, 0], np.sum(rise * (1 + 2j)).real / 2e-6, rtol=1e-6)


def test_keywords_that_concern_the_way_and_not_the_result_pass_through():
    a, b = np.array([[2.0, 0.5], [0.3, 1.0]]), np.array([1.0, 2.0])
    ab = np.array([[0.0, 0.5], [2.0, 1.0]])
    cases = [
        (linalg.solve_triangular, (a, b), {"overwrite_b": True, "check_finite": False}),
        (lambda ab, b, **kw: linalg.solve_banded((0, 1), ab, b, **kw), (ab, b),
         {"overwrite_ab": True, "overwrite_b": True, "check_finite": False}),
        (linalg.sqrtm, (a,), {"blocksize": 32}),
        (lambda a, **kw: linalg.sqrtm(a, **kw)[0], (a,), {"disp": False}),
    ]  # fmt: skip
    for f, args, keywords in cases:
        plainly = (lambda a: linalg.sqrtm(a)) if len(args) == 1 else f
        everything = tuple(range(len(args)))
        for with_, without in zip(
            ag.grad(lambda *args: np.sum(f(*args, **keywords)), everything)(*args),  # noqa: B023
            ag.grad(lambda *args: np.sum(plainly(*args)), everything)(*args),  # noqa: B023
            strict=True,
        ):
            np.testing.assert_array_equal(with_, without)
    assert linalg.sqrtm(a, disp=False)[1] < 1e-15
    with pytest.raises(ValueError, match="infs or NaNs"):
        linalg.solve_triangular(ag.Tensor(a * nan, requires_grad=True), b)


def test_correlate_is_scipys_for_complex_signals():
    a, b = np.array([1 + 1j, 2.0, -1j]), np.array([0.5j, 1.0])
    for mode in ("full", "same", "valid"):
        for pair in ((a, b), (b, a)):
            expected = scipy.signal.correlate(*pair, mode)
            np.testing.assert_allclose(signal.correlate(*pair, mode), expected, atol=1e-15)


def test_the_adjoint_equation_is_solved_in_double_precision(monkeypatch):
    """Shares rounded to float32 are noise to a solver of 11 digits: it takes many more steps."""
    calls, solver = [], scipy.integrate.odeint

    def counted(slope, *args, **kwargs):
        return solver(lambda y, t: calls.append(1) or slope(y, t), *args, **kwargs)

    def pendulum(y, t, rate):
        return np.stack([y[1], -rate * np.sin(y[0])])

    monkeypatch.setattr(scipy.integrate, "odeint", counted)
    steps, slopes = {}, {}
    for dtype in (np.float32, np.float64):
        rate = ag.Tensor(0.75, requires_grad=True, dtype=dtype)
        y = integrate.odeint(pendulum, np.ones(2), [0.0, 0.5], (rate,), rtol=1e-11, atol=1e-11)
        calls.clear()
        [slopes[dtype]] = ag.gradients(np.sum(y), [rate])
        steps[dtype] = len(calls)
        assert slopes[dtype].dtype == dtype
    np.testing.assert_allclose(slopes[np.float32], slopes[np.float64], rtol=1e-6)
    assert steps[np.float32] == steps[np.float64]


def test_the_derivatives_of_a_solution_of_an_equation_are_those_of_its_formula():
    """y' = a y has the solution y0 exp(a (t - t0)), and its second derivative too."""

    def y(a, y0, t):
        return integrate.odeint(lambda y, t, a: a * y, y0, t, (a,), rtol=1e-11, atol=1e-11)[1, 0]

    a, y0, t = np.array(0.7), np.array([1.5]), np.array([0.2, 1.2])
    ga, gy, gt = ag.grad(y, argnums=(0, 1, 2))(a, y0, t)
    out = 1.5 * np.exp(0.7)
    np.testing.assert_allclose(ga, out, rtol=1e-8)
    np.testing.assert_allclose(gy, [np.exp(0.7)], rtol=1e-8)
    np.testing.assert_allclose(gt, [-0.7 * out, 0.7 * out], rtol=1e-8)
    np.testing.assert_allclose(ag.grad(ag.grad(y))(a, y0, t), out, rtol=1e-7)


def test_ufuncs_that_numpy_and_scipy_both_have_keep_their_names():
    numpys = [f for f in vars(np).values() if isinstance(f, np.ufunc)]
    assert [f for f in numpys if getattr(np, full_name(f).removeprefix("np.")) is not f] == []
    assert full_name(sp.log1p) == "scipy.special.log1p"


def test_without_scipy_the_way_out_is_named(monkeypatch):
    package = importlib.import_module("autograd_lite.scipy")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install scipy"):
        importlib.reload(package)
