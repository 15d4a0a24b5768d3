"""Trainings that fail, in the forms in which people ask about them: the cause is the kind.

Each makes (model, loss, batch, optimizer or None).
"""

import itertools

import numpy as np

import nn

FAILURES = {}


def asked(kind):
    """Enter a failing training under the kind of finding that is its cause."""

    def entered(make):
        FAILURES[make] = kind
        return make

    return entered


def drawn():
    return np.random.default_rng(0)


def dense(*sizes, activation=nn.ReLU, last=(), init=nn.init.glorot_uniform):
    """Linear layers of these sizes with activations between, and further layers at the end."""
    rng, layers = drawn(), []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b, rng=rng, init=init), activation()]
    return nn.Sequential(*layers[:-1], *last)


def table(features, classes=2, examples=64):
    return drawn().normal(size=(examples, features)), np.arange(examples) % classes


@asked("dead units")
def a_line_through_a_relu_at_the_end():
    """y = 2x - 1 through three layers of a few ReLU units: in most runs it predicts 0."""
    x = np.arange(-1.0, 6.0)[:, None]
    model = dense(1, 4, 2, 1, last=[nn.ReLU()])
    model[2].bias.data = np.full(2, -20.0)
    return model, nn.mean_squared_error, (x, 2 * x - 1), nn.Adam(model.parameters())


@asked("unscaled inputs")
def images_of_0_to_255():
    X = drawn().integers(0, 256, size=(64, 784)).astype(float)
    model = dense(784, 128, 128, 10)
    return model, nn.cross_entropy, (X, np.arange(64) % 10), nn.Adam(model.parameters())


@asked("unscaled inputs")
def areas_rooms_and_years():
    rng = drawn()
    X = np.stack([rng.uniform(500, 4000, 80), rng.integers(1, 6, 80), rng.uniform(1900, 2020, 80)])
    model = dense(3, 16, 1)
    return model, nn.mean_squared_error, (X.T, X[:1].T * 200), nn.Adam(model.parameters())


@asked("unscaled target")
def squares_of_numbers_up_to_10():
    x = drawn().uniform(-10, 10, size=(100, 1))
    model = dense(1, 10, 1)
    return model, nn.mean_squared_error, (x, x * x), nn.Adam(model.parameters())


@asked("learning rate")
def adam_with_learning_rate_10():
    X, y = table(10)
    model = dense(10, 16, 1)
    return model, nn.binary_cross_entropy, (X, y[:, None] * 1.0), nn.Adam(model.parameters(), 10.0)


@asked("learning rate")
def a_learning_rate_of_1e_8():
    model = dense(5, 8, 2)
    return model, nn.cross_entropy, table(5), nn.SGD(model.parameters(), 1e-8)


@asked("softmax twice")
def softmax_before_the_cross_entropy_of_logits():
    model = dense(10, 16, 4, last=[nn.Softmax()])
    return model, nn.cross_entropy, table(10, 4), nn.Adam(model.parameters())


@asked("no gradient")
def softmax_of_one_unit():
    X, y = table(5)
    model = dense(5, 8, 1, last=[nn.Softmax()])
    return model, nn.mean_squared_error, (X, y[:, None] * 1.0), nn.Adam(model.parameters())


@asked("vanishing gradients")
def five_layers_of_sigmoids():
    model = dense(20, 32, 32, 32, 32, 32, 2, activation=nn.Sigmoid)
    return model, nn.cross_entropy, table(20), nn.SGD(model.parameters(), 0.01)


@asked("broadcast loss")
def a_target_that_lacks_an_axis():
    X, _ = table(5)
    model = dense(5, 8, 1)

    def loss(prediction, target):
        return np.mean((prediction - target) ** 2)

    return model, loss, (X, X[:, 0]), nn.Adam(model.parameters())


@asked("symmetric units")
def weights_of_ones():
    model = dense(5, 8, 2, activation=nn.Tanh, init=lambda shape, rng: np.ones(shape))
    return model, nn.cross_entropy, table(5), nn.Adam(model.parameters())


@asked("dead units")
def relus_after_a_few_long_steps():
    X, _ = table(5, examples=300)
    y = (X[:, 0] > 0).astype(int)
    model = dense(5, 32, 32, 2)
    optimizer = nn.SGD(model.parameters(), 8.0)
    nn.fit(model, (X, y), nn.cross_entropy, optimizer, 5, rng=0, progress=False)
    return model, nn.cross_entropy, (X, y), optimizer


@asked("saturated")
def a_wide_tanh_with_weights_of_variance_1():
    init = lambda shape, rng: rng.standard_normal(shape)  # noqa: E731
    model = dense(500, 500, 500, 2, activation=nn.Tanh, init=init)
    return model, nn.cross_entropy, table(500), nn.SGD(model.parameters(), 0.01)


@asked("exploding gradients")
def a_recurrence_of_sixty_steps_without_an_activation():
    class Recurrence(nn.Module):
        def __init__(self):
            rng = drawn()
            self.enter = nn.Linear(4, 16, rng=rng)
            self.next = nn.Linear(16, 16, rng=rng, init=lambda s, rng: 0.9 * rng.normal(size=s))
            self.out = nn.Linear(16, 2, rng=rng)

        def forward(self, x):
            h = self.enter(x[:, 0])
            for t in range(1, x.shape[1]):
                h = self.enter(x[:, t]) + self.next(h)
            return self.out(h)

    model = Recurrence()
    X = drawn().normal(size=(16, 60, 4))
    return model, nn.cross_entropy, (X, np.arange(16) % 2), nn.SGD(model.parameters(), 0.01)


@asked("not finite")
def a_row_that_lacks_a_number():
    X, y = table(5)
    X[10, 2] = np.nan
    return dense(5, 8, 2), nn.cross_entropy, (X, y), None


@asked("not finite")
def the_logarithm_of_a_sigmoid_that_is_1():
    X, _ = table(5)
    y = (X[:, :1] > 0) * 1.0

    def loss(p, y):
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    model = nn.Sequential(nn.Linear(5, 1, rng=drawn()), nn.Sigmoid())
    return model, loss, (400 * X, y), None


@asked("not finite")
def rows_divided_by_their_sum():
    X, _ = table(5)
    model = nn.Sequential(nn.Linear(5, 3, rng=drawn()), nn.ReLU())

    def loss(p, target):
        return np.mean((p / np.sum(p, axis=1, keepdims=True)) ** 2)

    return model, loss, (X, X), None
