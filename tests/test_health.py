"""`health`: each way to fail is named, and healthy trainings are left in peace."""

import re

import numpy as np
import pytest
from training_failures import FAILURES

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
TRAIN, OTHERS = (X[:200], Y[:200]), (X[200:], Y[200:])
BATCH = (X[:64], Y[:64])


def cross_entropy(logits, labels):
    return np.mean(ag.cross_entropy(logits, labels))


def network(*activations, width=32, init=nn.init.glorot_uniform, outputs=2):
    draws = np.random.default_rng(1)
    layers, inputs = [], 4
    for activation in activations or (nn.Tanh,):
        layers += [nn.Linear(inputs, width, rng=draws, init=init), activation()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs, rng=draws, init=init))


def examined(model, batch=BATCH, loss=cross_entropy, optimizer=None, **more):
    return nn.health(model, loss, batch, optimizer, **more)


# --- the drills ---------------------------------------------------------------------------------


def too_long_steps():
    model = network()
    return examined(model, optimizer=nn.SGD(model.parameters(), 1000.0))


def zero_weights():
    return examined(network(init=lambda shape, rng: np.zeros(shape)))


def equal_weights():
    return examined(network(init=lambda shape, rng: np.full(shape, 0.5)))


def saturated():
    large = lambda shape, rng: 50 * rng.standard_normal(shape)  # noqa: E731
    return examined(network(nn.Sigmoid, init=large))


def dead_units():
    model = network(nn.ReLU)
    model[0].bias.data = np.full(32, -30.0)
    return examined(model)


def unscaled_inputs():
    return examined(network(), (X[:64] * [1, 1, 1, 2000] + [0, 0, 0, 1500], Y[:64]))


def unscaled_target():
    y = 150 + 50 * X[:64, :1]
    return examined(network(outputs=1), (X[:64], y), nn.squared_error)


def shuffled_labels():
    model = network(nn.Tanh, width=64)
    labels = np.random.default_rng(2).permutation(TRAIN[1])
    optimizer = nn.Adam(model.parameters(), 0.01)
    data = (TRAIN[0], labels)
    history = nn.fit(model, data, cross_entropy, optimizer, 30, rng=0, progress=False)
    other = (OTHERS[0], np.random.default_rng(3).permutation(OTHERS[1]))
    return examined(model, data, validation=other, history=history)


def nan_in_the_data():
    spoilt = X[:64].copy()
    spoilt[3, 1] = np.nan
    return examined(network(), (spoilt, Y[:64]))


def nan_of_an_operation():
    return examined(network(), loss=lambda z, y: np.mean(np.log(np.maximum(z, 0))[:, 0]))


def vanishing():
    return examined(network(*[nn.Sigmoid] * 12))


def exploding():
    wide = lambda shape, rng: 3 * rng.standard_normal(shape)  # noqa: E731
    return examined(network(*[nn.ReLU] * 8, init=wide))


DRILLS = {
    too_long_steps: ("learning rate", "layers.", "divide the learning rate by 10"),
    zero_weights: ("symmetric units", "layers.0.weight", "at random"),
    equal_weights: (
        "symmetric units",
        "31 of 32 units",
        "at random",
    ),
    saturated: ("saturated", "layers.1: at 9", "smaller weights"),
    dead_units: ("dead units", "layers.1: 32 of 32 units are 0", "leaky_relu"),
    unscaled_inputs: ("unscaled inputs", "column 3 has the root mean square 2", "standardise"),
    unscaled_target: ("unscaled target", "root mean square 1", "scale the predictions back"),
    shuffled_labels: ("unrelated target", "no better than those of other examples", "same order"),
    nan_in_the_data: ("not finite", r"input 0: 1 of 256 numbers .* at \[3, 1\]", "impute"),
    nan_of_an_operation: ("not finite", "log made -inf", "stable form"),
    vanishing: ("vanishing gradients", "layers.0.weight", "ReLU in place of sigmoids"),
    exploding: ("exploding gradients", "layers.", "clip gradients"),
}


@pytest.mark.parametrize("drill", DRILLS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value|overflow):RuntimeWarning")
def test_a_failure_is_named_with_its_number_and_what_people_do(drill):
    kind, measured, advice = DRILLS[drill]
    report = drill()
    assert not report
    assert kind in report.kinds
    [text] = [str(finding) for finding in report.findings if finding.kind == kind][:1]
    assert re.search(measured, text), text
    assert advice in text
    assert kind in str(report)


@pytest.mark.parametrize("make", FAILURES, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value|overflow):RuntimeWarning")
def test_the_cause_of_a_failure_that_people_ask_about_is_found(make):
    model, loss, batch, optimizer = make()
    assert FAILURES[make] in nn.health(model, loss, batch, optimizer).kinds


def test_a_loss_of_pairs_may_broadcast():
    def ranking(scores, y):
        return np.mean(ag.softplus(scores - scores.T) * (y[:, None] > y))

    assert examined(network(outputs=1), loss=ranking)


# --- healthy ones -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activations", "optimizer"),
    [
        ((nn.Tanh,), lambda p: nn.SGD(p, 0.5, momentum=0.9)),
        ((nn.ReLU, nn.ReLU), lambda p: nn.Adam(p, 0.01)),
        ((nn.Sigmoid,), lambda p: nn.Adam(p, 0.03)),
        ((nn.Tanh, nn.ReLU, nn.Tanh), lambda p: nn.Adam(p, 0.003)),
    ],
)
def test_a_healthy_training_has_no_findings_from_the_first_step_to_the_last(activations, optimizer):
    model = network(*activations)
    optimizer = optimizer(model.parameters())
    assert examined(model, optimizer=optimizer).findings == []
    said = []
    watch = nn.HealthWatch(every=5, validation=OTHERS, say=said.append)
    nn.fit(model, TRAIN, cross_entropy, optimizer, 40, rng=0, callbacks=[watch], progress=False)
    assert said == []
    assert [epoch for epoch, _ in watch.reports] == [*range(1, 41, 5), 40]


def test_a_schedule_may_make_steps_as_small_as_it_likes():
    model, said = network(), []
    optimizer = nn.Adam(model.parameters(), 0.01)
    options = {
        "schedule": nn.CosineDecay(optimizer, 5),
        "callbacks": [nn.HealthWatch(say=said.append)],
    }
    nn.fit(model, TRAIN, cross_entropy, optimizer, 5, rng=0, progress=False, **options)
    assert optimizer.learning_rate == 0
    assert said == []


def test_a_trained_classifier_may_be_sure_of_its_answers():
    model = nn.Sequential(nn.Linear(4, 1, rng=0), nn.Sigmoid())
    model[0].weight.data = 100 * model[0].weight.data
    target = np.round(model(X[:64]).numpy())
    assert examined(model, (X[:64], target), nn.squared_error)


# --- nothing is changed -------------------------------------------------------------------------


class Noisy(nn.Module):
    """A layer with a buffer and a generator, which both move when it is called."""

    def __init__(self):
        self.inner = network()
        self.calls = ag.Tensor(0.0)
        self.rng = np.random.default_rng(7)

    def forward(self, x):
        self.calls.data = self.calls.data + 1
        return self.inner(x + 0.01 * self.rng.normal(size=x.shape))


def test_health_leaves_model_optimiser_and_generators_as_they_were():
    model = Noisy()
    optimizer = nn.Adam(model.parameters(), 0.01)
    nn.fit(model, TRAIN, cross_entropy, optimizer, 2, rng=0, progress=False)
    model.train()
    state, bits = model.state_dict(), model.rng.bit_generator.state
    gradients = [p.grad.copy() for p in model.parameters()]
    settings = {**vars(optimizer)}
    assert examined(model, optimizer=optimizer).numbers.loss_after is not None
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name])
    for parameter, gradient in zip(model.parameters(), gradients):
        np.testing.assert_array_equal(parameter.grad, gradient)
    assert model.rng.bit_generator.state == bits
    assert model.training
    assert vars(optimizer).keys() == settings.keys()
    assert optimizer.steps == settings["steps"]
    assert model.inner._forward_hooks == ()


def test_a_failing_loss_leaves_the_model_as_it_was():
    model = Noisy()
    state = model.state_dict()
    with pytest.raises(ZeroDivisionError):
        examined(model, loss=lambda z, y: 1 / 0)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name])
    assert model.inner._forward_hooks == ()


def test_what_is_no_model_and_no_batch_is_refused():
    with pytest.raises(TypeError, match=r"health takes an nn.Module, not int"):
        nn.health(3, cross_entropy, BATCH)
    with pytest.raises(TypeError, match="health takes a batch, a tuple"):
        nn.health(network(), cross_entropy, X)


def test_the_watch_says_each_kind_once_when_it_is_found_first():
    said = []
    model = network(nn.ReLU)
    model[0].bias.data = np.full(32, -30.0)
    optimizer = nn.SGD(model.parameters(), 0.01)
    watch = nn.HealthWatch(say=said.append)
    nn.fit(model, TRAIN, cross_entropy, optimizer, 4, rng=0, callbacks=[watch], progress=False)
    assert said[0].startswith("epoch 1: ")
    assert sum("dead units, " in text for text in said) == 1
    assert len(watch.reports) == 4


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_training_that_ends_in_nan_is_examined_at_its_end():
    spoilt = X[:200].copy()
    spoilt[150, 2] = np.inf
    said = []
    model = network()
    optimizer = nn.SGD(model.parameters(), 0.1)
    watch = nn.HealthWatch(say=said.append)
    history = nn.fit(
        model, (spoilt, TRAIN[1]), cross_entropy, optimizer, 3, rng=0, callbacks=[watch],
        progress=False,
    )  # fmt: skip
    assert "the loss is nan" in history.stopped
    assert ["not finite" in text for text in said] == [True]


def test_results_at_every_step_of_a_loop_are_one_row():
    class Loop(nn.Module):
        def __init__(self):
            self.cell = nn.Linear(4, 4, rng=0)

        def forward(self, x):
            for _ in range(20):
                x = np.tanh(self.cell(x))
            return x @ np.ones((4, 2))

    rows = examined(Loop()).numbers.activations
    assert [(row.place, row.function, row.units) for row in rows] == [("after cell", "tanh", 4)]
