"""A sine from 60 noisy points, and the curve that a network fits to them.

python examples/sine.py --out trained
"""

import numpy as np
from example_options import options, save
from matplotlib.figure import Figure

import nn


def main(argv=None):
    """The root mean square distance of the fitted curve from the sine."""
    chosen = options(__doc__, argv, epochs=600)
    rng = np.random.default_rng(chosen.seed)
    x = np.sort(rng.uniform(-np.pi, np.pi, size=(60, 1)), axis=0)
    y = np.sin(2 * x) + 0.1 * rng.normal(size=x.shape)
    model = nn.Sequential(
        nn.Linear(1, 40, rng=rng), nn.Tanh(), nn.Linear(40, 40, rng=rng), nn.Tanh(),
        nn.Linear(40, 1, rng=rng),
    )  # fmt: skip
    optimizer = nn.Adam(model.parameters(), learning_rate=0.01)
    noted = nn.plots.Distributions(every=max(1, chosen.epochs // 60))
    history = nn.fit(
        model,
        (x, y),
        nn.mean_squared_error,
        optimizer,
        chosen.epochs,
        batch_size=20,
        rng=chosen.seed,
        schedule=nn.CosineDecay(optimizer, chosen.epochs),
        callbacks=[noted, nn.HealthWatch(every=100)],
    )
    line = np.linspace(-np.pi, np.pi, 400)[:, None]
    fitted = nn.predict(model, line)
    distance = float(np.sqrt(np.mean((fitted - np.sin(2 * line)) ** 2)))
    print(f"loss {history[-1]['loss']:.4f}; the curve is {distance:.3f} from the sine (noise 0.1)")
    save(curve(x, y, line, fitted), chosen.out / "sine.png")
    save(history.plot(), chosen.out / "sine_training.png")
    weights = [name for name in noted.notes if name.endswith("weight")]
    save(noted.plot(weights), chosen.out / "sine_distributions.png")
    return distance


def curve(x, y, line, fitted):
    """The points, the sine, and the fitted curve."""
    figure = Figure((6, 3.6), layout="constrained", dpi=110)
    ax = figure.subplots()
    ax.scatter(x, y, s=14, color=nn.plots.GREY, label="60 points")
    ax.plot(line, np.sin(2 * line), color=nn.plots.ORANGE, label="sin(2x)", linewidth=1)
    ax.plot(line, fitted, color=nn.plots.BLUE, label="network")
    ax.set(xlabel="x", ylabel="y")
    ax.legend()
    return figure


if __name__ == "__main__":
    main()
