"""Derivations: what they say is what the engine computes, in every form."""

import re
import subprocess
import sys
from types import SimpleNamespace

import article
import derive
import numpy as np
import pytest
from operations import CASES

import autograd_lite as ag
import nn
from autograd_lite.derivation import notation, rolling
from autograd_lite.engine.tape import history
from autograd_lite.symbolic import simplification
from autograd_lite.symbolic.traced import ConcretizationError
from autograd_lite.transforms import trees
from benchmarks.workloads.attention import ATTENTION
from benchmarks.workloads.recurrent import LSTM

FIGURES = article.FIGURES
ERRATA = {"dh2/dz2", "dLoss/dz2"}


def executed(derivation):
    """The gradients that the source gives, alone in a namespace with NumPy."""
    scope = {"np": np}
    exec(derivation.source, scope)
    found = scope["gradient"](**derivation.inputs)
    return list(found) if isinstance(found, tuple) else [found]


def assert_same(found, wanted, rtol=1e-10):
    for a, b in zip(found, wanted, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


# --- the article ----------------------------------------------------------------------------------


@pytest.fixture
def network():
    """The article's single observation."""
    X, y = (a[:1] for a in article.data())
    rng = article.weights_rng()
    W1, W2 = (
        ag.Tensor(nn.init.fan_in_uniform(shape, rng), requires_grad=True)
        for shape in ((2, 3), (3, 2))
    )
    z1 = X @ W1
    h1 = ag.sigmoid(z1)
    z2 = h1 @ W2
    h2 = ag.sigmoid(z2)
    loss = nn.squared_error(h2, y)
    names = {"X": X, "y": y, "W1": W1, "W2": W2, "z1": z1, "h1": h1, "z2": z2, "h2": h2}
    return SimpleNamespace(loss=loss, names=names, **names)


CHAIN = """\
z1 = X @ W1
h1 = sigmoid(z1)
z2 = h1 @ W2
h2 = sigmoid(z2)
Loss = sum((y - h2) ** 2) / 2

dLoss/dh2 = -(y - h2)
dLoss/dz2 = dLoss/dh2 * h2 * (1 - h2)
dLoss/dW2 = h1.T @ dLoss/dz2
dLoss/dh1 = dLoss/dz2 @ W2.T
dLoss/dz1 = dLoss/dh1 * h1 * (1 - h1)
dLoss/dW1 = X.T @ dLoss/dz1"""

FACTORS = """\
dLoss/dh2 = -(y - h2)
dh2/dz2 = h2 * (1 - h2)
dLoss/dz2 = dLoss/dh2 * dh2/dz2
dz2/dW2 = h1
dLoss/dW2 = (dz2/dW2).T @ dLoss/dz2
dz2/dh1 = W2
dLoss/dh1 = dLoss/dz2 @ (dz2/dh1).T
dh1/dz1 = h1 * (1 - h1)
dLoss/dz1 = dLoss/dh1 * dh1/dz1
dz1/dW1 = X
dLoss/dW1 = (dz1/dW1).T @ dLoss/dz1"""

SOURCE = '''\
def gradient(X, y, W1, W2):
    """The gradient of Loss with respect to W1 and W2."""
    z1 = X @ W1
    h1 = 1 / (np.exp(-z1) + 1)
    z2 = h1 @ W2
    h2 = 1 / (np.exp(-z2) + 1)
    dh2 = -(y - h2)
    dz2 = dh2 * h2 * (1 - h2)
'''

LATEX = r"""
\frac{\partial \mathrm{Loss}}{\partial h_2} &= -\left(y - h_2\right) \\
\frac{\partial \mathrm{Loss}}{\partial z_2} &= \frac{\partial \mathrm{Loss}}{\partial h_2} \odot h_2 \odot \left(1 - h_2\right) \\
\frac{\partial \mathrm{Loss}}{\partial W_2} &= h_1^{\top}\,\frac{\partial \mathrm{Loss}}{\partial z_2} \\
"""  # noqa: E501


def test_derivation_of_the_article_s_network_is_the_article_s_chain(network):
    derivation = ag.derive(network.loss, names=network.names)
    assert str(derivation) == derivation.text == CHAIN


def test_factors_have_lines_of_their_own_as_in_the_article(network):
    derivation = ag.derive(network.loss, names=network.names, factors=True)
    assert derivation.text.split("\n\n") == [CHAIN.split("\n\n")[0], FACTORS]
    assert {line.name for line in derivation if line.part == "factor"} == {
        "dh2/dz2", "dz2/dW2", "dz2/dh1", "dh1/dz1", "dz1/dW1"
    }  # fmt: skip


def test_numbers_are_those_of_the_article_s_figures(network):
    derivation = ag.derive(
        network.loss, names=network.names, factors=True, numbers=True, precision=8
    )
    values = {line.name: line.value for line in derivation}
    compared = 0
    for name in FIGURES.keys() & values.keys() - ERRATA:
        np.testing.assert_allclose(values[name], FIGURES[name], rtol=0, atol=5.1e-9)
        shown = derivation.text.split(f"\n{name} = ")[1].split("\n", 1)[1]
        for number in values[name].ravel():
            assert f"{number:.8f}" in shown
        compared += 1
    assert compared == 11
    np.testing.assert_allclose(np.abs(FIGURES["dh2/dz2"]), values["dh2/dz2"], atol=5.1e-9)
    assert "W1 = [[-0.67746455  0.37769425 -0.07365253]\n" in derivation.text


def test_latex_of_the_article_s_network(network):
    derivation = ag.derive(network.loss, names=network.names)
    assert LATEX in derivation.latex
    assert derivation.latex.startswith("\\begin{align*}\nz_1 &= X\\,W_1 \\\\\n")
    in_a_box = derivation.latex.replace("align*", "aligned")  # inside of $$
    assert derivation._repr_latex_() == f"$$\n{in_a_box}\n$$"
    with_numbers = ag.derive(network.loss, names=network.names, numbers=True).latex
    assert r"\begin{bmatrix} -0.0288 & 0.0221 \\ -0.1046 & 0.0803 \\ " in with_numbers


def test_markdown_is_a_table_of_the_lines(network):
    derivation = ag.derive(network.loss, names=network.names, numbers=True)
    rows = derivation.markdown.split("\n")
    assert "| `dLoss/dW2` | `h1.T @ dLoss/dz2` | `[[-0.0288  0.0221]`<br>`[-0.1046  0.0803]`<br>"\
        "`[-0.0717  0.0550]]` |" in rows  # fmt: skip
    assert {row.count("|") for row in rows if row.startswith("|")} == {4}
    bare = ag.derive(network.loss, names=network.names).markdown.split("\n")
    assert "| `dLoss/dh2` | `-(y - h2)` |" in bare


def test_source_of_the_article_s_network_runs_in_a_process_of_its_own(network, tmp_path):
    derivation = ag.derive(network.loss, names=network.names)
    assert derivation.source.startswith(SOURCE)
    path = derivation.save(tmp_path / "chain.py")
    np.savez(tmp_path / "inputs.npz", **derivation.inputs)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import numpy as np, chain; "
        f"found = chain.gradient(**np.load({str(tmp_path / 'inputs.npz')!r})); "
        f"np.savez({str(tmp_path / 'found.npz')!r}, *found); "
        "assert not any(m.startswith('autograd') for m in sys.modules)"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    found = np.load(tmp_path / "found.npz")
    assert path.read_text().startswith("import numpy as np\n\n\ndef gradient(X, y, W1, W2):\n")
    assert_same(found.values(), ag.gradients(network.loss, [network.W1, network.W2]))


# --- the example models ---------------------------------------------------------------------------


def _parameters(rng, *shapes):
    return [ag.Tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes]


def _xor(hidden, bias, reg):
    X, y = (a[:8] for a in article.data())
    xor = pytest.importorskip("xor")  # it needs Matplotlib and tqdm
    model = xor.network(hidden, bias, 2017)
    return ag.derive(loss := xor.total_loss(model, X, y, reg)), loss, list(model.parameters())


def _classifier(rng):
    X, labels = rng.standard_normal((8, 2)), rng.integers(0, 3, 8)
    W1, b1, W2, b2 = parameters = _parameters(rng, (2, 5), 5, (5, 3), 3)
    h = ag.relu(X @ W1 + b1)
    logits = h @ W2 + b2
    loss = np.mean(ag.cross_entropy(logits, labels)) + 0.1 * np.sum(W1**2)
    return ag.derive(loss), loss, parameters


def _picked(rng):
    """The same loss by hand: the logarithm of the probability of each true class."""
    X, labels, rows = rng.standard_normal((8, 2)), rng.integers(0, 3, 8), np.arange(8)
    parameters = W, b = _parameters(rng, (2, 3), 3)
    logs = ag.log_softmax(X @ W + b)
    loss = -np.mean(logs[rows, labels])
    return ag.derive(loss), loss, parameters


def _lstm_step(rng):
    x, y, h0, c0 = (rng.standard_normal((4, n)) for n in (3, 2, 2, 2))
    parameters = Wx, Wh, b = _parameters(rng, (3, 8), (2, 8), 8)
    z = x @ Wx + h0 @ Wh + b
    i, f, o = ag.sigmoid(z[:, :2]), ag.sigmoid(z[:, 2:4]), ag.sigmoid(z[:, 6:])
    g = np.tanh(z[:, 4:6])
    c = f * c0 + i * g
    h = o * np.tanh(c)
    loss = np.mean((h - y) ** 2)
    return ag.derive(loss), loss, parameters


def _workload(workload, rng):
    parameters, data = workload.data(rng, **workload.small)
    parameters = [ag.Tensor(p, requires_grad=True) for p in parameters]
    library = SimpleNamespace(**vars(np))
    library.sigmoid, library.softmax = ag.sigmoid, ag.softmax
    loss = workload.loss(library, *parameters, *data)
    return ag.derive(loss), loss, parameters


def _attention(rng):
    X, Y = rng.standard_normal((4, 6)), rng.standard_normal((4, 3))
    parameters = Wq, Wk, Wv = _parameters(rng, (6, 3), (6, 3), (6, 3))
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    A = ag.softmax(Q @ K.T / np.sqrt(3))
    loss = np.sum((A @ V - Y) ** 2) / 8
    return ag.derive(loss), loss, parameters


def _convolution(rng):
    X, labels = rng.standard_normal((2, 1, 6, 6)), rng.integers(0, 3, 2)
    parameters = K, b, W = _parameters(rng, (2, 1, 3, 3), (2, 1, 1), (8, 3))
    h = ag.max_pool(ag.relu(ag.conv(X, K) + b), 2)
    loss = np.mean(ag.cross_entropy(h.reshape(2, -1) @ W, labels))
    return ag.derive(loss), loss, parameters


def _normalised(rng):
    X, y = rng.standard_normal((5, 3)), rng.standard_normal((5, 3))
    parameters = W, gamma, beta = _parameters(rng, (3, 3), 3, 3)
    z = X @ W
    mu = np.mean(z, axis=0)
    var = np.mean((z - mu) ** 2, axis=0)
    out = gamma * (z - mu) / np.sqrt(var + 1e-5) + beta
    loss = np.sum(np.abs(out - y))
    return ag.derive(loss), loss, parameters


def _hessian_product(rng):
    X, y, v = rng.standard_normal((8, 2)), rng.standard_normal(8), rng.standard_normal(2)
    w = ag.Tensor(rng.standard_normal(2), requires_grad=True)
    p = np.tanh(X @ w)
    loss = np.mean((p - y) ** 2)
    [dw] = ag.gradients(loss, [w], create_graph=True)
    slope = np.sum(dw * v)
    return ag.derive(slope), slope, [w]


MODELS = {
    "xor 3": lambda rng: _xor(3, False, 0.0),
    "xor 3 with biases": lambda rng: _xor(3, True, 0.3),
    "xor 50": lambda rng: _xor(50, True, 1e-4),
    "classifier": _classifier,
    "picked": _picked,
    "LSTM step": _lstm_step,
    "LSTM": lambda rng: _workload(LSTM, rng),
    "attention": _attention,
    "attention of several heads": lambda rng: _workload(ATTENTION, rng),
    "convolution": _convolution,
    "normalised": _normalised,
    "Hessian product": _hessian_product,
}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param](np.random.default_rng(0))


def test_source_alone_gives_the_engine_s_gradients(model):
    derivation, loss, parameters = model
    rtol = 1e-4 if parameters[0].dtype == np.float32 else 1e-10
    assert_same(executed(derivation), ag.gradients(loss, parameters), rtol)


def test_values_of_the_lines_are_the_engine_s(model):
    derivation, loss, parameters = model
    values = {line.name: line.value for line in derivation}
    wanted = ag.gradients(loss, parameters)
    found = [line.value for line in derivation if re.match(r"d\w+/d", line.name)]
    for g in wanted:
        assert any(np.shape(v) == g.shape and np.allclose(v, g, rtol=1e-4) for v in found)
    np.testing.assert_allclose(values[_root(derivation)], loss.numpy(), rtol=1e-6)


def _root(derivation):
    return [line.name for line in derivation if line.part == "forward"][-1]


def test_each_formula_computed_from_the_lines_above_gives_its_value(model):
    """The text is NumPy without its name: executed, it is what it says it is."""
    derivation, _, _ = model
    scope = {**vars(np), **{name: getattr(ag, name) for name in ag.__all__}}
    scope.update(derivation.inputs)
    checked = 0
    for line in derivation:
        name = _as_identifier(line.name)
        try:
            scope[name] = eval(_as_identifier(line.formula), scope)
        except (NameError, SyntaxError):  # an operation of the engine's own, such as scatter
            assert re.search(r"\b(scatter|gather|lay|conv_\w+|maxima_share)\(", line.formula), (
                line.formula
            )
            scope[name] = line.value
            continue
        single = np.asarray(line.value).dtype == np.float32
        np.testing.assert_allclose(
            scope[name], line.value, rtol=1e-2 if single else 1e-4, atol=1e-5
        )
        checked += 1
    assert checked > 0.6 * len(derivation)


def _as_identifier(text):
    text = re.sub(r"\b(d\w+)/d(\w+)|\b(d\w+)/d\(([\w.]+)\)", _joined, text)
    return re.sub(r"\blayers\.(\d)\.(\w+)", r"layers_\1_\2", text)


def _joined(match):
    return "_over_".join(part.replace(".", "_") for part in match.groups() if part)


SUPERFLUOUS = "|".join(
    [
        *(r"--", r"- -", r"\+ -", r"\.T\.T"),
        *(r"(?<![\w.])1 \*", r"\* 1\b(?!\.)", r"\*\* 1\b", r"\+ 0\b(?!\.)"),
        *(r"axis=\(\d,\)", r"\d\.\d{7}"),
    ]
)


def test_nothing_is_written_that_a_person_would_leave_out(model):
    derivation, _, _ = model
    for line in derivation:
        assert not re.search(SUPERFLUOUS, line.formula), line.formula


def test_latex_is_balanced_and_can_be_typeset(model, tmp_path):
    derivation, _, _ = model
    text_rows = derivation.text.split("\n")
    text = derivation.latex.replace(r"\{", "").replace(r"\}", "")
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    rows = derivation.latex.split("\n")[1:-1]
    assert len(rows) == sum(" = " in row and not row.startswith("for t =") for row in text_rows)
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    for row in rows:
        row = row.removesuffix(r"\\[1ex]").removesuffix(r"\\")
        parser.parse(f"${row.replace('&=', '=')}$")


# --- what lines there are -------------------------------------------------------------------------


def _logistic():
    X, y = np.arange(8.0).reshape(4, 2) / 4 - 1, np.array([0.0, 1.0, 1.0, 0.0])
    w = ag.Tensor([0.5, -1.0], requires_grad=True)
    b = ag.Tensor(0.25, requires_grad=True)
    return X, y, w, b


def test_bias_is_summed_over_the_batch_and_a_mean_is_a_readable_number():
    X, y, w, b = _logistic()
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
    X, y, w = _logistic()[:3]
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
    X, y, w = _logistic()[:3]
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
    X, y, w = _logistic()[:3]
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


# --- names, and what is asked for -----------------------------------------------------------------


def test_only_what_is_asked_for_is_derived(network):
    for wrt in ("dLoss/dz2", "z2", network.z2, ["z2"], [network.z2]):
        derivation = ag.derive(network.loss, wrt, names=network.names)
        assert derivation.text == CHAIN.partition("\ndLoss/dW2")[0]
        assert_same(executed(derivation), ag.gradients(network.loss, [network.z2]))


def test_gradients_come_in_the_order_in_which_they_were_asked_for(network):
    derivation = ag.derive(network.loss, ["W2", network.W1], names=network.names)
    assert_same(executed(derivation), ag.gradients(network.loss, [network.W2, network.W1]))
    assert repr(derivation) == "<Derivation of Loss for W2, W1: 11 lines>"


def test_names_come_from_the_tensors_then_the_variables_then_the_operations():
    weight = ag.Tensor([1.0, 2.0], requires_grad=True, name="W")
    data = np.array([3.0, 4.0])
    loss = np.sum(np.tanh(weight * data) ** 3)
    text = ag.derive(loss).text
    assert text == (
        "tanh_1 = tanh(W * data)\nLoss = sum(tanh_1 ** 3)\n\n"
        "dLoss/dW = 3 * tanh_1 ** 2 * (1 - tanh_1 * tanh_1) * data"
    )
    assert "theta * X" in ag.derive(loss, names={"theta": weight, "X": data}).text


def test_two_tensors_of_one_name_are_told_apart():
    one, two = (ag.Tensor(v, requires_grad=True, name="w") for v in (2.0, 3.0))
    derivation = ag.derive(one * two)
    assert [line.name for line in derivation][1:] == ["dLoss/dw", "dLoss/dw_2"]
    assert executed(derivation) == [3.0, 2.0]


def test_leaf_that_was_rebound_is_what_each_call_saw():
    w = ag.Tensor([1.0, 2.0], requires_grad=True, name="w")
    first = np.sum(w * w)
    w.data = [10.0, 20.0]
    derivation = ag.derive(first * np.sum(w))
    assert_same(executed(derivation), [ag.gradients(first * np.sum(w), [w])[0]])


def test_seed_is_the_cotangent_of_what_is_no_scalar():
    X, _, w, _ = _logistic()
    z = X @ w
    v = np.array([1.0, -1.0, 2.0, 0.5])
    derivation = ag.derive(z, w, seed=v)
    assert derivation.text == (
        "z = X @ w\nLoss = sum(z * v)\n\ndLoss/dz = v\ndLoss/dw = X.T @ dLoss/dz"
    )
    assert_same(executed(derivation), ag.gradients(z, [w], seed=v))
    assert "dLoss/dz = seed" in ag.derive(z, w, seed=[1.0, 2.0, 3.0, 4.0]).text


def test_arrays_without_a_name_are_inputs_where_they_are_large():
    w = ag.Tensor(np.ones(2), requires_grad=True)
    derivation = ag.derive(np.sum(np.arange(20.0).reshape(10, 2) ** 2 @ w * 3.0))
    assert list(derivation.inputs) == ["array_1", "w"]
    assert_same(executed(derivation), [3 * (np.arange(20.0).reshape(10, 2) ** 2).sum(axis=0)])


def test_zero_times_an_undefined_derivative_is_zero_as_in_the_engine():
    x = ag.Tensor([0.0, 1.0, 2.0], requires_grad=True)
    with np.errstate(all="ignore"):
        loss = np.sum(np.where(x > 0, np.log(x) * x, 0.0))
        derivation = ag.derive(loss)
        assert_same(executed(derivation), ag.gradients(loss, [x]))


def test_several_results_of_one_call():
    A = ag.Tensor(np.array([[2.0, 1.0], [1.0, 3.0]]), requires_grad=True)
    loss = np.linalg.eigh(A)[0][1]
    derivation = ag.derive(loss, numbers=True)
    assert_same(executed(derivation), ag.gradients(loss, [A]))
    assert "linalg.eigh(A)" in derivation.text
    assert derivation.latex
    assert derivation.markdown


def test_index_with_a_name_is_a_parameter_of_the_source():
    table = ag.Tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
    words = np.array([2, 0, 2])
    loss = np.sum(table[words] ** 2)
    derivation = ag.derive(loss)
    assert "table[words]" in derivation.text
    assert list(derivation.inputs) == ["words", "table"]
    assert_same(executed(derivation), ag.gradients(loss, [table]))


def test_rule_that_looks_at_counts_still_has_its_formula():
    x, counts = ag.Tensor([1.0, 2.0], requires_grad=True), np.array([2, 3])
    loss = np.sum(np.repeat(x, counts) ** 2)
    values = {line.name: line.value for line in ag.derive(loss)}
    np.testing.assert_allclose(values["dLoss/dx"], [4.0, 12.0])


def test_derivation_is_saved_in_the_form_of_the_suffix(network, tmp_path):
    derivation = ag.derive(network.loss, names=network.names)
    for suffix, form in ((".txt", derivation.text), (".md", derivation.markdown),
                         (".tex", f"{{\\allowdisplaybreaks\n{derivation.latex}}}")):  # fmt: skip
        assert derivation.save(tmp_path / f"chain{suffix}").read_text() == form + "\n"
    with pytest.raises(ValueError, match=r"saved as \.txt, \.md, \.tex, \.py, not '\.pdf'"):
        derivation.save(tmp_path / "chain.pdf")


# --- what has no derivation -----------------------------------------------------------------------


def test_errors_say_what_was_given_and_the_way_out():
    X, y, w, b = _logistic()
    z = X @ w
    loss = np.sum((z - y) ** 2)
    scale = ag.Tensor(2.0, name="scale")
    for error, match, call in (
        (TypeError, "derive.. takes the loss as a Tensor, not 3.0", lambda: ag.derive(3.0)),
        (ValueError, "of a constant: scale of shape", lambda: ag.derive(scale)),
        (ValueError, "not a scalar: reduce it .*seed=", lambda: ag.derive(z)),
        (ValueError, "cotangent of shape .2,. does not fit", lambda: ag.derive(z, seed=[1, 2])),
        (ValueError, "did you mean 'z'", lambda: ag.derive(loss, "Z")),
        (ValueError, "did you mean 'w'", lambda: ag.derive(loss, ["dLoss/dw1"])),
        (ValueError, "a name among w, z", lambda: ag.derive(loss, b)),
        (ValueError, "scale.*a constant", lambda: ag.derive(loss * scale, "scale")),
        (ValueError, "wrt is empty", lambda: ag.derive(loss, [])),
        (TypeError, "Tensors and names, not 3", lambda: ag.derive(loss, 3)),
    ):
        with pytest.raises(error, match=match):
            call()


def test_freed_tape_is_refused():
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    loss = np.sum(w * w)
    loss.backward(keep_tape=False)
    with pytest.raises(ValueError, match="this part of the tape is gone"):
        ag.derive(loss)


def test_checkpointed_call_is_refused():
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"square was checkpointed.*without ag\.checkpoint"):
        ag.derive(np.sum(ag.checkpoint(square)(w)))


def square(x):
    return x * x


def test_nothing_is_recorded_and_no_gradient_is_touched(network):
    before = len(history(network.loss.node))
    ag.derive(network.loss, names=network.names, factors=True).source  # noqa: B018
    assert len(history(network.loss.node)) == before
    assert network.W1.grad is None


# --- all operations -------------------------------------------------------------------------------


def _derived(case):
    """The derivation of a case, its gradients by its source, and those of the engine."""
    leaves, build = trees.flatten(case.args())
    tensors = []
    for i, leaf in enumerate(leaves):
        if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc":
            leaves[i] = ag.Tensor(leaf, requires_grad=True, name=f"x{len(tensors)}")
            tensors.append(leaves[i])
    out = case.f(*build(leaves))
    if not getattr(out, "requires_grad", False):
        return None
    nodes = set(history(out.node))
    tensors = [t for t in tensors if t.node in nodes]
    rng = np.random.default_rng(0)
    seed = np.asarray(rng.standard_normal(out.shape) * (1 + 1j * (out.dtype.kind == "c")))
    seed = seed.astype(out.dtype) if out.dtype.kind == "c" else seed.real.astype(out.dtype)
    derivation = ag.derive(out, tensors, seed=seed)
    return derivation, tensors, ag.gradients(out, tensors, seed=seed)


@pytest.mark.parametrize(
    "cases", [CASES[::13], pytest.param(CASES, marks=pytest.mark.slow)], ids=["some", "all"]
)
@pytest.mark.filterwarnings("ignore")
def test_every_operation_has_a_derivation_and_a_source(cases):
    refused = []
    for case in cases:
        found = _derived(case)
        if found is None:
            continue
        derivation, tensors, wanted = found
        lines = {line.name: line.value for line in derivation}
        for t, g in zip(tensors, wanted, strict=True):
            np.testing.assert_allclose(
                lines[f"dLoss/d{t.name}"], g, rtol=1e-9, atol=1e-9, err_msg=str(case)
            )
        assert derivation.latex
        try:
            scope = {"np": np}
            if "scipy." in derivation.source:
                scope["scipy"] = pytest.importorskip("scipy")
            exec(derivation.source, scope)
        except ConcretizationError:
            refused.append(case.row.name)
            continue
        results = scope["gradient"](**derivation.inputs)
        for a, g in zip(results if len(tensors) > 1 else [results], wanted, strict=True):
            assert (np.shape(a), a.dtype) == (g.shape, g.dtype), str(case)
            np.testing.assert_allclose(a, g, rtol=1e-9, atol=1e-9, err_msg=str(case))
    # The solver calls a function of the user's; a rule looks at counts that have a name.
    assert set(refused) <= {"odeint", "odeint of t first", "repeat"}


def test_wrong_simplification_is_found(monkeypatch):
    """A rule that drops a minus: the lines say something else than the engine."""
    wrong = [lambda graph, args, kwargs, value: args[0]]
    monkeypatch.setitem(simplification._RULES, np.negative, wrong)
    derivation, loss, parameters = _xor(3, True, 0.3)
    with pytest.raises(AssertionError):
        assert_same(executed(derivation), ag.gradients(loss, parameters))


def test_example_writes_every_form(tmp_path, capsys):
    derive.main(["--out", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {
        "article.txt", "article.md", "article.tex", "article.py", "batch.txt", "hessian.txt"
    }  # fmt: skip
    assert FACTORS.split("\n")[1] in capsys.readouterr().out


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


# --- functions, loops, and what is left out -------------------------------------------------------


def unrolled(X, W, U):
    h = np.zeros((4, 3))
    for x in X:
        z = x @ W + h @ U
        h = np.tanh(z)
    return np.sum(h**2)


def recurrence(steps):
    rng = np.random.default_rng(0)
    shapes = {"W": (2, 3), "U": (3, 3)}
    weights = [ag.Tensor(rng.normal(size=s), requires_grad=True, name=n) for n, s in shapes.items()]
    return ag.derive(unrolled, rng.normal(size=(steps, 4, 2)), *weights), weights


def test_equal_steps_are_a_loop():
    derivation, _ = recurrence(20)
    assert (
        derivation.text
        == """\
for t = 1 ... 20:
    z_t = x_t @ W + h_(t-1) @ U
    h_t = tanh(z_t)
Loss = sum(h_20 ** 2)

dLoss/dh_20 = 2 * h_20
for t = 20 ... 2:
    dLoss/dz_t = dLoss/dh_t * (1 - h_t * h_t)
    dLoss/dh_(t-1) = dLoss/dz_t @ U.T
dLoss/dz_1 = dLoss/dh_1 * (1 - h_1 * h_1)
dLoss/dU = sum(h_(t-1).T @ dLoss/dz_t for t = 20 ... 1)
dLoss/dW = sum(x_t.T @ dLoss/dz_t for t = 20 ... 1)"""
    )


def test_equal_steps_are_a_loop_in_latex():
    derivation, _ = recurrence(20)
    assert (
        derivation.latex == r"""\begin{align*}
t = 1, \dots, 20:\quad z_t &= x_t\,W + h_{t-1}\,U \\
t = 1, \dots, 20:\quad h_t &= \tanh\left(z_t\right) \\
\mathrm{Loss} &= \sum h_{20}^{2} \\[1ex]
\frac{\partial \mathrm{Loss}}{\partial h_{20}} &= 2\,h_{20} \\
t = 20, \dots, 2:\quad \frac{\partial \mathrm{Loss}}{\partial z_t} &= """
        r"""\frac{\partial \mathrm{Loss}}{\partial h_t} \odot \left(1 - h_t \odot h_t\right) \\
t = 20, \dots, 2:\quad \frac{\partial \mathrm{Loss}}{\partial h_{t-1}} &= """
        r"""\frac{\partial \mathrm{Loss}}{\partial z_t}\,U^{\top} \\
\frac{\partial \mathrm{Loss}}{\partial z_1} &= """
        r"""\frac{\partial \mathrm{Loss}}{\partial h_1} \odot \left(1 - h_1 \odot h_1\right) \\
\frac{\partial \mathrm{Loss}}{\partial U} &= """
        r"""\sum_{t=1}^{20} h_{t-1}^{\top}\,\frac{\partial \mathrm{Loss}}{\partial z_t} \\
\frac{\partial \mathrm{Loss}}{\partial W} &= """
        r"""\sum_{t=1}^{20} x_t^{\top}\,\frac{\partial \mathrm{Loss}}{\partial z_t}
\end{align*}"""
    )
    numbers = ag.derive(unrolled, np.ones((5, 4, 2)), *recurrence(5)[1], numbers=True)
    assert "t = " not in numbers.latex + numbers.text + numbers.markdown


def test_equal_steps_are_a_loop_in_markdown():
    derivation, _ = recurrence(20)
    rows = derivation.markdown.split("\n")
    assert rows[4:8] == [
        "| for t = 1 ... 20: | |",
        "| &emsp;`z_t` | `x_t @ W + h_(t-1) @ U` |",
        "| &emsp;`h_t` | `tanh(z_t)` |",
        "| `Loss` | `sum(h_20 ** 2)` |",
    ]
    assert rows[-1] == "| `dLoss/dW` | `sum(x_t.T @ dLoss/dz_t for t = 20 ... 1)` |"


def _written_out(blocks):
    """The pairs (name, formula) of blocks with their loops written out, and the sums over t too."""
    for lines, span in blocks:
        for values in _steps(span) if span else [{}]:
            for pair in lines:
                yield tuple(_sums_written_out(_at(text, values)) for text in pair)


def _steps(span):
    """t, and i and others, at each step."""
    step = 1 if span.last > span.first else -1
    for k, t in enumerate(range(span.first, span.last + step, step)):
        yield {"t": t, **{letter: values[k] for letter, values in span.listed.items()}}


def _at(text, values):
    """A text with the numbers for t, t+1, 2t-1 and i, as a name and an index have them."""
    for letter, value in values.items():

        def number(match, value=value):
            factor = {"": 1, "-": -1}.get(match[1]) or int(match[1])
            return str(factor * value + int(match[2] or 0))

        pattern = rf"(?<![A-Za-z\\])(-?\d*){letter}([+-]\d+)?(?![\w=(])(?! =)"
        text = re.sub(pattern, number, text)
    return re.sub(r"_\((\d+)\)", r"_\1", text)


def _sums_written_out(text):
    """A text of the form TEXT without ``sum(... for t = 3 ... 1, i = 2, 0, 1)``."""
    while found := re.search(r" for t = (\d+) \.\.\. (\d+)((?:, \w = \d+(?:, \d+)*)*)\)", text):
        end, depth = found.start(), 1
        start = end
        while depth:
            start -= 1
            depth += {")": 1, "(": -1}.get(text[start], 0)
        parts = re.findall(r", (\w) = (\d+(?:, \d+)*)(?=, \w =|$)", found[3])
        listed = {letter: [*map(int, values.split(", "))] for letter, values in parts}
        span = notation.Span(int(found[1]), int(found[2]), listed)
        terms = [_at(text[start + 1 : end], values) for values in _steps(span)]
        text = text[: start - len("sum")] + " + ".join(terms) + text[found.end() :]
    return text


def gru(X, Wz, Uz, Wr, Ur, Wh, Uh):
    """As one writes it for one sequence: each X[t] is a vector."""
    h = np.zeros(3)
    for t in range(len(X)):
        z = ag.sigmoid(X[t] @ Wz + h @ Uz)
        r = ag.sigmoid(X[t] @ Wr + h @ Ur)
        c = np.tanh(X[t] @ Wh + (r * h) @ Uh)
        h = (1 - z) * h + z * c
    return np.sum(h)


def squared_steps(X, A):
    """Two terms a step in the gradient of X, one of them with a minus."""
    total = 0
    for t in range(len(X) - 1):
        e = X[t + 1] - X[t] @ A
        total = total + np.sum(e * e)
    return total


def spoken(log_start, A, B):
    """A hidden Markov model: what was heard chooses a column, one twice."""
    alpha = log_start
    for y in [0, 2, 3, 2, 1, 0]:
        alpha = ag.logsumexp(alpha[:, None] + A, axis=0) + B[:, y]
    return ag.logsumexp(alpha)


LOOPS = {
    "symbols": lambda: ag.derive(spoken, *(np.ones(s) for s in ((3,), (3, 3), (3, 4)))),
    "recurrence": lambda: recurrence(9)[0],
    "GRU": lambda: ag.derive(gru, *map(np.ones, [(7, 2), *[(2, 3), (3, 3)] * 3])),
    "differences": lambda: ag.derive(squared_steps, np.ones((9, 2)), np.ones((2, 2))),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_written_out_is_the_lines(name):
    derivation = LOOPS[name]()
    lines = [(line.name, line.formula) for line in derivation]
    helpers = {n: formula for n, formula in lines if re.fullmatch(r"part_\d+", n)}
    for part, formula in reversed(helpers.items()):  # of long sums
        lines = [(n, re.sub(rf"\b{part}\b", formula, f)) for n, f in lines if n != part]
    blocks = rolling.rolled([(line.name, line.formula) for line in derivation], notation.TEXT)
    assert any(block.span for block in blocks)
    assert list(_written_out(blocks)) == lines


def test_a_loop_of_latex_written_out_is_the_lines():
    lines = [("z_9", r"x_9\,W"), *((f"z_{{{t}}}", rf"x_{{{t}}}\,W") for t in range(10, 13))]
    lines += [
        (rf"\mathrm{{a.b\_{t}}}", rf"X\left[:, {t - 1}\right] + h_{{1, {t}}}") for t in (4, 3, 2)
    ]
    blocks = rolling.rolled(lines, notation.LATEX)
    assert [block.span for block in blocks] == [(9, 12, {}), (4, 2, {})]
    names = [name for block in blocks for name, _ in block.lines]
    assert names == ["z_t", r"\mathrm{a.b\_t}"]
    found = [(re.sub(r"_(\d+)", r"_{\1}", a), re.sub(r"_(\d+)", r"_{\1}", b))
             for a, b in _written_out(blocks)]  # fmt: skip
    expected = [(re.sub(r"_(\d)", r"_{\1}", a), re.sub(r"_(\d)", r"_{\1}", b)) for a, b in lines]
    assert found == expected


@pytest.mark.parametrize("name", LOOPS)
def test_a_gradient_of_a_long_sum_over_the_steps_is_one_short_line(name):
    derivation = LOOPS[name]()
    for line in derivation.text.split("\n"):
        assert len(line) < 230, line
    assert "part_" not in derivation.text
    assert len(derivation.latex.split("\n")) < 45


def test_sums_of_equal_steps_with_several_terms_and_signs():
    def total(formula):
        [(lines, _)] = rolling.rolled([("s", formula)], notation.TEXT)
        return lines[0][1]

    assert total("a_1 - b_3 + a_2 - b_5 + a_3 - b_7 + c") == (
        "sum(a_t - b_(2t+1) for t = 1 ... 3) + c"
    )
    assert total("c - a_3 - a_2 - a_1") == "c - sum(a_t for t = 3 ... 1)"
    assert total("-a_1 - a_2 - a_3 - a_4") == "-a_1 - sum(a_t for t = 2 ... 4)"
    assert total("a_1 + a_2 + a_4") == "a_1 + a_2 + a_4"
    assert total("f(a_1 + a_2 + a_3)") == "f(a_1 + a_2 + a_3)"


def test_an_outer_product_is_called_that():
    x, W = np.array([1.0, 2.0]), ag.Tensor(np.ones((2, 3)), requires_grad=True)
    z = x @ W
    loss = np.sum(z**2)
    derivation = ag.derive(loss)
    assert derivation.text.endswith("dLoss/dW = outer(x, dLoss/dz)")
    assert r"x\,\left(\frac{\partial \mathrm{Loss}}{\partial z}\right)^{\top}" in derivation.latex
    np.testing.assert_allclose(derivation.lines[-1].value, np.outer(x, 2 * z.data), rtol=1e-12)


def test_steps_that_differ_are_no_loop():
    x = ag.Tensor([0.5, 1.0], requires_grad=True)
    h_1 = np.sin(x)
    h_2 = np.cos(h_1)
    h_3 = np.tanh(h_2)
    assert "for t" not in ag.derive(np.sum(h_3)).text


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
    X, y, w, _ = _logistic()
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


def two_tensors_a_step(params, X):
    h = np.zeros((2, 2))
    for x in X:
        z = h @ params["U"]
        z = z + x @ params["W"]
        h = np.tanh(z)
    return np.sum(h)


def test_numbers_of_a_loop_may_go_up_by_two():
    params = {"U": np.full((2, 2), 0.1), "W": np.full((3, 2), 0.2)}
    X = np.random.default_rng(0).normal(size=(6, 2, 3))
    text = ag.derive(two_tensors_a_step, params, X, wrt="params").text
    assert re.search(r"for t = [012] \.\.\. [56]:", text)
    assert "z_(2t" in text
    assert len(text.splitlines()) < 25
    gradients = ag.grad(two_tensors_a_step)(params, X)
    lines = {
        line.name: line.value for line in ag.derive(two_tensors_a_step, params, X, wrt="params")
    }
    for key, g in gradients.items():
        np.testing.assert_allclose(lines[f"dLoss/d(params['{key}'])"], g, rtol=1e-12)


# --- programs as others write them ----------------------------------------------------------------


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


def test_steps_of_long_sums_are_a_loop():
    def lotka_volterra(theta, y):
        for _ in range(8):
            prey, predators = y[0], y[1]
            dy = np.stack([theta[0] * prey - theta[1] * prey * predators,
                           theta[2] * prey * predators - theta[3] * predators])  # fmt: skip
            y = y + 0.1 * dy
        return np.sum(y**2)

    args = np.array([1.1, 0.4, 0.1, 0.4]), np.array([2.0, 1.0])
    derivation = ag.derive(lotka_volterra, *args)
    assert len(derivation) > 100
    assert len(derivation.text.split("\n")) < 45


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


def test_what_chooses_data_may_change_in_any_way():
    derivation = LOOPS["symbols"]()
    assert "for t = 1 ... 5, i = 0, 2, 3, 2, 1:" in derivation.text
    assert "+ B[:, i]" in derivation.text
    assert ("dLoss/dB = sum(scatter(dLoss/dalpha_t, [:, i], (3, 4)) "
            "for t = 6 ... 1, i = 0, 1, 2, 3, 2, 0)") in derivation.text  # fmt: skip
    assert r"t = 1, \dots, 5,\ i = 0, 2, 3, 2, 1:\quad" in derivation.latex
    assert r"\sum_{t = 6, \dots, 1,\ i = 0, 1, 2, 3, 2, 0}" in derivation.latex
    pairs = [(f"y_{t}", f"A[{i}] @ y_{t - 1}") for t, i in enumerate(range(0, 80, 2), 1)]
    [(_, span)] = rolling.rolled(pairs, notation.TEXT)
    assert not span.listed
    pairs = [(f"y_{t}", f"A[{t * t}] @ y_{t - 1}") for t in range(1, 40)]
    [(lines, span)] = rolling.rolled(pairs, notation.TEXT)
    assert lines == [("y_t", "A[i] @ y_(t-1)")]
    assert str(span) == "t = 1 ... 39, i = 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, ..., 1521"
    made = [(f"y_{t}", f"y_{t * t} + 1") for t in range(2, 9)]  # no step from one to the next
    assert len(rolling.rolled(made, notation.TEXT)) == len(made)


def test_a_saved_program_imports_what_it_calls(tmp_path):
    special = pytest.importorskip("autograd_lite.scipy.special")
    pytest.importorskip("scipy")
    r = ag.Tensor([1.5, 2.5], requires_grad=True, name="r")
    derivation = ag.derive(np.sum(special.gammaln(r)))
    scope: dict = {}
    exec(derivation.save(tmp_path / "chain.py").read_text(), scope)
    found = scope["gradient"](**derivation.inputs)
    np.testing.assert_allclose(found, derivation.lines[-1].value, rtol=1e-12)
