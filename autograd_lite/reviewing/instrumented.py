"""The code of the user's functions with calls in it that tell what each statement gave.

A function keeps its identity: while a program is watched, the code objects of its functions are
exchanged (``f.__code__``), and put back afterwards. No file is written.
"""

import ast
import copy
import dis
import functools
import gc
import sys
import types
from contextlib import contextmanager

from . import sources
from .sources import Source

HOOK = "__review__"  # the watcher, among the globals of a watched module
RETURNED = "__returned__"
_OURS = "__shown__"  # the argument of functions that are none of the user's
_OF_TENSORS = ("data", "grad")  # attributes that lead off the tape
_OFF_THE_TAPE = ("item", "tolist", "numpy", "detach")


class Program:
    """A function of the user's, with the functions of his files that it calls.

    Attributes
    ----------
    f : callable
    functions : dict
        The function objects by code object.
    modules : list of dict
        The globals of these functions.
    sources : dict of Source by path
    ran : set
        Pairs (path, name) of these functions.
    called : set
        Their names.
    added : tuple or None
        The key of a line that is another one in all runs; see `have_returned`.
    """

    def __init__(self, f, codes):
        self.f = f
        self.functions = _functions_of(codes)
        owners = [fn for found in self.functions.values() for fn in found]
        self.modules = list({id(fn.__globals__): fn.__globals__ for fn in owners}.values())
        self.ran = {(code.co_filename, code.co_name) for code in codes}
        self.called = {code.co_name for code in codes}
        paths = dict.fromkeys(code.co_filename for code in codes)
        self.sources = self.written = {path: Source.of(path) for path in paths}
        self.added = None
        self.functions_around = {fn for fn in owners if fn.__closure__}

    def have_returned(self, source, key):
        """Run with another text of a file, in which the line of that key returns more."""
        self.sources = self.sources | {source.path: source}
        self.added = key

    def as_written(self, source):
        """The lines of a source without what `have_returned` has put in."""
        before, path = self.written[source.path].lines, source.path
        put = self.sources[path].lines
        return [b if p != b and n == p else n for b, p, n in zip(before, put, source.lines)]

    def judges(self, key):
        """Whether a statement is the user's."""
        return sources.is_judged(key[0]) and key != self.added

    def _other(self, code, new):
        """The code of a function among the new ones of its name; None if there is none."""
        name = _named(code)
        found = new.get(name, ())
        if len(found) < 2:
            return next(iter(found), None)
        before = _by_name(_compiled(self.written[code.co_filename]))[name]  # lambdas on one line
        return found[before.index(code)] if len(before) == len(found) else None

    @contextmanager
    def watched(self, watcher, changed=None, executed=()):
        """The program with a watcher in its code.

        ``changed`` are other texts of the sources, by path, and maybe of files of which it runs
        nothing; ``executed`` are the keys of the statements that the watcher carries out itself.
        """
        new = {}
        changed = {path: s for path, s in (changed or {}).items() if path in self.sources}
        for path, source in {**self.sources, **changed}.items():
            mine = frozenset(key for key in executed if key[0] == path)
            if watcher.records or source is not self.written[path]:
                new |= _codes(source, watcher.records, frozenset())
            if mine:
                new |= _codes(source, watcher.records, mine)
        before = {}
        for module in self.modules:
            module[HOOK] = watcher
        try:
            for code, functions in self.functions.items():
                other = self._other(code, new)
                for fn in functions if other is not None else ():
                    if other.co_freevars == code.co_freevars:
                        before[fn] = fn.__code__
                        fn.__code__ = other
            yield
        finally:
            for fn, code in before.items():
                fn.__code__ = code
            for module in self.modules:
                del module[HOOK]


def _functions_of(codes):
    """{code: the function objects that hold it, wherever they are}: one look at all objects.

    The collector does not tell of what was frozen (``gc.freeze``): that is looked for by name.
    """
    functions = {code: [] for code in codes}
    known = {id(code): found for code, found in functions.items()}
    for found in gc.get_referrers(*codes):
        if isinstance(found, types.FunctionType) and id(found.__code__) in known:
            known[id(found.__code__)].append(found)
    missing = {key for key, found in known.items() if not found}
    for found in _named_functions() if missing else ():
        key = id(found.__code__)
        if key in missing and found not in known[key]:
            known[key].append(found)
    return functions


def _named_functions():
    """The functions and methods that modules have names for."""
    for module in list(sys.modules.values()):
        for value in list(getattr(module, "__dict__", {}).values()):
            inside = vars(value).values() if issubclass(type(value), type) else (value,)
            yield from (f for f in inside if type(f) is types.FunctionType)


def mentioned(f):
    """The code objects of the user's files that a callable may come to call, by their names."""
    found, todo, seen = {}, [f], {}
    while todo:
        value = todo.pop()
        value = getattr(value, "__func__", value)  # of a method
        if id(value) in seen:
            continue
        seen[id(value)] = value
        if isinstance(value, types.FunctionType):
            code = value.__code__
            if sources.is_judged(code.co_filename) and sources.is_users(code.co_filename):
                found[code] = None
                todo += [value.__globals__.get(name) for name in names_in(code)]
                todo += [c.cell_contents for c in value.__closure__ or () if _is_filled(c)]
        elif isinstance(value, type) or hasattr(value, "__dict__"):
            kind = value if isinstance(value, type) else type(value)
            todo += [g for g in vars(kind).values() if isinstance(g, types.FunctionType)]
            todo += [g for g in getattr(value, "__dict__", {}).values() if callable(g)]
    return found


def names_in(code):
    """The names of globals in a code object and in those inside it."""
    yield from (i.argval for i in dis.get_instructions(code) if i.opname.endswith("_GLOBAL"))
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from names_in(inner)


def _is_filled(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


@contextmanager
def noticed(codes):
    """Note the code objects of the user's files that are called meanwhile."""

    @functools.cache
    def counts(path):
        return sources.is_users(path)

    def profile(frame, event, argument):
        if event == "call" and counts(frame.f_code.co_filename):
            codes[frame.f_code] = None

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        if before is None or callable(before):
            sys.setprofile(before)
        else:  # cProfile's object, which goes on by itself
            before.enable()


@functools.lru_cache(1024)
def _codes(source, records, executed):
    """{(path, qualified name, first line): code objects} of a file with the hooks in it.

    With ``executed`` those of the definitions alone in which these statements stand.
    """
    tree = source.parsed([line for _, line, _ in executed])
    names = {}
    for statement in source.statements:
        node = statement.node
        names[node.lineno, node.col_offset, type(node)] = statement.key
    tree = ast.fix_missing_locations(_Hooks(source.path, names, records, executed).visit(tree))
    return _by_name(compile(tree, source.path, "exec", dont_inherit=True))


@functools.lru_cache(1024)
def _compiled(source):
    return compile(source.tree, source.path, "exec", dont_inherit=True)


def _by_name(module):
    """{(path, qualified name, first line): the code objects of the functions} of a file."""
    found: dict = {}
    todo = [module]
    while todo:
        code = todo.pop()
        todo += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
        if code.co_varnames[:1] != (_OURS,):
            found.setdefault(_named(code), []).append(code)
    return found


def _named(code):
    return code.co_filename, code.co_qualname, code.co_firstlineno


class _Hooks(ast.NodeTransformer):
    """Puts the calls of the watcher in.

    With ``records``: each value of a statement goes through ``value``, what was stored into is
    shown to ``stored``, each function that is called goes through ``called``, and what it was
    called with is shown to ``entered``.
    """

    def __init__(self, path, names, records, executed):
        self.path = path
        self.names = names
        self.records = records
        self.executed = executed
        self.around: list = []  # the names of the functions around the innermost one
        self.inside: list = []

    def visit(self, node):
        name = self.names.get((node.lineno, node.col_offset, type(node))) if _placed(node) else None
        if name is not None and name in self.executed:
            return _by_watcher(node, name, self.around)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            before, self.around = self.around, self.around + self.inside
            self.inside = _locals(node)
            node = self.generic_visit(node)
            self.inside, self.around = self.around[len(before) :], before
            if self.records:
                node.body.insert(0, self._entered(node))
            return node
        if isinstance(node, ast.Lambda) and hasattr(node, "lineno"):  # none of ours
            return self._lambda(node)
        if self.records and name is not None and not isinstance(node, (ast.For, ast.If)):
            original = copy.deepcopy(node) if isinstance(node, ast.Expr) else node
            return self._recorded(self.generic_visit(node), name, original)
        return super().visit(node)

    def _lambda(self, node):
        """A lambda whose body is in the watcher's hands, or shown to it."""
        body = sources.returned(node)
        name = self.names.get((body.lineno, body.col_offset, ast.Return))
        if name in self.executed:
            mentioned = [ast.Name(n, ast.Load()) for n in dict.fromkeys(self.around + self.inside)]
            never = ast.Tuple([node.body, *mentioned], ast.Load())
            run = _call("header", ast.Constant(name), _scope())
            node.body = ast.IfExp(ast.Constant(True), run, never)
            return node
        node = self.generic_visit(node)
        if self.records:
            value = _call("value", ast.Constant(name), node.body)
            both = ast.Tuple([self._entered(node).value, value], ast.Load())
            node.body = ast.Subscript(both, ast.Constant(1), ast.Load())
        return node

    def _entered(self, function):
        names = [a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)]
        values = [ast.Name(name, ast.Load()) for name in names]
        given = ast.Dict([ast.Constant(name) for name in names], values)
        return ast.Expr(_call("entered", ast.Constant((self.path, function.lineno)), given))

    def visit_Call(self, node):
        """A call through the watcher, which may answer in another form."""
        node = self.generic_visit(node)
        if not self.records:
            return node
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in _OFF_THE_TAPE:
            method = _call("plain", func.value, ast.Constant(func.attr))
            return ast.Call(method, node.args, node.keywords)
        if isinstance(func, ast.Name) and func.id in ("super", "locals", "globals"):
            return node
        return ast.Call(_call("called", func), node.args, node.keywords)

    def visit_Attribute(self, node):
        """What is read of a tensor, through the watcher."""
        node = self.generic_visit(node)
        if not self.records or node.attr not in _OF_TENSORS or not isinstance(node.ctx, ast.Load):
            return node
        return _call("attribute", node.value, ast.Constant(node.attr))

    def _recorded(self, node, name, original):
        if isinstance(node, ast.AugAssign):
            how = f"i{type(node.op).__name__.lower()}"
            how = ast.Constant(_AUGMENTED.get(how, how))
            done = _put("augmented", node.target, how, node.value)
            before = self.generic_visit(_loaded(node.target))
            new = _call("changed", before, how, node.value)
            done = done or ast.copy_location(ast.Assign([node.target], new), node)
            return [done, self.generic_visit(_shown(name, node.target))]
        if isinstance(node, ast.Expr):
            if sources.is_append(original.value):
                node.value.args[0] = _call("value", ast.Constant(name), node.value.args[0])
            if sources.is_scatter(original.value):
                return [node, _shown(name, original.value.args[0])]
            return node
        node.value = _call("value", ast.Constant(name), node.value)
        targets = node.targets if isinstance(node, ast.Assign) else []
        inside = [t for t in targets if isinstance(t, ast.Subscript)]
        done = _put("put", targets[0], node.value) if len(targets) == 1 else None
        return [done or node, *(_shown(name, target) for target in inside)]


_AUGMENTED = {"imult": "imul", "idiv": "itruediv", "imatmult": "imatmul"}


def _put(method, target, *values):
    """The statement that has the watcher change an attribute of a tensor; None of others."""
    if not isinstance(target, ast.Attribute) or target.attr not in _OF_TENSORS:
        return None
    return ast.Expr(_call(method, target.value, ast.Constant(target.attr), *values))


def _placed(node):
    return isinstance(node, ast.stmt)


def _call(method, *arguments):
    hook = ast.Attribute(ast.Name(HOOK, ast.Load()), method, ast.Load())
    return ast.Call(hook, list(arguments), [])


def _shown(name, target):
    """A statement that shows what was stored into: the array, or the entry of a container.

    Of an attribute the object is shown too.
    """
    whole = _loaded(target.value if isinstance(target, ast.Subscript) else target)
    entry = ast.Lambda(_no_arguments(), _loaded(target))
    owner = [_loaded(target.value)] if isinstance(target, ast.Attribute) else []
    return ast.Expr(_call("stored", ast.Constant(name), whole, entry, *owner))


def _loaded(target):
    """The expression of a target that is read."""
    again = ast.parse(ast.unparse(target), mode="eval").body
    return again


def _no_arguments():
    """Those of a function of ours: one that is never given."""
    return ast.arguments([], [ast.arg(_OURS)], None, [], [], None, [ast.Constant(None)])


def _locals(function):
    """The names that a function's own statements and parameters bind."""
    found = [a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)]
    todo = list(function.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        todo += ast.iter_child_nodes(node)
    return found


def _by_watcher(node, name, around=()):
    """The statement in the watcher's hands: it gets the names in reach, and gives them back.

    The statement itself stays where it never runs, so that its names are the function's; so do
    the names of the functions around it, which another form may need.
    """
    run = _call("executed", ast.Constant(name), _scope())
    if isinstance(node, (ast.For, ast.If)):
        run.func.attr = "header"
        part = "iter" if isinstance(node, ast.For) else "test"
        never = getattr(node, part)
        setattr(node, part, ast.IfExp(ast.Constant(True), run, never))
        return node
    scope_name = "__scope__"
    lines = [
        ast.If(ast.Constant(0), [node, *_mentioned(around)], []),
        ast.Assign([ast.Name(scope_name, ast.Store())], run),
    ]
    if isinstance(node, ast.Return):
        return [*lines, ast.Return(_entry(scope_name, RETURNED))]
    for bound in bound_names(node):
        lines.append(ast.Assign([ast.Name(bound, ast.Store())], _entry(scope_name, bound)))
    return lines


def _scope():
    """The expression of the names in reach."""
    return ast.parse("{**globals(), **locals()}", mode="eval").body


def _mentioned(names):
    """Statements that read names, and so bring them into reach."""
    return [ast.Expr(ast.Name(name, ast.Load())) for name in dict.fromkeys(names)]


def _entry(scope, name):
    return ast.Subscript(ast.Name(scope, ast.Load()), ast.Constant(name), ast.Load())


def bound_names(node):
    """The local names that a statement binds."""
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    found = []
    for target in targets:
        for inner in ast.walk(target) if target is not None else ():
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                found.append(inner.id)
    return found
