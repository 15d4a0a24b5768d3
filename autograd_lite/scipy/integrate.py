"""scipy.integrate: ordinary differential equations, and their adjoint equations.

Where dy/dt = f(y, t, args), a cotangent a of y obeys da/dt = -a df/dy, backwards in time, and
a df/dargs is summed up on the way: Pontryagin et al. (1962); Chen et al. (2018),
arXiv:1806.07366. It is solved by the same function, so derivatives of any order follow.
"""

import numpy as np
import scipy.integrate

from .. import errors, trees
from ..arrays import called
from ..dispatch import registry
from ..primitives import primitive
from ..recording import stacked
from ..tape import enable_grad
from ..tensor import Tensor, constant, plain, twin
from ..transforms import gradients

HALF_AND_SINGLE = (np.float16, np.float32)


def odeint(
    func, y0, t, args=(), Dfun=None, col_deriv=0, full_output=0, ml=None, mu=None, rtol=None,
    atol=None, tcrit=None, h0=0.0, hmax=0.0, hmin=0.0, ixpr=0, mxstep=0, mxhnil=0, mxordn=12,
    mxords=5, printmessg=0, tfirst=False,
):  # fmt: skip
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
    args : tuple of anything
        Tensors in nested dicts, lists and tuples are differentiated; functions, numbers and
        whatever else is there comes to func as it is.
    rtol, atol, h0, hmax, hmin, mxstep, mxordn, mxords, tcrit
        How the solver goes: so it goes backwards, for the gradients, too.
    Dfun, col_deriv, ml, mu, ixpr, mxhnil, printmessg, full_output
        As SciPy's; they concern the solution alone.

    Returns
    -------
    array of shape (m, n)
        y at each time, and with ``full_output`` the dict of SciPy. Gradients are with respect to
        y0, t and args.
    """
    leaves, build = trees.flatten(tuple(args) if isinstance(args, (tuple, list)) else (args,))
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
    fixed = [leaf.copy() if isinstance(leaf, np.ndarray) else leaf for leaf in leaves]

    def called_with(f, first):
        def call(y, t, *tensors):
            values = list(fixed)
            for i, value in zip(places, tensors, strict=True):
                values[i] = value
            return f(t, y, *build(values)) if first else f(y, t, *build(values))

        return call

    options = {"rtol": rtol, "atol": atol, "h0": h0, "hmax": hmax, "hmin": hmin}
    options |= {"mxstep": mxstep, "mxordn": mxordn, "mxords": mxords}
    once = {"col_deriv": col_deriv, "ml": ml, "mu": mu, "ixpr": ixpr, "mxhnil": mxhnil}
    once |= {"printmessg": printmessg, "full_output": full_output, "tcrit": tcrit}
    once["Dfun"] = None if Dfun is None else called_with(Dfun, tfirst)
    info = {}
    arrays = [y0, t, *(leaves[i] for i in places)]
    y = solve(arrays, func=called_with(func, tfirst), options=options, once=once, info=info)
    return (y, info) if full_output else y


def ode(arrays, func, options, once=None, info=None):
    """The solution; what the solver says of it is put into ``info``."""
    args, once = arrays[2:], dict(once or {})

    def slope(y, t):
        return np.reshape(_off_the_tape(func(y, t, *args)), y.shape)

    if once.get("Dfun") is not None:
        jacobian = once["Dfun"]
        once["Dfun"] = lambda y, t: plain(jacobian(y, t, *args))
    result = called(solution, arrays, slope, **options, **once)
    if once.get("full_output"):
        result, found = result
        info.update(found)
    return result


def solution(arrays, slope, **options):
    return scipy.integrate.odeint(slope, *arrays[:2], **options)


def _ode_vjp(g, out, arrays, func, options, once=None, info=None):
    y0, t, *args = arrays
    args = list(map(_in_double, args))
    n, size = out.shape[1], sum(map(np.size, args))

    def adjoint(state, t, *args):
        y, a = state[:n], state[n : 2 * n]
        slope, shares = _pulled(func, y, t, args, a)
        return np.concatenate([slope, *(-np.reshape(share, -1) for share in shares)])

    none = np.zeros(size, dtype=out.dtype)
    total, a, times = none, g[-1], []
    for i in range(len(out) - 1, 0, -1):
        times.append(np.sum(_value(func, out[i], t[i], args) * g[i]))
        start = np.concatenate([out[i], a, none])
        back = _backwards(adjoint, start, t[i], t[i - 1], args, options, once, n)
        a, total = back[n : 2 * n] + g[i - 1], total + back[2 * n :]
    times.append(-np.sum(_value(func, out[0], t[0], args) * (a - g[0])))
    ends = np.cumsum([0, *map(np.size, args)])
    pieces = [
        np.reshape(total[begin:end], np.shape(arg))
        for arg, begin, end in zip(args, ends[:-1], ends[1:], strict=True)
    ]
    return [np.reshape(a, np.shape(y0)), np.stack(times[::-1]), *pieces]


def _backwards(adjoint, state, later, earlier, args, options, once, n):
    """The state at the earlier of two times, begun anew at the critical times between them."""
    begin, end = plain(later), plain(earlier)
    critical = (once or {}).get("tcrit")
    critical = np.atleast_1d([] if critical is None else critical)
    between = critical[(critical - begin) * (critical - end) < 0]
    stops = [later, *sorted(between, key=lambda c: abs(c - begin)), earlier]
    options = {**options, "h0": np.copysign(options["h0"], end - begin)}
    for name in ("rtol", "atol"):
        if np.ndim(options[name]):  # one for each element of y
            tolerance = np.asarray(options[name])
            rest = np.full(len(state) - 2 * n, tolerance.min())
            options[name] = np.concatenate([tolerance, tolerance, rest])
    for times in zip(stops[:-1], stops[1:], strict=True):
        state = solve([state, np.stack(times), *args], func=adjoint, options=options)[1]
    return state


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
