"""scipy.integrate: ordinary differential equations, and their adjoint equations.

Where dy/dt = f(y, t, args), a cotangent a of y obeys da/dt = -a df/dy, backwards in time, and
a df/dargs is summed up on the way: Pontryagin et al. (1962); Chen et al. (2018),
arXiv:1806.07366. It is solved by the same function, so derivatives of any order follow.
"""

import numpy as np
import scipy.integrate

from .. import errors
from ..arrays import called
from ..dispatch import registry
from ..primitives import primitive
from ..recording import stacked
from ..tape import enable_grad
from ..tensor import Tensor, constant, plain, twin
from ..transforms import gradients

HALF_AND_SINGLE = (np.float16, np.float32)


def odeint(func, y0, t, args=(), tfirst=False, rtol=None, atol=None, mxstep=0):
    """Solve dy/dt = func(y, t, *args), as `scipy.integrate.odeint`.

    Parameters
    ----------
    func : callable
        Returns the derivatives of y; it uses nothing that requires a gradient but its
        arguments. With ``tfirst`` they are t, y, *args.
    y0 : array of shape (n,)
        y at the time t[0].
    t : array of shape (m,)
        The times.
    args : tuple of arrays and numbers
    rtol, atol, mxstep
        The tolerances, and the number of steps for each time, of the solver: of the gradients' too.

    Returns
    -------
    array of shape (m, n)
        y at each time. Gradients are with respect to y0, t and args.
    """
    f = (lambda y, t, *args: func(t, y, *args)) if tfirst else func
    return solve([y0, t, *args], func=f, options=(rtol, atol, mxstep))


def ode(arrays, func, options):
    args = arrays[2:]
    rtol, atol, mxstep = options

    def slope(y, t):
        return np.reshape(_off_the_tape(func(y, t, *args)), y.shape)

    return called(solution, arrays, slope, rtol=rtol, atol=atol, mxstep=mxstep)


def solution(arrays, slope, **options):
    return scipy.integrate.odeint(slope, *arrays[:2], **options)


def _ode_vjp(g, out, arrays, func, options):
    y0, t, *args = arrays
    args = list(map(_in_double, args))
    n = out.shape[1]

    def adjoint(state, t, *args):
        y, a = state[:n], state[n : 2 * n]
        slope, shares = _pulled(func, y, t, args, a)
        return np.concatenate([slope, *(-np.reshape(share, -1) for share in shares)])

    none = np.zeros(sum(map(np.size, args)), dtype=out.dtype)
    total, a, times = none, g[-1], []
    for i in range(len(out) - 1, 0, -1):
        times.append(np.sum(_value(func, out[i], t[i], args) * g[i]))
        start = np.concatenate([out[i], a, none])
        back = solve([start, t[[i, i - 1]], *args], func=adjoint, options=options)[1]
        a, total = back[n : 2 * n] + g[i - 1], total + back[2 * n :]
    times.append(-np.sum(_value(func, out[0], t[0], args) * (a - g[0])))
    ends = np.cumsum([0, *map(np.size, args)])
    pieces = [
        np.reshape(total[begin:end], np.shape(arg))
        for arg, begin, end in zip(args, ends[:-1], ends[1:], strict=True)
    ]
    return [np.reshape(a, np.shape(y0)), np.stack(times[::-1]), *pieces]


solve = primitive(ode, _ode_vjp, sequence=True)


def _in_double(arg):
    """Shares rounded to less are noise to a solver that works to more digits."""
    return arg.astype(np.float64) if getattr(arg, "dtype", None) in HALF_AND_SINGLE else arg


def _value(func, y, t, args):
    return np.reshape(stacked(func(y, t, *args)), y.shape)


def _pulled(func, y, t, args, a):
    """func(y, t, *args), and the shares of y and the args of the cotangent a."""
    values = (y, *args)
    nested = any(isinstance(value, Tensor) for value in (*values, t, a))
    inputs = list(map(_variable, values))
    with enable_grad():
        slope = stacked(func(twin(inputs[0]), t, *map(twin, inputs[1:])))
        slope = slope if isinstance(slope, Tensor) else constant(np.asarray(slope, y.dtype))
        slope = np.reshape(slope, y.shape)
        shares = gradients(slope, inputs, seed=a, create_graph=nested)
    return (slope if nested else plain(slope)), shares


def _off_the_tape(slope):
    """The slope as a plain array; what requires a gradient here was not among the args."""
    slope = stacked(slope)
    if getattr(slope, "requires_grad", False):
        raise TypeError(
            f"the function of odeint returned {errors.describe(slope)}, which depends on a tensor "
            "that is none of its arguments: pass it in args=(...)"
        )
    return plain(slope)


def _variable(value):
    """A tensor of its own, to take gradients with respect to."""
    if getattr(value, "requires_grad", False):
        return registry["alias"](value)
    return Tensor(plain(value), requires_grad=True)
