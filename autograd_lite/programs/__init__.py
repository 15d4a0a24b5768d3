"""Graphs of expressions as programs: readable, fast in NumPy, compiled by Numba."""
