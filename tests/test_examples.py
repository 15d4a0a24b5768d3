"""The main job, on a small budget, and what it claims about learning XOR."""

import argparse
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import article
import numpy as np
import pytest

xor = pytest.importorskip("xor")  # it needs Matplotlib, Pillow and tqdm
Image = pytest.importorskip("PIL.Image")

SCRIPT = Path(xor.__file__)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """One run of the script in a process of its own, as a user starts it."""
    out = tmp_path_factory.mktemp("job") / "new" / "folder"
    command = [
        sys.executable,
        "-Werror",
        "-Wignore::DeprecationWarning",  # of libraries among each other
        *(f"-Werror::DeprecationWarning:{module}" for module in ("__main__", "xor_plots")),
        str(SCRIPT),
        "--hidden",
        "4",
        "--epochs",
        "16",
        "--out",
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done, out


def test_job_names_everything_it_wrote(job):
    done, out = job
    listed = done.stdout[done.stdout.index("Written:") :].split()[1:]
    assert sorted(listed) == sorted(str(path) for path in out.iterdir())
    assert all(Path(path).stat().st_size > 100 for path in listed)


def test_job_says_which_article_it_is_about(job):
    done, _ = job
    assert done.stdout.startswith(f"The article: {article.TITLE}\n")
    assert f"{article.AUTHOR}, {article.ADDRESS}\n" in done.stdout


def test_job_shows_a_progress_bar(job):
    done, _ = job
    assert "4 hidden neurons, with biases: 100%" in done.stderr


def test_parts_of_the_job_are_numbered_in_order(job):
    done, _ = job
    numbers = [line[:2] for line in done.stdout.splitlines() if line[1:3] == ". "]
    assert numbers == ["1.", "2.", "3.", "4."]


def test_job_prints_the_article_s_numbers_and_finds_its_errata(job):
    done, out = job
    assert len(re.findall(r"\bright\b +\|", done.stdout)) >= 15
    errata = (out / "errata.txt").read_text()
    for found in (
        "dh2/dz2: the sign is wrong at [0, 0], and the magnitude is right",
        "the factor dh2 is left out",
        "dh2 is 1/2 times the gradient",
        "dW1 and dW2 are N = 50 times the gradient",
        "the regulariser's gradient in dW1 and dW2 is a scalar",
        "dh/dz: it is 2 times the derivative: 1 - h^2 is the derivative of tanh(z)",
    ):
        assert found in errata
        assert found in done.stdout


def test_every_number_of_the_article_can_be_read_off_the_picture(job):
    _, out = job
    text = " ".join(ElementTree.parse(out / "graph.svg").getroot().itertext())
    for name, value in article.FIGURES.items():
        if name in ("dh2/dz2", "dLoss/dz2", "learning_rate"):  # two errata; no part of the tape
            continue
        for number in value.ravel():
            assert f"{number:.8f}" in text, (name, number)


def test_pictures_can_be_opened_and_the_film_moves(job):
    _, out = job
    with Image.open(out / "boundary_4.gif") as film:
        first = np.asarray(film.convert("RGB"))
        assert film.info["duration"] < 500
        film.seek(film.n_frames - 1)
        assert film.n_frames > 10
        assert film.info["duration"] > 2000  # the last frame stays
        assert (np.asarray(film.convert("RGB")) != first).mean() > 0.05
    for name in ("training_4.png", "boundary_4.png"):
        with Image.open(out / name) as picture:
            picture.load()


def test_three_ways_to_the_gradient_agree(job):
    _, out = job
    table = (out / "gradients.txt").read_text()
    assert len(re.findall(r"\| right +\|", table)) == 8
    numeric = table[table.index("Numeric (complex step)") :]
    assert "| numeric (complex step) |" in numeric
    relative = [float(row.split("|")[-1]) for row in numeric.splitlines() if row[:1] == "d"]
    assert len(relative) == 4
    assert max(relative) < 1e-12  # what differences of a float64 do not reach
    assert "WRONG" not in table


def train(hidden, bias, epochs):
    options = argparse.Namespace(reg=None, lr=3.0, seed=2017, epochs=epochs)
    return xor.train(*article.data(), hidden, bias, options)


def test_fifty_neurons_with_biases_learn_xor():
    run = train(50, True, 5000)
    assert run.accuracies[-1] >= 0.99
    assert run.losses[-1] < run.losses[0] / 10


@pytest.mark.parametrize("hidden", [3, 50])
def test_without_biases_xor_cannot_be_learned(hidden, capsys):
    assert train(hidden, False, 1000).accuracies[-1] < 0.7
    assert "cannot learn XOR" in capsys.readouterr().out


@pytest.mark.parametrize("bad", [["--hidden", "0"], ["--epochs", "0"], ["--hidden", "x"]])
def test_bad_options_are_refused(bad, capsys):
    with pytest.raises(SystemExit):
        xor.arguments(bad)
    assert "--" in capsys.readouterr().err
