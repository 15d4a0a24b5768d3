"""The examples on real data reach what they say, with healthy trainings, and leave pictures."""

import os
import time

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("tqdm")
Image = pytest.importorskip("PIL.Image")

PICTURES = {
    "sine": ["sine.png", "sine_training.png", "sine_distributions.png"],
    "digits": [
        "digits_two_layers.png", "digits_two_layers_mistakes.png", "digits_convolutions.png",
        "digits_convolutions_mistakes.png",
    ],
    "tables": ["tables.png"],
    "autoencoder": ["autoencoder_codes.png", "autoencoder_images.png", "autoencoder_training.png"],
    "characters": ["characters.png"],
}  # fmt: skip


def run(name, tmp_path, capsys, *options):
    """What an example's main returns; its pictures can be opened, and health says nothing."""
    if name in ("digits", "tables", "autoencoder"):
        pytest.importorskip("sklearn")
    example = __import__(name)
    result = example.main(["--out", str(tmp_path / "new"), *options])
    printed = capsys.readouterr()
    assert "%|" in printed.err
    assert not any(line.startswith("epoch ") for line in printed.out.splitlines())
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(PICTURES[name])
    for path in (tmp_path / "new").iterdir():
        with Image.open(path) as picture:
            picture.load()
            assert picture.width > 300
        assert str(path) in printed.out
    return result


def test_the_sine_is_fitted(tmp_path, capsys):
    assert run("sine", tmp_path, capsys) < 0.1


def test_two_layers_read_digits(tmp_path, capsys):
    accuracies = run("digits", tmp_path, capsys, "--epochs", "6")
    assert accuracies["two layers"] > 0.93
    assert accuracies["convolutions"] > 0.8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.slow
def test_tables_are_learned_as_well_as_by_scikit_learn_s_models(tmp_path, capsys):
    results = run("tables", tmp_path, capsys)
    for scores in results.values():
        own, *others = scores.values()
        assert own > max(others) - 0.02


@pytest.mark.slow
def test_digits_are_read_in_two_minutes(tmp_path, capsys):
    start = time.perf_counter()
    accuracies = run("digits", tmp_path, capsys)
    assert accuracies["two layers"] >= 0.97
    assert accuracies["convolutions"] >= 0.985
    assert time.perf_counter() - start < 120 or os.getloadavg()[0] > 2


@pytest.mark.slow
def test_an_autoencoder_tells_more_of_an_image_than_the_mean(tmp_path, capsys):
    error, mean = run("autoencoder", tmp_path, capsys)
    assert error < 0.55 * mean


@pytest.mark.slow
def test_a_transformer_predicts_better_than_pairs(tmp_path, capsys):
    loss, entropy = run("characters", tmp_path, capsys)
    assert loss < entropy - 0.3


def test_the_entropy_of_pairs_is_that_of_a_text_whose_entropy_is_known():
    import characters
    import numpy as np

    rng = np.random.default_rng(0)
    assert abs(characters.entropy_of_pairs(rng.integers(0, 4, 200_000), 4) - np.log(4)) < 1e-3
    assert characters.entropy_of_pairs(np.arange(1000) % 7, 7) < 1e-12
