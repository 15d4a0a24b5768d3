"""The forms in which people write a loss: where its parameters are, and where its data.

The one idea: a workload is a function ``loss(*parameters, *constants)``, and a form is another
signature of the same function. So forms, workloads and libraries are a product.
"""

import dataclasses
from collections.abc import Callable

from benchmarks.workloads import WORKLOADS
from benchmarks.workloads.table import Workload


def _of_a_dict(loss):
    return lambda parameters, *data: loss(*parameters.values(), *data)


def _of_a_list(loss):
    return lambda parameters, *data: loss(*parameters, *data)


@dataclasses.dataclass(frozen=True)
class Form:
    """How the loss is written.

    ``container`` makes the one argument that holds all parameters, of their list, and ``rewrite``
    the loss of that argument. ``encloses`` says that the loss finds its data around it,
    ``converts`` that the data are made the library's own arrays once, and not at each step;
    ``trains`` that a step is one of training: a model and its optimizer, where there are such.
    """

    name: str
    title: str
    container: Callable | None = None
    rewrite: Callable | None = None
    encloses: bool = False
    converts: bool = True
    trains: bool = False

    def written(self, loss, parameters, data):
        """The loss, the arguments that hold the parameters, and those that are data."""
        if self.container is not None:
            return self.rewrite(loss), [self.container(parameters)], data
        if self.encloses:
            return (lambda *arguments: loss(*arguments, *data)), parameters, []
        return loss, parameters, data

    def argnums(self, parameters):
        """The positions of the arguments that hold the parameters."""
        return 0 if self.container is not None else tuple(range(len(parameters)))


def named(parameters):
    """Parameters as a dict."""
    return {f"w{i}": p for i, p in enumerate(parameters)}


def leaves(gradients):
    """The gradients as a list, of whatever form the parameters were in."""
    return list(gradients.values() if isinstance(gradients, dict) else gradients)


FLAT = Form("flat", "parameters and data are arguments; the data are made tensors once")
IN_A_DICT = Form("dict", "a dict of parameters", container=named, rewrite=_of_a_dict)
FORMS = (
    FLAT,
    IN_A_DICT,
    Form("list", "a list of parameters", container=list, rewrite=_of_a_list),
    Form("closure", "the loss finds its data around it", encloses=True),
    Form("arrays", "the data are NumPy arrays at each step", converts=False),
    Form("model", "a model and a step of gradient descent", trains=True),
)


@dataclasses.dataclass(frozen=True)
class Case:
    """A workload in a form: what is measured in one row."""

    workload: Workload
    form: Form = FLAT

    @property
    def name(self):
        return self.workload.name + ("" if self.form is FLAT else f", {self.form.name}")

    @property
    def nodes(self):
        return self.workload.nodes


CASES = tuple(
    Case(workload, form)
    for workload in WORKLOADS
    for form in FORMS
    if workload.layers or not form.trains
)
