"""Networks as scikit-learn's estimators: in pipelines, cross-validation and grid searches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

import autograd_lite as ag

from .activations import GELU, ReLU, Sigmoid, SiLU, Tanh
from .callbacks import EarlyStopping
from .containers import Sequential
from .evaluation import predict, split
from .init import glorot_uniform, he_normal
from .layers import Linear
from .optimizers import Adam
from .training import fit

_ACTIVATIONS: dict[str, tuple[Callable, Callable]] = {  # and the weights that fit them
    "relu": (ReLU, he_normal),
    "gelu": (GELU, he_normal),
    "silu": (SiLU, he_normal),
    "tanh": (Tanh, glorot_uniform),
    "sigmoid": (Sigmoid, glorot_uniform),
}


class _Network(BaseEstimator):
    """What both estimators share: the network, its training, and its predictions."""

    _loss: ClassVar[Callable]

    def __init__(
        self,
        hidden: Sequence[int] = (64,),
        activation: str = "relu",
        *,
        model: Callable | None = None,
        epochs: int = 100,
        batch_size: int = 32,
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        standardize: bool = True,
        patience: int | None = None,
        validation_share: float = 0.1,
        dtype: Any = np.float64,
        verbose: bool = False,
        random_state: Any = None,
    ):
        self.hidden = hidden
        self.activation = activation
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.standardize = standardize
        self.patience = patience
        self.validation_share = validation_share
        self.dtype = dtype
        self.verbose = verbose
        self.random_state = random_state

    def _network(self, inputs, outputs, rng):
        """Linear layers with activations between; or what ``model`` makes."""
        if self.model is not None:
            return self.model(inputs, outputs, rng)
        if self.activation not in _ACTIVATIONS:
            raise ValueError(
                f"activation is one of {', '.join(_ACTIVATIONS)}, not {self.activation!r}"
            )
        activation, init = _ACTIVATIONS[self.activation]
        layers: list[Callable] = []
        for width in self.hidden:
            layers += [Linear(inputs, width, rng=rng, init=init, dtype=self.dtype), activation()]
            inputs = width
        return Sequential(*layers, Linear(inputs, outputs, rng=rng, dtype=self.dtype))

    def _train(self, X, target, outputs):
        """Fit the network to arrays that are checked, and set what fitting sets."""
        seeds = check_random_state(self.random_state)
        rng = np.random.default_rng(seeds.randint(2**31 - 1))
        self._mean, self._scale = np.zeros(X.shape[1]), np.ones(X.shape[1])
        if self.standardize:
            self._mean, deviation = X.mean(axis=0), X.std(axis=0)
            self._scale = np.where(deviation > 0, deviation, 1.0)
        self.model_ = self._network(X.shape[1], outputs, rng)
        optimizer = Adam(self.model_.parameters(), self.learning_rate)
        data, validation, callbacks = (self._inputs(X), target), None, []
        if self.patience is not None:
            data, validation = split(*data, share=self.validation_share, rng=rng)
            callbacks = [EarlyStopping(self.patience)]
        self.history_ = fit(
            self.model_,
            data,
            self._penalised(type(self)._loss),
            optimizer,
            self.epochs,
            batch_size=self.batch_size,
            rng=rng,
            validation=validation,
            callbacks=callbacks,
            progress=self.verbose,
        )
        self.n_iter_ = len(self.history_)
        return self

    def _penalised(self, loss):
        """The loss plus weight_decay / 2 times the sum of the squared weights."""
        if not self.weight_decay:
            return loss
        weights = [p for p in self.model_.parameters() if p.ndim > 1]

        def penalised(prediction, target):
            penalty = sum(np.sum(w * w) for w in weights)
            return loss(prediction, target) + 0.5 * self.weight_decay * penalty

        return penalised

    def _inputs(self, X):
        return ((X - self._mean) / self._scale).astype(self.dtype)

    def _outputs(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return predict(self.model_, self._inputs(X))


_PARAMETERS = """
    Parameters
    ----------
    hidden : sequence of int
        The widths of the hidden layers.
    activation : {"relu", "gelu", "silu", "tanh", "sigmoid"}
        Between the layers; weights are drawn as fits it.
    model : callable, optional
        ``model(inputs, outputs, rng)`` makes a Module of one's own, in place of ``hidden`` and
        ``activation``: it takes arrays (batch, inputs) and gives (batch, outputs).
    epochs, batch_size : int
        Of `nn.fit`.
    learning_rate : float
        Of Adam.
    weight_decay : float
        times half the sum of the squared weights is added to the loss.
    standardize : bool
        Whether columns are brought to mean 0 and deviation 1, by the numbers of the training data.
    patience : int, optional
        Stop after so many epochs without a better loss on ``validation_share`` of the data.
    dtype : dtype
        Of the network.
    verbose : bool
        Whether a bar shows how far it is.
    random_state : int, RandomState, optional
        As scikit-learn's.

    Attributes
    ----------
    model_ : Module
        The trained network.
    history_ : History
        Of `nn.fit`.
    n_iter_, n_features_in_, feature_names_in_
        As scikit-learn's."""


class Classifier(ClassifierMixin, _Network):
    __doc__ = f"""A network that predicts classes, by softmax and cross-entropy.
{_PARAMETERS}
    classes_ : array
        The labels, in the order of the columns of `predict_proba`.
    """

    @staticmethod
    def _loss(logits, labels):
        return np.mean(ag.cross_entropy(logits, labels))

    def fit(self, X, y) -> Classifier:
        """Train on examples (n, features) and their labels (n,)."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"Classifier tells classes apart, and y has one class, {self.classes_[0]!r}"
            )
        return self._train(X, labels, len(self.classes_))

    def predict_proba(self, X) -> np.ndarray:
        """The probabilities of the classes, (n, classes)."""
        logits = self._outputs(X)
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def predict(self, X) -> np.ndarray:
        """The most probable class of each example."""
        best = self._outputs(X).argmax(axis=1)
        return self.classes_[best]


class Regressor(RegressorMixin, _Network):
    __doc__ = f"""A network that predicts numbers, by squared error of the standardised target.
{_PARAMETERS}
    """

    @staticmethod
    def _loss(prediction, target):
        return np.mean((prediction - target) ** 2)

    def fit(self, X, y) -> Regressor:
        """Train on examples (n, features) and their targets, (n,) or (n, targets)."""
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True, multi_output=True)
        self._shape = y.shape[1:]
        columns = y.reshape(len(y), -1)
        self._target_mean, deviation = columns.mean(axis=0), columns.std(axis=0)
        self._target_scale = np.where(deviation > 0, deviation, 1.0)
        target = ((columns - self._target_mean) / self._target_scale).astype(self.dtype)
        return self._train(X, target, target.shape[1])

    def predict(self, X) -> np.ndarray:
        """The predicted targets, of the shape that `fit` was given."""
        outputs = self._outputs(X)
        outputs = outputs * self._target_scale + self._target_mean
        return outputs.reshape(-1, *self._shape)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
