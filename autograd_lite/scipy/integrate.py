"""scipy.integrate: ordinary differential equations, with their adjoint equations.

Where dy/dt = f(y, t, args), a cotangent a of y obeys da/dt = -a df/dy, backwards in time, and
a df/dargs is summed up on the way: Pontryagin et al. (1962); Chen et al. (2018),
arXiv:1806.07366. It is solved by the same function, so derivatives of any order follow.
"""

import numpy as np
import scipy.integrate

from ..engine.arrays import called
from ..engine.calls import stacked
from ..engine.dispatch import registry
from ..engine.modes import enable_grad
from ..engine.primitives import primitive
from ..engine.tensor import Tensor, constant, plain, twin
from ..messages import errors
from ..transforms import trees
from ..transforms.derivatives import gradients

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
    args : tuple
        Arrays and numbers, in nested dicts, lists and tuples too, such as the weights of a
        network. Anything else, such as a function, None or an integer, is passed on as it is.
    rtol, atol, hmax, hmin, ixpr, mxstep, mxhnil, mxordn, mxords
        The solver's settings: those of the gradients' equation too, for which a tolerance given
        for each y is their least.
    Dfun, col_deriv, ml, mu, tcrit, h0
        Settings of the solution alone: the gradients' equation is another.

    Returns
    -------
    array of shape (m, n), and the dict of SciPy with ``full_output``
        y at each time. Gradients are with respect to y0, t and args.
    """
    args = args if isinstance(args, tuple) else (args,)
    leaves, build = trees.flatten(args)
    moving = [i for i, leaf in enumerate(leaves) if _varies(leaf)]

    def of_all(f):
        """f of y, t and those of its leaves that vary."""

        def call(y, t, *varying):
            values = list(leaves)
            for i, value in zip(moving, varying, strict=True):
                values[i] = value
            return f(t, y, *build(values)) if tfirst else f(y, t, *build(values))

        return call

    given = {
        "rtol": rtol, "atol": atol, "hmax": hmax, "hmin": hmin, "ixpr": ixpr, "mxstep": mxstep,
        "mxhnil": mxhnil, "mxordn": mxordn, "mxords": mxords, "printmessg": printmessg,
        "Dfun": Dfun and of_all(Dfun), "col_deriv": col_deriv, "ml": ml, "mu": mu,
        "tcrit": tcrit, "h0": h0,
    }  # fmt: skip
    arrays = [y0, t, *(leaves[i] for i in moving)]
    y = solve(arrays, func=of_all(func), options=given)
    if not full_output:
        return y
    values = [plain(stacked(array)) for array in arrays]
    return y, ode(values, of_all(func), {**given, "full_output": True})[1]


ALONE = ("Dfun", "col_deriv", "ml", "mu", "tcrit", "h0")


def ode(arrays, func, options):
    args = arrays[2:]

    def slope(y, t):
        return np.reshape(_off_the_tape(func(y, t, *args)), y.shape)

    if options.get("Dfun"):
        slopes = options["Dfun"]
        options = {**options, "Dfun": lambda y, t: _off_the_tape(slopes(y, t, *args))}
    return called(solution, arrays, slope, **options)


def solution(arrays, slope, **options):
    return scipy.integrate.odeint(slope, *arrays[:2], **options)


def _of_the_adjoint(options):
    """The settings with which the gradients' equation is solved."""
    options = {name: value for name, value in options.items() if name not in ALONE}
    for name in ("rtol", "atol"):
        if options[name] is not None:
            options[name] = float(np.min(options[name]))
    return options


def _varies(arg):
    """Whether a gradient can be asked for it: an array or a number that is no integer."""
    if isinstance(arg, (float, complex)):
        return True
    kind = getattr(getattr(arg, "dtype", None), "kind", "")
    return kind in ("f", "c") and hasattr(arg, "shape")


def _ode_vjp(g, out, arrays, func, options):
    y0, t, *args = arrays
    args = list(map(_in_double, args))
    n = out.shape[1]
    options = _of_the_adjoint(options)

    def adjoint(state, t, *args):
        y, a = state[:n], state[n : 2 * n]
        slope, parts = _pulled(func, y, t, args, a)
        return np.concatenate([slope, *(-np.reshape(part, -1) for part in parts)])

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
    """func(y, t, *args), and the contributions of y and the args of the cotangent a."""
    values = (y, *args)
    nested = any(isinstance(value, Tensor) for value in (*values, t, a))
    inputs = list(map(_variable, values))
    with enable_grad():
        slope = stacked(func(twin(inputs[0]), t, *map(twin, inputs[1:])))
        slope = slope if isinstance(slope, Tensor) else constant(np.asarray(slope, y.dtype))
        slope = np.reshape(slope, y.shape)
        contributions = gradients(slope, inputs, seed=a, create_graph=nested)
    return (slope if nested else plain(slope)), contributions


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
