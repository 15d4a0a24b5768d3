"""Expressions as Python source: what a person would have written with NumPy."""

import math

import numpy as np

from ..engine.dispatch import full_name
from ..messages import quoting
from . import calls
from .expressions import Expression, operands_of

# How tightly operators bind, as in Python.
_INFIX = {
    np.power: ("**", 15), np.multiply: ("*", 13), np.divide: ("/", 13), np.matmul: ("@", 13),
    np.remainder: ("%", 13), np.floor_divide: ("//", 13), np.add: ("+", 12),
    np.subtract: ("-", 12), np.left_shift: ("<<", 11), np.right_shift: (">>", 11),
    np.bitwise_and: ("&", 10), np.logical_and: None, np.bitwise_xor: ("^", 9),
    np.bitwise_or: ("|", 8), np.less: ("<", 7), np.less_equal: ("<=", 7), np.greater: (">", 7),
    np.greater_equal: (">=", 7), np.equal: ("==", 7), np.not_equal: ("!=", 7),
}  # fmt: skip
_PREFIX = {np.negative: ("-", 14), np.invert: ("~", 14)}
ATOM, CALL = 20, 18
LONG = 1000  # elements of an array that a text need not hold


class Writer:
    """Writes expressions; those with a name by their name.

    Parameters
    ----------
    names : dict
        The names of expressions.
    """

    def __init__(self, names):
        self.names = names

    def write(self, x, binding=0):
        """An expression, in parentheses if it binds less tightly than what stands around it."""
        text, own = self._written(x)
        return self.enclosed(text) if own < binding else text

    def enclosed(self, text):
        """A text in parentheses."""
        return f"({text})"

    def definition(self, x):
        """What stands to the right of the name of an expression."""
        return self._called(x)[0]

    def _written(self, x):
        if type(x) is Expression:
            if x in self.names:
                return self.named(x)
            if x.kind == "constant":
                return self.constant(x.value)
            return self._called(x)
        if type(x) in (tuple, list):
            inner = ", ".join(map(self.write, x))
            if type(x) is list:
                return f"[{inner}]", ATOM
            return (f"({inner},)" if len(x) == 1 else f"({inner})"), ATOM
        return self.constant(x)

    def named(self, x):
        """The name of an expression, and how tightly it binds."""
        return self.names[x], ATOM

    def _called(self, x):
        func, args = x.func, x.args
        if func in _INFIX and _INFIX[func] and not x.kwargs:
            return self._infix(x, *_INFIX[func])
        if func in _PREFIX and not x.kwargs:
            sign, binding = _PREFIX[func]
            return sign + self.write(args[0], binding), binding
        if func is calls.getitem:
            return self.member(args[0], self.index(args[1])), CALL
        if func is calls.part:
            return self.member(args[0], args[1]), CALL
        if func is calls.astype:
            return self._cast(x), CALL
        if func is np.transpose and len(args) == 1 and not x.kwargs and _is_array(args[0]):
            return f"{self.write(args[0], CALL)}.T", CALL
        if isinstance(func, calls.Masked):
            *inputs, where, out = args
            inputs = ", ".join(self._operand(x, a) for a in inputs)
            stored = f"out=np.array({self.write(out)}), where={self.write(where)}"
            return f"{full_name(func.ufunc)}({inputs}, {stored})", CALL
        if func is np.shape:
            return f"{self.write(args[0], CALL)}.shape", CALL
        if func is np.absolute and x.dtype is None:  # a Python number stays one
            return f"abs({self.write(args[0])})", CALL
        if func is np.positive and x.dtype is None:
            return self.enclosed(f"+{self.write(args[0], 14)}"), ATOM
        given = [self._operand(x, a) for a in args]
        given += [self.keyword(key, self.write(value)) for key, value in x.kwargs.items()]
        return self.applied(self.called(func), given), CALL

    def applied(self, name, given):
        """A function and its arguments."""
        return f"{name}({', '.join(given)})"

    def keyword(self, key, text):
        """An argument by its name."""
        return f"{key}={text}"

    def member(self, x, index):
        """What is read at an index."""
        return f"{self.write(x, CALL)}[{index}]"

    def called(self, func):
        """The name of a function."""
        if isinstance(func, calls.Method):
            return f"{full_name(func.ufunc)}.{func.name}"
        return full_name(func)

    def _infix(self, x, sign, binding):
        left, right = binding, binding + 1
        if sign == "**":
            left, right = binding + 1, binding
        texts = self._operand(x, x.args[0], left), self._operand(x, x.args[1], right)
        return f"{texts[0]} {sign} {texts[1]}", binding

    def _operand(self, x, arg, binding=0):
        """An operand; a NumPy number as a Python number where that changes no dtype."""
        value = arg.value if type(arg) is Expression and arg.is_number else arg
        if isinstance(value, (np.floating, np.complexfloating)):
            # SciPy's ufuncs compute float32 with a Python number in float64.
            is_numpys = isinstance(x.func, np.ufunc) and getattr(np, x.func.__name__, 0) is x.func
            if is_numpys and _is_weak(value, arg, x):
                text, own = self.constant(value.item())
                return self.enclosed(text) if own < binding else text
        return self.write(arg, binding)

    def _cast(self, x):
        source, dtype = x.args
        if source.shape == () and isinstance(x.value, np.generic):
            return f"np.{np.dtype(dtype).name}({self.write(source)})"
        return f"{self.write(source, CALL)}.astype({self.constant(dtype)[0]})"

    def index(self, index):
        if type(index) is tuple:
            if not index:
                return "()"
            is_needed = len(index) == 1 and type(index[0]) is tuple
            return ", ".join(map(self._index_part, index)) + ("," if is_needed else "")
        return self._index_part(index)

    def _index_part(self, part):
        if type(part) is slice:
            ends = [part.start, part.stop, part.step]
            ends = [int(e) if isinstance(e, np.integer) else e for e in ends]
            ends = ["" if e is None else self.write(e) for e in ends]
            return ":".join(ends if ends[2] else ends[:2])
        if part is Ellipsis:
            return "..."
        return self.write(part)

    def constant(self, value):
        """A number, an array or a setting, and how tightly its text binds."""
        if isinstance(value, np.dtype) or (
            isinstance(value, type) and issubclass(value, np.generic)
        ):
            return f"np.{np.dtype(value).name}", ATOM
        if isinstance(value, type) and value in (bool, int, float, complex):
            return value.__name__, ATOM
        if isinstance(value, np.ndarray):
            return self._array(value), CALL
        if isinstance(value, np.bool):
            return f"np.{value!s}_", ATOM
        if isinstance(value, np.generic) and not isinstance(value, (np.str_, np.bytes_)):
            text, _ = _number(value.item())
            return f"np.{value.dtype.name}({text})", CALL
        if isinstance(value, (bool, int, float, complex)):
            return _number(value)
        if isinstance(value, bytes):
            return repr(bytes(value)), ATOM
        if isinstance(value, str):
            return quoting.string(value), ATOM
        if value is None or value is Ellipsis or type(value) is range:
            return "..." if value is Ellipsis else repr(value), ATOM
        if type(value) is slice:
            ends = map(self.write, (value.start, value.stop, value.step))
            return f"slice({', '.join(ends)})", CALL
        if callable(value) and not isinstance(value, type):
            return full_name(value), ATOM
        return self.other(value), ATOM

    def other(self, value):
        """What no program can hold."""
        raise TypeError(
            f"a setting of type {type(value).__name__} cannot be written into a program: pass a "
            "number, a string, a dtype or an array of NumPy's"
        )

    def held(self, value):
        """The name of an array that is too long to be written down; None writes it down."""

    def _array(self, value):
        dtype = f"np.{value.dtype.name}"
        if value.size and value.size > 4 and _is_filled(value):
            return f"np.full({value.shape}, {self.constant(value.flat[0].item())[0]}, {dtype})"
        if value.size > 2 and _is_range(value):
            return f"np.arange({value.size}, dtype={dtype})"
        if value.size == 0:
            return f"np.empty({value.shape}, {dtype})"
        if value.size > 4 and _is_identity(value):
            return f"np.eye({len(value)}, dtype={dtype})"
        name = self.held(value) if value.size > LONG else None
        return name or f"np.array({_nested(value.tolist())}, {dtype})"


def _nested(value):
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return _number(value)[0]


def _is_range(value):
    integers = value.ndim == 1 and value.dtype.kind in "iu"
    return integers and np.array_equal(value, np.arange(value.size))


def _is_identity(value):
    is_square = value.ndim == 2 and value.shape[0] == value.shape[1]
    return is_square and value.tobytes() == np.eye(len(value), dtype=value.dtype).tobytes()


def _is_filled(value):
    return value.tobytes() == value.flat[0].tobytes() * value.size  # 0.0 is not -0.0


def guarded(writer, guard):
    """The line that leaves a program where what it relies on does not hold."""
    text, expected = writer.write(guard.expression, 14), guard.expected
    if expected is True:
        return f"if not {text}: return None"
    if expected is False:
        return f"if {writer.write(guard.expression)}: return None"
    if expected != expected:
        return f"if {text} == {text}: return None"
    value = repr(expected) if isinstance(expected, tuple) else _number(expected)[0]
    return f"if {text} != {value}: return None"


def _number(value):
    """A Python number, and how tightly its text binds; an enum's member is its number."""
    kinds = (kind for kind in (bool, int, float, complex) if isinstance(value, kind))
    kind = next(kinds, type(value))
    value = value if type(value) is kind else kind(value)
    if isinstance(value, bool):
        return repr(value), ATOM
    if isinstance(value, complex):
        if all(map(math.isfinite, (value.real, value.imag))):
            return repr(value), ATOM if repr(value)[0] == "(" else 14
        return f"complex({_number(value.real)[0]}, {_number(value.imag)[0]})", CALL
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            return "np.nan", ATOM
        return ("np.inf", ATOM) if value > 0 else ("-np.inf", 14)
    return repr(value), ATOM if value >= 0 and math.copysign(1, value) > 0 else 14


def _is_weak(value, arg, x):
    """Whether a number in a call may be a Python number without another dtype of the result."""
    others = [a for a in x.args if a is not arg]
    dtypes = [a.dtype for a in operands_of(others) if a.dtype is not None and not a.is_number]
    if not dtypes or x.dtype is None:
        return False
    weak = np.result_type(*dtypes, type(value.item())(0))
    return weak == np.result_type(*dtypes, value)


def _is_array(x):
    """Whether an argument has the attributes of an array: Python's numbers and lists have not."""
    return type(x) is Expression and x.dtype is not None


def is_operator(func):
    """Whether a function is written as an operator between its arguments, or before its one."""
    return func in _PREFIX or (bool(_INFIX.get(func)) and func is not np.matmul)


def new_name(wanted, taken):
    """A name as Python takes it, with a number after it where it is taken; then it is taken."""
    name = quoting.distinct(quoting.identifier(wanted), taken)
    taken.add(name)
    return name
