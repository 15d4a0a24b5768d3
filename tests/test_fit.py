"""`fit`: it is the loop that one writes by hand, and ends cleanly whatever happens."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)
X = rng.normal(size=(70, 3))
Y = np.tanh(X @ np.array([[1.0], [-2.0], [0.5]]))


def network(seed=1):
    draws = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(3, 8, rng=draws), nn.Tanh(), nn.Linear(8, 1, rng=draws))


def trained(epochs=5, model=None, optimizer=nn.Adam, data=(X, Y), loss=nn.squared_error, **options):
    model = model or network()
    optimizer = optimizer(model if isinstance(model, list) else model.parameters(), 0.01)
    options = {"rng": 0, "progress": False} | options
    return model, nn.fit(model, data, loss, optimizer, epochs, **options)


def same(one, other):
    return all(
        np.array_equal(a, b)
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


# --- batches ------------------------------------------------------------------------------------


def test_every_epoch_has_every_example_once_in_an_order_of_its_own():
    parts = nn.batches(X, np.arange(70), size=32, rng=3)
    epochs = [np.concatenate([y for _, y in parts]) for _ in range(3)]
    assert [len(y) for _, y in parts] == [32, 32, 6]
    for order in epochs:
        np.testing.assert_array_equal(np.sort(order), np.arange(70))
    assert len({tuple(order) for order in epochs}) == 3
    again = nn.batches(X, np.arange(70), size=32, rng=3)
    np.testing.assert_array_equal(np.concatenate([y for _, y in again]), epochs[0])
    for x, y in again:
        np.testing.assert_array_equal(x, X[y])


def test_a_last_batch_that_is_smaller_can_be_left_out():
    parts = nn.batches(X, size=32, drop_last=True)
    assert len(parts) == len(list(parts)) == 2


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: nn.batches(X, Y[:5]), ValueError, r"\(70, 3\) and \(5, 1\) have not the same"),
        (lambda: nn.batches(), TypeError, r"write batches\(X, y, size=32\)"),
        (lambda: nn.batches(X, size=0), ValueError, "how many examples are in a batch, not 0"),
        (lambda: nn.batches(X[:0]), ValueError, "there are 0 examples"),
        (lambda: nn.batches(X[:3], size=4, drop_last=True), ValueError, "leaves none of size 4"),
        (lambda: nn.batches(X, 3.0), TypeError, "array 1 is a single value"),
        (lambda: nn.batches(X, None), TypeError, "array 1 is a NoneType"),
        (lambda: nn.batches(ag.Tensor(X, requires_grad=True)), TypeError, r"give array.detach\(\)"),
        (lambda: nn.split(X, share=2), ValueError, "share is the part that is set aside"),
        (lambda: nn.split(X[:1], share=0.5), ValueError, "leaves a part empty"),
    ],
)
def test_what_is_no_batch_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_split_sets_examples_aside_in_pairs():
    (a, b), (c, d) = nn.split(X, Y, share=0.3, rng=1)
    assert (len(a), len(c)) == (49, 21)
    together = np.concatenate([np.hstack([a, b]), np.hstack([c, d])])
    np.testing.assert_array_equal(
        together[np.lexsort(together.T)], np.hstack([X, Y])[np.lexsort(np.hstack([X, Y]).T)]
    )


# --- the loop -----------------------------------------------------------------------------------


@pytest.mark.parametrize("compile", [False, True])
def test_fit_is_the_loop_by_hand(compile):
    model, history = trained(compile=compile, metrics={"worst": worst}, validation=(X[:9], Y[:9]))
    assert history.compiled is compile
    by_hand = network()
    optimizer, order = nn.Adam(by_hand.parameters(), 0.01), np.random.default_rng(0)
    for epoch in range(5):
        losses, rows = [], order.permutation(70)
        for part in (rows[:32], rows[32:64], rows[64:]):
            optimizer.zero_grad()
            loss = nn.squared_error(by_hand(X[part]), Y[part])
            losses.append(loss.item() * len(part) / 70)
            loss.backward()
            optimizer.step()
        np.testing.assert_allclose(history["loss"][epoch], sum(losses), rtol=1e-12)
        after = nn.squared_error(by_hand(X[:9]), Y[:9])
        np.testing.assert_allclose(history["validation_loss"][epoch], after.item(), rtol=1e-9)
    for p, q in zip(model.parameters(), by_hand.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=1e-9, atol=1e-12)
    assert history.columns == [
        "epoch", "loss", "worst", "validation_loss", "validation_worst", "learning_rate", "seconds",
    ]  # fmt: skip


def worst(prediction, target):
    return np.max(np.abs(prediction - target))


def test_a_seed_makes_the_same_training_again():
    assert same(trained()[0], trained()[0])
    assert not same(trained()[0], trained(rng=1)[0])


def test_a_step_that_cannot_be_compiled_runs_as_it_is_and_says_why():
    seen = []

    def loss(prediction, target):
        seen.append(float(np.sum(target)))
        return nn.squared_error(prediction, target)

    loss_with_side_effect = loss
    _, history = trained(400, data=(X[:4], Y[:4]), loss=loss_with_side_effect, compile=None)
    assert not history.compiled
    assert history.not_compiled is None
    _, history = trained(1000, data=(X[:4], Y[:4]), loss=loss, compile=None)
    assert not history.compiled
    assert "cannot be compiled" in history.not_compiled
    with pytest.raises(ag.CompilationError, match="cannot be compiled"):
        trained(loss=loss, compile=True)


def test_a_model_computes_as_in_training_and_afterwards_as_after_it():
    class Modes(nn.Module):
        def __init__(self):
            self.layer, self.seen = nn.Linear(3, 1, rng=0), []

        def forward(self, x):
            self.seen.append((len(x), self.training))
            return self.layer(x)

    model, _ = trained(2, Modes(), validation=(X[:9], Y[:9]))
    assert model.seen == 2 * [(32, True), (32, True), (6, True), (9, False)]
    assert not model.training
    model.train()
    assert nn.predict(model, X, batch_size=50).shape == (70, 1)
    assert [training for _, training in model.seen[-2:]] == [False, False]
    assert model.training


def test_metrics_are_of_all_predictions():
    logits = np.array([[2.0, 1.0], [0.0, 1.0], [3.0, 0.0]])
    assert nn.accuracy(logits, np.array([0, 1, 1])) == pytest.approx(2 / 3)
    assert nn.accuracy(logits, np.eye(2)[[0, 1, 1]]) == pytest.approx(2 / 3)
    assert nn.accuracy(np.array([1.0, -1.0]), np.array([1, 0])) == 1
    assert nn.accuracy(np.zeros((2, 5, 3)), np.zeros((2, 5), int)) == 1
    with pytest.raises(ValueError, match=r"shape \(3, 2\) do not fit a target of shape \(3, 1\)"):
        nn.accuracy(logits, np.zeros((3, 1)))


def test_early_stopping_ends_on_the_best_epoch_with_its_parameters():
    kept = {}

    def keep(run):
        kept[run.epoch] = run.model.state_dict()

    stopping = nn.EarlyStopping(patience=3, watch="validation_loss")
    model = network()
    wrong = (X[:20], -Y[:20])  # to learn Y makes it worse, sooner or later
    _, history = trained(50, model, validation=wrong, callbacks=[keep, stopping])
    best = int(np.argmin(history["validation_loss"])) + 1
    assert len(history) == best + 3
    assert (stopping.best_epoch, stopping.best) == (best, min(history["validation_loss"]))
    assert f"best in epoch {best}: 3 epochs without a better one" in history.stopped
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, kept[best][name])


def test_callbacks_are_called_in_order():
    calls = []

    class Noted(nn.Callback):
        def begin(self, run):
            calls.append("begin")

        def after_step(self, run):
            calls.append(len(run.batch[0]))

        def after_epoch(self, run):
            calls.append(run.history[-1]["epoch"])

        def end(self, run):
            calls.append("end")

    trained(2, callbacks=[Noted()])
    assert calls == ["begin", 32, 32, 6, 1, 32, 32, 6, 2, "end"]


@pytest.mark.parametrize("compile", [False, True])
def test_a_schedule_has_a_step_an_epoch(compile):
    model = network()
    optimizer = nn.SGD(model.parameters(), 0.4)
    schedule = nn.StepDecay(optimizer, 2, 0.5)
    options = {"rng": 0, "progress": False, "schedule": schedule, "compile": compile}
    history = nn.fit(model, (X, Y), nn.squared_error, optimizer, 5, **options)
    assert history["learning_rate"] == [0.4, 0.4, 0.2, 0.2, 0.1]


def test_a_plateau_looks_at_the_validation_data():
    model = network()
    optimizer = nn.SGD(model.parameters(), 0.01)
    schedule = nn.Plateau(optimizer, 0.5, patience=2, threshold=0.999)  # nothing is better
    history = nn.fit(
        model, (X, Y), nn.squared_error, optimizer, 12, rng=0, progress=False, schedule=schedule,
        validation=(X, -Y),
    )  # fmt: skip
    assert schedule.best == history["validation_loss"][0]
    assert history["learning_rate"][:5] == [0.01] * 4 + [0.005]


@pytest.mark.parametrize("compile", [False, True])
def test_gradients_are_clipped_before_the_step(compile):
    def clip(parameters):
        return nn.clip_gradient_norm(parameters, 1e-3)

    model = network()
    before = model.state_dict()
    trained(1, model, optimizer=nn.SGD, data=(X[:9], 9 * Y[:9]), clip=clip, compile=compile)
    moved = [model.state_dict()[name] - value for name, value in before.items()]
    norm = np.sqrt(sum(np.sum(m**2) for m in moved))
    np.testing.assert_allclose(norm, 0.01 * 1e-3, rtol=0.01)


def test_l_bfgs_trains_on_all_data_at_once():
    pytest.importorskip("scipy")
    model, options = network(), {"batch_size": 70, "compile": True, "rng": 0, "progress": False}
    history = nn.fit(model, (X, Y), nn.squared_error, nn.LBFGS(model.parameters()), 3, **options)
    assert history["loss"][-1] < 1e-4
    assert not history.compiled
    assert "learning_rate" not in history.columns


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"data": X}, TypeError, r"inputs and the target: \(X, y\)"),
        ({"data": (X,)}, TypeError, r"inputs and the target: \(X, y\)"),
        ({"data": [(X,), (X,)]}, TypeError, "a batch is a tuple"),
        ({"data": ((X, Y) for _ in range(3))}, TypeError, r"inputs and the target: \(X, y\)"),
        ({"loss": "squared_error"}, TypeError, "the loss is a function, nn.cross_entropy, not 'sq"),
        ({"loss": nn.CrossEntropy}, TypeError, "the loss is a function"),
        ({"metrics": ["accuracy"]}, TypeError, "a metric is a function, .* not 'accuracy'"),
        ({"metrics": {"loss": worst}}, ValueError, "cannot be called loss"),
        ({"schedule": nn.StepDecay}, TypeError, r"nn.StepDecay\(optimizer, every=10\)"),
        ({"epochs": 1.5}, ValueError, "how many times all examples are seen, not 1.5"),
        ({"epochs": -1}, ValueError, "not -1"),
        ({"callbacks": nn.EarlyStopping()}, TypeError, "callbacks is a list"),
        (
            {"optimizer": lambda p, r: nn.Adam(network().parameters())},
            ValueError,
            "the optimiser moves no parameter of this model",
        ),
        ({"model": network().parameters()}, TypeError, "fit takes an nn.Module, not list"),
        ({"loss": lambda z, y: (z - y) ** 2}, TypeError, r"this one has the shape \(32, 1\)"),
        ({"optimizer": lambda p, r: nn.Adam}, TypeError, r"nn.Adam\(model.parameters\(\)\)"),
        ({"callbacks": [nn.EarlyStopping]}, TypeError, r"write EarlyStopping\(\)"),
        ({"callbacks": [3]}, TypeError, "a function of the run, not 3"),
        ({"callbacks": [nn.EarlyStopping()]}, ValueError, "validation= of fit measures"),
    ],
)
def test_what_cannot_be_trained_is_refused(options, error, words):
    with pytest.raises(error, match=words):
        trained(**options)


def test_data_and_metrics_may_come_in_lists():
    one, history = trained(2, data=[X, Y], metrics=[worst])
    other, rows = trained(2, data=(X.tolist(), Y.tolist()), metrics={"worst": worst})
    assert same(one, other)
    assert plain_rows(history) == plain_rows(rows)
    halves = [(X[:35], Y[:35]), (X[35:], Y[35:])]
    assert len(trained(2, data=halves)[1]) == 2


def test_how_a_watched_number_is_better_is_asked_for():
    with pytest.raises(TypeError, match='mode="max" or mode="min"'):
        nn.EarlyStopping(watch="validation_accuracy")
    with pytest.raises(ValueError, match="'least'"):
        nn.EarlyStopping(mode="least")


# --- how it ends --------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_not_finite_ends_the_training():
    _, history = trained(optimizer=lambda p, r: nn.SGD(p, 1e200), epochs=9)
    assert len(history) < 2
    assert "nn.health tells where it comes from" in history.stopped
    assert "after " in history.stopped


@pytest.fixture
def usual_ctrl_c():
    """Ctrl-C as Python has it: of a process in the background the shell has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_ctrl_c")
def test_ctrl_c_ends_after_the_step_with_all_that_was_trained():
    steps, ends = [], []

    class Pressed(nn.Callback):
        def after_step(self, run):
            steps.append(run.model.state_dict())
            if len(steps) == 8:
                signal.raise_signal(signal.SIGINT)

        def end(self, run):
            ends.append(run.epoch)

    before = signal.getsignal(signal.SIGINT)
    model, history = trained(9, callbacks=[Pressed()])
    assert signal.getsignal(signal.SIGINT) is before
    assert history.stopped == "in epoch 3, after 2 of 3 batches: Ctrl-C"
    assert len(history) == 2
    assert len(steps) == 8
    assert ends == [2]
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, steps[-1][name])


@pytest.mark.usefixtures("usual_ctrl_c")
def test_a_second_ctrl_c_ends_at_once():
    class Pressed(nn.Callback):
        def after_step(self, run):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        trained(callbacks=[Pressed()])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_another_thread_signals_are_left_alone():
    found = []
    thread = threading.Thread(target=lambda: found.append(trained(2)[1]))
    thread.start()
    thread.join()
    assert len(found[0]) == 2


def test_the_history_is_plain_data():
    _, history = trained(3)
    assert json.loads(history.json()) == list(history)
    assert history[-1]["epoch"] == 3
    assert repr(history).startswith("<History of 3 epochs: loss 0.")
    with pytest.raises(KeyError, match="'accuracy' was not measured: there are epoch, loss"):
        history["accuracy"]


def test_a_bar_shows_how_far_it_is(capsys):
    pytest.importorskip("tqdm")
    trained(2, progress=True)
    shown = capsys.readouterr().err
    assert "6/6" in shown
    assert "loss 0." in shown


# --- checkpoints --------------------------------------------------------------------------------


class Noisy(nn.Module):
    """Noise from a generator of its own, and a buffer."""

    def __init__(self):
        self.inner, self.calls = network(), ag.Tensor(0.0)
        self.rng = np.random.default_rng(7)

    def forward(self, x):
        if not self.training:
            return self.inner(x)
        self.calls.data = self.calls.data + 1
        return self.inner(x + 0.1 * self.rng.normal(size=x.shape))


def plain_rows(history):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history]


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("rng", [5, np.random.RandomState(5)], ids=["seed", "RandomState"])
@pytest.mark.parametrize("optimizer", [nn.Adam, lambda p, r: nn.SGD(p, r, momentum=0.9)])
def test_a_training_goes_on_bit_for_bit(tmp_path, compile, rng, optimizer):
    pytest.importorskip("safetensors")
    fresh = lambda: np.random.RandomState(5) if rng != 5 else 5  # noqa: E731
    options = {"optimizer": optimizer, "compile": compile, "validation": (X[:9], Y[:9])}
    whole, history = trained(7, Noisy(), rng=fresh(), **options)
    file = tmp_path / "run.safetensors"
    for epochs in (2, 3, 7, 7):  # each as a process of its own would
        part, rows = trained(epochs, Noisy(), rng=fresh(), checkpoint=file, **options)
    assert same(whole, part)
    assert part.calls.item() == 21
    assert plain_rows(history) == plain_rows(rows)
    assert list(tmp_path.iterdir()) == [file]


def test_a_schedule_goes_on_too(tmp_path):
    pytest.importorskip("safetensors")

    def run(epochs, **options):
        model = network()
        groups = [{"parameters": model[:1].parameters(), "learning_rate": 0.02},
                  {"parameters": model[2:].parameters()}]  # fmt: skip
        optimizer = nn.AdamW(groups, 0.05)
        schedule = nn.WarmUp(optimizer, 2, then=nn.CosineDecay(optimizer, 4))
        options |= {"rng": 0, "progress": False, "schedule": schedule}
        return model, nn.fit(model, (X, Y), nn.squared_error, optimizer, epochs, **options)

    whole, history = run(7)
    for epochs in (1, 2, 5, 7):
        part, rows = run(epochs, checkpoint=tmp_path / "run.safetensors")
    assert same(whole, part)
    assert plain_rows(history) == plain_rows(rows)


def test_early_stopping_goes_on_too(tmp_path):
    pytest.importorskip("safetensors")
    options = {"validation": (X[:20], 0.3 * Y[:20])}
    watch = lambda: [nn.EarlyStopping(patience=4)]  # noqa: E731
    whole, history = trained(50, callbacks=watch(), **options)
    assert 6 < len(history) < 50
    file = tmp_path / "run.safetensors"
    trained(len(history) - 2, callbacks=watch(), checkpoint=file, **options)
    for _ in range(2):  # the second finds it finished
        part, rows = trained(50, callbacks=watch(), checkpoint=file, **options)
        assert plain_rows(history) == plain_rows(rows)
        assert rows.stopped == history.stopped
        assert same(whole, part)


def test_a_checkpoint_of_another_training_changes_nothing(tmp_path):
    pytest.importorskip("safetensors")
    file = tmp_path / "run.safetensors"
    trained(2, checkpoint=file)
    before = file.read_bytes()
    for options, words in [
        ({"optimizer": nn.SGD}, "another training: .*optimizer Adam; this one has .*SGD"),
        ({"data": (X[:50], Y[:50])}, "another training"),
        ({"model": nn.Sequential(nn.Linear(3, 1, rng=0))}, "does not fit this training: the state"),
    ]:
        model = options.get("model") or network()
        state = model.state_dict()
        with pytest.raises(ValueError, match=words):
            trained(3, **{"model": model, **options}, checkpoint=file)
        for name, value in model.state_dict().items():
            np.testing.assert_array_equal(value, state[name])
    nn.save(network(), tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="is no checkpoint of a training"):
        trained(3, checkpoint=tmp_path / "model.safetensors")
    assert file.read_bytes() == before


PROGRAM = """
    import sys
    import numpy as np
    import nn
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 3))
    draws = np.random.default_rng(1)
    model = nn.Sequential(nn.Linear(3, 8, rng=draws), nn.Tanh(), nn.Linear(8, 1, rng=draws))
    optimizer = nn.Adam(model.parameters(), 0.01)
    nn.fit(model, (X, X[:, :1]), nn.squared_error, optimizer, 100, rng=0, batch_size=16,
           progress=False, checkpoint=sys.argv[1],
           callbacks=[lambda run: print(run.epoch, flush=True)])
    nn.save(model, sys.argv[2])
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_training_that_is_killed_at_random_moments_ends_as_one_that_was_not(tmp_path):
    pytest.importorskip("safetensors")
    script, run = tmp_path / "train.py", tmp_path / "run.safetensors"
    script.write_text(textwrap.dedent(PROGRAM))
    whole, end = tmp_path / "whole.safetensors", tmp_path / "end.safetensors"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}

    def start(*paths):
        command = [sys.executable, str(script), *map(str, paths)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)

    with start(tmp_path / "other.safetensors", whole) as process:
        assert len(process.stdout.readlines()) == 100
    moments, starts = np.random.default_rng(), []
    while not end.exists():
        with start(run, end) as process:
            ends = [process.stdout.readline() for _ in range(moments.integers(1, 50))]
            time.sleep(moments.uniform(0, 0.01))
            process.kill()
        starts.append(ends[0])
    assert len(starts) > 1
    assert starts[-1] != "1\n"  # it has gone on, not begun anew
    one, other = network(), network()
    assert same(nn.load(whole, one), nn.load(end, other))
    assert {path.suffix for path in tmp_path.iterdir()} == {".py", ".safetensors"}
