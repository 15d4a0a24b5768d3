"""Derivatives of a user's function by differences, entry by entry.

Where each row of the result depends on the same row of x alone, as per-sample losses do on their
predictions, all rows are moved at once: 2 calls instead of 2 a sample.
"""

import numpy as np

from ..slopes import Slope, checked, first, second

MOST = 500  # how many entries of an array are moved one at a time


class Differences:
    """The derivatives by differences of a `Problem`, each for one of its leaves.

    Of a result with several elements the sum is differentiated, but for the Jacobian.
    """

    def __init__(self, problem):
        self._problem = problem

    def gradient(self, i, expected, allowed, suspects) -> Slope:
        """The gradient; an entry that is as expected is taken with one step."""
        if self._by_rows(i):
            return self._columns(i, first)
        found = []
        for index in self._asked(i, suspects):
            size = abs(self._problem.leaves[i][index])
            g = self._moving(i, index, np.sum)
            found.append((index, checked(g, size, expected[index], allowed[index])))
        return Slope.scattered(self._problem.leaves[i].shape, found)

    def jacobian(self, i, suspects) -> Slope:
        """All derivatives, of shape out + in."""
        leaf, out = self._problem.leaves[i], self._problem.result
        suspects = suspects.reshape(out.shape + leaf.shape).any(axis=tuple(range(out.ndim)))
        found = [
            ((..., *index), first(self._moving(i, index), abs(leaf[index])))
            for index in self._asked(i, suspects)
        ]
        return Slope.scattered(out.shape + leaf.shape, found)

    def curvature(self, i, suspects) -> Slope:
        """The diagonal of the Hessian."""
        if self._by_rows(i):
            return self._columns(i, second)
        leaf, found = self._problem.leaves[i], []
        for index in self._asked(i, suspects):
            found.append((index, second(self._moving(i, index, np.sum), abs(leaf[index]))))
        return Slope.scattered(leaf.shape, found)

    def _moving(self, i, index, read=np.asarray):
        """What is read off the results as one entry moves."""

        def g(t):
            moved = self._problem.leaves[i].copy()
            moved[index] += t
            return read(self._result(i, moved))

        return g

    def _result(self, i, leaf):
        leaves = self._problem.leaves
        return self._problem.values(*leaves[:i], leaf, *leaves[i + 1 :])

    def _asked(self, i, suspects):
        """Which entries to move: all, or else of those in doubt and of the others at random."""
        size = suspects.size
        chosen = np.arange(size)
        if size > MOST:
            rng = np.random.default_rng(0)
            doubtful = rng.permutation(np.flatnonzero(suspects))[: MOST // 2]
            others = rng.permutation(size)[: MOST - doubtful.size]
            chosen = np.union1d(doubtful, others)
        for k in chosen:
            yield tuple(int(n) for n in np.unravel_index(k, suspects.shape))

    def _by_rows(self, i):
        """Whether each row of the result depends on the same row of the leaf alone."""
        leaf, result = self._problem.leaves[i], self._problem.result
        if leaf.size <= 64 or not result.ndim or leaf.shape[:1] != result.shape[:1]:
            return False
        rng = np.random.default_rng(0)
        for _ in range(4):
            chosen = rng.permutation(len(leaf)) < len(leaf) // 2
            moved = leaf.copy()
            moved[chosen] += 1e-3 * np.maximum(1.0, np.abs(leaf[chosen]))
            with np.errstate(all="ignore"):
                still = self._result(i, moved)[~chosen]
            if not np.array_equal(still, result[~chosen], equal_nan=True):
                return False
        return True

    def _columns(self, i, rule):
        """A derivative of each row's result, all rows moved at once, one column after another."""
        leaf, power = self._problem.leaves[i], 2 if rule is second else 1
        size = np.maximum(1.0, np.abs(leaf))
        found = []
        for column in np.ndindex(leaf.shape[1:]):
            at = (slice(None), *column)

            def g(t, at=at):
                moved = leaf.copy()
                moved[at] += t * size[at]
                result = self._result(i, moved)
                return result.reshape(len(result), -1).sum(axis=1)

            found.append((at, rule(g).divided(size[at] ** power)))
        return Slope.scattered(leaf.shape, found)
