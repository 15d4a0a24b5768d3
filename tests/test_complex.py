"""Complex numbers: the convention, the points that are special, and what must not be lost."""

import doctest
from pathlib import Path

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag

CONVENTIONS = Path(__file__).parents[1] / "docs" / "conventions.md"
Z = np.array([1 + 2j, -0.5 + 1j, 2 - 1j])


def gradient(f, z):
    z = variable(z)
    return ag.gradients(f(z), [z])[0]


def test_the_examples_of_the_conventions_are_right():
    failures, tests = doctest.testfile(str(CONVENTIONS), module_relative=False)
    assert tests >= 3
    assert failures == 0


def test_the_gradient_of_a_real_loss_is_its_x_part_minus_i_times_its_y_part():
    """L = x^2 y of z = x + iy: dL/dx = 2 x y, dL/dy = x^2."""
    x, y = Z.real, Z.imag
    g = gradient(lambda z: np.sum(z.real**2 * z.imag), Z)
    np.testing.assert_allclose(g, 2 * x * y - 1j * x**2)


def test_the_gradient_of_a_holomorphic_function_is_its_derivative():
    for f, derivative in (
        (np.exp, np.exp), (np.sin, np.cos), (lambda z: z**3, lambda z: 3 * z**2),
        (np.log, lambda z: 1 / z), (lambda z: 1 / z, lambda z: -1 / z**2),
    ):  # fmt: skip
        np.testing.assert_allclose(gradient(lambda z: np.sum(f(z)), Z), derivative(Z))  # noqa: B023
        for z in Z:
            np.testing.assert_allclose(ag.grad(f, holomorphic=True)(z), derivative(z))


def test_the_conjugate_of_the_gradient_is_the_direction_of_steepest_ascent():
    def loss(z):
        return np.sum(np.abs(z * (1 + 2j) - 3) ** 2)

    z = np.array([0.3 + 0.1j])
    for _ in range(100):
        z = z - 0.05 * np.conj(ag.grad(loss)(z))
    np.testing.assert_allclose(z, 3 / (1 + 2j))


def test_a_real_variable_among_complex_constants_has_a_real_gradient():
    for dtype, wider in ((np.float32, np.complex64), (np.float64, np.complex128)):
        x = variable(np.array([0.5, 2.0], dtype))
        out = np.exp(1j * x) * (2 + 1j)
        assert out.dtype == wider
        loss = np.sum(np.abs(out + x) ** 2)
        assert loss.dtype == dtype
        g = ag.gradients(loss, [x])[0]
        assert g.dtype == dtype
        x.grad = g


def test_second_derivatives_pass_the_complex_plane():
    """cos is the real part of exp(ix)."""

    def f(x):
        return np.sum(np.exp(1j * x).real)

    second = ag.grad(lambda x: np.sum(ag.grad(f)(x)))
    x = np.array([0.3, 1.2])
    np.testing.assert_allclose(second(x), -np.cos(x))


def test_an_operation_on_parts_is_the_operation_on_pairs():
    """z * conj(w) / |w|, as complex numbers and as pairs of real ones."""

    def complex_(a, b, c, d):
        z, w = a + 1j * b, c + 1j * d
        q = z * np.conj(w) / np.abs(w)
        return np.sum(q.real * q.imag)

    def pairs(a, b, c, d):
        size = np.sqrt(c * c + d * d)
        return np.sum((a * c + b * d) / size * (b * c - a * d) / size)

    args = np.random.default_rng(0).normal(size=(4, 3))
    every = (0, 1, 2, 3)
    np.testing.assert_allclose(ag.grad(complex_, every)(*args), ag.grad(pairs, every)(*args))


# fmt: off
POINTS = [
    # f                                    at                  its derivative
    ("abs at 0",      np.abs,              0,                  0),
    ("abs",           np.abs,              3 + 4j,             0.6 - 0.8j),
    ("abs of -2",     np.abs,              -2,                 -1),
    ("angle at 0",    np.angle,            0,                  0),
    ("angle",         np.angle,            2j,                 -0.5),
    ("square",        np.square,           0,                  0),
    ("sqrt",          np.sqrt,             -4,                 -0.25j),
    ("z ** 2 at 0",   lambda z: z ** 2,    0,                  0),
    ("z ** 1 at 0",   lambda z: z ** 1,    0,                  1),
    ("z ** 0 at 0",   lambda z: z ** 0,    0,                  0),
    ("sinc at 0",     np.sinc,             0,                  0),
    ("nan_to_num",    np.nan_to_num,       complex(1, np.inf), 1),
    ("maximum",       lambda z: np.maximum(z, 1j), 0,          0),
    ("maximum tie",   lambda z: np.maximum(z, 1j), 1j,         0.5),
    ("sign at 0",     np.sign,             0,                  0),
]
# fmt: on


@pytest.mark.parametrize(
    ("f", "z", "expected"), [p[1:] for p in POINTS], ids=[p[0] for p in POINTS]
)
def test_the_derivative_at_a_special_point_is(f, z, expected):
    for dtype in (np.complex64, np.complex128):
        t = variable(np.array(z, dtype))
        g = ag.gradients(f(t), [t])[0]
        assert g.dtype == dtype
        np.testing.assert_allclose(g, expected, rtol=1e-6, atol=1e-7)


def test_second_derivatives_at_zero_are_finite_where_they_exist():
    for f in (np.sinc, lambda z: z.real * z.imag):
        first = ag.grad(lambda z: f(z).real)  # noqa: B023
        assert np.isfinite(ag.grad(lambda z: first(z).real)(np.array(0j)))  # noqa: B023
    for f in (np.abs, np.angle, lambda z: np.abs(z) ** 2):
        first = ag.grad(lambda z: f(z).real)  # noqa: B023
        assert not np.isfinite(ag.grad(lambda z: first(z).real)(np.array(0j)))  # noqa: B023


def test_power_of_a_negative_base_to_a_complex_exponent():
    x, y = variable(-2.0), variable(0.5 + 0.2j)
    out = x**y
    expected = complex(-2) ** (0.5 + 0.2j)
    np.testing.assert_allclose(out.item(), expected)
    gx, gy = ag.gradients(out, [x, y])
    np.testing.assert_allclose(gx, ((0.5 + 0.2j) * complex(-2) ** (-0.5 + 0.2j)).real)
    np.testing.assert_allclose(gy, expected * np.log(complex(-2)))


def test_the_derivative_of_arccosh_is_right_in_the_left_half_plane():
    z = -2 + 0.5j
    h = 1e-6
    numeric = (np.arccosh(z + h) - np.arccosh(z - h)) / (2 * h)
    np.testing.assert_allclose(ag.grad(np.arccosh, holomorphic=True)(z), numeric, rtol=1e-8)


@pytest.mark.parametrize(("order", "expected"), [(1, 0), (2, 2), (3, 0)])
def test_nothing_comes_through_the_branch_not_taken(order, expected):
    def f(z):
        with np.errstate(all="ignore"):
            return np.sum(np.where(np.array([True, False]), np.log(z), z * z)).real

    for _ in range(order):
        f = _sum_gradient(f)
    with np.errstate(all="raise"):
        assert f.gradient(np.array([1 + 1j, 0]))[1] == expected


def _sum_gradient(f):
    def total(z):
        return np.sum(total.gradient(z)).real

    total.gradient = ag.grad(f)
    return total


def test_parts_and_methods():
    z = variable(Z)
    for got, expected in (
        (z.real, Z.real), (z.imag, Z.imag), (z.conj(), Z.conj()), (z.conjugate(), Z.conj()),
        (np.real(z), Z.real), (np.imag(z), Z.imag), (abs(z), abs(Z)),
    ):  # fmt: skip
        assert got.requires_grad
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got.data, expected)
    x = variable([1.0, 2.0])
    assert x.real.dtype == x.imag.dtype == np.float64
    np.testing.assert_array_equal(x.imag.data, [0, 0])


def test_a_cast_to_complex_and_back():
    x = variable([1.0, 2.0])
    z = x.astype(np.complex64) * 1j
    assert z.dtype == np.complex64
    g = ag.gradients(np.sum(z.imag * np.array([3.0, 4.0])), [x])[0]
    assert g.dtype == np.float64
    np.testing.assert_array_equal(g, [3, 4])


def test_the_checker_finds_a_missing_conjugate():
    wrong = ag.elementwise(lambda z: z.conj(), lambda g, out, z: g * 1)
    with pytest.raises(AssertionError, match="d argument 0"):
        ag.check_gradients(wrong, Z)
    ag.check_gradients(lambda z: z.conj() * z**2, Z)


def test_the_checker_takes_real_and_complex_arguments_together():
    assert ag.check_gradients(lambda x, z: x * np.exp(z), np.array([1.0, 2.0]), Z[:2])


def test_the_checker_refuses_a_point_where_the_function_is_not_finite():
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=r"is -?inf there"):
        ag.check_gradients(lambda x: 1 / (x * x), np.array([0.0, 1.0]))


def test_numeric_gradients_of_complex_numbers():
    [g] = ag.numeric_gradients(lambda z: np.sum(z.real**2 * z.imag), Z)
    np.testing.assert_allclose(g, 2 * Z.real * Z.imag - 1j * Z.real**2, rtol=1e-8)


def test_a_loop_of_quantum_mechanics():
    """The energy <v|H|v> / <v|v> is lowest at the lowest eigenvalue."""
    rng = np.random.default_rng(1)
    a = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    H = a + a.conj().T

    def energy(v):
        return ((v.conj() @ (H @ v)) / (v.conj() @ v)).real

    v = rng.normal(size=3) + 1j * rng.normal(size=3)
    for _ in range(300):
        v = v - 0.05 * np.conj(ag.grad(energy)(v))
    np.testing.assert_allclose(energy(v), np.linalg.eigvalsh(H)[0])
