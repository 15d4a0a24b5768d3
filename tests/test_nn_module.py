"""Modules: modes, buffers, freezing, hooks, the summary."""

import copy

import numpy as np
import pytest

import autograd_lite as ag
import nn


class Scaled(nn.Module):
    """A layer, a buffer and a generator of its own."""

    def __init__(self):
        self.layer = nn.Linear(3, 2, rng=0)
        self.mean = ag.Tensor([1.0, 2.0])
        self.rng = np.random.default_rng(0)

    def forward(self, x):
        return self.layer(x) - self.mean if self.training else self.layer(x)


def model():
    return nn.Sequential(nn.Linear(3, 3, rng=1), nn.Tanh(), Scaled())


def test_modules_have_their_paths():
    found = [(path, type(m).__name__) for path, m in model().named_modules()]
    assert found == [
        ("", "Sequential"),
        ("layers.0", "Linear"),
        ("layers.1", "Tanh"),
        ("layers.2", "Scaled"),
        ("layers.2.layer", "Linear"),
    ]


def test_modes_reach_all_modules():
    net = model()
    assert all(module.training for module in net.modules())
    in_training = net(np.ones((1, 3))).data
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    np.testing.assert_allclose(net(np.ones((1, 3))).data - in_training, [[1.0, 2.0]])
    net.layers[2].train()
    assert [module.training for module in net.modules()] == [False, False, False, True, True]


def test_buffers_are_in_the_state_and_are_no_parameters():
    net = model()
    assert [path for path, _ in net.named_buffers()] == ["layers.2.mean"]
    assert "layers.2.mean" not in dict(net.named_parameters())
    other = model()
    net.layers[2].mean.data = np.array([5.0, 6.0])
    other.load_state_dict(net.state_dict())
    np.testing.assert_array_equal(other.layers[2].mean.data, [5.0, 6.0])


def test_generators_have_their_paths():
    net = model()
    assert list(net.named_generators()) == [("layers.2.rng", net.layers[2].rng)]


def test_what_is_frozen_stays_while_the_rest_is_trained():
    net = model()
    optimizer = nn.SGD(net.parameters(), 0.1)
    X, y = np.ones((4, 3)), np.zeros((4, 2))
    nn.squared_error(net(X), y).backward()
    net.freeze().layers[2].unfreeze()
    before = net.state_dict()
    assert [path for path, _ in net.named_parameters()] == [
        "layers.2.layer.weight",
        "layers.2.layer.bias",
    ]
    assert [path for path, _ in net.named_buffers()] == ["layers.2.mean"]
    nn.squared_error(net(X), y).backward()
    optimizer.step()
    changed = [path for path, v in net.state_dict().items() if (v != before[path]).any()]
    assert changed == ["layers.2.layer.weight", "layers.2.layer.bias"]


def test_unfreezing_does_not_make_buffers_parameters():
    net = model()
    names = [path for path, _ in net.named_parameters()]
    net.freeze().freeze()
    assert net.parameters() == []
    thawed = copy.deepcopy(net).unfreeze()
    assert [path for path, _ in thawed.named_parameters()] == names
    assert net.parameters() == []  # the copy's own


def test_apply_reaches_the_inner_modules_first():
    seen = []
    net = model()
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "Scaled", "Tanh", "Linear", "Sequential"]


def test_a_forward_hook_sees_results_until_it_is_removed():
    net, seen = model(), []
    x = np.ones((1, 3))
    plain = net(x).data
    with net.layers[0].register_forward_hook(lambda m, args, out: seen.append((m, args, out))):
        np.testing.assert_array_equal(net(x).data, plain)
    [(module, args, out)] = seen
    assert module is net.layers[0]
    assert args[0] is x
    assert out.shape == (1, 3)
    net(x)
    assert len(seen) == 1
    with pytest.raises(TypeError, match="a hook is a function"):
        net.register_forward_hook(None)


def test_a_summary_has_shapes_and_counts_and_changes_nothing():
    net = model()
    net.layers[0].freeze()
    net.layers[1].eval()
    table = nn.summary(net, np.zeros((5, 3)))
    assert [(row.path, row.shape, row.parameters) for row in table.rows] == [
        ("", (5, 2), 0),
        ("layers.0", (5, 3), 0),
        ("layers.1", (5, 3), 0),
        ("layers.2", (5, 2), 0),
        ("layers.2.layer", (5, 2), 8),
    ]
    assert (table.parameters, table.frozen, table.buffers, table.size) == (8, 12, 2, 22 * 8)
    assert [m.training for m in net.modules()] == [True, True, False, True, True]
    assert all(m._forward_hooks == () for m in net.modules())
    text = str(table).splitlines()
    assert text[2].split() == ["Sequential", "(5,", "2)"]
    assert text[-1] == "8 parameters, 12 frozen, 2 in buffers, 176 bytes"
    with pytest.raises(TypeError, match=r"nn\.summary\(model, X\[:1\]\)"):
        nn.summary(net)


def test_a_summary_of_a_model_that_fails_leaves_no_hook():
    net = model()
    with pytest.raises(ValueError, match="last axis has 3"):
        nn.summary(net, np.zeros((5, 4)))
    assert all(m._forward_hooks == () and m.training for m in net.modules())


def test_a_result_that_is_kept_is_no_parameter():
    class Remembering(nn.Module):
        def __init__(self):
            self.cell = nn.RNNCell(3, 2, rng=0)
            self.state = None
            self.outputs = []

        def forward(self, x):
            self.state = self.cell(x, self.state)
            self.outputs.append(self.state)
            return self.state

    net = Remembering()
    names, state = [path for path, _ in net.named_parameters()], net.state_dict()
    net(np.ones((1, 3)))
    net(np.ones((1, 3)))
    assert [path for path, _ in net.named_parameters()] == names
    assert net.state_dict().keys() == state.keys()
    assert repr(net) == "Remembering(\n  cell: RNNCell(3, 2)\n)"
    net.freeze().unfreeze().load_state_dict(state)
    assert not net.state.is_leaf
    assert net.cell.input.weight.is_leaf


def test_unfreezing_undoes_freezing_and_nothing_else():
    net = model()
    net.freeze().unfreeze()
    net.layers[0].weight.requires_grad = False
    assert not net.unfreeze().layers[0].weight.requires_grad
