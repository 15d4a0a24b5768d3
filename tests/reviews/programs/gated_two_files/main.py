import numpy as np

import model


def run(params, x, labels):
    loss, saved = model.forward(params, x, labels)
    grad_x, grads = model.backward(saved)
    return loss, {"x": grad_x, "params": grads}


def example():
    rng = np.random.default_rng(107)
    d, h = 4, 6
    params = model.Params(w_in=rng.normal(size=(h, d)), b_in=rng.normal(size=h), w_gate=rng.normal(size=(h, d)), b_gate=rng.normal(size=h),
                          gain=rng.normal(size=d) + 1, w_out=rng.normal(size=(d, h)), b_out=rng.normal(size=d))
    return params, rng.normal(size=(5, d)), rng.integers(0, d, size=5)
