"""Functions of numbers that Numba compiles, written so that a loop of them becomes vectors.

Numba's own exp is a call for each element, six times as slow as NumPy's. These are arithmetic
without branches: the argument is reduced, a polynomial is taken, and the exponent is put in as
bits. Each is within 2 units in the last place, and right at infinities and nan.
"""

import math
import re
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, compiler
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

# Called by kernels alone: without a way in from Python they compile in half of the time.
_INNER: Any = {
    "error_model": "numpy", "forceinline": True, "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}  # fmt: skip
exact = numba.njit(**_INNER)
# A product and a sum may be one operation, which rounds once.
fused = numba.njit(**_INNER, fastmath={"contract"})


class DistinctArrays(compiler.Compiler):
    """Compiles functions none of whose arrays that are written into overlaps another."""

    def define_pipelines(self):
        """Numba's own, told so: without it a loop over many arrays is not made of vectors."""
        self.state.flags.noalias = True
        return super().define_pipelines()


def kernel(signature, cache=False):
    """Decorate a function of C-contiguous arrays, ``float64[:, ::1]`` in its signature.

    With ``cache`` what is compiled is kept beside the file of the function.
    """
    words = re.findall(r"(\w+)(\[[^\]]*\])?", signature.partition("(")[2])
    given = [_type(*word) for word in words if word[0]]
    return numba.njit(
        types.int64(*given), error_model="numpy", nogil=True, pipeline_class=DistinctArrays,
        cache=cache, no_cfunc_wrapper=True,
    )  # fmt: skip


def _type(dtype, axes):
    number = types.boolean if dtype == "b1" else getattr(types, dtype)
    return types.Array(number, axes.replace("::1", ":").count(":"), "C") if axes else number


# --- what Python has no word for ----------------------------------------------------------------


def _array(context, builder, kind, data, shape, itemsize, owner=None):
    """A C-contiguous array at a pointer; of what has no owner nobody keeps count."""
    made = make_array(kind)(context, builder)
    strides = [itemsize]
    for size in shape[:0:-1]:
        strides.insert(0, builder.mul(size, strides[0]))
    populate_array(
        made,
        data=data,
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=itemsize,
        meminfo=None if owner is None else owner.meminfo,
        parent=None if owner is None else owner.parent,
    )
    return made._getvalue()


@intrinsic
def flat(typingctx, array):
    """All elements of a C-contiguous array in one axis."""
    kind = types.Array(array.dtype, 1, "C")

    def generate(context, builder, signature, args):
        x = make_array(array)(context, builder, args[0])
        made = _array(context, builder, kind, x.data, [x.nitems], x.itemsize, owner=x)
        return impl_ret_borrowed(context, builder, kind, made)

    return kind(array), generate


@intrinsic
def part_of(typingctx, array, start):
    """The elements of a flat array from one on."""
    kind = types.Array(array.dtype, 1, "C")

    def generate(context, builder, signature, args):
        x = make_array(array)(context, builder, args[0])
        data = builder.gep(x.data, [args[1]])
        return _array(context, builder, kind, data, [x.nitems], x.itemsize)

    return kind(array, types.intp), generate


@intrinsic
def matrix(typingctx, array, start, rows, columns):
    """The elements of a flat array from one on, as a matrix of so many rows."""
    kind = types.Array(array.dtype, 2, "C")

    def generate(context, builder, signature, args):
        x = make_array(array)(context, builder, args[0])
        data = builder.gep(x.data, [args[1]])
        return _array(context, builder, kind, data, args[2:], x.itemsize)

    return kind(array, types.intp, types.intp, types.intp), generate


@intrinsic(prefer_literal=True)
def on_stack(typingctx, size, dtype):
    """An array that lives until the kernel returns: made in no time, and never cleared."""
    kind = types.Array(dtype.dtype, 1, "C")
    count = size.literal_value

    def generate(context, builder, signature, args):
        number = context.get_data_type(kind.dtype)
        with builder.goto_entry_block():  # not alloca_once, which stores zeros one by one
            memory = builder.alloca(ir.ArrayType(number, count))
        data = builder.bitcast(memory, number.as_pointer())
        itemsize = context.get_constant(types.intp, context.get_abi_sizeof(number))
        shape = [context.get_constant(types.intp, count)]
        return _array(context, builder, kind, data, shape, itemsize)

    return kind(size, dtype), generate


_BITS = {types.float64: types.int64, types.float32: types.int32}
_FLOATS = {bits: number for number, bits in _BITS.items()}


def _reinterpreted(x, result):
    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(result))

    return result(x), generate


@intrinsic
def bits_of(typingctx, x):
    """The bits of a floating number, as an integer."""
    return _reinterpreted(x, _BITS[x])


@intrinsic
def of_bits(typingctx, x):
    """The floating number of bits."""
    return _reinterpreted(x, _FLOATS[x])


def _of_two(name):
    def typed(typingctx, x, y):
        def generate(context, builder, signature, args):
            kind = args[0].type
            signature = ir.FunctionType(kind, [kind, kind])
            function = builder.module.declare_intrinsic(name, [kind], signature)
            return builder.call(function, args)

        return x(x, y), generate

    return intrinsic(typed)


# nan where one is, as NumPy's
maximum = _of_two("llvm.maximum")
minimum = _of_two("llvm.minimum")
copysign = _of_two("llvm.copysign")


# A sum or a product may be taken in any order, and with one rounding, so that it is one of vectors.
_REORDERED = ("contract", "reassoc")


def _inlined(of_floats, of_integers, *parameters):
    """A function of numbers of one type in instructions: Numba compiles no function more for it.

    Both are functions of a builder and values, for floats and for integers.
    """

    def typed(kind, count):
        instructions = of_floats if isinstance(kind, types.Float) else of_integers

        def generate(context, builder, signature, args):
            return instructions(builder, *args)

        return kind(*[kind] * count), generate

    names = ", ".join(parameters)
    text = f"def inlined(typingctx, {names}):\n    return typed({parameters[0]}, {len(parameters)})"
    scope = {"typed": typed}
    exec(text, scope)
    return intrinsic(scope["inlined"])


# total + x, one of many of a sum
plus = _inlined(
    lambda builder, total, x: builder.fadd(total, x, flags=_REORDERED),
    lambda builder, total, x: builder.add(total, x),
    "total", "x",
)  # fmt: skip
# total * x, one of many of a product
times = _inlined(
    lambda builder, total, x: builder.fmul(total, x, flags=_REORDERED),
    lambda builder, total, x: builder.mul(total, x),
    "total", "x",
)  # fmt: skip
# total + x * y, one of many of a sum
plus_product = _inlined(
    lambda builder, total, x, y: builder.fadd(
        total, builder.fmul(x, y, flags=_REORDERED), flags=_REORDERED
    ),
    lambda builder, total, x, y: builder.add(total, builder.mul(x, y)),
    "total", "x", "y",
)  # fmt: skip
# the larger of x and a bound that is not nan; nan of nan
at_least = _inlined(
    lambda builder, x, bound: builder.select(builder.fcmp_ordered("<", x, bound), bound, x),
    lambda builder, x, bound: builder.select(builder.icmp_signed("<", x, bound), bound, x),
    "x", "bound",
)  # fmt: skip
# the smaller of x and a bound that is not nan; nan of nan
at_most = _inlined(
    lambda builder, x, bound: builder.select(builder.fcmp_ordered(">", x, bound), bound, x),
    lambda builder, x, bound: builder.select(builder.icmp_signed(">", x, bound), bound, x),
    "x", "bound",
)  # fmt: skip


@exact
def where(condition, x, y):
    """x where the condition holds, else y."""
    return x if condition else y


@exact
def sign(x):
    """-1, 0 or 1; nan of nan."""
    return x if x != x else (x > 0) * 1.0 - (x < 0) * 1.0


# --- exponentials -------------------------------------------------------------------------------


def _polynomial(factors, dtype):
    """x -> factors[0] x^n + ... + factors[n], written out, for Numba unrolls no loop of it."""
    scope = {f"c{k}": dtype(c) for k, c in enumerate(factors)} | {"__name__": __name__}
    lines = "".join(f"    p = p * x + c{k}\n" for k in range(1, len(factors)))
    exec(f"def polynomial(x):\n    p = c0\n{lines}    return p\n", scope)
    return fused(scope["polynomial"])


def _powers(dtype, integer, bias, mantissa, high, low, terms):
    """What exponentials are made of: n and exp(r) - 1 of x, 2^n, and 2^n in two halves.

    x = n log 2 + r with n an integer; exp(x) = 2^n exp(r), and a Taylor polynomial gives
    exp(r) - 1. Adding 1.5 * 2^mantissa rounds to an integer, and leaves it in the lowest bits.
    log 2 is ``high + low``.
    """
    shift, high, low = map(dtype, (1.5 * 2**mantissa, high, low))
    half, per_log2 = dtype(0.5), dtype(1 / math.log(2))
    tail = _polynomial([1 / math.factorial(k) for k in range(terms + 1, 1, -1)], dtype)

    @fused
    def parts(x):
        z = x * per_log2 + shift
        n = z - shift
        r = (x - n * high) - n * low
        return n, tail(r) * r * r + r

    @exact
    def power_of_two(n):
        return of_bits(integer((bits_of(n + shift) + bias) << mantissa))

    @exact
    def halves(n):
        first = n * half + shift - shift
        return power_of_two(first), power_of_two(n - first)

    return parts, power_of_two, halves


def _exponentials(dtype, bounds, parts, power_of_two, halves):
    """exp and expm1 of one dtype, and an expm1 of numbers that are not large.

    2^n is taken in two halves: it may be below the smallest number.
    """
    one, (lowest, highest) = dtype(1), map(dtype, bounds)

    @exact
    def exp(x):
        x = highest if x > highest else x
        x = lowest if x < lowest else x
        n, p = parts(x)
        scale, rest = halves(n)
        return (p + one) * scale * rest

    @exact
    def expm1(x):
        small = x
        x = highest if x > highest else x
        x = -highest if x < -highest else x
        n, p = parts(x)
        scale, rest = halves(n)
        value = (p * scale + (scale - one / rest)) * rest
        return small if small == 0 else value

    @exact
    def small_expm1(x):
        """expm1 where 2^n is an ordinary number: of x that is neither large nor far below 0."""
        n, p = parts(x)
        scale = power_of_two(n)
        return p * scale + (scale - one)

    return exp, expm1, small_expm1


_LOG2_64 = {"high": 6.93147180369123816490e-01, "low": 1.90821492927058770002e-10}
_LOG2_32 = {"high": 0.693359375, "low": -2.12194440e-4}
_POWERS_64 = _powers(np.float64, types.int64, 1023, 52, **_LOG2_64, terms=12)
_POWERS_32 = _powers(np.float32, types.int32, 127, 23, **_LOG2_32, terms=6)
exp, expm1, small_expm1 = _exponentials(np.float64, (-746, 710), *_POWERS_64)
exp_32, expm1_32, small_expm1_32 = _exponentials(np.float32, (-104, 89), *_POWERS_32)


def _hyperbolic_tangent(dtype, expm1, one_from):
    """tanh |x| = (exp(2 |x|) - 1) / (exp(2 |x|) + 1), which is 1 from some x on."""
    two, most = dtype(2), dtype(2 * one_from)

    @exact
    def tanh(x):
        y = two * abs(x)
        y = most if y > most else y
        e = expm1(y)
        return copysign(e / (e + two), x)

    return tanh


tanh = _hyperbolic_tangent(np.float64, small_expm1, 22)
tanh_32 = _hyperbolic_tangent(np.float32, small_expm1_32, 10)


# --- logarithms ---------------------------------------------------------------------------------


def _logarithm_of_sum(dtype, real, integer, mantissa, high, low, terms):
    """log(x + y) of one dtype, where y is below the rounding of x.

    x = 2^k m with m between sqrt(1/2) and sqrt(2); with f = m - 1 and s = f / (2 + f),
    log m = 2 (s + s^3 / 3 + s^5 / 5 + ...) = f - (f^2 / 2 - s (f^2 / 2 + r)).
    """
    zero, one, half, two = map(dtype, (0, 1, 0.5, 2))
    high, low, nan, infinity = map(dtype, (high, low, np.nan, np.inf))
    smallest, up, added = np.finfo(dtype).tiny, dtype(2.0 ** (mantissa + 2)), dtype(mantissa + 2)
    root = int(dtype(math.sqrt(0.5)).view(f"i{np.dtype(dtype).itemsize}"))
    fraction = (1 << mantissa) - 1
    series = _polynomial([2 / (2 * k + 1) for k in range(terms, 0, -1)], dtype)

    @exact
    def log_plus(x, more):
        is_small = x < smallest
        bits = bits_of(x * up if is_small else x) - root
        k = real(bits >> mantissa) - (added if is_small else zero)
        f = of_bits(integer((bits & fraction) + root)) - one
        s = f / (two + f)
        square = half * f * f
        r = series(s * s) * (s * s)
        value = k * high - ((square - (s * (square + r) + (k * low + more))) - f)
        value = x if x == infinity else value
        value = -infinity if x == 0 else value
        return value if x >= 0 else nan

    return log_plus


def _logarithms(dtype, log_plus):
    """log and log1p of one dtype."""
    zero, one, infinity = map(dtype, (0, 1, np.inf))

    @exact
    def log(x):
        return log_plus(x, zero)

    @exact
    def log1p(x):
        u = one + x
        more = (x - (u - one)) / u
        value = log_plus(u, more if u > 0 and u < infinity else zero)
        return x if x == 0 else value

    return log, log1p


_LOG_64 = _logarithm_of_sum(np.float64, types.float64, types.int64, 52, **_LOG2_64, terms=10)
_LOG_32 = _logarithm_of_sum(np.float32, types.float32, types.int32, 23, **_LOG2_32, terms=5)
log, log1p = _logarithms(np.float64, _LOG_64)
log_32, log1p_32 = _logarithms(np.float32, _LOG_32)


def _sum_of_exponentials(exp, log1p):
    """log(exp x + exp y) = max + log1p(exp(-|x - y|)), and x where both are one infinity."""

    @exact
    def logaddexp(x, y):
        top = maximum(x, y)
        value = top + log1p(exp(-abs(x - y)))
        return top if (x == y) & (x - y != 0) else value

    return logaddexp


logaddexp = _sum_of_exponentials(exp, log1p)
logaddexp_32 = _sum_of_exponentials(exp_32, log1p_32)
