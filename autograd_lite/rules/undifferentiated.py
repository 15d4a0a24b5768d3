"""Functions without a derivative: their results come back as plain NumPy."""

import functools

import numpy as np

from ..engine.dispatch import registry, undifferentiated
from ..engine.tensor import plain

NAMES = """
    all allclose any argmax argmin argpartition argsort argwhere around array2string array_equal
    array_equiv array_repr array_str bitwise_and bitwise_count bitwise_or bitwise_xor ceil
    count_nonzero diag_indices_from digitize equal fix flatnonzero floor floor_divide
    gcd greater greater_equal invert isclose iscomplex iscomplexobj isfinite isin isinf isnan
    isneginf isposinf isreal isrealobj lcm left_shift less less_equal lexsort logical_and
    logical_not logical_or logical_xor may_share_memory nanargmax nanargmin ndim nonzero
    not_equal result_type right_shift rint round searchsorted shape shares_memory
    signbit size spacing tril_indices_from triu_indices_from trunc
""".split()


def _plain_result(f):
    @functools.wraps(f)
    def call(*args, **kwargs):
        return f(*map(plain, args), **{key: plain(value) for key, value in kwargs.items()})

    return call


for _f in (*(getattr(np, name) for name in NAMES), np.linalg.matrix_rank):
    registry[_f] = _plain_result(_f)
    undifferentiated.add(_f)
