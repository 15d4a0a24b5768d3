"""Functions without a derivative: their results come back as plain NumPy."""

import functools

import numpy as np

from ..dispatch import registry, undifferentiated
from ..tensor import plain

NAMES = """
    all allclose any argmax argmin argpartition argsort argwhere array2string array_equal
    array_equiv array_repr array_str bincount ceil count_nonzero digitize equal flatnonzero floor
    floor_divide greater greater_equal histogram isclose iscomplex iscomplexobj isfinite
    isin isinf isnan isneginf isposinf isreal isrealobj less less_equal lexsort logical_and
    logical_not logical_or logical_xor may_share_memory ndim nonzero not_equal ones_like
    result_type rint round searchsorted shape shares_memory sign signbit size trunc zeros_like
""".split()


def _plain_result(f):
    @functools.wraps(f)
    def call(*args, **kwargs):
        return f(*map(plain, args), **{key: plain(value) for key, value in kwargs.items()})

    return call


for _f in (getattr(np, name) for name in NAMES):
    registry[_f] = _plain_result(_f)
    undifferentiated.add(_f)
