"""The small neural network package."""

import copy

import numpy as np
import pytest

import autograd_lite as ag
import nn


def model(rng=0, **kwargs):
    rng = np.random.default_rng(rng)
    return nn.Sequential(
        nn.Linear(4, 3, rng=rng, **kwargs), nn.Tanh(), nn.Linear(3, 2, rng=rng, **kwargs)
    )


# --- modules ----------------------------------------------------------------------------------


def test_parameters_are_found_in_order_under_their_paths():
    names = [name for name, _ in model().named_parameters()]
    assert names == ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"]


def test_parameters_inside_lists_dicts_and_tuples_are_found():
    class Holder(nn.Module):
        def __init__(self):
            self.scale = ag.Tensor(1.0, requires_grad=True)
            self.heads = {
                "a": nn.Linear(2, 2, bias=False),
                "b": [ag.Tensor([1.0], requires_grad=True)],
            }
            self.pair = (nn.Linear(1, 1, bias=False), 3, "text")
            self.constant = ag.Tensor(2.0)

    names = [name for name, _ in Holder().named_parameters()]
    assert names == ["scale", "heads.a.weight", "heads.b.0", "pair.0.weight"]


class Tied(nn.Module):
    def __init__(self):
        self.embedding = nn.Embedding(7, 4, rng=0)
        self.head = nn.Linear(4, 7, rng=1)
        self.head.weight = self.embedding.weight

    def forward(self, codes):
        h = np.tanh(self.embedding(codes))
        return h @ self.embedding.weight.T + self.head.bias


def test_an_output_tied_to_an_embedding_is_one_parameter_with_both_shares():
    model = Tied()
    assert [path for path, _ in model.named_parameters()] == ["embedding.weight", "head.bias"]
    codes, target = np.array([[0, 4, 2]]), np.array([[1, 1, 6]])

    def loss(weight):
        h = np.tanh(weight[codes])
        return nn.cross_entropy(h @ weight.T, target)

    nn.cross_entropy(model(codes), target).backward()
    expected = ag.grad(loss)(model.embedding.weight.data)
    np.testing.assert_allclose(model.embedding.weight.grad, expected, rtol=1e-12)


def test_a_tied_weight_that_is_not_turned_is_told():
    model = Tied()
    with pytest.raises(ValueError, match=r"write h @ embedding\.weight\.T"):
        model.head(np.zeros((2, 4)))


def test_shared_parameter_is_counted_once():
    tied = nn.Linear(3, 3)
    assert len(nn.Sequential(tied, nn.Tanh(), tied).parameters()) == 2


def test_module_that_refers_to_itself_is_walked_once():
    class Loop(nn.Module):
        def __init__(self):
            self.me = self
            self.weight = ag.Tensor(1.0, requires_grad=True)

    assert [name for name, _ in Loop().named_parameters()] == ["weight"]


def test_repr_reads_like_the_model():
    nested = nn.Sequential(nn.Linear(2, 3, bias=False), nn.Sequential(nn.ReLU(), nn.Sigmoid()))
    assert repr(nested) == (
        "Sequential(\n"
        "  layers.0: Linear(2, 3, bias=False)\n"
        "  layers.1: Sequential(\n"
        "    layers.0: ReLU()\n"
        "    layers.1: Sigmoid()\n"
        "  )\n"
        ")"
    )


def test_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(TypeError, match="Empty does not define forward"):
        Empty()(1.0)


def test_state_goes_there_and_back():
    one, other = model(0), model(1)
    state = one.state_dict()
    other.load_state_dict(state)
    x = np.ones((5, 4))
    np.testing.assert_array_equal(one(x).data, other(x).data)
    state["layers.0.weight"][:] = 0  # a copy: the models do not change
    np.testing.assert_array_equal(one(x).data, other(x).data)


def test_frozen_parameters_stay_in_the_state():
    frozen = model()
    frozen.layers[0].weight.requires_grad = False
    assert len(frozen.parameters()) == 3
    assert "layers.0.weight" in frozen.state_dict()


def test_state_that_does_not_fit_changes_nothing():
    m = model()
    before = m.state_dict()
    state = m.state_dict() | {"layers.0.bias": np.ones(7), "extra": np.ones(1)}
    del state["layers.2.bias"]
    state["layers.0.weight"] = state["layers.0.weight"] + 1
    with pytest.raises(
        ValueError, match=r"missing layers\.2\.bias; unknown extra; layers\.0\.bias has shape"
    ):
        m.load_state_dict(state)
    for name, value in m.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_zero_grad_forgets():
    m = model()
    np.sum(m(np.ones((1, 4)))).backward()
    assert all(p.grad is not None for p in m.parameters())
    m.zero_grad()
    assert all(p.grad is None for p in m.parameters())


# --- layers -----------------------------------------------------------------------------------


def test_linear_has_the_weight_shape_of_the_article():
    layer = nn.Linear(4, 3, rng=0)
    assert layer.weight.shape == (4, 3)
    assert layer.bias.shape == (3,)
    x = np.random.default_rng(0).standard_normal((6, 4))
    np.testing.assert_allclose(layer(x).data, x @ layer.weight.data)
    assert nn.Linear(4, 3, bias=False).bias is None


def test_linear_takes_any_leading_axes():
    assert nn.Linear(4, 3)(np.ones((2, 5, 4))).shape == (2, 5, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_survives_a_training_step(dtype):
    m = model(dtype=dtype)
    loss = nn.squared_error(m(np.ones((5, 4), dtype)), np.zeros((5, 2), dtype))
    loss = loss + nn.ridge(m.parameters(), 0.1, 5)
    loss.backward()
    for optimizer in (nn.SGD(m.parameters(), 0.1, momentum=0.9), nn.Adam(m.parameters())):
        optimizer.step()
        assert {p.dtype for p in m.parameters()} == {np.dtype(dtype)}
        assert {p.grad.dtype for p in m.parameters()} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    ("layer", "f"),
    [
        (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
        (nn.Tanh(), np.tanh),
        (nn.ReLU(), lambda x: x.clip(0)),
    ],
)
def test_activations_compute_and_differentiate(layer, f):
    x = np.linspace(-2, 2, 6)
    np.testing.assert_allclose(layer(ag.Tensor(x)).data, f(x))
    ag.check_gradients(layer, x)


# --- losses -----------------------------------------------------------------------------------


def test_squared_error_is_the_article_s():
    h, y = np.array([[0.5, 1.0], [2.0, 0.0]]), np.array([[1.0, 1.0], [0.0, 0.0]])
    assert nn.squared_error(ag.Tensor(h), y).item() == (0.25 + 4.0) / 4
    ag.check_gradients(lambda h: nn.squared_error(h, y), h)


def test_squared_error_broadcasts_nothing():
    with pytest.raises(ValueError, match=r"\(3, 1\).*\(3,\)"):
        nn.squared_error(ag.Tensor(np.ones((3, 1))), np.ones(3))


def test_ridge_is_the_article_s():
    w = [np.array([1.0, 2.0]), np.array([[3.0]])]
    assert nn.ridge(map(ag.Tensor, w), 0.5, 7).item() == pytest.approx(0.5 / 14 * 14)
    ag.check_gradients(lambda *w: nn.ridge(w, 0.5, 7), *w)


# --- initialisers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        (nn.init.fan_in_uniform, 1 / 3 / 300),
        (nn.init.glorot_uniform, 2 / 500),
        (nn.init.glorot_normal, 2 / 500),
        (nn.init.he_uniform, 2 / 300),
        (nn.init.he_normal, 2 / 300),
    ],
)
def test_initialisers_have_their_variance(init, variance):
    for rng in (np.random.default_rng(0), np.random.RandomState(0)):
        w = init((300, 200), rng)
        assert w.shape == (300, 200)
        assert abs(w.mean()) < 5 * np.sqrt(variance / w.size)
        assert w.var() == pytest.approx(variance, rel=0.02)


def test_one_seed_gives_one_model():
    np.testing.assert_array_equal(
        nn.Linear(4, 3, rng=7).weight.data, nn.Linear(4, 3, rng=7).weight.data
    )
    assert (nn.Linear(4, 3, rng=7).weight.data != nn.Linear(4, 3, rng=8).weight.data).all()


# --- optimizers -------------------------------------------------------------------------------


def quadratic(p):
    return np.sum((p - np.array([1.0, -2.0])) ** 2)


@pytest.mark.parametrize(
    "make",
    [lambda p: nn.SGD(p, 0.1), lambda p: nn.SGD(p, 0.02, momentum=0.9), lambda p: nn.Adam(p, 0.1)],
)
def test_optimizers_find_the_minimum(make):
    p = ag.Tensor([0.0, 0.0], requires_grad=True)
    optimizer = make([p])
    for _ in range(500):
        optimizer.zero_grad()
        quadratic(p).backward()
        optimizer.step()
    np.testing.assert_allclose(p.data, [1.0, -2.0], atol=1e-3)


def test_sgd_and_momentum_follow_their_formulas():
    p = ag.Tensor([3.0], requires_grad=True)
    optimizer = nn.SGD([p], 0.5, momentum=0.9)
    p.grad = np.array([1.0])
    optimizer.step()
    assert p.data == [2.5]
    optimizer.step()
    np.testing.assert_allclose(p.data, [2.5 - 0.5 * 1.9])


def test_adam_takes_its_first_step_of_the_learning_rate():
    p = ag.Tensor([3.0, 3.0], requires_grad=True)
    optimizer = nn.Adam([p], 0.01)
    p.grad = np.array([1e-3, -50.0])
    optimizer.step()
    np.testing.assert_allclose(p.data, [2.99, 3.01], rtol=1e-6)


def test_optimizers_rebind_and_never_write():
    p = ag.Tensor([1.0, 2.0], requires_grad=True)
    before = p.data
    loss = quadratic(p)
    loss.backward()
    nn.SGD([p], 0.1).step()
    np.testing.assert_array_equal(before, [1.0, 2.0])
    np.testing.assert_array_equal(ag.gradients(loss, [p])[0], [0.0, 8.0])  # at the old value


def test_parameters_without_a_gradient_stay():
    used, unused = (ag.Tensor([1.0], requires_grad=True) for _ in range(2))
    np.sum(used * 2).backward()
    nn.SGD([used, unused], 0.1).step()
    assert used.data == [0.8]
    assert unused.data == [1.0]


def test_mistakes_with_optimizers_are_explained():
    with pytest.raises(ValueError, match="SGD was given no parameters"):
        nn.SGD([], 0.1)
    with pytest.raises(
        TypeError, match=r"Adam takes Tensors with requires_grad=True.*model.parameters"
    ):
        nn.Adam([np.ones(3)])
    with pytest.raises(ValueError, match=r"no gradients: call loss.backward\(\)"):
        nn.SGD([ag.Tensor([1.0], requires_grad=True)], 0.1).step()


def test_a_state_of_strings_changes_nothing():
    m = model()
    before = m.state_dict()
    state = m.state_dict() | {"layers.2.bias": np.array(["a", "b"])}
    state["layers.0.weight"] = state["layers.0.weight"] + 1
    with pytest.raises(ValueError, match="could not convert"):
        m.load_state_dict(state)
    np.testing.assert_array_equal(m.layers[0].weight.data, before["layers.0.weight"])


def test_no_weights_and_a_weight_twice_are_refused():
    w = ag.Tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="ridge was given no weights"):
        nn.ridge([], 0.1, 3)
    with pytest.raises(ValueError, match="SGD was given a parameter twice"):
        nn.SGD([w, w], 0.1)


def test_a_deep_copy_of_a_network_has_parameters_of_its_own():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    other = copy.deepcopy(net)
    np.sum(other(np.ones((4, 2))) ** 2).backward()
    for mine, theirs in zip(net.parameters(), other.parameters(), strict=True):
        assert mine.grad is None
        assert theirs.grad is not None
        kept = mine.numpy().copy()
        with ag.no_grad():
            theirs += 1.0
        np.testing.assert_array_equal(mine.numpy(), kept)


# --- mistakes ---------------------------------------------------------------------------------


def trained(**settings):
    return nn.Adam(model().parameters(), **settings)


MISTAKES = [
    (lambda: nn.SGD(model(), 0.1), TypeError, r"not a Sequential: pass model\.parameters\(\)"),
    (lambda: nn.SGD(model().parameters, 0.1), TypeError, r"not called: pass model\.parameters\(\)"),
    (lambda: nn.SGD(ag.Tensor([1.0], requires_grad=True), 0.1), TypeError, r"pass \[tensor\]"),
    (lambda: nn.SGD(None, 0.1), TypeError, r"pass model\.parameters\(\)"),
    (lambda: trained(learning_rate="0.1"), TypeError, "Adam: learning_rate is a number, not '0.1'"),
    (lambda: trained(learning_rate=None), TypeError, "learning_rate is a number, not None"),
    (lambda: trained(learning_rate=[0.1]), TypeError, "learning_rate is a number"),
    (lambda: trained(learning_rate=-0.1), ValueError, "and -0.1 was given: a step goes down"),
    (lambda: trained(learning_rate=np.nan), ValueError, "learning_rate is not negative and finite"),
    (lambda: trained(learning_rate=np.inf), ValueError, "learning_rate is not negative and finite"),
    (lambda: trained(beta1=1.0), ValueError, r"beta1 lies in \[0, 1\), and 1.0 was given"),
    (lambda: trained(beta2=-0.1), ValueError, r"beta2 lies in \[0, 1\)"),
    (lambda: trained(epsilon=-1e-8), ValueError, "epsilon is not negative"),
    (lambda: nn.SGD(model().parameters(), 0.1, momentum=2), ValueError, r"momentum lies in"),
    (lambda: nn.Linear(2.5, 3), TypeError, r"inputs is how many numbers, an int, not 2\.5"),
    (lambda: nn.Linear(2, -3), TypeError, "outputs is how many numbers, an int, not -3"),
    (lambda: nn.Linear(3, 2)(np.ones((5, 4))), ValueError, r"Linear\(3, 2\) .* 3 .*\(5, 4\)"),
    (lambda: nn.Linear(3, 2)(None), TypeError, "an array or a Tensor, not None"),
    (lambda: nn.Sequential(nn.Tanh), TypeError, r"not classes: write Tanh\(\)"),
    (lambda: nn.Sequential([nn.Tanh()]), TypeError, r"write Sequential\(a, b, c\)"),
    (lambda: nn.Module()(1.0), TypeError, r"write def forward\(self, x\)"),
    (lambda: nn.squared_error(None, 1.0), TypeError, "prediction is None: does a function lack"),
    (lambda: nn.squared_error(model(), np.ones(2)), TypeError, r"a Sequential: give model\(X\)"),
    (lambda: nn.ridge(model(), 0.1, 3), TypeError, "ridge takes a list of weights, not a model"),
    (lambda: nn.SGD(model().named_parameters(), 0.1), TypeError, "not a tuple: pass model.param"),
    (lambda: model().cuda(), AttributeError, "'Module' object has no attribute 'cuda': here it is"),
    (lambda: model().fit(1), AttributeError, r"here it is nn.fit\(model, \(X, y\)"),
    (lambda: trained().lr, AttributeError, "no attribute 'lr': here it is learning_rate"),
    (lambda: nn.squared_error(np.ones(2), "a"), TypeError, "the target is a str: give an array"),
    (lambda: nn.squared_error(np.ones((3, 1)), np.ones(3)), ValueError, r"target\[\.\.\., None\]"),
    (lambda: nn.squared_error(np.ones(3), np.ones((3, 1))), ValueError, r"prediction\[\.\.\., 0\]"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), MISTAKES)
def test_a_mistake_is_told_with_what_to_write(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_a_sequential_tells_which_layer_failed():
    with pytest.raises(ValueError, match=r"Linear\(3, 2\)") as caught:
        nn.Sequential(nn.Tanh(), nn.Sequential(nn.Linear(3, 2)))(np.ones((5, 4)))
    assert caught.value.__notes__ == [
        "in layers.0 of Sequential, Linear(3, 2)",
        "in layers.1 of Sequential, Sequential(\n  layers.0: Linear(3, 2)\n)",
    ]


def test_a_rate_of_zero_and_of_numpy_are_rates():
    for rate in (0, np.float32(0.1), np.array(0.1), ag.Tensor(0.1)):
        nn.SGD(model().parameters(), rate)


def test_a_module_shows_the_parameters_of_its_own():
    class Scale(nn.Module):
        def __init__(self):
            self.factor = ag.Tensor([1.0, 2.0], requires_grad=True)
            self.offsets = [ag.Tensor(0.0, requires_grad=True)]
            self.inner = nn.Linear(2, 2)

    assert repr(Scale()) == (
        "Scale(\n"
        "  factor: parameter of shape (2,), float64\n"
        "  offsets.0: parameter of shape (), float64\n"
        "  inner: Linear(2, 2)\n"
        ")"
    )


def test_a_module_may_have_what_others_have():
    class Here(nn.Module):
        device = "here"

        def fit(self):
            return "trained"

    assert Here().fit() == "trained"
    assert Here().device == "here"
    assert not hasattr(nn.Tanh(), "to")
    assert not {"cuda", "to"} & {*dir(nn.Tanh())}
    assert not {"lr"} & {*dir(trained())}
