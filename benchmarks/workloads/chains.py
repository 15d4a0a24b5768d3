"""Chains of scalar operations: nothing but the cost of recording one and of walking back.

A chain follows dx/dt = sin(w * x) from t = 0 to 1 in Euler's steps of size h: four operations
a step. The derivatives stay near 1, so that no chain is too long to be checked.
"""

import dataclasses

import numpy as np

from .table import Workload


def _array(rng, steps):
    return [np.array(0.5), np.array(1.5), np.array(1 / steps)], [steps]


def _loss(np, x, w, h, steps):
    for _ in range(int(steps)):
        x = x + h * np.sin(w * x)
    return x


def _scan(jax, x, w, h, steps):
    def step(x, _):
        return x + h * jax.numpy.sin(w * x), None

    return jax.lax.scan(step, x, length=steps)[0]


def _our_scan(np, x, w, h, steps):
    import autograd_lite as ag

    return ag.scan(lambda x, _: (x + h * np.sin(w * x), None), x, length=int(steps))[0]


def _by_hand(x, w, h, steps):
    """Every operation is one call of NumPy on arrays without axes: 4 forward, 9 back, a step."""
    add, multiply, sin, cos = np.add, np.multiply, np.sin, np.cos
    tape = []
    for _ in range(steps):
        z = multiply(w, x)
        s = sin(z)
        tape.append((x, z, s))
        x = add(x, multiply(h, s))
    g, dw, dh = np.array(1.0), np.array(0.0), np.array(0.0)
    for before, z, s in reversed(tape):
        dh = add(dh, multiply(g, s))
        dz = multiply(multiply(g, h), cos(z))
        dw = add(dw, multiply(dz, before))
        g = add(g, multiply(dz, w))
    return x, [g, dw, dh]


def _chain(operations):
    compilers = ["torch.compile", *(["compiled", "compiled numba"] if operations > 10_000 else [])]
    return Workload(
        name=f"chain of {operations:,}",
        title=f"a chain of {operations:,} scalar operations, float64",
        data=_array,
        sizes={"steps": operations // 4},
        small={"steps": 5},
        loss=_loss,
        by_hand=_by_hand,
        idioms={"jax": _scan},
        nodes=operations,
        unfit=dict.fromkeys(compilers, "it would unroll the loop"),
    )


CHAINS = (_chain(1_000), _chain(1_000_000))
SCAN = dataclasses.replace(
    CHAINS[1],
    name=f"{CHAINS[1].name}, scan",
    title=f"{CHAINS[1].title}; ag.scan",
    idioms={**CHAINS[1].idioms, "autograd_lite": _our_scan},
    unfit={"torch.compile": "it would unroll the loop"},
)
