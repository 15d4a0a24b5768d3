"""Derivations of whole models and of every operation: they are what the engine computes."""

import re
from types import SimpleNamespace

import article
import numpy as np
import pytest
from derived import assert_same, executed
from operations import CASES

import autograd_lite as ag
from autograd_lite.engine.tape import history
from autograd_lite.symbolic import simplification
from autograd_lite.symbolic.traced import ConcretizationError
from autograd_lite.transforms import trees
from benchmarks.workloads.attention import ATTENTION
from benchmarks.workloads.recurrent import LSTM


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
