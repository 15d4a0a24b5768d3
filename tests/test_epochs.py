"""The benchmark of epochs: every library trains the same model, an epoch a call."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from benchmarks import epochs, turns


@pytest.mark.parametrize("training", epochs.TRAININGS, ids=lambda training: training.name)
def test_an_epoch_is_every_example_once_and_lowers_the_loss(training):
    X, y = training.arrays(small=True)
    seen = []
    model = training.ours(nn, np.random.default_rng(0))
    model.register_forward_hook(lambda module, args, result: seen.append(len(args[0])))
    loss = getattr(nn, training.loss)
    optimizer = nn.Adam(model.parameters(), 0.001)
    options = {"rng": 0, "batch_size": training.batch, "progress": False, "compile": False}
    history = nn.fit(model, (X, y), loss, optimizer, 3, **options)
    assert sum(seen) == 3 * len(X)
    assert min(history["loss"]) < history["loss"][0]


def test_fit_goes_on_for_an_epoch_at_each_call(monkeypatch):
    calls, step = [], nn.Adam.step

    def counted(self):
        calls.append(self)
        step(self)

    monkeypatch.setattr(nn.Adam, "step", counted)
    training = epochs.TRAININGS[0]
    epoch = epochs.Fit().prepare(training, *training.arrays(small=True))
    assert len(calls) == 2  # of 40 examples in batches of 30
    epoch()
    assert len(calls) == 4
    with pytest.raises(ag.CompilationError):  # not a wait without an end
        epochs.CompiledFit().prepare(training, *training.arrays(small=True))


def test_the_compiled_step_goes_on_too():
    training = epochs.TRAININGS[0]
    epoch = epochs.CompiledFit().prepare(training, *training.arrays(small=True))
    assert epoch() == (0.0, [])


@pytest.mark.oracle
@pytest.mark.parametrize("training", epochs.TRAININGS, ids=lambda training: training.name)
def test_the_peers_have_as_many_parameters(training):
    torch = pytest.importorskip("torch")
    ours = sum(p.size for p in training.ours(nn, np.random.default_rng(0)).parameters())
    theirs = sum(p.numel() for p in training.torch(torch).parameters())
    assert abs(ours - theirs) <= 0.01 * ours  # PyTorch's transformer has no norm more, nor less
    loss, _ = epochs.Torch().prepare(training, *training.arrays(small=True))()
    assert np.isfinite(loss)


def test_a_training_is_found_by_its_names():
    trainer, training = epochs.find("torch", "LSTM of 50 steps")
    assert (trainer.title, training.batch) == ("PyTorch", 16)
    assert epochs.find("torch", "nothing") is None


def test_the_table_has_times_of_pytorch_and_ratios_to_them():
    runs = {trainer.key: turns.Runs(seconds=[0.02, 0.04]) for trainer in epochs.TRAINERS}
    runs["sklearn"] = turns.Runs(error="it has no such layers")
    runs["fit"] = turns.Runs(seconds=[0.01, 0.02])
    lines = epochs.table({epochs.TRAININGS[0]: runs})
    assert lines[0].split()[:2] == ["an", "epoch"]
    assert "30 ms" in lines[1]
    assert " 0.5 " in lines[1]
    assert lines[1].endswith("-")
