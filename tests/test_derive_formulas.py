"""The lines of a derivation: what a person would write, and nothing else."""

import numpy as np
import pytest
from derived import executed, logistic

import autograd_lite as ag


def test_bias_is_summed_over_the_batch_and_a_mean_is_a_readable_number():
    X, y, w, b = logistic()
    z = X @ w + b
    p = ag.sigmoid(z)
    loss = np.mean((p - y) ** 2)
    lines = {line.name: line.formula for line in ag.derive(loss)}
    assert lines["dLoss/dp"] == "0.5 * (p - y)"
    assert lines["dLoss/db"] == "sum(dLoss/dz)"
    assert lines["dLoss/dw"] == "X.T @ dLoss/dz"


def test_number_of_a_mean_over_many_is_a_division():
    x = ag.Tensor(np.linspace(-1, 1, 300), requires_grad=True)
    h = np.tanh(x)
    assert {line.name: line.formula for line in ag.derive(-np.mean(h))}["dLoss/dh"] == (
        "full((300,), -0.00333333)"
    )
    lines = {line.name: line.formula for line in ag.derive(np.sum((1 - h) ** 2) / 600)}
    assert lines["dLoss/dh"] == "-(1 - h) / 300"


def test_contributions_are_added_up():
    X, y, w = logistic()[:3]
    z = X @ w
    loss = np.sum((z - y) ** 2) / 2 + 0.1 * np.sum(w**2)
    lines = {line.name: line.formula for line in ag.derive(loss, w)}
    assert lines["dLoss/dw"] == "0.2 * w + X.T @ dLoss/dz"


def test_kink_is_written_as_a_condition():
    x = ag.Tensor([-1.0, 2.0], requires_grad=True)
    h = ag.relu(x)
    derivation = ag.derive(np.sum(h * h))
    assert derivation.lines[-1].formula == "dLoss/dh * (x > 0)"
    assert r"\odot \left[x > 0\right]" in derivation.latex


def test_shared_factor_without_a_name_is_computed_once():
    x = ag.Tensor([0.5, 1.5], requires_grad=True, name="x")
    derivation = ag.derive(np.sum(np.exp(np.sin(x)) ** 2))
    assert derivation.text.split("\n") == [
        "exp_1 = exp(sin(x))",
        "Loss = sum(exp_1 ** 2)",
        "",
        "dLoss/dx = 2 * exp_1 * exp_1 * cos(x)",
    ]


def test_what_has_a_name_is_called_by_it_in_the_chain_too():
    X, y, w = logistic()[:3]
    error = X @ w - y
    lines = {line.name: line.formula for line in ag.derive(np.sum(error**2) / 2)}
    assert lines["dLoss/derror"] == "error"
    h = np.tanh(w)
    slope = 1 - h * h  # the derivative of tanh, which its rule computes again
    lines = {line.name: line.formula for line in ag.derive(np.sum(h / slope))}
    assert lines["dLoss/dw"] == "dLoss/dh * slope"


def test_matrix_product_among_factors_stands_in_parentheses():
    W = ag.Tensor(np.ones((2, 2)), requires_grad=True)
    X, mask = np.ones((3, 2)), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    k = (X @ W) * mask
    assert ag.derive(np.sum(k)).lines[0].formula == "(X @ W) * mask"


def test_hessian_vector_product_is_readable():
    X, y, w = logistic()[:3]
    v = np.array([1.0, 2.0])
    z = X @ w
    p = ag.sigmoid(z)
    loss = np.sum((p - y) ** 2) / 2
    found = ag.gradients(loss, [w, z, p], create_graph=True)
    names = dict(zip(("dw", "dz", "dp"), found, strict=True))
    slope = np.sum(names["dw"] * v)
    derivation = ag.derive(slope, names=names)
    assert derivation.text == HESSIAN
    [found] = executed(derivation)

    def of_arrays(w):
        return np.sum((ag.sigmoid(X @ w) - y) ** 2) / 2

    [wanted] = ag.hvp(of_arrays, (w.numpy(),), (v,))
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


HESSIAN = """\
z = X @ w
p = sigmoid(z)
dp = p - y
multiply_2 = dp * p
dz = multiply_2 * (1 - p)
dw = X.T @ dz
slope = sum(dw * v)

dslope/ddw = v
dslope/ddz = X @ dslope/ddw
dslope/dmultiply_2 = dslope/ddz * (1 - p)
dslope/ddp = dslope/dmultiply_2 * p
dslope/dp = dslope/dmultiply_2 * dp - dslope/ddz * multiply_2 + dslope/ddp
dslope/dz = dslope/dp * p * (1 - p)
dslope/dw = X.T @ dslope/dz"""


def test_third_derivative():
    x = ag.Tensor(2.0, requires_grad=True)
    [first] = ag.gradients(x**4, [x], create_graph=True)
    [second] = ag.gradients(first, [x], create_graph=True)
    derivation = ag.derive(second)
    assert derivation.lines[-1].formula == "24 * x"
    assert executed(derivation) == [48.0]


def of(f, *shapes):
    """A loss of tensors of ones."""
    tensors = [ag.Tensor(np.ones(s), requires_grad=True, name=n) for n, s in zip("abc", shapes)]
    return f(*tensors)


def test_all_forward_lines_come_first():
    derivation = ag.derive(of(lambda a, b, c: np.sum(a * b * c), 3, 3, 3))
    parts = [line.part for line in derivation.lines]
    assert parts == sorted(parts, key=lambda part: part != "forward")
    assert derivation.latex.count("[1ex]") == 1


def test_latex_of_a_third_of_a_sum_and_of_a_product_of_vectors():
    latex = ag.derive(of(lambda a, b: (a @ b) - np.sum(a * b) / 3, 3, 3)).latex
    assert r"a^{\top} b - \frac{\sum a \odot b}{3}" in latex


def test_settings_that_change_nothing_are_not_written():
    for f in (
        lambda a: np.sum(np.var(a, axis=1)),
        lambda a: np.sum(np.max(a, axis=0)),
        lambda a: np.linalg.norm(a),
        lambda a: np.sum(ag.softmax(a) ** 2),
        lambda a: np.sum(np.concatenate([a, a * 2], axis=0) ** 2),
    ):
        derivation = ag.derive(of(f, (2, 3)))
        for text in (str(derivation), derivation.source):
            for noise in ("=None", "where=True", "keepdims=False", "np.int64(", ",]"):
                assert noise not in text


def test_a_negative_factor_in_latex_is_no_difference():
    a = ag.Tensor(np.ones((2, 2)), requires_grad=True, name="a")
    b = ag.Tensor(np.ones((2, 2)), requires_grad=True, name="b")
    derivation = ag.derive(np.sum(a @ -b), names={"a": a, "b": b})
    assert r"a\,\left(-b\right)" in derivation.latex
    assert "a @ -b" in derivation.text


def test_a_long_array_without_a_name_is_written_by_its_shape():
    """Three thousand labels that a function drew: the formulas stay readable, the source runs."""

    def loss_of(W):
        rng = np.random.default_rng(0)
        return np.mean(ag.cross_entropy(rng.normal(size=(300, 5)) @ W, rng.integers(0, 10, 300)))

    W = ag.Tensor(np.ones((5, 10)), requires_grad=True)
    derivation = ag.derive(loss_of(W))
    assert "cross_entropy(matmul_1, <int64 300>)" in derivation.text
    assert max(map(len, derivation.text.splitlines())) < 250
    assert r"\left[\mathrm{int64}\ 300\right]" in derivation.latex
    assert derivation.text.endswith("array_1 is an array of shape (300, 5) without a name")
    assert len(derivation.latex) < 1000
    scope: dict = {"np": np}
    exec(derivation.source, scope)
    found = scope["gradient"](*derivation.inputs.values())
    np.testing.assert_allclose(found, ag.grad(loss_of)(W.numpy()), rtol=1e-12)


def test_an_outer_product_is_called_that():
    x, W = np.array([1.0, 2.0]), ag.Tensor(np.ones((2, 3)), requires_grad=True)
    z = x @ W
    loss = np.sum(z**2)
    derivation = ag.derive(loss)
    assert derivation.text.endswith("dLoss/dW = outer(x, dLoss/dz)")
    assert r"x\,\left(\frac{\partial \mathrm{Loss}}{\partial z}\right)^{\top}" in derivation.latex
    np.testing.assert_allclose(derivation.lines[-1].value, np.outer(x, 2 * z.data), rtol=1e-12)


def test_a_function_is_derived_by_its_local_names():
    def loss(X, y, w):
        z = X @ w
        p = ag.sigmoid(z)
        return np.sum((p - y) ** 2)

    args = np.ones((4, 2)), np.ones(4), np.array([0.1, 0.2])
    derivation = ag.derive(loss, *args, wrt="w")
    assert derivation.text.split("\n")[:2] == ["z = X @ w", "p = sigmoid(z)"]
    assert [line.name for line in derivation][-1] == "dLoss/dw"
    np.testing.assert_allclose(derivation.lines[-1].value, ag.grad(loss, 2)(*args), rtol=1e-12)
    with pytest.raises(TypeError, match="only a function has further arguments"):
        ag.derive(ag.Tensor(1.0, requires_grad=True), "a", "b")


@pytest.mark.parametrize(
    "loss",
    [
        lambda z, y: np.logaddexp(0, z) - y * z,
        lambda z, y: np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))),
        lambda z, y: np.log1p(np.exp(-np.abs(z))) + np.maximum(0, z) - y * z,
        lambda z, y: ag.softplus(z) - y * z,
    ],
)
def test_stable_logistic_loss_is_the_difference_of_probability_and_label(loss):
    X, y, w, _ = logistic()
    z = X @ w
    total = np.sum(loss(z, y))
    derivation = ag.derive(total, names={"Loss": total})
    assert "dLoss/dz = sigmoid(z) - y" in derivation.text
    line = next(line for line in derivation if line.name == "dLoss/dz")
    np.testing.assert_allclose(line.value, ag.gradients(total, [z])[0], rtol=1e-12, atol=1e-15)


def test_what_is_asked_for_inside_of_a_logistic_loss_is_derived():
    z = ag.Tensor([1.0, -2.0], requires_grad=True, name="z")
    e = np.exp(-np.abs(z))
    loss = np.sum(np.maximum(z, 0) + np.log1p(e))
    [wanted] = ag.gradients(loss, [e])
    for wrt in ("e", None, ["z", "e"]):
        lines = {line.name: line.value for line in ag.derive(loss, wrt=wrt)}
        np.testing.assert_allclose(lines["dLoss/de"], wanted, rtol=1e-12)


def test_halves_of_a_logistic_loss_that_go_apart_are_derived_apart():
    z = ag.Tensor([1.0, -2.0], requires_grad=True, name="z")
    loss = np.sum(np.maximum(z, 0)) + 2 * np.sum(np.log1p(np.exp(-np.abs(z))))
    derivation = ag.derive(loss)
    assert "sigmoid" not in derivation.text
    np.testing.assert_allclose(
        derivation.lines[-1].value, ag.gradients(loss, [z])[0], rtol=1e-12, atol=1e-15
    )


def test_words_of_ours_are_explained_and_arrays_have_their_shapes():
    V = ag.Tensor(np.ones((300, 4)), requires_grad=True, name="V")
    rows = np.random.default_rng(0).integers(0, 300, 40)
    del_rows = rows.copy()
    text = ag.derive(np.sum(V[del_rows + 0] ** 2)).text
    assert "V[<int64 40>]" in text
    assert "scatter: Zeros of a shape with g added at index" in text
    assert "Zeros of" not in ag.derive(np.sum(V)).text


def test_terms_that_are_zero_are_left_out():
    z = ag.Tensor([1.0, 2.0], requires_grad=True)
    assert "dLoss/dz = full((2,), 1)" in ag.derive(np.sum(z**0 + z)).text
    assert "dLoss/dz = (z >= 0) & (z <= 1)" in ag.derive(np.sum(np.clip(z, 0, 1))).text
    assert "0 *" not in ag.derive(np.sum(z**0 + z**2)).latex


def hips_network(params, inputs, targets):
    """Of autograd's examples: one name for the input and for what follows it."""
    for W, b in params:
        outputs = inputs @ W + b
        inputs = np.tanh(outputs)
    normed = outputs - ag.logsumexp(outputs, axis=1, keepdims=True)
    return np.sum(normed * targets)


def test_what_a_name_held_first_is_told_from_what_it_holds_next():
    rng = np.random.default_rng(0)
    params = [(rng.normal(size=(4, n)), np.zeros(n)) for n in (4, 4, 3)]
    args = params, rng.normal(size=(5, 4)), np.eye(5, 3)
    lines = ag.derive(hips_network, *args, wrt="params").text.split("\n")
    assert lines[0] == "outputs_1 = inputs_0 @ params[0][0] + params[0][1]"
    assert lines[1] == "inputs_1 = tanh(outputs_1)"
    assert "dLoss/d(params[1][0]) = inputs_1.T @ dLoss/doutputs_2" in lines


def test_globals_of_a_function_have_their_names():
    scope = {"np": np, "INPUTS": np.arange(20.0).reshape(5, 4), "__name__": "data"}
    exec("def loss(w):\n    return np.sum((INPUTS @ w) ** 2)", scope)
    derivation = ag.derive(scope["loss"], np.ones(4))
    assert derivation.text.startswith("matmul_1 = INPUTS @ w\n")
    assert {"INPUTS", "w"} <= {
        box.name for box in ag.draw(scope["loss"], np.ones(4)).model.boxes.values()
    }


def test_a_sum_over_an_axis_that_is_kept_is_written_as_one():
    def softmax_loss(X, W, y):
        e = np.exp(X @ W)
        p = e / e.sum(axis=1, keepdims=True)
        return -np.sum(np.log(p) * y)

    rng = np.random.default_rng(0)
    args = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), np.eye(5, 3)
    derivation = ag.derive(softmax_loss, *args, wrt="W")
    assert "- sum(dLoss/dp * p / sum_1, axis=1, keepdims=True)" in derivation.text
    assert r" - \sum_{\mathrm{axis}\ 1} \frac{\frac" in derivation.latex
    assert "reshape" not in derivation.text + derivation.latex


def test_a_number_is_no_array_and_plus_minus_is_minus():
    K = ag.Tensor(np.diag([2.0, 3.0]), requires_grad=True, name="K")
    v = ag.Tensor([1.0, 2.0], requires_grad=True, name="v")
    text = ag.derive(0.5 * v @ np.linalg.solve(K, v) + 0.5 * np.linalg.slogdet(K)[1]).text
    assert "0.5 * linalg.inv(K).T - " in text
    assert "expand_dims(0.5" not in text
    assert "+ -" not in text


def test_a_mask_without_a_name_is_its_shape_beyond_a_few_entries():
    X = np.arange(18.0).reshape(3, 6)
    text = ag.derive(lambda X: np.sum(np.where(np.arange(18).reshape(3, 6) % 2, X, 0) ** 2), X).text
    assert "where(<int64 3x6>, X, 0)" in text


def test_a_mask_that_says_the_same_everywhere_is_no_question():
    def negative_log_likelihood(mean, x):
        return -np.sum(ag.scipy.stats.norm.logpdf(x, mean, 2.0))

    pytest.importorskip("scipy")
    import autograd_lite.scipy  # noqa: F401

    derivation = ag.derive(
        negative_log_likelihood, np.array(0.5), np.array([1.0, 2.0, 4.0]), wrt="mean"
    )
    assert "where" not in derivation.text
    [line] = [line for line in derivation if line.name == "dLoss/dmean"]
    np.testing.assert_allclose(line.value, (3 * 0.5 - 7.0) / 4, rtol=1e-12)
    mixed = ag.derive(lambda x: np.sum(np.where(np.array([True, False]), x, 0) ** 2), np.ones(2))
    assert "where([True, False], " in mixed.text


def test_a_sum_of_one_number_is_that_number_times_their_count():
    def forward(log_alpha, A, B):
        for t in range(3):
            log_alpha = ag.logsumexp(log_alpha[:, None] + A, axis=0) + B[:, t]
        return ag.logsumexp(log_alpha)

    rng = np.random.default_rng(0)
    args = [rng.normal(size=s) for s in ((3,), (3, 3), (3, 4))]
    text = ag.derive(forward, *args).text
    assert "sum(dLoss/dadd_3, axis=1)" in text
    assert "[:, None], (3,)" not in text
    counts = np.array([1, 2, 4])
    p = ag.Tensor(0.25, requires_grad=True, name="p")
    assert ag.derive(np.sum(counts * np.log(p) + 3 * p)).text.endswith(
        "dLoss/dp = 9 + sum(counts) / p"
    )
