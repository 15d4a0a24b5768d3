"""`review`: what may be handed in, what the report says, and that nothing of the user's changes."""

import cProfile
import gc
import json
import pstats
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.reviewing.candidates import groups
from autograd_lite.reviewing.examination import Examination
from autograd_lite.reviewing.recognition import EXACT, UNKNOWN, Known

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
W1, W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))


def network(X, Y, W1, W2):
    h = np.tanh(X @ W1)
    e = h @ W2 - Y
    loss = np.sum(e**2) / len(X)
    de = 2 * e / len(X)
    dW2 = h.T @ de
    dh = de @ W2.T
    dz = dh * (1 - h)
    dW1 = X.T @ dz
    return loss, {"W1": dW1, "W2": dW2}


def right_network(X, Y, W1, W2):
    h = np.tanh(X @ W1)
    e = h @ W2 - Y
    de = 2 * e / len(X)
    return np.sum(e**2) / len(X), (X.T @ ((de @ W2.T) * (1 - h**2)), h.T @ de)


def line_of(function, text):
    first = function.__code__.co_firstlineno
    lines = Path(__file__).read_text().split("\n")
    return next(n for n in range(first, len(lines)) if text in lines[n - 1])


def test_functions_that_the_collector_does_not_tell_of_are_reviewed():
    gc.freeze()
    (wrong,) = [x for x in ag.review(network, X, Y, W1, W2).lines if x.verdict == "WRONG"]
    assert wrong.line == line_of(network, "dz = dh")


def test_the_wrong_line_and_what_it_should_say():
    report = ag.review(network, X, Y, W1, W2)
    assert not report
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.line == line_of(network, "dz = dh")
    assert wrong.suggestion == "dz = dh * (1 - h ** 2)"
    verdicts = {line.name: line.verdict for line in report.lines}
    assert verdicts == {
        "de": "right", "dW2": "right", "dh": "right", "dz": "WRONG", "dW1": "follows",
    }  # fmt: skip
    (follows,) = [line for line in report.lines if line.verdict == "follows"]
    assert follows.because == wrong.line
    assert report.wrong == ("W1",)


def test_the_report_in_its_forms():
    report = ag.review(network, X, Y, W1, W2)
    text = str(report)
    assert f"test_review.py:{line_of(network, 'dz = dh')}: dz is wrong" in text.split("\n")[0]
    assert "write: dz = dh * (1 - h ** 2)" in text
    assert "2 of 2 gradients returned were compared" in text
    assert "\x1b" not in text
    assert "dz is wrong" in report.markdown()
    assert "<table>" in report._repr_html_()
    assert json.loads(report.json())["right"] is False
    assert "-    dz = dh * (1 - h)\n+    dz = dh * (1 - h ** 2)\n" in report.diff
    with pytest.raises(AssertionError, match="dz is wrong"):
        report.raise_if_bad()


def test_a_right_program_is_right():
    report = ag.review(right_network, X, Y, W1, W2)
    assert report
    assert not report.diff
    report.raise_if_bad()


def test_nothing_of_the_users_changes():
    before = [a.copy() for a in (X, Y, W1, W2)]
    code, state = network.__code__, np.random.get_state()[1].copy()  # noqa: NPY002
    ag.review(network, X, Y, W1, W2)
    assert all(np.array_equal(a, b) for a, b in zip(before, (X, Y, W1, W2), strict=True))
    assert network.__code__ is code
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert not [name for name in globals() if "review__" in name]


class Layer:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout * 2
        return dout @ self.W.T


def test_a_layer_as_a_pair():
    layer = Layer(W1.copy())
    report = ag.review((layer.forward, layer.backward), X)
    assert report.wrong == ("dW",)
    assert report.compared == {"result[1]": "x", "dW": "self.forward.__self__.W"}
    assert not hasattr(layer, "dW")


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


def test_functions_with_a_cache_as_a_pair():
    report = ag.review((affine_forward, affine_backward), X, W1, np.ones(4))
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.suggestion == "return dout @ w.T, x.T @ dout, dout.sum(axis=0)"


class Stored:
    def __init__(self, w):
        self.w = w

    def loss(self, x, y):
        e = x @ self.w - y
        self.grads = {"w": x.T @ e}
        return np.sum(e * e)


def test_gradients_that_are_stored():
    report = ag.review(Stored(W1[:, 0].copy()).loss, X, Y[:, 0])
    assert not report
    assert [line.suggestion for line in report.lines if line.verdict == "WRONG"] == [
        'self.grads = {"w": 2 * x.T @ e}'
    ]


def no_loss(x):
    return {"dx": x}


def test_what_has_no_loss():
    with pytest.raises(ValueError, match="no loss"):
        ag.review(no_loss, X)


def test_what_is_no_function():
    with pytest.raises(TypeError, match="hand in the function itself"):
        ag.review(1.5, X)
    with pytest.raises(TypeError, match="pair"):
        ag.review((network, network, network), X)


def test_pairs_by_hand():
    def f(x, y):
        return np.sum(x * y), (y, x)

    assert ag.review(f, X, X[::-1].copy())
    with pytest.raises(ValueError, match="no returned gradient is called 'q'"):
        ag.review(f, X, Y[:, :1], pairs={"q": "x"})


def network_of_other_names(X, Y, W1, W2):
    out1 = np.tanh(X @ W1)
    e = out1 @ W2 - Y
    loss = np.sum(e**2)
    q = 2 * e
    r = (q @ W2.T) * (1 - out1)
    return loss, (X.T @ r, out1.T @ q)


def test_pairs_of_what_a_line_assigns():
    report = ag.review(network_of_other_names, X, Y, W1, W2, pairs={"q": "e"})
    assert [line.name for line in report.lines if line.verdict == "WRONG"] == ["r"]
    examined = Examination(network_of_other_names, (X, Y, W1, W2), {}, {"q": "e"})
    words = {s.name: examined.word_of(s) for s in examined.statements.values()}
    assert words["q"] == "e"
    assert words["r"] == "r"
    with pytest.raises(ValueError, match="'nothing' is no array of the arguments, and no line"):
        ag.review(network_of_other_names, X, Y, W1, W2, pairs={"q": "nothing"})


def updated_too_early(X, Y, W1, W2, lr):
    h = np.tanh(X @ W1)
    e = h @ W2 - Y
    loss = np.sum(e**2)
    de = 2 * e
    dW2 = h.T @ de
    W2 -= lr * dW2
    dh = de @ W2.T
    dW1 = X.T @ (dh * (1 - h**2))
    W1 -= lr * dW1
    return loss, {"W1": dW1, "W2": dW2}


def test_a_weight_that_is_updated_before_the_error_went_through_it():
    report = ag.review(updated_too_early, X, Y, W1, W2, 0.1)
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.line == line_of(updated_too_early, "W2 -=")
    assert f"move this line behind line {wrong.line + 1}" in wrong.reason
    assert wrong.suggestion is None
    fixed = report.fixed[__file__].split("\n")
    assert fixed[wrong.line - 1 : wrong.line + 1] == [
        "    dh = de @ W2.T", "    W2 -= lr * dW2"
    ]  # fmt: skip


def mean_without_its_n(X, y, W1, b):
    s = X @ W1 + b
    N = len(X)
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = p.copy()
    ds[np.arange(N), y] -= 1
    dW1 = X.T @ ds
    db = ds.sum(axis=0)
    return loss, {"W1": dW1, "b": db}


def test_a_statement_that_is_missing():
    report = ag.review(mean_without_its_n, X, np.array([0, 1, 2, 3, 0, 1]), W1, np.ones(4))
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.line == line_of(mean_without_its_n, "ds[np.arange")
    assert wrong.suggestion == "ds[np.arange(N), y] -= 1; ds /= N"
    assert "division by N is left out" in wrong.reason


def recurrence(x, a, c):
    """The state of a line in the loop has no name in the forward pass."""
    hs = [0.1]
    for t in range(len(x)):
        hs.append(np.tanh(a * hs[t] + c * x[t]))
    loss = sum(h * h for h in hs)
    ga = gc = 0.0
    back = 0.0
    for t in reversed(range(len(x))):
        gh = 2 * hs[t + 1] + back
        gz = gh * hs[t + 1]
        ga += gz * hs[t]
        gc += gz * x[t]
        back = gz * a
    return loss, {"a": ga, "c": gc}


def test_a_line_of_a_loop_whose_value_has_no_name():
    report = ag.review(recurrence, rng.normal(size=7), 0.7, -1.2)
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.line == line_of(recurrence, "gz = gh")
    assert wrong.suggestion == "gz = gh * (1 - hs[t + 1] ** 2)"


def test_calls_without_a_name_have_gradients_that_a_line_may_give():
    x = rng.normal(size=4)
    examined = Examination(recurrence, (x, 0.7, -1.2), {})
    hs = [0.1]
    for value in x:
        hs.append(np.tanh(0.7 * hs[-1] - 1.2 * value))
    inner, back = [], 0.0
    for h in reversed(hs[1:]):
        inner.append((2 * h + back) * (1 - h * h))
        back = 0.7 * inner[-1]
    unnamed = [g.gradients for g in groups(examined) if not g.word]
    assert any(len(g) == 4 and all(map(np.allclose, g[::-1], inner)) for g in unnamed)


def gradients_alike(a, b, X, Y, Z):
    """A factor is left out of one of two lines; twice as much one line above is as near."""
    E = X * np.exp(2 * a) + Y * np.exp(2 * b) - Z
    loss = 0.25 * np.sum(E**2)
    t_a = 2 * X * np.exp(2 * a)
    t_b = 2 * Y * np.exp(2 * b)
    g_a = 0.5 * np.sum(E * t_a)
    g_b = np.sum(E * t_b)
    return loss, (g_a, g_b)


def test_a_line_says_what_another_line_says_of_something_else():
    report = ag.review(gradients_alike, 0.3, -0.2, X, X[::-1].copy(), Y[:, :1])
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.suggestion == "g_b = 0.5 * np.sum(E * t_b)"


def in_one_display(X, Y, W1, W2):
    h = np.tanh(X @ W1)
    e = h @ W2 - Y
    de = 2 * e
    dz = (de @ W2.T) * (1 - h**2)
    grads = {
        "W1": X.T @ dz,
        "W2": h.T @ -de,
    }
    return np.sum(e**2), grads


def test_of_a_long_statement_the_line_that_is_wrong_is_named():
    report = ag.review(in_one_display, X, Y, W1, W2)
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.line == line_of(in_one_display, '"W2": h.T')
    assert wrong.suggestion == '"W2": h.T @ de,'
    assert report.fixed[__file__].split("\n")[wrong.line - 1].strip() == wrong.suggestion


def cubes(x):
    g = 3 * x
    return np.sum(x**3), g


def test_a_form_that_is_right_at_the_given_point_alone_is_not_offered():
    (wrong,) = [line for line in ag.review(cubes, np.full(3, 2.0)).lines if line.verdict == "WRONG"]
    assert wrong.suggestion == "g = 3 * x ** 2"  # 6 * x is 12 there, too


def by_bytes(w, x, wrong):
    e = np.frombuffer((x @ w).tobytes())  # no tensor goes through this
    return np.sum(e * e), {"w": (1 if wrong else 2) * x.T @ e}


def test_a_loss_that_tensors_do_not_follow_is_held_against_differences():
    assert ag.review(by_bytes, W1[:, 0], X, False)
    report = ag.review(by_bytes, W1[:, 0], X, True)
    assert report.wrong == ("w",)
    assert [line.verdict for line in report.lines] == ["not judged"]
    assert "finite differences" in str(report)
    assert f"{line_of(by_bytes, 'e = np')}" in str(report)


def all_positive(x, y, w):
    z = x @ w
    h = np.maximum(z, 0)
    dh = 2 * (h - y)
    return np.sum((h - y) ** 2), x.T @ (dh * (z > 0))


def test_what_would_not_show_at_the_given_numbers_is_said():
    x, y, w = np.abs(X), Y[:, 0], np.abs(W1[:, 0])
    assert "would not show: relu mask at h" in str(ag.review(all_positive, x, y, w))
    assert "would not show" not in str(ag.review(all_positive, X, y, w))


def shifted_softmax(X, y, W):
    s = X @ W
    top = s.max(axis=1, keepdims=True)
    shifted = s - top
    p = np.exp(shifted)
    p = p / p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(X)), y]).mean()
    ds = (p - np.eye(4)[y]) / len(X)
    return loss, X.T @ ds


def test_what_shows_nowhere_is_no_blind_spot():
    report = ag.review(shifted_softmax, X, np.array([0, 1, 2, 3, 0, 1]), W1)
    assert report
    assert "would not show" not in str(report)  # how the shift is differentiated


def test_a_wrong_line_that_shows_only_beside():
    def f(w):
        return np.sum(w**3), 3 * w

    report = ag.review(f, np.ones(3))
    assert not report


def test_the_command_line(tmp_path):
    source = (
        "import numpy as np\n\n\ndef f(w, x):\n    loss = np.sum((x @ w) ** 2)\n"
        "    dw = x.T @ (x @ w)\n    return loss, {'w': dw}\n\n\ndef example():\n"
        "    r = np.random.default_rng(1)\n    return r.normal(size=3), r.normal(size=(5, 3))\n"
    )
    (tmp_path / "mine.py").write_text(source)
    place = str(tmp_path / "mine.py")
    done = subprocess.run(
        [sys.executable, "-m", "autograd_lite", "review", f"{place}:f", f"--setup={place}:example"],
        capture_output=True, text=True, cwd=Path(ag.__file__).parent.parent,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "mine.py:6: dw is wrong" in done.stdout
    assert (tmp_path / "mine.py").read_text() == source


def test_the_page_shows_the_report_as_it_is():
    import review_me

    page = (Path(ag.__file__).parent.parent / "docs" / "review.md").read_text()
    first, *lines = str(ag.review(review_me.loss_and_gradients, *review_me.example())).split("\n")
    shown = page.split("```text\n")[1].split("```")[0].split("\n")
    assert first.endswith(shown[0].partition("/")[2])
    assert [line.rstrip() for line in lines] == [line.rstrip() for line in shown[1:-1]]


def test_it_works_while_a_profiler_runs():
    profile = cProfile.Profile()
    profile.enable()
    report = ag.review(network, X, Y, W1, W2)
    profile.disable()
    assert report.wrong == ("W1",)
    assert any("review" in name for _, _, name in pstats.Stats(profile).stats)


def embedding(table, words, y):
    e = table[words] - y
    loss = 0.5 * np.sum(e**2)
    dtable = np.zeros_like(table)
    dtable[words] = e
    return loss, {"table": dtable}


def test_entries_that_come_twice_are_added_up():
    words = np.array([0, 2, 2, 1])
    report = ag.review(embedding, rng.normal(size=(3, 2)), words, rng.normal(size=(4, 2)))
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.suggestion == "np.add.at(dtable, words, e)"


def bump(z):
    return z / (1 + z**2)


def bump_slope(z):
    inner = 1 + z**2
    return (1 + z**2) / inner**2


def with_a_slope(X, Y, W1, W2):
    z = X @ W1
    e = bump(z) @ W2 - Y
    de = 2 * e
    dz = (de @ W2.T) * bump_slope(z)
    return np.sum(e**2), (X.T @ dz, bump(z).T @ de)


def test_a_function_that_gives_a_wrong_derivative_is_named_and_not_the_line_that_calls_it():
    report = ag.review(with_a_slope, X, Y, W1, W2)
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.line == line_of(bump_slope, "return")
    assert wrong.suggestion == "return (1 - z**2) / inner**2"


def returned_as_products(X, Y, W1, W2):
    h = np.tanh(X @ W1)
    e = h @ W2 - Y
    dz = 2 * (e @ W2.T) * (1 - h**2)
    return np.sum(e**2), (X.T @ dz, h.T @ e)


def test_a_product_with_the_data_is_no_gradient_of_the_data():
    report = ag.review(returned_as_products, X, Y, W1, W2)
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.suggestion.endswith("(X.T @ dz, 2 * h.T @ e)")


def named_after_the_keyword(X, Y, W1):
    returned = X @ W1
    e = np.tanh(returned) - Y
    returned_bar = 2 * e * np.tanh(returned)
    return np.sum(e**2), X.T @ returned_bar


def test_a_name_that_begins_with_return_is_no_return():
    report = ag.review(named_after_the_keyword, X, X @ W1, W1)
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.suggestion == "returned_bar = 2 * e * (1 - np.tanh(returned) ** 2)"
    assert "((" not in str(report)


def jacobian_for_the_gradient(theta, X, y):
    loss, grad = 0.0, np.zeros(theta.shape)
    for i in range(len(X)):
        p = np.exp(theta @ X[i] - np.max(theta @ X[i]))
        p = p / p.sum()
        loss = loss - np.log(p[y[i]])
        for c in range(len(theta)):
            grad[c] += (p[c] * (1 - p[c]) if y[i] == c else -p[c] * p[y[i]]) * X[i]
    return loss, grad


def test_the_jacobian_of_softmax_is_told_from_the_gradient_of_the_cross_entropy():
    theta = np.random.default_rng(7).normal(size=(3, 3))
    report = ag.review(jacobian_for_the_gradient, theta, X, np.arange(len(X)) % 3)
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.suggestion == "grad[c] += (p[c] - (1 if y[i] == c else 0)) * X[i]"


def normalised(x, w, b, g):
    h = x @ w + b
    std = np.sqrt(h.var(0) + 1e-5)
    norm = (h - h.mean(0)) / std
    out = np.tanh(norm * g)
    loss = np.sum(out**3)
    n = len(x)
    dnorm = 3 * out**2 * (1 - out**2) * g
    dh = dnorm / std
    return loss, {
        "w": x.T @ dh,
        "b": dh.sum(0),
        "g": (3 * out**2 * (1 - out**2) * norm).sum(0),
        "n": n,
    }


def test_a_formula_that_rounds_otherwise_is_told_and_not_offered():
    rng = np.random.default_rng(3)
    sizes = (8, 3), (3, 4), (4,), (4,)
    report = ag.review(normalised, *(rng.normal(size=size) for size in sizes))
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.line == line_of(normalised, "dh = ")
    assert wrong.suggestion is None
    assert "right would be: dh = " in wrong.reason


def with_a_mask_filled_in(X, Y, W1, W2, leak=0.2):
    z = X @ W1
    slope = np.ones_like(z)
    slope[z < 0] -= 1 + leak
    h = np.where(z < 0, leak * z, z)
    e = h @ W2 - Y
    return np.sum(e**2), (X.T @ (2 * (e @ W2.T) * slope), 2 * h.T @ e)


def test_what_is_stored_into_an_array_is_shown_by_the_places_in_it():
    report = ag.review(with_a_mask_filled_in, X, Y, W1, W2)
    (wrong,) = [line for line in report.lines if line.verdict == "WRONG"]
    assert wrong.line == line_of(with_a_mask_filled_in, "slope[z")
    assert re.search(r"slope\[\d, \d\] is -0.2, and 0.2 is right", str(report)), str(report)


def test_numbers_whose_squares_overflow_are_looked_at_without_a_warning():
    gradient = np.array([3.0, -1.0, 2.0])
    known = Known([gradient, 1e200 * gradient])
    assert (known.of(gradient), known.of(1e200 * gradient)) == (EXACT, EXACT)
    assert known.of(1e200 * gradient[::-1] ** 2) == UNKNOWN
    assert Known([gradient, np.array([np.inf, 1.0, 2.0])]).of(gradient) == EXACT
