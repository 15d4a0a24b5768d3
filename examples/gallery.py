"""Five networks as pictures: XOR, an LSTM, attention, a convolutional network, a diffusion step.

    python examples/gallery.py --out gallery

Each is plain NumPy in a function; `ag.draw(f, *args)` runs it once and knows its local names.
Steps of the LSTM are one frame, the layers of the convolutional network are boxes. Small arrays
show their numbers, large ones a histogram. The pictures are SVG; where Graphviz is not
installed, Mermaid.
"""

import argparse
from pathlib import Path

import numpy as np

import autograd_lite as ag
import nn


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="gallery", help="folder for the pictures")
    parser.add_argument("--theme", default="light", choices=["light", "dark", "print"])
    parser.add_argument("--format", default="svg", choices=["svg", "png", "pdf", "mmd", "txt"])
    options = parser.parse_args(argv)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures(options.theme).items():
        print(picture.save(out / f"{name}.{options.format}"), picture)


def pictures(theme="light"):
    """The pictures by name."""
    return {
        "xor": ag.draw(*xor(), theme=theme),
        "lstm": ag.draw(*lstm(), theme=theme, values=False, gradients=False),
        "attention": ag.draw(*attention(), theme=theme, values=False),
        "convolution": ag.draw(*convolution(), collapse=1, theme=theme),
        "diffusion": ag.draw(*diffusion_step(), theme=theme, values=False),
    }


def parameters(rng, **shapes):
    """Named variables with small random values."""
    return {
        name: ag.Tensor(rng.normal(scale=0.5, size=shape), requires_grad=True, name=name)
        for name, shape in shapes.items()
    }


def xor():
    """Two layers with biases on the four points."""

    def loss(X, y, W1, b1, W2, b2):
        z1 = X @ W1 + b1
        h1 = np.tanh(z1)
        z2 = h1 @ W2 + b2
        p = ag.sigmoid(z2)
        return np.mean((p - y) ** 2)

    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    weights = parameters(np.random.default_rng(0), W1=(2, 2), b1=(2,), W2=(2, 1), b2=(1,))
    return loss, X, y, *weights.values()


def lstm(steps=50, batch=4, features=3, units=8):
    """A sequence read by an LSTM, and one number predicted from its last state."""

    def lstm_step(x, h, c, W, U, b):
        z = x @ W + h @ U + b
        i = ag.sigmoid(z[:, :units])
        f = ag.sigmoid(z[:, units : 2 * units])
        o = ag.sigmoid(z[:, 2 * units : 3 * units])
        g = np.tanh(z[:, 3 * units :])
        c = f * c + i * g
        return o * np.tanh(c), c

    def loss(X, y, W, U, b, V):
        h = c = np.zeros((batch, units))
        for x in X:
            h, c = lstm_step(x, h, c, W, U, b)
        prediction = h @ V
        return np.mean((prediction - y) ** 2)

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(steps, batch, features)), rng.normal(size=(batch, 1))
    shapes = {"W": (features, 4 * units), "U": (units, 4 * units), "b": (4 * units,)}
    return loss, X, y, *parameters(rng, **shapes, V=(units, 1)).values()


def attention(tokens=5, width=8):
    """One head of scaled dot-product attention, with a residual connection."""

    def loss(x, target, Wq, Wk, Wv, Wo):
        q, k, v = x @ Wq, x @ Wk, x @ Wv
        scores = q @ k.T / np.sqrt(width)
        weights = ag.softmax(scores)
        attended = weights @ v
        y = x + attended @ Wo
        return np.mean((y - target) ** 2)

    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(tokens, width)), rng.normal(size=(tokens, width))
    square = (width, width)
    return loss, x, target, *parameters(rng, Wq=square, Wk=square, Wv=square, Wo=square).values()


class ConvNet(nn.Module):
    """Two convolutions with pooling, and a linear layer: digits in, ten scores out."""

    def __init__(self, rng):
        self.conv1 = Convolution(1, 8, rng)
        self.conv2 = Convolution(8, 16, rng)
        self.head = nn.Linear(16 * 2 * 2, 10, rng=rng)

    def forward(self, images):
        features = self.conv2(self.conv1(images))
        return self.head(np.reshape(features, (len(images), -1)))


class Convolution(nn.Module):
    """A 3 x 3 convolution, ReLU, and pooling over 2 x 2."""

    def __init__(self, channels, filters, rng):
        kernel = rng.normal(scale=(9 * channels) ** -0.5, size=(filters, channels, 3, 3))
        self.kernel = ag.Tensor(kernel, requires_grad=True)
        self.bias = ag.Tensor(np.zeros((filters, 1, 1)), requires_grad=True)

    def forward(self, x):
        z = ag.conv(x, self.kernel, padding=1) + self.bias
        return ag.max_pool(ag.relu(z), 2)


def convolution(batch=4):
    """Cross-entropy of a small convolutional network."""
    rng = np.random.default_rng(0)
    model = ConvNet(rng)

    def loss(images, labels):
        scores = model(images)
        return np.mean(ag.cross_entropy(scores, labels))

    return loss, rng.normal(size=(batch, 1, 8, 8)), rng.integers(0, 10, batch)


def diffusion_step(batch=16, hidden=32):
    """One training step of a diffusion model on points: predict the noise that was added."""

    def denoiser(x, t, W1, b1, W2, b2):
        inputs = np.concatenate([x, t], axis=1)
        h = ag.silu(inputs @ W1 + b1)
        return h @ W2 + b2

    def loss(x0, noise, t, alpha, sigma, W1, b1, W2, b2):
        x_t = alpha * x0 + sigma * noise
        predicted = denoiser(x_t, t, W1, b1, W2, b2)
        return np.mean((predicted - noise) ** 2)

    rng = np.random.default_rng(0)
    x0, noise = rng.normal(size=(batch, 2)), rng.normal(size=(batch, 2))
    t = rng.random((batch, 1))
    alpha, sigma = np.cos(t * np.pi / 2), np.sin(t * np.pi / 2)
    weights = parameters(rng, W1=(3, hidden), b1=(hidden,), W2=(hidden, 2), b2=(2,))
    return loss, x0, noise, t, alpha, sigma, *weights.values()


if __name__ == "__main__":
    main()
