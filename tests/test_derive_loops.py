"""Equal steps of a derivation are a loop, which is the lines that it stands for."""

import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.derivation import notation, rolling


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


def test_steps_that_differ_are_no_loop():
    x = ag.Tensor([0.5, 1.0], requires_grad=True)
    h_1 = np.sin(x)
    h_2 = np.cos(h_1)
    h_3 = np.tanh(h_2)
    assert "for t" not in ag.derive(np.sum(h_3)).text


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
