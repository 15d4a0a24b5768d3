"""`nn.Classifier` and `nn.Regressor` are estimators as scikit-learn defines them."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import nn

pytest.importorskip("sklearn")
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, make_moons
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

FEW = {"epochs": 25, "hidden": (12,), "learning_rate": 0.03, "random_state": 0}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([nn.Classifier(**FEW), nn.Regressor(**FEW)])
def test_scikit_learn_s_own_checks_pass(estimator, check):
    check(estimator)


def test_they_take_part_in_pipelines_and_searches():
    X, y = make_moons(120, noise=0.1, random_state=0)
    y = np.array(["left", "right"])[y]
    pipeline = make_pipeline(MinMaxScaler(), nn.Classifier(random_state=0, epochs=20))
    grid = {"classifier__hidden": [(8,), (16, 16)], "classifier__activation": ["tanh", "gelu"]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert search.score(X, y) > 0.8
    assert set(search.predict(X)) == {"left", "right"}
    np.testing.assert_allclose(search.predict_proba(X).sum(axis=1), 1)


def test_classes_are_told_apart_and_numbers_predicted_on_real_data():
    X, y = load_breast_cancer(return_X_y=True)
    scores = cross_val_score(nn.Classifier(epochs=15, random_state=0), X, y, cv=3)
    assert scores.mean() > 0.955  # scikit-learn's logistic regression, standardised: 0.98
    X, y = load_diabetes(return_X_y=True)
    model = nn.Regressor(epochs=25, weight_decay=0.01, random_state=0)
    assert cross_val_score(model, X, y, cv=3).mean() > 0.38  # its ridge regression: 0.48


def test_a_seed_makes_the_same_model_and_a_pickle_keeps_it():
    X, y = make_moons(80, noise=0.1, random_state=0)
    first, again = (nn.Classifier(epochs=5, random_state=3).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), again.predict_proba(X))
    copy = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(first.predict_proba(X), copy.predict_proba(X))
    assert not hasattr(clone(first), "model_")


def test_patience_stops_on_a_part_of_the_data_that_is_set_aside():
    X, y = make_moons(100, noise=0.3, random_state=0)
    model = nn.Classifier(epochs=400, learning_rate=0.03, patience=20, random_state=0).fit(X, y)
    assert model.n_iter_ < 400
    assert "without a better one" in model.history_.stopped
    assert model.score(X, y) > 0.8


def test_a_network_of_one_s_own_is_trained():
    def network(inputs, outputs, rng):
        return nn.Sequential(
            nn.Linear(inputs, 16, rng=rng), nn.LayerNorm(16), nn.Tanh(), nn.Dropout(0.1, rng=rng),
            nn.Linear(16, outputs, rng=rng),
        )  # fmt: skip

    X = np.random.default_rng(0).normal(size=(90, 3))
    y = np.stack([X[:, 0] * X[:, 1], X[:, 2]], axis=1)
    model = nn.Regressor(model=network, epochs=60, learning_rate=0.02, random_state=0).fit(X, y)
    assert any(isinstance(module, nn.LayerNorm) for module in model.model_.modules())
    assert model.predict(X).shape == (90, 2)
    assert model.score(X, y) > 0.7


def test_float32_and_an_unknown_activation():
    X, y = make_moons(40, random_state=0)
    model = nn.Classifier(epochs=2, dtype=np.float32, random_state=0).fit(X, y)
    assert {p.dtype for p in model.model_.parameters()} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match=r"activation is one of relu, .*not 'sine'"):
        nn.Classifier(activation="sine").fit(X, y)


def test_nn_is_there_without_scikit_learn():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from nn import *\n"
        "import nn\n"
        "try: nn.Classifier\n"
        "except ModuleNotFoundError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "nn.Classifier needs scikit-learn" in done.stdout
    assert "pip install scikit-learn" in done.stdout
