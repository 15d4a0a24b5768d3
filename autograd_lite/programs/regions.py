"""Regions: calls that go through large arrays together, block after block.

Call by call, every array is read from memory and written back. A block of all of them fits the
processor's cache, and its temporaries are the same few small arrays again and again.
"""

import numpy as np

from ..symbolic import calls

BLOCK = 1 << 14  # elements; a handful of arrays of this size fit a second-level cache
_FEWEST = 3  # calls from which it is worth a loop
LARGE = 8 * BLOCK  # elements from which arrays are larger than the cache
_SUM = calls.Method(np.add, "reduce")


class Region:
    """Steps that are made in one loop over the first axis of arrays of one length.

    Attributes
    ----------
    steps
        The calls, in order.
    sums
        Those among them that are sums over the blocks.
    outputs
        Those whose values are needed elsewhere.
    rows, step
        The length of the first axis, and of a block.
    """

    kind = "region"

    def __init__(self, shape):
        self.shape = shape
        self.rows = shape[0]
        row = max(int(np.prod(shape[1:])), 1)
        count = max(round(self.rows * row / BLOCK), 1)
        self.step = -(-self.rows // count)
        self.steps = []
        self.known = set()
        self.sums = set()
        self.outputs = []

    def add(self, step):
        """Take a call in."""
        self.steps.append(step)
        self.known.add(step)
        if step.shape != self.shape:
            self.sums.add(step)

    def operands(self):
        """What comes from outside, each once."""
        found = dict.fromkeys(x for step in self.steps for x in step.operands())
        return [x for x in found if x not in self.known]

    def is_sliced(self, x):
        """Whether a block of an array belongs to a block of the region."""
        return x.shape is not None and len(x.shape) == len(self.shape) and x.shape[0] == self.rows

    def takes(self, step, inner, read):
        """Whether a call can be made block by block.

        What is written inside its line must be made of numbers: of an array the line sees a block.
        """
        inside = [x for x in step.operands() if x in inner]
        if step.kwargs or any(y.shape != () for x in inside for y in (x, *read(x))):
            return False
        if step.func is np.vdot:
            return all(x.shape == self.shape for x in step.operands())
        if step.func == _SUM:
            x, axis = step.args
            whole = axis is None or axis in (0, (0,))
            return whole and x.shape == self.shape and step.dtype == x.dtype
        return is_elementwise(step) and step.shape == self.shape


def is_elementwise(step):
    """Whether a call is of a ufunc with one result."""
    func = step.func
    is_ufunc = isinstance(func, np.ufunc) and func.signature is None and func.nout == 1
    return is_ufunc and not step.kwargs and step.dtype is not None and step.dtype.kind in "fb"


def in_regions(statements, inner, results, read):
    """The statements in another order of the same meaning, with regions among them."""
    statements = list(statements)
    done = []
    while statements:
        region = None
        if _may_begin(statements[0]):
            region, before, after = _grown(statements[0], statements, inner, read)
        if region is None:
            done.append(statements.pop(0))
            continue
        wanted = {*results, *(x for statement in after for x in read(statement))}
        region.outputs = [x for x in region.steps if x in wanted]
        done += [*before, region]
        statements = after
    return done


def _may_begin(statement):
    if statement.kind != "call" or not statement.shape or not is_elementwise(statement):
        return False
    return statement.size >= LARGE and statement.size // statement.shape[0] <= BLOCK


def _grown(first, statements, inner, read):
    """A region from its first call on, and what comes before and after it; or None."""
    region = Region(first.shape)
    before, after, waiting = [], [], set()
    for position, statement in enumerate(statements):
        if statement.kind != "call" or (after and statement.kind == "guard"):
            after += statements[position:]
            break
        reads = set(read(statement))
        if reads & waiting or (reads & region.sums):
            after.append(statement)
            waiting.add(statement)
        elif region.takes(statement, inner, read):
            region.add(statement)
        elif reads & region.known:
            after.append(statement)
            waiting.add(statement)
        else:
            before.append(statement)
    if len(region.steps) - len(region.sums) < _FEWEST:
        return None, None, None
    return region, before, after


def loop_lines(region, writer):
    """The lines of a region: a loop over blocks, in small arrays that are used again and again."""
    names = writer.names
    outputs = [x for x in region.outputs if x not in region.sums]
    sliced = [x for x in region.operands() if region.is_sliced(x)]
    whole = {x: names[x] for x in (*sliced, *outputs)}
    before = [f"{names[x]} = np.empty({x.shape}, {_dtype(writer, x.dtype)})" for x in outputs]
    before += [f"{names[x]} = 0" for x in region.steps if x in region.sums]
    start, part = map(writer.variable, ("start", "part"))
    body = [f"{part} = slice({start}, {start} + {region.step})"]
    for x in whole:
        names[x] = writer.variable(f"{whole[x]}_part")
        body.append(f"{names[x]} = {whole[x]}[{part}]")
    calls_, blocks = _in_blocks(region, writer, set(outputs))
    rest = region.rows % region.step
    for name, dtype in blocks:
        shape = (region.step, *region.shape[1:])
        before.append(f"{name} = np.empty({shape}, {_dtype(writer, dtype)})")
    if rest and blocks:
        all_blocks = ", ".join(name for name, _ in blocks)
        parts = ", ".join(f"{name}[:{rest}]" for name, _ in blocks)
        body += [f"if {start} + {region.step} > {region.rows}:", f"    {all_blocks} = {parts}"]
    names.update(whole)
    loop = f"for {start} in range(0, {region.rows}, {region.step}):"
    return [*before, loop, *(f"    {line}" for line in (*body, *calls_))]


def _in_blocks(region, writer, outputs):
    """The calls on blocks, and the blocks that they need: (name, dtype) each."""
    names = writer.names
    last = {x: i for i, step in enumerate(region.steps) for x in step.operands()}
    lines, blocks, free, held = [], [], {}, {}
    for position, step in enumerate(region.steps):
        ending = [x for x in dict.fromkeys(step.operands()) if x in held and last[x] == position]
        if step in region.sums:
            name = names.pop(step)
            lines.append(f"{name} += {writer.definition(step)}")
            names[step] = name
        else:
            target = names[step] if step in outputs else None
            if target is None:
                own = [x for x in ending if x.dtype == step.dtype]
                if own:
                    target = held.pop(own[0])
                elif free.get(step.dtype):
                    target = free[step.dtype].pop()
                else:
                    target = writer.variable(f"block{len(blocks) + 1}")
                    blocks.append((target, step.dtype))
                held[step] = target
            lines.append(writer.into(step, target))
            names[step] = target
        for x in ending:
            if x in held:
                free.setdefault(x.dtype, []).append(held.pop(x))
    return lines, blocks


def _dtype(writer, dtype):
    return writer.constant(dtype)[0]
