"""Optimizer: parameters in groups, the step through them, the state that it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, SupportsFloat, dataclass_transform

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import keywords, leave_out

from .module import Module, fitting
from .other_names import OPTIMIZER


@dataclass_transform(eq_default=False)
@dataclass(eq=False, repr=False)
class Optimizer:
    """What optimizers share: parameters, in groups with settings of their own, and the step.

    A subclass annotates its settings, ``momentum: float = 0.0``: its constructor takes them.

    Attributes
    ----------
    parameters : list of Tensor
    groups : list of dict
        ``parameters`` of the group, and the settings in which it differs from the optimizer.
    steps : int
        How many have been made.
    """

    parameters: Any
    _settings: ClassVar[tuple[str, ...]]
    _moments: ClassVar[tuple[str, ...]] = ()  # attributes that hold an array for each parameter

    def __init_subclass__(cls):
        dataclass(cls, eq=False, repr=False)
        cls.__init__ = keywords(cls.__init__)  # type: ignore[method-assign]
        cls._settings = tuple(field.name for field in fields(cls) if field.name != "parameters")

    def __post_init__(self):
        self.groups = self._grouped(self.parameters)
        self.parameters = [p for group in self.groups for p in group["parameters"]]
        self._check_parameters()
        for values in ({name: getattr(self, name) for name in self._settings}, *self.groups):
            self._check_settings({k: v for k, v in values.items() if k != "parameters"})
        self.steps = 0
        for name in self._moments:
            setattr(self, name, [np.zeros_like(p.data) for p in self.parameters])

    def _grouped(self, parameters):
        """The groups: dicts as they are given, or one of all parameters."""
        name = type(self).__name__
        if isinstance(parameters, (Module, ag.Tensor)) or not isinstance(parameters, Iterable):
            given = f"a {type(parameters).__name__}"
            given += " that is not called" if given in ("a method", "a function") else ""
            what = "[tensor]" if isinstance(parameters, ag.Tensor) else "model.parameters()"
            raise TypeError(f"{name} takes a list of parameters, not {given}: pass {what}")
        parameters = list(parameters)
        if not parameters or not isinstance(parameters[0], dict):
            return [{"parameters": parameters}]
        for group in parameters:
            if not isinstance(group, dict) or "parameters" not in group:
                raise TypeError(
                    f"{name}: a group is a dict with 'parameters', such as {{'parameters': "
                    f"model.parameters(), 'learning_rate': 0.1}}, not {group!r:.60}"
                )
        return [group | {"parameters": list(group["parameters"])} for group in parameters]

    def _check_parameters(self):
        name = type(self).__name__
        if not self.parameters:
            raise ValueError(f"{name} was given no parameters")
        for parameter in self.parameters:
            if not (isinstance(parameter, ag.Tensor) and parameter.requires_grad):
                raise TypeError(
                    f"{name} takes Tensors with requires_grad=True, not a {_kind(parameter)}: "
                    "pass model.parameters()"
                )
        if len(set(self.parameters)) < len(self.parameters):
            raise ValueError(f"{name} was given a parameter twice")

    def _check_settings(self, settings):
        name = type(self).__name__
        for key, value in settings.items():
            if key not in self._settings:
                raise TypeError(f"{name} has no setting {key}: it has {', '.join(self._settings)}")
            if not isinstance(value, bool):
                _check(name, key, value, 1 if key in _SHARES else np.inf)

    def __repr__(self):
        count = len(self.parameters)
        said = [f"{count} parameter{'s' if count > 1 else ''}"]
        said += [f"{len(self.groups)} groups"] if len(self.groups) > 1 else []
        said += [f"{name}={getattr(self, name)}" for name in self._settings]
        return f"{type(self).__name__}({', '.join(said)})"

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters:
            parameter.grad = None

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        if all(parameter.grad is None for parameter in self.parameters):
            raise ValueError("step() found no gradients: call loss.backward() before it")
        self.steps += 1
        i = -1
        for group in self.groups:
            settings = {k: group[k] if k in group else getattr(self, k) for k in self._settings}
            decay = settings.pop("weight_decay", 0.0)
            for parameter in group["parameters"]:
                i += 1
                if parameter.grad is not None:
                    p, g = self._decayed(parameter.data, parameter.grad, decay, settings)
                    parameter.data = self._moved(i, p, g, **settings)

    def _decayed(self, p, g, decay, settings):
        """The parameter and its gradient with weight decay: that of decay / 2 * sum(p**2)."""
        return p, g + decay * p if decay else g

    def _moved(self, i: int, p, g, **settings):
        """The next value of parameter i, given its value and its gradient."""
        raise TypeError(f"{type(self).__name__} does not define _moved()")

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all that the next step depends on, but for parameters and gradients."""
        state = {name: getattr(self, name) for name in ("steps", *self._settings)}
        for i, group in enumerate(self.groups):
            state |= {f"groups.{i}.{k}": v for k, v in group.items() if k != "parameters"}
        for name in self._moments:
            arrays = enumerate(getattr(self, name))
            state |= {f"{name.strip('_')}.{i}": array for i, array in arrays}
        return {name: np.array(_plain(value)) for name, value in state.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a `state_dict`; nothing is changed unless all names and shapes fit.

        Raises
        ------
        ValueError
            When names are missing or unknown, or a shape differs.
        """
        own = self.state_dict()
        values = fitting(own, state, type(self).__name__)
        for name in ("steps", *self._settings):
            setattr(self, name, values[name].item())
        for i, group in enumerate(self.groups):
            group.update({k: values[f"groups.{i}.{k}"].item() for k in group if k != "parameters"})
        for name in self._moments:
            count = range(len(self.parameters))
            setattr(self, name, [values[f"{name.strip('_')}.{i}"] for i in count])


leave_out(Optimizer, {name: f"here it is {line}" for name, line in OPTIMIZER.items()})


_SHARES = {"momentum", "beta1", "beta2", "decay"}  # in [0, 1)


def _plain(value):
    return value.numpy() if isinstance(value, ag.Tensor) else value


def _kind(value):
    return "constant" if isinstance(value, ag.Tensor) else type(value).__name__


def _check(optimizer, name, value, bound):
    """Refuse a setting that is no number in [0, bound)."""
    if isinstance(value, str) or np.ndim(value) or not isinstance(value, SupportsFloat):
        raise TypeError(f"{optimizer}: {name} is a number, not {value!r}")
    if not 0 <= value < bound:
        hint = ": a step goes down the gradient by itself" if value < 0 else ""
        limits = "is not negative and finite" if bound == np.inf else f"lies in [0, {bound})"
        raise ValueError(f"{optimizer}: {name} {limits}, and {value} was given{hint}")


# --- gradients before a step --------------------------------------------------------------------


def clip_gradient_norm(parameters: Iterable[ag.Tensor], limit: float) -> Any:
    """Scale all gradients by one factor, so that their common norm is at most the limit.

    Source: Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural
    networks, algorithm 1.

    Returns
    -------
    number
        The norm that they had: the root of the sum of all squared elements.
    """
    held = _with_gradients("clip_gradient_norm", parameters)
    norm = np.sqrt(sum(np.sum(p.grad * p.grad) for p in held))
    factor = np.minimum(limit / (norm + 1e-6), 1)  # as in PyTorch
    for p in held:
        p.grad = p.grad * factor
    return norm


def clip_gradient_values(parameters: Iterable[ag.Tensor], limit: float) -> None:
    """Bring every element of the gradients into [-limit, limit]."""
    for p in _with_gradients("clip_gradient_values", parameters):
        p.grad = np.clip(p.grad, -limit, limit)


def _with_gradients(name, parameters):
    held = [p for p in parameters if p.grad is not None]
    if not held:
        raise ValueError(f"{name} found no gradients: call loss.backward() before it")
    return held
