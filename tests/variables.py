"""A tensor that gradients are wanted of, as nearly every test begins with one."""

import autograd_lite as ag


def variable(data, **options):
    return ag.Tensor(data, requires_grad=True, **options)
