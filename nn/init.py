"""Initial values of weights: ``initialiser(shape, rng) -> array`` with shape (fan_in, fan_out).

The random generator is always explicit: a `numpy.random.Generator` or `RandomState`.
"""

import numpy as np

from autograd_lite.messages.other_names import of_package

_OTHERS = {
    "xavier_uniform": "nn.init.glorot_uniform",
    "xavier_normal": "nn.init.glorot_normal",
    "kaiming_uniform": "nn.init.he_uniform",
    "kaiming_normal": "nn.init.he_normal",
    "lecun_uniform": "nn.init.fan_in_uniform",
}
_OTHERS |= {f"{name}_": f"{ours}, nn.Linear(2, 3, init={ours})" for name, ours in _OTHERS.items()}
_OTHERS |= {
    "uniform_": "p.data = rng.uniform(-0.1, 0.1, p.shape)",
    "normal_": "p.data = rng.normal(0, 0.02, p.shape)",
    "zeros_": "p.data = np.zeros(p.shape)",
    "ones_": "p.data = np.ones(p.shape)",
    "constant_": "p.data = np.full(p.shape, value)",
}


def __getattr__(name):
    raise AttributeError(of_package(__name__, name, _OTHERS))


def generator(rng=None):
    """The generator itself, or one with a seed; None is a seed that differs from run to run."""
    return rng if hasattr(rng, "random") else np.random.default_rng(rng)


def zeros(shape, rng):
    """Zeros: right for biases, and for the last layer of a residual branch."""
    return np.zeros(shape)


def normal(shape, rng):
    """Normal with variance 1, for tables of vectors."""
    return rng.standard_normal(shape)


def fan_in_uniform(shape, rng):
    """Uniform in [-1, 1) / sqrt(fan_in): that of the article this project implements."""
    return (2 * rng.random(shape) - 1) / np.sqrt(shape[0])


def glorot_uniform(shape, rng):
    """Uniform with variance 2 / (fan_in + fan_out), for sigmoid and tanh.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep
    feedforward neural networks, equation 16.
    """
    limit = np.sqrt(6 / (shape[0] + shape[1]))
    return limit * (2 * rng.random(shape) - 1)


def glorot_normal(shape, rng):
    """Normal with variance 2 / (fan_in + fan_out), for sigmoid and tanh."""
    return np.sqrt(2 / (shape[0] + shape[1])) * rng.standard_normal(shape)


def he_uniform(shape, rng):
    """Uniform with variance 2 / fan_in, for ReLU.

    Source: He et al. 2015, Delving deep into rectifiers, equation 10.
    """
    limit = np.sqrt(6 / shape[0])
    return limit * (2 * rng.random(shape) - 1)


def he_normal(shape, rng):
    """Normal with variance 2 / fan_in, for ReLU."""
    return np.sqrt(2 / shape[0]) * rng.standard_normal(shape)
