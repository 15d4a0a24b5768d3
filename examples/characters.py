"""A small transformer that writes: it learns this project's own pages, a character at a time.

    python examples/characters.py --out trained

Its loss is held against the entropy of a character given the one before: what no model of pairs
can fall below on this text. A tenth of the text is set aside.
"""

from pathlib import Path

import numpy as np
from example_options import options, save

import autograd_lite as ag
import nn

ROOT = Path(__file__).resolve().parents[1]
LENGTH = 48  # characters that it looks at


def main(argv=None):
    """The loss of the text that was set aside, and the entropy of pairs, in nats a character."""
    chosen = options(__doc__, argv, epochs=6)
    prose = [page for page in (ROOT / "docs").glob("*.md") if page.stem != "coverage"]  # a table
    pages = [ROOT / "README.md", *sorted(prose)]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    characters = "".join(sorted(set(text)))
    codes = np.array([characters.index(c) for c in text])
    cut = len(codes) * 9 // 10
    train, aside = windows(codes[:cut], 24), windows(codes[cut:], LENGTH)
    model = Writer(len(characters), np.random.default_rng(chosen.seed))
    optimizer = nn.AdamW(model.parameters(), learning_rate=4e-3)
    print(f"{len(text):,} characters, {len(characters)} different ones")
    history = nn.fit(
        model,
        train,
        nn.cross_entropy,
        optimizer,
        chosen.epochs,
        batch_size=32,
        rng=chosen.seed,
        schedule=nn.CosineDecay(optimizer, chosen.epochs),
        clip=clip,
        validation=aside,
        callbacks=[nn.HealthWatch(validation=aside)],
    )
    loss, entropy = history[-1]["validation_loss"], entropy_of_pairs(codes, len(characters))
    print(f"loss of the text set aside {loss:.3f}; entropy of pairs {entropy:.3f} nats")
    print(f"\n{write(model, characters, 'The gradient ', 300, chosen.seed)}\n")
    figure = history.plot()
    figure.axes[0].axhline(entropy, color=nn.plots.GREY, linestyle=":", label="entropy of pairs")
    figure.axes[0].legend()
    save(figure, chosen.out / "characters.png")
    return loss, entropy


class Writer(nn.Module):
    """Codes (batch, time) -> logits of the next character, (batch, time, characters)."""

    def __init__(self, characters, rng, size=48, heads=4, blocks=2):
        settings = {"rng": rng, "dtype": np.float32}
        self.characters = nn.Embedding(characters, size, init=small, **settings)
        self.places = nn.Embedding(LENGTH, size, init=small, **settings)
        self.blocks = nn.Sequential(
            *(
                nn.TransformerBlock(size, heads, causal=True, activation=ag.relu, **settings)
                for _ in range(blocks)
            )
        )
        self.norm = nn.LayerNorm(size, dtype=np.float32)
        self.out = nn.Linear(size, characters, **settings)

    def forward(self, x):
        places = np.arange(x.shape[1])
        return self.out(self.norm(self.blocks(self.characters(x) + self.places(places))))


def small(shape, rng):
    return 0.02 * rng.standard_normal(shape)


def clip(parameters):
    return nn.clip_gradient_norm(parameters, 1.0)


def windows(codes, step):
    """Pairs (characters, the characters that follow) of every so many places."""
    parts = np.lib.stride_tricks.sliding_window_view(codes, LENGTH + 1)[::step]
    return parts[:, :-1], parts[:, 1:]


def entropy_of_pairs(codes, count):
    """-sum over pairs (a, b) of p(a, b) log p(b | a)"""
    pairs = np.zeros((count, count))
    np.add.at(pairs, (codes[:-1], codes[1:]), 1.0)
    given = pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1)
    return float(-np.sum(pairs * np.log(np.where(pairs > 0, given, 1))) / pairs.sum())


def write(model, characters, start, count, seed, temperature=0.7):
    """A text that goes on from a start, drawn character by character."""
    rng = np.random.default_rng(seed)
    codes = [characters.index(c) for c in start]
    for _ in range(count):
        logits = nn.predict(model, np.array([codes[-LENGTH:]]))[0, -1]
        p = ag.softmax(logits.astype(float) / temperature)
        codes.append(int(rng.choice(len(characters), p=p)))
    return "".join(characters[c] for c in codes)


if __name__ == "__main__":
    main()
