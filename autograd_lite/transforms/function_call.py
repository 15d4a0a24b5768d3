"""A function called with tensors of its own, for backward passes from what it returned.

The one idea of nesting: the arguments become new tensors, so the passes of a function inside
another never meet the other's. The results stay on a tape only if somebody else's tensors
lie behind them: leaves of the user, and arguments of a function that is being differentiated
around this one. Arguments of one that was differentiated inside are nobody's any more.
"""

import functools
import sys
import types
from collections.abc import Iterable
from operator import attrgetter

import numpy as np

from ..engine import hooks
from ..engine.arrays import asarray, is_scalar
from ..engine.calls import requires_grad
from ..engine.dispatch import registry
from ..engine.modes import EVERYWHERE, current, enter, leave
from ..engine.tape import Argument
from ..engine.tensor import Tensor, backward_pass, constant, own, plain, unit_seed
from ..messages import errors
from . import held_data, trees

_NESTED = EVERYWHERE._replace(nested=True)
_operation, _serial = map(attrgetter, ("op", "serial"))


class Transformed:
    """``run`` under the name of f.

    It is pickled as the call that made it, ``make(f, **options)``, so that it can be sent to
    another process wherever f can; and by its name where it has taken f's, as a decorator does.
    """

    def __init__(self, run, make, f, **options):
        check_function(f)
        check_argnums(options.get("argnums", 0))
        functools.update_wrapper(self, f)
        self._run, self._made = run, (make, f, options)

    def __call__(self, *args, **kwargs):
        try:
            return self._run(*args, **kwargs)
        except Exception as error:
            errors.alone(error)
            raise

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self):
        make, f, _ = self._made
        return f"<{make.__name__} of {getattr(f, '__qualname__', f)}>"

    def __reduce__(self):
        name = getattr(self, "__qualname__", "")
        found = sys.modules.get(self.__module__)
        for part in name.split("."):
            found = getattr(found, part, None)
        return name if found is self else (_made, self._made)


def _made(make, f, options):
    return make(f, **options)


class differentiating:
    """In this block the gradients of nodes are still asked for: what they reach is nested."""

    __slots__ = ("_changes", "_nodes", "_token")

    def __init__(self, nodes, **changes):
        self._nodes, self._changes = nodes, changes

    def __enter__(self):
        mode, changes = current(), self._changes
        if mode is EVERYWHERE:  # what else may change is so there
            mode = _NESTED
        elif changes or not mode.nested:
            mode = mode._replace(nested=True, **changes)
        self._token = enter(mode)
        for node in self._nodes:
            if type(node) is Argument:
                node.uses.append(self)  # threads add and take away without a lock

    def __exit__(self, *error):
        for node in self._nodes:
            if type(node) is Argument:
                node.uses.pop()
        leave(self._token)


class Call:
    """A call of f with new tensors in place of the arguments that are differentiated.

    Attributes
    ----------
    inputs, build
        The nodes of the new tensors, and what makes of one value each the list of the chosen
        arguments.
    uses
        Those of the new tensors, one list for all; see `Argument`.
    mode
        That around the call.
    result, aux
        What f returned, once it has run.
    """

    __slots__ = ("_call", "aux", "build", "inputs", "mode", "name", "result", "several", "uses")

    def __init__(self, f, argnums, args, kwargs=None, has_aux=False):
        self.name = name = getattr(f, "__name__", "the function")
        self.mode, self.uses, self.inputs, self.build = current(), [], [], list
        argnums = argnums if type(argnums) in (int, tuple) else _canonical(argnums)
        self.several = type(argnums) is tuple
        positions = _positions(argnums, len(args), name)
        given, args = args, list(args)
        self._call = f, args, kwargs or {}, has_aux, given, positions
        for i in positions:
            x = args[i]
            if type(x) is not np.ndarray or x.dtype.kind not in "fc":
                self._replace_leaves()
                break
            args[i] = tensor = variable(x.copy("K"), self.uses)
            self.inputs.append(tensor.node)  # f may bind its arguments to others

    @property
    def chosen(self):
        """The arguments that are differentiated, as they were given."""
        *_, given, positions = self._call
        return list(map(given.__getitem__, positions))

    def _replace_leaves(self):
        """Put new tensors in place of the leaves of arguments that are no arrays of floats."""
        _, args, *_, positions = self._call
        leaves, self.build = trees.flatten(self.chosen)
        tensors, self.inputs = [], []
        for leaf in leaves:
            tensors.append(tensor := _argument(leaf, self.uses))
            self.inputs.append(tensor.node)
        for i, arg in zip(positions, self.build(tensors)):
            args[i] = arg

    def run(self):
        """Call f; its arguments are being differentiated meanwhile."""
        f, args, kwargs, has_aux, *_ = self._call
        self.result, self.aux = f(*args, **kwargs), None
        if has_aux:
            self.result, self.aux = self._pair(self.result)

    def like_arguments(self, found):
        """One value for each input, as the arguments stood: a tuple for several argnums."""
        found = self.build(found)
        return tuple(found) if self.several else found[0]

    def directions(self, given, name):
        """The leaves of one tree for each chosen argument, of its structure."""
        if self.several and not isinstance(given, (tuple, list)):
            raise errors.told(
                TypeError,
                f"{name} is a tuple with one entry an argument, not {errors.describe(given)}: "
                "write (v,) for one",
            )
        return trees.matching(tuple(self.chosen), tuple(given) if self.several else (given,))

    def outputs(self):
        """The leaves of the result as tensors, and what builds the same tree of others."""
        leaves, build = trees.flatten(self.result)
        return [self.as_tensor(leaf, "arrays") for leaf in leaves], build

    def as_tensor(self, output, wanted):
        """What f returned as a tensor; what is no Tensor does not depend on the inputs."""
        if isinstance(output, Tensor):
            return output
        if not isinstance(output, (int, float, complex, np.ndarray, np.generic)):
            raise errors.told(
                TypeError,
                f"{self.name} returned {_described(output)}: a derivative is taken of a function "
                f"that returns {wanted}. {_way_out(output)}".rstrip(),
            )
        return constant(asarray(output))

    def nested(self, outputs):
        """Whether the inputs, or what the outputs were computed from, are on another tape too."""
        nodes = [t.node for t in outputs if isinstance(t, Tensor)]
        if not self.mode.recording:
            _refuse_leaks(nodes, self.inputs, self.mode)
            return False
        return _are_results(self.inputs) or _reach_others(nodes, self.inputs, self.mode)

    def plain_unless(self, nested, tree):
        """A tree with its tensors as they are, or as plain values that nobody else has."""
        leaves, build = trees.flatten(tree)
        nested = nested or self.nested(leaves)
        return tree if nested else build(map(released, leaves))

    def one_number(self, holomorphic):
        """What f returned as a tensor, if it is one number that can be differentiated."""
        output = self.result
        if type(output) is not Tensor or output._array.dtype.kind != "f" or holomorphic:
            output = self.as_tensor(output, "one number")
            self.check_kind([output], holomorphic)
        if output._array.size != 1:
            raise errors.told(
                ValueError,
                f"{self.name} returned {errors.describe(output)}, and a gradient is of one number: "
                "sum it up, np.sum(...), or np.mean(...); all its derivatives are "
                "jacobian(f)(...), those of one direction of the result vjp(f, ...)",
            )
        return output

    def check_some_float(self, outputs):
        """Refuse a result that holds booleans and integers alone."""
        if not any(t.dtype.kind in "fc" for t in outputs):
            self.check_floats(outputs)

    def check_floats(self, outputs):
        """Refuse booleans and integers; the 0 that Python's sum of nothing is, is no mistake."""
        for output in outputs:
            is_empty_sum = type(self.result) is int and self.result == 0
            if output.dtype.kind in "biu" and not is_empty_sum:
                raise errors.told(
                    TypeError,
                    f"{self.name} returned {errors.describe(output)}: what counts, compares or "
                    "rounds to integers has no derivative but 0. Return the number that it was "
                    "computed from, or .astype(float) if the zeros are meant",
                )

    def check_kind(self, outputs, holomorphic):
        """Refuse integers, and complex outputs unless the function is said to be holomorphic."""
        self.check_floats(outputs)
        if not holomorphic:
            if any(t.dtype.kind == "c" for t in outputs):
                raise errors.told(
                    TypeError,
                    f"{self.name} returned complex numbers: pass holomorphic=True if it is a "
                    "holomorphic function of complex arguments, else differentiate np.real and "
                    "np.imag of it",
                )
        elif any(t.dtype.kind != "c" for t in (*(x.out for x in self.inputs), *outputs)):
            raise errors.told(
                TypeError,
                f"holomorphic=True, but not all arguments and results of {self.name} are "
                "complex: convert them with .astype(complex), or leave it out",
            )

    def _pair(self, result):
        if not isinstance(result, tuple) or len(result) != 2:
            raise errors.told(
                TypeError,
                f"{self.name} returned {errors.describe(result)}: with has_aux=True a function "
                "returns two things, what is differentiated and anything else",
            )
        return result


def in_one_pass(f, argnums, has_aux, holomorphic, with_value=True):
    """A function that returns the gradient of f, with its value or without."""
    argnums = _canonical(argnums)

    def value_and_gradient(args, kwargs):
        call = Call(f, argnums, args, kwargs, has_aux)
        mode, inputs, uses = call.mode, call.inputs, call.uses
        token = enter(_NESTED if mode is EVERYWHERE else _recording_nested(mode))
        uses.append(call)  # a block of `differentiating`, without its calls
        try:
            call.run()
            output = call.one_number(holomorphic)
            node = output.node
            seeds = {node: unit_seed(output)} if node.requires_grad else {}
            found, nested = _gradients(seeds, inputs, mode)
        finally:
            uses.pop()
            leave(token)
        if nested and mode.held:
            held_data.settle(node, *(t.node for t in found if isinstance(t, Tensor)))
        found = call.like_arguments(found)
        if with_value:
            value = output if nested else released(output)
            return ((value, call.plain_unless(nested, call.aux)) if has_aux else value), found
        return (found, call.plain_unless(nested, call.aux)) if has_aux else found

    if has_aux:
        return lambda *args, **kwargs: value_and_gradient(args, kwargs)
    return _with_data_held(value_and_gradient, argnums, f)


def _recording_nested(mode):
    return mode._replace(recording=True, body=None, nested=True)


def _with_data_held(run, argnums, f):
    """The same; a function that writes into its data has them copied, from the first time on."""
    name, conduct = getattr(f, "__name__", "the function"), held_data.conduct_of(f)

    def call(*args, **kwargs):
        if conduct.writes or current() is not EVERYWHERE:
            return run(args, kwargs)
        if not (large := held_data.large(args, kwargs)):
            return run(args, kwargs)
        positions = _positions(argnums, len(args), name)
        data = [x for place, x in large.items() if place not in positions]
        if conduct.is_checked():
            before = held_data.content(data)
            result = run(args, kwargs)
            conduct.writes = conduct.writes or held_data.content(data) != before
            return result
        try:
            with held_data.held(data):
                return run(args, kwargs)
        except ValueError as error:
            if not held_data.is_refused_write(error):
                raise
        conduct.writes = True
        return run(args, kwargs)

    return call


def run_call(*what):
    """A `Call` that has run."""
    call = Call(*what)
    with differentiating(call.inputs, recording=True, body=None):
        call.run()
    return call


def gradients_from(seeds, inputs):
    """The gradients of inputs, and whether they are on a tape.

    They are if a pass from the seeds ``{node: g}`` meets somebody else's
    tensors. Inside another function that is likely, so it is looked up, and so it is with
    hooks, which are called once; elsewhere a pass on arrays is tried.
    """
    mode = current()
    nested = mode.recording and any(map(requires_grad, seeds.values()))
    if not nested and Tensor in map(type, seeds.values()):
        seeds = {node: plain(g) for node, g in seeds.items()}
    with differentiating(inputs):
        return _gradients(seeds, inputs, mode, nested)


def _gradients(seeds, inputs, mode, nested=False):
    """The same in a block of these inputs, given the mode around it."""
    if not mode.recording:
        _refuse_leaks(seeds, inputs, mode)
        return _pass(seeds, inputs, False)[0], False
    nested = nested or _are_results(inputs)
    is_tried = not nested and not mode.nested and not hooks.alive.data
    if not nested and not is_tried:
        nested = _reach_others(seeds, inputs, mode)
    table = backward_pass(seeds, inputs, nested)
    if is_tried and _reach_others(table, inputs, mode):
        nested, table = True, backward_pass(seeds, inputs, True)
    return collect(table, inputs, nested, map(id, seeds.values())), nested


def one_pass(seeds, inputs, nested):
    """The gradients of inputs after one pass, and its cotangents."""
    if not nested and Tensor in map(type, seeds.values()):
        seeds = {node: plain(g) for node, g in seeds.items()}
    with differentiating(inputs):  # for who differentiates in it: a checkpoint that runs again
        return _pass(seeds, inputs, nested)


def _pass(seeds, inputs, nested):
    table = backward_pass(seeds, inputs, nested)
    return collect(table, inputs, nested, map(id, seeds.values())), table


def released(value):
    """What is handed out in place of a tensor: an array that is not on its tape, to write into."""
    if isinstance(value, Tensor):
        value = value._array
        return value if isinstance(value, np.generic) or is_scalar(value) else value.copy()
    return value


def collect(table, inputs, create_graph, given=()):
    """The cotangents of nodes out of a table, zeros for those it does not hold."""
    given, found = set(given), []
    for node in inputs:
        g = table.get(node)
        if g is None:
            g = np.zeros_like(node.out)
        if not create_graph:
            g = own(g, given)
        elif not isinstance(g, Tensor):
            g = constant(g)
        found.append(g)
    return found


def seeds_of(outputs, cotangents, what="cotangent"):
    """{node: cotangent} of the outputs that depend on anything, each checked and converted."""
    seeds = {}
    for output, g in zip(outputs, cotangents, strict=True):
        g = _fitting(g, output, what)
        if output.requires_grad:
            node = output.node
            seeds[node] = seeds[node] + g if node in seeds else g
    return seeds


def _fitting(g, output, what):
    g = g if isinstance(g, Tensor) else asarray(g)
    castable = not output.requires_grad or np.can_cast(g.dtype, output.dtype, "same_kind")
    if g.shape != output.shape or not castable:
        raise errors.told(
            ValueError,
            f"a {what} of shape {g.shape}, {g.dtype}, does not fit {errors.describe(output)}: "
            "shapes must be equal, nothing is broadcast",
        )
    return g if g.dtype == output.dtype else g.astype(output.dtype)


def _refuse_leaks(nodes, inputs, mode):
    """Refuse somebody else's tensors where a body of the user's differentiates by itself."""
    if mode.body is not None and _reach_others(nodes, inputs, mode):
        raise errors.smuggled(mode.body.name)


def _are_results(inputs):
    """Whether an input was computed from tensors that require gradients."""
    return any(map(_operation, inputs))


def _reach_others(nodes, inputs, mode):
    """Whether somebody else's variable lies behind nodes, other than behind the inputs.

    ``mode`` is that around the call. Inside another function what is older than the inputs is taken
    for its part: of a long loop in it, each step would be searched again and again.
    """
    seen = set(inputs)
    if seen.issuperset(nodes):
        return False
    oldest = min(map(_serial, seen), default=0) if mode.nested else 0
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node in seen or not node.requires_grad:
            continue
        seen.add(node)
        if node.op is None:
            if type(node) is not Argument or node.uses:
                return True
        elif node.serial < oldest:
            return True
        stack += [parent for _, parent in node.inputs() if parent is not None]
    return False


def _argument(value, uses):
    """What a differentiated argument is inside the function: a tensor of its own."""
    if type(value) is np.ndarray and value.dtype.kind in "fc":
        return variable(value.copy("K"), uses)
    if isinstance(value, Tensor) and value.requires_grad and current().recording:
        return registry["alias"](value)
    data = Tensor(plain(value), requires_grad=True)._array
    if isinstance(value, (int, float, complex, np.generic)):
        data = data[()]  # a number stays one: x += v replaces it
    return variable(data, uses)


def variable(data, uses=None):
    """A tensor to differentiate with respect to, of data that may be shared."""
    tensor = object.__new__(Tensor)
    tensor._array, tensor.node = data, Argument(data, True)
    tensor.node.uses = [] if uses is None else uses
    return tensor


def _described(output):
    """What a function returned, where that is no array."""
    if isinstance(output, dict):
        return f"a dict with {', '.join(map(repr, output)) or 'nothing'}"
    if isinstance(output, (list, tuple)):
        return f"a {type(output).__name__} of {len(output)}"
    return errors.describe(output)


def _way_out(output):
    if output is None:
        return "Does it end without `return`?"
    if isinstance(output, tuple) and len(output) == 2:
        return "With has_aux=True the second thing is handed on as it is"
    if isinstance(output, (dict, list, tuple)):
        return "Return np.stack([...]) for one array; jacobian() and vjp() take several"
    return ""


def check_function(f):
    """Refuse what is no function, such as the value of one."""
    if isinstance(f, Tensor):
        raise errors.told(
            TypeError,
            f"a function is differentiated here, not {errors.describe(f)}: the gradients of a "
            "tensor are ag.gradients(loss, [x]), or loss.backward() and then x.grad",
        )
    if not callable(f):
        raise errors.told(
            TypeError,
            f"a function is differentiated here, not {errors.describe(f)}: write f without calling "
            "it, grad(f)(x)",
        )


def check_argnums(argnums):
    """The positions as a list, if they are positions."""
    is_several = isinstance(argnums, Iterable) and not isinstance(argnums, str)
    positions = list(argnums) if is_several else [argnums]
    for i in positions:
        if not isinstance(i, (int, np.integer)) or isinstance(i, bool):
            raise errors.told(
                TypeError,
                f"argnums is an int or a tuple or list of ints, not {errors.describe(argnums)}: "
                "it says which arguments are differentiated, and they themselves come in the "
                "next call, grad(f)(x)",
            )
    return positions


def _canonical(argnums):
    """One position as an int, several as a tuple."""
    positions = check_argnums(argnums)
    return tuple(positions) if isinstance(argnums, Iterable) else int(argnums)


@functools.lru_cache
def _positions(argnums, count, name):
    argnums = check_argnums(argnums)
    for i in argnums:
        if not -count <= i < count:
            raise errors.told(
                ValueError,
                f"argnums={i}, but {name} was called with "
                f"{count} positional arguments: pass what is differentiated by position",
            )
    positions = [i % count for i in argnums]
    if len(set(positions)) < len(positions):
        raise errors.told(ValueError, f"argnums={argnums} names an argument twice")
    return positions
