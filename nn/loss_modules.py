"""Losses as modules: a loss function with its settings, to be handed around."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from . import losses
from .module import Module


class _Loss(Module):
    """``loss(prediction, target)``; the settings are the keywords of its function."""

    _function: Callable

    def __init__(self, **settings: Any):
        known = list(inspect.signature(self._function).parameters)[2:]
        unknown = [name for name in settings if name not in known]
        if unknown:
            raise TypeError(
                f"{type(self).__name__} has no setting {unknown[0]}=: its settings are "
                f"{', '.join(known) or 'none'}"
            )
        self.settings = settings

    def forward(self, prediction, target):
        return type(self)._function(prediction, target, **self.settings)

    def _describe(self):
        return ", ".join(f"{name}={value!r}" for name, value in self.settings.items())


class SquaredError(_Loss):
    """`squared_error`, the article's."""

    _function = staticmethod(losses.squared_error)


class MeanSquaredError(_Loss):
    """`mean_squared_error`: ``reduction=``."""

    _function = staticmethod(losses.mean_squared_error)


class MeanAbsoluteError(_Loss):
    """`mean_absolute_error`: ``reduction=``."""

    _function = staticmethod(losses.mean_absolute_error)


class Huber(_Loss):
    """`huber`: ``delta=``, ``reduction=``."""

    _function = staticmethod(losses.huber)


class CrossEntropy(_Loss):
    """`cross_entropy`: ``class_weights=``, ``label_smoothing=``, ``ignore_index=``, ``axis=``,
    ``reduction=``."""

    _function = staticmethod(losses.cross_entropy)


class NegativeLogLikelihood(_Loss):
    """`negative_log_likelihood`: ``class_weights=``, ``ignore_index=``, ``axis=``,
    ``reduction=``."""

    _function = staticmethod(losses.negative_log_likelihood)


class BinaryCrossEntropy(_Loss):
    """`binary_cross_entropy`: ``positive_weight=``, ``reduction=``."""

    _function = staticmethod(losses.binary_cross_entropy)


class KLDivergence(_Loss):
    """`kl_divergence`: ``axis=``, ``reduction=``."""

    _function = staticmethod(losses.kl_divergence)


class Hinge(_Loss):
    """`hinge`: ``margin=``, ``reduction=``."""

    _function = staticmethod(losses.hinge)
