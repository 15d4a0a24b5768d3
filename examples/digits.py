"""Handwritten digits: a network of two layers, and a convolutional one, on 1,797 small images.

    python examples/digits.py --out trained

The images come with scikit-learn. A quarter of them is set aside, and no choice depends on it.
`HealthWatch` would say what is wrong while the networks train; here it has nothing to say.
"""

import numpy as np
from example_options import options, save
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import nn


def main(argv=None):
    """The test accuracy of each network."""
    chosen = options(__doc__, argv, epochs=60)
    data, aside = images()
    accuracies = {}
    for name, make, epochs in (
        ("two layers", two_layers, chosen.epochs),
        ("convolutions", convolutions, -(-chosen.epochs // 4)),
    ):
        print(f"{name}:")
        model = make(np.random.default_rng(chosen.seed))
        history = train(model, data, aside, epochs, chosen.seed)
        accuracies[name] = history[-1]["validation_accuracy"]
        print(f"  test accuracy {accuracies[name]:.4f} after {epochs} epochs")
        file = name.replace(" ", "_")
        save(history.plot(), chosen.out / f"digits_{file}.png")
        save(mistakes(model, aside), chosen.out / f"digits_{file}_mistakes.png")
    return accuracies


def images():
    """Pairs (images, labels) to train on and to test on, the pixels between 0 and 1."""
    X, y = load_digits(return_X_y=True)
    return nn.split((X / 16).astype(np.float32), y, share=0.25, rng=0)


def two_layers(rng):
    settings = {"rng": rng, "dtype": np.float32}
    return nn.Sequential(
        nn.Linear(64, 256, init=nn.init.he_normal, **settings),
        nn.ReLU(),
        nn.Dropout(0.3, rng=rng),
        nn.Linear(256, 10, **settings),
    )


def convolutions(rng):
    settings = {"rng": rng, "dtype": np.float32}
    return nn.Sequential(
        as_images,
        nn.Conv2d(1, 24, 3, padding="same", **settings),
        nn.BatchNorm(24, dtype=np.float32),
        nn.ReLU(),
        nn.Conv2d(24, 48, 3, padding="same", **settings),
        nn.BatchNorm(48, dtype=np.float32),
        nn.ReLU(),
        nn.MaxPool(2),
        nn.Flatten(),
        nn.Dropout(0.4, rng=rng),
        nn.Linear(48 * 4 * 4, 10, **settings),
    )


def as_images(x):
    """(batch, 64) -> (batch, 1, 8, 8)"""
    return x.reshape(-1, 1, 8, 8)


def train(model, data, aside, epochs, seed):
    optimizer = nn.Adam(model.parameters(), learning_rate=3e-3)
    return nn.fit(
        model,
        data,
        nn.cross_entropy,
        optimizer,
        epochs,
        batch_size=64,
        rng=seed,
        schedule=nn.CosineDecay(optimizer, epochs),
        validation=aside,
        metrics={"accuracy": nn.accuracy},
        callbacks=[nn.HealthWatch(every=5, validation=aside)],
    )


def mistakes(model, aside):
    """The test images that a model takes for another digit, up to ten."""
    X, y = aside
    answers = nn.predict(model, X).argmax(axis=1)
    wrong = np.flatnonzero(answers != y)[:10]
    figure = Figure((7, 3), layout="constrained")
    figure.suptitle(f"{np.sum(answers != y)} of {len(y)} test images are taken for another digit")
    for ax, i in zip(figure.subplots(2, 5).ravel(), [*wrong, *[None] * 10]):
        ax.axis("off")
        if i is not None:
            ax.imshow(X[i].reshape(8, 8), cmap="gray_r")
            ax.set_title(f"{y[i]}, taken for {answers[i]}", fontsize=8)
    return figure


if __name__ == "__main__":
    main()
