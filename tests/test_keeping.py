"""`save` and `load`: what is written comes back, and a bad file changes nothing."""

import json
import os
import stat
import struct
import sys

import numpy as np
import pytest

import autograd_lite as ag
import nn

pytest.importorskip("safetensors")


class Mixed(nn.Module):
    """Tensors of many dtypes and shapes; the last one is a view in another order."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.inner = nn.Sequential(nn.Linear(3, 2, rng=rng, dtype=np.float32), nn.Tanh())
        self.scale = ag.Tensor(rng.normal(), requires_grad=True)
        self.half = ag.Tensor(rng.normal(size=3).astype(np.float16), requires_grad=True)
        self.phase = ag.Tensor(rng.normal(size=2).astype(np.complex64), requires_grad=True)
        self.counts = ag.Tensor(rng.integers(0, 9, size=(2, 0)))
        self.flags = ag.Tensor(np.array([True, False]))
        self.turned = ag.Tensor(np.zeros((3, 2)), requires_grad=True)
        self.turned.data = rng.normal(size=(2, 3)).T


def states(model):
    return {name: (a.tobytes(), a.dtype, a.shape) for name, a in model.state_dict().items()}


def test_all_that_a_model_holds_comes_back(tmp_path):
    path = nn.save(Mixed(), tmp_path / "model.safetensors")
    other = Mixed(seed=1)
    assert states(other) != states(Mixed())
    assert nn.load(path, other) is other
    assert states(other) == states(Mixed())


def test_the_file_is_one_of_safetensors(tmp_path):
    from safetensors.numpy import load_file

    path = nn.save(Mixed(), str(tmp_path / "model.safetensors"))
    arrays = load_file(path)
    for name, value in Mixed().state_dict().items():
        np.testing.assert_array_equal(arrays[name], value)


def network(outputs=2, dtype=np.float64, seed=0):
    return nn.Sequential(nn.Linear(3, outputs, rng=seed, dtype=dtype), nn.Tanh())


MISFITS = [
    (lambda: network(outputs=4), r"layers.0.weight has shape \(3, 2\) for \(3, 4\)"),
    (lambda: network(dtype=np.float32), "layers.0.weight is float64 for float32"),
    (lambda: nn.Sequential(nn.Linear(3, 2, bias=False)), "unknown layers.0.bias"),
    (lambda: nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)), "missing layers.1.weight"),
]


@pytest.mark.parametrize(("make", "words"), MISFITS)
def test_a_file_of_another_model_changes_nothing(make, words, tmp_path):
    path = nn.save(network(), tmp_path / "model.safetensors")
    model = make()
    before = states(model)
    with pytest.raises(ValueError, match=words) as caught:
        nn.load(path, model)
    assert str(path) in str(caught.value)
    assert states(model) == before


def test_a_file_cut_off_anywhere_changes_nothing(tmp_path):
    path = nn.save(network(), tmp_path / "model.safetensors")
    content = path.read_bytes()
    model = network(seed=1)
    before = states(model)
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="is damaged, or no file of safetensors"):
            nn.load(path, model)
    assert states(model) == before


def header(**tensors):
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text


ENTRY = {"dtype": "F64", "shape": [3, 2], "data_offsets": [0, 48]}
HOSTILE = {
    "empty": b"",
    "text": b"this is a text, and not a short one",
    "zip": b"PK\x03\x04" + bytes(64),
    "pickle": b"\x80\x04\x95" + bytes(64),
    "huge header": struct.pack("<Q", 2**62) + b"{}",
    "header beyond the file": struct.pack("<Q", 1000) + b"{}",
    "no JSON": struct.pack("<Q", 4) + b"{abc",
    "a list": struct.pack("<Q", 2) + b"[]",
    "deep": struct.pack("<Q", 100_000) + b"[" * 100_000,
    "huge shape": header(a=ENTRY | {"shape": [2**40, 2**40]}) + bytes(48),
    "overflowing shape": header(a=ENTRY | {"shape": [2**63, 2]}) + bytes(48),
    "negative shape": header(a=ENTRY | {"shape": [-3, -2]}) + bytes(48),
    "offsets beyond the file": header(a=ENTRY | {"data_offsets": [0, 10**9]}) + bytes(48),
    "offsets backwards": header(a=ENTRY | {"data_offsets": [48, 0]}) + bytes(48),
    "tensors that overlap": header(a=ENTRY, b=ENTRY) + bytes(48),
    "bytes that nobody names": header(a=ENTRY) + bytes(96),
    "a dtype of its own": header(a=ENTRY | {"dtype": "OBJECT"}) + bytes(48),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_or_foreign_file_is_an_error_and_changes_nothing(content, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    model = network()
    before = states(model)
    with pytest.raises(ValueError, match=r"model.safetensors is damaged, or no file of"):
        nn.load(path, model)
    assert states(model) == before


def test_names_that_lead_elsewhere_are_names(tmp_path):
    path = tmp_path / "model.safetensors"
    content = {"__class__": ENTRY, "../weight": ENTRY | {"data_offsets": [48, 96]}}
    path.write_bytes(header(**content) + bytes(96))
    with pytest.raises(ValueError, match="unknown __class__"):
        nn.load(path, network())


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = nn.save(network(), tmp_path / "model.safetensors")
    before = path.read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, full)
            with pytest.raises(OSError, match="No space left"):
                nn.save(network(seed=1), path)
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="about permissions of POSIX")
def test_a_file_can_be_read_by_whom_the_umask_lets(tmp_path):
    before = os.umask(0o022)
    try:
        path = nn.save(network(), tmp_path / "model.safetensors")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_what_cannot_be_kept_is_refused(tmp_path):
    class Wide(nn.Module):
        def __init__(self):
            self.a = ag.Tensor(np.ones(2, complex), requires_grad=True)

    with pytest.raises(ValueError, match="a is complex128, which the format does not have"):
        nn.save(Wide(), tmp_path / "model.safetensors")
    with pytest.raises(TypeError, match="save takes a model and a path, not str"):
        nn.save("model.safetensors", network())
    with pytest.raises(TypeError, match=r"write|nn.load\(path, model\)"):
        nn.load(network(), "model.safetensors")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        nn.load(tmp_path / "none.safetensors", network())
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*: make it first"):
        nn.save(network(), tmp_path / "none" / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_the_line_to_install_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(
        ModuleNotFoundError, match=r"save needs safetensors.*pip install safetensors"
    ):
        nn.save(network(), tmp_path / "model.safetensors")
