"""Tables: breast cancer and diabetes, beside scikit-learn's own models in one cross-validation.

    python examples/tables.py --out trained

`nn.Classifier` and `nn.Regressor` are estimators: they stand in scikit-learn's functions as its
own models do. Both data sets come with it.
"""

import numpy as np
from example_options import options, save
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

import nn


def main(argv=None):
    """{data: {model: mean score}}"""
    chosen = options(__doc__, argv, epochs=30)
    folds = {"n_splits": 5, "shuffle": True, "random_state": chosen.seed}
    tasks = {
        "breast cancer, accuracy": (load_breast_cancer, StratifiedKFold(**folds), classifiers),
        "diabetes, R2": (load_diabetes, KFold(**folds), regressors),
    }
    results = {}
    for title, (data, folds, models) in tasks.items():
        X, y = data(return_X_y=True)
        results[title] = {
            name: cross_val_score(model, X, y, cv=folds)
            for name, model in tqdm(models(chosen).items(), desc=title)
        }
        print(f"{title}, mean and deviation over 5 folds:")
        for name, scores in results[title].items():
            print(f"  {name:<22} {scores.mean():.3f} +- {scores.std():.3f}")
    save(beside(results), chosen.out / "tables.png")
    return {title: {k: float(s.mean()) for k, s in rows.items()} for title, rows in results.items()}


def classifiers(chosen):
    settings = {"epochs": chosen.epochs, "random_state": chosen.seed, "weight_decay": 0.01}
    mlp = MLPClassifier((32,), max_iter=400, random_state=chosen.seed)
    return {
        "nn.Classifier": nn.Classifier(hidden=(32,), **settings),
        "LogisticRegression": make_pipeline(StandardScaler(), LogisticRegression()),
        "MLPClassifier": make_pipeline(StandardScaler(), mlp),
        "RandomForestClassifier": RandomForestClassifier(random_state=chosen.seed),
    }


def regressors(chosen):
    settings = {"epochs": chosen.epochs, "random_state": chosen.seed, "weight_decay": 0.05}
    mlp = MLPRegressor(
        hidden_layer_sizes=(32,), max_iter=1000, learning_rate_init=0.01, random_state=chosen.seed
    )
    return {
        "nn.Regressor": nn.Regressor(hidden=(32,), **settings),
        "RidgeCV": make_pipeline(StandardScaler(), RidgeCV()),
        "MLPRegressor": make_pipeline(StandardScaler(), mlp),
        "RandomForestRegressor": RandomForestRegressor(random_state=chosen.seed),
    }


def beside(results):
    """A dot for each fold, a line for the mean, ours in colour."""
    figure = Figure((9, 3.2), layout="constrained", dpi=110)
    for ax, (title, rows) in zip(figure.subplots(1, len(results)), results.items()):
        for i, (name, scores) in enumerate(rows.items()):
            colour = nn.plots.BLUE if name.startswith("nn.") else nn.plots.GREY
            ax.scatter(scores, np.full(len(scores), -i), color=colour, s=18)
            ax.plot([scores.mean()] * 2, [-i - 0.3, -i + 0.3], color=colour, linewidth=2)
        ax.set_yticks(-np.arange(len(rows)), list(rows))
        ax.set_title(title, fontsize=10)
        ax.grid(axis="x", alpha=0.3)
    return figure


if __name__ == "__main__":
    main()
