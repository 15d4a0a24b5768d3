"""Layers: the gradient, the picture, the chain rule, the comparison and the program of each."""

import copy
import json
import re

import numpy as np
import pytest
from layers import GRID, LAYERS, ROWS, SEQUENCE, first, made, weighted

import autograd_lite as ag
import nn

every_layer = pytest.mark.parametrize("name", LAYERS)


def trained_on(name):
    """A layer, its input, and the leaves: its parameters, or the input where it has none."""
    layer, x = made(name)
    leaves = dict(layer.named_parameters())
    if not leaves:
        x = ag.Tensor(x, requires_grad=True, name="x")
        leaves = {"x": x}
    return layer, x, leaves


@every_layer
def test_gradients_are_those_of_differences(name):
    layer, x = made(name)
    layer.eval()
    values = layer.state_dict()
    names = [path for path, _ in layer.named_parameters()]

    def loss(x, *parameters):
        replaced = copy.copy(dict(zip(names, parameters)))
        return weighted(call_with(layer, replaced, x))

    parameters = [values[path] for path in names]
    order = 1 if sum(map(np.size, parameters)) > 100 else 2
    if x.dtype == float:
        ag.check_gradients(loss, x, *parameters, order=order)
    else:
        ag.check_gradients(lambda *parameters: loss(x, *parameters), *parameters)


def call_with(layer, tensors, x):
    """The layer's result with other tensors in the places of its parameters."""
    holders = dict(layer.named_modules())
    kept = {}
    for path, tensor in tensors.items():
        owner, _, attribute = path.rpartition(".")
        while owner not in holders:
            owner, _, _ = owner.rpartition(".")
        kept[owner, attribute] = getattr(holders[owner], attribute)
        setattr(holders[owner], attribute, tensor)
    try:
        return layer(x)
    finally:
        for (owner, attribute), tensor in kept.items():
            setattr(holders[owner], attribute, tensor)


@every_layer
def test_a_layer_is_drawn_with_the_names_of_its_parameters(name):
    layer, x, leaves = trained_on(name)
    text = ag.draw(weighted(layer(x))).dot
    for path in leaves:
        assert path.split(".")[-1] in text


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_the_steps_of_a_gated_network_are_drawn_once_with_their_cell(name):
    layer, x, _ = trained_on(name)
    model = ag.draw(weighted(layer(x))).model
    frames = {(group.label, group.times) for group in model.groups.values()}
    assert ("one step", x.shape[-2]) in frames
    hidden = {id for id, group in model.groups.items() if group.label == "cells.0.hidden"}
    drawn = [box.op for box in model.boxes.values() if box.group in hidden and box.op]
    assert drawn == ["matmul", "add"]


@every_layer
def test_a_page_plays_the_gradients_of_a_layer(name):
    layer, x, leaves = trained_on(name)
    page = ag.play(weighted(layer(x)))
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.html, re.S)[1])
    boxes = {box["title"]: box for box in data["boxes"]}
    arrived = {flow["target"] for flow in data["flows"]}
    for path, leaf in leaves.items():
        assert boxes[path]["id"] in arrived
        assert boxes[path]["shape"] == list(leaf.shape)
    assert page.computes == (not re.search("Conv|Pool", name)), page.why


@every_layer
def test_the_derivation_of_a_layer_gives_its_gradients(name):
    layer, x, leaves = trained_on(name)
    loss = weighted(layer(x))
    expected = ag.gradients(loss, list(leaves.values()))
    derivation = ag.derive(loss, wrt=leaves)
    assert derivation.text
    assert derivation.latex
    scope = {"np": np}
    exec(derivation.source, scope)
    found = scope["gradient"](**derivation.inputs)
    found = found if isinstance(found, tuple) else (found,)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@every_layer
def test_a_comparison_of_a_layer_finds_the_gradient_that_is_wrong(name):
    layer, x, leaves = trained_on(name)
    loss = weighted(layer(x))
    gradients = dict(zip(leaves, ag.gradients(loss, list(leaves.values()))))
    assert ag.compare(loss, gradients)
    path = list(leaves)[-1]
    wrong = ag.compare(loss, gradients | {path: -gradients[path]})
    assert not wrong


def step_of(layer, x, optimizer):
    def step(x):
        optimizer.zero_grad()
        loss = weighted(layer(x))
        loss.backward()
        optimizer.step()
        return loss

    return step


@every_layer
def test_a_compiled_training_step_is_the_step(name):
    layer, x = made(name)
    if not layer.parameters():
        pre = nn.Linear(x.shape[-1], x.shape[-1], rng=0)
        layer = nn.Sequential(pre, layer)
    other = copy.deepcopy(layer)
    plain = step_of(layer, x, nn.Adam(layer.parameters(), 0.01))
    compiled = ag.compile(step_of(other, x, nn.Adam(other.parameters(), 0.01)))
    for _ in range(5):
        np.testing.assert_allclose(compiled(x), plain(x).data, rtol=1e-9)
    for path, value in layer.state_dict().items():
        np.testing.assert_allclose(other.state_dict()[path], value, rtol=1e-7, atol=1e-10)
    layer.eval(), other.eval()
    np.testing.assert_allclose(first(ag.compile(other)(x)), first(layer(x)).data, rtol=1e-7)


@every_layer
def test_a_layer_keeps_single_precision(name):
    layer, x = made(name, np.float32)
    x = ag.Tensor(x, requires_grad=True) if x.dtype == np.float32 else x
    result = first(layer(x))
    assert result.dtype == np.float32
    np.sum(result).backward()
    assert {p.grad.dtype for p in layer.parameters()} <= {np.dtype(np.float32)}
    assert {b.dtype for _, b in layer.named_buffers()} <= {np.dtype(np.float32)}


MISTAKES = [
    (lambda: nn.Conv2d(3, 4, 3)(GRID), r"Conv2d\(3, 4, 3\) takes .* \(batch, 3, height, width\)"),
    (lambda: nn.Conv2d(2, 4, 3)(GRID[0]), r"given one of shape \(2, 6, 6\)"),
    (lambda: nn.Conv2d(2, 4, 3, 2, "same"), "padding='same' is for stride=1"),
    (lambda: nn.Conv2d(2, 3, 3, groups=2), "2 inputs and 3 outputs are not to be split"),
    (lambda: nn.Conv2d(2, 4, 7)(GRID), "a window of length 7 does not fit into the length 6"),
    (lambda: nn.BatchNorm(4)(ROWS), r"BatchNorm\(4\) takes an array \(batch, 4, \*spatial\)"),
    (lambda: nn.BatchNorm(3)(ROWS[:1]), r"at least two elements .* call eval\(\)"),
    (lambda: nn.LayerNorm(5)(SEQUENCE), r"last axes are \(5,\).* \(2, 5, 4\)"),
    (lambda: nn.Embedding(5, 2)(np.array([5])), "no vector for 5: 0 to 4"),
    (lambda: nn.Embedding(5, 2)([0, -1]), "no vector for -1"),
    (lambda: nn.Embedding(5, 2)(np.array([0.5])), "takes integers, not an array of float64"),
    (lambda: nn.Dropout(1.0), r"a rate is in \[0, 1\), and 1\.0 is not"),
    (lambda: nn.MultiheadAttention(4, 3), "3 heads cannot share size=4 evenly"),
    (lambda: nn.MultiheadAttention(4, 2)(SEQUENCE, mask=np.ones((5, 5))), "an array of bool, not"),
    (lambda: nn.LSTM(4, 3)(ROWS[0]), r"LSTM\(4, 3\) takes an array \(\.\.\., time, 4\)"),
    (lambda: nn.LSTM(4, 3)(SEQUENCE, np.zeros((2, 3))), r"LSTM\(4, 3\) is a pair \(h, c\)"),
    (lambda: nn.LSTM(3, 3)(SEQUENCE), r"whose last axis has 3 elements.*\(2, 5, 4\)"),
    (lambda: nn.Residual(nn.Linear(3, 1))(ROWS), r"\(4, 1\) of one of shape \(4, 3\).*shortcut="),
    (lambda: nn.Conv2d(in_channels=2), "here it is inputs="),
    (lambda: nn.LSTM(2, 3, batch_first=True),
     r"^LSTM\(\) got an unexpected keyword argument 'batch_first': here it is nothing: the axes "
     r"are \(batch, time, features\)$"),
    (lambda: nn.LSTM(input_size=2, hidden_size=3),
     r"^LSTM\(\) got an unexpected keyword argument 'input_size': here it is inputs=$"),
    (lambda: nn.LSTM(2), r"^LSTM\(\) missing 1 required positional argument: 'hidden'$"),
    (lambda: nn.LSTM(2, 3, num_layers=0), "num_layers is 1 or more, not 0"),
    (lambda: nn.GRU(4, 3, num_layers=2)(SEQUENCE, np.zeros((2, 3, 3))[:1]),
     r"GRU\(4, 3, num_layers=2\) has 2 cells, .*one of shape \(1, 3, 3\)"),
    (lambda: nn.GroupNorm(2, 3), "2 groups cannot share 3 channels"),
    (lambda: nn.GroupNorm(1, 3)(SEQUENCE), r"GroupNorm\(1, 3\) takes an array \(batch, 3,"),
    (lambda: nn.ReLU(inplace=True), "inplace': here it is nothing: no function changes its arg"),
    (lambda: nn.LeakyReLU(0.2, inplace=True), "here it is nothing"),
    (lambda: nn.Linear(2, 3, device="cpu"), "every Tensor is in NumPy's memory"),
    (lambda: nn.MaxPool(2)(ROWS), r"pooling takes \(batch, channels, \*spatial\)"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), MISTAKES)
def test_a_mistake_is_told_with_what_to_write(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_dropout_is_of_its_generator_and_of_training_alone():
    x = np.ones((200, 50))
    one, other = nn.Dropout(0.3, rng=5), nn.Dropout(0.3, rng=5)
    np.testing.assert_array_equal(one(x), other(x))
    assert abs(one(x).mean() - 1) < 0.02
    assert set(np.unique(one(x))) == {0.0, 1 / 0.7}
    assert one.eval()(x) is x


def test_running_means_are_those_of_the_batches():
    layer = nn.BatchNorm(3, momentum=0.5)
    layer(ROWS)
    np.testing.assert_allclose(layer.running_mean.data, 0.5 * ROWS.mean(axis=0))
    np.testing.assert_allclose(layer.running_variance.data, 0.5 + 0.5 * ROWS.var(axis=0, ddof=1))
    before = layer.state_dict()
    layer.eval()(ROWS)
    assert all((value == before[name]).all() for name, value in layer.state_dict().items())


def test_a_state_is_carried_from_sequence_to_sequence():
    for layer in (nn.RNN(4, 3, rng=0), nn.LSTM(4, 3, rng=0), nn.GRU(4, 3, rng=0)):
        whole = layer(SEQUENCE)
        head, state = layer(SEQUENCE[:, :2], return_state=True)
        tail, last = layer(SEQUENCE[:, 2:], state, return_state=True)
        np.testing.assert_allclose(np.concatenate([head, tail], axis=1).data, whole.data)
        np.testing.assert_allclose(first(last).data, whole.data[:, -1])
        one = layer(SEQUENCE[0])  # without a batch
        np.testing.assert_allclose(one.data, whole.data[0])


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_layers_on_layers_carry_a_state_of_each(kind):
    layer = kind(4, 3, num_layers=3, rng=0)
    whole = layer(SEQUENCE)
    head, state = layer(SEQUENCE[:, :2], return_state=True)
    assert first(state).shape == (3, 2, 3)
    tail, last = layer(SEQUENCE[:, 2:], state, return_state=True)
    np.testing.assert_allclose(np.concatenate([head, tail], axis=1).data, whole.data)
    np.testing.assert_allclose(first(last).data[-1], whole.data[:, -1])
    one = layer(SEQUENCE[0], first(state)[:, 0] if first(state) is state else
                tuple(part[:, 0] for part in state))  # fmt: skip
    assert one.shape == (5, 3)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_both_directions_are_two_layers_side_by_side(kind):
    layer = kind(4, 3, bidirectional=True, rng=0)
    one, other = kind(4, 3, rng=1), kind(4, 3, rng=2)
    one.cells[0], other.cells[0] = layer.cells
    back = other(SEQUENCE[:, ::-1])[:, ::-1]
    np.testing.assert_allclose(layer(SEQUENCE).data, np.concatenate([one(SEQUENCE), back], -1).data)


def test_layers_drop_between_them_alone():
    layer = nn.GRU(4, 3, num_layers=2, dropout=0.5, rng=0)
    assert not np.array_equal(layer(SEQUENCE).data, layer(SEQUENCE).data)
    layer.eval()
    np.testing.assert_array_equal(layer(SEQUENCE).data, layer(SEQUENCE).data)
    single = nn.GRU(4, 3, dropout=0.5, rng=0)
    np.testing.assert_array_equal(single(SEQUENCE).data, single(SEQUENCE).data)


def test_a_first_state_is_learned_for_all_examples():
    layer = nn.LSTM(4, 3, rng=0)
    h, c = (ag.Tensor([0.1, -0.2, 0.3], requires_grad=True) for _ in range(2))
    each = [ag.Tensor(np.tile(part.data, (2, 1)), requires_grad=True) for part in (h, c)]
    np.testing.assert_allclose(layer(SEQUENCE, [h, c]).data, layer(SEQUENCE, each).data)
    one = ag.gradients(weighted(layer(SEQUENCE, (h, c))), [h, c])
    other = ag.gradients(weighted(layer(SEQUENCE, each)), each)
    np.testing.assert_allclose(one, np.sum(other, axis=1))


def test_attention_looks_where_the_mask_says():
    layer = nn.MultiheadAttention(4, 2, rng=0)
    causal = nn.MultiheadAttention(4, 2, causal=True, rng=0)
    earlier = np.tri(5, dtype=bool)
    np.testing.assert_allclose(layer(SEQUENCE, mask=earlier).data, causal(SEQUENCE).data)
    changed = SEQUENCE.copy()
    changed[:, 3:] += 1.0
    np.testing.assert_array_equal(causal(changed).data[:, :3], causal(SEQUENCE).data[:, :3])
    each = np.stack([earlier, np.ones((5, 5), bool)])  # one mask an example
    result = layer(SEQUENCE, mask=each).data
    np.testing.assert_allclose(result[0], causal(SEQUENCE).data[0])
    np.testing.assert_allclose(result[1], layer(SEQUENCE).data[1])
    memory = layer(SEQUENCE[:, :2], SEQUENCE)
    assert memory.shape == (2, 2, 4)
