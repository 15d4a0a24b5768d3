"""`compile`: what a function imports when it runs is never stale."""

import sys
import types
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_lite as ag

settings = SimpleNamespace(rate=0.5, power=2, offsets=[np.array(1.0), 2.0])


IMPORTS = {
    "a statement": "import settings\n    return x * settings.rate",
    "a name": "from settings import rate as r\n    return x * r",
    "a text": "import importlib\n    return x * importlib.import_module('settings').rate",
    "a text by name": "import importlib\n    return x * importlib.import_module(NAME).rate",
    "a builtin": "return x * __import__('settings').rate",
    "the modules": "import sys\n    return x * sys.modules['settings'].rate",
    "a part": "import settings.deep\n    return x * settings.deep.rate",
    "a part by name": "import settings.deep as d\n    return x * d.rate",
    "a part from": "from settings import deep\n    return x * deep.rate",
    "a relative part": "from . import deep\n    return x * deep.rate",
    "a relative name": "from .deep import rate\n    return x * rate",
    "a relative text": "import importlib\n"
    "    return x * importlib.import_module('.deep', 'settings').rate",
    "an attribute": "import settings\n    return x * getattr(settings, 'rate')",
    "a computed attribute": "import settings\n    return x * settings.computed",
    "inside": "def g(x):\n     import settings\n     return x * settings.rate\n    return g(x)",
}  # fmt: skip


@pytest.fixture
def package(monkeypatch):
    """A package with a module inside, and the scope of another module inside."""
    package, deep = types.ModuleType("settings"), types.ModuleType("settings.deep")
    package.deep, package.rate, deep.rate = deep, 2.0, 2.0

    def computed(name):
        if name == "computed":
            return package.rate
        raise AttributeError(name)

    package.__getattr__ = computed
    monkeypatch.setitem(sys.modules, "settings", package)
    monkeypatch.setitem(sys.modules, "settings.deep", deep)
    return package


def importing(body):
    """The function of a module in the package, with a body."""
    scope = {"NAME": "settings", "__package__": "settings", "__name__": "settings.user"}
    exec(f"def f(x):\n    {body}\n", scope)
    return scope["f"]


@pytest.mark.parametrize("case", IMPORTS)
def test_what_a_function_imports_is_watched(case, package):
    program = ag.compile(importing(IMPORTS[case]))
    assert program(np.ones(1)) == 2.0
    package.rate = package.deep.rate = 5.0
    assert program(np.ones(1)) == 5.0


@pytest.mark.parametrize("case", ["a statement", "a name", "a text"])
def test_another_module_of_the_name_is_seen(case, package, monkeypatch):
    program = ag.compile(importing(IMPORTS[case]))
    assert program(np.ones(1)) == 2.0
    other = types.ModuleType("settings")
    other.rate = 7.0
    monkeypatch.setitem(sys.modules, "settings", other)
    assert program(np.ones(1)) == 7.0
    monkeypatch.setitem(sys.modules, "settings", package)
    assert program(np.ones(1)) == 2.0


@pytest.mark.parametrize(
    "body",
    [
        "import lazy_settings\n    return x * lazy_settings.rate",
        "from lazy_settings import rate\n    return x * rate",
        "import importlib\n    return x * importlib.import_module('lazy_settings').rate",
        "from . import lazy\n    return x * lazy.rate",
    ],
)
def test_a_module_that_the_function_imports_first_is_watched(body, package, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package.__path__ = [str(tmp_path)]
    for name in ("lazy_settings", "lazy"):
        (tmp_path / f"{name}.py").write_text("rate = 2.0\n")
    program = ag.compile(importing(body))
    try:
        assert program(np.ones(1)) == 2.0
        name = "lazy_settings" if "lazy_settings" in body else "settings.lazy"
        sys.modules[name].rate = 5.0
        assert program(np.ones(1)) == 5.0
    finally:
        for name in ("lazy_settings", "settings.lazy"):
            sys.modules.pop(name, None)


def test_an_attribute_that_a_module_gets_later_is_seen(package):
    program = ag.compile(importing("import settings as s\n    return x * getattr(s, 'late', 1.0)"))
    del package.__getattr__
    assert program(np.ones(1)) == 1.0
    package.late = 4.0
    assert program(np.ones(1)) == 4.0


def test_what_is_left_in_an_imported_module_is_left_at_every_call(package):
    program = ag.compile(importing("import settings\n    settings.last = x * 2\n    return x"))
    for value in (1.0, 3.0):
        program(np.full(2, value))
        np.testing.assert_array_equal(package.last, np.full(2, 2 * value))


def test_a_module_that_comes_later_is_seen(monkeypatch):
    def f(x):
        try:
            import settings
        except ImportError:
            return x
        return x * settings.rate

    program = ag.compile(f)
    assert program(np.ones(1)) == 1.0
    settings = types.ModuleType("settings")
    settings.rate = 5.0
    monkeypatch.setitem(sys.modules, "settings", settings)
    assert program(np.ones(1)) == 5.0


def test_a_module_that_an_object_holds_is_watched(package):
    holder = types.SimpleNamespace(settings=package)
    program = ag.compile(lambda x: x * holder.settings.rate)
    assert program(np.ones(1)) == 2.0
    package.rate = 5.0
    assert program(np.ones(1)) == 5.0


def test_a_name_of_a_module_may_come_to_stand_for_another(package):
    other = types.ModuleType("other_settings")
    other.rate = 7.0
    scope = {"settings": package}
    exec("def f(x):\n    return x * settings.rate\n", scope)
    program = ag.compile(scope["f"])
    assert program(np.ones(1)) == 2.0
    scope["settings"] = other
    assert program(np.ones(1)) == 7.0


def test_what_computes_an_attribute_of_a_module_is_watched(package):
    scope = {"settings": package}
    exec("def f(x):\n    return x * settings.computed\n", scope)
    program = ag.compile(scope["f"])
    assert program(np.ones(1)) == 2.0
    package.rate = 5.0
    assert program(np.ones(1)) == 5.0
    package.computed = 6.0
    assert program(np.ones(1)) == 6.0
