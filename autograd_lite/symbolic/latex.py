r"""Formulas in LaTeX: what MathJax, KaTeX and amsmath know alike."""

import re

import numpy as np

from ..messages import quoting
from .array_text import labelled
from .expressions import Expression, known_value
from .python_text import ATOM, CALL
from .text import MANY, TextWriter, whole_reciprocal

_PRODUCT, _POWER, _SUM = 13, 15, 12
_GREEK = set(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)
_COMMANDS = {
    "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan",
    "sinh": r"\sinh", "cosh": r"\cosh", "tanh": r"\tanh", "arcsin": r"\arcsin",
    "arccos": r"\arccos", "arctan": r"\arctan", "maximum": r"\max", "minimum": r"\min",
    "max": r"\max", "min": r"\min", "sigmoid": r"\sigma", "linalg.det": r"\det",
}  # fmt: skip
_AROUND = {
    np.sqrt: (r"\sqrt{", "}"),
    np.absolute: (r"\left|", r"\right|"),
    np.conjugate: (r"\overline{", "}"),
}
_REDUCTIONS = {np.sum: r"\sum", np.prod: r"\prod"}
_RELATIONS = {
    np.less: "<", np.less_equal: r"\leq", np.greater: ">", np.greater_equal: r"\geq",
    np.equal: "=", np.not_equal: r"\neq",
}  # fmt: skip
_LOGIC = {
    np.bitwise_and: r"\land", np.logical_and: r"\land", np.bitwise_or: r"\lor",
    np.logical_or: r"\lor",
}  # fmt: skip


def latex_of(symbol):
    r"""A name as a formula: z_1, \frac{\partial \mathrm{Loss}}{\partial z_1}."""
    if isinstance(symbol, str):
        return _name(symbol)
    top, bottom = (rf"\partial {_name(name)}" for name in symbol)
    return rf"\frac{{{top}}}{{{bottom}}}"


def _name(name):
    """W1 as W_1, alpha as the letter, h_prev with a subscript, any other upright."""
    if not re.fullmatch(r"[^\W_\d]+\d*(_[^\W_]+)*", name):
        return _upright(name)
    first, *below = name.split("_")
    letters = first.rstrip("0123456789")
    below = ([first[len(letters) :]] if first != letters else []) + below
    subscript = f"_{{{', '.join(map(_letters, below))}}}" if below else ""
    return _letters(letters) + (subscript if len(subscript) != 4 else f"_{subscript[2]}")


def _letters(text):
    if text in _GREEK:
        return f"\\{text}"
    return text if len(text) == 1 or text.isdigit() else _upright(text)


def _upright(text):
    return rf"\mathrm{{{quoting.latex(text)}}}"


class LatexWriter(TextWriter):
    """Writes formulas as LaTeX."""

    def enclosed(self, text):
        return rf"\left({text}\right)"

    def named(self, x):
        name = self.names[x]
        return name, _PRODUCT + 1 if name.startswith(r"\frac") else ATOM

    # --- calls ------------------------------------------------------------------------------

    def _called(self, x):
        func, args = x.func, x.args
        if func is np.transpose and len(args) == 1 and not self._is_product(args[0]):
            return self.transposed(args[0], "T")
        if func is np.negative and self._is(args[0], _REDUCTIONS):
            return f"-{self._called(args[0])[0]}", _SUM
        if func in _AROUND and not x.kwargs:
            before, after = _AROUND[func]
            return f"{before}{self.write(args[0])}{after}", CALL
        if func is np.square and not x.kwargs:
            return f"{self.write(args[0], _POWER + 1)}^{{2}}", _POWER
        if func in _REDUCTIONS and len(args) == 1 and not x.kwargs.keys() - {"axis", "keepdims"}:
            return self._reduced(x), _SUM + 0.5
        if func in _RELATIONS and not x.kwargs:
            sides = f" {_RELATIONS[func]} ".join(self.write(arg, 8) for arg in args)
            return rf"\left[{sides}\right]", ATOM
        if func in _LOGIC and not x.kwargs:
            return f" {_LOGIC[func]} ".join(self.write(arg, 11) for arg in args), 10
        if func is np.invert and x.dtype == bool:
            return rf"\lnot {self.write(args[0], 14)}", 14
        if x.filling:
            return self._filled(x.filling, args[1])
        return super()._called(x)

    def applied(self, name, given):
        """A function and its arguments."""
        name = _COMMANDS.get(name) or rf"\operatorname{{{quoting.latex(name)}}}"
        return rf"{name}{self.enclosed(', '.join(given))}"

    def keyword(self, key, text):
        return f"{_upright(key)}={text}"

    def member(self, x, index):
        return rf"{self.write(x, CALL)}\left[{index}\right]"

    def cast(self, x, dtype):
        return self.applied(np.dtype(dtype).name, [self.write(x)])

    def transposed(self, x, method):
        return rf"{self.write(x, CALL)}^{{\top}}", _POWER

    def _reduced(self, x):
        axis = x.kwargs.get("axis")
        below = "" if axis is None else rf"_{{\mathrm{{axis}}\ {self.write(axis)}}}"
        return rf"{_REDUCTIONS[x.func]}{below} {self.write(x.args[0], _PRODUCT)}"

    def _filled(self, number, shape):
        value = number.value
        size = r" \times ".join(map(str, shape if isinstance(shape, tuple) else (shape,)))
        if value in (0, 1):
            return rf"\mathbf{{{int(value)}}}_{{{size}}}", ATOM
        return rf"{self.write(number, _PRODUCT)}\,\mathbf{{1}}_{{{size}}}", _PRODUCT

    # --- operators --------------------------------------------------------------------------

    def _infix(self, x, sign, binding):
        one, two = x.args
        if sign == "/":
            return rf"\frac{{{self._operand(x, one)}}}{{{self._operand(x, two)}}}", 14
        if sign == "**":
            base = self._operand(x, one, _POWER + 1)
            return f"{base}^{{{self._operand(x, two)}}}", _POWER
        is_last = sign == "*" and self._is(two, _REDUCTIONS)  # it needs no parentheses
        if is_last and not whole_reciprocal(one):
            return self._operand(x, one, binding) + r"\," + self.write(two), binding - 0.5
        if sign == "@" and all(type(arg) is Expression and arg.ndim == 1 for arg in x.args):
            return rf"{self.transposed(one, 'T')[0]} {self.write(two, _POWER)}", binding
        return super()._infix(x, sign, binding)

    def joined(self, sign, x, texts):
        """Operands with what stands between them: a factor -b behind a would read as a - b."""
        if sign in "*@":
            first, *rest = texts
            texts = [first, *(self.enclosed(t) if t.startswith("-") else t for t in rest)]
        return super().joined(sign, x, texts)

    def between(self, sign, x):
        """What stands between two operands."""
        if sign == "@":
            return r"\,"
        if sign == "*":
            both = [np.shape(known_value(arg)) for arg in x.args]
            return r" \odot " if all(both) else r"\,"
        return f" {_SIGNS.get(sign, sign)} "

    def over(self, text, n):
        return rf"\frac{{{text}}}{{{n}}}"

    def array(self, value):
        size = r" \times ".join(map(str, value.shape))
        return rf"\left[{_upright(value.dtype.name)}\ {size}\right]"

    def outer(self, one, two):
        texts = self._operand(None, one, _PRODUCT), self.transposed(two, "T")[0]
        return self.joined("@", None, texts), _PRODUCT

    def _over(self, x, n):
        sign = "-" if n < 0 else ""
        return rf"{sign}\frac{{{self.write(x)}}}{{{abs(n)}}}", 14

    # --- numbers ----------------------------------------------------------------------------

    def constant(self, value):
        if value is None or isinstance(value, str):
            return _upright(str(value)), ATOM
        text, binding = super().constant(value)
        if isinstance(value, np.ndarray) and value.size > MANY:
            return text, binding
        if isinstance(value, np.ndarray) and value.size:
            text = text.replace("[", r"\left[").replace("]", r"\right]")
            return text.replace("...", r"\dots"), ATOM
        if text.strip("-") in ("inf", "nan"):
            return text.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}"), binding
        if re.fullmatch(r"-?[\d.]+e[+-]\d+", text):
            digits, power = text.split("e")
            return rf"{digits} \times 10^{{{int(power)}}}", _PRODUCT
        return (text if re.fullmatch(r"[-\d.]+", text) else quoting.latex(text)), binding

    def value(self, value, style):
        """The value of a line: a matrix, or the shape of one that is too large to be written."""
        value = np.asarray(value)
        if value.size > style.max_elements or value.ndim > 2:
            summary = labelled("", value, style).removeprefix(": ")
            return rf"\left[{value.shape}\text{{: {summary}}}\right]"
        texts = labelled("", value, style).removeprefix(" = ")
        rows = [row.strip(" []").split() for row in texts.split("\n")]
        if not value.ndim:
            return rows[0][0]
        body = r" \\ ".join(" & ".join(row) for row in rows)
        return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


_SIGNS = {"%": r"\bmod", "//": r"\mathbin{/\!/}", "<<": r"\ll", ">>": r"\gg", "^": r"\oplus"}
