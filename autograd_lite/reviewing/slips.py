"""Slips: a sign, a transpose, a number, an axis, an index, a function, how it is assigned."""

import ast
import re
from itertools import combinations

from .edits import ASSIGNED, REDUCTIONS, SLIP, Edit, bracketed
from .vocabulary import is_atomic, is_numpys, kind_of, valued

_FLIPS = {
    ast.Add: ("-", "*"),
    ast.Sub: ("+",),
    ast.Mult: ("/", "+"),
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
_PRODUCTS = ("dot", "outer", "matmul", "inner")
_SUBSCRIPTS = re.compile(r"^[a-z]+(,[a-z]+)*->[a-z]*$")
_PARTS = (ast.Name, ast.Subscript, ast.Attribute)


def slips(line):
    for node in line.nodes:
        for new, kind in slips_at(line, node):
            yield line.edit(SLIP, node, new, kind)
    target = line.statement.target
    for new, kind in of_subscript(line, target) if isinstance(target, ast.Subscript) else ():
        yield line.edit(SLIP, target, new, kind)
    entries = [getattr(line.root, "elts", ()), getattr(line.root, "values", ())]
    entries = [node for some in entries for node in some if isinstance(node, ast.expr)]
    for node in [*line.spots()[:1], *arguments(line), *entries]:
        yield line.edit(SLIP, node, f"-{bracketed(line.text.of(node))}", "sign")
    yield from exchanged(line)
    yield from repeated(line)
    yield from subscripts(line)


def repeated(line):
    """A slip in an entry or a call that stands in the line more than once, at each place."""
    same: dict = {}
    for node in line.nodes:
        if isinstance(node, (ast.Subscript, ast.Call)):
            same.setdefault(line.text.of(node), []).append(node)
    for old, nodes in same.items():
        for new, kind in slips_at(line, nodes[0]) if len(nodes) > 1 else ():
            yield Edit(SLIP, line.text.replaced(*[(n, new) for n in nodes]), kind, old, new)


def subscripts(line):
    """Two letters of einsum in each other's place: in one operand, in all of them, in all calls."""
    texts = [n for n in line.nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    texts = [n for n in texts if _SUBSCRIPTS.match(n.value)]
    ways: dict = {}
    for node in texts:
        given, arrow, result = node.value.partition("->")
        operands = given.split(",")
        for one, other in combinations(sorted(set(given) - {","}), 2):
            table = str.maketrans(one + other, other + one)
            turned = [operand.translate(table) for operand in operands]
            some = [[*operands[:i], t, *operands[i + 1 :]] for i, t in enumerate(turned)]
            for way, new in enumerate([turned, *some]):
                quote = line.text.of(node)[:1]
                text = f"{quote}{','.join(new)}{arrow}{result}{quote}"
                yield line.edit(SLIP, node, text, "subscripts")
                ways.setdefault((one, other, way), []).append((node, text))
    for pairs in ways.values():
        if len(pairs) == len(texts) > 1:
            old, new = pairs[0]
            yield Edit(SLIP, line.text.replaced(*pairs), "subscripts", line.text.of(old), new)


def arguments(line):
    """The arguments of calls that are names, or entries of what has one."""
    calls = [n for n in line.nodes if isinstance(n, ast.Call)]
    return [a for call in calls for a in call.args if isinstance(a, _PARTS) and is_atomic(a)]


def exchanged(line):
    """Two names in each other's place, in the line or in one of its indices."""
    indices = [n.slice for n in line.nodes if isinstance(n, ast.Subscript)]
    for part in (line.statement.expression, *indices):
        names: dict = {}
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and line._is_read(node):
                names.setdefault(node.id, []).append(node)
        for one, other in combinations(names, 2):
            pairs = [(n, other) for n in names[one]] + [(n, one) for n in names[other]]
            yield Edit(SLIP, line.text.replaced(*pairs), "exchanged", one, other)


def slips_at(line, node):
    text = line.text.of
    if isinstance(node, ast.BinOp):
        yield from of_operation(line, node)
    elif isinstance(node, ast.UnaryOp):
        yield text(node.operand), "sign"
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        between = line.text.between(node.left, node.comparators[0])
        for sign in _FLIPS.get(type(node.ops[0]), ()):
            other = between.replace(_SIGNS[type(node.ops[0])], sign, 1)
            head, tail = line.text.around(node, node.left, node.comparators[0])
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
        yield from of_subscript(line, node)
    elif isinstance(node, ast.Call):
        yield from of_call(line, node)
    yield from of_whole(line, node)


def of_whole(line, node):
    """What may be left out behind an operand: a transposition, a power."""
    text, parent = line.text.of, line.statement.parents.get(node)
    outside = not isinstance(parent, (ast.Attribute, ast.Subscript))
    if isinstance(parent, ast.Attribute) and parent.attr != "T":  # x.reshape(...)
        outside = isinstance(line.statement.parents.get(parent), ast.Call)
    whole = isinstance(node, _PARTS) and outside
    if whole and is_atomic(node):
        yield f"{text(node)}.T", "transpose"
        if not isinstance(parent, ast.Call):
            yield f"{text(node)} ** 2", "exponent"


def of_operation(line, node):
    text, between = line.text.of, line.text.between(node.left, node.right)
    left, right = text(node.left), text(node.right)
    sign = _SIGNS.get(type(node.op))
    head, tail = line.text.around(node, node.left, node.right)
    for other in _FLIPS.get(type(node.op), ()):
        kind = "sign" if {sign, other} == {"+", "-"} else "division" if "/" in sign + other else ""
        yield head + between.replace(sign, other, 1) + tail, kind
    if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult)):
        yield f"({right}) {sign} ({left})", "order"
    if isinstance(node.op, ast.MatMult):
        yield from of_matrices(line, node)
    if isinstance(node.op, ast.Pow):
        yield left, "exponent"
        yield f"{bracketed(left)} ** ({right} - 1)", "exponent"
        yield f"{bracketed(left)} ** ({right} + 1)", "exponent"
        yield f"{bracketed(left)} ** (-({right}))", "exponent"
        return
    if isinstance(node.op, ast.Mult):
        yield from of_factors(line, node)
    what = "term" if isinstance(node.op, (ast.Add, ast.Sub)) else "factor"
    inner = node.left
    while isinstance(inner, ast.BinOp):
        inner = inner.left
        yield text(inner), f"extra {what}"
        if isinstance(node.op, (ast.Mult, ast.Div)):
            yield text(inner) + between + tail, f"extra {what}"
    yield left, f"extra {what}"
    yield (f"-({right})" if isinstance(node.op, ast.Sub) else right), f"extra {what}"


def of_factors(line, node):
    """A factor inside the call that stands beside it: f(a * b) in the place of a * f(b)."""
    for call, factor in ((node.left, node.right), (node.right, node.left)):
        if isinstance(call, ast.Call) and call.args:
            inner = f"{bracketed(line.text.of(factor))} * {bracketed(line.text.of(call.args[0]))}"
            rest = [*map(line.text.of, call.args[1:]), *map(line.text.of, call.keywords)]
            yield f"{line.text.of(call.func)}({', '.join([inner, *rest])})", "order"


def of_matrices(line, node):
    """A product of matrices transposed, in another order, with a factor at the other operand."""
    left, right = bracketed(line.text.of(node.left)), bracketed(line.text.of(node.right))
    for one, two in of_product(line, node.left, node.right):
        yield f"({one}) @ ({two})", "order"
    yield f"{left}.T @ {right}", "transpose"
    yield f"{left} @ {right}.T", "transpose"
    yield f"{right}.T @ {left}.T", "order"
    yield f"{right}.T @ {left}", "order"


def of_subscript(line, node):
    yield line.text.of(node.value), "index"
    whole = bracketed(line.text.of(node.value))
    if isinstance(node.ctx, ast.Load) and not isinstance(node.slice, (ast.Slice, ast.Tuple)):
        yield f"{whole}.sum(axis=0)", "index"  # one of those that are to be added up
        yield f"sum({line.text.of(node.value)})", "index"
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for n in range(1, len(parts)):
        some = ", ".join(map(line.text.of, parts[:n]))
        yield f"{whole}[{some}]", "index"
    for i, j in combinations(range(len(parts)), 2):
        texts = [line.text.of(p) for p in parts]
        texts[i], texts[j] = texts[j], texts[i]
        yield f"{whole}[{', '.join(texts)}]", "order"
    plain = [line.text.of(p).replace("::-1", ":") for p in parts]
    yield f"{whole}[{', '.join(plain)}]", "index"
    for same in [p for p in parts if isinstance(p, ast.Slice) and p.lower]:  # of an image
        alike = [line.text.of(p) == line.text.of(same) for p in parts]
        for other in indices(line, same) if sum(alike) > 1 else ():
            texts = [other if a else line.text.of(p) for a, p in zip(alike, parts, strict=True)]
            yield f"{whole}[{', '.join(texts)}]", "index"
    for i, part in enumerate(parts):
        for other in indices(line, part):
            texts = [line.text.of(p) for p in parts]
            texts[i] = other
            yield f"{whole}[{', '.join(texts)}]", "index"


def indices(line, part):
    """Other forms of one index."""
    text = line.text.of(part)
    if isinstance(part, ast.Slice):
        low = line.text.of(part.lower) if part.lower else ""
        up = line.text.of(part.upper) if part.upper else ""
        if part.step is None:
            yield from {f"{up}:{low}", ":", f"{low}:", f":{up}"} - {text}
            names = {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}
            yield from (f"{name}:-{name}" for name in sorted(names))  # without a padding
            if low == "1" and not up:
                yield ":-1"
            if up == "-1" and not low:
                yield "1:"
    elif not isinstance(part, ast.Constant) or isinstance(part.value, int):
        if isinstance(part, ast.BinOp) and isinstance(part.right, ast.Constant):
            yield line.text.of(part.left)
        yield f"{text} - 1"
        yield f"{text} + 1"
        yield f"-({text})"
        if kind_of(valued(text, line.reach.scopes[0]) if is_atomic(part) else None) == "mask":
            yield f"~{text}"


def of_call(line, node):
    text, func = line.text.of, node.func
    arguments = [text(a) for a in node.args]
    keywords = [text(k) for k in node.keywords]
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    head = text(func)
    for other in _other_functions(head, name):
        yield f"{other}({', '.join(arguments + keywords)})", "function"
    for argument in arguments:
        yield argument, "function"
    for inner, factor in _factors_inside(line, node):
        yield f"{factor} * {head}({', '.join([inner, *arguments[1:], *keywords])})", "order"
    if isinstance(func, ast.Attribute) and not is_numpys(func):
        yield text(func.value), "function"
    if len(arguments) == 2:
        one, two = arguments
        for pair in of_product(line, *node.args) if name in _PRODUCTS else ():
            yield f"{head}({', '.join([*pair, *keywords])})", "order"
        yield f"{head}({', '.join([two, one, *keywords])})", "order"
        for pair in ((f"{bracketed(one)}.T", two), (one, f"{bracketed(two)}.T")):
            yield f"{head}({', '.join([*pair, *keywords])})", "transpose"
        if name == "dot":
            yield f"{head}({bracketed(two)}.T, {bracketed(one)}.T)", "order"
    if name == "dot" and len(arguments) == 1:
        yield from of_dot(text(func.value), arguments[0])
    if name in REDUCTIONS:
        yield from axes(line, node, head, arguments, keywords)
    for i, keyword in enumerate(keywords):
        rest = keywords[:i] + keywords[i + 1 :]
        yield f"{head}({', '.join(arguments + rest)})", f"{keyword.split('=')[0].strip()}"


def _factors_inside(line, call):
    """Pairs (what stays inside, a factor) of a call whose first argument is a product."""
    first = call.args[0] if call.args else None
    if isinstance(first, ast.BinOp) and isinstance(first.op, ast.Mult):
        one, two = (bracketed(line.text.of(n)) for n in (first.left, first.right))
        yield from ((one, two), (two, one))


def of_product(line, one, two):
    """The operands of a product with a factor of one of them at the other."""
    for factors, other, first in ((one, two, True), (two, one, False)):
        if isinstance(factors, ast.BinOp) and isinstance(factors.op, ast.Mult):
            left, right = line.text.of(factors.left), line.text.of(factors.right)
            for stays, goes in ((left, right), (right, left)):
                moved = f"{bracketed(goes)} * {bracketed(line.text.of(other))}"
                yield (stays, moved) if first else (moved, stays)


def _other_functions(head, name):
    """The functions that may be meant in the place of one."""
    if head.endswith((".add.at", ".subtract.at")):
        yield "np.subtract.at" if ".add." in head else "np.add.at"
    for group in _FUNCTIONS:
        for other in group if name in group else ():
            if other != name:
                yield head[: len(head) - len(name)] + other


def of_dot(owner, one):
    """x.dot(y) in another order, and of transposed operands."""
    yield f"{bracketed(one)}.dot({owner})", "order"
    yield f"{bracketed(owner)}.T.dot({one})", "transpose"
    yield f"{owner}.dot({bracketed(one)}.T)", "transpose"
    yield f"{bracketed(one)}.T.dot({bracketed(owner)}.T)", "order"


def axes(line, node, head, arguments, keywords):
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


def assignments(line):
    """Another way to assign: what is there kept, or not; other entries."""
    node = line.statement.node
    if line.statement.part or line.statement.target is None:
        return
    target = line.statement.name
    value = line.text.of(line.root) if hasattr(node, "value") else ""
    if isinstance(node, ast.AugAssign):
        yield from _augmented(line, node, target, value)
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], _PARTS):
        for other in ("+=", "-="):
            yield Edit(ASSIGNED, f"{target} {other} {value}", "assignment", "=", other)
        for new in _added(line, node.targets[0], value):
            yield Edit(ASSIGNED, f"{target} = {new}", "assignment", "=", "+=")
        if isinstance(node.targets[0], ast.Subscript):
            yield scattered(line, node.targets[0], value, "=")


def _augmented(line, node, target, value):
    """Other forms of ``target += value``."""
    sign = _SIGNS.get(type(node.op), "")
    old = f"{sign}="
    for other in ("=", "+=", "-=", "*=", "/="):
        if other != old:
            yield Edit(ASSIGNED, f"{target} {other} {value}", "assignment", old, other)
    for index in _indices(line) if isinstance(node.target, ast.Name) else ():
        new = f"{target}[{index}]"
        yield Edit(ASSIGNED, f"{new} {sign}= {value}", "index", target, new)
    if isinstance(node.target, ast.Subscript) and sign == "+":
        yield scattered(line, node.target, value, "+=")
    yield Edit(ASSIGNED, "pass", "extra statement", line.statement.text, "")


def _added(line, target, value):
    """A value added to what is there: an array, an entry of a dict, the entries of a list."""
    name = line.text.of(target)
    if isinstance(target, ast.Subscript):
        base, index = line.text.of(target.value), line.text.of(target.slice)
        yield f"{base}.get({index}, 0) + {value}"
    elif isinstance(target, ast.Name):
        if isinstance(valued(value, line.reach.scopes[0]), list):
            yield f"[a + b for a, b in zip({name}, {value})]"
        yield f"{name} + {bracketed(value)}"


def _indices(line):
    """The names that the function has as an index of something."""
    nodes = ast.walk(line.statement.function)
    found = [n.slice for n in nodes if isinstance(n, ast.Subscript)]
    return list(dict.fromkeys(n.id for n in found if isinstance(n, ast.Name)))[:4]


def scattered(line, target, value, old):
    """The values added to entries of which one may come more than once."""
    base, index = line.text.of(target.value), line.text.of(target.slice)
    index = f"({index})" if isinstance(target.slice, ast.Tuple) else index
    return Edit(ASSIGNED, f"np.add.at({base}, {index}, {value})", "repeated", old, "np.add.at")


def _numbers(x):
    """Other numbers for a number."""
    found = [x + 1, x - 1, -x, 2 * x, x / 2]
    texts = {repr(n) for n in found} | {"0", "1", "2", "0.5", f"3 * {x!r}"}
    return sorted(texts - {repr(x)})
