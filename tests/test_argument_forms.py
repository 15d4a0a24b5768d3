"""Axes, shapes, indices and counts in every form that NumPy takes them in."""

import numpy as np
import pytest

import autograd_lite as ag

ONE_AXIS = [1, -2, np.int64(1), np.array(1)]
AXES = [(0, 2), (-3, -1), (np.int64(0), np.int32(2))]  # of three
LISTS = [[0, 2], np.array([0, 2]), [np.int64(-3), -1]]

FORMS = {
    # of x of shape (2, 3, 4), and the forms of one and the same argument
    "sum": (lambda x, a: np.sum(x, axis=a), [*ONE_AXIS, (1,)]),
    "sum of two": (lambda x, a: np.sum(x, axis=a), AXES),
    "mean": (lambda x, a: x.mean(a), [*ONE_AXIS, (1,)]),
    "var": (lambda x, a: np.var(x, axis=a), AXES),
    "std": (lambda x, a: np.std(x, axis=a), [*ONE_AXIS, (1,)]),
    "max": (lambda x, a: np.max(x, axis=a), AXES),
    "prod": (lambda x, a: np.prod(x, axis=a), AXES),
    "ptp": (lambda x, a: np.ptp(x, axis=a), AXES),
    "nansum": (lambda x, a: np.nansum(x, axis=a), AXES),
    "median": (lambda x, a: np.median(x, axis=a), AXES),
    "quantile": (lambda x, a: np.quantile(x, 0.3, axis=a), AXES),
    "average": (lambda x, a: np.average(x, axis=a, weights=x), AXES),
    "cumsum": (lambda x, a: np.cumsum(x, axis=a), ONE_AXIS),
    "cumprod": (lambda x, a: np.cumprod(x, axis=a), ONE_AXIS),
    "sort": (lambda x, a: np.sort(x, axis=a), ONE_AXIS),
    "flip": (lambda x, a: np.flip(x, a), [*ONE_AXIS, (1,)]),
    "flip of two": (lambda x, a: np.flip(x, a), AXES),
    "roll": (lambda x, a: np.roll(x, 2, a), [*ONE_AXIS, (1,), [1]]),
    "roll by two": (lambda x, a: np.roll(x, a, (0, 2)), [(1, 2), [1, 2], np.array([1, 2])]),
    "rot90": (lambda x, a: np.rot90(x, 1, a), AXES + LISTS),
    "expand_dims": (lambda x, a: np.expand_dims(x, a), [(0, 2), [0, 2], (-5, np.int64(2))]),
    "squeeze": (lambda x, a: np.squeeze(x[:1, :, :1], a), AXES),
    ".squeeze": (lambda x, a: x[:, :1].squeeze(a), [*ONE_AXIS, (1,)]),
    "transpose": (
        lambda x, a: np.transpose(x, a),
        [(2, 0, 1), [2, 0, 1], np.array([2, 0, 1]), (-1, -3, 1)],
    ),
    ".transpose": (lambda x, a: x.transpose(a), [(2, 0, 1), [2, 0, 1], (-1, np.int64(0), 1)]),
    "of a vector": (
        lambda x, a: np.transpose(x[0, 0], a),
        [0, -1, (0,), [0], np.int64(0), np.array(0), np.array([0]), None],
    ),
    ".T of a vector": (lambda x, a: x[0, 0].transpose(a), [0, -1, (0,), [0], np.int64(0), None]),
    "permute_dims": (lambda x, a: np.permute_dims(x[0, 0], a), [0, -1, (0,), [0], None]),
    "of a number": (lambda x, a: np.transpose(x[0, 0, 0], a), [(), [], None]),
    "moveaxis": (lambda x, a: np.moveaxis(x, a, 0), [1, (1,), [1], np.int64(-2), np.array(1)]),
    "swapaxes": (lambda x, a: np.swapaxes(x, a, 0), ONE_AXIS),
    "diff": (lambda x, a: np.diff(x, 1, a), [1, -2, np.int64(1)]),
    "gradient": (lambda x, a: np.gradient(x, axis=a), [1, (1,), -2, np.int64(1)]),
    "trapezoid": (lambda x, a: np.trapezoid(x, axis=a), [1, -2, np.int64(1)]),
    "norm": (lambda x, a: np.linalg.norm(x, axis=a), [1, (1,), -2, np.int64(1)]),
    "norm of two": (lambda x, a: np.linalg.norm(x, axis=a), AXES),
    "vector_norm": (lambda x, a: np.linalg.vector_norm(x, axis=a), AXES),
    "cross": (lambda x, a: np.cross(x, x**2, axis=a), ONE_AXIS),
    "trace": (lambda x, a: np.trace(x, 1, a, 0), [1, -2, np.int64(1)]),
    "diagonal": (lambda x, a: np.diagonal(x, 1, a, 0), [1, -2, np.int64(1)]),
    "fft": (lambda x, a: np.abs(np.fft.fft(x, axis=a)), [1, -2, np.int64(1)]),
    "fftn": (lambda x, a: np.abs(np.fft.fftn(x, axes=a)), AXES + LISTS),
    "fftshift": (lambda x, a: np.fft.fftshift(x, a), [1, (1,), [1], -2, np.int64(1)]),
    "take": (lambda x, a: np.take(x, [0, 1], a), ONE_AXIS),
    "take of": (lambda x, a: np.take(x, a, 1), [(0, 2), [0, 2], np.array([0, 2]), [0, -1]]),
    "repeat": (lambda x, a: np.repeat(x, a, 1), [(1, 2, 0), [1, 2, 0], np.array([1, 2, 0])]),
    "repeat all": (lambda x, a: np.repeat(x, a, np.int64(-2)), [2, [2], np.int64(2), np.array(2)]),
    "tile": (lambda x, a: np.tile(x, a), [(2, 1), [2, 1], np.array([2, 1]), (1, 2, 1)]),
    "reshape": (
        lambda x, a: np.reshape(x, a),
        [(6, 4), [6, -1], np.array([6, 4]), (np.int64(-1), 4)],
    ),
    "resize": (lambda x, a: np.resize(x, a), [(5, 2), [5, 2], np.array([5, 2])]),
    "broadcast_to": (lambda x, a: np.broadcast_to(x[0, 0], a), [(2, 4), [2, 4], np.array([2, 4])]),
    "delete": (lambda x, a: np.delete(x, a, 1), [[1], 1, slice(1, 2), np.array([1]), -2]),
    "split": (
        lambda x, a: np.split(x, a, 1)[1],
        [3, np.int64(3), [1, 2], (1, 2), np.array([1, 2])],
    ),
    "concatenate": (lambda x, a: np.concatenate([x, x * x], a), [1, -2, np.int64(1)]),
    "stack": (lambda x, a: np.stack([x, x * x], a), [1, -3, np.int64(1)]),
    "partition": (lambda x, a: np.partition(x, a, 1), [(1, 2), [1, 2], np.array([1, 2])]),
    "windows": (lambda x, a: np.lib.stride_tricks.sliding_window_view(x, 2, a), [1, (1,), [1], -2]),
    "pad": (lambda x, a: np.pad(x, a), [1, (1,), (1, 1), [[1, 1]] * 3, np.array([1]), np.int64(1)]),
    "tensordot": (
        lambda x, a: np.tensordot(x, x, a),
        [([0, 1], [0, 1]), ((0, 1), (0, 1)), np.array([[0, 1], [0, 1]]), ((-3, 1), [0, -2])],
    ),
    "tensordot n": (
        lambda x, a: np.tensordot(x, np.swapaxes(x, 0, 2), a),
        [1, np.int64(1), ([2], [0]), (2, 0), (-1, -3)],
    ),
    "apply_over_axes": (lambda x, a: np.apply_over_axes(np.sum, x, a), AXES + LISTS),
    "condition": (
        lambda x, a: np.sum(x, where=a),
        [[True, False, True, True], np.array([True, False, True, True])],
    ),
    "compress": (
        lambda x, a: np.compress(a, x, 1),
        [[True, False, True], (1, 0, 1), np.array([1, 0, 1], bool)],
    ),
    "power": (lambda x, a: np.power(x, a), [2, 2.0, np.int64(2), np.float32(2), [2] * 4]),
}
if hasattr(np, "cumulative_sum"):
    FORMS |= {
        "cumulative_sum": (lambda x, a: np.cumulative_sum(x, axis=a), [1, -2, np.int64(1), (1,)]),
        "cumulative_prod": (lambda x, a: np.cumulative_prod(x, axis=a), [1, -2, np.int64(1), (1,)]),
    }


@pytest.mark.parametrize(("f", "forms"), FORMS.values(), ids=FORMS)
def test_every_form_of_an_argument_gives_one_value_and_one_gradient(f, forms):
    x = np.random.default_rng(0).uniform(0.5, 2, (2, 3, 4))
    first = None
    for form in forms:
        t = ag.Tensor(x, requires_grad=True)
        out = f(t, form)
        np.testing.assert_array_equal(out.data, f(x, form))
        [g] = ag.gradients(np.sum(np.sin(out)), [t])
        first = g if first is None else first
        np.testing.assert_array_equal(g, first)
    tangent = np.cos(x)
    found = np.sum(first * tangent)
    rise = np.sum(np.sin(f(x + 1e-6 * tangent, form))) - np.sum(np.sin(f(x - 1e-6 * tangent, form)))
    np.testing.assert_allclose(found, rise / 2e-6, rtol=1e-6)
