"""Deep sets regression with a Wengert list: forward() writes what it did, backward() reads the list from the end."""
import numpy as np


class Tape(list):
    def __init__(self):
        self.values, self.adj = [], []

    def new(self, value):
        self.values.append(value)
        return len(self.values) - 1

    def record(self, op, value, *inputs, **extra):
        out = self.new(value)
        self.append((op, out, inputs, extra))
        return out

    def matmul(self, i, j):
        return self.record("matmul", self.values[i] @ self.values[j], i, j)

    def add_row(self, i, j):
        return self.record("add_row", self.values[i] + self.values[j], i, j)

    def mul(self, i, j):
        return self.record("mul", self.values[i] * self.values[j], i, j)

    def tanh(self, i):
        return self.record("tanh", np.tanh(self.values[i]), i)

    def mean_groups(self, i, sizes):
        ends = np.cumsum(sizes)
        rows = [self.values[i][e - s:e].mean(axis=0) for s, e in zip(sizes, ends)]
        return self.record("mean_groups", np.array(rows), i, sizes=sizes)

    def half_mse(self, i, target):
        return self.record("half_mse", 0.5 * np.mean((self.values[i] - target) ** 2), i, target=target)

    def backward(self, out):
        self.adj = [np.zeros_like(v) for v in self.values]
        self.adj[out] = 1.0
        for op, o, ins, extra in reversed(self):
            g = self.adj[o]
            a = self.values[ins[0]]
            if op == "matmul":
                b = self.values[ins[1]]
                self.adj[ins[0]] += g @ b.T  #! self.adj[ins[0]] += g @ b #| self.adj[ins[0]] = g @ b.T
                self.adj[ins[1]] += a.T @ g  #! self.adj[ins[1]] += a.T @ g / len(a)  #= self.adj[ins[1]] += np.einsum("ni,nj->ij", a, g)
            elif op == "add_row":
                self.adj[ins[0]] += g
                self.adj[ins[1]] += g.sum(axis=0)  #! self.adj[ins[1]] += g[0] #| self.adj[ins[1]] += g.sum() #| self.adj[ins[1]] = g.mean(axis=0)
            elif op == "mul":
                b = self.values[ins[1]]
                self.adj[ins[0]] += g * b  #! self.adj[ins[0]] += g * a  #&a self.adj[ins[0]] += 2 * g * b
                self.adj[ins[1]] += g * a  #! self.adj[ins[1]] -= g * a #| self.adj[ins[1]] += a
            elif op == "tanh":
                y = self.values[o]
                self.adj[ins[0]] += g * (1 - y ** 2)  #! self.adj[ins[0]] += g * (1 - a ** 2) #| self.adj[ins[0]] += g * (1 - y) ** 2 #| self.adj[ins[0]] = g * (1 - y ** 2)  #= self.adj[ins[0]] += g * (1 - y) * (1 + y)
            elif op == "mean_groups":
                sizes = extra["sizes"]
                spread = g / np.array(sizes)[:, None]  #! spread = g #| spread = g / len(sizes) #| spread = g / len(a)
                self.adj[ins[0]] += np.repeat(spread, sizes, axis=0)  #= self.adj[ins[0]] += spread[np.repeat(np.arange(len(sizes)), sizes)]
            elif op == "half_mse":
                self.adj[ins[0]] += g * (a - extra["target"]) / a.size  #! self.adj[ins[0]] += g * (a - extra["target"]) / len(a)  #&a self.adj[ins[0]] += g * (a - extra["target"])


def run(points, sizes, target, leaves):
    tape = Tape()
    x = tape.new(points)
    at = {name: tape.new(value) for name, value in leaves.items()}
    h = tape.tanh(tape.add_row(tape.matmul(x, at["A"]), at["a"]))
    h = tape.mul(h, tape.tanh(h))            # h is used twice
    pooled = tape.mean_groups(h, sizes)
    top = tape.tanh(tape.matmul(pooled, at["B"]))
    top = tape.mul(pooled, top)              # a gate on the pooled vector
    out = tape.add_row(tape.matmul(top, at["C"]), at["c"])
    loss = tape.half_mse(out, target)
    tape.backward(loss)
    return tape.values[loss], {name: tape.adj[i] for name, i in [("points", x), *at.items()]}


def example():
    rng = np.random.default_rng(54)
    leaves = {"A": rng.normal(size=(4, 4)), "a": rng.normal(size=4), "B": rng.normal(size=(4, 4)) * 2, "C": rng.normal(size=(4, 4)), "c": rng.normal(size=4)}
    return rng.normal(size=(9, 4)), [2, 4, 3], rng.normal(size=(3, 4)), leaves
