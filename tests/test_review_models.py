"""`review` of gradients by hand of models: the forward pass runs through tensors of `nn`.

A line with ``#! other`` behind it, or below, is right as it stands, and wrong as ``other``.
"""

import numpy as np
import pytest
from reviewed import flat, load, with_mistake

import autograd_lite as ag
import nn

HEAD = """\
import numpy as np
import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
SQUARE = rng.normal(size=(5, 4))


def mlp(sizes=(3, 4, 2)):
    layers = []
    for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):
        layers += [nn.Linear(a, b, rng=i), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


model = mlp()


class Net(nn.Module):
    def __init__(self):
        self.fc1, self.fc2 = nn.Linear(3, 4, rng=0), nn.Linear(4, 2, rng=1)

    def forward(self, x):
        self.h = ag.relu(self.fc1(x))
        return self.fc2(self.h)


net = Net()

"""

# The program, and what `run` is called with.
PROGRAMS = {
    "a model around, gradients in a dict of other names": ("""
        def run(X, Y):
            h = model[:2](X)
            out = model[2](h)
            loss = nn.mean_squared_error(out, Y)
            dout = 2 * (out.data - Y) / Y.size
            dW2 = h.data.T @ dout
            db2 = dout.sum(axis=0)
            dz = dout @ model[2].weight.data.T * (1 - h.data**2)
            #! dz = dout @ model[2].weight.data.T * (1 - h.data)
            return loss, dict(W1=X.T @ dz, b1=dz.sum(axis=0), W2=dW2, b2=db2)
        """, "X, Y"),
    "values of parameters(), gradients in their order": ("""
        def run(model, X, Y):
            W1, b1, W2, b2 = [p.data for p in model.parameters()]
            out = model(X).numpy()
            h = np.tanh(X @ W1 + b1)
            loss = np.mean((out - Y) ** 2)
            dout = 2 * (out - Y) / Y.size
            dW2 = h.T @ dout  #! dW2 = h.T @ out
            dz = (dout @ W2.T) * (1 - h**2)
            return loss, [X.T @ dz, dz.sum(axis=0), dW2, dout.sum(axis=0)]
        """, "model, X, Y"),
    "gradients left in .grad": ("""
        def run(model, X, Y):
            out = model(X)
            loss = nn.mean_squared_error(out, Y)
            h = np.tanh(X @ model[0].weight.data + model[0].bias.data)
            dout = 2 * (out.data - Y) / Y.size  #! dout = 2 * (out.data - Y) / len(Y)
            model[2].weight.grad = h.T @ dout
            model[2].bias.grad = dout.sum(axis=0)
            dz = (dout @ model[2].weight.data.T) * (1 - h**2)
            model[0].weight.grad = X.T @ dz
            model[0].bias.grad = dz.sum(axis=0)
            return loss.item()
        """, "model, X, Y"),
    "gradients added to .grad, in a loop over the examples": ("""
        def run(model, X, Y):
            model.zero_grad()
            for p in model.parameters():
                p.grad = np.zeros_like(p.data)
            loss = 0.0
            for x, y in zip(X, Y):
                h = np.tanh(x @ model[0].weight.data + model[0].bias.data)
                d = model(x).numpy() - y
                loss = loss + np.sum(nn.squared_error(model(x)[None], y[None]))
                model[2].weight.grad += np.outer(h, d)
                #! model[2].weight.grad += np.outer(d, h).T * h[:, None]
                model[2].bias.grad += d
                dz = (model[2].weight.data @ d) * (1 - h**2)
                model[0].weight.grad += np.outer(x, dz)
                model[0].bias.grad += dz
            return loss
        """, "model, X, Y"),
    "parameters that are updated": ("""
        def run(model, X, Y, rate=0.1):
            out = model(X)
            loss = nn.mean_squared_error(out, Y)
            h = np.tanh(X @ model[0].weight.data + model[0].bias.data)
            dout = 2 * (out.data - Y) / Y.size
            dz = (dout @ model[2].weight.data.T) * (1 - h**2)
            #! dz = (dout @ model[2].weight.data.T) * (1 - h)
            grads = [X.T @ dz, dz.sum(axis=0), h.T @ dout, dout.sum(axis=0)]
            for p, g in zip(model.parameters(), grads):
                p.data -= rate * g
            return loss.item(), grads
        """, "model, X, Y"),
    "a step that returns the loss alone": ("""
        def run(model, X, Y, rate=0.1):
            out = model(X)
            loss = nn.mean_squared_error(out, Y)
            h = np.tanh(X @ model[0].weight.data + model[0].bias.data)
            dout = 2 * (out.data - Y) / Y.size
            grad2, grad_bias2 = h.T @ dout, dout.sum(axis=0)
            dz = (dout @ model[2].weight.data.T) * (1 - h**2)
            grad1 = X.T @ dz  #! grad1 = X.T @ dz / len(X)
            grad_bias1 = dz.sum(axis=0)
            for p, g in zip(model.parameters(), (grad1, grad_bias1, grad2, grad_bias2)):
                p.grad = g
            model[0].weight.data = model[0].weight.data - rate * model[0].weight.grad
            return loss.item()
        """, "model, X, Y"),
    "a step of arrays that returns the loss alone": ("""
        def run(W, b, X, Y, rate=0.1):
            p = 1 / (1 + np.exp(-(X @ W + b)))
            loss = -np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p))
            dz = (p - Y) / Y.size
            gradient = X.T @ dz
            db = dz.sum(axis=0)  #! db = dz.mean(axis=0)
            W -= rate * gradient
            b -= rate * db
            return loss
        """, "rng.normal(size=(3, 2)), np.zeros(2), X, (Y > 0) * 1.0"),
    "a step that returns the parameters": ("""
        def run(W, b, X, Y):
            p = X @ W + b
            loss = np.sum((p - Y) ** 2)
            dW = 2 * X.T @ (p - Y)
            db = 2 * (p - Y).sum(axis=0)  #! db = 2 * (Y - p).sum(axis=0)
            W = W - 0.01 * dW
            b = b - 0.01 * db
            return W, b, loss
        """, "rng.normal(size=(3, 2)), np.zeros(2), X, Y"),
    "a step of parameters in a dict": ("""
        def run(params, X, Y, lr=0.01):
            h = np.maximum(X @ params["W1"], 0)
            out = h @ params["W2"]
            loss = np.mean((out - Y) ** 2)
            dout = 2 * (out - Y) / Y.size  #! dout = 2 * (out - Y) / len(Y)
            grads = {"W2": h.T @ dout}
            dh = dout @ params["W2"].T
            dh[h <= 0] = 0
            grads["W1"] = X.T @ dh
            for name in params:
                params[name] -= lr * grads[name]
            return loss
        """, "{'W1': rng.normal(size=(3, 4)), 'W2': rng.normal(size=(4, 2))}, X, Y"),
    "an object whose step returns the loss alone": ("""
        class Regression:
            def __init__(self):
                self.w, self.b = np.array([1.0, -2.0, 0.5]), np.zeros(1)

            def step(self, X, y):
                error = X @ self.w + self.b - y
                cost = (error**2).mean()
                dw = 2 * X.T @ error / len(y)  #! dw = 2 * X.T @ error
                db = 2 * error.mean(keepdims=True)
                self.w = self.w - 0.01 * dw
                self.b = self.b - 0.01 * db
                return cost

        run = Regression().step
        """, "X[:5], Y[:5, 0]"),
    "an optimiser that takes them": ("""
        def run(model, X, Y):
            optimizer = nn.SGD(model.parameters(), learning_rate=0.1)
            h = model[:2](X)
            out = model[2](h)
            loss = nn.mean_squared_error(out, Y)
            optimizer.zero_grad()
            dout = 2 * (out.data - Y) / Y.size
            dz = dout @ model[2].weight.data.T * (1 - h.data**2)
            grads = [X.T @ dz, dz.sum(axis=0), h.data.T @ dout, dout.mean(axis=0) * len(X)]
            #! grads = [X.T @ dz, dz.sum(axis=0), h.data.T @ dout, dout.mean(axis=0)]
            for p, g in zip(model.parameters(), grads):
                p.grad = g
            optimizer.step()
            return float(loss.data)
        """, "model, X, Y"),
    "names as in the state_dict": ("""
        def run(model, X):
            a = model[:2](X).numpy()
            b = model[:4](X).numpy()
            out = model(X)
            loss = np.sum(out**2)
            g = {}
            dout = 2 * out.data
            g["layers.4.weight"] = b.T @ dout
            d = dout @ model[4].weight.data.T * (1 - b**2)
            g["layers.2.weight"] = a.T @ d
            d = d @ model[2].weight.data.T * (1 - a**2)
            #! d = d @ model[4].weight.data.T * (1 - a**2)
            g["layers.0.weight"] = X.T @ d
            return loss, g
        """, "mlp((4, 4, 4, 4)), SQUARE"),
    "a module with a backward of its own": ("""
        class Own(Net):
            def backward(self, x, dout):
                g = {}
                h = self.h.data
                g["fc2.weight"] = h.T @ dout
                g["fc2.bias"] = dout.sum(axis=0)
                dz = dout @ self.fc2.weight.data.T * (h > 0)
                #! dz = dout @ self.fc2.weight.data.T * h
                g["fc1.weight"] = x.T @ dz
                g["fc1.bias"] = dz.sum(axis=0)
                return g

        own = Own()

        def run(X, Y):
            out = own(X)
            d = out.data - Y
            return (d**2).sum() / 2, own.backward(X, d)
        """, "X, Y"),
    "tensors, without recording": ("""
        def run(X, Y):
            out = net(X)
            loss = 0.5 * np.sum((out - Y) ** 2)
            with ag.no_grad():
                d = out - Y
                dW2 = net.h.T @ d
                dz = d @ net.fc2.weight.T * (net.h > 0)
                dW1 = X.T @ dz  #! dW1 = X.T @ (dz * 2)
            return loss, {"fc1.weight": dW1, "fc2.weight": dW2}
        """, "X, Y"),
    "tensors without a model": ("""
        def run(W, b, X, Y):
            p = ag.sigmoid(X @ W + b)
            loss = -np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p))
            dz = (p.data - Y) / Y.size  #! dz = (Y - p.data) / Y.size
            return loss, X.T @ dz, dz.sum(axis=0)
        """, "ag.Tensor(rng.normal(size=(3, 2)), requires_grad=True), "
        "ag.Tensor(np.zeros(2), requires_grad=True), X, (Y > 0) * 1.0"),
    "normalization that keeps running means": ("""
        def run(model, X, Y):
            h = model[:3](X).detach().numpy()
            out = model(X)
            loss = nn.cross_entropy(out, Y)
            p = np.exp(out.data) / np.exp(out.data).sum(axis=1, keepdims=True)
            p[np.arange(len(Y)), Y] -= 1
            d = p / len(Y)  #! d = p * len(Y)
            return loss, {"layers.3.weight": h.T @ d, "layers.3.bias": d.sum(axis=0)}
        """, "nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm(4), nn.ReLU(), "
        "nn.Linear(4, 2, rng=1)), X, np.array([0, 1, 1, 0, 1, 0])"),
}  # fmt: skip


def reviewed(name, folder, wrong):
    text, given = PROGRAMS[name]
    lines, at, other = with_mistake(HEAD + "\n".join(flat(text)))
    if wrong:
        lines[at] = other
    module = load(lines, folder, "wrong" if wrong else "right")
    args = eval(f"({given},)", vars(module))
    return ag.review(module.run, *args), at + 1, args


@pytest.mark.parametrize("name", PROGRAMS)
def test_right_gradients_of_a_model_are_right(name, tmp_path):
    report, _, _ = reviewed(name, tmp_path, wrong=False)
    assert report, str(report)
    assert not report.unpaired


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_wrong_line_is_named(name, tmp_path):
    report, line, _ = reviewed(name, tmp_path, wrong=True)
    assert [x.line for x in report.lines if x.verdict == "WRONG"] == [line], str(report)
    assert not report.unpaired


def test_a_return_that_is_put_in_is_not_shown(tmp_path):
    report, _, _ = reviewed("a step of arrays that returns the loss alone", tmp_path, wrong=True)
    changed = [line for line in report.diff.split("\n")[2:] if line[:1] in ("+", "-")]
    assert changed == ["-    db = dz.mean(axis=0)", "+    db = dz.sum(axis=0)"]
    assert "dict(" not in report.diff
    assert not any(line.name == "return" for line in report.lines)


@pytest.mark.parametrize(
    "change", ["W -= 0.1 * dW", "W = W - 0.1 * dW", "model[0].weight.data -= 0.1 * dW"]
)
def test_a_training_of_several_steps_is_told_to_be_one(change, tmp_path):
    text = f"""
        def run(W, X, Y, epochs):
            for _ in range(epochs):
                W = model[0].weight.data if "model" in {change!r} else W
                d = X @ W[:, :2] - Y
                loss = np.sum(d**2)
                dW = np.concatenate([2 * X.T @ d, np.zeros((3, 2))], axis=1)
                {change}
            return loss
        """
    lines = (HEAD + "\n".join(flat(text))).split("\n")
    module = load(lines, tmp_path, "several")
    args = np.ones((3, 4)), module.X, module.Y
    with pytest.raises(ValueError, match=r"judges one step.*several\.py:\d+, '" + change[:5]):
        ag.review(module.run, *args, 3)


def test_a_decorated_step_is_one_too(tmp_path):
    text = """
        import functools

        def timed(f):
            @functools.wraps(f)
            def call(*args):
                return f(*args)
            return call

        @timed
        def run(W, X, Y):
            d = X @ W - Y
            loss = np.sum(d**2)
            dW = X.T @ d
            W -= 0.1 * dW
            return loss
        """
    module = load((HEAD + "\n".join(flat(text))).split("\n"), tmp_path, "decorated")
    report = ag.review(module.run, np.ones((3, 2)), module.X, module.Y)
    assert [line.name for line in report.lines if line.verdict == "WRONG"] == ["dW"], str(report)


def test_backward_of_a_tensor_is_no_gradient_by_hand(tmp_path):
    text = """
        def run(X, Y):
            loss = nn.squared_error(model(X), Y)
            loss.backward()
            return loss, model[0].weight.grad
        """
    module = load((HEAD + "\n".join(flat(text))).split("\n"), tmp_path, "both")
    with pytest.raises(TypeError, match=r"derived by hand.*ag\.compare"):
        ag.review(module.run, module.X, module.Y)


def test_the_model_stays_as_it_was(tmp_path):
    _, _, (model, *_) = reviewed("parameters that are updated", tmp_path, wrong=True)
    for p, other in zip(model.parameters(), nn.Sequential(*model).parameters(), strict=True):
        assert p is other
        assert p.grad is None
    fresh = [nn.Linear(3, 4, rng=0), nn.Linear(4, 2, rng=1)]
    np.testing.assert_array_equal(model[0].weight.data, fresh[0].weight.data)
    np.testing.assert_array_equal(model[2].weight.data, fresh[1].weight.data)


def test_arrays_around_stay_as_they_were(tmp_path):
    text = """
        W = np.ones((3, 2))

        def run(X):
            global W
            loss = np.sum((X @ W) ** 2)
            dW = 2 * X.T @ (X @ W)
            W -= 0.1 * dW
            return loss.item(), dW
        """
    module = load((HEAD + "\n".join(flat(text))).split("\n"), tmp_path, "around")
    assert ag.review(module.run, module.X)
    np.testing.assert_array_equal(module.W, np.ones((3, 2)))
