"""What `fit` was given, checked: nothing is trained with a mistake that can be seen before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any

from .batches import batches
from .callbacks import Callback, as_callback
from .module import Module
from .schedules import Schedule


def check_parts(model, loss, optimizer, schedule, epochs) -> None:
    """Refuse what is no model, loss, optimiser, schedule or number of epochs."""
    if not isinstance(model, Module):
        raise TypeError(f"fit takes an nn.Module, not {type(model).__name__}")
    if isinstance(loss, type) or not callable(loss):
        raise TypeError(f"fit: the loss is a function, nn.cross_entropy, not {loss!r:.60}")
    if isinstance(optimizer, type) or not hasattr(optimizer, "step"):
        raise TypeError("fit takes an optimiser: nn.Adam(model.parameters())")
    if not set(optimizer.parameters) & set(model.parameters()):
        raise ValueError(
            "fit: the optimiser moves no parameter of this model: make it of "
            "model.parameters(), after the model"
        )
    if schedule is not None and not isinstance(schedule, Schedule):
        raise TypeError("fit takes a schedule: nn.StepDecay(optimizer, every=10)")
    if not isinstance(epochs, Integral) or isinstance(epochs, bool) or epochs < 0:
        raise ValueError(f"fit: epochs is how many times all examples are seen, not {epochs!r}")


def training_batches(data, batch_size, rng) -> Any:
    """Batches of a tuple of arrays; what is batches already is left as it is."""
    if isinstance(data, list) and data and not any(isinstance(part, tuple) for part in data):
        data = tuple(data)
    if isinstance(data, tuple) and len(data) > 1:
        return batches(*data, size=batch_size, rng=rng)
    is_tuple_or_array = isinstance(data, tuple) or hasattr(data, "shape")
    if is_tuple_or_array or not (hasattr(data, "__iter__") and hasattr(data, "__len__")):
        raise TypeError("fit: data is a tuple, inputs and the target: (X, y), or nn.batches(X, y)")
    return data


def metrics_by_name(metrics) -> dict[str, Callable]:
    """Metrics by their names: a dict as it is, functions by their own names."""
    if metrics is None:
        return {}
    if not isinstance(metrics, (Mapping, Iterable)) or isinstance(metrics, str):
        metrics = [metrics]
    if not isinstance(metrics, Mapping):
        metrics = {getattr(metric, "__name__", metric): metric for metric in metrics}
    for name, metric in metrics.items():
        if not callable(metric):
            raise TypeError(
                f'fit: a metric is a function, {{"accuracy": nn.accuracy}}, not {metric!r:.60}'
            )
        if name == "loss":
            raise ValueError("fit: a metric cannot be called loss, which is measured anyway")
    return dict(metrics)


def callbacks_of(callbacks) -> list[Callback]:
    """Callbacks as a list, plain functions as callbacks."""
    if isinstance(callbacks, Callback) or callable(callbacks):
        raise TypeError("fit: callbacks is a list: callbacks=[nn.EarlyStopping()]")
    return [as_callback(callback) for callback in callbacks]
