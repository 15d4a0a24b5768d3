"""References: where a value is read from, with a value stored there."""

from ..engine.aliasing import separate
from ..engine.arrays import asarray


class Item:
    """What is read as ``holder[key]``; ``path`` is what people call it."""

    __slots__ = ("holder", "key", "path", "value")
    is_attribute = False

    def __init__(self, holder, key, path):
        self.holder = holder
        self.key = key
        self.path = path
        self.value = self.read()

    def source(self):
        """The object, and the key or the name, that it is read from."""
        return self.holder, self.key

    def read(self):
        """The value of now."""
        return self.holder[self.key]

    def write(self, value):
        """Have another value there."""
        self.holder[self.key] = value

    store = write  # what a program computed


class Attribute(Item):
    """An attribute of an object without a dict that can be written: a cell, a slot."""

    __slots__ = ()
    is_attribute = True

    def read(self):
        return getattr(*self.source())

    def write(self, value):
        setattr(*self.source(), value)

    store = write


class ClassAttribute(Item):
    """An attribute of a class as it is stored, without its descriptor's answer."""

    __slots__ = ()

    def source(self):
        return vars(self.holder), self.key

    def read(self):
        return vars(self.holder)[self.key]

    def write(self, value):
        if self.read() is not value:
            setattr(self.holder, self.key, value)

    store = write


class TensorPart(Attribute):
    """The value, the gradient or a setting of a tensor; what its node has is the node's of now."""

    __slots__ = ()
    keys = ("node", "_array", "grad", "requires_grad")

    def source(self):
        tensor = self.holder
        return (tensor if self.key in ("node", "_array") else tensor.node), self.key

    def write(self, value):
        super().write(value)
        if self.key == "_array":
            self.holder.node.out = value

    def store(self, value):
        tensor, node = self.holder, self.holder.node
        if self.key == "_array":
            if getattr(tensor, "_view", None) or getattr(tensor, "_views", None):
                separate(tensor)
            tensor._array = node.out = asarray(value)  # what was computed may be a number
        elif self.key == "grad" and value is not None:
            node.grad = asarray(value)
        else:
            self.write(value)
