"""Places: where a value is read from and stored, as an item of a holder."""

from ..engine.aliasing import separate
from ..engine.arrays import asarray


class Place:
    """Somewhere a value is read from, as ``holder[key]``; ``path`` is what people call it."""

    __slots__ = ("holder", "key", "path", "value")

    def __init__(self, holder, key, path):
        self.holder = holder
        self.key = key
        self.path = path
        self.value = holder[key]


class Attributes:
    """Attributes of an object that has no dict which can be written, as items."""

    def __init__(self, owner):
        self.owner = owner

    def attribute(self, name):
        """The object and the attribute that an item is."""
        return self.owner, name

    def __getitem__(self, name):
        return getattr(self.owner, name)

    def __setitem__(self, name, value):
        setattr(self.owner, name, value)


class ClassAttributes:
    """Attributes of a class as they are stored, without its descriptors, as items."""

    def __init__(self, owner):
        self.owner = owner
        self.mapping = vars(owner)

    def __getitem__(self, name):
        return self.mapping[name]

    def __setitem__(self, name, value):
        if self.mapping[name] is not value:
            setattr(self.owner, name, value)


class TensorParts(Attributes):
    """The value, the gradient and the settings of a tensor as items."""

    keys = ("node", "_array", "grad", "requires_grad")

    def attribute(self, name):
        """See Attributes; what is the node's is known by the node of now."""
        return (self.owner if name in ("node", "_array") else self.owner.node), name

    def __getitem__(self, name):
        return getattr(*self.attribute(name))

    def __setitem__(self, name, value):
        setattr(*self.attribute(name), value)
        if name == "_array":
            self.owner.node.out = value

    def store(self, name, value):
        """Set an item to what a program computed, as an array, where it may be a number."""
        tensor = self.owner
        if name == "_array":
            if getattr(tensor, "_view", None) or getattr(tensor, "_views", None):
                separate(tensor)
            tensor._array = tensor.node.out = asarray(value)
        elif name == "grad" and value is not None:
            tensor.node.grad = asarray(value)
        else:
            self[name] = value
