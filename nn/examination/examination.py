"""`health`: one pass over a batch with a step that is taken back. The model is as it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, contextmanager

import numpy as np

import autograd_lite as ag

from ..evaluation import as_array, evaluating
from ..lbfgs import LBFGS
from ..module import Module
from .findings import Finding, findings
from .measures import Parameter, activations, columns, copies, rms, takes_softmax_of_probabilities
from .report import Fit, Health, Numbers

_PAIRINGS = 50
_ENOUGH = 30  # examples, for a comparison of pairings
_PREDICTION = "prediction"


def health(
    model: Module, loss: Callable, batch: tuple, optimizer=None, *, validation=None, history=None
) -> Health:
    """What is wrong with a model on a batch: a sentence a finding, with its number.

    Activations that are flat or dead, gradients that vanish, explode or are zero, units that are
    copies, inputs that are not scaled, a step that is too long, the first operation that makes a
    nan, targets that have nothing to do with the inputs.

    Parameters
    ----------
    model : Module
        Computed in its present mode; its parameters, buffers, gradients and random generators
        are afterwards as they were.
    loss : callable
        ``loss(prediction, target)``, as for `fit`.
    batch : tuple of arrays
        Inputs, and the target last: some of the training data.
    optimizer : optional
        A step of it is tried and taken back: for what it does to the weights and to the loss.
    validation : tuple of arrays, optional
        Data that was not trained on.
    history : History, optional
        Of the training so far. With both, whether what was learned holds for other data.

    Returns
    -------
    Health
        Printed, it is the report; true where there are no findings.

    Raises
    ------
    TypeError
        For what is no model and no batch.

    >>> from nn import Linear, Sequential, Sigmoid, squared_error
    >>> rng = np.random.default_rng(0)
    >>> X = 500 * rng.normal(size=(40, 3))
    >>> model = Sequential(Linear(3, 4, rng=0), Sigmoid(), Linear(4, 1, rng=0))
    >>> health(model, squared_error, (X, np.ones((40, 1))))
    <Health: unscaled inputs, saturated>
    """
    if not isinstance(model, Module):
        raise TypeError(f"health takes an nn.Module, not {type(model).__name__}")
    if not isinstance(batch, tuple) or len(batch) < 2:
        raise TypeError("health takes a batch, a tuple of inputs and the target: (X[:64], y[:64])")
    if not model.parameters():
        raise ValueError("health: the model has no parameters")
    batch = tuple(as_array(array) for array in batch)
    with _unchanged(model):
        prediction, value = _computed(model, loss, batch)
        broken = _not_finite(model, loss, batch, value)
        if broken is not None:
            return Health([broken])
        fit = _fit(model, loss, batch, validation, history)
        numbers = _measured(model, loss, batch, optimizer, prediction, value, history, fit)
    return Health(list(findings(numbers)), numbers)


def _computed(model, loss, batch):
    """The prediction and the loss, with the results of modules called by their paths."""
    with ExitStack() as stack:
        for path, module in model.named_modules():
            stack.enter_context(module.register_forward_hook(_named(path or _PREDICTION)))
        prediction = model(*batch[:-1])
    return prediction, loss(prediction, batch[-1])


def _named(path):
    def name(module, args, result):
        if isinstance(result, ag.Tensor) and result.name is None:
            result.name = path

    return name


def _measured(model, loss, batch, optimizer, prediction, value, history, fit):
    """All numbers of the batch; the step that is tried comes last, for it moves the parameters."""
    named = dict(model.named_parameters())
    gradients = dict(zip(named, ag.gradients(value, list(named.values())), strict=True))
    diagram = ag.draw(value, names=named, max_nodes=10**9).model
    end = getattr(prediction, "name", None)
    before = {name: p.numpy() for name, p in named.items()}
    moved, loss_after = _step(model, loss, batch, optimizer, named, gradients)
    parameters = [
        Parameter(
            name,
            before[name].shape,
            rms(before[name]),
            rms(gradients[name]),
            rms(moved[name] - before[name]) if moved else None,
            *copies(before[name], gradients[name]),
        )
        for name in named
    ]
    return Numbers(
        value.item(),
        loss_after,
        activations(diagram, end),
        parameters,
        [column for array in batch[:-1] for column in columns(array)],
        columns(batch[-1]),
        takes_softmax_of_probabilities(diagram, end),
        _broadcast(loss, prediction, batch[-1]),
        _is_slowed(optimizer, history),
        fit,
    )


def _is_slowed(optimizer, history):
    if optimizer is None or history is None or "learning_rate" not in history.columns:
        return False
    return max(history["learning_rate"]) > 10 * optimizer.learning_rate


def _broadcast(loss, prediction, target):
    """In words, where a loss broadcasts (n, 1) with (n,): both are (n, n) then."""
    shapes = {(len(target),), (len(target), 1)}
    if {np.shape(prediction), np.shape(target)} != shapes:
        return None
    try:
        with ag.detect_anomaly(forward=False):
            loss(ag.Tensor(as_array(prediction), requires_grad=True), target)
    except ag.AnomalyError as error:
        text = str(error).partition(":")[0]
        return text if all(str(shape) in text for shape in shapes) else None
    return None


def _step(model, loss, batch, optimizer, named, gradients):
    """The parameters after one step of the optimiser, and the loss of the batch; both for now."""
    if optimizer is None or isinstance(optimizer, LBFGS):  # whose steps search the loss themselves
        return None, None
    before = optimizer.state_dict()
    try:
        for name, parameter in named.items():
            parameter.grad = gradients[name]
        optimizer.step()
        with ag.no_grad(), np.errstate(all="ignore"):
            after = float(as_array(loss(model(*batch[:-1]), batch[-1])))
        return {name: parameter.numpy() for name, parameter in named.items()}, after
    finally:
        optimizer.load_state_dict(before)


@contextmanager
def _unchanged(model):
    """A block after which parameters, buffers, gradients and generators are as before."""
    parameters = model.parameters()
    state = model.state_dict()
    gradients = [p.grad for p in parameters]
    generators = [(g, g.bit_generator.state) for _, g in model.named_generators()]
    try:
        yield
    finally:
        model.load_state_dict(state)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        for generator, bits in generators:
            generator.bit_generator.state = bits


# --- what is not finite ---------------------------------------------------------------------------


def _not_finite(model, loss, batch, value):
    """The first cause of a loss, or of a gradient, that is not finite."""
    gradients = ag.gradients(value, model.parameters())
    if np.isfinite(value.item()) and all(np.isfinite(g).all() for g in gradients):
        return None
    for where, array in _arrays(model, batch):
        is_number = array.dtype.kind in "fc"
        wrong = ~np.isfinite(array) if is_number else np.zeros(array.shape, bool)
        if wrong.any():
            first = tuple(int(i) for i in np.argwhere(wrong)[0])
            return Finding(
                "not finite",
                where,
                f"{int(wrong.sum())} of {array.size} numbers are nan or infinite, the first at "
                f"{list(first)}",
                "Whatever is computed from them is nan, and so are all parameters after one step",
                "People remove or impute such examples, or build the model anew where it is a "
                "parameter: it has been trained with a nan before",
            )
    return _first_operation(model, loss, batch)


def _arrays(model, batch):
    yield from ((f"input {i}", array) for i, array in enumerate(batch[:-1]))
    yield "the target", batch[-1]
    yield from model.state_dict().items()


def _first_operation(model, loss, batch):
    """The operation that makes the first nan or infinity."""
    try:
        with ag.detect_anomaly(broadcasting=False):
            loss(model(*batch[:-1]), batch[-1]).backward()
    except ag.AnomalyError as error:
        measured = str(error).rstrip(".")
    else:
        measured = "the loss or a gradient is not finite, and no single operation makes it so"
    return Finding(
        "not finite",
        "the first operation",
        measured,
        "All that comes after it is nan, and so are all parameters after one step",
        "People take the stable form of the function (ag.log_softmax, ag.softplus, a loss of "
        "logits), add a small number under a root or a logarithm, or make the learning rate "
        "smaller",
    )


# --- whether what was learned holds for other data ------------------------------------------------


def _fit(model, loss, batch, validation, history):
    if validation is None or history is None or len(history) < 3:
        return None
    unseen = tuple(as_array(array) for array in validation)
    return Fit(_margin(model, loss, batch), _margin(model, loss, unseen), len(history))


def _margin(model, loss, data):
    """By how many standard deviations the loss is smaller than with targets of other examples."""
    target = data[-1]
    if len(target) < _ENOUGH:
        return None
    with evaluating(model):
        prediction = as_array(model(*data[:-1]))

        def value(order):
            return float(as_array(loss(prediction, target[order])))

        rng = np.random.default_rng(0)
        others = [value(rng.permutation(len(target))) for _ in range(_PAIRINGS)]
        own = value(np.arange(len(target)))
    spread = float(np.std(others))
    return float(np.mean(others) - own) / spread if spread > 0 else 0.0
