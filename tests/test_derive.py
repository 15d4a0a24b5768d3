"""Derivations: the chain of the article, names, what is asked for, and what has none."""

import subprocess
import sys
from types import SimpleNamespace

import article
import derive
import numpy as np
import pytest
from derived import assert_same, executed, logistic

import autograd_lite as ag
import nn
from autograd_lite.engine.tape import history

FIGURES = article.FIGURES


ERRATA = {"dh2/dz2", "dLoss/dz2"}


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
    X, _, w, _ = logistic()
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


def test_errors_say_what_was_given_and_the_way_out():
    X, y, w, b = logistic()
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


def test_example_writes_every_form(tmp_path, capsys):
    derive.main(["--out", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {
        "article.txt", "article.md", "article.tex", "article.py", "batch.txt", "hessian.txt"
    }  # fmt: skip
    assert FACTORS.split("\n")[1] in capsys.readouterr().out


def test_a_saved_program_imports_what_it_calls(tmp_path):
    special = pytest.importorskip("autograd_lite.scipy.special")
    pytest.importorskip("scipy")
    r = ag.Tensor([1.5, 2.5], requires_grad=True, name="r")
    derivation = ag.derive(np.sum(special.gammaln(r)))
    scope: dict = {}
    exec(derivation.save(tmp_path / "chain.py").read_text(), scope)
    found = scope["gradient"](**derivation.inputs)
    np.testing.assert_allclose(found, derivation.lines[-1].value, rtol=1e-12)
