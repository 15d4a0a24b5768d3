"""Whether an array is one that backpropagation computes: a gradient, or a part of one."""

import numpy as np

EXACT, SCALED, INNER, UNKNOWN = 3, 2, 1, 0
_CLOSE = 1e-7


class Known:
    """The gradients and contributions of a true backward pass, found by their numbers.

    What has the shape of one must be it entry by entry; of another shape it may be a transposed
    or reshaped one. `SCALED` is a gradient times, or divided by, the size of an axis: the 1/N of
    a mean may come later, and so may one of the other ``sizes``. `INNER` is one of a value that
    has no name. Of the ``signs`` -1 says that a gradient may be that of the negative loss.
    """

    def __init__(self, arrays, inner=(), close=_CLOSE, sizes=(), signs=(1,)):
        self.inner = Known(inner, close=close, signs=signs) if inner else None
        self.signs = signs
        self.close = max(close, _CLOSE)
        self.shapes: dict = {}
        self.sizes: dict = {}
        self.axes = {1.0, *map(float, sizes)}
        self._nodes: dict = {}
        for array in arrays:
            array = np.asarray(array)
            if array.dtype.kind != "f" or not array.size or not np.isfinite(array).all():
                continue
            self.axes |= {float(n) for n in array.shape}
            described = _described(array)
            if described is not None:
                self.shapes.setdefault(array.shape, []).append(described[0])
                self.sizes.setdefault(array.size, []).append(described[1])
        self.shapes = {key: np.unique(np.array(rows), axis=0) for key, rows in self.shapes.items()}
        self.sizes = {key: np.unique(np.array(rows), axis=0) for key, rows in self.sizes.items()}

    def of(self, array):
        """EXACT, SCALED, INNER or UNKNOWN; an array of zeros is EXACT."""
        array = np.asarray(array)
        if array.dtype.kind != "f" or not array.size or not np.isfinite(array).all():
            return UNKNOWN
        described = _described(array)
        return EXACT if described is None else self._of(array, described)

    def of_node(self, node):
        """The same of the value of a node, which is looked up once."""
        if node not in self._nodes:
            self._nodes[node] = self.of(node.out)
        return self._nodes[node]

    def _of(self, array, described):
        found = max(self._like(array, described, sign) for sign in self.signs)
        if found == UNKNOWN and self.inner is not None:
            return INNER if self.inner._of(array, described) == EXACT else UNKNOWN
        return found

    def _like(self, array, described, sign):
        """Whether one of the arrays is like an array times a sign."""
        same = array.shape in self.shapes
        rows = self.shapes.get(array.shape) if same else self.sizes.get(array.size)
        if rows is None:
            return UNKNOWN
        norm, *direction = described[0] if same else described[1]
        direction = sign * np.array(direction)
        alike = (np.abs(rows[:, 1:] - direction) <= 10 * self.close).all(axis=1)
        ratios = rows[alike, 0] / norm
        if (np.abs(ratios - 1) <= 10 * self.close).any():
            return EXACT
        if array.size < 2 or not ratios.size:
            return UNKNOWN
        scales = np.array(sorted(self.axes))
        scales = np.concatenate([scales, 1 / scales])
        close = np.abs(ratios[:, None] / scales - 1) <= 10 * self.close
        return SCALED if close.any() else UNKNOWN


def _described(array):
    """(norm and direction entry by entry, norm and direction in any order); None for zeros."""
    array = np.asarray(array, dtype=float)
    largest = float(np.abs(array).max())
    if not largest:
        return None
    norm = largest * float(np.linalg.norm(array / largest))  # squares of large numbers overflow
    unit = array / norm
    positions = np.sin(np.arange(1.0, unit.size + 1) * 1.7) / np.sqrt(unit.size)
    ordered = float(unit.ravel() @ positions)
    cubes = float(np.sum(unit**3))
    sums = float(unit.sum()) / np.sqrt(unit.size)
    return (norm, ordered, cubes), (norm, sums, cubes)
