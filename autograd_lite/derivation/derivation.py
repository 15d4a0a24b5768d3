"""`derive`: the chain rule of a tape, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..engine.arrays import asarray
from ..engine.modes import enable_grad
from ..engine.tensor import Tensor, seed_of
from ..graph import Names, caller_variables, check_on_tape
from ..messages import errors, quoting
from ..observed_call import on_tape
from ..programs.program import Program
from ..symbolic.array_text import Style, labelled
from ..symbolic.latex import LatexWriter, latex_of
from ..symbolic.text import TextWriter, text_of
from ..transforms.loops import Loop
from .lines import Line, definitions, labels_of, targets_of, worth_a_name
from .rendering import OwnWords, latex_rows, markdown_table, nameless, text_rows
from .replay import FORWARD, Replay

SUFFIXES = {".txt": "text", ".md": "markdown", ".tex": "latex", ".py": "source"}


def derive(
    loss: Tensor | Callable,
    *args: Any,
    wrt: Tensor | str | Iterable[Tensor | str] | None = None,
    names: Mapping | None = None,
    seed=None,
    factors: bool = False,
    numbers: bool = False,
    precision: int = 4,
    max_elements: int = 12,
) -> Derivation:
    """Derive the gradients of a tensor on paper: the forward lines, then the chain.

    The formulas are those of the engine: its rules run on the tape once more, and what they
    compute is written down and simplified. Each gradient is made from those above it.

    Parameters
    ----------
    loss : Tensor or callable
        A scalar, or any shape if ``seed`` is given. A function is called with ``args``, and its
        local variables give the names: tensors in the arguments are what they are, and where
        there is none all floats become variables, or those that ``wrt`` names.
    *args
        The arguments of the function; of a tensor what is derived: ``derive(loss, "W1")``.
    wrt : Tensor, str, or several of these, optional
        Of what the gradients are wanted, leaves or not: tensors, or their names (``"W1"``,
        ``"dLoss/dz2"``). All leaves that require a gradient by default, in order of use.
    names : mapping, optional
        Names for tensors and arrays, ``{"W1": tensor}``; they go before the tensors' own
        names, their paths in a module, and the variables of the caller.
    seed : array_like, optional
        The cotangent of ``loss``, of its shape: the gradients are those of sum(loss * seed).
    factors : bool
        Whether local derivatives between named values, dh2/dz2, have lines of their own.
    numbers : bool
        Whether each line is followed by its value.
    precision : int
        How many decimals these have.
    max_elements : int
        Larger arrays are summarised: smallest, mean and largest element.

    Returns
    -------
    Derivation
        Prints as text; shows itself in a notebook; ``.latex``, ``.markdown`` and ``.source``,
        a function that needs only NumPy.

    Raises
    ------
    TypeError
        For what is not a Tensor, and where a call of the tape is not NumPy's and has no formula.
    ValueError
        For a constant, a tensor of several elements without ``seed``, a name that no tensor
        or several tensors have, and a freed tape.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> h = np.tanh(x)
    >>> print(derive(np.sum(h * h)))
    h = tanh(x)
    Loss = sum(h * h)
    <BLANKLINE>
    dLoss/dh = 2 * h
    dLoss/dx = dLoss/dh * (1 - h * h)
    """
    variables, call = caller_variables(1), None
    if not isinstance(loss, Tensor) and callable(loss):
        call = on_tape("derive()", loss, args, wrt)
        loss, wrt = call.result, call.wrt or None
        variables |= call.variables
    elif args:
        wrt = _of_tensor(args, wrt)
    check_on_tape("derive()", loss)
    loss = _seeded(loss, seed, variables)
    known = Names(loss, variables, names, call)
    targets = targets_of(known, wrt)
    style = Style(precision, max_elements) if numbers else None
    return Derivation(loss, known, targets, factors, style)


def _of_tensor(args, wrt):
    """What is derived, where it was given by position."""
    if wrt is not None or len(args) > 1:
        raise TypeError(
            "derive(loss, wrt) takes one thing to derive by, or a list of them; only a function "
            "has further arguments, derive(f, x, y)"
        )
    return args[0]


def _seeded(loss, seed, variables):
    """The scalar whose gradients are those of a tensor with this cotangent."""
    if seed is not None:
        seed = seed_of(loss, asarray(seed))
        variables.setdefault("seed", seed)
        with enable_grad():
            return np.sum(loss * seed)
    if loss.size != 1:
        raise ValueError(
            f"{errors.describe(loss)} is not a scalar: reduce it (np.sum, np.mean), or pass its "
            f"cotangent, seed= an array of shape {loss.shape}"
        )
    return loss


class Derivation:
    """The gradients of a tensor, line by line.

    Attributes
    ----------
    lines : list of Line
        Each with its name, formula, value, part ("forward", "backward" or "factor") and
        expression.
    inputs : dict
        What the lines start from: the values of data and parameters by their names in
        ``source``, in the order of its parameters.
    text, markdown, latex, source : str

    Examples
    --------
    >>> from autograd_lite import Tensor
    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> derive(x * x).lines[-1].formula
    '2 * x'
    """

    def __init__(self, root, names, targets, factors, style):
        self._root = root
        self._names = names
        self._targets = targets
        self._labels = labels_of(names, targets)
        self._chain = set(self._labels)
        self._style = style
        replay = self._replay(factors=factors)
        more = worth_a_name(replay, self._wanted(replay))
        if any(more):
            self._labels = labels_of(names, {*targets}.union(*more))
            self._chain |= more[1]
            replay = self._replay(factors=factors)
        self._definitions = definitions(replay, self._wanted(replay))
        self._given = replay.graph.inputs
        self._words = OwnWords(replay.graph.steps)
        self.lines = self._written()

    def _replay(self, **how):
        what = self._root, self._names, self._labels, self._chain, self._targets
        return Replay.without_nan(*what, **how)

    def _wanted(self, replay):
        return [replay.cotangents[node].expression for node in self._targets]

    def _written(self):
        """The lines as they stand in text."""
        symbols = self._symbols(text_of)
        return [
            Line(symbols[d.expression], formula, d.expression.value, d.part, d.expression)
            for d, formula in zip(self._definitions, self._formulas(TextWriter, symbols))
        ]

    def _symbols(self, written):
        """What the values with a name are called in a language."""
        symbols = {x: written(x.name) for x in self._given}
        return symbols | {d.expression: written(d.symbol) for d in self._definitions}

    def _formulas(self, writer, symbols):
        """What stands right of the equals signs; forward lines are as they were computed."""
        for d in self._definitions:
            yield writer(symbols, drops_zeros=d.part != FORWARD).definition(d.expression)

    def _parts(self, lines):
        """Lines as (name, formula, value), those forward apart from those of the chain."""
        parts: tuple[list, list] = [], []
        for line, triple in zip(self.lines, lines, strict=True):
            parts[line.part != FORWARD].append(triple)
        return parts

    @property
    def _text_parts(self):
        return self._parts((line.name, line.formula, line.value) for line in self.lines)

    # --- forms ------------------------------------------------------------------------------

    def __iter__(self):
        return iter(self.lines)

    def __len__(self):
        return len(self.lines)

    def __str__(self):
        return self.text

    def __repr__(self):
        wrt = ", ".join(self._labels[node] for node in self._targets)
        return f"<Derivation of {self._labels[self._names.root]} for {wrt}: {len(self)} lines>"

    @property
    def text(self) -> str:
        """The lines, those of the chain after an empty one.

        Without numbers equal steps are loops. Below the lines stands what is meant by arrays
        without a name and by functions that NumPy does not have.
        """
        parts = [text_rows(part, self._style) for part in self._text_parts]
        legend = [*self._words.explained(self.lines)]
        if self._style is None:
            parts.append([*nameless(self._given), *legend])
        else:
            given = [labelled(x.name, x.value, self._style) for x in self._given]
            parts = [given, *parts, legend]
        return "\n\n".join("\n".join(part) for part in parts if part)

    @property
    def markdown(self) -> str:
        """The lines as tables for a report; equal steps are loops, as in the text."""
        parts = zip(("Forward", "Backward"), self._text_parts)
        tables = [markdown_table(title, part, self._style) for title, part in parts if part]
        return "\n\n".join(tables)

    @property
    def latex(self) -> str:
        """The lines as an ``align*`` environment, which amsmath may break over pages.

        Equal steps are written once, with the range of t before them.
        """
        return f"\\begin{{align*}}\n{self._latex_rows}\n\\end{{align*}}"

    @property
    def _latex_rows(self):
        symbols = self._symbols(latex_of)
        formulas = self._formulas(LatexWriter, symbols)
        parts = self._parts(
            (symbols[d.expression], formula, d.expression.value)
            for d, formula in zip(self._definitions, formulas)
        )
        writer = LatexWriter(symbols)
        written = [latex_rows(part, self._style, writer) for part in parts if part]
        return " \\\\[1ex]\n".join(written)

    def _repr_latex_(self):
        return f"$$\n\\begin{{aligned}}\n{self._latex_rows}\n\\end{{aligned}}\n$$"

    @property
    def source(self) -> str:
        """A function of the data and the parameters that returns the gradients, in NumPy alone."""
        program = self._program
        head, _, body = program.source().partition("\n")
        loss = self._labels[self._names.root]
        *others, last = (self._labels[node] for node in self._targets)
        wrt = f"{', '.join(others)} and {last}" if others else last
        says = quoting.docstring(f"The gradient of {loss} with respect to {wrt}.")
        return f'{head}\n    """{says}"""\n{body}'

    @property
    def inputs(self) -> dict:
        """The values of data and parameters, by their names in ``source``."""
        return {self._program.names[x]: x.value for x in self._program.inputs}

    @cached_property
    def _program(self):
        """The chain without a name for what NumPy has no function for, and nothing twice."""
        if any(isinstance(node.op, Loop) for node in self._names.nodes):
            raise TypeError(
                "derive(): a loop of ag.scan has no source here: read .text or .latex, or write "
                "ag.compile(ag.grad(f)) and its .source(*args)"
            )
        replay = self._replay(as_written=False)
        named = {}
        for d in replay.definitions:
            top = d.symbol if isinstance(d.symbol, str) else f"d{quoting.identifier(d.symbol[1])}"
            if d.expression.kind == "call":
                named.setdefault(d.expression, top)
        data = [x for x in replay.graph.inputs if x not in replay.variables]
        inputs = data + [x for x in replay.graph.inputs if x in replay.variables]
        found = self._wanted(replay)
        results = found[0] if len(found) == 1 else tuple(found)
        return Program(replay.graph.steps, inputs, results, named, "gradient")

    def save(self, path: str | Path) -> Path:
        """Write the derivation to a file: text as .txt, .md, LaTeX as .tex, the source as .py.

        Raises
        ------
        ValueError
            For another suffix.
        """
        path = Path(path)
        form = SUFFIXES.get(path.suffix.lower())
        if form is None:
            raise ValueError(
                f"{path}: a derivation is saved as {', '.join(SUFFIXES)}, not {path.suffix!r}"
            )
        text = getattr(self, form)
        if form == "latex":
            text = f"{{\\allowdisplaybreaks\n{text}}}"
        head = ""
        if form == "source":
            scipy = "import scipy\n" if "scipy." in text else ""
            head = f"import numpy as np\n{scipy}\n\n"
        path.write_text(f"{head}{text.rstrip()}\n", encoding="utf-8")
        return path
