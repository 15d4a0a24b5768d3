"""Layers: the gradient, the picture, the chain rule, the comparison and the program of each."""

import copy

import numpy as np
import pytest
from layers import LAYERS, first, made, weighted

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
    if x.dtype == float:
        ag.check_gradients(loss, x, *parameters)
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
