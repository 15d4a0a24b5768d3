"""An autoencoder: digits squeezed through two numbers, which become a map of the digits.

    python examples/autoencoder.py --out trained

No label is used in training; in the picture of the codes they are colours.
"""

import numpy as np
from example_options import options, save
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import nn


def main(argv=None):
    """The mean squared error of the reconstructions, and that of the mean image."""
    chosen = options(__doc__, argv, epochs=150)
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    (train, _), (test, labels) = nn.split(X, y, share=0.25, rng=0)
    encoder, decoder = halves(np.random.default_rng(chosen.seed))
    model = nn.Sequential(encoder, decoder)
    optimizer = nn.Adam(model.parameters(), learning_rate=2e-3)
    history = nn.fit(
        model,
        (train, train),
        nn.mean_squared_error,
        optimizer,
        chosen.epochs,
        batch_size=64,
        rng=chosen.seed,
        schedule=nn.CosineDecay(optimizer, chosen.epochs),
        validation=(test, test),
        callbacks=[nn.HealthWatch(every=25, validation=(test, test))],
    )
    error = history[-1]["validation_loss"]
    mean = float(np.mean((test - train.mean(axis=0)) ** 2))
    print(f"error of the test images {error:.4f}; of the mean image in their place {mean:.4f}")
    save(codes(nn.predict(encoder, test), labels), chosen.out / "autoencoder_codes.png")
    first = [np.flatnonzero(labels == digit)[0] for digit in range(10)]
    save(
        reconstructions(test[first], nn.predict(model, test[first])),
        chosen.out / "autoencoder_images.png",
    )
    save(history.plot(), chosen.out / "autoencoder_training.png")
    return error, mean


def halves(rng):
    """64 -> 128 -> 32 -> 2, and back."""
    settings = {"rng": rng, "dtype": np.float32}
    encoder = nn.Sequential(
        nn.Linear(64, 128, **settings), nn.GELU(), nn.Linear(128, 32, **settings), nn.GELU(),
        nn.Linear(32, 2, **settings),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(2, 32, **settings), nn.GELU(), nn.Linear(32, 128, **settings), nn.GELU(),
        nn.Linear(128, 64, **settings), nn.Sigmoid(),
    )  # fmt: skip
    return encoder, decoder


def codes(points, labels):
    """Each test image at its two numbers, as its digit."""
    figure = Figure((6, 5.4), layout="constrained", dpi=110)
    ax = figure.subplots()
    for digit in range(10):
        own = points[labels == digit]
        ax.scatter(*own.T, s=12, label=str(digit), color=f"C{digit}")
    ax.set(xlabel="first number", ylabel="second number", title="The codes of the test images")
    ax.legend(title="digit", fontsize=8)
    return figure


def reconstructions(images, made):
    """A test image of each digit, and below it what the decoder makes of its code."""
    figure = Figure((8, 2), layout="constrained", dpi=110)
    for i, column in enumerate(figure.subplots(2, 10).T):
        for ax, image in zip(column, (images[i], made[i])):
            ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            ax.axis("off")
    return figure


if __name__ == "__main__":
    main()
