"""Calls with several results: each is a tensor, and they share one call on the tape."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.tape import history
from autograd_lite.rules import decompositions

A = np.array([[2.0, 0.5, 0.1], [0.5, -1.0, 0.3], [0.1, 0.3, 0.7]])


def variable(data=A, **options):
    return ag.Tensor(data, requires_grad=True, **options)


def numeric(f, a=A):
    """Central differences along symmetric directions: the gradient of a symmetric argument."""
    found = np.zeros_like(a)
    for i, j in np.ndindex(a.shape):
        step = np.zeros_like(a)
        step[i, j] += 5e-6
        step[j, i] += 5e-6
        found[i, j] = (f(a + step) - f(a - step)) / 2e-5
    return found


def of_values(a):
    w, _ = np.linalg.eigh(a)
    return np.sum(w**3)


def of_vectors(a):
    _, v = np.linalg.eigh(a)
    return np.sum(v[0] * v[1] * np.array([1.0, 2.0, 4.0]))


def of_both(a):
    w, v = np.linalg.eigh(a)
    return np.sum((v * np.exp(w)) @ v.T * np.arange(9.0).reshape(3, 3))


def of_one_many_times(a):
    result = np.linalg.eigh(a)
    w = result.eigenvalues
    return w[0] * w[2] + np.sum(w * w) + result[0][1]


@pytest.mark.parametrize("f", [of_values, of_vectors, of_both, of_one_many_times])
def test_the_gradient_collects_what_arrives_at_each_result(f):
    a = variable()
    f(a).backward()
    np.testing.assert_allclose(a.grad, numeric(f), atol=1e-8)


@pytest.mark.parametrize("f", [of_values, of_vectors, of_both, of_one_many_times])
def test_the_second_derivative_is_the_numeric_one(f):
    ag.check_gradients(lambda a: f((a + a.T) / 2), A, order=2)


def test_the_results_come_in_numpys_own_type_of_tuple():
    found = np.linalg.eigh(variable())
    assert type(found) is type(np.linalg.eigh(A))
    assert all(isinstance(part, ag.Tensor) for part in found)
    assert found.eigenvectors is found[1]


def test_the_call_is_recorded_once():
    w, v = np.linalg.eigh(variable())
    nodes = history((np.sum(w) + np.sum(v)).node)
    assert [n.op.name for n in nodes if n.op].count("eigh") == 1


def test_a_result_that_is_an_integer_stays_plain():
    x, _, rank, _ = np.linalg.lstsq(variable(), np.ones(3))
    assert isinstance(rank, np.integer)
    assert x.requires_grad
    assert isinstance(np.linalg.lstsq(ag.Tensor(A), np.ones(3))[2], np.integer)


def test_of_constants_all_results_are_constants():
    w, v = np.linalg.eigh(ag.Tensor(A))
    assert not w.requires_grad
    assert not v.requires_grad
    with ag.no_grad():
        assert not np.linalg.eigh(variable())[0].requires_grad


def test_plain_arrays_give_plain_results():
    assert all(type(part) is np.ndarray for part in np.linalg.eigh(A))


# --- inner results as inputs and outputs ------------------------------------------------------


def test_the_gradient_with_respect_to_one_of_the_results():
    a = variable()
    w, v = np.linalg.eigh(a)
    loss = np.sum(w**2) + np.sum(v)
    dw, dv, da = ag.gradients(loss, [w, v, a])
    np.testing.assert_array_equal(dw, 2 * w.data)
    np.testing.assert_array_equal(dv, np.ones((3, 3)))
    np.testing.assert_allclose(da, ag.gradients(loss, [a])[0], rtol=1e-15)


def test_a_result_on_which_nothing_depends_has_the_gradient_zero():
    a = variable()
    w, v = np.linalg.eigh(a)
    np.testing.assert_array_equal(ag.gradients(np.sum(w), [v])[0], np.zeros((3, 3)))


def test_one_result_does_not_depend_on_the_other():
    w, v = np.linalg.eigh(variable())
    np.testing.assert_array_equal(ag.gradients(w, [v], seed=np.ones(3))[0], np.zeros((3, 3)))
    np.testing.assert_array_equal(ag.gradients(v, [w], seed=np.ones((3, 3)))[0], np.zeros(3))


def test_a_result_can_be_where_the_walk_starts():
    a = variable()
    w, _ = np.linalg.eigh(a)
    [found] = ag.gradients(w, [a], seed=np.ones(3))
    np.testing.assert_allclose(found, np.eye(3), atol=1e-14)
    np.testing.assert_array_equal(ag.gradients(w, [w], seed=np.ones(3))[0], np.ones(3))


def test_backward_accumulates_over_results_and_calls():
    a = variable()
    w, v = np.linalg.eigh(a)
    np.sum(w).backward()
    once = a.grad
    (np.sum(w) + 0 * np.sum(v)).backward()
    np.testing.assert_allclose(a.grad, 2 * once)


def test_create_graph_keeps_the_gradient_on_the_tape():
    a = variable()
    [slope] = ag.gradients(of_both(a), [a], create_graph=True)
    assert slope.requires_grad
    [curvature] = ag.gradients(np.sum(slope * A), [a])
    step = 1e-5 * A
    up, down = (ag.grad(of_both)(A + d) for d in (step, -step))
    np.testing.assert_allclose(curvature, (up - down) / 2e-5, rtol=1e-6, atol=1e-7)


def test_the_third_derivative():
    def cubes(t):
        return of_values(A + t * np.eye(3))

    third = ag.grad(ag.grad(ag.grad(cubes)))
    assert third(0.3) == pytest.approx(18.0)


def test_float32_stays_float32():
    a = variable(A, dtype=np.float32)
    w, v = np.linalg.eigh(a)
    assert w.dtype == v.dtype == np.float32
    (np.sum(w) + np.sum(v * w)).backward()
    assert a.grad.dtype == np.float32


# --- copies, lifetimes, pictures ---------------------------------------------------------------


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_a_pickled_result_has_its_history(twin):
    w, v = np.linalg.eigh(variable(name="a"))
    other = twin(np.sum(w * v))
    leaf = next(node for node in history(other.node) if node.name == "a")
    other.backward()
    a = variable()
    w, v = np.linalg.eigh(a)
    np.sum(w * v).backward()
    np.testing.assert_array_equal(leaf.grad, a.grad)


def test_the_graph_is_freed_with_its_last_tensor():
    class Watched(np.ndarray):
        pass

    gc.disable()
    try:
        value = A.view(Watched)
        watched = weakref.ref(value)
        a = ag.Tensor(0.0, requires_grad=True)
        w, v = np.linalg.eigh(a * value + A)
        loss = np.sum(w) + np.sum(v)
        loss.backward()
        del value, w, v, loss
        assert watched() is None
    finally:
        gc.enable()


def test_one_result_keeps_the_call_alive():
    a = variable()
    w = np.linalg.eigh(a)[0]
    np.sum(w).backward()
    np.testing.assert_allclose(a.grad, np.eye(3), atol=1e-14)


def test_a_picture_has_a_box_for_the_call_and_one_for_each_result():
    a = variable(name="a")
    w, v = np.linalg.eigh(a)
    picture = ag.draw(np.sum(w) + np.sum(v @ v))
    boxes = {box.formula: box for box in picture.model.boxes.values()}
    call, values = boxes["eigh(a)"], boxes["□.eigenvalues"]
    assert call.value is None
    assert values.name == "w"
    np.testing.assert_array_equal(values.gradient, np.ones(3))
    assert boxes["□.eigenvectors"].name == "v"
    edges = {(e.source, e.target): e for e in picture.model.edges}
    assert edges[call.id, values.id].flows
    assert "eigh(a)" in picture.dot


def test_a_picture_of_one_result_and_of_a_plain_tuple():
    w, _ = np.linalg.eigh(variable())
    ag.draw(w)
    _, log = np.linalg.slogdet(variable())
    assert ag.draw(log).model.boxes["n2"].formula == "□.logabsdet"
    x = np.linalg.lstsq(variable(), np.ones(3))[0]
    assert any(box.formula == "□[0]" for box in ag.draw(np.sum(x)).model.boxes.values())


def test_compare_knows_the_results_by_their_names():
    a = variable(np.diag([1.0, 2.0, 4.0]), name="a")
    w, v = np.linalg.eigh(a)
    loss = np.sum(w**2)
    jacobian = np.zeros((3, 3, 3))
    jacobian[range(3), range(3), range(3)] = 1
    assert ag.compare(loss, {"a": 2 * a.data, "w": 2 * w.data, "dw/da": jacobian})
    assert not ag.compare(loss, {"w": w.data})
    assert v.shape == (3, 3)


def test_compare_wants_one_of_the_results():
    w, _ = np.linalg.eigh(variable())
    with pytest.raises(ValueError, match="several results: name one of these, w"):
        ag.compare(np.sum(w), {"eigh_1": np.ones(3)})


# --- what a decomposition leaves open -----------------------------------------------------------


def test_coinciding_values_have_gradients_and_their_vectors_have_none():
    a = variable(np.diag([1.0, 1.0, 3.0]))
    w, v = np.linalg.eigh(a)
    np.testing.assert_allclose(ag.gradients(np.sum(np.exp(w)), [a])[0], np.diag(np.exp(w.data)))
    assert np.isnan(ag.gradients(v[1, 0], [a])[0]).any()
    np.testing.assert_allclose(  # the third is alone
        ag.gradients(v[0, 2] * v[2, 2], [a])[0], [[0, 0, 0.25], [0, 0, 0], [0.25, 0, 0]]
    )


def test_where_vectors_have_no_derivative_the_higher_ones_are_nan_too():
    one, direction = np.eye(2), np.ones((2, 2))
    assert np.isnan(ag.jvp(lambda a: np.linalg.eigh(a)[1], (one,), (direction,))[1]).any()
    slope = ag.grad(lambda a: np.sum(np.linalg.eigvalsh(a) ** 3))
    np.testing.assert_allclose(slope(one), 3 * one)
    assert np.isnan(ag.grad(lambda a: np.sum(slope(a) * direction))(one)).any()


def test_values_that_coincide_but_for_rounding_count_as_coinciding():
    turn = np.linalg.qr(A)[0]
    a = variable(turn * np.array([1.0, 1.0, 3.0]) @ turn.T)
    w, v = np.linalg.eigh(a)
    np.testing.assert_allclose(ag.gradients(np.sum(w), [a])[0], np.eye(3), atol=1e-14)
    assert np.isnan(ag.gradients(v[1, 0], [a])[0]).any()


@pytest.mark.parametrize("f", [np.linalg.svdvals, lambda a: np.linalg.svd(a)[1]])
def test_singular_values_that_coincide_have_gradients(f):
    a = variable(2 * np.eye(3))
    np.testing.assert_allclose(ag.gradients(np.sum(f(a)), [a])[0], np.eye(3))


def test_a_singular_value_of_zero_has_the_gradient_zero():
    a = variable(np.diag([2.0, 0.0]))
    np.testing.assert_array_equal(
        ag.gradients(np.sum(np.linalg.svdvals(a)), [a])[0], [[1, 0], [0, 0]]
    )
    zero = variable(np.zeros((2, 3)))
    np.testing.assert_array_equal(ag.gradients(np.linalg.norm(zero, "nuc"), [zero])[0], zero.data)


def complex_variable():
    rng = np.random.default_rng(3)
    z = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    return variable(z + z.conj().T)


@pytest.mark.parametrize("f", [np.linalg.eigh, np.linalg.eig, np.linalg.svd])
def test_what_depends_on_the_phase_of_a_vector_is_refused(f):
    a = complex_variable()
    vectors = f(a)[0 if f is np.linalg.svd else 1]
    with pytest.raises(ValueError, match="depends on the phases of complex vectors"):
        ag.gradients(np.sum(np.real(vectors * np.arange(3))), [a])
    ag.gradients(np.sum(np.abs(vectors) ** 4), [a])


def test_what_depends_on_the_basis_of_the_complement_is_refused():
    a = variable(A[:, :1])
    u = np.linalg.svd(a)[0]
    with pytest.raises(ValueError, match="depends on the basis of the complement"):
        ag.gradients(u[0, 1] * u[0, 2] + u[1, 1], [a])
    q = np.linalg.qr(a, mode="complete")[0]
    with pytest.raises(ValueError, match="mode='reduced'"):
        ag.gradients(q[0, 1] ** 3, [a])
    assert decompositions.qr(a).Q.shape == (3, 1)


def test_the_gradient_of_a_symmetric_argument_is_symmetric():
    for f in (np.linalg.eigvalsh, np.linalg.cholesky, lambda a: np.linalg.eigh(a)[1]):
        a = variable(A @ A)
        out = f(a)
        [found] = ag.gradients(out, [a], seed=np.arange(out.size).reshape(out.shape))
        np.testing.assert_allclose(found, found.T, atol=1e-12)


def test_the_qr_decomposition_has_no_raw_mode():
    with pytest.raises(ValueError, match="take 'reduced', 'complete' or 'r'"):
        np.linalg.qr(variable(), mode="raw")


@pytest.mark.parametrize(
    "sections", [1, 3, 4, 9, np.int64(2), [2], (3, 3, 9), [4, 2], [-1], np.array([1, 3]), []]
)
def test_parts_of_a_split_are_numpy_s_and_slices_of_the_whole(sections):
    x = np.arange(14.0).reshape(2, 7)
    t = ag.Tensor(x, requires_grad=True)
    parts, expected = (np.array_split(a, sections, axis=-1) for a in (t * 1.0, x))
    assert len(parts) == len(expected)
    for part, one in zip(parts, expected):
        np.testing.assert_array_equal(part.data, one)
    total = sum(np.sum(k * part**2) for k, part in enumerate(parts, 1))
    nodes = [node.op.name for node in history(total.node) if node.op is not None]
    assert "swapaxes" not in nodes
    whole = np.zeros_like(x)
    for k, part in enumerate(np.array_split(whole, sections, axis=-1), 1):
        part += k  # of parts that overlap, both
    np.testing.assert_array_equal(ag.gradients(total, [t])[0], 2 * x * whole)


def test_a_split_into_nothing_is_numpy_s_error():
    for x in (np.ones(3), ag.Tensor(np.ones(3))):
        with pytest.raises(ValueError, match="number sections must be larger than 0"):
            np.array_split(x, 0)
        with pytest.raises(IndexError):
            np.array_split(x, 2, axis=1)
