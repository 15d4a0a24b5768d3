import math


class Node:
    """One number on the tape. No closures: the kind of operation is remembered and backward switches on it."""

    def __init__(self, data, op="leaf", args=(), extra=None):
        self.data, self.op, self.args, self.extra, self.grad = data, op, args, extra, 0.0

    def __add__(self, o):
        o = lift(o)
        return Node(self.data + o.data, "add", (self, o))

    def __mul__(self, o):
        o = lift(o)
        return Node(self.data * o.data, "mul", (self, o))

    def __truediv__(self, o):
        o = lift(o)
        return Node(self.data / o.data, "div", (self, o))

    def __sub__(self, o):
        return self + lift(o) * -1.0

    def exp(self):
        return Node(math.exp(self.data), "exp", (self,))

    def log(self):
        return Node(math.log(self.data), "log", (self,))

    def relu(self):
        return Node(self.data if self.data > 0 else 0.0, "relu", (self,))

    def power(self, n):
        return Node(self.data ** n, "pow", (self,), n)


def lift(x):
    return x if isinstance(x, Node) else Node(x)


def propagate(node):
    g, a = node.grad, node.args
    if node.op == "add":
        a[0].grad += g
        a[1].grad += g  #! a[1].grad = g
    elif node.op == "mul":
        a[0].grad += g * a[1].data  #! a[0].grad += g * a[0].data #| a[0].grad = g * a[1].data
        a[1].grad += g * a[0].data
    elif node.op == "div":
        a[0].grad += g / a[1].data  #! a[0].grad += g * a[1].data
        a[1].grad -= g * a[0].data / a[1].data ** 2  #! a[1].grad += g * a[0].data / a[1].data ** 2 #| a[1].grad -= g * a[0].data / a[1].data #| a[1].grad -= g / a[1].data ** 2  #= a[1].grad -= g * node.data / a[1].data
    elif node.op == "exp":
        a[0].grad += g * node.data  #! a[0].grad += g * a[0].data #| a[0].grad += node.data  #= a[0].grad += math.exp(a[0].data) * g
    elif node.op == "log":
        a[0].grad += g / a[0].data  #! a[0].grad += g / node.data #| a[0].grad += g * math.log(a[0].data)  #&a a[0].grad += g * a[0].data
    elif node.op == "relu":
        a[0].grad += g if node.data > 0 else 0.0  #! a[0].grad += g if g > 0 else 0.0 #| a[0].grad += node.data #| a[0].grad += g  #= a[0].grad += g * (node.data > 0)
    elif node.op == "pow":
        a[0].grad += g * node.extra * a[0].data ** (node.extra - 1)  #! a[0].grad += g * node.extra * a[0].data #| a[0].grad += g * a[0].data ** (node.extra - 1)  #&a a[0].grad -= g * node.extra * a[0].data ** (node.extra - 1)


def backward(root):
    order, stack, done = [], [(root, False)], set()
    while stack:
        n, finished = stack.pop()
        if finished:
            order.append(n)
        elif id(n) not in done:
            done.add(id(n))
            stack.append((n, True))
            stack.extend((c, False) for c in n.args)
    root.grad = 1.0
    for n in reversed(order):
        propagate(n)


def run(w, u, b, data):
    w, u, b = [Node(v) for v in w], [Node(v) for v in u], Node(b)
    total = Node(0.0)
    for x1, x2, label in data:
        h = [(w[0] * x1 + w[1] * x2 + b).relu(), (w[2] * x1 + w[3] * x2 - b).relu()]
        s0, s1 = (u[0] * h[0] + u[1] * h[1]).exp(), (u[2] * h[0] + u[3] * h[1] + b).exp()
        p = (s0 if label == 0 else s1) / (s0 + s1)
        total = total - p.log()
    for v in w + u:
        total = total + v.power(3) * 0.05 + v.power(2) * 0.1
    backward(total)
    return total.data, [[v.grad for v in w], [v.grad for v in u], b.grad]


def example():
    return [0.6, -0.9, 1.3, 0.4], [0.8, -1.2, -0.5, 0.7], 0.3, [(1, 2, 0), (-1, 1, 1), (2, -1, 1), (1, -2, 0), (3, 1, 1)]
