"""The findings: when each holds, what it means, how it was measured, and what people do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .measures import RECTIFIERS

# Where a finding begins: the healthy runs of all examples stay on the other side.
FLAT = 0.8  # share of elements: a tanh is flat from |z| = 2.6 on, a sigmoid from 5.3 on
DEAD = 0.5  # share of units
LARGE, SMALL = 10.0, 1e-3  # root mean square of a column of the input
VANISHED = 1e-3  # the first weight's relative gradient, beside the largest
EXPLODED = 1e3  # a gradient beside its weight
UPDATE = 0.1  # a step beside its weight
TINY, STEEP = 1e-5, 1e-2  # a step beside its weight, where the gradient beside it is so large
WORSE = 1.5  # the loss of a batch after a step on this batch, beside that before
CHANCE = 3.0  # standard deviations


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    kind : str
        "dead units", "saturated", "vanishing gradients", "exploding gradients",
        "learning rate", "symmetric units", "no gradient", "unscaled inputs", "unscaled target",
        "softmax twice", "broadcast loss", "not finite" or "unrelated target".
    where : str
        The layer or the parameter; or the data.
    measured : str
        What was measured, with its number.
    meaning : str
    advice : str
        What people do about it.
    """

    kind: str
    where: str
    measured: str
    meaning: str
    advice: str

    def __str__(self):
        return f"{self.kind}, {self.where}: {self.measured}. {self.meaning}. {self.advice}."


def findings(numbers) -> Iterator[Finding]:
    """All that the numbers of a batch say, the nearest to the cause first."""
    yield from of_data(numbers.inputs, numbers.target)
    yield from of_loss(numbers)
    yield from of_activations(numbers.activations)
    yield from of_parameters(numbers)
    yield from of_gradients(numbers.parameters)
    yield from of_step(numbers)
    yield from of_fit(numbers)


def of_data(inputs, target):
    large = [column for column in inputs if column.size > LARGE]
    largest = max((column.size for column in inputs), default=1.0)
    if large:
        worst = max(large, key=lambda column: column.size)
        yield Finding(
            "unscaled inputs",
            f"{len(large)} of {len(inputs)} columns",
            f"column {worst.position} has the root mean square {worst.size:.3g}",
            "A weight's gradient is proportional to its input, so one learning rate cannot be "
            "right for large and for small columns, and activations saturate at once",
            "People standardise: (X - X.mean(axis=0)) / X.std(axis=0), with the numbers of the "
            "training data for all data",
        )
    elif inputs and largest < SMALL:
        yield Finding(
            "unscaled inputs",
            "all columns",
            f"the largest root mean square is {largest:.3g}",
            "The first layer's gradients are as small as its inputs, and it hardly learns",
            "People standardise: (X - X.mean(axis=0)) / X.std(axis=0)",
        )
    yield from of_target(target)


def of_target(target):
    big = [column for column in target if column.size > LARGE]
    if big:
        yield Finding(
            "unscaled target",
            f"column {big[0].position}",
            f"it has the root mean square {big[0].size:.3g}",
            "Predictions begin near 0, so the first gradients are as large as the target",
            "People train on (y - y.mean()) / y.std(), and scale the predictions back",
        )


def of_loss(numbers):
    if numbers.softmax_of_probabilities is not None:
        yield Finding(
            "softmax twice",
            "the loss",
            f"the rows of the prediction are probabilities, and {numbers.softmax_of_probabilities} "
            "takes their softmax",
            "The second softmax lies between the first and the loss: no class can come near "
            "probability 1, and the gradient is small",
            "People leave the softmax out of the model, and take it for predictions only",
        )
    if numbers.broadcast is not None:
        yield Finding(
            "broadcast loss",
            "the loss",
            numbers.broadcast,
            "Each prediction is compared with every target, and the best that can be learned is "
            "the mean of the targets",
            "People give both the same shape, target[:, None], or take a loss that refuses "
            "(nn.mean_squared_error)",
        )


def of_activations(rows):
    for row in rows:
        where = f"{row.function} {row.place}" if row.place.startswith("after") else row.place
        if row.function in RECTIFIERS:
            if row.dead > DEAD * row.units:
                yield Finding(
                    "dead units",
                    where,
                    f"{row.dead} of {row.units} units are 0 for every example of the batch",
                    "Their derivative is 0 there, so the weights before them get no gradient, "
                    "and they may stay 0 for good",
                    "People draw weights with nn.init.he_normal, begin with biases of 0, make the "
                    "learning rate smaller, or take ag.leaky_relu",
                )
        elif row.flat > FLAT:
            yield Finding(
                "saturated",
                where,
                f"at {row.flat:.0%} of the results of {row.function} its derivative is below 2 % "
                "of the largest",
                "Hardly any gradient comes through, and the layers before it hardly learn",
                "People scale the inputs, draw smaller weights (nn.init.glorot_uniform), make the "
                "learning rate smaller, or put a normalisation before it",
            )


def of_parameters(numbers):
    rows = numbers.parameters
    learns = any(row.gradient for row in rows)
    if not learns and numbers.loss > 0:
        yield Finding(
            "no gradient",
            "all parameters",
            f"the loss is {numbers.loss:.3g}, and all gradients are exactly 0 on this batch",
            "No step changes anything: what is between the parameters and the loss is constant "
            "here, such as dead units, or the softmax of a single number",
            "People follow the gradient from the loss to where it becomes 0 (ag.draw(loss))",
        )
    for row in rows if learns else ():
        if row.gradient == 0:
            yield Finding(
                "no gradient",
                row.name,
                "its gradient is exactly 0 on this batch",
                "A step does not change it: a weight of zeros or dead units come after it, or "
                "the loss does not depend on it",
                "People draw weights at random, and look for the part that the loss leaves out "
                "(ag.draw(loss))",
            )
    yield from of_units(rows)


def of_units(rows):
    for row in rows:
        if row.units > 1 and row.copies > 0.5 * row.units:
            yield Finding(
                "symmetric units",
                row.name,
                f"{row.copies} of {row.units} units have the weights and the gradients of others",
                "They change alike and stay copies, so the layer is no better than one with "
                f"{row.units - row.copies} unit{'s' if row.units - row.copies > 1 else ''}",
                "People draw the initial weights at random; zeros are for biases",
            )


def of_gradients(rows):
    weights = [row for row in rows if row.is_weight and row.size > 0]
    relative = [row.gradient / row.size for row in weights]
    if len(weights) > 1 and 0 < relative[0] < VANISHED * max(relative):
        strongest = weights[relative.index(max(relative))]
        yield Finding(
            "vanishing gradients",
            weights[0].name,
            f"its gradient beside its size is {relative[0]:.1e}, that of {strongest.name} "
            f"{max(relative):.1e}",
            "The gradient becomes smaller from layer to layer on its way back, and the first "
            "layers stay as they were drawn",
            "People take ReLU in place of sigmoids, nn.init.he_normal, normalisation, residual "
            "connections, or fewer layers",
        )
    for row, ratio in zip(weights, relative, strict=True):
        if ratio > EXPLODED:
            yield Finding(
                "exploding gradients",
                row.name,
                f"its gradient is {ratio:.1e} times its size",
                "The gradient becomes larger from layer to layer on its way back, and one step "
                "of the usual learning rates destroys the weights",
                "People clip gradients by their norm, draw smaller weights, scale inputs and "
                "targets, or normalise",
            )
            break


def of_step(numbers):
    after, before = numbers.loss_after, numbers.loss
    if after is None:
        return
    steps = [(row.update / row.size, row.name) for row in numbers.parameters
             if row.is_weight and row.size > 0 and row.update is not None]  # fmt: skip
    ratio, name = max(steps, default=(0.0, ""))
    steepest = max((row.gradient / row.size for row in numbers.parameters
                    if row.is_weight and row.size > 0), default=0.0)  # fmt: skip
    if ratio < TINY and steepest > STEEP and not numbers.is_slowed:
        yield Finding(
            "learning rate",
            name or "all weights",
            f"a step changes no weight by more than {ratio:.0e} of its size, where gradients are "
            f"{steepest:.0e} of it",
            "The training goes in the right direction, and needs very many steps",
            "People multiply the learning rate by 10 until the loss of a batch falls no more; a "
            "step of 0.1 % of the weights is usual",
        )
    is_worse = not after <= before + (WORSE - 1) * abs(before)
    if is_worse and ratio > UPDATE:
        yield Finding(
            "learning rate",
            name,
            f"a step on this very batch turns its loss of {before:.3g} into {after:.3g}, and "
            f"changes {name} by {ratio:.0%} of its size",
            "The step goes beyond where the gradient is of use, and the training diverges or "
            "leaves units dead",
            "People divide the learning rate by 10 until the loss of a batch falls; a step of "
            "0.1 % of the weights is usual",
        )


def of_fit(numbers):
    fit = numbers.fit
    if fit is None or fit.unseen is None or fit.unseen >= CHANCE:
        return
    learned = fit.seen is not None and fit.seen >= CHANCE
    yield Finding(
        "unrelated target",
        "validation data",
        f"after {fit.epochs} epochs the predictions fit their targets no better than those of "
        f"other examples ({fit.unseen:.1f} standard deviations"
        + (f"; on the training batch {fit.seen:.1f})" if fit.seen is not None else ")"),
        "What it learned is of the training examples alone: the target does not follow from the "
        "input"
        if learned
        else "Nothing was learned that tells one example from another",
        "People check that inputs and targets are in the same order (shuffled or joined together), "
        "look at examples with their labels, and try to learn 20 examples by heart",
    )
