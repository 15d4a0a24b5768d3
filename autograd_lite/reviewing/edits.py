"""The lines that a line could have been: one part of it in another form."""

import ast
import re
from dataclasses import dataclass
from itertools import combinations
from itertools import product as pairs_of

import numpy as np

from .analogies import analogous
from .solving import products, solutions
from .texts import Text, is_simple
from .vocabulary import is_atomic, kind_of, valued

# How far an edit is from the line as it stands: what is tried first.
ALIKE, SLIP, OTHER, DERIVATIVE, FACTOR, TERM, FORMULA, INGREDIENT, PATH, TWO = range(10)
NEAREST = 24  # values of which two make a further path

_FLIPS = {
    ast.Add: ("-",),
    ast.Sub: ("+",),
    ast.Mult: ("/",),
    ast.Div: ("*",),
    ast.Gt: ("<=", ">=", "<"),
    ast.GtE: ("<", ">"),
    ast.Lt: (">=", "<=", ">"),
    ast.LtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
}
_SIGNS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Gt: ">",
    ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_FUNCTIONS = (
    ("sum", "mean"),
    ("max", "min", "sum"),
    ("maximum", "minimum"),
    ("argmax", "argmin"),
    ("zeros_like", "ones_like"),
    ("zeros", "ones"),
    ("sin", "cos"),
    ("sinh", "cosh"),
    ("exp", "log"),
    ("log", "log1p", "log2", "log10"),
    ("exp", "expm1"),
    ("sign", "abs"),
    ("dot", "outer", "multiply"),
    ("ceil", "floor"),
    ("std", "var"),
    ("sqrt", "square"),
    ("greater", "less", "greater_equal", "less_equal"),
    ("add", "subtract"),
)
_PARTS = (ast.Name, ast.Subscript, ast.Attribute)
_REDUCTIONS = {"sum", "mean", "max", "min", "std", "var", "prod"}
_ACTIVATIONS = ("({} > 0)", "(1 - {} ** 2)", "({} * (1 - {}))")
_TEMPLATES = (
    ("({} > 0)", "array"),
    ("(1 - {})", "array"),
    ("{} * (1 - {})", "array"),
    ("(1 - {} ** 2)", "array"),
    ("1 / {}", "any"),
    ("{} ** 2", "any"),
    ("np.exp({})", "array"),
    ("np.sign({})", "array"),
    ("np.sqrt({})", "any"),
    ("np.cos({})", "array"),
    ("np.sin({})", "array"),
    ("(1 + {})", "any"),
    ("({} - 1)", "any"),
    ("(1 / (1 + np.exp(-{})))", "array"),
    ("np.tanh({})", "array"),
    ("2 * {}", "array"),
    ("~{}", "mask"),
)


@dataclass(frozen=True)
class Edit:
    """Another text of a statement.

    ``kind`` says what is different, ``old`` and ``new`` are the parts in question.
    """

    rank: int
    text: str
    kind: str
    old: str = ""
    new: str = ""


class Edits:
    """The edits of a statement, with the atoms in reach.

    ``ingredients`` are parts of other lines, ``alike`` names that stand for values of one type;
    ``wanted`` is what is known of the value: (what it is, what it should be, the names in reach,
    what two right numbers may differ by).
    """

    def __init__(
        self, statement, atoms, ingredients=(), shapes=(), called=(), alike=(), wanted=None
    ):
        self.statement = statement
        self.atoms = atoms
        self.ingredients = ingredients
        self.shapes = set(shapes)
        self.called = called
        self.alike = dict(alike)
        self.wanted = wanted
        self.text = Text(statement)
        node = statement.expression
        self.root = getattr(node, "value", node) if not statement.part else node
        self.stored = set(_stored_into(statement.target))
        self.nodes = [n for n in ast.walk(node) if isinstance(n, ast.expr) and self._is_read(n)]
        self.inner = sorted(
            {
                name.id
                for loop in ast.walk(node)
                if isinstance(loop, ast.comprehension)
                for name in ast.walk(loop.target)
                if isinstance(name, ast.Name)
            }
        )

    def _is_read(self, node):
        """Whether a node is part of a value, or of an index."""
        stored = isinstance(getattr(node, "ctx", None), ast.Store) or node in self.stored
        return not stored and hasattr(node, "lineno")

    def all(self):
        """The edits in the order of their ranks; a text comes once."""
        seen = {self.statement.text}
        makers = (
            self._alike, self._slips, self._assignments, self._others, self._derivatives,
            self._factors, self._terms, self._solved,
            self._formulas, self._ingredients, self._paths, self._twice,
        )  # fmt: skip
        for make in makers:
            for edit in make():
                if edit.text not in seen:
                    seen.add(edit.text)
                    yield edit

    def _edit(self, rank, node, new, kind, old=None):
        old = self.text.of(node) if old is None else old
        return Edit(rank, self.text.replaced((node, new)), kind, old, new)

    def _alike(self):
        """What other lines say of something else."""
        for text in analogous(self.statement):
            yield Edit(ALIKE, text, "formula", self.text.of(self.root), text)

    # --- slips: signs, transposes, numbers, axes, functions ------------------------------------

    def _slips(self):
        for node in self.nodes:
            for new, kind in self._slips_at(node):
                yield self._edit(SLIP, node, new, kind)
        for node in [*self._spots()[:1], *self._arguments()]:
            yield self._edit(SLIP, node, f"-{_bracketed(self.text.of(node))}", "sign")
        yield from self._exchanged()
        yield from self._repeated()

    def _repeated(self):
        """A slip in an entry or a call that stands in the line more than once, at each place."""
        same: dict = {}
        for node in self.nodes:
            if isinstance(node, (ast.Subscript, ast.Call)):
                same.setdefault(self.text.of(node), []).append(node)
        for old, nodes in same.items():
            for new, kind in self._slips_at(nodes[0]) if len(nodes) > 1 else ():
                yield Edit(SLIP, self.text.replaced(*[(n, new) for n in nodes]), kind, old, new)

    def _arguments(self):
        """The arguments of calls that are names, or entries of what has one."""
        calls = [n for n in self.nodes if isinstance(n, ast.Call)]
        return [a for call in calls for a in call.args if isinstance(a, _PARTS) and is_atomic(a)]

    def _exchanged(self):
        """Two names in each other's place."""
        names: dict = {}
        for node in ast.walk(self.statement.expression):
            if isinstance(node, ast.Name) and self._is_read(node):
                names.setdefault(node.id, []).append(node)
        for one, other in combinations(names, 2):
            pairs = [(n, other) for n in names[one]] + [(n, one) for n in names[other]]
            yield Edit(SLIP, self.text.replaced(*pairs), "exchanged", one, other)

    def _slips_at(self, node):
        text = self.text.of
        if isinstance(node, ast.BinOp):
            yield from self._of_operation(node)
        elif isinstance(node, ast.UnaryOp):
            yield text(node.operand), "sign"
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            between = self.text.between(node.left, node.comparators[0])
            for sign in _FLIPS.get(type(node.ops[0]), ()):
                other = between.replace(_SIGNS[type(node.ops[0])], sign, 1)
                head, tail = self.text.around(node, node.left, node.comparators[0])
                yield head + other + tail, "condition"
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield from ((new, "number") for new in _numbers(node.value))
        elif isinstance(node, ast.IfExp):
            yield text(node.body), "condition"
            yield text(node.orelse), "condition"
            yield f"{text(node.orelse)} if {text(node.test)} else {text(node.body)}", "condition"
        elif isinstance(node, ast.Attribute) and node.attr == "T":
            yield text(node.value), "transpose"
        elif isinstance(node, ast.Subscript):
            yield from self._of_subscript(node)
        elif isinstance(node, ast.Call):
            yield from self._of_call(node)
        parent = self.statement.parents.get(node)
        outside = not isinstance(parent, (ast.Attribute, ast.Subscript))
        if isinstance(parent, ast.Attribute) and parent.attr != "T":  # x.reshape(...)
            outside = isinstance(self.statement.parents.get(parent), ast.Call)
        whole = isinstance(node, _PARTS) and outside
        if whole and is_atomic(node):
            yield f"{text(node)}.T", "transpose"
            if not isinstance(parent, ast.Call):
                yield f"{text(node)} ** 2", "exponent"

    def _of_operation(self, node):
        text, between = self.text.of, self.text.between(node.left, node.right)
        left, right = text(node.left), text(node.right)
        sign = _SIGNS.get(type(node.op))
        head, tail = self.text.around(node, node.left, node.right)
        for other in _FLIPS.get(type(node.op), ()):
            kind = "sign" if other in "+-" else "division"
            yield head + between.replace(sign, other, 1) + tail, kind
        if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult)):
            yield f"({right}) {sign} ({left})", "order"
        if isinstance(node.op, ast.MatMult):
            yield f"{_bracketed(left)}.T @ {_bracketed(right)}", "transpose"
            yield f"{_bracketed(left)} @ {_bracketed(right)}.T", "transpose"
            yield f"{_bracketed(right)}.T @ {_bracketed(left)}.T", "order"
            yield f"{_bracketed(right)}.T @ {_bracketed(left)}", "order"
        if isinstance(node.op, ast.Pow):
            yield left, "exponent"
            yield f"{_bracketed(left)} ** ({right} - 1)", "exponent"
            yield f"{_bracketed(left)} ** ({right} + 1)", "exponent"
            yield f"{_bracketed(left)} ** (-({right}))", "exponent"
            return
        what = "term" if isinstance(node.op, (ast.Add, ast.Sub)) else "factor"
        inner = node.left
        while isinstance(inner, ast.BinOp):
            inner = inner.left
            yield text(inner), f"extra {what}"
            if isinstance(node.op, (ast.Mult, ast.Div)):
                yield text(inner) + between + tail, f"extra {what}"
        yield left, f"extra {what}"
        yield (f"-({right})" if isinstance(node.op, ast.Sub) else right), f"extra {what}"

    def _of_subscript(self, node):
        yield self.text.of(node.value), "index"
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for n in range(1, len(parts)):
            some = ", ".join(map(self.text.of, parts[:n]))
            yield f"{self.text.of(node.value)}[{some}]", "index"
        plain = [self.text.of(p).replace("::-1", ":") for p in parts]
        yield f"{self.text.of(node.value)}[{', '.join(plain)}]", "index"
        for i, part in enumerate(parts):
            for other in self._indices(part):
                texts = [self.text.of(p) for p in parts]
                texts[i] = other
                yield f"{self.text.of(node.value)}[{', '.join(texts)}]", "index"

    def _indices(self, part):
        """Other forms of one index."""
        text = self.text.of(part)
        if isinstance(part, ast.Slice):
            low = self.text.of(part.lower) if part.lower else ""
            up = self.text.of(part.upper) if part.upper else ""
            if part.step is None:
                yield from {f"{up}:{low}", ":", f"{low}:", f":{up}"} - {text}
                if low == "1" and not up:
                    yield ":-1"
                if up == "-1" and not low:
                    yield "1:"
        elif not isinstance(part, ast.Constant) or isinstance(part.value, int):
            if isinstance(part, ast.BinOp) and isinstance(part.right, ast.Constant):
                yield self.text.of(part.left)
            yield f"{text} - 1"
            yield f"{text} + 1"
            yield f"-({text})"

    def _of_call(self, node):
        text, func = self.text.of, node.func
        arguments = [text(a) for a in node.args]
        keywords = [text(k) for k in node.keywords]
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        head = text(func)
        for group in _FUNCTIONS:
            for other in group if name in group else ():
                if other != name:
                    new = head[: len(head) - len(name)] + other
                    yield f"{new}({', '.join(arguments + keywords)})", "function"
        for argument in arguments:
            yield argument, "function"
        if isinstance(func, ast.Attribute) and not arguments:
            yield text(func.value), "function"
        if len(arguments) == 2:
            one, two = arguments
            yield f"{head}({', '.join([two, one, *keywords])})", "order"
            for pair in ((f"{_bracketed(one)}.T", two), (one, f"{_bracketed(two)}.T")):
                yield f"{head}({', '.join([*pair, *keywords])})", "transpose"
            if name == "dot":
                yield f"{head}({_bracketed(two)}.T, {_bracketed(one)}.T)", "order"
        if name == "dot" and len(arguments) == 1:
            owner, one = text(func.value), arguments[0]
            yield f"{_bracketed(one)}.dot({owner})", "order"
            yield f"{_bracketed(owner)}.T.dot({one})", "transpose"
            yield f"{owner}.dot({_bracketed(one)}.T)", "transpose"
            yield f"{_bracketed(one)}.T.dot({_bracketed(owner)}.T)", "order"
        if name in _REDUCTIONS:
            yield from self._axes(node, head, arguments, keywords)
        for i, keyword in enumerate(keywords):
            rest = keywords[:i] + keywords[i + 1 :]
            yield f"{head}({', '.join(arguments + rest)})", f"{keyword.split('=')[0].strip()}"

    def _axes(self, node, head, arguments, keywords):
        """Other axes of a sum."""
        rest = [k for k in keywords if not k.startswith("axis")]
        first = 1 if head.startswith("np.") else 0
        for axis in ("0", "1", "2", "-1", "(0, 1)", "(0, 2)", "(1, 2)", "(0, 2, 3)"):
            if len(arguments) > first:
                new = [*arguments[:first], axis, *arguments[first + 1 :], *rest]
            else:
                new = [*arguments, f"axis={axis}", *rest]
            yield f"{head}({', '.join(new)})", "axis"
            if not any("keepdims" in k for k in keywords):
                yield f"{head}({', '.join([*new, 'keepdims=True'])})", "axis"

    # --- what is done with the value -----------------------------------------------------------

    def _assignments(self):
        node, text = self.statement.node, self.text.of
        if self.statement.part or self.statement.target is None:
            return
        target, value = self.statement.name, text(self.root) if hasattr(node, "value") else ""
        if isinstance(node, ast.AugAssign):
            sign = _SIGNS.get(type(node.op), "")
            old = f"{sign}="
            for other in ("=", "+=", "-=", "*=", "/="):
                if other != old:
                    yield Edit(SLIP, f"{target} {other} {value}", "assignment", old, other)
            if isinstance(target_node := node.target, ast.Subscript) and sign == "+":
                base, index = text(target_node.value), text(target_node.slice)
                index = f"({index})" if isinstance(target_node.slice, ast.Tuple) else index
                yield Edit(
                    SLIP, f"np.add.at({base}, {index}, {value})", "repeated", "+=", "np.add.at"
                )
            yield Edit(SLIP, "pass", "extra statement", self.statement.text, "")
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], _PARTS):
            for other in ("+=", "-="):
                yield Edit(SLIP, f"{target} {other} {value}", "assignment", "=", other)
            if isinstance(node.targets[0], ast.Name):
                yield Edit(
                    SLIP, f"{target} = {target} + {_bracketed(value)}", "assignment", "=", "+="
                )

    # --- one value for another -----------------------------------------------------------------

    def _others(self):
        """One atom for another; a number, and an index of a subscript, for an atom."""
        places = [n for n in self.nodes if self._is_place(n)]
        for node in places:
            old = self.text.of(node)
            for atom in self.atoms:
                if atom.text != old:
                    yield self._edit(OTHER, node, atom.text, "value")
        for node in self.nodes:
            if isinstance(node, ast.Name):
                for name in self.alike.get(node.id, ()):
                    yield self._edit(OTHER, node, name, "value")
        named = [n for n in places if not isinstance(n, ast.Constant)]
        for old in dict.fromkeys(map(self.text.of, named)):
            same = [n for n in places if self.text.of(n) == old]
            for atom in self.atoms if len(same) > 1 else ():
                pairs = [(n, atom.text) for n in same]
                yield Edit(OTHER, self.text.replaced(*pairs), "value", old, atom.text)
        for node in self.nodes:
            computed = isinstance(node, (ast.Compare, ast.UnaryOp, ast.BinOp))
            if computed and _in_index(node, self.statement.parents):
                for atom in [a for a in self.atoms if a.kind in ("mask", "index")]:
                    yield self._edit(OTHER, node, atom.text, "value")
        yield from self._other_indices()
        yield from self._other_attributes()

    def _is_place(self, node):
        parent = self.statement.parents.get(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            return False
        if isinstance(node, ast.Constant):
            return type(node.value) in (int, float, str)
        return is_atomic(node)

    def _other_indices(self):
        """An index that stands in another subscript of the function."""
        shown = _indices_of(self.statement)
        for node in [
            n for n in ast.walk(self.statement.expression) if isinstance(n, ast.Subscript)
        ]:
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            texts = [self.text.of(p) for p in parts]
            for i in range(len(parts)):
                for other in shown:
                    if other != texts[i]:
                        new = ", ".join([*texts[:i], other, *texts[i + 1 :]])
                        whole = f"{self.text.of(node.value)}[{new}]"
                        yield self._edit(OTHER, node, whole, "index")
            for whole in _subscripts_of(self.statement):
                if whole != ", ".join(texts):
                    yield self._edit(OTHER, node, f"{self.text.of(node.value)}[{whole}]", "index")
            if len(parts) > 1:
                yield from self._shifted(node, parts)
        for whole in _subscripts_of(self.statement):
            for node in self.nodes:
                parent = self.statement.parents.get(node)
                inside = isinstance(parent, (ast.Subscript, ast.Attribute))
                if is_atomic(node) and isinstance(node, (ast.Name, ast.Attribute)) and not inside:
                    new = f"{self.text.of(node)}[{whole}]"
                    yield self._edit(OTHER, node, new, "index")
            yield from self._everywhere(whole)

    def _everywhere(self, index):
        """The same index for the target and for what is stored in it."""
        target = self.statement.target
        if not isinstance(target, ast.Name):
            return
        for node in self.nodes:
            if is_atomic(node) and node is not target:
                new = [(target, f"{target.id}[{index}]"), (node, f"{self.text.of(node)}[{index}]")]
                yield Edit(
                    OTHER, self.text.replaced(*new), "index", target.id, f"{target.id}[{index}]"
                )

    def _shifted(self, node, parts):
        """Every slice of a subscript moved by a number in reach; slices for entries."""
        for atom in [a for a in self.atoms if a.kind == "scalar"]:
            texts, moved = [], 0
            for part in parts:
                text = self.text.of(part)
                if isinstance(part, ast.Slice) and part.upper and not part.lower:
                    text = f"{atom.text}:{atom.text} + {self.text.of(part.upper)}"
                    moved += 1
                texts.append(text)
            if moved:
                yield self._edit(
                    OTHER, node, f"{self.text.of(node.value)}[{', '.join(texts)}]", "index"
                )

    def _other_attributes(self):
        """Another key or attribute of the same container: what other lines ask of theirs."""
        names = {n.attr for n in ast.walk(self.statement.function) if isinstance(n, ast.Attribute)}
        for node in self.nodes:
            if isinstance(node, ast.Attribute) and is_atomic(node):
                for name in sorted(names - {node.attr, "T"}):
                    new = f"{self.text.of(node.value)}.{name}"
                    yield self._edit(OTHER, node, new, "value")

    # --- a factor or a term more ---------------------------------------------------------------

    def _spots(self):
        """Where a factor or a term may have been left out, the whole value first."""
        if self.statement.part:
            return []
        spots = [self.root]
        for node in self.nodes:
            parent = self.statement.parents.get(node)
            if node is self.root or isinstance(node, ast.Slice):
                continue
            within = isinstance(parent, (ast.BinOp, ast.UnaryOp, ast.ListComp, ast.Tuple, ast.Dict))
            within = within or (isinstance(parent, ast.Attribute) and parent.attr in _REDUCTIONS)
            within = within or (isinstance(parent, ast.Call) and node in parent.args)
            if within and not _in_index(node, self.statement.parents):
                spots.append(node)
        return spots

    def _derivatives(self):
        """The derivative of an activation in the place of a value, or as one more factor."""
        arrays = [a for a in self.atoms if a.kind == "array" or a.varies][:12]
        places = [n for n in self.nodes if self._is_place(n) and not isinstance(n, ast.Constant)]
        for atom in arrays:
            text = _bracketed(atom.text)
            for form in _ACTIVATIONS:
                new = form.format(*[text] * form.count("{}"))
                for node in places:
                    yield self._edit(DERIVATIVE, node, new, "derivative")
                for node in self._spots()[:1]:
                    old = self.text.of(node)
                    more = self.text.replaced((node, f"{_bracketed(old)} * {new}"))
                    yield Edit(DERIVATIVE, more, "missing factor", old, new)

    def _factors(self):
        for node in self._spots():
            old = self.text.of(node)
            for new in ("2", "0.5"):
                yield Edit(
                    FACTOR, self.text.replaced((node, f"{new} * {_bracketed(old)}")),
                    "missing factor", old, new,
                )  # fmt: skip
            for name in self.inner:
                new = f"{_bracketed(old)} * {name}"
                yield Edit(FACTOR, self.text.replaced((node, new)), "missing factor", old, name)
            for atom in self.atoms:
                forms = [("{} * {}", "missing factor"), ("{} / {}", "missing division")]
                for form, kind in forms[: 1 if atom.kind == "array" else 2]:
                    new = form.format(_bracketed(old), _bracketed(atom.text))
                    yield Edit(FACTOR, self.text.replaced((node, new)), kind, old, atom.text)

    def _terms(self):
        for node in self._spots():
            old = self.text.of(node)
            terms = [a.text for a in self.atoms if a.kind in ("array", "scalar")] + self.inner
            for term in [*terms, "1"]:
                for sign in "+-":
                    new = f"{old} {sign} {term}"
                    yield Edit(TERM, self.text.replaced((node, new)), "missing term", old, term)
                new = f"{term} - {_bracketed(old)}"
                yield Edit(TERM, self.text.replaced((node, new)), "missing term", old, term)

    def _solved(self):
        """What gives the wanted value, in place of the value or as one more term or factor."""
        if self.wanted is None or self.statement.part:
            return
        given, wanted, inside, scope, close = self.wanted
        values = {a.text: a.values[0] for a in self.atoms if a.kind in ("array", "scalar")}
        for text in self._made():
            value = valued(text, scope)
            if kind_of(value) == "array" or (kind_of(value) == "scalar" and text[0] != "("):
                values.setdefault(text, value)
        old = self.text.of(self.root)
        with np.errstate(all="ignore"):
            factor = wanted / given
        for new in solutions(wanted - given, values, close):
            sign = "- " if new.startswith("-") else "+ "
            text = f"{old} {sign}{new.removeprefix('-')}"
            yield self._more(inside, text, f"{sign[0]}= {new.removeprefix('-')}", "path", new)
        for new in solutions(factor, values, close):
            if new.startswith("1 / "):
                by = new.removeprefix("1 / ")
                text = f"{_bracketed(old)} / {_bracketed(by)}"
                yield self._more(inside, text, f"/= {by}", "division", by)
                continue
            text = f"{_bracketed(old)} * {_bracketed(new)}"
            yield self._more(inside, text, f"*= {new}", "factor", new)
        for new in solutions(wanted, values, close) if inside else ():
            yield self._edit(TERM, self.root, new, "formula")

    def _more(self, inside, text, statement, kind, new):
        """A longer right-hand side, or one more statement on what is stored."""
        if inside:
            text = self.text.replaced((self.root, text))
        else:
            base = self.statement.target
            while isinstance(base, ast.Subscript):
                base = base.value
            text = f"{self.statement.text}; {self.text.of(base)} {statement}"
        return Edit(TERM, text, f"missing {kind}", self.text.of(self.root), new)

    # --- formulas ------------------------------------------------------------------------------

    def _formulas(self):
        made = [m for m in self._made() if m]
        for node in self.nodes:
            if self._is_replaceable(node):
                for new in made:
                    yield self._edit(FORMULA, node, new, "formula")
        places = [n for n in self.nodes if self._is_place(n) and not isinstance(n, ast.Constant)]
        for old in dict.fromkeys(map(self.text.of, places)):
            same = [n for n in places if self.text.of(n) == old]
            for new in made if len(same) > 1 else ():
                yield Edit(
                    FORMULA, self.text.replaced(*[(n, new) for n in same]), "value", old, new
                )
        for node in self._spots()[:3]:
            old = self.text.of(node)
            for new in made:
                text = f"{_bracketed(old)} * {_bracketed(new)}"
                yield Edit(FORMULA, self.text.replaced((node, text)), "missing factor", old, new)
        for node in self._spots():
            old = self.text.of(node)
            for atom in [a for a in self.atoms if a.kind == "array"]:
                new = f"{_bracketed(old)} / {_bracketed(atom.text)}"
                text = self.text.replaced((node, new))
                yield Edit(FORMULA, text, "missing division", old, atom.text)
        yield from self._penalties()

    def _made(self):
        """Short formulas of the atoms: the usual derivatives, and what the user calls with one."""
        arrays = [a for a in self.atoms if a.kind != "scalar" or a.varies][:12]
        for atom in [*arrays, *[a for a in self.atoms if a.kind == "scalar"][:6]]:
            for form, kind in _TEMPLATES:
                if (
                    atom.kind == kind
                    or (kind == "array" and atom.varies)
                    or (kind == "any" and atom.kind in ("array", "scalar"))
                ):
                    yield form.format(*[_bracketed(atom.text)] * form.count("{}"))
        slopes = [a.text for a in self.atoms if a.kind == "scalar" and 0 < abs(a.values[0]) < 1]
        for slope in [*slopes[:4], *_slopes_of(self.statement)]:
            for atom in arrays:
                if atom.kind == "array":
                    yield f"np.where({atom.text} > 0, 1, {slope})"
        for name in _functions_of_one(self.statement, self.called):
            for atom in self.atoms:
                if atom.kind == "array":
                    yield f"{name}({atom.text})"

    def _is_replaceable(self, node):
        parent = self.statement.parents.get(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            return False
        if _in_index(node, self.statement.parents):
            return False
        return isinstance(node, (ast.BinOp, ast.Call, ast.UnaryOp, ast.Compare)) or is_atomic(node)

    def _penalties(self):
        """A term that is a number times an array: a regulariser."""
        scalars = [a.text for a in self.atoms if a.kind == "scalar" and not a.text.isdigit()]
        arrays = [a for a in self.atoms if a.kind == "array"]
        old = self.text.of(self.root) if not self.statement.part else ""
        for one in scalars[:10]:
            factors = [one, f"2 * {one}"] + [f"{one} / {two}" for two in scalars[:10] if two != one]
            for factor in factors if old else ():
                for atom in arrays:
                    term = f"{factor} * {atom.text}"
                    text = self.text.replaced((self.root, f"{old} + {term}"))
                    yield Edit(FORMULA, text, "missing term", old, term)

    def _products(self):
        """A further path: the matrix product of two arrays in reach as one more term."""
        arrays = [a for a in self.atoms if a.kind == "array" and len(a.shape) in (1, 2)]
        for one, two in pairs_of(arrays, repeat=2):
            forms = [f for f, shape in products(one.shape, two.shape) if shape in self.shapes]
            for form in forms:
                yield form.format(_bracketed(one.text), _bracketed(two.text))

    def _paths(self):
        """A further path: the product or the quotient of two values in reach as one more term."""
        if self.statement.part:
            return
        values = [a for a in self.atoms if a.kind in ("array", "scalar")][:NEAREST]
        for one, two in pairs_of(values, repeat=2):
            if not _broadcast(one.shape, two.shape) <= self.shapes:
                continue
            ordered = one.text <= two.text
            for form in ("{} * {}", "{} / {}") if ordered else ("{} / {}",):
                term = form.format(_bracketed(one.text), _bracketed(two.text))
                for sign in "+-":
                    yield self._path(PATH, term, sign)

    def _path(self, rank, term, sign="+"):
        old = self.text.of(self.root)
        text = self.text.replaced((self.root, f"{old} {sign} {term}"))
        return Edit(rank, text, "missing path", old, term)

    def _ingredients(self):
        """Parts of other lines, as they are or with one name exchanged."""
        if not self.statement.part:
            yield from (self._path(INGREDIENT, term) for term in self._products())
        for node in self.nodes:
            if self._is_replaceable(node) or isinstance(node, (ast.IfExp, ast.Subscript)):
                for new in [*self.ingredients, *[a.text for a in self.atoms if a.kind == "array"]]:
                    yield self._edit(INGREDIENT, node, new, "formula")
                if (isinstance(node, ast.Call) and len(node.args) == 1) or is_atomic(node):
                    one = self.text.of(node.args[0] if isinstance(node, ast.Call) else node)
                    for new in self.ingredients:
                        yield self._edit(INGREDIENT, node, f"{one} / {_bracketed(new)}", "formula")
                        yield self._edit(INGREDIENT, node, f"{one} * {_bracketed(new)}", "formula")
        for node in self._spots()[:2]:
            old = self.text.of(node)
            for new in self.ingredients:
                for sign in "+-":
                    text = self.text.replaced((node, f"{old} {sign} {new}"))
                    yield Edit(INGREDIENT, text, "missing term", old, new)
                for form in ("{} * {}", "{} / {}"):
                    text = form.format(_bracketed(old), _bracketed(new))
                    text = self.text.replaced((node, text))
                    yield Edit(INGREDIENT, text, "missing factor", old, new)

    def _twice(self):
        """Two slips in one line, in parts that do not overlap."""
        single = []
        for node in self.nodes:
            single += [(node, new, kind) for new, kind in self._slips_at(node)]
        places = [n for n in self.nodes if self._is_place(n)]
        for node in places:
            old = self.text.of(node)
            single += [(node, a.text, "value") for a in self.atoms[:12] if a.text != old]
        for (one, new, kind), (other, second, _) in combinations(single, 2):
            if _apart(self.text.span(one), self.text.span(other)):
                text = self.text.replaced((one, new), (other, second))
                yield Edit(TWO, text, kind, self.text.of(one), new)


def _stored_into(target):
    """The nodes of what a statement stores into, without those of the index."""
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
        yield target


def _broadcast(*shapes):
    """The shape that some shapes are broadcast to, as a set; none where they do not fit."""
    try:
        return {np.broadcast_shapes(*shapes)}
    except ValueError:
        return set()


def _apart(one, other):
    return one[1] <= other[0] or other[1] <= one[0]


def _numbers(x):
    """Other numbers for a number."""
    found = [x + 1, x - 1, -x, 2 * x, x / 2]
    texts = {repr(n) for n in found} | {"0", "1", "2", "0.5"}
    return sorted(texts - {repr(x)})


def _bracketed(text):
    """A text as an operand."""
    return text if is_simple(text) else f"({text})"


def _in_index(node, parents):
    """Whether a node stands inside the index of a subscript."""
    while (parent := parents.get(node)) is not None:
        if isinstance(parent, ast.Subscript) and parent.slice is node:
            return True
        node = parent
    return False


def _indices_of(statement):
    """The single indices that a function writes."""
    found = {}
    for node in ast.walk(statement.function):
        if isinstance(node, ast.Subscript):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            for part in parts:
                text = statement.source.segment(part)
                if not re.match(r"^['\"]", text):
                    found[text] = None
    return list(found)[:24]


def _subscripts_of(statement):
    """The whole indices that a function writes, of slices and arrays, and then those of others."""
    found = {}
    for tree in (statement.function, statement.source.tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
                found[statement.source.segment(node.slice)] = None
    return list(found)[:16]


def _slopes_of(statement):
    """Numbers between 0 and 1 that are written in the file, as text; a half is no slope."""
    numbers = [n.value for n in ast.walk(statement.source.tree) if isinstance(n, ast.Constant)]
    floats = [x for x in numbers if isinstance(x, float) and 0 < x < 0.5]
    return list(dict.fromkeys(map(repr, floats)))[:4]


def _functions_of_one(statement, called):
    """The user's functions that ran, and are called with one argument somewhere in the file."""
    found = {}
    for node in ast.walk(statement.source.tree):
        single = isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords
        if single and isinstance(node.func, ast.Name):
            found[node.func.id] = None
    return [name for name in found if name in called]
